"""Import and export at the desk."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from checker import transfer
from conditions import content
from conditions.choices import BandChoices
from conditions.models import Association, Condition
from tests import content_folder
from tests.conditions.public import inline_code
from tests.pages import Page, page_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("small_drafts", "no_edition")]
PAGE = "/admin/conditions/release/transfer/"
TABLE = "condition,finding,band\nbenign,flicker,frequent\n"


def send(client: Client, name: str, data: str | bytes, **more: str) -> Page:
    raw = data.encode() if isinstance(data, str) else data
    file = SimpleUploadedFile(name, raw)
    return page_of(client.post(PAGE, {"step": "look", "file": file, **more}))


def take(client: Client, page: Page) -> Any:
    (seen,) = page.all("input", name="seen")
    return client.post(PAGE, {"step": "take", "seen": seen["value"]}, follow=True)


def band() -> str:
    return Association.objects.get(condition__slug="benign", finding__slug="flicker").band


def test_a_file_is_looked_at_first_and_taken_over_then(admin_client: Client) -> None:
    page = send(admin_client, "bands.csv", TABLE)
    assert inline_code(page) == []
    assert f"{BandChoices.VERY_FREQUENT.label} {BandChoices.FREQUENT.label}" in page.text
    assert band() == "very-frequent"
    text = page_of(take(admin_client, page)).text
    assert "The drafts changed: 0 created, 1 updated, 0 deleted." in text
    assert band() == "frequent"
    record = Association.objects.get(finding__slug="flicker").history.latest()
    assert record.history_user.username == "admin"
    assert "import" not in admin_client.session


def test_what_changed_since_is_looked_at_again(admin_client: Client) -> None:
    page = send(admin_client, "bands.csv", TABLE)
    Condition.objects.filter(slug="wasting").update(summary="Edited meanwhile.")
    again = page_of(take(admin_client, page))
    assert "Look again." in again.text
    assert band() == "very-frequent"
    take(admin_client, again)
    assert band() == "frequent"
    assert Condition.objects.get(slug="wasting").summary == "Edited meanwhile."


def test_mistakes_stand_in_a_table_and_nothing_is_kept(admin_client: Client) -> None:
    page = send(admin_client, "bands.csv", TABLE + "benign,choking,oftn\n")
    assert inline_code(page) == []
    assert "Nothing was taken over" in page.text
    assert "row 3 band 'oftn' is not one of the choices" in page.text
    assert "import" not in admin_client.session
    assert not page.all("input", name="seen")
    admin_client.post(PAGE, {"step": "take", "seen": ""})
    assert band() == "very-frequent"


def test_a_file_can_be_left(admin_client: Client) -> None:
    send(admin_client, "bands.csv", TABLE)
    admin_client.post(PAGE, {"step": "leave"})
    assert "import" not in admin_client.session
    assert band() == "very-frequent"


def test_no_file_and_a_large_one_are_told(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "choose one" in page_of(admin_client.post(PAGE, {"step": "look"})).text
    monkeypatch.setattr(transfer, "LARGEST_FILE", 1024 * 1024)
    page = send(admin_client, "bands.csv", b"x" * (1024 * 1024 + 1))
    assert "is larger than 1 MB" in page.text
    assert "import" not in admin_client.session


def test_a_name_is_shown_as_text(admin_client: Client) -> None:
    page = send(admin_client, "<b>x.exe", "x")
    assert "<b>x.exe – must end in" in page.text


def test_what_is_exported_comes_back_without_a_change(admin_client: Client) -> None:
    for name in ("drafts.zip", "associations.csv"):
        response = admin_client.get(f"{PAGE}{name}")
        assert "attachment" in response["Content-Disposition"]
        page = send(admin_client, name, response.content, prune="on")
        assert "there is nothing to take over" in page.text, name


def test_a_file_may_do_no_more_than_its_sender(client: Client) -> None:
    user = User.objects.create_user("editor", is_staff=True)
    codes = ("change_association", "view_release")
    user.user_permissions.set(Permission.objects.filter(codename__in=codes))
    client.force_login(user)
    assert "seen" in [a.get("name") for a in send(client, "bands.csv", TABLE).all("input")]
    page = send(client, "bands.csv", TABLE + "benign,choking,excluded\n")
    assert "you may not add associations" in page.text
    page = send(client, "bands.csv", TABLE, prune="on")
    assert "you may not delete associations" in page.text
    text = content_folder.FILES["sources.yaml"].replace("Twitching", "Twitches")
    assert "you may not change sources" in send(client, "sources.yaml", text).text


def test_only_who_edits_may_come_here(client: Client) -> None:
    before = content.rows_of_database()
    for path in (PAGE, f"{PAGE}drafts.zip", f"{PAGE}associations.csv"):
        assert client.get(path).status_code == 302
    client.force_login(User.objects.create_user("editor", is_staff=True))
    for path in (PAGE, f"{PAGE}drafts.zip", f"{PAGE}associations.csv"):
        assert client.get(path).status_code == 403
    assert client.post(PAGE, {"step": "look"}).status_code == 403
    assert content.rows_of_database() == before
