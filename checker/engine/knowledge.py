"""The knowledge base: everything the engine knows, frozen, checked while it is built.

`build(document)` turns the rows of a release (Django's fixture format) into a `KnowledgeBase`, or raises
`KnowledgeError` with every problem it found. Nothing here imports Django; a release is plain data.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import Any

from .vocabulary import (
    Band,
    Basis,
    ClauseKind,
    FindingKind,
    Prevalence,
    QuestionKind,
    Seriousness,
    SignKind,
    Stage,
    Urgency,
)

Row = Mapping[str, Any]
"""One row of a release: {"model": "conditions.finding", "fields": {...}}, foreign keys as [slug]."""


class KnowledgeError(ValueError):
    """A release does not hold together. `problems` lists everything that is wrong, in plain words."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(problems))


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that can be present, absent or unknown."""

    slug: str
    number: int
    label: str
    kind: FindingKind
    group: str
    background: float
    """Share of people who look up twitching that have it (0 to 1)."""
    floor: Urgency | None
    """The least level that this finding alone brings, whatever else was said."""


@dataclass(frozen=True, slots=True)
class Association:
    """How often people with a condition have a finding, and what that rests on."""

    finding: str
    band: Band
    basis: Basis
    source: str


@dataclass(frozen=True, slots=True)
class Condition:
    """An entry that can fit a visitor's answers."""

    slug: str
    name: str
    summary: str
    prevalence: Prevalence
    seriousness: Seriousness
    urgency: Urgency
    competes: bool
    """False for entries that explain and are never a match."""
    associations: Mapping[str, Association]

    @property
    def defined_by(self) -> frozenset[str]:
        """Slugs of the findings without which it is not this condition: the obligate ones."""
        return frozenset(slug for slug, a in self.associations.items() if a.band is Band.OBLIGATE)

    @property
    def excluded_by(self) -> frozenset[str]:
        """Slugs of the findings that speak against it as strongly as one can: an age, a sign never seen in it."""
        return frozenset(slug for slug, a in self.associations.items() if a.band is Band.EXCLUDED)


@dataclass(frozen=True, slots=True)
class Clause:
    """A closed condition on findings. `minimum` counts for AT_LEAST only."""

    kind: ClauseKind
    findings: frozenset[str]
    minimum: int = 1
    needed: int = field(init=False, repr=False)
    """How many of the findings have to be there; NONE needs that none is."""

    def __post_init__(self) -> None:
        needed = {
            ClauseKind.ALL: len(self.findings),
            ClauseKind.ANY: 1,
            ClauseKind.NONE: 0,
            ClauseKind.AT_LEAST: self.minimum,
        }
        object.__setattr__(self, "needed", needed[self.kind])


@dataclass(frozen=True, slots=True)
class Sign:
    """A plain statement with an urgency. Any one of its rules suffices; a rule's clauses must all hold."""

    slug: str
    kind: SignKind
    statement: str
    urgency: Urgency
    rules: tuple[tuple[Clause, ...], ...]
    caps: frozenset[str]
    """Calm signs only: the warning signs that may fire beside it without undoing it."""


