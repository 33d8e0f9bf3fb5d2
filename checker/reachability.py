"""What the questionnaire lets a person say: whether findings can stand together, and a condition's own picture."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from checker.engine.evaluation import Scenario
from checker.engine.evidence import Answers, Evidence, gather_evidence
from checker.engine.knowledge import Association, Clause, Condition, KnowledgeBase
from checker.engine.vocabulary import Band, ClauseKind, EvidenceState, QuestionKind


@dataclass(frozen=True, slots=True)
class Need:
    """At least this many of these findings must be ticked."""

    least: int
    among: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Ticks:
    """What is ticked so far, what must still be, and what no longer can be."""

    chosen: frozenset[str] = frozenset()
    needs: tuple[Need, ...] = ()
    barred: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Gates:
    """What must and must not be ticked before a finding is offered."""

    needs: tuple[Need, ...]
    closed_by: frozenset[str]
    rivals: frozenset[str]
    """The other choices of a single-answer question."""


def ticks_for(
    kb: KnowledgeBase, needs: Iterable[Need], barred: frozenset[str] = frozenset()
) -> frozenset[str] | None:
    """Return findings that one person can tick and that meet every need, or None if nobody can."""
    return _search(_all_gates(kb), _Ticks(needs=tuple(needs), barred=barred))


def ticks_that_fire(kb: KnowledgeBase, rule: Iterable[Clause]) -> frozenset[str] | None:
    """Return findings that make a rule fire through the questionnaire, or None if nothing can."""
    needs, barred = [], frozenset[str]()
    for clause in rule:
        match clause.kind:
            case ClauseKind.ALL:
                needs.append(Need(len(clause.findings), clause.findings))
            case ClauseKind.ANY:
                needs.append(Need(1, clause.findings))
            case ClauseKind.AT_LEAST:
                needs.append(Need(clause.minimum, clause.findings))
            case ClauseKind.NONE:
                barred |= clause.findings
    return ticks_for(kb, needs, barred)


def evidence_of_ticks(kb: KnowledgeBase, ticks: Iterable[str]) -> Evidence:
    """Return what the engine makes of someone who ticks exactly this and is asked everything."""
    states = dict.fromkeys(ticks, EvidenceState.PRESENT)
    return gather_evidence(kb, Answers(MappingProxyType(states), asked=tuple(kb.questions)))


@lru_cache(maxsize=4)
def _all_gates(kb: KnowledgeBase) -> Mapping[str, _Gates]:
    gates: dict[str, _Gates] = {}
    for question in kb.questions.values():
        own = frozenset(option.finding.slug for option in question.options)
        for option in question.options:
            slug = option.finding.slug
            gates[slug] = _Gates(
                needs=tuple(Need(1, gate) for gate in (question.ask_if, option.only_if) if gate),
                closed_by=question.unless | option.unless,
                rivals=own - {slug} if question.kind is QuestionKind.SINGLE else frozenset(),
            )
    return MappingProxyType(gates)


def _search(gates: Mapping[str, _Gates], ticks: _Ticks) -> frozenset[str] | None:
    lacking = [n for n in ticks.needs if len(n.among & ticks.chosen) < n.least]
    if not lacking:
        return ticks.chosen
    # The need with the fewest ways first: a dead end shows early.
    tightest = min(lacking, key=lambda need: len(need.among))
    for slug in sorted(tightest.among - ticks.chosen):
        more = _with(gates, ticks, slug)
        found = _search(gates, more) if more is not None else None
        if found is not None:
            return found
    return None


def _with(gates: Mapping[str, _Gates], ticks: _Ticks, slug: str) -> _Ticks | None:
    """Return the ticks with one more, or None if nobody can tick it beside the others."""
    gate = gates.get(slug)
    if gate is None or slug in ticks.barred:
        return None
    excluded = gate.closed_by | gate.rivals
    if excluded & ticks.chosen:
        return None
    return _Ticks(ticks.chosen | {slug}, ticks.needs + gate.needs, ticks.barred | excluded)


def textbook_picture(kb: KnowledgeBase, condition: Condition) -> Scenario:
    """Return a person who has what is usual in a condition, says no to all else, and has only that.

    Usual is frequent or more. Of a single-answer question: the likeliest choice, the rarer one if two are alike.
    """
    usual: set[str] = set()
    chosen: dict[str, Association] = {}
    for association in condition.associations.values():
        question = kb.question_of.get(association.finding)
        if question is None or association.band.probability < Band.FREQUENT.probability:
            continue
        if question.kind is QuestionKind.SINGLE:
            best = chosen.get(question.slug)
            if best is None or _likelier(kb, association, best):
                chosen[question.slug] = association
        else:
            usual.add(association.finding)
    return Scenario(
        id=condition.slug,
        present=frozenset(usual | {a.finding for a in chosen.values()}),
        absent=frozenset(),
        otherwise_absent=True,
        conditions=frozenset({condition.slug}),
        urgency=(condition.urgency,),
        never=frozenset(),
    )


def _likelier(kb: KnowledgeBase, one: Association, other: Association) -> bool:
    def key(association: Association) -> tuple[float, float]:
        return association.band.probability, -kb.findings[association.finding].background

    return key(one) > key(other)
