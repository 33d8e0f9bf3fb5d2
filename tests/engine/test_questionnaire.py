"""Walking the questionnaire: what is asked next, what counts, when it ends."""

from __future__ import annotations

import pytest

from checker.engine.assessment import assess
from checker.engine.evidence import Answers, gather_evidence
from checker.engine.knowledge import KnowledgeBase
from checker.engine.questionnaire import PATIENT_UNTIL, asked_now, offered, walk
from checker.engine.vocabulary import EvidenceState, QuestionKind, Stage, Urgency
from tests.worlds import world

PRESENT, ABSENT, UNTICKED = EvidenceState.PRESENT, EvidenceState.ABSENT, EvidenceState.UNTICKED

WORLD = world("""
    finding   baby     occasional context
    finding   adult    very-frequent context
    finding   flicker  frequent
    finding   jerk     occasional
    finding   strange  occasional
    finding   weak     occasional objective
    finding   sudden   occasional
    finding   slow     frequent
    finding   coffee   frequent
    condition benign   very-common benign self-care: flicker=obligate coffee=frequent
    condition wasting  common serious soon: weak=obligate
    sign      stroke   emergency: all weak sudden
    question  age      single opening page=you section=you: baby adult
    question  movement multi  opening none section=movement: flicker jerk strange(unless=baby)
    question  strength each   opening unless=baby section=strength: weak
    question  when     single opening ask-if=weak section=strength: sudden slow
    question  habits   multi  follow-up none unless=baby section=life: coffee
""")


def answered(kb: KnowledgeBase, *said: tuple[str, str]) -> Answers:
    """Answers in the order given; a text such as "flicker -jerk" ticks and denies, "" is "not sure"."""
    answers = Answers()
    for slug, words in said:
        states = {w.lstrip("-"): ABSENT if w.startswith("-") else PRESENT for w in words.split()}
        answers = answers.with_answer(kb.questions[slug], states)
    return answers


def asked_in_turn(kb: KnowledgeBase, **replies: str) -> list[str]:
    """The pages that a visitor sees who answers as told, and "not sure" to the rest."""
    answers, seen = Answers(), []
    while (page := walk(kb, answers).next) is not None:
        seen.append(page.slug)
        for question in asked_now(page, gather_evidence(kb, answers)):
            states = answered(kb, (question.slug, replies.get(question.slug, ""))).states
            answers = answers.with_answer(question, states)
    return seen


def test_the_opening_comes_first_in_the_order_of_the_content() -> None:
    assert asked_in_turn(WORLD, age="adult", strength="weak")[:4] == [
        "you",
        "movement",
        "strength",
        "when",
    ]


def test_a_gated_question_is_asked_only_when_its_gate_is_ticked() -> None:
    assert "when" in asked_in_turn(WORLD, strength="weak")
    assert "when" not in asked_in_turn(WORLD, strength="-weak")


def test_unknown_opens_no_gate_and_closes_none() -> None:
    unsure = asked_in_turn(WORLD)
    assert "when" not in unsure  # ask_if=weak
    assert "strength" in unsure  # unless=baby


def test_a_ticked_unless_keeps_a_question_and_an_option_away() -> None:
    seen = asked_in_turn(WORLD, age="baby")
    assert "strength" not in seen
    assert "habits" not in seen
    baby = gather_evidence(WORLD, answered(WORLD, ("age", "baby")))
    adult = gather_evidence(WORLD, answered(WORLD, ("age", "adult")))
    assert offered(WORLD.questions["movement"], baby) == (0, 1)
    assert offered(WORLD.questions["movement"], adult) == (0, 1, 2)


def test_an_option_may_wait_for_another_answer() -> None:
    kb = world("""
        finding  jerk    occasional
        finding  asleep  occasional
        finding  awake   occasional
        question movement multi opening none: jerk
        question when     multi opening none: awake asleep(only-if=jerk)
    """)
    when = kb.questions["when"]
    assert offered(when, gather_evidence(kb, Answers())) == (0,)
    assert offered(when, gather_evidence(kb, answered(kb, ("movement", "jerk")))) == (0, 1)


