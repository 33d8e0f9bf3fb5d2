"""Scenarios against content: the report that publishing makes and every release keeps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from checker.engine.evaluation import Outcome, read_scenarios, run_through_questionnaire, summarise
from checker.engine.knowledge import KnowledgeBase, Row


@dataclass(frozen=True, slots=True)
class Report:
    """How the scenarios of a release come out, answered through its questionnaire."""

    outcomes: tuple[Outcome, ...]

    @property
    def missed_emergencies(self) -> tuple[str, ...]:
        return tuple(
            o.scenario.id for o in self.outcomes if o.is_emergency_story and not o.is_accepted
        )

    def as_json(self) -> dict[str, Any]:
        """Return what is stored with a release: the summary, and by story what the public scoreboard shows."""
        summary = summarise(self.outcomes, release=None)
        for each, outcome in zip(summary["each"], self.outcomes, strict=True):
            each |= {"fitted_well": outcome.fitted_well, "alarmed": outcome.alarmed}
        return summary


def written_scenarios(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """Return the scenarios among the rows of a release, in their written form (docs/scenarios.md)."""
    return [_written(row["fields"]) for row in rows if row["model"] == "checker.scenario"]


def _written(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": fields["slug"],
        "present": fields["present"],
        "absent": fields["absent"],
        "otherwise": fields["otherwise"],
        "expect": {
            "conditions": fields["expect_conditions"],
            "urgency": fields["expect_urgency"],
            "never": fields["never"],
        },
        "tags": fields["tags"],
        "tune": fields["tune"],
    }


def report_on(kb: KnowledgeBase, rows: Iterable[Row]) -> Report:
    """Run every scenario of the rows through the questionnaire. Raises ScenarioError on a wrong slug."""
    scenarios = read_scenarios(kb, written_scenarios(rows))
    return Report(tuple(run_through_questionnaire(kb, scenario) for scenario in scenarios))
