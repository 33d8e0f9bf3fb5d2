"""The reply form under the overview article."""

from __future__ import annotations

from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Submit
from django import forms

from .models import Reply


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
