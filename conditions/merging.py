"""Two editors, one row: what the second one typed, put together with what the first one saved.

    base    the row as the second editor was shown it
    theirs  the row as it stands now
    mine    what the second editor sends

What only they changed is taken over into the form; what only I changed stays; what both changed stays as I typed it,
with theirs beside it. Nothing is saved: the form comes back, with the differences on top, for the editor to look at.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib.admin import ModelAdmin
from django.db.models import Model
from django.http import HttpRequest, QueryDict

from .comparison import Piece, pieces
from .versions import Story

SEEN = "seen_version"
"""The field of a form that says which version of the row it was filled in from."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that they changed since the editor began."""

    where: str
    """The line of the form it stands in; "" for the row itself."""
    field: str
    kind: str
    """"taken": only they changed it. "both": the form keeps mine. "row": a whole line came or went."""
    was: str
    theirs: str
    mine: str
    pieces: tuple[Piece, ...] = ()
    """What they changed, word by word."""
    input_id: str = ""
    choices: str = ""
    """Theirs as values and labels, for the button that puts it into the form."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """Somebody else was quicker. `data` is what the form shows now."""

    by: str
    is_own: bool
    """Whether it was the same person, in another window."""
    at: datetime.datetime | None
    data: QueryDict
    differences: tuple[Difference, ...]

    @property
    def both(self) -> list[Difference]:
        return [d for d in self.differences if d.kind == "both"]

    @property
    def taken(self) -> list[Difference]:
        return [d for d in self.differences if d.kind != "both"]


def merge(admin: ModelAdmin[Any], request: HttpRequest, row: Any, seen: int) -> Conflict:
    """Put what was sent together with what stands in the database. Saves nothing."""
    return _Merge(admin, request, row, seen).run()


class _Merge:
    def __init__(self, admin: ModelAdmin[Any], request: HttpRequest, row: Any, seen: int) -> None:
        self.admin, self.request, self.row = admin, request, row
        self.mine = request.POST
        self.data = request.POST.copy()
        self.story = Story(type(row), row.pk)
        own = [record for record in self.story.records if record.id == row.pk]
        own = [r for r in own if isinstance(r, type(row).history.model)]
        self.latest = own[-1] if own else None
        self.base = next((r for r in own if r.version == seen), None)
        self.known = self.story.records_at(self.base.history_date) if self.base else {}

    def run(self) -> Conflict:
        form_class: type[forms.ModelForm[Any]] = self.admin.get_form(
            self.request, self.row, change=True
        )
        theirs = form_class(instance=self.row)
        mine = {name: self.mine.getlist(name) for name in theirs.fields}
        found = list(self._fields(theirs, self.base, mine, "", ""))
        for name in _names(theirs):
            self.data.setlist(name, mine[name])
        for formset_class, inline in self.admin.get_formsets_with_inlines(self.request, self.row):
            found += self._lines(formset_class, inline)
        self.data[SEEN] = str(self.row.version)
        return Conflict(
            by=str(self.latest.history_user or "") if self.latest else "",
            is_own=self.latest is not None and self.latest.history_user == self.request.user,
            at=self.latest.history_date if self.latest else None,
            data=self.data,
            differences=tuple(found),
        )

    def _fields(
        self, form: Any, base: Any, mine: dict[str, list[str]], prefix: str, where: str
    ) -> Iterator[Difference]:
        """Merge the fields of one form into `mine`; `prefix` is how their names begin in the page."""
        was = None if base is None else self._form_of(type(form), base)
        for name in _names(form):
            field = form.fields[name]
            sent = as_sent(field, mine.get(name, []))
            now = as_posted(field, form[name].value())
            old = None if was is None else as_posted(field, was[name].value())
            if now in (sent, old):
                continue
            kind = "taken" if old is not None and sent == old else "both"
            if kind == "taken":
                mine[name] = now
            before, after = in_words(field, old or []), in_words(field, now)
            yield Difference(
                where=where,
                field=str(form[name].label),
                kind=kind,
                was=before,
                theirs=after,
                mine=in_words(field, sent),
                pieces=() if old is None else tuple(pieces(before, after)),
                input_id=f"id_{prefix}{name}",
                choices=json.dumps([[value, in_words(field, [value])] for value in now]),
            )

    def _form_of(self, form_class: Any, record: Any) -> Any:
        """Return a form filled in from a record of the history, with the links that it had."""
        links = {
            link.name: self.story.links_of(record, link.name) for link in record._history_m2m_fields
        }
        form = form_class(instance=record.instance)
        form.initial |= links
        return form

    def _lines(self, formset_class: Any, inline: Any) -> Iterator[Difference]:
        """Merge the lines of one inline: those that are there, then those that I add."""
        queryset = inline.get_queryset(self.request)
        theirs = formset_class(instance=self.row, queryset=queryset)
        prefix = theirs.prefix
        if f"{prefix}-TOTAL_FORMS" not in self.mine:
            return
        label = inline.model._meta.label_lower
        sent = self._sent(prefix)
        mine = {int(line["id"][0]): line for line in sent if _is_number(line.get("id"))}
        lines: list[dict[str, list[str]]] = []
        for form in theirs.initial_forms:
            pk = form.instance.pk
            where = f"{inline.opts.verbose_name}: {form.instance}"
            now = {n: as_posted(form.fields[n], form[n].value()) for n in _names(form)}
            if pk not in mine:
                base = self.known.get((label, pk))
                if base is None:
                    yield Difference(where, "", "row", "", "They added this line.", "")
                now["id"] = [str(pk)]
                lines.append(now)
                continue
            line = mine.pop(pk)
            base = self.known.get((label, pk))
            yield from self._fields(form, base, line, f"{prefix}-{len(lines)}-", where)
            lines.append(line)
        number = len(lines)
        empty = theirs.empty_form
        for line in sent:
            pk_sent = int(line["id"][0]) if _is_number(line.get("id")) else None
            if pk_sent is None:
                lines.append(line)
            elif pk_sent in mine and self._is_mine(empty, label, pk_sent, line):
                line.pop("id")
                lines.append(line)
                what = in_words_of(empty, line)
                said = "They deleted this line, which you changed. It is kept as a new one."
                yield Difference(f"{inline.opts.verbose_name}: {what}", "", "row", "", said, "")
            elif pk_sent in mine:
                what = in_words_of(empty, line)
                said = "They deleted this line."
                yield Difference(f"{inline.opts.verbose_name}: {what}", "", "row", "", said, "")
        self._write(prefix, lines, number)

    def _is_mine(self, empty: Any, label: str, pk: int, line: dict[str, list[str]]) -> bool:
        """Whether I changed a line that they deleted."""
        base = self.known.get((label, pk))
        if base is None or "DELETE" in line:
            return base is None and "DELETE" not in line
        was = self._form_of(type(empty), base)
        return any(
            as_sent(was.fields[name], line.get(name, []))
            != as_posted(was.fields[name], was[name].value())
            for name in _names(empty)
        )

    def _sent(self, prefix: str) -> list[dict[str, list[str]]]:
        """Return the lines that were sent, field by field."""
        try:
            total = min(int(self.mine[f"{prefix}-TOTAL_FORMS"]), 1000)
        except ValueError:
            total = 0
        lines: list[dict[str, list[str]]] = [{} for _ in range(total)]
        for name in self.mine:
            if name.startswith(f"{prefix}-"):
                number, _, field = name.removeprefix(f"{prefix}-").partition("-")
                if field and number.isdecimal() and int(number) < total:
                    lines[int(number)][field] = self.mine.getlist(name)
        return [line for line in lines if line]

    def _put(self, place: str, line: dict[str, list[str]]) -> None:
        for name, values in line.items():
            self.data.setlist(f"{place}{name}", values)

    def _write(self, prefix: str, lines: Sequence[dict[str, list[str]]], number: int) -> None:
        """Replace the lines in the data; the first `number` of them are in the database."""
        for name in list(self.data):
            if name.startswith(f"{prefix}-") and name.removeprefix(f"{prefix}-")[:1].isdecimal():
                del self.data[name]
        for place, line in enumerate(lines):
            self._put(f"{prefix}-{place}-", line)
        self.data[f"{prefix}-TOTAL_FORMS"] = str(len(lines))
        self.data[f"{prefix}-INITIAL_FORMS"] = str(number)


def _names(form: Any) -> list[str]:
    """Return the fields of a form that an editor fills in.

    A field that sends along what it was shown with says by itself what was changed.
    """
    return [
        name
        for name, field in form.fields.items()
        if name not in (SEEN, "id", "DELETE")
        and not isinstance(field, forms.models.InlineForeignKeyField)
        and not field.disabled
        and not field.show_hidden_initial
    ]


def _is_number(values: list[str] | None) -> bool:
    return bool(values) and values[0].isdecimal()  # type: ignore[index]


def _normal(values: Sequence[str]) -> list[str]:
    """Return what was sent as the server would have written it: line ends, and no spaces round it."""
    return [value.replace("\r\n", "\n").strip() for value in values]


def takes_many(widget: Any) -> bool:
    return bool(getattr(widget, "allow_multiple_selected", False))


def as_sent(field: forms.Field, values: Sequence[str]) -> list[str]:
    """Return what was sent for a field, in the one form in which it can be compared."""
    widget = getattr(field.widget, "widget", field.widget)
    if isinstance(widget, forms.CheckboxInput) or takes_many(widget):
        return sorted(_normal(values))
    return _normal(values) or [""]


def as_posted(field: forms.Field, value: Any) -> list[str]:
    """Return a value as a form with it would send it."""
    widget = getattr(field.widget, "widget", field.widget)
    if isinstance(widget, forms.CheckboxInput):
        return ["on"] if value else []
    if takes_many(widget):
        return sorted(str(_pk(item)) for item in value or ())
    formatted: Any = widget.format_value(_pk(value)) if widget else value
    if isinstance(formatted, list | tuple):
        formatted = formatted[0] if formatted else ""
    return _normal(["" if formatted is None else str(formatted)])


def _pk(value: Any) -> Any:
    return value.pk if isinstance(value, Model) else value


def in_words(field: forms.Field, values: Sequence[str]) -> str:
    """Return what would be sent in the words of the form: labels of choices, names of rows."""
    widget = getattr(field.widget, "widget", field.widget)
    if isinstance(widget, forms.CheckboxInput):
        return "yes" if values else "no"
    chosen = [value for value in values if value]
    if isinstance(field, forms.ModelChoiceField):
        numbers = [value for value in chosen if value.isdecimal()]
        return ", ".join(sorted(str(row) for row in field.queryset.filter(pk__in=numbers)))  # type: ignore[union-attr]
    if isinstance(field, forms.ChoiceField):
        choices: Any = field.choices
        labels = {str(value): str(label) for value, label in choices}
        return ", ".join(labels.get(value, value) for value in chosen)
    return ", ".join(chosen)


def in_words_of(form: Any, line: dict[str, list[str]]) -> str:
    """Return a line in a few words: its first field that says something."""
    for name in _names(form):
        if text := in_words(form.fields[name], line.get(name, [])):
            return text[:80]
    return "without words"
