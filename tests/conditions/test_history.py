"""The history of content: one record for each save of each row, whoever writes it and however."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from checker.loading import load_folder
from checker.models import Question
from conditions import content, editions, history
from conditions.models import Association, Condition, Finding, Source, WarningSign
from tests import content_folder

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return content_folder.write(tmp_path)


@pytest.fixture
def drafts(folder: Path) -> None:
    load_folder(folder)


def test_every_content_model_has_a_history_and_nothing_else_has() -> None:
    assert {m._meta.label_lower for m in history.models_with_history()} == set(content.ORDER)


def test_every_link_is_followed(drafts: None) -> None:
    """A list of links that the history does not follow would be lost when an old version comes back."""
    for model in history.models_with_history():
        followed = {field.name for field in model.history.model._history_m2m_fields}  # type: ignore[attr-defined]
        linked = {f.name for f in content.fields_of(model) if f.many_to_many}
        assert followed == linked, model


def test_a_load_records_every_row_once_with_its_links(drafts: None) -> None:
    for model in history.models_with_history():
        records = list(model.history.all())  # type: ignore[attr-defined]
        assert sorted(r.id for r in records) == sorted(
            model._default_manager.values_list("pk", flat=True)
        )
        assert {r.history_type for r in records} <= {"+"}
        assert {r.history_change_reason for r in records} <= {"Loaded from files."}
    sign = WarningSign.objects.exclude(sources=None).first()
    assert sign is not None
    record = sign.history.get()
    assert [link.source for link in record.sources.all()] == list(sign.sources.all())
    assert record.version == sign.version


def test_a_second_load_records_nothing(folder: Path, drafts: None) -> None:
    load_folder(folder)
    assert Finding.history.count() == Finding.objects.count()


def test_a_load_that_changes_records_what_changed_as_it_then_is(folder: Path, drafts: None) -> None:
    before = Condition.objects.get(slug="benign").version
    rows = content.rows_of_database()
    changed = [
        {**row, "fields": {**row["fields"], "summary": "Other.", "sources": [["old-book"]]}}
        if row["model"] == "conditions.condition" and row["fields"]["slug"] == "benign"
        else row
        for row in rows
    ]
    content.save_rows(changed, reason="A trial.")
    benign = Condition.objects.get(slug="benign")
    newest, oldest = benign.history.all()
    assert (newest.history_type, newest.history_change_reason) == ("~", "A trial.")
    assert newest.summary == "Other."
    assert [link.source.slug for link in newest.sources.all()] == ["old-book"]
    assert [link.source.slug for link in oldest.sources.all()] == ["nhs", "old-book"]
    assert benign.version == newest.version > before
    assert Finding.history.count() == Finding.objects.count()


def test_a_load_that_deletes_records_it(drafts: None) -> None:
    rows = [row for row in content.rows_of_database() if row["model"] != "conditions.association"]
    number = Association.objects.count()
    content.save_rows(rows, prune=True)
    assert not Association.objects.exists()
    assert Association.history.filter(history_type="-").count() == number


def test_one_batch_is_one_record(drafts: None) -> None:
    benign = Condition.objects.get(slug="benign")
    with history.batch("All at once."):
        benign.summary = "One."
        benign.save()
        benign.summary = "Two."
        benign.save()
        benign.sources.add(*Source.objects.all())
        benign.causes.clear()
    newest, _ = benign.history.all()
    assert (newest.summary, newest.history_change_reason) == ("Two.", "All at once.")
    assert newest.sources.count() == Source.objects.count()


def test_a_batch_that_fails_records_nothing(drafts: None) -> None:
    benign = Condition.objects.get(slug="benign")

    def fail() -> None:
        with history.batch():
            benign.save()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert benign.history.count() == 1
    benign.save()  # and the next one records again
    assert benign.history.count() == 2


def test_a_row_that_is_made_and_deleted_in_one_batch_leaves_only_its_end(drafts: None) -> None:
    with history.batch("In and out."):
        source = Source.objects.create(slug="short", title="Short")
        pk = source.pk
        source.delete()
    (record,) = Source.history.filter(id=pk)
    assert (record.history_type, record.history_change_reason) == ("-", "In and out.")


def test_outside_a_batch_every_save_is_recorded(drafts: None) -> None:
    benign = Condition.objects.get(slug="benign")
    benign.save()
    benign.causes.clear()
    assert benign.history.count() == 3


def test_the_history_of_rows_that_came_without_one_begins_now(folder: Path) -> None:
    fixtures = sorted(str(path) for path in folder.rglob("*.yaml"))
    order = ["sources", "findings", "causes", "movements", "conditions/", "warning"]
    fixtures.sort(key=lambda p: next((n for n, part in enumerate(order) if part in p), len(order)))
    call_command("loaddata", *fixtures, verbosity=0)
    assert not Association.history.exists()
    assert history.complete() >= Association.objects.count()
    assert history.complete() == 0
    for model in history.models_with_history():
        rows = set(model._default_manager.values_list("pk", flat=True))
        assert {record.id for record in model.history.all()} == rows  # type: ignore[attr-defined]


def test_recording_many_rows_takes_as_few_queries_as_recording_one(drafts: None) -> None:
    def queries(pks: list[int]) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert history.record(Finding, pks, "~") == len(pks)
        return len(captured)

    pks = list(Finding.objects.values_list("pk", flat=True))
    assert len(pks) > 1
    assert queries(pks) == queries(pks[:1])


def test_neither_release_nor_files_know_of_history_and_versions(drafts: None) -> None:
    rows = content.rows_of_database()
    assert not [row for row in rows if {"version", "id", "history"} & set(row["fields"])]
    assert "istorical" not in editions.canonical(rows)
    Question.objects.get(slug=Question.objects.all()[0].slug).save()
    Finding.objects.all()[0].save()
    assert editions.canonical(content.rows_of_database()) == editions.canonical(rows)
    assert not any("version:" in text for text in content.folder_files(rows).values())
