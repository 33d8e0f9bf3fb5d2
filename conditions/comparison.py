"""The difference between two states of the content, field by field, in the words of the desk.

`compare(before, after)` takes rows (a release, the drafts) and returns what changed, gathered by the entry, sign or
question that it belongs to. Templates and commands only print it.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any, NamedTuple

from django.db import models
from django.utils.text import capfirst

from .content import ORDER, PARENT, Key, Row, fields_of, identity, model_of

CONTEXT_WORDS = 12
"""So many unchanged words are shown on each side of a change."""
MOST_WORDS = 3000
"""Longer texts are compared by lines."""

_LABELS = {
    "conditions.source": "title",
    "conditions.finding": "label",
    "conditions.keyfigure": "statement",
    "conditions.warningsign": "statement",
    "conditions.careadvice": "headline",
    "conditions.concern": "question",
    "conditions.article": "title",
    "checker.question": "title",
    "checker.option": "label",
    "checker.scenario": "slug",
}
_LISTS_OF = {
    "present": "conditions.finding",
    "absent": "conditions.finding",
    "expect_conditions": "conditions.condition",
    "never": "conditions.condition",
}
"""What the slugs in a scenario's lists name."""


class Kind(StrEnum):
    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"


class Piece(NamedTuple):
    """A part of a value: "same", "old" (only before), "new" (only after), or a "gap" of unchanged words."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class FieldChange:
    name: str
    label: str
    before: str
    after: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class RowChange:
    """One row that was added, changed or removed."""

    kind: Kind
    model: str
    what: str
    title: str
    fields: tuple[FieldChange, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """All that changed in one entry, sign, question ..., the row itself first."""

    what: str
    title: str
    key: str
    rows: tuple[RowChange, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    sections: tuple[Section, ...]

    def __bool__(self) -> bool:
        return bool(self.sections)

    @property
    def counts(self) -> Mapping[str, int]:
        """How many rows were added, changed and removed."""
        kinds = [row.kind for section in self.sections for row in section.rows]
        return {kind.value: kinds.count(kind) for kind in Kind}


Names = Mapping[tuple[str, Key], str]


def compare(
    before: Iterable[Row], after: Iterable[Row], names: Names = MappingProxyType({})
) -> Comparison:
    """Return what differs, in the order of the content. `names` are those of rows that are only linked to."""
    old = {identity(row): row["fields"] for row in before}
    new = {identity(row): row["fields"] for row in after}
    names = {**names, **{key: _name(key[0], fields) for key, fields in (old | new).items()}}
    found: dict[tuple[str, Key], list[RowChange]] = {}
    keys = sorted({*old, *new}, key=lambda key: (ORDER.index(key[0]), str(key[1])))
    for key in keys:
        if old.get(key) != new.get(key):
            change = _row_change(key, old.get(key), new.get(key), names)
            found.setdefault(_root(key[0], new.get(key) or old[key]), []).append(change)
    order = sorted(found, key=lambda key: (ORDER.index(key[0]), names.get(key, "").casefold()))
    return Comparison(
        tuple(
            Section(_what(label), names.get((label, key), str(key[0])), str(key[0]), tuple(rows))
            for label, key in order
            for rows in (found[(label, key)],)
        )
    )


def names_of_database() -> Names:
    """Return how the desk calls the rows that others link to. A query for each kind."""
    found: dict[tuple[str, Key], str] = {}
    for label in (
        "source",
        "finding",
        "cause",
        "movement",
        "condition",
        "warningsign",
        "keyfigure",
    ):
        label = f"conditions.{label}"
        rows = model_of(label)._default_manager.values_list("slug", _LABELS.get(label, "name"))
        found |= {(label, (slug,)): name for slug, name in rows}
    return found


def _root(label: str, fields: Mapping[str, Any]) -> tuple[str, Key]:
    """Return the row to which a row belongs at last: the sign of a clause."""
    if label == "conditions.clause":
        return "conditions.warningsign", (fields["rule"][0],)
    parent = PARENT.get(label)
    if parent is None:
        return label, identity({"model": label, "fields": fields})[1]
    target = model_of(label)._meta.get_field(parent).related_model
    return target._meta.label_lower, tuple(fields[parent])  # type: ignore[union-attr]


def _what(label: str) -> str:
    return capfirst(str(model_of(label)._meta.verbose_name))


def _name(label: str, fields: Mapping[str, Any]) -> str:
    """Return how the desk calls a row."""
    match label:
        case "conditions.association":
            return " ".join(fields["finding"])
        case "conditions.lookalike":
            return " ".join(fields["other"]) if fields["other"] else str(fields["words"])
        case "conditions.rule" | "conditions.clause":
            return f"no. {fields['position'] + 1}"
    return str(fields.get(_LABELS.get(label, "name"), ""))


def _row_change(
    key: tuple[str, Key],
    old: Mapping[str, Any] | None,
    new: Mapping[str, Any] | None,
    names: Names,
) -> RowChange:
    label = key[0]
    kind = Kind.ADDED if old is None else Kind.REMOVED if new is None else Kind.CHANGED
    title = names[key]
    if label == "conditions.association":
        title = names.get(("conditions.finding", (title,)), title)
    if label == "conditions.lookalike":
        title = names.get(("conditions.condition", (title,)), title)
    changes = []
    for field in _fields(label, (new or {}).keys() | (old or {}).keys()):
        before, after = (old or {}).get(field.name), (new or {}).get(field.name)
        if before == after:
            continue
        said = tuple(in_words(field, value, names) for value in (before, after))
        if kind is not Kind.CHANGED and not any(said):
            continue
        changes.append(
            FieldChange(
                name=field.name,
                label=capfirst(str(field.verbose_name)),
                before=said[0],
                after=said[1],
                pieces=tuple(pieces(*said, by_words=isinstance(field, models.TextField))),
            )
        )
    return RowChange(kind, label, _what(label), title, tuple(changes))


def _fields(label: str, names: Iterable[str]) -> Iterator[models.Field[Any, Any]]:
    """The fields of a row that today's model still has. An older release may hold others."""
    names = set(names)
    return (field for field in fields_of(model_of(label)) if field.name in names)


