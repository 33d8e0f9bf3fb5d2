"""The public library. Every page is made from the release in memory; only a reply touches the database."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_safe

from . import editions, replies, reports
from .forms import PageReportForm, ReplyForm, page_of_ours
from .library import OVERVIEW
from .limits import searches, sender_of, too_many
from .markup import Notes
from .models import PageReport, Reply
from .ready import ready_page
from .search import MAX_LENGTH


def _page(request: HttpRequest, template: str, **context: Any) -> HttpResponse:
    library = editions.current().library
    return render(request, template, {"library": library, "notes": Notes(), **context})


@require_safe
@ready_page
def library(request: HttpRequest) -> HttpResponse:
    return _page(request, "conditions/library.html")


@require_safe
@ready_page
def by_place(request: HttpRequest) -> HttpResponse:
    return _page(request, "conditions/by_place.html")


@require_safe
@cache_control(private=True, no_store=True)
def search(request: HttpRequest) -> HttpResponse:
    """Answer a query. It may tell of someone's health: kept by no cache, written to no log."""
    query = request.GET.get("q", "").strip()[:MAX_LENGTH]
    if query and not searches.allows(sender_of(request)):
        return too_many(request, "search", seconds=searches.seconds)
    edition = editions.current()
    return _page(
        request,
        "conditions/search.html",
        query=query,
        results=edition.index.search(query),
        crisis=edition.library.helplines_of("crisis"),
    )


@require_safe
@ready_page
def condition_detail(request: HttpRequest, slug: str) -> HttpResponse:
    entry = editions.current().library.entries.get(slug)
    if entry is None:
        raise Http404
    return _page(request, "conditions/condition_detail.html", entry=entry)


@require_safe
@ready_page
def causes(request: HttpRequest) -> HttpResponse:
    return _page(request, "conditions/causes.html")


@require_safe
@ready_page
def warning_signs(request: HttpRequest) -> HttpResponse:
    return _page(request, "conditions/warning_signs.html")


@require_safe
@ready_page
def movements(request: HttpRequest) -> HttpResponse:
    return _page(request, "conditions/movements.html")


@require_safe
@ready_page
def concerns(request: HttpRequest) -> HttpResponse:
    return _page(request, "conditions/concerns.html")


@require_safe
@ready_page
def sources(request: HttpRequest) -> HttpResponse:
    return _page(request, "conditions/sources.html")


@require_safe
@ready_page(beside=replies.approved)
def article(request: HttpRequest) -> HttpResponse:
    text = editions.current().library.articles.get(OVERVIEW)
    if text is None:
        raise Http404
    return _page(request, "conditions/article.html", article=text, replies=replies.approved())


@require_http_methods(["GET", "HEAD", "POST"])
@cache_control(no_store=True)
def reply(request: HttpRequest) -> HttpResponse:
    if "sent" in request.GET:
        return _page(request, "conditions/reply_sent.html")
    form = ReplyForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return _page(request, "conditions/reply.html", form=form)
    if not replies.limit.allows(sender_of(request)):
        return too_many(request, "reply", seconds=replies.limit.seconds)
    # A machine is thanked like everyone else, and learns nothing. In a preview nothing is sent at all.
    held = form.is_from_a_machine or editions.is_preview() or _hold(form.instance)
    if not held:
        return _page(request, "conditions/reply.html", form=form, unavailable=True)
    return redirect(f"{request.path}?sent")


@require_http_methods(["GET", "HEAD", "POST"])
@cache_control(no_store=True)
def report(request: HttpRequest) -> HttpResponse:
    """Tell us what is wrong on a page. `?page=` names it; what was answered in a check never comes along."""
    if "sent" in request.GET:
        return _page(request, "conditions/report_sent.html")
    page = page_of_ours(request.POST.get("page") or request.GET.get("page") or reverse("home"))
    form = PageReportForm(request.POST or None, initial={"page": page})
    if request.method != "POST" or not form.is_valid():
        return _page(request, "conditions/report.html", form=form, reported=page)
    if not reports.limit.allows(sender_of(request)):
        return too_many(request, "report", seconds=reports.limit.seconds)
    kept = form.is_from_a_machine or editions.is_preview() or _keep(form.instance)
    if not kept:
        return _page(request, "conditions/report.html", form=form, reported=page, unavailable=True)
    return redirect(f"{request.path}?sent")


def _keep(given: PageReport) -> bool:
    return editions.watcher.database != "down" and reports.keep(
        given, release=editions.current().number
    )


def _hold(given: Reply) -> bool:
    """Store a reply; do not even try, and so make nobody wait, while the database is known to be away."""
    return editions.watcher.database != "down" and replies.hold(given, OVERVIEW)
