"""The safety file names tests that exist; and the controls that no other test proves."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from checker.engine.assessment import assess_evidence
from checker.engine.evidence import Answers, Evidence, evidence_of, gather_evidence
from checker.engine.knowledge import KnowledgeBase
from checker.engine.questionnaire import asked_now, offered, walk
from checker.engine.urgency import alarms_of, is_safety_answered
from checker.engine.vocabulary import EvidenceState, Urgency
from checker.scenarios import Report
from conditions.editions import Edition
from tests.pages import page_of

ROOT: Path = settings.BASE_DIR
SAFETY = (ROOT / "docs" / "safety.md").read_text(encoding="utf-8")
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


# --- the file --------------------------------------------------------------------------------------


@cache
def functions_in(path: Path) -> dict[str, str]:
    """The tests of a file, each with its decorators spelled out."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    marks = {
        target.id: ast.unparse(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    return {
        node.name: " ".join(
            marks.get(written, written) for written in map(ast.unparse, node.decorator_list)
        )
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
    }


@pytest.mark.parametrize(("path", "name"), sorted(set(NAMED.findall(SAFETY))))
def test_every_test_that_the_safety_file_names_exists(path: str, name: str) -> None:
    assert name.startswith("test_")
    assert (ROOT / path).exists(), path
    assert name in functions_in(ROOT / path), f"{path} has no {name}"


def test_nothing_is_proved_by_a_test_that_may_fail() -> None:
    proofs = [line for line in SAFETY.splitlines() if line.startswith("| ")]
    named = {test for line in proofs for test in NAMED.findall(line)}
    assert named
    for path, name in sorted(named):
        marks = functions_in(ROOT / path)[name]
        assert "xfail" not in marks, name
        assert not re.search(r"mark\.skip\b", marks), name


def test_every_hazard_has_controls_and_every_control_has_its_proof() -> None:
    hazards = re.split(r"^## H\d+\. ", SAFETY, flags=re.MULTILINE)[1:]
    assert len(hazards) == 10
    for hazard in hazards:
        rows = re.findall(r"^\| (.+?) \| (.+?) \|$", hazard.split("\n## ")[0], re.MULTILINE)
        controls = [row for row in rows if row not in (("control", "proof"), ("---", "---"))]
        assert len(controls) >= 3, hazard[:40]
        assert [control for control, proof in controls if not NAMED.search(proof)] == []
        assert "\nLeft: " in hazard, hazard[:40]


def test_the_safety_file_says_plainly_what_the_program_is_not() -> None:
    plain = " ".join(SAFETY.split())
    assert "not a medical device" in plain
    assert "has not been assessed" in plain
    assert "no study with patients has been done" in plain


# --- age -------------------------------------------------------------------------------------------

OF_BABIES = {"infant-clusters-of-jerks"}
OF_PREGNANCY = {"severe-headache-in-pregnancy"}
TOO_OLD_FOR_BABIES = {"agitated-sweating-after-drug-change", "legs-weak-bladder-bowel"}
"""Babies neither take drugs nor walk or hold water; their signs of the same dangers are among the others."""


def emergency_signs(kb: KnowledgeBase, *said: str) -> set[str]:
    """The emergency signs that a person is offered who said this of themselves."""
    question = kb.questions["emergency-signs"]
    places = offered(question, evidence_of(said))
    return {question.options[place].finding.slug for place in places}


def test_who_says_nothing_of_themselves_is_offered_every_emergency_sign(
    shipped_kb: KnowledgeBase,
) -> None:
    asked = {option.finding.slug for option in shipped_kb.questions["emergency-signs"].options}
    assert emergency_signs(shipped_kb) == asked
    assert asked >= OF_BABIES | OF_PREGNANCY | TOO_OLD_FOR_BABIES


@pytest.mark.parametrize(
    ("age", "sex", "spared"),
    [
        ("age-under-2", "sex-female", OF_PREGNANCY | TOO_OLD_FOR_BABIES),
        ("age-2-12", "sex-female", OF_BABIES | OF_PREGNANCY),
        ("age-13-17", "sex-female", OF_BABIES),
        ("age-18-39", "sex-female", OF_BABIES),
        ("age-40-59", "sex-female", OF_BABIES),
        ("age-60-plus", "sex-female", OF_BABIES | OF_PREGNANCY),
        ("age-18-39", "sex-male", OF_BABIES | OF_PREGNANCY),
    ],
)
def test_each_age_is_spared_only_the_emergency_signs_of_another(
    shipped_kb: KnowledgeBase, age: str, sex: str, spared: set[str]
) -> None:
    assert emergency_signs(shipped_kb) - emergency_signs(shipped_kb, age, sex) == spared


def test_a_baby_is_asked_no_function_test_and_earns_nothing_by_silence(
    shipped_kb: KnowledgeBase,
) -> None:
    kb = shipped_kb
    answers = Answers()
    asked = set()
    while (page := walk(kb, answers).next) is not None:
        for question in asked_now(page, gather_evidence(kb, answers)):
            asked.add(question.slug)
            baby = {"age-under-2": EvidenceState.PRESENT} if question.slug == "age" else {}
            answers = answers.with_answer(question, baby)
    assert {"age", "emergency-signs", "throat-and-breath"} <= asked
    assert "weakness" not in asked
    evidence = gather_evidence(kb, answers)
    assert not is_safety_answered(kb, evidence)
    assert assess_evidence(kb, evidence).verdict.urgency > Urgency.SELF_CARE


def test_runs_of_jerks_in_a_baby_are_an_emergency(shipped_kb: KnowledgeBase) -> None:
    runs = evidence_of(["age-under-2", "infant-clusters-of-jerks"])
    assert assess_evidence(shipped_kb, runs).verdict.is_emergency
    # Whatever else is said beside it, and also of a baby that jerks in sleep.
    asleep = evidence_of([*runs.present, "only-in-sleep", "during-sleep", "sudden-jerk"])
    assert assess_evidence(shipped_kb, asleep).verdict.is_emergency


# --- pregnancy -------------------------------------------------------------------------------------


def level(kb: KnowledgeBase, evidence: Evidence) -> Urgency:
    return max((reason.urgency for reason in alarms_of(kb, evidence)), default=Urgency.SELF_CARE)


def test_the_dangers_of_pregnancy_are_never_less_than_same_day(shipped_kb: KnowledgeBase) -> None:
    assert level(shipped_kb, evidence_of(OF_PREGNANCY)) is Urgency.EMERGENCY
    for sign in ("headache", "vision-loss-or-blur", "less-urine-or-swelling"):
        assert level(shipped_kb, evidence_of(["pregnant", sign])) >= Urgency.SAME_DAY, sign


@pytest.mark.parametrize("tag", ["child", "pregnancy"])
def test_the_stories_cover_children_and_pregnancy(shipped_report: Report, tag: str) -> None:
    stories = [o.scenario for o in shipped_report.outcomes if tag in o.scenario.tags]
    assert len([story for story in stories if story.tune is False]) >= 4
    assert any(story.urgency[0] >= Urgency.SAME_DAY for story in stories)


# --- numbers to call -------------------------------------------------------------------------------


def test_every_number_names_its_country(client: Client, edition: Edition) -> None:
    page = page_of(client.get("/check/help-now/"))
    assert edition.library.helplines
    for line in edition.library.helplines:
        assert line.country_name, line.slug
        assert line.country_name in page.text, line.slug
    assert "local emergency number" in page.text
