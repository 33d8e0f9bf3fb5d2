"""What stands around every request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from csp.constants import HEADER
from csp.utils import build_policy
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.auth.views import redirect_to_login
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse, set_urlconf
from django.views.defaults import bad_request
from django_otp.middleware import OTPMiddleware

from checker import preview
from conditions import editions, ready

from .errors import database_away

PREVIEW = "/preview/"
DESK = ("/admin/", PREVIEW)


class CarefulRefusals:
    """Adds the headers that SecurityMiddleware adds to every answer but one: its own refusal of a foreign host."""

    HEADERS = {
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": settings.SECURE_REFERRER_POLICY,
        "Cross-Origin-Opener-Policy": settings.SECURE_CROSS_ORIGIN_OPENER_POLICY,
    }

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code == 400:
            for name, value in self.HEADERS.items():
                response.headers.setdefault(name, value)
        return response


class ContentPolicy:
    """Puts the Content-Security-Policy on every answer, but for Django's own error pages while it is worked on.

    It is the same for all, so django-csp writes it once; its own middleware writes it anew for each answer.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.policy = build_policy()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not (settings.DEBUG and response.status_code in (404, 500)):
            response.headers.setdefault(HEADER, self.policy)
        return response


class ReadyPages:
    """Answers with a page that lies ready, before sessions, log-in and whatever else such a page has no use for."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        page = ready.kept(request)
        if page is None:
            return self.get_response(request)
        request.get_host()  # refuses a foreign host, as CommonMiddleware does for every other page
        return page


class ReleaseRequired:
    """Answers with a helpful page while no release is in force, instead of an error."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, editions.NoEdition):
            response = render(request, "503.html", status=503)
            response["Retry-After"] = "10"
            return response
        return None


class ForTheDesk:
    """Makes a middleware one of the desk alone. Public pages know no session, no user and no message."""

    get_response: Any

    def __call__(self, request: HttpRequest) -> Any:
        if request.path.startswith(DESK):
            return super().__call__(request)  # type: ignore[misc]
        return self.get_response(request)


class Sessions(ForTheDesk, SessionMiddleware):
    pass


class Users(ForTheDesk, AuthenticationMiddleware):
    pass


class SecondFactors(ForTheDesk, OTPMiddleware):
    pass


class Messages(ForTheDesk, MessageMiddleware):
    pass


class NumbersThatFit:
    """Refuses what names rows of the desk by a number that the database cannot hold.

    Django checks the number of one row; SQLite gives up on one in a list of rows (a choice of several, an action).
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, OverflowError) and request.path.startswith(DESK):
            return bad_request(request, exception)
        return None


class DatabaseRequired:
    """Answers for the desk at once while the database is known to be away, so that no thread waits for it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(DESK) and editions.watcher.database == "down":
            return database_away()
        return self.get_response(request)


class Preview:
    """Shows staff the drafts under /preview/: the same views and pages, with an edition made of the drafts.

    What differs lives in this request only: the edition (editions.showing) and the addresses (preview_urls), so
    every link stays inside. Nothing of it is kept by a cache, a shelf of ready pages or the copy on disk.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path == PREVIEW.rstrip("/"):
            return redirect(PREVIEW)
        if not request.path.startswith(PREVIEW):
            return self.get_response(request)
        if not admin.site.has_permission(request):
            return redirect_to_login(request.get_full_path(), reverse("admin:login"))
        request.urlconf = settings.PREVIEW_URLCONF
        set_urlconf(settings.PREVIEW_URLCONF)
        try:
            response = self._answer(request)
        finally:
            set_urlconf(None)
        response["Cache-Control"] = "private, no-store"
        response["X-Robots-Tag"] = "noindex"
        del response["ETag"]
        return response

    def _answer(self, request: HttpRequest) -> HttpResponse:
        drafts = preview.drafts(measured=request.path == reverse("how_accurate"))
        if drafts.edition is None:
            return render(
                request, "preview_problems.html", {"problems": drafts.problems, "preview": True}
            )
        with editions.showing(drafts.edition):
            return self.get_response(request)
