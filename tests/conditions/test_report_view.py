"""Telling us what is wrong on a page."""

from __future__ import annotations

import datetime

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from conditions import reports
from conditions.editions import Edition
from conditions.limits import RateLimit
from conditions.models import PageReport, PageReportKind
from tests.pages import page_of

from .public import keep_to_the_rules

PATH = "/tell-us/"
SENT = f"{PATH}?sent"
ENTRY = "/conditions/benign-eyelid-myokymia/"
GOOD = {"page": ENTRY, "kind": "wrong", "text": "The dose is another.", "website": ""}
LIMIT = 3


@pytest.fixture(autouse=True)
def fresh_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reports, "limit", RateLimit(LIMIT))


def test_it_opens_without_a_database_and_asks_nothing_about_the_reader(
    client: Client, edition: Edition
) -> None:
    response = client.get(f"{PATH}?page={ENTRY}")
    page = page_of(response)
    assert len(page.choices["kind"]) == len(PageReportKind)
    assert ENTRY in page.text
    assert {f["name"] for f in page.all("input")} <= {
        "kind",
        "page",
        "website",
        "csrfmiddlewaretoken",
    }
    assert "no-store" in response["Cache-Control"]
    assert "/check/help-now/" in page.links
    keep_to_the_rules(page, PATH)


@pytest.mark.parametrize(
    "path", ["/", "/check/", "/conditions/", ENTRY, "/search/?q=my+calf", "/privacy/"]
)
def test_every_page_leads_there_and_says_which_page_it_is(
    client: Client, edition: Edition, path: str
) -> None:
    (link,) = [a for a in page_of(client.get(path)).links if a.startswith(PATH)]
    # Of a search the words stay behind: they may tell of somebody's health.
    assert "calf" not in link
    shown = page_of(client.get(link))
    assert shown.all("input", name="page")[0]["value"] == path.partition("?")[0]


@pytest.mark.django_db
def test_a_report_is_stored_without_a_word_about_the_reader(
    client: Client, edition: Edition
) -> None:
    response = client.post(PATH, GOOD, REMOTE_ADDR="198.51.100.7", HTTP_USER_AGENT="Phone")
    assert (response.status_code, response["Location"]) == (302, SENT)
    (row,) = PageReport.objects.values()
    assert dict(row) == {
        "id": row["id"],
        "page": ENTRY,
        "kind": "wrong",
        "text": "The dose is another.",
        "release": edition.number,
        "reported_on": timezone.localdate(),
        "is_settled": False,
    }
    keep_to_the_rules(page_of(client.get(SENT)), SENT)


@pytest.mark.django_db
def test_one_line_is_enough(client: Client, edition: Edition) -> None:
    assert client.post(PATH, {"page": "/", "kind": "unclear"}).status_code == 302
    assert PageReport.objects.get().text == ""


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("/check/result/", "/check/result/"),
        ("/search/?q=my+calf+twitches", "/search/"),
        ("/check/place/#id_place_3", "/check/place/"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("/no/such/page/", "/"),
        ("/conditions/" + "x" * 300 + "/", "/"),
        ("", "/"),
        ("\x00", "/"),
    ],
)
def test_only_the_path_of_a_page_of_ours_is_stored(
    client: Client, edition: Edition, sent: str, stored: str
) -> None:
    page = page_of(client.get(PATH, {"page": sent}))
    assert page.all("a", **{"class": "back"})[0]["href"] == stored
    assert client.post(PATH, {**GOOD, "page": sent}).status_code == 302
    assert PageReport.objects.get().page == stored


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"kind": ""}, "Choose what is wrong."),
        ({"kind": "nonsense"}, "Choose one of the lines."),
        ({"text": "x" * 601}, "Use up to 600 characters."),
    ],
)
def test_a_mistake_is_named_and_what_was_written_stays(
    client: Client, edition: Edition, change: dict[str, str], words: str
) -> None:
    page = page_of(client.post(PATH, {**GOOD, "text": "My own words.", **change}))
    assert words in page.text
    assert "<title>Error: " in page.html
    assert page.broken_anchors == []
    assert change.get("text", "My own words.") in page.text


@pytest.mark.django_db
def test_a_machine_is_thanked_and_learns_nothing(client: Client, edition: Edition) -> None:
    assert client.post(PATH, {**GOOD, "website": "http://spam.example"})["Location"] == SENT
    assert not PageReport.objects.exists()


@pytest.mark.django_db
def test_too_many_are_asked_to_wait(client: Client, edition: Edition) -> None:
    for _ in range(LIMIT):
        assert client.post(PATH, GOOD).status_code == 302
    response = client.post(PATH, GOOD)
    assert response.status_code == 429
    assert "was not sent" in response.content.decode()


def test_while_the_database_is_away_the_words_stay_and_nothing_is_promised(
    client: Client, edition: Edition, no_database: None
) -> None:
    response = client.post(PATH, GOOD)
    page = page_of(response)
    assert response.status_code == 200
    assert GOOD["text"] in page.text
    assert page.checked["kind"] == ["wrong"]
    assert [a for _, a in page.elements if a.get("role") == "alert"]


@pytest.mark.django_db
def test_it_is_deleted_after_the_time_that_the_privacy_page_promises(
    settings: Settings, client: Client, edition: Edition
) -> None:
    for text in ("new", "old"):
        PageReport.objects.create(page="/", kind="other", text=text)
    age = datetime.timedelta(days=settings.REPORT_DAYS + 1)
    PageReport.objects.filter(text="old").update(reported_on=timezone.localdate() - age)
    assert reports.forget_old() == 1
    assert PageReport.objects.get().text == "new"
    assert str(settings.REPORT_DAYS) in page_of(client.get("/privacy/")).text


def test_a_form_from_elsewhere_is_refused(edition: Edition) -> None:
    assert Client(enforce_csrf_checks=True).post(PATH, GOOD).status_code == 403


@pytest.mark.django_db
def test_an_editor_reads_and_settles_it_and_rewrites_nothing(
    admin_client: Client, edition: Edition
) -> None:
    report = PageReport.objects.create(page=ENTRY, kind="wrong", text="The dose is another.")
    listed = "/admin/conditions/pagereport/"
    assert "The dose is another." in admin_client.get(listed).content.decode()
    admin_client.post(listed, {"action": "settle", "_selected_action": [report.pk]})
    report.refresh_from_db()
    assert report.is_settled
    admin_client.post(f"{listed}{report.pk}/change/", {"text": "Other words", "page": "/"})
    report.refresh_from_db()
    assert (report.text, report.page) == ("The dose is another.", ENTRY)
    assert admin_client.get(f"{listed}add/").status_code == 403
