"""From drafts to a release, and back to an older one: collect, check, judge, store.

    plan = draft()                       what publishing would do, with everything that speaks against it
    publish(by=user, note=.., reason=..) does it, or raises PublishError and changes nothing
    roll_back(3, by=user, reason=..)     an older document under a new number, through the same gates

The gates (docs/adr/0008). Content that does not hold together is never published. Refused as well is what finds a
new error of the content checks, misses an emergency story, or makes a story less urgent than it should be. Whatever
else comes out worse, and every story that is removed or asks less, needs a written reason, which the release keeps.
"""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from functools import cached_property
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone

from checker.engine.knowledge import Row
from conditions import content, editions
from conditions.comparison import Comparison, compare
from conditions.history import models_with_history
from conditions.models import Release

from .content_checks import Level, Problem, check_content
from .loading import check_together, check_whole
from .scenarios import Report
from .stories import (
    Fate,
    StoryChange,
    Told,
    code_fingerprint,
    compare_stories,
    runs,
    stored_outcomes,
)

LONGEST_NOTE = 300
LONGEST_REASON = 2000


class PublishError(ValueError):
    """It cannot be published. `problems` says why, for the editor."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(problems))


@dataclass(frozen=True)
class Plan:
    """What publishing would store now, what it would change, and what speaks against it."""

    rows: tuple[Row, ...]
    document: str
    checksum: str
    changes: content.Changes
    report: Report
    stories: tuple[StoryChange, ...]
    told: Told
    told_now: Told | None
    """The release in force, if it can still be read."""
    problems: tuple[Problem, ...]
    """Everything that the content checks find in it."""
    new_problems: tuple[Problem, ...]
    """Those that the release in force does not have. Empty for the first release: nothing is broken by it."""
    mended_problems: tuple[Problem, ...]
    base: int
    """The number of the release in force; 0 without one."""
    base_checksum: str
    fingerprint: str = ""
    """Of the drafts, while they are what would be published."""

    @property
    def is_changed(self) -> bool:
        return self.checksum != self.base_checksum

    @cached_property
    def comparison(self) -> Comparison:
        return compare(self.told_now.rows if self.told_now else (), self.rows)

    @cached_property
    def broken_checks(self) -> tuple[Problem, ...]:
        return tuple(p for p in self.new_problems if p.level is Level.ERROR)

    @cached_property
    def blockers(self) -> tuple[str, ...]:
        """Why it cannot be published, in words."""
        return tuple(self._blockers())

    def _blockers(self) -> Iterator[str]:
        for problem in self.broken_checks:
            yield f"A content check breaks: {problem.where}: {problem.message}. {problem.mend}"
        missed = self.report.missed_emergencies
        if missed:
            yield f"These scenarios are emergencies and would not be told so: {', '.join(missed)}."
        unsafe = [change.id for change in self.stories if change.is_unsafe_now]
        if unsafe:
            yield f"These scenarios would come out less urgent than they should be: {', '.join(unsafe)}."

    @cached_property
    def worse(self) -> tuple[str, ...]:
        """What needs a written reason, in words."""
        return tuple(self._worse())

    def _worse(self) -> Iterator[str]:
        if self.base and self.told_now is None:
            yield "The current release cannot be compared with: its content is of an older form."
        for change in self.stories:
            if change.fate is Fate.REMOVED:
                yield f"The scenario {change.id} is removed.{_by_old(change)}"
            elif change.loosened:
                yield f"The scenario {change.id} is changed: {'; '.join(change.edits)}.{_by_old(change)}"
            if change.worse and not change.is_unsafe_now:
                yield f"The scenario {change.id} comes out worse: {'; '.join(change.worse)}."

    @property
    def lost_by_todays_stories(self) -> tuple[str, ...]:
        """What the stories of the release in force, as they are written there, would call unsafe."""
        return tuple(
            f"By today's scenario {change.id} it would be {change.fails_its_old_expectation}."
            for change in self.stories
            if change.by_old_expectation is not None
            and not change.by_old_expectation.is_safe
            and not change.is_unsafe_now
        )


def _by_old(change: StoryChange) -> str:
    fails = change.fails_its_old_expectation
    return f" By what it asked before, the new content is wrong: {fails}." if fails else ""


# --- planning --------------------------------------------------------------------------------------

_lock = threading.Lock()
_latest: tuple[object, Plan] | None = None
_found: OrderedDict[object, tuple[Problem, ...]] = OrderedDict()
MOST_FOUND = 6


def draft() -> Plan:
    """Return what publishing the drafts would do now. Raises PublishError with every problem.

    Kept until a draft, the release in force or the day is another one: running every story takes some seconds.
    """
    global _latest
    with _lock:
        key = (content.fingerprint_of_database(), _newest_number(), timezone.localdate())
        if _latest is not None and _latest[0] == key:
            return _latest[1]
        try:
            rows, fingerprint = content.rows_at_rest()
        except content.ContentError as error:
            raise PublishError([str(problem) for problem in error.problems]) from error
        plan = plan_of(rows, editions.canonical(rows), fingerprint=fingerprint)
        _latest = ((fingerprint, plan.base, key[2]), plan)
        return plan


def plan_of(rows: Sequence[Row], document: str, *, fingerprint: str = "") -> Plan:
    """Return what it would mean to publish these rows now. Raises PublishError if they do not hold together."""
    try:
        # Complete: what today's models added since an older release has its default.
        rows = content.check_rows([content.Located(row, _where(row)) for row in rows])
        kb = check_together(rows)
    except content.ContentError as error:
        raise PublishError([str(problem) for problem in error.problems]) from error
    latest = Release.objects.order_by("-number").first()
    told = Told(editions.checksum(document), kb, rows)
    told_now = told_of(latest) if latest else None
    problems = _checks_of(told) if latest else ()
    before = _checks_of(told_now) if told_now else ()
    return Plan(
        rows=tuple(rows),
        document=document,
        checksum=told.checksum,
        changes=content.changes_between(told_now.rows if told_now else (), rows, prune=True),
        report=told.report,
        stories=compare_stories(told_now, told),
        told=told,
        told_now=told_now,
        problems=problems,
        new_problems=_new(before, problems),
        mended_problems=_new(problems, before),
        base=latest.number if latest else 0,
        base_checksum=latest.checksum if latest else "",
        fingerprint=fingerprint,
    )


def _where(row: Row) -> str:
    return content.describe(*content.identity(row))


def _newest_number() -> int:
    return Release.objects.order_by("-number").values_list("number", flat=True).first() or 0


def told_of(release: Release) -> Told | None:
    """Return a release as something to compare with; None if today's code cannot read it any more."""
    located = [content.Located(row, str(release)) for row in editions.rows_of(release.document)]
    try:
        rows = content.check_rows(located)
        told = Told(release.checksum, check_together(rows), rows)
    except content.ContentError:
        return None
    # What was worked out when it was published need not be worked out again.
    runs.remember(told.checksum, stored_outcomes(release.report, told.stories))
    stored = release.report.get("problems")
    if stored is not None and release.report.get("code") == code_fingerprint():
        _found.setdefault(
            (told.checksum, timezone.localdate()),
            tuple(Problem(Level(level), *words) for level, *words in stored),
        )
    return told


