"""How often one sender may do what costs us: send a reply, search."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import math
import secrets
import threading
import time
from collections import deque

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

HOUR = 60 * 60
MOST_SENDERS = 50_000


class RateLimit:
    """Counts events per sender in this process. Senders are kept as keyed hashes, for `seconds` at most."""

    def __init__(self, limit: int, seconds: float = HOUR) -> None:
        self.limit = limit
        self.seconds = seconds
        self._key = secrets.token_bytes(32)
        self._seen: dict[bytes, deque[float]] = {}
        self._tidied_at = 0.0
        self._lock = threading.Lock()

    def allows(self, sender: str) -> bool:
        """Count one event of a sender. Returns False once there were too many within the time."""
        now = time.monotonic()
        name = hmac.digest(self._key, sender.encode(errors="replace"), hashlib.sha256)
        with self._lock:
            self._forget(now)
            times = self._seen.setdefault(name, deque())
            while times and now - times[0] > self.seconds:
                times.popleft()
            if len(times) >= self.limit:
                return False
            times.append(now)
            return True

    def _forget(self, now: float) -> None:
        """Drop senders whose time is over: ten times within it, so that no event waits for a long list."""
        if len(self._seen) >= MOST_SENDERS:
            self._seen.clear()  # rather count anew than grow
        if now - self._tidied_at < self.seconds / 10:
            return
        self._tidied_at = now
        for name in [n for n, times in self._seen.items() if now - times[-1] > self.seconds]:
            del self._seen[name]


searches = RateLimit(settings.SEARCHES_PER_MINUTE, 60)


def address_of(request: HttpRequest) -> str | None:
    """Return the address that a request came from; None if the server does not know it.

    Behind our proxy it is the last entry of X-Forwarded-For, the one that the proxy itself wrote. Entries before
    it, and the whole header where no proxy is configured, are whatever the sender liked to write.
    """
    address = request.META.get("REMOTE_ADDR", "")
    if settings.BEHIND_PROXY:
        address = request.META.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2] or address
    try:
        return str(ipaddress.ip_address(address.strip()))
    except ValueError:
        return None


def sender_of(request: HttpRequest) -> str:
    """Return whom to count a request for: an IPv4 address, or the IPv6 network that one household has."""
    address = address_of(request)
    if address is None:
        return ""
    if ipaddress.ip_address(address).version == 6:
        return str(ipaddress.ip_network((address, 64), strict=False))
    return address


def too_many(request: HttpRequest, what: str, *, seconds: float) -> HttpResponse:
    """Return the page that asks to wait. `what` was too much: "reply", "report", "search", "paper" or "login"."""
    response = render(request, "429.html", {"what": what}, status=429)
    response["Retry-After"] = str(math.ceil(seconds))
    response["Cache-Control"] = "no-store"
    return response
