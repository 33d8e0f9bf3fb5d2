"""The overview article, and readers' replies under it."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from conditions import editions, replies
from conditions.content import Row
from conditions.editions import Edition
from conditions.models import Reply, ReplyState

from .conftest import edition_of
from .public import look_at

PATH = "/understanding-muscle-twitches/"
REPLY = f"{PATH}reply/"


def test_it_shows_the_article_and_the_resources_it_grew_from(
    client: Client, edition: Edition
) -> None:
    article = edition.library.articles["understanding-muscle-twitches"]
    page = look_at(client, PATH)
    assert article.title in page.text
    assert article.resources
    for source in article.resources:
        assert source.title in page.text
        assert not source.url or source.url in page.links
    assert REPLY in page.links


def test_a_release_without_the_article_has_no_such_page(
    client: Client, no_edition: None, small_rows: list[Row]
) -> None:
    editions.install(edition_of([r for r in small_rows if r["model"] != "conditions.article"]))
    assert client.get(PATH).status_code == 404


def reply(name: str, state: ReplyState) -> Reply:
    return Reply.objects.create(
        article="understanding-muscle-twitches",
        name=name,
        email=f"{name}@example.org",
        text=f"Words of {name}. <script>alert(1)</script>\n\nA second part.",
        state=state,
    )


@pytest.mark.django_db
def test_only_approved_replies_are_shown_once_they_are_read_in_oldest_first(
    client: Client, edition: Edition
) -> None:
    for name, state in (
        ("Anna", ReplyState.APPROVED),
        ("Bert", ReplyState.HELD),
        ("Cleo", ReplyState.REJECTED),
        ("Dora", ReplyState.SPAM),
        ("Emil", ReplyState.APPROVED),
    ):
        reply(name, state)
    assert "Anna" not in look_at(client, PATH).text
    replies.refresh()
    page = look_at(client, PATH)
    assert page.text.index("Words of Anna.") < page.text.index("Words of Emil.")
    assert not [name for name in ("Bert", "Cleo", "Dora") if name in page.text]
    Reply.objects.filter(name="Anna").update(state=ReplyState.REJECTED)
    replies.refresh()
    assert "Anna" not in look_at(client, PATH).text


@pytest.mark.django_db
def test_an_address_is_never_shown_and_nothing_in_a_reply_is_run(
    client: Client, edition: Edition
) -> None:
    reply("Anna", ReplyState.APPROVED)
    replies.refresh()
    page = look_at(client, PATH)
    assert "example.org" not in page.html.replace("https://example.org/", "")
    assert "Anna@" not in page.html
    assert "<script>alert(1)</script>" in page.text


@pytest.mark.django_db
def test_it_runs_no_query(
    client: Client, edition: Edition, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    reply("Anna", ReplyState.APPROVED)
    with django_assert_num_queries(1):  # the approved replies
        replies.refresh()
    with django_assert_num_queries(0):
        client.get(PATH)
