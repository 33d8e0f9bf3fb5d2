"""From drafts to a release: collect, check, store. Needs what we know and what we ask, so it lives here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from checker.engine.evaluation import ScenarioError
from checker.engine.knowledge import KnowledgeError, Row, build
from conditions import content, editions
from conditions.models import Release

from .scenarios import Report, report_on


class PublishError(ValueError):
    """The drafts cannot be published. `problems` says why, for the editor."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(problems))


@dataclass(frozen=True, slots=True)
class Draft:
    """The content as it stands, checked, with what it would change."""

    rows: tuple[Row, ...]
    document: str
    checksum: str
    changes: content.Changes
    report: Report


def draft() -> Draft:
    """Return what publishing would store now. Raises PublishError with every problem."""
    rows = content.rows_of_database()
    located = [
        content.Located(
            row, content.describe(row["model"], content.natural_key(row["model"], row["fields"]))
        )
        for row in rows
    ]
    try:
        checked = content.check_rows(located)
        report = report_on(build(checked), rows)
    except (content.ContentError, KnowledgeError, ScenarioError) as error:
        raise PublishError([str(problem) for problem in error.problems]) from error
    latest = Release.objects.order_by("-number").first()
    before = editions.rows_of(latest.document) if latest else ()
    document = editions.canonical(rows)
    return Draft(
        rows=tuple(rows),
        document=document,
        checksum=editions.checksum(document),
        changes=content.changes_between(before, rows, prune=True),
        report=report,
    )


def publish(*, by: User | None = None, note: str = "") -> Release | None:
    """Publish the drafts as a new release. Returns None if nothing changed since the last one.

    Raises PublishError if the content does not hold together or a scenario's emergency is missed.
    """
    with transaction.atomic():
        # The last release is locked, so two publishers cannot take one number (SQLite locks as a whole).
        latest = Release.objects.select_for_update().order_by("-number").first()
        ready = draft()
        if latest is not None and latest.checksum == ready.checksum:
            return None
        if ready.report.missed_emergencies:
            missed = ", ".join(ready.report.missed_emergencies)
            raise PublishError(
                [f"These scenarios are emergencies and would not be told so: {missed}."]
            )
        release = Release.objects.create(
            number=latest.number + 1 if latest else 1,
            document=ready.document,
            checksum=ready.checksum,
            published_at=timezone.now(),
            published_by=by,
            note=note,
            report=ready.report.as_json(),
        )
    editions.watcher.look_now()
    return release
