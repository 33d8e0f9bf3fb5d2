"""Which conditions fit the evidence: a score per condition, and the contributions that make it.

The score is LIRICAL's (Robinson et al. 2020, doi:10.1016/j.ajhg.2020.06.021): log prior plus the sum of log
likelihood ratios, base 10. Every constant is explained in docs/adr/0003-matching.md.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from .evidence import Evidence
from .knowledge import Condition, KnowledgeBase, Question
from .vocabulary import Band, EvidenceState, FindingKind, Fit, QuestionKind, Seriousness

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class MatchingSettings:
    """The constants of matching. Tests switch single ones off to compare with an independent oracle."""

    cap: float = 1.5
    """No single answer moves a score by more than this (base 10: a factor of thirty)."""
    repeat: float = 0.2
    """Share of its weight that a finding keeps when a stronger one of its group counts already."""
    unticked: float = 0.5
    """Share of the weight of an explicit no that an unticked box has."""
    soft_denial: float = 0.5
    """Share of its weight that a denial keeps where the finding is no more than frequent in the condition.

    Habits, places and triggers stand for each other: who has one need not have the next.
    """
    unlisted_share: float = 0.15
    """Least share of people whose choice in a single-answer question a condition does not list."""
    elsewhere: float = 0.05
    """Prior weight of "none of the conditions here"."""


DEFAULT = MatchingSettings()
PLAIN = MatchingSettings(cap=math.inf, repeat=1.0, unticked=1.0, soft_denial=1.0)
"""Everything of ours switched off: a naive Bayes ranking, for comparison with an independent one."""
WORTH_SAYING = 0.05
"""Contributions below this (a factor of 1.12) count but are not listed: they would only add noise."""


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one finding did to one score. `weight` is base-10 log; supporting above zero."""

    finding: str
    state: EvidenceState
    weight: float


@dataclass(frozen=True, slots=True)
class Match:
    """A condition with its score and every reason for it. The contributions and the prior sum to the score."""

    condition: Condition
    prior: float
    score: float
    probability: float
    """Share of all scores. For ordering and for choosing words; never shown."""
    contributions: tuple[Contribution, ...]
    unconfirmed: tuple[str, ...]
    """Findings usual in this condition about which nothing is known, most usual first."""
    fit: Fit | None = None

    @property
    def supporting(self) -> tuple[Contribution, ...]:
        """What speaks for it, strongest first: findings that are there."""
        found = [
            c
            for c in self.contributions
            if c.weight >= WORTH_SAYING and c.state is EvidenceState.PRESENT
        ]
        return tuple(sorted(found, key=lambda c: -c.weight))

    @property
    def conflicting(self) -> tuple[Contribution, ...]:
        """What speaks against it, strongest first."""
        against = [c for c in self.contributions if c.weight <= -WORTH_SAYING]
        return tuple(sorted(against, key=lambda c: c.weight))


@dataclass(frozen=True)
class Weights:
    """The knowledge base as matrices, made once per release: one row per finding, one column per candidate."""

    conditions: tuple[Condition, ...]
    row: Mapping[str, int]
    prior: Floats
    """Base-10 log prior per candidate; shape (candidates,)."""
    present: Floats
    """Weight of each finding when present; shape (findings, candidates)."""
    absent: Floats
    """Weight of each finding when denied outright; same shape."""
    frequency: Floats
    """P(finding | candidate); same shape."""
    entropy: Floats
    """Binary entropy of `frequency`, in bits; same shape."""
    background: Floats
    """P(finding) among everyone who looks up twitching; shape (findings,)."""
    groups: Mapping[str, tuple[str, ...]]
    single: frozenset[str]
    """Findings of single-answer questions: one choice says it all, so the others add nothing."""
    elsewhere: float
    """Base-10 log weight of "none of these"."""


@lru_cache(maxsize=8)
def weigh(kb: KnowledgeBase, settings: MatchingSettings = DEFAULT) -> Weights:
    """Return the matrices of a knowledge base. Costs some ten milliseconds once per release."""
    conditions = kb.candidates
    findings = tuple(kb.findings.values())
    row = {finding.slug: i for i, finding in enumerate(findings)}
    background = np.array([f.background for f in findings])[:, None]
    frequency = np.repeat(background, len(conditions), axis=1)
    for column, condition in enumerate(conditions):
        for association in condition.associations.values():
            i = row[association.finding]
            frequency[i, column] = combine(association.band, float(background[i, 0]))
    single: set[str] = set()
    for question in kb.questions.values():
        if question.kind is QuestionKind.SINGLE:
            single |= {o.finding.slug for o in question.options}
            _distribute(frequency, question, row, conditions, settings)
    groups: dict[str, tuple[str, ...]] = {}
    for finding in findings:
        if finding.group:
            groups[finding.group] = (*groups.get(finding.group, ()), finding.slug)
    return Weights(
        conditions=conditions,
        row=row,
        prior=np.log10([c.prevalence.weight for c in conditions]),
        present=np.clip(np.log10(frequency / background), -settings.cap, settings.cap),
        absent=_denials(frequency, background, settings),
        frequency=frequency,
        entropy=binary_entropy(frequency),
        background=background[:, 0],
        groups={group: members for group, members in groups.items() if len(members) > 1},
        single=frozenset(single),
        elsewhere=math.log10(settings.elsewhere),
    )


