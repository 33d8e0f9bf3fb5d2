"""A browser walks the whole site, and everything that it sends, keeps and leaves behind is looked at.

What the privacy page says holds here: no other site is asked, no cookie is set but those of the list
(twitchinfo/cookies.py), and no answer stands in an address, in a log line, in the database or in an error report.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import parse_qs, unquote, urljoin, urlsplit

import pytest
from django.contrib.auth.models import User
from django.core import mail
from playwright.sync_api import BrowserContext, Page, Request, expect
from pytest_django.live_server_helper import LiveServer

from checker import answers
from checker.engine.knowledge import KnowledgeBase
from conditions.editions import Edition
from tests.stored import added, everything_stored
from twitchinfo import cookies
from twitchinfo.logs import JsonLines

from .visitor import (
    STROKE,
    WORRIED_ABOUT_CALVES,
    answer_to_the_end,
    fill,
    next_screen,
    path_of,
    see_the_result,
    start,
)

pytestmark = [
    pytest.mark.usefixtures("edition", "transactional_db"),
    # The desk's own pages are wide; and a page that fails on purpose is part of the walk.
    pytest.mark.parametrize("viewport", ["desktop"], indirect=True),
]

TOLD = ("flicker", "calf", "worry-or-panic", "high-caffeine", "unusual-exercise")
"""Some of what the visitor says of themselves, as the program calls it."""
IN_WORDS = ("Much worry about what the twitching may mean", "A lot of coffee", "Calf or shin")
SEARCHED, WRITTEN, ADDRESS = "zebra-worry", "It stopped when I slept more.", "ann@mail.example"


class Lines(logging.Handler):
    """The log as it would be written, and more: every logger talks as much as ours do."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.setFormatter(JsonLines())
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@pytest.fixture
def log() -> Iterator[Lines]:
    lines = Lines()
    loggers = [logging.getLogger(name) for name in ("", "django", "checker", "conditions")]
    loggers += [logging.getLogger(name) for name in ("twitchinfo", "django.server", "axes")]
    levels = [logger.level for logger in loggers]
    logging.getLogger().addHandler(lines)
    for logger in loggers:
        logger.setLevel(logging.INFO)
    yield lines
    logging.getLogger().removeHandler(lines)
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


@dataclass
class Watch:
    """Everything that one browser asked for."""

    asked: list[Request] = field(default_factory=list)

    def cookies_set(self) -> set[str]:
        """Return the names of all cookies that an answer set, also of those that were gone again."""
        lines = []
        for request in self.asked:
            response = request.response()
            if response is not None:
                lines += response.header_values("set-cookie")
        return {line.partition("=")[0].strip() for line in lines}


@pytest.fixture
def watch(context: BrowserContext) -> Watch:
    watch = Watch()
    context.on("request", lambda request: watch.asked.append(request))
    return watch


def links_of(page: Page, base: str) -> list[str]:
    """Return the paths of this site to which a page links."""
    found = page.eval_on_selector_all("a[href]", "all => all.map(a => a.getAttribute('href'))")
    wanted = (urlsplit(urljoin(page.url, link)) for link in found)
    return [part.path for part in wanted if f"{part.scheme}://{part.netloc}" == base]


def kind_of(path: str) -> str:
    """Return what a path is one of: entries of the library are one kind."""
    return re.sub(r"^(/[^/]+/)[^/]+/$", r"\1*", path)


def walk_the_library(page: Page, base: str, most_of_a_kind: int) -> set[str]:
    """Follow every link from the home page, through so many pages of each kind."""
    seen: set[str] = set()
    kinds: dict[str, int] = {}
    waiting = ["/"]
    while waiting:
        path = waiting.pop(0)
        kind = kind_of(path)
        too_many = kinds.get(kind, 0) >= most_of_a_kind
        if path in seen or path.startswith(("/check/", "/admin/")) or too_many:
            continue
        seen.add(path)
        kinds[kind] = kinds.get(kind, 0) + 1
        response = page.goto(path)
        assert response, path
        assert response.ok, path
        waiting += links_of(page, base)
    return seen


