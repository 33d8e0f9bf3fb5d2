"""What the shipped content keeps to, whoever writes it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import textstat

from checker.engine.assessment import assess_evidence
from checker.engine.evidence import evidence_of
from checker.engine.knowledge import KnowledgeBase
from checker.engine.vocabulary import Urgency
from conditions.content import Row
from conditions.markup import marks_in, plain

ENTRY_TEXTS = ("feels_like", "why", "what_helps", "what_doctors_do", "when_urgent", "how_common")
LIBRARY_GRADE = 8
QUESTION_GRADE = 6

# What the article names that this project grew from (docs: understanding muscle twitches): each must be found
# in the library. Word by word: the entry or cause that answers it.
NAMED_BY_THE_ARTICLE = {
    "micronutrients, too little": ["hypocalcaemia", "hypomagnesaemia", "hypokalaemia"],
    "micronutrients, too much": ["hypercalcaemia", "hyperkalaemia"],
    "vitamins": ["vitamin-b12-deficiency", "vitamin-d-deficiency"],
    "thyroid": ["hyperthyroidism", "hypothyroidism"],
    "cortisol": ["cortisol-excess-cushing", "adrenal-insufficiency"],
    "medicines": ["medicine-diuretics", "medicine-antidepressants", "medicine-corticosteroids"],
    "irritated nerves": ["irritated-nerves"],
    "one place or several": ["benign-fasciculation-syndrome"],
    "myoclonus, positive and negative": ["essential-myoclonus", "negative-myoclonus-asterixis"],
    "peripheral neuropathy": ["peripheral-neuropathy", "diabetic-neuropathy"],
    "action myoclonus-renal failure": ["action-myoclonus-renal-failure-syndrome"],
    "cramp-fasciculation syndrome": ["cramp-fasciculation-syndrome"],
    "hemifacial spasm": ["hemifacial-spasm"],
}
NAMED_RESOURCES = [
    "osu-wexner-blog", "osu-discovery-twitching", "rush-twitch", "bcm-myoclonus", "bcm-hemifacial",
    "stanford25-movements", "columbia-neuropathy", "medlineplus-amrf", "ukhealthcare-cfs",
]  # fmt: skip


def fields_of(rows: list[Row], model: str) -> Iterator[dict[str, Any]]:
    return (dict(row["fields"]) for row in rows if row["model"] == model)


def test_at_least_thirty_conditions_can_be_a_match(shipped_kb: KnowledgeBase) -> None:
    assert len(shipped_kb.candidates) >= 30


@pytest.mark.parametrize("topic", NAMED_BY_THE_ARTICLE)
def test_everything_that_the_article_names_has_an_entry(
    shipped_kb: KnowledgeBase, topic: str
) -> None:
    assert [s for s in NAMED_BY_THE_ARTICLE[topic] if s not in shipped_kb.conditions] == []


def test_every_resource_that_the_article_names_is_listed_under_ours(
    shipped_rows: list[Row],
) -> None:
    (article,) = fields_of(shipped_rows, "conditions.article")
    assert article["slug"] == "understanding-muscle-twitches"
    assert [key for key in NAMED_RESOURCES if [key] not in article["resources"]] == []


def test_our_article_says_when_to_seek_help(shipped_rows: list[Row]) -> None:
    (article,) = fields_of(shipped_rows, "conditions.article")
    headings = re.findall(r"^## (.+)$", article["body"], flags=re.M)
    assert any("help" in heading.lower() for heading in headings), headings
    assert "emergency" in article["body"].lower()


# --- sources ---------------------------------------------------------------------------------------

# Starts a list, whose items carry the sources; or a heading.
_OPENS_A_LIST = re.compile(r":$|:\s*(\[@[a-z0-9-]+\]\s*)*$")


def statements(text: str) -> list[str]:
    """The paragraphs and list items of a Markdown text, without headings and openings of lists."""
    blocks = re.split(r"\n\s*\n|\n(?=- )", text.strip())
    return [
        block
        for block in (" ".join(b.split()) for b in blocks)
        if block and not block.startswith("#") and not _OPENS_A_LIST.search(block)
    ]


def test_every_statement_of_an_entry_ends_with_where_it_comes_from(
    shipped_rows: list[Row],
) -> None:
    without = [
        f"{fields['slug']}, {name}: {statement}"
        for fields in fields_of(shipped_rows, "conditions.condition")
        for name in ENTRY_TEXTS
        for statement in statements(fields[name])
        if not re.search(r"(\[@[a-z0-9-]+\]\s*)+$", statement)
    ]
    assert without == []


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("conditions.warningsign", "why"),
        ("conditions.cause", "explanation"),
        ("conditions.movement", "description"),
        ("conditions.concern", "answer"),
        ("conditions.article", "body"),
        ("conditions.careadvice", "steps"),
    ],
)
def test_every_other_explanation_names_a_source(
    shipped_rows: list[Row], model: str, name: str
) -> None:
    texts = {
        row.get("slug", row.get("urgency")): row[name] for row in fields_of(shipped_rows, model)
    }
    assert texts
    assert [slug for slug, text in texts.items() if not marks_in(text)] == []


def test_an_entry_lists_every_source_that_its_text_marks(shipped_rows: list[Row]) -> None:
    plain_marks = {"consensus", "estimate"}
    missing = [
        f"{fields['slug']}: {mark}"
        for fields in fields_of(shipped_rows, "conditions.condition")
        for mark in {m for name in ENTRY_TEXTS for m in marks_in(fields[name])} - plain_marks
        if [mark] not in fields["sources"]
    ]
    assert missing == []


def test_no_entry_claims_a_review_that_nobody_made(shipped_rows: list[Row]) -> None:
    reviewed = [
        f["slug"] for f in fields_of(shipped_rows, "conditions.condition") if f["reviewed_on"]
    ]
    assert reviewed == []


def test_nobody_is_told_to_stop_a_prescribed_medicine(shipped_rows: list[Row]) -> None:
    told = re.compile(
        r"(?<!not )(?<!never )\bstop(?: taking)? (?:the|your|this|that) (?:medicine|tablet)s?\b",
        re.I,
    )
    wrong = [
        f"{row['fields'].get('slug')}: {match.group()}"
        for row in shipped_rows
        for value in row["fields"].values()
        if isinstance(value, str)
        for match in told.finditer(value)
        if not re.search(
            r"\b(not|never|n't|before you|unless)\b[^.]{0,40}$", value[: match.start()], re.I
        )
    ]
    assert wrong == []


# --- reading ---------------------------------------------------------------------------------------


def grade(*texts: str) -> float:
    """The Flesch-Kincaid grade of a text whose list items are sentences of their own."""
    sentences = [plain(line) for text in texts for line in text.splitlines() if plain(line)]
    ended = [s if s[-1] in ".?!" else f"{s.rstrip(':')}." for s in sentences]
    return float(textstat.flesch_kincaid_grade(" ".join(ended)))


def test_every_entry_can_be_read_at_grade_eight(shipped_rows: list[Row]) -> None:
    hard = {
        fields["slug"]: found
        for fields in fields_of(shipped_rows, "conditions.condition")
        if (found := grade(*(fields[name] for name in ENTRY_TEXTS))) > LIBRARY_GRADE
    }
    assert hard == {}


def test_the_questions_can_be_read_at_grade_six(shipped_rows: list[Row]) -> None:
    questions = list(fields_of(shipped_rows, "checker.question"))
    asked = [text for f in questions for text in (f["title"], f["help"], f["why"]) if text]
    options = [f["label"] for f in fields_of(shipped_rows, "checker.option")]
    assert grade(*asked) <= QUESTION_GRADE
    assert grade(*options) <= QUESTION_GRADE


def test_every_care_advice_can_be_read_at_grade_six(shipped_rows: list[Row]) -> None:
    hard = {
        fields["urgency"]: found
        for fields in fields_of(shipped_rows, "conditions.careadvice")
        if (found := grade(fields["lead"], fields["steps"], fields["on_the_phone"]))
        > QUESTION_GRADE
    }
    assert hard == {}


# --- what is asked ---------------------------------------------------------------------------------


def test_every_finding_is_asked_by_exactly_one_question(shipped_rows: list[Row]) -> None:
    findings = sorted(fields["slug"] for fields in fields_of(shipped_rows, "conditions.finding"))
    asked = sorted(fields["finding"][0] for fields in fields_of(shipped_rows, "checker.option"))
    assert asked == findings


@pytest.mark.parametrize("model", ["conditions.finding", "checker.question"])
def test_numbers_are_unique_and_fit_into_the_cookie(shipped_rows: list[Row], model: str) -> None:
    numbers = [fields["number"] for fields in fields_of(shipped_rows, model)]
    assert len(numbers) == len(set(numbers))
    assert min(numbers) >= 1
    assert max(numbers) < (256 if model == "checker.question" else 500)


def test_every_emergency_sign_alone_is_an_emergency(shipped_kb: KnowledgeBase) -> None:
    for option in shipped_kb.questions["emergency-signs"].options:
        verdict = assess_evidence(shipped_kb, evidence_of([option.finding.slug])).verdict
        assert verdict.urgency is Urgency.EMERGENCY, option.finding.slug
        assert verdict.is_emergency, option.finding.slug


def test_no_calm_answer_beside_it_calms_an_emergency_sign(shipped_kb: KnowledgeBase) -> None:
    calming = ["eyelid-flutter", "eyelid-one", "days-under-two-weeks", "already-examined-normal"]
    denied = [f for f in shipped_kb.findings if f.startswith("weak-")]
    for option in shipped_kb.questions["emergency-signs"].options:
        evidence = evidence_of([*calming, option.finding.slug], denied)
        assert assess_evidence(shipped_kb, evidence).verdict.urgency is Urgency.EMERGENCY


def test_thoughts_of_self_harm_weigh_in_no_condition(shipped_rows: list[Row]) -> None:
    associated = {f["finding"][0] for f in fields_of(shipped_rows, "conditions.association")}
    assert "thoughts-of-self-harm" in {
        f["slug"] for f in fields_of(shipped_rows, "conditions.finding")
    }
    assert not {finding for finding in associated if "harm" in finding}


def test_all_five_levels_have_their_advice(shipped_rows: list[Row]) -> None:
    levels = {fields["urgency"] for fields in fields_of(shipped_rows, "conditions.careadvice")}
    assert levels == {level.slug for level in Urgency}
    (routine,) = [
        f for f in fields_of(shipped_rows, "conditions.careadvice") if f["urgency"] == "routine"
    ]
    assert routine["untold_headline"]
    assert routine["untold_lead"]


def test_there_is_someone_to_call_for_every_need(shipped_rows: list[Row]) -> None:
    kinds = {fields["kind"] for fields in fields_of(shipped_rows, "conditions.helpline")}
    assert kinds == {"emergency", "urgent-advice", "crisis", "poisons"}
    emergency = {
        f["number"]
        for f in fields_of(shipped_rows, "conditions.helpline")
        if f["kind"] == "emergency"
    }
    assert {"112", "911", "999", "000"} <= emergency


def test_every_emergency_has_something_to_say_on_the_phone(shipped_rows: list[Row]) -> None:
    silent = [
        fields["slug"]
        for fields in fields_of(shipped_rows, "conditions.warningsign")
        if fields["urgency"] == "emergency" and not fields["say"]
    ]
    assert silent == []


def test_a_calm_sign_caps_only_low_warnings(shipped_kb: KnowledgeBase) -> None:
    for sign in shipped_kb.signs.values():
        for capped in sign.caps:
            assert shipped_kb.signs[capped].urgency < Urgency.SAME_DAY, (sign.slug, capped)


def test_no_warning_sign_says_self_care(shipped_kb: KnowledgeBase) -> None:
    """A warning that says less than "we could not tell" would lower the advice by firing."""
    low = [
        s.slug
        for s in shipped_kb.signs.values()
        if s.kind == "warning" and s.urgency is Urgency.SELF_CARE
    ]
    assert low == []


def test_the_safety_questions_are_part_of_the_opening(shipped_kb: KnowledgeBase) -> None:
    for slug in ("emergency-signs", "weakness", "throat-and-breath"):
        assert shipped_kb.questions[slug].stage == "opening"


def test_every_candidate_lists_something_by_which_it_can_be_known(
    shipped_kb: KnowledgeBase,
) -> None:
    bare = [c.slug for c in shipped_kb.candidates if len(c.associations) < 3]
    assert bare == []
