"""Stories that were written blind, measured once, and then opened to mend what they showed (docs/scenarios.md).

They are not shipped with a release, where every publication would run them; here they keep what was mended.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from checker.engine.evaluation import metrics, read_scenarios, run_through_questionnaire
from checker.engine.knowledge import KnowledgeBase
from checker.engine.vocabulary import Urgency

STORIES = sorted((Path(__file__).parent / "data" / "stories").glob("*.yaml"))
JUDGED_BY_THREE = "lmnopq"
"""Sets in which a level counts where two of three readers accept it: stricter than a writer alone."""
SETS = [
    pytest.param(path, 0.89 if path.stem in JUDGED_BY_THREE else 0.93, id=path.stem)
    for path in STORIES
]


@pytest.mark.long
@pytest.mark.parametrize(("path", "accepted"), SETS)
def test_an_opened_set_keeps_what_was_mended(
    shipped_kb: KnowledgeBase, path: Path, accepted: float
) -> None:
    items = yaml.safe_load(path.read_text(encoding="utf-8"))["scenarios"]
    outcomes = [run_through_questionnaire(shipped_kb, s) for s in read_scenarios(shipped_kb, items)]
    found = metrics(outcomes)
    assert found["urgency_accepted"] >= accepted
    assert found["safe"] >= 0.98
    assert found["top_3"] >= 0.90
    assert [o.scenario.id for o in outcomes if o.is_emergency_story and not o.is_safe] == []
    emergencies = [o for o in outcomes if o.is_emergency_story]
    assert all(o.urgency >= Urgency.SAME_DAY for o in emergencies)


def test_there_are_opened_sets() -> None:
    assert len(STORIES) >= 4
