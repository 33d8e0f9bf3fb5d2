"""What a process knows of its database without asking it."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from conditions import editions, patience
from conditions.editions import Edition, Watcher


@pytest.fixture
def watcher(monkeypatch: pytest.MonkeyPatch) -> Watcher:
    """A watcher whose thread never looks."""
    watcher = Watcher()
    watcher._thread = object()  # type: ignore[assignment]
    monkeypatch.setattr(editions, "watcher", watcher)
    return watcher


def test_a_process_that_does_not_look_knows_nothing() -> None:
    assert Watcher().database == ""


def test_it_is_up_after_an_answer_and_down_after_a_failure_or_silence(
    watcher: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert watcher.database == "down"  # nothing was ever heard
    watcher.heard()
    assert watcher.database == "up"
    watcher._failing = True
    assert watcher.database == "down"
    watcher.heard()
    later = time.monotonic() + 60
    monkeypatch.setattr(editions.time, "monotonic", lambda: later)
    assert watcher.database == "down"


def test_readiness_is_told_without_asking_the_database(
    watcher: Watcher, edition: Edition, client: Client
) -> None:
    """Without the mark of a database test, any access to the database is an error."""
    assert client.get("/readyz").json() == {"release": 1, "database": "down"}
    watcher.heard()
    assert client.get("/readyz").json() == {"release": 1, "database": "up"}


def test_while_the_database_is_down_nobody_waits_for_it(
    watcher: Watcher, edition: Edition, client: Client
) -> None:
    client.cookies[settings.SESSION_COOKIE_NAME] = "of-somebody-of-the-staff"
    for path in ("/admin/", "/admin/login/", "/admin/conditions/release/publish/"):
        for response in (client.get(path), client.post(path)):
            assert response.status_code == 503
            assert b"database cannot be reached" in response.content
            assert "Content-Security-Policy" in response
    given = {"name": "Ann", "text": "It stopped by itself."}
    response = client.post(reverse("conditions:reply"), given)
    assert b"could not store your reply" in response.content
    assert b"It stopped by itself." in response.content
    assert client.get("/causes/").status_code == 200


class Silent:
    """A connection that is open and says nothing."""

    def __init__(self, reader: Any) -> None:
        self.reader = reader

    def poll(self) -> int:
        from psycopg2 import extensions

        return extensions.POLL_READ

    def fileno(self) -> int:
        return int(self.reader.fileno())


def test_patience_has_an_end(settings: Any) -> None:
    import socket

    from psycopg2 import OperationalError

    settings.DATABASE_PATIENCE_SECONDS = 0.1
    ours, theirs = socket.socketpair()
    with ours, theirs, pytest.raises(OperationalError, match="did not answer"):
        patience._wait(Silent(ours))


def test_few_wait_for_long_and_the_others_give_up(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import socket

    from psycopg2 import OperationalError

    settings.DATABASE_PATIENCE_SECONDS = 0.1
    doubts: list[bool] = []
    monkeypatch.setattr(patience, "_doubt", lambda: doubts.append(True))
    monkeypatch.setattr(patience, "_long_waits", threading.BoundedSemaphore(1))
    ours, theirs = socket.socketpair()
    with ours, theirs, patience._long_waits:
        with pytest.raises(OperationalError, match="others wait"):
            patience._wait(Silent(ours))
        # The watcher waits beside them: it has to find out.
        monkeypatch.setattr(threading.current_thread(), "name", patience.WATCHER)
        with pytest.raises(OperationalError, match="in time"):
            patience._wait(Silent(ours))
    assert doubts == [True, True]


def test_a_database_that_somebody_waits_for_is_asked_at_once_and_soon_taken_for_down(
    watcher: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    watcher.heard()
    watcher.doubt()
    assert watcher._wake.is_set()
    assert watcher.database == "up"
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + patience.DOUBT_SECONDS + 0.1)
    assert watcher.database == "down"
    watcher.heard()
    assert watcher.database == "up"
