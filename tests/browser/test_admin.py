"""The editor's desk: from a correction to what visitors read."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.utils import timezone
from playwright.sync_api import Page, expect

from checker.loading import load_folder
from conditions import editions
from conditions.content import rows_of_database
from conditions.models import Release

SLUG = "benign-eyelid-myokymia"
SUMMARY = "A lid that flutters, and what to do until it stops."


@pytest.fixture
def desk(no_edition: None, transactional_db: None) -> None:
    """The shipped content as drafts and as the first release, and an editor who may publish."""
    load_folder(settings.CONTENT_FOLDER)
    # Stored as publishing would, but without running every scenario on it.
    document = editions.canonical(rows_of_database())
    Release.objects.create(
        number=1,
        document=document,
        checksum=editions.checksum(document),
        published_at=timezone.now(),
    )
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
    page.get_by_role("table").get_by_role("link", name="Eyelid twitch", exact=True).click()
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
    page.get_by_label("What changed").fill("A plainer summary of the eyelid twitch")
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
