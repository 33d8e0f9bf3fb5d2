"""What every test may use: the shipped content, read once, and folders of its own to write into."""

from __future__ import annotations

import datetime
import os
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from django.conf import settings as django_settings
from django.db import transaction
from django.test.utils import override_settings
from hypothesis import settings as hypothesis_settings
from pytest_django import DjangoDbBlocker

from checker.engine.knowledge import KnowledgeBase
from checker.knowledge import knowledge_base_of
from checker.loading import load_folder
from checker.scenarios import Report, report_on
from conditions import content, editions, replies
from conditions.templatetags import once
from tests import content_folder

# Ordinary runs draw the same examples every time. HYPOTHESIS_PROFILE=long looks for new ones.
hypothesis_settings.register_profile(
    "ordinary", max_examples=50, deadline=None, derandomize=True, database=None
)
hypothesis_settings.register_profile("long", max_examples=2000, deadline=None, database=None)
hypothesis_settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ordinary"))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On PostgreSQL, run only what may touch a database.

    The rest ran on SQLite, and cannot tell them apart; nor can what the stories come to, which no table holds.
    """
    if os.environ.get("TEST_DB") != "postgres":
        return
    needs = [set(getattr(item, "fixturenames", ())) for item in items]
    touches = [
        "shipped_report" not in fixtures
        and not item.get_closest_marker("any_database")
        and bool(item.get_closest_marker("django_db") or {"db", "transactional_db"} & fixtures)
        for item, fixtures in zip(items, needs, strict=True)
    ]
    left_out = [item for item, may in zip(items, touches, strict=True) if not may]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item, may in zip(items, touches, strict=True) if may]


@pytest.fixture(scope="session", autouse=True)
def _files_of_this_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Static files by their plain names, and nothing written outside a temporary folder."""
    var = tmp_path_factory.mktemp("var")
    (var / "static").mkdir()
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    with override_settings(
        VAR=var,
        STATIC_ROOT=var / "static",
        RELEASE_COPY=var / "release.json",
        STORAGES={**django_settings.STORAGES, "staticfiles": plain},
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],  # quick, here only
    ):
        yield


@pytest.fixture(autouse=True)
def _nothing_drawn_before() -> None:
    """Parts of pages that templates keep ({% once %}) name the static files of another test."""
    once.forget()


@pytest.fixture(scope="session")
def shipped_rows() -> list[content.Row]:
    """The content that ships, checked and complete."""
    return content.check_rows(content.rows_of_folder(django_settings.CONTENT_FOLDER))


@pytest.fixture(scope="session")
def shipped_edition(shipped_rows: list[content.Row]) -> editions.Edition:
    """The shipped content as a release. No database has it."""
    document = editions.canonical(shipped_rows)
    return editions.make_edition(
        number=1,
        document=document,
        expected=editions.checksum(document),
        published_at=datetime.datetime(2026, 11, 1, tzinfo=datetime.UTC),
    )


@pytest.fixture(scope="session")
def shipped_kb(shipped_edition: editions.Edition) -> KnowledgeBase:
    return knowledge_base_of(shipped_edition)


@pytest.fixture(scope="session")
def shipped_report(shipped_kb: KnowledgeBase, shipped_rows: list[content.Row]) -> Report:
    """How the shipped stories come out, answered page by page. Takes some seconds."""
    return report_on(shipped_kb, shipped_rows)


@pytest.fixture(scope="session")
def measured_edition(shipped_edition: editions.Edition, shipped_report: Report) -> editions.Edition:
    """The shipped content with the report that publishing stores beside it."""
    return editions.make_edition(
        number=2,
        document=editions.canonical(shipped_edition.rows),
        expected=shipped_edition.checksum,
        published_at=shipped_edition.published_at,
        report=shipped_report.as_json(),
    )


@pytest.fixture(scope="module")
def small_drafts(
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[None]:
    """The small content of tests/content_folder.py as drafts, for all tests of a module, each of which undoes its own.

    For modules without transactions of their own (`django_db(transaction=True)`).
    """
    around = transaction.atomic()
    # As around a test of Django's own: what must stand at the outermost level may stand in here.
    around._from_testcase = True  # type: ignore[attr-defined]
    with ExitStack() as stack:
        with django_db_blocker.unblock():
            stack.enter_context(around)
            load_folder(content_folder.write(tmp_path_factory.mktemp("content")))
        yield
        with django_db_blocker.unblock():
            transaction.set_rollback(True)
            stack.close()


@pytest.fixture
def no_edition() -> Iterator[None]:
    """No release is in force at first; whatever the test puts in force is gone after it."""
    editions.install(None)
    replies._snapshot = ()
    yield
    editions.install(None)
    replies._snapshot = ()


@pytest.fixture
def edition(no_edition: None, shipped_edition: editions.Edition) -> editions.Edition:
    """The shipped content in force, as visitors meet it."""
    editions.install(shipped_edition)
    return shipped_edition