@dataclass(frozen=True, slots=True, eq=False)
class Option:
    """One thing to tick (or one item of an "each" question); it means exactly one finding.

    Options and questions are compared by identity, so that what is drawn of them can be cached by them.
    """

    finding: Finding
    label: str
    carer_label: str
    hint: str
    present_answer: str
    """ "Each" questions: which answer, "yes" or "no", means that the finding is present."""
    only_if: frozenset[str]
    unless: frozenset[str]
    is_open: bool
    """Whether it applies to everybody: nothing in `only_if` and `unless`. Most do."""


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """What is asked. `ask_if` and `unless` name findings; UNKNOWN satisfies neither."""

    slug: str
    number: int
    title: str
    carer_title: str
    help: str
    why: str
    kind: QuestionKind
    section: str
    page: str
    stage: Stage
    ask_if: frozenset[str]
    unless: frozenset[str]
    none_label: str
    unsure_label: str
    options: tuple[Option, ...]
    slugs: tuple[str, ...] = field(init=False, repr=False)
    """The findings of the options, by slug."""
    gated: tuple[Option, ...] = field(init=False, repr=False)
    """The few options that do not apply to everybody."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "slugs", tuple(o.finding.slug for o in self.options))
        object.__setattr__(self, "gated", tuple(o for o in self.options if not o.is_open))


@dataclass(frozen=True, slots=True, eq=False)
class Page:
    """One screen: the questions that share a page, in order."""

    slug: str
    stage: Stage
    section: str
    questions: tuple[Question, ...]


@dataclass(frozen=True, eq=False)
class KnowledgeBase:
    """Everything the engine knows. Shared by all requests of a process, so nothing in it changes.

    Compared by identity, so that what is derived from it can be cached by it.
    """

    findings: Mapping[str, Finding]
    conditions: Mapping[str, Condition]
    signs: Mapping[str, Sign]
    questions: Mapping[str, Question]
    pages: Mapping[str, Page]
    question_of: Mapping[str, Question] = field(repr=False)
    """The question that asks a finding, by finding slug."""

    @cached_property
    def finding_by_number(self) -> Mapping[int, Finding]:
        return MappingProxyType({f.number: f for f in self.findings.values()})

    @cached_property
    def question_by_number(self) -> Mapping[int, Question]:
        return MappingProxyType({q.number: q for q in self.questions.values()})

    @cached_property
    def option_of(self) -> Mapping[str, Option]:
        """The option that means a finding, by finding slug."""
        options = (o for question in self.questions.values() for o in question.options)
        return MappingProxyType({option.finding.slug: option for option in options})

    @cached_property
    def choices(self) -> frozenset[str]:
        """Slugs of the findings that are one choice of a single-answer question: an age, a time, a course."""
        single = (q for q in self.questions.values() if q.kind is QuestionKind.SINGLE)
        return frozenset(slug for question in single for slug in question.slugs)

    @cached_property
    def candidates(self) -> tuple[Condition, ...]:
        """The conditions that compete to be a match, in a fixed order."""
        return tuple(c for c in self.conditions.values() if c.competes)

    @cached_property
    def signs_needing(self) -> Mapping[str, frozenset[str]]:
        """Slugs of the signs to look at once a finding is there. Those that need no finding stand under "".

        Of each rule only the rarest requirement counts here, so that few signs have to be looked at.
        """
        return self._signs_by(lambda needed: needed[0] if needed else ())

    @cached_property
    def signs_near(self) -> Mapping[str, frozenset[str]]:
        """Slugs of the signs that one finding more may make fire, once a finding is there; others stand under "".

        A rule that lacks one requirement meets every other: so it meets one of its two rarest.
        """
        return self._signs_by(lambda needed: needed[0] | needed[1] if len(needed) > 1 else ())

    def _signs_by(
        self, choose: Callable[[Sequence[AbstractSet[str]]], Iterable[str]]
    ) -> Mapping[str, frozenset[str]]:
        """Return slugs of signs by the findings chosen from the requirements of each rule, rarest first."""
        by: dict[str, set[str]] = {}
        for sign in self.signs.values():
            for rule in sign.rules:
                needed = sorted(
                    _requirements(rule),
                    key=lambda slugs: sum(self.findings[slug].background for slug in slugs),
                )
                for finding in choose(needed) or {""}:
                    by.setdefault(finding, set()).add(sign.slug)
        return MappingProxyType({finding: frozenset(signs) for finding, signs in by.items()})


def _requirements(rule: Sequence[Clause]) -> list[frozenset[str]]:
    """Return sets of findings of each of which a rule needs one."""
    needed: list[frozenset[str]] = []
    for clause in rule:
        match clause.kind:
            case ClauseKind.ALL:
                needed += [frozenset({finding}) for finding in clause.findings]
            case ClauseKind.ANY:
                needed.append(clause.findings)
            case ClauseKind.AT_LEAST:
                # Whoever lacks one of several has another of the same set.
                needed += [clause.findings] * clause.minimum
    return needed


def applies(present: AbstractSet[str], *, only_if: frozenset[str], unless: frozenset[str]) -> bool:
    """Whether a gated question or option is asked of a person with these findings."""
    if only_if and only_if.isdisjoint(present):
        return False
    return unless.isdisjoint(present)


def nearest(slug: str, known: Iterable[str]) -> str:
    """ " (did you mean ...?)", or nothing when no known slug is close."""
    close = difflib.get_close_matches(slug, list(known), n=1, cutoff=0.5)
    return f" (did you mean {close[0]!r}?)" if close else ""


def build(rows: Iterable[Row]) -> KnowledgeBase:
    """Build the knowledge base from the rows of a release. Raises KnowledgeError with every problem."""
    return _Builder(rows).build()


class _Builder:
    """Collects rows by model, then builds outward: findings, conditions, signs, questions, pages."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self.by_model: dict[str, list[Mapping[str, Any]]] = {}
        for row in rows:
            self.by_model.setdefault(row["model"], []).append(row["fields"])
        self.problems: list[str] = []

    def rows(self, model: str) -> list[Mapping[str, Any]]:
        return self.by_model.get(model, [])

    def build(self) -> KnowledgeBase:
        findings = self._with_normal_backgrounds(
            {f.slug: f for f in map(self._finding, self.rows("conditions.finding"))}
        )
        conditions = self._conditions(findings)
        signs = self._signs(findings)
        questions = self._questions(findings)
        if self.problems:
            raise KnowledgeError(self.problems)
        question_of = {o.finding.slug: q for q in questions.values() for o in q.options}
        return KnowledgeBase(
            findings=MappingProxyType(findings),
            conditions=MappingProxyType(conditions),
            signs=MappingProxyType(signs),
            questions=MappingProxyType(questions),
            pages=MappingProxyType(_pages(questions)),
            question_of=MappingProxyType(question_of),
        )

    def _known(self, slug: str, known: Mapping[str, object], where: str) -> bool:
        if slug in known:
            return True
        self.problems.append(f"{where} names unknown finding {slug!r}{nearest(slug, known)}")
        return False

    def _slugs(
        self, value: Sequence[Sequence[str]], known: Mapping[str, object], where: str
    ) -> frozenset[str]:
        return frozenset(key[0] for key in value if self._known(key[0], known, where))

    def _finding(self, row: Row) -> Finding:
        share = row["share"]
        return Finding(
            slug=row["slug"],
            number=row["number"],
            label=row["label"],
            kind=FindingKind(row["kind"]),
            group=row["group"],
            background=float(share) if share is not None else Band(row["background"]).probability,
            floor=Urgency.from_slug(row["floor"]) if row["floor"] else None,
        )

    def _conditions(self, findings: Mapping[str, Finding]) -> dict[str, Condition]:
        associations: dict[str, dict[str, Association]] = {}
        for row in self.rows("conditions.association"):
            condition, finding = row["condition"][0], row["finding"][0]
            if self._known(finding, findings, f"Condition {condition!r}"):
                associations.setdefault(condition, {})[finding] = Association(
                    finding=finding,
                    band=Band(row["band"]),
                    basis=Basis(row["basis"]),
                    source=row["source"][0] if row["source"] else "",
                )
        return {
            row["slug"]: Condition(
                slug=row["slug"],
                name=row["name"],
                summary=row["summary"],
                prevalence=Prevalence(row["prevalence"]),
                seriousness=Seriousness(row["seriousness"]),
                urgency=Urgency.from_slug(row["urgency"]),
                competes=row["competes"],
                associations=MappingProxyType(associations.get(row["slug"], {})),
            )
            for row in self.rows("conditions.condition")
            if row["ready"]
        }

    def _signs(self, findings: Mapping[str, Finding]) -> dict[str, Sign]:
        clauses: dict[tuple[str, int], list[tuple[int, Clause]]] = {}
        for row in self.rows("conditions.clause"):
            sign, position = row["rule"]
            clause = Clause(
                kind=ClauseKind(row["kind"]),
                findings=self._slugs(row["findings"], findings, f"Warning sign {sign!r}"),
                minimum=row["minimum"],
            )
            if clause.minimum < 1:
                self.problems.append(f"Warning sign {sign!r} asks for at least {clause.minimum}")
            if clause.minimum > len(clause.findings):
                self.problems.append(f"Warning sign {sign!r} asks for more findings than it lists")
            clauses.setdefault((sign, position), []).append((row["position"], clause))
        rules: dict[str, list[tuple[Clause, ...]]] = {}
        for row in self.rows("conditions.rule"):
            key = (row["sign"][0], row["position"])
            ordered = sorted(clauses.get(key, []), key=lambda pair: pair[0])
            if not any(clause.kind is not ClauseKind.NONE for _, clause in ordered):
                self.problems.append(
                    f"Warning sign {key[0]!r}: rule {key[1]} needs a clause that requires something"
                )
            rules.setdefault(key[0], []).append(tuple(clause for _, clause in ordered))
        signs: dict[str, Sign] = {}
        slugs = {row["slug"] for row in self.rows("conditions.warningsign")}
        for row in sorted(self.rows("conditions.warningsign"), key=lambda r: r["position"]):
            slug = row["slug"]
            if row["kind"] == SignKind.WARNING and row["urgency"] == Urgency.SELF_CARE.slug:
                self.problems.append(f"Warning sign {slug!r} says self-care: only a calm sign may")
            if slug not in rules:
                self.problems.append(f"Warning sign {slug!r} has no rule")
            for (capped,) in row["caps"]:
                if capped not in slugs:
                    self.problems.append(
                        f"Calm sign {slug!r} caps unknown sign {capped!r}{nearest(capped, slugs)}"
                    )
            signs[slug] = Sign(
                slug=slug,
                kind=SignKind(row["kind"]),
                statement=row["statement"],
                urgency=Urgency.from_slug(row["urgency"]),
                rules=tuple(rules.get(slug, ())),
                caps=frozenset(key[0] for key in row["caps"]),
            )
        return signs

    def _questions(self, findings: Mapping[str, Finding]) -> dict[str, Question]:
        options: dict[str, list[tuple[int, Option]]] = {}
        asked: dict[str, str] = {}
        for row in self.rows("checker.option"):
            question, finding = row["question"][0], row["finding"][0]
            where = f"Question {question!r}"
            if not self._known(finding, findings, where):
                continue
            if finding in asked:
                self.problems.append(
                    f"{where} asks {finding!r}, which {asked[finding]!r} asks already"
                )
            asked[finding] = question
            option = Option(
                finding=findings[finding],
                label=row["label"],
                carer_label=row["carer_label"] or row["label"],
                hint=row["hint"],
                present_answer=row["present_answer"],
                only_if=self._slugs(row["only_if"], findings, where),
                unless=self._slugs(row["unless"], findings, where),
                is_open=not row["only_if"] and not row["unless"],
            )
            options.setdefault(question, []).append((row["position"], option))
        questions: dict[str, Question] = {}
        for row in sorted(self.rows("checker.question"), key=lambda r: r["position"]):
            slug = row["slug"]
            if slug not in options:
                self.problems.append(f"Question {slug!r} has no options")
            questions[slug] = Question(
                slug=slug,
                number=row["number"],
                title=row["title"],
                carer_title=row["carer_title"] or row["title"],
                help=row["help"],
                why=row["why"],
                kind=QuestionKind(row["kind"]),
                section=row["section"],
                page=row["page"] or slug,
                stage=Stage(row["stage"]),
                ask_if=self._slugs(row["ask_if"], findings, f"Question {slug!r}"),
                unless=self._slugs(row["unless"], findings, f"Question {slug!r}"),
                none_label=row["none_label"],
                unsure_label=row["unsure_label"],
                options=tuple(
                    o for _, o in sorted(options.get(slug, []), key=lambda pair: pair[0])
                ),
            )
        self._check_gates(questions, asked)
        return questions

    def _check_gates(self, questions: Mapping[str, Question], asked: Mapping[str, str]) -> None:
        """Gates look backwards only, so one pass in order settles what counts, whatever was asked when."""
        order = {slug: place for place, slug in enumerate(questions)}
        for question in questions.values():
            gates = question.ask_if | question.unless
            for option in question.options:
                gates |= option.only_if | option.unless
            for finding in sorted(gates):
                gate = asked.get(finding)
                if gate is None or order.get(gate, -1) >= order[question.slug]:
                    self.problems.append(
                        f"Question {question.slug!r} depends on {finding!r}, which is not asked before it"
                    )

    def _with_normal_backgrounds(self, findings: Mapping[str, Finding]) -> dict[str, Finding]:
        """Make the choices of a question that must have an answer one distribution (they add to one)."""
        choices: dict[str, list[Finding]] = {}
        for row in self.rows("checker.option"):
            if row["finding"][0] in findings:
                choices.setdefault(row["question"][0], []).append(findings[row["finding"][0]])
        normal = dict(findings)
        for row in self.rows("checker.question"):
            options = choices.get(row["slug"], [])
            total = sum(finding.background for finding in options)
            if row["kind"] == QuestionKind.SINGLE and (not row["none_label"] or total > 1):
                normal |= {f.slug: replace(f, background=f.background / total) for f in options}
        return normal


def _pages(questions: Mapping[str, Question]) -> dict[str, Page]:
    grouped: dict[str, list[Question]] = {}
    for question in questions.values():
        grouped.setdefault(question.page, []).append(question)
    return {
        slug: Page(
            slug=slug, stage=group[0].stage, section=group[0].section, questions=tuple(group)
        )
        for slug, group in grouped.items()
    }
