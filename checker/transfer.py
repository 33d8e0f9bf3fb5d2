"""Content in and out as files: fixture files (one, or an archive of all), and associations as a CSV table.

    upload = Upload("bands.csv", data)
    arriving = look_at(upload)        everything it would change; raises ContentError with every mistake
    take_over(arriving)               all of it, in one transaction

A file comes from outside: its size, its depth and its parts have limits, and nothing of it is unpacked on disk.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import yaml

from conditions import content
from conditions.comparison import Comparison, compare
from conditions.content import ContentError, Located, Problem, Row

from .loading import check_load

LARGEST_FILE = 4 * 1024 * 1024
LARGEST_UNPACKED = 40 * 1024 * 1024
MOST_FILES = 1000
MOST_LINES = 20_000
DEEPEST = 20

COLUMNS = ("condition", "finding", "band", "basis", "source", "note")
NAMES = ("condition_name", "finding_label")
"""Further columns that an export has for the reader; an import leaves them alone."""
_FORMULA = re.compile(r"'*[=+\-@\t\r]")


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that somebody wants to take over."""

    name: str
    data: bytes
    prune: bool = False
    """Fixture files: also delete what they do not hold. CSV: also the findings of its conditions that it leaves out."""

    @property
    def kind(self) -> str:
        return PurePosixPath(self.name.lower()).suffix


@dataclass(frozen=True, slots=True)
class Arriving:
    """What a file would change in the drafts as they stand."""

    upload: Upload
    rows: tuple[Row, ...]
    prune: bool
    comparison: Comparison
    changes: content.Changes
    seen: str
    """Stands for the file and for the drafts it was compared with: another one if either is another."""


def look_at(upload: Upload) -> Arriving:
    """Return everything that a file would change. Raises ContentError with every mistake, by row and column."""
    if len(upload.data) > LARGEST_FILE:
        raise _refused(upload.name, f"is larger than {LARGEST_FILE // 1024 // 1024} MB")
    current, fingerprint = content.rows_at_rest()
    match upload.kind:
        case ".csv":
            located = list(_of_table(upload, current))
            prune = False
        case ".yaml" | ".yml":
            located, prune = content.rows_of_files(_harmless({upload.name: upload.data})), False
        case ".zip":
            located, prune = content.rows_of_files(_harmless(_unzipped(upload))), upload.prune
        case _:
            raise _refused(upload.name, "must end in .yaml, .zip or .csv")
    rows = check_load(located, current, prune=prune)
    whole = hashlib.sha256(upload.data + fingerprint.encode() + bytes([upload.prune]))
    return Arriving(
        upload=upload,
        rows=tuple(rows),
        prune=prune,
        comparison=compare(current, content.merged(current, rows, prune=prune)),
        changes=content.changes_between(current, rows, prune=prune),
        seen=whole.hexdigest(),
    )


def take_over(arriving: Arriving) -> content.Changes:
    """Write what was looked at into the drafts: all of it, or nothing. Raises ContentError."""
    return content.save_rows(
        arriving.rows, prune=arriving.prune, reason=f"Imported from {arriving.upload.name}."
    )


def _refused(name: str, message: str) -> ContentError:
    return ContentError([Problem(name, "", message)])


# --- fixture files ---------------------------------------------------------------------------------


def _unzipped(upload: Upload) -> Mapping[str, bytes]:
    """Return the fixture files of an archive, read in memory and only as far as the limits go."""
    files: dict[str, bytes] = {}
    left = LARGEST_UNPACKED
    try:
        with zipfile.ZipFile(io.BytesIO(upload.data)) as archive:
            members = [m for m in archive.infolist() if not m.is_dir()]
            if len(members) > MOST_FILES:
                raise _refused(upload.name, f"holds more than {MOST_FILES} files")
            for member in members:
                if not member.filename.endswith(".yaml"):
                    raise _refused(f"{upload.name}, {member.filename}", "is not a fixture file")
                # What the archive says of sizes may be wrong: read no more than is allowed.
                with archive.open(member) as part:
                    data = part.read(left + 1)
                left -= len(data)
                if left < 0:
                    size = LARGEST_UNPACKED // 1024 // 1024
                    raise _refused(upload.name, f"unpacks to more than {size} MB")
                files[member.filename] = data
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, OSError) as error:
        raise _refused(upload.name, "is not a zip archive that can be read") from error
    if not files:
        raise _refused(upload.name, "holds no fixture file")
    return files


def _harmless(files: Mapping[str, bytes]) -> Mapping[str, bytes]:
    """Return the files if they may be parsed: no references, which can grow without end, and no deep nesting."""
    problems = []
    for name, data in files.items():
        depth = 0
        try:
            for event in yaml.parse(data.decode("utf-8"), Loader=yaml.SafeLoader):
                if isinstance(event, yaml.AliasEvent):
                    problems.append(Problem(name, "", "must not use references (*name)"))
                    break
                depth += isinstance(event, yaml.CollectionStartEvent)
                depth -= isinstance(event, yaml.CollectionEndEvent)
                if depth > DEEPEST:
                    problems.append(Problem(name, "", "is nested too deeply"))
                    break
        except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
            problems.append(Problem(name, "", f"is not valid YAML: {error}"))
    if problems:
        raise ContentError(problems)
    return files


