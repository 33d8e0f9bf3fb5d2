"""The drafts as an edition, for staff to look at before anybody else does (twitchinfo.middleware.Preview).

Built once and kept until a draft changes, which a fingerprint of the tables tells. It never comes into force.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace

from django.conf import settings
from django.urls import get_urlconf, reverse, set_urlconf
from django.utils import timezone

from conditions import content, editions

from .knowledge import knowledge_base_of
from .loading import check_whole
from .stories import Told

NUMBER = 0
"""Drafts have no number yet; pages that name a release say that these are drafts."""


@dataclass(frozen=True, slots=True)
class Drafts:
    """The drafts as they stand: an edition, or what is wrong with them."""

    fingerprint: str
    edition: editions.Edition | None
    problems: tuple[str, ...] = ()


_latest: Drafts | None = None
_lock = threading.Lock()


def drafts(*, measured: bool = False) -> Drafts:
    """Return the drafts, as pages show them. With `measured` the scenarios are run as well: some seconds more."""
    global _latest
    known = _latest
    if known is None or known.fingerprint != content.fingerprint_of_database():
        with _lock:
            _latest = known = _read()
    if measured and known.edition is not None and not known.edition.report:
        with _lock:
            edition = known.edition
            told = Told(edition.checksum, knowledge_base_of(edition), edition.rows)
            edition = replace(edition, report=editions.frozen(told.report.as_json()))
            _latest = known = replace(known, edition=edition)
    return known


def _read() -> Drafts:
    """Read and build the drafts anew, unless another thread just did."""
    fingerprint = ""
    try:
        rows, fingerprint = content.rows_at_rest()
        if _latest is not None and _latest.fingerprint == fingerprint:
            return _latest
        check_whole(rows)
    except content.ContentError as error:
        return Drafts(fingerprint, None, tuple(map(str, error.problems)))
    document = editions.canonical(rows)
    # A library is built with its addresses in it: here with those that lead to the preview.
    before = get_urlconf()
    set_urlconf(settings.PREVIEW_URLCONF)
    try:
        edition = editions.make_edition(
            number=NUMBER,
            document=document,
            expected=editions.checksum(document),
            published_at=timezone.now(),
        )
    finally:
        set_urlconf(before)
    return Drafts(fingerprint, edition)


def address(name: str, *args: object) -> str:
    """Return where a page stands in the preview: `address("conditions:detail", slug)`."""
    return reverse(name, urlconf=settings.PREVIEW_URLCONF, args=args)
