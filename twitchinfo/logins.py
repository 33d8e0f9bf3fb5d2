"""What django-axes, which counts failed log-ins, asks of us (see AXES_ in the settings)."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from conditions.limits import too_many


def locked_out(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    """Return the page for someone who failed to log in too often."""
    return too_many(request, "login", seconds=settings.AXES_COOLOFF_TIME.total_seconds())


def nobody(*args: Any, **kwargs: Any) -> str:
    """Return how a log line calls the person: by nothing that tells who it is."""
    return "someone"
