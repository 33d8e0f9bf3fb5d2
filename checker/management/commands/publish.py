"""Make the drafts the release that visitors see."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError

from checker.publishing import PublishError, publish


class Command(BaseCommand):
    help = (
        "Check the drafts and publish them as a new release, through the same gates as at the desk. Unchanged content "
        "makes none."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--note", default="", help="what changed, for the list of releases")
        parser.add_argument(
            "--reason", default="", help="why it is right although a story comes out worse"
        )
        parser.add_argument("--by", default="", metavar="NAME", help="the user who publishes")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            release = publish(
                by=user_named(options["by"]), note=options["note"], reason=options["reason"]
            )
        except PublishError as error:
            raise CommandError("Not published. To mend:\n" + "\n".join(error.problems)) from error
        if release is None:
            self.stdout.write("Nothing changed since the last release.")
        else:
            self.stdout.write(f"Release {release.number} is published.")


def user_named(name: str) -> User | None:
    """Return the user of this name; none for no name. Raises CommandError if there is none."""
    if not name:
        return None
    user = User.objects.filter(username=name).first()
    if user is None:
        raise CommandError(f"There is no user {name!r}.")
    return user
