"""The library: a release as objects that templates only have to show."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from checker.engine.vocabulary import Urgency
from conditions.content import Row
from conditions.library import Library, build_library
from tests.worlds import slugs


def changed(rows: list[Row], slug: str, **fields: Any) -> Library:
    """The library after one row was changed."""
    rows = copy.deepcopy(rows)
    (row,) = [row for row in rows if row["fields"].get("slug") == slug]
    row["fields"].update(fields)
    return build_library(rows)


@pytest.fixture
def library(small_rows: list[Row]) -> Library:
    return build_library(small_rows)


def test_a_source_that_nobody_has_opened_is_shown_without_a_link(library: Library) -> None:
    assert library.sources["nhs"].url == "https://example.org/twitching"
    assert library.sources["old-book"].url == ""
    assert library.sources["old-book"].last_checked is None


def test_sources_stand_in_the_order_of_their_titles(library: Library) -> None:
    assert slugs(library.sources_by_title) == ["old-book", "nhs"]
    assert slugs(library.entries["benign"].sources) == ["old-book", "nhs"]


def test_an_entry_knows_what_belongs_to_it(library: Library) -> None:
    entry = library.entries["benign"]
    assert entry.also_called == ("twitches", "flickers")
    assert slugs(entry.causes) == ["nerves"]
    assert slugs(entry.movements) == ["fasciculation"]
    assert [f.finding.slug for f in entry.frequencies] == ["flicker", "weak-hand"]
    assert [f.source.slug if f.source else None for f in entry.frequencies] == ["nhs", None]
    assert [(f.count, f.out_of) for f in entry.figures] == [(0, 180)]
    assert entry.reviewed_on is None
    assert entry.urgency is Urgency.SELF_CARE


def test_frequencies_stand_from_the_usual_to_what_speaks_against(
    small_rows: list[Row], shipped_rows: list[Row]
) -> None:
    order = ["obligate", "very-frequent", "frequent", "occasional", "very-rare", "excluded"]
    for entry in build_library(shipped_rows).entries.values():
        places = [order.index(f.band) for f in entry.frequencies]
        assert places == sorted(places), entry.slug


def test_causes_and_movements_know_their_entries(library: Library) -> None:
    assert slugs(library.causes["nerves"].conditions) == ["benign"]
    assert slugs(library.movements["fasciculation"].conditions) == ["benign"]


def test_a_look_alike_is_another_entry_or_words(library: Library) -> None:
    (words,) = library.entries["benign"].look_alikes
    (entry,) = library.entries["wasting"].look_alikes
    assert (words.name, words.link) == ("a heartbeat", None)
    assert entry.link == library.entries["benign"].link


def test_an_entry_that_is_not_ready_is_linked_from_nowhere(small_rows: list[Row]) -> None:
    library = changed(small_rows, "benign", ready=False)
    assert list(library.entries) == ["wasting"]
    assert library.entries["wasting"].look_alikes == ()
    assert library.causes["nerves"].conditions == ()
    assert library.movements["fasciculation"].conditions == ()
    library = changed(small_rows, "wasting", ready=False)
    assert library.signs["throat"].may_point_to == ()
    assert library.concerns["als"].conditions == ()


def test_entries_stand_by_group_and_by_letter(library: Library) -> None:
    groups = library.entries_by_group
    assert [slugs(entries) for _, entries in groups] == [["benign"], ["wasting"]]
    assert [(letter, slugs(entries)) for letter, entries in library.entries_by_letter] == [
        ("B", ["benign"]),
        ("W", ["wasting"]),
    ]


def test_every_shipped_entry_stands_once_by_group_and_once_by_letter(
    shipped_rows: list[Row],
) -> None:
    library = build_library(shipped_rows)
    for listing in (library.entries_by_group, library.entries_by_letter):
        listed = [entry.slug for _, entries in listing for entry in entries]
        assert sorted(listed) == sorted(library.entries)
    letters = [letter for letter, _ in library.entries_by_letter]
    assert letters == sorted(set(letters))


def test_warning_signs_stand_by_level_most_urgent_first_and_calm_ones_apart(
    library: Library,
) -> None:
    assert [(c.urgency, slugs(s)) for c, s in library.signs_by_urgency] == [
        (Urgency.EMERGENCY, ["throat"]),
        (Urgency.ROUTINE, ["lasting"]),
    ]
    assert library.warning_sign_count == 2


def test_care_stands_most_urgent_first(library: Library) -> None:
    assert list(library.care) == sorted(Urgency, reverse=True)


@pytest.mark.parametrize(
    ("written", "dialled"),
    [("112", "tel:112"), ("0800 611 116", "tel:0800611116"), ("+44 (0)20-7", "tel:+440207")],
)
def test_a_number_can_be_tapped_however_it_is_written(
    small_rows: list[Row], written: str, dialled: str
) -> None:
    (line,) = changed(small_rows, "eu-112", number=written).helplines
    assert (line.number, line.tel) == (written, dialled)


def test_a_concern_holds_its_figures(library: Library) -> None:
    assert slugs(library.concerns["als"].figures) == ["none-of-180"]
    assert library.concerns["als"].show_if == {"flicker"}


def test_nothing_in_it_can_be_changed(library: Library) -> None:
    with pytest.raises(TypeError):
        library.entries["new"] = library.entries["benign"]  # type: ignore[index]
    with pytest.raises(AttributeError):
        library.entries["benign"].name = "x"  # type: ignore[misc]
