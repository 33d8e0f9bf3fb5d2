"""Replaying the questionnaire: which pages a visitor has seen, and which one comes next.

The fixed opening comes in order; after it, the page expected to change the outcome most. It ends when
nothing left is expected to change what is shown. Only the *next* page is ever computed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .evidence import Answers, Evidence, gather_evidence
from .knowledge import KnowledgeBase, Page, Question, applies
from .outlook import look_ahead
from .vocabulary import Stage


@dataclass(frozen=True, slots=True)
class Walk:
    """Where a visitor stands: the pages answered, in the order asked, and what comes next."""

    evidence: Evidence
    path: tuple[Page, ...]
    next: Page | None
    """The page to ask now; None when enough is known for a result."""


def walk(kb: KnowledgeBase, answers: Answers) -> Walk:
    """Replay the answers and find the next page. Costs about a millisecond."""
    evidence = gather_evidence(kb, answers)
    path = _path(kb, answers, evidence)
    return Walk(evidence=evidence, path=path, next=_next_page(kb, answers, evidence, path))


def asked_now(page: Page, evidence: Evidence) -> tuple[Question, ...]:
    """Return the questions of a page that apply to a person with this evidence.

    A question gated by another on the same page stands on it too: without a script nobody can know yet.
    """
    own = {option.finding.slug for question in page.questions for option in question.options}
    return tuple(
        question
        for question in page.questions
        if (question.ask_if & own)
        or applies(evidence.states, only_if=question.ask_if, unless=question.unless - own)
    )


def offered(question: Question, evidence: Evidence) -> tuple[int, ...]:
    """Return the places of the options that apply to a person with this evidence."""
    return tuple(
        place
        for place, option in enumerate(question.options)
        if applies(evidence.states, only_if=option.only_if, unless=option.unless)
    )


def _path(kb: KnowledgeBase, answers: Answers, evidence: Evidence) -> tuple[Page, ...]:
    seen: dict[str, Page] = {}
    for slug in answers.asked:
        question = kb.questions.get(slug)
        if question is not None and _counts(question, evidence):
            seen.setdefault(question.page, kb.pages[question.page])
    return tuple(seen.values())


def _counts(question: Question, evidence: Evidence) -> bool:
    return applies(evidence.states, only_if=question.ask_if, unless=question.unless)


def _open_pages(
    kb: KnowledgeBase, answers: Answers, evidence: Evidence
) -> Iterator[tuple[Page, tuple[Question, ...]]]:
    """Yield each page that still has a question to ask, with those questions."""
    asked = set(answers.asked)
    for page in kb.pages.values():
        left = tuple(
            question
            for question in page.questions
            if question.slug not in asked
            and _counts(question, evidence)
            and offered(question, evidence)
        )
        if left:
            yield page, left


def _next_page(
    kb: KnowledgeBase, answers: Answers, evidence: Evidence, path: Sequence[Page]
) -> Page | None:
    open_pages = list(_open_pages(kb, answers, evidence))
    for page, _ in open_pages:
        if page.stage is Stage.OPENING:
            return page
    if not open_pages:
        return None
    outlook = look_ahead(kb, evidence)
    values = [
        sum(outlook.value(q, offered(q, evidence)) for q in questions)
        for _, questions in open_pages
    ]
    section = path[-1].section if path else ""
    worth = [
        value - (0.0 if page.section == section else TOPIC_COST)
        for value, (page, _) in zip(values, open_pages, strict=True)
    ]
    best = max(range(len(worth)), key=worth.__getitem__)
    # The effort limit grows with every screen, so that a check ends while people still answer with care.
    needed = WORTH_ASKING * (1 + PATIENCE * max(0, len(path) - PATIENT_UNTIL))
    return open_pages[best][0] if values[best] >= needed else None


# Weights of the choice of the next page (docs/adr/0004-questionnaire.md).
WORTH_ASKING = 0.10
TOPIC_COST = 0.01
PATIENCE = 0.35
PATIENT_UNTIL = 8
