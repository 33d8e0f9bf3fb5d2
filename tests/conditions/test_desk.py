"""Editing at the desk: one record a save, nobody overwritten, everything comes back."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from checker.models import Scenario
from conditions import content, versions
from conditions.models import (
    Clause,
    Concern,
    Condition,
    Finding,
    KeyFigure,
    Rule,
    Source,
    WarningSign,
)
from tests.pages import page_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("small_drafts", "no_edition")]


@pytest.fixture
def benign() -> Condition:
    return Condition.objects.get(slug="benign")


@pytest.fixture
def ann(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("ann"))
    return client


@pytest.fixture
def bob() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("bob"))
    return client


def address(row: Model, page: str = "change") -> str:
    name = f"admin:{row._meta.app_label}_{row._meta.model_name}_{page}"
    return reverse(name, args=[row.pk] if page not in ("changelist", "add", "deleted") else [])


def form_of(client: Client, row: Model) -> dict[str, Any]:
    """Return what the page of a row would send if nothing was typed."""
    response: Any = client.get(address(row))
    assert response.status_code == 200
    return sent_by(response)


def sent_by(response: Any) -> dict[str, Any]:
    data: dict[str, Any] = {}
    forms = [response.context["adminform"].form]
    for inline in response.context["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.forms]
    for form in forms:
        for bound in form:
            value = bound.value()
            key = bound.html_name
            if isinstance(value, list | tuple):
                data[key] = [getattr(item, "pk", item) for item in value]
            elif value is not None and value is not False:
                data[key] = value
            if bound.field.show_hidden_initial:
                data[bound.html_initial_name] = data.get(key, [])
    return data


def save(client: Client, row: Model, data: dict[str, Any], **changes: Any) -> Any:
    return client.post(address(row), {**data, **changes})


def line_of(data: dict[str, Any], prefix: str, row: Model) -> str:
    """Return how the names of a line begin."""
    for key, value in data.items():
        if key.startswith(prefix) and key.endswith("-id") and str(value) == str(row.pk):
            return key.removesuffix("id")
    raise AssertionError(f"no line for {row}")


# --- one record a save ------------------------------------------------------------------------------


def test_a_save_is_one_record_with_all_its_links(ann: Client, benign: Condition) -> None:
    data = form_of(ann, benign)
    chosen = [s.pk for s in Source.objects.all()]
    assert save(ann, benign, data, summary="New.", sources=chosen, causes=[]).status_code == 302
    newest, first = benign.history.all()
    assert (newest.summary, newest.history_type) == ("New.", "~")
    assert newest.sources.count() == len(chosen)
    assert not newest.causes.exists()
    assert str(newest.history_user) == "ann"
    assert first.history_user is None


def test_a_changed_line_is_recorded_and_gives_its_row_a_new_version(
    ann: Client, benign: Condition
) -> None:
    data = form_of(ann, benign)
    link = benign.associations.all()[0]
    line = line_of(data, "associations-", link)
    assert save(ann, benign, data, **{f"{line}band": "very-rare"}).status_code == 302
    assert link.history.count() == 2
    before = benign.version
    benign.refresh_from_db()
    assert benign.version > before
    untouched = [a for a in benign.associations.all() if a != link]
    assert [a.history.count() for a in untouched] == [1] * len(untouched)


def test_line_ends_of_a_browser_change_nothing(ann: Client, benign: Condition) -> None:
    """They would make every text a changed one, and a changed text has lost its review."""
    Condition.objects.filter(pk=benign.pk).update(
        also_called="one\ntwo",
        feels_like="A.\n\nB. [@nhs]",
        reviewed_on="2026-01-02",
        reviewed_by="x",
    )
    data = form_of(ann, benign)
    sent = {k: v.replace("\n", "\r\n") if isinstance(v, str) else v for k, v in data.items()}
    assert "\r\n" in sent["feels_like"]
    assert save(ann, benign, sent, icd10="G25").status_code == 302
    benign.refresh_from_db()
    assert benign.feels_like == "A.\n\nB. [@nhs]"
    assert str(benign.reviewed_on) == "2026-01-02"
    assert benign.icd10 == "G25"


@pytest.mark.parametrize("model", [KeyFigure, Rule])
def test_what_belongs_to_a_row_and_has_a_page_of_its_own_gives_the_row_a_new_version(
    ann: Client, model: Any
) -> None:
    row = model.objects.all()[0]
    parent = row.condition if model is KeyFigure else row.sign
    changes = {"who": "Others."} if model is KeyFigure else {"position": 7}
    assert save(ann, row, form_of(ann, row), **changes).status_code == 302
    before = parent.version
    parent.refresh_from_db()
    assert parent.version > before


# --- two editors ------------------------------------------------------------------------------------


def conflict_of(response: Any) -> Any:
    assert response.status_code == 409, response.status_code
    return response.context["conflict"]


def test_the_second_to_save_is_shown_both_and_loses_nothing(
    ann: Client, bob: Client, benign: Condition
) -> None:
    hers, his = form_of(ann, benign), form_of(bob, benign)
    assert save(ann, benign, hers, summary="Hers.", why="Her why. [@nhs]").status_code == 302
    refused = save(bob, benign, his, summary="His.", feels_like="His words. [@nhs]")

    conflict = conflict_of(refused)
    assert conflict.by == "ann"
    (both,) = conflict.both
    assert (both.field, both.theirs, both.mine) == ("Summary", "Hers.", "His.")
    assert [d.theirs for d in conflict.taken] == ["Her why. [@nhs]"]
    form = refused.context["adminform"].form
    assert form["summary"].value() == "His."
    assert form["feels_like"].value() == "His words. [@nhs]"
    assert form["why"].value() == "Her why. [@nhs]"
    assert "ann saved this" in refused.content.decode()
    benign.refresh_from_db()
    assert benign.summary == "Hers."

    # Having seen it, he saves again, and it counts.
    again = sent_by(refused)
    assert save(bob, benign, again).status_code == 302
    benign.refresh_from_db()
    assert (benign.summary, benign.feels_like) == ("His.", "His words. [@nhs]")
    assert benign.why == "Her why. [@nhs]"


def test_a_third_save_while_the_second_decides_is_a_conflict_again(
    ann: Client, bob: Client, benign: Condition
) -> None:
    his = form_of(bob, benign)
    save(ann, benign, form_of(ann, benign), summary="One.")
    again = sent_by(save(bob, benign, his, summary="His."))
    save(ann, benign, form_of(ann, benign), summary="Two.")
    (both,) = conflict_of(save(bob, benign, again)).both
    assert both.theirs == "Two."


def test_links_are_merged(ann: Client, bob: Client, benign: Condition) -> None:
    hers, his = form_of(ann, benign), form_of(bob, benign)
    assert save(ann, benign, hers, sources=[]).status_code == 302
    refused = save(bob, benign, his, summary="His.")
    (taken,) = conflict_of(refused).taken
    assert taken.field == "Sources"
    assert save(bob, benign, sent_by(refused)).status_code == 302
    assert not benign.sources.exists()


def test_the_same_change_twice_is_no_conflict(ann: Client, bob: Client, benign: Condition) -> None:
    hers, his = form_of(ann, benign), form_of(bob, benign)
    save(ann, benign, hers, summary="Same.")
    assert save(bob, benign, his, summary="Same.").status_code == 302


def test_lines_are_merged_one_by_one(ann: Client, bob: Client, benign: Condition) -> None:
    one, two = benign.associations.all()[:2]
    hers, his = form_of(ann, benign), form_of(bob, benign)
    line_one, line_two = (line_of(hers, "associations-", row) for row in (one, two))
    assert save(ann, benign, hers, **{f"{line_one}band": "obligate"}).status_code == 302
    refused = save(bob, benign, his, **{f"{line_two}note": "His note."})
    (taken,) = conflict_of(refused).taken
    assert "Always" in taken.theirs
    assert save(bob, benign, sent_by(refused)).status_code == 302
    one.refresh_from_db()
    two.refresh_from_db()
    assert (one.band, two.note) == ("obligate", "His note.")


def test_one_line_changed_by_both_is_for_the_second_to_decide(
    ann: Client, bob: Client, benign: Condition
) -> None:
    one = benign.associations.all()[0]
    hers, his = form_of(ann, benign), form_of(bob, benign)
    line = line_of(hers, "associations-", one)
    save(ann, benign, hers, **{f"{line}note": "Hers."})
    refused = save(bob, benign, his, **{f"{line}note": "His."})
    (both,) = conflict_of(refused).both
    assert (both.theirs, both.mine) == ("Hers.", "His.")
    assert str(one) in both.where
    assert f'id="{both.input_id}"' in refused.content.decode()


def test_a_line_that_they_added_and_one_that_i_added_are_both_there(
    ann: Client, bob: Client, benign: Condition
) -> None:
    findings = [
        Finding.objects.create(slug=f"f{n}", number=90 + n, label=f"F{n}", kind="felt")
        for n in range(2)
    ]
    hers, his = form_of(ann, benign), form_of(bob, benign)
    count = int(hers["associations-INITIAL_FORMS"])

    def added(finding: Finding) -> dict[str, Any]:
        line = f"associations-{count}-"
        return {
            "associations-TOTAL_FORMS": count + 1,
            f"{line}finding": finding.pk,
            f"{line}band": "frequent",
            f"{line}basis": "estimate",
            f"{line}condition": benign.pk,
        }

    assert save(ann, benign, hers, **added(findings[0])).status_code == 302
    refused = save(bob, benign, his, **added(findings[1]))
    assert [d.kind for d in conflict_of(refused).taken] == ["row"]
    assert save(bob, benign, sent_by(refused)).status_code == 302
    assert benign.associations.filter(finding__in=findings).count() == 2


@pytest.mark.parametrize("changed_by_me", [False, True])
def test_a_line_that_they_deleted_comes_back_only_if_i_changed_it(
    ann: Client, bob: Client, benign: Condition, changed_by_me: bool
) -> None:
    one = benign.associations.all()[0]
    hers, his = form_of(ann, benign), form_of(bob, benign)
    line = line_of(hers, "associations-", one)
    assert save(ann, benign, hers, **{f"{line}DELETE": "on"}).status_code == 302
    mine = {f"{line}note": "Mine."} if changed_by_me else {"summary": "Other."}
    refused = save(bob, benign, his, **mine)
    assert [d.kind for d in conflict_of(refused).taken] == ["row"]
    assert save(bob, benign, sent_by(refused)).status_code == 302
    assert benign.associations.filter(finding=one.finding).exists() is changed_by_me


def test_lists_that_are_no_links_are_merged_too(ann: Client, bob: Client) -> None:
    story = Scenario.objects.exclude(present=[])[0]
    hers, his = form_of(ann, story), form_of(bob, story)
    free = [f.slug for f in Finding.objects.all() if f.slug not in story.present]
    absent = [slug for slug in free if slug not in story.absent][:1]
    assert absent
    assert save(ann, story, hers, absent=[*story.absent, *absent]).status_code == 302
    refused = save(bob, story, his, story="As he tells it.")
    assert [d.field for d in conflict_of(refused).taken] == ["Absent"]
    assert save(bob, story, sent_by(refused)).status_code == 302
    story.refresh_from_db()
    assert story.story == "As he tells it."
    assert absent[0] in story.absent


def test_a_mistake_beside_a_conflict_is_told_as_well(
    ann: Client, bob: Client, benign: Condition
) -> None:
    hers, his = form_of(ann, benign), form_of(bob, benign)
    save(ann, benign, hers, summary="Hers.")
    refused = save(bob, benign, his, name="")
    conflict_of(refused)
    assert "name" in refused.context["adminform"].form.errors


def test_a_load_of_files_counts_as_the_other_editor(bob: Client, benign: Condition) -> None:
    his = form_of(bob, benign)
    rows = content.rows_of_database()
    for row in rows:
        if row["model"] == "conditions.condition" and row["fields"]["slug"] == "benign":
            row["fields"]["summary"] = "Loaded."
    content.save_rows(rows)
    (both,) = conflict_of(save(bob, benign, his, summary="His.")).both
    assert both.theirs == "Loaded."


def test_a_row_deleted_meanwhile_gives_back_what_was_typed(ann: Client, bob: Client) -> None:
    scenario = Scenario.objects.all()[0]
    his = form_of(bob, scenario)
    ann.post(address(scenario, "delete"), {"post": "yes"})
    answer = save(bob, scenario, his, story="A long story that he typed.")
    assert answer.status_code == 409
    assert "A long story that he typed." in answer.content.decode()
    assert bob.post(address(scenario, "restore")).status_code == 302
    assert save(bob, scenario, his, story="A long story that he typed.").status_code in (302, 409)


def test_a_list_changes_only_what_was_changed_in_it(ann: Client, bob: Client) -> None:
    """A position that somebody else moved is not moved back by a page that was opened before."""
    one = Concern.objects.all()[0]
    two = Concern.objects.create(slug="two", question="Two?", answer="No.", position=5)
    path = address(one, "changelist")
    listed: Any = bob.get(path)
    data: dict[str, Any] = {"_save": "Save"}
    formset = listed.context["cl"].formset
    for form in [formset.management_form, *formset.forms]:
        for bound in form:
            data[bound.html_name] = bound.value()
            if bound.field.show_hidden_initial:
                data[bound.html_initial_name] = bound.value()
    Concern.objects.filter(pk=one.pk).update(position=9)
    line = next(f.prefix for f in formset.forms if f.instance.pk == two.pk)
    assert bob.post(path, data | {f"{line}-position": 6}).status_code == 302
    one.refresh_from_db()
    two.refresh_from_db()
    assert (one.position, two.position) == (9, 6)
    assert two.history.first().position == 6


# --- history and the way back -----------------------------------------------------------------------


def test_the_history_tells_who_and_from_what_to_what(ann: Client, benign: Condition) -> None:
    one = benign.associations.all()[0]
    data = form_of(ann, benign)
    line = line_of(data, "associations-", one)
    save(ann, benign, data, summary="Entirely new words.", **{f"{line}band": "obligate"})
    page = page_of(ann.get(address(benign, "history")))
    assert "ann" in page.text
    newest = versions.Story(Condition, benign.pk).versions()[0]
    assert newest.by == "ann"
    told = {f.name: (f.before, f.after) for row in newest.changes for f in row.fields}
    assert told["summary"] == (benign.summary, "Entirely new words.")
    assert told["band"][1].startswith("Always")


def test_an_old_version_comes_back_with_links_and_lines(ann: Client, benign: Condition) -> None:
    before = versions.Story(Condition, benign.pk)
    rows_before = before.rows_at(before.records[-1].history_date)
    data = form_of(ann, benign)
    one = benign.associations.all()[0]
    line = line_of(data, "associations-", one)
    save(ann, benign, data, summary="New.", sources=[], **{f"{line}DELETE": "on"})
    assert not benign.associations.filter(pk=one.pk).exists()

    oldest = versions.Story(Condition, benign.pk).versions()[-1]
    benign.refresh_from_db()
    sent = {"at": oldest.stamp, "seen_version": benign.version}
    assert ann.post(address(benign, "restore"), sent).status_code == 302
    story = versions.Story(Condition, benign.pk)
    assert story.rows_at(story.records[-1].history_date) == rows_before
    assert benign.associations.filter(pk=one.pk).exists()  # under the key that it had
    newest = story.versions()[0]
    assert newest.by == "ann"
    assert newest.reason.startswith("Restored as it stood on")


def test_what_was_saved_meanwhile_is_not_undone_by_restoring(
    ann: Client, bob: Client, benign: Condition
) -> None:
    oldest = versions.Story(Condition, benign.pk).versions()[-1]
    sent = {"at": oldest.stamp, "seen_version": benign.version}
    save(bob, benign, form_of(bob, benign), summary="Saved meanwhile.")
    ann.post(address(benign, "restore"), sent)
    benign.refresh_from_db()
    assert benign.summary == "Saved meanwhile."


def test_a_deleted_row_comes_back_with_links_lines_and_lines_of_lines(ann: Client) -> None:
    sign = WarningSign.objects.get(slug="throat")
    WarningSign.caps.through.objects.filter(to_warningsign=sign).delete()

    def held() -> tuple[list[Any], ...]:
        return (
            list(Rule.objects.filter(sign__slug="throat").values_list()),
            list(Clause.objects.filter(rule__sign__slug="throat").values_list()),
            sorted(Clause.findings.through.objects.values_list("clause", "finding")),
            sorted(WarningSign.sources.through.objects.values_list("warningsign", "source")),
        )

    before = held()
    assert before[1]
    assert ann.post(address(sign, "delete"), {"post": "yes"}).status_code == 302
    assert not WarningSign.objects.filter(slug="throat").exists()
    page = page_of(ann.get(address(sign, "deleted")))
    assert sign.statement in page.text
    assert ann.post(address(sign, "restore")).status_code == 302
    after = held()
    assert [row[0] for row in after[0]] == [row[0] for row in before[0]]
    assert after[1:] == before[1:]
    ann.get(address(sign, "changelist"))  # which shows the message of the restoring
    assert sign.statement not in page_of(ann.get(address(sign, "deleted"))).text


@pytest.mark.parametrize("model", [Finding, Condition, KeyFigure, Source])
def test_a_row_that_others_name_cannot_be_deleted(ann: Client, model: Any) -> None:
    """It would vanish from rules without a word: a rule with a finding fewer fires more easily."""
    naming = {
        Finding: lambda: Clause.objects.all()[0].findings.all()[0],
        Condition: lambda: WarningSign.objects.exclude(may_point_to=None)[0].may_point_to.all()[0],
        KeyFigure: lambda: KeyFigure.objects.all()[0],
        Source: lambda: Condition.objects.all()[0].sources.all()[0],
    }
    row = naming[model]()
    if model is KeyFigure:
        Concern.objects.all()[0].key_figures.add(row)
    page = page_of(ann.get(address(row, "delete")))
    assert "cannot be deleted" in page.text
    ann.post(address(row, "delete"), {"post": "yes"})
    ann.post(
        address(row, "changelist"),
        {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"},
    )
    assert model.objects.filter(pk=row.pk).exists()


def test_a_number_is_never_used_again(ann: Client) -> None:
    finding = Finding.objects.create(slug="last", number=900, label="Last", kind="felt")
    finding.delete()
    (field,) = page_of(ann.get(address(finding, "add"))).all("input", name="number")
    assert field["value"] == "901"


def test_what_no_longer_fits_is_not_restored_and_told(ann: Client, benign: Condition) -> None:
    """A version that names a source which is gone."""
    source = Source.objects.create(slug="short-lived", title="Short-lived")
    benign.sources.add(source)
    moment = benign.history.first().history_date
    benign.sources.remove(source)
    source.delete()
    benign.refresh_from_db()
    sent = {"at": moment.isoformat(), "seen_version": benign.version}
    answer = ann.post(address(benign, "restore"), sent, follow=True)
    assert "short-lived" in page_of(answer).text
    assert not benign.sources.filter(slug="short-lived").exists()


@pytest.mark.parametrize("at", ["", "yesterday", "2026-11-01", "9999-99-99T00:00:00+00:00"])
def test_a_version_that_never_was_is_an_error_page_and_no_crash(
    ann: Client, benign: Condition, at: str
) -> None:
    sent = {"at": at, "seen_version": benign.version}
    assert ann.post(address(benign, "restore"), sent).status_code == 404


# --- the page of an entry ---------------------------------------------------------------------------


def test_signs_and_concerns_are_linked_from_the_entry(ann: Client, benign: Condition) -> None:
    signs = list(WarningSign.objects.all())
    data = form_of(ann, benign)
    assert save(ann, benign, data, warning_signs=[s.pk for s in signs]).status_code == 302
    assert set(benign.warning_signs.all()) == set(signs)
    data = form_of(ann, benign)
    # Meanwhile somebody takes one away at its own page; this page, sent unchanged, does not bring it back.
    signs[0].may_point_to.remove(benign)
    assert save(ann, benign, data, summary="New.").status_code == 302
    assert set(benign.warning_signs.all()) == set(signs[1:])
    assert signs[1].history.first().history_user is not None


def test_the_page_leads_to_what_readers_see_and_to_the_draft(
    ann: Client, benign: Condition
) -> None:
    from checker.publishing import publish
    from conditions import editions

    links = page_of(ann.get(address(benign))).links
    assert benign.get_absolute_url() not in links
    assert f"/preview{benign.get_absolute_url()}" in links
    publish()
    editions.refresh()
    assert benign.get_absolute_url() in page_of(ann.get(address(benign))).links


def test_ready_and_not_ready_for_many(ann: Client, benign: Condition) -> None:
    path = address(benign, "changelist")
    for action, ready in (("make_unready", False), ("make_ready", True)):
        ann.post(path, {"action": action, "_selected_action": [benign.pk]})
        benign.refresh_from_db()
        assert benign.ready is ready
    assert benign.history.count() == 3


def test_many_are_marked_as_reviewed(ann: Client) -> None:
    rows = list(Condition.objects.all())
    path = address(rows[0], "changelist")
    chosen = {"action": "review", "_selected_action": [row.pk for row in rows]}
    page = page_of(ann.post(path, chosen))
    assert len(page.all("input", name="_selected_action")) == len(rows)
    wrong = ann.post(path, chosen | {"apply": "1", "reviewed_on": "2999-01-01"})
    assert wrong.status_code == 200
    assert not Condition.objects.exclude(reviewed_on=None).exists()
    told = {"apply": "1", "reviewed_on": "2026-01-02", "reviewed_by": "neurologist"}
    assert ann.post(path, chosen | told | {"next_review": "2028-01-02"}).status_code == 302
    assert set(Condition.objects.values_list("reviewed_by", "next_review__year")) == {
        ("neurologist", 2028)
    }
    dates = {"action": "set_next_review", "apply": "1", "next_review": "2027-05-06"}
    ann.post(path, chosen | dates)
    assert set(Condition.objects.values_list("next_review__year", flat=True)) == {2027}
    assert set(Condition.objects.values_list("reviewed_by", flat=True)) == {"neurologist"}


def test_a_text_that_changed_while_it_was_read_is_not_marked(
    ann: Client, bob: Client, benign: Condition
) -> None:
    page = page_of(ann.get(address(benign, "review")))
    (seen,) = page.all("input", name="seen_version")
    told = {"reviewed_on": "2026-01-02", "reviewed_by": "neurologist"}
    save(bob, benign, form_of(bob, benign), summary="New.")
    ann.post(address(benign, "review"), told | {"seen_version": seen["value"]})
    benign.refresh_from_db()
    assert benign.reviewed_on is None
    ann.post(address(benign, "review"), told | {"seen_version": benign.version})
    benign.refresh_from_db()
    assert benign.reviewed_by == "neurologist"
