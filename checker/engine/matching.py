"""Which conditions fit the evidence: a score per condition, and the contributions that make it.

The score is LIRICAL's (Robinson et al. 2020, doi:10.1016/j.ajhg.2020.06.021): log prior plus the sum of log
likelihood ratios, base 10. Every constant is explained in docs/adr/0003-matching.md.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .evidence import Evidence
from .knowledge import Condition, Finding, KnowledgeBase, Question
from .vocabulary import Band, EvidenceState, FindingKind, Fit, QuestionKind, Seriousness

Floats = NDArray[np.float64]
Places = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class MatchingSettings:
    """The constants of matching. Tests switch single ones off to compare with an independent oracle."""

    cap: float = 1.65
    """No single answer moves a score by more than this (base 10: a factor of forty-five)."""
    repeat: float = 0.2
    """Share of its weight that a finding keeps when a stronger one of its group counts already."""
    unticked: float = 0.5
    """Share of the weight of an explicit no that an unticked box has."""
    soft_denial: float = 0.5
    """Share of its weight that a denial keeps where the finding is no more than frequent in the condition.

    Habits, places and triggers stand for each other: who has one need not have the next.
    """
    soft_limit: float = 0.6
    """All soft denials together take no more than this from a score.

    They are not independent: who has few of a condition's common extras tends to have none of them.
    """
    unlisted_least: float = 0.45
    """Of the people who choose an answer, this share at least does so with any condition that does not list it.

    Nobody wrote that it is rare there: only the usual picture is listed, and people come early, late or odd.
    """
    elsewhere: float = 0.05
    """Prior weight of "none of the conditions here"."""


DEFAULT = MatchingSettings()
PLAIN = MatchingSettings(
    cap=math.inf, repeat=1.0, unticked=1.0, soft_denial=1.0, soft_limit=math.inf
)
"""Everything of ours switched off: a naive Bayes ranking, for comparison with an independent one."""
WORTH_SAYING = 0.05
"""Contributions below this (a factor of 1.12) count but are not listed: they would only add noise."""


class Contribution(NamedTuple):
    """What one finding did to one score. `weight` is base-10 log; supporting above zero."""

    finding: str
    state: EvidenceState
    weight: float


@dataclass(frozen=True)
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

    @cached_property
    def supporting(self) -> tuple[Contribution, ...]:
        """What speaks for it, strongest first: findings that are there."""
        found = [
            c
            for c in self.contributions
            if c.weight >= WORTH_SAYING and c.state is EvidenceState.PRESENT
        ]
        return tuple(sorted(found, key=lambda c: -c.weight))

    @cached_property
    def conflicting(self) -> tuple[Contribution, ...]:
        """What speaks against it, strongest first."""
        against = [c for c in self.contributions if c.weight <= -WORTH_SAYING]
        return tuple(sorted(against, key=lambda c: c.weight))


@dataclass(frozen=True)
class Weights:
    """The knowledge base as matrices, made once per release: one row per finding, one column per candidate.

    The findings of a group stand together, all groups before the findings without one.
    """

    conditions: tuple[Condition, ...]
    findings: tuple[str, ...]
    """Slugs, row by row."""
    row: Mapping[str, int]
    group: Places
    """The number of each row's group, rising; shape (rows that have one,)."""
    usual: tuple[tuple[str, ...], ...]
    """Findings usual in each candidate, most usual first."""
    defining: Floats
    """One where a finding defines a candidate, else zero; shape (findings, candidates)."""
    prior: Floats
    """Base-10 log prior per candidate; shape (candidates,)."""
    weight: Floats
    """What a finding in a state adds to the scores, by value of the state; shape (states, findings, candidates).

    Of a single-answer question only the choice weighs: it says it all, the others add nothing.
    """
    strength: Floats
    """How strong a weight is beside the others of its group; shape (states, rows with a group, candidates)."""
    soft_denial: Floats
    """One where a state softly denies a candidate, else zero: ready to multiply with; shape as of `weight`."""
    frequency: Floats
    """P(finding | candidate); shape (findings, candidates)."""
    entropy: Floats
    """Binary entropy of `frequency`, in bits; same shape."""
    background: Floats
    """P(finding) among everyone who looks up twitching; shape (findings,)."""
    background_entropy: Floats
    """Its binary entropy, in bits; same shape."""
    elsewhere: float
    """Base-10 log weight of "none of these"."""


