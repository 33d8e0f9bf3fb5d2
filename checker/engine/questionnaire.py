"""Replaying the questionnaire: which pages a visitor has seen, and which one comes next.

The fixed opening comes in order; after it, the page expected to change the outcome most. It ends when
nothing left is expected to change what is shown. Only the *next* page is ever computed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .evidence import Answers, Evidence, gather_evidence
from .knowledge import Clause, KnowledgeBase, Page, Question, applies
from .matching import posterior, score, weigh
from .urgency import alarms_of, holds
from .vocabulary import ClauseKind, EvidenceState, QuestionKind, SignKind, Stage, Urgency


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
    values = _Outlook(kb, evidence).values([questions for _, questions in open_pages])
    section = path[-1].section if path else ""
    worth = [
        value - (0.0 if page.section == section else TOPIC_COST)
        for value, (page, _) in zip(values, open_pages, strict=True)
    ]
    best = max(range(len(worth)), key=worth.__getitem__)
    # The effort limit grows with every screen, so that a check ends while people still answer with care.
    needed = WORTH_ASKING * (1 + PATIENCE * max(0, len(path) - PATIENT_UNTIL))
    return open_pages[best][0] if values[best] >= needed else None


# Value is in bits of information about the conditions, plus weighted chances of an alarm
# (docs/adr/0004-questionnaire.md).
WORTH_ASKING = 0.10
TOPIC_COST = 0.01
PATIENCE = 0.35
PATIENT_UNTIL = 8
ALARM_WORTH = {
    Urgency.ROUTINE: 0.2,
    Urgency.SOON: 1.0,
    Urgency.SAME_DAY: 2.0,
    Urgency.EMERGENCY: 4.0,
}


class _Outlook:
    """What may still be learned from here: information about conditions, chances of warning signs."""

    def __init__(self, kb: KnowledgeBase, evidence: Evidence) -> None:
        self.kb = kb
        self.evidence = evidence
        weights = weigh(kb)
        self.row = weights.row
        shares = posterior(weights, score(kb, evidence))
        # What fits none of the candidates behaves like the background.
        rest = max(0.0, 1.0 - float(shares.sum()))
        background = np.array([finding.background for finding in kb.findings.values()])
        self.chance = weights.frequency @ shares + rest * background
        mixed = _entropy(weights.frequency) @ shares + rest * _entropy(background)
        self.information = np.maximum(_entropy(self.chance) - mixed, 0.0)
        self.alarm = self._alarms()

    def values(self, pages: Sequence[Sequence[Question]]) -> list[float]:
        """Return the expected worth of asking each page."""
        return [sum(self._value(question) for question in questions) for questions in pages]

    def _value(self, question: Question) -> float:
        rows = [
            self.row[question.options[place].finding.slug]
            for place in offered(question, self.evidence)
        ]
        information = float(self.information[rows].sum())
        if question.kind is QuestionKind.SINGLE:
            # Choices of one question exclude each other, so their information overlaps.
            information /= 2
        return information + float(self.alarm[rows].sum())

    def _alarms(self) -> NDArray[np.float64]:
        """Return, by finding, the weighted chance that learning it makes a warning sign fire."""
        alarm = np.zeros(len(self.row))
        current = max(
            (a.urgency for a in alarms_of(self.kb, self.evidence)), default=Urgency.SELF_CARE
        )
        for sign in self.kb.signs.values():
            if sign.kind is SignKind.WARNING and sign.urgency > current:
                worth = ALARM_WORTH[sign.urgency]
                for rule in sign.rules:
                    self._add_rule(alarm, rule, worth)
        return alarm

    def _add_rule(self, alarm: NDArray[np.float64], rule: tuple[Clause, ...], worth: float) -> None:
        """Share the chance that a rule fires among the findings that it still lacks."""
        chance = 1.0
        lacking: list[str] = []
        for clause in rule:
            if holds(clause, self.evidence):
                continue
            open_findings = [f for f in clause.findings if self._is_open(f)]
            if clause.kind is ClauseKind.NONE or not open_findings:
                return
            chances = [float(self.chance[self.row[f]]) for f in open_findings]
            if clause.kind is ClauseKind.ANY:
                chance *= min(1.0, sum(chances))
            else:
                missing = len(clause.findings - self.evidence.present)
                if clause.kind is ClauseKind.ALL and missing > len(open_findings):
                    return
                chance *= float(np.prod(chances))
            if chance < NEGLIGIBLE:
                return
            lacking += open_findings
        if not lacking:
            return
        total = sum(float(self.chance[self.row[f]]) for f in lacking)
        for finding in lacking:
            i = self.row[finding]
            alarm[i] += worth * chance * float(self.chance[i]) / total

    def _is_open(self, finding: str) -> bool:
        return self.evidence[finding] is EvidenceState.UNKNOWN


NEGLIGIBLE = 1e-4


def _entropy(p: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the binary entropy of probabilities, in bits."""
    q = np.clip(p, 1e-9, 1 - 1e-9)
    return -(q * np.log2(q) + (1 - q) * np.log2(1 - q))
