"""The scoreboard with its figures, as `/how-accurate/` shows them of a release whose stories were run."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from checker.knowledge import knowledge_base_of
from checker.scenarios import report_on
from conditions import editions
from conditions.editions import Edition

EVERY = 8
"""Of so many stories one is run here: enough for every part of the page. `run.py audit` sees it with all."""


@pytest.fixture
def measured(edition: Edition) -> Edition:
    """The shipped content with some of its stories, and their report, in force."""
    stories = [row for row in edition.rows if row["model"] == "checker.scenario"]
    left_out = {row["fields"]["slug"] for n, row in enumerate(stories) if n % EVERY}
    rows = [
        row
        for row in edition.rows
        if row["model"] != "checker.scenario" or row["fields"]["slug"] not in left_out
    ]
    document = editions.canonical(rows)
    measured = editions.make_edition(
        number=2,
        document=document,
        expected=editions.checksum(document),
        published_at=edition.published_at,
        report=report_on(knowledge_base_of(edition), rows).as_json(),
    )
    editions.install(measured)
    return measured


@pytest.mark.usefixtures("measured")
def test_the_scoreboard_can_be_read_by_everyone(
    open_page: Callable[[str], Page], sound: Callable[[Page], None]
) -> None:
    page = open_page("/how-accurate/")
    # All of it: the tables and the lesser mistakes as well.
    for closed in page.get_by_role("main").locator("summary").all():
        closed.click()
    assert page.locator("svg.plot").count() == 2
    assert page.get_by_role("table").count() == 2
    sound(page)
