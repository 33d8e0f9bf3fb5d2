"""The people at the editor's desk, and the desk itself."""

from __future__ import annotations

from django.apps import AppConfig, apps
from django.contrib.admin.apps import AdminConfig
from django.db.models.signals import post_migrate


class StaffConfig(AppConfig):
    name = "staff"

    def ready(self) -> None:
        from . import autocomplete  # it needs the models

        autocomplete.mend()

        from .roles import make_groups

        # Sent for apps with models only, and once a `migrate` is all done.
        last = apps.get_app_config("conditions")
        post_migrate.connect(make_groups, sender=last, dispatch_uid="staff.roles.make_groups")


class DeskConfig(AdminConfig):
    """Django's admin, with the desk that asks for a second factor in place of its own site."""

    default_site = "staff.site.Desk"
