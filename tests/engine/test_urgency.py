"""How soon to seek help."""

from __future__ import annotations

import pytest

from checker.engine.assessment import assess_evidence
from checker.engine.evidence import Evidence, evidence_of
from checker.engine.knowledge import Clause, KnowledgeBase
from checker.engine.urgency import (
    SAFETY_QUESTIONS,
    TELLING,
    Reason,
    ReasonKind,
    UrgencyVerdict,
    holds,
    is_safety_answered,
    judge,
)
from checker.engine.vocabulary import ClauseKind, EvidenceState, Urgency
from tests.worlds import world

WORLD = world("""
    finding   baby     very-rare context
    finding   flicker  frequent
    finding   lasting  frequent
    finding   numb     occasional
    finding   feels    frequent
    finding   weak     very-rare objective floor=soon
    finding   choking  very-rare objective floor=emergency
    finding   hoarse   very-rare
    finding   lid      very-rare
    condition eyelid   very-common benign  self-care: lid=obligate
    condition wasting  common      serious same-day:  weak=obligate
    sign      lasts    routine:  all lasting
    sign      feeble   routine:  all feels
    sign      tingle   same-day: all numb, none flicker
    sign      both     emergency: at-least-2 weak numb hoarse | all hoarse lasting
    calm      quiet    caps=lasts: any flicker lid, none weak hoarse
    question  age      single opening none: baby
    question  emergency-signs   multi opening none: choking
    question  weakness          each  opening unless=baby: weak feels
    question  throat-and-breath multi opening none: hoarse
    question  movement          multi opening none: flicker lid
    question  rest              multi opening none: lasting numb
""")
SAFE = ("choking", "weak", "hoarse")


def verdict(*present: str, denied: tuple[str, ...] = ()) -> UrgencyVerdict:
    return assess_evidence(WORLD, evidence_of(present, denied)).verdict


def reasons(*present: str, denied: tuple[str, ...] = ()) -> list[str]:
    return [f"{r.kind}:{r.slug}" for r in verdict(*present, denied=denied).reasons]


@pytest.mark.parametrize(
    ("kind", "minimum", "present", "expected"),
    [
        (ClauseKind.ALL, 1, "a b c", True),
        (ClauseKind.ALL, 1, "a b", False),
        (ClauseKind.ANY, 1, "b", True),
        (ClauseKind.ANY, 1, "", False),
        (ClauseKind.NONE, 1, "", True),
        (ClauseKind.NONE, 1, "c", False),
        (ClauseKind.AT_LEAST, 2, "a c", True),
        (ClauseKind.AT_LEAST, 2, "a b c", True),
        (ClauseKind.AT_LEAST, 2, "c", False),
    ],
)
def test_a_clause_holds(kind: ClauseKind, minimum: int, present: str, expected: bool) -> None:
    clause = Clause(kind, frozenset("abc"), minimum)
    assert holds(clause, evidence_of([*present.split(), "other"])) is expected
    # Unknown and denied are both "not present".
    rest = set("abc") - set(present.split())
    assert holds(clause, evidence_of(present.split(), rest)) is expected


@pytest.mark.parametrize(
    ("present", "fires"),
    [
        ("numb", True),  # all numb, none flicker
        ("numb flicker", False),
        ("weak numb", True),  # at least two of three
        ("hoarse lasting", True),  # the second rule suffices
        ("hoarse", False),
    ],
)
def test_a_sign_fires_when_every_clause_of_one_of_its_rules_holds(
    present: str, fires: bool
) -> None:
    fired = {reason.removeprefix("sign:") for reason in reasons(*present.split())}
    assert bool(fired & {"tingle", "both"}) is fires


def test_the_most_urgent_reason_gives_the_level_and_comes_first() -> None:
    found = verdict("lasting", "weak", "numb")
    assert found.urgency is Urgency.EMERGENCY
    levels = [reason.urgency for reason in found.reasons]
    assert levels == sorted(levels, reverse=True)
    assert found.reasons[0] == Reason(ReasonKind.SIGN, Urgency.EMERGENCY, "both")
    assert Reason(ReasonKind.SIGN, Urgency.ROUTINE, "lasts") in found.reasons


def test_an_objective_sign_alone_gives_its_floor() -> None:
    assert verdict("weak").urgency >= Urgency.SOON
    assert Reason(ReasonKind.FLOOR, Urgency.SOON, "weak") in verdict("weak").reasons


def test_only_a_sign_makes_an_emergency() -> None:
    kb = world("""
        finding   stiff  very-rare objective
        finding   feels  very-rare
        condition lockjaw very-common emergency emergency: stiff=very-frequent feels=very-frequent
        sign      rigid  emergency: all feels stiff
    """)
    by_match = assess_evidence(kb, evidence_of(["stiff"])).verdict
    by_sign = assess_evidence(kb, evidence_of(["stiff", "feels"])).verdict
    assert (by_match.urgency, by_match.is_emergency) == (Urgency.SAME_DAY, False)
    assert (by_sign.urgency, by_sign.is_emergency) == (Urgency.EMERGENCY, True)


