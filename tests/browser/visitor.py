"""A person who goes through the check, by the words on the page.

A story is what the person would say of themselves. Whatever a page asks beyond it is answered as somebody
would who has nothing else: "None of these", "No", that they can still do it, or else "Not sure".
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from playwright.sync_api import Locator, Page

NOTHING_ELSE = re.compile(
    r"^(None of these|No|No, or something was found|Not sure|Prefer not to say)$"
)
MOST_SCREENS = 30


@dataclass(frozen=True)
class Story:
    """What somebody says: beginnings of the answers, and of the lines that differ from all being well."""

    answers: tuple[str, ...]
    cannot: tuple[str, ...] = ()
    """Lines "Can you ...?" that this person answers with no."""
    yes: tuple[str, ...] = ()
    """Other lines that this person answers with yes."""

    def of_line(self, line: str) -> str:
        if line.startswith("Can you"):
            return "No" if line.startswith(self.cannot) and self.cannot else "Yes"
        return "Yes" if self.yes and line.startswith(self.yes) else "No"

    @property
    def said(self) -> re.Pattern[str]:
        return re.compile(f"^({'|'.join(map(re.escape, self.answers))})")


EYELID = Story(
    answers=(
        "18 to 39",
        "Female",
        "Flutter of an eyelid",
        "One eyelid",
        "One spot only",
        "From one day up to two weeks",
        "It comes and goes",
        "Most days",
        "Stress",
        "Too little sleep",
        "A lot of coffee",
        "With stress or when tired",
    )
)
WORRIED_ABOUT_CALVES = Story(
    answers=(
        "18 to 39",
        "Male",
        "Small, quick flicker",
        "Calf or shin",
        "Several places",
        "The same part on both sides",
        "More than three months",
        "Bit by bit",
        "It comes and goes",
        "On most days",
        "At rest",
        "After exercise",
        "Worry or panic",
        "Much worry about what the twitching may mean",
        "Stress",
        "A lot of coffee",
        "Hard or unusual exercise",
    )
)
HAND_GROWS_WEAK = Story(
    answers=(
        "60 or over",
        "Male",
        "Small, quick flicker",
        "Shoulder or arm",
        "Hand or fingers",
        "More than one spot on one arm",
        "More than three months",
        "Bit by bit",
        "Clearly getting worse",
        "More than four weeks ago",
    ),
    cannot=("Can you grip well", "Can you do up buttons"),
    yes=("Is there a task", "Are you losing strength", "Has a muscle become clearly thinner"),
)
STROKE = Story(answers=("60 or over", "Female", "All of a sudden: face drooped"))


def path_of(page: Page) -> str:
    return urlsplit(page.url).path


def start(page: Page) -> None:
    page.goto("/check/")
    page.get_by_role("radio", name="Me", exact=True).check()
    page.get_by_role("button", name=re.compile("^Start")).click()
    page.wait_for_load_state()


def questions(page: Page) -> list[Locator]:
    """The questions of a page, each the group of choices under its heading."""
    return page.get_by_role("group").filter(has=page.get_by_role("heading")).all()


def choices_named(question: Locator, name: re.Pattern[str]) -> Locator:
    return question.get_by_role("radio", name=name).or_(question.get_by_role("checkbox", name=name))


def tick(choice: Locator) -> None:
    # Forced: in a card with a picture the label lies over the box, and passes the tap on to it.
    choice.check(force=True)


def fill(page: Page, story: Story) -> None:
    """Answer every question of one page."""
    for question in questions(page):
        # "Why we ask" is a group as well; a line of its own has choices.
        lines = question.get_by_role("group").filter(has=page.get_by_role("radio"))
        if lines.count():
            for line in lines.all():
                # After a mistake "Not answered yet" stands above the line.
                said = story.of_line(line.locator("legend").inner_text().splitlines()[-1])
                line.get_by_role("radio", name=said, exact=True).check()
            continue
        choices = choices_named(question, story.said)
        if choices.count():
            for choice in choices.all():
                tick(choice)
        else:
            tick(choices_named(question, NOTHING_ELSE).first)


def next_screen(page: Page) -> None:
    page.get_by_role("button", name="Continue", exact=True).click()
    # A click waits until the next page begins; who counts what is on it must wait until it is whole.
    page.wait_for_load_state()


def answer_to_the_end(
    page: Page, story: Story, *, on_each: Callable[[Page], None] | None = None, skip: bool = False
) -> list[str]:
    """Answer page after page until something other than a question comes. Returns the pages answered.

    With `skip`, only as many as must be answered before the rest can be left out.
    """
    screens = []
    while page.get_by_role("button", name="Continue", exact=True).count():
        rest = page.get_by_role("link", name="Skip the rest")
        if skip and rest.count():
            rest.click()
            page.wait_for_url("**/check/answers/")
            break
        screens.append(path_of(page))
        assert len(screens) <= MOST_SCREENS, screens
        if on_each:
            on_each(page)
        fill(page, story)
        next_screen(page)
    return screens


def see_the_result(page: Page) -> None:
    page.get_by_role("link", name="See the result").click()
    page.wait_for_load_state()


def level(page: Page) -> str:
    return page.locator("[data-urgency]").get_attribute("data-urgency") or ""


def matches(page: Page) -> list[str]:
    """The conditions on a result, best first."""
    return [
        shown.get_attribute("data-condition") or ""
        for shown in page.locator("[data-condition]").all()
    ]
