"""Rates of a stored report, for the desk."""

from __future__ import annotations

from django import template

register = template.Library()


@register.filter
def percent(rate: float | str | None) -> str:
    """Return a fraction of one as a percentage; a dash where nothing was counted."""
    return "–" if rate in (None, "") else f"{100 * float(rate or 0):.1f} %"
