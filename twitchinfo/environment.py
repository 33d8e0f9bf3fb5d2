"""Typed reading of environment variables: a wrong value stops the start with a sentence, not a traceback later."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured


def required(name: str) -> str:
    """Return a variable that production cannot do without."""
    value = os.environ.get(name, "")
    if not value:
        raise ImproperlyConfigured(
            f"Set {name}: production does not start without it. To try TwitchInfo on this machine, run "
            "python3 run.py (it sets TWITCHINFO_ENV=local)."
        )
    return value


def flag(name: str, *, default: bool) -> bool:
    match os.environ.get(name, "").lower():
        case "":
            return default
        case "1" | "true" | "yes":
            return True
        case "0" | "false" | "no":
            return False
        case other:
            raise ImproperlyConfigured(f"{name} is 1 or 0, not {other!r}.")


def secret(name: str, *, at_least: int) -> str:
    """Return a secret that production cannot do without."""
    value = required(name)
    if len(value) < at_least:
        raise ImproperlyConfigured(
            f"{name} has {len(value)} characters; production needs {at_least} random ones. To make one: "
            'python3 -c "import secrets; print(secrets.token_urlsafe(64))"'
        )
    return value


def listing(name: str) -> list[str]:
    """Return a comma separated variable as a list."""
    return [item.strip() for item in os.environ.get(name, "").split(",") if item.strip()]


def database(name: str, *, default: Path) -> dict[str, Any]:
    """Return Django's settings for a database address; SQLite at `default` without one.

    postgres://user:password@host:port/name, or postgres:///name?host=/socket/folder&user=someone.
    """
    url = os.environ.get(name, "")
    if not url:
        default.parent.mkdir(parents=True, exist_ok=True)
        return sqlite(default)
    parts = urlsplit(url)
    match parts.scheme:
        case "sqlite":
            return sqlite(Path(unquote(parts.path)))
        case "postgres" | "postgresql":
            return _postgresql(url)
        case other:
            raise ImproperlyConfigured(
                f"{name} starts with postgres:// or sqlite://, not {other!r}."
            )


def sqlite(path: Path) -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": path,
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            # Writers queue at the start of a transaction instead of failing in the middle of one.
            "transaction_mode": "IMMEDIATE",
            "timeout": 5,
            "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;",
        },
    }


def _postgresql(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": query.pop("user", "") or unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", "") or _host(parts.netloc),
        "PORT": str(parts.port or query.pop("port", "") or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"connect_timeout": 3, **query},
    }


def _host(netloc: str) -> str:
    """Return the host of an address; a socket folder stands there percent-encoded, in its own case."""
    host = netloc.rpartition("@")[2]
    if host.startswith("%"):
        return unquote(host)
    return urlsplit(f"//{host}").hostname or ""
