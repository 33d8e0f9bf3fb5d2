"""What may still be learned: information about conditions, and chances of reaching a sign.

Every page of the check asks for this once, so it is written as a handful of array operations.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from .evidence import Evidence
from .knowledge import KnowledgeBase, Question
from .matching import Floats, Places, binary_entropy, posterior, score, states_by_row, weigh
from .urgency import Reason, ReasonKind, alarms_of
from .vocabulary import ClauseKind, EvidenceState, QuestionKind, SignKind, Urgency

# What reaching a sign is worth, in bits of information; a calm one has the level self-care
# (docs/adr/0004-questionnaire.md).
SIGN_WORTH = {
    Urgency.SELF_CARE: 1.5,
    Urgency.ROUTINE: 0.2,
    Urgency.SOON: 1.0,
    Urgency.SAME_DAY: 2.0,
    Urgency.EMERGENCY: 4.0,
}
EXPLAINED = 0.2
"""Least chance that what a firing rule excludes is there: whoever has the sign has its causes more often."""
NAMING = 0.2
"""What it is worth, in bits, to learn what a leading candidate is defined by: untold, it cannot be named."""
NEGLIGIBLE = 1e-4
"""Rules less likely than this to fire are left out."""


@dataclass(frozen=True)
class Outlook:
    """The expected worth of learning each finding; arrays of shape (findings,) in the order of the weights."""

    kb: KnowledgeBase
    information: Floats
    """Bits about which condition it is."""
    signs: Floats
    """Chance that it makes a warning sign fire or a calm one hold, times what that sign is worth."""
    naming: Floats
    """Share of the candidates that it defines, times what it is worth to be able to name them."""

    @cached_property
    def worth(self) -> list[float]:
        """All worth of each finding together: plain numbers, since a question sums only a few."""
        told = self.information * _share_told(self.kb)
        worth: list[float] = (told + self.signs + self.naming).tolist()
        return worth

    def value(self, question: Question, places: Sequence[int]) -> float:
        """Return the expected worth of asking a question with the options at `places`."""
        rows = _rows_of_options(self.kb)[question.slug]
        return sum([self.worth[rows[place]] for place in places])


@lru_cache(maxsize=8)
def _share_told(kb: KnowledgeBase) -> Floats:
    """Return the share of each finding's information that counts: choices that exclude each other overlap."""
    share = np.ones(len(weigh(kb).findings))
    for question in kb.questions.values():
        if question.kind is QuestionKind.SINGLE:
            share[list(_rows_of_options(kb)[question.slug])] = 0.5
    return share


@lru_cache(maxsize=8)
def _rows_of_options(kb: KnowledgeBase) -> dict[str, tuple[int, ...]]:
    """Return the row of each option's finding, by question."""
    row = weigh(kb).row
    return {
        question.slug: tuple(row[option.finding.slug] for option in question.options)
        for question in kb.questions.values()
    }


def look_ahead(kb: KnowledgeBase, evidence: Evidence) -> Outlook:
    """Return what may still be learned from here. Costs a fraction of a millisecond."""
    weights = weigh(kb)
    shares = posterior(weights, score(kb, evidence))
    # What fits none of the candidates behaves like the background.
    rest = max(0.0, 1.0 - float(shares.sum()))
    chance = weights.frequency @ shares + rest * weights.background
    mixed = weights.entropy @ shares + rest * weights.background_entropy
    states = states_by_row(weights, evidence)
    return Outlook(
        kb=kb,
        information=np.maximum(binary_entropy(chance) - mixed, 0.0),
        signs=_signs_ahead(kb, evidence, states, chance),
        naming=NAMING * (states == EvidenceState.UNKNOWN) * (weights.defining @ shares),
    )


@dataclass(frozen=True)
class _Rules:
    """All clauses of all signs, laid end to end: clause by clause, rule by rule."""

    finding: NDArray[np.intp]
    """Row of each finding named, clause after clause."""
    clause_of: NDArray[np.intp]
    """The clause that names it."""
    first: NDArray[np.intp]
    """Where each clause begins in `finding`."""
    least: Floats
    """How many of its findings a clause needs."""
    is_all: NDArray[np.bool_]
    is_none: NDArray[np.bool_]
    first_clause: NDArray[np.intp]
    """Where each rule begins among the clauses."""
    rule_of: NDArray[np.intp]
    urgency: Floats
    """Level of each rule's sign."""
    worth: Floats
    is_calm: NDArray[np.bool_]
    """Whether the rule is a calm sign's."""
    calm: tuple[tuple[frozenset[str], slice], ...]
    """The caps of each calm sign, and where its rules stand."""