@lru_cache(maxsize=8)
def weigh(kb: KnowledgeBase, settings: MatchingSettings = DEFAULT) -> Weights:
    """Return the matrices of a knowledge base. Costs some ten milliseconds once per release."""
    conditions = kb.candidates
    findings, group = _in_groups(kb)
    row = {finding.slug: i for i, finding in enumerate(findings)}
    background = np.array([f.background for f in findings])[:, None]
    frequency = np.repeat(background, len(conditions), axis=1)
    for column, condition in enumerate(conditions):
        for association in condition.associations.values():
            i = row[association.finding]
            frequency[i, column] = combine(association.band, float(background[i, 0]))
    single: list[int] = []
    for question in kb.questions.values():
        if question.kind is QuestionKind.SINGLE:
            single += [row[option.finding.slug] for option in question.options]
            _distribute(frequency, question, row, conditions, settings)
    weight = np.zeros((len(EvidenceState), *frequency.shape))
    weight[EvidenceState.PRESENT] = np.clip(
        np.log10(frequency / background), -settings.cap, settings.cap
    )
    soft = frequency < Band.VERY_FREQUENT.probability
    weight[EvidenceState.ABSENT] = _denials(frequency, background, soft, settings)
    weight[EvidenceState.ABSENT, single] = 0.0
    weight[EvidenceState.UNTICKED] = settings.unticked * weight[EvidenceState.ABSENT]
    denied = [state.is_denied for state in EvidenceState]
    return Weights(
        conditions=conditions,
        findings=tuple(row),
        row=row,
        group=group,
        usual=tuple(map(_usual, conditions)),
        defining=_defining(conditions, row),
        prior=np.log10([c.prevalence.weight for c in conditions]),
        weight=weight,
        strength=_strengths(weight[:, : len(group)], denied),
        soft_denial=(soft & (weight < 0) & np.array(denied)[:, None, None]).astype(float),
        frequency=frequency,
        entropy=binary_entropy(frequency),
        background=background[:, 0],
        background_entropy=binary_entropy(background[:, 0]),
        elsewhere=math.log10(settings.elsewhere),
    )


def _usual(condition: Condition) -> tuple[str, ...]:
    often = Band.FREQUENT.probability
    usual = [a for a in condition.associations.values() if a.band.probability >= often]
    return tuple(a.finding for a in sorted(usual, key=lambda a: -a.band.probability))


def _defining(conditions: tuple[Condition, ...], row: Mapping[str, int]) -> Floats:
    """Return one where a finding defines a candidate, else zero; shape (findings, candidates)."""
    defining = np.zeros((len(row), len(conditions)))
    for column, condition in enumerate(conditions):
        for slug in condition.defined_by:
            defining[row[slug], column] = 1.0
    return defining


def _in_groups(kb: KnowledgeBase) -> tuple[tuple[Finding, ...], Places]:
    """Return all findings, groups first and each together, and the number of the group of those in one."""
    groups: dict[str, list[Finding]] = {}
    for finding in kb.findings.values():
        groups.setdefault(finding.group, []).append(finding)
    alone = groups.pop("", [])
    numbers = np.repeat(np.arange(len(groups)), [len(members) for members in groups.values()])
    return (*(f for members in groups.values() for f in members), *alone), numbers


def _denials(
    frequency: Floats, background: Floats, soft: NDArray[np.bool_], settings: MatchingSettings
) -> Floats:
    """Return the weight of each finding when denied outright; shape (findings, candidates)."""
    weight = np.log10((1 - frequency) / (1 - background))
    softened = np.where(soft, settings.soft_denial, 1.0) * weight
    denials: Floats = np.clip(softened, -settings.cap, settings.cap)
    return denials


def _strengths(weight: Floats, denied: list[bool]) -> Floats:
    """Return how strong weights are beside each other; shape (states, findings, candidates).

    What is present goes before what is denied: who ticks one of two findings that say nearly the same has not
    denied the other.
    """
    # Of equal weights the first counts: a difference that matters to no score makes it the strongest.
    strength: Floats = np.abs(weight) - 1e-12 * np.arange(weight.shape[1])[:, None]
    strength[denied] -= 100.0
    return strength


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

    Listed choices take their band, unlisted ones share what is left in proportion to the background; however
    little is left, they keep a part of that background.
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
        kept = max((1 - claimed) / unlisted, settings.unlisted_least) if unlisted > 0 else 0.0
        total = claimed + kept * unlisted
        for finding in choices:
            share = (
                listed[finding.slug].probability
                if finding.slug in listed
                else kept * finding.background
            )
            frequency[row[finding.slug], column] = min(share / total, 0.97)


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
    worth = np.flatnonzero(probabilities >= at_least)
    best_first = worth[np.argsort(-scores[worth], kind="stable")].tolist()
    columns = matrix[:, best_first].T.tolist()
    told = [(slug, evidence.states[slug]) for slug in known]
    is_told = frozenset(known)
    # Lists inside: generators cost a tenth of the whole.
    return tuple(
        Match(
            condition=weights.conditions[i],
            prior=float(weights.prior[i]),
            score=float(scores[i]),
            probability=float(probabilities[i]),
            contributions=tuple(
                [
                    Contribution(slug, state, weight)
                    for (slug, state), weight in zip(told, column, strict=True)
                    if weight
                ]
            ),
            unconfirmed=tuple([slug for slug in weights.usual[i] if slug not in is_told]),
        )
        for i, column in zip(best_first, columns, strict=True)
    )


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


