"""Write the drafts as fixture files."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from conditions import content


class Command(BaseCommand):
    help = "Write the drafts into a folder of fixture files. Files that hold the same already stay untouched."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", nargs="?", type=Path, default=settings.CONTENT_FOLDER)

    def handle(self, *args: Any, **options: Any) -> None:
        changed = content.write_folder(content.rows_of_database(), options["folder"])
        for name in changed:
            self.stdout.write(name)
        self.stdout.write(f"{len(changed)} files changed.")
