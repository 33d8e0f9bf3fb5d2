"""The library's front page."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from conditions.editions import Edition

from .public import look_at

PATH = "/conditions/"


def test_every_entry_is_listed_by_group_and_by_letter(client: Client, edition: Edition) -> None:
    page = look_at(client, PATH)
    for entry in edition.library.entries.values():
        assert page.links.count(entry.url) == 2, entry.slug


def test_every_part_of_the_library_is_one_link_away(client: Client, edition: Edition) -> None:
    parts = ["causes", "warning-signs", "movements", "concerns", "sources"]
    links = look_at(client, PATH).links
    assert [part for part in parts if f"/{part}/" not in links] == []
    assert "/understanding-muscle-twitches/" in links


@pytest.mark.django_db
def test_it_runs_no_query(
    client: Client, edition: Edition, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        client.get(PATH)
