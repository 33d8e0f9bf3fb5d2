"""Replaying the questionnaire: which pages a visitor has seen, and which one comes next.

The fixed opening comes in order; after it, the page expected to change the outcome most. It ends when
nothing left is expected to change what is shown. Only the *next* page is ever computed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from .evidence import Answers, Evidence, gather_evidence
from .knowledge import KnowledgeBase, Option, Page, Question, applies
from .outlook import look_ahead
from .vocabulary import Stage

Left = tuple[Page, tuple[Question, ...]]
"""A page with the questions on it that are still to be asked."""


@dataclass(frozen=True)
class Walk:
    """Where a visitor stands: the pages answered, in the order asked, and what may come next."""

    kb: KnowledgeBase
    evidence: Evidence
    path: tuple[Page, ...]
    left: tuple[Left, ...]
    """What is still open, in the order of the content."""

    @property
    def opening(self) -> Page | None:
        """The first page of the fixed opening that is still open."""
        return next((page for page, _ in self.left if page.stage is Stage.OPENING), None)

    @cached_property
    def next(self) -> Page | None:
        """The page to ask now; None when enough is known for a result. Worked out when it is wanted."""
        return self.opening or _most_telling(self)

    def allows(self, page: Page) -> bool:
        """Whether a page may be answered now: again, or because it is open and no safety question goes before it.

        After the opening any open page will do, so that an answer counts that was on its way when a new
        release came to prefer another page.
        """
        if page in self.path:
            return True
        return page == self.opening if self.opening else any(page == p for p, _ in self.left)


def walk(kb: KnowledgeBase, answers: Answers) -> Walk:
    """Replay the answers. Costs a tenth of a millisecond; `next` several times that, after the opening."""
    evidence = gather_evidence(kb, answers)
    return Walk(
        kb=kb,
        evidence=evidence,
        path=_path(kb, answers, evidence),
        left=tuple(_left(kb, answers, evidence)),
    )


def asked_now(page: Page, evidence: Evidence) -> tuple[Question, ...]:
    """Return the questions of a page that apply to a person with this evidence.

    A question gated by another on the same page stands on it too: without a script nobody can know yet.
    """
    own = {option.finding.slug for question in page.questions for option in question.options}
    return tuple(
        question
        for question in page.questions
        if (question.ask_if & own)
        or applies(evidence.present, only_if=question.ask_if, unless=question.unless - own)
    )


def offered(question: Question, evidence: Evidence) -> tuple[int, ...]:
    """Return the places of the options that apply to a person with this evidence."""
    return tuple(
        place
        for place, option in enumerate(question.options)
        if option.is_open or _is_offered(option, evidence)
    )


def _is_offered(option: Option, evidence: Evidence) -> bool:
    return applies(evidence.present, only_if=option.only_if, unless=option.unless)


def _path(kb: KnowledgeBase, answers: Answers, evidence: Evidence) -> tuple[Page, ...]:
    seen: dict[str, Page] = {}
    for slug in answers.asked:
        question = kb.questions.get(slug)
        if question is not None and _counts(question, evidence):
            seen.setdefault(question.page, kb.pages[question.page])
    return tuple(seen.values())


def _counts(question: Question, evidence: Evidence) -> bool:
    return applies(evidence.present, only_if=question.ask_if, unless=question.unless)


def _left(kb: KnowledgeBase, answers: Answers, evidence: Evidence) -> Iterator[Left]:
    """Yield each page that still has a question to ask, with those questions."""
    asked = set(answers.asked)
    for page in kb.pages.values():
        left = tuple(
            question
            for question in page.questions
            if question.slug not in asked
            and _counts(question, evidence)
            and any(option.is_open or _is_offered(option, evidence) for option in question.options)
        )
        if left:
            yield page, left


def _most_telling(walked: Walk) -> Page | None:
    """Return the open page expected to change the outcome most, if it is worth a screen."""
    if not walked.left:
        return None
    outlook = look_ahead(walked.kb, walked.evidence)
    values = [
        sum(outlook.value(q, offered(q, walked.evidence)) for q in questions)
        for _, questions in walked.left
    ]
    section = walked.path[-1].section if walked.path else ""
    worth = [
        value - (0.0 if page.section == section else TOPIC_COST)
        for value, (page, _) in zip(values, walked.left, strict=True)
    ]
    best = max(range(len(worth)), key=worth.__getitem__)
    # The effort limit grows with every screen, so that a check ends while people still answer with care.
    needed = WORTH_ASKING * (1 + PATIENCE * max(0, len(walked.path) - PATIENT_UNTIL))
    return walked.left[best][0] if values[best] >= needed else None


# Weights of the choice of the next page (docs/adr/0004-questionnaire.md).
WORTH_ASKING = 0.10
TOPIC_COST = 0.01
PATIENCE = 0.6
PATIENT_UNTIL = 9
