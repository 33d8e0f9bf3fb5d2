"""Every sign that the check looks at, most urgent first."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from checker.engine.vocabulary import Urgency
from conditions.editions import Edition

from .public import look_at

PATH = "/warning-signs/"


def test_every_warning_stands_there_under_its_level(client: Client, edition: Edition) -> None:
    page = look_at(client, PATH)
    warnings = [s for s in edition.library.signs.values() if s.kind == "warning"]
    ids = page.values("id")
    levels = [level.slug for level in sorted(Urgency, reverse=True) if level.slug in ids]
    assert levels[0] == "emergency"
    assert [i for i in ids if i in levels] == levels
    for sign in warnings:
        assert ids.index(sign.urgency.slug) < ids.index(sign.slug)


def test_what_calms_is_no_warning(client: Client, edition: Edition) -> None:
    page = look_at(client, PATH)
    calm = [s.slug for s in edition.library.signs.values() if s.kind == "calm"]
    assert calm
    assert not page.ids & set(calm)


@pytest.mark.django_db
def test_it_runs_no_query(
    client: Client, edition: Edition, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        client.get(PATH)