def kept_in_browser(page: Page) -> list[object]:
    """Return what a page keeps in the browser besides cookies."""
    kept: list[object] = page.evaluate(
        """async () => [localStorage.length, sessionStorage.length, (await indexedDB.databases()).length,
        'caches' in window ? (await caches.keys()).length : 0,
        'serviceWorker' in navigator ? (await navigator.serviceWorker.getRegistrations()).length : 0]"""
    )
    return kept


def assert_nothing_told(text: str, where: str, *words: str) -> None:
    for word in (*TOLD, *IN_WORDS, *words):
        assert word not in text, f"{word!r} in {where}"


def check_addresses(watch: Watch, kb: KnowledgeBase, base: str) -> None:
    telling = {*kb.findings, *kb.signs, *kb.conditions} - set(kb.pages)
    for request in watch.asked:
        if request.url.startswith(("data:", "blob:")):
            continue
        parts = urlsplit(request.url)
        assert f"{parts.scheme}://{parts.netloc}" == base, f"another site: {request.url}"
        words = set(re.split(r"[/?=&#+]", unquote(f"{parts.path}?{parts.query}")))
        if parts.path.startswith("/check/"):
            assert not words & telling, request.url
            assert set(parse_qs(parts.query)) <= {"notice"}, request.url
        else:
            # Something to tick may be an entry, too ("multiple-sclerosis"): the address of an entry is no answer.
            entry = parts.path.removeprefix("/conditions/").removesuffix("/")
            if parts.path.startswith("/conditions/") and entry in kb.conditions:
                words.remove(entry)
            assert not words & {*kb.findings, *IN_WORDS}, request.url
        # Where the browser says that it comes from the check, it says so to the check alone.
        referrer = urlsplit(request.headers.get("referer", ""))
        if not parts.path.startswith("/check/"):
            assert not referrer.path.startswith("/check/"), (request.url, referrer.path)
        assert not parse_qs(referrer.query), (request.url, referrer.query)


@pytest.mark.parametrize(
    "most_of_a_kind", [2, pytest.param(10_000, marks=pytest.mark.long)], ids=["some", "all"]
)
def test_the_whole_site_keeps_to_what_the_privacy_page_says(
    page: Page,
    context: BrowserContext,
    watch: Watch,
    log: Lines,
    live_server: LiveServer,
    shipped_kb: KnowledgeBase,
    most_of_a_kind: int,
) -> None:
    before = everything_stored()

    # A visitor reads through the site, searches, and sends a reply
    seen = walk_the_library(page, live_server.url, most_of_a_kind)
    assert {"/", "/conditions/", "/privacy/", "/how-accurate/", "/sources/"} <= seen
    assert len({kind_of(path) for path in seen}) >= 15
    assert most_of_a_kind < 1000 or len(seen) > 150
    page.goto("/search/")
    page.get_by_role("searchbox").last.fill(SEARCHED)
    page.keyboard.press("Enter")
    page.wait_for_url("**/search/?q=*")
    page.goto("/understanding-muscle-twitches/reply/")
    page.get_by_label("name").first.fill("Ann")
    page.get_by_label("mail").first.fill(ADDRESS)
    page.get_by_label("reply").last.fill(WRITTEN)
    page.get_by_role("main").get_by_role("button").first.click()
    page.wait_for_url(lambda url: not url.endswith("/reply/"))

    # goes through a whole check with mistakes, ways back and changes
    start(page)
    next_screen(page)
    page.get_by_role("alert").wait_for()  # nothing answered: the page says so
    page.wait_for_load_state()
    page.go_back()
    start(page)
    answer_to_the_end(page, WORRIED_ABOUT_CALVES)
    page.get_by_role("link", name=re.compile("^Change")).nth(2).click()
    next_screen(page)
    page.goto("/check/answers/")
    see_the_result(page)
    result = page.get_by_role("main").inner_text()
    assert IN_WORDS[2].lower() in result.lower()
    to_library = page.get_by_role("article").first.get_by_role("link").first
    to_library.click()
    page.wait_for_load_state()
    page.go_back()
    for path in sorted({path for path in links_of(page, live_server.url) if "/check/" in path}):
        is_file = path.startswith("/check/result/") and path != "/check/result/"  # PDF and data
        answer = context.request.get(path) if is_file else page.goto(path)
        assert answer is not None

    # and through an emergency, for somebody else
    start(page)
    answer_to_the_end(page, STROKE)
    page.wait_for_url("**/check/emergency/")
    page.get_by_role("button", name=re.compile("Continue")).click()
    page.goto("/check/support/")
    page.goto("/check/help-now/")

    # Then no address, no log line, no row holds what was told
    check_addresses(watch, shipped_kb, live_server.url)
    sent = [c["value"] for c in context.cookies() if "answers" in c["name"]]
    assert sent
    text = "\n".join(log.lines)
    assert "/check/" not in text or '"level": "ERROR"' not in text
    assert_nothing_told(text, "the log", SEARCHED, WRITTEN, ADDRESS, "Mozilla", "notice=", *sent)
    new = added(before, everything_stored())
    assert set(new) == {"conditions_reply"}, sorted(new)
    [reply] = new["conditions_reply"]
    assert WRITTEN in reply
    assert_nothing_told(reply, "the reply", "127.0.0.1", "Mozilla")

    # and the browser keeps what the privacy page lists, and nothing else
    page.goto("/privacy/")
    listed = {cookie.name for cookie in cookies.of_visitors()}
    shown = page.get_by_role("region", name="The cookies", exact=True).locator("[data-cookie]")
    assert set(shown.all_inner_texts()) == listed
    assert {cookie["name"] for cookie in context.cookies()} == listed
    assert watch.cookies_set() == listed
    assert kept_in_browser(page) == [0, 0, 0, 0, 0]

    # until the answers are cleared
    page.goto("/check/emergency/")
    page.get_by_role("button", name="Clear my answers").first.click()
    page.wait_for_url("**/check/?notice=cleared")
    assert "answers" not in str(context.cookies())
    page.go_back()
    page.goto("/check/result/")
    assert path_of(page) == "/check/"


