"""Every answer with a way to change it, before the result."""

from __future__ import annotations

import re

from checker.engine.vocabulary import EvidenceState
from checker.history import word_for
from checker.knowledge import current_knowledge_base

from .visitor import ANSWERS, RESULT, START, Visitor, address

STORY = ("age-18-39", "sex-female", "eyelid-flutter", "eyelid-one", "days-under-two-weeks")


def test_every_page_that_was_answered_can_be_changed(visitor: Visitor) -> None:
    assert visitor.tell(*STORY) == ANSWERS
    page = visitor.see(ANSWERS)
    assert visitor.check is not None
    kb = current_knowledge_base()
    pages = {kb.questions[slug].page for slug in visitor.check.answers.asked}
    assert {address(slug) for slug in pages} <= set(page.links)
    assert RESULT in page.links


def test_answers_are_told_in_the_words_of_the_page(visitor: Visitor) -> None:
    visitor.tell(*STORY)
    text = visitor.see(ANSWERS).text
    kb = current_knowledge_base()
    labels = {o.finding.slug: o.label for q in kb.questions.values() for o in q.options}
    assert [slug for slug in STORY if labels[slug] not in text] == []
    assert labels["shaking"] not in text


def test_a_line_stands_with_the_word_it_was_answered_with(visitor: Visitor) -> None:
    visitor.tell(*STORY, "weak-hand-or-grip")
    said = dict(re.findall(r"<li>([^<]*) <b>(Yes|No)</b></li>", visitor.see(ANSWERS).html))
    strength = current_knowledge_base().questions["weakness"]
    answered = {o.finding.slug: o for o in strength.options if o.label in said}
    assert len(answered) > 5
    for slug, option in answered.items():
        is_lost = slug == "weak-hand-or-grip"
        state = EvidenceState.PRESENT if is_lost else EvidenceState.ABSENT
        assert said[option.label] == word_for(option, state), slug
    assert "weak-hand-or-grip" in answered


def test_what_was_denied_as_a_whole_is_told_as_none(visitor: Visitor) -> None:
    visitor.tell(*STORY)
    kb = current_knowledge_base()
    assert kb.questions["emergency-signs"].none_label in visitor.see(ANSWERS).text


def test_a_changed_answer_comes_back_here(visitor: Visitor) -> None:
    visitor.tell(*STORY)
    after = visitor.send(
        address("you"), {"age": "age-40-59", "sex": "sex-female", "pregnancy": "none"}
    )
    assert after == ANSWERS
    assert "age-40-59" in visitor.said
    assert {"eyelid-flutter", "eyelid-one"} <= visitor.said


def test_answers_can_be_cleared_from_here(visitor: Visitor) -> None:
    visitor.tell(*STORY)
    assert "/check/clear/" in [f.get("action") for f in visitor.see(ANSWERS).all("form")]


def test_before_the_opening_is_done_it_leads_to_the_question_to_answer(visitor: Visitor) -> None:
    visitor.start()
    assert visitor.client.get(ANSWERS)["Location"].partition("?")[0] == address("you")
    visitor.tell("age-18-39", up_to=address("place"))
    assert visitor.client.get(ANSWERS)["Location"].partition("?")[0] == address("place")


def test_without_answers_it_leads_to_the_start(visitor: Visitor) -> None:
    assert visitor.client.get(ANSWERS)["Location"].startswith(START)


def test_it_only_shows(visitor: Visitor) -> None:
    visitor.tell(*STORY)
    assert visitor.client.post(ANSWERS).status_code == 405
