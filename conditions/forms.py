"""What readers may send us: a reply under the overview article, and what is wrong on a page."""

from __future__ import annotations

from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Submit
from django import forms
from django.urls import Resolver404, resolve

from .models import PageReport, PageReportKind, Reply


class ReplyForm(forms.ModelForm):
    """A reader's reply. `website` is a trap: people do not see it, so whoever fills it in is a machine."""

    website = forms.CharField(
        required=False, label="Leave this empty", widget=forms.TextInput(attrs={"tabindex": -1})
    )

    class Meta:
        model = Reply
        fields = ("name", "email", "text")
        labels = {"name": "Name", "email": "E-mail", "text": "Your reply"}
        help_texts = {
            "name": "Shown beside your reply. A first name is enough.",
            "email": "Optional. Never shown. An editor may write to you about this reply.",
            "text": "Up to 4,000 characters. Please do not write anything by which others could know you.",
        }
        error_messages = {
            "name": {
                "required": "Write a name.",
                "max_length": "Use a name of up to 80 characters.",
            },
            "email": {
                "invalid": "Write an e-mail address such as name@example.org, or leave it empty."
            },
            "text": {"required": "Write your reply.", "max_length": "Use up to 4,000 characters."},
        }
        widgets = {
            "name": forms.TextInput(attrs={"autocomplete": "given-name"}),
            "email": forms.EmailInput(attrs={"autocomplete": "email"}),
            "text": forms.Textarea(attrs={"rows": 6}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].widget.attrs.pop("maxlength", None)
        self.helper = FormHelper()
        self.helper.add_input(Submit("send", "Send reply"))

    @property
    def is_from_a_machine(self) -> bool:
        """Whether the trap was filled in. Call after `is_valid`."""
        return bool(self.cleaned_data.get("website"))


class PageReportForm(forms.ModelForm):
    """What is wrong on a page. Choosing one line is enough; nothing is asked about the reader."""

    # A page that we cannot make out is no reason to refuse what was found on it.
    page = forms.Field(required=False, widget=forms.HiddenInput)
    kind = forms.ChoiceField(
        label="What is wrong?",
        choices=PageReportKind.choices,
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choose what is wrong.",
            "invalid_choice": "Choose one of the lines.",
        },
    )
    website = forms.CharField(
        required=False, label="Leave this empty", widget=forms.TextInput(attrs={"tabindex": -1})
    )

    class Meta:
        model = PageReport
        fields = ("page", "kind", "text")
        labels = {"text": "Which words, or what happened? (optional)"}
        help_texts = {
            "text": "Up to 600 characters. Please write nothing about your own health, and no name."
        }
        error_messages = {"text": {"max_length": "Use up to 600 characters."}}
        widgets = {"text": forms.Textarea(attrs={"rows": 4})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.use_required_attribute = False
        self.fields["text"].widget.attrs.pop("maxlength", None)
        self.helper = FormHelper()
        self.helper.add_input(Submit("send", "Send"))

    def clean_page(self) -> str:
        return page_of_ours(self.cleaned_data["page"] or "/")

    @property
    def is_from_a_machine(self) -> bool:
        """Whether the trap was filled in. Call after `is_valid`."""
        return bool(self.cleaned_data.get("website"))


MOST_OF_A_PATH = 200


def page_of_ours(path: str) -> str:
    """Return the path if it is one of a page of this site; else "/". Never with a query: that may tell of health."""
    path = path.partition("?")[0].partition("#")[0]
    try:
        resolve(path)
    except Resolver404:
        return "/"
    return path if len(path) <= MOST_OF_A_PATH else "/"