# --- associations as a table -----------------------------------------------------------------------


def associations_as_table(rows: Sequence[Row]) -> str:
    """Return every association as CSV, in the order of the fixture files."""
    names = {
        content.identity(row): row["fields"].get("name") or row["fields"].get("label")
        for row in rows
        if row["model"] in ("conditions.condition", "conditions.finding")
    }
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerow((*COLUMNS, *NAMES))
    for row in rows:
        if row["model"] != "conditions.association":
            continue
        fields = row["fields"]
        (condition,), (finding,) = fields["condition"], fields["finding"]
        source = fields["source"][0] if fields["source"] else ""
        cells = [condition, finding, fields["band"], fields["basis"], source, fields["note"]]
        cells += [
            names[("conditions.condition", (condition,))],
            names[("conditions.finding", (finding,))],
        ]
        writer.writerow([_escaped(cell) for cell in cells])
    return table.getvalue()


def _escaped(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def _unescaped(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def _of_table(upload: Upload, current: Iterable[Row]) -> Iterator[Located]:
    """Yield the rows of a CSV table. With `prune`, its conditions with all their other rows, so that the rest goes."""
    known = {
        content.identity(row)[1]: row["fields"]
        for row in current
        if row["model"] == "conditions.association"
    }
    lines = list(_lines(upload, known))
    named = {tuple(line.row["fields"]["condition"]) for line in lines}
    if upload.prune:
        for row in current:
            if _owner(row) in named and row["model"] != "conditions.association":
                yield Located(row, "the drafts")
    yield from lines


def _owner(row: Row) -> tuple[Any, ...]:
    """Return the condition that a row is or belongs to."""
    if row["model"] == "conditions.condition":
        return (row["fields"]["slug"],)
    if row["model"] in ("conditions.lookalike", "conditions.keyfigure"):
        return tuple(row["fields"]["condition"])
    return ()


def _lines(upload: Upload, known: Mapping[Any, Mapping[str, Any]]) -> Iterator[Located]:
    try:
        text = upload.data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _refused(upload.name, "is not UTF-8: save it as “CSV UTF-8”") from error
    first = text.partition("\n")[0]
    # Spreadsheets of many countries write semicolons.
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        lines = list(_limited(upload, reader))
    except csv.Error as error:
        raise _refused(f"{upload.name}, row {reader.line_num}", str(error)) from error
    if not lines:
        raise _refused(upload.name, "is empty")
    head = [cell.strip().lower() for cell in lines[0][1]]
    problems = list(_wrong_head(upload.name, head))
    for number, cells in lines[1:]:
        if len(cells) > len(head):
            problems.append(
                Problem(f"row {number}", "", f"has {len(cells)} cells, the heading {len(head)}")
            )
    if problems:
        raise ContentError(problems)
    for number, cells in lines[1:]:
        cells += [""] * (len(head) - len(cells))
        given = {
            name: _unescaped(cell.strip())
            for name, cell in zip(head, cells, strict=True)
            if name in COLUMNS
        }
        now = known.get((given["condition"], given["finding"]), {})
        yield Located(_association(given, now), f"row {number}")


def _limited(upload: Upload, reader: Any) -> Iterator[tuple[int, list[str]]]:
    for cells in reader:
        if reader.line_num > MOST_LINES:
            raise _refused(upload.name, f"has more than {MOST_LINES} rows")
        if any(cell.strip() for cell in cells):
            yield reader.line_num, cells


def _wrong_head(name: str, head: Sequence[str]) -> Iterator[Problem]:
    for column in ("condition", "finding", "band"):
        if column not in head:
            yield Problem(f"{name}, row 1", column, "this column is missing")
    for column in head:
        if column not in COLUMNS + NAMES:
            yield Problem(
                f"{name}, row 1", column, f"no such column; there are {', '.join(COLUMNS)}"
            )
        elif head.count(column) > 1 and column in COLUMNS:
            yield Problem(f"{name}, row 1", column, "stands more than once")


def _association(given: Mapping[str, str], now: Mapping[str, Any]) -> Row:
    """Return the row that a line stands for. A column that the table does not have stays as it is now."""
    fields: dict[str, Any] = {
        name: now[name] for name in ("basis", "source", "note") if name not in given and now
    }
    fields |= {
        "condition": [given["condition"]],
        "finding": [given["finding"]],
        "band": given.get("band", "").lower(),
    }
    if given.get("basis"):
        fields["basis"] = given["basis"].lower()
    if given.get("source"):
        fields["source"] = [given["source"]]
    if given.get("note"):
        fields["note"] = given["note"]
    return {"model": "conditions.association", "fields": fields}


def zipped(rows: Sequence[Row]) -> bytes:
    """Return the fixture files of these rows as an archive. The same rows give the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in content.folder_files(rows).items():
            # Without a date of its own: else no two archives are alike.
            archive.writestr(zipfile.ZipInfo(name), text, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()
