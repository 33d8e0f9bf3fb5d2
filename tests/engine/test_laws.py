"""The laws of the engine, over random answers: in a small world, and in the content that ships."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.answers import Check, pack, unpack
from checker.engine.assessment import assess, assess_evidence
from checker.engine.evidence import Answers, Evidence, gather_evidence
from checker.engine.knowledge import Clause, KnowledgeBase, Question, Sign
from checker.engine.matching import rank
from checker.engine.questionnaire import asked_now, walk
from checker.engine.urgency import SAFETY_QUESTIONS, ReasonKind, alarms_of, fires, judge
from checker.engine.vocabulary import (
    ClauseKind,
    EvidenceState,
    Fit,
    QuestionKind,
    SignKind,
    Urgency,
)
from tests.worlds import world

# Only when a law fails: without this, the warning about the size of what is shown would hide the failure.
pytestmark = pytest.mark.filterwarnings("ignore:Generating overly large repr")

States = dict[str, EvidenceState]

SMALL = """
    finding   baby      occasional context
    finding   adult     very-frequent context
    finding   choking   very-rare objective floor=emergency
    finding   flicker   frequent
    finding   ripple    occasional group=flickers
    finding   shimmer   occasional group=flickers
    finding   lasting   frequent
    finding   fresh     frequent
    finding   weak      very-rare objective floor=soon group=strength
    finding   wasted    very-rare objective group=strength
    finding   feels     occasional group=strength
    finding   hoarse    very-rare
    finding   coffee    frequent context
    condition benign    very-common benign  self-care: flicker=obligate ripple=frequent
              shimmer=frequent weak=excluded fresh=frequent
    condition jittery   common      benign  self-care: coffee=obligate flicker=frequent
    condition feared    very-rare   serious soon:      weak=very-frequent
              wasted=frequent flicker=frequent lasting=frequent
    condition choked    rare        emergency emergency: choking=obligate
    sign      lasts     routine: all lasting flicker
    sign      throat    same-day: all hoarse, any weak wasted | at-least-2 weak wasted hoarse
    sign      babies    soon: all baby, none adult, any flicker ripple shimmer
    calm      quiet     caps=lasts: any flicker, none weak wasted hoarse
    question  age       single opening: baby adult
    question  emergency-signs   multi opening none: choking
    question  movement  multi  opening none: flicker ripple shimmer
    question  duration  single opening: fresh lasting
    question  weakness  each   opening unless=baby: weak wasted feels
    question  throat-and-breath multi opening none: hoarse
    question  habits    multi  follow-up none ask-if=flicker,ripple unless=baby: coffee
