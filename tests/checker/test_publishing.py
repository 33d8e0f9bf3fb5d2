"""From drafts to a release."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError

from checker.models import Option, Question, Scenario
from checker.publishing import PublishError, draft, publish
from conditions import content, editions
from conditions.models import Clause, Condition, Finding, KeyFigure, Release, Reply, WarningSign

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("small_drafts")]


def published() -> Release:
    release = publish()
    assert release is not None
    return release


def rename(slug: str, name: str) -> None:
    Condition.objects.filter(slug=slug).update(name=name)


def test_a_release_holds_every_row_of_content_and_nothing_else() -> None:
    Reply.objects.create(article="a", name="Someone", text="Hello")
    release = published()
    rows = editions.rows_of(release.document)
    assert list(rows) == content.rows_of_database()
    assert {row["model"] for row in rows} == set(content.ORDER)
    assert release.checksum == editions.checksum(release.document)


def test_releases_are_numbered_from_one() -> None:
    assert published().number == 1
    rename("benign", "Other")
    assert published().number == 2


def test_unchanged_content_makes_no_release() -> None:
    published()
    assert publish() is None
    assert Release.objects.count() == 1


def test_a_change_taken_back_makes_no_release() -> None:
    published()
    rename("benign", "Other")
    rename("benign", "Benign twitching")
    assert publish() is None


def test_going_back_to_an_older_content_is_a_new_release() -> None:
    first = published()
    rename("benign", "Other")
    published()
    rename("benign", "Benign twitching")
    third = published()
    assert (third.number, third.checksum) == (3, first.checksum)


def test_who_published_when_and_why_is_kept() -> None:
    editor = User.objects.create_user("editor")
    release = publish(by=editor, note="A better summary.")
    assert release is not None
    assert (release.published_by, release.note) == (editor, "A better summary.")
    assert release.published_at is not None


def test_how_the_scenarios_came_out_is_kept() -> None:
    report = published().report
    assert report["scenarios"] == 1
    assert report["total"]["emergencies_caught"] == 1
    assert report["each"][0]["id"] == "choking-at-table"


def test_a_draft_says_what_would_change() -> None:
    assert {name.split()[0] for name in draft().changes.created} == set(content.ORDER)
    published()
    assert not draft().changes
    rename("benign", "Other")
    KeyFigure.objects.all().delete()
    assert draft().changes == content.Changes(
        (),
        ("conditions.condition benign", "conditions.concern als"),
        ("conditions.keyfigure none-of-180",),
    )
    assert Release.objects.count() == 1


def test_a_release_never_changes() -> None:
    release = published()
    release.note = "Changed."
    with pytest.raises(ValidationError):
        release.save()
    release.refresh_from_db()
    assert release.note == ""


def break_source_mark() -> str:
    Condition.objects.filter(slug="benign").update(why="It fires. [@nhz]")
    return "'nhs'"


def break_question() -> str:
    Option.objects.filter(finding__slug="choking").delete()
    return "'emergency-signs'"


def break_gate() -> str:
    Question.objects.get(slug="emergency-signs").ask_if.add(Finding.objects.get(slug="weak-hand"))
    return "'weak-hand'"


def break_rule() -> str:
    Clause.objects.get(rule__sign__slug="throat").findings.clear()
    return "'throat'"


def break_calm_sign() -> str:
    WarningSign.objects.get(slug="lasting").rules.all().delete()
    return "'lasting'"


def break_scenario_slug() -> str:
    Scenario.objects.update(present=["chocking"])
    return "'choking'"


BREAKS = [
    break_source_mark,
    break_question,
    break_gate,
    break_rule,
    break_calm_sign,
    break_scenario_slug,
]


@pytest.mark.parametrize("damage", BREAKS)
def test_drafts_that_do_not_hold_together_are_refused_in_words(damage: Callable[[], str]) -> None:
    named = damage()
    for attempt in (draft, publish):
        with pytest.raises(PublishError) as refused:
            attempt()
        assert any(named in problem for problem in refused.value.problems)
    assert not Release.objects.exists()


def test_an_emergency_that_would_not_be_told_so_is_never_published() -> None:
    published()
    WarningSign.objects.filter(slug="throat").update(urgency="soon")
    assert draft().report.missed_emergencies == ("choking-at-table",)
    with pytest.raises(PublishError) as refused:
        publish()
    assert "choking-at-table" in str(refused.value)
    assert Release.objects.count() == 1


def test_a_scenario_that_is_no_emergency_may_come_out_wrong() -> None:
    Scenario.objects.create(
        slug="over-careful",
        story="A flicker.",
        present=["flicker"],
        expect_urgency=["soon"],
        source="A made-up case.",
    )
    release = published()
    assert release.report["total"]["urgency_accepted"] == 0.5


def test_what_is_not_ready_stays_out_of_the_library(no_edition: None) -> None:
    Condition.objects.filter(slug="wasting").update(ready=False)
    published()
    editions.refresh()
    assert list(editions.current().library.entries) == ["benign"]