def _checks_of(told: Told) -> tuple[Problem, ...]:
    """Return what the content checks find. Takes some seconds, so it is kept by the checksum."""
    key = (told.checksum, timezone.localdate())
    if key not in _found:
        _found[key] = check_content(told.rows, today=key[1])
        while len(_found) > MOST_FOUND:
            _found.popitem(last=False)
    return _found[key]


def _new(before: Sequence[Problem], after: Sequence[Problem]) -> tuple[Problem, ...]:
    """Return the problems that were not there before. Their words may differ: a reading grade that rose a little."""
    same = Counter(before)
    left = [problem for problem in after if not _take(same, problem)]
    alike = Counter(_place(problem) for problem in same.elements())
    return tuple(problem for problem in left if not _take(alike, _place(problem)))


def _place(problem: Problem) -> tuple[str, str, str]:
    return problem.level, problem.check, problem.where


def _take(counter: Counter[Any], item: object) -> bool:
    """Take one of an item away. Returns False if there is none left."""
    if counter[item] <= 0:
        return False
    counter[item] -= 1
    return True


# --- publishing ------------------------------------------------------------------------------------


def publish(
    *, by: User | None = None, note: str = "", reason: str = "", reviewed: str = ""
) -> Release | None:
    """Publish the drafts as a new release. Returns None if nothing changed since the last one.

    `reviewed` is the checksum of what the publisher looked at: if the drafts are others by now, they look again.
    Raises PublishError if a gate is closed, and changes nothing.
    """
    plan = draft()
    if plan.base and plan.checksum == plan.base_checksum:
        return None
    if reviewed and reviewed != plan.checksum:
        raise PublishError(
            ["The drafts changed since you looked at them. Look again, then publish."]
        )
    refusals = [*plan.blockers]
    if plan.worse and not reason.strip():
        refusals += [*plan.worse, "Write down why this is right nevertheless."]
    if by is not None and settings.PUBLISH_NEEDS_SECOND_PERSON and are_all_edits_by(by):
        refusals.append(OWN_EDITS)
    if refusals:
        raise PublishError(refusals)
    return _store(plan, by=by, note=note, reason=reason, kept={"worse": list(plan.worse)})


