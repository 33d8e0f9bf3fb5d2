"""What readers find wrong on a page: stored for the editors, without a word about the reader."""

from __future__ import annotations

import datetime
import logging

from django.conf import settings
from django.db import Error as DatabaseError
from django.utils import timezone

from .limits import HOUR, RateLimit
from .models import PageReport

logger = logging.getLogger(__name__)

limit = RateLimit(settings.REPLIES_PER_HOUR, HOUR)


def keep(report: PageReport, *, release: int) -> bool:
    """Store a report. Returns False while the database is away; nothing is lost silently."""
    report.release = release
    try:
        report.save()
    except DatabaseError as error:
        logger.warning("a page report could not be stored: %s", type(error).__name__)
        return False
    return True


def forget_old() -> int:
    """Delete reports that are older than the privacy page promises. Returns how many."""
    oldest = timezone.localdate() - datetime.timedelta(days=settings.REPORT_DAYS)
    return PageReport.objects.filter(reported_on__lt=oldest).delete()[0]
