"""How well conditions fit."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.engine.assessment import assess_evidence
from checker.engine.evidence import Evidence, evidence_of
from checker.engine.knowledge import KnowledgeBase
from checker.engine.matching import (
    DEFAULT,
    PLAIN,
    MatchingSettings,
    combine,
    fit_of,
    left_to_name,
    posterior,
    rank,
    score,
    weigh,
)
from checker.engine.vocabulary import Band, EvidenceState, Fit, Prevalence, QuestionKind
from tests.worlds import slugs, world


def test_a_published_worked_example_of_likelihood_ratios() -> None:
    """Glaucoma, prevalence 2.5 %, two positive tests: GDx (60 % sensitive, 97 % specific), eye pressure (50 %, 92 %).

    Parikh R, Parikh S, Arun E, Thomas R: Likelihood ratios: clinical application in day-to-day
    practice. Indian J Ophthalmol 2009;57(3):217-221, doi:10.4103/0301-4738.49397 (PMC2683447), with the
    unrounded figures of LIRICAL's own test of it (`TestLRTest`, `TestResultTest`).
    """
    kb = world("""
        finding   gdx-positive       occasional share=0.03
        finding   gdx-negative       occasional share=0.97
        finding   pressure-raised    occasional share=0.08
        finding   pressure-normal    occasional share=0.92
        condition glaucoma uncommon treatable routine: gdx-positive=very-frequent
                  pressure-raised=frequent pressure-normal=frequent
        question  gdx      single opening: gdx-positive gdx-negative
        question  pressure single opening: pressure-raised pressure-normal
    """)
    # Bands cannot say 60 %, so the settings do: 0.9 / (0.9 + 0.6), where 0.97 of everybody test negative.
    # Raised and normal pressure are 1 : 1. The odds before any test: 0.01 / 0.39 = 0.025 / 0.975.
    settings = replace(PLAIN, unlisted_least=0.6 / 0.97, elsewhere=0.39)

    def probability(*present: str) -> float:
        return rank(kb, evidence_of(present), settings=settings)[0].probability

    weights = weigh(kb, settings)
    present = weights.weight[EvidenceState.PRESENT, :, 0]
    assert 10 ** present[weights.row["gdx-positive"]] == pytest.approx(20)
    assert 10 ** present[weights.row["pressure-raised"]] == pytest.approx(6.25)
    assert probability() == pytest.approx(0.025)
    assert probability("gdx-positive") == pytest.approx(0.3389831, abs=1e-7)
    assert probability("pressure-raised") == pytest.approx(0.1381215, abs=1e-7)
    assert probability("pressure-raised", "gdx-positive") == pytest.approx(0.762195, abs=1e-6)


TWO = """
    finding   flicker  frequent
    finding   cramp    occasional
    finding   weak     very-rare objective
    condition benign   very-common benign  self-care: flicker=very-frequent weak=excluded
    condition feared   rare        serious soon:      flicker=frequent weak=very-frequent cramp=frequent
