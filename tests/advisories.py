"""Ask a source of advisories about every locked package: python3 run.py advisories.

It says "none known" only after the source has shown that it answers: it was asked about a release with a well-known
hole first, and named the hole. A source that cannot be reached, or that knows nothing, is a failure, never a green.

    0   the source answered for every package, and knows of nothing
    1   it knows of something; what, stands in the list
    2   nothing is known: the source could not be asked
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import run

KNOWN_HOLE = "jinja2==2.10"  # CVE-2019-10906
SOURCE = "https://api.osv.dev/v1/query"
IRRELEVANT = {"brotlicffi"}
"""Locked for other kinds of Python only."""
LOCKS = [run.ROOT / "requirements" / f"{name}.txt" for name in ("base", "test", "bench")]


class NotAsked(Exception):
    """The source gave no answer that one could rely on."""


def ask(source: str, *files: Path) -> list[dict[str, Any]]:
    """Return what the source knows about each package of these files, one entry a package."""
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "answer.json"
        line = ["-m", "pip_audit", "--strict", "--disable-pip", "--no-deps"]
        line += ["--vulnerability-service", "osv", "--osv-url", source, "--timeout", "30"]
        line += ["--format", "json", "--progress-spinner", "off", "--output", str(answer)]
        # An answer kept from earlier would hide that the source is away now.
        line += ["--cache-dir", str(Path(folder) / "cache")]
        for file in files:
            line += ["--requirement", str(file)]
        done = subprocess.run([sys.executable, *line], capture_output=True, text=True)
        if not answer.exists() or done.returncode not in (0, 1):
            told = done.stderr.strip().splitlines() or [f"pip-audit ended with {done.returncode}"]
            raise NotAsked(told[-1])
        found: list[dict[str, Any]] = json.loads(answer.read_text())["dependencies"]
    skipped = [entry["name"] for entry in found if "skip_reason" in entry]
    if skipped:
        raise NotAsked(f"it has no answer for {', '.join(skipped)}")
    return found


def report(source: str, locks: list[Path]) -> int:
    with tempfile.TemporaryDirectory() as folder:
        known = Path(folder) / "known.txt"
        known.write_text(f"{KNOWN_HOLE}\n")
        try:
            if not any(entry["vulns"] for entry in ask(source, known)):
                raise NotAsked(f"it does not even know the hole in {KNOWN_HOLE}")
            found = [entry for lock in locks for entry in ask(source, lock)]
            asked = {entry["name"] for entry in found}
            names = {name for lock in locks for name in run.packages(lock.read_text())}
            left_out = {name.partition("[")[0] for name in names} - asked - IRRELEVANT
            if left_out:
                raise NotAsked(f"it was not asked about {', '.join(sorted(left_out))}")
        except NotAsked as error:
            print(f"Nothing is known about advisories: {source} could not be asked.\n  {error}")
            print("Run this where the source can be reached. Until then do not take it for green.")
            return 2
    wrong = {
        f"{entry['name']} {entry['version']}: {hole['id']}"
        + (f", mended in {', '.join(hole['fix_versions'])}" if hole["fix_versions"] else "")
        for entry in found
        for hole in entry["vulns"]
    }
    for line in sorted(wrong):
        print(line)
    if wrong:
        print(f"{len(wrong)} known. Mend: python3 run.py lock --upgrade, then the tests.")
        return 1
    print(f"{source} knows of nothing against {len(asked)} packages.")
    return 0


if __name__ == "__main__":
    sys.exit(report(os.environ.get("ADVISORIES", SOURCE), LOCKS))
