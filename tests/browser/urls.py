"""The addresses of the site, the guide to its parts, and a way to every page that nobody wishes to see."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from django.views.csrf import csrf_failure

from conditions.editions import NoEdition
from conditions.limits import too_many
from twitchinfo.urls import handler500
from twitchinfo.urls import urlpatterns as of_the_site
from twitchinfo.views import show_styleguide

from .failing import FAILING, LIMITS

__all__ = ["handler500", "urlpatterns"]

EXCEPTIONS: dict[str, type[Exception]] = {
    "400": SuspiciousOperation,
    "403": PermissionDenied,
    "404": Http404,
    "500": RuntimeError,
    "503": NoEdition,
    "503-database": OperationalError,
}


def fail(request: HttpRequest, how: str) -> HttpResponse:
    what = how.removeprefix("429-")
    if what in LIMITS:
        return too_many(request, what, seconds=60)
    if how == "403-csrf":
        return csrf_failure(request)
    raise EXCEPTIONS[how]


urlpatterns = [
    *(path(f"proof/{how}/", fail, {"how": how}) for how in FAILING),
    path("styleguide/", show_styleguide),
    *of_the_site,
]
