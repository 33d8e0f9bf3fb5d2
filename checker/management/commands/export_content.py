"""Write the drafts as files."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from checker.transfer import associations_as_table, zipped
from conditions import content


class Command(BaseCommand):
    help = (
        "Write the drafts into a folder of fixture files; files that hold the same already stay untouched. A path that "
        "ends in .zip gets an archive of them, one that ends in .csv the table of associations."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", nargs="?", type=Path, default=settings.CONTENT_FOLDER)

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["folder"]
        rows = content.rows_of_database()
        if path.suffix in (".zip", ".csv"):
            table = path.suffix == ".csv"
            path.write_bytes(associations_as_table(rows).encode() if table else zipped(rows))
            self.stdout.write(f"{path.name} is written.")
            return
        changed = content.write_folder(rows, path)
        for name in changed:
            self.stdout.write(name)
        self.stdout.write(f"{len(changed)} files changed.")
