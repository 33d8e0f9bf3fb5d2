"""The settings of the site, its middleware included, with a database and an application of the peer's own."""

import os

from twitchinfo.settings import *  # noqa: F403
from twitchinfo.settings import INSTALLED_APPS, VAR

INSTALLED_APPS = [*INSTALLED_APPS, "formtools", "tests.bench.peer"]
ROOT_URLCONF = "tests.bench.peer.urls"
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": VAR / "peer.sqlite3",
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 5,
            "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;",
        },
    }
}
PAGES = os.environ.get("PEER_PAGES", "").split()
"""The pages that it asks, in order."""
