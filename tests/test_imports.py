"""Imports point one way: checker -> conditions, and everything -> checker.engine.vocabulary."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
OURS = ("checker", "conditions", "twitchinfo", "tests")


def imports(path: Path) -> Iterator[str]:
    """Every name that a module imports, dotted and absolute."""
    package = path.relative_to(ROOT).parent.parts
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = (node.module,) if node.module else ()
            yield from (".".join((*base, *module, name.name)) for name in node.names)


def within(name: str, *places: str) -> bool:
    return any(name == place or name.startswith(f"{place}.") for place in places)


def modules(folder: str) -> list[Path]:
    found = sorted((ROOT / folder).rglob("*.py"))
    assert found, folder
    return found


@pytest.mark.parametrize(
    ("folder", "never", "except_for"),
    [
        ("checker/engine", ("django", *OURS), ("checker.engine",)),
        ("conditions", ("checker", "tests"), ("checker.engine.vocabulary",)),
        ("checker", ("tests",), ()),
        ("twitchinfo", ("tests",), ()),
    ],
)
def test_no_import_points_back(
    folder: str, never: tuple[str, ...], except_for: tuple[str, ...]
) -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in modules(folder)
        for name in imports(path)
        if within(name, *never) and not within(name, *except_for)
    ]
    assert wrong == []


def test_the_engine_runs_without_django() -> None:
    names = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in modules("checker/engine")
        if path.stem != "__init__"
    ]
    loads = (
        f"import {', '.join(names)}, sys\n"
        "print(*{name.split('.')[0] for name in sys.modules} & {'django', 'conditions', 'twitchinfo'})"
    )
    fresh = subprocess.run(
        [sys.executable, "-c", loads],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert (fresh.stdout.strip(), fresh.stderr) == ("", "")
