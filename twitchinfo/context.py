"""What every template may use: the release in force, for the footer."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from conditions import editions


def edition(request: HttpRequest) -> dict[str, Any]:
    try:
        return {"edition": editions.current()}
    except editions.NoEdition:
        return {"edition": None}
