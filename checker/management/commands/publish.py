"""Make the drafts the release that visitors see."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from checker.publishing import PublishError, publish


class Command(BaseCommand):
    help = "Check the drafts and publish them as a new release. Unchanged content makes none."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--note", default="", help="what changed, for the list of releases")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            release = publish(note=options["note"])
        except PublishError as error:
            raise CommandError("Not published. To mend:\n" + "\n".join(error.problems)) from error
        if release is None:
            self.stdout.write("Nothing changed since the last release.")
        else:
            self.stdout.write(f"Release {release.number} is published.")
