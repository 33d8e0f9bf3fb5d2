"""The style guide: for whoever works on the look, and for nobody else."""

from __future__ import annotations

import gzip
import re

import pytest
from django.conf import settings as django_settings
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from conditions.editions import Edition
from tests.checker.test_weight import MOST_BYTES, weight
from tests.conditions.public import keep_to_the_rules
from tests.pages import Page, page_of
from twitchinfo import styleguide

PATH = "/styleguide/"
CSS = django_settings.BASE_DIR / "static" / "css"
PARTS = [
    "btn",
    "btn-quiet",
    "btn-link",
    "back",
    "crumbs",
    "sections",
    "az",
    "why",
    "more",
    "search",
    "option",
    "pick",
    "row",
    "segment",
    "bodymap",
    "error-summary",
    "field-error",
    "has-error",
    "care",
    "care-body",
    "say",
    "level-tag",
    "calls",
    "call",
    "match",
    "fit",
    "evidence",
    "concern",
    "key-figure",
    "icons",
    "callout",
    "callout-warn",
    "banner",
    "empty",
    "end-note",
    "entries",
    "doors",
    "door",
    "answers",
    "said",
    "table",
    "side",
    "facts",
    "fact",
    "steps",
    "strip",
    "figure-movement",
    "play",
    "change-list",
    "sources",
    "lead",
    "quiet",
    "small",
    "display",
    "prose",
]


@pytest.fixture
def shown(client: Client, edition: Edition, settings: Settings) -> Page:
    settings.DEBUG = True
    return page_of(client.get(PATH))


def test_visitors_do_not_find_it(client: Client, edition: Edition) -> None:
    assert client.get(PATH).status_code == 404


def test_it_keeps_to_the_rules_of_every_page(shown: Page) -> None:
    keep_to_the_rules(shown, PATH)


def test_it_weighs_no_more_than_a_page_may(
    client: Client, edition: Edition, settings: Settings
) -> None:
    settings.DEBUG = True
    response = client.get(PATH, headers={"Accept-Encoding": "gzip"})
    assert response["Content-Encoding"] == "gzip"
    page = Page(gzip.decompress(response.content).decode())
    assert weight(page, packed=True) <= MOST_BYTES


def test_it_shows_every_part(shown: Page) -> None:
    classes = {name for names in shown.values("class") for name in names.split()}
    assert set(PARTS) - classes == set()


def test_it_shows_every_level_and_every_role_in_its_colour(shown: Page, edition: Edition) -> None:
    classes = {name for names in shown.values("class") for name in names.split()}
    assert {f"level-{level.slug}" for level in edition.library.care} <= classes
    names = [name for group in styleguide.roles().values() for name in group]
    assert len(names) > 30
    painted = re.findall(
        r"\.swatch-([a-z-]+) \{ background: var\(--\1\)", (CSS / "styleguide.css").read_text()
    )
    assert sorted(painted) == sorted(names)
    assert {f"swatch-{name}" for name in names} <= classes


def test_a_question_of_every_kind_stands_there_in_every_state(shown: Page) -> None:
    names = [a["data-question"] for a in shown.all("fieldset") if "data-question" in a]
    assert len(names) == 4 * len(styleguide.STATES)
    # Left open, each says so; chosen, each has something chosen.
    assert shown.html.count('class="question has-error"') == 4
    chosen = [name for name in shown.checked if name.endswith("_chosen")]
    assert len(chosen) >= 4


def test_dark_print_and_forced_colours_change_roles_and_no_part_names_a_colour() -> None:
    """A part that named a colour would keep it by night."""
    sheet = re.sub(r"/\*.*?\*/", "", (CSS / "site.css").read_text(), flags=re.S)
    parts = sheet[sheet.index("*, ::before") : sheet.index("@media print")]
    palette = re.findall(r"(--[a-z]+-\d+):", sheet)
    # The bar is dark by day as well, and so is what shows the focus on it.
    named = [name for name in palette if f"var({name})" in parts and name != "--amber-300"]
    assert named == []
    assert re.findall(r"#[0-9a-f]{3,8}\b", parts) == ["#fff"]


@pytest.mark.django_db
def test_it_runs_no_query(
    client: Client,
    edition: Edition,
    settings: Settings,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    settings.DEBUG = True
    with django_assert_num_queries(0):
        client.get(PATH)
