"""The answers as a FHIR R4 QuestionnaireResponse, for the records of a doctor who can read one.

A plain dictionary; tests hold it against the definition of the standard. Words are those of the page, codes are
the slugs of the release that asked.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import Any

from checker.engine.vocabulary import EvidenceState, QuestionKind

from .answers import Check
from .history import Answer, History, label_of, word_for

Item = dict[str, Any]

ABSENT_REASON = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
YES_NO = "http://terminology.hl7.org/CodeSystem/v2-0136"


def questionnaire_response(
    history: History,
    check: Check,
    *,
    site: str,
    release: int,
    authored: datetime.datetime,
    is_complete: bool,
    level: str,
    matches: Iterable[tuple[str, str]],
) -> dict[str, Any]:
    """Return the document. `level` and `matches` (name and fit) are the result, in words.

    `site` is the address of the check, which names the questionnaire; the release is its version.
    """
    answered = [
        _group(
            f"part.{part.part.value}",
            part.title,
            [_item(answer, check, site) for answer in part.answers],
        )
        for part in history.parts
    ]
    shown = [f"{name}: {fit}" for name, fit in matches]
    result = [
        _text("result.how-soon", "How soon to seek help", [level]),
        _text("result.fits", "What fits the answers", shown or ["Nothing fits well"]),
        _text("result.release", "Content release", [str(release)]),
    ]
    return {
        "resourceType": "QuestionnaireResponse",
        "language": "en-GB",
        "questionnaire": f"{site}|{release}",
        # "stopped": the person left the rest out; no more will come.
        "status": "completed" if is_complete else "stopped",
        "authored": authored.isoformat(timespec="seconds"),
        # Nobody is named: we do not know who answers.
        "source": {"type": "RelatedPerson", "display": "A carer"}
        if check.for_someone
        else {"type": "Patient", "display": "The person asked"},
        "item": [
            *answered,
            _group("part.result", "What the check said (education, not a diagnosis)", result),
        ],
    }


def _group(link: str, text: str, items: list[Item]) -> Item:
    return {"linkId": link, "text": text, "item": items}


def _text(link: str, text: str, values: Iterable[str]) -> Item:
    return {"linkId": link, "text": text, "answer": [{"valueString": value} for value in values]}


def _item(answer: Answer, check: Check, site: str) -> Item:
    question = answer.question
    item: Item = {"linkId": answer.key, "text": answer.title}
    if question.kind is QuestionKind.EACH:
        return item | {"item": _lines(answer, check)}
    if answer.is_unsure:
        codings = [_unknown(question.unsure_label)]
    elif answer.is_none:
        codings = [{"system": f"{site}#answers", "code": "none", "display": answer.said[0]}]
    else:
        codings = [
            {"system": f"{site}#findings", "code": finding, "display": said}
            for finding, said in zip(answer.findings, answer.said, strict=True)
        ]
    return item | {"answer": [{"valueCoding": coding} for coding in codings]}


def _lines(answer: Answer, check: Check) -> list[Item]:
    """Return one item for each line of an "each" question: yes, no or not known."""
    lines = []
    for option in answer.options:
        state = check.answers.states.get(option.finding.slug, EvidenceState.UNKNOWN)
        if state is EvidenceState.UNKNOWN:
            coding = _unknown(answer.question.unsure_label)
        else:
            word = word_for(option, state)
            coding = {"system": YES_NO, "code": word[0], "display": word}
        lines.append(
            {
                "linkId": option.finding.slug,
                "text": label_of(option, check),
                "answer": [{"valueCoding": coding}],
            }
        )
    return lines


def _unknown(words: str) -> dict[str, str]:
    return {"system": ABSENT_REASON, "code": "asked-unknown", "display": words}