def test_an_answer_whose_gate_closes_is_silenced_and_kept() -> None:
    adult = answered(WORLD, ("age", "adult"), ("strength", "weak"), ("when", "sudden"))
    assert gather_evidence(WORLD, adult)["sudden"] is PRESENT
    assert assess(WORLD, adult).verdict.urgency is Urgency.EMERGENCY

    baby = adult.with_answer(WORLD.questions["age"], {"baby": PRESENT})
    evidence = gather_evidence(WORLD, baby)
    assert evidence["weak"] is EvidenceState.UNKNOWN
    assert evidence["sudden"] is EvidenceState.UNKNOWN  # its gate is silent, so it is too
    assert [page.slug for page in walk(WORLD, baby).path] == ["you"]
    assert baby.states["weak"] is PRESENT

    back = baby.with_answer(WORLD.questions["age"], {"adult": PRESENT})
    assert gather_evidence(WORLD, back) == gather_evidence(WORLD, adult)


def test_an_option_that_is_no_longer_offered_is_silenced() -> None:
    answers = answered(WORLD, ("movement", "strange"), ("age", "adult"))
    assert gather_evidence(WORLD, answers)["strange"] is PRESENT
    baby = answers.with_answer(WORLD.questions["age"], {"baby": PRESENT})
    assert gather_evidence(WORLD, baby)["strange"] is EvidenceState.UNKNOWN


def test_an_answer_to_a_question_that_was_never_asked_does_not_count() -> None:
    assert gather_evidence(WORLD, Answers(states={"weak": PRESENT})).states == {}


def test_a_choice_denies_the_others_of_its_question() -> None:
    evidence = gather_evidence(WORLD, answered(WORLD, ("age", "adult")))
    assert evidence["baby"] is ABSENT


def test_a_new_answer_replaces_the_old_one_and_keeps_its_place() -> None:
    answers = answered(WORLD, ("age", "adult"), ("movement", "flicker jerk"))
    changed = answers.with_answer(WORLD.questions["movement"], {"jerk": PRESENT})
    assert dict(changed.states) == {"adult": PRESENT, "jerk": PRESENT}
    assert changed.asked == answers.asked


def test_an_answer_holds_only_findings_of_its_question() -> None:
    answers = Answers().with_answer(WORLD.questions["age"], {"adult": PRESENT, "weak": PRESENT})
    assert dict(answers.states) == {"adult": PRESENT}


def test_the_path_is_in_the_order_asked() -> None:
    answers = answered(WORLD, ("movement", "flicker"), ("age", "adult"))
    assert [page.slug for page in walk(WORLD, answers).path] == ["movement", "you"]


def test_a_question_that_the_release_dropped_is_passed_over() -> None:
    answers = Answers(asked=("gone", "age"), states={"adult": PRESENT})
    walked = walk(WORLD, answers)
    assert [page.slug for page in walked.path] == ["you"]
    assert walked.next is not None
    assert walked.next.slug == "movement"


def test_questions_that_share_a_page_are_asked_together() -> None:
    kb = world("""
        finding  woman    frequent
        finding  man      frequent
        finding  pregnant occasional
        finding  limp     occasional
        question sex      single opening page=you: woman man
        question birth    single opening none page=you unless=man: pregnant
        question gait     single opening none page=you ask-if=woman: limp
    """)
    page = kb.pages["you"]
    assert [q.slug for q in page.questions] == ["sex", "birth", "gait"]
    # Without a script nobody knows yet, so all three stand there at first, and again on the way back.
    for said in ("", "man"):
        evidence = gather_evidence(kb, answered(kb, ("sex", said)))
        assert [q.slug for q in asked_now(page, evidence)] == ["sex", "birth", "gait"]
    man = answered(kb, ("sex", "man"), ("birth", "pregnant"), ("gait", "limp"))
    assert gather_evidence(kb, man).present == {"man"}
    assert walk(kb, man).next is None


