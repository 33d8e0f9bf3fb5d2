"""Scenarios: how a story answers, what counts, and what is wrong with a file."""

from __future__ import annotations

from typing import Any

import pytest

from checker.engine.evaluation import (
    Outcome,
    Scenario,
    ScenarioError,
    answer_to,
    metrics,
    read_scenarios,
    run_at_once,
    run_through_questionnaire,
    summarise,
)
from checker.engine.vocabulary import EvidenceState, Urgency
from tests.worlds import world

PRESENT, ABSENT, UNTICKED, UNKNOWN = (
    EvidenceState.PRESENT,
    EvidenceState.ABSENT,
    EvidenceState.UNTICKED,
    EvidenceState.UNKNOWN,
)

WORLD = world("""
    finding   flicker   very-rare
    finding   jerk      very-rare
    finding   weak      very-rare objective
    finding   wasted    very-rare objective
    finding   fits      very-rare floor=emergency objective
    finding   coffee    frequent
    condition benign    very-common benign  self-care: flicker=obligate coffee=frequent
    condition wasting   common      serious soon:      weak=obligate wasted=obligate
    condition shaking   common      benign  routine:   jerk=obligate
    question  now       multi  opening none: fits
    question  movement  multi  opening none: flicker jerk
    question  strength  each   opening: weak wasted
    question  habits    multi  follow-up none: coffee
""")


def scenario(**fields: Any) -> Scenario:
    return Scenario(
        **{
            "id": "s",
            "present": frozenset(),
            "absent": frozenset(),
            "otherwise_absent": False,
            "conditions": frozenset(),
            "urgency": (Urgency.ROUTINE,),
            "never": frozenset(),
            **fields,
        }
    )


KINDS = world("""
    finding  a occasional
    finding  b occasional
    finding  c occasional
    finding  d occasional
    finding  e occasional
    finding  f occasional
    finding  g occasional
    finding  h occasional
    question single  single opening: a b
    question choice  single opening none: c d
    question multi   multi  opening none: e f
    question each    each   opening: g h
""")


@pytest.mark.parametrize(
    ("question", "present", "absent", "otherwise_absent", "expected"),
    [
        # single: the option that the story names; denied or silent is "not sure"
        ("single", "a", "", False, {"a": PRESENT}),
        ("single", "a b", "", False, {"a": PRESENT}),
        ("single", "", "a b", False, {}),
        ("single", "", "a", False, {}),
        ("single", "", "", True, {}),
        # ... and "none" only where it is offered and everything else is denied
        ("choice", "", "c d", False, {}),
        ("choice", "", "", True, {"c": ABSENT, "d": ABSENT}),
        # multi: the boxes, the others unticked
        ("multi", "e", "", False, {"e": PRESENT, "f": UNTICKED}),
        ("multi", "e", "f", False, {"e": PRESENT, "f": UNTICKED}),
        ("multi", "", "e f", False, {"e": ABSENT, "f": ABSENT}),
        ("multi", "", "e", False, {}),
        ("multi", "", "", False, {}),
        ("multi", "", "e", True, {"e": ABSENT, "f": ABSENT}),
        # each: item by item
        ("each", "g", "h", False, {"g": PRESENT, "h": ABSENT}),
        ("each", "g", "", False, {"g": PRESENT, "h": UNKNOWN}),
        ("each", "", "g h", False, {"g": ABSENT, "h": ABSENT}),
        ("each", "g", "", True, {"g": PRESENT, "h": ABSENT}),
    ],
)
def test_how_a_story_answers_a_question(
    question: str,
    present: str,
    absent: str,
    otherwise_absent: bool,
    expected: dict[str, EvidenceState],
) -> None:
    """The table "How a story answers the questionnaire" of docs/scenarios.md, row by row."""
    story = scenario(
        present=frozenset(present.split()),
        absent=frozenset(absent.split()),
        otherwise_absent=otherwise_absent,
    )
    assert answer_to(KINDS.questions[question], story, (0, 1)) == expected


def test_a_story_is_asked_only_what_is_offered() -> None:
    story = scenario(present=frozenset({"e"}))
    assert answer_to(KINDS.questions["multi"], story, (1,)) == {}
    assert answer_to(KINDS.questions["each"], story, ()) == {}


def test_handed_over_at_once_every_listed_finding_counts() -> None:
    found = run_at_once(WORLD, scenario(present=frozenset({"flicker", "coffee"})))
    assert (found.shown, found.screens, found.ended_early) == (("benign",), None, False)


