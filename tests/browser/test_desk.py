"""An editor's day at the desk: editing with the reading grade, a conflict, the way back, a review, the first page."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import Group, User
from django.test import Client
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from checker.loading import load_folder
from checker.publishing import publish
from conditions import content, editions
from conditions.models import Condition, Finding, Source
from conditions.readability import grade, syllables
from staff import roles
from tests import content_folder

from .proof import violations

pytestmark = pytest.mark.parametrize("viewport", ["desktop"], indirect=True)


@pytest.fixture
def desk(no_edition: None, transactional_db: None, tmp_path: Path) -> None:
    """A small content as drafts and as the first release."""
    load_folder(content_folder.write(tmp_path))
    publish()
    editions.refresh()


@pytest.fixture
def enter(desk: None, context: BrowserContext, live_server: LiveServer) -> Callable[..., Page]:
    """Let somebody in, who is in these groups (an owner without any), and return their window."""

    def window(name: str, *groups: str) -> Page:
        user, _ = User.objects.get_or_create(
            username=name, defaults={"is_staff": True, "is_superuser": not groups}
        )
        user.groups.set(Group.objects.filter(name__in=groups))
        client = Client()
        client.force_login(user)
        cookie = client.cookies[settings.SESSION_COOKIE_NAME]
        context.clear_cookies()
        context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])
        return context.new_page()

    return window


def change(row: Condition | Finding | Source, page: str = "change") -> str:
    model = row._meta.model_name
    return f"/admin/conditions/{model}/{row.pk}/{page}/"


def save(page: Page) -> None:
    page.get_by_role("button", name="Save", exact=True).first.click()


def test_the_second_to_save_decides(enter: Callable[..., Page], page_errors: list[str]) -> None:
    benign = Condition.objects.get(slug="benign")
    page = enter("ann", roles.EDITORS)

    # Given Ann has the page open, and Bob saves it meanwhile
    page.goto(change(benign))
    row = Condition.objects.get(pk=benign.pk)
    row._history_user = User.objects.create_user("bob")
    row.summary, row.why = "As Bob writes it.", "Bob knows why. [@nhs]"
    row.save()

    # When she saves
    page.get_by_label("Summary:").fill("As Ann writes it.")
    page.get_by_label("What helps:").fill("Ann knows what helps. [@nhs]")
    save(page)

    # Then she sees both, all she typed stands there, and Bob's other text is taken over
    expect(
        page.get_by_role("heading", name="bob saved this while you were editing")
    ).to_be_visible()
    page_errors[:] = [error for error in page_errors if "409" not in error]
    assert not violations(page, ".conflict")
    expect(page.get_by_label("Summary:")).to_have_value("As Ann writes it.")
    expect(page.get_by_label("What helps:")).to_have_value("Ann knows what helps. [@nhs]")
    expect(page.get_by_label("Why it happens:")).to_have_value("Bob knows why. [@nhs]")
    benign.refresh_from_db()
    assert benign.summary == "As Bob writes it."

    # When she takes his summary and saves again
    page.get_by_role("button", name="Take theirs: Summary").click()
    expect(page.get_by_label("Summary:")).to_have_value("As Bob writes it.")
    save(page)

    # Then both have their way
    expect(page.get_by_text("was changed successfully")).to_be_visible()
    benign.refresh_from_db()
    assert benign.summary == "As Bob writes it."
    assert benign.what_helps == "Ann knows what helps. [@nhs]"


def test_links_are_taken_over_from_the_other(
    enter: Callable[..., Page], page_errors: list[str]
) -> None:
    benign = Condition.objects.get(slug="benign")
    page = enter("ann", roles.EDITORS)
    page.goto(change(benign))
    other = Source.objects.create(slug="third", title="A third source")
    row = Condition.objects.get(pk=benign.pk)
    row.sources.set([other])
    row.save()

    field = page.locator(".field-sources")
    field.get_by_role("searchbox").click()
    field.get_by_role("searchbox").press("Backspace")
    page.keyboard.press("Escape")
    save(page)
    expect(page.get_by_role("heading", name="Changed by both of you")).to_be_visible()
    page_errors[:] = [error for error in page_errors if "409" not in error]
    page.get_by_role("button", name="Take theirs: Sources").click()
    expect(field.get_by_role("listitem").filter(has_text="A third source")).to_be_visible()
    save(page)
    expect(page.get_by_text("was changed successfully")).to_be_visible()
    assert list(benign.sources.all()) == [other]


def test_an_old_version_and_a_deleted_row_come_back(
    enter: Callable[..., Page], axe: Callable[[Page], None]
) -> None:
    benign = Condition.objects.get(slug="benign")
    before = benign.summary
    page = enter("ann", roles.EDITORS)
    page.on("dialog", lambda dialog: dialog.accept())

    # Given a mistake that was saved
    page.goto(change(benign))
    page.get_by_label("Summary:").fill("A mistake.")
    save(page)
    expect(page.get_by_text("was changed successfully")).to_be_visible()

    # When the history is opened and the version before it restored
    page.goto(change(benign))
    page.get_by_role("link", name="History").click()
    expect(page.get_by_text("A mistake.")).to_be_visible()
    axe(page)
    page.get_by_role("button", name="Restore this version").click()

    # Then the entry is what it was
    expect(page.get_by_text("is back as it stood")).to_be_visible()
    expect(page.get_by_label("Summary:")).to_have_value(before)

    # When a row is deleted, it can be brought back
    source = Source.objects.create(slug="unused", title="An unused source")
    page.goto(change(source, "delete"))
    page.get_by_role("button", name="Yes").click()
    assert not Source.objects.filter(slug="unused").exists()
    page.get_by_role("link", name="Deleted").click()
    axe(page)
    page.get_by_role("button", name="Restore An unused source").click()
    expect(page.get_by_text("is back as it stood")).to_be_visible()
    assert Source.objects.get(slug="unused").pk == source.pk


def test_a_reviewer_marks_an_entry(enter: Callable[..., Page], axe: Callable[[Page], None]) -> None:
    benign = Condition.objects.get(slug="benign")
    page = enter("rita", roles.REVIEWERS)
    page.goto(change(benign))
    expect(page.get_by_role("button", name="Save", exact=True)).to_have_count(0)
    page.get_by_role("link", name="Mark as reviewed").click()
    axe(page)
    page.get_by_label("Read by").fill("neurologist")
    page.get_by_label("To be read again by").fill("2028-01-02")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("is marked as reviewed")).to_be_visible()
    benign.refresh_from_db()
    assert (benign.reviewed_by, str(benign.next_review)) == ("neurologist", "2028-01-02")
    assert benign.reviewed_on is not None


def test_the_first_page_tells_what_was_edited_and_what_is_wrong(
    enter: Callable[..., Page], axe: Callable[[Page], None]
) -> None:
    finding = Finding.objects.get(slug="flicker")
    page = enter("ann", roles.EDITORS)
    page.goto(change(finding))
    page.get_by_label("Label:").fill("a quick flicker")
    save(page)
    page.goto("/admin/")
    edited = page.get_by_role("region", name="Edited and not published").get_by_role("row")
    expect(edited.filter(has_text="a quick flicker")).to_contain_text("ann")
    state = page.get_by_role("region", name="What is wrong with the drafts")
    state.get_by_role("link", name="Run the checks").click()
    expect(state.get_by_role("heading", name="Stories")).to_be_visible()
    axe(page)


# --- the reading grade ------------------------------------------------------------------------------


@pytest.fixture
def graded(enter: Callable[..., Page]) -> Page:
    page = enter("ann", roles.EDITORS)
    page.goto(change(Condition.objects.get(slug="benign")))
    return page


def test_the_grade_of_the_script_is_the_grade_of_the_checks(
    graded: Page, shipped_rows: list[content.Row]
) -> None:
    """On every text of the shipped content, and on words made to be hard."""
    texts = {
        value
        for row in shipped_rows
        for value in row["fields"].values()
        if isinstance(value, str) and value
    }
    words = {word for text in texts for word in text.split()}
    texts |= {
        "",
        "One.",
        "- a\n- b\n\n1. c",
        "Naïve café, ünïted. [@x]",
        "CO2 is 3.5 mm. It's so!",
        "\n\n",
    }
    told = graded.evaluate("(texts) => texts.map((text) => readingGrade(text))", sorted(texts))
    wrong = {
        text: (said, grade(text))
        for text, said in zip(sorted(texts), told, strict=True)
        if abs(said - grade(text)) > 1e-9
    }
    assert not wrong, json.dumps(wrong, indent=1)[:2000]
    told = graded.evaluate("(words) => words.map((word) => readingGrade(word))", sorted(words))
    assert len(told) == len(words) > 5000
    assert [abs(a - grade(b)) < 1e-9 for a, b in zip(told, sorted(words), strict=True)].count(
        False
    ) == 0
    assert syllables("muscle") == 2


def test_the_grade_follows_the_typing(graded: Page) -> None:
    field = graded.get_by_label("What it feels like:")
    line = graded.locator("#id_feels_like_grade")
    expect(line).to_contain_text("Reading grade")
    text = (
        "Involuntary fasciculations characteristically demonstrate unpredictable physiological "
        "discontinuities necessitating neurophysiological investigation."
    )
    field.fill(text)
    expect(line).to_contain_text(f"{grade(text):.1f} (at most 8)")
    expect(line).to_have_class("grade too-hard")
    field.fill("It twitches. It stops.")
    expect(line).to_have_class("grade")
