"""The one thing that is asked for after the password."""

from __future__ import annotations

from typing import Any

from django import forms


class CodeForm(forms.Form):
    code = forms.CharField(
        max_length=40,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "one-time-code",
                "autocapitalize": "off",
                "spellcheck": "false",
                "autofocus": True,
            }
        ),
        error_messages={"required": "Type the code."},
    )

    def __init__(self, *args: Any, label: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].label = label

    def refuse(self, wait: int) -> None:
        """Say that the code was not taken, or not even looked at for so many seconds."""
        self.add_error(
            "code",
            f"After several wrong codes the next one is looked at in {in_words(wait)}."
            if wait
            else "This code is not right, or it was used before. The app shows a new one every 30 seconds.",
        )


def in_words(seconds: int) -> str:
    """Return a waiting time to the next unit that one waits in."""
    for size, unit in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            number = -(-seconds // size)
            return f"{number} {unit}{'s' if number > 1 else ''}"
    return f"{seconds} second{'s' if seconds > 1 else ''}"
