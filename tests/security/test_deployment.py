"""The settings of servers that ship: what they would write down, and how much they let through."""

from __future__ import annotations

import re

from django.conf import settings
from django.urls import reverse

import run
from checker.transfer import LARGEST_FILE

NGINX = (run.ROOT / "deploy" / "nginx.conf").read_text()
GRANIAN = (run.ROOT / "deploy" / "granian.env").read_text()
MEGABYTE = 1024 * 1024


def test_an_access_line_of_the_proxy_says_nothing_of_a_person() -> None:
    formats = re.findall(r"^\s*log_format\s+(\w+)\s+'([^']*)'", NGINX, re.M)
    assert formats
    harmless = {
        "$time_iso8601", "$status", "$request_method", "$uri", "$bytes_sent", "$request_time", "$upstream_addr",
    }  # fmt: skip
    for _, words in formats:
        assert set(re.findall(r"\$\w+", words)) <= harmless
    used = re.findall(r"^\s*access_log\s+\S+\s*(\w*);", NGINX, re.M)
    # Without a name nginx writes its own format, with address, query and referrer.
    assert used
    assert set(used) <= {name for name, _ in formats}
    # Its error lines quote whole requests.
    assert set(re.findall(r"^\s*error_log\s+\S+\s+(\w+);", NGINX, re.M)) == {"crit"}


def test_our_own_server_writes_no_access_lines() -> None:
    assert "GRANIAN_LOG_ACCESS_ENABLED=false" in GRANIAN.splitlines()
    assert "access-log" not in (run.ROOT / "run.py").read_text()


def test_the_proxy_lets_through_what_the_site_takes_and_little_more() -> None:
    sizes = [int(size) for size in re.findall(r"client_max_body_size (\d+)m;", NGINX)]
    everywhere, desk = sizes
    assert everywhere * MEGABYTE == settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    assert (
        LARGEST_FILE < settings.UPLOAD_MAX_BYTES < desk * MEGABYTE <= 2 * settings.UPLOAD_MAX_BYTES
    )


def test_the_proxy_counts_what_the_site_counts() -> None:
    counted = set(re.findall(r'^\s*"(GET|POST) (\S+)" \$binary_remote_addr;', NGINX, re.M))
    assert counted == {
        ("GET", reverse("conditions:search")),
        ("POST", reverse("conditions:reply")),
        ("POST", reverse("conditions:report")),
        ("POST", reverse("admin:login")),
    }


def test_the_proxy_sets_what_the_site_believes() -> None:
    """Else a visitor could write it: the site believes both behind a proxy."""
    assert "proxy_set_header X-Forwarded-Proto $scheme;" in NGINX
    assert "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;" in NGINX
    for block in re.findall(r"location [^{]*\{([^}]*)\}", NGINX):
        # One such line in a location would drop all those above it.
        assert "proxy_set_header" not in block
