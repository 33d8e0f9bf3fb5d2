"""The first page of the desk: what is edited, what is wrong, what is due, what waits, what readers see."""

from __future__ import annotations

import datetime

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from checker import desk, publishing
from checker.models import Scenario
from conditions import history
from conditions.models import Condition, Finding, Release, Reply, Rule, Source, WarningSign
from tests.conditions.public import inline_code
from tests.pages import page_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def release(small_drafts: None, no_edition: None) -> Release:
    made = publishing.publish(note="The first one.")
    assert made is not None
    return made


@pytest.fixture(autouse=True)
def _nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk, "_known", None)


@pytest.fixture
def ann(client: Client) -> User:
    user = User.objects.create_superuser("ann")
    client.force_login(user)
    return user


def edits(user: User) -> list[tuple[str, str, str, list[str]]]:
    return [(e.what, e.name, e.verb, e.by) for e in desk.overview(user).edits]


def test_it_names_the_release(client: Client, ann: User) -> None:
    page = page_of(client.get("/admin/"))
    assert "Release 1" in page.text
    assert "The first one." in page.text
    assert "Nothing was edited since the release." in page.text
    assert inline_code(page) == []


def test_before_the_first_release_everything_is_new_and_nothing_is_told(
    client: Client, ann: User
) -> None:
    Release.objects.all()._raw_delete("default")  # releases cannot be deleted otherwise
    assert desk.overview(ann).edits == ()
    assert "Nothing was published yet." in page_of(client.get("/admin/")).text


def test_it_tells_what_was_edited_and_by_whom(client: Client, ann: User) -> None:
    benign = Condition.objects.get(slug="benign")
    with history.batch("A command."):
        line = benign.associations.all()[0]
        line.note = "x"
        line.save()
    (edit,) = edits(ann)
    assert edit[:3] == ("Condition", benign.name, "changed")
    page = page_of(client.get("/admin/"))
    assert reverse("admin:conditions_condition_change", args=[benign.pk]) in page.links


def test_a_save_at_the_desk_is_told_with_the_name(client: Client, ann: User) -> None:
    finding = Finding.objects.get(slug="flicker")
    data = {"label": "a quick flicker", "kind": "felt", "background": "frequent"}
    client.post(reverse("admin:conditions_finding_change", args=[finding.pk]), data)
    assert edits(ann) == [("Finding", "a quick flicker", "changed", ["ann"])]


def test_a_clause_is_told_as_its_sign(ann: User) -> None:
    rule = Rule.objects.all()[0]
    rule.clauses.all()[0].save()
    sign = WarningSign.objects.get(pk=rule.sign_id)
    assert [edit[1] for edit in edits(ann)] == [str(sign)]


def test_new_and_deleted_rows_are_told_as_such(client: Client, ann: User) -> None:
    Source.objects.create(slug="new", title="A new one")
    old = Source.objects.create(slug="gone", title="Came and went")
    old.delete()
    scenario = Scenario.objects.all()[0]
    name = str(scenario)
    scenario.delete()
    found = {(name, verb) for _, name, verb, _ in edits(ann)}
    assert found == {("A new one", "new"), (name, "deleted")}
    assert client.get("/admin/").status_code == 200


def test_what_is_due_is_told_the_oldest_first(client: Client, ann: User) -> None:
    today = timezone.localdate()
    benign, *others = Condition.objects.all()
    Condition.objects.filter(pk=benign.pk).update(next_review=today - datetime.timedelta(days=3))
    Condition.objects.filter(pk__in=[o.pk for o in others]).update(
        next_review=today + datetime.timedelta(days=90)
    )
    (due,) = desk.overview(ann).due
    assert (due.name, due.is_over) == (benign.name, True)
    assert "due since" in page_of(client.get("/admin/")).text


def test_replies_that_wait_are_counted(client: Client, ann: User) -> None:
    assert "No reply waits." in page_of(client.get("/admin/")).text
    Reply.objects.create(article="a", name="Ann", text="Hello.")
    Reply.objects.create(article="a", name="Bob", text="Hello.", state="spam")
    waiting = desk.overview(ann).waiting
    assert waiting is not None
    assert waiting.number == 1
    assert "1 reply waits" in page_of(client.get("/admin/")).text


def test_it_takes_no_more_queries_for_more_edits(client: Client, ann: User) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get("/admin/").status_code == 200
        return len(captured)

    queries()
    Finding.objects.all()[0].save()
    before = queries()
    for finding in Finding.objects.all():
        finding.save()
    assert queries() == before <= 45


def test_the_state_of_the_drafts_names_problems_and_stories(client: Client, ann: User) -> None:
    WarningSign.objects.filter(slug="throat").update(urgency="soon")
    Condition.objects.filter(slug="benign").update(why="It fires, as nobody says.")
    page = page_of(client.get(reverse("desk_state")))
    assert "choking-at-table" in page.text
    assert "not urgent enough" in page.text
    assert "has no source" in page.text or "benign" in page.text
    assert inline_code(page) == []


def test_drafts_that_do_not_hold_together_are_told(client: Client, ann: User) -> None:
    Condition.objects.filter(slug="benign").update(why="It fires. [@nhz]")
    page = page_of(client.get(reverse("desk_state")))
    assert "'nhs'" in page.text


def test_the_state_is_worked_out_once(
    client: Client, ann: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.get(reverse("desk_state"))

    def never(*args: object, **kwargs: object) -> None:
        raise AssertionError("worked out again")

    monkeypatch.setattr(publishing, "plan_of", never)
    assert client.get(reverse("desk_state")).status_code == 200


def test_the_first_page_works_nothing_out_and_shows_what_is_known(
    client: Client, ann: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Run the checks" in page_of(client.get("/admin/")).text
    assert desk.known_state() is None
    client.get(reverse("desk_state"))
    page = page_of(client.get("/admin/"))
    assert "Content checks:" in page.text
    assert "Run the checks" not in page.text
    Finding.objects.all()[0].save()
    page = page_of(client.get("/admin/"))
    assert "Before the last change" in page.text
    assert "Run the checks" in page.text


def test_who_comes_while_it_is_worked_out_does_not_wait(client: Client, ann: User) -> None:
    with desk._at_work:
        response = client.get(reverse("desk_state"))
    assert response.status_code == 202
    assert "being run right now" in page_of(response).text


def test_strangers_see_nothing_of_it(client: Client) -> None:
    assert client.get(reverse("desk_state")).status_code == 302
