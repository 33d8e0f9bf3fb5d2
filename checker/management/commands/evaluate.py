"""How good the advice is, in figures."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from django.core.management.base import BaseCommand
from django.db import Error as DatabaseError

from checker.engine.evaluation import (
    Outcome,
    ScenarioError,
    read_scenarios,
    run_at_once,
    run_through_questionnaire,
    summarise,
)
from checker.knowledge import current_knowledge_base
from checker.scenarios import written_scenarios
from conditions import editions

BAD_FILE = 2


class Command(BaseCommand):
    help = (
        "Run patient stories against the current release and print how often urgency and conditions are right "
        "(docs/scenarios.md). Without a file: the scenarios of the release."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="*", type=Path, metavar="FILE")
        parser.add_argument("--json", action="store_true", help="print everything as JSON")
        parser.add_argument(
            "--through-questionnaire",
            action="store_true",
            help="answer page by page, as the site would ask",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            editions.refresh()
        except DatabaseError:
            editions.load_copy()
        kb = current_knowledge_base()
        try:
            scenarios = read_scenarios(kb, self._items(options["files"]))
        except ScenarioError as error:
            for problem in error.problems:
                self.stderr.write(problem)
            sys.exit(BAD_FILE)
        run = run_through_questionnaire if options["through_questionnaire"] else run_at_once
        outcomes: list[Outcome] = []
        for place, scenario in enumerate(scenarios, start=1):
            outcomes.append(run(kb, scenario))
            self._show_progress(place, len(scenarios))
        summary = summarise(outcomes, release=editions.current().number)
        if options["json"]:
            self.stdout.write(json.dumps(summary, indent=1))
        else:
            self._print(summary)

    def _items(self, files: Sequence[Path]) -> list[Mapping[str, Any]]:
        if not files:
            return list(written_scenarios(editions.current().rows))
        items: list[Mapping[str, Any]] = []
        for path in files:
            try:
                data = yaml.safe_load(path.read_text(encoding="utf-8"))
            except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
                raise ScenarioError([f"{path}: {error}"]) from error
            if not isinstance(data, Mapping) or not isinstance(data.get("scenarios"), list):
                raise ScenarioError([f"{path}: must hold a list under 'scenarios'"])
            items += data["scenarios"]
        return items

    def _show_progress(self, done: int, total: int) -> None:
        if sys.stderr.isatty():
            width = 40 * done // total
            self.stderr.write(
                f"\r[{'#' * width:<40}] {done}/{total}", ending="\n" if done == total else ""
            )
            self.stderr.flush()

    def _print(self, summary: Mapping[str, Any]) -> None:
        self.stdout.write(f"release {summary['release']}, {summary['scenarios']} scenarios\n")
        columns = {"all": summary["total"]}
        columns |= {f"tune: {half}": values for half, values in summary["tune"].items()}
        self.stdout.write(" " * 34 + "".join(f"{name:>14}" for name in columns))
        for name in summary["total"]:
            self._print_metric(name, [values[name] for values in columns.values()])
        self.stdout.write("\nby tag:")
        for tag, values in summary["tags"].items():
            self.stdout.write(
                f"  {tag:<22} n {values['n']:>4}   top 3 {_share(values['top_3']):>6}   accepted "
                f"{_share(values['urgency_accepted']):>6}   safe {_share(values['safe']):>6}"
            )
        failures = [each for each in summary["each"] if not each["accepted"] or not each["safe"]]
        self.stdout.write(f"\n{len(failures)} with an urgency that is not accepted:")
        for each in failures:
            self.stdout.write(
                f"  {each['id']}: {each['urgency']} ({', '.join(each['reasons'][:3])})"
            )

    def _print_metric(self, name: str, values: Sequence[Any]) -> None:
        if isinstance(values[0], Mapping):
            for part in values[0]:
                self._print_metric(
                    f"{name} {part}", [value[part] if value else None for value in values]
                )
            return
        self.stdout.write(f"{name:<34}" + "".join(f"{_share(value):>14}" for value in values))


def _share(value: Any) -> str:
    if value is None:
        return "-"
    return f"{100 * value:.1f}%" if isinstance(value, float) and value <= 1 else f"{value:g}"
