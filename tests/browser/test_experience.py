"""What only a browser shows of the check: sizes, taps, files, a closed tab, paper."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from .visitor import (
    EYELID,
    HAND_GROWS_WEAK,
    STROKE,
    WORRIED_ABOUT_CALVES,
    Story,
    answer_to_the_end,
    fill,
    next_screen,
    path_of,
    questions,
    see_the_result,
    start,
    tick,
)

pytestmark = pytest.mark.usefixtures("edition")

TARGET = 44
"""Pixels that a shaking finger needs."""

SMALL_TARGETS = """(least) => {
    const alone = ".btn, .target, .back, .call, .brand, nav a, .change a"
    const inRunningText = (e) => e.tagName === "A" && !e.matches(alone)
        && [...e.parentElement.childNodes].some((n) => n !== e && n.textContent.trim())
    const size = (e) => (e.closest("label.option, label.segment, .pick") ?? e).getBoundingClientRect()
    const all = "main a, main button, main summary, main input, .sos a, header a, header summary"
    return [...document.querySelectorAll(all)]
        .filter((e) => e.checkVisibility({ visibilityProperty: true }) && e.type !== "hidden" && !e.closest(".trap"))
        .filter((e) => !inRunningText(e) && !e.closest(".prose, sup, .sources, figcaption, .end-note, h3"))
        .filter((e) => size(e).height < least - 1)
        .map((e) => `${e.tagName} ${e.className} "${e.textContent.trim().slice(0, 40)}": ${Math.round(size(e).height)}`)
}"""


def small_targets(page: Page) -> list[str]:
    found: list[str] = page.evaluate(SMALL_TARGETS, TARGET)
    return found


def to_question(page: Page, slug: str, story: Story) -> None:
    start(page)
    while path_of(page) != f"/check/{slug}/":
        fill(page, story)
        next_screen(page)


def to_result(page: Page, story: Story) -> None:
    start(page)
    answer_to_the_end(page, story)
    see_the_result(page)


# ---------------------------------------------------------------- under a finger


def test_everything_to_tap_is_large_enough_from_the_first_page_to_the_result(page: Page) -> None:
    found: dict[str, list[str]] = {}

    def look(page: Page) -> None:
        if small := small_targets(page):
            found[path_of(page)] = small

    page.goto("/check/")
    look(page)
    start(page)
    answer_to_the_end(page, WORRIED_ABOUT_CALVES, on_each=look)
    look(page)
    see_the_result(page)
    look(page)
    assert found == {}


def test_everything_to_tap_in_an_emergency_is_large_enough(page: Page) -> None:
    start(page)
    answer_to_the_end(page, STROKE)
    assert small_targets(page) == []
    numbers = page.get_by_role("main").locator("a[href^='tel:']")
    assert numbers.count() >= 3
    # They come before anything that must be read.
    assert (numbers.first.bounding_box() or {"y": 9999})["y"] < 800


# ---------------------------------------------------------------- the body map


def test_the_map_follows_the_keyboard_in_the_list(page: Page) -> None:
    # Given somebody who uses no pointer, on the question for the place
    to_question(page, "place", EYELID)
    calf = page.locator("[data-region=calf]").first
    box = page.get_by_role("checkbox", name="Calf or shin")

    # When the list has the focus there, the map points to it
    box.focus()
    expect(calf).to_have_class(re.compile("is-near"))

    # When it is ticked with the space bar, the map is filled, on front and back and both sides
    page.keyboard.press("Space")
    expect(box).to_be_checked()
    for shape in page.locator("[data-region=calf]").all():
        expect(shape).to_have_class(re.compile("is-on|is-also"))

    # And the map itself takes no focus
    assert page.locator("[data-bodymap] :focus").count() == 0


def test_two_lids_tapped_are_both_eyelids(page: Page) -> None:
    to_question(page, "place", EYELID)
    lids = page.locator("[data-region=eyelid-one]")
    one = page.get_by_role("checkbox", name="One eyelid")
    both = page.get_by_role("checkbox", name="Both eyelids")
    lids.nth(0).click(force=True)
    expect(one).to_be_checked()
    lids.nth(1).click(force=True)
    expect(both).to_be_checked()
    expect(one).not_to_be_checked()


def test_a_mistake_leaves_the_map_as_it_was(page: Page) -> None:
    # Given a place that was tapped, and the second question of the page left open
    to_question(page, "place", EYELID)
    page.locator("[data-region=calf]").first.click()
    next_screen(page)

    # Then the page says what is missing, and the map and the list still hold the calf
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_role("checkbox", name="Calf or shin")).to_be_checked()
    expect(page.locator("[data-region=calf]").first).to_have_class(re.compile("is-on|is-also"))


# ---------------------------------------------------------------- taking it away


def test_the_result_can_be_saved_as_data_and_as_pdf(page: Page) -> None:
    to_result(page, EYELID)
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Save as data").click()
    assert re.fullmatch(r"twitch-check-[\d-]+\.json", waiting.value.suggested_filename)
    document = json.loads(Path(waiting.value.path()).read_text())
    assert document["resourceType"] == "QuestionnaireResponse"

    has_weasyprint = not subprocess.run(
        [sys.executable, "-c", "import weasyprint"], capture_output=True, check=False
    ).returncode
    if not has_weasyprint:
        pytest.skip("no PDF: WeasyPrint lacks a system library (apt install libpangoft2-1.0-0)")
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Save as PDF").click()
    assert re.fullmatch(r"twitch-check-[\d-]+\.pdf", waiting.value.suggested_filename)
    assert Path(waiting.value.path()).read_bytes().startswith(b"%PDF-")
    # The result is still there.
    assert path_of(page) == "/check/result/"


def test_on_paper_the_result_is_whole_and_nothing_else_is(page: Page) -> None:
    to_result(page, HAND_GROWS_WEAK)
    page.emulate_media(media="print")
    for words in ("For the doctor: what was answered", "Red flags", "Asked and denied"):
        expect(page.get_by_text(words).first).to_be_visible()
    for shown in ("form", ".takeaway", ".sos", ".menu", ".back", "aside.side"):
        for element in page.locator(shown).all():
            expect(element).to_be_hidden()
    for folded in page.locator("details[data-unfold]").all():
        assert (folded.bounding_box() or {"height": 0})["height"] > 20


# ---------------------------------------------------------------- coming back


def test_a_closed_tab_is_no_loss(page: Page) -> None:
    # Given a check under way, and the tab closed by mistake
    start(page)
    for _ in range(3):
        fill(page, EYELID)
        next_screen(page)
    left = path_of(page)
    context = page.context
    page.close()

    # When the site is opened again in the same browser
    again = context.new_page()
    again.goto("/check/")
    again.get_by_role("link", name="Carry on where I was").click()

    # Then the check goes on where it was, and the answers stand there
    assert path_of(again) == left
    again.get_by_role("link", name="Back", exact=True).click()
    expect(again.get_by_role("checkbox", name="Flutter of an eyelid")).to_be_checked()


def test_none_of_these_stands_alone_and_gives_way(page: Page) -> None:
    to_question(page, "movement", EYELID)
    flicker = page.get_by_role("checkbox", name=re.compile("^Small, quick flicker"))
    none = page.get_by_role("checkbox", name="None of these")
    tick(flicker)
    tick(none)
    expect(flicker).not_to_be_checked()
    tick(flicker)
    expect(none).not_to_be_checked()


def test_every_question_says_why_it_is_asked(page: Page) -> None:
    def look(page: Page) -> None:
        for question in questions(page):
            why = question.locator("details.why")
            expect(why).to_have_count(1)
            why.locator("summary").click()
            expect(why.locator("p")).to_be_visible()

    start(page)
    answer_to_the_end(page, EYELID, on_each=look, skip=True)


# ---------------------------------------------------------------- telling us


def test_whoever_finds_a_mistake_can_say_so_in_two_taps(page: Page) -> None:
    to_result(page, EYELID)
    page.get_by_role("main").get_by_role("link", name="Tell us what is wrong").click()
    expect(page.get_by_text("/check/result/")).to_be_visible()
    page.get_by_role("button", name="Send").click()
    expect(page).to_have_title(re.compile("^Error: "))
    expect(page.get_by_role("alert")).to_be_focused()
    page.get_by_role("radio", name="I do not understand it").check()
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", name="Thank you for telling us")).to_be_visible()
    # The check is where it was.
    page.goto("/check/result/")
    expect(page.locator("[data-urgency]")).to_be_visible()
