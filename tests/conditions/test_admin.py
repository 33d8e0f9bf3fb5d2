"""The editor's desk: every page of every model opens, within a bounded number of queries."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries, DjangoDbBlocker

from conditions import content, editions, replies
from conditions.models import (
    Article,
    Association,
    Condition,
    Finding,
    PageReport,
    Reply,
    ReplyState,
    Source,
)
from tests.pages import page_of

from .public import inline_code

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_edition")]

OURS = [m for m in admin.site._registry if m._meta.app_label in ("conditions", "checker")]
IDS = [model._meta.model_name for model in OURS]
WITH_A_SLUG = [m for m in OURS if any(f.name == "slug" for f in m._meta.fields)]
READ_ONLY = ("release", "reply", "pagereport")
MOST_QUERIES = 45


@pytest.fixture(scope="module", autouse=True)
def drafts(small_drafts: None, django_db_blocker: DjangoDbBlocker) -> None:
    """A row of every model at least."""
    from checker.publishing import publish

    with django_db_blocker.unblock():
        publish()
        Reply.objects.create(article="a", name="Anna", email="anna@example.org", text="Thank you.")
        PageReport.objects.create(page="/causes/", kind="wrong", text="The dose is another.")


def address(model: type[Model], page: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def first(model: type[Model]) -> Model:
    found = model._default_manager.order_by("pk").first()
    assert found is not None, model
    return found


def test_the_front_page_opens(admin_client: Client) -> None:
    page = page_of(admin_client.get("/admin/"))
    assert inline_code(page) == []
    for model in OURS:
        is_listed = address(model, "changelist") in page.links
        assert is_listed is (model._meta.model_name != "rule"), model


@pytest.mark.parametrize("model", OURS, ids=IDS)
def test_every_list_opens_and_can_be_searched(
    admin_client: Client,
    model: type[Model],
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_max_num_queries(MOST_QUERIES):
        page = page_of(admin_client.get(address(model, "changelist")))
    assert inline_code(page) == []
    assert address(model, "change", first(model).pk) in page.links
    if admin.site._registry[model].search_fields:
        nothing = page_of(admin_client.get(address(model, "changelist"), {"q": "qzxqzx"}))
        assert address(model, "change", first(model).pk) not in nothing.links


@pytest.mark.parametrize("model", OURS, ids=IDS)
def test_every_row_opens(
    admin_client: Client,
    model: type[Model],
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_max_num_queries(MOST_QUERIES):
        page = page_of(admin_client.get(address(model, "change", first(model).pk)))
    assert inline_code(page) == []


@pytest.mark.parametrize("model", OURS, ids=IDS)
def test_every_form_for_a_new_row_opens(
    admin_client: Client,
    model: type[Model],
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    if model._meta.model_name in READ_ONLY:
        assert admin_client.get(address(model, "add")).status_code == 403
        return
    with django_assert_max_num_queries(MOST_QUERIES):
        page = page_of(admin_client.get(address(model, "add")))
    assert inline_code(page) == []


@pytest.mark.parametrize("model", WITH_A_SLUG, ids=lambda m: m._meta.model_name)
def test_a_slug_is_set_once(admin_client: Client, model: type[Model]) -> None:
    def fields(path: str) -> set[str]:
        return {a["name"] for a in page_of(admin_client.get(path)).all("input") if "name" in a}

    fixed = {"slug", "number"} & {f.name for f in model._meta.fields}
    assert fixed <= fields(address(model, "add"))
    assert not fixed & fields(address(model, "change", first(model).pk))


def test_a_line_more_costs_two_queries_and_a_row_more_in_a_list_none(admin_client: Client) -> None:
    """An autocomplete field of a line asks for the name of what is chosen; nothing else grows."""
    benign = Condition.objects.get(slug="benign")
    paths = (address(Condition, "change", benign.pk), address(Condition, "changelist"))

    def queries() -> list[int]:
        counts = []
        for path in paths:
            with CaptureQueriesContext(connection) as captured:
                assert admin_client.get(path).status_code == 200
            counts.append(len(captured))
        return counts

    before = queries()
    source = Source.objects.get(slug="nhs")
    for n in range(30):
        finding = Finding.objects.create(slug=f"f{n}", number=100 + n, label=f"F {n}", kind="felt")
        Association.objects.create(
            condition=benign, finding=finding, band="frequent", basis="consensus", source=source
        )
        Condition.objects.create(
            slug=f"c{n}", name=f"C {n}", group="everyday", summary="x", compiled_on="2026-11-01"
        )
    form, listing = queries()
    assert form <= before[0] + 2 * 30
    assert listing == before[1]


@pytest.mark.parametrize(
    ("model", "text"),
    [("condition", "flickers"), ("finding", "weak"), ("source", "book"), ("question", "movement")],
)
def test_search_finds_by_name_slug_and_other_names(
    admin_client: Client, model: str, text: str
) -> None:
    found = next(m for m in OURS if m._meta.model_name == model)
    page = page_of(admin_client.get(address(found, "changelist"), {"q": text}))
    changes = [
        link for link in page.links if link.endswith("/change/?_changelist_filters=q%3D" + text)
    ]
    assert len(changes) == 1


@pytest.mark.parametrize("model", ["finding", "question"])
def test_a_new_row_is_offered_the_next_free_number(admin_client: Client, model: str) -> None:
    found = next(m for m in OURS if m._meta.model_name == model)
    page = page_of(admin_client.get(address(found, "add")))
    (field,) = page.all("input", name="number")
    last = max(found._default_manager.values_list("number", flat=True))
    assert field["value"] == str(last + 1)


def test_an_edit_is_a_draft(admin_client: Client) -> None:
    finding = Finding.objects.get(slug="flicker")
    data = {
        "label": "a quick flicker",
        "kind": "felt",
        "background": "frequent",
        "group": "",
        "floor": "",
    }
    sent = admin_client.post(address(Finding, "change", finding.pk), data)
    assert sent.status_code == 302, page_of(sent).text
    finding.refresh_from_db()
    assert (finding.label, finding.slug, finding.number) == ("a quick flicker", "flicker", 1)


def test_an_edit_of_the_text_clears_its_review(admin_client: Client) -> None:
    article = Article.objects.get()
    data = {
        "title": article.title,
        "summary": article.summary,
        "body": article.body,
        "compiled_on": str(article.compiled_on),
        "reviewed_on": "2026-01-02",
        "reviewed_by": "neurologist",
    }
    change = address(Article, "change", article.pk)
    for sent, reviewed in (
        ({}, "2026-01-02"),
        ({"compiled_on": "2026-02-03"}, "2026-01-02"),
        ({"body": "Another text."}, "None"),
        ({"body": "A third text.", "reviewed_on": "2026-03-04"}, "2026-03-04"),
    ):
        response = admin_client.post(change, data | sent)
        assert response.status_code == 302, page_of(response).text
        article.refresh_from_db()
        assert str(article.reviewed_on) == reviewed
        assert bool(article.reviewed_by) == (reviewed != "None")
        data |= sent


def test_what_the_content_forbids_the_form_refuses(admin_client: Client) -> None:
    """Only an objective finding can have a floor."""
    finding = Finding.objects.get(slug="flicker")
    data = {"label": "x", "kind": "felt", "background": "frequent", "group": "", "floor": "soon"}
    sent = admin_client.post(address(Finding, "change", finding.pk), data)
    assert sent.status_code == 200
    finding.refresh_from_db()
    assert finding.floor == ""


@pytest.mark.parametrize(
    ("action", "state"),
    [
        ("approve", ReplyState.APPROVED),
        ("reject", ReplyState.REJECTED),
        ("mark_as_spam", ReplyState.SPAM),
    ],
)
def test_replies_are_judged_together(admin_client: Client, action: str, state: ReplyState) -> None:
    other = Reply.objects.create(article="a", name="Bert", text="Hello.")
    left = Reply.objects.create(article="a", name="Cleo", text="Later.")
    chosen = [first(Reply).pk, other.pk]
    sent = admin_client.post(
        address(Reply, "changelist"), {"action": action, "_selected_action": chosen}
    )
    assert sent.status_code == 302
    assert set(Reply.objects.filter(pk__in=chosen).values_list("state", flat=True)) == {state}
    left.refresh_from_db()
    assert left.state == ReplyState.HELD
    replies.refresh()
    assert len(replies.approved()) == (2 if state == ReplyState.APPROVED else 0)


def test_a_reply_is_never_rewritten(admin_client: Client) -> None:
    reply = Reply.objects.get()
    admin_client.post(
        address(Reply, "change", reply.pk),
        {"name": "Other", "text": "Other words.", "state": "approved"},
    )
    reply.refresh_from_db()
    assert (reply.name, reply.text, reply.state) == ("Anna", "Thank you.", "approved")


def test_the_address_of_a_reply_never_leaves_its_page(admin_client: Client) -> None:
    """Not to a list, the log of the desk, the history, a release or an export."""
    reply = Reply.objects.get()
    secret = "anna@example.org"
    path = address(Reply, "change", reply.pk)
    assert secret in admin_client.get(path).content.decode()
    admin_client.post(path, {"state": "approved"})
    chosen = {"action": "mark_as_spam", "_selected_action": [reply.pk]}
    admin_client.post(address(Reply, "changelist"), chosen)
    said = [f"{entry.object_repr} {entry.change_message}" for entry in LogEntry.objects.all()]
    assert any("spam" in entry for entry in said)
    said += [
        admin_client.get(page).content.decode()
        for page in (
            "/admin/",
            address(Reply, "changelist"),
            address(Reply, "changelist") + "?q=anna",
            address(Reply, "history", reply.pk),
            "/admin/conditions/release/publish/",
        )
    ]
    said.append(editions.canonical(content.rows_of_database()))
    assert not [text for text in said if secret in text]
    assert not hasattr(Reply, "history")
    # A search does not tell either whether an address is there.
    found = admin_client.get(address(Reply, "changelist"), {"q": "example.org"})
    assert path not in page_of(found).links


def test_an_editor_sees_only_what_they_may_edit(client: Client) -> None:
    editor = User.objects.create_user("editor", is_staff=True)
    editor.user_permissions.set(Permission.objects.filter(codename="change_condition"))
    client.force_login(editor)
    assert client.get(address(Condition, "changelist")).status_code == 200
    assert client.get(address(Finding, "changelist")).status_code == 403
    assert client.get(address(Reply, "changelist")).status_code == 403


def test_visitors_are_asked_to_log_in(client: Client) -> None:
    for model in OURS:
        response = client.get(address(model, "changelist"))
        assert response.status_code == 302
        assert response["Location"].startswith("/admin/login/")
