"""Every page and every state, for everyone: see `proof` for what that means, `states` for what there is.

`python3 run.py audit` looks at all of each page and at every entry; here the first few of what is built
alike have to do, and the longest and the shortest entry.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.http import HttpResponse
from playwright.sync_api import Page, expect

from checker import answers as cookie
from checker.answers import Check
from checker.engine.evidence import Answers
from checker.engine.knowledge import KnowledgeBase
from checker.engine.vocabulary import Stage
from conditions.editions import Edition

from . import proof, states
from .states import Walk
from .visitor import EYELID, answer_to_the_end, see_the_result

pytestmark = pytest.mark.usefixtures("edition", "with_failures")

Look = Callable[[Page], None]


def entries_by_length(edition: Edition) -> list[str]:
    """The addresses of all entries, that of which most is written first."""
    texts: dict[str, int] = {}
    for row in edition.rows:
        if row["model"] == "conditions.condition" and row["fields"]["ready"]:
            written = [text for text in row["fields"].values() if isinstance(text, str)]
            texts[row["fields"]["slug"]] = sum(map(len, written))
    return [f"/conditions/{slug}/" for slug in sorted(texts, key=texts.__getitem__, reverse=True)]


@pytest.mark.parametrize("name", states.PAGES)
def test_a_page(page: Page, sound: Look, name: str) -> None:
    for _ in states.pages(page, {name: states.PAGES[name]}):
        sound(page)


def test_the_longest_and_the_shortest_entry(page: Page, sound: Look, edition: Edition) -> None:
    paths = entries_by_length(edition)
    for _ in states.pages(page, {"longest": paths[0], "shortest": paths[-1]}):
        sound(page)


def test_the_pages_that_nobody_wishes_to_see(
    page: Page, sound: Look, page_errors: list[str]
) -> None:
    for name in states.pages(page, states.FAILURES):
        sound(page)
        # The browser itself notes an answer of 400 and above, once.
        assert len(page_errors) == 1, (name, page_errors)
        page_errors.clear()


@pytest.mark.parametrize("walk", [*states.OTHERS, *states.CHECKS])
def test_the_states_on_a_way(
    page: Page, sound: Look, quick: bool, shipped_kb: KnowledgeBase, walk: Walk
) -> None:
    # Everybody is asked the opening. A quick run sees it on the eyelid's way, where it has no prefix: open, with
    # mistakes, answered.
    opening = {q.page for q in shipped_kb.questions.values() if q.stage is Stage.OPENING}
    for state in walk(page):
        if not (quick and state.partition("-")[2] in opening):
            sound(page)


@pytest.mark.long
def test_every_question(page: Page, sound: Look, shipped_kb: KnowledgeBase) -> None:
    """Also those that no story comes to, each as if it had been answered "not sure"."""
    for name, asked in shipped_kb.pages.items():
        check = Check(name=1, answers=Answers(asked=tuple(q.slug for q in asked.questions)))
        answer = cookie.write(HttpResponse(), shipped_kb, check).cookies["answers"]
        page.context.add_cookies([{"name": "answers", "value": answer.value, "url": page.url}])
        page.goto(f"/check/{name}/")
        sound(page)


def test_nothing_lies_beside_a_screen_at_four_hundred_per_cent(page: Page) -> None:
    """A screen of 1280 by 1024 pixels at 400 %: 320 by 256, on which the focus stays in sight."""
    page.set_viewport_size({"width": 320, "height": 256})
    for path in ("/", "/movements/", "/search/?q=eye", states.PAGES["reply"], "/check/"):
        page.goto(path)
        for _ in range(30):
            page.keyboard.press("Tab")
            place = page.evaluate(proof.FOCUS)
            if place is None:
                break
            assert place["seen"], (path, place)
            assert place["marked"], (path, place)
        assert not [line for line in page.evaluate(proof.LAYOUT) if "sideways" in line], path


@pytest.mark.browser_context_args(java_script_enabled=False)
def test_without_javascript_nothing_is_there_that_does_nothing(page: Page) -> None:
    """Library, search and replies; `test_check` goes through a whole check."""
    for _ in states.pages(page, states.PAGES):
        expect(page.locator("button:not([type=submit]):visible")).to_have_count(
            3 if "styleguide" in page.url else 0
        )
    # The menu is a disclosure of the browser's own,
    for _ in states.menu(page):
        page.get_by_role("banner").get_by_role("link", name="Library").click()
    # a search and a reply are sent as forms.
    page.get_by_role("searchbox").fill("eyelid twich")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("main").get_by_role("link", name="Eyelid twitch").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Eyelid twitch")
    page.goto(states.PAGES["reply"])
    page.get_by_role("button", name="Send reply").click()
    page.get_by_role("alert").get_by_role("link", name="Write a name").click()
    expect(page.get_by_label("Name")).to_be_focused()


@pytest.mark.browser_context_args(forced_colors="active")
def test_in_forced_colours_a_choice_is_still_told_from_the_others(page: Page) -> None:
    page.goto("/styleguide/")
    edge = "(e) => getComputedStyle(e).borderTopWidth + getComputedStyle(e).borderTopColor"
    for part in ("option", "pick", "segment"):
        chosen = page.locator(f".{part}:has(:checked)").first
        other = page.locator(f".{part}:not(:has(:checked))").first
        assert chosen.evaluate(edge) != other.evaluate(edge), part


@pytest.mark.browser_context_args(reduced_motion="no-preference")
def test_nothing_moves_by_itself(page: Page) -> None:
    """Even for those who did not ask for less motion."""
    for path in ("/", "/movements/", "/styleguide/"):
        page.goto(path)
        assert page.evaluate("document.getAnimations().length") == 0, path


def test_what_is_printed_is_what_is_to_be_read(page: Page) -> None:
    # An entry without menus, buttons and forms, its sources with their addresses
    page.goto("/conditions/motor-neurone-disease-als/")
    page.emulate_media(media="print")
    for of_the_screen in ("navigation", "search", "button"):
        expect(page.get_by_role(of_the_screen)).to_have_count(0)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    source = page.locator(".sources a").first
    shown = source.evaluate("(a) => getComputedStyle(a, '::after').content")
    assert (source.get_attribute("href") or "nothing") in shown

    # and a result with the history that a doctor reads
    page.emulate_media(media="screen")
    page.goto("/check/")
    page.get_by_role("radio", name="Me", exact=True).check()
    page.get_by_role("button", name="Start").first.click()
    answer_to_the_end(page, EYELID)
    see_the_result(page)
    page.emulate_media(media="print")
    expect(page.get_by_role("heading", name="Red flags")).to_be_visible()
