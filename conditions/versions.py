"""How a row came to be what it is: its versions with those of its children, what each changed, and the way back.

A version is content in the form of `content.py`, so going back is loading rows: checked, and recorded as a change.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.utils.dateformat import format as date_format

from . import content, history
from .comparison import Kind, RowChange, compare, names_of_database
from .content import Key, Row

Place = tuple[str, int]
"""A row in a database, for as long as it had that primary key: label of the model, and key."""


@dataclass(frozen=True, slots=True)
class Version:
    """A moment in which a row, or what belongs to it, was written."""

    at: datetime.datetime
    by: str
    reason: str
    changes: tuple[RowChange, ...]
    is_alive: bool
    """Whether the row was there after it."""

    @property
    def is_beginning(self) -> bool:
        """Whether everything was written for the first time: too much to tell field by field."""
        return all(change.kind is Kind.ADDED for change in self.changes)

    @property
    def stamp(self) -> str:
        """The moment as an address or a form can carry it."""
        return self.at.isoformat()


class Story:
    """All records of one row and of what belongs to it, oldest first. A few queries for each kind of row."""

    def __init__(self, model: type[Any], pk: int) -> None:
        self.top: Place = (model._meta.label_lower, pk)
        self._names = _Names()
        self._links: dict[tuple[str, str], dict[int, list[int]]] = {}
        self.records: list[Any] = sorted(
            self._collect(model, {pk}), key=lambda r: (r.history_date, r.history_id)
        )

    def _collect(self, model: type[Any], pks: set[int]) -> Iterator[Any]:
        label = model._meta.label_lower
        found = list(model.history.filter(id__in=pks).select_related("history_user"))
        for link in model.history.model._history_m2m_fields:
            rows: dict[int, list[int]] = {}
            copies = history.HistoricalRecords.m2m_models[link]
            target = link.m2m_reverse_name()
            ids = [record.history_id for record in found]
            for start in range(0, len(ids), history.BATCH_SIZE):
                chosen = copies.objects.filter(history__in=ids[start : start + history.BATCH_SIZE])
                for owner, other in chosen.values_list("history_id", target):
                    rows.setdefault(owner, []).append(other)
            self._links[label, link.name] = rows
        yield from found
        for child_label, parent in content.PARENT.items():
            child = content.model_of(child_label)
            field = child._meta.get_field(parent)
            if field.related_model is model and pks:
                of_these = child.history.filter(**{f"{parent}__in": pks})
                yield from self._collect(child, set(of_these.values_list("id", flat=True)))

    def versions(self) -> list[Version]:
        """Return the versions, newest first. A save that changed nothing is none."""
        names = names_of_database()
        state: dict[Place, Any] = {}
        before: dict[Place, Row] = {}
        found: list[Version] = []
        for at, records in groupby(self.records, key=lambda record: record.history_date):
            touched = list(records)
            for record in touched:
                self._apply(state, record)
            after = dict(before)
            for record in touched:
                place = _place_of(record)
                if place in state:
                    after[place] = self._row(state[place], state)
                else:
                    after.pop(place, None)
            places = {_place_of(record) for record in touched}
            difference = compare(_some(before, places), _some(after, places), names)
            changes = tuple(row for section in difference.sections for row in section.rows)
            if changes or not found:
                # What the row itself says stands before what its children say.
                first = min(touched, key=lambda record: _place_of(record) != self.top)
                found.append(
                    Version(
                        at=at,
                        by=str(first.history_user or ""),
                        reason=first.history_change_reason or "",
                        changes=changes,
                        is_alive=self.top in state,
                    )
                )
            before = after
        return found[::-1]

    def rows_at(self, moment: datetime.datetime, *, before: bool = False) -> list[Row]:
        """Return the row and what belonged to it at a moment (or just before it), parents first."""
        return [row for _, row in self._at(moment, before=before)]

    def keys_at(self, moment: datetime.datetime, *, before: bool = False) -> dict[Any, int]:
        """Return the primary keys that those rows had, by model and natural key."""
        return {content.identity(row): place[1] for place, row in self._at(moment, before=before)}

    def records_at(self, moment: datetime.datetime) -> dict[Place, Any]:
        """Return the newest record of each row that was there at a moment."""
        state: dict[Place, Any] = {}
        for record in self.records:
            if record.history_date <= moment:
                self._apply(state, record)
        return state

    def links_of(self, record: Any, field: str) -> list[int]:
        """Return the primary keys that a record was linked to."""
        label = record.instance_type._meta.label_lower
        return self._links[label, field].get(record.history_id, [])

    def _at(self, moment: datetime.datetime, *, before: bool) -> list[tuple[Place, Row]]:
        state: dict[Place, Any] = {}
        for record in self.records:
            if record.history_date < moment or (record.history_date == moment and not before):
                self._apply(state, record)
        order = {label: place for place, label in enumerate(content.ORDER)}
        if self.top not in state:
            return []
        places = sorted(state, key=lambda place: (order[place[0]], place[1]))
        return [(place, self._row(state[place], state)) for place in places]

    @staticmethod
    def _apply(state: dict[Place, Any], record: Any) -> None:
        if record.history_type == history.DELETED:
            state.pop(_place_of(record), None)
        else:
            state[_place_of(record)] = record

    def _row(self, record: Any, state: Mapping[Place, Any]) -> Row:
        model = record.instance_type
        fields: dict[str, Any] = {}
        for field in content.fields_of(model):
            if field.many_to_many:
                keys = [
                    self._key(field.related_model, pk, state)
                    for pk in self.links_of(record, field.name)
                ]
                fields[field.name] = sorted((list(key) for key in keys), key=str)
            elif field.is_relation:
                pk = getattr(record, field.attname)
                key = None if pk is None else self._key(field.related_model, pk, state)
                fields[field.name] = None if key is None else list(key)
            else:
                fields[field.name] = content.plain_value(field, getattr(record, field.attname))
        return {"model": model._meta.label_lower, "fields": fields}

    def _key(self, model: Any, pk: int, state: Mapping[Place, Any]) -> Key:
        """Return the natural key of a row: as it was at the time if it belongs here, else as it is."""
        record = state.get((model._meta.label_lower, pk))
        if record is not None and model.NATURAL_KEY != ("slug",):
            row = self._row(record, state)
            return content.natural_key(row["model"], row["fields"])
        return self._names.key(model, pk)


class _Names:
    """Natural keys by primary key, of rows that are there and of rows that were."""

    def __init__(self) -> None:
        self._known: dict[type[Any], dict[int, Key]] = {}

    def key(self, model: type[Any], pk: int) -> Key:
        if model not in self._known:
            rows = model._default_manager.values_list("pk", *model.NATURAL_KEY)
            self._known[model] = {row[0]: tuple(row[1:]) for row in rows}
        known = self._known[model]
        if pk not in known:
            gone = model.history.filter(id=pk).first()
            slug = getattr(gone, "slug", None)
            known[pk] = (slug,) if slug else (f"row {pk}, which is gone",)
        return known[pk]


def _some(rows: Mapping[Place, Row], places: Iterable[Place]) -> list[Row]:
    return [rows[place] for place in places if place in rows]


def _place_of(record: Any) -> Place:
    return record.instance_type._meta.label_lower, record.id


# --- the way back ----------------------------------------------------------------------------------


def restore(
    model: type[Any], pk: int, moment: datetime.datetime, *, before: bool = False
) -> content.Changes:
    """Bring a row and what belongs to it back to how it was. Raises ContentError, and changes nothing.

    What was added to it since goes; both stay in the history.
    """
    story = Story(model, pk)
    rows = story.rows_at(moment, before=before)
    if not rows:
        raise content.ContentError(
            [content.Problem("this version", "", "holds nothing to bring back")]
        )
    located = [content.Located(row, content.describe(*content.identity(row))) for row in rows]
    checked = content.check_rows(located, content.rows_of_database())
    return content.save_rows(
        checked,
        reason=f"Restored as it stood on {date_format(moment, 'j F Y, H:i')}.",
        pks=story.keys_at(moment, before=before),
    )


@dataclass(frozen=True, slots=True)
class Deleted:
    """A row that is gone, and can come back."""

    pk: int
    name: str
    at: datetime.datetime
    by: str
    reason: str


def deleted(model: type[Any]) -> list[Deleted]:
    """Return the deleted rows of a model, the latest first. Two queries."""
    gone = model.history.filter(history_type=history.DELETED).exclude(
        id__in=model._default_manager.values("pk")
    )
    newest: dict[int, Any] = {}
    for record in gone.select_related("history_user"):
        newest.setdefault(record.id, record)
    return [
        Deleted(
            pk=record.id,
            name=str(record.instance),
            at=record.history_date,
            by=str(record.history_user or ""),
            reason=record.history_change_reason or "",
        )
        for record in newest.values()
    ]
