"""Publish an older release again."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from checker.publishing import PublishError, restore_drafts, roll_back
from conditions.models import Release

from .publish import user_named


class Command(BaseCommand):
    help = (
        "Publish the content of an older release under a new number, through the same gates as at the desk. The drafts "
        "stay as they are, unless told otherwise."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("number", type=int, help="the release to go back to")
        parser.add_argument(
            "--reason", default="", help="why, where today's gates speak against it"
        )
        parser.add_argument("--by", default="", metavar="NAME", help="the user who goes back")
        parser.add_argument(
            "--drafts", action="store_true", help="make the drafts what it says, too"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        older = Release.objects.filter(number=options["number"]).first()
        if older is None:
            raise CommandError(f"There is no release {options['number']}.")
        try:
            made = roll_back(older.number, by=user_named(options["by"]), reason=options["reason"])
            changes = restore_drafts(older) if options["drafts"] else None
        except PublishError as error:
            raise CommandError("Not done:\n" + "\n".join(error.problems)) from error
        if made is None:
            self.stdout.write(f"Visitors see the content of release {older.number} already.")
        else:
            self.stdout.write(f"Release {made.number} is published.")
        if changes is not None:
            self.stdout.write(f"Drafts: {changes}.")
