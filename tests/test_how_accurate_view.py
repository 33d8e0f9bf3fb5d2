"""The public scoreboard: counts, failures, plots, and the page that shows them."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from checker.accuracy import BY_SLUG, MEASURES, Scoreboard, Share, scoreboard_of
from checker.scenarios import Report
from conditions import editions
from conditions.editions import Edition
from tests.conditions.public import look_at

PATH = "/how-accurate/"
METRIC_OF = {
    "right": "urgency_accepted",
    "exact": "urgency_exact",
    "safe": "safe",
    "emergencies": "emergencies_caught",
    "first": "top_1",
    "first-three": "top_3",
    "no-match": "no_match",
}


@pytest.fixture(scope="session")
def scoreboard(measured_edition: Edition) -> Scoreboard:
    scoreboard = scoreboard_of(measured_edition)
    assert scoreboard is not None
    return scoreboard


@pytest.fixture
def measured(no_edition: None, measured_edition: Edition) -> Edition:
    editions.install(measured_edition)
    return measured_edition


# --- the figures -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("half", "name"), [("false", "kept_back"), ("true", "used")])
def test_every_count_is_that_of_the_report(
    scoreboard: Scoreboard, shipped_report: Report, half: str, name: str
) -> None:
    metrics = shipped_report.as_json()["tune"][half]
    for measure, row in zip(MEASURES, scoreboard.rows, strict=True):
        share: Share = getattr(row, name)
        if measure.slug in METRIC_OF:
            assert share.part == pytest.approx(metrics[METRIC_OF[measure.slug]]), measure.slug
    calm = scoreboard.rows[list(BY_SLUG).index("no-alarm")]
    assert getattr(calm, name).part == pytest.approx(1 - metrics["alarm_rate"])
    assert getattr(scoreboard.rows[0], name).of == metrics["n"]


def test_every_group_is_that_of_the_report(scoreboard: Scoreboard, shipped_report: Report) -> None:
    tags = shipped_report.as_json()["tags"]
    assert len(scoreboard.groups) == len(tags)
    ours = sorted((group.count, group.level.hits) for group in scoreboard.groups)
    theirs = sorted((m["n"], round(m["n"] * m["urgency_accepted"])) for m in tags.values())
    assert ours == theirs


def test_the_simplest_ways_are_the_baselines_of_the_report(
    scoreboard: Scoreboard, shipped_report: Report
) -> None:
    metrics = shipped_report.as_json()["tune"]["false"]
    plain = dict(zip(BY_SLUG, (row.plain for row in scoreboard.rows), strict=True))
    always, count = metrics["baseline_see_a_doctor"], metrics["baseline_count"]
    wanted = {
        "right": always["urgency_accepted"],
        "safe": always["safe"],
        "first": count["top_1"],
        "first-three": count["top_3"],
    }
    assert {s: share.part for s, share in plain.items() if share} == pytest.approx(wanted)


def test_every_mistake_is_listed_and_nothing_else(
    scoreboard: Scoreboard, shipped_report: Report
) -> None:
    wrong = {
        o.scenario.id
        for o in shipped_report.outcomes
        if not o.is_accepted
        or (o.scenario.conditions and not o.ended_early and (o.rank or 9) > 3)
        or (not o.scenario.conditions and not o.ended_early and o.fitted_well)
        or (o.alarmed and o.scenario.urgency[0] <= 1)
    }
    assert {failure.told.id for failure in scoreboard.failures} == wrong
    assert len(scoreboard.failures) == len(wrong)
    assert {*scoreboard.grave, *scoreboard.slight} == set(scoreboard.failures)


def test_advice_that_was_not_urgent_enough_stands_first(scoreboard: Scoreboard) -> None:
    urgent_enough = ["less-urgent" not in failure.wrong for failure in scoreboard.failures]
    assert urgent_enough == sorted(urgent_enough)


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [(0, 10, 0, 28), (10, 10, 72, 100), (5, 10, 24, 76), (81, 263, 26, 37)],
)
def test_the_range_of_a_share_is_wilsons(hits: int, of: int, low: int, high: int) -> None:
    """Newcombe RG, Stat Med 1998;17:857-872, table I: 81 of 263 is 0.2553 to 0.3662 by Wilson's method."""
    assert (Share(hits, of).low, Share(hits, of).high) == (low, high)


