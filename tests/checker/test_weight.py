"""How heavy a first visit is: every page with all that it brings, as it goes over the line."""

from __future__ import annotations

from pathlib import Path

import brotli
import pytest
from django.conf import settings
from django.test import Client

from conditions.editions import Edition
from tests.pages import Page, page_of

from .visitor import ANSWERS, RESULT, Visitor, reply

MOST_BYTES = 60 * 1024
MOST_SCRIPT = 15 * 1024
PUBLIC = [
    "/", "/conditions/", "/conditions/by-place/", "/conditions/motor-neurone-disease-als/", "/search/?q=eye+twitch",
    "/causes/", "/warning-signs/", "/movements/", "/concerns/", "/sources/", "/understanding-muscle-twitches/",
    "/understanding-muscle-twitches/reply/", "/how-it-works/", "/how-accurate/", "/check/", "/check/help-now/",
    "/tell-us/",
]  # fmt: skip
FEARFUL = (
    "age-18-39", "sex-male", "flicker", "calf", "several-places", "three-to-twelve-months", "comes-and-goes",
    "at-rest", "health-worry-about-twitching", "stress", "high-caffeine",
)  # fmt: skip


def assets(page: Page) -> dict[str, bytes]:
    """The files that a browser loads with a page, as they lie on the disk."""
    addresses = [a["href"] for a in page.all("link") if a.get("rel") in ("stylesheet", "icon")]
    addresses += [a["src"] for a in page.all("script") if "src" in a]
    folder = Path(settings.BASE_DIR) / "static"
    return {a: (folder / a.removeprefix(settings.STATIC_URL)).read_bytes() for a in addresses}


def weight(page: Page, *, packed: bool) -> int:
    """Bytes of the page and its files. Files go out compressed; pages of the check do not (they hold a secret)."""
    html = page.html.encode()
    sizes = [len(brotli.compress(html, quality=5)) if packed else len(html)]
    sizes += [len(brotli.compress(content, quality=9)) for content in assets(page).values()]
    return sum(sizes)


@pytest.mark.parametrize("path", PUBLIC)
def test_a_first_visit_to_a_public_page_is_light(
    client: Client, edition: Edition, path: str
) -> None:
    page = page_of(client.get(path))
    assert len(assets(page)) >= 3
    assert weight(page, packed=not path.startswith("/check")) <= MOST_BYTES


def test_every_page_of_the_check_is_light_even_uncompressed(visitor: Visitor) -> None:
    path = visitor.start()
    heaviest = {}
    while path not in (ANSWERS, RESULT):
        page = visitor.see(path)
        heaviest[path] = weight(page, packed=False)
        path = visitor.send(path, reply(page, FEARFUL))
    for path in (ANSWERS, RESULT):
        heaviest[path] = weight(visitor.see(path), packed=False)
    assert {path: size for path, size in heaviest.items() if size > MOST_BYTES} == {}


def test_the_script_is_small(client: Client, edition: Edition) -> None:
    page = page_of(client.get("/check/"))
    script = [content for name, content in assets(page).items() if name.endswith(".js")]
    assert script
    assert sum(map(len, script)) <= MOST_SCRIPT
