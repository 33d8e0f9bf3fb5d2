"""Content as rows: the one form shared by fixtures, releases and imports.

A row is {"model": "conditions.finding", "fields": {...}} with foreign keys as natural keys ([slug]) and
plain JSON values, which is Django's fixture format without primary keys (`loaddata` reads it too).

* `rows_of_database()` and `rows_of_folder()` read rows; `check_rows()` says everything that is wrong;
* `save_rows()` writes them in one transaction; `write_folder()` is the one emitter of fixture files.
"""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models import QuerySet

from . import history
from .markup import PLAIN_MARKS, marks_in
from .models import LOOK_ALIKE_EITHER, Content

Row = Mapping[str, Any]
Key = tuple[Any, ...]

# Parents before children, so that a row's foreign keys are always there first.
ORDER = (
    "conditions.source",
    "conditions.finding",
    "conditions.cause",
    "conditions.movement",
    "conditions.condition",
    "conditions.association",
    "conditions.lookalike",
    "conditions.keyfigure",
    "conditions.warningsign",
    "conditions.rule",
    "conditions.clause",
    "conditions.careadvice",
    "conditions.helpline",
    "conditions.concern",
    "conditions.article",
    "checker.question",
    "checker.option",
    "checker.scenario",
)

# Rows that belong to another row: a load that names the parent replaces them all.
PARENT = {
    "conditions.association": "condition",
    "conditions.lookalike": "condition",
    "conditions.keyfigure": "condition",
    "conditions.rule": "sign",
    "conditions.clause": "rule",
    "checker.option": "question",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a row, in words that tell the editor what to do."""

    where: str
    """File and row, such as "conditions/hiccups.yaml, row 3"."""
    field: str
    message: str

    def __str__(self) -> str:
        place = f"{self.where}, field {self.field}" if self.field else self.where
        return f"{place}: {self.message}"


class ContentError(ValueError):
    """Content that cannot be used. `problems` holds every reason found."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in problems))


@dataclass(frozen=True, slots=True)
class Located:
    """A row and where it came from."""

    row: Row
    where: str


def model_of(label: str) -> type[Content]:
    return apps.get_model(label)


def fields_of(model: type[models.Model]) -> list[models.Field[Any, Any]]:
    """Return the fields that a row of this model carries, in the order of the model.

    Not the key and the version: they are of one database, and the history stands beside the rows.
    """
    own = ("version",)
    concrete = [f for f in model._meta.concrete_fields if not f.primary_key and f.name not in own]
    through = [f for f in model._meta.many_to_many if _link_table(f)[0]._meta.auto_created]
    return [*concrete, *through]


def natural_key(label: str, fields: Mapping[str, Any]) -> Key:
    """Return the natural key of a row, from its own fields."""
    key: list[Any] = []
    names = [lookup.partition("__")[0] for lookup in model_of(label).NATURAL_KEY]
    for name in dict.fromkeys(names):
        # A foreign key stands in a row as the whole natural key of the other row.
        value = fields[name]
        key.extend(value if isinstance(value, list) else [value])
    return tuple(key)


def identity(row: Row) -> tuple[str, Key]:
    """Return what a row is, whatever it says: its model and natural key."""
    return row["model"], natural_key(row["model"], row["fields"])


def _is_key(key: Sequence[Any]) -> bool:
    """Whether this may name a row: slugs and positions, nothing nested."""
    return bool(key) and all(isinstance(part, str | int) for part in key)


def describe(label: str, key: Key) -> str:
    return f"{label} {' / '.join(str(part) for part in key)}"


# --- reading ---------------------------------------------------------------------------------------


def rows_of_database() -> list[Row]:
    """Return every content row, parents first, in a stable order. Two or so queries a model."""
    keys: dict[str, dict[int, Key]] = {}
    rows: list[Row] = []
    for label in ORDER:
        model = model_of(label)
        fields = fields_of(model)
        links = _links(model, keys)
        found: list[tuple[Key, Row]] = []
        keys[label] = {}
        for values in model._default_manager.order_by().values(
            "pk", *(f.attname for f in fields if not f.many_to_many)
        ):
            content: dict[str, Any] = {}
            for field in fields:
                if field.many_to_many:
                    content[field.name] = links[field.name].get(values["pk"], [])
                elif field.is_relation:
                    target = values[field.attname]
                    content[field.name] = (
                        None if target is None else list(keys[_target(field)][target])
                    )
                else:
                    content[field.name] = plain_value(field, values[field.attname])
            key = natural_key(label, content)
            keys[label][values["pk"]] = key
            found.append((key, {"model": label, "fields": content}))
        rows += [row for _, row in sorted(found, key=lambda pair: pair[0])]
    return _with_self_links(rows, keys)


def fingerprint_of_database() -> str:
    """Return a hash over every content row as the database holds it: another one after any change.

    Every value counts, so that nothing goes unnoticed, not even an UPDATE past models and signals. A third of the
    time that `rows_of_database` takes.
    """
    digest = hashlib.sha256()
    for label in ORDER:
        model = model_of(label)
        tables: list[QuerySet[Any, Any]] = [model._base_manager.order_by("pk").values_list()]
        for field in model._meta.many_to_many:
            through, source, target = _link_table(field)
            if through._meta.auto_created:
                links = through._base_manager.order_by(source, target)
                tables.append(links.values_list(source, target))
        for table in tables:
            digest.update(f"\n{table.model._meta.db_table}\n".encode())
            for values in table:
                digest.update(repr(values).encode())
    return digest.hexdigest()


def rows_at_rest() -> tuple[list[Row], str]:
    """Return every content row and the fingerprint, read while nobody was saving.

    The tables are read one after the other. Without this an edit that is saved meanwhile could be read by half.
    Raises ContentError if the content does not come to rest.
    """
    for _ in range(MOST_READINGS):
        before = fingerprint_of_database()
        try:
            rows = rows_of_database()
        except KeyError:  # a row that names one which was not there yet when its table was read
            continue
        if fingerprint_of_database() == before:
            return rows, before
    raise ContentError([Problem("the drafts", "", "are being saved right now. Try again.")])


MOST_READINGS = 5


def _links(
    model: type[models.Model], keys: Mapping[str, Mapping[int, Key]]
) -> dict[str, dict[int, list[list[Any]]]]:
    """Return many-to-many links by field and row, as sorted natural keys."""
    links: dict[str, dict[int, list[list[Any]]]] = {}
    for field in model._meta.many_to_many:
        through, source, target = _link_table(field)
        if not through._meta.auto_created:
            continue
        found: dict[int, list[list[Any]]] = {}
        known = keys.get(_target(field), {})
        for one, other in through._default_manager.values_list(source, target):
            # Links of a model to itself are resolved once all its rows have keys.
            found.setdefault(one, []).append(list(known[other]) if other in known else [other])
        links[field.name] = {pk: sorted(values, key=str) for pk, values in found.items()}
    return links


def _with_self_links(rows: list[Row], keys: Mapping[str, Mapping[int, Key]]) -> list[Row]:
    for row in rows:
        model = model_of(row["model"])
        for field in model._meta.many_to_many:
            if field.name in row["fields"] and _target(field) == row["model"]:
                linked = row["fields"][field.name]
                row["fields"][field.name] = sorted(list(keys[row["model"]][pk]) for (pk,) in linked)
    return rows


def _link_table(field: Any) -> tuple[type[models.Model], str, str]:
    """Return the table behind a many-to-many field, and its two columns."""
    return field.remote_field.through, field.m2m_column_name(), field.m2m_reverse_name()


def _target(field: Any) -> str:
    """Return the label of the model that a relation leads to."""
    return str(field.related_model._meta.label_lower)


def plain_value(field: models.Field[Any, Any], value: Any) -> Any:
    """Return a database value as plain JSON."""
    if value is None or isinstance(value, bool | int | str | list | dict):
        return value
    return field.value_to_string(_Holder(field.attname, value))  # type: ignore[arg-type]


class _Holder:
    """A stand-in for a model instance: `value_to_string` wants to read an attribute."""

    def __init__(self, name: str, value: Any) -> None:
        setattr(self, name, value)


def rows_of_folder(folder: Path) -> list[Located]:
    """Read every fixture file below a folder. Raises ContentError naming file and line of bad YAML."""
    return rows_of_files(
        {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(folder.rglob("*.yaml"))
        }
    )


def rows_of_files(files: Mapping[str, bytes]) -> list[Located]:
    """Read fixture files, name to bytes. Raises ContentError naming file and line of bad YAML."""
    located: list[Located] = []
    problems: list[Problem] = []
    for name, data in files.items():
        try:
            rows = yaml.load(data.decode("utf-8"), Loader=_FixtureLoader)
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            problems.append(Problem(name, "", f"is not valid YAML: {error}"))
            continue
        if not isinstance(rows, list):
            problems.append(Problem(name, "", "must be a list of rows"))
            continue
        located += [Located(row, f"{name}, row {place}") for place, row in enumerate(rows, start=1)]
    if problems:
        raise ContentError(problems)
    return located


class _FixtureLoader(yaml.CSafeLoader if hasattr(yaml, "CSafeLoader") else yaml.SafeLoader):  # type: ignore[misc]
    """YAML in which dates stay text: rows hold plain JSON."""


_FixtureLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in _FixtureLoader.yaml_implicit_resolvers.items()
}


