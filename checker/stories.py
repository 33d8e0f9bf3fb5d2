"""What a change of the content does to the stories: which come out otherwise, from what to what, and why.

A story is judged as it is now written, on the content in force and on the new content, with the same engine. So a
story that was added, and fails on both, is no worsening; and one that was removed or loosened is shown as it would
come out by its old expectation.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from checker.engine.evaluation import (
    Outcome,
    Scenario,
    ScenarioError,
    read_scenarios,
    run_through_questionnaire,
)
from checker.engine.knowledge import KnowledgeBase, Row
from checker.engine.urgency import ReasonKind
from checker.engine.vocabulary import Urgency
from conditions.choices import UrgencyChoices
from conditions.editions import Edition

from . import models
from .knowledge import knowledge_base_of
from .scenarios import Report, written_scenarios

MOST_CONTENTS = 6
"""Of so many states of the content the outcomes are kept: the release in force, the drafts, a few before."""


class Runs:
    """Outcomes that are known, by the checksum of the content and the story. A whole run takes some seconds."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, dict[Scenario, Outcome]] = OrderedDict()
        self._lock = threading.Lock()

    def of(
        self, checksum: str, kb: KnowledgeBase, scenarios: Iterable[Scenario]
    ) -> dict[str, Outcome]:
        """Return the outcome of each story on a content, by its id. Only new ones are run."""
        # One at a time: who asks for the same content at the same moment waits and then has it.
        with self._lock:
            known = self._known.setdefault(checksum, {})
            self._known.move_to_end(checksum)
            while len(self._known) > MOST_CONTENTS:
                self._known.popitem(last=False)
            for scenario in scenarios:
                if scenario not in known:
                    known[scenario] = run_through_questionnaire(kb, scenario)
            return {scenario.id: known[scenario] for scenario in scenarios}

    def remember(self, checksum: str, outcomes: Mapping[Scenario, Outcome]) -> None:
        """Take over outcomes that are stored with a release."""
        with self._lock:
            self._known.setdefault(checksum, {}).update(outcomes)


runs = Runs()


@cache
def code_fingerprint() -> str:
    """Return a hash over the code that outcomes and findings of the checks come from."""
    digest = hashlib.sha256()
    here = Path(__file__).parent
    for path in sorted([*here.rglob("*.py"), *(here.parent / "conditions").rglob("*.py")]):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def stored_outcomes(
    report: Mapping[str, Any], stories: Mapping[str, Scenario]
) -> dict[Scenario, Outcome]:
    """Return the outcomes that a release keeps, if they were made by the code as it is now; else none."""
    if report.get("code") != code_fingerprint():
        return {}
    return {
        story: Outcome(
            scenario=story,
            urgency=Urgency.from_slug(each["urgency"]),
            shown=tuple(each["shown"]),
            fitted_well=each["fitted_well"],
            rank=each["rank"],
            alarmed=each["alarmed"],
            reasons=tuple(each["reasons"]),
            screens=each["screens"],
            ended_early=each["ended_early"],
            baseline=(),  # of the trivial ways, which are not compared
        )
        for each in report.get("each", ())
        if (story := stories.get(each["id"])) is not None
    }


@dataclass(frozen=True)
class Told:
    """A content with its stories: a release, or the drafts."""

    checksum: str
    kb: KnowledgeBase
    rows: Sequence[Row]

    @cached_property
    def stories(self) -> Mapping[str, Scenario]:
        return {s.id: s for s in read_scenarios(self.kb, written_scenarios(self.rows))}

    @cached_property
    def texts(self) -> Mapping[str, str]:
        return {
            row["fields"]["slug"]: row["fields"]["story"]
            for row in self.rows
            if row["model"] == "checker.scenario"
        }

    def run(self, stories: Iterable[Scenario]) -> dict[str, Outcome]:
        """Run those stories that this content can run: that name nothing it does not know."""
        return runs.of(self.checksum, self.kb, [s for s in stories if self._knows(s)])

    @property
    def report(self) -> Report:
        return Report(tuple(self.run(self.stories.values()).values()))

    def _knows(self, story: Scenario) -> bool:
        return (story.present | story.absent) <= self.kb.findings.keys() and (
            story.conditions | story.never
        ) <= self.kb.conditions.keys()


