"""Publishing from the admin."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from checker.publishing import publish
from conditions import editions
from conditions.models import Condition, Release, WarningSign
from tests.pages import page_of

PUBLISH = "/admin/conditions/release/publish/"
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("small_drafts", "no_edition")]


def staff(client: Client, *permissions: str) -> User:
    user = User.objects.create_user("editor", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client.force_login(user)
    return user


@pytest.fixture
def publisher(client: Client) -> User:
    return staff(client, "add_release", "view_release")


def test_it_shows_what_would_change_and_changes_nothing(client: Client, publisher: User) -> None:
    publish()
    Condition.objects.filter(slug="benign").update(summary="A new summary.")
    page = page_of(client.get(PUBLISH))
    assert (
        "Condition Benign twitching benign Summary Harmless flickers. A new summary." in page.text
    )
    assert page.html.count("<del>") == 2  # the one change, and the line that explains the marks
    assert "note" in [field.get("name") for field in page.all("input")]
    assert Release.objects.count() == 1


def test_publishing_changes_the_public_page_once_it_is_in_force(
    client: Client, publisher: User
) -> None:
    assert client.get("/conditions/benign/").status_code == 503
    client.post(PUBLISH, {"note": "The first."})
    editions.refresh()
    assert "Harmless flickers." in page_of(client.get("/conditions/benign/")).text

    Condition.objects.filter(slug="benign").update(summary="A new summary.")
    editions.refresh()
    assert "A new summary." not in page_of(client.get("/conditions/benign/")).text
    client.post(PUBLISH, {"note": "The second."})
    editions.refresh()
    assert "A new summary." in page_of(client.get("/conditions/benign/")).text
    newest = Release.objects.latest()
    assert (newest.number, newest.note, newest.published_by) == (2, "The second.", publisher)


def test_unchanged_drafts_make_no_release(client: Client, publisher: User) -> None:
    publish()
    page = page_of(client.get(PUBLISH))
    assert "note" not in [field.get("name") for field in page.all("input")]
    assert client.post(PUBLISH).status_code == 302
    assert Release.objects.count() == 1


def test_drafts_that_do_not_hold_together_are_told_and_not_published(
    client: Client, publisher: User
) -> None:
    Condition.objects.filter(slug="benign").update(why="It fires. [@nhz]")
    page = page_of(client.get(PUBLISH))
    assert "'nhs'" in page.text
    assert "note" not in [field.get("name") for field in page.all("input")]
    after = client.post(PUBLISH, follow=True)
    assert "'nhs'" in page_of(after).text
    assert not Release.objects.exists()


def test_a_missed_emergency_is_told_and_not_published(client: Client, publisher: User) -> None:
    WarningSign.objects.filter(slug="throat").update(urgency="soon")
    page = page_of(client.get(PUBLISH))
    assert "choking-at-table" in page.text
    assert "note" not in [field.get("name") for field in page.all("input")]
    client.post(PUBLISH)
    assert not Release.objects.exists()


def test_a_long_note_is_cut(client: Client, publisher: User) -> None:
    client.post(PUBLISH, {"note": "x" * 1000})
    assert len(Release.objects.get().note) == 300


@pytest.mark.parametrize("method", ["get", "post"])
def test_only_publishers_may(client: Client, method: str) -> None:
    staff(client, "view_release", "change_condition")
    assert getattr(client, method)(PUBLISH).status_code == 403
    assert not Release.objects.exists()


@pytest.mark.parametrize("method", ["get", "post"])
def test_strangers_are_sent_to_the_log_in(client: Client, method: str) -> None:
    response = getattr(client, method)(PUBLISH)
    assert response.status_code == 302
    assert "/admin/login/" in response["Location"]
    assert not Release.objects.exists()


def test_releases_can_be_looked_at_and_never_edited(admin_client: Client) -> None:
    release = publish()
    assert release is not None
    page = page_of(admin_client.get(f"/admin/conditions/release/{release.pk}/change/"))
    assert release.checksum in page.text
    assert not [f for f in page.all("input") if f.get("name") in ("note", "number", "_save")]
    assert admin_client.get("/admin/conditions/release/add/").status_code == 403
    path = f"/admin/conditions/release/{release.pk}/"
    assert admin_client.post(f"{path}change/", {"note": "x"}).status_code == 403
    assert admin_client.post(f"{path}delete/", {"post": "yes"}).status_code == 403
    assert Release.objects.get() == release
