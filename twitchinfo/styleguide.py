"""What `/styleguide/` shows: parts of the look in every state, filled from the release in force."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from django.conf import settings

from checker.answers import Check
from checker.engine.assessment import assess
from checker.engine.evidence import Answers, Evidence
from checker.engine.knowledge import KnowledgeBase, Question
from checker.engine.questionnaire import walk
from checker.engine.vocabulary import EvidenceState, QuestionKind
from checker.forms import EachField, Item, MultiField, PageForm, QuestionField, Row, SingleField
from checker.presentation import ConcernPanel, lines, progress, result_page
from conditions.editions import Edition
from conditions.forms import ReplyForm
from conditions.markup import Notes

STATES = {"rest": "At rest", "chosen": "Chosen", "wrong": "Left open by mistake"}
MOST_CHOICES = 3
# Somebody tired whose eyelid flutters: every part of a match is filled.
STORY = ("eyelid-flutter", "eyelid-one", "stress", "lack-of-sleep", "high-caffeine")


@dataclass(frozen=True, slots=True)
class Sample:
    """A question in one state, as its template draws it."""

    title: str
    kind: str
    """ "single", "multi", "each" or "pictured"."""
    state: str
    hint: str
    error: str
    name: str
    type: str
    rows: tuple[Row, ...] | tuple[Item, ...]


def guide(edition: Edition, kb: KnowledgeBase) -> dict[str, Any]:
    """Return the context of the style guide."""
    library = edition.library
    check = Check(name=0, answers=_story(kb))
    a_page = list(kb.pages.values())[len(kb.pages) // 2]
    form = ReplyForm(
        {"name": "", "email": "ann@", "text": "What was written stays."}, auto_id="wrong_%s"
    )
    form.helper.form_tag = False
    return {
        "library": library,
        "notes": Notes(),
        "roles": roles(),
        "questions": tuple(_questions(kb)),
        "sections": progress(kb, walk(kb, check.answers), a_page),
        "result": result_page(kb, library, check, assess(kb, check.answers)),
        "figure": next(f for c in library.concerns.values() for f in c.figures),
        "panel": ConcernPanel(
            concern=next(c for c in library.concerns.values() if c.figures),
            denied=tuple(finding.label for finding in list(library.findings.values())[:2]),
            left_open=("weakness",),
        ),
        "entries": tuple(library.entries.values())[:2],
        "signs": [signs[0] for _, signs in library.signs_by_urgency],
        "form": form,
        **lines(library),
    }


def roles() -> dict[str, tuple[str, ...]]:
    """Return the roles that colours have, as the stylesheet names them, level by level and the rest."""
    sheet = (settings.BASE_DIR / "static" / "css" / "site.css").read_text()
    block = sheet.partition("/* ---- 2. Roles")[2].partition("@media")[0]
    names = re.findall(r"--([a-z-]+): (?:var\(--[a-z]+-\d+\)|#)", block)
    groups: dict[str, list[str]] = {}
    for name in names:
        level = re.match(r"(emergency|same-day|soon|routine|self-care)", name)
        groups.setdefault(level[0] if level else "everywhere", []).append(name)
    return {group: tuple(found) for group, found in groups.items()}


def _story(kb: KnowledgeBase) -> Answers:
    states = {slug: EvidenceState.PRESENT for slug in STORY if slug in kb.findings}
    asked = tuple(
        question.slug
        for question in kb.questions.values()
        if any(option.finding.slug in states for option in question.options)
    )
    return Answers(MappingProxyType(states), asked)


def _questions(kb: KnowledgeBase) -> Iterable[Sample]:
    """Every kind of question in every state, each with ids of its own."""
    kinds = {
        "single": next(q for q in kb.questions.values() if q.kind is QuestionKind.SINGLE),
        "multi": next(
            q
            for q in kb.questions.values()
            if q.kind is QuestionKind.MULTI and q.slug != "movement"
        ),
        "each": next(q for q in kb.questions.values() if q.kind is QuestionKind.EACH),
        "pictured": kb.questions["movement"],
    }
    for kind, question in kinds.items():
        for state in STATES:
            yield _sample(kb, kind, question, state)


def _sample(kb: KnowledgeBase, kind: str, question: Question, state: str) -> Sample:
    """Draw a question as the check would, its first answer chosen or everything left open."""
    page = next(p for p in kb.pages.values() if question in p.questions)
    first = question.options[0].finding.slug
    given = Answers(
        MappingProxyType({first: EvidenceState.PRESENT})
        if state == "chosen"
        else MappingProxyType({}),
        (question.slug,) if state == "chosen" else (),
    )
    form = PageForm(
        page,
        Evidence(given.states),
        given,
        carer=False,
        data={} if state == "wrong" else None,
    )
    field = form.fields[question.slug]
    assert isinstance(field, QuestionField)
    end = f"_{state}"
    rows: tuple[Row, ...] | tuple[Item, ...]
    if isinstance(field, EachField):
        rows = tuple(
            replace(
                item,
                name=item.name + end,
                choices=tuple(replace(row, id=row.id + end) for row in item.choices),
            )
            for item in field.items[:MOST_CHOICES]
        )
    else:
        assert isinstance(field, SingleField | MultiField)
        alone = tuple(row for row in field.rows if row.exclusive)
        rows = tuple(
            replace(row, id=row.id + end) for row in (*field.rows[:MOST_CHOICES], *alone[:1])
        )
    return Sample(
        title=f"{question.title} ({STATES[state].lower()})",
        kind=kind,
        state=state,
        hint=question.help,
        error=str(form.errors[question.slug][0]) if question.slug in form.errors else "",
        name=question.slug + end,
        type=getattr(field.widget, "input_type", "radio"),
        rows=rows,
    )
