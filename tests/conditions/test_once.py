"""Parts of pages that are drawn once for everybody: what tells them apart, and when they are forgotten."""

from __future__ import annotations

import pytest
from django.template import Context, Template
from django.test import override_settings

from conditions import editions
from conditions.templatetags import once

PART = Template("{% load once %}{% once key %}{{ key }} {{ said }}{% endonce %}")


def drawn(key: object, said: str) -> str:
    return PART.render(Context({"key": key, "said": said}))


def test_a_part_is_drawn_once_for_each_key() -> None:
    assert drawn(1, "first") == "1 first"
    assert drawn(1, "second") == "1 first"
    assert drawn(2, "second") == "2 second"


def test_equal_keys_of_two_places_are_two_parts() -> None:
    other = Template("{% load once %}{% once key %}elsewhere{% endonce %}")
    assert drawn(1, "first") == "1 first"
    assert other.render(Context({"key": 1})) == "elsewhere"


def test_a_preview_neither_sees_nor_leaves_what_visitors_see(edition: editions.Edition) -> None:
    assert drawn(1, "published") == "1 published"
    with editions.showing(edition):
        assert drawn(1, "draft") == "1 draft"
    assert drawn(1, "later") == "1 published"


def test_a_new_release_begins_anew(edition: editions.Edition) -> None:
    assert drawn(1, "old") == "1 old"
    editions.install(edition)
    assert drawn(1, "new") == "1 new"


def test_nothing_is_kept_while_templates_are_worked_on() -> None:
    with override_settings(DEBUG=True):
        assert drawn(1, "first") == "1 first"
        assert drawn(1, "second") == "1 second"


def test_what_is_kept_stays_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(once, "MOST_KEPT", 3)
    for key in range(10):
        drawn(key, "said")
        assert len(once._kept) <= 3
