"""What stands around every request."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from conditions import editions

from .errors import database_away


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


class DatabaseRequired:
    """Answers for the desk at once while the database is known to be away, so that no thread waits for it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith("/admin/") and editions.watcher.database == "down":
            return database_away()
        return self.get_response(request)
