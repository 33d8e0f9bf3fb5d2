"""The checks of the content: each finds what is broken in a small world, and leaves a good one alone."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Iterator
from io import StringIO
from typing import Any

import pytest
from django.contrib import admin
from django.core.management import call_command

from checker import content_checks
from checker.content_checks import STATEMENTS, Level, Problem, Texts, check_content
from checker.engine.knowledge import build
from conditions import content
from conditions.content import Located, Row, check_rows, natural_key, save_rows
from conditions.readability import LIBRARY_GRADE, PLAIN_GRADE
from tests import worlds

TODAY = datetime.date(2026, 11, 24)

GOOD = """
    finding   flicker   occasional
    finding   cramp     very-rare
    finding   weak-hand very-rare objective floor=soon
    finding   choking   very-rare objective
    condition benign    very-common benign self-care: flicker=very-frequent cramp=occasional weak-hand=excluded
    condition wasting   rare treatable soon: weak-hand=very-frequent choking=occasional flicker=excluded
    sign      throat    emergency: all choking
    sign      lost-hand soon: all weak-hand, none flicker
    question  emergency-signs multi opening none: choking
    question  movement  multi opening none: flicker cramp
    question  weakness  each opening: weak-hand
"""

Rows = list[Row]


def complete(drawing: str = GOOD) -> Rows:
    """The rows of a drawing with all that an editor has to fill in."""
    rows = worlds.rows(drawing)
    for row in rows:
        fields = row["fields"]
        if row["model"] in ("conditions.condition", "conditions.warningsign"):
            fields["sources"] = [["nhs"]]
        if row["model"] == "conditions.warningsign":
            fields["statement"] = "It is bad."
        if row["model"] == "checker.question":
            fields["title"] = "Is it so?"
        if row["model"] == "checker.option":
            fields["label"] = "It is so"
        if row["model"] == "conditions.condition":
            fields |= {"summary": f"What {fields['slug']} is.", "causes": [["nerves"]]}
            fields["feels_like"] = "It jumps. [@nhs]\n\nThese help:\n\n- Rest. [@consensus]"
    slugs = [row["fields"]["slug"] for row in rows if row["model"] == "conditions.condition"]
    rows += [
        {"model": "conditions.source", "fields": {"slug": "nhs", "title": "Twitching"}},
        {
            "model": "conditions.cause",
            "fields": {
                "slug": "nerves",
                "name": "Nerves",
                "summary": "A nerve fires.",
                "explanation": "It fires. [@nhs]",
                "sources": [["nhs"]],
            },
        },
        *(look_alike(slug, words="a heartbeat") for slug in slugs),
    ]
    return check_rows([Located(row, "the drawing") for row in rows])


def look_alike(slug: str, **fields: Any) -> dict[str, Any]:
    return {
        "model": "conditions.lookalike",
        "fields": {"condition": [slug], "position": 0, "differs": "It keeps time.", **fields},
    }


def changed(rows: Rows, model: str, *key: Any, **fields: Any) -> Rows:
    """The rows with some fields of one of them changed."""
    found = [row for row in rows if _is(row, model, key)]
    assert len(found) == 1, f"{len(found)} rows are {model} {key}"
    return [
        {**row, "fields": {**row["fields"], **fields}} if row is found[0] else row for row in rows
    ]


def without(rows: Rows, model: str, *key: Any) -> Rows:
    kept = [row for row in rows if not _is(row, model, key)]
    assert len(kept) < len(rows)
    return kept


def _is(row: Row, model: str, key: tuple[Any, ...]) -> bool:
    return row["model"] == model and natural_key(model, row["fields"]) == key


def problems(check: Callable[[Texts], Iterator[Problem]], rows: Rows) -> list[Problem]:
    return list(content_checks.run(check, Texts(rows, build(rows), TODAY)))


def one_problem(check: Callable[[Texts], Iterator[Problem]], rows: Rows) -> Problem:
    (problem,) = problems(check, rows)
    assert problem.check == check.__name__
    assert problem.message
    assert problem.mend
    return problem


def test_a_good_world_has_no_problem() -> None:
    assert check_content(complete(), today=TODAY) == ()


# --- whole -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "gap",
    [{"why": ""}, {"when_urgent": "  "}, {"summary": ""}, {"causes": []}, {"sources": []}],
    ids=str,
)
def test_an_entry_with_a_gap_is_an_error(gap: dict[str, Any]) -> None:
    rows = changed(complete(), "conditions.condition", "benign", **gap)
    problem = one_problem(content_checks.incomplete_entries, rows)
    assert problem.level is Level.ERROR
    assert problem.where.startswith("entry benign")


def test_an_entry_without_look_alikes_is_an_error() -> None:
    rows = without(complete(), "conditions.lookalike", "benign", 0)
    assert one_problem(content_checks.incomplete_entries, rows).level is Level.ERROR


def test_a_candidate_without_findings_is_an_error_and_an_explaining_entry_is_not() -> None:
    rows = complete(GOOD + "condition idle rare benign routine:")
    assert one_problem(content_checks.incomplete_entries, rows).where == "entry idle"
    rows = complete(GOOD + "condition idle rare benign routine explains:")
    assert problems(content_checks.incomplete_entries, rows) == []


def test_entries_that_are_not_ready_are_left_alone() -> None:
    rows = changed(complete(), "conditions.condition", "benign", ready=False, why="", sources=[])
    assert problems(content_checks.incomplete_entries, rows) == []


def test_two_entries_may_not_say_the_same_in_their_one_line() -> None:
    rows = changed(complete(), "conditions.condition", "wasting", summary="WHAT benign is")
    assert one_problem(content_checks.same_summaries, rows).level is Level.ERROR


@pytest.mark.parametrize(("due", "count"), [("2026-11-23", 1), ("2026-11-24", 0), (None, 0)])
def test_a_passed_review_date_is_a_warning(due: str | None, count: int) -> None:
    rows = changed(complete(), "conditions.condition", "benign", next_review=due)
    found = problems(content_checks.passed_reviews, rows)
    assert [problem.level for problem in found] == [Level.WARNING] * count


# --- sourced ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "It fires.",
        "It fires. [@nhs]\n\nIt rests.",
        "It fires. [@nhs]\n\n- It rests.\n- It starts. [@nhs]",
        "It fires. [@nhs] It rests.",
        "It leads nowhere:",
    ],
)
def test_a_statement_without_its_source_is_an_error(text: str) -> None:
    rows = changed(complete(), "conditions.condition", "benign", why=text)
    assert one_problem(content_checks.unmarked_statements, rows).level is Level.ERROR


def test_headings_and_lines_that_lead_into_a_list_need_no_source() -> None:
    text = "## Why\n\nThese matter:\n\n- Rest. [@nhs]\n- Sleep. [@estimate]"
    rows = changed(complete(), "conditions.condition", "benign", why=text)
    assert problems(content_checks.unmarked_statements, rows) == []


def test_a_mark_must_name_a_source_that_is_listed() -> None:
    rows = changed(complete(), "conditions.condition", "benign", why="It fires. [@nowhere]")
    assert "names no source" in one_problem(content_checks.wrong_marks, rows).message
    rows = changed(complete(), "conditions.condition", "benign", sources=[])
    assert "not among its sources" in one_problem(content_checks.wrong_marks, rows).message


def test_the_source_of_a_key_figure_is_listed_with_the_entry() -> None:
    figure = {
        "model": "conditions.keyfigure",
        "fields": {
            "slug": "one-of-two",
            "condition": ["benign"],
            "statement": "One of two.",
            "count": 1,
            "out_of": 2,
            "who": "two people",
            "source": ["nhs"],
        },
    }
    rows = [*complete(), figure]
    assert problems(content_checks.key_figures_without_source, rows) == []
    rows = changed(rows, "conditions.condition", "benign", sources=[])
    assert one_problem(content_checks.key_figures_without_source, rows).level is Level.ERROR


def test_a_source_that_nothing_uses_is_a_warning() -> None:
    book = {"model": "conditions.source", "fields": {"slug": "book", "title": "A book"}}
    problem = one_problem(content_checks.unused_sources, [*complete(), book])
    assert (problem.level, problem.where) == (Level.WARNING, "source book")


# --- plain -----------------------------------------------------------------------------------------

HARD = (
    "Spontaneous peripheral hyperexcitability generates involuntary fasciculations, necessitating "
    "comprehensive neurophysiological investigation whenever accompanying abnormalities materialise. [@nhs]"
)
MIDDLING = "A doctor looks at the muscle when the twitching has continued for several weeks. [@nhs]"


def test_an_entry_above_grade_eight_is_an_error() -> None:
    rows = changed(complete(), "conditions.condition", "benign", why=HARD)
    problem = one_problem(content_checks.hard_to_read, rows)
    assert (problem.level, problem.where) == (Level.ERROR, "entry benign")


def test_questions_and_advice_must_be_plainer_than_the_library() -> None:
    why = changed(complete(), "conditions.warningsign", "throat", why=MIDDLING)
    assert problems(content_checks.hard_to_read, why) == []
    asked = changed(complete(), "checker.question", "movement", title="", help=MIDDLING, why="")
    asked = changed(asked, "checker.option", "flicker", label=MIDDLING)
    asked = changed(asked, "checker.option", "cramp", label=MIDDLING)
    assert one_problem(content_checks.hard_to_read, asked).where == "question movement"
    do = changed(complete(), "conditions.warningsign", "throat", statement="", what_to_do=MIDDLING)
    assert one_problem(content_checks.hard_to_read, do).where == "warning sign throat"


def test_names_of_medicines_given_as_examples_do_not_make_a_question_hard() -> None:
    hint = "Such as levetiracetam, carbamazepine or prochlorperazine."
    rows = changed(complete(), "checker.option", "flicker", hint=hint)
    assert problems(content_checks.hard_to_read, rows) == []


@pytest.mark.parametrize(
    "word",
    ["color", "Behavior", "fiber", "anemia", "hypocalcemia", "edema", "organize", "analyzed"],
)
def test_american_spelling_is_a_warning(word: str) -> None:
    rows = changed(complete(), "conditions.condition", "benign", why=f"A {word} fires. [@nhs]")
    assert one_problem(content_checks.american_spelling, rows).level is Level.WARNING


@pytest.mark.parametrize(
    "words",
    [
        "colour and size",
        "a seizure, seized",
        "RUSH University Medical Center",
        "salbutamol (albuterol)",
    ],
)
def test_british_spelling_names_and_brackets_pass(words: str) -> None:
    rows = changed(complete(), "conditions.condition", "benign", why=f"It is {words}. [@nhs]")
    assert problems(content_checks.american_spelling, rows) == []
    rows = changed(complete(), "conditions.condition", "benign", also_called="myxedema")
    assert problems(content_checks.american_spelling, rows) == []


def test_no_text_names_the_number_of_one_country() -> None:
    rows = changed(complete(), "conditions.condition", "benign", when_urgent="Call 999. [@nhs]")
    assert one_problem(content_checks.one_country_only, rows).level is Level.ERROR


# --- linked ----------------------------------------------------------------------------------------


def test_a_link_to_an_entry_that_is_not_ready_is_dead() -> None:
    rows = [*complete(), look_alike("benign", position=1, other=["wasting"], words="")]
    rows = changed(rows, "conditions.warningsign", "throat", may_point_to=[["wasting"]])
    assert problems(content_checks.dead_links, rows) == []
    rows = changed(rows, "conditions.condition", "wasting", ready=False)
    found = problems(content_checks.dead_links, rows)
    assert [problem.level for problem in found] == [Level.ERROR, Level.ERROR]


def test_an_entry_named_in_free_words_should_be_linked() -> None:
    rows = changed(complete(), "conditions.lookalike", "benign", 0, words="Wasting")
    assert one_problem(content_checks.unlinked_words, rows).level is Level.WARNING


TWINS = (
    GOOD + "condition flutter very-common benign self-care: flicker=very-frequent cramp=occasional"
)


def test_near_twins_name_each_other() -> None:
    rows = complete(TWINS)
    found = problems(content_checks.near_twins, rows)
    assert {(problem.level, problem.where) for problem in found} == {
        (Level.WARNING, "entry benign"),
        (Level.WARNING, "entry flutter"),
    }
    rows.append(look_alike("benign", position=1, other=["flutter"], words=""))
    assert one_problem(content_checks.near_twins, rows).where == "entry flutter"
    rows.append(look_alike("flutter", position=1, other=["benign"], words=""))
    assert problems(content_checks.near_twins, rows) == []


# --- asked -----------------------------------------------------------------------------------------


def test_a_finding_that_matters_and_is_not_asked_is_an_error() -> None:
    problem = one_problem(
        content_checks.idle_findings, complete(GOOD.replace("flicker cramp\n", "flicker\n"))
    )
    assert (problem.level, problem.where) == (Level.ERROR, "finding cramp")


def test_a_finding_that_is_asked_and_matters_to_nothing_is_a_warning() -> None:
    rows = complete(GOOD.replace(" cramp=occasional", ""))
    problem = one_problem(content_checks.idle_findings, rows)
    assert (problem.level, problem.where) == (Level.WARNING, "finding cramp")
    assert "no condition and no rule" in problem.message


def test_a_finding_that_only_rules_use_is_a_warning() -> None:
    rows = complete(GOOD.replace(" choking=occasional", ""))
    problem = one_problem(content_checks.idle_findings, rows)
    assert (problem.level, problem.where) == (Level.WARNING, "finding choking")


SINGLE = "finding old rare\nfinding young rare\nquestion age single opening: old young\n".replace(
    "rare", "very-rare"
)


@pytest.mark.parametrize(
    "rule",
    [
        "all flicker, none flicker",
        "all old young",
        "at-least-2 old young",
        "all lump",
        "any lump none-such",
        "all late",
        "all closed",
    ],
)
def test_a_rule_that_nobody_can_meet_is_an_error(rule: str) -> None:
    drawing = f"""{SINGLE}{GOOD}
        finding  lump      very-rare
        finding  none-such very-rare
        finding  late      very-rare
        finding  closed    very-rare
        question early     multi opening none ask-if=young: late(only-if=old)
        question shut      multi opening none ask-if=old: closed(unless=old)
        sign     broken    soon: {rule}
    """
    problem = one_problem(content_checks.silent_rules, complete(drawing))
    assert (problem.level, problem.where) == (Level.ERROR, "warning sign broken, rule 0")


@pytest.mark.parametrize(
    "rule",
    [
        "any old young, none flicker",
        "all old choking weak-hand",
        "at-least-2 flicker cramp old, none cramp",
        "all deep",
    ],
)
def test_a_rule_that_somebody_can_meet_passes(rule: str) -> None:
    drawing = f"""{SINGLE}{GOOD}
        finding  deep    very-rare
        question behind  multi opening none ask-if=cramp unless=young: deep(only-if=old)
        sign     sound   soon: {rule}
    """
    assert problems(content_checks.silent_rules, complete(drawing)) == []


def test_an_option_behind_gates_that_shut_each_other_is_an_error() -> None:
    drawing = f"""{SINGLE}{GOOD}
        finding  closed very-rare
        question shut   multi opening none ask-if=old: closed(only-if=young)
    """
    problem = one_problem(content_checks.unreachable_findings, complete(drawing))
    assert (problem.level, problem.where) == (Level.ERROR, "option closed")


def test_an_option_among_the_emergency_signs_must_be_an_emergency() -> None:
    rows = changed(complete(), "conditions.warningsign", "throat", urgency="same-day")
    problem = one_problem(content_checks.quiet_emergencies, rows)
    assert (problem.level, problem.where) == (Level.ERROR, "option choking")


@pytest.mark.parametrize(
    ("finding", "sign"),
    [
        ("lump very-rare objective floor=same-day", ""),
        ("lump very-rare", "same-day: all lump, none old"),
    ],
)
def test_what_alone_asks_for_help_today_is_asked_of_everybody(finding: str, sign: str) -> None:
    drawing = f"""{SINGLE}{GOOD}
        finding  {finding}
        question skin multi follow-up none: lump
        {sign and "sign lumpy " + sign}
    """
    problem = one_problem(content_checks.late_dangers, complete(drawing))
    assert (problem.level, problem.where) == (Level.ERROR, "option lump")
    in_time = drawing.replace("skin multi follow-up", "skin multi opening")
    assert problems(content_checks.late_dangers, complete(in_time)) == []


def test_what_needs_more_beside_it_may_be_asked_later() -> None:
    drawing = f"""{SINGLE}{GOOD}
        finding  lump very-rare objective floor=soon
        question skin multi follow-up none: lump
        sign     lumpy emergency: all lump old
    """
    assert problems(content_checks.late_dangers, complete(drawing)) == []


# --- found -----------------------------------------------------------------------------------------

CROWD = "\n".join(
    f"condition common-{n} very-common benign routine: flicker=obligate cramp=obligate"
    for n in range(3)
)
LAST = "condition last rare benign routine: flicker=obligate cramp=obligate"


def test_a_condition_that_its_own_picture_does_not_find_is_an_error() -> None:
    rows = complete(
        f"{GOOD}\n{CROWD}\n{LAST}".replace(
            "condition benign    very-common", "condition benign rare"
        )
    )
    found = problems(content_checks.hidden_conditions, rows)
    assert [problem.level for problem in found if problem.where == "entry last"] == [Level.ERROR]


def test_a_condition_that_only_named_look_alikes_beat_is_found() -> None:
    drawing = f"{GOOD}\n{CROWD}\n{LAST}".replace("condition last rare", "condition last uncommon")
    rows = complete(
        drawing.replace("condition benign    very-common", "condition benign very-rare")
    )
    before = [p.where for p in problems(content_checks.hidden_conditions, rows)]
    assert "entry last" in before
    rows += [look_alike("last", position=n + 1, other=[f"common-{n}"], words="") for n in range(3)]
    after = [p.where for p in problems(content_checks.hidden_conditions, rows)]
    assert "entry last" not in after


def test_a_feared_disease_without_an_objective_sign_can_never_be_shown() -> None:
    drawing = GOOD.replace("benign    very-common benign", "benign very-common serious")
    problem = one_problem(content_checks.hidden_conditions, complete(drawing))
    assert problem.where == "entry benign"
    assert "is not shown" in problem.message


def test_a_condition_known_only_by_what_is_never_asked_in_time_is_an_error() -> None:
    drawing = f"""{GOOD}
        finding   glow  very-rare
        condition glowing very-rare benign routine: glow=very-frequent
        question  gated multi follow-up none ask-if=cramp: glow
    """
    rows = complete(drawing)
    assert problems(content_checks.hidden_conditions, rows) == []
    assert one_problem(content_checks.unreached_conditions, rows).where == "entry glowing"


# --- all of it -------------------------------------------------------------------------------------


def test_errors_come_first() -> None:
    rows = changed(complete(), "conditions.condition", "benign", why="A color fires.")
    assert [problem.level for problem in check_content(rows, today=TODAY)] == [
        Level.ERROR,
        Level.WARNING,
    ]


def test_content_that_makes_no_knowledge_base_is_said_in_words() -> None:
    rows = without(complete(), "conditions.rule", "throat", 0)
    (problem,) = check_content(rows, today=TODAY)
    assert problem.level is Level.ERROR
    assert "throat" in problem.message


@pytest.mark.django_db
def test_the_command_is_content_with_good_drafts() -> None:
    save_rows(complete())
    out = StringIO()
    call_command("check_content", stdout=out)
    assert out.getvalue().strip() == "0 errors, 0 warnings"


@pytest.mark.django_db
def test_the_command_fails_on_an_error_and_prints_it_as_json() -> None:
    save_rows(changed(complete(), "conditions.condition", "benign", why="It fires."))
    out = StringIO()
    with pytest.raises(SystemExit) as left:
        call_command("check_content", "--json", stdout=out)
    assert left.value.code == 1
    said = json.loads(out.getvalue())
    assert (said["errors"], said["warnings"]) == (1, 0)
    assert said["problems"][0]["check"] == "unmarked_statements"


@pytest.mark.django_db
def test_a_warning_is_printed_and_does_not_fail() -> None:
    save_rows(changed(complete(), "conditions.condition", "benign", next_review="2020-01-01"))
    out = StringIO()
    call_command("check_content", stdout=out)
    assert "was to be reviewed by 2020-01-01" in out.getvalue()
    assert "0 errors, 1 warnings" in out.getvalue()


def test_the_desk_grades_what_the_checks_grade() -> None:
    """The fields that show their reading grade while typing are those that a release is judged by."""
    shown = {
        model._meta.label_lower: getattr(page, "grades", {})
        for model, page in admin.site._registry.items()
        if getattr(page, "grades", {})
    }
    for label in ("condition", "cause", "movement", "concern", "article"):
        label = f"conditions.{label}"
        has_summary = any(f.name == "summary" for f in content.model_of(label)._meta.fields)
        fields = {*STATEMENTS[label], *(["summary"] if has_summary else [])}
        assert shown.pop(label) == dict.fromkeys(fields, LIBRARY_GRADE)
    assert shown.pop("conditions.warningsign") == {
        "statement": PLAIN_GRADE,
        "what_to_do": PLAIN_GRADE,
        "why": LIBRARY_GRADE,
    }
    assert set(shown.pop("conditions.careadvice").values()) == {PLAIN_GRADE}
    assert shown.pop("checker.question") == dict.fromkeys(("title", "help", "why"), PLAIN_GRADE)
    assert shown == {}
