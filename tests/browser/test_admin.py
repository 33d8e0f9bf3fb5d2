"""The editor's desk: from a correction to what visitors read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from playwright.sync_api import Page, expect

from checker.loading import load_folder
from checker.publishing import publish
from conditions import editions
from tests import content_folder

SLUG = "benign"
SUMMARY = "Small flickers, and what to do until they stop."


@pytest.fixture
def desk(no_edition: None, transactional_db: None, tmp_path: Path) -> None:
    """The small content as drafts and as the first release, and an editor who may publish."""
    load_folder(content_folder.write(tmp_path))
    publish()
    editions.refresh()
    get_user_model().objects.create_superuser("ann", password="correct horse battery")


@pytest.mark.parametrize("viewport", ["desktop"], indirect=True)
def test_a_correction_is_public_once_it_is_published(
    desk: None, page: Page, open_page: Callable[[str], Page], axe: Callable[[Page], None]
) -> None:
    # Given an editor at the desk
    open_page("/admin/")
    page.get_by_label("Username").fill("ann")
    page.get_by_label("Password").fill("correct horse battery")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Drafts")

    # When the summary of an entry is edited and saved
    open_page("/admin/conditions/condition/")
    page.get_by_role("textbox", name="Search").fill(SLUG)
    page.keyboard.press("Enter")
    page.get_by_role("table").get_by_role("link", name="Benign twitching", exact=True).click()
    page.get_by_label("Summary", exact=False).fill(SUMMARY)
    page.get_by_role("button", name="Save", exact=True).first.click()
    expect(page.get_by_text("was changed successfully")).to_be_visible()

    # Then visitors still read the release
    editions.refresh()
    open_page(f"/conditions/{SLUG}/")
    expect(page.get_by_text(SUMMARY)).to_have_count(0)

    # And the desk shows what publishing would change
    page.go_back()
    page.get_by_role("link", name="Review and publish").click()
    expect(page.get_by_role("heading", name="What will change for visitors")).to_be_visible()
    expect(page.get_by_role("listitem").filter(has_text=SLUG)).to_be_visible()
    axe(page)

    # When it is published
    page.get_by_label("What changed").fill("A plainer summary of the twitch")
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("Release 2 is published.")).to_be_visible()
    expect(page.get_by_role("cell", name="A plainer summary")).to_be_visible()

    # Then visitors read it. Their server looks by itself; here nothing looks, so it is told to.
    assert editions.refresh()
    open_page(f"/conditions/{SLUG}/")
    page.reload()  # the browser may show the copy it has for a minute
    expect(page.get_by_text(SUMMARY)).to_be_visible()
    expect(page.get_by_role("contentinfo").get_by_text("Content release 2")).to_be_visible()


def test_the_desk_is_closed_to_strangers(page: Page, open_page: Callable[[str], Page]) -> None:
    editions.install(None)
    open_page("/admin/conditions/release/publish/")
    expect(page.get_by_label("Password")).to_be_visible()
