"""Every address of the site, filled with an example, so that a new page is tested without being named."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RegexPattern, RoutePattern

EXAMPLES = {
    "slug": "eyelid-myokymia",
    "object_id": "1",
    "content_type_id": "1",
    "app_label": "conditions",
    "url": "nothing",
}


def addresses(resolver: Any = None, before: str = "/") -> Iterator[str]:
    """Return every address, each parameter filled with an example of its kind."""
    for pattern in (resolver or get_resolver()).url_patterns:
        path = before + _filled(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern, path)
        else:
            assert isinstance(pattern, URLPattern)
            yield path


def public_addresses() -> list[str]:
    return [path for path in addresses() if not path.startswith("/admin/")]


def _filled(pattern: object) -> str:
    if isinstance(pattern, RoutePattern):
        text = str(pattern)
        for name, converter in pattern.converters.items():
            kind = type(converter).__name__.removesuffix("Converter").lower()
            for written in (f"<{kind}:{name}>", f"<{name}>"):
                text = text.replace(written, "7" if kind == "int" else EXAMPLES.get(name, "x"))
        return text
    assert isinstance(pattern, RegexPattern)
    # Of the admin: the list of one app, and whatever is left over.
    return "conditions/" if "app_label" in str(pattern) else "nothing"