def states_by_row(weights: Weights, evidence: Evidence) -> Places:
    """Return the state of every finding as a number; shape (findings,)."""
    row = weights.row
    told = {row[slug]: state for slug, state in evidence.states.items() if slug in row}
    states = np.zeros(len(row), dtype=np.intp)
    states[np.fromiter(told, np.intp, len(told))] = np.fromiter(told.values(), np.intp, len(told))
    return states


def _weights_of(
    weights: Weights, evidence: Evidence, settings: MatchingSettings
) -> tuple[list[str], Floats]:
    """Return the known findings and what each adds to each score; shape (known, candidates)."""
    state_of = states_by_row(weights, evidence)
    # Row by row, so that the findings of a group stand together.
    rows = np.flatnonzero(state_of)
    states = state_of[rows]
    matrix = weights.weight[states, rows]
    grouped = int(rows.searchsorted(len(weights.group)))
    if grouped:
        strength = weights.strength[states[:grouped], rows[:grouped]]
        _count_once(matrix[:grouped], strength, weights.group[rows[:grouped]], settings.repeat)
    _limit(matrix, weights.soft_denial[states, rows], settings.soft_limit)
    return [weights.findings[i] for i in rows.tolist()], matrix


def _limit(matrix: Floats, soft_denial: Floats, limit: float) -> None:
    """Shrink the soft denials of each candidate, in place, so that together they take no more than the limit."""
    total = -(matrix * soft_denial).sum(axis=0)
    over = np.flatnonzero(total > limit)
    if over.size:
        matrix[:, over] *= 1.0 - soft_denial[:, over] * (1.0 - limit / total[over])


def _count_once(block: Floats, strength: Floats, group: Places, repeat: float) -> None:
    """Keep the strongest weight of each group in each column and shrink the others, in place.

    `group` numbers the rows' groups, rising.
    """
    begins = np.ones(len(group), dtype=np.bool_)
    np.not_equal(group[1:], group[:-1], out=begins[1:])
    starts = np.flatnonzero(begins)
    if len(starts) == len(group):
        return
    strongest = np.maximum.reduceat(strength, starts)
    # Of each row, the strongest of its own group.
    own = strongest[begins.cumsum() - 1]
    np.multiply(block, repeat, out=block, where=strength < own)


# What may be called a fit (docs/adr/0003-matching.md).
WELL_PROBABILITY = 0.25
PARTLY_PROBABILITY = 0.03
WELL_SUPPORT = 0.7
PARTLY_SUPPORT = 0.3
LEAST_LEFT = 0.1
"""However much is taken by what may not be named, a partial fit needs at least this part of its usual share."""
TELLING_SIGN = 0.9
"""Least weight (a factor of eight) of the sign that lets a feared disease be named where nothing alarms."""
TELLING_CAUSE = 1.2
"""Least weight (a factor of sixteen) of a cause that names a feared disease beside an alarm, with no sign to see."""
PERSON = "you"
"""The section of the questions that ask who somebody is."""
SHOWN = 5
SIGN_ONSET = "sign-onset"
"""The question that dates a sign; its gate names the signs that it dates."""
LONG_STANDING = "sign-long-standing"


def show(
    kb: KnowledgeBase, ranked: tuple[Match, ...], evidence: Evidence, *, alarmed: bool
) -> tuple[Match, ...]:
    """Return the matches worth showing, each with its fit in words, best first. May be empty.

    A condition is named only where all that defines it was told. A feared disease needs an objective sign that
    supports it. Where the answers are alarming anyway (`alarmed`: a warning sign or floor above routine), a partial
    fit is enough, and so is a cause that was told instead of the sign.
    """
    left = left_to_name(kb, ranked, evidence)
    shown: list[Match] = []
    for match in ranked:
        if not _may_be_said(kb, match, evidence):
            continue
        feared = _is_feared(match)
        fit = fit_of(match, left=1.0 if feared else left)
        if fit is None:
            continue
        if feared and not _may_be_named(kb, replace(match, fit=fit), evidence, alarmed):
            continue
        shown.append(replace(match, fit=fit))
    return tuple(shown[:SHOWN])


