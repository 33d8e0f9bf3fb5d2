"""Clearing the answers from the browser."""

from __future__ import annotations

from django.conf import settings

from .visitor import ANSWERS, START, Visitor, address

CLEAR = "/check/clear/"


def test_the_cookie_goes_and_so_do_the_answers(visitor: Visitor) -> None:
    visitor.tell("age-18-39", "flicker", up_to=address("place"))
    response = visitor.client.post(CLEAR)
    cookie = response.cookies[settings.ANSWER_COOKIE]
    assert (cookie.value, cookie["max-age"], cookie["path"]) == ("", 0, "/check/")
    assert response["Location"].partition("?")[0] == START
    assert visitor.check is None
    assert visitor.client.get(ANSWERS)["Location"].startswith(START)
    assert address("place") not in visitor.see(START).links


def test_a_link_or_a_picture_elsewhere_cannot_clear_them(visitor: Visitor) -> None:
    visitor.tell("age-18-39", up_to=address("movement"))
    assert visitor.client.get(CLEAR).status_code == 405
    assert visitor.said == {"age-18-39"}


def test_there_may_be_nothing_to_clear(visitor: Visitor) -> None:
    assert visitor.client.post(CLEAR).status_code == 302
