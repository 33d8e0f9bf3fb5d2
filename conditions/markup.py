"""Editors' Markdown to safe HTML, with source marks kept apart until a page numbers them.

A statement ends with its source as `[@source-key]`. `[@consensus]` says usual medical advice without one
single source; `[@estimate]` says that it is our own estimate. Both are shown to readers as such.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import nh3
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

PLAIN_MARKS = {
    "consensus": ("*", "Usual medical advice", "without one single source."),
    "estimate": ("†", "Our own estimate", "because we found no source."),
}
"""Marks that name no source: the sign beside a statement, and the words in the list of notes."""

_MARK = re.compile(r"\[@([a-z0-9-]+)\]")
# Private-use characters pass through Markdown and the sanitiser untouched.
_HELD = re.compile("\ue000([a-z0-9-]+)\ue001")
_MARKDOWN = MarkdownIt("commonmark", {"html": False})
_TAGS = {"p", "ul", "ol", "li", "strong", "em", "a", "h2", "h3", "blockquote", "br", "code"}


@dataclass(frozen=True, slots=True)
class Prose:
    """Rendered Markdown whose source marks are not numbered yet."""

    html: str

    def __bool__(self) -> bool:
        return bool(self.html)


def marks_in(text: str) -> list[str]:
    """Return the keys marked in a text, in order, each as often as it stands there."""
    return _MARK.findall(text)


def render(text: str) -> Prose:
    """Render Markdown once, when a release is loaded. HTML in the text is shown, never run."""
    held = _MARK.sub("\ue000\\1\ue001", text)
    # A mark belongs to the sentence before it: no line may break between them.
    held = re.sub("\\s+\ue000", "\ue000", held)
    return Prose(
        nh3.clean(_MARKDOWN.render(held), tags=_TAGS, attributes={"a": {"href"}}, link_rel=None)
    )


def plain(text: str) -> str:
    """Return a text without marks and Markdown signs, for summaries, search and reading grades."""
    return re.sub(r"\s+", " ", re.sub(r"[*_`#>]|^- ", "", _MARK.sub("", text), flags=re.M)).strip()


class Notes:
    """The numbered notes of one page. Numbers are given in the order in which texts are shown."""

    def __init__(self) -> None:
        self.keys: list[str] = []
        self.plain: set[str] = set()
        """Which marks without a source were shown."""

    def number(self, key: str) -> int:
        if key not in self.keys:
            self.keys.append(key)
        return self.keys.index(key) + 1

    def show(self, prose: Prose) -> SafeString:
        """Return the HTML with each source mark as a numbered link to its note."""
        # Sanitised in `render`; marks are slugs, which hold no special characters.
        return mark_safe(_HELD.sub(lambda match: self._mark(match.group(1)), prose.html))

    def _mark(self, key: str) -> str:
        if key in PLAIN_MARKS:
            self.plain.add(key)
            sign, words, _ = PLAIN_MARKS[key]
            return format_html(
                '<sup class="note"><a href="#note-{}"><span class="visually-hidden">{}</span>'
                '<span aria-hidden="true">{}</span></a></sup>',
                key,
                words,
                sign,
            )
        number = self.number(key)
        return format_html(
            '<sup class="note"><a href="#note-{}"><span class="visually-hidden">Source </span>{}</a></sup>',
            number,
            number,
        )
