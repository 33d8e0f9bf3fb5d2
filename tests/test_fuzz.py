"""Any request to any address, and every form with any change: an answer, never an error of ours.

300 requests always, 10,000 with `-m long`. What a request changes in the database is undone after it, so that each
stands for itself and a failing one fails again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urljoin

import pytest
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from checker import preview
from checker.engine.knowledge import KnowledgeBase
from checker.knowledge import knowledge_base_of
from checker.loading import load_folder
from conditions import limits, replies, views
from conditions.editions import Edition
from conditions.models import Reply
from tests.addresses import addresses, public_addresses
from tests.checker.visitor import Visitor, address
from tests.content_folder import write
from tests.pages import Page

pytestmark = pytest.mark.django_db
ODD = [
    "",
    " ",
    "\x00",
    "0",
    "-1",
    "1" * 400,
    "%",
    "'",
    '"><svg/onload=1>',
    "\u202e",
    "💪",
    "../..",
    "{}",
    "[]",
]
FORM = "application/x-www-form-urlencoded"
DESK = ("/admin/", "/preview/")
METHODS = ["GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "BREW"]


@dataclass(frozen=True)
class Form:
    """A form as a page shows it, with what a browser would send if nothing were changed."""

    page: str
    address: str
    post: bool
    fields: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        return f"{self.page} -> {self.address} {sorted(dict(self.fields))}"


def forms_of(path: str, html: str) -> Iterator[Form]:
    """Return the forms of a page, each with its fields and their values."""
    form: dict[str, str] | None = None
    fields: list[tuple[str, str]] = []
    select = ""
    # A form that never ends ends with its page.
    for tag, attributes in [*Page(html).elements, ("form", {})]:
        name, kind = attributes.get("name", ""), attributes.get("type", "")
        if tag == "form":
            if form is not None:
                address = urljoin(path, form.get("action", "")).partition("?")[0]
                yield Form(path, address, form.get("method", "").lower() == "post", tuple(fields))
            form, fields = attributes, []
        elif tag == "select":
            select = name
            fields.append((name, ""))
        elif tag == "option" and "selected" in attributes:
            fields.append((select, attributes.get("value", "")))
        elif tag in ("input", "textarea", "button") and name and kind != "file":
            if kind not in ("checkbox", "radio") or "checked" in attributes:
                fields.append((name, attributes.get("value", "")))
            elif kind == "radio":
                fields.append((name, ""))


class Fuzzed:
    """The site in front of the fuzzer: what may be asked for, and in which state of a check."""

    def __init__(self, kb: KnowledgeBase, staff: User) -> None:
        self.staff = Client()
        self.staff.force_login(staff)
        questions = [address(page) for page in kb.pages]
        public = [*public_addresses(), *questions]
        self.paths = [*addresses(), *questions, *(f"/preview{path}" for path in public)]
        self.paths += self._pages_of_the_desk()
        self.names = [
            *kb.questions,
            *kb.findings,
            "check",
            "who",
            "name",
            "email",
            "text",
            "website",
            "sent",
            "q",
            "notice",
            "note",
            "action",
            "_selected_action",
            "next",
            "username",
            "password",
            "o",
            "p",
            "all",
            "_popup",
            "_to_field",
            "csrfmiddlewaretoken",
            "form-TOTAL_FORMS",
            "term",
            "app_label",
            "model_name",
            "field_name",
            "slug__contains",
            "ready__exact",
        ]
        self.values = [
            *ODD,
            *kb.findings,
            "none",
            "not-sure",
            "present",
            "absent",
            "me",
            "someone",
            "approve",
            "conditions",
            "association",
            "finding",
            "on",
            "2026-11-01",
        ]
        self.cookies = self._states_of_a_check()
        self.forms = self._forms()

    def _pages_of_the_desk(self) -> list[str]:
        """Return the pages of the desk about rows that are there: one row of each model."""
        found = []
        for model in admin.site._registry:
            before = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
            for row in model._default_manager.all()[:1]:
                found += [f"{before}{row.pk}/{page}/" for page in ("change", "history", "delete")]
        return found

    def _forms(self) -> list[Form]:
        """Return every form that the site shows, to visitors and to staff."""
        visitor = Client()
        visitor.cookies[settings.ANSWER_COOKIE] = self.cookies[4]
        found: dict[tuple[str, str], Form] = {}
        for path in dict.fromkeys(self.paths):
            outside = path == "/admin/login/" or not path.startswith(DESK)
            client = visitor if outside else self.staff
            if "logout" in path or (path.startswith("/preview/") and "/check/" not in path):
                continue
            response = client.get(path)
            if response.status_code == 200 and response["Content-Type"].startswith("text/html"):
                for form in forms_of(path, response.content.decode()):
                    if "logout" not in form.address:
                        found.setdefault((form.page, form.address), form)
        return list(found.values())

    def filled_in(self) -> st.SearchStrategy[dict[str, Any]]:
        """A form of the site in which some fields were changed, left out, or sent twice."""
        text = st.one_of(st.sampled_from(self.values), st.text(max_size=40))

        def changed(form: Form) -> st.SearchStrategy[dict[str, Any]]:
            names = [name for name, _ in form.fields] or ["x"]
            changes = st.lists(st.tuples(st.sampled_from(names), text), min_size=1, max_size=5)
            return st.fixed_dictionaries(
                {
                    "form": st.just(form),
                    "changes": changes,
                    "twice": st.booleans(),
                    "without": st.lists(st.sampled_from(names), max_size=2),
                    "cookie": st.sampled_from(self.cookies),
                }
            )

        return st.sampled_from(self.forms).flatmap(changed)

    def send(self, wanted: dict[str, Any]) -> None:
        form, new = wanted["form"], dict(wanted["changes"])
        fields = [
            (name, value if wanted["twice"] else new.get(name, value))
            for name, value in form.fields
            if name not in wanted["without"]
        ]
        if wanted["twice"]:
            fields += wanted["changes"]
        body = urlencode(fields)
        self.ask(
            {
                "method": "POST" if form.post else "GET",
                "path": form.address,
                "query": [] if form.post else fields,
                "body": body.encode() if form.post else b"",
                "kind": FORM,
                "headers": {},
                "cookie": wanted["cookie"],
                "as_staff": True,
            }
        )

    def _states_of_a_check(self) -> list[str]:
        found = ["", "nonsense", "\x7f", "x" * 3000]
        for story, stop in (
            ((), "movement"),
            (("flicker", "calf"), ""),
            (("throat-tightening",), ""),
        ):
            visitor = Visitor(Client())
            visitor.tell("age-18-39", "sex-female", *story, up_to=address(stop) if stop else "")
            found.append(visitor.cookie)
        return found

    def requests(self) -> st.SearchStrategy[dict[str, Any]]:
        text = st.one_of(st.sampled_from(self.values), st.text(max_size=40))
        name = st.one_of(st.sampled_from(self.names), st.text(max_size=10))
        fields = st.lists(st.tuples(name, text), max_size=8)
        odd_path = st.text(max_size=30).map(lambda path: "/" + quote(path, safe="/"))
        return st.fixed_dictionaries(
            {
                # Most requests are the two that mean something here.
                "method": st.one_of(st.sampled_from(["GET", "POST"]), st.sampled_from(METHODS)),
                "path": st.one_of(
                    st.sampled_from(self.paths),
                    st.sampled_from(self.paths),
                    odd_path,
                    odd_path.map(lambda path: "/conditions" + path + "/"),
                    odd_path.map(lambda path: "/check" + path + "/"),
                ),
                "query": st.one_of(st.just([]), fields),
                "body": st.one_of(
                    fields.map(lambda f: urlencode(f).encode()), st.binary(max_size=200)
                ),
                "kind": st.sampled_from(
                    [
                        FORM,
                        FORM,
                        FORM,
                        "multipart/form-data; boundary=b",
                        "application/json",
                        "",
                        "é",
                    ]
                ),
                "headers": st.dictionaries(
                    st.sampled_from(
                        [
                            "ACCEPT_ENCODING",
                            "IF_NONE_MATCH",
                            "IF_MODIFIED_SINCE",
                            "ACCEPT_LANGUAGE",
                            "REFERER",
                            "ORIGIN",
                            "RANGE",
                            "X_FORWARDED_FOR",
                            "USER_AGENT",
                            "COOKIE",
                        ]
                    ).map("HTTP_{}".format),
                    st.text(
                        st.characters(max_codepoint=255, exclude_characters="\r\n"), max_size=30
                    ),
                    max_size=3,
                ),
                "cookie": st.sampled_from(self.cookies),
                "as_staff": st.booleans(),
            }
        )

    def ask(self, wanted: dict[str, Any]) -> None:
        staff = wanted["as_staff"] and wanted["path"].startswith(DESK)
        # Logging out is asked for by the visitor only, so that the staff stay.
        client = self.staff if staff and "logout" not in wanted["path"] else Client()
        client.cookies[settings.ANSWER_COOKIE] = wanted["cookie"]
        with transaction.atomic():
            response = client.generic(
                wanted["method"],
                wanted["path"],
                wanted["body"],
                content_type=wanted["kind"],
                QUERY_STRING=urlencode(wanted["query"]),
                **wanted["headers"],
            )
            transaction.set_rollback(True)
        assert response.status_code < 500, response.status_code
        assert "Content-Security-Policy" in response
        target = response.get("Location", "/")
        assert not target.startswith(("http:", "https:", "//")), target


@pytest.fixture
def fuzzed(
    edition: Edition, tmp_path: Path, admin_user: User, monkeypatch: pytest.MonkeyPatch
) -> Fuzzed:
    without_end = limits.RateLimit(10**9)
    monkeypatch.setattr(replies, "limit", without_end)
    monkeypatch.setattr(views, "searches", without_end)
    monkeypatch.setattr(preview, "_latest", None)
    load_folder(write(tmp_path))
    Reply.objects.create(name="Ann", text="Hello.", article="understanding-muscle-twitches")
    return Fuzzed(knowledge_base_of(edition), admin_user)


def fuzz(fuzzed: Fuzzed, number: int) -> None:
    @hypothesis_settings(
        max_examples=number,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        # The long run looks for what the ordinary one, which repeats itself, did not find.
        derandomize=number <= 300,
    )
    @given(st.one_of(fuzzed.requests(), fuzzed.filled_in()))
    def any_request_is_answered(wanted: dict[str, Any]) -> None:
        if "form" in wanted:
            fuzzed.send(wanted)
        else:
            fuzzed.ask(wanted)

    any_request_is_answered()


def assert_every_kind_of_form_is_there(fuzzed: Fuzzed) -> None:
    found = {form.address for form in fuzzed.forms}
    assert {"/check/", "/check/you/", "/search/", "/understanding-muscle-twitches/reply/"} <= found
    assert {
        "/admin/login/",
        "/admin/second-factor/new/",
        "/admin/conditions/release/publish/",
    } <= found
    assert {"/preview/check/", "/admin/password_change/"} <= found
    changed = {path.split("/")[3] for path in found if path.endswith("/change/")}
    assert {"condition", "finding", "warningsign", "question", "scenario", "user"} <= changed
    inlines = [form for form in fuzzed.forms if any("TOTAL_FORMS" in n for n, _ in form.fields)]
    assert len(inlines) > 5


def test_three_hundred_requests(fuzzed: Fuzzed) -> None:
    assert_every_kind_of_form_is_there(fuzzed)
    fuzz(fuzzed, 300)


@pytest.mark.long
def test_ten_thousand_requests(fuzzed: Fuzzed) -> None:
    fuzz(fuzzed, 10_000)
