"""Content as rows: files to rows, rows to the database, and back, without losing or half-loading anything."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.core.management import call_command
from hypothesis import given
from hypothesis import strategies as st

from checker.loading import check_together, load_folder
from conditions import content
from conditions.content import Changes, ContentError, Located, Problem, Row
from conditions.models import (
    Association,
    Condition,
    Finding,
    LookAlike,
    Movement,
    Release,
    WarningSign,
)
from tests import content_folder

NOTHING = Changes((), (), ())
SMALL = [
    Located(row, f"{name}, row {place}")
    for name, text in content_folder.FILES.items()
    for place, row in enumerate(yaml.safe_load(text), start=1)
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The small content of tests/content_folder.py."""
    return content_folder.write(tmp_path / "content")


def change(folder: Path, name: str, old: str, new: str) -> None:
    text = (folder / name).read_text(encoding="utf-8")
    assert old in text
    (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")


def problems_of(folder: Path, **options: Any) -> tuple[Problem, ...]:
    with pytest.raises(ContentError) as refused:
        load_folder(folder, **options)
    return refused.value.problems


# --- the shipped content ---------------------------------------------------------------------------


def test_the_shipped_files_are_what_the_emitter_writes(shipped_rows: list[Row]) -> None:
    written = content.folder_files(shipped_rows)
    shipped = {
        path.relative_to(settings.CONTENT_FOLDER).as_posix(): path.read_text(encoding="utf-8")
        for path in settings.CONTENT_FOLDER.rglob("*.yaml")
    }
    assert sorted(written) == sorted(shipped)
    assert [name for name in shipped if written[name] != shipped[name]] == []


@pytest.mark.django_db
def test_loading_the_shipped_content_and_reading_it_back_changes_nothing(
    shipped_rows: list[Row],
) -> None:
    assert content.save_rows(shipped_rows).created
    back = content.rows_of_database()
    assert content.changes_between(back, shipped_rows, prune=True) == NOTHING
    assert content.folder_files(back) == content.folder_files(shipped_rows)
    assert content.save_rows(shipped_rows, prune=True) == NOTHING


@pytest.mark.long  # a minute of single look-ups; the small folder below goes the same way in every run
@pytest.mark.django_db
def test_djangos_own_loaddata_reads_the_shipped_files(shipped_rows: list[Row]) -> None:
    call_command("loaddata", *_parents_first(settings.CONTENT_FOLDER), verbosity=0)
    assert content.changes_between(content.rows_of_database(), shipped_rows, prune=True) == NOTHING


def _parents_first(folder: Path) -> list[Path]:
    order = ["sources", "findings", "causes", "movements", "conditions/*", "warning_signs/*"]
    order += ["care", "concerns", "articles", "questions", "scenarios"]
    return [path for name in order for path in sorted(folder.glob(f"{name}.yaml"))]


# --- the way there and back ------------------------------------------------------------------------


@pytest.mark.django_db
def test_djangos_own_loaddata_reads_a_folder(folder: Path) -> None:
    call_command("loaddata", *_parents_first(folder), verbosity=0)
    rows = content.check_rows(content.rows_of_folder(folder))
    assert content.changes_between(content.rows_of_database(), rows, prune=True) == NOTHING
    call_command("loaddata", *_parents_first(folder), verbosity=0)
    assert Finding.objects.count() == 3


@pytest.mark.django_db
def test_what_was_loaded_is_exported_as_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    load_folder(folder)
    written = content.write_folder(content.rows_of_database(), tmp_path / "export")
    assert written == sorted(content_folder.FILES)
    for name, text in content_folder.FILES.items():
        assert (tmp_path / "export" / name).read_text(encoding="utf-8") == text


@pytest.mark.django_db
def test_loading_twice_changes_nothing(folder: Path) -> None:
    first = load_folder(folder)
    assert (bool(first), first.updated, first.deleted) == (True, (), ())
    keys = dict(Finding.objects.values_list("slug", "pk"))
    assert load_folder(folder) == NOTHING
    assert dict(Finding.objects.values_list("slug", "pk")) == keys


@pytest.mark.django_db
def test_every_kind_of_value_arrives(folder: Path) -> None:
    load_folder(folder)
    benign = Condition.objects.get(slug="benign")
    assert str(benign.compiled_on) == "2026-11-01"
    assert benign.also_called.split("\n") == ["twitches", "flickers"]
    assert set(benign.sources.values_list("slug", flat=True)) == {"nhs", "old-book"}
    assert Movement.objects.get().animation == {"rate": 3}
    assert WarningSign.objects.get(slug="calm-flicker").caps.get().slug == "lasting"
    assert LookAlike.objects.get(condition__slug="wasting").other == benign


@pytest.mark.django_db
def test_a_changed_row_is_updated_in_place(folder: Path) -> None:
    load_folder(folder)
    before = Finding.objects.get(slug="flicker").pk
    change(folder, "findings.yaml", "label: a flicker", "label: a small flicker")
    assert load_folder(folder) == Changes((), ("conditions.finding flicker",), ())
    changed = Finding.objects.get(slug="flicker")
    assert (changed.pk, changed.label) == (before, "a small flicker")


@pytest.mark.django_db
def test_changed_links_are_taken_over(folder: Path) -> None:
    load_folder(folder)
    change(
        folder, "conditions/benign.yaml", "sources: [[nhs], [old-book]]", "sources: [[old-book]]"
    )
    change(folder, "warning_signs/calm.yaml", "    caps: [[lasting]]\n", "")
    assert load_folder(folder).updated == (
        "conditions.condition benign",
        "conditions.warningsign calm-flicker",
    )
    assert Condition.objects.get(slug="benign").sources.get().slug == "old-book"
    assert not WarningSign.objects.get(slug="calm-flicker").caps.exists()
    assert load_folder(folder) == NOTHING


@pytest.mark.django_db
def test_links_in_another_order_are_no_change(folder: Path) -> None:
    load_folder(folder)
    change(folder, "conditions/benign.yaml", "[[nhs], [old-book]]", "[[old-book], [nhs]]")
    assert load_folder(folder) == NOTHING


@pytest.mark.django_db
def test_a_child_that_its_file_no_longer_holds_goes_with_the_load(folder: Path) -> None:
    load_folder(folder)
    text = content_folder.FILES["conditions/benign.yaml"]
    second = text.index("- model: conditions.association", text.index("flicker]"))
    gone = text[second : text.index("- model: conditions.lookalike")]
    change(folder, "conditions/benign.yaml", gone, "")
    assert load_folder(folder).deleted == ("conditions.association benign / weak-hand",)
    assert Association.objects.filter(condition__slug="benign").get().finding.slug == "flicker"


@pytest.mark.django_db
def test_part_of_the_content_may_be_loaded_and_refer_to_the_rest(
    folder: Path, tmp_path: Path
) -> None:
    load_folder(folder)
    part = tmp_path / "part"
    part.mkdir()
    (part / "one.yaml").write_text(content_folder.FILES["conditions/wasting.yaml"])
    change(part, "one.yaml", "summary: A weak, thin hand.", "summary: A thin hand.")
    assert load_folder(part) == Changes((), ("conditions.condition wasting",), ())
    assert Condition.objects.count() == 2


@pytest.mark.django_db
def test_only_prune_deletes_what_the_files_do_not_hold(folder: Path) -> None:
    load_folder(folder)
    (folder / "scenarios.yaml").unlink()
    assert load_folder(folder) == NOTHING
    gone = Changes((), (), ("checker.scenario choking-at-table",))
    assert load_folder(folder, prune=True) == gone
    assert load_folder(folder, prune=True) == NOTHING


@pytest.mark.django_db
def test_prune_knows_only_what_the_files_hold(folder: Path) -> None:
    load_folder(folder)
    (folder / "movements.yaml").unlink()
    (problem,) = problems_of(folder, prune=True)
    assert "'fasciculation'" in problem.message
    assert Movement.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("prune", [False, True])
def test_a_dry_run_says_what_would_change_and_changes_nothing(folder: Path, prune: bool) -> None:
    assert load_folder(folder, dry_run=True, prune=prune).created
    assert content.rows_of_database() == []
    load_folder(folder)
    change(folder, "findings.yaml", "label: a flicker", "label: other")
    (folder / "scenarios.yaml").unlink()
    said = load_folder(folder, dry_run=True, prune=prune)
    assert said.updated == ("conditions.finding flicker",)
    assert bool(said.deleted) is prune
    assert Finding.objects.get(slug="flicker").label == "a flicker"
    assert said == load_folder(folder, prune=prune)


@pytest.mark.django_db
def test_replies_releases_and_users_are_no_content(folder: Path) -> None:
    load_folder(folder)
    assert {row["model"] for row in content.rows_of_database()} == set(content.ORDER)
    assert Release._meta.label_lower not in content.ORDER


def test_a_file_without_rows_is_removed_by_an_export(tmp_path: Path) -> None:
    rows = content_folder.small_rows(tmp_path / "content")
    target = tmp_path / "export"
    content.write_folder(rows, target)
    left = [row for row in rows if row["model"] != "checker.scenario"]
    assert content.write_folder(left, target) == ["scenarios.yaml"]
    assert not (target / "scenarios.yaml").exists()
    assert content.write_folder(left, target) == []


# --- what is refused -------------------------------------------------------------------------------

BENIGN = "conditions/benign.yaml"
WRONG = {
    "unknown slug": (
        (BENIGN, "finding: [flicker]", "finding: [fliker]"),
        (f"{BENIGN}, row 2", "finding", "'flicker'"),
    ),
    "unknown slug in a list": (
        (BENIGN, "causes: [[nerves]]", "causes: [[nervs]]"),
        (f"{BENIGN}, row 1", "causes", "'nerves'"),
    ),
    "unknown look-alike": (
        ("conditions/wasting.yaml", "other: [benign]", "other: [bening]"),
        ("conditions/wasting.yaml, row 3", "other", "'benign'"),
    ),
    "unknown rule of a clause": (
        ("warning_signs/routine.yaml", "rule: [lasting, 0]", "rule: [lasting, 1]"),
        ("warning_signs/routine.yaml, row 3", "rule", "lasting / 0"),
    ),
    "missing source": (
        (BENIGN, "    basis: consensus\n    source: [nhs]\n", "    basis: consensus\n"),
        (f"{BENIGN}, row 2", "", "source"),
    ),
    "source of an estimate": (
        (BENIGN, "basis: consensus", "basis: estimate"),
        (f"{BENIGN}, row 2", "", "source"),
    ),
    "duplicate": (
        ("findings.yaml", "slug: weak-hand", "slug: flicker"),
        ("findings.yaml, row 2", "", "findings.yaml, row 1"),
    ),
    "duplicate in two files": (
        ("conditions/wasting.yaml", "slug: wasting", "slug: benign"),
        ("conditions/wasting.yaml, row 1", "", f"{BENIGN}, row 1"),
    ),
    "number that is taken": (
        ("findings.yaml", "number: 2", "number: 1"),
        ("findings.yaml, row 2", "number", "findings.yaml, row 1"),
    ),
    "wrong band": (
        (BENIGN, "band: very-frequent", "band: very-frequently"),
        (f"{BENIGN}, row 2", "band", "'very-frequent'"),
    ),
    "wrong urgency": (
        (BENIGN, "urgency: self-care", "urgency: selfcare"),
        (f"{BENIGN}, row 1", "urgency", "'self-care'"),
    ),
    "unknown field": (
        (BENIGN, "    differs: It keeps time.\n", "    differs: It keeps time.\n    diffrs: x\n"),
        (f"{BENIGN}, row 4", "diffrs", "'differs'"),
    ),
    "missing field": (
        ("findings.yaml", "    label: a flicker\n", ""),
        ("findings.yaml, row 1", "label", "missing"),
    ),
    "unknown model": (
        ("findings.yaml", "conditions.finding", "conditions.findings"),
        ("findings.yaml, row 1", "model", "'conditions.finding'"),
    ),
    "model that is no content": (
        ("findings.yaml", "conditions.finding", "conditions.reply"),
        ("findings.yaml, row 1", "model", "'conditions.reply'"),
    ),
    "primary key": (
        ("findings.yaml", "- model: conditions.finding\n", "- model: conditions.finding\n  pk: 4\n"),
        ("findings.yaml, row 1", "pk", "slugs"),
    ),
    "no fields": (
        ("findings.yaml", "  fields:\n    slug: flicker\n", "  feelds:\n    slug: flicker\n"),
        ("findings.yaml, row 1", "", "fields"),
    ),
    "no row": (
        ("scenarios.yaml", "- model: checker.scenario", "- only words\n- model: checker.scenario"),
        ("scenarios.yaml, row 1", "", "fields"),
    ),
    "bad YAML": (
        ("care.yaml", "headline: Call now", "headline: 'Call now"),
        ("care.yaml", "", "YAML"),
    ),
    "a mapping instead of a list": (
        ("scenarios.yaml", "- model: checker.scenario\n ", "model: checker.scenario\nfields:\n "),
        ("scenarios.yaml", "", "list of rows"),
    ),
    "bad date": (
        ("sources.yaml", "'2026-11-01'", "'2026-13-01'"),
        ("sources.yaml, row 1", "last_checked", "2026-13-01"),
    ),
    "bad address": (
        ("sources.yaml", "url: https://example.org/book", "url: javascript:alert(1)"),
        ("sources.yaml, row 2", "url", "URL"),
    ),
    "number instead of text": (
        ("findings.yaml", "label: a flicker", "label: 7"),
        ("findings.yaml, row 1", "label", "7"),
    ),
    "text instead of a number": (
        ("findings.yaml", "number: 1", "number: one"),
        ("findings.yaml, row 1", "number", "one"),
    ),
    "text that is too long": (
        ("findings.yaml", "label: a flicker", f"label: {'x' * 121}"),
        ("findings.yaml, row 1", "label", "120"),
    ),
    "bad slug": (
        ("sources.yaml", "slug: old-book", "slug: old book"),
        ("sources.yaml, row 2", "slug", "slug"),
    ),
    "link that is no list": (
        (BENIGN, "finding: [flicker]", "finding: flicker"),
        (f"{BENIGN}, row 2", "finding", "[slug]"),
    ),
    "list of links that is no list of lists": (
        (BENIGN, "causes: [[nerves]]", "causes: [nerves]"),
        (f"{BENIGN}, row 1", "causes", "[[slug]"),
    ),
    "missing link": (
        (BENIGN, "180 people\n    source: [nhs]", "180 people\n    source: null"),
        (f"{BENIGN}, row 5", "source", "missing"),
    ),
    "floor of something felt": (
        ("findings.yaml", "kind: objective", "kind: felt"),
        ("findings.yaml, row 2", "", "objective"),
    ),
    "count above the total": (
        (BENIGN, "count: 0", "count: 181"),
        (f"{BENIGN}, row 5", "", "count"),
    ),
    "review without a role": (
        (BENIGN, "    compiled_on:", "    reviewed_on: '2026-11-02'\n    compiled_on:"),
        (f"{BENIGN}, row 1", "", "role"),
    ),
    "look-alike that is neither entry nor words": (
        (BENIGN, "    words: a heartbeat\n", ""),
        (f"{BENIGN}, row 4", "", "words"),
    ),
    "calm sign that is not self-care": (
        ("warning_signs/calm.yaml", "urgency: self-care", "urgency: soon"),
        ("warning_signs/calm.yaml, row 1", "", "self-care"),
    ),
    "mark of an unknown source": (
        (BENIGN, "why: A nerve fires by itself. [@nhs]", "why: A nerve fires by itself. [@nhz]"),
        (f"{BENIGN}, row 1", "why", "'nhs'"),
    ),
    "question that depends on a later one": (
        ("questions.yaml", "    stage: opening\n", "    stage: opening\n    ask_if: [[weak-hand]]\n"),
        ("the content as a whole", "", "'emergency-signs'"),
    ),
    "rule that asks for too much": (
        ("warning_signs/routine.yaml", "minimum: 2", "minimum: 3"),
        ("the content as a whole", "", "'lasting'"),
    ),
    "scenario with an unknown finding": (
        ("scenarios.yaml", "- choking", "- chocking"),
        ("the content as a whole", "", "'choking'"),
    ),
    "scenario that is no list of slugs": (
        ("scenarios.yaml", "    present:\n      - choking\n", "    present: choking\n"),
        ("scenarios.yaml, row 1", "present", "list"),
    ),
}  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize(("wrong", "expected"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_named_by_file_row_and_field_and_nothing_is_loaded(
    folder: Path, wrong: tuple[str, str, str], expected: tuple[str, str, str]
) -> None:
    change(folder, *wrong)
    where, field, word = expected
    problems = problems_of(folder)
    told = [p for p in problems if p.where == where and p.field == field and word in p.message]
    assert told, [str(problem) for problem in problems]
    assert where in str(told[0])
    assert content.rows_of_database() == []


@pytest.mark.django_db
def test_every_problem_of_every_file_is_told_at_once(folder: Path) -> None:
    change(folder, BENIGN, "band: very-frequent", "band: often")
    change(folder, "conditions/wasting.yaml", "other: [benign]", "other: [gone]")
    change(folder, "care.yaml", "urgency: soon", "urgency: now")
    assert len({problem.where.partition(",")[0] for problem in problems_of(folder)}) == 3


@pytest.mark.django_db
def test_two_unreadable_files_are_both_told(folder: Path) -> None:
    (folder / "care.yaml").write_bytes(b"\xff\xfe")
    (folder / "causes.yaml").write_text("just: a mapping\n")
    assert {problem.where for problem in problems_of(folder)} == {"care.yaml", "causes.yaml"}


@pytest.mark.django_db
def test_a_refused_load_leaves_what_was_there(folder: Path) -> None:
    load_folder(folder)
    before = content.rows_of_database()
    change(folder, "findings.yaml", "label: a flicker", "label: changed")
    change(folder, "care.yaml", "urgency: soon", "urgency: now")
    problems_of(folder)
    assert content.rows_of_database() == before


@pytest.mark.django_db
def test_what_only_the_database_refuses_is_told_and_rolled_back(folder: Path) -> None:
    """A number that a row outside the load has."""
    load_folder(folder)
    before = content.rows_of_database()
    (row,) = [r for r in before if r["fields"].get("slug") == "flicker"]
    new = {"model": row["model"], "fields": {**row["fields"], "slug": "other"}}
    relabelled = {"model": row["model"], "fields": {**row["fields"], "label": "changed"}}
    with pytest.raises(ContentError, match=r"conditions\.finding"):
        content.save_rows([relabelled, new])
    assert content.rows_of_database() == before


def test_text_that_looks_like_a_date_stays_text(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("- {model: m, fields: {day: 2026-11-01}}\n")
    (found,) = content.rows_of_folder(tmp_path)
    assert found == Located({"model": "m", "fields": {"day": "2026-11-01"}}, "a.yaml, row 1")


def test_checked_rows_are_complete_and_parents_stand_first(tmp_path: Path) -> None:
    rows = content_folder.small_rows(tmp_path)
    finding = next(row for row in rows if row["fields"].get("slug") == "flicker")
    assert (
        finding["fields"] | {"group": "", "share": None, "floor": "", "hpo": ""}
        == finding["fields"]
    )
    places = [content.ORDER.index(row["model"]) for row in rows]
    assert places == sorted(places)


def test_text_of_many_lines_and_of_every_sign_survives_the_emitter(tmp_path: Path) -> None:
    rows = content_folder.small_rows(tmp_path / "content")
    strange = (
        "Line one:\n\n- a list — “quoted”, #1, 'yes', @x \\ ~ {b}\n- trailing  \n\tand a tab, é 😀"
    )
    changed = [
        {"model": row["model"], "fields": {**row["fields"], "why": strange}}
        if row["model"] == "conditions.condition"
        else row
        for row in rows
    ]
    content.write_folder(changed, tmp_path / "export")
    back = content.check_rows(content.rows_of_folder(tmp_path / "export"))
    assert content.changes_between(back, changed, prune=True) == NOTHING


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


def refusal_of(rows: list[Any]) -> tuple[Problem, ...]:
    """What is said against these rows; nothing if they are taken. Anything but a refusal is raised."""
    try:
        check_together(content.check_rows([Located(row, f"row {n}") for n, row in enumerate(rows)]))
    except ContentError as refused:
        return refused.problems
    return ()


@given(data=st.data())
def test_whatever_stands_in_a_field_is_read_or_refused_in_words(data: st.DataObject) -> None:
    rows = [dict(item.row) for item in SMALL]
    row = data.draw(st.sampled_from(rows))
    name = data.draw(st.sampled_from(sorted(row["fields"])))
    row["fields"] = {**row["fields"], name: data.draw(JSON)}
    assert all(problem.message for problem in refusal_of(rows))


@given(noise=JSON)
def test_whatever_stands_for_a_row_is_refused_in_words(noise: Any) -> None:
    assert [problem.where for problem in refusal_of([noise])] == ["row 0"]


def test_objects_are_written_in_one_order_whatever_order_a_database_keeps_them_in() -> None:
    """PostgreSQL sorts the keys of JSON by their length first."""

    def movement(animation: dict[str, Any]) -> Row:
        (item,) = [item for item in SMALL if item.row["model"] == "conditions.movement"]
        return {**item.row, "fields": {**item.row["fields"], "animation": animation}}

    one = movement({"rhythm": [{"b": 1, "a": 2}], "gap": {"d": 3, "c": 4}})
    other = movement({"gap": {"c": 4, "d": 3}, "rhythm": [{"a": 2, "b": 1}]})
    assert content.emit([one]) == content.emit([other])
