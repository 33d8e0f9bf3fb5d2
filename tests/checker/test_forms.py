"""One page of questions as a form: what it draws, what it takes, and what it makes of it."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils.datastructures import MultiValueDict

from checker.engine.evidence import Answers, gather_evidence
from checker.engine.vocabulary import EvidenceState
from checker.forms import EachField, PageForm
from tests.worlds import world

PRESENT, ABSENT, UNTICKED = EvidenceState.PRESENT, EvidenceState.ABSENT, EvidenceState.UNTICKED

KB = world("""
    finding  baby      occasional
    finding  days      frequent
    finding  months    frequent
    finding  pregnant  occasional
    finding  cramp     frequent
    finding  jerk      frequent
    finding  strange   frequent
    finding  rise      occasional
    finding  trip      occasional
    question age       single opening none: baby
    question since     single opening: days months
    question birth     single opening none: pregnant
    question movement  multi  opening none: cramp jerk strange(unless=baby)
    question sorts     multi  opening: alpha beta
    question strength  each   opening: rise(present=no) trip
    finding  alpha     frequent
    finding  beta      frequent
""")


def form(
    page: str,
    data: dict[str, Any] | None = None,
    *,
    answers: Answers | None = None,
    carer: bool = False,
) -> PageForm:
    answers = answers or Answers()
    lists = {
        key: value if isinstance(value, list) else [value] for key, value in (data or {}).items()
    }
    sent = None if data is None else _query(lists)
    return PageForm(
        KB.pages[page],
        gather_evidence(KB, answers),
        answers,
        carer=carer,
        data=sent,
    )


def _query(lists: dict[str, list[str]]) -> MultiValueDict[str, str]:
    return MultiValueDict(lists)


def states(page: str, data: dict[str, Any]) -> dict[str, EvidenceState]:
    sent = form(page, data)
    assert sent.is_valid(), sent.errors
    return dict(sent.answered(Answers()).states)


@pytest.mark.parametrize(
    ("page", "data", "expected"),
    [
        ("since", {"since": "days"}, {"days": PRESENT}),
        ("since", {"since": "not-sure"}, {}),
        ("birth", {"birth": "none"}, {"pregnant": ABSENT}),
        ("movement", {"movement": ["cramp"]}, {"cramp": PRESENT, "jerk": UNTICKED, "strange": UNTICKED}),
        ("movement", {"movement": ["none"]}, {"cramp": ABSENT, "jerk": ABSENT, "strange": ABSENT}),
        ("movement", {"movement": ["not-sure"]}, {}),
        ("strength", {"rise": "present", "trip": "absent"}, {"rise": PRESENT, "trip": ABSENT}),
        ("strength", {"rise": "not-sure", "trip": "not-sure"}, {}),
    ],
)  # fmt: skip
def test_what_a_form_makes_of_an_answer(
    page: str, data: dict[str, Any], expected: dict[str, EvidenceState]
) -> None:
    assert states(page, data) == expected


@pytest.mark.parametrize(
    ("page", "data", "code"),
    [
        ("since", {}, "required"),
        ("since", {"since": "years"}, "unknown"),
        ("since", {"since": "none"}, "unknown"),  # not offered here
        ("movement", {}, "required"),
        ("movement", {"movement": ["cramp", "flying"]}, "unknown"),
        ("movement", {"movement": ["cramp", "none"]}, "exclusive"),
        ("movement", {"movement": ["not-sure", "cramp"]}, "exclusive"),
        ("movement", {"movement": ["none", "not-sure"]}, "exclusive"),
        ("sorts", {"sorts": ["none"]}, "unknown"),
        ("strength", {}, "required"),
        ("strength", {"rise": "present"}, "required"),
        ("strength", {"rise": "present", "trip": "maybe"}, "unknown"),
    ],
)
def test_what_a_form_refuses(page: str, data: dict[str, Any], code: str) -> None:
    sent = form(page, data)
    assert not sent.is_valid()
    assert [error.code for errors in sent.errors.as_data().values() for error in errors] == [code]


def test_a_box_that_is_sent_twice_counts_once() -> None:
    assert states("movement", {"movement": ["none", "none"]})["cramp"] is ABSENT


def test_nobody_has_to_answer_what_is_not_offered() -> None:
    baby = Answers().with_answer(KB.questions["age"], {"baby": PRESENT})
    assert "strange" not in dict(drawn(form("movement", answers=baby), "movement"))
    assert not form("movement", {"movement": ["strange"]}, answers=baby).is_valid()


def drawn(found: PageForm, question: str) -> list[tuple[str, bool]]:
    field = found.fields[question]
    return [(row.value, row.checked) for row in field.rows]  # type: ignore[attr-defined]


def test_none_and_not_sure_stand_last_and_alone() -> None:
    rows = form("movement").fields["movement"].rows  # type: ignore[attr-defined]
    assert [row.value for row in rows] == ["cramp", "jerk", "strange", "none", "not-sure"]
    assert [row.exclusive for row in rows] == [False, False, False, True, True]
    assert [value for value, _ in drawn(form("since"), "since")] == ["days", "months", "not-sure"]


@pytest.mark.parametrize(
    ("page", "data"),
    [
        ("since", {"since": "months"}),
        ("since", {"since": "not-sure"}),
        ("birth", {"birth": "pregnant"}),
        ("birth", {"birth": "none"}),
        ("movement", {"movement": ["cramp", "strange"]}),
        ("movement", {"movement": ["none"]}),
        ("movement", {"movement": ["not-sure"]}),
        ("strength", {"rise": "absent", "trip": "not-sure"}),
    ],
)
def test_an_answer_given_earlier_is_drawn_as_it_was_given(page: str, data: dict[str, Any]) -> None:
    sent = form(page, data)
    assert sent.is_valid()
    again = form(page, answers=sent.answered(Answers()))
    if page == "strength":
        items = again.fields[page].items  # type: ignore[attr-defined]
        checked: Any = {i.name: c.value for i in items for c in i.choices if c.checked}
        assert checked == data
    else:
        checked = [value for value, is_checked in drawn(again, page) if is_checked]
        assert checked == (data[page] if isinstance(data[page], list) else [data[page]])


def test_a_question_not_asked_before_is_drawn_empty() -> None:
    assert not any(checked for _, checked in drawn(form("movement"), "movement"))
    items = form("strength").fields["strength"].items  # type: ignore[attr-defined]
    assert not any(choice.checked for item in items for choice in item.choices)


def test_a_refused_form_keeps_what_was_sent() -> None:
    sent = form("movement", {"movement": ["cramp", "none"]})
    assert not sent.is_valid()
    assert [value for value, checked in drawn(sent, "movement") if checked] == ["cramp", "none"]


def test_a_refused_form_marks_the_lines_without_an_answer() -> None:
    sent = form("strength", {"trip": "absent"})
    assert not sent.is_valid()
    items = sent.fields["strength"].items  # type: ignore[attr-defined]
    assert {item.name: item.is_missing for item in items} == {"rise": True, "trip": False}
    fresh = form("strength").fields["strength"].items  # type: ignore[attr-defined]
    assert not any(item.is_missing for item in fresh)


def test_yes_stands_first_whatever_it_means() -> None:
    """ "Can you rise from a chair?" means trouble when the answer is no."""
    field = form("strength").fields["strength"]
    assert isinstance(field, EachField)
    rise, trip = field.items
    assert [choice.value for choice in rise.choices] == ["absent", "present", "not-sure"]
    assert [choice.value for choice in trip.choices] == ["present", "absent", "not-sure"]
    assert [choice.label for choice in rise.choices[:2]] == ["Yes", "No"]


def test_a_carer_is_asked_about_the_person() -> None:
    mine, theirs = form("movement"), form("movement", carer=True)
    assert mine.heading == KB.questions["movement"].title
    assert theirs.heading == KB.questions["movement"].carer_title
    labels = [row.label for row in theirs.fields["movement"].rows][:3]  # type: ignore[attr-defined]
    assert labels == [option.carer_label for option in KB.questions["movement"].options]


def test_ids_are_unique_on_a_page() -> None:
    ids = [row.id for row in form("movement").fields["movement"].rows]  # type: ignore[attr-defined]
    items = form("strength").fields["strength"].items  # type: ignore[attr-defined]
    ids += [choice.id for item in items for choice in item.choices]
    assert len(ids) == len(set(ids))


YOU = world("""
    finding  man      frequent context
    finding  woman    frequent context
    finding  pregnant occasional context
    question sex      single opening page=you: man woman
    question birth    single opening none page=you unless=man: pregnant
""")


@pytest.mark.parametrize(
    ("data", "is_valid"),
    [
        ({"sex": "man"}, True),
        ({"sex": "man", "birth": "pregnant"}, True),
        ({"sex": "woman"}, False),
        ({"sex": "not-sure"}, False),
        ({"birth": "none"}, False),
    ],
)
@pytest.mark.parametrize("before", ["", "man", "woman"])
def test_a_question_that_another_answer_of_the_page_rules_out_need_not_be_answered(
    data: dict[str, str], is_valid: bool, before: str
) -> None:
    """Only what is sent now counts, not what the same page said before."""
    answers = Answers()
    if before:
        answers = answers.with_answer(YOU.questions["sex"], {before: PRESENT})
    sent = _query({name: [value] for name, value in data.items()})
    page = PageForm(
        YOU.pages["you"],
        gather_evidence(YOU, answers),
        answers,
        carer=False,
        data=sent,
    )
    assert page.is_valid() is is_valid
    if is_valid:
        evidence = gather_evidence(YOU, page.answered(answers))
        assert "pregnant" not in evidence.present
