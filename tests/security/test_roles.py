"""The four roles at the desk: what each may do, and above all what it may not, by address as well."""

from __future__ import annotations

import datetime
from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from checker.models import Scenario
from checker.publishing import publish
from conditions.models import Article, Condition, Finding, Release, Reply, ReplyState
from staff import roles
from tests.pages import page_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("small_drafts", "no_edition")]
As = Callable[..., Client]


@pytest.fixture
def as_() -> As:
    """Return a client of somebody in these groups."""

    def client(*groups: str) -> Client:
        user = User.objects.create_user("-".join(groups).lower(), is_staff=True)
        user.groups.set(Group.objects.filter(name__in=groups))
        assert user.groups.count() == len(groups)
        found = Client()
        found.force_login(user)
        return found

    return client


@pytest.fixture
def benign() -> Condition:
    return Condition.objects.get(slug="benign")


def address(name: str, *args: object) -> str:
    return reverse(f"admin:{name}", args=args)


def change(row: Condition | Finding | Article | Scenario | User, page: str = "change") -> str:
    return address(f"{row._meta.app_label}_{row._meta.model_name}_{page}", row.pk)


EDIT = {"label": "Another label", "kind": "felt", "background": "frequent"}
REVIEW = {"reviewed_on": "2026-01-02", "reviewed_by": "neurologist"}


def test_the_groups_are_there_and_are_mended_by_a_migrate() -> None:
    names = {roles.EDITORS, roles.REVIEWERS, roles.PUBLISHERS, roles.ADMINS}
    assert names <= set(Group.objects.values_list("name", flat=True))
    editors = Group.objects.get(name=roles.EDITORS)
    before = set(editors.permissions.all())
    editors.permissions.set(Permission.objects.filter(codename="add_release"))
    call_command("migrate", verbosity=0)
    assert set(editors.permissions.all()) == before


def test_no_role_may_touch_what_was_said_and_done(as_: As) -> None:
    """History, the log of the desk, sessions and locks are of nobody; releases are only made and looked at."""
    every = {
        right
        for role in (roles.EDITORS, roles.REVIEWERS, roles.PUBLISHERS, roles.ADMINS)
        for right in roles.rights(role)
    }
    assert not [right for right in every if "historical" in right]
    assert not {
        right for right in every if right.startswith(("admin.", "sessions.", "axes.", "otp_"))
    }
    assert {right for right in every if right.endswith("_release")} == {
        "conditions.view_release",
        "conditions.add_release",
    }
    assert not {right for right in every if right.endswith(("_reply",))} - {
        "conditions.view_reply",
        "conditions.change_reply",
    }


def test_an_editor_edits_and_judges_replies(as_: As, benign: Condition) -> None:
    client = as_(roles.EDITORS)
    finding = Finding.objects.get(slug="flicker")
    assert client.post(change(finding), EDIT).status_code == 302
    finding.refresh_from_db()
    assert finding.label == "Another label"
    reply = Reply.objects.create(article="a", name="Ann", text="Hello.")
    path = address("conditions_reply_changelist")
    client.post(path, {"action": "approve", "_selected_action": [reply.pk]})
    reply.refresh_from_db()
    assert reply.state == ReplyState.APPROVED


def test_an_editor_neither_reviews_nor_publishes_nor_looks_after_users(
    as_: As, benign: Condition
) -> None:
    release = publish()
    assert release is not None
    client = as_(roles.EDITORS)
    assert client.get(change(benign, "review")).status_code == 403
    sent = REVIEW | {"seen_version": str(benign.version)}
    assert client.post(change(benign, "review"), sent).status_code == 403
    path = address("conditions_condition_changelist")
    chosen = {"_selected_action": [benign.pk], "apply": "1"} | REVIEW
    client.post(path, chosen | {"action": "review"})
    client.post(path, chosen | {"action": "set_next_review", "next_review": "2027-01-01"})
    article = Article.objects.get()
    sent = {"title": "T", "summary": "S", "body": "B", "compiled_on": "2026-01-01"} | REVIEW
    assert client.post(change(article), sent).status_code == 302
    article.refresh_from_db()
    benign.refresh_from_db()
    assert article.title == "T"
    assert (article.reviewed_on, benign.reviewed_on, benign.next_review) == (None, None, None)

    assert client.get("/admin/conditions/release/publish/").status_code == 403
    assert client.post("/admin/conditions/release/publish/", {"note": "x"}).status_code == 403
    assert client.get(address("auth_user_changelist")).status_code == 403
    assert client.get(address("auth_user_add")).status_code == 403
    assert Release.objects.count() == 1


