"""People who are not sure, and people who answer anything at all.

The ordinary run draws 300 random checks of each kind; `-m long` draws 10,000 new ones.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import pytest
from django.conf import settings as django_settings
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checker import answers as cookie
from checker.engine import evaluation
from checker.engine.assessment import assess
from checker.engine.evaluation import Outcome, Scenario, metrics, run_through_questionnaire
from checker.engine.evidence import Answers, gather_evidence
from checker.engine.knowledge import Clause, KnowledgeBase, Question, Sign
from checker.engine.questionnaire import asked_now, offered, walk
from checker.engine.vocabulary import (
    ClauseKind,
    EvidenceState,
    QuestionKind,
    SignKind,
    Stage,
    Urgency,
)
from checker.knowledge import knowledge_base_of
from checker.scenarios import Report
from conditions.editions import Edition

States = dict[str, EvidenceState]

NOT_SURE = 0.3
"""Share of the answers after the opening that turn into "not sure"."""
SAFE = 0.98
MOST_LOST = 0.10
EAGER = (0.02, 0.1, 0.3)
"""How likely somebody is to tick a box: hardly ever, now and then, often."""

some_seconds = settings(
    max_examples=300,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
some_minutes = settings(some_seconds, max_examples=10_000, derandomize=False)


# ---------------------------------------------------------------- not sure


def test_a_third_not_sure_stays_safe_and_nearly_as_good(
    shipped_kb: KnowledgeBase, shipped_report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    compare(shipped_kb, shipped_report, monkeypatch, seeds=range(1))


@pytest.mark.long
def test_a_third_not_sure_stays_safe_and_nearly_as_good_over_many_draws(
    shipped_kb: KnowledgeBase, shipped_report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    compare(shipped_kb, shipped_report, monkeypatch, seeds=range(10))


def compare(
    kb: KnowledgeBase, report: Report, monkeypatch: pytest.MonkeyPatch, seeds: Sequence[int]
) -> None:
    blurred: list[Outcome] = []
    for seed, told in itertools.product(seeds, report.outcomes):
        rng = random.Random(f"{seed} {told.scenario.id}")
        with monkeypatch.context() as patch:
            patch.setattr(evaluation, "answer_to", less_sure(evaluation.answer_to, rng))
            blurred.append(run_through_questionnaire(kb, told.scenario))
    before, after = metrics(report.outcomes), metrics(blurred)
    unsafe = sorted({o.scenario.id for o in blurred if not o.is_safe})
    assert after["top_3"] >= before["top_3"] - MOST_LOST
    assert after["safe"] >= SAFE, f"less urgent than they should be: {', '.join(unsafe)}"


AnswerTo = Callable[[Question, Scenario, Sequence[int]], States]


def less_sure(answer_to: AnswerTo, rng: random.Random) -> AnswerTo:
    """Return what answers like `answer_to`, but after the opening is not sure of three in ten.

    A list of boxes is answered as a whole; where each line has an answer, line by line.
    """

    def answer(question: Question, scenario: Scenario, places: Sequence[int]) -> States:
        given = answer_to(question, scenario, places)
        if question.stage is Stage.OPENING:
            return given
        if question.kind is QuestionKind.EACH:
            return {finding: s for finding, s in given.items() if rng.random() >= NOT_SURE}
        return given if rng.random() >= NOT_SURE else {}

    return answer


def test_not_sure_to_everything_never_gives_self_care_whoever_asks(
    shipped_kb: KnowledgeBase,
) -> None:
    you = next(iter(shipped_kb.pages.values()))
    for who in everybody(shipped_kb, you.questions):
        answers = who
        while (page := walk(shipped_kb, answers).next) is not None:
            for question in asked_now(page, gather_evidence(shipped_kb, answers)):
                answers = answers.with_answer(question, {})
        assert assess(shipped_kb, answers).verdict.urgency > Urgency.SELF_CARE


def everybody(kb: KnowledgeBase, questions: Sequence[Question]) -> Iterator[Answers]:
    """Every way to answer some questions with one option each, or with none."""
    for choices in itertools.product(*([None, *q.options] for q in questions)):
        answers = Answers()
        for question, option in zip(questions, choices, strict=True):
            said = {option.finding.slug: EvidenceState.PRESENT} if option else {}
            answers = answers.with_answer(question, said)
        yield answers


def test_a_benign_story_with_the_safety_questions_left_open_is_not_sent_home(
    shipped_kb: KnowledgeBase, shipped_report: Report
) -> None:
    """Nobody who is not sure about emergency signs, strength, speech and breath is told to look after it alone."""
    for told in shipped_report.outcomes:
        answers = Answers()
        for question in shipped_kb.questions.values():
            if question.slug in ("emergency-signs", "weakness", "throat-and-breath"):
                answers = answers.with_answer(question, {})
                continue
            places = offered(question, gather_evidence(shipped_kb, answers))
            said = evaluation.answer_to(question, told.scenario, places)
            only_what_is_there = {
                f: state for f, state in said.items() if state is EvidenceState.PRESENT
            }
            answers = answers.with_answer(question, only_what_is_there)
        assert assess(shipped_kb, answers).verdict.urgency > Urgency.SELF_CARE, told.scenario.id


# ---------------------------------------------------------------- anything at all


@some_seconds
@given(data=st.data())
def test_whatever_is_answered_a_result_comes_out(edition: Edition, data: st.DataObject) -> None:
    see_the_result(edition, data)


@pytest.mark.long
@some_minutes
@given(data=st.data())
def test_whatever_is_answered_a_result_comes_out_over_many_draws(
    edition: Edition, data: st.DataObject
) -> None:
    see_the_result(edition, data)


def see_the_result(edition: Edition, data: st.DataObject) -> None:
    """Answer at random as the site asks, to the end; look at the page that a visitor would get. No query."""
    kb = knowledge_base_of(edition)
    answers = answered_at_random(kb, random.Random(data.draw(st.integers(0, 2**63))))
    urgent = assess(kb, answers).verdict.is_emergency
    continued = data.draw(st.booleans())
    client = Client()
    client.cookies[django_settings.ANSWER_COOKIE] = packed(kb, answers, continued=continued)
    response = client.get(reverse("checker:result"))
    if urgent and not continued:
        assert response.status_code == 302
        response = client.get(response["Location"])
    assert response.status_code == 200


def packed(kb: KnowledgeBase, answers: Answers, *, continued: bool) -> str:
    """The cookie of a visitor with these answers."""
    check = replace(cookie.new_check(for_someone=False), answers=answers, continued=continued)
    return cookie.write(HttpResponse(), kb, check).cookies[django_settings.ANSWER_COOKIE].value


def answered_at_random(kb: KnowledgeBase, rng: random.Random) -> Answers:
    """Answer page by page to the end, even past an emergency sign; assess at every step."""
    answers = Answers()
    eager = rng.choice(EAGER)
    while (walked := walk(kb, answers)).next is not None:
        for question in asked_now(walked.next, walked.evidence):
            evidence = gather_evidence(kb, answers)
            findings = [question.options[i].finding.slug for i in offered(question, evidence)]
            answers = answers.with_answer(question, reply(question, findings, rng, eager))
        assess(kb, answers)
    return answers


def reply(question: Question, findings: list[str], rng: random.Random, eager: float) -> States:
    """What a form may make of one question, from a person who ticks this eagerly."""
    if not findings or rng.random() < 0.15:
        return {}
    match question.kind:
        case QuestionKind.SINGLE:
            return {rng.choice(findings): EvidenceState.PRESENT}
        case QuestionKind.EACH:
            weights = [eager, 0.85 - eager, 0.15]
            states = (EvidenceState.PRESENT, EvidenceState.ABSENT, EvidenceState.UNKNOWN)
            return {f: rng.choices(states, weights)[0] for f in findings}
        case QuestionKind.MULTI:
            ticked = [f for f in findings if rng.random() < eager]
            other = EvidenceState.UNTICKED if ticked else EvidenceState.ABSENT
            return {f: EvidenceState.PRESENT if f in ticked else other for f in findings}


@some_seconds
@given(data=st.data())
def test_one_warning_rule_more_never_makes_it_less_urgent(
    shipped_kb: KnowledgeBase, data: st.DataObject
) -> None:
    add_a_rule(shipped_kb, data)


@pytest.mark.long
@some_minutes
@given(data=st.data())
def test_one_warning_rule_more_never_makes_it_less_urgent_over_many_draws(
    shipped_kb: KnowledgeBase, data: st.DataObject
) -> None:
    add_a_rule(shipped_kb, data)


def add_a_rule(kb: KnowledgeBase, data: st.DataObject) -> None:
    """To a new sign or to one that is there; the whole assessment is compared, matches included."""
    rng = random.Random(data.draw(st.integers(0, 2**63)))
    answers, eager = Answers(), rng.choice(EAGER)
    for question in kb.questions.values():
        findings = [option.finding.slug for option in question.options]
        if rng.random() < 0.7:
            answers = answers.with_answer(question, reply(question, findings, rng, eager))
    there = sorted(gather_evidence(kb, answers).present)
    # Half of the findings named are there, so that the rule fires often.
    any_finding = st.sampled_from(list(kb.findings))
    named = st.one_of(st.sampled_from(there), any_finding) if there else any_finding
    clauses = st.builds(
        Clause, st.sampled_from(ClauseKind), st.frozensets(named, min_size=1, max_size=3)
    )
    rule = tuple(data.draw(st.lists(clauses, min_size=1, max_size=2)))
    warnings = [sign for sign in kb.signs.values() if sign.kind is SignKind.WARNING]
    levels = [level for level in Urgency if level > Urgency.SELF_CARE]
    new = Sign("added", SignKind.WARNING, "", data.draw(st.sampled_from(levels)), (), frozenset())
    sign = data.draw(st.sampled_from([new, *warnings]))
    stricter = replace(kb, signs={**kb.signs, sign.slug: replace(sign, rules=(*sign.rules, rule))})
    assert assess(stricter, answers).verdict.urgency >= assess(kb, answers).verdict.urgency
