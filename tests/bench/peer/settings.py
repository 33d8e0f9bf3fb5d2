"""The settings of the site, its middleware included, with a database, sessions and an application of the peer's own."""

import os

from twitchinfo.settings import *  # noqa: F403
from twitchinfo.settings import INSTALLED_APPS, MIDDLEWARE, VAR

INSTALLED_APPS = [*INSTALLED_APPS, "formtools", "tests.bench.peer"]
# The site has sessions at the desk alone; a wizard needs them everywhere.
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware"
    if name == "twitchinfo.middleware.Sessions"
    else name
    for name in MIDDLEWARE
]
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
