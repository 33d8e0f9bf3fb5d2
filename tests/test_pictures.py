"""The pictures of the check: movements true to the guide, a body map of all places, tests that can be seen."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from checker.engine.knowledge import KnowledgeBase
from checker.knowledge import knowledge_base_of
from conditions.editions import Edition
from conditions.library import MovementItem
from conditions.templatetags.pictures import MOVEMENT_OF_FINDING, picture
from tests.pages import Page

CSS = (Path(settings.BASE_DIR) / "static/css/movement.css").read_text()
LOOP_SECONDS = 4.8
SLOWEST_LOOP = 5.0
STILL = {"convulsion", "infantile-spasm"}
"""Drawn, never played: nobody should have to watch a fit."""


@dataclass(frozen=True)
class Frame:
    """One moment of a picture in motion: when, in seconds, and how far from rest."""

    at: float
    far: float


def loop_of(name: str) -> float:
    """Return how long one round of `.mv-NAME` takes, in seconds."""
    rule = re.search(rf"\.is-playing \.mv-{name} \{{(.*?)\}}", CSS)
    assert rule, name
    own = re.search(r"animation-duration: ([\d.]+)s|animation: [\w-]+ ([\d.]+)s", rule.group(1))
    return float(own.group(1) or own.group(2)) if own else LOOP_SECONDS


def frames_of(name: str) -> list[Frame]:
    """Return the keyframes of `mv-NAME`, in order of time."""
    found = re.search(rf"@keyframes mv-{name} \{{((?:[^{{}}]*\{{[^{{}}]*\}})*)\s*\}}", CSS)
    assert found, name
    loop = loop_of(name)
    frames = []
    for times, style in re.findall(r"([\d.%, ]+|from|to)\s*\{([^{}]*)\}", found.group(1)):
        for time in times.replace("from", "0%").replace("to", "100%").split(","):
            frames.append(Frame(float(time.strip().rstrip("%")) / 100 * loop, far(style)))
    return sorted(frames, key=lambda frame: frame.at)


def far(style: str) -> float:
    """Return the size of a movement: degrees, pixels, or 100 for something that shows."""
    if "opacity: 1" in style:
        return 100.0
    if "scaleY(0)" in style or "opacity: 0" in style:
        return 0.0
    numbers = [abs(float(n)) for n in re.findall(r"(-?[\d.]+)(?:deg|px)", style)]
    return max(numbers, default=0.0)


def events(name: str) -> list[tuple[float, float, float]]:
    """Return the movements between two rests: when each begins, how long it takes, how far it goes."""
    frames = frames_of(name)
    found, begin, peak = [], None, 0.0
    for before, now in pairwise(frames):
        if now.far and not before.far:
            begin, peak = before.at, 0.0
        if begin is not None:
            peak = max(peak, now.far)
            if not now.far:
                found.append((begin, now.at - begin, peak))
                begin = None
    return found


def gaps(name: str) -> list[float]:
    """Return the seconds from the begin of one movement to the begin of the next."""
    begins = [begin for begin, _, _ in events(name)]
    return [later - now for now, later in pairwise(begins)]


def within(value: float, band: list[float], tolerance: float = 0.1) -> bool:
    return band[0] * (1 - tolerance) <= value <= band[1] * (1 + tolerance)


@pytest.fixture
def guide(edition: Edition) -> dict[str, MovementItem]:
    return dict(edition.library.movements)


@pytest.fixture
def kb(edition: Edition) -> KnowledgeBase:
    return knowledge_base_of(edition)


# ---------------------------------------------------------------- movements


def test_every_kind_in_the_guide_is_drawn_and_plays_unless_it_should_not(
    guide: dict[str, MovementItem],
) -> None:
    for slug in guide:
        drawing = str(picture("movement", slug))
        assert drawing.startswith("<svg"), slug
        assert ("mv-" in drawing) is (slug not in STILL), slug


def test_every_choice_of_the_movement_question_is_drawn(kb: KnowledgeBase) -> None:
    for option in kb.questions["movement"].options:
        assert str(picture("movement", option.finding.slug)).startswith("<svg"), option.finding.slug
    assert set(MOVEMENT_OF_FINDING) <= {o.finding.slug for o in kb.questions["movement"].options}


def test_every_part_that_moves_has_its_motion_and_only_while_it_is_played() -> None:
    drawn = set()
    for file in (Path(settings.BASE_DIR) / "templates/pictures/movement").glob("*.html"):
        drawn |= set(re.findall(r"mv-([a-z0-9]+)", file.read_text()))
    moving = set(re.findall(r"\.is-playing \.mv-([a-z0-9]+)", CSS))
    assert drawn == moving
    for rule in re.findall(r"[^{}]*\{[^{}]*animation[^{}]*\}", CSS):
        assert ".is-playing" in rule, rule


def test_a_loop_ends_within_five_seconds() -> None:
    for name in set(re.findall(r"\.is-playing \.mv-([a-z0-9]+)", CSS)):
        assert loop_of(name) < SLOWEST_LOOP, name


def test_motion_stops_where_less_of_it_is_wanted() -> None:
    quiet = CSS[CSS.index("@media (prefers-reduced-motion: reduce)") :]
    assert '.is-playing [class*="mv-"] { animation: none; }' in quiet
    # Nothing may stand after it that would win over it.
    assert quiet.count("animation") == 1


def test_a_flick_is_short_without_a_beat(guide: dict[str, MovementItem]) -> None:
    animation = guide["fasciculation"].animation
    for _, seconds, _ in events("flick"):
        assert within(seconds * 1000 / 2, [0.5 * animation["event_ms"], animation["event_ms"]])
    between = gaps("flick")
    assert animation["cluster"][0] <= len(between) + 1 <= animation["cluster"][1]
    assert all(within(gap, animation["period_s"]) for gap in between)
    assert max(between) > 2 * min(between), "no beat"


def test_a_ripple_is_a_burst_and_a_rest(guide: dict[str, MovementItem]) -> None:
    animation = guide["myokymia"].animation
    ((_, seconds, _),) = events("roll")
    assert within(seconds * 1000, animation["event_ms"], 0.2)
    assert within(loop_of("roll"), animation["period_s"])


def test_a_jerk_is_a_shock(guide: dict[str, MovementItem]) -> None:
    animation = guide["myoclonus-positive"].animation
    for _, seconds, degrees in events("jerk"):
        assert seconds * 1000 == pytest.approx(animation["limb_excursion_ms"], rel=0.15)
        assert within(degrees, animation["excursion_deg"])


def test_a_dropped_hold_falls_and_is_caught_unevenly(guide: dict[str, MovementItem]) -> None:
    animation = guide["myoclonus-negative"].animation
    longest = animation["silence_ms"][1] + animation["recover_ms"]
    for _, seconds, degrees in events("drop"):
        assert within(degrees, animation["drop_deg"], 0)
        assert animation["silence_ms"][0] <= seconds * 1000 <= longest
    in_a_run = [gap for gap in gaps("drop") if gap < 0.5]
    assert len(in_a_run) >= 4
    assert all(within(1 / gap, animation["rate_hz"]) for gap in in_a_run)
    assert max(in_a_run) > 1.2 * min(in_a_run), "uneven"


def test_a_tremor_has_its_beat(guide: dict[str, MovementItem]) -> None:
    essential = guide["tremor"].animation["essential"]
    there_and_back = 2 * loop_of("shake")
    assert 1 / there_and_back == pytest.approx(essential["draw_hz"], rel=0.1)
    assert within(1 / there_and_back, essential["rate_hz"], 0)


def test_a_tic_is_the_same_each_time_after_an_urge(guide: dict[str, MovementItem]) -> None:
    animation = guide["tic"].animation
    done = events("shrug")
    assert animation["bout"][0] <= len(done) <= animation["bout"][1]
    assert len({degrees for _, _, degrees in done}) == 1
    assert all(within(seconds * 1000, animation["event_ms"]) for _, seconds, _ in done)
    ((urge, _, _),) = events("urge")
    assert urge < done[0][0]
    assert within(done[0][0] - urge, animation["show_urge_build_up_s"])


def test_a_twist_comes_slowly_and_trembles_a_little(guide: dict[str, MovementItem]) -> None:
    animation = guide["dystonia"].animation
    frames = frames_of("twist")
    held = [frame.at for frame in frames if frame.far == 0]
    away = [frame.at for frame in frames if frame.far > 20 and frame.at < held[0]]
    assert within(held[0] - away[-1], animation["onset_s"])
    assert all(within(1 / gap, animation["ride_tremor_hz"]) for gap in gaps("twist"))


def test_jerking_of_one_part_has_a_beat_and_slows(guide: dict[str, MovementItem]) -> None:
    animation = guide["focal-motor-seizure"].animation
    between = gaps("beat")
    assert 1 / between[0] == pytest.approx(animation["draw_hz"], rel=0.1)
    assert between[-1] > between[-2] > between[0]
    assert all(within(1 / gap, animation["rate_hz"], 0.3) for gap in between)


def test_a_sleep_start_is_one_jolt(guide: dict[str, MovementItem]) -> None:
    animation = guide["hypnic-jerk"].animation
    done = events("jolt")
    assert animation["count"][0] <= len(done) <= animation["count"][1]
    assert done[0][1] * 1000 == pytest.approx(animation["event_ms"], rel=0.2)


def test_a_leg_lifts_in_sleep(guide: dict[str, MovementItem]) -> None:
    animation = guide["periodic-limb-movement"].animation
    ((_, seconds, degrees),) = events("lift")
    assert within(seconds, animation["event_s"])
    assert within(degrees, animation["excursion_deg"], 0)


def test_a_grip_lets_go_slowly(guide: dict[str, MovementItem]) -> None:
    frames = frames_of("peel")
    gripped = max(frame.at for frame in frames if frame.far == 0)
    open_again = min(frame.at for frame in frames if frame.far > 50 and frame.at > gripped)
    assert within(open_again - gripped, guide["myotonia"].animation["release_s"])


def test_one_side_of_the_face_twitches_as_one_then_squeezes(guide: dict[str, MovementItem]) -> None:
    animation = guide["hemifacial-spasm"].animation
    *twitches, (_, squeeze, _) = events("tight")
    assert all(within(seconds * 1000, animation["twitch_ms"]) for _, seconds, _ in twitches)
    assert all(within(1 / gap, animation["burst_hz"], 0) for gap in gaps("tight"))
    assert within(squeeze, animation["squeeze_s"], 0)
    opposite = {(f.at, 100 - f.far) for f in frames_of("calm")}
    assert {(f.at, f.far) for f in frames_of("tight")} == opposite


def test_both_eyes_blink_faster_then_clamp(guide: dict[str, MovementItem]) -> None:
    animation = guide["blepharospasm"].animation
    *_, (_, clamp, _) = events("shut")
    assert within(clamp, animation["clamp_s"], 0)
    assert all(within(60 / gap, animation["blink_per_min"], 0) for gap in gaps("shut"))


def test_flowing_movement_is_never_the_same_twice(guide: dict[str, MovementItem]) -> None:
    animation = guide["chorea"].animation
    one, other = loop_of("flow1"), loop_of("flow2")
    # They meet again only after many rounds: nobody sees the pair repeat.
    assert (one * 10) % (other * 10) > 1
    furthest = max(f.far for f in _keyframes("flow"))
    assert within(furthest, animation["excursion_deg"], 0)


def _keyframes(name: str) -> list[Frame]:
    found = re.search(rf"@keyframes mv-{name} \{{(.*)\}}", CSS)
    assert found
    return [
        Frame(float(time.strip().rstrip("%")), far(style))
        for times, style in re.findall(r"([\d.%, ]+)\{([^{}]*)\}", found.group(1))
        for time in times.split(",")
    ]


def test_a_cramp_comes_holds_and_lets_go() -> None:
    """Shortened: a cramp holds for minutes, a loop for seconds. What is slow stays slow."""
    ((_, seconds, _),) = events("knot")
    assert seconds > 4
    frames = frames_of("knot")
    hard = [frame.at for frame in frames if frame.far == 100]
    assert hard[0] - frames[1].at > 1
    assert hard[-1] - hard[0] > 1


# ---------------------------------------------------------------- the body map


def regions(edition: Edition) -> Page:
    from django.template.loader import render_to_string

    return Page(render_to_string("pictures/body.html"))


def test_the_regions_of_the_map_are_the_places_of_the_question(
    edition: Edition, kb: KnowledgeBase
) -> None:
    page = regions(edition)
    drawn = set(page.values("data-region")) | set(page.values("data-both"))
    assert drawn == {option.finding.slug for option in kb.questions["place"].options}


def test_the_map_has_a_front_and_a_back_and_both_sides(edition: Edition) -> None:
    page = regions(edition)
    for words in ("FRONT", "BACK", "FACE", "HAND", "TONGUE"):
        assert words in page.text
    shapes: dict[str, list[Any]] = {}
    for _, attributes in page.elements:
        if "data-region" in attributes:
            shapes.setdefault(attributes["data-region"], []).append(attributes)
    for limb in ("shoulder-or-arm", "buttock-or-thigh", "calf", "foot-or-toes"):
        sides = [shape["data-side"] for shape in shapes[limb]]
        assert sorted(sides) == ["left", "left", "right", "right"], limb
    # Two hands on each figure, and one of its own.
    assert len(shapes["hand-or-fingers"]) == 5
    for one, both in (("eyelid-one", "eyelids-both"), ("face-one-side", "face-both-sides")):
        assert {shape["data-both"] for shape in shapes[one]} == {both}
        assert {shape["data-side"] for shape in shapes[one]} == {"left", "right"}


def test_the_map_is_no_second_control(edition: Edition) -> None:
    """The list of checkboxes is what a keyboard and a screen reader use; the picture mirrors it."""
    page = regions(edition)
    (drawing,) = page.all("svg")
    assert drawing["aria-hidden"] == "true"
    assert page.values("tabindex") == []
    assert page.all("a") == []


# ---------------------------------------------------------------- function tests


def test_every_test_of_function_is_pictured(kb: KnowledgeBase) -> None:
    for option in kb.questions["weakness"].options:
        is_test = option.label.startswith("Can you")
        assert bool(picture("function", option.finding.slug)) is is_test, option.label
        if is_test:
            # "No" means that something is lost; one line each.
            assert option.present_answer == "no"
            assert len(option.label) <= 90


def test_every_function_picture_belongs_to_a_question(kb: KnowledgeBase) -> None:
    drawn = {f.stem for f in (Path(settings.BASE_DIR) / "templates/pictures/function").glob("*")}
    assert drawn <= {option.finding.slug for option in kb.questions["weakness"].options}
