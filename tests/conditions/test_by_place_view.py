"""Entries by place on the body, and what is related to an entry."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from conditions.editions import Edition
from conditions.library import MOST_RELATED, PLACES, USUAL_BANDS

from .public import look_at

PATH = "/conditions/by-place/"


def test_the_places_are_those_that_the_check_asks_for(edition: Edition) -> None:
    asked = {
        row["fields"]["finding"][0]
        for row in edition.rows
        if row["model"] == "checker.option" and row["fields"]["question"] == ["place"]
    }
    assert asked == set(PLACES)
    assert len(PLACES) == 14


def test_every_place_has_an_address_and_leads_to_what_often_shows_there(
    client: Client, edition: Edition
) -> None:
    page = look_at(client, PATH)
    assert [slug for slug in PLACES if f"#{slug}" not in page.links] == []
    expected = {
        entry.url
        for entry in edition.library.entries.values()
        if any(f.finding.slug in PLACES and f.band in USUAL_BANDS for f in entry.frequencies)
    }
    assert expected <= set(page.links)


def test_a_place_lists_exactly_what_is_frequent_there(edition: Edition) -> None:
    for place in edition.library.places:
        listed = [entry.slug for entry in (*place.usual, *place.rare)]
        expected = {
            row["fields"]["condition"][0]
            for row in edition.rows
            if row["model"] == "conditions.association"
            and row["fields"]["finding"] == [place.finding.slug]
            and row["fields"]["band"] in ("frequent", "very-frequent", "obligate")
        } & set(edition.library.entries)
        assert len(listed) == place.count == len(set(listed))
        assert set(listed) == expected, place.finding.slug


def test_the_commonest_comes_first(edition: Edition) -> None:
    order = ["very-common", "common", "uncommon", "rare", "very-rare"]
    for place in edition.library.places:
        ranks = [order.index(entry.prevalence) for entry in (*place.usual, *place.rare)]
        assert ranks == sorted(ranks), place.finding.slug


def test_what_is_bound_to_no_place_is_offered_before_any_place(
    client: Client, edition: Edition
) -> None:
    slugs = [entry.slug for entry in edition.library.entries_of_any_place]
    assert {"everyday-passing-twitches", "benign-fasciculation-syndrome"} <= set(slugs)
    assert "benign-eyelid-myokymia" not in slugs
    assert "anywhere" in look_at(client, PATH).ids


@pytest.mark.django_db
def test_it_runs_no_query(
    client: Client, edition: Edition, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        client.get(PATH)


def test_every_entry_leads_on_to_at_most_six_others(client: Client, edition: Edition) -> None:
    for entry in edition.library.entries.values():
        slugs = [link.slug for link in entry.related]
        assert 2 <= len(slugs) <= MOST_RELATED, entry.slug
        assert len(set(slugs)) == len(slugs), entry.slug
        assert entry.slug not in slugs


def test_look_alikes_come_before_the_same_cause(client: Client, edition: Edition) -> None:
    entries = edition.library.entries
    for entry in entries.values():
        own = [other.link.slug for other in entry.look_alikes if other.link]
        assert [link.slug for link in entry.related][: len(own[:4])] == own[:4], entry.slug
    causes = {link.slug for link in entries["nocturnal-leg-cramps"].causes}
    last = entries["nocturnal-leg-cramps"].related[-1].slug
    assert causes & {link.slug for link in entries[last].causes}
    page = look_at(client, "/conditions/nocturnal-leg-cramps/")
    assert {link.url for link in entries["nocturnal-leg-cramps"].related} <= set(page.links)
