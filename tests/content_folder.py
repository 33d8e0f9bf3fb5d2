"""A small folder of content, as editors and fixtures write it. Every model stands in it once or more."""

from __future__ import annotations

from pathlib import Path

from conditions.content import Located, Row, check_rows, rows_of_folder

_TEXTS = """\
    feels_like: Small flickers under the skin. [@nhs]
    why: A nerve fires by itself. [@nhs]
    what_helps: Rest. [@estimate]
    what_doctors_do: A look is enough. [@consensus]
    when_urgent: When a hand gets weak. [@nhs]
    how_common: Common. [@estimate]
"""

FILES = {
    "sources.yaml": """\
- model: conditions.source
  fields:
    slug: nhs
    title: Twitching
    publisher: NHS
    url: https://example.org/twitching
    last_checked: '2026-11-01'
- model: conditions.source
  fields:
    slug: old-book
    title: An old book
    url: https://example.org/book
""",
    "findings.yaml": """\
- model: conditions.finding
  fields:
    slug: flicker
    number: 1
    label: a flicker
    kind: felt
    background: frequent
- model: conditions.finding
  fields:
    slug: weak-hand
    number: 2
    label: a weak hand
    kind: objective
    background: very-rare
    floor: soon
- model: conditions.finding
  fields:
    slug: choking
    number: 3
    label: choking
    kind: objective
    background: very-rare
""",
    "causes.yaml": """\
- model: conditions.cause
  fields:
    slug: nerves
    name: Irritated nerves
    summary: A nerve fires by itself.
    explanation: It fires. [@nhs]
    self_care: Rest. [@estimate]
    findings: [[flicker]]
    sources: [[nhs]]
""",
    "movements.yaml": """\
- model: conditions.movement
  fields:
    slug: fasciculation
    name: Flicker (fasciculation)
    summary: A small flicker.
    description: It flickers. [@nhs]
    animation:
      rate: 3
    findings: [[flicker]]
""",
    "conditions/benign.yaml": f"""\
- model: conditions.condition
  fields:
    slug: benign
    name: Benign twitching
    also_called: |-
      twitches
      flickers
    group: everyday
    summary: Harmless flickers.
{_TEXTS}    prevalence: very-common
    seriousness: benign
    urgency: self-care
    compiled_on: '2026-11-01'
    causes: [[nerves]]
    movements: [[fasciculation]]
    sources: [[nhs], [old-book]]
- model: conditions.association
  fields:
    condition: [benign]
    finding: [flicker]
    band: very-frequent
    basis: consensus
    source: [nhs]
- model: conditions.association
  fields:
    condition: [benign]
    finding: [weak-hand]
    band: excluded
- model: conditions.lookalike
  fields:
    condition: [benign]
    words: a heartbeat
    differs: It keeps time.
- model: conditions.keyfigure
  fields:
    slug: none-of-180
    condition: [benign]
    statement: None went on to nerve disease.
    count: 0
    out_of: 180
    who: 180 people
    source: [nhs]
""",
    "conditions/wasting.yaml": f"""\
- model: conditions.condition
  fields:
    slug: wasting
    name: Wasting
    group: nerves
    summary: A weak, thin hand.
{_TEXTS}    prevalence: rare
    seriousness: serious
    urgency: soon
    compiled_on: '2026-11-01'
- model: conditions.association
  fields:
    condition: [wasting]
    finding: [weak-hand]
    band: very-frequent
- model: conditions.lookalike
  fields:
    condition: [wasting]
    other: [benign]
    differs: Nothing gets weak.
""",
    "warning_signs/calm.yaml": """\
- model: conditions.warningsign
  fields:
    slug: calm-flicker
    kind: calm
    urgency: self-care
    statement: A flicker and nothing else
    why: Usually harmless. [@nhs]
    caps: [[lasting]]
- model: conditions.rule
  fields:
    sign: [calm-flicker]
- model: conditions.clause
  fields:
    rule: [calm-flicker, 0]
    kind: any
    findings: [[flicker]]
- model: conditions.clause
  fields:
    rule: [calm-flicker, 0]
    position: 1
    kind: none
    findings: [[weak-hand]]
""",
    "warning_signs/emergency.yaml": """\
- model: conditions.warningsign
  fields:
    slug: throat
    urgency: emergency
    statement: Choking
    why: It can close the airway. [@nhs]
    may_point_to: [[wasting]]
    sources: [[nhs]]
- model: conditions.rule
  fields:
    sign: [throat]
- model: conditions.clause
  fields:
    rule: [throat, 0]
    kind: all
    findings: [[choking]]
""",
    "warning_signs/routine.yaml": """\
- model: conditions.warningsign
  fields:
    slug: lasting
    urgency: routine
    statement: A flicker that lasts
    why: Worth a look. [@nhs]
- model: conditions.rule
  fields:
    sign: [lasting]
- model: conditions.clause
  fields:
    rule: [lasting, 0]
    kind: at-least
    minimum: 2
    findings: [[flicker], [weak-hand]]
""",
    "care.yaml": """\
- model: conditions.careadvice
  fields:
    urgency: emergency
    headline: Call now
    lead: This can be dangerous.
    steps: Call. [@consensus]
- model: conditions.careadvice
  fields:
    urgency: routine
    headline: Make an appointment
    lead: Nothing urgent.
    steps: Book it. [@consensus]
- model: conditions.careadvice
  fields:
    urgency: same-day
    headline: Get help today
    lead: Today.
    steps: Call today. [@consensus]
- model: conditions.careadvice
  fields:
    urgency: self-care
    headline: Look after yourself
    lead: Usually harmless.
    steps: Rest. [@consensus]
- model: conditions.careadvice
  fields:
    urgency: soon
    headline: Within days
    lead: Soon.
    steps: Book soon. [@consensus]
- model: conditions.helpline
  fields:
    slug: eu-112
    kind: emergency
    country: int
    country_name: Europe
    name: Emergency
    number: '112'
""",
    "concerns.yaml": """\
- model: conditions.concern
  fields:
    slug: als
    question: Could it be ALS?
    answer: Hardly. [@nhs]
    show_if: [[flicker]]
    hide_if: [[weak-hand]]
    conditions: [[wasting]]
    key_figures: [[none-of-180]]
    sources: [[nhs]]
""",
    "articles.yaml": """\
- model: conditions.article
  fields:
    slug: understanding-muscle-twitches
    title: Understanding muscle twitches
    summary: What they are.
    body: They are common. [@nhs]
    compiled_on: '2026-11-01'
    resources: [[nhs], [old-book]]
""",
    "questions.yaml": """\
- model: checker.question
  fields:
    slug: emergency-signs
    number: 1
    title: Is any of this happening now?
    why: It needs help at once.
    kind: multi
    section: now
    stage: opening
    none_label: None of these
- model: checker.question
  fields:
    slug: movement
    number: 2
    position: 1
    title: What does it look like?
    why: It tells much.
    kind: multi
    section: movement
    stage: opening
    none_label: None of these
- model: checker.question
  fields:
    slug: weakness
    number: 3
    position: 2
    title: Can you still do this?
    why: Strength decides.
    kind: each
    section: strength
    stage: opening
    ask_if: [[flicker]]
- model: checker.option
  fields:
    question: [emergency-signs]
    finding: [choking]
    label: Choking
- model: checker.option
  fields:
    question: [movement]
    finding: [flicker]
    label: A flicker
- model: checker.option
  fields:
    question: [weakness]
    finding: [weak-hand]
    label: Turn a key
    present_answer: 'no'
""",
    "scenarios.yaml": """\
- model: checker.scenario
  fields:
    slug: choking-at-table
    story: It sticks in the throat.
    present:
      - choking
    expect_urgency:
      - emergency
    source: A made-up case.
""",
}


def write(folder: Path, changes: dict[str, tuple[str, str]] | None = None) -> Path:
    """Write the files, each with one text replaced where `changes` says so; "" replaces the whole."""
    for name, text in FILES.items():
        old, new = (changes or {}).get(name, ("", ""))
        assert old in text, f"{name} does not hold {old!r}"
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace(old, new, 1) if old else text, encoding="utf-8")
    return folder


def located(folder: Path) -> list[Located]:
    return rows_of_folder(folder)


def small_rows(folder: Path) -> list[Row]:
    """The checked rows of the small content, written into a folder first."""
    return check_rows(located(write(folder)))
