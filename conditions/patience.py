"""Waiting for PostgreSQL with a limit of our own.

A server that is paused, or behind a broken network, keeps a connection open and says nothing. Its own
statement_timeout cannot help then, and without a limit on our side every thread would come to wait for ever.
"""

from __future__ import annotations

import select
import threading
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import connection

WATCHER = "release-watcher"
"""The name of the background thread. No visitor needs it, so it may wait beside the others."""
DOUBT_SECONDS = 1.0
MOST_WAITING = 2
"""How many threads may wait for longer than DOUBT_SECONDS: of four, so that visitors always find one."""
_long_waits = threading.BoundedSemaphore(MOST_WAITING)
_doubt: Callable[[], None] | None = None


def be_impatient(doubt: Callable[[], None]) -> None:
    """Let no query of this process wait longer than DATABASE_PATIENCE_SECONDS for an answer, and few so long.

    For serving processes, not for commands: a migration may take its time. A query that runs out of it raises
    OperationalError, and its connection is closed. `doubt` is called when a query waits for long.
    """
    global _doubt
    if connection.vendor != "postgresql":
        return
    from psycopg2 import extensions

    _doubt = doubt
    extensions.set_wait_callback(_wait)


def _wait(waiting: Any) -> None:
    """Wait for one step of psycopg2: its documented wait callback, with an end."""
    from psycopg2 import OperationalError

    started = time.monotonic()
    longest = settings.DATABASE_PATIENCE_SECONDS
    if _is_answered(waiting, until=started + min(DOUBT_SECONDS, longest)):
        return
    if _doubt:
        _doubt()
    watches = threading.current_thread().name == WATCHER
    if not watches and not _long_waits.acquire(blocking=False):
        raise OperationalError("the database does not answer, and others wait for it already")
    try:
        if _is_answered(waiting, until=started + longest):
            return
    finally:
        if not watches:
            _long_waits.release()
    raise OperationalError("the database did not answer in time")


def _is_answered(waiting: Any, *, until: float) -> bool:
    """Wait until a step is done, or until that time."""
    from psycopg2 import extensions

    poller = select.poll()  # unlike select.select it takes any number of open files
    while True:
        state = waiting.poll()
        if state == extensions.POLL_OK:
            return True
        wanted = select.POLLIN if state == extensions.POLL_READ else select.POLLOUT
        number = waiting.fileno()
        poller.register(number, wanted)
        ready = poller.poll(max(0.0, until - time.monotonic()) * 1000)
        poller.unregister(number)
        if not ready:
            return False
