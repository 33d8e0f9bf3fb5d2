"""Take fixture files over into the drafts: all of them, or none."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from checker.loading import load_folder
from conditions.content import ContentError


class Command(BaseCommand):
    help = (
        "Load content from a folder of fixture files into the drafts, in one transaction. Loading twice changes "
        "nothing. Nothing is published: visitors see it after `publish`."
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
        if not folder.is_dir():
            raise CommandError(f"{folder} is not a folder")
        try:
            changes = load_folder(folder, prune=options["prune"], dry_run=options["dry_run"])
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
