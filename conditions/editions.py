"""The release in force: held in memory, shared by all requests, looked for in the background.

One thread per serving process asks the database for a newer release, on its own connection; no request and
no management command ever does. The newest document also lies on disk with its checksum, so a process that
starts while the database is down serves the last release.
"""

from __future__ import annotations

import datetime
import gc
import hashlib
import json
import logging
import math
import os
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection
from django.dispatch import Signal

from . import replies, reports
from .library import Library, build_library
from .models import Release
from .patience import DOUBT_SECONDS, WATCHER, be_impatient
from .search import Index, build_index

Row = Mapping[str, Any]
logger = logging.getLogger(__name__)
EMAILS_SECONDS = 60 * 60
"""How often e-mail addresses of replies are looked over for those whose time is up."""

installed = Signal()
"""Sent with `edition` after a release came into force: the time to warm what is derived from it."""


class NoEdition(RuntimeError):
    """No release is in force: nothing was ever published, or neither database nor disk could be read."""


@dataclass(frozen=True, eq=False)
class Edition:
    """A release, loaded. Compared by identity, so that what is derived from it can be cached by it."""

    number: int
    checksum: str
    published_at: datetime.datetime
    rows: tuple[Row, ...] = field(repr=False)
    library: Library = field(repr=False)
    index: Index = field(repr=False)
    report: Mapping[str, Any] = field(repr=False)
    """What the scenarios said when it was published; empty if nothing is known of that."""


def canonical(rows: Iterable[Row]) -> str:
    """Return the rows as the one JSON text that a release stores and a checksum is taken of."""
    return json.dumps(
        {"format": 1, "rows": list(rows)}, ensure_ascii=False, sort_keys=True, separators=(",", ":")
    )


def rows_of(document: str) -> tuple[Row, ...]:
    """Return the rows of a document. Equal texts and lists in them are one: a slug stands in hundreds of rows.

    So nobody may change a row.
    """
    lists: dict[tuple[object, ...], list[Any]] = {}

    def shared(value: Any) -> Any:
        if isinstance(value, str):
            return sys.intern(value)
        if isinstance(value, list):
            items = [shared(item) for item in value]
            # Equal texts and lists are one by now, so their places in memory tell what a list holds.
            return lists.setdefault(tuple(map(id, items)), items)
        return value

    def of_shared(read: dict[str, Any]) -> dict[str, Any]:
        # Objects inside this one were read before it.
        return {key: shared(value) for key, value in read.items()}

    return tuple(json.loads(document, object_hook=of_shared)["rows"])


def checksum(document: str) -> str:
    return hashlib.sha256(document.encode()).hexdigest()


def make_edition(
    *,
    number: int,
    document: str,
    expected: str,
    published_at: datetime.datetime,
    report: Mapping[str, Any] = MappingProxyType({}),
) -> Edition:
    """Build an edition from a document. Raises ValueError if the document is not what was published."""
    if checksum(document) != expected:
        raise ValueError(f"The document of release {number} does not match its checksum.")
    rows = rows_of(document)
    library = build_library(rows)
    return Edition(
        number=number,
        checksum=expected,
        published_at=published_at,
        rows=rows,
        library=library,
        index=build_index(library),
        report=frozen(report),
    )


def frozen(value: Any) -> Any:
    """Return plain data that nobody can change: mappings read-only, lists as tuples, all the way down."""
    if isinstance(value, Mapping):
        return MappingProxyType({key: frozen(item) for key, item in value.items()})
    if isinstance(value, list | tuple):
        return tuple(frozen(item) for item in value)
    if isinstance(value, str):
        return sys.intern(value)
    return value


_current: Edition | None = None
_shown_instead: ContextVar[Edition | None] = ContextVar("shown_instead", default=None)
"""What this one request shows instead of the release in force: the drafts, in a preview."""


def current() -> Edition:
    """Return the release in force, or what a preview shows instead. Runs no query. Raises NoEdition."""
    edition = _shown_instead.get() or _current
    if edition is None:
        raise NoEdition
    return edition


def in_force() -> Edition | None:
    """Return the release in force, if any; also inside a preview."""
    return _current


def is_preview() -> bool:
    """Whether the request at hand shows something else than the release in force."""
    return _shown_instead.get() is not None


@contextmanager
def showing(edition: Edition) -> Iterator[None]:
    """Show an edition in this request (this thread, this context) only. It never comes into force."""
    token = _shown_instead.set(edition)
    try:
        yield
    finally:
        _shown_instead.reset(token)


