"""The settings of production: refused without secrets, in words; strict with them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import run

GOOD = {
    "TWITCHINFO_ENV": "production",
    "SECRET_KEY": "k" * 60,
    "ALLOWED_HOSTS": "twitchinfo.example",
    "DATABASE_URL": "postgres://nobody@localhost/never-connected",
}


def python(code: str, tmp_path: Path, **changes: str) -> subprocess.CompletedProcess[str]:
    ours = ("TWITCHINFO", "SECRET", "ALLOWED", "DATABASE", "BEHIND", "DEBUG", "CSRF", "DJANGO")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(ours)}
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=run.ROOT,
        env={**environment, "TWITCHINFO_VAR": str(tmp_path), **GOOD, **changes},
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"SECRET_KEY": ""}, "Set SECRET_KEY"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY has 5 characters"),
        ({"ALLOWED_HOSTS": ""}, "Set ALLOWED_HOSTS"),
        ({"TWITCHINFO_ENV": "prod"}, "TWITCHINFO_ENV is 'local' or 'production'"),
        ({"BEHIND_PROXY": "maybe"}, "BEHIND_PROXY is 1 or 0"),
        ({"DATABASE_URL": "mysql://x/y"}, "DATABASE_URL starts with postgres://"),
    ],
)
def test_production_does_not_start_without_its_secrets(
    changes: dict[str, str], said: str, tmp_path: Path
) -> None:
    done = python("import twitchinfo.wsgi", tmp_path, **changes)
    assert done.returncode == 1
    assert said in done.stderr.splitlines()[-1]
    assert not (tmp_path / "secret-key").exists()


def test_production_is_strict(tmp_path: Path) -> None:
    code = """
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "twitchinfo.settings"
import django
django.setup()
from django.conf import settings
from django.test import Client
client = Client(headers={"host": "twitchinfo.example"})
plain = client.get("/about/")
print(plain.status_code, plain["Location"])
page = client.get("/about/", secure=True)
for name in ("Strict-Transport-Security", "Cross-Origin-Opener-Policy", "X-Frame-Options",
             "Referrer-Policy", "X-Content-Type-Options", "Permissions-Policy", "Content-Security-Policy"):
    print(f"{name}: {page[name]}")
print(settings.DEBUG, settings.ANSWER_COOKIE, settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME)
print(client.get("/about/", headers={"X-Forwarded-Proto": "https"}).status_code)
"""
    static = tmp_path / "static"
    static.mkdir()
    # Collected for the names in the pages; only the three that the base page asks for.
    (static / "staticfiles.json").write_text(
        '{"version": "1.1", "hash": "", "paths": {'
        + ", ".join(
            f'"{name}": "{name}"'
            for name in ("favicon.svg", "css/site.css", "css/movement.css", "js/site.js")
        )
        + "}}"
    )
    done = python(code, tmp_path)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "301 https://twitchinfo.example/about/"
    assert lines[1] == "Strict-Transport-Security: max-age=63072000; includeSubDomains; preload"
    assert lines[2:6] == [
        "Cross-Origin-Opener-Policy: same-origin",
        "X-Frame-Options: DENY",
        "Referrer-Policy: same-origin",
        "X-Content-Type-Options: nosniff",
    ]
    assert "camera=()" in lines[6]
    assert "unsafe" not in lines[7]
    assert lines[8] == "False __Secure-answers __Host-sessionid __Host-csrftoken"
    assert lines[9] == "301"  # a header that anyone can write is not believed
    proxied = python(code, tmp_path, BEHIND_PROXY="1")
    assert proxied.stdout.splitlines()[9] == "200"


def test_debug_is_never_on_in_production(tmp_path: Path) -> None:
    code = "import twitchinfo.settings as s; print(s.DEBUG)"
    assert python(code, tmp_path, DEBUG="1").stdout.strip() == "False"
