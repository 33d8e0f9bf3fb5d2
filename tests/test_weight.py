"""How much a first visit transfers. `python3 run.py audit weight` weighs every page in a browser."""

from __future__ import annotations

import re
from functools import cache

import brotli
import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from conditions.editions import Edition
from tests.checker.visitor import ANSWERS, RESULT, START, Visitor, reply
from tests.pages import Page

MOST_BYTES = 60 * 1024
MOST_SCRIPT = 15 * 1024
HEADERS = 700
"""Of one answer, at most."""
STORY = ("age-18-39", "sex-female", "eyelid-flutter", "eyelid-one", "days-under-two-weeks")
PAGES = (
    "/",
    "/conditions/",
    "/conditions/by-place/",
    "/conditions/motor-neurone-disease-als/",
    "/search/?q=eye+twitch",
    "/causes/",
    "/warning-signs/",
    "/movements/",
    "/concerns/",
    "/sources/",
    "/understanding-muscle-twitches/",
    "/understanding-muscle-twitches/reply/",
    "/how-it-works/",
    "/how-accurate/",
    "/no-such-page/",
    START,
    "/check/help-now/",
)


@cache
def transferred(path: str) -> int:
    """The bytes of a static file, compressed as it is when it is collected."""
    found = finders.find(path)
    assert isinstance(found, str), path
    with open(found, "rb") as file:
        return len(brotli.compress(file.read())) + HEADERS


def weight(page: Page, sent: int) -> tuple[int, int]:
    """Return the bytes of a first visit to a page, and those of its scripts among them."""
    files = re.findall(r'(?:href|src)="/static/([^"]+)"', page.html)
    assert files
    scripts = sum(transferred(path) for path in files if path.endswith(".js"))
    return sent + HEADERS + sum(map(transferred, files)), scripts


def is_light(path: str, page: Page, sent: int) -> None:
    whole, scripts = weight(page, sent)
    assert whole <= MOST_BYTES, f"{path}: {whole} bytes"
    assert scripts <= MOST_SCRIPT, f"{path}: {scripts} bytes of script"


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_light(client: Client, edition: Edition, path: str) -> None:
    response = client.get(path, headers={"accept-encoding": "gzip, br"})
    sent = response.content
    is_compressed = response.get("Content-Encoding") == "br"
    html = brotli.decompress(sent) if is_compressed else sent
    is_light(path, Page(html.decode()), len(sent))


def test_every_page_of_a_check_is_light(client: Client, edition: Edition) -> None:
    visitor = Visitor(client)
    path = visitor.start()
    while path != ANSWERS:
        page = visitor.see(path)
        # With the answers given and with a mistake, whichever is longer; none of them is compressed.
        wrong = visitor.client.post(path, {}).content
        is_light(path, page, max(len(page.html.encode()), len(wrong)))
        path = visitor.send(path, reply(page, STORY))
    for path in (ANSWERS, RESULT):
        page = visitor.see(path)
        is_light(path, page, len(page.html.encode()))
