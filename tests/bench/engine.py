"""What ranking and the choice of the next question cost: as shipped, beside two libraries, and as content grows."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from checker.engine.evidence import Answers, Evidence, evidence_of
from checker.engine.knowledge import KnowledgeBase
from checker.engine.matching import PARTLY_PROBABILITY, PLAIN, rank, weigh
from checker.engine.questionnaire import asked_now, offered, walk
from checker.engine.vocabulary import EvidenceState, QuestionKind
from tests.worlds import world

CASES = 200
ROUNDS = 5
BANDS = ("very-frequent", "frequent", "occasional", "very-rare")
PREVALENCES = ("very-common", "common", "uncommon", "rare", "very-rare")
URGENCIES = ("routine", "soon", "same-day", "emergency")
ALIKE = 1e-6
"""How far apart two libraries may be that are to have computed the same."""

Case = TypeVar("Case")


@dataclass(frozen=True)
class Times:
    """Milliseconds of processor time."""

    median: float
    p95: float


def times(work: Callable[[Case], object], cases: Sequence[Case]) -> Times:
    """Each case in turn, round by round; of each its quickest, since a noisy machine only ever adds."""
    for case in cases[:20]:
        work(case)
    taken = np.full((ROUNDS, len(cases)), np.inf)
    for number in range(ROUNDS):
        for place, case in enumerate(cases):
            started = time.process_time_ns()
            work(case)
            taken[number, place] = (time.process_time_ns() - started) / 1e6
    best = taken.min(axis=0)
    return Times(float(np.median(best)), float(np.percentile(best, 95)))


# --- ranking ---------------------------------------------------------------------------------------


def cases_of(kb: KnowledgeBase, number: int = CASES) -> list[Evidence]:
    """Evidence as a check gathers it: some ten findings there, some forty denied."""
    rng = random.Random(7)
    single = {
        option.finding.slug
        for question in kb.questions.values()
        if question.kind is QuestionKind.SINGLE
        for option in question.options
    }
    # Without the choices of single-answer questions, which the libraries cannot express.
    findings = [slug for slug in kb.findings if slug not in single]
    cases = []
    for _ in range(number):
        asked = rng.sample(findings, min(len(findings), 50))
        there = rng.randint(4, 14)
        cases.append(evidence_of(present=asked[:there], absent=asked[there:]))
    return cases


def ranking(kb: KnowledgeBase, number: int = CASES) -> Times:
    weigh(kb)
    return times(lambda case: rank(kb, case, at_least=PARTLY_PROBABILITY), cases_of(kb, number))


def pyagrum_ranking(kb: KnowledgeBase) -> Times:
    """The same naive Bayes as a network of pyAgrum: shares alone, no reasons.

    With our additions switched off (docs/adr/0003-matching.md) its shares have to be ours, or this fails.
    """
    import pyagrum

    weights = weigh(kb, PLAIN)
    conditions = len(weights.conditions)
    prior = np.append(10**weights.prior, 10**weights.elsewhere)
    network = pyagrum.BayesNet("twitch")
    which = network.add(pyagrum.LabelizedVariable("condition", "", conditions + 1))
    network.cpt(which)[:] = prior / prior.sum()
    for slug, row in weights.row.items():
        finding = network.add(pyagrum.LabelizedVariable(slug, "", 2))
        network.addArc(which, finding)
        chance = np.append(weights.frequency[row], weights.background[row])
        network.cpt(finding)[:] = np.stack([1 - chance, chance], axis=1)
    engine = pyagrum.LazyPropagation(network)
    engine.setTargets({"condition"})

    def shares(case: Evidence) -> np.ndarray:
        engine.setEvidence(
            {slug: int(state is EvidenceState.PRESENT) for slug, state in case.states.items()}
        )
        engine.makeInference()
        found: np.ndarray = engine.posterior("condition").toarray()[:-1]
        return found

    cases = cases_of(kb)
    order = {condition.slug: place for place, condition in enumerate(weights.conditions)}
    apart = 0.0
    for case in cases[:20]:
        theirs = shares(case)
        for match in rank(kb, case, settings=PLAIN):
            apart = max(apart, abs(match.probability - theirs[order[match.condition.slug]]))
    assert apart < ALIKE, f"pyAgrum's shares differ by {apart}"
    return times(shares, cases)


def sklearn_ranking(kb: KnowledgeBase) -> Times:
    """scikit-learn's BernoulliNB with the same tables. It knows no "unknown": what was not asked counts as denied."""
    from sklearn.naive_bayes import BernoulliNB

    weights = weigh(kb, PLAIN)
    model = BernoulliNB()
    model.classes_ = np.arange(len(weights.conditions))
    model.class_log_prior_ = weights.prior * np.log(10)
    model.feature_log_prob_ = np.log(weights.frequency.T)
    model.n_features_in_ = len(weights.findings)

    def shares(case: Evidence) -> np.ndarray:
        row = np.zeros((1, len(weights.findings)))
        row[0, [weights.row[slug] for slug in case.present]] = 1
        found: np.ndarray = model.predict_proba(row)
        return found

    return times(shares, cases_of(kb))


