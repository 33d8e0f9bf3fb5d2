"""How soon to seek help: a verdict with its reasons, and what would change it.

Ranking and urgency are two engines: a good match may raise a level, never lower one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from .evidence import Evidence
from .knowledge import Clause, KnowledgeBase, Sign
from .matching import Match, has_objective_support
from .vocabulary import ClauseKind, EvidenceState, FindingKind, Fit, SignKind, Urgency


class ReasonKind(StrEnum):
    SIGN = "sign"
    FLOOR = "floor"
    MATCH = "match"
    CALM = "calm"
    UNTOLD = "untold"
    """Nothing fired and nothing fits: we could not tell."""
    NOT_EARNED = "not-earned"
    """Looks harmless, but the safety questions are open, so self-care is not earned."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a level was given. `slug` names the sign, finding or condition; empty for the last two kinds."""

    kind: ReasonKind
    urgency: Urgency
    slug: str = ""


@dataclass(frozen=True, slots=True)
class UrgencyVerdict:
    """The level, the reasons that gave it (most urgent first), and the signs that would change it."""

    urgency: Urgency
    reasons: tuple[Reason, ...]
    would_change: tuple[str, ...]
    """Slugs of warning signs that were not denied and would make it more urgent."""

    @property
    def is_emergency(self) -> bool:
        """Whether a warning sign or an objective finding makes it an emergency: a match never does."""
        return self.urgency is Urgency.EMERGENCY


def holds(clause: Clause, evidence: Evidence) -> bool:
    """Whether a clause holds. UNKNOWN counts as not present."""
    present = len(clause.findings & evidence.present)
    return present == 0 if clause.kind is ClauseKind.NONE else present >= clause.needed


def fires(sign: Sign, evidence: Evidence) -> bool:
    """Whether any rule of a sign holds."""
    return any(all(holds(clause, evidence) for clause in rule) for rule in sign.rules)


def judge(kb: KnowledgeBase, evidence: Evidence, shown: Iterable[Match]) -> UrgencyVerdict:
    """Return the verdict: the most urgent of signs, floors and what fits well; else calm, else routine."""
    alarms = alarms_of(kb, evidence)
    shown = tuple(shown)
    reasons = [*alarms, *_match_reasons(kb, evidence, shown)]
    reasons = _calmed(kb, evidence, reasons)
    level = max((reason.urgency for reason in reasons), default=None)
    if level is None:
        reasons = [Reason(ReasonKind.UNTOLD, Urgency.ROUTINE)]
        level = Urgency.ROUTINE
    elif level is Urgency.SELF_CARE and not _is_earned(kb, evidence, reasons):
        reasons = [Reason(ReasonKind.NOT_EARNED, Urgency.ROUTINE), *reasons]
        level = Urgency.ROUTINE
    return UrgencyVerdict(
        urgency=level,
        reasons=tuple(sorted(reasons, key=lambda reason: -reason.urgency)),
        would_change=would_change(kb, evidence, level),
    )


def alarms_of(kb: KnowledgeBase, evidence: Evidence) -> tuple[Reason, ...]:
    """Return every warning sign that fires and every floor that an objective finding brings."""
    signs = [
        Reason(ReasonKind.SIGN, sign.urgency, sign.slug)
        for sign in _possible_signs(kb, evidence, kb.signs_needing)
        if sign.kind is SignKind.WARNING and fires(sign, evidence)
    ]
    floors = [
        Reason(ReasonKind.FLOOR, floor, slug)
        for slug in evidence.present
        if (finding := kb.findings.get(slug)) is not None and (floor := finding.floor) is not None
    ]
    return (*signs, *sorted(floors, key=lambda reason: (-reason.urgency, reason.slug)))


def _possible_signs(
    kb: KnowledgeBase, evidence: Evidence, by_finding: Mapping[str, frozenset[str]]
) -> list[Sign]:
    """Return the few signs that an index of them names for what is there, in the order of the content."""
    slugs = {slug for finding in ("", *evidence.present) for slug in by_finding.get(finding, ())}
    return [sign for slug, sign in kb.signs.items() if slug in slugs]


def is_emergency(alarms: Iterable[Reason]) -> bool:
    """Whether a rule or an objective sign alone makes it an emergency."""
    return any(alarm.urgency is Urgency.EMERGENCY for alarm in alarms)


def _match_reasons(kb: KnowledgeBase, evidence: Evidence, shown: Iterable[Match]) -> list[Reason]:
    """What fits well brings its usual urgency; above routine only with an objective supporting sign.

    A fit alone never makes an emergency: that takes a sign, which has its own page and its own reason.
    """
    reasons = []
    for match in shown:
        if match.fit is not Fit.WELL:
            continue
        usual = match.condition.urgency
        if usual > Urgency.ROUTINE and not has_objective_support(kb, match, evidence):
            usual = Urgency.ROUTINE
        usual = min(usual, Urgency.SAME_DAY)
        reasons.append(Reason(ReasonKind.MATCH, usual, match.condition.slug))
    return reasons


