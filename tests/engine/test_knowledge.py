"""Building the knowledge base: what is taken over, and what is refused, with a word on what to mend."""

from __future__ import annotations

import pytest

from checker.engine.knowledge import KnowledgeError, build, nearest
from checker.engine.vocabulary import Urgency
from tests.worlds import rows, slugs, world

SOUND = """
    finding   flicker frequent
    finding   weak    very-rare objective floor=soon
    condition benign  very-common benign self-care: flicker=frequent
    sign      feeble  soon: all weak
    question  movement multi opening none: flicker
    question  strength each  opening ask-if=flicker: weak
"""


def problems_of(drawing: str) -> tuple[str, ...]:
    with pytest.raises(KnowledgeError) as refused:
        world(drawing)
    assert str(refused.value) == "\n".join(refused.value.problems)
    return refused.value.problems


def test_a_sound_world_is_built() -> None:
    kb = world(SOUND)
    assert list(kb.findings) == ["flicker", "weak"]
    assert kb.findings["weak"].floor is Urgency.SOON
    assert slugs(kb.candidates) == ["benign"]
    assert kb.question_of["weak"].slug == "strength"
    assert kb.finding_by_number[kb.findings["weak"].number].slug == "weak"
    assert kb.question_by_number[kb.questions["strength"].number].slug == "strength"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("condition other rare benign routine: fliker=frequent", ("'other'", "'fliker'", "'flicker'")),
        ("sign other soon: all weka", ("'other'", "'weka'", "'weak'")),
        ("sign other soon:", ("'other'", "no rule")),
        ("sign other soon: none weak", ("'other'", "rule 0", "requires something")),
        ("sign other soon: at-least-3 weak flicker", ("'other'", "more findings")),
        ("sign other soon: at-least-0 weak flicker", ("'other'", "at least 0")),
        ("calm other caps=feebel: all weak", ("'other'", "'feebel'", "'feeble'")),
        ("question other multi opening: weka", ("'other'", "'weka'", "'weak'")),
        ("question other multi opening: weak", ("'other'", "'weak'", "'strength'")),
        ("question other multi opening:", ("'other'", "no options")),
    ],
)  # fmt: skip
def test_what_does_not_hold_together_is_named(line: str, words: tuple[str, ...]) -> None:
    problems = problems_of(SOUND + line)
    assert any(all(word in problem for word in words) for problem in problems), problems


def test_every_problem_is_named_at_once() -> None:
    problems = problems_of(
        SOUND + "sign one soon:\nsign two soon: any gone weak\nquestion three single opening:"
    )
    assert len(problems) == 3


GATED = """
    finding  a frequent
    finding  b frequent
    finding  c frequent
    finding  loose frequent
    question first  multi opening none: a
"""


@pytest.mark.parametrize(
    "gate", ["ask-if=a", "unless=a", "ask-if=a unless=b", ""], ids=lambda gate: gate or "none"
)
def test_a_gate_may_look_back(gate: str) -> None:
    kb = world(
        f"{GATED}question second multi opening none: b\nquestion third multi opening {gate}: c"
    )
    assert list(kb.questions) == ["first", "second", "third"]


@pytest.mark.parametrize(
    ("lines", "finding"),
    [
        ("question second multi opening ask-if=c: b\nquestion third multi opening: c", "c"),
        ("question second multi opening unless=c: b\nquestion third multi opening: c", "c"),
        ("question second multi opening: b(only-if=c)\nquestion third multi opening: c", "c"),
        ("question second multi opening: b(unless=c)\nquestion third multi opening: c", "c"),
        ("question second multi opening ask-if=b: b", "b"),  # itself
        ("question second multi opening ask-if=loose: b", "loose"),  # asked nowhere
    ],
)
def test_a_gate_may_not_look_forward_at_itself_or_at_nothing(lines: str, finding: str) -> None:
    (problem,) = problems_of(GATED + lines)
    assert "'second'" in problem
    assert f"'{finding}'" in problem


def test_the_order_of_questions_is_their_position_not_that_of_the_rows() -> None:
    drawn = rows(SOUND)
    assert list(build(reversed(drawn)).questions) == ["movement", "strength"]


def test_a_band_gives_the_background_and_a_share_replaces_it() -> None:
    kb = world("finding band occasional\nfinding share occasional share=0.4")
    assert kb.findings["band"].background == 0.17
    assert kb.findings["share"].background == 0.4


def test_backgrounds_of_a_question_that_must_have_an_answer_add_to_one() -> None:
    kb = world("""
        finding  days   frequent
        finding  months frequent
        finding  baby   occasional
        question since  single opening: days months
        question age    single opening none: baby
    """)
    assert kb.findings["days"].background == pytest.approx(0.5)
    assert kb.findings["baby"].background == 0.17


def test_backgrounds_beside_none_of_these_are_cut_to_one_at_most() -> None:
    kb = world("""
        finding  a very-frequent
        finding  b very-frequent
        question q single opening none: a b
    """)
    assert kb.findings["a"].background == pytest.approx(0.5)


def test_an_entry_that_is_not_ready_stays_out() -> None:
    kb = world(SOUND + "condition draft rare benign routine draft: flicker=frequent")
    assert list(kb.conditions) == ["benign"]


def test_an_entry_that_explains_is_no_candidate() -> None:
    kb = world(SOUND + "condition why rare benign routine explains: flicker=frequent")
    assert "why" in kb.conditions
    assert slugs(kb.candidates) == ["benign"]


def test_rows_of_other_models_are_passed_over() -> None:
    kb = build([*rows(SOUND), {"model": "conditions.movement", "fields": {"slug": "tic"}}])
    assert list(kb.conditions) == ["benign"]


def test_a_page_holds_its_questions_in_order() -> None:
    kb = world("""
        finding  a frequent
        finding  b frequent
        finding  c frequent
        question one   multi opening page=both: a
        question two   multi opening: b
        question three multi opening page=both: c
    """)
    assert {page.slug: slugs(page.questions) for page in kb.pages.values()} == {
        "both": ["one", "three"],
        "two": ["two"],
    }


def test_nothing_in_it_can_be_changed() -> None:
    kb = world(SOUND)
    with pytest.raises(TypeError):
        kb.findings["new"] = kb.findings["weak"]  # type: ignore[index]
    with pytest.raises(AttributeError):
        kb.findings["weak"].number = 9  # type: ignore[misc]


def test_the_nearest_slug_is_offered_only_when_it_is_near() -> None:
    assert "'flicker'" in nearest("fliker", ["flicker", "weak"])
    assert nearest("zzz", ["flicker", "weak"]) == ""
