"""The form of a scenario at the desk: lists to choose from instead of JSON, mistakes named with what was meant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.contrib.admin.widgets import FilteredSelectMultiple

from checker.engine.knowledge import nearest
from conditions.choices import UrgencyChoices
from conditions.desk import ContentForm
from conditions.models import Condition, Finding

from .models import Scenario


class TwoLists(FilteredSelectMultiple):
    """What can be chosen and what is chosen, side by side, each with a box to search in."""

    template_name = "admin/widgets/filtered_list.html"


class SlugsField(forms.MultipleChoiceField):
    """Slugs chosen from a list in which one can search. What is stored keeps its order; what is new comes last."""

    def __init__(self, what: str, **kwargs: Any) -> None:
        self.what = what
        self.known: Mapping[str, str] = {}
        self.stored: Sequence[str] = ()
        super().__init__(required=False, widget=TwoLists(f"{what}s", is_stacked=False), **kwargs)

    def offer(self, known: Mapping[str, str], stored: Sequence[str]) -> None:
        """Set what can be chosen. What is stored and not known any more is shown too, to be taken out."""
        self.known, self.stored = known, stored
        gone = [(slug, f"{slug}: not known any more") for slug in stored if slug not in known]
        self.choices = [*gone, *((slug, f"{label} ({slug})") for slug, label in known.items())]

    def validate(self, value: Sequence[str]) -> None:
        wrong = [slug for slug in value if slug not in self.known]
        if wrong:
            raise forms.ValidationError(
                [f"{slug!r} is no {self.what}{nearest(slug, self.known)}." for slug in wrong]
            )

    def clean(self, value: Any) -> list[str]:
        chosen = super().clean(value)
        kept = [slug for slug in self.stored if slug in chosen]
        return [*kept, *(slug for slug in dict.fromkeys(chosen) if slug not in kept)]


class TagsField(forms.CharField):
    """A few words, divided by commas."""

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        return list(dict.fromkeys(filter(None, (word.strip() for word in text.split(",")))))

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)


class ScenarioForm(ContentForm):
    present = SlugsField("finding", help_text="Findings that the story says are there.")
    absent = SlugsField("finding", help_text="Findings that it denies.")
    first_level = forms.ChoiceField(
        label="Right level of help",
        choices=[("", "Choose one"), *UrgencyChoices.choices],
        help_text="The level of first choice. A story of an emergency must be told so in every release.",
    )
    also_accepted = forms.MultipleChoiceField(
        label="Also accepted",
        choices=UrgencyChoices.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Other levels that a careful clinician would not object to.",
    )
    expect_conditions = SlugsField(
        "condition",
        label="Expected conditions",
        help_text="Any one of these is a hit. None: nothing should fit well.",
    )
    never = SlugsField("condition", help_text="Feared and wrong: not among the first three.")
    tags = TagsField(
        required=False, help_text="Kinds of story, divided by commas: everyday, benign."
    )

    class Meta:
        model = Scenario
        fields = (
            "slug",
            "story",
            "source",
            "tags",
            "tune",
            "present",
            "absent",
            "otherwise",
            "expect_conditions",
            "never",
        )
        widgets = {"story": forms.Textarea(attrs={"rows": 4})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        findings = dict(Finding.objects.order_by("label").values_list("slug", "label"))
        # What is not ready stays out of a release, so a story cannot expect it.
        ready = Condition.objects.filter(ready=True).order_by("name")
        conditions = dict(ready.values_list("slug", "name"))
        for name, field in self.fields.items():
            if isinstance(field, SlugsField):
                known = findings if field.what == "finding" else conditions
                field.offer(known, getattr(self.instance, name) or [])
        levels = self.instance.expect_urgency or [""]
        if "first_level" in self.fields:
            self.fields["first_level"].initial = levels[0]
            self.fields["also_accepted"].initial = levels[1:]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        both = [slug for slug in cleaned.get("present", ()) if slug in cleaned.get("absent", ())]
        if both:
            self.add_error("absent", f"Both there and denied: {', '.join(both)}.")
        first = cleaned.get("first_level")
        if first:
            others = cleaned.get("also_accepted", ())
            stored = [level for level in self.instance.expect_urgency or () if level in others]
            more = [level for level in others if level not in stored]
            levels = [first, *(level for level in (*stored, *more) if level != first)]
            self.instance.expect_urgency = levels
        return cleaned
