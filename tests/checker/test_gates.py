"""What may be published, what needs a written reason, and what never is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from checker import publishing
from checker.models import Scenario
from checker.publishing import PublishError, draft, publish
from checker.stories import Fate
from conditions import editions
from conditions.models import Condition, Finding, Release, WarningSign

pytestmark = pytest.mark.django_db
REASON = "The guideline of 2026 says so."


@pytest.fixture(autouse=True)
def released(small_drafts: None) -> Release:
    """The small content in force, with three stories more."""
    story("a-flicker", present=["flicker"], absent=["weak-hand"], urgency=["self-care", "routine"])
    story("a-weak-hand", present=["flicker", "weak-hand"], urgency=["soon"])
    story("too-careful", present=["weak-hand"], urgency=["self-care"])
    release = publish()
    assert release is not None
    return release


def story(slug: str, *, urgency: list[str], **fields: Any) -> Scenario:
    return Scenario.objects.create(
        slug=slug, story=f"The story {slug}.", expect_urgency=urgency, source="A case.", **fields
    )


def edit(slug: str, **fields: Any) -> None:
    Scenario.objects.filter(slug=slug).update(**fields)


def lower_the_advice() -> None:
    """A weak hand is told to make an ordinary appointment: too late for the story of it."""
    Finding.objects.filter(slug="weak-hand").update(floor="")
    Condition.objects.filter(slug="wasting").update(urgency="routine")


def refused(**kwargs: Any) -> str:
    number = Release.objects.count()
    with pytest.raises(PublishError) as error:
        publish(**kwargs)
    assert Release.objects.count() == number
    return " ".join(error.value.problems)


def made(**kwargs: Any) -> Release:
    release = publish(**kwargs)
    assert release is not None
    return release


# --- never -------------------------------------------------------------------------------------------


def test_a_new_error_of_the_content_checks_is_never_published() -> None:
    WarningSign.objects.get(slug="throat").sources.clear()
    assert "throat: names no source" in refused(reason=REASON)
    assert [p.check for p in draft().broken_checks] == ["incomplete_entries", "wrong_marks"]


def test_an_error_that_the_release_has_already_stops_nothing() -> None:
    assert [p for p in draft().problems if p.level == "error"]
    Condition.objects.filter(slug="benign").update(summary="Small harmless flickers.")
    assert draft().broken_checks == ()
    assert made().number == 2


def test_a_known_error_in_other_words_is_not_a_new_one() -> None:
    before = publishing.check_content(draft().rows, today=publishing.timezone.localdate())
    hard = next(p for p in before if p.check == "hard_to_read")
    worded = [publishing.Problem(p.level, p.check, p.where, "x", p.mend) for p in before]
    assert publishing._new(before, worded) == ()
    assert publishing._new(before, [*before, hard]) == (hard,)


def test_a_missed_emergency_is_never_published() -> None:
    WarningSign.objects.filter(slug="throat").update(urgency="soon")
    assert "choking-at-table" in refused(reason=REASON)


def test_an_emergency_story_that_is_added_must_be_caught() -> None:
    story("unheard", present=["flicker"], urgency=["emergency"])
    assert "unheard" in refused(reason=REASON)


def test_a_story_that_becomes_less_urgent_than_it_should_be_is_never_published() -> None:
    lower_the_advice()
    (change,) = [c for c in draft().stories if c.id == "a-weak-hand"]
    assert change.is_unsafe_now
    assert change.worse[0] == "less urgent than it should be"
    assert "a-weak-hand" in refused(reason=REASON)


def test_a_gain_elsewhere_does_not_pay_for_it() -> None:
    """`safe` as a share would stay the same, or rise: each story counts by itself."""
    for n in range(5):
        story(f"easy-{n}", present=["flicker"], urgency=["self-care", "routine", "soon"])
    lower_the_advice()
    assert "a-weak-hand" in refused(reason=REASON)


def test_a_story_that_is_added_and_was_never_safe_makes_nothing_worse() -> None:
    """It shows a mistake that visitors meet already; it may be written down without hiding anything."""
    story("known-mistake", present=["flicker"], urgency=["soon"])
    (change,) = draft().stories
    assert (change.fate, change.is_unsafe_now, change.worse) == (Fate.ADDED, False, ())
    assert made().report["total"]["safe"] < 1


# --- with a reason -----------------------------------------------------------------------------------


def test_what_becomes_too_urgent_needs_a_written_reason() -> None:
    WarningSign.objects.filter(slug="lasting").update(urgency="same-day")
    said = refused()
    assert "a-weak-hand comes out worse: further from the level that is right" in said
    assert "a-weak-hand" in refused(reason="   ")
    release = made(reason=REASON)
    kept = release.report["publishing"]
    assert kept["reason"] == REASON
    assert any("a-weak-hand" in line for line in kept["worse"])


def test_what_comes_out_better_needs_none() -> None:
    Finding.objects.filter(slug="weak-hand").update(floor="")
    edit("a-weak-hand", expect_urgency=["soon", "routine"])
    made(reason=REASON)
    Finding.objects.filter(slug="weak-hand").update(floor="soon")
    assert draft().worse == ()
    assert made().number == 3


def widen() -> None:
    edit("a-weak-hand", expect_urgency=["soon", "same-day"])


def lower_the_reference() -> None:
    edit("a-flicker", expect_urgency=["routine", "self-care"])
    made()
    edit("a-flicker", expect_urgency=["self-care", "routine"])


def expect_more_causes() -> None:
    edit("a-flicker", expect_conditions=["benign"])
    made(reason=REASON)
    edit("a-flicker", expect_conditions=["benign", "wasting"])


def expect_nothing_instead() -> None:
    edit("a-weak-hand", expect_conditions=["wasting"])
    made(reason=REASON)
    edit("a-weak-hand", expect_conditions=[])


def forbid_less() -> None:
    edit("a-flicker", never=["wasting"])
    made()
    edit("a-flicker", never=[])


def tell_more() -> None:
    edit("a-flicker", absent=[])


def tell_something_else() -> None:
    edit("too-careful", present=["weak-hand", "flicker"])


def answer_otherwise() -> None:
    edit("a-flicker", otherwise="absent")


def change_the_half() -> None:
    edit("a-flicker", tune=True)


def remove() -> None:
    Scenario.objects.filter(slug="a-weak-hand").delete()


LOOSENED = [
    widen,
    lower_the_reference,
    expect_more_causes,
    expect_nothing_instead,
    forbid_less,
    tell_more,
    tell_something_else,
    answer_otherwise,
    change_the_half,
    remove,
]


@pytest.mark.parametrize("loosen", LOOSENED)
def test_a_story_that_is_removed_or_asks_less_needs_a_written_reason(
    loosen: Callable[[], None],
) -> None:
    loosen()
    plan = draft()
    assert [change.loosened for change in plan.stories].count(True) == 1
    assert not plan.blockers
    assert "Write down why" in refused()
    made(reason=REASON)


def narrow() -> None:
    edit("a-flicker", expect_urgency=["self-care"])


def forbid_more() -> None:
    edit("a-flicker", never=["wasting"])


@pytest.mark.parametrize("tighten", [narrow, forbid_more])
def test_a_story_that_asks_more_is_shown_and_needs_none(tighten: Callable[[], None]) -> None:
    tighten()
    (change,) = draft().stories
    assert change.edits
    assert not change.loosened
    made()


def test_words_and_tags_of_a_story_need_none() -> None:
    edit("a-flicker", story="The same in other words.", tags=["everyday"], source="Another.")
    assert draft().stories == ()
    made()


def test_a_story_that_is_loosened_to_hide_a_loss_says_what_it_asked_before() -> None:
    lower_the_advice()
    edit("a-weak-hand", expect_urgency=["routine"])
    (change,) = [c for c in draft().stories if c.id == "a-weak-hand"]
    assert change.fails_its_old_expectation == "less urgent than it should be"
    assert "the new content is wrong: less urgent than it should be" in refused()
    assert made(reason=REASON).number == 2


def test_so_does_a_story_that_is_removed() -> None:
    lower_the_advice()
    remove()
    assert "a-weak-hand is removed. By what it asked before, the new content is wrong" in refused()


def test_the_report_says_from_what_to_what_and_why() -> None:
    from checker.release_desk import shown_stories

    Finding.objects.filter(slug="weak-hand").update(floor="same-day")
    shown = {s.change.id: s for s in shown_stories(draft())}["a-weak-hand"]
    assert shown.before is not None
    assert shown.after is not None
    assert (shown.before.slug, shown.after.slug) == ("soon", "same-day")
    assert "By itself: a weak hand" in shown.after.reasons
    assert shown.after.is_safe
    assert not shown.after.is_accepted


# --- who and when ------------------------------------------------------------------------------------


def test_nobody_publishes_what_only_they_edited_where_that_is_forbidden(
    settings: Settings,
) -> None:
    ann, ben = User.objects.create_user("ann"), User.objects.create_user("ben")
    benign = Condition.objects.get(slug="benign")
    benign.summary = "Small harmless flickers."
    benign._history_user = ann
    benign.save()
    assert publishing.editors_since_last_release() == {ann.pk}
    settings.PUBLISH_NEEDS_SECOND_PERSON = True
    assert "your own" in refused(by=ann)
    assert made(by=ben).published_by == ben
    assert publishing.editors_since_last_release() == set()

    wasting = Condition.objects.get(slug="wasting")
    for user in (ann, ben):
        wasting.summary += " More."
        wasting._history_user = user
        wasting.save()
    assert made(by=ann).number == 3


def test_it_is_allowed_where_it_is_not_forbidden() -> None:
    ann = User.objects.create_user("ann")
    benign = Condition.objects.get(slug="benign")
    benign.summary = "Small harmless flickers."
    benign._history_user = ann
    benign.save()
    assert made(by=ann).published_by == ann


def test_only_what_was_looked_at_is_published() -> None:
    Condition.objects.filter(slug="benign").update(summary="Looked at.")
    seen = draft().checksum
    Condition.objects.filter(slug="benign").update(summary="Slipped in.")
    assert "Look again" in refused(reviewed=seen)
    assert made(reviewed=draft().checksum).number == 2


def test_what_is_saved_while_it_publishes_stops_it(monkeypatch: pytest.MonkeyPatch) -> None:
    Condition.objects.filter(slug="benign").update(summary="Looked at.")
    plan = draft()
    Condition.objects.filter(slug="benign").update(summary="Slipped in.")
    monkeypatch.setattr(publishing, "draft", lambda: plan)
    assert "saved a draft meanwhile" in refused()


def test_who_comes_second_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    Condition.objects.filter(slug="benign").update(summary="Looked at.")
    plan = draft()
    made()
    monkeypatch.setattr(publishing, "draft", lambda: plan)
    assert "published meanwhile" in refused()


def test_the_stories_are_run_once_for_the_same_content(monkeypatch: pytest.MonkeyPatch) -> None:
    from checker import stories

    Condition.objects.filter(slug="benign").update(summary="Something else.")
    draft()

    def never(*args: object) -> None:
        raise AssertionError("run again")

    monkeypatch.setattr(stories, "run_through_questionnaire", never)
    monkeypatch.setattr(publishing, "check_content", never)
    assert draft() is draft()
    assert made().number == 2
    assert not draft().is_changed
    assert editions.rows_of(Release.objects.latest().document)


def test_what_a_release_keeps_is_not_worked_out_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a fresh process: stories and checks of the release in force come from its report."""
    from checker import stories

    Condition.objects.filter(slug="benign").update(summary="Something else.")
    made()
    Condition.objects.filter(slug="benign").update(summary="And something else.")
    in_one_process = draft()
    monkeypatch.setattr(publishing, "_latest", None)
    monkeypatch.setattr(publishing, "_found", publishing.OrderedDict())
    monkeypatch.setattr(stories.runs, "_known", publishing.OrderedDict())
    run, checked = stories.run_through_questionnaire, publishing.check_content
    ran: list[object] = []
    checks: list[object] = []

    def running(kb: Any, scenario: Any) -> Any:
        ran.append(kb)
        return run(kb, scenario)

    def checking(rows: Any, today: Any) -> Any:
        checks.append(rows)
        return checked(rows, today=today)

    monkeypatch.setattr(stories, "run_through_questionnaire", running)
    monkeypatch.setattr(publishing, "check_content", checking)
    plan = draft()
    assert all(kb is plan.told.kb for kb in ran)
    assert len(checks) == 1
    assert plan.stories == in_one_process.stories
    assert plan.new_problems == in_one_process.new_problems
    # Outcomes of other code are not believed.
    monkeypatch.setattr(publishing, "_latest", None)
    monkeypatch.setattr(stories.runs, "_known", publishing.OrderedDict())
    monkeypatch.setattr(stories, "code_fingerprint", lambda: "other")
    now = draft().told_now
    assert now is not None
    assert any(kb is now.kb for kb in ran)
