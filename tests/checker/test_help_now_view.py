"""Whom to call, without a single question."""

from __future__ import annotations

import pytest

from conditions.editions import Edition

from .visitor import Visitor

HELP_NOW = "/check/help-now/"


@pytest.mark.parametrize("kind", ["emergency", "urgent-advice", "poisons", "crisis"])
def test_every_number_can_be_tapped(visitor: Visitor, edition: Edition, kind: str) -> None:
    numbers = [line.tel for line in edition.library.helplines_of(kind)]
    assert numbers
    page = visitor.see(HELP_NOW)
    assert [number for number in numbers if number not in page.links] == []
    assert page.broken_anchors == []


def test_an_emergency_number_stands_once_with_all_its_countries(
    visitor: Visitor, edition: Edition
) -> None:
    page = visitor.see(HELP_NOW)
    emergency = {line.tel for line in edition.library.helplines_of("emergency")}
    for tel in emergency:
        others = [h for h in edition.library.helplines if h.tel == tel and h.kind != "emergency"]
        assert page.links.count(tel) == 1 + len(others)
    for line in edition.library.helplines_of("emergency"):
        assert line.country_name in page.text


def test_it_needs_no_check_and_may_be_kept_for_a_minute(visitor: Visitor) -> None:
    response = visitor.client.get(HELP_NOW)
    assert response.status_code == 200
    assert "max-age=60" in response["Cache-Control"]
    assert "public" in response["Cache-Control"]
