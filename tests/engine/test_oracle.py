"""Matching against an independent library: without our own additions it is naive Bayes, to nine decimals.

A thousand random cases are ranked by `checker.engine.matching` with groups, caps and the weaker noes switched
off, and by scikit-learn, whose classifiers get their parameters by hand: `BernoulliNB` for findings that are
there or not, `CategoricalNB` for the choices of single-answer questions. What the classifiers know is worked
out here from the drawn bands and shares alone; nothing of it comes from the engine.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.naive_bayes import BernoulliNB, CategoricalNB

from checker.engine.evidence import Evidence
from checker.engine.matching import PLAIN, rank
from checker.engine.vocabulary import EvidenceState
from tests.worlds import world

WORLDS = 100
CASES_IN_A_WORLD = 10

PRIORS = {
    "very-common": 0.100,
    "common": 0.030,
    "uncommon": 0.010,
    "rare": 0.003,
    "very-rare": 0.001,
}
BANDS = {
    "obligate": 0.97,
    "very-frequent": 0.90,
    "frequent": 0.55,
    "occasional": 0.17,
    "very-rare": 0.02,
    "excluded": 0.002,
}
ELSEWHERE = "none of these"
ELSEWHERE_PRIOR = 0.05
UNLISTED = 0.45
MOST_SURE = 0.97

Shares = dict[str, float]
"""P(finding) by finding."""


@dataclass
class Drawn:
    """A random knowledge base: as lines for `tests.worlds`, and as the parameters of a naive Bayes."""

    lines: list[str] = field(default_factory=list)
    priors: dict[str, float] = field(default_factory=dict)
    """By condition; "none of these" is one of them."""
    likelihood: dict[str, Shares] = field(default_factory=dict)
    """P(finding | condition), by condition."""
    yes_or_no: list[str] = field(default_factory=list)
    choices: list[list[str]] = field(default_factory=list)
    """The findings of each single-answer question."""


def draw(rng: random.Random) -> Drawn:
    drawn = Drawn()
    drawn.yes_or_no = [f"f{place}" for place in range(rng.randint(2, 10))]
    drawn.choices = [
        [f"q{question}-{place}" for place in range(rng.randint(2, 4))]
        for question in range(rng.randint(0, 2))
    ]
    shares = {finding: round(rng.uniform(0.001, 0.98), 4) for finding in drawn.yes_or_no}
    for choices in drawn.choices:
        shares |= dict(zip(choices, parts_of_one(rng, len(choices)), strict=True))
    for finding, share in shares.items():
        # Groups would count once; the settings of this test switch that off.
        drawn.lines.append(f"finding {finding} occasional share={share} group={rng.choice('ab')}")
    for place in range(rng.randint(2, 8)):
        condition, prevalence = f"c{place}", rng.choice(list(PRIORS))
        known = {f: rng.choice(list(BANDS)) for f in shares if rng.random() < 0.5}
        bands = " ".join(f"{finding}={band}" for finding, band in known.items())
        drawn.lines.append(f"condition {condition} {prevalence} benign self-care: {bands}")
        drawn.priors[condition] = PRIORS[prevalence]
        drawn.likelihood[condition] = {f: noisy_or(known.get(f), shares[f]) for f in shares}
        for choices in drawn.choices:
            drawn.likelihood[condition] |= one_of(choices, known, shares)
    for place, choices in enumerate(drawn.choices):
        drawn.lines.append(f"question q{place} single opening: {' '.join(choices)}")
    drawn.priors[ELSEWHERE] = ELSEWHERE_PRIOR
    drawn.likelihood[ELSEWHERE] = shares
    return drawn


def parts_of_one(rng: random.Random, count: int) -> list[float]:
    parts = np.array([rng.uniform(0.05, 1) for _ in range(count)])
    return [float(part) for part in parts / parts.sum()]


def noisy_or(band: str | None, background: float) -> float:
    """From the condition, or from whatever else brings it; what is excluded is nearly impossible."""
    if band is None:
        return background
    if band == "excluded":
        return BANDS[band]
    return BANDS[band] + background - BANDS[band] * background


def one_of(choices: list[str], known: dict[str, str], shares: Shares) -> Shares:
    """The choices of one question as one distribution: bands where known, the rest as in everyone."""
    listed = {choice: BANDS[known[choice]] for choice in choices if choice in known}
    if not listed:
        return {choice: shares[choice] for choice in choices}
    others = [choice for choice in choices if choice not in listed]
    of_others = sum(shares[choice] for choice in others)
    left = max(1 - sum(listed.values()), UNLISTED * of_others)
    wanted = listed | {choice: left * shares[choice] / of_others for choice in others}
    return {choice: min(wanted[choice] / sum(wanted.values()), MOST_SURE) for choice in choices}


def say(rng: random.Random, drawn: Drawn) -> dict[str, EvidenceState]:
    """Random evidence: each finding present, absent or unknown, one choice or none per question."""
    said = {finding: rng.choice(list(EvidenceState)) for finding in drawn.yes_or_no}
    for choices in drawn.choices:
        if rng.random() < 0.7:
            chosen = rng.choice(choices)
            for choice in choices:
                is_it = choice == chosen
                said[choice] = EvidenceState.PRESENT if is_it else EvidenceState.ABSENT
    return said


def by_scikit_learn(drawn: Drawn, said: dict[str, EvidenceState]) -> dict[str, float]:
    """The posterior of every condition. What is unknown is no column of the classifiers."""
    conditions = list(drawn.priors)
    prior = np.array([drawn.priors[c] for c in conditions])
    prior /= prior.sum()
    joint = np.log(prior)
    known = [f for f in drawn.yes_or_no if said[f] is not EvidenceState.UNKNOWN]
    if known:
        table = np.array([[drawn.likelihood[c][f] for f in known] for c in conditions])
        bernoulli = BernoulliNB(binarize=None)
        bernoulli.classes_ = np.array(conditions)
        bernoulli.class_log_prior_ = joint
        bernoulli.feature_log_prob_ = np.log(table)
        bernoulli.n_features_in_ = len(known)
        row = [[int(said[f] is EvidenceState.PRESENT) for f in known]]
        joint = bernoulli.predict_log_proba(np.array(row))[0]
    answered = [choices for choices in drawn.choices if choices[0] in said]
    if answered:
        categorical = CategoricalNB()
        categorical.classes_ = np.array(conditions)
        categorical.class_log_prior_ = joint
        categorical.feature_log_prob_ = [
            np.log([[drawn.likelihood[c][f] for f in choices] for c in conditions])
            for choices in answered
        ]
        categorical.class_count_ = prior
        categorical.n_features_in_ = len(answered)
        categorical.n_categories_ = np.array([len(choices) for choices in answered])
        row = [[present_in(choices, said) for choices in answered]]
        joint = categorical.predict_log_proba(np.array(row))[0]
    return dict(zip(conditions, np.exp(joint).tolist(), strict=True))


def present_in(choices: list[str], said: dict[str, EvidenceState]) -> int:
    return next(i for i, choice in enumerate(choices) if said[choice] is EvidenceState.PRESENT)


@pytest.mark.parametrize("seed", range(WORLDS))
def test_ranking_without_groups_and_caps_is_naive_bayes(seed: int) -> None:
    rng = random.Random(seed)
    drawn = draw(rng)
    kb = world("\n".join(drawn.lines))
    for _ in range(CASES_IN_A_WORLD):
        said = say(rng, drawn)
        ranked = rank(kb, Evidence(said), settings=PLAIN)
        expected = by_scikit_learn(drawn, said)
        ours = np.array([match.probability for match in ranked])
        theirs = np.array([expected[match.condition.slug] for match in ranked])
        assert len(ranked) == len(drawn.priors) - 1
        assert np.abs(ours - theirs).max() < 1e-9
        assert is_descending(theirs)
        # Shares far below one in a thousand million must agree as well: compare their logarithms.
        scores = np.array([match.score for match in ranked])
        assert np.abs((scores - scores[0]) - np.log10(theirs / theirs[0])).max() < 1e-9


def is_descending(values: NDArray[np.float64]) -> bool:
    """Whether no value is larger than the one before, but for the last digit of a tie."""
    return bool((values[1:] <= values[:-1] * (1 + 1e-9)).all())
