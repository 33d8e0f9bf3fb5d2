"""Every form of the desk, sent by every role, with the fields of more power added.

Nothing changes but what the role may change. What each role may is tested in test_roles.py page by page; here nothing
is named, so a new page is tested without being told. It takes half a minute, so only `run.py test --all` runs it.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group, Permission, User
from django.test import Client
from django.utils.http import urlencode

from checker.loading import load_folder
from checker.publishing import publish
from conditions.models import Reply
from staff import roles
from tests import content_folder
from tests.addresses import addresses
from tests.stored import added, everything_stored
from tests.test_fuzz import FORM, Form, forms_of

pytestmark = [pytest.mark.django_db, pytest.mark.long]
# Written for whoever is logged in, whatever the role: the session, one's own log, one's own second factor being set up.
ONES_OWN = {"django_session", "django_admin_log", "otp_totp_totpdevice"}


@pytest.fixture
def forms(no_edition: None, tmp_path: Path, admin_client: Client) -> list[Form]:
    """Every form of the desk as its owner sees it: one row of each model, one release, one reply."""
    load_folder(content_folder.write(tmp_path / "content"))
    publish(note="First.")
    Reply.objects.create(name="Ann", text="Hello.", article="understanding-muscle-twitches")
    paths = [path for path in addresses() if path.startswith("/admin/")]
    for model in admin.site._registry:
        before = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        for row in model._default_manager.all()[:1]:
            paths += [f"{before}{row.pk}/change/", f"{before}{row.pk}/delete/"]
    found: dict[str, Form] = {}
    for path in dict.fromkeys(paths):
        if "log" in path.split("/")[2]:
            continue  # in and out
        response = admin_client.get(path)
        if response.status_code == 200 and response["Content-Type"].startswith("text/html"):
            for form in forms_of(path, response.content.decode()):
                if form.post and "logout" not in form.address:
                    found.setdefault(form.address, form)
    assert len(found) > 40
    return list(found.values())


def tables_of(role: str) -> set[str]:
    """Return the tables that a role may write: of the models that it may add, change, delete or review."""
    tables = set()
    for right in roles.rights(role):
        app, _, codename = right.partition(".")
        verb, _, name = codename.partition("_")
        if verb == "view":
            continue
        model = apps.get_model(app, name)
        tables.add(model._meta.db_table)
        tables |= {field.m2m_db_table() for field in model._meta.many_to_many}
    return tables


@pytest.mark.parametrize(
    "role", [roles.EDITORS, roles.REVIEWERS, roles.PUBLISHERS, roles.ADMINS, ""]
)
def test_no_form_gives_a_role_more_than_it_has(role: str, forms: list[Form]) -> None:
    user = User.objects.create_user("somebody", is_staff=True)
    user.groups.set(Group.objects.filter(name=role))
    client = Client(raise_request_exception=False)
    client.force_login(user)
    power = [("is_superuser", "on"), ("is_staff", "on"), ("is_active", "on"), ("post", "yes")]
    power += [("groups", str(pk)) for pk in Group.objects.values_list("pk", flat=True)]
    power += [
        ("user_permissions", str(pk)) for pk in Permission.objects.values_list("pk", flat=True)[:3]
    ]
    power += [
        ("state", "approved"),
        ("note", "Mine."),
        ("reason", "Because I say so, and long enough."),
    ]
    before = everything_stored()
    for form in forms:
        fields = [(name, value) for name, value in form.fields if name not in dict(power)]
        changed = [(n, f"{v} changed" if " " in v else v) for n, v in fields]
        response = client.generic("POST", form.address, urlencode([*changed, *power]), FORM)
        assert response.status_code < 500, form
    after = everything_stored()
    written = {*added(before, after), *added(after, before)}
    allowed = tables_of(role) if role else set()
    # The history of a row is written with it.
    extra = {t for t in written - ONES_OWN - allowed if "historical" not in t or not allowed}
    assert extra == set(), f"{role or 'no role'} wrote {sorted(extra)}"
    assert list(User.objects.filter(is_superuser=True).values_list("username", flat=True)) == [
        "admin"
    ]
    if role != roles.ADMINS:
        assert [group.name for group in user.groups.all()] == ([role] if role else [])
        assert not user.user_permissions.exists()