"""


@given(
    st.dictionaries(
        st.sampled_from(["flicker", "cramp", "weak"]),
        st.sampled_from([EvidenceState.PRESENT, EvidenceState.ABSENT]),
    )
)
def test_scores_are_those_of_an_independent_reckoning(states: dict[str, EvidenceState]) -> None:
    """The plain formula, one finding after the other, without caps or groups."""
    background = {"flicker": 0.55, "cramp": 0.17, "weak": 0.02}
    listed = {
        "benign": {"flicker": 0.90},
        "feared": {"flicker": 0.55, "weak": 0.90, "cramp": 0.55},
    }
    excluded = {("benign", "weak"): 0.002}
    prior = {"benign": 0.100, "feared": 0.003}

    def reckoned(condition: str) -> float:
        total = math.log10(prior[condition])
        for finding, state in states.items():
            without = background[finding]
            either = 1 - (1 - listed[condition].get(finding, 0.0)) * (1 - without)
            have = excluded.get((condition, finding), either)
            ratio = have / without
            if state is EvidenceState.ABSENT:
                ratio = (1 - have) / (1 - without)
            total += math.log10(ratio)
        return total

    ranked = rank(world(TWO), Evidence(states), settings=PLAIN)
    assert {m.condition.slug: m.score for m in ranked} == pytest.approx(
        {condition: reckoned(condition) for condition in listed}
    )
    assert [m.score for m in ranked] == sorted((m.score for m in ranked), reverse=True)


def test_without_evidence_the_commonest_comes_first() -> None:
    ranked = rank(world(TWO), Evidence())
    assert slugs(m.condition for m in ranked) == ["benign", "feared"]
    assert [m.score for m in ranked] == [m.prior for m in ranked]


def test_candidates_with_too_small_a_share_are_left_out() -> None:
    best, worst = rank(world(TWO), Evidence())
    assert worst.probability < 0.1 < best.probability
    assert slugs(m.condition for m in rank(world(TWO), Evidence(), at_least=0.1)) == ["benign"]


def test_scores_alone_are_those_of_the_ranking() -> None:
    kb = world(TWO)
    evidence = evidence_of(["weak"], ["flicker"])
    ranked = {m.condition.slug: m.score for m in rank(kb, evidence)}
    assert list(score(kb, evidence)) == pytest.approx([ranked[c.slug] for c in kb.candidates])


def test_shares_of_all_candidates_and_of_none_of_them_sum_to_one(shipped_kb: KnowledgeBase) -> None:
    weights = weigh(shipped_kb)
    evidence = evidence_of(["flicker", "calf", "stress"], ["weak-hand-or-grip"])
    scores = score(shipped_kb, evidence)
    shares = posterior(weights, scores)
    elsewhere = 10**weights.elsewhere / ((10**scores).sum() + 10**weights.elsewhere)
    assert shares.sum() + elsewhere == pytest.approx(1)


@pytest.mark.parametrize(
    ("band", "background", "expected"),
    [
        (Band.FREQUENT, 0.0, 0.55),  # from the condition alone
        (Band.FREQUENT, 0.2, 1 - 0.45 * 0.8),  # or from whatever else brings it
        (Band.VERY_RARE, 0.9, 1 - 0.98 * 0.1),
        (Band.EXCLUDED, 0.9, 0.002),  # speaks against, whatever else brings it
    ],
)
def test_noisy_or(band: Band, background: float, expected: float) -> None:
    assert combine(band, background) == pytest.approx(expected)


@pytest.mark.parametrize("band", [band for band in Band if band is not Band.EXCLUDED])
@given(background=st.floats(0, 1))
def test_noisy_or_is_never_rarer_than_either_of_its_causes(band: Band, background: float) -> None:
    assert combine(band, background) >= max(band.probability, background) - 1e-12


def test_findings_of_one_group_count_once_and_a_little() -> None:
    kb = world("""
        finding   tired    frequent group=sleep
        finding   yawning  frequent group=sleep
        finding   flicker  frequent
        condition sleepy   common benign self-care: tired=obligate yawning=very-frequent flicker=very-frequent
    """)

    def weights(settings: MatchingSettings) -> dict[str, float]:
        (match,) = rank(kb, evidence_of(["yawning", "tired", "flicker"]), settings=settings)
        return {c.finding: c.weight for c in match.contributions}

    alone = weights(MatchingSettings(repeat=1))
    together = weights(DEFAULT)
    assert alone["tired"] > alone["yawning"] > 0
    assert together["tired"] == alone["tired"]
    assert together["yawning"] == pytest.approx(DEFAULT.repeat * alone["yawning"])
    assert together["flicker"] == alone["flicker"]


def test_no_single_answer_moves_a_score_by_more_than_the_cap() -> None:
    kb = world("""
        finding   sign  very-rare objective
        finding   habit obligate
        condition sure  common benign self-care: sign=obligate habit=excluded
    """)
    for evidence, weight in (
        (evidence_of(["sign"]), DEFAULT.cap),
        (evidence_of(["habit"]), -DEFAULT.cap),
    ):
        (match,) = rank(kb, evidence)
        (free,) = rank(kb, evidence, settings=PLAIN)
        assert abs(free.contributions[0].weight) > DEFAULT.cap
        assert match.contributions[0].weight == weight


def test_an_unticked_box_is_a_weaker_no_than_a_spoken_one() -> None:
    kb = world(TWO)

    def weight(state: EvidenceState) -> float:
        best = next(m for m in rank(kb, Evidence({"weak": state})) if m.condition.slug == "feared")
        return best.contributions[0].weight

    assert weight(EvidenceState.ABSENT) < weight(EvidenceState.UNTICKED) < 0


def test_a_choice_says_it_all_so_the_other_choices_add_nothing() -> None:
    kb = world("""
        finding   days    frequent
        finding   months  occasional
        finding   years   occasional
        condition lasting common benign self-care: years=very-frequent
        question  since   single opening: days months years
    """)
    chosen = rank(kb, evidence_of(["days"]))[0]
    denied = rank(kb, evidence_of(["days"], ["months", "years"]))[0]
    assert denied.score == chosen.score
    assert [c.finding for c in denied.contributions] == ["days"]


SINCE = """
    finding   days    frequent
    finding   months  occasional
    finding   years   occasional
    condition fresh   common benign self-care: days=obligate
    condition lasting common benign self-care: months=frequent years=frequent
    condition all     common benign self-care: days=frequent months=frequent years=frequent
    condition silent  common benign self-care:
    question  since   single opening{none}: days months years
