"""Public pages as ready bytes: what is kept, for how long, and in which form it is sent."""

from __future__ import annotations

import dataclasses
import datetime
import gzip
from collections.abc import Callable

import brotli
import pytest
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.test import Client, RequestFactory

from conditions import editions, ready, replies
from conditions.ready import best_encoding, ready_page

PAGES = [
    "/",
    "/how-it-works/",
    "/about/",
    "/privacy/",
    "/accessibility/",
    "/disclaimer/",
    "/conditions/",
    "/conditions/benign-fasciculation-syndrome/",
    "/causes/",
    "/warning-signs/",
    "/movements/",
    "/concerns/",
    "/sources/",
    "/understanding-muscle-twitches/",
    "/check/help-now/",
]


@pytest.fixture(autouse=True)
def _empty_shelf() -> None:
    ready.empty()


def another(edition: editions.Edition) -> editions.Edition:
    return dataclasses.replace(
        edition,
        number=edition.number + 1,
        published_at=datetime.datetime(2026, 12, 1, tzinfo=datetime.UTC),
    )


def shelf() -> ready.Shelf:
    assert ready._shelf
    return ready._shelf


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_rendered_once_and_sent_without_a_query(
    path: str, edition: editions.Edition, client: Client
) -> None:
    # Without the database fixture any query would raise.
    first, second = client.get(path), client.get(path)
    assert first.status_code == 200
    assert first.content == second.content
    assert first["ETag"] == second["ETag"]
    assert path in shelf().pages
    assert not second.templates
    for response in (first, second):
        assert response["Cache-Control"] == "public, max-age=60"
        assert response["Vary"] == "Accept-Encoding"
        assert not response.cookies
        for header in (
            "Content-Security-Policy",
            "Permissions-Policy",
            "Referrer-Policy",
            "X-Content-Type-Options",
            "X-Frame-Options",
            "Cross-Origin-Opener-Policy",
        ):
            assert header in response, header


def test_a_browser_that_has_the_page_is_told_so(edition: editions.Edition, client: Client) -> None:
    etag = client.get("/causes/")["ETag"]
    for asked in (etag, f'"other", {etag}', etag.removeprefix("W/"), "*"):
        response = client.get("/causes/", headers={"If-None-Match": asked})
        assert (response.status_code, response.content) == (304, b"")
        assert response["ETag"] == etag
        assert response["Vary"] == "Accept-Encoding"
        assert "Content-Security-Policy" in response
    assert client.get("/causes/", headers={"If-None-Match": '"other"'}).status_code == 200


@pytest.mark.parametrize(
    ("accepted", "encoding", "unpack"),
    [
        ("gzip, deflate, br, zstd", "br", brotli.decompress),
        ("gzip", "gzip", gzip.decompress),
        ("gzip;q=1.0, br;q=0.5", "gzip", gzip.decompress),
        ("br;q=0, gzip;q=0.1", "gzip", gzip.decompress),
        ("", "", bytes),
        ("identity", "", bytes),
        ("br;q=no", "", bytes),
    ],
)
def test_a_page_is_sent_in_the_form_that_the_browser_takes(
    accepted: str,
    encoding: str,
    unpack: Callable[[bytes], bytes],
    edition: editions.Edition,
    client: Client,
) -> None:
    plain = client.get("/warning-signs/")
    response = client.get("/warning-signs/", headers={"Accept-Encoding": accepted})
    assert response.get("Content-Encoding", "") == encoding
    assert unpack(response.content) == plain.content
    assert response["Content-Length"] == str(len(response.content))
    assert response["ETag"] == plain["ETag"]
    if encoding:
        assert len(response.content) < len(plain.content) / 3


def test_any_accept_encoding_header_is_survived() -> None:
    for header in (";", ",,,", "br;q=", "br;q=1;q=2", "*", "BR", "\x00", "br;q=nan", "gzip;q=1e9"):
        assert best_encoding(header) in ("", "br", "gzip")


def test_head_is_answered_like_get_without_a_body(
    edition: editions.Edition, client: Client
) -> None:
    head, get = client.head("/causes/"), client.get("/causes/")
    assert head.content == b""
    assert head["Content-Length"] == get["Content-Length"] == str(len(get.content))
    assert head["ETag"] == get["ETag"]


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_nothing_but_reading_is_allowed(
    method: str, edition: editions.Edition, client: Client
) -> None:
    client.get("/causes/")
    assert getattr(client, method)("/causes/").status_code == 405


def test_a_new_release_makes_new_bytes_and_frees_the_old(
    edition: editions.Edition, client: Client
) -> None:
    old = client.get("/causes/")
    editions.install(another(edition))
    assert ready._shelf is None
    new = client.get("/causes/")
    assert new["ETag"] != old["ETag"]
    assert b"Content release 2, published 1 December 2026" in new.content
    assert client.get("/causes/", headers={"If-None-Match": old["ETag"]}).status_code == 200


