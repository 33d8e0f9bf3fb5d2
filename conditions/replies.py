"""Readers' replies: holding new ones, counting them per address, and the approved ones in memory."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import Error as DatabaseError
from django.utils import timezone

from .limits import HOUR, RateLimit
from .models import Reply, ReplyState

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ShownReply:
    """An approved reply as readers see it: no address, no e-mail."""

    name: str
    text: str
    created_at: datetime


limit = RateLimit(settings.REPLIES_PER_HOUR, HOUR)

_snapshot: tuple[ShownReply, ...] = ()


def approved() -> tuple[ShownReply, ...]:
    """Return the approved replies, oldest first. Runs no query."""
    return _snapshot


def refresh() -> None:
    """Read the approved replies into memory: one query. Called beside the look for a newer release."""
    global _snapshot
    _snapshot = tuple(
        ShownReply(reply.name, reply.text, reply.created_at)
        for reply in Reply.objects.filter(state=ReplyState.APPROVED).order_by("created_at")
    )


def forget_emails() -> int:
    """Delete e-mail addresses that are older than the privacy page promises. Returns how many."""
    limit = timezone.now() - timedelta(days=settings.REPLY_EMAIL_DAYS)
    return Reply.objects.exclude(email="").filter(created_at__lt=limit).update(email="")


def hold(reply: Reply, article: str) -> bool:
    """Store a reply until an editor decides. Returns False while the database is away, or too many wait already."""
    reply.article = article
    reply.state = ReplyState.HELD
    try:
        # What one sender may send is counted in each process; this holds for all of them together.
        if Reply.objects.filter(state=ReplyState.HELD).count() >= settings.REPLIES_HELD_AT_MOST:
            logger.warning("replies are refused: %s wait already", settings.REPLIES_HELD_AT_MOST)
            return False
        reply.save()
    except DatabaseError as error:
        logger.warning("a reply could not be stored: %s", type(error).__name__)
        return False
    return True
