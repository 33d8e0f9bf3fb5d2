"""Waiting for PostgreSQL with a limit of our own.

A server that is paused, or behind a broken network, keeps a connection open and says nothing. Its own
statement_timeout cannot help then, and without a limit on our side every thread would come to wait for ever.
"""

from __future__ import annotations

import select
import time
from typing import Any

from django.conf import settings
from django.db import connection


def be_impatient() -> None:
    """Let no query of this process wait longer than DATABASE_PATIENCE_SECONDS for an answer.

    For serving processes, not for commands: a migration may take its time. A query that runs out of it raises
    OperationalError, and its connection is closed.
    """
    if connection.vendor != "postgresql":
        return
    from psycopg2 import extensions

    extensions.set_wait_callback(_wait)


def _wait(waiting: Any) -> None:
    """Wait for one step of psycopg2: its documented wait callback, with an end."""
    from psycopg2 import OperationalError, extensions

    until = time.monotonic() + settings.DATABASE_PATIENCE_SECONDS
    poller = select.poll()  # unlike select.select it takes any number of open files
    while True:
        state = waiting.poll()
        if state == extensions.POLL_OK:
            return
        wanted = select.POLLIN if state == extensions.POLL_READ else select.POLLOUT
        number = waiting.fileno()
        poller.register(number, wanted)
        ready = poller.poll(max(0.0, until - time.monotonic()) * 1000)
        poller.unregister(number)
        if not ready:
            raise OperationalError("the database did not answer in time")
