"""What ranking costs: on the shipped content, beside scikit-learn, and as the content grows."""

from __future__ import annotations

import random
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from checker.engine.evidence import Evidence, evidence_of
from checker.engine.knowledge import KnowledgeBase
from checker.engine.matching import PARTLY_PROBABILITY, rank, weigh
from tests.worlds import world

CASES = 400
BANDS = ("very-frequent", "frequent", "occasional", "very-rare")
PREVALENCES = ("very-common", "common", "uncommon", "rare", "very-rare")


@dataclass(frozen=True)
class Times:
    """Milliseconds."""

    median: float
    p95: float


def times(work: Callable[[Evidence], object], cases: Sequence[Evidence]) -> Times:
    for case in cases[:20]:
        work(case)
    taken = []
    for case in cases:
        started = time.perf_counter()
        work(case)
        taken.append((time.perf_counter() - started) * 1000)
    return Times(float(np.median(taken)), float(np.percentile(taken, 95)))


def cases_of(kb: KnowledgeBase, number: int = CASES) -> list[Evidence]:
    """Evidence as a check gathers it: some ten findings there, some forty denied."""
    rng = random.Random(7)
    findings = list(kb.findings)
    cases = []
    for _ in range(number):
        asked = rng.sample(findings, min(len(findings), 50))
        there = rng.randint(4, 14)
        cases.append(evidence_of(present=asked[:there], absent=asked[there:]))
    return cases


def ranking(kb: KnowledgeBase) -> Times:
    weigh(kb)
    return times(lambda case: rank(kb, case, at_least=PARTLY_PROBABILITY), cases_of(kb))


def naive_bayes(conditions: int, findings: int, kb: KnowledgeBase) -> Times:
    """scikit-learn's BernoulliNB with as many classes and features: scores alone, no reasons."""
    from sklearn.naive_bayes import BernoulliNB

    rng = np.random.default_rng(7)
    model = BernoulliNB()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(
            rng.integers(0, 2, (conditions * 3, findings)), np.arange(conditions * 3) % conditions
        )
    order = {slug: place for place, slug in enumerate(kb.findings)}

    def row(case: Evidence) -> np.ndarray:
        filled = np.zeros((1, findings), dtype=np.int64)
        for slug, state in case.states.items():
            if state.name == "PRESENT":
                filled[0, order[slug]] = 1
        return filled

    return times(lambda case: model.predict_proba(row(case)), cases_of(kb))


def grown(conditions: int, findings: int) -> KnowledgeBase:
    rng = random.Random(7)
    names = [f"f{number}" for number in range(findings)]
    lines = [f"finding {name} occasional share={rng.uniform(0.01, 0.4):.3f}" for name in names]
    for number in range(conditions):
        known = rng.sample(names, min(15, findings))
        drawn = " ".join(f"{finding}={rng.choice(BANDS)}" for finding in known)
        lines.append(f"condition c{number} {rng.choice(PREVALENCES)} benign self-care: {drawn}")
    return world("\n".join(lines))


def growth() -> list[tuple[int, int, Times]]:
    sizes = [(100, 280), (1_000, 280), (10_000, 280), (150, 50), (150, 500), (150, 5_000)]
    return [(c, f, ranking(grown(c, f))) for c, f in sizes]
