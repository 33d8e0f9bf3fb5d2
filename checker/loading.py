"""Fixture files into drafts: read, check against the models and the engine, write in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from checker.engine.evaluation import ScenarioError, read_scenarios
from checker.engine.knowledge import KnowledgeBase, KnowledgeError, build
from conditions import content

from .scenarios import written_scenarios


def load_folder(folder: Path, *, prune: bool = False, dry_run: bool = False) -> content.Changes:
    """Load a folder of fixture files. Returns what changed (or would). Raises ContentError, and changes nothing."""
    return load(content.rows_of_folder(folder), prune=prune, dry_run=dry_run)


def load(
    located: Sequence[content.Located], *, prune: bool = False, dry_run: bool = False
) -> content.Changes:
    """Load rows that were read from files. Returns what changed (or would). Or raises ContentError."""
    current = content.rows_of_database()
    rows = check_load(located, current, prune=prune)
    if dry_run:
        return content.changes_between(current, rows, prune=prune)
    return content.save_rows(rows, prune=prune, reason="Loaded from files.")


def check_load(
    located: Sequence[content.Located], current: Sequence[content.Row], *, prune: bool = False
) -> list[content.Row]:
    """Return the rows of a load, complete and checked with all that stays beside them. Raises ContentError."""
    rows = content.check_rows(located, () if prune else current)
    check_together(content.merged(current, rows, prune=prune))
    return rows


def check_whole(rows: Sequence[content.Row]) -> KnowledgeBase:
    """Check rows that are to stand by themselves, such as the drafts. Raises ContentError with every problem."""
    located = [content.Located(row, content.describe(*content.identity(row))) for row in rows]
    return check_together(content.check_rows(located))


def check_together(rows: Sequence[content.Row], known: Sequence[content.Row] = ()) -> KnowledgeBase:
    """Return the knowledge base that checked rows make, and see that scenarios name what it knows.

    Raises ContentError.
    """
    loaded = {content.identity(row) for row in rows}
    whole = [*(row for row in known if content.identity(row) not in loaded), *rows]
    try:
        kb = build(whole)
        read_scenarios(kb, written_scenarios(whole))
        return kb
    except (KnowledgeError, ScenarioError) as error:
        raise content.ContentError(
            [content.Problem("the content as a whole", "", p) for p in error.problems]
        ) from error
