"""The drafts under /preview/: the pages of the site, for staff, and nothing of it anywhere else."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import reverse

from checker import preview
from checker.models import Option, Question, Scenario
from checker.publishing import publish
from conditions import editions, ready
from conditions.models import Article, Condition, Reply
from tests.checker.visitor import Visitor
from tests.pages import Page, page_of

pytestmark = pytest.mark.django_db
ENTRY = "/preview/conditions/benign/"
DRAFT = "A summary that nobody has published."


@pytest.fixture(autouse=True)
def desk(small_drafts: None, no_edition: None) -> Iterator[None]:
    """A release in force, and one draft that differs from it."""
    publish()
    editions.refresh()
    Condition.objects.filter(slug="benign").update(summary=DRAFT)
    yield
    ready.empty()


def site_links(page: Page) -> list[str]:
    """The links of a page that lead to the site, without those of the bar to the published page."""
    ours = [link for link in page.links if link.startswith("/")]
    return [link for link in ours if not link.startswith("/admin/")]


# --- who ---------------------------------------------------------------------------------------------


def test_strangers_and_members_without_staff_are_sent_to_the_log_in(client: Client) -> None:
    for user in (None, User.objects.create_user("member")):
        if user:
            client.force_login(user)
        for path in ("/preview/", ENTRY, "/preview/check/", "/preview/no-such-page/"):
            for response in (client.get(path), client.post(path)):
                assert response.status_code == 302, path
                assert response["Location"].startswith("/admin/login/?next=/preview/"), path
                assert DRAFT not in response.content.decode()


def test_the_address_without_its_slash_leads_there(admin_client: Client) -> None:
    assert admin_client.get("/preview")["Location"] == "/preview/"


# --- what --------------------------------------------------------------------------------------------


def test_staff_see_the_drafts_and_that_these_are_drafts(admin_client: Client) -> None:
    response = admin_client.get(ENTRY)
    page = page_of(response)
    assert DRAFT in page.text
    assert "Preview of the drafts." in page.text
    assert "Content release" not in page.text
    assert "/conditions/benign/" in page.links
    assert page.html.count("<title>Preview: ") == 1


def test_no_cache_may_keep_it(admin_client: Client) -> None:
    for path in ("/preview/", ENTRY, "/preview/check/", "/preview/search/?q=x", "/preview/x/"):
        response = admin_client.get(path)
        assert response["Cache-Control"] == "private, no-store", path
        assert response["X-Robots-Tag"] == "noindex"
        assert "ETag" not in response


def test_every_page_opens_and_every_link_stays_inside(admin_client: Client) -> None:
    waiting, seen = ["/preview/"], set()
    while waiting:
        path = waiting.pop().partition("#")[0].partition("?")[0]
        if path in seen:
            continue
        seen.add(path)
        page = page_of(admin_client.get(path))
        links = site_links(page)
        assert links.pop(links.index(path.removeprefix("/preview")))  # in the bar, and only there
        assert [link for link in links if not link.startswith("/preview/")] == [], path
        assert page.broken_anchors == [], path
        waiting += links
    assert {ENTRY, "/preview/check/", "/preview/how-accurate/", "/preview/sources/"} <= seen


def test_a_page_that_is_not_there_is_told_inside(admin_client: Client) -> None:
    response = admin_client.get("/preview/conditions/no-such-entry/")
    assert response.status_code == 404
    assert "/preview/conditions/" in Page(response.content.decode()).links


def test_the_next_change_is_seen_at_once(admin_client: Client) -> None:
    admin_client.get(ENTRY)
    Condition.objects.filter(slug="benign").update(summary="Changed past every model and signal.")
    assert "Changed past every model" in page_of(admin_client.get(ENTRY)).text
    Article.objects.get().resources.clear()
    assert "An old book" not in page_of(admin_client.get("/preview/sources/")).text.split("Not")[0]


def test_it_is_built_once_for_the_same_drafts(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    built: list[int] = []
    make = editions.make_edition

    def counting(**kwargs: object) -> editions.Edition:
        built.append(1)
        return make(**kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(editions, "make_edition", counting)
    monkeypatch.setattr(preview, "_latest", None)
    for path in (ENTRY, "/preview/", "/preview/check/"):
        admin_client.get(path)
    assert len(built) == 1


def test_drafts_that_do_not_hold_together_say_what_is_wrong(admin_client: Client) -> None:
    Condition.objects.filter(slug="benign").update(why="It fires. [@nhz]")
    Scenario.objects.update(present=["choking"])
    page = page_of(admin_client.get(ENTRY))
    assert "did you mean 'nhs'" in page.text
    assert DRAFT not in page.text
    Condition.objects.filter(slug="benign").update(why="It fires. [@nhs]")
    Option.objects.filter(finding__slug="choking").delete()
    assert "'emergency-signs'" in page_of(admin_client.get("/preview/check/")).text


def test_the_drafts_can_be_shown_before_anything_was_published(admin_client: Client) -> None:
    editions.install(None)
    assert DRAFT in page_of(admin_client.get(ENTRY)).text
    assert admin_client.get("/conditions/benign/").status_code == 503


def test_the_scoreboard_is_that_of_the_drafts(admin_client: Client) -> None:
    Scenario.objects.filter(slug="choking-at-table").update(story="Crumbs went the wrong way.")
    Scenario.objects.filter(slug="choking-at-table").update(expect_urgency=["soon"])
    assert "Crumbs went the wrong way." in page_of(admin_client.get("/preview/how-accurate/")).text
    assert "Crumbs" not in page_of(admin_client.get("/how-accurate/")).text


def test_a_page_view_asks_for_little(
    admin_client: Client, django_assert_max_num_queries: object
) -> None:
    admin_client.get(ENTRY)
    # Session and user, permissions, and the fingerprint: one query a table.
    with django_assert_max_num_queries(50):  # type: ignore[operator]
        admin_client.get(ENTRY)


# --- the check ---------------------------------------------------------------------------------------


def test_the_questionnaire_runs_on_the_drafts_with_a_cookie_of_its_own(
    admin_client: Client,
) -> None:
    Question.objects.filter(slug="movement").update(title="What do the drafts ask?")
    public = Visitor(admin_client)
    public.start()
    own = admin_client.cookies[settings.ANSWER_COOKIE].value

    response = admin_client.post("/preview/check/", {"who": "me"})
    assert response["Location"].startswith("/preview/check/")
    cookie = response.cookies[settings.PREVIEW_COOKIE]
    assert cookie["path"] == "/preview/check/"
    assert set(response.cookies) == {cookie.key}
    path = response["Location"]
    seen = []
    for _ in range(10):
        page = page_of(admin_client.get(path))
        seen.append(page.text)
        if path == "/preview/check/answers/":
            break
        path = (
            admin_client.post(path, {})["Location"]
            if not page.choices
            else _skip(admin_client, path, page)
        )
    assert any("What do the drafts ask?" in text for text in seen)
    result = page_of(admin_client.get("/preview/check/result/"))
    assert "Made with drafts that are not published." in result.text
    assert admin_client.cookies[settings.ANSWER_COOKIE].value == own

    cleared = admin_client.post("/preview/check/clear/")
    assert cleared.cookies[cookie.key]["max-age"] == 0
    assert settings.ANSWER_COOKIE not in cleared.cookies


def _skip(client: Client, path: str, page: Page) -> str:
    """Answer nothing but "not sure"."""
    data = {name: inputs[-1]["value"] for name, inputs in page.choices.items()}
    (check,) = page.all("input", name="check")
    return client.post(path, {**data, "check": check["value"]})["Location"]


def test_a_reply_sent_in_the_preview_is_not_held(admin_client: Client) -> None:
    address = "/preview/understanding-muscle-twitches/reply/"
    sent = admin_client.post(address, {"name": "Ann", "text": "Hello"})
    assert sent["Location"] == f"{address}?sent"
    assert not Reply.objects.exists()


# --- nowhere else --------------------------------------------------------------------------------------


def test_nothing_of_it_reaches_public_pages_ready_pages_or_the_disk(
    admin_client: Client, client: Client
) -> None:
    before = client.get("/conditions/benign/").content
    on_disk = settings.RELEASE_COPY.read_text()
    admin_client.get(ENTRY)
    admin_client.get("/preview/conditions/")
    for path in ("/conditions/benign/", "/conditions/", "/check/"):
        text = client.get(path).content.decode()
        assert DRAFT not in text
        assert "/preview/" not in text
    assert client.get("/conditions/benign/").content == before
    shelf = ready._shelf
    assert shelf is not None
    assert [path for path in shelf.pages if path.startswith("/preview/")] == []
    assert settings.RELEASE_COPY.read_text() == on_disk
    assert DRAFT not in on_disk
    assert reverse("checker:start") == "/check/"
    assert editions.is_preview() is False
    in_force = editions.in_force()
    assert in_force is not None
    assert in_force.number == 1


def test_an_error_inside_leaves_nothing_behind(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    from conditions import library

    def broken(self: object) -> int:
        raise RuntimeError("broken on purpose")

    monkeypatch.setattr(library.Library, "warning_sign_count", property(broken))
    admin_client.raise_request_exception = False
    assert admin_client.get("/preview/").status_code == 500
    assert editions.is_preview() is False
    assert reverse("checker:start") == "/check/"


def test_a_preview_in_one_thread_is_none_in_another(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a preview is being answered, visitors read the release, with its own addresses."""
    from conditions import views

    inside, seen = threading.Event(), threading.Event()
    page = views._page

    def waiting(request: HttpRequest, template: str, **context: object) -> HttpResponse:
        if editions.is_preview():
            inside.set()
            assert seen.wait(10)
        return page(request, template, **context)

    texts: list[str] = []

    def visitor() -> None:
        assert inside.wait(10)
        try:
            for path in ("/conditions/benign/", "/conditions/benign/?fresh", "/check/"):
                texts.append(Client().get(path).content.decode())
            texts.append(reverse("conditions:library"))
        finally:
            seen.set()
            connection.close()

    monkeypatch.setattr(views, "_page", waiting)
    thread = threading.Thread(target=visitor)
    thread.start()
    preview_page = admin_client.get(ENTRY).content.decode()
    thread.join()
    assert DRAFT in preview_page
    assert len(texts) == 4
    assert texts[3] == "/conditions/"
    for text in texts:
        assert DRAFT not in text
        assert "/preview/" not in text
