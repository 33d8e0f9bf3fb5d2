"""The page for what went wrong on our side. Works when nothing else does: no database, no release, no session."""

from __future__ import annotations

import secrets
import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template import TemplateDoesNotExist, TemplateSyntaxError, loader


def server_error(request: HttpRequest) -> HttpResponse:
    """Return the page for an error that nobody caught, with an id that also stands in the log."""
    # Django logs the error after this, with the request: `logs.JsonLines` takes the id from it.
    error_id = secrets.token_hex(4)
    request.error_id = error_id  # type: ignore[attr-defined]
    if isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        return _page("503_database.html", error_id, status=503)
    return _page("500.html", error_id, status=500)


def database_away() -> HttpResponse:
    """Return the page for what needs the database, while it is known to be away."""
    return _page("503_database.html", "", status=503)


def _page(template: str, error_id: str, *, status: int) -> HttpResponse:
    # Without the request: no context processor may run, any of them may be what failed.
    try:
        content = loader.get_template(template).render({"error_id": error_id})
    except (TemplateDoesNotExist, TemplateSyntaxError):
        content = (
            f"<!doctype html><title>Error</title><h1>Something went wrong</h1><p>{error_id}</p>"
        )
    response = HttpResponse(content, status=status)
    response["Cache-Control"] = "no-store"
    if status == 503:
        response["Retry-After"] = "10"
    return response