# --- checking --------------------------------------------------------------------------------------


def check_rows(located: Sequence[Located], known: Iterable[Row] = ()) -> list[Row]:
    """Return the rows complete with defaults, parents first. Raises ContentError with every problem.

    `known` rows (the database, say) may be referred to without being part of the load.
    """
    checker = _Checker()
    rows = checker.check(located, known)
    if checker.problems:
        raise ContentError(checker.problems)
    return rows


class _Checker:
    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.keys: dict[str, dict[Key, str]] = {label: {} for label in ORDER}

    def problem(self, where: str, field: str, message: str) -> None:
        self.problems.append(Problem(where, field, message))

    def check(self, located: Sequence[Located], known: Iterable[Row]) -> list[Row]:
        complete = [pair for item in located if (pair := self._complete(item)) is not None]
        for row, where in complete:
            label = row["model"]
            try:
                key = natural_key(label, row["fields"])
            except (KeyError, TypeError, IndexError):
                key = ()
            if not _is_key(key):
                self.problem(where, "", "its natural key is not complete")
                continue
            if key in self.keys[label]:
                self.problem(
                    where, "", f"is a duplicate of {self.keys[label][key]} ({describe(label, key)})"
                )
            self.keys[label][key] = where
        for row in known:
            self.keys[row["model"]].setdefault(
                natural_key(row["model"], row["fields"]), "the database"
            )
        if not self.problems:
            for row, where in complete:
                self._check_fields(row, where)
        if not self.problems:
            self._check_unique(complete)
        order = {label: place for place, label in enumerate(ORDER)}
        if self.problems:
            return []
        return [row for row, _ in sorted(complete, key=lambda pair: order[pair[0]["model"]])]

    def _complete(self, item: Located) -> tuple[Row, str] | None:
        """Return the row with every field there, or None if its shape is wrong."""
        row, where = item.row, item.where
        if not isinstance(row, Mapping) or not isinstance(row.get("fields"), Mapping):
            self.problem(where, "", "must have a model and fields")
            return None
        label = row.get("model")
        if label not in ORDER:
            self.problem(
                where, "model", f"{label!r} is not a content model{_nearest(label, ORDER)}"
            )
            return None
        if "pk" in row:
            self.problem(where, "pk", "remove it: rows are known by their slugs")
            return None
        fields = {field.name: field for field in fields_of(model_of(label))}
        before = len(self.problems)
        for name in row["fields"]:
            if name not in fields:
                self.problem(where, name, f"no such field{_nearest(name, fields)}")
        complete: dict[str, Any] = {}
        for name, field in fields.items():
            if name in row["fields"]:
                complete[name] = _in_order(field, row["fields"][name])
            elif _is_optional(field):
                complete[name] = _default(field)
            else:
                self.problem(where, name, "is missing")
        if len(self.problems) > before:
            return None
        return {"model": label, "fields": complete}, where

    def _check_fields(self, row: Row, where: str) -> None:
        model = model_of(row["model"])
        before = len(self.problems)
        for name, value in row["fields"].items():
            field = model._meta.get_field(name)
            if field.is_relation:
                self._check_links(field, value, where)  # type: ignore[arg-type]
            else:
                self._check_value(field, value, where)  # type: ignore[arg-type]
        if len(self.problems) > before:
            return
        if row["model"] == "conditions.lookalike" and not (
            row["fields"]["other"] or row["fields"]["words"]
        ):
            self.problem(where, "", LOOK_ALIKE_EITHER)
        for constraint in model._meta.constraints:
            if isinstance(constraint, models.CheckConstraint):
                self._check_constraint(model, constraint, row, where)

    def _check_value(self, field: models.Field[Any, Any], value: Any, where: str) -> None:
        if field.choices and value not in field.empty_values:
            choices = [choice for choice, _ in field.flatchoices]
            if value not in choices:
                self.problem(
                    where,
                    field.name,
                    f"{value!r} is not one of the choices{_nearest(value, choices)}",
                )
                return
        if isinstance(field, models.CharField | models.TextField) and not isinstance(value, str):
            self.problem(where, field.name, f"must be text, not {value!r}")
            return
        try:
            field.clean(value, None)
        except ValidationError as error:
            self.problem(where, field.name, " ".join(error.messages))
            return
        except (TypeError, ValueError, ArithmeticError):
            self.problem(where, field.name, f"cannot be {value!r}")
            return
        if isinstance(field, models.TextField):
            for mark in marks_in(value):
                if mark not in PLAIN_MARKS and (mark,) not in self.keys["conditions.source"]:
                    sources = [key[0] for key in self.keys["conditions.source"]]
                    self.problem(
                        where, field.name, f"[@{mark}] names no source{_nearest(mark, sources)}"
                    )

    def _check_links(self, field: models.Field[Any, Any], value: Any, where: str) -> None:
        if value is None:
            if not field.null:
                self.problem(where, field.name, "is missing")
            return
        keys = value if field.many_to_many else [value]
        if not isinstance(keys, list) or not all(
            isinstance(key, list) and _is_key(key) for key in keys
        ):
            shape = "[[slug], [slug]]" if field.many_to_many else "[slug]"
            self.problem(where, field.name, f"must be written as {shape}")
            return
        target = _target(field)
        known = self.keys[target]
        for key in keys:
            if tuple(key) not in known:
                name = " / ".join(map(str, key))
                close = _nearest(name, [" / ".join(map(str, k)) for k in known])
                self.problem(
                    where, field.name, f"names unknown {target.split('.')[1]} {name!r}{close}"
                )

    def _check_constraint(
        self, model: type[models.Model], constraint: models.CheckConstraint, row: Row, where: str
    ) -> None:
        if not _satisfies(constraint.condition, row["fields"]):
            self.problem(where, "", str(constraint.get_violation_error_message()))

    def _check_unique(self, complete: Sequence[tuple[Row, str]]) -> None:
        """Numbers and other unique fields beside the natural key."""
        seen: dict[tuple[str, str, Any], str] = {}
        for row, where in complete:
            model = model_of(row["model"])
            for name, value in row["fields"].items():
                field = model._meta.get_field(name)
                if (
                    not getattr(field, "unique", False)
                    or name in model.NATURAL_KEY
                    or field.is_relation
                ):
                    continue
                first = seen.setdefault((row["model"], name, value), where)
                if first != where:
                    self.problem(where, name, f"{value!r} is taken by {first}")