def test_what_fits_well_brings_its_usual_urgency_with_an_objective_sign() -> None:
    assert Reason(ReasonKind.MATCH, Urgency.SAME_DAY, "wasting") in verdict("weak").reasons


def test_what_fits_well_on_feelings_alone_brings_routine_at_most() -> None:
    kb = world("""
        finding   numb     occasional
        finding   weak     very-rare objective
        condition strain   common treatable soon: numb=very-frequent weak=very-frequent
    """)

    def of(*present: str) -> tuple[Reason, ...]:
        return assess_evidence(kb, evidence_of(present)).verdict.reasons

    assert of("numb") == (Reason(ReasonKind.MATCH, Urgency.ROUTINE, "strain"),)
    assert of("numb", "weak") == (Reason(ReasonKind.MATCH, Urgency.SOON, "strain"),)


def test_nothing_fired_and_nothing_fits_is_routine_and_says_so() -> None:
    nothing = verdict()
    assert nothing.urgency is Urgency.ROUTINE
    assert [reason.kind for reason in nothing.reasons] == [ReasonKind.UNTOLD]


def test_a_benign_fit_with_every_danger_denied_earns_self_care() -> None:
    assert verdict("lid", denied=SAFE).urgency is Urgency.SELF_CARE


@pytest.mark.parametrize("left_open", SAFE)
def test_a_benign_fit_with_a_safety_question_left_open_earns_nothing(left_open: str) -> None:
    kb = world("""
        finding   choking  very-rare objective
        finding   weak     very-rare objective
        finding   hoarse   very-rare
        finding   lid      very-rare
        condition eyelid   very-common benign  self-care: lid=obligate
        question  emergency-signs   multi opening none: choking
        question  weakness          each  opening: weak
        question  throat-and-breath multi opening none: hoarse
        question  movement          multi opening none: lid
    """)
    denied = [finding for finding in SAFE if finding != left_open]
    found = assess_evidence(kb, evidence_of(["lid"], denied)).verdict
    assert found.urgency is Urgency.ROUTINE
    assert found.reasons[0].kind is ReasonKind.NOT_EARNED
    assert assess_evidence(kb, evidence_of(["lid"], SAFE)).verdict.urgency is Urgency.SELF_CARE


def test_a_safety_question_that_does_not_apply_need_not_be_answered() -> None:
    assert is_safety_answered(WORLD, evidence_of(["baby"], ["choking", "hoarse"]))
    assert not is_safety_answered(WORLD, evidence_of([], ["choking", "hoarse"]))


def test_a_spoken_not_sure_is_no_answer_to_a_safety_question() -> None:
    unsure = Evidence(dict.fromkeys(SAFE, EvidenceState.UNKNOWN))
    assert not is_safety_answered(WORLD, unsure)


def test_a_world_without_safety_questions_has_none_to_answer() -> None:
    kb = world("""
        finding  lid     very-rare
        question movement multi opening none: lid
    """)
    assert not set(SAFETY_QUESTIONS) & set(kb.questions)
    assert is_safety_answered(kb, Evidence())


def test_a_calm_sign_caps_the_signs_that_it_names() -> None:
    assert verdict("lasting", denied=SAFE).urgency is Urgency.ROUTINE
    assert verdict("lasting", "flicker", denied=SAFE).urgency is Urgency.SELF_CARE
    assert reasons("lasting", "flicker", denied=SAFE) == ["calm:quiet"]


def test_a_calm_sign_caps_nothing_that_it_does_not_name() -> None:
    assert verdict("feels", "flicker", denied=SAFE).urgency is Urgency.ROUTINE
    assert "calm:quiet" not in reasons("feels", "flicker", denied=SAFE)


def test_a_calm_sign_never_caps_a_floor() -> None:
    assert verdict("choking", "flicker").urgency is Urgency.EMERGENCY
    assert "calm:quiet" not in reasons("choking", "flicker")


def test_a_calm_sign_never_caps_a_match_above_routine() -> None:
    kb = world("""
        finding   flicker  frequent
        finding   jerk     very-rare objective
        condition fits     very-common treatable soon: jerk=obligate
        calm      quiet    : any flicker
    """)
    found = assess_evidence(kb, evidence_of(["flicker", "jerk"])).verdict
    assert found.urgency is Urgency.SOON
    assert [reason.kind for reason in found.reasons] == [ReasonKind.MATCH]


def test_a_calm_sign_keeps_the_benign_match_beside_it() -> None:
    assert reasons("lid", denied=SAFE) == ["calm:quiet", "match:eyelid"]


def test_a_calm_sign_whose_dangers_were_denied_earns_self_care_alone() -> None:
    assert verdict("flicker", denied=("weak",)).urgency is Urgency.SELF_CARE


