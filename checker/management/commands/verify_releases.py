"""Whether every release still is what was published."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand

from checker.publishing import is_intact
from conditions.models import Release


class Command(BaseCommand):
    help = (
        "Compare the document of every release with its checksum, and see that no number is missing. Exit status 1 if "
        "something is wrong."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        wrong = 0
        expected = 1
        # One at a time: each document is some megabytes.
        for release in Release.objects.order_by("number").defer("report").iterator(chunk_size=1):
            for missing in range(expected, release.number):
                self.stdout.write(f"Release {missing}: is not there")
                wrong += 1
            expected = release.number + 1
            if is_intact(release):
                self.stdout.write(f"Release {release.number}: {release.checksum}")
            else:
                self.stdout.write(f"Release {release.number}: does not match its checksum")
                wrong += 1
        if wrong:
            sys.exit(1)
