"""The questions of a page: drawn once for those who have not answered, and never kept for those who have."""

from __future__ import annotations

import pytest

from checker.templatetags import questions

from .visitor import ANSWERS, Visitor, address, reply

STORY = ("age-18-39", "sex-male", "flicker", "calf", "several-places", "can-grip")


@pytest.fixture(autouse=True)
def _nothing_drawn() -> None:
    questions._draw_once.cache_clear()


def test_unanswered_questions_are_drawn_once_for_everybody(visitor: Visitor) -> None:
    path = visitor.start()
    first = visitor.see(path).choices
    drawn = questions._draw_once.cache_info().misses
    assert drawn
    assert visitor.see(path).choices == first
    assert questions._draw_once.cache_info().misses == drawn


def test_nothing_of_an_answer_is_kept(visitor: Visitor) -> None:
    path, answered = visitor.start(), []
    while path != ANSWERS:
        answered.append(path)
        path = visitor.send(path, reply(visitor.see(path), STORY))
    kept = questions._draw_once.cache_info().currsize
    for path in answered:
        assert visitor.see(path).checked, path
    assert questions._draw_once.cache_info().currsize == kept


def test_a_form_with_a_mistake_is_marked_and_not_kept(visitor: Visitor) -> None:
    visitor.tell("age-18-39", up_to=address("movement"))
    clean = visitor.see(address("movement"))
    kept = questions._draw_once.cache_info().currsize
    response = visitor.client.post(address("movement"), {})
    assert b'aria-invalid="true"' in response.content
    assert questions._draw_once.cache_info().currsize == kept
    assert visitor.see(address("movement")).choices == clean.choices