"""


@pytest.mark.parametrize("none", ["", " none"])
def test_choices_of_a_single_answer_question_are_one_distribution(none: str) -> None:
    kb = world(SINCE.format(none=none))
    weights = weigh(kb)
    sums = weights.frequency.sum(axis=0)
    if none:  # "none of these" is one more choice, for those who list not all of them
        assert all(sums <= 1)
        assert sums[0] < 1
    else:
        assert sums == pytest.approx(1)


def test_choices_of_every_shipped_single_answer_question_are_one_distribution(
    shipped_kb: KnowledgeBase,
) -> None:
    ceiling = Band.OBLIGATE.probability  # no choice is certain, so one slip rules nothing out
    weights = weigh(shipped_kb)
    for question in shipped_kb.questions.values():
        if question.kind is QuestionKind.SINGLE:
            choices = weights.frequency[[weights.row[o.finding.slug] for o in question.options]]
            sums = choices.sum(axis=0)
            assert sums.max() <= 1 + 1e-9, question.slug
            if not question.none_label:
                below = sums[choices.max(axis=0) < ceiling]
                assert below == pytest.approx([1] * len(below)), question.slug


def test_entries_that_explain_are_never_a_match() -> None:
    kb = world("""
        finding   flicker  frequent
        condition explained very-common benign self-care explains: flicker=obligate
        condition benign    common      benign self-care:          flicker=obligate
    """)
    assert slugs(m.condition for m in rank(kb, evidence_of(["flicker"]))) == ["benign"]


def test_a_finding_that_the_knowledge_base_does_not_know_counts_for_nothing() -> None:
    kb = world(TWO)
    assert [m.score for m in rank(kb, evidence_of(["unheard-of"]))] == [
        m.prior for m in rank(kb, Evidence())
    ]


FEARED = """
    finding   flicker  frequent
    finding   weak     very-rare objective
    finding   feels    very-rare
    condition feared   very-common serious soon: flicker=very-frequent weak=very-frequent feels=very-frequent
"""


def test_a_feared_disease_is_shown_only_with_an_objective_sign() -> None:
    kb = world(FEARED)
    assert assess_evidence(kb, evidence_of(["flicker", "feels"])).matches == ()
    assert slugs(
        m.condition for m in assess_evidence(kb, evidence_of(["flicker", "weak"])).matches
    ) == ["feared"]


def test_a_denied_objective_sign_does_not_let_a_feared_disease_in() -> None:
    kb = world(FEARED)
    assert assess_evidence(kb, evidence_of(["flicker", "feels"], ["weak"])).matches == ()


DEFINED = """
    finding   flicker  frequent
    finding   ripple   occasional  group=skin
    finding   bubbles  occasional  group=skin
    finding   statin   occasional  context
    condition tablet   common benign routine: statin=obligate flicker=very-frequent
    condition rippling common benign routine: ripple=obligate bubbles=frequent flicker=very-frequent