def left_to_name(kb: KnowledgeBase, ranked: tuple[Match, ...], evidence: Evidence) -> float:
    """Return the share of all scores that is left to what may be named, one if all may be.

    Shaking hands and a thumping heart fit an inhaler best. Nobody who uses none is told so, and it must not crowd
    out the coffee that was told.
    """
    taken = sum(match.probability for match in ranked if not _may_be_said(kb, match, evidence))
    return max(1.0 - taken, LEAST_LEFT)


def fit_of(match: Match, *, left: float = 1.0) -> Fit | None:
    """Return how well a condition fits, or None when it does not; `left` is what `left_to_name` returns.

    A good fit takes its share of everything, so that what nobody told still speaks against a clear word.
    """
    support = sum(contribution.weight for contribution in match.supporting)
    if match.probability >= WELL_PROBABILITY and support >= WELL_SUPPORT:
        return Fit.WELL
    if match.probability >= PARTLY_PROBABILITY * left and support >= PARTLY_SUPPORT:
        return Fit.PARTLY
    return None


def _may_be_said(kb: KnowledgeBase, match: Match, evidence: Evidence) -> bool:
    return _is_felt_or_seen(kb, match) and _is_defined(kb, match, evidence)


def _may_be_named(kb: KnowledgeBase, match: Match, evidence: Evidence, alarmed: bool) -> bool:
    """Whether a feared disease may stand among the matches: where nothing alarms, only on a telling sign."""
    if alarmed:
        return has_objective_support(kb, match, evidence) or _has_told_cause(kb, match)
    return match.fit is Fit.WELL and has_objective_support(
        kb, match, evidence, at_least=TELLING_SIGN
    )


def _is_felt_or_seen(kb: KnowledgeBase, match: Match) -> bool:
    """Whether something that the person feels or others see speaks for it: habits and tablets alone fit nobody."""
    return any(kb.findings[c.finding].kind is not FindingKind.CONTEXT for c in match.supporting)


def _is_defined(kb: KnowledgeBase, match: Match, evidence: Evidence) -> bool:
    """Whether all that defines a condition was told: a movement, a tablet, a habit, an illness, the right age.

    Another finding of its group will do, which says nearly the same. Whatever else speaks against it only lowers the
    score: a box may be ticked by mistake, and an old twitch says nothing of the age of a new illness. But nobody
    mistakes an age: what begins in babies is not named to an adult.
    """
    excluding = match.condition.excluded_by & evidence.present
    if any(_tells_who(kb, slug) for slug in excluding):
        return False
    groups = {kb.findings[slug].group for slug in evidence.present if slug in kb.findings} - {""}
    return all(
        slug in evidence.present or kb.findings[slug].group in groups
        for slug in match.condition.defined_by
    )


def _is_feared(match: Match) -> bool:
    return match.condition.seriousness in (Seriousness.SERIOUS, Seriousness.EMERGENCY)


def _has_told_cause(kb: KnowledgeBase, match: Match) -> bool:
    """Whether a cause or a known illness speaks for it strongly: a neck operation, a sedative that was stopped.

    Age, place in time and the like are no causes: they are asked as choices of one.
    """
    return any(
        c.weight >= TELLING_CAUSE
        and kb.findings[c.finding].kind is FindingKind.CONTEXT
        and c.finding not in kb.choices
        for c in match.supporting
    )


def _tells_who(kb: KnowledgeBase, finding: str) -> bool:
    """Whether a finding tells who the person is: an age, a sex."""
    question = kb.question_of.get(finding)
    return question is not None and question.section == PERSON


def has_objective_support(
    kb: KnowledgeBase, match: Match, evidence: Evidence, *, at_least: float = WORTH_SAYING
) -> bool:
    """Whether something that another person could see or test speaks for it.

    Signs that have been the same for months or years speak for what is known already, not for something new.
    """
    old: frozenset[str] = frozenset()
    if LONG_STANDING in evidence.present and SIGN_ONSET in kb.questions:
        old = kb.questions[SIGN_ONSET].ask_if
    return any(
        kb.findings[c.finding].kind is FindingKind.OBJECTIVE
        and c.finding not in old
        and c.weight >= at_least
        for c in match.supporting
    )
