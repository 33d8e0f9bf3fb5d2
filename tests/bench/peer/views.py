"""The wizard: django-formtools as its documentation shows it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.db.models import Case, F, FloatField, Sum, Value, When
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from formtools.wizard.views import NamedUrlSessionWizardView

from .models import Clause, Condition, Finding, Question, Sign, Weight

NONE, NOT_SURE = "none", "not-sure"


class PageForm(forms.Form):
    """The questions of one page that apply, read from the tables."""

    page = ""

    def __init__(self, *args: Any, present: set[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        questions = Question.objects.filter(page=self.page).prefetch_related(
            "ask_if", "unless", "options__finding", "options__unless"
        )
        for question in questions:
            if not _applies(question, present):
                continue
            options = [
                option
                for option in question.options.all()
                if not present & {finding.slug for finding in option.unless.all()}
            ]
            if question.kind == "each":
                for option in options:
                    self.fields[option.finding.slug] = forms.ChoiceField(
                        label=option.label,
                        choices=[
                            ("present", "Yes"),
                            ("absent", "No"),
                            (NOT_SURE, question.unsure_label),
                        ],
                        widget=forms.RadioSelect,
                    )
                continue
            choices = [(option.finding.slug, option.label) for option in options]
            if question.none_label:
                choices.append((NONE, question.none_label))
            choices.append((NOT_SURE, question.unsure_label))
            many = question.kind == "multi"
            field = forms.MultipleChoiceField if many else forms.ChoiceField
            self.fields[question.slug] = field(
                label=question.title,
                help_text=question.help,
                choices=choices,
                widget=forms.CheckboxSelectMultiple if many else forms.RadioSelect,
            )


def _applies(question: Question, present: set[str]) -> bool:
    ask_if = {finding.slug for finding in question.ask_if.all()}
    unless = {finding.slug for finding in question.unless.all()}
    return (not ask_if or bool(ask_if & present)) and not unless & present


class Wizard(NamedUrlSessionWizardView):
    template_name = "peer/question.html"

    @staticmethod
    def forms_of_pages() -> list[tuple[str, type[PageForm]]]:
        return [(page, type(f"{page}Form", (PageForm,), {"page": page})) for page in settings.PAGES]

    def get_form_kwargs(self, step: str | None = None) -> dict[str, Any]:
        return {"present": self.said_before(step)[0]}

    def said_before(self, step: str | None) -> tuple[set[str], set[str]]:
        """The findings that are there and those denied, by the raw answers of earlier steps in the session."""
        present: set[str] = set()
        denied: set[str] = set()
        for earlier in settings.PAGES:
            if earlier == step:
                break
            data = self.storage.get_step_data(earlier) or {}
            for key in data:
                values = data.getlist(key)
                present |= {value for value in values if value not in (NONE, NOT_SURE)}
                name = key.removeprefix(f"{earlier}-")
                if values == ["present"]:
                    present.add(name)
                elif values == ["absent"]:
                    denied.add(name)
        return present, denied

    def done(self, form_list: Iterable[PageForm], **kwargs: Any) -> HttpResponse:
        present, denied = self.said_before(None)
        for form in form_list:
            for field in form.fields.values():
                # A question that was answered denies what was not ticked.
                slugs = {value for value, _ in field.choices}
                denied |= slugs - present - {NONE, NOT_SURE, "present", "absent"}
        return result(self.request, present, denied)


def result(request: HttpRequest, present: set[str], denied: set[str]) -> HttpResponse:
    signs = fired(present)
    floors = [
        finding for finding in Finding.objects.filter(slug__in=present) if finding.floor is not None
    ]
    urgency = max([sign.urgency for sign in signs] + [f.floor or 0 for f in floors], default=1)
    context = {
        "urgency": urgency,
        "signs": signs,
        "floors": floors,
        "matches": ranked(present, denied),
    }
    return render(request, "peer/result.html", context)


def fired(present: set[str]) -> list[Sign]:
    signs = Sign.objects.prefetch_related("clauses__findings")
    return [sign for sign in signs if _fires(sign.clauses.all(), present)]


def _fires(clauses: Iterable[Clause], present: set[str]) -> bool:
    rules: dict[int, list[Clause]] = defaultdict(list)
    for clause in clauses:
        rules[clause.rule].append(clause)
    return any(all(_holds(clause, present) for clause in rule) for rule in rules.values())


def _holds(clause: Clause, present: set[str]) -> bool:
    named = {finding.slug for finding in clause.findings.all()}
    here = len(named & present)
    match clause.kind:
        case "all":
            return here == len(named)
        case "any":
            return here > 0
        case "none":
            return here == 0
        case _:
            return here >= clause.minimum


def ranked(present: Sequence[str] | set[str], denied: set[str]) -> list[dict[str, Any]]:
    """The five best conditions: one query that sums the weights, and their reasons."""
    score = Sum(
        Case(
            When(weights__finding__slug__in=present, then=F("weights__present")),
            When(weights__finding__slug__in=denied, then=F("weights__absent")),
            default=Value(0.0),
            output_field=FloatField(),
        )
    )
    best = Condition.objects.annotate(score=F("prior") + Coalesce(score, Value(0.0))).order_by(
        "-score"
    )[:5]
    told = []
    for condition in best:
        reasons = Weight.objects.filter(condition=condition).select_related("finding")
        for_it = reasons.filter(finding__slug__in=present, present__gte=0.05).order_by("-present")
        against = reasons.filter(finding__slug__in=denied, absent__lte=-0.05).order_by("absent")
        told.append({"condition": condition, "fits": for_it[:6], "fits_not": against[:6]})
    return told
