"""The release in force: checked, held in memory, refreshed, kept on disk."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from conditions import editions
from conditions.content import Row
from conditions.editions import Edition, NoEdition
from conditions.models import Release


@pytest.fixture(autouse=True)
def copy(no_edition: None, settings: Settings, tmp_path: Path) -> Path:
    """Nothing in force, and a place of our own for the copy on disk."""
    settings.RELEASE_COPY = tmp_path / "somewhere" / "release.json"
    return tmp_path / "somewhere" / "release.json"


@pytest.fixture
def resting_watcher(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """`start` without the thread: it would look into the database of the test for ever."""
    begun: list[bool] = []
    monkeypatch.setattr(editions.watcher, "begin", lambda: begun.append(True))
    return begun


def store(rows: list[Row], number: int = 1, **changes: Any) -> Release:
    document = editions.canonical(rows)
    fields = {
        "number": number,
        "document": document,
        "checksum": editions.checksum(document),
        "published_at": timezone.now(),
        **changes,
    }
    return Release.objects.create(**fields)


def test_equal_rows_make_the_same_document_whatever_the_order_of_their_fields() -> None:
    one = [{"model": "m", "fields": {"a": 1, "b": "ü"}}]
    other = [{"fields": {"b": "ü", "a": 1}, "model": "m"}]
    assert editions.canonical(one) == editions.canonical(other)
    assert list(editions.rows_of(editions.canonical(one))) == one


def test_a_document_that_is_not_what_was_published_is_refused(small_rows: list[Row]) -> None:
    document = editions.canonical(small_rows)
    expected = editions.checksum(document)
    damaged = document.replace("Harmless", "Dangerous", 1)
    assert damaged != document
    when = timezone.now()
    with pytest.raises(ValueError, match="7"):
        editions.make_edition(number=7, document=damaged, expected=expected, published_at=when)
    made = editions.make_edition(number=7, document=document, expected=expected, published_at=when)
    assert (made.number, made.checksum, made.published_at) == (7, expected, when)


def test_without_a_release_there_is_none() -> None:
    with pytest.raises(NoEdition):
        editions.current()


def test_what_is_derived_is_told_when_a_release_comes_into_force(small_edition: Edition) -> None:
    told: list[Edition] = []

    def listen(sender: object, edition: Edition, **kwargs: Any) -> None:
        told.append(edition)

    editions.installed.connect(listen)
    try:
        editions.install(small_edition)
        editions.install(None)
    finally:
        editions.installed.disconnect(listen)
    assert told == [small_edition]


@pytest.mark.django_db
def test_a_newer_release_comes_into_force_once(small_rows: list[Row]) -> None:
    assert not editions.refresh()
    store(small_rows, 1)
    assert editions.refresh()
    assert not editions.refresh()
    first = editions.current()
    store([*small_rows[:-1]], 2)
    assert editions.refresh()
    assert (first.number, editions.current().number) == (1, 2)


@pytest.mark.django_db
def test_a_damaged_release_never_replaces_a_sound_one(small_rows: list[Row]) -> None:
    store(small_rows, 1)
    editions.refresh()
    sound = editions.current()
    store(small_rows, 2, checksum="0" * 64)
    with pytest.raises(ValueError, match="checksum"):
        editions.refresh()
    assert editions.current() is sound


@pytest.mark.django_db
def test_every_release_that_comes_into_force_is_kept_on_disk(
    small_rows: list[Row], copy: Path
) -> None:
    store(small_rows, 4)
    editions.refresh()
    from_database = editions.current()
    assert [path.name for path in copy.parent.iterdir()] == [copy.name]
    editions.install(None)
    assert editions.load_copy()
    assert dataclasses.replace(editions.current(), library=from_database.library).__dict__ == (
        from_database.__dict__
    )


def test_without_a_copy_nothing_is_loaded() -> None:
    assert not editions.load_copy()


@pytest.mark.django_db
def test_a_copy_that_cannot_be_written_stops_nothing(
    small_rows: list[Row], settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    settings.RELEASE_COPY = tmp_path / "file" / "release.json"
    store(small_rows)
    assert editions.refresh()
    assert editions.current().number == 1


@pytest.mark.django_db
@pytest.mark.parametrize("damage", ["document", "checksum"])
def test_a_damaged_copy_is_refused(small_rows: list[Row], copy: Path, damage: str) -> None:
    store(small_rows)
    editions.refresh()
    kept = json.loads(copy.read_text())
    copy.write_text(json.dumps({**kept, damage: kept[damage].replace("a", "b", 1)}))
    editions.install(None)
    with pytest.raises(ValueError, match="checksum"):
        editions.load_copy()
    with pytest.raises(NoEdition):
        editions.current()


# --- the start of a serving process ----------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_start_loads_the_newest_release_and_begins_to_look(
    small_rows: list[Row], resting_watcher: list[bool]
) -> None:
    store(small_rows, 1)
    store(small_rows, 3)
    editions.start()
    assert editions.current().number == 3
    assert resting_watcher == [True]


@pytest.fixture
def no_database(monkeypatch: pytest.MonkeyPatch, django_db_blocker: Any) -> Iterator[None]:
    """As if the server were gone: every query fails as it would."""

    def refuse(execute: Any, *args: Any) -> Any:
        raise OperationalError("server closed the connection unexpectedly")

    with django_db_blocker.unblock(), connection.execute_wrapper(refuse):
        yield


@pytest.mark.django_db
def test_a_start_without_a_database_serves_the_copy(
    small_rows: list[Row],
    resting_watcher: list[bool],
    no_database: None,
    copy: Path,
    client: Client,
) -> None:
    document = editions.canonical(small_rows)
    copy.parent.mkdir(parents=True)
    copy.write_text(
        json.dumps(
            {
                "number": 9,
                "checksum": editions.checksum(document),
                "published_at": timezone.now().isoformat(),
                "document": document,
            }
        )
    )
    editions.start()
    assert editions.current().number == 9
    assert client.get("/conditions/benign/").status_code == 200
    assert client.get("/check/").status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("rubbish", [None, "", "{", "[]", '{"number": 1}'])
def test_a_start_with_neither_database_nor_copy_waits_for_a_release(
    resting_watcher: list[bool],
    no_database: None,
    copy: Path,
    client: Client,
    rubbish: str | None,
) -> None:
    if rubbish is not None:
        copy.parent.mkdir(parents=True)
        copy.write_text(rubbish)
    editions.start()
    assert resting_watcher == [True]
    for path in ("/", "/check/", "/conditions/"):
        response = client.get(path)
        assert response.status_code == 503, path
        assert response["Retry-After"]
    assert client.get("/readyz").status_code == 503
    assert client.get("/healthz").status_code == 200


def test_the_settings_of_the_tests_are_not_those_of_production(settings: Settings) -> None:
    """A guard for this file: no test may write the copy of a real site."""
    assert settings.LOCAL, ImproperlyConfigured
    assert not settings.RELEASE_COPY.is_relative_to(settings.BASE_DIR)


REPORT = {"total": {"n": 2, "screens": {"max": 9}}, "each": [{"id": "a"}, {"id": "b"}]}


@pytest.mark.django_db
def test_the_report_of_a_release_comes_with_it_from_the_database_and_from_disk(
    small_rows: list[Row], copy: Path
) -> None:
    store(small_rows, report=REPORT)
    editions.refresh()
    loaded = editions.current().report
    editions.install(None)
    editions.load_copy()
    for report in (loaded, editions.current().report):
        assert report["total"]["screens"]["max"] == 9
        assert [each["id"] for each in report["each"]] == ["a", "b"]


@pytest.mark.django_db
def test_a_copy_from_before_there_were_reports_still_serves(
    small_rows: list[Row], copy: Path
) -> None:
    store(small_rows, report=REPORT)
    editions.refresh()
    old = {key: value for key, value in json.loads(copy.read_text()).items() if key != "report"}
    copy.write_text(json.dumps(old))
    editions.install(None)
    assert editions.load_copy()
    assert dict(editions.current().report) == {}


def test_nothing_in_a_report_can_be_changed() -> None:
    report = editions.frozen(REPORT)
    with pytest.raises(TypeError):
        report["total"] = {}
    with pytest.raises(TypeError):
        report["total"]["screens"]["max"] = 0
    with pytest.raises(TypeError):
        report["each"][0]["id"] = "c"
    assert isinstance(report["each"], tuple)