def _calmed(kb: KnowledgeBase, evidence: Evidence, reasons: list[Reason]) -> list[Reason]:
    """Drop what a calm sign caps. It holds only when nothing outside its caps raises an alarm."""
    calm = [
        sign
        for sign in _possible_signs(kb, evidence, kb.signs_needing)
        if sign.kind is SignKind.CALM
        and fires(sign, evidence)
        and all(
            reason.slug in sign.caps
            if reason.kind is ReasonKind.SIGN
            else reason.urgency <= Urgency.ROUTINE
            for reason in reasons
            if reason.kind is not ReasonKind.FLOOR
        )
        and not any(reason.kind is ReasonKind.FLOOR for reason in reasons)
    ]
    if not calm:
        return reasons
    kept = [r for r in reasons if r.kind is ReasonKind.MATCH and r.urgency is Urgency.SELF_CARE]
    return [*(Reason(ReasonKind.CALM, sign.urgency, sign.slug) for sign in calm), *kept]


def _is_earned(kb: KnowledgeBase, evidence: Evidence, reasons: Iterable[Reason]) -> bool:
    """Whether self-care is earned: the safety questions answered, or a calm sign whose dangers were denied."""
    for reason in reasons:
        if reason.kind is ReasonKind.CALM and _was_tested(kb, kb.signs[reason.slug], evidence):
            return True
    return is_safety_answered(kb, evidence)


def _was_tested(kb: KnowledgeBase, sign: Sign, evidence: Evidence) -> bool:
    """A calm sign counts on its own only when at least one of the dangers it excludes was denied.

    Choosing one answer of several denies the others, but says nothing about dangers.
    """
    excluded: set[str] = set()
    for rule in sign.rules:
        for clause in rule:
            if clause.kind is ClauseKind.NONE:
                excluded |= clause.findings
    return any(
        slug in kb.question_of and slug not in kb.choices for slug in excluded & evidence.denied
    )


SAFETY_QUESTIONS = ("emergency-signs", "weakness", "throat-and-breath")


def is_safety_answered(kb: KnowledgeBase, evidence: Evidence) -> bool:
    """Whether each safety question that applies got an answer other than "not sure" to everything."""
    for slug in SAFETY_QUESTIONS:
        question = kb.questions.get(slug)
        if question is None or question.unless & evidence.present:
            continue
        if all(evidence[o.finding.slug] is EvidenceState.UNKNOWN for o in question.options):
            return False
    return True


TELLING = 5
NEVER_LISTED = "thoughts-of-self-harm"


def would_change(
    kb: KnowledgeBase, evidence: Evidence, level: Urgency, *, up_to: Urgency = Urgency.EMERGENCY
) -> tuple[str, ...]:
    """Return the five most telling signs above a level that were not denied: by level, then by how common.

    A sign is telling when one finding more would make it fire, and that finding can be asked of this person.
    Thoughts of self-harm have a card of their own and stand in no list.
    """
    open_signs = []
    for place, sign in enumerate(_possible_signs(kb, evidence, kb.signs_near)):
        if sign.kind is SignKind.WARNING and level < sign.urgency <= up_to:
            chance = max((_one_step(kb, rule, evidence) for rule in sign.rules), default=0.0)
            if chance > 0:
                open_signs.append((-sign.urgency, -chance, place, sign.slug))
    return tuple(slug for *_, slug in sorted(open_signs)[:TELLING])


def _one_step(kb: KnowledgeBase, rule: tuple[Clause, ...], evidence: Evidence) -> float:
    """Return how common the one finding is that a rule still lacks; zero if it lacks none or more."""
    lacking: Clause | None = None
    for clause in rule:
        present = len(clause.findings & evidence.present)
        if clause.kind is ClauseKind.NONE:
            if present:
                return 0.0
        elif present < clause.needed:
            if present < clause.needed - 1 or lacking is not None:
                return 0.0
            lacking = clause
    if lacking is None:
        return 0.0
    open_findings = lacking.findings - evidence.present - evidence.denied
    return max(
        (kb.findings[f].background for f in open_findings if _can_be_asked(kb, f, evidence)),
        default=0.0,
    )


def _can_be_asked(kb: KnowledgeBase, finding: str, evidence: Evidence) -> bool:
    """Whether the questionnaire would offer a finding to this person, whatever leads to its question."""
    question = kb.question_of.get(finding)
    if question is None or finding == NEVER_LISTED:
        return False
    if kb.findings[finding].kind is FindingKind.CONTEXT:
        # Tablets, bites and operations do not appear later, and people know them: they tell nothing to watch for.
        return False
    unless = kb.option_of[finding].unless
    return question.unless.isdisjoint(evidence.present) and unless.isdisjoint(evidence.present)
