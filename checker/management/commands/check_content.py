"""Say what is wrong with the content: gaps, missing sources, hard texts, dead links, rules that cannot fire."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from collections import Counter
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from checker.content_checks import Level, Problem, check_content
from conditions import content


class Command(BaseCommand):
    help = (
        "Check the drafts: complete, sourced, plain, linked, asked and found. Exit status 1 when there are errors; "
        "warnings want a look."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print everything as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        problems = check_content(content.rows_of_database(), today=timezone.localdate())
        count = Counter(problem.level for problem in problems)
        if options["json"]:
            summary = {
                "errors": count[Level.ERROR],
                "warnings": count[Level.WARNING],
                "problems": [asdict(problem) for problem in problems],
            }
            self.stdout.write(json.dumps(summary, indent=1))
        else:
            self._print(problems)
            self.stdout.write(f"{count[Level.ERROR]} errors, {count[Level.WARNING]} warnings")
        if count[Level.ERROR]:
            sys.exit(1)

    def _print(self, problems: tuple[Problem, ...]) -> None:
        check = ""
        for problem in problems:
            if problem.check != check:
                check = problem.check
                self.stdout.write(f"\n{check.replace('_', ' ')}:")
            self.stdout.write(f"  {problem}")