# --- the next question -------------------------------------------------------------------------------


def half_answered(kb: KnowledgeBase, number: int) -> list[Answers]:
    """Answers of people at every point of the check after its opening."""
    rng = random.Random(7)
    found: list[Answers] = []
    while len(found) < number:
        answers = Answers()
        for _ in range(40):
            walked = walk(kb, answers)
            page = walked.next
            if page is None:
                break
            if walked.opening is None:
                found.append(answers)
            for question in asked_now(page, walked.evidence):
                slugs = [
                    question.options[place].finding.slug
                    for place in offered(question, walked.evidence)
                ]
                ticked = [s for s in slugs if rng.random() < 0.15] or slugs[:1]
                if question.kind is QuestionKind.SINGLE:
                    ticked = ticked[:1]
                states = dict.fromkeys(slugs, EvidenceState.UNTICKED)
                answers = answers.with_answer(
                    question, states | dict.fromkeys(ticked, EvidenceState.PRESENT)
                )
    return found[:number]


def next_question(kb: KnowledgeBase, number: int = CASES) -> Times:
    """Replaying the answers and choosing the next page."""
    return times(lambda answers: walk(kb, answers).next, half_answered(kb, number))


# --- growth ------------------------------------------------------------------------------------------


def grown(conditions: int, findings: int) -> KnowledgeBase:
    """Made-up content of a size, with questions, groups and warning signs in the shipped proportions."""
    rng = random.Random(7)
    names = [f"f{number}" for number in range(findings)]
    lines = [
        f"finding {name} occasional share={rng.uniform(0.01, 0.4):.3f}"
        + (f" group=g{number // 2}" if number % 4 < 2 else "")
        for number, name in enumerate(names)
    ]
    for number in range(conditions):
        known = rng.sample(names, min(15, findings))
        drawn = " ".join(f"{finding}={rng.choice(BANDS)}" for finding in known)
        lines.append(f"condition c{number} {rng.choice(PREVALENCES)} benign self-care: {drawn}")
    for number in range(findings * 7 // 10):
        urgency = URGENCIES[number % len(URGENCIES)]
        some, others = (" ".join(rng.sample(names, 2)) for _ in range(2))
        lines.append(
            f"sign s{number} {urgency}: all {some}, none {others} | at-least-2 {some} {others}"
        )
    size = max(4, findings // 30)
    for number, start in enumerate(range(0, findings, size)):
        stage = "opening" if number < 3 else "follow-up"
        lines.append(
            f"question q{number} multi {stage} none: {' '.join(names[start : start + size])}"
        )
    return world("\n".join(lines))


SMALL = (100, 250)
GROWTH_CASES = 30
GROWTH = [
    [(100, 285), (300, 285), (1_000, 285), (3_000, 285), (10_000, 285)],
    [(150, 50), (150, 150), (150, 500), (150, 1_500), (150, 5_000)],
]
"""Sizes (conditions, findings): more and more conditions, more and more findings."""


@dataclass(frozen=True)
class Grown:
    conditions: int
    findings: int
    ranking: Times
    next_question: Times


def growth(sizes: Sequence[tuple[int, int]]) -> Iterator[Grown]:
    for conditions, findings in sizes:
        kb = grown(conditions, findings)
        yield Grown(
            conditions, findings, ranking(kb, GROWTH_CASES), next_question(kb, GROWTH_CASES)
        )
