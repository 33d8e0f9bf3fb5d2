"""The result: how soon, what fits, and why."""

from __future__ import annotations

import pytest

from checker.engine.assessment import assess
from checker.engine.urgency import ReasonKind
from checker.engine.vocabulary import Urgency
from checker.knowledge import current_knowledge_base
from conditions.editions import Edition
from tests.pages import Page

from .visitor import ANSWERS, RESULT, START, Visitor, address

EYELID = (
    "age-18-39", "sex-female", "eyelid-flutter", "eyelid-one", "one-spot", "days-under-two-weeks",
    "comes-and-goes", "onset-gradual", "lack-of-sleep", "high-caffeine", "stress",
)  # fmt: skip


def result_of(visitor: Visitor, *story: str) -> Page:
    assert visitor.tell(*story) == ANSWERS
    return visitor.see(RESULT)


def urgency(page: Page) -> str:
    return page.values("data-urgency")[0]


def test_it_shows_what_the_engine_says_and_no_more(visitor: Visitor) -> None:
    page = result_of(visitor, *EYELID)
    assert visitor.check is not None
    assessment = assess(current_knowledge_base(), visitor.check.answers)
    assert urgency(page) == assessment.verdict.urgency.slug
    assert page.values("data-condition") == [m.condition.slug for m in assessment.matches]
    assert len(page.all("h1")) == 1
    assert page.broken_anchors == []


def test_every_match_leads_to_its_entry(visitor: Visitor) -> None:
    page = result_of(visitor, *EYELID)
    for slug in page.values("data-condition"):
        assert f"/conditions/{slug}/" in page.links


def test_it_names_its_release_and_carries_the_disclaimer(
    visitor: Visitor, edition: Edition
) -> None:
    page = result_of(visitor, *EYELID)
    assert f"release {edition.number}" in page.text
    assert page.links.count("/disclaimer/") >= 2  # with the result, and in the foot of every page


def test_no_figure_of_the_engine_is_shown(visitor: Visitor) -> None:
    """Words, never a percentage: the numbers of the ranking are for ordering only."""
    page = result_of(visitor, *EYELID)
    assert visitor.check is not None
    matches = assess(current_knowledge_base(), visitor.check.answers).matches
    assert matches
    for match in matches:
        for number in (match.probability, match.score):
            assert f"{number:.2f}" not in page.text
        assert f"{100 * match.probability:.0f}%" not in page.text


def test_nothing_told_is_routine_and_says_that_we_could_not_tell(
    visitor: Visitor, edition: Edition
) -> None:
    path = visitor.start()
    while path != ANSWERS:
        choices = visitor.see(path).choices
        path = visitor.send(path, dict.fromkeys(choices, "not-sure"))
    page = visitor.see(RESULT)
    assert urgency(page) == "routine"
    assert page.values("data-condition") == []
    assert edition.library.care[Urgency.ROUTINE].untold_headline in page.text


def test_what_would_change_the_advice_is_shown(visitor: Visitor, edition: Edition) -> None:
    page = result_of(visitor, *EYELID)
    assert visitor.check is not None
    verdict = assess(current_knowledge_base(), visitor.check.answers).verdict
    for slug in verdict.would_change:
        assert edition.library.signs[slug].statement in page.text


def test_every_reason_for_the_level_is_told(visitor: Visitor, edition: Edition) -> None:
    page = result_of(
        visitor, "age-40-59", "flicker", "calf", "weak-foot-drop-or-tripping", "lost-a-task"
    )
    assert visitor.check is not None
    verdict = assess(current_knowledge_base(), visitor.check.answers).verdict
    assert verdict.urgency >= Urgency.SOON
    told = [r for r in verdict.reasons if r.urgency is verdict.urgency]
    for reason in told:
        match reason.kind:
            case ReasonKind.SIGN:
                assert edition.library.signs[reason.slug].statement in page.text
            case ReasonKind.FLOOR:
                assert edition.library.findings[reason.slug].label in page.text
            case ReasonKind.MATCH:
                assert edition.library.entries[reason.slug].name in page.text


def test_the_history_for_a_doctor_holds_every_answer(visitor: Visitor) -> None:
    page = result_of(visitor, *EYELID)
    kb = current_knowledge_base()
    assert visitor.check is not None
    labels = {o.finding.slug: o.label for q in kb.questions.values() for o in q.options}
    assert [slug for slug in visitor.said if labels[slug] not in page.text] == []


def test_a_carer_reads_about_the_person(visitor: Visitor) -> None:
    assert visitor.tell(*EYELID, who="someone") == ANSWERS
    page = visitor.see(RESULT)
    age = current_knowledge_base().questions["age"]
    assert age.carer_title in page.text
    assert age.title not in page.text


def test_before_the_opening_is_done_it_leads_to_the_question_to_answer(visitor: Visitor) -> None:
    visitor.tell("age-18-39", up_to=address("place"))
    assert visitor.client.get(RESULT)["Location"].partition("?")[0] == address("place")


def test_without_answers_it_leads_to_the_start(visitor: Visitor) -> None:
    assert visitor.client.get(RESULT)["Location"].startswith(START)


def test_it_only_shows(visitor: Visitor) -> None:
    visitor.tell(*EYELID)
    assert visitor.client.post(RESULT).status_code == 405


def test_thoughts_of_self_harm_bring_crisis_lines_first_and_rank_nothing(
    visitor: Visitor, edition: Edition
) -> None:
    story = (*EYELID, "health-worry-about-twitching", "worry-or-panic")
    path = visitor.tell(*story, up_to=address("feeling-safe"))
    assert path == address("feeling-safe")
    visitor.send(path, {"feeling-safe": "none"})
    calm = visitor.see(RESULT)
    visitor.send(path, {"feeling-safe": "thoughts-of-self-harm"})
    page = visitor.see(RESULT)
    lines = [line.tel for line in edition.library.helplines_of("crisis")]
    assert lines
    assert [line for line in lines if line not in page.links or line in calm.links] == []
    assert page.html.index(lines[0]) < page.html.index("data-urgency")
    assert page.values("data-condition") == calm.values("data-condition")


@pytest.mark.parametrize("page", [RESULT, ANSWERS])
def test_the_result_can_be_taken_away_and_left(visitor: Visitor, page: str) -> None:
    visitor.tell(*EYELID)
    assert "/check/clear/" in [form.get("action") for form in visitor.see(page).all("form")]
