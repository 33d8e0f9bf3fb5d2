"""The start of a check."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.pages import page_of

from .visitor import ANSWERS, START, Visitor, address


def test_it_asks_who_it_is_for_and_shows_whom_to_call(visitor: Visitor) -> None:
    page = visitor.see(START)
    assert [choice["value"] for choice in page.choices["who"]] == ["me", "someone"]
    assert "/check/help-now/" in page.links
    assert "/disclaimer/" in page.links
    assert visitor.cookie == ""


def test_starting_leads_to_the_first_page_with_an_empty_check(visitor: Visitor) -> None:
    assert visitor.start() == address("you")
    assert visitor.check is not None
    assert (visitor.check.answers.asked, visitor.check.for_someone) == ((), False)


@pytest.mark.parametrize(("who", "for_someone"), [("me", False), ("someone", True), ("x", False)])
def test_a_check_is_for_oneself_or_for_someone(
    visitor: Visitor, who: str, for_someone: bool
) -> None:
    visitor.start(who)
    assert visitor.check is not None
    assert visitor.check.for_someone is for_someone


def test_a_check_under_way_can_be_resumed(visitor: Visitor) -> None:
    visitor.start()
    assert address("you") not in visitor.see(START).links  # nothing is answered yet
    visitor.tell("age-40-59", up_to=address("movement"))
    assert address("movement") in visitor.see(START).links


def test_a_finished_check_resumes_at_the_answers(visitor: Visitor) -> None:
    visitor.tell("age-18-39", "eyelid-flutter", "eyelid-one")
    assert ANSWERS in visitor.see(START).links


def test_starting_again_clears_the_answers(visitor: Visitor) -> None:
    visitor.tell("age-40-59", up_to=address("movement"))
    visitor.start()
    assert visitor.said == set()


def test_a_cookie_that_is_not_ours_is_as_good_as_none(visitor: Visitor) -> None:
    visitor.cookie = "rubbish"
    page = visitor.see(START)
    assert address("you") not in page.links
    assert visitor.start() == address("you")


def test_a_notice_from_the_address_is_never_shown_as_it_stands(visitor: Visitor) -> None:
    page = visitor.see(f"{START}?notice=<script>alert(1)</script>call-me")
    assert "call-me" not in page.html


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_other_methods_are_refused(visitor: Visitor, method: str) -> None:
    assert getattr(visitor.client, method)(START).status_code == 405


def test_a_form_from_elsewhere_is_refused(visitor: Visitor) -> None:
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(START, {"who": "me"}).status_code == 403
    page = page_of(strict.get(START))
    (token,) = {i["value"] for i in page.all("input", name="csrfmiddlewaretoken")}
    sent = strict.post(START, {"who": "me", "csrfmiddlewaretoken": token})
    assert sent.status_code == 302
