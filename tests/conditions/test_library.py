"""The library: a release as objects that templates only have to show."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from checker.engine.vocabulary import Urgency
from conditions.choices import PrevalenceChoices
from conditions.content import Row
from conditions.library import Library, build_library, names_and_phrases
from tests.worlds import slugs

PREVALENCES = PrevalenceChoices.values


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


def test_a_look_alike_that_only_one_side_names_is_shown_on_both(small_rows: list[Row]) -> None:
    rows = copy.deepcopy(small_rows)
    (row,) = [row for row in rows if row["fields"].get("other") == ["benign"]]
    (other,) = build_library(rows).entries["benign"].mistaken_for_it
    assert (other.link, other.differs) == (
        build_library(rows).entries["wasting"].link,
        row["fields"]["differs"],
    )
    # "Here" means the page for which it was written.
    row["fields"]["differs"] = "The hand keeps its strength. Here it is lost."
    (other,) = build_library(rows).entries["benign"].mistaken_for_it
    assert other.differs == ""
    # Named by both, it stands there once.
    fields = {**row["fields"], "condition": ["benign"], "other": ["wasting"], "position": 2}
    back: Row = {**row, "fields": fields}
    library = build_library([*rows, back])
    assert library.entries["benign"].mistaken_for_it == ()
    assert library.entries["wasting"].mistaken_for_it == ()


@pytest.mark.parametrize(
    ("written", "names", "phrases"),
    [
        ("one\ntwo", ("one", "two"), ()),
        ("one\n---\nis it one\n\nand two", ("one",), ("is it one", "and two")),
        ("---\nis it one", (), ("is it one",)),
        ("one\n---", ("one",), ()),
        ("a---b", ("a---b",), ()),
        ("one\r\n---\r\nis it one", ("one",), ("is it one",)),
        ("", (), ()),
    ],
)
def test_names_stand_above_the_line_and_what_people_type_below_it(
    written: str, names: tuple[str, ...], phrases: tuple[str, ...]
) -> None:
    assert names_and_phrases(written) == (names, phrases)


def test_what_people_type_is_no_name(small_rows: list[Row]) -> None:
    entry = changed(small_rows, "benign", also_called="twitches\n---\nis it ALS").entries["benign"]
    assert (entry.also_called, entry.found_by) == (("twitches",), ("is it ALS",))


def test_entries_of_a_movement_stand_there_commonest_first(shipped_rows: list[Row]) -> None:
    library = build_library(shipped_rows)
    flicker = library.movements["fasciculation"].conditions
    order = [PREVALENCES.index(library.entries[link.slug].prevalence) for link in flicker]
    assert order == sorted(order)
    assert len(set(order)) > 2


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