def in_words(field: models.Field[Any, Any], value: Any, names: Names) -> str:
    """Return a value as the desk shows it; "" for none."""
    if value is None or value == "" or value == [] or value == {}:
        return ""
    if field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if field.is_relation:
        target = field.related_model._meta.label_lower  # type: ignore[union-attr]
        keys = value if field.many_to_many else [value]
        said = [names.get((target, tuple(key))) or " / ".join(map(str, key)) for key in keys]
        return "\n".join(said)
    if isinstance(value, list):
        target = _LISTS_OF.get(field.name, "")
        return "\n".join(
            f"{names[(target, (item,))]} ({item})" if (target, (item,)) in names else str(item)
            for item in value
        )
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1)
    return str(value)


def pieces(before: str, after: str, *, by_words: bool = True) -> Iterator[Piece]:
    """Yield a value with what went and what came marked; long unchanged stretches become a gap."""
    if not (by_words or "\n" in before + after):
        yield from (Piece(kind, text) for kind, text in (("old", before), ("new", after)) if text)
        return
    pattern = r"\S+\s*" if by_words else r"[^\n]*\n?"
    old, new = re.findall(pattern, before), re.findall(pattern, after)
    if len(old) + len(new) > MOST_WORDS:
        old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    steps = matcher.get_opcodes()
    for place, (kind, i, j, k, m) in enumerate(steps):
        if kind == "equal":
            yield from _unchanged(old[i:j], first=place == 0, last=place == len(steps) - 1)
            continue
        if i < j:
            yield Piece("old", "".join(old[i:j]))
        if k < m:
            yield Piece("new", "".join(new[k:m]))


def _unchanged(words: Sequence[str], *, first: bool, last: bool) -> Iterator[Piece]:
    """Yield unchanged words: all of a short stretch, only those next to a change of a long one."""
    head = 0 if first else CONTEXT_WORDS
    tail = 0 if last else CONTEXT_WORDS
    if len(words) <= head + tail + CONTEXT_WORDS:
        yield Piece("same", "".join(words))
        return
    if head:
        yield Piece("same", "".join(words[:head]))
    yield Piece("gap", "")
    if tail:
        yield Piece("same", "".join(words[-tail:]))
