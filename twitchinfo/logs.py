"""Log lines as JSON, one a line, without anything by which a person could be known.

What a line holds: time, level, logger, what happened; for a request its method, its path and the status. Never an
address, a query, a header, a cookie or form data. An exception is told by its type and the places in the code,
never by its message: messages quote what somebody sent, or what a row holds.
"""

from __future__ import annotations

import json
import logging
import traceback
from datetime import UTC, datetime
from typing import Any

OURS = ("twitchinfo", "conditions", "checker", "staff")
"""Loggers whose messages we wrote ourselves, with nothing of a visitor in them."""
MOST_FRAMES = 30


class JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
        }
        request = getattr(record, "request", None)
        if request is not None:
            line["event"] = "request"
            line["method"] = getattr(request, "method", "")
            line["path"] = getattr(request, "path", "")[:200]
            line["status"] = getattr(record, "status_code", None)
            if error_id := getattr(request, "error_id", ""):
                line["error_id"] = error_id
        elif record.name.split(".")[0] in OURS:
            line["event"] = record.getMessage()
        else:
            # Of a library: its words, without the values it puts into them.
            line["event"] = str(record.msg)
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = told(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False)


def told(error: BaseException) -> list[dict[str, Any]]:
    """Return an exception and its causes: types and places, no messages, no values."""
    chain: list[dict[str, Any]] = []
    current: BaseException | None = error
    while current is not None and len(chain) < 5:
        frames = traceback.extract_tb(current.__traceback__)[-MOST_FRAMES:]
        chain.append(
            {
                "type": f"{type(current).__module__}.{type(current).__qualname__}",
                "at": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
            }
        )
        current = current.__cause__ or current.__context__
    return chain