def test_a_calm_sign_whose_dangers_were_never_asked_earns_nothing() -> None:
    untested = verdict("flicker")
    assert untested.urgency is Urgency.ROUTINE
    assert untested.reasons[0].kind is ReasonKind.NOT_EARNED


def test_what_would_change_the_advice_is_one_step_away_and_was_not_denied() -> None:
    found = verdict("hoarse")
    assert found.urgency is Urgency.ROUTINE
    assert found.would_change == ("both", "tingle")
    # `weak` would do for `both` too, and is still open.
    assert verdict("hoarse", denied=("lasting", "numb")).would_change == ("both",)
    assert verdict("hoarse", denied=("lasting", "numb", "weak")).would_change == ()


def test_only_more_urgent_signs_would_change_the_advice() -> None:
    assert "lasts" not in verdict().would_change
    assert verdict("weak", "numb").urgency is Urgency.EMERGENCY
    assert verdict("weak", "numb").would_change == ()


def test_what_would_change_the_advice_is_the_five_most_telling_by_level_then_by_how_common() -> (
    None
):
    kb = world("""
        finding  a  very-rare
        finding  b  occasional
        finding  c  frequent
        finding  d  very-rare
        finding  e  very-frequent
        finding  f  very-rare
        finding  g  very-rare
        sign     sa soon: all a
        sign     sb soon: all b
        sign     sc soon: any c a
        sign     sd same-day: all d
        sign     se soon: all e
        sign     sf emergency: at-least-2 f g
        question q  multi opening none: a b c d e f g
    """)
    assert TELLING == 5 < len(kb.signs)
    assert judge(kb, Evidence(), ()).would_change == ("sd", "se", "sc", "sb", "sa")
    # One of the two is there, so that the emergency is one step away and comes first.
    assert judge(kb, evidence_of(["f"]), ()).would_change == ("sf", "sd", "se", "sc", "sb")


def test_signs_as_common_as_each_other_stand_in_the_order_of_the_content() -> None:
    kb = world("""
        finding a very-rare
        finding b very-rare
        sign    later soon: all b
        sign    early soon: all a
        question q multi opening none: a b
    """)
    assert judge(kb, Evidence(), ()).would_change == ("later", "early")


def test_a_rule_that_is_broken_by_what_is_there_would_change_nothing() -> None:
    kb = world("""
        finding g very-rare
        finding b occasional
        sign    sg soon: all g, none b
        question q multi opening none: g b
    """)
    assert judge(kb, Evidence(), ()).would_change == ("sg",)
    assert judge(kb, evidence_of(["b"]), ()).would_change == ()


def test_two_steps_away_is_too_far() -> None:
    kb = world("""
        finding a very-rare
        finding b very-rare
        sign    both soon: all a b
        sign    each soon: any a, any b
        question q multi opening none: a b
    """)
    assert judge(kb, Evidence(), ()).would_change == ()
    assert judge(kb, evidence_of(["a"]), ()).would_change == ("both", "each")


def test_what_this_person_cannot_be_asked_would_change_nothing() -> None:
    kb = world("""
        finding man      frequent context
        finding bump     occasional
        finding swelling occasional
        finding unasked  frequent
        sign    belly    soon: all bump
        sign    ankles   soon: all swelling
        sign    nobody   soon: all unasked
        question sex     single opening none: man
        question birth   single opening none unless=man: bump
        question legs    multi  opening none: swelling(unless=man)
    """)
    assert judge(kb, Evidence(), ()).would_change == ("belly", "ankles")
    assert judge(kb, evidence_of(["man"]), ()).would_change == ()


def test_tablets_and_history_are_no_signs_to_watch_for() -> None:
    kb = world("""
        finding tablet frequent context
        finding ache   frequent
        sign    pills  soon: all tablet
        sign    limb   soon: all ache
        question q     multi opening none: tablet ache
    """)
    assert judge(kb, Evidence(), ()).would_change == ("limb",)


def test_thoughts_of_self_harm_stand_in_no_list() -> None:
    kb = world("""
        finding thoughts-of-self-harm occasional
        sign    crisis emergency: all thoughts-of-self-harm
        question q     single opening none: thoughts-of-self-harm
    """)
    assert judge(kb, Evidence(), ()).would_change == ()


def test_every_reason_of_the_shipped_content_can_be_told(shipped_kb: KnowledgeBase) -> None:
    for finding in shipped_kb.findings:
        for reason in assess_evidence(shipped_kb, evidence_of([finding])).verdict.reasons:
            known = {
                ReasonKind.SIGN: shipped_kb.signs,
                ReasonKind.CALM: shipped_kb.signs,
                ReasonKind.FLOOR: shipped_kb.findings,
                ReasonKind.MATCH: shipped_kb.conditions,
            }.get(reason.kind)
            assert reason.slug in known if known is not None else reason.slug == "", reason
