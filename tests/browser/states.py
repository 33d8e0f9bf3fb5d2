"""Every page of the site and every state it can be in, each with its name, for proof and pictures.

A walk yields the name of a state while the page is in it. Whoever walks looks at the page in between and
leaves it in that state.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from playwright.sync_api import Page, expect

from .failing import FAILING
from .visitor import (
    EYELID,
    HAND_GROWS_WEAK,
    STROKE,
    WORRIED_ABOUT_CALVES,
    Story,
    fill,
    next_screen,
    path_of,
    see_the_result,
    start,
)

Walk = Callable[[Page], Iterator[str]]

ARTICLE = "/understanding-muscle-twitches/"
PAGES = {
    "home": "/",
    "how-it-works": "/how-it-works/",
    "how-accurate": "/how-accurate/",
    "about": "/about/",
    "privacy": "/privacy/",
    "accessibility": "/accessibility/",
    "disclaimer": "/disclaimer/",
    "library": "/conditions/",
    "by-place": "/conditions/by-place/",
    "causes": "/causes/",
    "warning-signs": "/warning-signs/",
    "movements": "/movements/",
    "concerns": "/concerns/",
    "sources": "/sources/",
    "article": ARTICLE,
    "reply": f"{ARTICLE}reply/",
    "reply-sent": f"{ARTICLE}reply/?sent",
    "search": "/search/",
    "search-found": "/search/?q=eye+twich",
    "search-partly": "/search/?q=calf+zebra",
    "search-nothing": "/search/?q=xylophone",
    "search-despair": "/search/?q=want+to+die",
    "report": "/tell-us/?page=/movements/",
    "styleguide": "/styleguide/",
    "start": "/check/",
    "start-notice": "/check/?notice=no-answers",
    "help-now": "/check/help-now/",
}
"""Pages that can be opened by their address, by name. Some are served by `tests.browser.urls` only."""
FAILURES = {f"error-{how}": f"/proof/{how}/" for how in FAILING}
"""Pages that nobody wishes to see, by name. They answer with an error on purpose."""


def open_all(page: Page) -> None:
    """Open whatever can be opened on a page, its menu aside."""
    page.locator("main details").evaluate_all("(all) => all.forEach((one) => (one.open = true))")


def pages(page: Page, names: dict[str, str]) -> Iterator[str]:
    """Open each of these addresses, everything on the page unfolded."""
    for name, path in names.items():
        page.goto(path)
        open_all(page)
        yield name


def menu(page: Page) -> Iterator[str]:
    """The menu of a phone, open."""
    page.set_viewport_size({"width": 375, "height": 812})
    page.goto("/")
    page.get_by_role("banner").get_by_text("Menu", exact=True).click()
    yield "menu"


def reply_with_mistakes(page: Page) -> Iterator[str]:
    page.goto(PAGES["reply"])
    page.get_by_label("E-mail").fill("ann@")
    page.get_by_role("button", name="Send reply").click()
    expect(page.get_by_role("alert")).to_be_focused()
    yield "reply-with-error"


def report_with_mistakes(page: Page) -> Iterator[str]:
    page.goto(PAGES["report"])
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("alert")).to_be_focused()
    yield "report-with-error"
    page.get_by_role("radio", name="I do not understand it").check()
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", name="Thank you for telling us")).to_be_visible()
    yield "report-sent"


def questions_of(page: Page, story: Story, *, prefix: str = "", also: str = "all") -> Iterator[str]:
    """Go through a check. Each question unanswered, and then answered, sent empty, or both."""
    start(page)
    while page.get_by_role("button", name="Continue", exact=True).count():
        name = prefix + path_of(page).split("/")[2]
        open_all(page)
        yield name
        if also == "all":
            next_screen(page)
            yield f"{name}-with-error"
        fill(page, story)
        if also == "all":
            yield f"{name}-answered"
        next_screen(page)


def eyelid(page: Page) -> Iterator[str]:
    """All the way of somebody who may look after themselves."""
    yield from questions_of(page, EYELID)
    yield "answers"
    see_the_result(page)
    open_all(page)
    yield "result-self-care"


def calves(page: Page) -> Iterator[str]:
    """Somebody afraid of ALS, whose low mood shows: from thoughts of self-harm to the result."""
    low = (*WORRIED_ABOUT_CALVES.answers, "Low mood", "Yes, such thoughts")
    yield from questions_of(
        page, replace(WORRIED_ABOUT_CALVES, answers=low), prefix="calves-", also=""
    )
    assert path_of(page) == "/check/support/", page.url
    yield "support"
    page.goto("/check/result/")
    open_all(page)
    yield "result-support"


def worried(page: Page) -> Iterator[str]:
    """The same fear without low mood: the concern is answered with figures."""
    for _ in questions_of(page, WORRIED_ABOUT_CALVES, also=""):
        pass
    see_the_result(page)
    open_all(page)
    yield "result-routine"


def hand(page: Page) -> Iterator[str]:
    """An older man whose hand grows weak: to be seen within days."""
    yield from questions_of(page, HAND_GROWS_WEAK, prefix="hand-", also="")
    see_the_result(page)
    open_all(page)
    yield "result-soon"


def stroke(page: Page) -> Iterator[str]:
    """A sign of a stroke, and on in spite of it."""
    for _ in questions_of(page, STROKE, also=""):
        pass
    assert path_of(page) == "/check/emergency/", page.url
    open_all(page)
    yield "emergency"
    page.get_by_role("button", name="Continue anyway").click()
    page.wait_for_load_state()
    yield "banner"
    rest = page.get_by_role("link", name="Skip the rest")
    while not rest.count():
        fill(page, STROKE)
        next_screen(page)
    rest.click()
    yield "answers-banner"
    see_the_result(page)
    open_all(page)
    yield "result-emergency"


CHECKS: tuple[Walk, ...] = (eyelid, calves, worried, hand, stroke)
"""Ways through the check. Together they come to every page of it but the rarest questions."""
OTHERS: tuple[Walk, ...] = (menu, reply_with_mistakes, report_with_mistakes)


def everything(page: Page) -> Iterator[str]:
    """Every page in every state, one after the other."""
    yield from pages(page, PAGES)
    yield from pages(page, FAILURES)
    for walk in (*OTHERS, *CHECKS):
        yield from walk(page)
