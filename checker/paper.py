"""The result as one sheet of paper: a page of HTML, set as PDF by a process that ends with it."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from enum import Enum

from django.conf import settings

from conditions.limits import HOUR, RateLimit

from .typeset import MISSING

logger = logging.getLogger(__name__)

limit = RateLimit(settings.PAPERS_PER_HOUR, HOUR)

SECONDS = 20
"""The most that one sheet may take. It takes one or two."""
PATIENCE_SECONDS = 6
"""The most that a visitor waits for the sheet of another one."""

_press = threading.BoundedSemaphore(1)
"""One sheet at a time in each serving process, so that nobody can fill the machine with them."""

_KEPT = (
    "HOME",
    "LANG",
    "LC_ALL",
    "LD_LIBRARY_PATH",
    "DYLD_FALLBACK_LIBRARY_PATH",
    "WEASYPRINT_DLL_DIRECTORIES",
    "FONTCONFIG_FILE",
    "FONTCONFIG_PATH",
    "PATH",
    "SYSTEMROOT",
    "TMPDIR",
    "XDG_CACHE_HOME",
)
"""What the process learns of our environment: where libraries and fonts lie. No secret, no database."""


class NoPaper(Enum):
    """Why there is no sheet."""

    MISSING = "missing"
    """This server has no WeasyPrint, or lacks a system library for it."""
    BUSY = "busy"
    """Others are waiting for theirs."""
    FAILED = "failed"
    """It took too long, or went wrong."""


def to_pdf(html: str) -> bytes | NoPaper:
    """Return the page as a PDF of one sheet, or why there is none. Leaves no file behind."""
    if not _press.acquire(timeout=PATIENCE_SECONDS):
        return NoPaper.BUSY
    try:
        done = subprocess.run(
            [sys.executable, "-m", "checker.typeset"],
            input=html.encode(),
            capture_output=True,
            timeout=SECONDS,
            cwd=settings.BASE_DIR,
            env={name: os.environ[name] for name in _KEPT if name in os.environ},
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        # The words of the error would hold the page, and so the answers: only its kind is logged.
        logger.warning("no PDF could be made: %s", type(error).__name__)
        return NoPaper.FAILED
    finally:
        _press.release()
    if done.returncode == MISSING:
        logger.warning("no PDF could be made: WeasyPrint or a library of it is missing")
        return NoPaper.MISSING
    if done.returncode or not done.stdout.startswith(b"%PDF-"):
        logger.warning("no PDF could be made: exit code %s", done.returncode)
        return NoPaper.FAILED
    return done.stdout
