"""Someone to talk to."""

from __future__ import annotations

from conditions.editions import Edition

from .visitor import START, Visitor, address, reply

SUPPORT = "/check/support/"
STORY = (
    "age-18-39",
    "flicker",
    "calf",
    "health-worry-about-twitching",
    "worry-or-panic",
    "low-mood",
)


def to_the_question(visitor: Visitor) -> str:
    path = visitor.tell(*STORY, up_to=address("feeling-safe"))
    assert path == address("feeling-safe"), "such a story is asked whether the person feels safe"
    return path


def test_thoughts_of_self_harm_lead_there_with_crisis_lines(
    visitor: Visitor, edition: Edition
) -> None:
    path = to_the_question(visitor)
    assert visitor.send(path, {"feeling-safe": "thoughts-of-self-harm"}) == SUPPORT
    page = visitor.see(SUPPORT)
    lines = [line.tel for line in edition.library.helplines_of("crisis")]
    assert lines
    assert [line for line in lines if line not in page.links] == []
    assert "/check/help-now/" in page.links


def test_the_check_goes_on_from_there(visitor: Visitor) -> None:
    path = to_the_question(visitor)
    visitor.send(path, {"feeling-safe": "thoughts-of-self-harm"})
    onward = [link for link in visitor.see(SUPPORT).links if link.startswith("/check/")]
    path = onward[-1]
    assert visitor.client.get(path).status_code == 200
    assert path not in (SUPPORT, address("feeling-safe"))


def test_no_or_not_sure_leads_on(visitor: Visitor) -> None:
    path = to_the_question(visitor)
    for said in ("none", "not-sure"):
        assert visitor.send(path, {"feeling-safe": said}) != SUPPORT


def test_the_answer_leads_there_only_from_its_own_page(visitor: Visitor) -> None:
    path = to_the_question(visitor)
    visitor.send(path, {"feeling-safe": "thoughts-of-self-harm"})
    movement = address("movement")
    assert visitor.send(movement, reply(visitor.see(movement), ("cramp",))) != SUPPORT


def test_without_answers_it_leads_to_the_start(visitor: Visitor) -> None:
    assert visitor.client.get(SUPPORT)["Location"].startswith(START)