def test_through_the_questionnaire_screens_are_counted() -> None:
    story = scenario(
        present=frozenset({"flicker", "coffee"}),
        otherwise_absent=True,
        conditions=frozenset({"benign"}),
        urgency=(Urgency.ROUTINE, Urgency.SELF_CARE),
    )
    found = run_through_questionnaire(WORLD, story)
    assert found.screens == 3  # now, movement, strength: nothing left would change much
    assert (found.rank, found.fitted_well, found.is_accepted) == (1, True, True)


def test_an_emergency_sign_ends_it_early_and_ranks_nothing() -> None:
    story = scenario(present=frozenset({"fits", "flicker"}), urgency=(Urgency.EMERGENCY,))
    found = run_through_questionnaire(WORLD, story)
    assert (found.ended_early, found.screens, found.shown, found.rank) == (True, 1, (), None)
    assert found.urgency is Urgency.EMERGENCY
    # Handed over at once, everything is ranked.
    assert not run_at_once(WORLD, story).ended_early


def test_a_serious_condition_or_one_that_was_ruled_out_alarms() -> None:
    serious = run_at_once(WORLD, scenario(present=frozenset({"weak", "wasted"})))
    ruled_out = run_at_once(
        WORLD, scenario(present=frozenset({"jerk"}), never=frozenset({"shaking"}))
    )
    calm = run_at_once(WORLD, scenario(present=frozenset({"jerk"})))
    assert (serious.alarmed, ruled_out.alarmed, calm.alarmed) == (True, True, False)


def outcome(
    urgency: Urgency, expects: tuple[Urgency, ...] = (Urgency.ROUTINE,), **fields: Any
) -> Outcome:
    story = {name: fields.pop(name) for name in ("conditions", "tags", "tune") if name in fields}
    return Outcome(
        **{
            "scenario": scenario(urgency=expects, **story),
            "urgency": urgency,
            "shown": (),
            "fitted_well": False,
            "rank": None,
            "alarmed": False,
            "reasons": (),
            "screens": None,
            "ended_early": False,
            "baseline": (),
            **fields,
        }
    )


CARE, ROUTINE, SOON, DAY, NOW = Urgency


def test_urgency_is_counted_against_every_accepted_level() -> None:
    found = metrics(
        [
            outcome(ROUTINE, (ROUTINE,)),  # exact
            outcome(CARE, (ROUTINE, CARE)),  # accepted
            outcome(CARE, (SOON, ROUTINE)),  # one too low
            outcome(CARE, (DAY, SOON)),  # two too low
            outcome(DAY, (SOON, ROUTINE)),  # one too high
            outcome(NOW, (ROUTINE, SOON)),  # two too high
            outcome(NOW, (NOW,)),
            outcome(DAY, (NOW,)),  # a missed emergency
        ]
    )
    eighth = 1 / 8
    assert found["n"] == 8
    assert found["urgency_exact"] == 2 * eighth
    assert found["urgency_accepted"] == 3 * eighth
    assert found["under_triage"] == 3 * eighth
    assert found["under_triage_by_two"] == 1 * eighth
    assert found["over_triage"] == 2 * eighth
    assert found["over_triage_by_two"] == 1 * eighth
    assert found["safe"] == 5 * eighth
    assert found["emergencies_caught"] == 1 / 2


def test_ranks_count_only_stories_that_expect_a_condition_and_reach_a_ranking() -> None:
    one = frozenset({"benign"})
    found = metrics(
        [
            outcome(ROUTINE, conditions=one, rank=1, fitted_well=True, baseline=("benign", "x")),
            outcome(ROUTINE, conditions=one, rank=3, baseline=("x", "benign")),
            outcome(ROUTINE, conditions=one, rank=4),
            outcome(ROUTINE, conditions=one),
            outcome(NOW, (NOW,), conditions=one, ended_early=True),
            outcome(ROUTINE, fitted_well=True),
            outcome(ROUTINE, fitted_well=False),
        ]
    )
    assert (found["top_1"], found["top_3"]) == (1 / 4, 2 / 4)
    assert found["ended_early"] == 1
    assert found["no_match"] == 1 / 2
    assert found["baseline_count"] == {"top_1": 1 / 4, "top_3": 2 / 4}


def test_alarms_count_among_stories_that_expect_routine_or_less() -> None:
    found = metrics(
        [
            outcome(ROUTINE, (ROUTINE,), alarmed=True),
            outcome(CARE, (CARE,)),
            outcome(SOON, (SOON,), alarmed=True),
        ]
    )
    assert found["alarm_rate"] == 1 / 2