def _satisfies(condition: Any, fields: Mapping[str, Any]) -> bool:
    """Evaluate a check constraint on a row, without a database."""
    if isinstance(condition, models.Q):
        results = [_satisfies(child, fields) for child in condition.children]
        result = all(results) if condition.connector == models.Q.AND else any(results)
        return not result if condition.negated else result
    lookup, expected = condition
    name, _, operator = lookup.partition("__")
    value = fields[name]
    if isinstance(expected, models.F):
        expected = fields[expected.name]  # type: ignore[attr-defined]
    if operator == "isnull":
        return (value is None) is expected
    if value is None:
        return False
    if operator in ("gte", "lte"):
        return (
            float(value) >= float(expected)
            if operator == "gte"
            else float(value) <= float(expected)
        )
    return bool(value == expected)


def _in_order(field: models.Field[Any, Any], value: Any) -> Any:
    """Return many-to-many links in the one order that rows have them in; anything else as it is."""
    return sorted(value, key=str) if field.many_to_many and isinstance(value, list) else value


def _is_optional(field: models.Field[Any, Any]) -> bool:
    return field.many_to_many or field.null or field.has_default() or field.blank


def _default(field: models.Field[Any, Any]) -> Any:
    if field.many_to_many:
        return []
    if field.has_default():
        default = field.get_default()
        return str(default) if isinstance(default, str) else default
    return None if field.null else ""


