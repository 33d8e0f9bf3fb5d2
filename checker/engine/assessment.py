"""The whole of it: answers in, assessment out."""

from __future__ import annotations

from dataclasses import dataclass

from .evidence import Answers, Evidence, gather_evidence
from .knowledge import KnowledgeBase
from .matching import PARTLY_PROBABILITY, Match, left_to_name, rank, show
from .urgency import UrgencyVerdict, alarms_of, judge
from .vocabulary import Urgency


@dataclass(frozen=True, slots=True)
class Assessment:
    """What the answers amount to: how soon, what fits, and the evidence both rest on."""

    evidence: Evidence
    verdict: UrgencyVerdict
    matches: tuple[Match, ...]
    """The conditions worth showing, best first; none is an honest outcome."""


def assess(kb: KnowledgeBase, answers: Answers) -> Assessment:
    """Assess a visitor's answers. Pure: same input, same output; runs no query."""
    return assess_evidence(kb, gather_evidence(kb, answers))


def assess_evidence(kb: KnowledgeBase, evidence: Evidence) -> Assessment:
    """Assess evidence that is already gathered."""
    alarmed = any(alarm.urgency > Urgency.ROUTINE for alarm in alarms_of(kb, evidence))
    ranked = rank(kb, evidence, at_least=PARTLY_PROBABILITY)
    if (left := left_to_name(kb, ranked, evidence)) < 1:
        ranked = rank(kb, evidence, at_least=PARTLY_PROBABILITY * left)
    matches = show(kb, ranked, evidence, alarmed=alarmed)
    return Assessment(evidence=evidence, verdict=judge(kb, evidence, matches), matches=matches)
