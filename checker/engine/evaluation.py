"""How good the advice is: scenarios in, metrics out (docs/scenarios.md).

A scenario is handed over at once, or answered page by page as the site would ask it.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .assessment import Assessment, assess, assess_evidence
from .evidence import Answers, Evidence, gather_evidence
from .knowledge import KnowledgeBase, Question, nearest
from .questionnaire import asked_now, offered, walk
from .urgency import ReasonKind
from .vocabulary import EvidenceState, Fit, QuestionKind, Seriousness, Urgency

MOST_SCREENS = 60
"""No check can be longer: a guard against a questionnaire that never ends."""


class ScenarioError(ValueError):
    """Scenarios that cannot be run. `problems` names every wrong slug, with the nearest known one."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(problems))


@dataclass(frozen=True, slots=True)
class Scenario:
    """A patient story and the outcome that a careful clinician would expect."""

    id: str
    present: frozenset[str]
    absent: frozenset[str]
    otherwise_absent: bool
    conditions: frozenset[str]
    """Any one is a hit; empty: nothing should fit well."""
    urgency: tuple[Urgency, ...]
    """Acceptable levels, the reference first."""
    never: frozenset[str]
    tags: tuple[str, ...] = ()
    tune: bool | None = None

    def state_of(self, finding: str) -> EvidenceState:
        """Return what the story says of a finding."""
        if finding in self.present:
            return EvidenceState.PRESENT
        if finding in self.absent or self.otherwise_absent:
            return EvidenceState.ABSENT
        return EvidenceState.UNKNOWN


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one scenario came to."""

    scenario: Scenario
    urgency: Urgency
    shown: tuple[str, ...]
    """Conditions shown as matches, best first; empty when it ended on the emergency page."""
    fitted_well: bool
    rank: int | None
    """Place of the first expected condition among those shown, from one; None if not shown."""
    alarmed: bool
    reasons: tuple[str, ...]
    screens: int | None
    ended_early: bool
    baseline: tuple[str, ...]
    """The first three of the trivial ranking: count of matched findings."""

    @property
    def is_accepted(self) -> bool:
        return self.urgency in self.scenario.urgency

    @property
    def is_safe(self) -> bool:
        return self.urgency >= min(self.scenario.urgency)

    @property
    def is_emergency_story(self) -> bool:
        return self.scenario.urgency[0] is Urgency.EMERGENCY


def read_scenarios(kb: KnowledgeBase, items: Iterable[Mapping[str, Any]]) -> tuple[Scenario, ...]:
    """Return checked scenarios from their written form. Raises ScenarioError with every problem."""
    problems: list[str] = []
    scenarios = []
    seen: set[str] = set()
    for place, item in enumerate(items, start=1):
        if not isinstance(item, Mapping) or not isinstance(item.get("id"), str):
            problems.append(f"scenario {place} has no id")
            continue
        where = f"scenario {item['id']!r}"
        if item["id"] in seen:
            problems.append(f"{where} stands twice")
        seen.add(item["id"])
        expect = item.get("expect") or {}
        for name in ("present", "absent"):
            for slug in item.get(name) or []:
                if slug not in kb.findings:
                    problems.append(
                        f"{where}, {name}: unknown finding {slug!r}{nearest(str(slug), kb.findings)}"
                    )
        both = set(item.get("present") or []) & set(item.get("absent") or [])
        if both:
            problems.append(f"{where}: {', '.join(sorted(both))} both present and absent")
        for name in ("conditions", "never"):
            for slug in expect.get(name) or []:
                if slug not in kb.conditions:
                    problems.append(
                        f"{where}, {name}: unknown condition {slug!r}{nearest(str(slug), kb.conditions)}"
                    )
        levels = expect.get("urgency") or []
        for slug in levels:
            if slug not in _LEVELS:
                problems.append(f"{where}: unknown urgency {slug!r}{nearest(str(slug), _LEVELS)}")
        if not levels:
            problems.append(f"{where} expects no urgency")
        if item.get("otherwise", "unknown") not in ("unknown", "absent"):
            problems.append(f"{where}: otherwise is unknown or absent, not {item['otherwise']!r}")
        if problems:
            continue
        scenarios.append(
            Scenario(
                id=item["id"],
                present=frozenset(item.get("present") or []),
                absent=frozenset(item.get("absent") or []),
                otherwise_absent=item.get("otherwise") == "absent",
                conditions=frozenset(expect.get("conditions") or []),
                urgency=tuple(_LEVELS[slug] for slug in levels),
                never=frozenset(expect.get("never") or []),
                tags=tuple(item.get("tags") or []),
                tune=item.get("tune"),
            )
        )
    if problems:
        raise ScenarioError(problems)
    return tuple(scenarios)


_LEVELS = {level.slug: level for level in Urgency}


def run_at_once(kb: KnowledgeBase, scenario: Scenario) -> Outcome:
    """Hand the engine every listed finding at once."""
    states = {
        slug: state
        for slug in kb.findings
        if (state := scenario.state_of(slug)) is not EvidenceState.UNKNOWN
    }
    return _outcome(
        kb, scenario, assess_evidence(kb, Evidence(states)), screens=None, ended_early=False
    )


def run_through_questionnaire(kb: KnowledgeBase, scenario: Scenario) -> Outcome:
    """Answer page by page, up to the result or the emergency page, counting the screens."""
    answers = Answers()
    for screens in range(MOST_SCREENS):
        walked = walk(kb, answers)
        assessment = assess(kb, answers)
        if assessment.verdict.is_emergency:
            return _outcome(kb, scenario, assessment, screens=screens, ended_early=True)
        if walked.next is None:
            return _outcome(kb, scenario, assessment, screens=screens, ended_early=False)
        for question in asked_now(walked.next, walked.evidence):
            evidence = gather_evidence(kb, answers)
            answers = answers.with_answer(
                question, answer_to(question, scenario, offered(question, evidence))
            )
    raise AssertionError(f"scenario {scenario.id!r}: the questionnaire does not end")


def answer_to(
    question: Question, scenario: Scenario, places: Sequence[int]
) -> dict[str, EvidenceState]:
    """Return how the person in a story answers a question (docs/scenarios.md has the table)."""
    items = [question.options[place].finding.slug for place in places]
    stated = {slug: scenario.state_of(slug) for slug in items}
    ticked = [slug for slug in items if stated[slug] is EvidenceState.PRESENT]
    denies_all = all(state is EvidenceState.ABSENT for state in stated.values())
    match question.kind:
        case QuestionKind.EACH:
            return stated
        case QuestionKind.SINGLE:
            if ticked:
                return {ticked[0]: EvidenceState.PRESENT}
            says_none = scenario.otherwise_absent and bool(question.none_label)
            return dict.fromkeys(items, EvidenceState.ABSENT) if says_none else {}
        case QuestionKind.MULTI:
            if ticked:
                return {
                    slug: EvidenceState.PRESENT if slug in ticked else EvidenceState.UNTICKED
                    for slug in items
                }
            return dict.fromkeys(items, EvidenceState.ABSENT) if denies_all else {}


def _outcome(
    kb: KnowledgeBase,
    scenario: Scenario,
    assessment: Assessment,
    *,
    screens: int | None,
    ended_early: bool,
) -> Outcome:
    matches = () if ended_early else assessment.matches
    shown = tuple(match.condition.slug for match in matches)
    ranks = [place for place, slug in enumerate(shown, start=1) if slug in scenario.conditions]
    feared = {
        slug
        for slug in shown[:3]
        if slug in scenario.never
        or kb.conditions[slug].seriousness in (Seriousness.SERIOUS, Seriousness.EMERGENCY)
    }
    headline = {r.slug for r in assessment.verdict.reasons[:1] if r.kind is ReasonKind.MATCH}
    return Outcome(
        scenario=scenario,
        urgency=assessment.verdict.urgency,
        shown=shown,
        fitted_well=any(match.fit is Fit.WELL for match in matches),
        rank=min(ranks, default=None),
        alarmed=bool(feared or headline & scenario.never),
        reasons=tuple(
            f"{r.kind}:{r.slug}" if r.slug else str(r.kind) for r in assessment.verdict.reasons
        ),
        screens=screens,
        ended_early=ended_early,
        baseline=_most_matched(kb, scenario),
    )


def _most_matched(kb: KnowledgeBase, scenario: Scenario) -> tuple[str, ...]:
    """Rank by the count of matched findings: what a ranking must beat to be worth its code."""
    counted = sorted(kb.candidates, key=lambda c: -len(scenario.present & c.associations.keys()))
    return tuple(condition.slug for condition in counted[:3])


def metrics(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Return the metrics of SCENARIOS: rates as fractions of one, null where nothing counts."""
    ranked = [o for o in outcomes if o.scenario.conditions and not o.ended_early]
    unmatched = [o for o in outcomes if not o.scenario.conditions and not o.ended_early]
    emergencies = [o for o in outcomes if o.is_emergency_story]
    calm = [o for o in outcomes if o.scenario.urgency[0] <= Urgency.ROUTINE]
    screens = sorted(o.screens for o in outcomes if o.screens is not None)
    return {
        "n": len(outcomes),
        "top_1": _rate(ranked, lambda o: o.rank == 1),
        "top_3": _rate(ranked, lambda o: o.rank is not None and o.rank <= 3),
        "ended_early": sum(o.ended_early for o in outcomes),
        "no_match": _rate(unmatched, lambda o: not o.fitted_well),
        "urgency_exact": _rate(outcomes, lambda o: o.urgency is o.scenario.urgency[0]),
        "urgency_accepted": _rate(outcomes, lambda o: o.is_accepted),
        "safe": _rate(outcomes, lambda o: o.is_safe),
        "under_triage": _rate(outcomes, lambda o: o.urgency < min(o.scenario.urgency)),
        "under_triage_by_two": _rate(outcomes, lambda o: o.urgency <= min(o.scenario.urgency) - 2),
        "over_triage": _rate(outcomes, lambda o: o.urgency > max(o.scenario.urgency)),
        "over_triage_by_two": _rate(outcomes, lambda o: o.urgency >= max(o.scenario.urgency) + 2),
        "emergencies_caught": _rate(emergencies, lambda o: o.urgency is Urgency.EMERGENCY),
        "alarm_rate": _rate(calm, lambda o: o.alarmed),
        "screens": _screens(screens),
        "baseline_count": {
            "top_1": _rate(ranked, lambda o: bool(o.scenario.conditions & set(o.baseline[:1]))),
            "top_3": _rate(ranked, lambda o: bool(o.scenario.conditions & set(o.baseline))),
        },
        "baseline_see_a_doctor": {
            "urgency_accepted": _rate(outcomes, lambda o: Urgency.ROUTINE in o.scenario.urgency),
            "safe": _rate(outcomes, lambda o: min(o.scenario.urgency) <= Urgency.ROUTINE),
        },
    }


