"""Pages that belong to neither library nor check: home, how it works, about and the rest, health."""

from __future__ import annotations

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from checker.accuracy import scoreboard_of
from checker.knowledge import current_knowledge_base
from conditions import editions
from conditions.ready import ready_page

from . import cookies
from .styleguide import guide


@require_safe
@ready_page
def home(request: HttpRequest) -> HttpResponse:
    library = editions.current().library
    context = {
        "library": library,
        "home_movements": tuple(library.movements.values())[:6],
        "home_concerns": tuple(library.concerns.values())[:6],
    }
    return render(request, "home.html", context)


@require_safe
@ready_page
def how_it_works(request: HttpRequest) -> HttpResponse:
    return render(
        request,
        "how_it_works.html",
        {"library": editions.current().library, "kb": current_knowledge_base()},
    )


@require_safe
@ready_page
def how_accurate(request: HttpRequest) -> HttpResponse:
    """How the stories of this release came out, failures included."""
    edition = editions.current()
    return render(
        request,
        "how_accurate.html",
        {"library": edition.library, "scoreboard": scoreboard_of(edition)},
    )


@require_safe
@ready_page
def about(request: HttpRequest) -> HttpResponse:
    return render(request, "about.html")


@require_safe
@ready_page
def privacy(request: HttpRequest) -> HttpResponse:
    return render(
        request,
        "privacy.html",
        {"cookies": cookies.of_visitors(), "staff_cookies": cookies.of_staff()},
    )


@require_safe
@ready_page
def accessibility(request: HttpRequest) -> HttpResponse:
    return render(request, "accessibility.html")


@require_safe
@ready_page
def disclaimer(request: HttpRequest) -> HttpResponse:
    return render(request, "disclaimer.html")


@require_safe
def styleguide(request: HttpRequest) -> HttpResponse:
    """Every part of the look in every state, for whoever works on it."""
    if not settings.DEBUG:
        raise Http404
    return show_styleguide(request)


@gzip_page  # No ready page, which would show the templates of yesterday to whoever changes them.
def show_styleguide(request: HttpRequest) -> HttpResponse:
    return render(request, "styleguide.html", guide(editions.current(), current_knowledge_base()))


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """Whether this process answers. Asks nothing of anything else."""
    return JsonResponse({"alive": True})


@require_safe
@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """Whether a release is in force (else 503), and how the database is. The public site needs only the former.

    The database is not asked here, where that could take long: its state is what the watcher last found.
    """
    edition = editions.in_force()
    return JsonResponse(
        {
            "release": edition.number if edition else None,
            "database": editions.watcher.database or _ask_the_database(),
        },
        status=200 if edition else 503,
    )


def _ask_the_database() -> str:
    """Return how the database is, in a process where nobody watches it."""
    try:
        connection.ensure_connection()
    except DatabaseError:
        return "down"
    return "up"