def test_an_error_report_tells_where_and_never_what(
    page: Page,
    log: Lines,
    page_errors: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    start(page)
    fill(page, WORRIED_ABOUT_CALVES)

    def broken(kb: object, check: object) -> None:
        told = f"could not pack {check!r}"
        raise ValueError(told)

    monkeypatch.setattr(answers, "pack", broken)
    before = everything_stored()
    next_screen(page)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Something went wrong")
    number = page.locator("code").inner_text()
    errors = [json.loads(line) for line in log.lines if '"ERROR"' in line]
    assert [error["error_id"] for error in errors] == [number]
    assert errors[0]["error"][0]["type"] == "builtins.ValueError"
    assert_nothing_told("\n".join(log.lines), "the log", "age-18-39", "sex-male", "could not pack")
    assert_nothing_told(page.content(), "the error page", "age-18-39", "could not pack")
    assert added(before, everything_stored()) == {}
    assert not mail.outbox
    page_errors.clear()  # the browser's word for the 500


def test_an_editor_gets_the_cookies_of_the_list_and_asks_no_other_site(
    page: Page,
    context: BrowserContext,
    watch: Watch,
    edition: Edition,
    live_server: LiveServer,
    open_page: Callable[[str], Page],
) -> None:
    User.objects.create_superuser("ann", password="correct horse battery")
    open_page("/admin/")
    page.get_by_label("Username").fill("ann")
    page.get_by_label("Password").fill("correct horse battery")
    page.get_by_role("button", name="Log in").click()
    page.wait_for_load_state()
    for path in sorted(set(links_of(page, live_server.url))):
        if path.startswith("/admin/"):
            open_page(path)
    listed = {cookie.name for cookie in (*cookies.of_visitors(), *cookies.of_staff())}
    assert watch.cookies_set() <= listed
    assert {urlsplit(request.url).netloc for request in watch.asked} == {
        urlsplit(live_server.url).netloc
    }
    open_page("/privacy/")
    shown = page.get_by_role("region", name="The cookie of editors").locator("[data-cookie]")
    assert set(shown.all_inner_texts()) == {cookie.name for cookie in cookies.of_staff()}