def _denials(frequency: Floats, background: Floats, settings: MatchingSettings) -> Floats:
    """Return the weight of each finding when denied outright; shape (findings, candidates)."""
    weight = np.log10((1 - frequency) / (1 - background))
    soft = np.where(frequency < Band.VERY_FREQUENT.probability, settings.soft_denial, 1.0)
    denials: Floats = np.clip(soft * weight, -settings.cap, settings.cap)
    return denials


def binary_entropy(p: Floats) -> Floats:
    """Return the entropy of yes-or-no chances, in bits."""
    q = np.clip(p, 1e-9, 1 - 1e-9)
    entropy: Floats = -(q * np.log2(q) + (1 - q) * np.log2(1 - q))
    return entropy


def combine(band: Band, background: float) -> float:
    """Return P(finding | condition): from the condition, or from whatever else brings it (noisy-or)."""
    if band is Band.EXCLUDED:
        return band.probability
    return 1 - (1 - band.probability) * (1 - background)


def _distribute(
    frequency: Floats,
    question: Question,
    row: Mapping[str, int],
    conditions: tuple[Condition, ...],
    settings: MatchingSettings,
) -> None:
    """Make each candidate's choices in one single-answer question a distribution.

    Listed choices take their band, unlisted ones share what is left in proportion to the background.
    """
    choices = [option.finding for option in question.options]
    # "None of these" is one more choice, which nobody lists.
    leftover = max(0.0, 1 - sum(f.background for f in choices))
    for column, condition in enumerate(conditions):
        listed = {
            f.slug: condition.associations[f.slug].band
            for f in choices
            if f.slug in condition.associations
        }
        if not listed:
            continue
        claimed = sum(band.probability for band in listed.values())
        unlisted = sum(f.background for f in choices if f.slug not in listed) + leftover
        rest = max(1 - claimed, settings.unlisted_share) if unlisted > 0 else 0.0
        for finding in choices:
            share = (
                listed[finding.slug].probability
                if finding.slug in listed
                else rest * finding.background / unlisted
            )
            frequency[row[finding.slug], column] = min(share / (claimed + rest), 0.97)


def rank(
    kb: KnowledgeBase,
    evidence: Evidence,
    *,
    at_least: float = 0.0,
    settings: MatchingSettings = DEFAULT,
) -> tuple[Match, ...]:
    """Rank the candidates by how well the evidence fits them, best first.

    Those with a share of all scores below `at_least` are left out.
    """
    weights = weigh(kb, settings)
    known, matrix = _weights_of(weights, evidence, settings)
    scores = weights.prior + matrix.sum(axis=0)
    probabilities = posterior(weights, scores)
    order = np.argsort(-scores, kind="stable")
    return tuple(
        Match(
            condition=weights.conditions[i],
            prior=float(weights.prior[i]),
            score=float(scores[i]),
            probability=float(probabilities[i]),
            contributions=tuple(
                Contribution(finding=slug, state=evidence[slug], weight=float(matrix[k, i]))
                for k, slug in enumerate(known)
                if matrix[k, i] != 0
            ),
            unconfirmed=_unconfirmed(weights.conditions[i], evidence),
        )
        for i in order
        if probabilities[i] >= at_least
    )


def _unconfirmed(condition: Condition, evidence: Evidence) -> tuple[str, ...]:
    usual = [
        association
        for association in condition.associations.values()
        if evidence[association.finding] is EvidenceState.UNKNOWN
        and association.band.probability >= Band.FREQUENT.probability
    ]
    return tuple(a.finding for a in sorted(usual, key=lambda a: -a.band.probability))


def score(kb: KnowledgeBase, evidence: Evidence, settings: MatchingSettings = DEFAULT) -> Floats:
    """Return the base-10 score of each candidate, in the order of `kb.candidates`."""
    weights = weigh(kb, settings)
    gained: Floats = _weights_of(weights, evidence, settings)[1].sum(axis=0)
    return weights.prior + gained


