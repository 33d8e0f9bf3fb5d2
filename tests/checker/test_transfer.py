"""Files in and out: everything they change is told first, every mistake by row and column, nothing by half."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from checker import transfer
from checker.publishing import publish
from checker.transfer import Upload, associations_as_table, look_at, take_over, zipped
from conditions import content, editions
from conditions.comparison import Kind
from conditions.content import ContentError
from conditions.models import Association, Condition, Finding, LookAlike, Source
from tests import content_folder

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("small_drafts")]
HEAD = "condition,finding,band,basis,source,note\n"


def table(text: str, *, prune: bool = False) -> Upload:
    return Upload("bands.csv", text.encode(), prune)


def archive(files: dict[str, str | bytes]) -> Upload:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
        for name, text in files.items():
            made.writestr(name, text)
    return Upload("content.zip", buffer.getvalue())


def mistakes(upload: Upload) -> list[str]:
    """What is wrong with a file, which changes nothing."""
    before = content.rows_of_database()
    with pytest.raises(ContentError) as error:
        look_at(upload)
    assert content.rows_of_database() == before
    return [str(problem) for problem in error.value.problems]


# --- the table ---------------------------------------------------------------------------------------


def test_a_table_of_all_associations_changes_nothing_when_it_comes_back() -> None:
    text = associations_as_table(content.rows_of_database())
    assert text.splitlines()[0] == (
        "condition,finding,band,basis,source,note,condition_name,finding_label"
    )
    assert (
        "benign,flicker,very-frequent,consensus,nhs,,Benign twitching,a flicker"
        in text.splitlines()
    )
    arriving = look_at(table(text))
    assert not arriving.changes
    assert not arriving.comparison


def test_it_says_what_it_would_change_and_then_does_just_that() -> None:
    arriving = look_at(
        table(
            HEAD
            + "benign,flicker,frequent,consensus,nhs,counted\n"
            + "benign,choking,excluded,estimate,,\n"
        )
    )
    rows = [row for section in arriving.comparison.sections for row in section.rows]
    assert {(row.kind, row.title) for row in rows} == {
        (Kind.CHANGED, "a flicker"),
        (Kind.ADDED, "choking"),
    }
    assert Association.objects.count() == 3
    assert str(take_over(arriving)) == "1 created, 1 updated, 0 deleted"
    changed = Association.objects.get(finding__slug="flicker")
    assert (changed.band, changed.note) == ("frequent", "counted")
    assert changed.history.latest().history_change_reason == "Imported from bands.csv."


def test_a_column_that_is_not_there_stays_as_it_is() -> None:
    take_over(look_at(table("finding,condition,band\nflicker,benign,frequent\n")))
    changed = Association.objects.get(finding__slug="flicker")
    assert (changed.band, changed.basis) == ("frequent", "consensus")
    assert changed.source == Source.objects.get(slug="nhs")


def test_what_it_leaves_out_stays_unless_it_is_told_otherwise() -> None:
    text = HEAD + "benign,flicker,very-frequent,consensus,nhs,\n"
    assert not look_at(table(text)).changes
    arriving = look_at(table(text, prune=True))
    assert arriving.changes.deleted == ("conditions.association benign / weak-hand",)
    take_over(arriving)
    assert Association.objects.filter(condition__slug="wasting").exists()
    assert LookAlike.objects.filter(condition__slug="benign").exists()
    assert not Association.objects.filter(finding__slug="weak-hand", condition__slug="benign")


def test_every_mistake_is_told_by_row_and_column() -> None:
    said = mistakes(
        table(
            HEAD
            + "benign,flickr,frequent,consensus,nhs,\n"
            + "\n"
            + "benihn,flicker,frequentt,consensus,nhz,\n"
            + "benign,choking,frequent,consensus,,\n"
        )
    )
    assert "row 2, field finding: names unknown finding 'flickr' (did you mean 'flicker'?)" in said
    assert (
        "row 4, field condition: names unknown condition 'benihn' (did you mean 'benign'?)" in said
    )
    assert any(s.startswith("row 4, field band: 'frequentt' is not one of") for s in said)
    assert any(s.startswith("row 4, field source: names unknown source 'nhz'") for s in said)
    assert "row 5: Name the source; only an estimate has none." in said


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "is empty"),
        ("condition,band\nbenign,frequent\n", "field finding: this column is missing"),
        (HEAD.replace("note", "remark"), "field remark: no such column"),
        (HEAD.replace("note", "band"), "field band: stands more than once"),
        (HEAD + "benign,flicker,frequent,consensus,nhs,a,b\n", "row 2: has 7 cells, the heading 6"),
        (HEAD + 'benign,"flicker\n', "row 2: unexpected end of data"),
        (
            HEAD + "benign,flicker,frequent,estimate,,\nbenign,flicker,frequent,estimate,,\n",
            "row 3: is a duplicate of row 2",
        ),
    ],
)
def test_a_table_that_is_no_table_of_associations_is_refused(text: str, told: str) -> None:
    said = " | ".join(mistakes(table(text)))
    assert told in said


def test_other_encodings_and_signs_between_cells() -> None:
    semicolons = "\ufeffcondition;finding;band\r\nbenign;flicker;frequent\r\n"
    assert len(look_at(table(semicolons)).changes.updated) == 1
    (said,) = mistakes(Upload("bands.csv", "condition;Ünknown".encode("latin-1")))
    assert "is not UTF-8" in said


@pytest.mark.parametrize(
    "note", ["=HYPERLINK(0)", "+1", "-1", "@SUM(1)", "'=1", "''+1", "'quoted'", "plain"]
)
def test_no_cell_is_a_formula_and_every_cell_comes_back(note: str) -> None:
    Association.objects.filter(finding__slug="flicker").update(note=note)
    text = associations_as_table(content.rows_of_database())
    cells = [cell for line in text.splitlines() for cell in line.split(",")]
    assert [cell for cell in cells if cell[:1] in ("=", "+", "-", "@", "\t", "\r")] == []
    assert not look_at(table(text)).changes


def test_a_long_table_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer, "MOST_LINES", 3)
    assert mistakes(table(HEAD + "a,b,c,d,e,f\n" * 5)) == ["bands.csv: has more than 3 rows"]


# --- fixture files -----------------------------------------------------------------------------------


def test_an_archive_of_the_drafts_changes_nothing_when_it_comes_back() -> None:
    rows = content.rows_of_database()
    assert zipped(rows) == zipped(rows)
    assert not look_at(Upload("x.zip", zipped(rows), prune=True)).changes


def test_a_release_that_is_downloaded_loads_back() -> None:
    release = publish()
    assert release is not None
    Condition.objects.filter(slug="benign").update(summary="Changed.")
    Association.objects.filter(condition__slug="wasting").delete()
    rows = editions.rows_of(release.document)
    take_over(look_at(Upload("release-1.zip", zipped(rows), prune=True)))
    assert editions.canonical(content.rows_of_database()) == release.document


def test_one_file_changes_what_it_holds_and_nothing_else() -> None:
    name = "conditions/benign.yaml"
    text = content_folder.FILES[name].replace("Harmless flickers.", "Little harmless flickers.")
    arriving = look_at(Upload("benign.yaml", text.encode()))
    assert arriving.changes.updated == ("conditions.condition benign",)
    take_over(arriving)
    assert Condition.objects.get(slug="benign").summary == "Little harmless flickers."


def test_a_mistake_in_one_file_stops_all_of_them() -> None:
    files: dict[str, str | bytes] = {**content_folder.FILES}
    files["findings.yaml"] = content_folder.FILES["findings.yaml"].replace("frequent", "often")
    files["sources.yaml"] = content_folder.FILES["sources.yaml"].replace("An old book", "A book")
    (said,) = mistakes(archive(files))
    assert said.startswith("findings.yaml, row 1, field background: 'often' is not one of")


def test_what_would_not_hold_together_is_refused() -> None:
    text = content_folder.FILES["questions.yaml"].replace("[[flicker]]", "[[weak-hand]]")
    assert "'weak-hand'" in mistakes(Upload("questions.yaml", text.encode()))[0]


DEEP = "[" * 50 + "]" * 50
BOMB = "- &a [x, x]\n- &b [*a, *a]\n- [*b, *b]\n"


@pytest.mark.parametrize(
    ("upload", "told"),
    [
        (Upload("x.exe", b"MZ"), "must end in .yaml, .zip or .csv"),
        (Upload("x.yaml", b"\xff\xfe"), "is not valid YAML"),
        (Upload("x.yaml", b"a: [1"), "is not valid YAML"),
        (Upload("x.yaml", b"a: 1"), "must be a list of rows"),
        (Upload("x.yaml", b""), "must be a list of rows"),
        (Upload("x.yaml", b"- !!python/object/apply:os.system ['true']"), "is not valid YAML"),
        (Upload("x.yaml", DEEP.encode()), "is nested too deeply"),
        (Upload("x.yaml", BOMB.encode()), "must not use references"),
        (Upload("x.zip", b"PK no archive"), "is not a zip archive"),
        (archive({}), "holds no fixture file"),
        (archive({"../../etc/passwd": "x"}), "is not a fixture file"),
        (archive({"a.yaml": "- model: x"}), "must have a model and fields"),
    ],
)
def test_files_that_are_none_of_ours_are_refused(upload: Upload, told: str) -> None:
    assert told in " | ".join(mistakes(upload))


def test_limits_hold_whatever_an_archive_says_of_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer, "LARGEST_UNPACKED", 1024 * 1024)
    bomb = archive({"a.yaml": b"#" * 900_000, "b.yaml": b"#" * 900_000})
    assert len(bomb.data) < 10_000
    assert "unpacks to more than 1 MB" in mistakes(bomb)[0]
    monkeypatch.setattr(transfer, "MOST_FILES", 2)
    many = archive({f"{n}.yaml": "[]" for n in range(3)})
    assert "holds more than 2 files" in mistakes(many)[0]
    large = Upload("x.yaml", b"#" * (transfer.LARGEST_FILE + 1))
    assert "is larger than 4 MB" in mistakes(large)[0]


# --- on the command line -----------------------------------------------------------------------------


def test_commands_write_and_read_the_same_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("all.zip", "bands.csv"):
        call_command("export_content", tmp_path / name)
        call_command("load_content", tmp_path / name)
    assert capsys.readouterr().out.count("Nothing to change") == 2

    bands = (tmp_path / "bands.csv").read_text().replace("very-frequent", "frequent")
    (tmp_path / "bands.csv").write_text(bands)
    call_command("load_content", tmp_path / "bands.csv", "--dry-run")
    assert "update conditions.association benign / flicker" in capsys.readouterr().out
    assert Association.objects.filter(band="frequent").count() == 0
    call_command("load_content", tmp_path / "bands.csv")
    assert Association.objects.filter(band="frequent").count() == 2


def test_a_bad_file_on_the_command_line_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "bands.csv"
    path.write_text(HEAD + "benign,flicker,oftn,consensus,nhs,\n")
    with pytest.raises(CommandError, match="row 2, field band: 'oftn'"):
        call_command("load_content", path)
    with pytest.raises(CommandError, match="not a folder, nor a file"):
        call_command("load_content", tmp_path / "nothing.zip")
    assert Finding.objects.count() == 3