def test_always_see_a_doctor_is_the_other_baseline() -> None:
    found = metrics([outcome(CARE, (ROUTINE,)), outcome(CARE, (CARE,)), outcome(NOW, (NOW,))])
    assert found["baseline_see_a_doctor"] == {"urgency_accepted": 1 / 3, "safe": 2 / 3}


def test_screens_are_told_by_median_ninetieth_percentile_and_maximum() -> None:
    found = metrics([outcome(ROUTINE, screens=n) for n in (10, 12, 11, 9, 30)])
    assert found["screens"] == {"median": 11, "p90": 30, "max": 30}
    assert metrics([outcome(ROUTINE)])["screens"] is None


def test_a_rate_of_nothing_is_null() -> None:
    found = metrics([])
    assert found["n"] == 0
    assert {found[name] for name in ("top_1", "no_match", "safe", "alarm_rate")} == {None}


def test_the_summary_tells_tags_and_halves_apart() -> None:
    found = summarise(
        [
            outcome(ROUTINE, tags=("everyday",), tune=True),
            outcome(NOW, (ROUTINE,), tags=("everyday", "young"), tune=False),
            outcome(ROUTINE, tags=()),
        ],
        release=7,
    )
    assert (found["release"], found["scenarios"], found["total"]["n"]) == (7, 3, 3)
    assert {tag: m["n"] for tag, m in found["tags"].items()} == {"everyday": 2, "young": 1}
    assert {half: m["over_triage"] for half, m in found["tune"].items()} == {"true": 0, "false": 1}
    assert [each["accepted"] for each in found["each"]] == [True, False, True]


WRITTEN: dict[str, Any] = {
    "id": "one",
    "present": ["flicker"],
    "absent": ["weak"],
    "otherwise": "absent",
    "expect": {"conditions": ["benign"], "urgency": ["self-care", "routine"], "never": ["wasting"]},
    "tags": ["everyday"],
    "tune": False,
}


def test_a_written_scenario_is_read() -> None:
    (read,) = read_scenarios(WORLD, [WRITTEN])
    assert read == Scenario(
        id="one",
        present=frozenset({"flicker"}),
        absent=frozenset({"weak"}),
        otherwise_absent=True,
        conditions=frozenset({"benign"}),
        urgency=(CARE, ROUTINE),
        never=frozenset({"wasting"}),
        tags=("everyday",),
        tune=False,
    )
    assert [read.state_of(f) for f in ("flicker", "weak", "jerk")] == [PRESENT, ABSENT, ABSENT]


def test_only_the_id_and_the_urgency_must_be_written() -> None:
    (read,) = read_scenarios(WORLD, [{"id": "bare", "expect": {"urgency": ["soon"]}}])
    assert (read.present, read.conditions, read.tune) == (frozenset(), frozenset(), None)
    assert read.state_of("flicker") is UNKNOWN


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"present": ["fliker"]}, ("'one'", "present", "'fliker'", "'flicker'")),
        ({"absent": ["weka"]}, ("'one'", "absent", "'weka'", "'weak'")),
        ({"absent": ["flicker"]}, ("'one'", "flicker", "both")),
        ({"expect": {"conditions": ["benig"], "urgency": ["soon"]}}, ("'benig'", "'benign'")),
        ({"expect": {"never": ["wastin"], "urgency": ["soon"]}}, ("never", "'wasting'")),
        ({"expect": {"urgency": ["sooon"]}}, ("'sooon'", "'soon'")),
        ({"expect": {"urgency": []}}, ("'one'", "urgency")),
        ({"expect": None}, ("'one'", "urgency")),
        ({"otherwise": "maybe"}, ("'one'", "otherwise", "'maybe'")),
        ({"id": None}, ("1", "id")),
    ],
)
def test_what_is_wrong_with_a_scenario_is_named_with_the_nearest_slug(
    change: dict[str, Any], words: tuple[str, ...]
) -> None:
    with pytest.raises(ScenarioError) as refused:
        read_scenarios(WORLD, [{**WRITTEN, **change}])
    (problem,) = refused.value.problems
    assert [word for word in words if word not in problem] == []


def test_every_problem_of_every_scenario_is_named() -> None:
    wrong = {**WRITTEN, "present": ["x-one", "x-two"]}
    with pytest.raises(ScenarioError) as refused:
        read_scenarios(WORLD, [wrong, WRITTEN, "not a scenario"])  # type: ignore[list-item]
    assert len(refused.value.problems) == 4  # two slugs, an id that stands twice, no scenario