def _nearest(value: object, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(str(value), [str(item) for item in known], n=1, cutoff=0.5)
    return f" (did you mean {close[0]!r}?)" if close else ""


# --- writing to the database -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Changes:
    """What a load did, or would do."""

    created: tuple[str, ...]
    updated: tuple[str, ...]
    deleted: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.created or self.updated or self.deleted)

    @property
    def by_kind(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        return (("Created", self.created), ("Updated", self.updated), ("Deleted", self.deleted))

    def __str__(self) -> str:
        return (
            f"{len(self.created)} created, {len(self.updated)} updated, {len(self.deleted)} deleted"
        )


def changes_between(
    current: Iterable[Row], wanted: Iterable[Row], *, prune: bool = False
) -> Changes:
    """Return what `save_rows` would change. Children of a wanted parent that are not wanted go."""
    have = {
        (row["model"], natural_key(row["model"], row["fields"])): row["fields"] for row in current
    }
    want = {
        (row["model"], natural_key(row["model"], row["fields"])): row["fields"] for row in wanted
    }
    deleted = [
        key
        for key, fields in have.items()
        if key not in want and (prune or _parent(key[0], fields) in want)
    ]
    return Changes(
        created=tuple(describe(*key) for key in want if key not in have),
        updated=tuple(describe(*key) for key in want if key in have and want[key] != have[key]),
        deleted=tuple(describe(*key) for key in deleted),
    )


def merged(current: Iterable[Row], wanted: Sequence[Row], *, prune: bool = False) -> list[Row]:
    """Return the rows as they would be after `save_rows`."""
    want = {identity(row) for row in wanted}
    kept = [
        row
        for row in current
        if not (prune or identity(row) in want or _parent(row["model"], row["fields"]) in want)
    ]
    return [*kept, *wanted]


def _parent(label: str, fields: Mapping[str, Any]) -> tuple[str, Key] | None:
    name = PARENT.get(label)
    if name is None:
        return None
    field = model_of(label)._meta.get_field(name)
    return _target(field), tuple(fields[name])


@transaction.atomic
def save_rows(
    rows: Sequence[Row],
    *,
    prune: bool = False,
    reason: str = "",
    pks: Mapping[tuple[str, Key], int] = MappingProxyType({}),
) -> Changes:
    """Write checked rows, all or none. Rows that are equal already are not touched.

    With `prune`, everything that is not among the rows goes, so that the content is exactly the rows.
    Each row that changed gets a record in its history, with the reason. `pks` are the primary keys that rows
    had before they were deleted, so that a row that comes back has its history back.
    """
    with history.batch(reason) as batch:
        return _save_rows(rows, prune=prune, batch=batch, pks=pks)


def _save_rows(
    rows: Sequence[Row],
    *,
    prune: bool,
    batch: history.Batch,
    pks: Mapping[tuple[str, Key], int],
) -> Changes:
    current = rows_of_database()
    changes = changes_between(current, rows, prune=prune)
    have = {
        (row["model"], natural_key(row["model"], row["fields"])): row["fields"] for row in current
    }
    want = {(row["model"], natural_key(row["model"], row["fields"])) for row in rows}
    for label in reversed(ORDER):
        gone = [
            key
            for (model, key), fields in have.items()
            if model == label
            and (model, key) not in want
            and (prune or _parent(label, fields) in want)
        ]
        for key in gone:
            model_of(label).objects.get_by_natural_key(*key).delete()
    writer = _Writer(have, batch, pks)
    for label in ORDER:
        writer.write(label, [row["fields"] for row in rows if row["model"] == label])
    return changes


class _Writer:
    """Writes one model after the other; remembers primary keys so that links need no look-up."""

    def __init__(
        self,
        have: Mapping[tuple[str, Key], Mapping[str, Any]],
        batch: history.Batch,
        pks: Mapping[tuple[str, Key], int],
    ) -> None:
        self.have = have
        self.batch = batch
        self.former = pks
        self.pks: dict[str, dict[Key, int]] = {}

    def write(self, label: str, wanted: Sequence[Mapping[str, Any]]) -> None:
        model = model_of(label)
        fields = fields_of(model)
        self.pks[label] = {obj.natural_key(): obj.pk for obj in _all(model)}
        new: dict[Key, Content] = {}
        for content in wanted:
            key = natural_key(label, content)
            old = self.have.get((label, key))
            if old is not None and content == old:
                continue
            instance = model()
            instance.pk = self.pks[label].get(key)
            is_new = instance.pk is None
            if is_new:
                instance.pk = self.former.get((label, key))
            for field in fields:
                if not field.many_to_many:
                    setattr(instance, field.attname, self._value(field, content[field.name]))
            if is_new:
                new[key] = instance
            else:
                instance.save()
        try:
            model._default_manager.bulk_create(new.values(), batch_size=500)
        except IntegrityError as error:
            raise ContentError([Problem(label, "", f"the database refuses it: {error}")]) from error
        if new:
            self.pks[label] = {obj.natural_key(): obj.pk for obj in _all(model)}
            for key in new:
                self.batch.note(model, self.pks[label][key], history.CREATED)
        for field in fields:
            if field.many_to_many:
                self._write_links(label, field, wanted)

    def _value(self, field: models.Field[Any, Any], value: Any) -> Any:
        if field.is_relation:
            return None if value is None else self.pks[_target(field)][tuple(value)]
        return field.to_python(value)

    def _write_links(
        self, label: str, field: models.Field[Any, Any], wanted: Sequence[Mapping[str, Any]]
    ) -> None:
        through, source, target = _link_table(field)
        mine = {self.pks[label][natural_key(label, content)] for content in wanted}
        have = {
            pair for pair in through._default_manager.values_list(source, target) if pair[0] in mine
        }
        want = {
            (self.pks[label][natural_key(label, content)], self.pks[_target(field)][tuple(key)])
            for content in wanted
            for key in content[field.name]
        }
        for one, other in have - want:
            through._default_manager.filter(**{source: one, target: other}).delete()
        through._default_manager.bulk_create(
            [through(**{source: one, target: other}) for one, other in sorted(want - have)],
            batch_size=500,
        )


def _all(model: type[Content]) -> Iterator[Content]:
    related = {lookup.rpartition("__")[0] for lookup in model.NATURAL_KEY if "__" in lookup}
    return iter(model._default_manager.select_related(*related))


# --- fixture files ---------------------------------------------------------------------------------

_FILE = {
    "conditions.source": "sources.yaml",
    "conditions.finding": "findings.yaml",
    "conditions.cause": "causes.yaml",
    "conditions.movement": "movements.yaml",
    "conditions.careadvice": "care.yaml",
    "conditions.helpline": "care.yaml",
    "conditions.concern": "concerns.yaml",
    "conditions.article": "articles.yaml",
    "checker.question": "questions.yaml",
    "checker.option": "questions.yaml",
    "checker.scenario": "scenarios.yaml",
}


def folder_files(rows: Iterable[Row]) -> dict[str, str]:
    """Return the fixture files that hold these rows: name to text. The one emitter."""
    rows = list(rows)
    level = {
        row["fields"]["slug"]: row["fields"]
        for row in rows
        if row["model"] == "conditions.warningsign"
    }
    files: dict[str, list[tuple[Any, Row]]] = {}
    order = {label: place for place, label in enumerate(ORDER)}
    for row in rows:
        label, fields = row["model"], row["fields"]
        key = natural_key(label, fields)
        if label in (
            "conditions.condition",
            "conditions.association",
            "conditions.lookalike",
            "conditions.keyfigure",
        ):
            name = f"conditions/{fields['condition'][0] if 'condition' in fields else fields['slug']}.yaml"
            place: Any = (order[label], fields.get("position", 0), key)
        elif label in ("conditions.warningsign", "conditions.rule", "conditions.clause"):
            sign = level[key[0]]
            name = f"warning_signs/{'calm' if sign['kind'] == 'calm' else sign['urgency']}.yaml"
            place = (sign["position"], sign["slug"], *_nested(label, key))
        elif label == "checker.option":
            name, place = (
                _FILE[label],
                (order[label], fields["question"][0], fields["position"], key),
            )
        else:
            number = fields.get("number") if label != "conditions.helpline" else None
            position = fields.get("position", number or 0)
            name, place = _FILE[label], (order[label], position, key)
        files.setdefault(name, []).append((place, row))
    return {
        name: emit(row for _, row in sorted(found, key=lambda pair: pair[0]))
        for name, found in sorted(files.items())
    }


def _nested(label: str, key: Key) -> tuple[int, int, int]:
    """Place sign, rule and clause so that each rule stands before its clauses."""
    match label:
        case "conditions.warningsign":
            return (-1, -1, -1)
        case "conditions.rule":
            return (key[1], -1, -1)
        case _:
            return (key[1], key[2], 0)


def write_folder(rows: Iterable[Row], folder: Path) -> list[str]:
    """Write fixture files; return the names of those that changed. Files without rows are removed."""
    files = folder_files(rows)
    changed = []
    for path in folder.rglob("*.yaml"):
        name = path.relative_to(folder).as_posix()
        if name not in files:
            path.unlink()
            changed.append(name)
    for name, text in files.items():
        path = folder / name
        if not path.exists() or path.read_bytes() != text.encode():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())
            changed.append(name)
    return sorted(changed)