def posterior(weights: Weights, scores: Floats) -> Floats:
    """Return each candidate's share of all scores, "none of these" included; shape (candidates,)."""
    best = max(float(scores.max(initial=-np.inf)), weights.elsewhere)
    powers = np.power(10.0, scores - best)
    shares: Floats = powers / (powers.sum() + 10 ** (weights.elsewhere - best))
    return shares


def _weights_of(
    weights: Weights, evidence: Evidence, settings: MatchingSettings
) -> tuple[list[str], Floats]:
    """Return the known findings and what each adds to each score; shape (known, candidates)."""
    by_state: dict[EvidenceState, list[str]] = {state: [] for state in EvidenceState}
    for slug, state in evidence.states.items():
        if slug in weights.row and not (state.is_denied and slug in weights.single):
            by_state[state].append(slug)
    present, absent, unticked = (
        by_state[state]
        for state in (EvidenceState.PRESENT, EvidenceState.ABSENT, EvidenceState.UNTICKED)
    )
    known = present + absent + unticked
    matrix = np.concatenate(
        (
            weights.present[[weights.row[slug] for slug in present]],
            weights.absent[[weights.row[slug] for slug in absent]],
            settings.unticked * weights.absent[[weights.row[slug] for slug in unticked]],
        )
    )
    place = {slug: k for k, slug in enumerate(known)}
    for members in weights.groups.values():
        together = [place[slug] for slug in members if slug in place]
        if len(together) > 1:
            _count_once(matrix, together, settings.repeat)
    return known, matrix


def _count_once(matrix: Floats, together: list[int], repeat: float) -> None:
    """Keep the strongest weight of a group in each column and shrink the others, in place."""
    block = matrix[together]
    strongest = np.abs(block).argmax(axis=0)
    shrunk = block * repeat
    columns = np.arange(block.shape[1])
    shrunk[strongest, columns] = block[strongest, columns]
    matrix[together] = shrunk


# What may be called a fit (docs/adr/0003-matching.md).
WELL_PROBABILITY = 0.20
PARTLY_PROBABILITY = 0.03
WELL_SUPPORT = 0.7
PARTLY_SUPPORT = 0.4
SHOWN = 5
SIGN_ONSET = "sign-onset"
"""The question that dates a sign; its gate names the signs that it dates."""
LONG_STANDING = "sign-long-standing"


def show(
    kb: KnowledgeBase, ranked: tuple[Match, ...], evidence: Evidence, *, alarmed: bool
) -> tuple[Match, ...]:
    """Return the matches worth showing, each with its fit in words, best first. May be empty.

    A feared disease needs an objective sign that supports it, and is named for a partial fit only where
    the answers are alarming anyway (`alarmed`: a warning sign or floor above routine).
    """
    shown: list[Match] = []
    for match in ranked:
        fit = fit_of(match)
        if fit is None or not _is_felt_or_seen(kb, match):
            continue
        if _is_feared(match) and not (
            has_objective_support(kb, match, evidence) and (alarmed or fit is Fit.WELL)
        ):
            continue
        shown.append(replace(match, fit=fit))
    return tuple(shown[:SHOWN])


def fit_of(match: Match) -> Fit | None:
    """Return how well a condition fits, or None when it does not."""
    support = sum(contribution.weight for contribution in match.supporting)
    if match.probability >= WELL_PROBABILITY and support >= WELL_SUPPORT:
        return Fit.WELL
    if match.probability >= PARTLY_PROBABILITY and support >= PARTLY_SUPPORT:
        return Fit.PARTLY
    return None


def _is_felt_or_seen(kb: KnowledgeBase, match: Match) -> bool:
    """Whether something that the person feels or others see speaks for it: habits and tablets alone fit nobody."""
    return any(kb.findings[c.finding].kind is not FindingKind.CONTEXT for c in match.supporting)


def _is_feared(match: Match) -> bool:
    return match.condition.seriousness in (Seriousness.SERIOUS, Seriousness.EMERGENCY)


def has_objective_support(kb: KnowledgeBase, match: Match, evidence: Evidence) -> bool:
    """Whether something that another person could see or test speaks for it.

    Signs that have been the same for months or years speak for what is known already, not for something new.
    """
    old: frozenset[str] = frozenset()
    if LONG_STANDING in evidence.present and SIGN_ONSET in kb.questions:
        old = kb.questions[SIGN_ONSET].ask_if
    return any(
        kb.findings[c.finding].kind is FindingKind.OBJECTIVE and c.finding not in old
        for c in match.supporting
    )
