"""From an assessment to what a page shows: frozen, in the order of the page, with words from the content.

Templates choose among these; they compute nothing.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from checker.engine.assessment import Assessment
from checker.engine.evidence import Evidence, evidence_of
from checker.engine.knowledge import KnowledgeBase, Page
from checker.engine.matching import Match
from checker.engine.questionnaire import Walk
from checker.engine.urgency import Reason, ReasonKind, UrgencyVerdict, would_change
from checker.engine.vocabulary import EvidenceState, FindingKind, Stage, Urgency
from conditions.library import (
    CareItem,
    ConcernItem,
    Entry,
    HelplineItem,
    Library,
    SignItem,
)
from conditions.markup import Prose

from .addresses import address_of
from .answers import Check
from .history import Answer, History, answer_to, history_of, is_counted
from .models import SectionChoices


class Section(NamedTuple):
    """One step of the progress line."""

    label: str
    state: str
    """ "done", "now" or "later"."""


@dataclass(frozen=True, slots=True)
class ReasonItem:
    """Why a level was given, with its words and sources where content has them."""

    kind: str
    sign: SignItem | None
    entry: Entry | None
    findings: tuple[str, ...]
    """The labels of the findings, for floors."""


@dataclass(frozen=True, slots=True)
class EvidenceItem:
    """One finding in the lists of a match."""

    label: str
    is_denied: bool


@dataclass(frozen=True, slots=True)
class MatchItem:
    """A match as its card shows it."""

    entry: Entry
    fit: str
    """ "well" or "partly"."""
    fits: tuple[EvidenceItem, ...]
    does_not_fit: tuple[EvidenceItem, ...]
    not_asked: tuple[EvidenceItem, ...]


@dataclass(frozen=True, slots=True)
class ConcernPanel:
    """A fear that the answers suggest, beside what was answered to its signs."""

    concern: ConcernItem
    denied: tuple[str, ...]
    """The signs that would speak for it and were denied, by label."""
    left_open: tuple[str, ...]
    """Safety questions without an answer, by slug: what the reassurance still lacks; the template has the words."""


@dataclass(frozen=True, slots=True)
class SelfCareItem:
    """What helps with a match or a trigger."""

    title: str
    url: str
    text: Prose


@dataclass(frozen=True, slots=True)
class AnsweredPage:
    """One page of answers, with the way to change it."""

    url: str
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class EmergencyPage:
    """What needs help now, and what to say on the phone."""

    care: CareItem
    reasons: tuple[ReasonItem, ...]
    say: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ResultPage:
    """The result, in the order in which it stands on the page."""

    care: CareItem
    is_untold: bool
    """We could not tell: nothing fired and nothing fits."""
    needs_support: bool
    """Thoughts of self-harm were ticked: crisis lines come first."""
    reasons: tuple[ReasonItem, ...]
    reassuring: tuple[str, ...]
    """Safety questions in which everything was denied, by slug; the template has the words."""
    matches: tuple[MatchItem, ...]
    concern: ConcernPanel | None
    self_care: tuple[SelfCareItem, ...]
    would_change: tuple[SignItem, ...]
    """Signs that were not asked, or answered "not sure"."""
    may_come: tuple[SignItem, ...]
    """Signs that were denied, and would change the advice if one came later."""
    history: History
    reviewed_on: datetime.date | None
    """When a clinician reviewed the entries that fit: the oldest review; None unless all of them were."""

    @property
    def headline(self) -> str:
        return (self.is_untold and self.care.untold_headline) or self.care.headline

    @property
    def lead(self) -> str:
        return (self.is_untold and self.care.untold_lead) or self.care.lead


@dataclass(frozen=True, slots=True)
class EmergencyNumber:
    """One number to call, with the countries where it works."""

    number: str
    tel: str
    countries: str


def lines(library: Library) -> dict[str, tuple[EmergencyNumber, ...] | tuple[HelplineItem, ...]]:
    """Return whom to call: emergency numbers each once with their countries, and the other lines by kind."""
    numbers: dict[str, list[HelplineItem]] = {}
    for helpline in library.helplines_of("emergency"):
        numbers.setdefault(helpline.number, []).append(helpline)
    return {
        "emergency_numbers": tuple(
            EmergencyNumber(
                number, found[0].tel, ", ".join(dict.fromkeys(h.country_name for h in found))
            )
            for number, found in numbers.items()
        ),
        "urgent_advice": library.helplines_of("urgent-advice"),
        "poisons": library.helplines_of("poisons"),
        "crisis": library.helplines_of("crisis"),
    }


def progress(kb: KnowledgeBase, walked: Walk, page: Page) -> tuple[Section, ...]:
    """Return the progress line: sections in order, those done, the one at hand, those to come."""
    known = {p.section for p in kb.pages.values()}
    seen = {p.section for p in walked.path}
    return tuple(
        Section(label, "now" if slug == page.section else "done" if slug in seen else "later")
        for slug, label in SectionChoices.choices
        if slug in known
    )


SECONDS_A_SCREEN = 10
USUAL_FOLLOW_UPS = 2
"""How many screens usually follow the opening: the median over the stories that guard the advice."""


def seconds_left(walked: Walk) -> int:
    """Return about how long the questions still take. A guess: the next page is chosen as answers come in."""
    opening = sum(page.stage is Stage.OPENING for page, _ in walked.left)
    followed = sum(page.stage is not Stage.OPENING for page in walked.path)
    screens = opening + max(1, USUAL_FOLLOW_UPS - followed)
    return screens * SECONDS_A_SCREEN


def emergency_page(library: Library, assessment: Assessment) -> EmergencyPage:
    """Return what the emergency page shows: only the signs that make it one."""
    urgent = [r for r in assessment.verdict.reasons if r.urgency is Urgency.EMERGENCY]
    signs = [r for r in urgent if r.kind is ReasonKind.SIGN]
    # A sign says more than the bare finding under it.
    reasons = _reasons(library, signs or [r for r in urgent if r.kind is ReasonKind.FLOOR])
    return EmergencyPage(
        care=library.care[Urgency.EMERGENCY],
        reasons=reasons,
        say=tuple(dict.fromkeys(r.sign.say for r in reasons if r.sign and r.sign.say)),
    )


def answers_page(check: Check, walked: Walk) -> tuple[AnsweredPage, ...]:
    """Return every answered page in the order asked."""
    return tuple(
        AnsweredPage(
            url=address_of(page),
            answers=tuple(
                answer_to(question, check, walked.evidence)
                for question in page.questions
                if is_counted(question, check, walked.evidence)
            ),
        )
        for page in walked.path
    )


def result_page(
    kb: KnowledgeBase, library: Library, check: Check, assessment: Assessment
) -> ResultPage:
    """Return the result in the order in which it stands on the page."""
    verdict = assessment.verdict
    evidence = assessment.evidence
    matches = tuple(_match(kb, library, match) for match in assessment.matches)
    return ResultPage(
        care=library.care[verdict.urgency],
        is_untold=any(r.kind is ReasonKind.UNTOLD for r in verdict.reasons),
        needs_support="thoughts-of-self-harm" in evidence.present,
        # What gave the level; lower reasons would only bury it.
        reasons=_reasons(library, _telling(verdict)),
        reassuring=_reassuring(kb, assessment),
        matches=matches,
        concern=_concern(kb, library, check, assessment),
        self_care=_self_care(library, assessment, matches),
        would_change=tuple(library.signs[slug] for slug in verdict.would_change),
        may_come=tuple(library.signs[slug] for slug in _may_come(kb, evidence, verdict)),
        history=history_of(kb, check, assessment),
        reviewed_on=_reviewed_on(matches),
    )


MOST_TO_WATCH = 5
MOST_OF_A_LEVEL = 3


def _may_come(kb: KnowledgeBase, evidence: Evidence, verdict: UrgencyVerdict) -> tuple[str, ...]:
    """Return what to watch for: the signs that would be the most telling if nothing had been denied.

    Slow ones first, and no emergencies: those stand at the head of every page, and a list of strokes under a calm
    result frightens more than it guards.
    """
    as_if = evidence_of(present=evidence.present)
    found: list[str] = []
    for level in (Urgency.SOON, Urgency.SAME_DAY):
        if level > verdict.urgency:
            found += would_change(kb, as_if, Urgency(level - 1), up_to=level)[:MOST_OF_A_LEVEL]
    room = MOST_TO_WATCH - len(verdict.would_change)
    return tuple(slug for slug in found if slug not in verdict.would_change)[: max(0, room)]


def _telling(verdict: UrgencyVerdict) -> list[Reason]:
    """Return the reasons that gave the level. Above routine a fit adds nothing to a sign but a feared name."""
    level = [r for r in verdict.reasons if r.urgency is verdict.urgency]
    signs = [r for r in level if r.kind is not ReasonKind.MATCH]
    return signs if signs and verdict.urgency > Urgency.ROUTINE else level


def _reasons(library: Library, reasons: Iterable[Reason]) -> tuple[ReasonItem, ...]:
    """Return reasons with their words, all floors as one line after the rest."""
    reasons = tuple(reasons)
    floors = [r for r in reasons if r.kind is ReasonKind.FLOOR]
    items = [_reason(library, r) for r in reasons if r.kind is not ReasonKind.FLOOR]
    if floors:
        labels = tuple(library.findings[floor.slug].label for floor in floors)
        items.append(ReasonItem(kind=str(ReasonKind.FLOOR), sign=None, entry=None, findings=labels))
    return tuple(items)


def _reason(library: Library, reason: Reason) -> ReasonItem:
    is_sign = reason.kind in (ReasonKind.SIGN, ReasonKind.CALM)
    return ReasonItem(
        kind=str(reason.kind),
        sign=library.signs[reason.slug] if is_sign else None,
        entry=library.entries[reason.slug] if reason.kind is ReasonKind.MATCH else None,
        findings=(),
    )


def _reassuring(kb: KnowledgeBase, assessment: Assessment) -> tuple[str, ...]:
    """Return the safety questions in which everything that was asked was denied."""
    if assessment.verdict.urgency > Urgency.ROUTINE:
        return ()
    reassuring = []
    for slug in ("weakness", "throat-and-breath", "emergency-signs"):
        question = kb.questions.get(slug)
        if question is None:
            continue
        states = [
            assessment.evidence[o.finding.slug]
            for o in question.options
            if o.finding.kind == "objective"
        ]
        if any(s.is_denied for s in states) and EvidenceState.PRESENT not in states:
            reassuring.append(slug)
    return tuple(reassuring)


MOST_LISTED = 6


def _match(kb: KnowledgeBase, library: Library, match: Match) -> MatchItem:
    return MatchItem(
        entry=library.entries[match.condition.slug],
        fit=str(match.fit),
        fits=tuple(_evidence(library, c.finding, c.state) for c in match.supporting[:MOST_LISTED]),
        does_not_fit=tuple(
            _evidence(library, c.finding, c.state)
            for c in match.conflicting
            if not (c.state.is_denied and _is_a_place(kb, c.finding))
        )[:MOST_LISTED],
        not_asked=tuple(
            _evidence(library, slug, EvidenceState.UNKNOWN)
            for slug in match.unconfirmed[:MOST_LISTED]
        ),
    )


def _is_a_place(kb: KnowledgeBase, finding: str) -> bool:
    """Places that were simply not chosen weigh a little, but are not worth a line."""
    return finding in kb.question_of and kb.question_of[finding].slug == "place"


def _evidence(library: Library, finding: str, state: EvidenceState) -> EvidenceItem:
    return EvidenceItem(label=library.findings[finding].label, is_denied=state.is_denied)


MOST_DENIED = 8
ASKED_OF_STRENGTH = ("weakness", "throat-and-breath")
"""The questions that a reassurance rests on."""


def _concern(
    kb: KnowledgeBase, library: Library, check: Check, assessment: Assessment
) -> ConcernPanel | None:
    """Return the fear that the answers suggest; none when a warning sign makes reassurance wrong."""
    if assessment.verdict.urgency > Urgency.ROUTINE:
        return None
    evidence = assessment.evidence
    for concern in library.concerns.values():
        if concern.show_if & evidence.present and not concern.hide_if & evidence.present:
            return ConcernPanel(
                concern=concern,
                denied=tuple(
                    option.finding.label
                    for slug in ASKED_OF_STRENGTH
                    if slug in kb.questions
                    for option in kb.questions[slug].options
                    if option.finding.slug in concern.hide_if & evidence.denied
                    and option.finding.kind is FindingKind.OBJECTIVE
                )[:MOST_DENIED],
                left_open=tuple(
                    slug
                    for slug in ASKED_OF_STRENGTH
                    if slug in kb.questions
                    and is_counted(kb.questions[slug], check, evidence)
                    and all(
                        evidence[o.finding.slug] is EvidenceState.UNKNOWN
                        for o in kb.questions[slug].options
                    )
                ),
            )
    return None


def _reviewed_on(matches: Sequence[MatchItem]) -> datetime.date | None:
    reviews = [match.entry.reviewed_on for match in matches]
    known = [review for review in reviews if review is not None]
    return min(known) if known and len(known) == len(reviews) else None


def _self_care(
    library: Library, assessment: Assessment, matches: Sequence[MatchItem]
) -> tuple[SelfCareItem, ...]:
    """Return what helps: with the first two matches, and with the triggers that were ticked."""
    if assessment.verdict.urgency is Urgency.EMERGENCY:
        return ()
    items = [
        SelfCareItem(m.entry.name, m.entry.url, m.entry.what_helps)
        for m in matches[:2]
        # What helps with a serious disease is for people who are known to have it.
        if m.entry.seriousness in ("benign", "treatable")
    ]
    present = assessment.evidence.present
    for cause in library.causes.values():
        triggers = {finding.slug for finding in cause.findings}
        if len(items) < 3 and cause.self_care and len(triggers & present) >= 2:
            items.append(SelfCareItem(cause.name, cause.url, cause.self_care))
    return tuple(items)
