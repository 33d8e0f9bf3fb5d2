"""Addresses of the check, each worked out once: a request names several, and Django looks through all its patterns."""

from __future__ import annotations

from functools import lru_cache

from django.urls import get_script_prefix, get_urlconf, reverse

from checker.engine.knowledge import Page


def address(name: str, *args: str) -> str:
    """Return the address of a view of the check: inside the preview, where one is shown."""
    return _reversed(get_urlconf(), get_script_prefix(), name, args)


@lru_cache(maxsize=512)
def _reversed(urlconf: str | None, prefix: str, name: str, args: tuple[str, ...]) -> str:
    # The prefix is part of what `reverse` returns, so it is part of the key.
    return reverse(f"checker:{name}", urlconf, args)


def address_of(page: Page | None) -> str:
    """Return the address of a page; without one, that of the answers to look over before the result."""
    return address("question", page.slug) if page else address("answers")
