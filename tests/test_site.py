"""What holds for the site as a whole: its own pages, its headers, its static files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.db import OperationalError, connection
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from conditions.editions import Edition
from tests.checker.visitor import ANSWERS, RESULT, START, Visitor, reply
from tests.conditions.public import assets_of_others, inline_code, look_at
from tests.pages import Page, page_of

PAGES = [
    "/",
    "/how-it-works/",
    "/how-accurate/",
    "/about/",
    "/privacy/",
    "/accessibility/",
    "/disclaimer/",
]
STORY = ("age-18-39", "sex-female", "eyelid-flutter", "eyelid-one", "days-under-two-weeks")


def walk_through(visitor: Visitor) -> Iterator[Page]:
    """Every page of a whole check, the ways aside from it, and the pages beside it."""
    yield visitor.see(START)
    path = visitor.start()
    while path != ANSWERS:
        page = visitor.see(path)
        yield page
        yield Page(visitor.client.post(path, {}).content.decode())  # with an error
        path = visitor.send(path, reply(page, STORY))
    for path in (ANSWERS, RESULT, "/check/support/", "/check/help-now/"):
        yield visitor.see(path)
    visitor.tell("age-18-39", "throat-tightening")
    yield visitor.see("/check/emergency/")


# --- its own pages ---------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PAGES)
def test_every_page_of_the_site_opens_and_keeps_to_the_rules(
    client: Client, edition: Edition, path: str
) -> None:
    look_at(client, path)


@pytest.mark.django_db
def test_none_of_them_runs_a_query(
    client: Client, edition: Edition, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        for path in PAGES:
            client.get(path)


@pytest.mark.django_db
def test_only_the_desk_knows_sessions_and_users(client: Client, edition: Edition) -> None:
    known = ("session", "user", "_messages")
    for path in ("/", "/check/", "/search/?q=tic", "/understanding-muscle-twitches/reply/", "/x/"):
        request = client.get(path).wsgi_request
        assert [name for name in known if hasattr(request, name)] == [], path
    for path in ("/admin/", "/admin/login/", "/preview/"):
        request = client.get(path).wsgi_request
        assert [name for name in known if hasattr(request, name)] == list(known), path


def test_the_home_page_leads_into_the_check_first(client: Client, edition: Edition) -> None:
    page = look_at(client, "/")
    (button,) = [a["href"] for a in page.all("a", **{"class": "btn"})]
    assert button == START
    assert "/check/help-now/" in page.links


def test_the_disclaimer_is_one_link_from_everywhere(client: Client, edition: Edition) -> None:
    for path in (*PAGES, "/conditions/", START):
        assert "/disclaimer/" in page_of(client.get(path)).links, path


def test_the_foot_names_the_release_and_that_nothing_is_stored(
    client: Client, edition: Edition
) -> None:
    text = look_at(client, "/about/").text
    assert f"release {edition.number}" in text
    assert "not a diagnosis" in text


def test_every_link_of_the_site_leads_somewhere(client: Client, edition: Edition) -> None:
    """Every page that can be reached by links from the home page, each once, with its anchors."""
    pages: dict[str, Page] = {}
    waiting = ["/"]
    wanted: list[tuple[str, str]] = []
    while waiting:
        path = waiting.pop()
        if path in pages or path.startswith(("/check/", "/admin/", "/static/")):
            continue
        pages[path] = page_of(client.get(path))
        for link in pages[path].links:
            if link.startswith("/"):
                target, _, anchor = link.partition("#")
                target = target.partition("?")[0]
                waiting.append(target)
                if anchor:
                    wanted.append((target, anchor))
    assert len(pages) > len(edition.library.entries)
    broken = {
        f"{target}#{a}" for target, a in wanted if target in pages and a not in pages[target].ids
    }
    assert broken == set()


# --- what is not there, or not well ----------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["/no-such-page/", "/conditions/no-such-entry/", "/check/result/x/"]
)
def test_a_page_that_is_not_there_says_so_and_leads_on(
    client: Client, edition: Edition, path: str
) -> None:
    response = client.get(path)
    assert response.status_code == 404
    page = Page(response.content.decode())
    assert {START, "/conditions/"} <= set(page.links)
    assert inline_code(page) == []


def test_without_a_release_every_page_says_to_come_back_and_whom_to_call(
    client: Client, no_edition: None
) -> None:
    for path in ("/", START, "/conditions/", "/check/movement/", "/check/help-now/"):
        response = client.get(path)
        assert response.status_code == 503, path
        assert response["Retry-After"] == "10"
        assert "112" in response.content.decode()


def test_pages_that_need_no_release_open_without_one(client: Client, no_edition: None) -> None:
    for path in ("/about/", "/privacy/", "/accessibility/", "/disclaimer/"):
        assert client.get(path).status_code == 200, path


def test_an_error_of_ours_is_answered_with_a_page_and_emergency_numbers(
    client: Client, edition: Edition, monkeypatch: pytest.MonkeyPatch
) -> None:
    from conditions import library

    def broken(self: object) -> int:
        raise RuntimeError("broken on purpose")

    monkeypatch.setattr(library.Library, "warning_sign_count", property(broken))
    client.raise_request_exception = False
    response = client.get("/?fresh")
    assert response.status_code == 500
    page = Page(response.content.decode())
    assert {"tel:112", "tel:911"} <= set(page.links)
    assert "broken on purpose" not in page.html


def test_a_healthy_process_says_so_with_or_without_a_release(
    client: Client, no_edition: None
) -> None:
    assert client.get("/healthz").json() == {"alive": True}


@pytest.mark.django_db
def test_a_process_is_ready_with_a_release(client: Client, edition: Edition) -> None:
    response = client.get("/readyz")
    assert response.json() == {"release": edition.number, "database": "up"}
    assert (response.status_code, response["Cache-Control"]) == (
        200,
        "max-age=0, no-cache, no-store, must-revalidate, private",
    )


@pytest.mark.django_db
def test_a_process_is_not_ready_without_a_release(client: Client, no_edition: None) -> None:
    response = client.get("/readyz")
    assert (response.status_code, response.json()["release"]) == (503, None)


@pytest.mark.django_db
def test_a_process_stays_ready_without_its_database(
    client: Client, edition: Edition, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(connection, "ensure_connection", refuse)
    response = client.get("/readyz")
    assert response.json() == {"release": edition.number, "database": "down"}
    assert response.status_code == 200


# --- headers ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", START, "/conditions/", "/no-such-page/", "/admin/login/"])
def test_every_answer_carries_the_hardening_headers(
    client: Client, edition: Edition, path: str
) -> None:
    headers = client.get(path).headers
    policy = dict(
        part.strip().partition(" ")[::2] for part in headers["Content-Security-Policy"].split(";")
    )
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["form-action"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert "http" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "geolocation=()" in headers["Permissions-Policy"].replace(" ", "")


def test_no_page_of_the_check_needs_what_the_policy_forbids(visitor: Visitor) -> None:
    for page in walk_through(visitor):
        assert inline_code(page) == []
        assert assets_of_others(page) == []
        assert page.broken_anchors == []
        ids = page.values("id")
        assert len(ids) == len(set(ids))
        assert len(page.all("h1")) == 1


@pytest.fixture
def visitor(edition: Edition, client: Client) -> Visitor:
    return Visitor(client)


# --- static files ----------------------------------------------------------------------------------


def own_static_files() -> list[Path]:
    (folder,) = django_settings.STATICFILES_DIRS
    return [path for path in Path(folder).rglob("*") if path.is_file()]


def test_every_static_file_that_a_page_names_is_there(visitor: Visitor) -> None:
    named = {
        address.removeprefix(django_settings.STATIC_URL)
        for page in (*walk_through(visitor), *(visitor.see(path) for path in PAGES))
        for tag, attributes in page.elements
        if tag in ("link", "script", "img")
        for address in (attributes.get("href", attributes.get("src", "")),)
        if address.startswith(django_settings.STATIC_URL)
    }
    assert named
    assert [name for name in named if finders.find(name) is None] == []


def test_our_styles_and_scripts_load_nothing_from_elsewhere() -> None:
    loads = re.compile(r"""(?:url\(|@import|from|import\(?)\s*["']?\s*(?:https?:)?//""")
    sources = [path for path in own_static_files() if path.suffix in (".css", ".js", ".svg")]
    assert sources
    assert [path.name for path in sources if loads.search(path.read_text(encoding="utf-8"))] == []


def test_the_real_storage_finds_every_file_and_gives_it_a_name_of_its_own(
    client: Client, edition: Edition, settings: Settings, tmp_path: Path
) -> None:
    """As in production: collected, hashed, compressed, and named so in the pages."""
    settings.STATIC_ROOT = tmp_path / "static"
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    }
    call_command("collectstatic", verbosity=0, interactive=False)
    page = page_of(client.get("/?fresh"))
    (style,) = [a["href"] for a in page.all("link") if "site." in a.get("href", "")]
    assert re.fullmatch(r"/static/css/site\.[0-9a-f]{12}\.css", style)
    collected = settings.STATIC_ROOT / style.removeprefix("/static/")
    assert collected.exists()
    assert collected.with_name(f"{collected.name}.br").exists()
