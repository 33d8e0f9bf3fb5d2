"""Causes and their entries."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from conditions.editions import Edition

from .public import look_at

PATH = "/causes/"


def test_every_one_of_them_stands_there_under_its_own_address(
    client: Client, edition: Edition
) -> None:
    assert edition.library.causes
    page = look_at(client, PATH)
    assert [slug for slug in edition.library.causes if slug not in page.ids] == []


def test_every_cause_leads_to_its_entries(client: Client, edition: Edition) -> None:
    links = look_at(client, PATH).links
    for cause in edition.library.causes.values():
        assert {link.url for link in cause.conditions} <= set(links), cause.slug


@pytest.mark.django_db
def test_it_runs_no_query(
    client: Client, edition: Edition, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        client.get(PATH)
