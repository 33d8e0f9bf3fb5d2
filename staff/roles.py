"""What people at the desk may do. The groups are made after each `migrate`, so that they are there everywhere.

    Editors     write drafts, and judge what readers send: replies, and reports of mistakes
    Reviewers   mark texts as reviewed and set review dates; they look at everything and write nothing else
    Publishers  publish releases and go back to older ones
    Admins      look after users and who is in which group; the site's owner (superuser) stays out of their reach

Somebody may be in several groups. A right given to one person by hand is left alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.apps import AppConfig, apps
from django.contrib.auth.management import create_permissions

from conditions.history import models_with_history

EDITORS, REVIEWERS, PUBLISHERS, ADMINS = "Editors", "Reviewers", "Publishers", "Admins"

REVIEWED = ("condition", "article")
FROM_READERS = ("reply", "pagereport")
LOOK_AT_RELEASES = "conditions.view_release"


def rights(role: str) -> Iterator[str]:
    """Yield the permissions of a role, as app.codename."""
    content = [(m._meta.app_label, str(m._meta.model_name)) for m in models_with_history()]
    if role == ADMINS:
        yield from (f"auth.{verb}_user" for verb in ("add", "change", "delete", "view"))
        yield "auth.view_group"
        return
    yield from (f"{app}.view_{model}" for app, model in content)
    yield LOOK_AT_RELEASES
    if role == EDITORS:
        yield from (
            f"{app}.{verb}_{model}"
            for app, model in content
            for verb in ("add", "change", "delete")
        )
        yield from (
            f"conditions.{verb}_{model}" for model in FROM_READERS for verb in ("view", "change")
        )
    if role == REVIEWERS:
        yield from (f"conditions.review_{model}" for model in REVIEWED)
    if role == PUBLISHERS:
        yield "conditions.add_release"


def make_groups(sender: AppConfig, **kwargs: Any) -> None:
    """Make the groups what they are said to be here."""
    # Each app gets its permissions by the same signal, some after this.
    for name in ("auth", "conditions", "checker"):
        create_permissions(apps.get_app_config(name), verbosity=0)
    groups = apps.get_model("auth", "Group").objects
    permissions = apps.get_model("auth", "Permission").objects.select_related("content_type")
    known = {f"{p.content_type.app_label}.{p.codename}": p for p in permissions.all()}
    for role in (EDITORS, REVIEWERS, PUBLISHERS, ADMINS):
        group, _ = groups.get_or_create(name=role)
        group.permissions.set(known[right] for right in rights(role))
