"""The check as its visitors meet it: what they are told, and that they can use it whatever they use."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from checker.engine.knowledge import KnowledgeBase

from .visitor import (
    EYELID,
    HAND_GROWS_WEAK,
    NOTHING_ELSE,
    STROKE,
    WORRIED_ABOUT_CALVES,
    Story,
    answer_to_the_end,
    choices_named,
    fill,
    level,
    matches,
    next_screen,
    path_of,
    questions,
    see_the_result,
    start,
    tick,
)

pytestmark = pytest.mark.usefixtures("edition")

CALM_LEVELS = ("self-care", "routine")
HURRIED_LEVELS = ("soon", "same-day", "emergency")
PLACES = {"", "help-now", "emergency", "support", "answers", "result"}
MOST_TABS = 120

Check = Callable[[Page], None]


# ---------------------------------------------------------------- what people are told


def test_an_eyelid_that_flutters_can_be_looked_after_at_home(page: Page) -> None:
    # Given somebody tired, on a phone, whose eyelid has fluttered for days
    start(page)

    # When they answer everything
    screens = answer_to_the_end(page, EYELID)
    see_the_result(page)

    # Then they are told to look after themselves, with the eyelid twitch first, in a dozen screens
    assert level(page) == "self-care"
    assert matches(page)[0] == "benign-eyelid-myokymia"
    assert len(screens) <= 12, screens


@pytest.mark.browser_context_args(java_script_enabled=False)
def test_an_eyelid_is_told_the_same_without_javascript(page: Page) -> None:
    start(page)
    answer_to_the_end(page, EYELID)
    see_the_result(page)
    assert level(page) == "self-care"
    assert matches(page)[0] == "benign-eyelid-myokymia"
    # What a script would have to work is not there at all.
    expect(page.get_by_role("button", name="Print", exact=True)).to_have_count(0)


def test_flickers_in_worried_calves_are_met_with_calm_and_figures(page: Page) -> None:
    # Given a young man who is afraid of ALS, whose calves have flickered for months at full strength
    start(page)

    # When he answers everything
    answer_to_the_end(page, WORRIED_ABOUT_CALVES)
    see_the_result(page)

    # Then the disease he fears is not held against his answers, and his fear is answered
    assert level(page) in CALM_LEVELS
    assert "motor-neurone-disease-als" not in matches(page)
    concern = page.get_by_role("region", name=re.compile("Could it be ALS"))
    expect(concern.get_by_text("0 of 180")).to_be_visible()
    expect(concern.get_by_role("img")).to_have_accessible_name(re.compile("180"))


@pytest.mark.parametrize("viewport", ["desktop"], indirect=True)
@pytest.mark.browser_context_args(color_scheme="dark")
def test_a_hand_that_grows_weak_and_thin_is_to_be_seen_within_days(page: Page) -> None:
    # Given an older man, up at night, whose hand has grown weaker and thinner for months
    start(page)

    # When he answers everything
    answer_to_the_end(page, HAND_GROWS_WEAK)
    see_the_result(page)

    # Then a doctor should see him soon, and nothing tells him not to worry
    assert level(page) in HURRIED_LEVELS
    expect(page.get_by_role("region", name=re.compile("Could it be ALS"))).to_have_count(0)
    expect(page.get_by_role("heading", name="What to say when you call")).to_be_visible()

    # And he can take all of it along on paper
    for closed in page.get_by_role("main").locator("summary").all():
        closed.click()
    page.emulate_media(media="print")
    expect(page.get_by_text("For the doctor: what was answered")).to_be_visible()
    expect(page.get_by_role("definition").filter(has_text="60 or over")).to_be_visible()


def test_a_stroke_sign_leads_to_help_in_two_screens(page: Page) -> None:
    # Given a face that drooped all of a sudden
    start(page)

    # When that is ticked
    screens = answer_to_the_end(page, STROKE)

    # Then the second screen leads to the numbers to tap
    assert (len(screens), path_of(page)) == (2, "/check/emergency/")
    assert level(page) == "emergency"
    calls = page.get_by_role("main").get_by_role("link", name=re.compile(r"\d{3}"))
    for call in calls.all():
        assert (call.get_attribute("href") or "").startswith("tel:")
    assert calls.count() >= 3

    # And back leads to the tick
    page.get_by_role("link", name="go back").click()
    assert path_of(page) == "/check/emergency-signs/"
    expect(page.get_by_role("checkbox", name=STROKE.answers[-1])).to_be_checked()

    # And whoever goes on keeps the advice in sight, on every screen and to the end
    next_screen(page)
    page.get_by_role("button", name="Continue anyway").click()
    banner = page.get_by_role("note").get_by_role("link", name="See whom to call")
    expect(banner).to_be_visible()
    screens = answer_to_the_end(page, STROKE)
    assert screens[0] == "/check/movement/"
    expect(banner).to_be_visible()
    see_the_result(page)
    assert level(page) == "emergency"
    expect(page.get_by_role("link", name="112")).to_have_attribute("href", "tel:112")


def test_low_mood_is_met_with_somebody_to_talk_to(page: Page) -> None:
    start(page)
    answers = (*WORRIED_ABOUT_CALVES.answers, "Low mood", "Yes, such thoughts")
    screens = answer_to_the_end(page, replace(WORRIED_ABOUT_CALVES, answers=answers))
    assert (screens[-1], path_of(page)) == ("/check/feeling-safe/", "/check/support/")


def test_a_carer_is_asked_about_the_other_person(page: Page) -> None:
    page.goto("/check/")
    page.get_by_role("radio", name="Someone I care for").check()
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.get_by_role("group", name="How old is the person?")).to_be_visible()


# ---------------------------------------------------------------- whatever they use


def focus(page: Page) -> dict[str, Any]:
    """What has the focus, in the words a screen reader would use, and whether a reader can see it there."""
    return page.evaluate(
        """() => {
        const now = document.activeElement
        const words = (e) => (e.labels?.[0]?.querySelector("[data-name]") ?? e.labels?.[0] ?? e).textContent.trim()
        const group = now.type === "radio" ? document.getElementsByName(now.name) : []
        const boxes = now.closest("fieldset")?.querySelectorAll("input:checked").length ?? 0
        const seen = (now.labels?.[0] ?? now).getBoundingClientRect()
        return {
            type: now.type ?? now.tagName.toLowerCase(),
            words: words(now),
            line: now.closest(".row")?.querySelector("legend").textContent.trim() ?? "",
            choices: [...group].map(words),
            isAnswered: boxes > 0,
            isInSight: seen.bottom > 0 && seen.top < innerHeight,
            isMarked: now.matches(":focus-visible"),
        }}"""
    )


def press_to(page: Page, words: str) -> None:
    """Go by Tab to what bears these words, and press Enter."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if focus(page)["words"] == words:
            with page.expect_navigation():
                page.keyboard.press("Enter")
            return
    raise AssertionError(f"Tab does not reach {words!r} on {page.url}")


