"""Whole checks over the network, here and in the conventional peer, and what they cost the server."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.checker.visitor import RESULT, START, reply
from tests.pages import Page
from tests.serving import STORY, Browser

from .load import cpu_seconds

PEER_START, PEER_RESULT = "/peer/{}/", "/peer/result/"


@dataclass(frozen=True)
class Visit:
    requests: int
    cpu_ms: float
    """Processor time of the server for the whole check."""


def pages_asked(browser: Browser) -> list[str]:
    """The pages that the check of the comparison asks, in order."""
    browser.cookies.clear()
    browser.get(START)
    path, asked = browser.follow(START, {"who": "me"}), []
    while path.count("/") == 3 and path not in ("/check/answers/", RESULT):
        asked.append(path.split("/")[2])
        path = browser.follow(path, reply(Page(browser.get(path)[1]), STORY))
    return asked


def peer_check(browser: Browser, first: str) -> int:
    """Go through the wizard to its result. Returns how many requests that took."""
    browser.cookies.clear()
    path, count = PEER_START.format(first), 1
    while path != PEER_RESULT:
        status, text = browser.get(path)
        assert status == 200, (path, status)
        page = Page(text)
        hidden = {one["name"]: one["value"] for one in page.all("input", type="hidden")}
        path = browser.follow(path, hidden | reply(page, STORY))
        count += 2
    status, text = browser.get(path)
    assert status == 200, (path, status)
    assert "data-urgency" in text
    return count


def cost(process: int, check: Callable[[], int], times: int) -> Visit:
    before = cpu_seconds(process)
    requests = [check() for _ in range(times)]
    return Visit(requests[0], (cpu_seconds(process) - before) / times * 1000)
