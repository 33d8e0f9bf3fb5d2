"""What holds on every page of the check: nothing is kept, nothing is told, nothing is asked of the database."""

from __future__ import annotations

import re

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from checker.knowledge import current_knowledge_base
from tests.addresses import addresses
from tests.stored import added, everything_stored
from twitchinfo import cookies

from .visitor import ANSWERS, RESULT, START, Visitor, address, reply

EMERGENCY, SUPPORT = "/check/emergency/", "/check/support/"
STORY = (
    "age-18-39", "sex-male", "flicker", "calf", "several-places", "three-to-twelve-months",
    "health-worry-about-twitching", "worry-or-panic", "stress", "high-caffeine",
)  # fmt: skip


def everything_seen(visitor: Visitor) -> list[str]:
    """Walk through a whole check; return every address that was shown or sent to."""
    seen = [START]
    path = visitor.start()
    while path != ANSWERS:
        seen.append(path)
        path = visitor.send(path, reply(visitor.see(path), STORY))
    return [*seen, ANSWERS, RESULT, SUPPORT]


@pytest.mark.django_db
def test_a_whole_check_runs_no_query(
    visitor: Visitor, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        for path in everything_seen(visitor):
            visitor.see(path)
        visitor.tell("age-18-39", "throat-tightening")
        visitor.see(EMERGENCY)
        visitor.send(EMERGENCY, {})
        visitor.client.post("/check/clear/")


def test_the_check_goes_on_while_the_database_is_away(visitor: Visitor) -> None:
    """Without the mark of a database test, any access to the database is an error."""
    assert len(everything_seen(visitor)) > 8
    assert visitor.see(RESULT).values("data-urgency")


def test_no_page_may_be_stored(visitor: Visitor) -> None:
    for path in everything_seen(visitor):
        for response in (visitor.client.get(path), visitor.client.post(path, {})):
            if response.status_code != 405:
                assert "no-store" in response["Cache-Control"], path
    visitor.tell("age-18-39", "throat-tightening")
    assert "no-store" in visitor.client.get(EMERGENCY)["Cache-Control"]
    visitor.client.post("/check/clear/")
    assert "no-store" in visitor.client.get(RESULT)["Cache-Control"]  # a redirect, too
    assert "no-store" in visitor.client.post("/check/clear/")["Cache-Control"]


def test_no_address_holds_an_answer_or_a_condition(visitor: Visitor) -> None:
    paths = everything_seen(visitor)
    links = [link for p in paths for link in visitor.see(p).links if link.startswith("/check/")]
    kb = current_knowledge_base()
    telling = {*kb.findings, *kb.conditions, *kb.signs} - set(kb.pages)
    for seen in (*paths, *links):
        assert not set(re.split(r"[/?=&#]", seen)) & telling, seen


def test_every_form_is_sent_by_post(visitor: Visitor) -> None:
    for path in everything_seen(visitor):
        for form in visitor.see(path).all("form"):
            assert form["method"].lower() == "post", path


def test_nothing_but_the_answer_cookie_and_the_form_token_is_set(visitor: Visitor) -> None:
    everything_seen(visitor)
    assert set(visitor.client.cookies) == {cookie.name for cookie in cookies.of_visitors()}


@pytest.mark.any_database
@pytest.mark.django_db
def test_no_address_sets_a_cookie_that_the_privacy_page_does_not_list(
    visitor: Visitor, admin_user: User
) -> None:
    """Every address, by every method that a form or a link has, for visitors and for staff."""
    staff = Client()
    staff.force_login(admin_user)
    listed = {cookie.name for cookie in (*cookies.of_visitors(), *cookies.of_staff())}
    for path in addresses():
        for client in (visitor.client, staff):
            if client is staff and "logout" in path:
                continue
            for response in (client.get(path), client.post(path, {})):
                assert set(response.cookies) <= listed, path
    assert set(visitor.client.cookies) <= {cookie.name for cookie in cookies.of_visitors()} | {
        settings.SESSION_COOKIE_NAME  # emptied by a log-out
    }


def test_the_privacy_page_shows_the_list_of_cookies(visitor: Visitor) -> None:
    page = visitor.see("/privacy/")
    for cookie in (*cookies.of_visitors(), *cookies.of_staff()):
        for words in (cookie.name, cookie.holds, cookie.sent_to, cookie.until):
            assert words in page.text
    assert len(page.values("data-cookie")) == len(cookies.of_visitors()) + len(cookies.of_staff())


@pytest.mark.django_db
def test_a_check_adds_nothing_to_any_table(visitor: Visitor) -> None:
    before = everything_stored()
    for path in everything_seen(visitor):
        visitor.see(path)
        visitor.client.post(path, {"nonsense": "high-caffeine"})
    visitor.tell("age-18-39", "throat-tightening")
    visitor.see(EMERGENCY)
    visitor.send(EMERGENCY, {})
    visitor.client.post("/check/clear/")
    assert added(before, everything_stored()) == {}


def test_no_page_of_the_check_tells_another_site_or_page_where_one_came_from(
    visitor: Visitor,
) -> None:
    for path in everything_seen(visitor):
        page = visitor.see(path)
        assert [m["content"] for m in page.all("meta", name="referrer")] == ["strict-origin"], path


def test_emergency_help_stands_on_every_page(visitor: Visitor) -> None:
    for path in everything_seen(visitor):
        assert "/check/help-now/" in visitor.see(path).links, path


def test_every_page_of_the_check_speaks_of_no_diagnosis(visitor: Visitor) -> None:
    for path in everything_seen(visitor):
        assert "/disclaimer/" in visitor.see(path).links, path


@pytest.mark.parametrize("page", ["you", "movement"])
def test_a_head_request_is_answered_like_a_get(visitor: Visitor, page: str) -> None:
    visitor.tell("age-18-39", up_to=address("place"))
    assert visitor.client.head(address(page)).status_code == 200