class Fate(StrEnum):
    KEPT = "kept"
    ADDED = "added"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class StoryChange:
    """One story that comes out otherwise, or that was itself changed."""

    id: str
    story: str
    fate: Fate
    edits: tuple[str, ...]
    """What of the story itself was changed, in words."""
    loosened: bool
    """Whether the story asks less than before, or tells something else."""
    before: Outcome | None
    """On the content in force. None where that cannot run it."""
    after: Outcome | None
    """On the new content, as the story is now written."""
    by_old_expectation: Outcome | None
    """On the new content, as the story was written; only if that was changed or removed."""

    @property
    def is_unsafe_now(self) -> bool:
        """Whether it was safe on the content in force, and is told less urgent than it should be on the new one."""
        before, after = self.before, self.after
        return bool(before and after and before.is_safe and not after.is_safe)

    @property
    def is_missed(self) -> bool:
        """Whether it is an emergency and would not be told so."""
        after = self.after
        return bool(after and after.is_emergency_story and not after.is_accepted)

    @property
    def fails_its_old_expectation(self) -> str:
        """What the new content would get wrong if the story still asked what it asked: "" or words."""
        old = self.by_old_expectation
        if old is None or old.is_accepted:
            return ""
        if old.is_emergency_story:
            return "an emergency that would not be told so"
        return "too urgent" if old.is_safe else "less urgent than it should be"

    @property
    def worse(self) -> tuple[str, ...]:
        """In which ways it comes out worse than on the content in force, in words."""
        if self.before is None or self.after is None:
            return ()
        return tuple(_worse(self.before, self.after))

    @property
    def outcome_differs(self) -> bool:
        return _seen(self.before) != _seen(self.after)


def _seen(outcome: Outcome | None) -> object:
    """What a person would notice of an outcome."""
    if outcome is None:
        return None
    return outcome.urgency, outcome.shown[:3], outcome.fitted_well, outcome.ended_early


def _worse(before: Outcome, after: Outcome) -> Iterator[str]:
    if before.is_safe and not after.is_safe:
        yield "less urgent than it should be"
    elif _distance(after) > _distance(before):
        yield "further from the level that is right"
    elif before.urgency is before.scenario.urgency[0] is not after.urgency:
        yield "no longer the level of first choice"
    if before.scenario.conditions and not (before.ended_early or after.ended_early):
        was, now = before.rank or 99, after.rank or 99
        if was <= 3 < now:
            yield "the right cause is no longer among the first three"
        elif was == 1 < now:
            yield "the right cause is no longer first"
    if before.scenario.urgency[0] <= Urgency.ROUTINE and after.alarmed and not before.alarmed:
        yield "a feared disease is named, and nothing is urgent"
    expects_nothing = not (before.scenario.conditions or after.ended_early)
    if expects_nothing and after.fitted_well and not before.fitted_well:
        yield "something fits well where nothing should"


def _distance(outcome: Outcome) -> int:
    """How many levels an outcome is away from the nearest accepted one."""
    return min(abs(outcome.urgency - level) for level in outcome.scenario.urgency)


def compare_stories(before: Told | None, after: Told) -> tuple[StoryChange, ...]:
    """Return every story that is changed, added, removed, or comes out otherwise; the gravest first."""
    old, new = (before.stories if before else {}), after.stories
    now = after.run(new.values())
    was = before.run(new.values()) if before else {}
    was_by_old = before.run(old.values()) if before else {}
    changed = [story for id, story in old.items() if new.get(id) != story]
    by_old = after.run(changed)
    changes = []
    for id in sorted({*old, *new}):
        fate = Fate.ADDED if id not in old else Fate.REMOVED if id not in new else Fate.KEPT
        edits, loosened = _edits(old.get(id), new.get(id))
        text = (after.texts if id in new else before.texts if before else {}).get(id, "")
        change = StoryChange(
            id=id,
            story=text,
            fate=fate,
            edits=edits,
            loosened=loosened,
            before=was.get(id) if id in new else was_by_old.get(id),
            after=now.get(id),
            by_old_expectation=by_old.get(id),
        )
        if before is None and not change.is_missed:
            continue
        if edits or change.outcome_differs or change.worse:
            changes.append(change)
    return tuple(sorted(changes, key=_gravity))


def _gravity(change: StoryChange) -> tuple[bool, bool, bool, bool, str]:
    return (
        not change.is_missed,
        not change.is_unsafe_now,
        not change.worse,
        not change.loosened,
        change.id,
    )


def _edits(old: Scenario | None, new: Scenario | None) -> tuple[tuple[str, ...], bool]:
    """Return what was changed of a story itself, and whether that makes it ask less or tell something else."""
    if old is None or new is None:
        return ("removed",) if new is None else ("added",), new is None
    edits = [*_expectation_edits(old, new), *_fact_edits(old, new)]
    return tuple(words for words, _ in edits), any(loosens for _, loosens in edits)


