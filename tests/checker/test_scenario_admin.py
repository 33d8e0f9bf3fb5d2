"""Scenarios at the desk: chosen from lists, mistakes in words, run at once."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from checker.models import Option, Scenario
from checker.publishing import publish
from conditions import editions
from conditions.models import Condition
from tests.conditions.public import inline_code
from tests.pages import Page, page_of

pytestmark = pytest.mark.django_db
LIST = "/admin/checker/scenario/"


@pytest.fixture(autouse=True)
def drafts(small_drafts: None, no_edition: None) -> None:
    publish()
    editions.refresh()


@pytest.fixture
def choking() -> Scenario:
    return Scenario.objects.get(slug="choking-at-table")


def change(scenario: Scenario) -> str:
    return f"{LIST}{scenario.pk}/change/"


def form_of(page: Page) -> dict[str, Any]:
    """What a browser would send back of the hidden fields of a form."""
    return {a["name"]: a["value"] for a in page.all("input", type="hidden") if "value" in a}


def send(client: Client, scenario: Scenario, **changes: Any) -> Any:
    data = {
        "story": scenario.story,
        "source": scenario.source,
        "present": scenario.present,
        "absent": scenario.absent,
        "otherwise": scenario.otherwise,
        "first_level": scenario.expect_urgency[0],
        "also_accepted": scenario.expect_urgency[1:],
        "expect_conditions": scenario.expect_conditions,
        "never": scenario.never,
        "tags": ", ".join(scenario.tags),
        "tune": "unknown",
    }
    hidden = form_of(page_of(client.get(change(scenario))))
    return client.post(change(scenario), {**hidden, **data, **changes})


def test_findings_and_conditions_are_chosen_by_name(
    admin_client: Client, choking: Scenario
) -> None:
    page = page_of(admin_client.get(change(choking)))
    assert "choking (choking)" in page.text
    assert "Benign twitching (benign)" in page.text
    assert "Emergency: call now" in page.text
    assert inline_code(page) == []
    assert "choking" in [o["value"] for o in page.all("option") if "selected" in o]


def test_an_unchanged_form_changes_nothing(admin_client: Client, choking: Scenario) -> None:
    Scenario.objects.update(
        present=["weak-hand", "choking"],
        absent=["flicker"],
        expect_urgency=["emergency", "same-day"],
        expect_conditions=["wasting", "benign"],
        tags=["b", "a"],
    )
    choking.refresh_from_db()
    before = [f.value_from_object(choking) for f in choking._meta.fields if f.name != "version"]
    assert send(admin_client, choking).status_code == 302
    choking.refresh_from_db()
    after = [f.value_from_object(choking) for f in choking._meta.fields if f.name != "version"]
    assert after == before


def test_what_is_chosen_is_kept_new_things_last(admin_client: Client, choking: Scenario) -> None:
    sent = send(
        admin_client,
        choking,
        present=["flicker", "choking"],
        first_level="same-day",
        also_accepted=["emergency", "same-day"],
        expect_conditions=["wasting"],
        tags="throat,  , emergency",
        tune="true",
    )
    assert sent.status_code == 302, page_of(sent).text
    choking.refresh_from_db()
    assert choking.present == ["choking", "flicker"]
    assert choking.expect_urgency == ["same-day", "emergency"]
    assert choking.expect_conditions == ["wasting"]
    assert choking.tags == ["throat", "emergency"]
    assert choking.tune is True


def test_an_unknown_slug_is_told_with_the_nearest(admin_client: Client, choking: Scenario) -> None:
    text = page_of(send(admin_client, choking, present=["chocking"], never=["bening"])).text
    assert "'chocking' is no finding (did you mean 'choking'?)" in text
    assert "'bening' is no condition (did you mean 'benign'?)" in text
    choking.refresh_from_db()
    assert choking.present == ["choking"]


def test_what_is_not_known_any_more_is_shown_and_told(
    admin_client: Client, choking: Scenario
) -> None:
    Scenario.objects.update(present=["choking", "gone"])
    assert "gone: not known any more" in page_of(admin_client.get(change(choking))).text
    choking.refresh_from_db()
    assert "'gone' is no finding" in page_of(send(admin_client, choking)).text
    assert send(admin_client, choking, present=["choking"]).status_code == 302


def test_there_and_denied_is_a_contradiction(admin_client: Client, choking: Scenario) -> None:
    text = page_of(send(admin_client, choking, absent=["choking"])).text
    assert "Both there and denied: choking." in text


def test_an_entry_that_is_not_ready_cannot_be_expected(
    admin_client: Client, choking: Scenario
) -> None:
    Condition.objects.filter(slug="wasting").update(ready=False)
    text = page_of(send(admin_client, choking, expect_conditions=["wasting"])).text
    assert "'wasting' is no condition" in text


def test_a_new_story_is_typed_saved_and_run(admin_client: Client) -> None:
    data = {
        "slug": "a-flicker",
        "story": "A flicker, nothing else.",
        "source": "A made-up case.",
        "present": ["flicker"],
        "absent": ["weak-hand"],
        "otherwise": "unknown",
        "first_level": "self-care",
        "tune": "unknown",
        "_run": "Save and run now",
    }
    hidden = form_of(page_of(admin_client.get(f"{LIST}add/")))
    sent = admin_client.post(f"{LIST}add/", {**hidden, **data})
    made = Scenario.objects.get(slug="a-flicker")
    assert sent["Location"] == f"{LIST}{made.pk}/run/"
    assert (made.expect_urgency, made.expect_conditions, made.tags) == (["self-care"], [], [])


# --- run now -----------------------------------------------------------------------------------------


def test_it_runs_on_the_drafts_and_on_what_visitors_see(
    admin_client: Client, choking: Scenario
) -> None:
    from conditions.models import WarningSign

    WarningSign.objects.filter(slug="throat").update(urgency="soon", statement="A draft says so")
    page = page_of(admin_client.get(f"{LIST}{choking.pk}/run/"))
    assert "Warning sign: A draft says so" in page.text
    assert "Warning sign: Choking" in page.text
    assert "not urgent enough" in page.text
    assert "ends on the emergency page" in page.text
    assert inline_code(page) == []


def test_drafts_that_do_not_hold_together_are_told(admin_client: Client, choking: Scenario) -> None:
    Option.objects.filter(finding__slug="choking").delete()
    page = page_of(admin_client.get(f"{LIST}{choking.pk}/run/"))
    assert "'emergency-signs'" in page.text
    assert "cannot be run there" in page.text


def test_it_runs_without_a_release(admin_client: Client, choking: Scenario) -> None:
    editions.install(None)
    assert "No release yet" in page_of(admin_client.get(f"{LIST}{choking.pk}/run/")).text


def test_only_who_may_see_scenarios_may_run_them(client: Client, choking: Scenario) -> None:
    user = User.objects.create_user("editor", is_staff=True)
    client.force_login(user)
    assert client.get(f"{LIST}{choking.pk}/run/").status_code == 403
    user.user_permissions.add(Permission.objects.get(codename="view_scenario"))
    assert client.get(f"{LIST}{choking.pk}/run/").status_code == 200
    assert Client().get(f"{LIST}{choking.pk}/run/").status_code == 302
