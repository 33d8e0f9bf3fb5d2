"""Answers to evidence: which finding is present, absent or unknown, after the questions that apply."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

from .knowledge import KnowledgeBase, Question, applies
from .vocabulary import EvidenceState, QuestionKind

_EMPTY: Mapping[str, EvidenceState] = MappingProxyType({})


@dataclass(frozen=True)
class Answers:
    """What a visitor said, as given: states of findings, and the questions in the order asked.

    An answer that stops counting (its question no longer applies) stays here; `gather_evidence` silences it.
    """

    states: Mapping[str, EvidenceState] = field(default_factory=lambda: _EMPTY)
    """By finding slug; UNKNOWN is left out."""
    asked: tuple[str, ...] = ()
    """Question slugs, oldest first."""

    def with_answer(self, question: Question, states: Mapping[str, EvidenceState]) -> Answers:
        """Return new answers in which `question` is answered by `states` and nothing else of it remains."""
        asked_findings = {option.finding.slug for option in question.options}
        kept = {slug: state for slug, state in self.states.items() if slug not in asked_findings}
        kept |= {
            slug: state
            for slug, state in states.items()
            if slug in asked_findings and state is not EvidenceState.UNKNOWN
        }
        asked = self.asked if question.slug in self.asked else (*self.asked, question.slug)
        return Answers(states=MappingProxyType(kept), asked=asked)


@dataclass(frozen=True)
class Evidence:
    """What is known about each finding. Anything not listed is UNKNOWN."""

    states: Mapping[str, EvidenceState] = field(default_factory=lambda: _EMPTY)

    def __getitem__(self, finding: str) -> EvidenceState:
        return self.states.get(finding, EvidenceState.UNKNOWN)

    @cached_property
    def present(self) -> frozenset[str]:
        return frozenset(f for f, state in self.states.items() if state is EvidenceState.PRESENT)

    @cached_property
    def denied(self) -> frozenset[str]:
        return frozenset(f for f, state in self.states.items() if state.is_denied)


def evidence_of(present: Iterable[str] = (), absent: Iterable[str] = ()) -> Evidence:
    """Return evidence handed over at once, each absence as strong as an explicit no."""
    states = dict.fromkeys(absent, EvidenceState.ABSENT)
    states |= dict.fromkeys(present, EvidenceState.PRESENT)
    return Evidence(MappingProxyType(states))


def gather_evidence(kb: KnowledgeBase, answers: Answers) -> Evidence:
    """Return what the answers say, leaving out questions and options that do not apply.

    Gates look backwards in the order of the knowledge base, so the order of asking never matters.
    """
    states: dict[str, EvidenceState] = {}
    present: set[str] = set()
    asked = set(answers.asked)
    for question in kb.questions.values():
        if question.slug in asked and applies(
            present, only_if=question.ask_if, unless=question.unless
        ):
            given = _answer_to(question, answers, present)
            states |= given
            present |= {slug for slug, state in given.items() if state is EvidenceState.PRESENT}
    return Evidence(MappingProxyType(states))


def _answer_to(
    question: Question, answers: Answers, present: AbstractSet[str]
) -> dict[str, EvidenceState]:
    states = answers.states
    given = {slug: states[slug] for slug in question.slugs if slug in states}
    for option in question.gated:
        if not applies(present, only_if=option.only_if, unless=option.unless):
            given.pop(option.finding.slug, None)
    if question.kind is QuestionKind.SINGLE and EvidenceState.PRESENT in given.values():
        # One choice denies the others.
        return dict.fromkeys(question.slugs, EvidenceState.ABSENT) | given
    return given