def emit(rows: Iterable[Row]) -> str:
    """Return rows as fixture YAML. Fields at their default are left out."""
    compact = []
    for row in rows:
        fields = {f.name: f for f in fields_of(model_of(row["model"]))}
        kept = {
            name: _flow_links(fields[name], value)
            for name, value in row["fields"].items()
            # What an older release has and today's model does not is of no use in a file.
            if name in fields
            and (not _is_optional(fields[name]) or value != _default(fields[name]))
        }
        compact.append({"model": row["model"], "fields": kept})
    return yaml.dump(
        compact,
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        width=100,
        default_flow_style=False,
    )


class _Flow(list[Any]):
    """A list written on one line."""


class _Dumper(yaml.SafeDumper):
    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def _flow_links(field: models.Field[Any, Any], value: Any) -> Any:
    if field.is_relation and isinstance(value, list):
        return _Flow(value)
    return _in_key_order(value)


def _in_key_order(value: Any) -> Any:
    """Return plain JSON with its objects in the order of their keys: PostgreSQL keeps another one."""
    if isinstance(value, dict):
        return {key: _in_key_order(value[key]) for key in sorted(value)}
    if isinstance(value, list):
        return [_in_key_order(item) for item in value]
    return value


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)
_Dumper.add_representer(
    _Flow,
    lambda dumper, value: dumper.represent_sequence(
        "tag:yaml.org,2002:seq", value, flow_style=True
    ),
)
