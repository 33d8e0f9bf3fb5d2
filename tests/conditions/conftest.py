"""The library over the small content of tests/content_folder.py."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection

from conditions import editions
from conditions.content import Row
from conditions.editions import Edition
from tests import content_folder


def edition_of(rows: list[Row], number: int = 1) -> Edition:
    document = editions.canonical(rows)
    return editions.make_edition(
        number=number,
        document=document,
        expected=editions.checksum(document),
        published_at=datetime.datetime(2026, 11, 1, tzinfo=datetime.UTC),
    )


@pytest.fixture(scope="session")
def small_rows(tmp_path_factory: pytest.TempPathFactory) -> list[Row]:
    folder: Path = tmp_path_factory.mktemp("content")
    return content_folder.small_rows(folder)


@pytest.fixture(scope="session")
def small_edition(small_rows: list[Row]) -> Edition:
    return edition_of(small_rows)


@pytest.fixture
def no_database(db: None) -> Iterator[None]:
    """The database is away: whoever asks it is refused."""

    def refuse(execute: Any, *args: Any) -> Any:
        raise OperationalError("server closed the connection unexpectedly")

    with connection.execute_wrapper(refuse):
        yield
