"""A person in front of the check, who sees pages and sends forms, and the cookie in their browser."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.test import Client
from django.urls import reverse

from checker import answers
from checker.knowledge import current_knowledge_base
from tests.pages import Page, page_of

START, ANSWERS, RESULT = "/check/", "/check/answers/", "/check/result/"
MOST_SCREENS = 40
# What people tell: a harmless lid, and a hand that grows weak.
EYELID = (
    "age-18-39", "sex-female", "eyelid-flutter", "eyelid-one", "one-spot", "days-under-two-weeks", "onset-gradual",
    "comes-and-goes", "most-days", "stress", "lack-of-sleep", "high-caffeine", "with-stress-or-tiredness",
)  # fmt: skip
HAND = ("age-60-plus", "sex-male", "flicker", "hand-or-fingers", "weak-hand-or-grip", "lost-a-task")


def address(page: str) -> str:
    return reverse("checker:question", args=[page])


class Visitor:
    def __init__(self, client: Client) -> None:
        self.client = client

    # What the browser holds.

    @property
    def cookie(self) -> str:
        morsel = self.client.cookies.get(settings.ANSWER_COOKIE)
        return morsel.value if morsel else ""

    @cookie.setter
    def cookie(self, value: str) -> None:
        self.client.cookies[settings.ANSWER_COOKIE] = value

    @property
    def check(self) -> answers.Check | None:
        request = HttpRequest()
        request.COOKIES = {settings.ANSWER_COOKIE: self.cookie}
        return answers.read(request, current_knowledge_base())

    @property
    def said(self) -> set[str]:
        """The findings that the cookie holds as present."""
        assert self.check is not None
        return {f for f, state in self.check.answers.states.items() if state.name == "PRESENT"}

    # What the person does.

    def start(self, who: str = "me") -> str:
        """Start a check; return where it leads."""
        return self._sent_on(self.client.post(START, {"who": who}))

    def see(self, path: str) -> Page:
        return page_of(self.client.get(path))

    def send(self, path: str, data: dict[str, Any]) -> str:
        """Send a form; return where it leads."""
        return self._sent_on(self.client.post(path, data))

    def tell(self, *story: str, who: str = "me", up_to: str = "") -> str:
        """Answer page by page: tick what belongs to the story, deny the rest. Return where it ends.

        Ends before the page `up_to`, or on the first page that is no question.
        """
        path = self.start(who)
        for _ in range(MOST_SCREENS):
            page = self.see(path)
            if path in (up_to, ANSWERS) or not page.choices:
                return path
            path = self.send(path, reply(page, story))
        raise AssertionError("the check does not end")

    def _sent_on(self, response: Any) -> str:
        assert response.status_code == 302, page_of(response).text[:600]
        return str(response["Location"])


def reply(page: Page, story: tuple[str, ...]) -> dict[str, Any]:
    """What a person with this story sends from a page: the story ticked, everything else denied."""
    data: dict[str, Any] = {}
    for name, inputs in page.choices.items():
        values = [attributes["value"] for attributes in inputs]
        if "present" in values:  # one line of "yes, no or not sure for each"
            data[name] = "present" if name in story else "absent"
        elif ticked := [value for value in values if value in story]:
            data[name] = ticked if inputs[0]["type"] == "checkbox" else ticked[0]
        else:
            data[name] = "none" if "none" in values else "not-sure"
    return data
