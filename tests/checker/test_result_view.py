"""The result: how soon, what fits, and why."""

from __future__ import annotations

import re

import pytest

from checker.engine.assessment import assess
from checker.engine.urgency import ReasonKind
from checker.engine.vocabulary import Urgency
from checker.knowledge import current_knowledge_base
from conditions import editions
from conditions.editions import Edition
from tests.pages import Page

from .visitor import ANSWERS, RESULT, START, Visitor, address, reply

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


# --- the order and the parts of the page -----------------------------------------------------------

FEARFUL = (
    "age-18-39", "sex-male", "flicker", "calf", "several-places", "three-to-twelve-months", "comes-and-goes",
    "at-rest", "health-worry-about-twitching", "stress", "high-caffeine",
)  # fmt: skip
WEAK = ("age-60-plus", "sex-male", "flicker", "hand-or-fingers", "weak-hand-or-grip", "lost-a-task")
FITS_NOTHING = ("age-40-59", "sex-female")


def test_its_parts_come_in_the_order_in_which_they_are_needed(visitor: Visitor) -> None:
    page = result_of(visitor, *FEARFUL)
    html = page.html[page.html.index("<main") :]
    parts = [
        'id="how-soon"', "What to do", "What to say when you call", "Why we say this", 'id="matches"',
        'id="concern"', 'id="self-care"', 'id="would-change"', 'id="take-away"', 'id="notes"',
        "Education, not a diagnosis", "Made with content release", "Tell us what is wrong",
    ]  # fmt: skip
    places = [html.index(part) for part in parts]
    assert places == sorted(places), dict(zip(parts, places, strict=True))


@pytest.mark.parametrize(
    ("story", "word"), [(EYELID, "Self-care"), (FEARFUL, "Routine"), (WEAK, "Soon: within days")]
)
def test_the_level_is_told_by_a_word_and_a_picture_not_by_colour_alone(
    visitor: Visitor, story: tuple[str, ...], word: str
) -> None:
    html = result_of(visitor, *story).html
    card = html[html.index('id="how-soon"') : html.index('class="care-body"')]
    assert re.search(r'<h1><span class="care-level">\s*' + re.escape(word), card)
    assert 'class="icon"' in card


def test_the_fear_is_answered_with_figures_and_with_what_was_denied(
    visitor: Visitor, edition: Edition
) -> None:
    page = result_of(visitor, *FEARFUL)
    start = page.html.index('class="concern"')
    panel = Page(page.html[start : page.html.index("</section>", start)])
    assert "Could it be ALS" in panel.text
    assert "0 of 180" in panel.text
    assert panel.all("svg", role="img")
    assert "You said no to" in panel.text
    assert edition.library.findings["weak-hand-or-grip"].label in panel.text
    assert "Still open" not in panel.text


def test_a_fear_is_not_calmed_by_answers_that_were_not_given(visitor: Visitor) -> None:
    path = visitor.tell(*FEARFUL, up_to=address("weakness"))
    choices = visitor.see(path).choices
    path = visitor.send(path, dict.fromkeys(choices, "not-sure"))
    while path not in (ANSWERS, RESULT):
        path = visitor.send(path, reply(visitor.see(path), FEARFUL))
    page = visitor.see(RESULT)
    assert urgency(page) == "routine"
    assert "Still open" in page.text
    assert "sure about your strength" in page.text


@pytest.mark.parametrize(
    "sign", ["weak-hand-or-grip", "slurred-speech", "muscle-wasting", "trouble-swallowing"]
)
def test_nobody_is_calmed_beside_a_warning_sign(visitor: Visitor, sign: str) -> None:
    page = result_of(visitor, *FEARFUL, sign, "sign-over-four-weeks")
    assert urgency(page) in ("soon", "same-day")
    assert 'class="concern"' not in page.html
    assert "0 of 180" not in page.text


def test_where_nothing_fits_it_says_so_and_what_would_settle_it(visitor: Visitor) -> None:
    page = result_of(visitor, *FITS_NOTHING)
    assert page.values("data-condition") == []
    assert "Nothing in our library fits your answers well" in page.text
    assert "What would settle it" in page.text
    assert {ANSWERS, "/movements/"} <= set(page.links)
    assert urgency(page) == "routine"


def test_it_offers_paper_a_file_and_data_and_none_of_the_addresses_tells_anything(
    visitor: Visitor,
) -> None:
    page = result_of(visitor, *EYELID)
    taken = [link for link in page.links if link.startswith(RESULT)]
    assert taken == [f"{RESULT}pdf/", f"{RESULT}fhir/"]
    assert [b for b in page.all("button") if "data-print" in b]


def test_it_says_whether_a_clinician_reviewed_what_it_says(
    visitor: Visitor, edition: Edition
) -> None:
    assert "Not yet reviewed by a clinician" in result_of(visitor, *EYELID).text
    rows = [
        {"model": row["model"], "fields": {**row["fields"], "reviewed_on": "2026-11-20", "reviewed_by": "neurologist"}}
        if row["model"] == "conditions.condition"
        else row
        for row in edition.rows
    ]  # fmt: skip
    document = editions.canonical(rows)
    editions.install(
        editions.make_edition(
            number=edition.number + 1,
            document=document,
            expected=editions.checksum(document),
            published_at=edition.published_at,
        )
    )
    text = visitor.see(RESULT).text
    assert "Not yet reviewed" not in text.partition("Made with content release")[2]
    assert "20 November 2026" in text


def test_an_emergency_that_was_passed_stays_loud_and_brings_no_home_remedies(
    visitor: Visitor,
) -> None:
    story = ("age-60-plus", "sex-female", "face-droop-arm-weakness-speech", "flicker", "calf")
    assert visitor.tell(*story) == "/check/emergency/"
    # Straight to the result: it sends back to whom to call, whatever else is open.
    assert visitor.client.get(RESULT)["Location"] == "/check/emergency/"
    path = visitor.send("/check/emergency/", {})
    while path not in (ANSWERS, RESULT):
        path = visitor.send(path, reply(visitor.see(path), story))
    page = visitor.see(RESULT)
    assert urgency(page) == "emergency"
    assert [link for link in page.links if link.startswith("tel:")]
    assert 'id="self-care"' not in page.html
    assert 'class="concern"' not in page.html


def test_whoever_denied_everything_still_learns_what_to_watch_for(visitor: Visitor) -> None:
    """The safety net: a calm result names the signs that would make it another one."""
    for story in (EYELID, FEARFUL):
        page = result_of(visitor, *story)
        start = page.html.index('id="would-change"')
        net = page.html[start : page.html.index("</section>", start)]
        assert 3 <= net.count('class="level-tag') <= 5
        assert "seek help sooner" in net
