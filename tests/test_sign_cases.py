"""The shipped warning signs against fact patterns that each of them was written for, or must spare."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from checker.engine.evidence import evidence_of
from checker.engine.knowledge import KnowledgeBase
from checker.engine.urgency import ReasonKind, judge

CASES = yaml.safe_load((Path(__file__).parent / "data" / "sign_cases.yaml").read_text())["cases"]


def level_of(kb: KnowledgeBase, case: dict[str, Any]) -> str:
    """Return the level that signs, floors and calm signs give without any match; "none" if none speaks."""
    verdict = judge(kb, evidence_of(case["present"], case["absent"]), ())
    spoken = [
        r for r in verdict.reasons if r.kind not in (ReasonKind.UNTOLD, ReasonKind.NOT_EARNED)
    ]
    return max(spoken, key=lambda r: r.urgency).urgency.slug if spoken else "none"


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_a_fact_pattern_gets_the_level_it_was_written_for(
    shipped_kb: KnowledgeBase, case: dict[str, Any]
) -> None:
    assert level_of(shipped_kb, case) in case["expect"]


def test_every_fact_pattern_names_known_findings(shipped_kb: KnowledgeBase) -> None:
    named = {slug for case in CASES for slug in (*case["present"], *case["absent"])}
    assert named <= shipped_kb.findings.keys()