def test_a_page_with_one_question_left_is_asked_again() -> None:
    kb = world("""
        finding  days  frequent
        finding  fast  frequent
        question since single opening page=time: days
        question onset single opening page=time: fast
    """)
    walked = walk(kb, answered(kb, ("since", "days")))
    assert walked.next is kb.pages["time"]


def test_a_question_without_an_option_for_this_person_is_not_asked() -> None:
    kb = world("""
        finding  man     frequent
        finding  swollen occasional
        question sex     single opening none: man
        question legs    multi  opening none: swollen(unless=man)
    """)
    walked = walk(kb, answered(kb, ("sex", "man")))
    assert walked.next is None


def test_after_the_opening_comes_the_question_that_may_change_most() -> None:
    kb = world("""
        finding   flicker  frequent
        finding   coffee   frequent
        finding   weak     occasional objective
        finding   idle     frequent
        condition benign   very-common benign self-care: flicker=obligate
        condition jittery  very-common benign self-care: flicker=obligate coffee=obligate
        sign      feeble   soon: all weak
        question  movement multi opening none: flicker
        question  nothing  multi follow-up none: idle
        question  habits   multi follow-up none: coffee
    """)
    walked = walk(kb, answered(kb, ("movement", "flicker")))
    assert walked.next is not None
    assert walked.next.slug == "habits"
    # What tells nothing apart and leads to no sign is never asked.
    assert asked_in_turn(kb, movement="flicker") == ["movement", "habits"]


def test_the_chance_of_a_warning_sign_is_worth_a_question() -> None:
    kb = world("""
        finding   flicker  frequent
        finding   fever    occasional
        finding   stiff    occasional
        finding   idle     occasional
        sign      rigid    emergency: all fever stiff
        question  movement multi opening none: flicker
        question  nothing  multi follow-up none: idle
        question  ill      multi follow-up none: fever stiff
    """)
    assert asked_in_turn(kb, movement="flicker") == ["movement", "ill"]


def test_what_a_calm_sign_needs_is_asked_unless_one_holds_or_something_alarms() -> None:
    kb = world("""
        finding   flicker  frequent
        finding   brief    frequent
        finding   evening  frequent
        finding   weak     occasional
        sign      feeble   soon: all weak
        calm      short    : all flicker brief
        calm      late     : all flicker evening
        question  q        multi opening none: flicker weak
        question  long     multi follow-up none: brief
        question  when     multi follow-up none: evening
    """)
    assert set(asked_in_turn(kb, q="flicker", long="-brief")) == {"q", "long", "when"}
    assert len(asked_in_turn(kb, q="flicker", long="brief", when="evening")) == 2
    assert asked_in_turn(kb, q="flicker weak") == ["q"]
    assert asked_in_turn(kb, q="-flicker") == ["q"]


def test_what_a_calm_sign_needs_is_asked_where_it_caps_all_that_alarms() -> None:
    kb = world("""
        finding   flicker  frequent
        finding   brief    frequent
        finding   lasts    occasional
        finding   weak     occasional
        finding   lame     occasional objective floor=soon
        sign      lasting  soon: all lasts
        sign      feeble   soon: all weak
        calm      short    caps=lasting: all flicker brief
        question  q        multi opening none: flicker lasts weak lame
        question  long     multi follow-up none: brief
    """)
    assert asked_in_turn(kb, q="flicker lasts") == ["q", "long"]
    assert asked_in_turn(kb, q="flicker weak") == ["q"]
    assert asked_in_turn(kb, q="flicker lasts weak") == ["q"]
    assert asked_in_turn(kb, q="flicker lame") == ["q"]