def test_a_page_made_while_a_release_changed_is_not_kept(edition: editions.Edition) -> None:
    @ready_page
    def view(request: HttpRequest) -> HttpResponse:
        editions.install(another(edition))
        return HttpResponse("half old, half new")

    assert view(RequestFactory().get("/x/")).status_code == 200
    assert ready._shelf is None


def test_an_approved_reply_shows_at_once(edition: editions.Edition, client: Client) -> None:
    path = "/understanding-muscle-twitches/"
    before = client.get(path)
    when = datetime.datetime(2026, 11, 2, tzinfo=datetime.UTC)
    replies._snapshot = (replies.ShownReply("Ann", "It stopped by itself.", when),)
    after = client.get(path)
    assert b"It stopped by itself." in after.content
    assert after["ETag"] != before["ETag"]
    # Read from the database again, but equal: the page stays.
    replies._snapshot = (replies.ShownReply("Ann", "It stopped by itself.", when),)
    assert not client.get(path).templates


def test_addresses_with_a_query_are_not_kept(edition: editions.Edition, client: Client) -> None:
    for number in range(3):
        response = client.get("/causes/", {"x": number})
        assert response.status_code == 200
        assert "ETag" not in response
    assert ready._shelf is None


def test_addresses_that_are_no_page_are_not_kept(edition: editions.Edition, client: Client) -> None:
    for number in range(3):
        assert client.get(f"/conditions/nothing-{number}/").status_code == 404
    assert not shelf().pages


def test_what_does_not_fit_is_served_and_not_kept(
    edition: editions.Edition, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = 3 * len(client.get("/causes/").content)
    ready.empty()
    monkeypatch.setattr(ready, "LARGEST_SHELF", size + 1000)
    for path in ("/causes/", "/movements/", "/sources/", "/causes/"):
        assert client.get(path).status_code == 200
    assert list(shelf().pages) == ["/causes/"]
    assert shelf().size == size


def test_the_whole_library_fits(edition: editions.Edition, client: Client) -> None:
    slugs = list(edition.library.entries)
    for slug in slugs[:20]:
        client.get(f"/conditions/{slug}/")
    expected = shelf().size / 20 * len(slugs)
    for path in PAGES:
        client.get(path)
    assert shelf().size + expected < ready.LARGEST_SHELF


def test_a_page_with_anything_of_the_visitor_is_not_kept(edition: editions.Edition) -> None:
    @ready_page
    def with_a_form(request: HttpRequest) -> HttpResponse:
        return HttpResponse(get_token(request))

    @ready_page
    def with_a_cookie(request: HttpRequest) -> HttpResponse:
        response = HttpResponse("hello")
        response.set_cookie("who", "you")
        return response

    for view in (with_a_form, with_a_cookie):
        assert "ETag" not in view(RequestFactory().get("/x/"))
    assert not shelf().pages


def test_without_a_release_the_page_says_so_and_is_not_kept(
    no_edition: None, client: Client
) -> None:
    assert client.get("/causes/").status_code == 503
    assert client.get("/about/").status_code == 200
    assert ready._shelf is None


@pytest.mark.django_db
def test_staff_get_the_same_public_page_without_a_query(
    edition: editions.Edition,
    client: Client,
    admin_client: Client,
    django_assert_num_queries: Callable[..., object],
) -> None:
    public = client.get("/causes/")
    ready.empty()
    with django_assert_num_queries(0, connection=connection):  # type: ignore[attr-defined]
        assert admin_client.get("/causes/").content == public.content


@pytest.mark.django_db
def test_the_other_pages_are_kept_by_no_cache(
    edition: editions.Edition, client: Client, admin_client: Client
) -> None:
    for path in ("/check/", "/check/result/", "/understanding-muscle-twitches/reply/"):
        assert "no-store" in client.get(path)["Cache-Control"], path
    for path in ("/admin/", "/admin/conditions/condition/"):
        assert "no-store" in admin_client.get(path)["Cache-Control"], path
    assert "no-store" in client.get("/admin/login/")["Cache-Control"]


def test_a_page_that_lies_ready_says_what_the_first_one_said(
    edition: editions.Edition, client: Client
) -> None:
    first, ready_one = client.get("/causes/"), client.get("/causes/")
    assert ready_one.content == first.content
    assert dict(ready_one.items()) == dict(first.items())


def test_a_page_that_lies_ready_is_refused_to_a_foreign_host(
    edition: editions.Edition, client: Client
) -> None:
    assert client.get("/causes/").status_code == 200
    assert client.get("/causes/", headers={"host": "evil.example"}).status_code == 400


def test_only_a_plain_get_takes_the_short_way(edition: editions.Edition, client: Client) -> None:
    client.get("/causes/")
    factory = RequestFactory()
    assert ready.kept(factory.get("/causes/")) is not None
    for request in (factory.post("/causes/"), factory.head("/causes/"), factory.get("/causes/?a")):
        assert ready.kept(request) is None
    assert client.post("/causes/").status_code == 405
    assert client.head("/causes/").status_code == 200
