"""What every public page keeps to."""

from __future__ import annotations

import re
from typing import Any

from django.test import Client

from tests.pages import Page, page_of

ASSETS = {"link", "script", "img", "iframe", "source", "audio", "video", "object", "embed", "use"}


def look_at(client: Client, path: str) -> Page:
    """Open a public page and hold it to what all of them promise."""
    response = client.get(path)
    page = page_of(response)
    assert "public" in response["Cache-Control"], path
    assert "max-age=60" in response["Cache-Control"], path
    assert not response.cookies, path
    keep_to_the_rules(page, path)
    assert client.head(path).status_code == 200
    assert client.post(path).status_code == 405
    return page


def keep_to_the_rules(page: Page, path: str) -> None:
    assert page.broken_anchors == [], path
    ids = page.values("id")
    assert len(ids) == len(set(ids)), [path, {i for i in ids if ids.count(i) > 1}]
    assert len(page.all("h1")) == 1, path
    assert len(page.all("title")) == 1, path
    assert "[@" not in page.html, path
    assert not re.search("[\ue000-\uf8ff]", page.html), path
    assert "{{" not in page.html, path
    assert "{%" not in page.html, path
    assert inline_code(page) == [], path
    assert assets_of_others(page) == [], path


def inline_code(page: Page) -> list[Any]:
    """Styles and scripts that a strict Content-Security-Policy would block."""
    found: list[Any] = page.all("style")
    found += [
        s for s in page.all("script") if "src" not in s and s.get("type") != "application/ld+json"
    ]
    found += [
        (t, a) for t, a in page.elements if "style" in a or any(n.startswith("on") for n in a)
    ]
    return found


def assets_of_others(page: Page) -> list[str]:
    """Addresses outside this site that a browser would load by itself."""
    addresses = [
        attributes.get(name, "")
        for tag, attributes in page.elements
        if tag in ASSETS
        for name in ("src", "href", "srcset", "data", "poster")
    ]
    return [address for address in addresses if re.match(r"(https?:)?//", address)]
