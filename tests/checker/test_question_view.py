"""One page of questions: shown, answered, changed; and what does not belong."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from checker.engine.vocabulary import Stage
from checker.knowledge import current_knowledge_base
from conditions import editions
from conditions.editions import Edition
from tests.pages import Page, page_of

from .visitor import ANSWERS, START, Visitor, address, reply


def test_it_shows_every_question_of_its_page_with_its_hooks(visitor: Visitor) -> None:
    visitor.start()
    page = visitor.see(address("you"))
    assert page.values("data-question") == ["age", "sex", "pregnancy"]
    assert {"age", "sex", "pregnancy"} == set(page.choices)
    assert "age-18-39" in [choice["value"] for choice in page.choices["age"]]
    assert len(page.all("h1")) == 1
    assert page.broken_anchors == []


def test_every_choice_has_a_label_of_its_own(visitor: Visitor) -> None:
    path = visitor.start()
    while path != ANSWERS:
        page = visitor.see(path)
        ids = [i["id"] for inputs in page.choices.values() for i in inputs]
        assert len(ids) == len(set(ids)), path
        assert set(ids) <= set(page.values("for")), path
        path = visitor.send(path, reply(page, ()))


def test_a_line_of_yes_and_no_is_named_by_its_finding(visitor: Visitor) -> None:
    path = visitor.tell("age-18-39", up_to=address("weakness"))
    choices = visitor.see(path).choices
    assert {c["value"] for c in choices["weak-hand-or-grip"]} == {"present", "absent", "not-sure"}


def test_an_answer_leads_to_the_next_page_and_lies_in_the_cookie_only(visitor: Visitor) -> None:
    visitor.start()
    sent = {"age": "age-18-39", "sex": "sex-male", "pregnancy": "not-sure"}
    after = visitor.send(address("you"), sent)
    assert after == address("emergency-signs")
    assert visitor.said == {"age-18-39", "sex-male"}
    assert set(visitor.client.cookies) == {"answers"}


@pytest.mark.parametrize(
    ("page", "data"),
    [
        ("you", {}),
        ("you", {"age": "age-18-39"}),
        ("you", {"age": "age-999", "sex": "not-sure", "pregnancy": "not-sure"}),
        ("emergency-signs", {}),
        ("emergency-signs", {"emergency-signs": ["none", "throat-tightening"]}),
        ("emergency-signs", {"emergency-signs": ["flicker"]}),
        ("movement", {"movement": ["flicker", "not-sure"]}),
        ("weakness", {"weak-hand-or-grip": "present"}),
    ],
)
def test_a_refused_answer_stays_on_the_page_and_says_so(
    visitor: Visitor, page: str, data: dict[str, Any]
) -> None:
    path = visitor.tell("age-18-39", up_to=address(page))
    before = visitor.said
    response = visitor.client.post(path, data)
    assert response.status_code == 200
    shown = page_of(response)
    assert "data-error-summary" in shown.html
    assert "<title>Error: " in shown.html
    assert visitor.said == before


def test_a_refused_page_keeps_what_was_ticked_and_links_to_what_is_wrong(visitor: Visitor) -> None:
    path = visitor.tell("age-18-39", up_to=address("movement"))
    page = page_of(visitor.client.post(path, {"movement": ["flicker", "none"]}))
    assert page.checked["movement"] == ["flicker", "none"]
    assert any(link.startswith("#id_movement") for link in page.links)
    assert page.broken_anchors == []


def test_each_line_of_the_error_summary_says_which_question_it_means(visitor: Visitor) -> None:
    visitor.start()
    html = page_of(visitor.client.post(address("you"), {})).html
    start = html.index("data-error-summary")
    summary = html[start : html.index("</ul>", start)]
    lines = re.findall(r'<a href="#id_(\w+)_0">([^<]+)</a>', summary)
    kb = current_knowledge_base()
    assert [slug for slug, _ in lines] == ["age", "sex", "pregnancy"]
    for slug, words in lines:
        assert words.startswith(kb.questions[slug].title)
    assert len({words for _, words in lines}) == 3


def test_a_page_that_is_not_known_is_not_found(visitor: Visitor) -> None:
    visitor.start()
    assert visitor.client.get(address("no-such-page")).status_code == 404
    assert visitor.client.post(address("no-such-page"), {}).status_code == 404


def test_without_answers_it_leads_to_the_start(visitor: Visitor) -> None:
    for method in (visitor.client.get, visitor.client.post):
        response: Any = method(address("movement"))
        assert response.status_code == 302
        assert response["Location"].partition("?")[0] == START


@pytest.mark.parametrize("damage", ["", "x" * 50, "x" * 5000])
def test_a_damaged_cookie_leads_to_the_start(visitor: Visitor, damage: str) -> None:
    visitor.tell("age-18-39", up_to=address("movement"))
    visitor.cookie = visitor.cookie[:-4] + damage if damage else "gAAAA"
    response = visitor.client.get(address("movement"))
    assert response.status_code == 302
    assert response["Location"].startswith(START)


def test_a_page_before_its_turn_leads_to_the_one_to_answer_now(visitor: Visitor) -> None:
    visitor.start()
    for method in (visitor.client.get, visitor.client.post):
        response: Any = method(address("movement"))
        assert response.status_code == 302
        assert response["Location"].partition("?")[0] == address("you")
    assert visitor.said == set()


def test_a_page_that_does_not_apply_leads_away(visitor: Visitor) -> None:
    visitor.tell("age-under-2", up_to=address("movement"))
    response = visitor.client.get(address("weakness"))
    assert response["Location"].partition("?")[0] == address("movement")


def test_back_leads_through_the_pages_in_the_order_asked(visitor: Visitor) -> None:
    path = visitor.tell("age-18-39", up_to=address("place"))
    seen = [path]
    while path != START:
        (back,) = [a["href"] for a in visitor.see(path).all("a", **{"class": "back"})]
        seen.append(path := back)
    pages = ["place", "movement", "emergency-signs", "you"]
    assert seen == [*map(address, pages), START]


def test_an_answered_page_shows_its_answers_and_can_be_changed(visitor: Visitor) -> None:
    visitor.tell("age-18-39", "sex-female", "flicker", up_to=address("place"))
    assert visitor.see(address("you")).checked["age"] == ["age-18-39"]
    assert visitor.see(address("movement")).checked == {"movement": ["flicker"]}
    assert visitor.see(address("emergency-signs")).checked == {"emergency-signs": ["none"]}
    after = visitor.send(address("movement"), {"movement": ["cramp"]})
    assert after == address("place")
    assert visitor.said == {"age-18-39", "sex-female", "cramp"}


def test_changing_the_age_to_a_baby_silences_what_a_baby_is_not_asked_and_keeps_it(
    visitor: Visitor,
) -> None:
    visitor.tell("age-18-39", "weak-hand-or-grip", up_to=address("throat-and-breath"))
    visitor.send(address("you"), {"age": "age-under-2", "sex": "not-sure", "pregnancy": "not-sure"})
    assert address("weakness") not in visitor.see(ANSWERS).links
    assert "weak-hand-or-grip" in visitor.said
    visitor.send(address("you"), {"age": "age-18-39", "sex": "not-sure", "pregnancy": "not-sure"})
    assert "weak-hand-or-grip" in visitor.said
    assert visitor.see(address("weakness")).checked["weak-hand-or-grip"] == ["present"]


def test_a_form_of_an_older_check_changes_nothing(visitor: Visitor) -> None:
    """Two tabs, or two people on one computer: the newest start wins."""
    visitor.start()
    (old,) = [i["value"] for i in visitor.see(address("you")).all("input", name="check")]
    answer = {"age": "age-18-39", "sex": "sex-male", "pregnancy": "not-sure"}
    for _ in range(3):  # names are random, so a new one may by chance be the old one
        visitor.start()
        (new,) = [i["value"] for i in visitor.see(address("you")).all("input", name="check")]
        if new != old:
            break
    assert visitor.send(address("you"), {**answer, "check": old}).startswith(address("you") + "?")
    assert visitor.said == set()
    assert visitor.send(address("you"), {**answer, "check": new}) == address("emergency-signs")
    assert visitor.said == {"age-18-39", "sex-male"}


def test_a_carer_is_asked_about_the_person(visitor: Visitor) -> None:
    kb = current_knowledge_base()
    age = kb.questions["age"]
    assert age.title != age.carer_title
    visitor.start("me")
    mine = visitor.see(address("you")).text
    visitor.start("someone")
    theirs = visitor.see(address("you")).text
    assert age.title in mine
    assert age.carer_title not in mine
    assert age.carer_title in theirs
    assert age.title not in theirs


def test_after_the_opening_the_rest_can_be_skipped(visitor: Visitor) -> None:
    path = visitor.tell("age-18-39", "flicker", up_to=address("movement"))
    assert ANSWERS not in visitor.see(path).links
    kb = current_knowledge_base()
    opening = {address(p.slug) for p in kb.pages.values() if p.stage is Stage.OPENING}
    while path in opening:
        path = visitor.send(path, reply(visitor.see(path), ("flicker", "stress")))
    assert path != ANSWERS, "the story ends with the opening: choose another"
    assert ANSWERS in visitor.see(path).links


def test_the_progress_line_names_where_one_is(visitor: Visitor) -> None:
    path = visitor.tell("age-18-39", up_to=address("movement"))
    current = [a for _, a in visitor.see(path).elements if a.get("aria-current") == "step"]
    assert len(current) == 1


# --- a new release in mid-check --------------------------------------------------------------------


def without(edition: Edition, *gone: str) -> Edition:
    """The next release, which has dropped these questions and findings and all that hangs on them."""
    rows = [
        {"model": row["model"], "fields": {n: _left(v, gone) for n, v in row["fields"].items()}}
        for row in edition.rows
        if row["model"] not in ("checker.scenario", "conditions.warningsign")
        and row["model"] not in ("conditions.rule", "conditions.clause")
        and row["fields"].get("slug") not in gone
        and not {key[0] for key in (row["fields"].get(n) for n in ("question", "finding")) if key}
        & set(gone)
    ]
    document = editions.canonical(rows)
    return editions.make_edition(
        number=edition.number + 1,
        document=document,
        expected=editions.checksum(document),
        published_at=edition.published_at,
    )


def _left(value: Any, gone: tuple[str, ...]) -> Any:
    if isinstance(value, list) and all(isinstance(key, list) for key in value):
        return [key for key in value if key[0] not in gone]
    return value


def test_a_release_that_drops_a_finding_in_mid_check_loses_nothing_else(
    visitor: Visitor, edition: Edition
) -> None:
    path = visitor.tell("age-18-39", "fidgety-flowing", "cramp", up_to=address("place"))
    editions.install(without(edition, "fidgety-flowing"))
    assert visitor.said == {"age-18-39", "cramp"}
    assert visitor.see(path).choices["place"]
    assert visitor.see(address("movement")).checked == {"movement": ["cramp"]}


def test_a_release_that_drops_a_question_in_mid_check_loses_nothing_else(
    visitor: Visitor, edition: Edition
) -> None:
    spread = [o.finding.slug for o in current_knowledge_base().questions["spread"].options]
    path = visitor.tell("age-18-39", "flicker", "calf", "one-spot", up_to=address("duration"))
    assert "one-spot" in visitor.said
    editions.install(without(edition, "spread", *spread))
    assert visitor.said == {"age-18-39", "flicker", "calf"}
    assert visitor.see(path).choices["duration"]
    assert "spread" not in visitor.see(address("place")).choices


def test_a_form_that_ticks_what_the_new_release_dropped_is_asked_again(
    visitor: Visitor, edition: Edition
) -> None:
    path = visitor.tell("age-18-39", up_to=address("movement"))
    editions.install(without(edition, "fidgety-flowing"))
    assert visitor.client.post(path, {"movement": ["fidgety-flowing"]}).status_code == 200
    assert visitor.send(path, {"movement": ["cramp"]}) == address("place")


def test_a_new_release_under_another_number_asks_the_same_person_on(
    visitor: Visitor, edition: Edition
) -> None:
    path = visitor.tell("age-18-39", up_to=address("place"))
    before = visitor.check
    editions.install(replace(edition, number=edition.number + 1))
    assert visitor.check == before
    assert visitor.see(path).choices["place"]


# --- how long it still takes -----------------------------------------------------------------------


def time_left(page: Page) -> str:
    found = re.search(r'class="time-left">([^<]+)<', page.html)
    return found.group(1) if found else ""


def test_the_time_left_is_told_in_words_and_only_gets_shorter(visitor: Visitor) -> None:
    words = [
        "About three minutes left",
        "About two minutes left",
        "About a minute left",
        "Nearly done",
    ]
    path = visitor.start()
    told = []
    while path != ANSWERS:
        page = visitor.see(path)
        told.append(words.index(time_left(page)))
        path = visitor.send(path, reply(page, ("age-18-39", "flicker", "calf")))
    assert told == sorted(told)
    assert told[0] <= 1
    assert told[-1] == len(words) - 1


def test_whoever_comes_back_to_change_an_answer_is_told_nothing_of_time(visitor: Visitor) -> None:
    visitor.tell("age-18-39", "flicker", up_to=address("weakness"))
    assert time_left(visitor.see(address("weakness")))
    assert time_left(visitor.see(address("movement"))) == ""
