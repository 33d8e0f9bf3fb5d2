"""For who lost phone and recovery codes, when no other admin can help."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser

from staff import factor


class Command(BaseCommand):
    help = (
        "Take the second factor of somebody away: the next log-in sets up a new one. Make sure that it is really they "
        "who ask. Where the password may be known to others, change it as well (changepassword)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")

    def handle(self, *args: Any, **options: Any) -> None:
        name = options["name"]
        try:
            user = User.objects.get(username=name)
        except User.DoesNotExist as error:
            raise CommandError(f"There is nobody called {name}.") from error
        if not factor.reset(user):
            raise CommandError(f"{name} has no second factor.")
        self.stdout.write(f"{name} sets up a new second factor at the next log-in.")
