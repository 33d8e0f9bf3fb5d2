"""Three people go through the whole check, on the site, from the start to the result."""

from __future__ import annotations

from checker.engine.vocabulary import Urgency
from tests.pages import Page

from .visitor import ANSWERS, RESULT, Visitor

ALS = "motor-neurone-disease-als"


def level(page: Page) -> Urgency:
    return Urgency.from_slug(page.values("data-urgency")[0])


def test_an_eyelid_twitch_after_short_nights_is_for_self_care(visitor: Visitor) -> None:
    end = visitor.tell(
        "age-18-39", "sex-female", "eyelid-flutter", "eyelid-one", "one-spot", "days-under-two-weeks",
        "onset-gradual", "comes-and-goes", "most-days", "episode-seconds", "lack-of-sleep",
        "high-caffeine", "stress", "screen-strain", "with-stress-or-tiredness", "tiredness",
    )  # fmt: skip
    assert end == ANSWERS
    page = visitor.see(RESULT)
    assert level(page) is Urgency.SELF_CARE
    assert page.values("data-condition")[0] == "benign-eyelid-myokymia"
    assert ALS not in page.values("data-condition")


def test_months_of_calf_flickers_in_a_worried_person_alarm_nobody(visitor: Visitor) -> None:
    end = visitor.tell(
        "age-18-39", "sex-male", "flicker", "calf", "foot-or-toes", "several-places",
        "three-to-twelve-months", "onset-gradual", "unchanged", "most-days", "episode-seconds",
        "at-rest", "health-worry-about-twitching", "worry-or-panic", "poor-sleep", "high-caffeine",
        "stress", "hard-exercise", "feels-weak-no-lost-task", "already-examined-normal",
    )  # fmt: skip
    assert end == ANSWERS
    page = visitor.see(RESULT)
    assert level(page) <= Urgency.ROUTINE
    assert ALS not in page.values("data-condition")
    # What they fear is answered, not passed over in silence.
    assert "concern" in page.ids


def test_a_hand_that_gets_weaker_and_thinner_is_seen_soon(visitor: Visitor) -> None:
    end = visitor.tell(
        "age-40-59", "sex-male", "flicker", "hand-or-fingers", "shoulder-or-arm", "one-limb",
        "three-to-twelve-months", "onset-gradual", "worsening", "weak-hand-or-grip", "clumsy-fingers",
        "muscle-wasting", "weakness-getting-worse", "lost-a-task", "sign-over-four-weeks",
    )  # fmt: skip
    assert end == ANSWERS
    page = visitor.see(RESULT)
    assert level(page) >= Urgency.SOON
    # No comfort where a warning sign makes it wrong.
    assert "concern" not in page.ids