def test_a_reviewer_marks_and_changes_nothing_else(as_: As, benign: Condition) -> None:
    client = as_(roles.REVIEWERS)
    assert client.get(change(benign)).status_code == 200
    sent = REVIEW | {"seen_version": str(benign.version), "next_review": "2028-01-01"}
    assert client.post(change(benign, "review"), sent).status_code == 302
    benign.refresh_from_db()
    assert benign.reviewed_on == datetime.date(2026, 1, 2)
    assert benign.history.first().history_user.username == "reviewers"

    finding = Finding.objects.get(slug="flicker")
    assert client.post(change(finding), EDIT).status_code == 403
    assert client.post(change(benign), {"summary": "Mine."}).status_code == 403
    assert client.post(change(finding, "delete"), {"post": "yes"}).status_code == 403
    assert client.get(address("conditions_finding_add")).status_code == 403
    for action in ("make_unready", "delete_selected"):
        sent_action = {"action": action, "_selected_action": [benign.pk], "post": "yes"}
        client.post(address("conditions_condition_changelist"), sent_action)
    first = benign.history.last()
    at = {"at": first.history_date.isoformat(), "seen_version": str(benign.version)}
    assert client.post(change(benign, "restore"), at).status_code == 403
    assert client.get("/admin/conditions/release/publish/").status_code == 403
    assert client.get(address("conditions_reply_changelist")).status_code == 403
    assert client.get(address("auth_user_changelist")).status_code == 403
    benign.refresh_from_db()
    finding.refresh_from_db()
    assert benign.ready
    assert finding.label == "a flicker"


def test_a_publisher_publishes_and_edits_nothing(as_: As, benign: Condition) -> None:
    client = as_(roles.PUBLISHERS)
    assert client.get("/admin/conditions/release/publish/").status_code == 200
    client.post("/admin/conditions/release/publish/", {"note": "The first."})
    assert Release.objects.count() == 1

    finding = Finding.objects.get(slug="flicker")
    assert client.get(change(finding)).status_code == 200
    assert client.post(change(finding), EDIT).status_code == 403
    assert client.post(change(benign, "review"), REVIEW).status_code == 403
    assert client.post(change(benign, "delete"), {"post": "yes"}).status_code == 403
    assert client.post(change(Scenario.objects.all()[0]), {"story": "x"}).status_code == 403
    assert client.get(address("conditions_reply_changelist")).status_code == 403
    assert client.get(address("auth_user_changelist")).status_code == 403


def test_an_admin_looks_after_users_and_not_after_content(as_: As, benign: Condition) -> None:
    client = as_(roles.ADMINS)
    member = User.objects.create_user("member")
    page = client.get(change(member))
    assert page.status_code == 200
    editors = Group.objects.get(name=roles.EDITORS)
    sent = {
        "username": "member",
        "is_active": "on",
        "is_staff": "on",
        "groups": [editors.pk],
        "date_joined_0": "2026-01-01",
        "date_joined_1": "00:00:00",
    }
    assert client.post(change(member), sent).status_code == 302
    member.refresh_from_db()
    assert member.is_staff
    assert list(member.groups.all()) == [editors]

    for path in (change(benign), address("conditions_condition_changelist")):
        assert client.get(path).status_code == 403
    assert client.get("/admin/conditions/release/publish/").status_code == 403
    assert client.get(address("conditions_reply_changelist")).status_code == 403
    assert client.get(address("auth_group_add")).status_code == 403
    assert client.post(address("auth_group_change", editors.pk), {"name": "x"}).status_code == 403


def test_an_admin_does_not_reach_an_owner_and_makes_none(as_: As) -> None:
    client = as_(roles.ADMINS)
    owner = User.objects.create_superuser("owner", password="the owner's own words")
    me = User.objects.get(username="admins")
    sent = {
        "username": "admins",
        "is_active": "on",
        "is_staff": "on",
        "is_superuser": "on",
        "user_permissions": [p.pk for p in Permission.objects.filter(codename="add_release")],
        "groups": [g.pk for g in me.groups.all()],
        "date_joined_0": "2026-01-01",
        "date_joined_1": "00:00:00",
    }
    assert client.post(change(me), sent).status_code == 302
    me.refresh_from_db()
    assert not me.is_superuser
    assert not me.user_permissions.exists()

    assert client.post(change(owner), sent | {"username": "taken"}).status_code == 403
    password = {"password1": "a new long phrase", "password2": "a new long phrase"}
    path = reverse("admin:auth_user_password_change", args=[owner.pk])
    assert client.post(path, password | {"usable_password": "true"}).status_code == 403
    assert client.post(change(owner, "delete"), {"post": "yes"}).status_code == 403
    client.post(
        address("auth_user_changelist"),
        {"action": "delete_selected", "_selected_action": [owner.pk], "post": "yes"},
    )
    owner.refresh_from_db()
    assert owner.username == "owner"
    assert owner.check_password("the owner's own words")


@pytest.mark.parametrize("role", [roles.EDITORS, roles.REVIEWERS, roles.PUBLISHERS, roles.ADMINS])
def test_each_role_sees_on_the_first_page_only_what_it_may(as_: As, role: str) -> None:
    publish()
    Reply.objects.create(article="a", name="Ann", text="Hello.")
    Finding.objects.get(slug="flicker").save()
    client = as_(role)
    page = page_of(client.get("/admin/"))
    assert (address("conditions_reply_changelist") + "?state__exact=held" in page.links) is (
        role == roles.EDITORS
    )
    content = role != roles.ADMINS
    assert ("a flicker" in page.text) is content
    assert client.get(reverse("desk_state")).status_code == (200 if content else 403)


def test_one_person_may_be_in_two_groups(as_: As, benign: Condition) -> None:
    client = as_(roles.EDITORS, roles.REVIEWERS)
    assert client.get(change(benign, "review")).status_code == 200
    assert client.post(change(Finding.objects.get(slug="flicker")), EDIT).status_code == 302
