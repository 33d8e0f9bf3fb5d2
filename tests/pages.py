"""A rendered page as tests look at it: its elements, links, ids and words."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

from django.http import HttpResponse

Attributes = dict[str, str]


class Page(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.html = html
        self.elements: list[tuple[str, Attributes]] = []
        self._words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self._words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self._words).split())

    def all(self, tag: str, **wanted: str) -> list[Attributes]:
        return [
            attributes
            for name, attributes in self.elements
            if name == tag and all(attributes.get(key) == value for key, value in wanted.items())
        ]

    def values(self, attribute: str) -> list[str]:
        """The values of an attribute, wherever it stands, in order."""
        return [attributes[attribute] for _, attributes in self.elements if attribute in attributes]

    @property
    def links(self) -> list[str]:
        return [attributes.get("href", "") for attributes in self.all("a")]

    @property
    def ids(self) -> set[str]:
        return set(self.values("id"))

    @property
    def broken_anchors(self) -> list[str]:
        """Links to places on this page that are not there."""
        return [link for link in self.links if link.startswith("#") and link[1:] not in self.ids]

    @property
    def choices(self) -> dict[str, list[Attributes]]:
        """Radio buttons and checkboxes, by name."""
        found: dict[str, list[Attributes]] = {}
        for attributes in self.all("input"):
            if attributes.get("type") in ("radio", "checkbox"):
                found.setdefault(attributes["name"], []).append(attributes)
        return found

    @property
    def checked(self) -> dict[str, list[str]]:
        return {
            name: values
            for name, inputs in self.choices.items()
            if (values := [i["value"] for i in inputs if "checked" in i])
        }


def page_of(response: HttpResponse | Any) -> Page:
    assert response.status_code < 400, response.status_code
    return Page(response.content.decode())
