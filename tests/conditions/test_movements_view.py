"""The guide to kinds of movement."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from conditions.editions import Edition

from .public import look_at

PATH = "/movements/"


def test_every_one_of_them_stands_there_under_its_own_address(
    client: Client, edition: Edition
) -> None:
    assert edition.library.movements
    page = look_at(client, PATH)
    assert [slug for slug in edition.library.movements if slug not in page.ids] == []


def test_every_movement_leads_to_its_entries_and_says_whether_a_joint_moves(
    client: Client, edition: Edition
) -> None:
    page = look_at(client, PATH)
    for movement in edition.library.movements.values():
        assert {link.url for link in movement.conditions} <= set(page.links), movement.slug
        assert movement.name in page.text


def test_a_picture_that_plays_stands_still_at_first(client: Client, edition: Edition) -> None:
    plays = [a for _, a in look_at(client, PATH).elements if "data-play" in a]
    assert plays
    assert {play["aria-pressed"] for play in plays} == {"false"}


@pytest.mark.django_db
def test_it_runs_no_query(
    client: Client, edition: Edition, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        client.get(PATH)
