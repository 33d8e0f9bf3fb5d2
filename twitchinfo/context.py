"""What every template may use: the release in force for the footer, and whether this is a preview of the drafts."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from conditions import editions


def edition(request: HttpRequest) -> dict[str, Any]:
    preview = editions.is_preview()
    try:
        return {"edition": editions.current(), "preview": preview}
    except editions.NoEdition:
        return {"edition": None, "preview": preview}
