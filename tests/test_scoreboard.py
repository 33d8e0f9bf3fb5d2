"""How the shipped stories come out, against the two trivial ways to answer them."""

from __future__ import annotations

from typing import Any

import pytest

from checker.engine.evaluation import metrics
from checker.scenarios import Report

STORIES = 120
EMERGENCIES = 30


@pytest.fixture(params=["all", "unseen"], scope="module")
def figures(request: pytest.FixtureRequest, shipped_report: Report) -> dict[str, Any]:
    """The metrics of all stories, and of those that no constant and no rule was set with."""
    return metrics(
        [
            outcome
            for outcome in shipped_report.outcomes
            if request.param == "all" or outcome.scenario.tune is False
        ]
    )


def test_there_are_stories_enough_to_mean_something(shipped_report: Report) -> None:
    stories = [outcome.scenario for outcome in shipped_report.outcomes]
    assert len(stories) >= STORIES
    assert sum(o.is_emergency_story for o in shipped_report.outcomes) >= EMERGENCIES
    assert all(story.tune is not None for story in stories)
    assert sum(story.tune is False for story in stories) >= STORIES / 2


def test_no_emergency_of_the_shipped_stories_is_missed(shipped_report: Report) -> None:
    assert shipped_report.missed_emergencies == ()


def test_the_ranking_is_far_better_than_counting_matched_findings(figures: dict[str, Any]) -> None:
    """The count gets the whole story at once; the engine only what it asked for."""
    count = figures["baseline_count"]
    assert figures["top_1"] >= count["top_1"] + 0.2
    # Near the ceiling points say little: at most half as many stories miss the first three.
    assert 1 - figures["top_3"] <= (1 - count["top_3"]) / 2


def test_the_advice_is_far_better_than_always_see_a_doctor(figures: dict[str, Any]) -> None:
    always = figures["baseline_see_a_doctor"]
    assert figures["urgency_accepted"] >= always["urgency_accepted"] + 0.35
    assert figures["safe"] >= always["safe"] + 0.35
    # Nor is it better only because it sends everybody to hospital.
    assert figures["over_triage"] <= 0.10
