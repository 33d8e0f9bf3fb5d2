"""The first page of the editor's desk."""

from __future__ import annotations

from django import template
from django.contrib.auth.models import AnonymousUser, User

from checker.desk import Overview, overview

register = template.Library()


@register.simple_tag
def desk_overview(user: User | AnonymousUser) -> Overview:
    return overview(user)
