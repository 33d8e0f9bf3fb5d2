"""The people at the editor's desk, and the desk itself."""

from __future__ import annotations

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class StaffConfig(AppConfig):
    name = "staff"

    def ready(self) -> None:
        from . import autocomplete  # it needs the models

        autocomplete.mend()


class DeskConfig(AdminConfig):
    """Django's admin, with the desk that asks for a second factor in place of its own site."""

    default_site = "staff.site.Desk"
