"""The first admin, second factor included: so that the first log-in in production needs nobody's trust."""

from __future__ import annotations

import getpass
import sys
from typing import Any

import segno
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from staff import factor


class Command(BaseCommand):
    help = (
        "Make an admin with a second factor. Asks for the password (or reads it from standard input), then shows the "
        "key for the app as a picture and as text, and ten recovery codes. Shown once; clear the screen after."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")

    def handle(self, *args: Any, **options: Any) -> None:
        name = options["name"]
        user = User(username=name, is_staff=True, is_superuser=True)
        try:
            user.clean_fields(exclude=["password"])
            user.validate_unique()
            password = self.ask_for_password()
            validate_password(password, user)
        except ValidationError as error:
            raise CommandError("\n".join(error.messages)) from error
        user.set_password(password)
        with transaction.atomic():
            user.save()
            device = factor.begin(user)
            # Nothing has to be typed back: who reads this screen is who the factor is for.
            device.confirmed = True
            device.save()
            codes = factor.new_recovery_codes(user)
        picture = segno.make(device.config_url, error="l")
        picture.terminal(self.stdout, compact=True)  # type: ignore[arg-type]
        self.stdout.write(
            f"Scan the picture with an app for one-time codes, or open\n  {device.config_url}\n"
        )
        self.stdout.write(f"or type the key {factor.key_to_type(device)}\n\n")
        self.stdout.write("Recovery codes, each of which opens once when the app is not at hand:\n")
        self.stdout.writelines(f"  {code}\n" for code in codes)
        self.stdout.write(f"\n{name} can log in at /admin/.")

    def ask_for_password(self) -> str:
        if not sys.stdin.isatty():
            return sys.stdin.readline().rstrip("\n")
        password = getpass.getpass("Password: ")
        if getpass.getpass("Password, once more: ") != password:
            raise CommandError("The two passwords differ.")
        return password