"""


@pytest.mark.parametrize(
    ("present", "named"),
    [
        (["flicker"], []),
        (["flicker", "statin"], ["tablet"]),
        (["flicker", "ripple"], ["rippling"]),
        # Another finding of its group says nearly the same.
        (["flicker", "bubbles"], ["rippling"]),
    ],
)
def test_a_condition_is_named_only_where_what_defines_it_was_told(
    present: list[str], named: list[str]
) -> None:
    matches = assess_evidence(world(DEFINED), evidence_of(present)).matches
    assert slugs(m.condition for m in matches) == named


AGED = """
    finding   baby     frequent context
    finding   adult    frequent context
    finding   jerk     occasional
    finding   wasted   very-rare objective
    finding   years    frequent context
    finding   days     frequent context
    condition infants  common benign self-care: baby=very-frequent adult=excluded jerk=very-frequent years=excluded
    question  age      single opening section=you: baby adult
    question  since    single opening: years days
    question  moves    multi opening: jerk wasted
"""


def test_what_excludes_the_age_of_a_person_is_not_named() -> None:
    def named(*present: str) -> list[str]:
        matches = assess_evidence(world(AGED), evidence_of(present)).matches
        return slugs(m.condition for m in matches)

    assert named("jerk", "baby") == ["infants"]
    assert named("jerk", "adult") == []
    # Where no age was told nothing excludes it; nor does a time, which may be that of something older.
    assert named("jerk") == ["infants"]
    assert named("jerk", "baby", "years") == ["infants"]


TOLD = """
    finding   tingling   occasional
    finding   surgery    very-rare context
    finding   years      very-rare context
    finding   days       frequent context
    finding   habit      occasional context
    finding   odd        very-rare
    finding   danger     very-rare objective
    condition calcium    very-common serious same-day: tingling=very-frequent surgery=very-frequent
              years=very-frequent habit=very-frequent odd=very-frequent
    sign      alarm      same-day: any tingling surgery danger
    sign      quiet      routine: any years
    question  since      single opening: days years
    question  history    multi opening: surgery habit odd tingling danger
"""


def test_a_told_cause_names_a_feared_disease_beside_an_alarm() -> None:
    def named(*present: str) -> list[str]:
        matches = assess_evidence(world(TOLD), evidence_of(present)).matches
        return slugs(m.condition for m in matches)

    assert named("tingling", "surgery") == ["calcium"]
    assert named("tingling") == []
    # A choice of one, such as a time, is no cause, however telling; nor is what is felt, nor a common habit.
    assert named("tingling", "years") == []
    assert named("tingling", "odd") == []
    assert named("tingling", "habit") == []


def test_a_told_cause_names_no_feared_disease_where_nothing_alarms() -> None:
    kb = world(TOLD.replace("sign      alarm      same-day: any tingling surgery danger\n", ""))
    assert assess_evidence(kb, evidence_of(["tingling", "surgery"])).matches == ()


CROWDED = """
    finding   shaking  occasional objective
    finding   heart    occasional
    finding   inhaler  occasional context
    finding   coffee   occasional context
    condition puffs    very-common treatable routine: inhaler=obligate shaking=very-frequent heart=very-frequent
    condition cups     rare benign self-care: coffee=obligate shaking=occasional heart=occasional
    condition dread    rare serious soon: shaking=frequent heart=occasional
    sign      alarm    soon: any shaking
