"""A day at the desk, from a draft to a release and back: preview, a shut gate, mending, publishing, going back."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from playwright.sync_api import FilePayload, Page, expect

from checker.loading import load_folder
from checker.publishing import publish
from conditions import editions
from conditions.models import Association, Condition, Release, WarningSign
from tests import content_folder

SUMMARY = "Small flickers that stop by themselves."
RELEASES = "/admin/conditions/release/"
Open = Callable[[str], Page]
Check = Callable[[Page], None]


@pytest.fixture
def desk(no_edition: None, transactional_db: None, tmp_path: Path) -> None:
    load_folder(content_folder.write(tmp_path))
    publish(note="The first.")
    editions.refresh()
    get_user_model().objects.create_superuser("ann", password="correct horse battery")


@pytest.fixture
def at_the_desk(desk: None, page: Page, open_page: Open) -> Page:
    open_page("/admin/")
    page.get_by_label("Username").fill("ann")
    page.get_by_label("Password").fill("correct horse battery")
    page.get_by_role("button", name="Log in").click()
    expect(
        page.get_by_role("link", name="Log out").or_(page.get_by_text("Log out"))
    ).to_be_visible()
    return page


def stands(page: Page, axe: Check) -> None:
    """A page of the desk is usable by everyone, and nothing hangs out of it, on a desktop and on a tablet."""
    page.wait_for_load_state()
    for width in (1280, 768):
        page.set_viewport_size({"width": width, "height": 900})
        wide = page.evaluate(
            "() => { const main = document.querySelector('.main, #main'); "
            "return main.scrollWidth - main.clientWidth }"
        )
        assert wide <= 1, f"{page.url} is {wide} pixels too wide at {width}"
        axe(page)
    page.set_viewport_size({"width": 1280, "height": 900})


@pytest.mark.parametrize("viewport", ["desktop"], indirect=True)
def test_a_day_from_draft_to_release_and_back(
    at_the_desk: Page, open_page: Open, axe: Check, sound: Check
) -> None:
    page = at_the_desk

    # Given an edit that is saved
    benign = Condition.objects.get(slug="benign")
    open_page(f"/admin/conditions/condition/{benign.pk}/change/")
    page.get_by_label("Summary", exact=False).first.fill(SUMMARY)
    page.get_by_role("button", name="Save", exact=True).first.click()
    expect(page.get_by_text("was changed successfully")).to_be_visible()

    # Then the preview shows it, and visitors read what they read before
    open_page("/preview/conditions/benign/")
    expect(page.get_by_text(SUMMARY)).to_be_visible()
    expect(page.get_by_text("Preview of the drafts.")).to_be_visible()
    sound(page)
    page.get_by_role("link", name="The same page as visitors see it").click()
    expect(page).to_have_url(re.compile(r"//[^/]+/conditions/benign/$"))
    expect(page.get_by_text(SUMMARY)).to_have_count(0)

    # And the questionnaire runs inside the preview to its result
    open_page("/preview/check/")
    page.get_by_role("button", name="Me", exact=False).or_(
        page.get_by_role("button", name="Start", exact=False)
    ).first.click()
    for _ in range(5):
        if page.get_by_role("heading", name="Check your answers").count():
            break
        page.get_by_label("Not sure", exact=True).last.check()
        page.get_by_role("button", name="Continue").click()
    assert "/preview/check/" in page.url
    names = {cookie["name"]: cookie["path"] for cookie in page.context.cookies()}
    assert names["answers-preview"] == "/preview/check/"
    assert "answers" not in names

    # When a warning sign is weakened by mistake
    throat = WarningSign.objects.get(slug="throat")
    open_page(f"/admin/conditions/warningsign/{throat.pk}/change/")
    page.get_by_label("Urgency", exact=False).first.select_option("soon")
    page.get_by_role("button", name="Save", exact=True).first.click()

    # Then the gate is shut, and says which story and why
    open_page(f"{RELEASES}publish/")
    expect(page.get_by_role("heading", name="The drafts cannot be published yet")).to_be_visible()
    story = page.get_by_role("article").filter(has_text="choking-at-table")
    expect(story.get_by_text("an emergency, missed")).to_be_visible()
    expect(story.get_by_text("not urgent enough")).to_be_visible()
    expect(page.get_by_role("button", name="Publish")).to_have_count(0)
    stands(page, axe)

    # When it is mended
    open_page(f"/admin/conditions/warningsign/{throat.pk}/change/")
    page.get_by_label("Urgency", exact=False).first.select_option("emergency")
    page.get_by_role("button", name="Save", exact=True).first.click()
    open_page(f"{RELEASES}publish/")
    expect(page.get_by_role("heading", name="The drafts can be published")).to_be_visible()
    expect(page.locator(".difference ins").first).to_be_visible()
    stands(page, axe)

    # And published
    page.get_by_label("What changed").fill("A plainer summary")
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("Release 2 is published.")).to_be_visible()
    stands(page, axe)
    assert editions.refresh()
    open_page("/conditions/benign/?fresh")
    expect(page.get_by_text(SUMMARY)).to_be_visible()

    # Then there is a way back, in one step
    first = Release.objects.get(number=1)
    open_page(f"{RELEASES}{first.pk}/change/")
    stands(page, axe)
    page.get_by_role("link", name="Go back to it").click()
    expect(page.get_by_role("heading", name="Nothing speaks against it")).to_be_visible()
    stands(page, axe)
    page.get_by_role("button", name="Go back to release 1").click()
    expect(page.get_by_text("Release 3 is published")).to_be_visible()
    assert editions.refresh()
    open_page("/conditions/benign/?again")
    expect(page.get_by_text(SUMMARY)).to_have_count(0)

    # And one more for the drafts
    open_page(f"{RELEASES}compare/?old=3&new=drafts")
    expect(page.locator(".difference ins").first).to_be_visible()
    stands(page, axe)
    open_page(f"{RELEASES}{first.pk}/restore-drafts/")
    stands(page, axe)
    page.get_by_role("button", name="Replace the drafts").click()
    expect(page.get_by_role("heading", name="Nothing to publish")).to_be_visible()


@pytest.mark.parametrize("viewport", ["desktop"], indirect=True)
def test_a_table_comes_in_and_a_story_is_run(
    at_the_desk: Page, open_page: Open, axe: Check
) -> None:
    page = at_the_desk

    # Given a table with a mistake, then without
    open_page(f"{RELEASES}transfer/")
    stands(page, axe)
    for band, button in (("oftn", False), ("frequent", True)):
        text = f"condition,finding,band\nbenign,flicker,{band}\n"
        page.get_by_label("A fixture file").set_input_files(
            FilePayload(name="bands.csv", mimeType="text/csv", buffer=text.encode())
        )
        page.get_by_role("button", name="Show what it would change").click()
        page.wait_for_load_state()
        taking = page.get_by_role("button", name="Take it over into the drafts")
        expect(taking).to_have_count(int(button))
        stands(page, axe)
        assert Association.objects.filter(band="frequent").count() == 0

    # When it is taken over
    taking.click()
    expect(page.get_by_text("The drafts changed: 0 created, 1 updated")).to_be_visible()
    assert Association.objects.filter(band="frequent").count() == 1

    # Then a story is edited by choosing, and run
    open_page("/admin/checker/scenario/")
    page.get_by_role("link", name="choking-at-table").click()
    expect(page.get_by_text("Choose all findings").first).to_be_visible()
    page.get_by_label("Same day", exact=False).check()
    page.get_by_role("button", name="Save and run now").click()
    expect(page.get_by_role("heading", name="Run choking-at-table")).to_be_visible()
    expect(page.get_by_text("Warning sign: Choking").first).to_be_visible()
    stands(page, axe)

    # And the release page asks for a reason, because the story asks less
    open_page(f"{RELEASES}publish/")
    expect(page.get_by_role("heading", name="The drafts need a written reason")).to_be_visible()
    page.get_by_label("Why this is right").fill("A senior reviewer agreed.")
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("Release 2 is published.")).to_be_visible()
