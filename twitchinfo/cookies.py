"""Every cookie of the site. The privacy page shows this list, and the tests fail on any cookie that is not in it."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings


@dataclass(frozen=True)
class Cookie:
    name: str
    holds: str
    sent_to: str
    until: str


def of_visitors() -> tuple[Cookie, ...]:
    return (
        Cookie(
            name=settings.ANSWER_COOKIE,
            holds="Your answers, encrypted. Only our server can read them, and only while it makes your page.",
            sent_to="The pages of the check, never the rest of the site.",
            until="You press “Clear my answers” or close the browser. It cannot be used a day after your last answer.",
        ),
        Cookie(
            name=settings.CSRF_COOKIE_NAME,
            holds="A random code that guards forms against misuse by other sites. Nothing about you.",
            sent_to="Every page.",
            until="One year.",
        ),
    )


def of_staff() -> tuple[Cookie, ...]:
    """What editors get besides: nobody has it who does not log in."""
    hours = settings.SESSION_COOKIE_AGE // 3600
    return (
        Cookie(
            name=settings.SESSION_COOKIE_NAME,
            holds="A random code that tells who is logged in at the editor's desk.",
            sent_to="Every page.",
            until=f"Log-out, or {hours} hours."
            if hours <= 24
            else f"Log-out, or {hours // 24} days.",
        ),
        Cookie(
            name=settings.PREVIEW_COOKIE,
            holds="Answers that an editor gives while trying the questionnaire on drafts, encrypted.",
            sent_to="The check inside the preview.",
            until="“Clear my answers” or the browser is closed.",
        ),
    )
