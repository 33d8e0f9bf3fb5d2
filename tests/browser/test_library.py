"""The pages outside the check as their readers use them."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.usefixtures("edition")


def test_a_page_that_is_not_there_says_so(page: Page, page_errors: list[str]) -> None:
    response = page.goto("/conditions/nothing-of-this-name/")
    assert response
    assert response.status == 404
    expect(page.get_by_role("link", name="Look in the library")).to_be_visible()
    # The browser itself notes the 404.
    assert len(page_errors) == 1
    page_errors.clear()


def test_the_way_from_the_front_page_to_an_entry_and_its_sources(
    open_page: Callable[[str], Page],
) -> None:
    page = open_page("/")
    page.get_by_role("link", name="Read the library").click()
    page.get_by_role("link", name="Eyelid twitch").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Eyelid twitch")
    note = page.get_by_role("main").locator("sup a").first
    note.click()
    expect(page.locator(":target")).to_be_in_viewport()
    # A source of a table row stands on the page of sources.
    page.locator("summary").filter(has_text="signs that the check looks at").click()
    page.get_by_role("table").get_by_role("link").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sources")
    expect(page.locator(":target")).to_be_in_viewport()


def is_moving(page: Page, name: str) -> bool:
    return page.get_by_role("button", name=name, exact=True).evaluate(
        """(button) => button.closest("[data-movement]").getAnimations({ subtree: true })
        .some((animation) => animation.playState === "running")"""
    )


def test_a_picture_moves_only_while_it_is_played(open_page: Callable[[str], Page]) -> None:
    # Given the guide to movements, and somebody who did not ask for less motion
    page = open_page("/movements/")
    page.emulate_media(reduced_motion="no-preference")
    plays = page.get_by_role("button", name=re.compile("^Play the picture"))
    assert plays.count() > 10
    first, second = (plays.nth(place).inner_text() for place in (0, 1))

    # Then all is still, for watching a twitch can make one feel one
    assert not page.evaluate("document.getAnimations().length")

    # When one is played, it moves
    plays.nth(0).click()
    expect(plays.nth(0)).to_have_attribute("aria-pressed", "true")
    assert is_moving(page, first)

    # When another is played, the first stands still
    plays.nth(1).click()
    expect(plays.nth(0)).to_have_attribute("aria-pressed", "false")
    assert not is_moving(page, first)
    assert is_moving(page, second)

    # When it is pressed again, it stops
    plays.nth(1).click()
    assert not is_moving(page, second)

    # And whoever asks for less motion gets the still pictures, with nothing to press
    page.emulate_media(reduced_motion="reduce")
    expect(plays.first).to_be_hidden()


def test_a_reply_with_mistakes_says_what_to_put_right(
    open_page: Callable[[str], Page],
) -> None:
    # Given a reply without a name, and with half an address
    page = open_page("/understanding-muscle-twitches/")
    page.get_by_role("link", name="Leave a reply").click()
    page.get_by_label("E-mail").fill("ann@")
    page.get_by_label("Your reply").fill("Thank you, this was a help.")

    # When it is sent
    page.get_by_role("button", name="Send reply").click()

    # Then each mistake is named and leads to its field, and what was written is still there
    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    expect(page.get_by_label("Your reply")).to_have_value("Thank you, this was a help.")
    summary.get_by_role("link", name="Write an e-mail address").click()
    expect(page.get_by_label("E-mail")).to_be_focused()
    summary.get_by_role("link", name="Write a name").click()
    expect(page.get_by_label("Name")).to_be_focused()

    # When it is put right, an editor gets it
    page.get_by_label("Name").fill("Ann")
    page.get_by_label("E-mail").fill("")
    page.get_by_role("button", name="Send reply").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you for your reply")


def test_the_menu_of_a_phone_opens_and_closes(open_page: Callable[[str], Page]) -> None:
    page = open_page("/")
    menu = page.get_by_role("banner").get_by_text("Menu", exact=True)
    link = page.get_by_role("banner").get_by_role("link", name="How it works")
    expect(link).not_to_be_visible()
    menu.click()
    expect(link).to_be_visible()
    page.keyboard.press("Escape")
    expect(link).not_to_be_visible()
    menu.click()
    link.click()
    expect(page).to_have_url(re.compile("/how-it-works/$"))