def install(edition: Edition | None) -> None:
    """Put a release in force for this process. One assignment, so requests see the old or the new one whole."""
    global _current
    _current = edition
    if edition is not None:
        installed.send(sender=Edition, edition=edition)


def refresh() -> bool:
    """Install the newest release of the database if it is not in force yet. Returns whether it did."""
    newest = Release.objects.order_by("-number").values_list("number", flat=True).first()
    watcher.heard()
    if newest is None or (_current is not None and _current.number == newest):
        return False
    release = Release.objects.get(number=newest)
    edition = make_edition(
        number=release.number,
        document=release.document,
        expected=release.checksum,
        published_at=release.published_at,
        report=release.report,
    )
    install(edition)
    keep_copy(release)
    return True


def keep_copy(release: Release) -> None:
    """Write the release to disk, whole or not at all, for a start without a database."""
    path: Path = settings.RELEASE_COPY
    content = json.dumps(
        {
            "number": release.number,
            "checksum": release.checksum,
            "published_at": release.published_at.isoformat(),
            "document": release.document,
            "report": release.report,
        }
    )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Named by process, so that two processes do not write into one file.
        draft = path.with_suffix(f".{os.getpid()}.tmp")
        draft.write_text(content, encoding="utf-8")
        draft.replace(path)
    except OSError as error:
        logger.warning("could not keep a copy of release %s: %s", release.number, error)


def load_copy() -> bool:
    """Install the copy on disk. Returns False if there is none; raises ValueError if it is damaged."""
    path: Path = settings.RELEASE_COPY
    if not path.exists():
        return False
    copy = json.loads(path.read_text(encoding="utf-8"))
    install(
        make_edition(
            number=copy["number"],
            document=copy["document"],
            expected=copy["checksum"],
            published_at=datetime.datetime.fromisoformat(copy["published_at"]),
            report=copy.get("report", {}),
        )
    )
    return True


def start() -> None:
    """Load a release and keep looking for newer ones. Called once by each serving process."""
    be_impatient(watcher.doubt)
    try:
        refresh()
        replies.refresh()
        watcher.heard()
    except (DatabaseError, ValueError) as error:
        logger.warning("the database gave no release (%s); trying the copy on disk", error)
    if _current is None:
        try:
            load_copy()
        except (OSError, ValueError, KeyError, TypeError) as error:
            logger.error("the copy of the release on disk cannot be used: %s", error)
    connection.close()
    settle()
    watcher.begin()


def settle() -> None:
    """Keep the garbage collector out of what now stays: looking through a release takes it 80 ms, in some request."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()


class Watcher:
    """The one background thread: looks for a newer release every few seconds, and so knows the database."""

    def __init__(self) -> None:
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None
        self._heard_at = -math.inf
        self._failing = False
        self._doubted_at = math.inf

    @property
    def database(self) -> str:
        """How the database was when last asked: "up" or "down"; "" in a process that does not look. Never waits."""
        if self._thread is None:
            return ""
        # Silence counts as well: a paused server fails no query until our patience ends.
        longest = settings.RELEASE_POLL_SECONDS + settings.DATABASE_PATIENCE_SECONDS + 1
        now = time.monotonic()
        silent = now - self._heard_at > longest or now - self._doubted_at > DOUBT_SECONDS
        return "down" if self._failing or silent else "up"

    def heard(self) -> None:
        """Note that the database just answered."""
        self._failing = False
        self._doubted_at = math.inf
        self._heard_at = time.monotonic()

    def doubt(self) -> None:
        """Somebody waits for the database: ask it at once, and take it for down if it says nothing soon."""
        self._doubted_at = min(self._doubted_at, time.monotonic())
        self.look_now()

    def begin(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name=WATCHER, daemon=True)
            self._thread.start()

    def look_now(self) -> None:
        """Look at once instead of after the usual pause: something was just published here."""
        self._wake.set()

    def _run(self) -> None:
        emails_forgotten_at = -math.inf
        while True:
            self._wake.wait(settings.RELEASE_POLL_SECONDS)
            self._wake.clear()
            try:
                if refresh():
                    logger.info("release %s is in force", current().number)
                    settle()
                replies.refresh()
                self.heard()
                # Apart from the rest, and seldom: a write may have to wait for another one.
                if time.monotonic() - emails_forgotten_at > EMAILS_SECONDS:
                    replies.forget_emails()
                    reports.forget_old()
                    emails_forgotten_at = time.monotonic()
            except (DatabaseError, ValueError, OSError) as error:
                if not self._failing:
                    logger.warning("could not look for a newer release: %s", error)
                self._failing = True
                connection.close()


watcher = Watcher()
