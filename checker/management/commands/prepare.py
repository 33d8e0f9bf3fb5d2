"""Everything between a clone and a running site: what `run.py` calls before it serves."""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from checker.loading import load_folder
from checker.publishing import PublishError, publish
from conditions import history
from conditions.content import ContentError
from conditions.models import Finding, Release


class Command(BaseCommand):
    help = (
        "Migrate, load the content into an empty database, publish the first release, make an admin, collect "
        "static files. Doing it again loses nothing."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        self.migrate()
        self.load()
        self.publish()
        self.make_admin()
        self.collect_static()

    def say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()

    def migrate(self) -> None:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            self.say("Preparing the database ...")
            call_command("migrate", verbosity=0, interactive=False)
        history.complete()

    def load(self) -> None:
        folder: Path = settings.CONTENT_FOLDER
        empty = not Finding.objects.exists()
        if empty:
            self.say("Loading the content ...")
        try:
            changes = load_folder(folder, dry_run=not empty)
        except ContentError as error:
            if not empty:
                self.say(
                    f"The content in {folder.name}/ does not fit this database; it stays as it is."
                )
                return
            raise CommandError(
                "The content cannot be loaded:\n" + "\n".join(map(str, error.problems))
            ) from error
        if changes and not empty:
            self.say(
                f"The content in {folder.name}/ differs from the drafts here ({changes}). Nothing was taken over. "
                "To see it: python3 run.py manage load_content --dry-run. To take it over: python3 run.py manage "
                "load_content, then publish."
            )

    def publish(self) -> None:
        if Release.objects.exists():
            return
        self.say("Publishing the first release ...")
        try:
            publish(note="The content as shipped.")
        except PublishError as error:
            raise CommandError(
                "The content cannot be published:\n" + "\n".join(error.problems)
            ) from error

    def make_admin(self) -> None:
        users = get_user_model()
        if users.objects.filter(is_superuser=True).exists():
            return
        if not settings.LOCAL:
            # No password of ours in a file or a log, and a second factor from the start.
            self.say("There is no admin yet. To make one: manage.py make_admin NAME")
            return
        path: Path = settings.VAR / "admin-login.txt"
        name, password = "admin", secrets.token_urlsafe(12)
        users.objects.create_superuser(name, password=password)
        path.touch(mode=0o600)
        path.write_text(f"name: {name}\npassword: {password}\n", encoding="utf-8")
        self.say(
            f"Made an admin user for /admin/: name {name}, password {password} (kept in {_short(path)})."
        )

    def collect_static(self) -> None:
        stamp: Path = settings.STATIC_ROOT / ".collected"
        wanted = _fingerprint_of_static()
        if stamp.exists() and stamp.read_text() == wanted:
            return
        self.say("Collecting static files ...")
        call_command("collectstatic", verbosity=0, interactive=False)
        stamp.write_text(wanted)


def _short(path: Path) -> Path:
    return path.relative_to(settings.BASE_DIR) if path.is_relative_to(settings.BASE_DIR) else path


def _fingerprint_of_static() -> str:
    """Return a hash over names, sizes and times of all static files."""
    digest = hashlib.sha256()
    for finder in finders.get_finders():
        for name, storage in finder.list([]):
            status = os.stat(storage.path(name))
            digest.update(f"{name}:{status.st_size}:{status.st_mtime_ns}\n".encode())
    return digest.hexdigest()