"""


def test_what_nobody_told_takes_nothing_from_a_partial_fit() -> None:
    """An inhaler fits best and is not named; so the coffee that was told is, which alone would be too small."""
    kb = world(CROWDED)
    told = evidence_of(["shaking", "heart", "coffee"])
    ranked = {m.condition.slug: m for m in rank(kb, told)}
    assert ranked["puffs"].probability > 0.5
    assert fit_of(ranked["cups"]) is None
    matches = assess_evidence(kb, told).matches
    # A feared disease gets no such help.
    assert [(m.condition.slug, m.fit) for m in matches] == [("cups", Fit.PARTLY)]
    # Where the inhaler was told as well, it is named, and takes what it takes.
    matches = assess_evidence(kb, evidence_of(["shaking", "heart", "coffee", "inhaler"])).matches
    assert slugs(m.condition for m in matches) == ["puffs"]


def test_a_good_fit_takes_its_share_of_everything() -> None:
    kb = world(CROWDED)
    told = evidence_of(["shaking", "heart"])
    assert left_to_name(kb, rank(kb, told), told) < 0.5
    assert assess_evidence(kb, told).matches == ()


def test_a_choice_that_a_condition_does_not_list_keeps_a_part_of_its_share() -> None:
    """However sure the listed choice, people come early: what is rare there has to be listed as such."""
    kb = world("""
        finding   early    frequent
        finding   late     occasional
        condition lasting  common benign self-care: late=very-frequent
        condition never    common benign self-care: late=very-frequent early=very-rare
        question  since    single opening: early late
    """)
    weights = weigh(kb)
    row = weights.frequency[weights.row["early"]]
    background = kb.findings["early"].background
    lasting, never = (
        float(row[[c.slug for c in weights.conditions].index(s)]) for s in ("lasting", "never")
    )
    assert lasting > 0.2 * background > never


def test_nothing_fits_well_is_an_outcome() -> None:
    kb = world("""
        finding   flicker  frequent
        finding   odd      very-rare
        condition benign   very-common benign self-care: flicker=very-frequent odd=excluded
    """)
    assert assess_evidence(kb, evidence_of(["odd"], ["flicker"])).matches == ()


def test_fit_is_told_in_words_by_share_and_by_evidence_gained() -> None:
    kb = world("""
        finding   lid      very-rare
        finding   flicker  frequent
        condition eyelid   very-common benign self-care: lid=obligate
        condition rare     very-rare   benign self-care: lid=obligate flicker=very-frequent
    """)
    matches = assess_evidence(kb, evidence_of(["lid"])).matches
    assert [(m.condition.slug, m.fit) for m in matches] == [("eyelid", Fit.WELL)]
    # A prior alone is no fit, however large.
    assert assess_evidence(kb, Evidence()).matches == ()


def test_a_match_says_what_fits_what_does_not_and_what_is_open() -> None:
    kb = world("""
        finding   lid     very-rare
        finding   spot    occasional
        finding   tired   occasional
        finding   both    occasional
        finding   seldom  very-rare
        condition eyelid  very-common benign self-care: lid=obligate spot=frequent
                  tired=very-frequent both=excluded seldom=very-rare
    """)
    (match,) = rank(kb, evidence_of(["spot", "lid", "both"]))
    assert [c.finding for c in match.supporting] == ["lid", "spot"]
    assert [c.finding for c in match.conflicting] == ["both"]
    # Asked about next: what is usual in it and still unknown; not what is rare in it anyway.
    assert match.unconfirmed == ("tired",)


def test_a_denial_supports_nothing_in_words() -> None:
    """That something is missing may raise a score; the list of what fits names only what is there."""
    kb = world("""
        finding   joint    frequent
        finding   flicker  frequent
        condition benign   common benign self-care: flicker=obligate joint=excluded
    """)
    (match,) = rank(kb, evidence_of(["flicker"], ["joint"]))
    assert {c.finding for c in match.contributions if c.weight > 0} == {"flicker", "joint"}
    assert [c.finding for c in match.supporting] == ["flicker"]


def test_steps_of_prevalence_and_of_bands_are_strictly_ordered() -> None:
    prevalence = [p.weight for p in Prevalence]
    bands = [b.probability for b in Band]
    assert prevalence == sorted(set(prevalence), reverse=True)
    assert bands == sorted(set(bands), reverse=True)
    assert all(0 < value < 1 for value in (*prevalence, *bands))
