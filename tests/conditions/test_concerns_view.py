"""What people worry about."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from conditions.editions import Edition

from .public import look_at

PATH = "/concerns/"


def test_every_one_of_them_stands_there_under_its_own_address(
    client: Client, edition: Edition
) -> None:
    assert edition.library.concerns
    page = look_at(client, PATH)
    assert [slug for slug in edition.library.concerns if slug not in page.ids] == []


def test_every_figure_stands_with_the_people_who_were_studied(
    client: Client, edition: Edition
) -> None:
    text = look_at(client, PATH).text
    for concern in edition.library.concerns.values():
        for figure in concern.figures:
            assert f"{figure.count} of {figure.out_of}" in text
            assert figure.who in text


@pytest.mark.django_db
def test_it_runs_no_query(
    client: Client, edition: Edition, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        client.get(PATH)