def _expectation_edits(old: Scenario, new: Scenario) -> Iterator[tuple[str, bool]]:
    more = [level for level in new.urgency if level not in old.urgency]
    fewer = [level for level in old.urgency if level not in new.urgency]
    if more:
        yield f"also accepts {_levels(more)}", True
    if fewer:
        yield f"no longer accepts {_levels(fewer)}", False
    if old.urgency[0] is not new.urgency[0]:
        said = f"the level of first choice is {_levels(new.urgency[:1])}, was {_levels(old.urgency[:1])}"
        yield said, new.urgency[0] < old.urgency[0]
    if old.conditions != new.conditions:
        # One of fewer named causes is a stricter demand; a cause more, or none instead of some, is not.
        stricter = bool(new.conditions) and new.conditions < old.conditions
        said = ", ".join(sorted(new.conditions)) or "that nothing fits well"
        yield f"expects {said}; was {', '.join(sorted(old.conditions)) or 'nothing'}", not stricter
    if old.never - new.never:
        yield f"no longer forbids {', '.join(sorted(old.never - new.never))}", True
    if new.never - old.never:
        yield f"also forbids {', '.join(sorted(new.never - old.never))}", False


def _fact_edits(old: Scenario, new: Scenario) -> Iterator[tuple[str, bool]]:
    for word, had, has in (
        ("there", old.present, new.present),
        ("denied", old.absent, new.absent),
    ):
        if has - had:
            yield f"newly {word}: {', '.join(sorted(has - had))}", True
        if had - has:
            yield f"no longer {word}: {', '.join(sorted(had - has))}", True
    if old.otherwise_absent is not new.otherwise_absent:
        yield "answers what it does not mention in another way", True
    if old.tune is not new.tune:
        yield f"half: {_half(new.tune)}, was: {_half(old.tune)}", True


def _half(tune: bool | None) -> str:
    return {True: "may set bands and rules", False: "only measured", None: "none"}[tune]


def _levels(levels: Iterable[Urgency]) -> str:
    return ", ".join(level_in_words(level) for level in levels)


def level_in_words(level: Urgency) -> str:
    return UrgencyChoices(level.slug).label.partition(":")[0].lower()


def reasons_in_words(kb: KnowledgeBase, outcome: Outcome) -> tuple[str, ...]:
    """Return why an outcome has its level, as the desk says it."""
    return tuple(_reason(kb, *reason.partition(":")[::2]) for reason in outcome.reasons)


def _reason(kb: KnowledgeBase, kind: str, slug: str) -> str:
    match ReasonKind(kind):
        case ReasonKind.SIGN:
            return f"Warning sign: {kb.signs[slug].statement}"
        case ReasonKind.CALM:
            return f"Calm sign: {kb.signs[slug].statement}"
        case ReasonKind.FLOOR:
            return f"By itself: {kb.findings[slug].label}"
        case ReasonKind.MATCH:
            return f"Fits well: {kb.conditions[slug].name}"
        case ReasonKind.UNTOLD:
            return "Nothing fired and nothing fits: we could not tell"
        case ReasonKind.NOT_EARNED:
            return "Self-care is not earned: the safety questions are open"


@dataclass(frozen=True, slots=True)
class Side:
    """How a story comes out on one content, in words."""

    level: str
    slug: str
    is_accepted: bool
    is_safe: bool
    shown: tuple[str, ...]
    """The first three names."""
    reasons: tuple[str, ...]
    screens: int
    ended_early: bool


def side(kb: KnowledgeBase, outcome: Outcome) -> Side:
    return Side(
        level=UrgencyChoices(outcome.urgency.slug).label,
        slug=outcome.urgency.slug,
        is_accepted=outcome.is_accepted,
        is_safe=outcome.is_safe,
        shown=tuple(kb.conditions[slug].name for slug in outcome.shown[:3]),
        reasons=reasons_in_words(kb, outcome),
        screens=outcome.screens or 0,
        ended_early=outcome.ended_early,
    )


def run_story(scenario: models.Scenario, edition: Edition | None) -> Side | None:
    """Run one stored story on an edition. None if there is none, or if it lacks what the story names."""
    if edition is None:
        return None
    kb = knowledge_base_of(edition)
    fields = {field.name: getattr(scenario, field.name) for field in scenario._meta.fields}
    row = {"model": "checker.scenario", "fields": fields}
    try:
        (story,) = read_scenarios(kb, written_scenarios([row]))
    except ScenarioError:
        return None
    return side(kb, run_through_questionnaire(kb, story))