def answer_by_keyboard(page: Page, story: Story) -> None:
    """Go through one page by Tab, choose by arrows and space, and press Enter on "Continue"."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        now = focus(page)
        assert now["isInSight"], now
        assert now["isMarked"], now
        match now["type"]:
            case "radio":
                wanted = re.compile(story.of_line(now["line"])) if now["line"] else story.said
                found = [place for place, said in enumerate(now["choices"]) if wanted.match(said)]
                other = [
                    place for place, said in enumerate(now["choices"]) if NOTHING_ELSE.match(said)
                ]
                place = (found or other)[0]
                for key in ["ArrowDown"] * place or [" "]:
                    page.keyboard.press(key)
            case "checkbox":
                is_other = NOTHING_ELSE.match(now["words"]) and not now["isAnswered"]
                if is_other or story.said.match(now["words"]):
                    page.keyboard.press(" ")
            case "submit":
                with page.expect_navigation():
                    page.keyboard.press("Enter")
                return
    raise AssertionError(f"Tab does not reach the end of {page.url}")


def test_the_keyboard_is_enough(page: Page) -> None:
    # Given somebody who cannot use a pointer
    page.goto("/check/")

    # When they skip to the content and use Tab, space, arrows and Enter
    page.keyboard.press("Tab")
    assert focus(page)["words"] == "Skip to the content"
    page.keyboard.press("Enter")
    press_to(page, "Start")
    while path_of(page) != "/check/answers/":
        answer_by_keyboard(page, EYELID)
    press_to(page, "See the result")

    # Then they are told the same as everyone
    assert level(page) == "self-care"
    assert matches(page)[0] == "benign-eyelid-myokymia"


def test_a_page_without_an_answer_says_so_and_leads_there(page: Page) -> None:
    # Given a page of questions
    start(page)

    # When it is sent empty
    next_screen(page)

    # Then what is missing takes the focus, and each line leads to its first choice
    expect(page).to_have_title(re.compile("^Error: "))
    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    lines = summary.get_by_role("link")
    assert lines.count() == 3
    for line in lines.all():
        line.click()
        assert focus(page)["type"] == "radio"
        assert focus(page)["isInSight"]


def test_a_line_without_an_answer_says_so_and_the_others_stay(page: Page, sound: Check) -> None:
    # Given the page that asks for strength
    start(page)
    while path_of(page) != "/check/weakness/":
        fill(page, EYELID)
        next_screen(page)
    lines = page.get_by_role("group").filter(has=page.get_by_role("radio"))

    # When only one line is answered
    line = "Can you grip well"
    tick(page.get_by_role("group", name=re.compile(line)).last.get_by_role("radio", name="Yes"))
    next_screen(page)

    # Then one link leads to the first of the others, each of them says so, and that one keeps its answer
    missing = page.get_by_role("alert").get_by_role("link")
    expect(missing).to_have_count(1)
    # One group more: the question round its lines.
    expect(page.locator("fieldset.is-missing")).to_have_count(lines.count() - 2)
    answered = page.get_by_role("group", name=re.compile(f"^{line}"))
    expect(answered.get_by_role("radio", name="Yes")).to_be_checked()
    missing.first.click()
    assert focus(page)["type"] == "radio"
    sound(page)


def test_answers_can_be_gone_back_to_changed_and_cleared(page: Page) -> None:
    # Given a check with two pages answered
    start(page)
    for _ in range(2):
        fill(page, EYELID)
        next_screen(page)

    # When the visitor goes back, the answers stand there
    page.get_by_role("link", name="Back", exact=True).click()
    expect(page.get_by_role("checkbox", name="None of these")).to_be_checked()
    page.get_by_role("link", name="Back", exact=True).click()
    expect(page.get_by_role("radio", name="18 to 39")).to_be_checked()
    # And the browser's own way back breaks nothing
    page.go_back()
    expect(page.get_by_role("checkbox", name="None of these")).to_be_checked()

    # When the questions are over and one answer is changed
    answer_to_the_end(page, EYELID, skip=True)
    page.get_by_role("link", name=re.compile("^Change.*How old are you")).click()
    tick(page.get_by_role("radio", name="60 or over"))
    next_screen(page)

    # Then the new one counts
    answer_to_the_end(page, EYELID, skip=True)
    expect(page.get_by_role("definition").filter(has_text="60 or over")).to_have_count(1)

    # When the answers are cleared
    page.get_by_role("button", name="Clear my answers").click()

    # Then they are gone, from the cookie as well
    expect(page.get_by_text("Your answers are cleared.")).to_be_visible()
    expect(page.get_by_role("link", name="Carry on where I was")).to_have_count(0)
    assert "answers" not in {cookie.get("name") for cookie in page.context.cookies()}
    page.goto("/check/result/")
    assert path_of(page) == "/check/"
    expect(page.get_by_text("We have no answers from this browser.")).to_be_visible()


def test_a_check_under_way_can_be_carried_on_or_started_again(page: Page) -> None:
    # Given a check under way in one tab
    start(page)
    fill(page, EYELID)
    next_screen(page)

    # When the start page is opened, it offers to carry on
    other = page.context.new_page()
    other.goto("/check/")
    other.get_by_role("link", name="Carry on where I was").click()
    assert path_of(other) == "/check/emergency-signs/"

    # When another check is started there, the first tab says so instead of mixing the two
    other.goto("/check/")
    other.get_by_role("button", name="Start again").click()
    tick(page.get_by_role("checkbox", name="None of these"))
    next_screen(page)
    assert path_of(page) == "/check/you/"
    expect(page.get_by_text("A new check was started in this browser")).to_be_visible()


def test_the_body_map_is_a_picture_of_the_list(page: Page) -> None:
    start(page)
    while path_of(page) != "/check/place/":
        fill(page, EYELID)
        next_screen(page)
    region, box = page.locator("[data-region=calf]"), page.get_by_role("checkbox", name="Calf")

    # A tap on the picture ticks the list,
    region.first.click()
    expect(box).to_be_checked()
    expect(region.first).to_have_class(re.compile("is-on"))

    # the list fills the picture, and "none of these" empties both.
    tick(page.get_by_role("checkbox", name="None of these"))
    expect(box).not_to_be_checked()
    expect(region.first).not_to_have_class(re.compile("is-on"))


# ---------------------------------------------------------------- on every page of the way


def test_every_page_says_what_it_is_not(page: Page) -> None:
    said = page.get_by_role("main").get_by_text("Not a diagnosis")
    page.goto("/check/")
    expect(said).to_be_visible()
    start(page)
    footer = page.get_by_role("contentinfo").get_by_text("Education, not a diagnosis.")
    expect(footer).to_be_visible()
    answer_to_the_end(page, EYELID, skip=True)
    expect(footer).to_be_visible()
    see_the_result(page)
    expect(page.get_by_role("main").get_by_text("Education, not a diagnosis.")).to_be_visible()
    page.emulate_media(media="print")
    expect(page.get_by_role("main").get_by_text("Education, not a diagnosis.")).to_be_visible()


def test_no_answer_leaves_the_browser_but_in_its_own_cookie(
    page: Page, context: BrowserContext, shipped_kb: KnowledgeBase
) -> None:
    # Given a visitor whose every request is written down
    asked: list[tuple[str, str]] = []
    context.on(
        "request", lambda request: asked.append((request.url, request.headers.get("referer", "")))
    )

    # When they go through the check and on to an entry of the library
    page.goto("/")
    page.get_by_role("link", name="Check a twitch").last.click()
    start(page)
    answer_to_the_end(page, EYELID, skip=True)
    see_the_result(page)
    in_check = len(asked)
    page.get_by_role("article").first.get_by_role("link").first.click()
    assert path_of(page) == "/conditions/benign-eyelid-myokymia/"

    # Then no address of the check holds more than the page that is asked
    for url, _ in asked[:in_check]:
        parts = urlsplit(url)
        if not parts.path.startswith("/check/"):
            continue
        assert parts.path.removeprefix("/check/").strip("/") in PLACES | set(shipped_kb.pages), url
        assert set(parse_qs(parts.query)) <= {"notice"}, url
    # and the library is not told where they came from
    for _, referrer in asked[in_check:]:
        assert urlsplit(referrer).path in ("", "/", "/conditions/benign-eyelid-myokymia/"), referrer
    # and the cookies are those of which the privacy page speaks
    page.goto("/privacy/")
    told = page.get_by_role("main").inner_text()
    assert {cookie.get("name") for cookie in context.cookies()} == {"answers", "csrftoken"}
    assert "answers" in told
    assert "csrf" in told
    # and that of the answers is for the check alone, out of reach of scripts, gone with the browser
    [own] = [cookie for cookie in context.cookies() if cookie.get("name") == "answers"]
    assert (own.get("path"), own.get("httpOnly"), own.get("expires")) == ("/check/", True, -1)
    assert page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0]


def test_none_of_these_stands_alone(page: Page) -> None:
    start(page)
    fill(page, EYELID)
    next_screen(page)
    [question] = questions(page)
    sign, none = choices_named(question, STROKE.said), page.get_by_role("checkbox", name="None of")
    tick(sign)
    tick(none)
    expect(sign).not_to_be_checked()
    tick(sign)
    expect(none).not_to_be_checked()
