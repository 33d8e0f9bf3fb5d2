"""Where every statement comes from."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from conditions.editions import Edition

from .public import look_at

PATH = "/sources/"


def test_every_one_of_them_stands_there_under_its_own_address(
    client: Client, edition: Edition
) -> None:
    assert edition.library.sources
    page = look_at(client, PATH)
    assert [slug for slug in edition.library.sources if slug not in page.ids] == []


def test_a_source_is_a_link_only_if_somebody_opened_it(client: Client, edition: Edition) -> None:
    links = set(look_at(client, PATH).links)
    unopened = [s for s in edition.rows if s["model"] == "conditions.source" and s["fields"]["url"]]
    for row in unopened:
        fields = row["fields"]
        assert (fields["url"] in links) is bool(fields["last_checked"]), fields["slug"]


def test_a_link_away_tells_nobody_where_one_came_from(client: Client, edition: Edition) -> None:
    away = [a for a in look_at(client, PATH).all("a") if a["href"].startswith("http")]
    assert away
    assert {a["rel"] for a in away} == {"noopener noreferrer"}


@pytest.mark.django_db
def test_it_runs_no_query(
    client: Client, edition: Edition, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        client.get(PATH)