def _rate(outcomes: Sequence[Outcome], holds: Callable[[Outcome], bool]) -> float | None:
    return sum(map(holds, outcomes)) / len(outcomes) if outcomes else None


def _screens(screens: Sequence[int]) -> dict[str, float] | None:
    if not screens:
        return None
    return {
        "median": statistics.median(screens),
        "p90": screens[min(len(screens) - 1, int(0.9 * len(screens)))],
        "max": screens[-1],
    }


def summarise(outcomes: Sequence[Outcome], *, release: int | None) -> dict[str, Any]:
    """Return everything that `manage.py evaluate --json` prints."""
    tags = sorted({tag for o in outcomes for tag in o.scenario.tags})
    halves = [half for half in (True, False) if any(o.scenario.tune is half for o in outcomes)]
    return {
        "release": release,
        "scenarios": len(outcomes),
        "total": metrics(outcomes),
        "tags": {tag: metrics([o for o in outcomes if tag in o.scenario.tags]) for tag in tags},
        "tune": {
            str(half).lower(): metrics([o for o in outcomes if o.scenario.tune is half])
            for half in halves
        },
        "each": [
            {
                "id": o.scenario.id,
                "urgency": o.urgency.slug,
                "accepted": o.is_accepted,
                "safe": o.is_safe,
                "rank": o.rank,
                "shown": list(o.shown),
                "reasons": list(o.reasons),
                "screens": o.screens,
                "ended_early": o.ended_early,
            }
            for o in outcomes
        ],
    }
