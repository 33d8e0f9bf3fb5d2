"""Leaving a reply under the article."""

from __future__ import annotations

import datetime

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from conditions import replies
from conditions.editions import Edition
from conditions.models import Reply, ReplyState
from conditions.replies import RateLimit
from tests.pages import page_of

from .public import keep_to_the_rules

PATH = "/understanding-muscle-twitches/reply/"
SENT = f"{PATH}?sent"
GOOD = {"name": "Anna", "email": "anna@example.org", "text": "Thank you.", "website": ""}
LIMIT = 3


@pytest.fixture(autouse=True)
def fresh_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has sent anything this hour."""
    monkeypatch.setattr(replies, "limit", RateLimit(LIMIT))


def test_the_form_marks_what_is_required_and_opens_without_a_database(
    client: Client, edition: Edition
) -> None:
    response = client.get(PATH)
    page = page_of(response)
    assert {f["name"] for f in page.all("input")} >= {"name", "email", "website"}
    assert page.all("textarea", name="text")
    assert page.html.count('class="required"') == 2  # name and text; an e-mail address is optional
    assert "no-store" in response["Cache-Control"]
    keep_to_the_rules(page, PATH)


@pytest.mark.django_db
def test_a_reply_is_held_for_an_editor(client: Client, edition: Edition) -> None:
    response = client.post(PATH, GOOD)
    assert (response.status_code, response["Location"]) == (302, SENT)
    reply = Reply.objects.get()
    assert reply.state == ReplyState.HELD
    assert (reply.name, reply.email, reply.text) == ("Anna", "anna@example.org", "Thank you.")
    assert reply.article == "understanding-muscle-twitches"
    replies.refresh()
    assert replies.approved() == ()
    keep_to_the_rules(page_of(client.get(SENT)), SENT)


@pytest.mark.django_db
def test_nobody_approves_their_own_reply(client: Client, edition: Edition) -> None:
    client.post(PATH, {**GOOD, "state": "approved", "article": "other"})
    assert Reply.objects.get().state == ReplyState.HELD
    assert Reply.objects.get().article == "understanding-muscle-twitches"


@pytest.mark.django_db
def test_a_machine_that_fills_in_the_trap_is_thanked_and_forgotten(
    client: Client, edition: Edition
) -> None:
    response = client.post(PATH, {**GOOD, "website": "https://spam.example"})
    assert response["Location"] == SENT
    assert not Reply.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "   "}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"email": "nowhere"}, "email"),
        ({"text": ""}, "text"),
        ({"text": "x" * 4001}, "text"),
    ],
)
def test_a_reply_that_cannot_be_taken_keeps_what_was_written(
    client: Client, edition: Edition, change: dict[str, str], field: str
) -> None:
    sent = {**GOOD, "text": "My own words.", **change}
    response = client.post(PATH, sent)
    page = page_of(response)
    assert response.status_code == 200
    assert f"#id_{field}" in page.links
    assert page.broken_anchors == []
    if field != "text":
        assert "My own words." in page.text
    if field != "name":
        assert page.all("input", name="name")[0]["value"] == "Anna"
    assert not Reply.objects.exists()


@pytest.mark.django_db
def test_an_e_mail_address_may_be_left_out(client: Client, edition: Edition) -> None:
    assert client.post(PATH, {**GOOD, "email": ""}).status_code == 302
    assert Reply.objects.get().email == ""


@pytest.mark.django_db
def test_too_many_from_one_address_are_refused_and_others_are_not(
    client: Client, edition: Edition
) -> None:
    for _ in range(LIMIT):
        assert client.post(PATH, GOOD).status_code == 302
    refused = client.post(PATH, GOOD)
    assert refused.status_code == 429
    assert int(refused["Retry-After"]) > 0
    assert Reply.objects.count() == LIMIT
    assert client.post(PATH, GOOD, REMOTE_ADDR="203.0.113.7").status_code == 302


@pytest.mark.django_db
def test_a_mistyped_form_does_not_count(client: Client, edition: Edition) -> None:
    for _ in range(LIMIT + 1):
        assert client.post(PATH, {**GOOD, "name": ""}).status_code == 200
    assert client.post(PATH, GOOD).status_code == 302


def test_the_count_is_forgotten_after_a_while_and_holds_no_address() -> None:
    limit = RateLimit(1, seconds=-1)  # everything is older than that
    assert limit.allows("198.51.100.1")
    assert limit.allows("198.51.100.1")
    strict = RateLimit(1)
    assert [strict.allows("198.51.100.1"), strict.allows("198.51.100.1")] == [True, False]
    assert "198.51.100.1" not in str(strict.__dict__)


def test_while_the_database_is_away_the_text_is_kept_and_nothing_is_promised(
    client: Client, edition: Edition, no_database: None
) -> None:
    response = client.post(PATH, {**GOOD, "text": "My own words."})
    page = page_of(response)
    assert response.status_code == 200
    assert "My own words." in page.text
    assert page.all("input", name="name")[0]["value"] == "Anna"
    assert [a for _, a in page.elements if a.get("role") == "alert"]


@pytest.mark.django_db
def test_an_address_is_deleted_after_the_time_that_the_privacy_page_promises(
    settings: Settings, client: Client, edition: Edition
) -> None:
    for name in ("new", "old"):
        Reply.objects.create(article="a", name=name, email=f"{name}@example.org", text="x")
    age = datetime.timedelta(days=settings.REPLY_EMAIL_DAYS + 1)
    Reply.objects.filter(name="old").update(created_at=timezone.now() - age)
    assert replies.forget_emails() == 1
    left = dict(Reply.objects.values_list("name", "email"))
    assert left == {"new": "new@example.org", "old": ""}
    assert str(settings.REPLY_EMAIL_DAYS) in page_of(client.get("/privacy/")).text


def test_a_form_from_elsewhere_is_refused(edition: Edition) -> None:
    assert Client(enforce_csrf_checks=True).post(PATH, GOOD).status_code == 403
