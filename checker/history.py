"""The history for a doctor: what was answered, in the order in which a doctor takes it.

The page, the printed page, the PDF and the FHIR document all say the same, because all are made from this.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass

from django.db.models import TextChoices

from checker.engine.assessment import Assessment
from checker.engine.evidence import Evidence
from checker.engine.knowledge import KnowledgeBase, Option, Question, applies
from checker.engine.vocabulary import EvidenceState, FindingKind, QuestionKind

from .answers import Check
from .models import SectionChoices


class Part(TextChoices):
    """The parts of a history, in order."""

    WHO = "who", "Who"
    MOVEMENT = "movement", "The movement"
    PLACE = "place", "Where"
    SINCE = "since", "Since when"
    COURSE = "course", "Course and pattern"
    FUNCTION = "function", "Function"
    NOW = "now", "Emergency signs"
    OTHER = "other", "Other signs"
    MEDICINES = "medicines", "Medicines"
    PAST = "past", "Past history"
    FAMILY = "family", "Family"
    LIFE = "life", "Daily life"
    WORRY = "worry", "Worry and mood"


_BEFORE_FLAGS = frozenset(
    (Part.WHO, Part.MOVEMENT, Part.PLACE, Part.SINCE, Part.COURSE, Part.FUNCTION, Part.NOW)
)
_PART_OF_QUESTION = {
    "duration": Part.SINCE,
    "onset": Part.SINCE,
    "sign-onset": Part.SINCE,
    "examined": Part.PAST,
    "medicines": Part.MEDICINES,
    "history": Part.PAST,
    "family": Part.FAMILY,
    "feeling-safe": Part.WORRY,
}
_PART_OF_SECTION = {
    SectionChoices.YOU: Part.WHO,
    SectionChoices.NOW: Part.NOW,
    SectionChoices.MOVEMENT: Part.MOVEMENT,
    SectionChoices.WHERE: Part.PLACE,
    SectionChoices.WHEN: Part.COURSE,
    SectionChoices.STRENGTH: Part.FUNCTION,
    SectionChoices.OTHER: Part.OTHER,
    SectionChoices.LIFE: Part.LIFE,
}
"""Where a question stands that is not named above: one that an editor added, say."""
_WORRY = frozenset(
    (
        "worry-or-panic",
        "health-worry-about-twitching",
        "low-mood",
        "poor-sleep",
        "thoughts-of-self-harm",
    )
)


@dataclass(frozen=True, slots=True)
class Answer:
    """One question and what was said to it, in the words of the page."""

    key: str
    """Names it among all answers: the question, or the question and the part that it was shared out to."""
    question: Question
    options: tuple[Option, ...]
    """Those that this person was asked."""
    title: str
    said: tuple[str, ...]
    findings: tuple[str, ...]
    """The findings behind `said`, in the same order; none where "none of these" was said."""
    present: tuple[str, ...]
    """The labels of the findings that are there: for a line "Can you ...?" answered no, what is lost."""
    lines: tuple[tuple[str, str], ...]
    """Of a question made of lines: each that was answered, and "Yes" or "No"."""
    is_none: bool
    """Everything that was asked was denied: `said` holds the words for it."""
    is_unsure: bool
    """The whole question was answered "not sure" or left alone."""


@dataclass(frozen=True, slots=True)
class HistoryPart:
    part: Part
    answers: tuple[Answer, ...]

    @property
    def title(self) -> str:
        return str(self.part.label)


@dataclass(frozen=True, slots=True)
class History:
    by_carer: bool
    parts: tuple[HistoryPart, ...]
    """In order. The red flags stand between what is lost and the rest: see `before_flags`, `after_flags`."""
    flags_present: tuple[str, ...]
    """Red flags besides the emergency signs, by label: said to be there ..."""
    flags_denied: tuple[str, ...]
    """... asked and denied ..."""
    flags_open: tuple[str, ...]
    """... and asked without an answer ("not sure")."""

    @property
    def before_flags(self) -> tuple[HistoryPart, ...]:
        return tuple(part for part in self.parts if part.part in _BEFORE_FLAGS)

    @property
    def after_flags(self) -> tuple[HistoryPart, ...]:
        return tuple(part for part in self.parts if part.part not in _BEFORE_FLAGS)


def history_of(kb: KnowledgeBase, check: Check, assessment: Assessment) -> History:
    """Return the history that the answers make. What no longer applies is left out."""
    evidence = assessment.evidence
    by_part: dict[Part, list[Answer]] = {}
    for question in counted(kb, check, evidence):
        for part, answer in _answers_to(question, check, evidence):
            by_part.setdefault(part, []).append(answer)
    flags = _red_flags(kb)
    return History(
        by_carer=check.for_someone,
        parts=tuple(HistoryPart(part, tuple(by_part[part])) for part in Part if part in by_part),
        flags_present=tuple(
            kb.findings[f].label
            for f in flags
            # Emergency signs that are there stand just above, in a part of their own.
            if f in evidence.present and kb.question_of[f].section != SectionChoices.NOW
        ),
        flags_denied=tuple(kb.findings[f].label for f in _denied(kb, evidence, flags)),
        flags_open=tuple(kb.findings[f].label for f in _left_open(kb, check, evidence, flags)),
    )


def counted(kb: KnowledgeBase, check: Check, evidence: Evidence) -> tuple[Question, ...]:
    """Return the questions that were asked and that still apply to this person."""
    return tuple(q for q in kb.questions.values() if is_counted(q, check, evidence))


def is_counted(question: Question, check: Check, evidence: Evidence) -> bool:
    """Whether a question was asked and still applies: pregnancy does not, once "male" was said."""
    return question.slug in check.answers.asked and applies(
        evidence.present, only_if=question.ask_if, unless=question.unless
    )


def answer_to(
    question: Question,
    check: Check,
    evidence: Evidence,
    *,
    only: Container[str] | None = None,
    key: str = "",
) -> Answer:
    """Return what was said to a question, or to those of its options that mean one of the findings in `only`."""
    states = check.answers.states
    options = tuple(
        option
        for option in question.options
        if _was_offered(option, evidence) and (only is None or option.finding.slug in only)
    )
    said: list[str] = []
    findings: list[str] = []
    lines: list[tuple[str, str]] = []
    is_denied = False
    for option in options:
        slug = option.finding.slug
        state = states.get(slug, EvidenceState.UNKNOWN)
        if question.kind is QuestionKind.EACH and state is not EvidenceState.UNKNOWN:
            lines.append((label_of(option, check), word_for(option, state)))
            said.append(" ".join(lines[-1]))
            findings.append(slug)
        elif state is EvidenceState.PRESENT:
            said.append(label_of(option, check))
            findings.append(slug)
        elif state.is_denied:
            is_denied = True
    is_none = is_denied and not said
    return Answer(
        key=key or question.slug,
        question=question,
        options=options,
        title=question.carer_title if check.for_someone else question.title,
        said=(question.none_label or "No",) if is_none else tuple(said),
        findings=tuple(findings),
        present=tuple(
            o.finding.label for o in options if states.get(o.finding.slug) is EvidenceState.PRESENT
        ),
        lines=tuple(lines),
        is_none=is_none,
        is_unsure=not said and not is_none,
    )


def _was_offered(option: Option, evidence: Evidence) -> bool:
    return option.is_open or applies(evidence.present, only_if=option.only_if, unless=option.unless)


def label_of(option: Option, check: Check) -> str:
    return option.carer_label if check.for_someone else option.label


def word_for(option: Option, state: EvidenceState) -> str:
    """Return the answer, "Yes" or "No", that was given to one line of an "each" question."""
    says_yes = (state is EvidenceState.PRESENT) == (option.present_answer == "yes")
    return "Yes" if says_yes else "No"


def _answers_to(
    question: Question, check: Check, evidence: Evidence
) -> Iterable[tuple[Part, Answer]]:
    """Yield a question's answer with its part; what tells of worry apart from the rest."""
    part = (
        _PART_OF_QUESTION.get(question.slug) or _PART_OF_SECTION[SectionChoices(question.section)]
    )
    worries = {o.finding.slug for o in question.options} & _WORRY
    if part is Part.WORRY or not worries & evidence.present:
        yield part, answer_to(question, check, evidence)
        return
    key = f"{question.slug}.{Part.WORRY.value}"
    yield Part.WORRY, answer_to(question, check, evidence, only=worries, key=key)
    others = {o.finding.slug for o in question.options} - worries
    rest = answer_to(question, check, evidence, only=others)
    if rest.findings:
        yield part, rest


