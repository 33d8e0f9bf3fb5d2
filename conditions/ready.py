"""Public pages as ready bytes: rendered once per release, then served without a template.

    @ready_page
    def causes(request): ...

Such a page depends on its address and the release alone (and on what `beside` returns): not on the visitor, a
cookie, the host or a query string. A request with a query string goes to the view itself. The first request
for a page renders it; a new release empties the shelf. A preview of the drafts is never kept and never served from it.
"""

from __future__ import annotations

import gzip
import hashlib
import threading
from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any

import brotli
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.views.decorators.cache import cache_control

from . import editions

View = Callable[..., HttpResponse]

LARGEST_SHELF = 32 * 1024 * 1024
"""Bytes that all kept pages of a process may take, compressed forms included. All of 170 pages take about 6 MB."""
LONGEST_ACCEPT = 200
BROTLI_QUALITY = 9  # The last two steps save 4 % and take ten times as long.

# Short, so that a new release is seen soon; a reader who moves between pages waits for none of them.
public_page = cache_control(public=True, max_age=60)


class ReadyPage:
    """The bytes of one page, and of its compressed forms once somebody asked for them."""

    def __init__(
        self, response: HttpResponse, beside: object, now_beside: Callable[[], object]
    ) -> None:
        self.beside = beside
        self._now_beside = now_beside
        # Weak: it names the page whatever its encoding, and a proxy may encode it again.
        etag = f'W/"{hashlib.sha256(response.content).hexdigest()[:24]}"'
        self.forms = {"": response.content}
        self.headers = {**dict(response.items()), "ETag": etag}
        self._headers = {"": self._headers_of("", len(response.content))}

    @property
    def is_current(self) -> bool:
        """Whether what stands beside the release in this page is still the same."""
        return self.beside == self._now_beside()

    def encoded(self, encoding: str) -> bytes:
        if encoding not in self.forms:
            plain = self.forms[""]
            if encoding == "br":
                form = brotli.compress(plain, quality=BROTLI_QUALITY)
            else:
                form = gzip.compress(plain, compresslevel=9, mtime=0)
            # In this order: another thread may ask for the form as soon as it stands there.
            self._headers[encoding] = self._headers_of(encoding, len(form))
            self.forms[encoding] = form
        return self.forms[encoding]

    def _headers_of(self, encoding: str, length: int) -> dict[str, Any]:
        headers = {**self.headers, "Content-Length": str(length)}
        if encoding:
            headers["Content-Encoding"] = encoding
        return dict(HttpResponse(headers=headers).headers._store)

    def answer(self, request: HttpRequest) -> HttpResponse:
        """Return the page in the form that this browser takes, or 304 if it has the page already."""
        encoding = best_encoding(request.META.get("HTTP_ACCEPT_ENCODING", "")[:LONGEST_ACCEPT])
        response = HttpResponse(self.encoded(encoding))
        # The headers are checked and encoded once, too: half of what making a response costs.
        response.headers._store.update(self._headers[encoding])
        if "HTTP_IF_NONE_MATCH" in request.META:
            return (
                get_conditional_response(request, etag=response["ETag"], response=response)
                or response
            )
        return response

    @property
    def size(self) -> int:
        """The most that this page may come to take: as if every form were as large as the plain one."""
        return 3 * len(self.forms[""])


class Shelf:
    """The ready pages of one release, by address; what does not fit is not kept."""

    def __init__(self, edition: editions.Edition) -> None:
        self.edition = edition
        self.pages: dict[str, ReadyPage] = {}
        self.size = 0
        self._lock = threading.Lock()

    def keep(self, path: str, page: ReadyPage) -> None:
        with self._lock:
            before = self.pages.get(path)
            size = self.size + page.size - (before.size if before else 0)
            if size <= LARGEST_SHELF:
                self.pages[path] = page
                self.size = size


_shelf: Shelf | None = None


def _shelf_of(edition: editions.Edition) -> Shelf:
    global _shelf
    shelf = _shelf
    if shelf is None or shelf.edition is not edition:
        shelf = _shelf = Shelf(edition)
    return shelf


def empty(**kwargs: Any) -> None:
    """Forget every page: another release came into force."""
    global _shelf
    _shelf = None


def _nothing() -> None:
    return None


def ready_page(view: View | None = None, *, beside: Callable[[], object] = _nothing) -> Any:
    """Serve a public view as ready bytes, with ETag and compression, for the release in force.

    `beside` returns what else the page shows; the page is rendered again when that is no longer equal.
    """
    if view is None:
        return lambda decorated: ready_page(decorated, beside=beside)
    render = public_page(view)

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        edition = editions.in_force()
        if editions.is_preview() or edition is None:
            return render(request, *args, **kwargs)
        if request.META.get("QUERY_STRING") or settings.DEBUG:
            return render(request, *args, **kwargs)
        shelf = _shelf_of(edition)
        page = shelf.pages.get(request.path)
        if page is None or not page.is_current:
            now_beside = beside()
            response = render(request, *args, **kwargs)
            if not _is_for_everyone(request, response):
                return response
            patch_vary_headers(response, ["Accept-Encoding"])
            page = ReadyPage(response, now_beside, beside)
            # A release that came into force meanwhile may have a part in this page: not kept then.
            if editions.in_force() is edition:
                shelf.keep(request.path, page)
        return page.answer(request)

    return wrapped


def kept(request: HttpRequest) -> HttpResponse | None:
    """Return the ready answer to a request, if there is one. Pages of a preview are never among them."""
    shelf = _shelf
    if request.method != "GET" or request.META.get("QUERY_STRING") or settings.DEBUG:
        return None
    if shelf is None or shelf.edition is not editions.in_force():
        return None
    page = shelf.pages.get(request.path)
    return page.answer(request) if page is not None and page.is_current else None


def _is_for_everyone(request: HttpRequest, response: HttpResponse) -> bool:
    """Whether nothing of this visitor can be in a page: no form token, no session, no cookie."""
    session = getattr(request, "session", None)
    return (
        response.status_code == 200
        and not request.META.get("CSRF_COOKIE_NEEDS_UPDATE")
        and not getattr(session, "accessed", False)
        and not response.streaming
        and not response.cookies
        and not response.has_header("Vary")
    )


@lru_cache(maxsize=64)
def best_encoding(accepted: str) -> str:
    """Return "br", "gzip" or "" (as it is) for an Accept-Encoding header."""
    weights: dict[str, float] = {}
    for item in accepted.lower().split(","):
        name, _, weight = item.partition(";")
        try:
            weights[name.strip()] = float(weight.replace(" ", "").removeprefix("q=") or 1)
        except ValueError:
            weights[name.strip()] = 0
    known = [name for name in ("br", "gzip") if weights.get(name, 0) > 0]
    return max(known, key=lambda name: weights[name], default="")
