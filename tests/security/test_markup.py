"""Whatever editors and readers write, a page runs no script that is not ours."""

from __future__ import annotations

import copy
import datetime
from pathlib import Path
from typing import Any

import pytest
from django.contrib import admin
from django.db import models
from django.test import Client

from checker.loading import load_folder
from conditions import content, editions, replies
from conditions.models import Release, Reply
from tests import content_folder
from tests.checker.visitor import ANSWERS, RESULT, Visitor, reply
from tests.pages import Page, page_of

ATTACK = (
    "<script>alert(1)</script><img src=x onerror=alert(1)>\"><svg onload=alert(1)>' onfocus=alert(1) x='"
    "[a](javascript:alert(1)) <javascript:alert(1)> ![b](data:text/html;base64,PHNjcmlwdD4=)"
    " <a href='java&#10;script:alert(1)'>c</a> </title></script></style>-->{{ 7|add:7 }}{% now 'Y' %} "
)
STORY = ("age-18-39", "sex-male", "flicker", "calf", "several-places", "three-to-twelve-months")


def assert_harmless(page: Page) -> None:
    for tag, attributes in page.elements:
        for name, value in attributes.items():
            assert not name.startswith("on"), (tag, name)
            if name in ("href", "src", "action", "formaction"):
                scheme = "".join(value.split()).lower()
                assert not scheme.startswith(("javascript:", "data:", "vbscript:")), (tag, value)
        assert "style" not in attributes, tag
        if tag == "script":
            assert attributes.get("src", "").startswith("/static/") or attributes.get("type") in (
                "application/json",
                "application/ld+json",
            ), attributes
        assert tag not in ("iframe", "object", "embed", "base"), tag


@pytest.fixture(scope="module")
def attacked(shipped_rows: list[content.Row]) -> editions.Edition:
    """The shipped content with an attack in front of every text that an editor can write."""
    rows: list[Any] = copy.deepcopy(shipped_rows)
    changed = set()
    for row in rows:
        for name, value in row["fields"].items():
            if isinstance(value, str) and " " in value:
                row["fields"][name] = ATTACK + value
                changed.add((row["model"], name))
    assert len(changed) > 40
    document = editions.canonical(rows)
    return editions.make_edition(
        number=99,
        document=document,
        expected=editions.checksum(document),
        published_at=datetime.datetime(2026, 11, 1, tzinfo=datetime.UTC),
    )


@pytest.fixture
def in_force(no_edition: None, attacked: editions.Edition) -> editions.Edition:
    editions.install(attacked)
    return attacked


def test_no_editable_field_runs_a_script_in_the_library(
    in_force: editions.Edition, client: Client
) -> None:
    when = datetime.datetime(2026, 11, 2, tzinfo=datetime.UTC)
    replies._snapshot = (replies.ShownReply(ATTACK, ATTACK, when),)
    paths = [
        "/", "/conditions/", "/causes/", "/warning-signs/", "/movements/",
        "/concerns/", "/sources/", "/understanding-muscle-twitches/", "/check/help-now/",
    ]  # fmt: skip
    paths += [entry.url for entry in list(in_force.library.entries.values())[::7]]
    for path in paths:
        page = page_of(client.get(path))
        assert "alert(1)" in page.html, path
        assert "7|add:7" in page.html, path  # not taken for a template
        assert_harmless(page)


def test_no_editable_field_runs_a_script_in_the_check(
    in_force: editions.Edition, client: Client
) -> None:
    visitor = Visitor(client)
    path = visitor.start()
    while path != ANSWERS:
        page = visitor.see(path)
        assert "alert(1)" in page.html
        assert_harmless(page)
        path = visitor.send(path, reply(page, STORY))
    for path in (ANSWERS, RESULT, "/check/support/"):
        assert_harmless(visitor.see(path))
    visitor.tell("age-18-39", "throat-tightening")
    assert_harmless(visitor.see("/check/emergency/"))


@pytest.mark.django_db
def test_what_a_reader_sends_comes_back_as_text(edition: editions.Edition, client: Client) -> None:
    path = "/understanding-muscle-twitches/reply/"
    response = client.post(path, {"name": ATTACK, "email": ATTACK, "text": ATTACK})
    page = page_of(response)
    assert "alert(1)" in page.html
    assert_harmless(page)
    for query in ({"notice": ATTACK}, {"q": ATTACK}, {ATTACK: "1"}):
        for address in ("/", "/check/", "/search/", path):
            answer = client.get(address, query)
            assert answer.status_code in (200, 404)
            assert_harmless(Page(answer.content.decode()))


@pytest.mark.django_db
def test_the_desk_shows_a_reply_as_text(edition: editions.Edition, admin_client: Client) -> None:
    held = Reply.objects.create(
        name=ATTACK[:80], text=ATTACK, article="understanding-muscle-twitches"
    )
    for path in ("/admin/conditions/reply/", f"/admin/conditions/reply/{held.pk}/change/"):
        html = admin_client.get(path).content.decode()
        assert "&lt;script&gt;alert(1)" in html
        assert "<script>alert" not in html
        assert "<img src=x" not in html


def test_the_policy_lets_no_inline_script_or_style_run(
    edition: editions.Edition, client: Client
) -> None:
    for path in ("/", "/check/", "/admin/login/", "/nothing/"):
        policy = client.get(path)["Content-Security-Policy"] if path != "/admin/login/" else ""
        assert "unsafe" not in policy, path
        if policy:
            for part in ("default-src 'none'", "script-src 'self'", "style-src 'self'"):
                assert part in policy, (path, part)


@pytest.mark.django_db
def test_the_desk_shows_every_text_of_every_row_as_text(
    edition: editions.Edition, admin_client: Client, tmp_path: Path
) -> None:
    """Every free text of every model is an attack, and every page of the desk about it is opened."""
    load_folder(content_folder.write(tmp_path / "content"))
    Reply.objects.create(name="Ann", text="Hello.", article="understanding-muscle-twitches")
    attacked, opened = 0, 0
    for model in list(admin.site._registry):
        if model._meta.app_label not in ("conditions", "checker") or model is Release:
            continue
        free = [
            field
            for field in model._meta.fields
            if isinstance(field, models.CharField | models.TextField)
            and not (field.choices or field.unique or field.primary_key)
        ]
        for row in model._default_manager.all():
            for field in free:
                setattr(row, field.attname, ATTACK[: field.max_length or None])
                attacked += 1
            row.save()
        before = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        paths = [before, f"{before}?q=script"]
        for row in model._default_manager.all()[:1]:
            paths += [f"{before}{row.pk}/{name}/" for name in ("change", "history", "delete")]
        for path in paths:
            response = admin_client.get(path)
            assert response.status_code in (200, 302, 403), path
            assert_no_attack(response.content.decode(), path)
            opened += 1
    assert attacked > 60
    assert opened > 40
    for path in (
        "/admin/",
        "/admin/conditions/release/publish/",
        "/admin/conditions/release/transfer/",
    ):
        assert_no_attack(admin_client.get(path).content.decode(), path)
    assert_no_attack(admin_client.get("/preview/conditions/").content.decode(), "/preview/")


def assert_no_attack(html: str, path: str) -> None:
    assert "<script>alert" not in html, path
    for tag, attributes in Page(html).elements:
        assert not [name for name in attributes if name.startswith("on")], (path, tag)
        for name in ("href", "src", "action"):
            value = "".join(attributes.get(name, "").split()).lower()
            assert not value.startswith(("javascript:", "vbscript:")), (path, tag, value)
        assert (tag, attributes.get("src")) != ("img", "x"), path
