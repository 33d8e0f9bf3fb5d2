"""Take files over into the drafts: all of what is in them, or nothing."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from checker.loading import load_folder
from checker.transfer import Upload, look_at, take_over
from conditions.content import Changes, ContentError


class Command(BaseCommand):
    help = (
        "Load content into the drafts, in one transaction: a folder of fixture files, one such file, an archive of "
        "them, or a CSV table of associations. Loading twice changes nothing. Nothing is published: visitors see it "
        "after `publish`."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", nargs="?", type=Path, default=settings.CONTENT_FOLDER)
        parser.add_argument(
            "--dry-run", action="store_true", help="say what would change, and change nothing"
        )
        parser.add_argument(
            "--prune", action="store_true", help="also delete what the files do not hold"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        folder: Path = options["folder"]
        if not folder.exists():
            raise CommandError(f"{folder} is not a folder, nor a file that is there")
        try:
            changes = _load(folder, prune=options["prune"], dry_run=options["dry_run"])
        except ContentError as error:
            raise CommandError(
                f"Nothing was loaded. {len(error.problems)} to mend:\n"
                + "\n".join(map(str, error.problems))
            ) from error
        if options["verbosity"] > 1 or options["dry_run"]:
            for word, names in (
                ("create", changes.created),
                ("update", changes.updated),
                ("delete", changes.deleted),
            ):
                for name in names:
                    self.stdout.write(f"{word} {name}")
        would = "Would be: " if options["dry_run"] else "Loaded: "
        self.stdout.write(
            f"{would}{changes}"
            if changes
            else "Nothing to change: the drafts hold all of it already."
        )


def _load(path: Path, *, prune: bool, dry_run: bool) -> Changes:
    if path.is_dir():
        return load_folder(path, prune=prune, dry_run=dry_run)
    arriving = look_at(Upload(path.name, path.read_bytes(), prune))
    return arriving.changes if dry_run else take_over(arriving)
