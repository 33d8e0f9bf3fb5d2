"""The page of search results."""

from __future__ import annotations

import logging

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from conditions import limits, views
from conditions.editions import Edition
from tests.pages import Page, page_of

from .public import keep_to_the_rules

PATH = "/search/"


@pytest.fixture(autouse=True)
def _as_often_as_we_like(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "searches", limits.RateLimit(10_000, 60))


def look_for(client: Client, query: str) -> Page:
    page = page_of(client.get(PATH, {"q": query}))
    keep_to_the_rules(page, query)
    return page


def test_what_is_found_is_linked_best_first(client: Client, edition: Edition) -> None:
    page = look_for(client, "eye twitch")
    first, second = (hit.target.url for hit in edition.index.search("eye twitch").hits[:2])
    assert page.links.index(first) < page.links.index(second)
    assert first == "/conditions/benign-eyelid-myokymia/"


@pytest.mark.parametrize("query", ["could it be ALS", "jerk", "hormones", "tongue", "face droops"])
def test_every_link_leads_to_a_place_that_is_there(
    client: Client, edition: Edition, query: str
) -> None:
    for hit in edition.index.search(query).hits:
        address, _, anchor = hit.target.url.partition("#")
        page = page_of(client.get(address))
        assert not anchor or anchor in page.ids, hit.target.url


def test_what_cannot_wait_says_so(client: Client, edition: Edition) -> None:
    page = look_for(client, "face drooping")
    assert any("level-emergency" in value for value in page.values("class"))


def test_without_a_query_it_is_an_empty_box_with_ways_on(client: Client, edition: Edition) -> None:
    for path in (PATH, f"{PATH}?q=", f"{PATH}?q=%20", f"{PATH}?other=x"):
        page = page_of(client.get(path))
        keep_to_the_rules(page, path)
        (box,) = page.all("input", name="q")
        assert box["value"] == ""
        assert "/conditions/by-place/" in page.links


def test_nothing_found_says_so_and_offers_ways_on(client: Client, edition: Edition) -> None:
    page = look_for(client, "zzyzx")
    assert page.all("p", **{"class": "empty"})
    assert {"/check/", "/conditions/by-place/", "/movements/", "/warning-signs/"} <= set(page.links)


def test_what_was_typed_stays_in_the_box(client: Client, edition: Edition) -> None:
    (box,) = look_for(client, ' eye "twitch" ').all("input", name="q")
    assert box["value"] == 'eye "twitch"'
    assert box["maxlength"] == "100"


def test_somebody_in_despair_is_given_someone_to_talk_to(client: Client, edition: Edition) -> None:
    lines = {line.tel for line in edition.library.helplines_of("crisis")}
    assert lines
    assert lines <= set(look_for(client, "I want to die").links)
    assert lines.isdisjoint(look_for(client, "eye twitch").links)


def test_a_template_in_a_query_is_not_run(client: Client, edition: Edition) -> None:
    page = page_of(client.get(PATH, {"q": "{{ 6|add:7 }}{% now 'Y' %}"}))
    (box,) = page.all("input", name="q")
    assert box["value"] == "{{ 6|add:7 }}{% now 'Y' %}"


@pytest.mark.parametrize(
    "query",
    [
        "' OR 1=1 --",
        "'; DROP TABLE conditions_condition; --",
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "twitch " * 1429,
        "x" * 10_000,
        "💪🦵" * 50,
        "\0\x01\x7f",
        "ﷺ" * 100,
        "é" * 100 + "\u0301" * 100,
        "../../etc/passwd",
        "%s%n%x",
        "\u202etwitch",
    ],
)
def test_hostile_words_are_only_words(client: Client, edition: Edition, query: str) -> None:
    response = client.get(PATH, {"q": query})
    assert response.status_code == 200
    page = Page(response.content.decode())
    keep_to_the_rules(page, "hostile")
    assert not [a for a in page.all("img") if a.get("src") == "x"]
    assert len(response.content) < 60_000


def test_half_a_character_and_repeated_parameters_are_only_words(
    client: Client, edition: Edition
) -> None:
    for query in ("q=%ff%fe", "q=%E2%82", "q=a&q=eye", "q[]=eye", "q=eye&q"):
        assert client.get(f"{PATH}?{query}").status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("query", ["eye twitch", "zzyzx", "", "I want to die"])
def test_it_runs_no_query(
    client: Client,
    edition: Edition,
    django_assert_num_queries: DjangoAssertNumQueries,
    query: str,
) -> None:
    with django_assert_num_queries(0):
        client.get(PATH, {"q": query})


def test_what_was_typed_is_kept_by_nobody(
    client: Client, edition: Edition, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        response = client.get(PATH, {"q": "unmistakable twitch"})
    assert "unmistakable" not in caplog.text
    assert "no-store" in response["Cache-Control"]
    assert "public" not in response["Cache-Control"]
    assert not response.cookies
    page = page_of(response)
    assert page.all("meta", name="referrer", content="strict-origin")
    assert page.all("meta", name="robots", content="noindex")
    assert "unmistakable" not in "".join(page.links)


def test_it_is_only_looked_at(client: Client, edition: Edition) -> None:
    assert client.head(PATH, {"q": "eye"}).status_code == 200
    assert client.post(PATH, {"q": "eye"}).status_code == 405


@pytest.mark.parametrize("path", ["/", "/conditions/", "/nowhere/"])
def test_the_box_stands_on_home_library_and_where_a_page_is_missing(
    client: Client, edition: Edition, path: str
) -> None:
    page = Page(client.get(path).content.decode())
    (form,) = page.all("form", role="search")
    assert (form["action"], form["method"]) == (PATH, "get")
    assert len(page.all("input", name="q")) == len(page.all("label", **{"for": "q"})) == 1


@pytest.mark.usefixtures("no_edition")
def test_without_a_release_it_asks_to_come_back(client: Client) -> None:
    assert client.get(PATH, {"q": "eye"}).status_code == 503
