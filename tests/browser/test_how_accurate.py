"""The scoreboard with its figures, as `/how-accurate/` shows them of a release whose stories were run."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from conditions import editions
from conditions.editions import Edition


@pytest.mark.usefixtures("edition")
def test_the_scoreboard_can_be_read_by_everyone(
    open_page: Callable[[str], Page], sound: Callable[[Page], None], measured_edition: Edition
) -> None:
    editions.install(measured_edition)
    page = open_page("/how-accurate/")
    # All of it: the tables and the lesser mistakes as well.
    for closed in page.get_by_role("main").locator("summary").all():
        closed.click()
    assert page.locator("svg.plot").count() == 2
    assert page.get_by_role("table").count() == 2
    sound(page)
