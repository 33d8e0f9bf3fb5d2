"""Who changed which row, when, and from what to what: one record for each save of each row, links included.

The tables are those of django-simple-history. Two things differ from its ways, see docs/adr: records are
gathered in a `batch` and written together, so that a save with ten new links is one record and not eleven; and
rows that are written in bulk (a load of fixture files) have their records too.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.db import models
from django.utils import timezone
from simple_history.models import HistoricalRecords

CREATED, CHANGED, DELETED = "+", "~", "-"
REASON_LENGTH = 100
BATCH_SIZE = 500


@dataclass
class Batch:
    """What was written so far and is not recorded yet."""

    reason: str
    at: datetime.datetime = field(default_factory=timezone.now)
    written: dict[type[models.Model], dict[int, str]] = field(default_factory=dict)

    def note(self, model: type[models.Model], pk: int, kind: str) -> None:
        """Note that a row was written. A row that was made and then changed was made."""
        self.written.setdefault(model, {}).setdefault(pk, kind)

    def forget(self, model: type[models.Model], pk: int) -> None:
        self.written.get(model, {}).pop(pk, None)

    def close(self) -> None:
        for model, rows in self.written.items():
            for kind in (CREATED, CHANGED):
                record(
                    model,
                    [pk for pk, written in rows.items() if written == kind],
                    kind,
                    reason=self.reason,
                    at=self.at,
                )


_batch: ContextVar[Batch | None] = ContextVar("history_batch", default=None)


@contextmanager
def batch(reason: str = "") -> Iterator[Batch]:
    """Record everything that is written inside at the end of it, once a row, all with one date and reason.

    A batch inside a batch is part of it. After an exception nothing is recorded: the transaction is undone as well.
    """
    outer = _batch.get()
    if outer is not None:
        yield outer
        return
    opened = Batch(reason[:REASON_LENGTH])
    token = _batch.set(opened)
    try:
        yield opened
        opened.close()
    finally:
        _batch.reset(token)


class History(HistoricalRecords):
    """The history of a content model. Follows every link to many that has no model of its own."""

    def get_m2m_fields_from_model(self, model: type[models.Model]) -> list[Any]:
        return [
            field
            for field in model._meta.local_many_to_many
            if isinstance(through := field.remote_field.through, type)
            and through._meta.auto_created
        ]

    def finalize(self, sender: type[models.Model], **kwargs: Any) -> None:
        super().finalize(sender, **kwargs)
        if hasattr(sender._meta, "simple_history_manager_attribute"):
            sender._history_tracker = self  # type: ignore[attr-defined]

    def create_historical_record(
        self, instance: models.Model, history_type: str, using: str | None = None
    ) -> None:
        opened = _batch.get()
        if opened is None:
            super().create_historical_record(instance, history_type, using)
        elif history_type != DELETED:
            opened.note(type(instance), instance.pk, history_type)
        else:
            # The row is gone once the batch is closed.
            opened.forget(type(instance), instance.pk)
            instance._history_date = opened.at  # type: ignore[attr-defined]
            instance._change_reason = opened.reason  # type: ignore[attr-defined]
            super().create_historical_record(instance, history_type, using)


def models_with_history() -> list[type[models.Model]]:
    """Return the content models, in the order of their apps."""
    return [
        model
        for model in apps.get_models()
        if hasattr(model._meta, "simple_history_manager_attribute")
    ]


def record(
    model: type[Any],
    pks: Iterable[int],
    kind: str,
    *,
    reason: str = "",
    at: datetime.datetime | None = None,
) -> int:
    """Record rows as they stand in the database, with their links. A few queries, however many rows."""
    tracker = _tracker(model)
    historical = model.history.model
    user = tracker.get_history_user(model())
    at = at or timezone.now()
    found: dict[int, Any] = {}
    wanted = sorted(pks)
    for start in range(0, len(wanted), BATCH_SIZE):
        for row in model._base_manager.filter(pk__in=wanted[start : start + BATCH_SIZE]):
            values = {f.attname: getattr(row, f.attname) for f in historical.tracked_fields}
            found[row.pk] = historical(
                history_date=at,
                history_type=kind,
                history_user=user,
                history_change_reason=reason or None,
                **values,
            )
    historical.objects.bulk_create(found.values(), batch_size=BATCH_SIZE)
    for link in historical._history_m2m_fields:
        through = link.remote_field.through
        columns = [f.attname for f in through._meta.concrete_fields]
        owner = link.m2m_column_name()
        links = through._base_manager.order_by("pk")
        if len(found) <= BATCH_SIZE:
            links = links.filter(**{f"{owner}__in": found})
        copies = tracker.m2m_models[link]
        copies.objects.bulk_create(
            [
                copies(history=found[row[owner]], **row)
                for row in links.values(*columns)
                if row[owner] in found
            ],
            batch_size=BATCH_SIZE,
        )
    return len(found)


def complete() -> int:
    """Record every row that has no history yet, as it stands. Returns how many.

    Rows come without history from `loaddata`, and from a database older than the history.
    """
    number = 0
    for model in models_with_history():
        known = model.history.values("id")  # type: ignore[attr-defined]
        bare = model._base_manager.exclude(pk__in=known).values_list("pk", flat=True)
        if pks := list(bare):
            number += record(model, pks, CREATED, reason="As it stood when its history began.")
    return number


def _tracker(model: type[Any]) -> HistoricalRecords:
    return model._history_tracker