def test_what_defines_a_leading_candidate_is_asked() -> None:
    kb = world("""
        finding   jerk     occasional
        finding   asleep   very-frequent
        condition start    very-common benign self-care: jerk=very-frequent asleep=obligate
        question  movement multi opening none: jerk
        question  when     multi follow-up none: asleep
    """)
    assert asked_in_turn(kb, movement="jerk") == ["movement", "when"]


def test_a_sign_that_fired_already_is_worth_nothing_more() -> None:
    kb = world("""
        finding   weak   occasional
        finding   fever  occasional
        sign      feeble same-day: all weak
        sign      ill    same-day: all fever
        question  q      multi opening none: weak
        question  more   multi follow-up none: fever
    """)
    assert asked_in_turn(kb, q="-weak") == ["q", "more"]
    assert asked_in_turn(kb, q="weak") == ["q"]


def test_what_is_worth_asking_early_is_not_worth_asking_after_many_screens() -> None:
    last = """
        finding  ill    occasional
        sign     fever  same-day: all ill
        question last   multi follow-up none: ill
    """

    def opening_of(length: int) -> str:
        return "\n".join(
            f"finding f{n} frequent\nquestion q{n} multi opening none: f{n}" for n in range(length)
        )

    assert asked_in_turn(world(opening_of(2) + last))[-1] == "last"
    assert "last" not in asked_in_turn(world(opening_of(4 * PATIENT_UNTIL) + last))


@pytest.mark.parametrize("reply", ["not sure", "deny", "tick the first"])
def test_the_shipped_questionnaire_ends_and_asks_nothing_twice(
    shipped_kb: KnowledgeBase, reply: str
) -> None:
    answers, seen = Answers(), []
    while (page := walk(shipped_kb, answers).next) is not None:
        seen.append(page.slug)
        evidence = gather_evidence(shipped_kb, answers)
        for question in asked_now(page, evidence):
            findings = [question.options[p].finding.slug for p in offered(question, evidence)] or [
                "none"
            ]
            states: dict[str, EvidenceState] = {}
            if reply == "deny" and question.kind is not QuestionKind.SINGLE:
                states = dict.fromkeys(findings, ABSENT)
            elif reply == "tick the first":
                states = {findings[0]: PRESENT} | dict.fromkeys(findings[1:], UNTICKED)
            answers = answers.with_answer(question, states)
    assert len(seen) == len(set(seen))
    opening = [p.slug for p in shipped_kb.pages.values() if p.stage is Stage.OPENING]
    assert [slug for slug in seen if slug in opening] == seen[: len(set(seen) & set(opening))]
    assert {"you", "emergency-signs", "movement"} <= set(seen)


def test_in_the_opening_only_the_page_at_hand_may_be_answered() -> None:
    walked = walk(WORLD, answered(WORLD, ("age", "adult")))
    assert walked.next is walked.opening is WORLD.pages["movement"]
    allowed = [page.slug for page in WORLD.pages.values() if walked.allows(page)]
    assert allowed == ["you", "movement"]


def test_after_the_opening_any_open_page_may_be_answered() -> None:
    """The page that a new release asks next may be another than the one somebody has before them."""
    kb = world("""
        finding   flicker frequent
        finding   coffee  frequent
        finding   tea     frequent
        finding   weak    occasional
        condition benign  very-common benign self-care: flicker=obligate
        condition jittery very-common benign self-care: flicker=obligate coffee=obligate
        question  movement multi opening none: flicker
        question  habits   multi follow-up none: coffee
        question  drinks   multi follow-up none: tea
        question  strength multi follow-up none ask-if=coffee: weak
    """)
    walked = walk(kb, answered(kb, ("movement", "flicker")))
    assert walked.opening is None
    assert walked.next is kb.pages["habits"]
    allowed = [page.slug for page in kb.pages.values() if walked.allows(page)]
    assert allowed == ["movement", "habits", "drinks"]
