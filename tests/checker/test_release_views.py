"""Releases at the desk: one is looked at, two are compared, one is downloaded, and there is a way back."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from checker.loading import load_folder
from checker.models import Scenario
from checker.publishing import PublishError, publish, restore_drafts, roll_back
from conditions import content, editions
from conditions.choices import BandChoices
from conditions.models import Condition, Finding, Release, WarningSign
from tests.conditions.public import inline_code
from tests.pages import Page, page_of

pytestmark = pytest.mark.django_db
LIST = "/admin/conditions/release/"
REASON = "The new one names a wrong number."


@pytest.fixture(autouse=True)
def two_releases(small_drafts: None, no_edition: None) -> None:
    """The second says something else of an entry, and has one story more."""
    publish(note="The first.")
    Condition.objects.filter(slug="benign").update(summary="Other words.")
    story("weak", ["flicker", "weak-hand"], ["soon"])
    publish(by=User.objects.create_user("ann"), note="The second.")


def story(slug: str, present: list[str], urgency: list[str]) -> None:
    Scenario.objects.create(
        slug=slug, story="A story.", present=present, expect_urgency=urgency, source="A case."
    )


def release(number: int) -> Release:
    return Release.objects.get(number=number)


def at(number: int, page: str) -> str:
    return f"{LIST}{release(number).pk}/{page}/"


def look(client: Client, path: str, **data: Any) -> Page:
    page = page_of(client.get(path, data))
    assert inline_code(page) == []
    return page


def staff(*permissions: str) -> Client:
    user = User.objects.create_user("editor", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


def tamper(number: int, document: str) -> None:
    """Change a release behind the back of the model."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE conditions_release SET document = %s WHERE number = %s", [document, number]
        )


# --- looking -----------------------------------------------------------------------------------------


def test_the_list_says_who_when_and_why(admin_client: Client) -> None:
    page = look(admin_client, LIST)
    for text in ("The first.", "The second.", "ann", release(2).checksum[:12]):
        assert text in page.text
    assert at(1, "download") in page.links


def test_one_release_tells_how_it_came_about(admin_client: Client) -> None:
    page = look(admin_client, at(2, "change"))
    assert "by ann" in page.text
    assert "emergencies caught 100.0 %" in page.text
    assert "(the document matches it)" in page.text
    assert f"{LIST}compare/?old=1&new=2" in page.links
    assert at(2, "roll-back") not in page.links
    assert at(1, "roll-back") in look(admin_client, at(1, "change")).links


def test_a_release_that_is_not_there(admin_client: Client) -> None:
    for path in (f"{LIST}999/change/", f"{LIST}x/change/", f"{LIST}999/download/"):
        assert admin_client.get(path).status_code == 404, path


# --- comparing ---------------------------------------------------------------------------------------


def test_two_releases_are_compared_field_by_field(admin_client: Client) -> None:
    page = look(admin_client, f"{LIST}compare/", old="1", new="2")
    assert "Condition Benign twitching benign Summary Harmless flickers. Other words." in page.text
    assert "1 changed, 1 added, 0 removed." in page.text
    assert "weak not there Soon" in page.text  # of the reports
    back = look(admin_client, f"{LIST}compare/", old="2", new="1")
    assert "1 changed, 0 added, 1 removed." in back.text


def test_a_release_is_compared_with_the_drafts(admin_client: Client) -> None:
    assert "They say the same." in look(admin_client, f"{LIST}compare/", old="2", new="drafts").text
    finding = Finding.objects.get(slug="flicker")
    finding.background = "occasional"
    finding.save()
    text = look(admin_client, f"{LIST}compare/", old="2", new="drafts").text
    assert f"{BandChoices.FREQUENT.label} {BandChoices.OCCASIONAL.label}" in text


def test_nonsense_is_not_compared(admin_client: Client) -> None:
    assert "Choose two of the list." in look(admin_client, f"{LIST}compare/", old="7", new="x").text
    assert "Choose two" not in look(admin_client, f"{LIST}compare/").text


# --- downloading -------------------------------------------------------------------------------------


def test_a_download_is_the_fixture_files(admin_client: Client, tmp_path: Path) -> None:
    response = admin_client.get(at(1, "download"))
    assert "twitchinfo-release-1.zip" in response["Content-Disposition"]
    folder = tmp_path / "back"
    zipfile.ZipFile(io.BytesIO(response.content)).extractall(folder)
    load_folder(folder, prune=True)
    assert editions.canonical(content.rows_of_database()) == release(1).document


# --- immutable and verifiable ------------------------------------------------------------------------


def test_nothing_changes_or_deletes_a_release() -> None:
    first = release(1)
    for attempt in (
        lambda: Release.objects.update(note="x"),
        lambda: Release.objects.filter(number=1).update(note="x"),
        lambda: Release.objects.all().delete(),
        first.delete,
        first.save,
        lambda: Release.objects.bulk_update([first], ["note"]),
    ):
        with pytest.raises(ValidationError):
            attempt()
    assert [r.note for r in Release.objects.order_by("number")] == ["The first.", "The second."]


def test_a_user_who_goes_leaves_the_releases(admin_client: Client) -> None:
    User.objects.get(username="ann").delete()
    assert release(2).published_by is None


