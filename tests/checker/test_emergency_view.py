"""A sign that needs help now."""

from __future__ import annotations

import pytest

from checker.engine.evidence import evidence_of
from checker.engine.urgency import alarms_of
from checker.engine.vocabulary import Urgency
from checker.knowledge import current_knowledge_base
from tests.pages import Page

from .visitor import ANSWERS, RESULT, START, Visitor, address, reply

EMERGENCY = "/check/emergency/"
SIGN = "throat-tightening"


@pytest.fixture
def alarmed(visitor: Visitor) -> Visitor:
    """Somebody who ticked an emergency sign."""
    assert visitor.tell("age-18-39", SIGN) == EMERGENCY
    return visitor


def tel_links(page: Page) -> list[str]:
    return [link for link in page.links if link.startswith("tel:")]


def test_it_says_whom_to_call_and_why(alarmed: Visitor) -> None:
    page = alarmed.see(EMERGENCY)
    assert page.values("data-urgency") == ["emergency"]
    assert {"tel:112", "tel:911"} <= set(tel_links(page))
    kb = current_knowledge_base()
    fired = [r.slug for r in alarms_of(kb, evidence_of([SIGN])) if r.urgency is Urgency.EMERGENCY]
    assert any(kb.signs[slug].statement in page.text for slug in fired if slug in kb.signs)
    assert page.broken_anchors == []


def test_every_emergency_sign_leads_there_at_once(visitor: Visitor) -> None:
    path = visitor.tell("age-18-39", up_to=address("emergency-signs"))
    offered = [c["value"] for c in visitor.see(path).choices["emergency-signs"]]
    for sign in offered:
        if sign not in ("none", "not-sure"):
            assert visitor.send(path, {"emergency-signs": [sign]}) == EMERGENCY, sign


def test_the_way_back_leads_to_the_page_of_the_answer(alarmed: Visitor) -> None:
    page = alarmed.see(EMERGENCY)
    assert address("emergency-signs") in page.links
    # Ticked by mistake: taken back, the check goes on as if nothing had been.
    after = alarmed.send(address("emergency-signs"), {"emergency-signs": ["none"]})
    assert after == address("movement")
    assert alarmed.client.get(EMERGENCY)["Location"] == address("movement")


def test_continue_anyway_goes_on_and_keeps_the_banner(alarmed: Visitor) -> None:
    after = alarmed.send(EMERGENCY, {})
    assert after == address("movement")
    for page in ("movement", "emergency-signs", "you"):
        assert EMERGENCY in alarmed.see(address(page)).links, page
    # The next answers do not lead back there, and the banner stays to the end.
    assert alarmed.send(address("movement"), {"movement": ["flicker"]}) == address("place")
    assert EMERGENCY in alarmed.see(address("place")).links
    assert SIGN in alarmed.said


def test_the_result_of_an_emergency_is_an_emergency(visitor: Visitor) -> None:
    story = ("age-18-39", SIGN, "flicker", "calf")
    path = visitor.tell(*story)
    path = visitor.send(path, {})
    while path != ANSWERS:
        path = visitor.send(path, reply(visitor.see(path), story))
    assert EMERGENCY in visitor.see(ANSWERS).links
    result = visitor.see(RESULT)
    assert result.values("data-urgency")[0] == "emergency"
    assert "tel:112" in tel_links(result)


def test_the_result_is_not_shown_before_one_chose_to_continue(visitor: Visitor) -> None:
    """A sign that is ticked after everything else was answered."""
    assert visitor.tell("age-18-39", "eyelid-flutter", "eyelid-one") == ANSWERS
    page = address("emergency-signs")
    assert visitor.send(page, {"emergency-signs": [SIGN]}) == EMERGENCY
    assert visitor.client.get(RESULT)["Location"] == EMERGENCY
    visitor.send(EMERGENCY, {})
    assert visitor.see(RESULT).values("data-urgency")[0] == "emergency"


def test_without_an_emergency_it_leads_on(visitor: Visitor) -> None:
    visitor.tell("age-18-39", up_to=address("movement"))
    for method in (visitor.client.get, visitor.client.post):
        response = method(EMERGENCY)
        assert (response.status_code, response["Location"]) == (302, address("movement"))
    assert visitor.check is not None
    assert not visitor.check.continued


def test_without_answers_it_leads_to_the_start(visitor: Visitor) -> None:
    assert visitor.client.get(EMERGENCY)["Location"].startswith(START)
