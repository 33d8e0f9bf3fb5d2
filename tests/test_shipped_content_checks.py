"""The shipped content passes its own checks (`manage.py check_content`)."""

from __future__ import annotations

import datetime

import pytest

from checker.content_checks import Level, Problem, check_content
from conditions.content import Row

OPEN: set[tuple[str, str]] = set()
"""Errors that are known and wait for a decision of the editors. Nothing else may stand here."""


@pytest.fixture(scope="module")
def problems(shipped_rows: list[Row]) -> tuple[Problem, ...]:
    return check_content(shipped_rows, today=datetime.date(2026, 11, 24))


def test_the_shipped_content_has_no_error(problems: tuple[Problem, ...]) -> None:
    errors = [problem for problem in problems if problem.level is Level.ERROR]
    assert [str(p) for p in errors if (p.check, p.where) not in OPEN] == []


def test_nothing_is_called_open_that_is_settled(problems: tuple[Problem, ...]) -> None:
    assert {(p.check, p.where) for p in problems} >= OPEN


@pytest.mark.parametrize("check", ["american_spelling", "unused_sources", "unlinked_words"])
def test_the_shipped_texts_have_no_such_warning(problems: tuple[Problem, ...], check: str) -> None:
    assert [str(problem) for problem in problems if problem.check == check] == []
