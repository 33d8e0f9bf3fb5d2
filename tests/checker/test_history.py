"""The history for a doctor: in the order in which a doctor takes it, and nothing lost on the way."""

from __future__ import annotations

import pytest

from checker.engine.assessment import assess
from checker.history import History, Part, history_of
from checker.knowledge import current_knowledge_base

from .visitor import ANSWERS, Visitor, address, reply

HAND = (
    "age-60-plus", "sex-male", "flicker", "hand-or-fingers", "weak-hand-or-grip", "lost-a-task", "slurred-speech",
    "worry-or-panic", "tiredness", "statin", "diabetes", "family-tremor", "stress", "over-one-year",
)  # fmt: skip


def history(visitor: Visitor) -> History:
    kb = current_knowledge_base()
    assert visitor.check is not None
    return history_of(kb, visitor.check, assess(kb, visitor.check.answers))


def test_the_parts_come_in_the_order_in_which_a_doctor_asks(visitor: Visitor) -> None:
    visitor.tell(*HAND)
    order = [part.part for part in history(visitor).parts]
    assert order == [part for part in Part if part in order]
    assert order[:6] == [
        Part.WHO, Part.MOVEMENT, Part.PLACE, Part.SINCE, *order[4:6],
    ]  # fmt: skip
    assert {Part.FUNCTION, Part.NOW} <= set(order)
    told = history(visitor)
    assert (*told.before_flags, *told.after_flags) == told.parts


@pytest.mark.parametrize("everything", [False, True])
def test_no_answer_that_counts_is_lost(visitor: Visitor, everything: bool) -> None:
    kb = current_knowledge_base()
    story = tuple(kb.findings) if everything else HAND
    visitor.tell(*story)
    assert visitor.check is not None
    told = history(visitor)
    assessment = assess(kb, visitor.check.answers)
    listed = {
        finding for part in told.parts for answer in part.answers for finding in answer.findings
    }
    assert assessment.evidence.present <= listed


def test_what_is_lost_is_named_with_the_flags_and_what_was_denied(visitor: Visitor) -> None:
    assert visitor.tell(*HAND) == ANSWERS
    told = history(visitor)
    labels = {slug: f.label for slug, f in current_knowledge_base().findings.items()}
    for lost in ("weak-hand-or-grip", "lost-a-task", "slurred-speech"):
        assert labels[lost] in told.flags_present
    for denied in ("muscle-wasting", "trouble-swallowing"):
        assert labels[denied] in told.flags_denied
    assert not set(told.flags_present) & set(told.flags_denied)
    # All emergency signs were denied at once: the part says so, the list does not repeat nineteen of them.
    assert labels["seizure-now-or-repeated"] not in told.flags_denied
    (now,) = [part for part in told.parts if part.part is Part.NOW]
    assert [answer.is_none for answer in now.answers] == [True]


def test_not_sure_is_no_denial(visitor: Visitor) -> None:
    path = visitor.tell("age-18-39", "flicker", up_to=address("throat-and-breath"))
    visitor.send(path, {"throat-and-breath": "not-sure"})
    told = history(visitor)
    label = current_knowledge_base().findings["slurred-speech"].label
    assert label in told.flags_open
    assert label not in told.flags_denied


def test_worry_stands_in_a_part_of_its_own(visitor: Visitor) -> None:
    path = visitor.tell(*HAND, up_to=address("general"))
    while path != address("general"):
        path = visitor.send(path, reply(visitor.see(path), HAND))
    visitor.send(path, {"general": ["worry-or-panic", "tiredness"]})
    parts = {part.part: part for part in history(visitor).parts}
    said = {p: {f for a in part.answers for f in a.findings} for p, part in parts.items()}
    assert "worry-or-panic" in said[Part.WORRY]
    assert "tiredness" in said[Part.OTHER]
    assert "worry-or-panic" not in said[Part.OTHER]
    keys = [answer.key for part in parts.values() for answer in part.answers]
    assert len(keys) == len(set(keys))


def test_a_question_that_no_longer_applies_is_left_out(visitor: Visitor) -> None:
    visitor.tell("age-18-39", "sex-female", "pregnant", up_to=address("movement"))
    asked = {a.question.slug for part in history(visitor).parts for a in part.answers}
    assert "pregnancy" in asked
    visitor.send(address("you"), {"age": "age-18-39", "sex": "sex-male", "pregnancy": "pregnant"})
    asked = {a.question.slug for part in history(visitor).parts for a in part.answers}
    assert "pregnancy" not in asked


def test_every_question_of_the_release_has_a_part(visitor: Visitor) -> None:
    """A question that an editor adds stands somewhere, too: its section says where."""
    visitor.tell(*current_knowledge_base().findings)
    assert visitor.check is not None
    told = history(visitor)
    shown = {answer.question.slug for part in told.parts for answer in part.answers}
    assert shown
    assert shown <= set(visitor.check.answers.asked)