OWN_EDITS = "Every change since the last release is your own. Somebody else has to look at them and publish."


def are_all_edits_by(user: User) -> bool:
    """Whether nobody but this user edited since the last release. False where nobody did."""
    return editors_since_last_release() == {user.pk}


def editors_since_last_release() -> set[int]:
    """Return the ids of the users whose edits stand in the history since the last release."""
    since = Release.objects.order_by("-number").values_list("published_at", flat=True).first()
    editors: set[int] = set()
    for model in models_with_history():
        edits = model.history.exclude(history_user=None).order_by()  # type: ignore[attr-defined]
        if since is not None:
            edits = edits.filter(history_date__gt=since)
        editors |= set(edits.values_list("history_user", flat=True).distinct())
    return editors


def _store(
    plan: Plan, *, by: User | None, note: str, reason: str, kept: Mapping[str, Any]
) -> Release:
    """Store a plan as the next release, if the world is still the one it was made for."""
    try:
        with transaction.atomic():
            # Whoever comes second waits here (SQLite locks as a whole), and then sees the first one's release.
            Release.objects.select_for_update().order_by("-number").first()
            if _newest_number() != plan.base:
                raise PublishError(["Somebody else published meanwhile. Look again, then publish."])
            if plan.fingerprint and plan.fingerprint != content.fingerprint_of_database():
                raise PublishError(["Somebody saved a draft meanwhile. Look again, then publish."])
            release = Release.objects.create(
                number=plan.base + 1,
                document=plan.document,
                checksum=plan.checksum,
                published_at=timezone.now(),
                published_by=by,
                note=note.strip()[:LONGEST_NOTE],
                report={
                    **plan.report.as_json(),
                    "code": code_fingerprint(),
                    "problems": [astuple(p) for p in plan.problems] if plan.base else None,
                    "publishing": {"reason": reason.strip()[:LONGEST_REASON], **kept},
                },
            )
    except IntegrityError as error:  # the first release of all: there was no row to wait at
        raise PublishError(["Somebody else published meanwhile. Look again."]) from error
    editions.watcher.look_now()
    return release


# --- going back ------------------------------------------------------------------------------------


def plan_back(release: Release) -> Plan:
    """Return what it would mean to publish an older release again. Raises PublishError if that is impossible."""
    if not is_intact(release):
        raise PublishError([f"{release} does not match its checksum. It cannot be used."])
    return plan_of(editions.rows_of(release.document), release.document)


def roll_back(
    number: int, *, by: User | None = None, note: str = "", reason: str = ""
) -> Release | None:
    """Publish an older release again, under a new number. Returns None if it says what is in force already.

    The same gates, but one: the release was in force before, and what is in force now may be the greater danger.
    So a written reason opens what the stories and checks of today close. Nothing opens it for content that does
    not hold together. The drafts stay as they are.
    """
    plan = plan_back(Release.objects.get(number=number))
    if plan.base and plan.checksum == plan.base_checksum:
        return None
    against = [*plan.blockers, *plan.lost_by_todays_stories, *plan.worse]
    if against and not reason.strip():
        raise PublishError([*against, "Write down why this is right nevertheless."])
    return _store(
        plan,
        by=by,
        note=note or f"Back to release {number}.",
        reason=reason,
        kept={"back_to": number, "overridden": list(plan.blockers), "worse": list(plan.worse)},
    )


def restore_drafts(release: Release) -> content.Changes:
    """Make the drafts what a release says. What they were stays in the history. Raises PublishError."""
    if not is_intact(release):
        raise PublishError([f"{release} does not match its checksum. It cannot be used."])
    rows = editions.rows_of(release.document)
    try:
        check_whole(rows)
        located = [content.Located(row, str(release)) for row in rows]
        return content.save_rows(
            content.check_rows(located),
            prune=True,
            reason=f"Restored from release {release.number}.",
        )
    except content.ContentError as error:
        raise PublishError([str(problem) for problem in error.problems]) from error


def is_intact(release: Release) -> bool:
    """Whether a release still holds the document that was published."""
    return editions.checksum(release.document) == release.checksum
