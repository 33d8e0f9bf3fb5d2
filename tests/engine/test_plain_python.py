"""The engine is plain Python: it can be taken out and run anywhere."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_an_assessment_is_made_without_django_in_a_fresh_interpreter() -> None:
    """tests/test_imports.py looks at the imports; this one at an assessment from rows to verdict."""
    assess = """
import sys
from checker.engine.assessment import assess_evidence
from checker.engine.evidence import evidence_of
from tests.worlds import world

kb = world('''
    finding flicker frequent
    sign    lasts   soon: all flicker
''')
print(assess_evidence(kb, evidence_of(["flicker"])).verdict.urgency.slug)
print(sorted(name for name in sys.modules if name.split(".")[0] in ("django", "yaml", "conditions")))
"""
    fresh = subprocess.run(
        [sys.executable, "-c", assess], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert fresh.stdout.splitlines() == ["soon", "[]"]