def _red_flags(kb: KnowledgeBase) -> tuple[str, ...]:
    """Return what alone asks for a doctor: the emergency signs, and the losses that another person could see."""
    return tuple(
        option.finding.slug
        for question in kb.questions.values()
        # What the movement looks like stands in a part of its own.
        if question.section != SectionChoices.MOVEMENT
        for option in question.options
        if option.finding.kind is FindingKind.OBJECTIVE
        and (question.section == SectionChoices.NOW or option.finding.floor is not None)
    )


def _denied(kb: KnowledgeBase, evidence: Evidence, flags: tuple[str, ...]) -> Iterable[str]:
    """Yield the red flags that were denied; not the emergency signs one by one where all of them were."""
    all_well = {
        question.slug
        for question in kb.questions.values()
        if question.section == SectionChoices.NOW
        and not any(option.finding.slug in evidence.present for option in question.options)
    }
    return (f for f in flags if f in evidence.denied and kb.question_of[f].slug not in all_well)


def _left_open(
    kb: KnowledgeBase, check: Check, evidence: Evidence, flags: tuple[str, ...]
) -> Iterable[str]:
    """Yield the red flags that were asked line by line, or all at once, and answered "not sure"."""
    asked = {
        option.finding.slug
        for question in counted(kb, check, evidence)
        for option in question.options
        if _was_offered(option, evidence)
    }
    return (flag for flag in flags if flag in asked and flag not in evidence.states)
