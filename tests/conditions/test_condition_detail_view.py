"""One entry of the library."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from conditions import editions
from conditions.content import Row
from conditions.editions import Edition

from .conftest import edition_of
from .public import look_at

BENIGN = "/conditions/benign/"


@pytest.fixture
def small(no_edition: None, small_edition: Edition) -> Edition:
    editions.install(small_edition)
    return small_edition


def test_it_shows_the_entry_and_what_belongs_to_it(client: Client, small: Edition) -> None:
    page = look_at(client, BENIGN)
    for words in (
        "Benign twitching",
        "Harmless flickers.",
        "a heartbeat",
        "0 of 180",
        "a weak hand",
    ):
        assert words in page.text
    assert {"/causes/#nerves", "/movements/#fasciculation"} <= set(page.links)


def test_every_source_that_is_marked_is_listed_once_and_linked_if_it_was_opened(
    client: Client, small: Edition
) -> None:
    page = look_at(client, BENIGN)
    assert [i for i in page.values("id") if i.startswith("note-")] == [
        "note-1",
        "note-consensus",
        "note-estimate",
    ]
    assert "Usual medical advice, without one single source." in page.text
    assert page.links.count("https://example.org/twitching") == 1
    assert "https://example.org/book" not in page.links


def test_without_a_review_it_says_so(client: Client, small: Edition, small_rows: list[Row]) -> None:
    assert "Not yet reviewed by a clinician" in look_at(client, BENIGN).text
    reviewed = [
        {"model": row["model"], "fields": {**row["fields"], "reviewed_on": "2026-11-20", "reviewed_by": "neurologist"}}
        if row["fields"].get("slug") == "benign"
        else row
        for row in small_rows
    ]  # fmt: skip
    editions.install(edition_of(reviewed, number=2))
    text = look_at(client, BENIGN).text
    assert "20 November 2026" in text
    assert "neurologist" in text


@pytest.mark.parametrize("slug", ["no-such-entry", "BENIGN", "flicker"])
def test_an_unknown_entry_is_not_found(client: Client, small: Edition, slug: str) -> None:
    assert client.get(f"/conditions/{slug}/").status_code == 404


def test_a_new_release_is_shown_as_soon_as_it_is_in_force(
    client: Client, small: Edition, small_rows: list[Row]
) -> None:
    look_at(client, BENIGN)
    gone = [
        row
        for row in small_rows
        if "benign" not in (row["fields"].get("slug"), *(row["fields"].get("condition") or ()))
        and row["fields"].get("other") != ["benign"]
        and row["model"] != "conditions.concern"
    ]
    editions.install(edition_of(gone, number=2))
    assert client.get(BENIGN).status_code == 404
    assert client.get("/conditions/wasting/").status_code == 200


def test_every_shipped_entry_opens_and_keeps_to_the_rules(client: Client, edition: Edition) -> None:
    for entry in edition.library.entries.values():
        page = look_at(client, entry.url)
        assert entry.name in page.text


@pytest.mark.django_db
def test_it_runs_no_query(
    client: Client, small: Edition, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        client.get(BENIGN)
        client.get("/conditions/no-such-entry/")
