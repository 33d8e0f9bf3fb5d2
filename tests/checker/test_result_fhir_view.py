"""The answers as a FHIR R4 QuestionnaireResponse."""

from __future__ import annotations

import json
from typing import Any

import pytest

from checker.engine.vocabulary import QuestionKind
from checker.knowledge import current_knowledge_base
from conditions.editions import Edition

from .fhir_r4 import links, problems
from .visitor import ANSWERS, EYELID, HAND, RESULT, Visitor, address, reply

FHIR = "/check/result/fhir/"


def document_of(visitor: Visitor) -> dict[str, Any]:
    response = visitor.client.get(FHIR)
    assert response.status_code == 200
    document: dict[str, Any] = json.loads(response.content)
    return document


def items(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for item in document.get("item", ()):
        found |= {item["linkId"]: item} | items(item)
    return found


def codes(item: dict[str, Any]) -> list[str]:
    return [answer["valueCoding"]["code"] for answer in item["answer"]]


@pytest.mark.parametrize("who", ["me", "someone"])
@pytest.mark.parametrize("story", [EYELID, HAND, ("age-under-2",), ()])
def test_it_keeps_to_the_standard(visitor: Visitor, story: tuple[str, ...], who: str) -> None:
    assert visitor.tell(*story, who=who) == ANSWERS
    document = document_of(visitor)
    assert problems(document) == []
    assert len(links(document)) == len(set(links(document)))


def test_it_holds_every_answer_in_the_words_of_the_page(visitor: Visitor) -> None:
    assert visitor.tell(*HAND) == ANSWERS
    found = items(document_of(visitor))
    kb = current_knowledge_base()
    check = visitor.check
    assert check is not None
    for question in kb.questions.values():
        if question.slug not in check.answers.asked or question.slug == "pregnancy":
            continue
        assert found[question.slug]["text"] == question.title
        said = {o.finding.slug for o in question.options} & visitor.said
        if question.kind is not QuestionKind.EACH and said:
            assert set(codes(found[question.slug])) == said
    # He is a man: nothing is said of a pregnancy that he was not asked about.
    assert "pregnancy" not in found


def test_a_line_of_can_you_says_yes_no_or_not_known(visitor: Visitor) -> None:
    path = visitor.tell("age-60-plus", "flicker", up_to=address("weakness"))
    sent = reply(visitor.see(path), ("weak-hand-or-grip",)) | {"clumsy-fingers": "not-sure"}
    path = visitor.send(path, sent)
    while path not in (ANSWERS, RESULT):
        path = visitor.send(path, reply(visitor.see(path), ()))
    found = items(document_of(visitor))
    # "Can you grip well?" - no, that is what is lost.
    assert codes(found["weak-hand-or-grip"]) == ["N"]
    assert codes(found["weak-foot-drop-or-tripping"]) == ["Y"]
    assert codes(found["clumsy-fingers"]) == ["asked-unknown"]


def test_none_and_not_sure_are_told_apart(visitor: Visitor) -> None:
    path = visitor.tell("age-18-39", "flicker", up_to=address("throat-and-breath"))
    path = visitor.send(path, {"throat-and-breath": "not-sure"})
    while path not in (ANSWERS, RESULT):
        path = visitor.send(path, reply(visitor.see(path), ()))
    found = items(document_of(visitor))
    assert codes(found["throat-and-breath"]) == ["asked-unknown"]
    assert codes(found["emergency-signs"]) == ["none"]


def test_it_names_the_release_the_result_and_whether_something_was_left_out(
    visitor: Visitor, edition: Edition
) -> None:
    assert visitor.tell(*EYELID) == ANSWERS
    document = document_of(visitor)
    found = items(document)
    assert document["questionnaire"].endswith(f"/check/|{edition.number}")
    assert document["status"] == "completed"
    assert found["result.release"]["answer"] == [{"valueString": str(edition.number)}]
    level = found["result.how-soon"]["answer"][0]["valueString"]
    assert level in visitor.see(RESULT).text
    assert edition.library.entries["benign-eyelid-myokymia"].name in str(found["result.fits"])


def test_whoever_leaves_the_rest_out_has_stopped(visitor: Visitor) -> None:
    path = visitor.start()
    while visitor.client.get(ANSWERS).status_code != 200:
        path = visitor.send(
            path, reply(visitor.see(path), ("age-18-39", "flicker", "calf", "stress"))
        )
    assert path != ANSWERS, "the story ends with the opening: choose another"
    assert document_of(visitor)["status"] == "stopped"


def test_a_carer_is_named_as_the_source(visitor: Visitor) -> None:
    assert visitor.tell(*EYELID, who="someone") == ANSWERS
    document = document_of(visitor)
    assert document["source"]["display"] == "A carer"
    assert items(document)["age"]["text"] == current_knowledge_base().questions["age"].carer_title


def test_the_file_is_kept_by_nobody_and_its_name_tells_nothing(visitor: Visitor) -> None:
    visitor.tell(*EYELID)
    response = visitor.client.get(FHIR)
    assert response["Content-Type"] == "application/fhir+json"
    assert "no-store" in response["Cache-Control"]
    assert response["Content-Disposition"].startswith('attachment; filename="twitch-check-20')


def test_without_a_result_there_is_no_file(visitor: Visitor) -> None:
    assert visitor.client.get(FHIR)["Location"].startswith("/check/?")
    visitor.tell("age-18-39", up_to=address("place"))
    assert visitor.client.get(FHIR)["Location"].startswith(address("place"))
    visitor.tell("age-60-plus", "face-droop-arm-weakness-speech")
    assert visitor.client.get(FHIR)["Location"] == "/check/emergency/"
    assert visitor.client.post(FHIR).status_code == 405