@lru_cache(maxsize=8)
def _rules(kb: KnowledgeBase) -> _Rules:
    row = weigh(kb).row
    rules = [(sign, rule) for sign in kb.signs.values() for rule in sign.rules]
    clauses = [(place, clause) for place, (_, rule) in enumerate(rules) for clause in rule]
    sizes = [len(clause.findings) for _, clause in clauses]
    lengths = [len(rule) for _, rule in rules]
    return _Rules(
        finding=np.array(
            [row[f] for _, clause in clauses for f in sorted(clause.findings)], dtype=np.intp
        ),
        clause_of=np.repeat(np.arange(len(clauses)), sizes),
        first=np.cumsum([0, *sizes[:-1]], dtype=np.intp)[: len(sizes)],
        least=np.array([clause.needed for _, clause in clauses], dtype=float),
        is_all=np.array([clause.kind is ClauseKind.ALL for _, clause in clauses]),
        is_none=np.array([clause.kind is ClauseKind.NONE for _, clause in clauses]),
        first_clause=np.cumsum([0, *lengths[:-1]], dtype=np.intp)[: len(lengths)],
        rule_of=np.array([place for place, _ in clauses], dtype=np.intp),
        urgency=np.array([sign.urgency for sign, _ in rules], dtype=float),
        worth=np.array([SIGN_WORTH[sign.urgency] for sign, _ in rules]),
        is_calm=np.array([sign.kind is SignKind.CALM for sign, _ in rules]),
        calm=tuple(_calm_rules(kb)),
    )


def _calm_rules(kb: KnowledgeBase) -> Iterator[tuple[frozenset[str], slice]]:
    start = 0
    for sign in kb.signs.values():
        stop = start + len(sign.rules)
        if sign.kind is SignKind.CALM:
            yield sign.caps, slice(start, stop)
        start = stop


def _signs_ahead(kb: KnowledgeBase, evidence: Evidence, states: Places, chance: Floats) -> Floats:
    """Return, by finding, the chance that learning it makes a more urgent or a first calm sign fire, times its worth.

    The chance of a rule is the product over its open clauses, shared among the findings that they lack.
    """
    rules = _rules(kb)
    if not rules.finding.size:
        return np.zeros_like(chance)
    present = (states == EvidenceState.PRESENT).astype(float)
    unknown = (states == EvidenceState.UNKNOWN).astype(float)
    likely = unknown * chance

    def per_clause(values: Floats) -> Floats:
        total: Floats = np.add.reduceat(values[rules.finding], rules.first)
        return total

    have, open_ = per_clause(present), per_clause(unknown)
    expected = per_clause(likely)
    together = np.exp(per_clause(np.where(unknown > 0, np.log(chance), 0.0)))
    lack = rules.least - have
    holds = np.where(rules.is_none, have == 0, lack <= 0)
    chance_of_lack = np.minimum(expected, 1.0) ** np.maximum(lack, 0.0)
    may_hold = np.where(rules.is_all, together, chance_of_lack)
    may_hold[rules.is_none | (open_ < lack)] = 0.0
    fires = np.multiply.reduceat(np.where(holds, 1.0, may_hold), rules.first_clause)
    fires_now = np.logical_and.reduceat(holds, rules.first_clause)
    lacking = np.where(holds, 0.0, expected)
    shared_by = np.add.reduceat(lacking, rules.first_clause)
    alarms = alarms_of(kb, evidence)
    current = max((alarm.urgency for alarm in alarms), default=Urgency.SELF_CARE)
    counts = (fires >= NEGLIGIBLE) & (shared_by > 0)
    # A calm sign changes the outcome where it caps all that alarms and none of its kind holds yet.
    may_calm = _may_calm(rules, alarms)
    if (may_calm & fires_now).any():
        may_calm[:] = False
    counts &= np.where(rules.is_calm, may_calm, rules.urgency > current)
    share = np.where(counts, rules.worth * fires / np.where(counts, shared_by, 1.0), 0.0)
    weight = np.where(holds, 0.0, share[rules.rule_of])[rules.clause_of]
    worth: Floats = likely * np.bincount(rules.finding, weights=weight, minlength=len(chance))
    if current > Urgency.ROUTINE:
        made_it = fires_now & ~rules.is_calm & (rules.urgency == current)
        worth += _relief(rules, made_it, unknown, chance)
    return worth


def _may_calm(rules: _Rules, alarms: Sequence[Reason]) -> NDArray[np.bool_]:
    """Return, by rule, whether it belongs to a calm sign that caps all that alarms; none caps a floor."""
    may_calm = np.zeros(len(rules.is_calm), dtype=np.bool_)
    if not any(alarm.kind is ReasonKind.FLOOR for alarm in alarms):
        raised = {alarm.slug for alarm in alarms}
        for capped, places in rules.calm:
            may_calm[places] = raised <= capped
    return may_calm


def _relief(
    rules: _Rules, made_it: NDArray[np.bool_], unknown: Floats, chance: Floats
) -> Floats | float:
    """Return what it is worth to learn what the rules that made the level exclude.

    It could still take the level away: a known old cause, a harmless setting.
    """
    count = int(made_it.sum())
    if not count:
        # An objective finding alone made the level, and no rule excludes anything.
        return 0.0
    relief = np.where(made_it, rules.worth, 0.0) / count
    excluded = np.where(rules.is_none, relief[rules.rule_of], 0.0)[rules.clause_of]
    total = np.bincount(rules.finding, weights=excluded, minlength=len(chance))
    found: Floats = unknown * np.maximum(chance, EXPLAINED) * total
    return found
