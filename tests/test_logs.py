"""Logs and the error page: enough to mend what broke, nothing by which a person could be known."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import InterfaceError, OperationalError
from django.test import Client

from checker import answers
from conditions import replies
from conditions import views as library_views
from conditions.editions import Edition
from conditions.limits import RateLimit
from tests.checker.visitor import ANSWERS, RESULT, Visitor, address, reply
from tests.pages import Page
from twitchinfo.logs import JsonLines

STORY = ("age-18-39", "sex-male", "flicker", "calf", "several-places", "high-caffeine", "stress")
AGENT, SENDER = "Agent/7.7", "192.0.2.77"


class Lines(logging.Handler):
    """What would stand in the log."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.setFormatter(JsonLines())
        self.lines: list[dict[str, Any]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(json.loads(self.format(record)))

    @property
    def text(self) -> str:
        return "\n".join(map(json.dumps, self.lines))


@pytest.fixture
def log() -> Iterator[Lines]:
    """Everything that is logged, at every level: more than is kept in earnest."""
    lines, root = Lines(), logging.getLogger()
    before = root.level
    root.addHandler(lines)
    root.setLevel(logging.DEBUG)
    quiet = [logging.getLogger(name) for name in ("django", "checker", "conditions", "twitchinfo")]
    levels = [logger.level for logger in quiet]
    for logger in quiet:
        logger.setLevel(logging.DEBUG)
    yield lines
    root.removeHandler(lines)
    root.setLevel(before)
    for logger, level in zip(quiet, levels, strict=True):
        logger.setLevel(level)


@pytest.fixture
def stranger(edition: Edition) -> Client:
    """A browser that gets the error page, as in earnest."""
    return Client(
        raise_request_exception=False,
        REMOTE_ADDR=SENDER,
        headers={"User-Agent": AGENT, "Referer": "https://from.example/page"},
    )


def test_a_whole_check_leaves_nothing_in_the_log(stranger: Client, log: Lines) -> None:
    visitor = Visitor(stranger)
    path = visitor.start()
    while path != ANSWERS:
        stranger.post(path, {"wrong": "high-caffeine"})  # a form with a mistake, too
        path = visitor.send(path, reply(visitor.see(path), STORY))
    visitor.see(RESULT)
    stranger.get("/check/result/?notice=high-caffeine")
    stranger.get("/check/high-caffeine-page/")  # no such page: logged, by its path
    for word in (*STORY, AGENT, SENDER, "from.example", visitor.cookie):
        if word != "high-caffeine":
            assert word not in log.text, word
    assert [line["path"] for line in log.lines if line.get("status") == 404] == [
        "/check/high-caffeine-page/"
    ]
    assert "notice" not in log.text


@pytest.mark.django_db
def test_a_reply_and_a_search_leave_nothing_in_the_log(
    stranger: Client, log: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replies, "limit", RateLimit(1))
    data = {"name": "Annabel", "email": "annabel@mail.example", "text": "Twitchy-secret"}
    for _ in range(2):
        stranger.post("/understanding-muscle-twitches/reply/", data)
    stranger.get("/search/", {"q": "zebra-worry"})
    for word in ("Annabel", "mail.example", "Twitchy", "zebra", AGENT, SENDER):
        # Of queries Django tells the values, at a level that is never kept.
        kept = [line for line in log.lines if line["logger"] != "django.db.backends"]
        assert word not in json.dumps(kept), word


def test_an_error_has_an_id_on_the_page_and_in_the_log(
    stranger: Client, log: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor = Visitor(stranger)
    visitor.tell("age-18-39", up_to=address("movement"))

    def broken(*args: object) -> None:
        raise ValueError("flicker is what somebody answered")

    monkeypatch.setattr(answers, "pack", broken)
    data = {**reply(visitor.see(address("movement")), STORY), "secret-field": "flicker"}
    response = stranger.post(f"{address('movement')}?x=flicker", data)
    assert response.status_code == 500
    assert response["Cache-Control"] == "no-store"
    assert "Content-Security-Policy" in response
    errors = [line for line in log.lines if line["level"] == "ERROR"]
    assert len(errors) == 1
    line = errors[0]
    assert line["error_id"] in Page(response.content.decode()).text
    assert (line["method"], line["path"], line["status"]) == ("POST", address("movement"), 500)
    assert line["error"][0]["type"] == "builtins.ValueError"
    assert line["error"][0]["at"][-1].endswith(" broken")
    for word in ("flicker", "secret-field", "somebody", AGENT, SENDER, "from.example"):
        assert word not in log.text, word


def test_two_errors_have_two_ids(
    stranger: Client, log: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library_views, "_page", None)
    for _ in range(2):
        assert stranger.get("/causes/?fresh").status_code == 500
    ids = [line["error_id"] for line in log.lines if "error_id" in line]
    assert len(set(ids)) == 2


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
@pytest.mark.django_db
def test_the_desk_says_that_the_database_is_away(
    error: type[Exception], edition: Edition, admin_user: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(admin_user)

    def away(*args: object, **kwargs: object) -> None:
        raise error("connection to server at db.example failed")

    monkeypatch.setattr("django.db.models.sql.compiler.SQLCompiler.execute_sql", away)
    for path in ("/admin/", "/admin/conditions/condition/", "/admin/conditions/release/publish/"):
        for response in (client.get(path), client.post(path)):
            assert response.status_code == 503, path
            assert response["Retry-After"] == "10"
            page = Page(response.content.decode())
            assert "database cannot be reached" in page.text
            assert "db.example" not in page.html
    assert client.get("/causes/").status_code == 200


def test_the_error_page_needs_nothing_that_may_be_broken(
    edition: Edition, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No database (any use would raise here), no release, no context processor."""

    def broken(*args: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("twitchinfo.context.edition", broken)
    monkeypatch.setattr("django.contrib.auth.context_processors.auth", broken)
    monkeypatch.setattr(library_views, "_page", broken)
    response = Client(raise_request_exception=False).get("/causes/?fresh")
    assert response.status_code == 500
    assert b"Something went wrong on our side" in response.content


def test_messages_of_libraries_are_kept_without_their_values(log: Lines) -> None:
    logging.getLogger("some.library").warning("could not read %s", "the answer")
    assert log.lines[-1]["event"] == "could not read %s"
    try:
        try:
            raise KeyError("the answer")
        except KeyError as error:
            raise ValueError("the answer") from error
    except ValueError:
        logging.getLogger("some.library").exception("failed: %s", "the answer")
    assert [cause["type"] for cause in log.lines[-1]["error"]] == [
        "builtins.ValueError",
        "builtins.KeyError",
    ]
    assert "the answer" not in log.text


def test_no_request_is_ever_mailed() -> None:
    assert not logging.getLogger("django").handlers
