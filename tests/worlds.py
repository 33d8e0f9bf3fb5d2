"""Small worlds, drawn line by line in the test that needs them.

    finding   flicker  frequent
    finding   weak     very-rare objective floor=soon group=strength share=0.03
    condition benign   very-common benign self-care: flicker=very-frequent weak=excluded
    sign      weak-arm soon: all weak, none old | at-least-2 weak wasted flicker
    calm      quiet    caps=weak-arm: any flicker, none weak
    question  strength each opening unless=baby ask-if=a,b page=p section=other: weak wasted(only-if=a)
    question  movement multi opening none: flicker cramp      (offers "none of these")
    scenario  eyelid   emergency,soon expects=benign: flicker weak=absent

`world(drawing)` is the knowledge base; `rows(drawing)` are its rows, complete enough to be loaded.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator
from typing import Any

from checker.engine.knowledge import KnowledgeBase, Row, build

_CONDITION_TEXTS = (
    "feels_like",
    "why",
    "what_helps",
    "what_doctors_do",
    "when_urgent",
    "how_common",
)


def world(drawing: str) -> KnowledgeBase:
    return build(rows(drawing))


def rows(drawing: str) -> list[Row]:
    numbers = itertools.count(1)
    found: list[Row] = []
    for line in _lines(drawing):
        head, _, body = line.partition(":")
        kind, slug, *words = head.split()
        named = dict(word.split("=", 1) for word in words if "=" in word)
        flags = [word for word in words if "=" not in word]
        found += _DRAWN[kind](slug, flags, named, body.strip(), next(numbers))
    return found


def _lines(drawing: str) -> list[str]:
    """The lines of a drawing; what begins with no word of it goes on the line before."""
    lines: list[str] = []
    for line in filter(None, map(str.strip, drawing.splitlines())):
        if line.split()[0] in _DRAWN:
            lines.append(line)
        else:
            lines[-1] += f" {line}"
    return lines


Named = dict[str, str]


def _finding(
    slug: str, flags: list[str], named: Named, body: str, number: int
) -> Iterator[dict[str, Any]]:
    background, *kind = flags
    yield _row(
        "conditions.finding",
        slug=slug,
        number=number,
        label=slug,
        kind=kind[0] if kind else "felt",
        group=named.get("group", ""),
        background=background,
        share=named.get("share"),
        floor=named.get("floor", ""),
    )


def _condition(
    slug: str, flags: list[str], named: Named, body: str, number: int
) -> Iterator[dict[str, Any]]:
    prevalence, seriousness, urgency, *more = flags
    yield _row(
        "conditions.condition",
        slug=slug,
        name=slug,
        group="everyday",
        summary=slug,
        **dict.fromkeys(_CONDITION_TEXTS, "Text. [@estimate]"),
        prevalence=prevalence,
        seriousness=seriousness,
        urgency=urgency,
        compiled_on="2026-11-01",
        ready="draft" not in more,
        competes="explains" not in more,
    )
    for pair in body.split():
        finding, band = pair.split("=")
        yield _row(
            "conditions.association",
            condition=[slug],
            finding=[finding],
            band=band,
            basis="estimate",
            source=None,
        )


def _sign(
    slug: str, flags: list[str], named: Named, body: str, number: int
) -> Iterator[dict[str, Any]]:
    calm = not flags
    yield _row(
        "conditions.warningsign",
        slug=slug,
        position=number,
        kind="calm" if calm else "warning",
        urgency="self-care" if calm else flags[0],
        statement=slug,
        why="Text. [@estimate]",
        caps=_keys(named.get("caps", "")),
    )
    for rule, clauses in enumerate(filter(None, body.split("|"))):
        yield _row("conditions.rule", sign=[slug], position=rule)
        for place, clause in enumerate(clauses.split(",")):
            kind, *findings = clause.split()
            counted = re.fullmatch(r"at-least-(\d+)", kind)
            yield _row(
                "conditions.clause",
                rule=[slug, rule],
                position=place,
                kind="at-least" if counted else kind,
                minimum=int(counted[1]) if counted else 1,
                findings=[[finding] for finding in findings],
            )


def _question(
    slug: str, flags: list[str], named: Named, body: str, number: int
) -> Iterator[dict[str, Any]]:
    kind, stage, *more = flags
    yield _row(
        "checker.question",
        slug=slug,
        number=number,
        position=number,
        title=f"{slug}?",
        carer_title=f"the person: {slug}?",
        help="",
        why="Text.",
        kind=kind,
        section=named.get("section", "other"),
        page=named.get("page", ""),
        stage=stage,
        ask_if=_keys(named.get("ask-if", "")),
        unless=_keys(named.get("unless", "")),
        none_label="None of these" if "none" in more else "",
        unsure_label="Not sure",
    )
    for place, word in enumerate(body.split()):
        finding, _, gate = word.rstrip(")").partition("(")
        gates = dict([gate.split("=")]) if gate else {}
        yield _row(
            "checker.option",
            question=[slug],
            finding=[finding],
            position=place,
            label=finding,
            carer_label=f"the person: {finding}",
            hint="",
            present_answer=gates.get("present", "yes"),
            only_if=_keys(gates.get("only-if", "")),
            unless=_keys(gates.get("unless", "")),
        )


def _scenario(
    slug: str, flags: list[str], named: Named, body: str, number: int
) -> Iterator[dict[str, Any]]:
    words = body.split()
    yield _row(
        "checker.scenario",
        slug=slug,
        story="Text.",
        present=[word for word in words if "=" not in word],
        absent=[word.removesuffix("=absent") for word in words if "=" in word],
        otherwise="unknown",
        expect_conditions=list(filter(None, named.get("expects", "").split(","))),
        expect_urgency=flags[0].split(","),
        never=[],
        tags=[],
        tune=None,
        source="Text.",
    )


def _row(model: str, **fields: Any) -> dict[str, Any]:
    return {"model": model, "fields": fields}


def _keys(names: str) -> list[list[str]]:
    return [[name] for name in names.split(",") if name]


_DRAWN = {
    "finding": _finding,
    "condition": _condition,
    "sign": _sign,
    "calm": _sign,
    "question": _question,
    "scenario": _scenario,
}


def slugs(items: Iterable[Any]) -> list[str]:
    return [item.slug for item in items]