"""
SMALL_KB = world(SMALL)


@pytest.fixture(params=["small", "shipped"], scope="session")
def kb(request: pytest.FixtureRequest) -> KnowledgeBase:
    if request.param == "small":
        return SMALL_KB
    shipped: KnowledgeBase = request.getfixturevalue("shipped_kb")
    return shipped


def evidences(kb: KnowledgeBase) -> st.SearchStrategy[Evidence]:
    said = st.tuples(st.sampled_from(list(kb.findings)), st.sampled_from(EvidenceState))
    return st.lists(said, max_size=40).map(lambda states: Evidence(dict(states)))


def replies(question: Question) -> st.SearchStrategy[States]:
    """What a form may make of one question."""
    findings = [option.finding.slug for option in question.options]
    denied = st.just(dict.fromkeys(findings, EvidenceState.ABSENT))
    unsure: st.SearchStrategy[States] = st.just({})
    match question.kind:
        case QuestionKind.SINGLE:
            chosen = st.sampled_from(findings).map(lambda f: {f: EvidenceState.PRESENT})
            return st.one_of(chosen, unsure, denied if question.none_label else unsure)
        case QuestionKind.MULTI:
            ticked = st.lists(st.sampled_from(findings), min_size=1, max_size=4).map(
                lambda ticks: {
                    f: EvidenceState.PRESENT if f in ticks else EvidenceState.UNTICKED
                    for f in findings
                }
            )
            return st.one_of(ticked, unsure, denied)
        case QuestionKind.EACH:
            three = (EvidenceState.PRESENT, EvidenceState.ABSENT, EvidenceState.UNKNOWN)
            return st.fixed_dictionaries({f: st.sampled_from(three) for f in findings})


@st.composite
def filled_forms(draw: st.DrawFn, kb: KnowledgeBase) -> list[tuple[Question, States]]:
    slugs = draw(st.lists(st.sampled_from(list(kb.questions)), max_size=25))
    questions = [kb.questions[slug] for slug in dict.fromkeys(slugs)]
    return [(question, draw(replies(question))) for question in questions]


def answered(forms: list[tuple[Question, States]]) -> Answers:
    answers = Answers()
    for question, states in forms:
        answers = answers.with_answer(question, states)
    return answers


@given(data=st.data())
def test_unknown_changes_nothing(kb: KnowledgeBase, data: st.DataObject) -> None:
    forms = data.draw(filled_forms(kb))
    answers = answered(forms)
    unsure = answers
    for slug in data.draw(st.lists(st.sampled_from(list(kb.questions)))):
        if slug not in answers.asked:
            unsure = unsure.with_answer(kb.questions[slug], {})
    assert assess(kb, unsure) == assess(kb, answers)


@given(data=st.data())
def test_a_state_of_unknown_is_as_good_as_none(kb: KnowledgeBase, data: st.DataObject) -> None:
    evidence = data.draw(evidences(kb))
    known = {f: s for f, s in evidence.states.items() if s is not EvidenceState.UNKNOWN}
    spoken, silent = assess_evidence(kb, evidence), assess_evidence(kb, Evidence(known))
    assert (spoken.matches, spoken.verdict) == (silent.matches, silent.verdict)


@given(data=st.data())
def test_the_order_of_answers_never_matters(kb: KnowledgeBase, data: st.DataObject) -> None:
    forms = data.draw(filled_forms(kb))
    shuffled = data.draw(st.permutations(forms))
    assert assess(kb, answered(list(shuffled))) == assess(kb, answered(forms))


@given(data=st.data())
def test_the_last_answer_to_a_question_counts(kb: KnowledgeBase, data: st.DataObject) -> None:
    forms = data.draw(filled_forms(kb))
    changed = [(question, data.draw(replies(question))) for question, _ in forms]
    assert assess(kb, answered([*changed, *forms])) == assess(kb, answered(forms))


@given(data=st.data())
def test_same_input_same_output(kb: KnowledgeBase, data: st.DataObject) -> None:
    forms = data.draw(filled_forms(kb))
    first, second = assess(kb, answered(forms)), assess(kb, answered(forms))
    assert first == second
    assert walk(kb, answered(forms)) == walk(kb, answered(forms))


@st.composite
def warnings(draw: st.DrawFn, kb: KnowledgeBase) -> Sign:
    findings = st.lists(st.sampled_from(list(kb.findings)), min_size=1, max_size=4)
    clauses = st.builds(Clause, st.sampled_from(ClauseKind), findings.map(frozenset))
    return Sign(
        slug="added",
        kind=SignKind.WARNING,
        statement="",
        urgency=draw(st.sampled_from([level for level in Urgency if level > Urgency.SELF_CARE])),
        rules=(tuple(draw(st.lists(clauses, min_size=1, max_size=3))),),
        caps=frozenset(),
    )


@given(data=st.data())
def test_adding_a_warning_rule_never_lowers_urgency(kb: KnowledgeBase, data: st.DataObject) -> None:
    evidence = data.draw(evidences(kb))
    added = data.draw(warnings(kb))
    stricter = replace(kb, signs={**kb.signs, added.slug: added})
    shown = assess_evidence(kb, evidence).matches
    assert judge(stricter, evidence, shown).urgency >= judge(kb, evidence, shown).urgency


@given(data=st.data())
def test_an_objective_sign_alone_gives_at_least_its_floor(
    kb: KnowledgeBase, data: st.DataObject
) -> None:
    floored = [finding for finding in kb.findings.values() if finding.floor is not None]
    finding = data.draw(st.sampled_from(floored))
    assert finding.floor is not None
    said = data.draw(evidences(kb))
    evidence = Evidence({**said.states, finding.slug: EvidenceState.PRESENT})
    assert assess_evidence(kb, evidence).verdict.urgency >= finding.floor


@given(data=st.data())
def test_prior_and_contributions_sum_to_the_score(kb: KnowledgeBase, data: st.DataObject) -> None:
    for match in rank(kb, data.draw(evidences(kb))):
        total = match.prior + sum(c.weight for c in match.contributions)
        assert total == pytest.approx(match.score, abs=1e-9)


@given(data=st.data())
def test_every_shown_match_has_something_that_supports_it(
    kb: KnowledgeBase, data: st.DataObject
) -> None:
    evidence = data.draw(evidences(kb))
    for match in assess_evidence(kb, evidence).matches:
        assert match.fit is not None
        assert match.supporting
        assert {c.finding for c in match.supporting} <= evidence.present


@given(data=st.data())
def test_a_good_match_never_lowers_urgency(kb: KnowledgeBase, data: st.DataObject) -> None:
    """Whatever fits, and however well, what fired stays. (Self-care is earned only where nothing fired.)"""
    evidence = data.draw(evidences(kb))
    ranked = rank(kb, evidence)[:20]
    picked = data.draw(st.lists(st.booleans(), min_size=len(ranked), max_size=len(ranked)))
    shown = [
        replace(match, fit=Fit.WELL) for match, pick in zip(ranked, picked, strict=True) if pick
    ]
    without, with_matches = judge(kb, evidence, ()), judge(kb, evidence, shown)
    if alarms_of(kb, evidence):
        assert with_matches.urgency >= without.urgency
    else:
        assert with_matches.urgency >= min(without.urgency, Urgency.SELF_CARE)


@given(seed=st.integers(0, 2**16))
def test_not_sure_to_everything_never_gives_self_care(kb: KnowledgeBase, seed: int) -> None:
    answers = Answers()
    while (page := walk(kb, answers).next) is not None:
        for question in asked_now(page, gather_evidence(kb, answers)):
            answers = answers.with_answer(question, {})
    assert assess(kb, answers).verdict.urgency is Urgency.ROUTINE
    # Nor in any other order, nor when a few questions are left out.
    shuffled = list(kb.questions.values())
    random.Random(seed).shuffle(shuffled)
    some = answered([(question, {}) for question in shuffled[: 1 + seed % len(shuffled)]])
    assert assess(kb, some).verdict.urgency is Urgency.ROUTINE


@given(data=st.data())
def test_without_one_denial_and_without_safety_answers_nothing_is_self_care(
    kb: KnowledgeBase, data: st.DataObject
) -> None:
    safety = {o.finding.slug for slug in SAFETY_QUESTIONS for o in kb.questions[slug].options}
    spared = {f for slug in SAFETY_QUESTIONS for f in kb.questions[slug].unless}
    harmless = [f for f in kb.findings if f not in safety | spared]
    ticked = data.draw(st.lists(st.sampled_from(harmless), max_size=20))
    evidence = Evidence(dict.fromkeys(ticked, EvidenceState.PRESENT))
    assert assess_evidence(kb, evidence).verdict.urgency > Urgency.SELF_CARE


@given(data=st.data())
def test_a_check_is_read_from_its_bytes_as_it_was_packed(
    kb: KnowledgeBase, data: st.DataObject
) -> None:
    check = Check(
        name=data.draw(st.integers(0, 2**16 - 1)),
        answers=answered(data.draw(filled_forms(kb))),
        for_someone=data.draw(st.booleans()),
        continued=data.draw(st.booleans()),
    )
    read = unpack(kb, pack(kb, check))
    assert dict(read.answers.states) == dict(check.answers.states)
    assert read.answers.asked == check.answers.asked
    assert replace(read, answers=check.answers) == check
    assert walk(kb, read.answers) == walk(kb, check.answers)


@given(noise=st.binary(max_size=200))
def test_bytes_that_are_no_packed_check_are_refused_or_hold_only_what_is_known(
    noise: bytes,
) -> None:
    try:
        check = unpack(SMALL_KB, noise)
    except ValueError:
        return
    assert set(check.answers.states) <= set(SMALL_KB.findings)
    assert set(check.answers.asked) <= set(SMALL_KB.questions)
    walk(SMALL_KB, check.answers)


@given(data=st.data())
def test_no_sign_that_fires_is_overlooked(kb: KnowledgeBase, data: st.DataObject) -> None:
    """Only signs with a rare requirement that is there are looked at; that must find all of them."""
    kb = replace(kb, signs={**kb.signs, "added": data.draw(warnings(kb))})
    evidence = data.draw(evidences(kb))
    fired = [reason.slug for reason in alarms_of(kb, evidence) if reason.kind is ReasonKind.SIGN]
    assert fired == [
        sign.slug
        for sign in kb.signs.values()
        if sign.kind is SignKind.WARNING and fires(sign, evidence)
    ]


@given(data=st.data())
def test_the_page_to_ask_next_may_be_answered(kb: KnowledgeBase, data: st.DataObject) -> None:
    walked = walk(kb, answered(data.draw(filled_forms(kb))))
    assert walked.next is None or walked.allows(walked.next)
    assert all(map(walked.allows, walked.path))
