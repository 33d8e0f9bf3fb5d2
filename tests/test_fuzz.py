"""Any request to any address: an answer, never an error of ours. 300 requests always, 10,000 with `-m long`."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from checker.engine.knowledge import KnowledgeBase
from checker.knowledge import knowledge_base_of
from conditions import limits, replies, views
from conditions.editions import Edition
from conditions.models import Reply
from tests.addresses import addresses
from tests.checker.visitor import Visitor, address

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
METHODS = ["GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "BREW"]


class Fuzzed:
    """The site in front of the fuzzer: what may be asked for, and in which state of a check."""

    def __init__(self, kb: KnowledgeBase, staff: User) -> None:
        self.staff = Client()
        self.staff.force_login(staff)
        questions = [address(page) for page in kb.pages]
        self.paths = [*addresses(), *questions]
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
        staff = wanted["as_staff"] and wanted["path"].startswith("/admin/")
        # Logging out is asked for by the visitor only, so that the staff stay.
        client = self.staff if staff and "logout" not in wanted["path"] else Client()
        client.cookies[settings.ANSWER_COOKIE] = wanted["cookie"]
        response = client.generic(
            wanted["method"],
            wanted["path"],
            wanted["body"],
            content_type=wanted["kind"],
            QUERY_STRING=urlencode(wanted["query"]),
            **wanted["headers"],
        )
        assert response.status_code < 500, response.status_code
        assert "Content-Security-Policy" in response
        target = response.get("Location", "/")
        assert not target.startswith(("http:", "https:", "//")), target


@pytest.fixture
def fuzzed(edition: Edition, admin_user: User, monkeypatch: pytest.MonkeyPatch) -> Fuzzed:
    without_end = limits.RateLimit(10**9)
    monkeypatch.setattr(replies, "limit", without_end)
    monkeypatch.setattr(views, "searches", without_end)
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
    @given(fuzzed.requests())
    def any_request_is_answered(wanted: dict[str, Any]) -> None:
        fuzzed.ask(wanted)

    any_request_is_answered()


def test_three_hundred_requests(fuzzed: Fuzzed) -> None:
    fuzz(fuzzed, 300)


@pytest.mark.long
def test_ten_thousand_requests(fuzzed: Fuzzed) -> None:
    fuzz(fuzzed, 10_000)