def test_what_was_changed_behind_its_back_is_noticed_everywhere(
    admin_client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("verify_releases")
    assert capsys.readouterr().out.count(":") == 2
    tamper(1, release(1).document.replace("Harmless", "Dangerous"))
    with pytest.raises(SystemExit):
        call_command("verify_releases")
    assert "Release 1: does not match its checksum" in capsys.readouterr().out
    assert "does not match its checksum" in look(admin_client, at(1, "change")).text
    assert admin_client.get(at(1, "download")).status_code == 302
    assert "It cannot be used" in look(admin_client, at(1, "roll-back")).text
    with pytest.raises(PublishError, match="does not match"):
        roll_back(1, reason=REASON)
    with pytest.raises(PublishError, match="does not match"):
        restore_drafts(release(1))
    tamper(2, "{}")
    with pytest.raises(ValueError, match="does not match"):
        editions.refresh()


def test_a_release_that_is_gone_is_noticed(capsys: pytest.CaptureFixture[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM conditions_release WHERE number = 1")
    with pytest.raises(SystemExit):
        call_command("verify_releases")
    assert "Release 1: is not there" in capsys.readouterr().out


# --- going back --------------------------------------------------------------------------------------


def test_going_back_is_one_step_and_leaves_the_drafts(admin_client: Client) -> None:
    Scenario.objects.filter(slug="weak").delete()
    publish(reason=REASON)
    drafts = content.rows_of_database()
    page = look(admin_client, at(1, "roll-back"))
    assert "Nothing speaks against it" in page.text
    assert "Other words. Harmless flickers." in page.text
    sent = admin_client.post(at(1, "roll-back"))
    made = Release.objects.latest()
    assert sent["Location"] == at(made.number, "change")
    assert (made.number, made.document) == (4, release(1).document)
    assert made.note == "Back to release 1."
    assert content.rows_of_database() == drafts
    editions.refresh()
    assert "Harmless flickers." in page_of(admin_client.get("/conditions/benign/")).text


def test_what_speaks_against_it_by_todays_stories_needs_a_written_reason(
    admin_client: Client,
) -> None:
    """Release 2 has a story that release 1 does not know."""
    page = look(admin_client, at(1, "roll-back"))
    assert "The scenario weak is removed." in page.text
    assert "reason" in [a.get("name") for a in page.all("textarea")]
    refused = page_of(admin_client.post(at(1, "roll-back"), {"reason": " "}))
    assert "Write down why" in refused.text
    assert Release.objects.count() == 2
    admin_client.post(at(1, "roll-back"), {"reason": REASON})
    kept = release(3).report["publishing"]
    assert (kept["reason"], kept["back_to"]) == (REASON, 1)
    assert REASON in look(admin_client, at(3, "change")).text


def test_the_reason_opens_what_is_closed_to_drafts() -> None:
    """Release 3 catches an emergency that release 2 missed, and has a story that says so."""
    Finding.objects.filter(slug="weak-hand").update(floor="emergency")
    Scenario.objects.filter(slug="weak").update(expect_urgency=["emergency"])
    publish(reason=REASON)
    with pytest.raises(PublishError) as refused:
        roll_back(2)
    said = " ".join(refused.value.problems)
    assert "By today's scenario weak it would be an emergency that would not be told so." in said
    made = roll_back(2, reason=REASON)
    assert made is not None
    assert made.report["publishing"]["reason"] == REASON


def test_going_back_to_what_is_in_force_makes_nothing(admin_client: Client) -> None:
    assert "Nothing to do" in look(admin_client, at(2, "roll-back")).text
    admin_client.post(at(2, "roll-back"), {"reason": REASON})
    assert roll_back(2) is None
    assert Release.objects.count() == 2


def test_the_drafts_are_restored_in_a_step_of_its_own(admin_client: Client) -> None:
    WarningSign.objects.filter(slug="throat").update(say="Help!")
    page = look(admin_client, at(1, "restore-drafts"))
    assert "Help!" in page.text
    assert "Other words. Harmless flickers." in page.text
    admin_client.post(at(1, "restore-drafts"))
    assert editions.canonical(content.rows_of_database()) == release(1).document
    assert Release.objects.count() == 2
    benign = Condition.objects.get(slug="benign")
    assert benign.history.latest().history_change_reason == "Restored from release 1."
    assert "Nothing to do" in look(admin_client, at(1, "restore-drafts")).text


def test_the_same_on_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(CommandError, match="Write down why"):
        call_command("roll_back", 1)
    with pytest.raises(CommandError, match="There is no release 9"):
        call_command("roll_back", 9)
    with pytest.raises(CommandError, match="There is no user 'nobody'"):
        call_command("roll_back", 1, by="nobody")
    call_command("roll_back", 1, reason=REASON, by="ann", drafts=True)
    assert "Release 3 is published." in capsys.readouterr().out
    assert release(3).published_by == User.objects.get(username="ann")
    assert editions.canonical(content.rows_of_database()) == release(1).document
    call_command("roll_back", 1)
    assert "see the content of release 1 already" in capsys.readouterr().out


# --- who may -----------------------------------------------------------------------------------------


def test_who_may_not_publish_can_only_look() -> None:
    client = staff("view_release", "change_condition")
    for page in ("change", "download"):
        assert client.get(at(1, page)).status_code == 200
    assert client.get(f"{LIST}compare/?old=1&new=2").status_code == 200
    for page in ("roll-back", "restore-drafts"):
        assert client.get(at(1, page)).status_code == 403
        assert client.post(at(1, page), {"reason": REASON}).status_code == 403
        assert at(1, page) not in page_of(client.get(at(1, "change"))).links
    assert Release.objects.count() == 2


def test_who_may_not_even_look_sees_nothing() -> None:
    client = staff("change_condition")
    for path in (LIST, at(1, "change"), at(1, "download"), f"{LIST}compare/", at(1, "roll-back")):
        assert client.get(path).status_code == 403, path
        assert Client().get(path).status_code == 302, path