@pytest.mark.parametrize(
    ("hits", "of", "percent"), [(299, 300, 99), (1, 300, 1), (300, 300, 100), (0, 300, 0)]
)
def test_a_share_is_never_rounded_to_all_or_none(hits: int, of: int, percent: int) -> None:
    assert Share(hits, of).percent == percent


# --- the plots -------------------------------------------------------------------------------------


def test_a_mark_stands_where_its_share_says(scoreboard: Scoreboard) -> None:
    (start, _), _, (end, _) = scoreboard.plot.axis
    for row, line in zip(scoreboard.rows, scoreboard.plot.lines, strict=True):
        for kind, share in (("kept-back", row.kept_back), ("used", row.used), ("plain", row.plain)):
            placed = [mark.x for mark in line.marks if mark.kind == kind]
            wanted = [start + (end - start) * share.part] if share else []
            assert placed == pytest.approx(wanted, abs=0.1)
        assert line.reach is not None
        assert start <= line.reach[0] <= line.reach[1] <= end


def test_the_plots_are_drawn_without_style_and_have_a_table_each(
    client: Client, measured: Edition, scoreboard: Scoreboard
) -> None:
    page = look_at(client, PATH)
    drawn = page.all("svg", **{"class": "plot"})
    assert len(drawn) == 2
    assert all(svg["role"] == "img" and svg["aria-label"] for svg in drawn)
    # Colours come from the stylesheet alone, so that dark, print and forced colours hold.
    assert re.search(r'(fill|stroke)="(#|rgb|(?!none|currentColor)[a-z]+")', page.html) is None
    assert len(page.all("table")) == 2
    for row in scoreboard.rows:
        assert page.text.count(row.label) >= 2
        for share in (row.kept_back, row.used, row.plain):
            assert share is None or f"{share.hits} of {share.of}" in page.text
    for group in scoreboard.groups:
        assert page.text.count(group.label) >= 2


# --- the page --------------------------------------------------------------------------------------


def test_the_page_shows_every_failure_with_its_story(
    client: Client, measured: Edition, scoreboard: Scoreboard
) -> None:
    page = look_at(client, PATH)
    for failure in scoreboard.failures:
        assert failure.told.id in page.ids
        assert " ".join(failure.told.story.split()) in page.text
        assert {link.url for link in failure.expected + failure.shown} <= set(page.links)


def test_a_release_without_stories_says_so(client: Client, edition: Edition) -> None:
    assert scoreboard_of(edition) is None
    page = look_at(client, PATH)
    assert page.all("svg", **{"class": "plot"}) == []
    assert "no figures" in page.text


def test_a_report_of_stories_that_are_gone_is_no_report(measured_edition: Edition) -> None:
    rows = [row for row in measured_edition.rows if row["model"] != "checker.scenario"]
    document = editions.canonical(rows)
    without = editions.make_edition(
        number=3,
        document=document,
        expected=editions.checksum(document),
        published_at=measured_edition.published_at,
        report=measured_edition.report,
    )
    assert scoreboard_of(without) is None


@pytest.mark.django_db
def test_it_runs_no_query(
    client: Client, measured: Edition, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    scoreboard_of.cache_clear()
    with django_assert_num_queries(0):
        assert client.get(PATH).status_code == 200


def test_it_is_linked_from_how_it_works_and_from_every_foot(
    client: Client, edition: Edition
) -> None:
    assert look_at(client, "/how-it-works/").links.count(PATH) == 2
    assert PATH in look_at(client, "/about/").links
