"""Editors' Markdown to HTML that is safe on any page, with numbered sources."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conditions.markup import PLAIN_MARKS, Notes, marks_in, plain, render
from tests.pages import Page

ALLOWED = {
    "p", "ul", "ol", "li", "strong", "em", "a", "h2", "h3", "blockquote", "br", "code", "sup", "span",
}  # fmt: skip


def shown(text: str, notes: Notes | None = None) -> str:
    return str((notes or Notes()).show(render(text)))


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<p onclick=alert(1)>x</p>",
        "<style>body{}</style>",
        "<iframe src=https://example.org></iframe>",
        "<a href=javascript:alert(1)>x</a>",
    ],
)
def test_html_is_shown_and_never_run(text: str) -> None:
    page = Page(shown(text))
    assert {tag for tag, _ in page.elements} <= {"p"}
    assert text in page.text


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "data:text/html,x",
        "vbscript:x",
    ],
)
def test_links_that_could_run_are_no_links(address: str) -> None:
    assert not [link for link in Page(shown(f"[x]({address})")).links if ":" in link]


def test_ordinary_markdown_is_rendered() -> None:
    page = Page(shown("## Title\n\n- one\n- **two**\n\n[a link](https://example.org/)"))
    assert [tag for tag, _ in page.elements] == ["h2", "ul", "li", "li", "strong", "p", "a"]
    assert page.links == ["https://example.org/"]


@given(st.text(alphabet=st.sampled_from("<>\"'&[](){}@#*_`:/\\ \nab=!-.1ju"), max_size=60))
def test_whatever_is_written_only_harmless_elements_come_out(text: str) -> None:
    page = Page(shown(text))
    assert {tag for tag, _ in page.elements} <= ALLOWED
    for _, attributes in page.elements:
        assert set(attributes) <= {"href", "class"}


def test_marks_are_numbered_in_the_order_in_which_they_are_shown() -> None:
    notes = Notes()
    first = Page(shown("One. [@b] Two. [@a] Three. [@b]", notes))
    second = Page(shown("Four. [@c][@a]", notes))
    assert first.links == ["#note-1", "#note-2", "#note-1"]
    assert second.links == ["#note-3", "#note-2"]
    assert notes.keys == ["b", "a", "c"]


def test_numbers_follow_the_page_not_the_order_of_rendering() -> None:
    one, two = render("One. [@a]"), render("Two. [@b]")
    notes = Notes()
    notes.show(two)
    assert Page(notes.show(one)).links == ["#note-2"]


@pytest.mark.parametrize("mark", PLAIN_MARKS)
def test_marks_that_name_no_source_are_a_sign_with_its_words_and_no_number(mark: str) -> None:
    notes = Notes()
    page = Page(shown(f"It helps. [@{mark}] It may. [@{mark}]", notes))
    sign, words, _ = PLAIN_MARKS[mark]
    assert page.text.count(sign) == 2
    # A screen reader hears the words where the sign stands.
    assert page.text.count(words) == 2
    assert page.links == [f"#note-{mark}"] * 2
    assert (notes.keys, notes.plain) == ([], {mark})


def test_no_mark_is_ever_shown_as_it_is_written() -> None:
    for text in ("A. [@a-source]", "- x [@b]\n- y [@consensus]", "*x [@a]*", "[@a]", "x[@a]y"):
        html = shown(text)
        assert "[@" not in html
        assert "\ue000" not in html
        assert "\ue001" not in html


def test_no_space_stands_before_a_number() -> None:
    """So that no line may break between a statement and its source."""
    assert "fires.<sup" in shown("A nerve fires. [@a]")


def test_marks_of_a_text_are_found_in_order() -> None:
    assert marks_in("A [@b][@a], c [@b]. [not one] [@Not-One] [@]") == ["b", "a", "b"]


def test_plain_text_has_neither_marks_nor_signs() -> None:
    text = plain("## Title\n\n- **One** thing. [@a]\n- `Two` things.[@b]\n")
    assert text == "Title One thing. Two things."


def test_an_empty_text_is_nothing_to_show() -> None:
    assert not render("")
    assert render("x")
