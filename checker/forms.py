"""One page of the questionnaire as a form, built from the knowledge base.

Hooks that scripts may rely on: a field is named by its question; single and multi questions take finding
slugs, "none" and "not-sure"; the items of an "each" question are inputs named by the finding, with the
values "present", "absent" and "not-sure".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from checker.engine.evidence import Answers, Evidence
from checker.engine.knowledge import Option, Page, Question, applies
from checker.engine.questionnaire import asked_now, offered
from checker.engine.vocabulary import EvidenceState, QuestionKind

NONE = "none"
NOT_SURE = "not-sure"
PRESENT = "present"
ABSENT = "absent"

States = Mapping[str, EvidenceState]


@dataclass(frozen=True, slots=True)
class Row:
    """One choice, ready to be drawn."""

    value: str
    id: str
    label: str
    hint: str
    picture: str
    """The finding, where a picture may be drawn beside the choice; empty for "none" and "not sure"."""
    exclusive: bool
    """True for "none of these" and "not sure", which stand alone."""
    checked: bool


@dataclass(frozen=True, slots=True)
class Item:
    """One line of an "each" question, ready to be drawn."""

    name: str
    legend: str
    hint: str
    picture: str
    choices: tuple[Row, ...]
    is_missing: bool


class QuestionField(forms.Field):
    """A question. `clean` returns the states of its findings; `rows` or `items` are what a page draws."""

    kind: QuestionKind
    chosen: Any = ()
    """What to draw as chosen: values, or for an "each" question a value by finding."""
    is_sent: bool = False
    """Whether `chosen` was just sent, so that what is not in it is missing."""
    items: tuple[Item, ...] = ()
    """The lines of an "each" question, as this form draws them."""

    def __init__(self, question: Question, options: Sequence[Option], *, carer: bool) -> None:
        self.question = question
        self.options = tuple(options)
        self.carer = carer
        super().__init__(
            required=True,
            label=question.carer_title if carer else question.title,
            help_text=question.help,
            widget=self.make_widget(),
        )

    def make_widget(self) -> forms.Widget:
        raise NotImplementedError

    @property
    def slugs(self) -> tuple[str, ...]:
        return tuple(option.finding.slug for option in self.options)

    @property
    def missing(self) -> tuple[Item, ...]:
        """The lines of an "each" question that were sent without an answer."""
        return tuple(item for item in self.items if item.is_missing)

    def label_of(self, option: Option) -> str:
        return option.carer_label if self.carer else option.label

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """The choices of a single or multi question, as this form draws them."""
        choices = [(o.finding.slug, self.label_of(o), o.hint, o.finding.slug) for o in self.options]
        if self.question.none_label:
            choices.append((NONE, self.question.none_label, "", ""))
        choices.append((NOT_SURE, self.question.unsure_label, "", ""))
        return tuple(
            Row(
                value=value,
                id=f"id_{self.question.slug}_{place}",
                label=label,
                hint=hint,
                picture=picture,
                exclusive=value in (NONE, NOT_SURE),
                checked=value in self.chosen,
            )
            for place, (value, label, hint, picture) in enumerate(choices)
        )

    def check_known(self, values: Sequence[str]) -> None:
        known = {*self.slugs, NOT_SURE} | ({NONE} if self.question.none_label else set())
        if not set(values) <= known:
            raise ValidationError("Choose from the answers on this page.", code="unknown")


class SingleField(QuestionField):
    """Exactly one choice."""

    kind = QuestionKind.SINGLE

    def make_widget(self) -> forms.Widget:
        return forms.RadioSelect()

    def clean(self, value: Any) -> States:
        if not value:
            raise ValidationError(
                f"Choose one answer, or “{self.question.unsure_label}”.", code="required"
            )
        self.check_known([value])
        match value:
            case "none":
                return dict.fromkeys(self.slugs, EvidenceState.ABSENT)
            case "not-sure":
                return {}
            case finding:
                return {finding: EvidenceState.PRESENT}

    def values_of(self, states: States, *, was_asked: bool) -> list[str]:
        """Return what is chosen, for answers given earlier."""
        chosen = [slug for slug in self.slugs if states.get(slug) is EvidenceState.PRESENT]
        if chosen or not was_asked:
            return chosen[:1]
        return [NONE if any(slug in states for slug in self.slugs) else NOT_SURE]


class MultiField(QuestionField):
    """Any number of choices, or one of the two that stand alone."""

    kind = QuestionKind.MULTI

    def make_widget(self) -> forms.Widget:
        return forms.CheckboxSelectMultiple()

    def clean(self, value: Any) -> States:
        question = self.question
        if not value:
            raise ValidationError(
                f"Choose all that fit, or “{question.none_label or question.unsure_label}”.",
                code="required",
            )
        self.check_known(value)
        for alone, label in ((NONE, question.none_label), (NOT_SURE, question.unsure_label)):
            if alone in value and len(set(value)) > 1:
                raise ValidationError(
                    f"“{label}” cannot go with another answer. Leave one out.", code="exclusive"
                )
        if NONE in value:
            return dict.fromkeys(self.slugs, EvidenceState.ABSENT)
        if NOT_SURE in value:
            return {}
        return {
            slug: EvidenceState.PRESENT if slug in value else EvidenceState.UNTICKED
            for slug in self.slugs
        }

    def values_of(self, states: States, *, was_asked: bool) -> list[str]:
        """Return what is ticked, for answers given earlier."""
        ticked = [slug for slug in self.slugs if states.get(slug) is EvidenceState.PRESENT]
        if ticked or not was_asked:
            return ticked
        return [NONE if any(slug in states for slug in self.slugs) else NOT_SURE]


class EachWidget(forms.Widget):
    """Reads one input per finding into a dictionary."""

    use_fieldset = True

    def __init__(self, slugs: Sequence[str]) -> None:
        super().__init__()
        self.slugs = tuple(slugs)

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> dict[str, str]:
        return {slug: value for slug in self.slugs if (value := data.get(slug))}

    def value_omitted_from_data(self, data: Mapping[str, Any], files: Any, name: str) -> bool:
        return not any(slug in data for slug in self.slugs)

    def id_for_label(self, id_: str, index: str | None = None) -> str:
        return f"{id_}_0"


class EachField(QuestionField):
    """Yes, no or not sure for each item."""

    kind = QuestionKind.EACH
    rows = ()
    chosen: Mapping[str, str] = MappingProxyType({})

    def make_widget(self) -> forms.Widget:
        return EachWidget(self.slugs)

    def clean(self, value: Any) -> States:
        for given in value.values():
            if given not in _STATES:
                raise ValidationError("Choose from the answers on this page.", code="unknown")
        missing = [slug for slug in self.slugs if slug not in value]
        if missing:
            raise ValidationError(
                f"Answer each line. “{self.question.unsure_label}” is fine.", code="required"
            )
        return {slug: _STATES[given] for slug, given in value.items()}

    def values_of(self, states: States, *, was_asked: bool) -> dict[str, str]:
        """Return the answer of each item, for answers given earlier."""
        if not was_asked:
            return {}
        return {slug: _VALUES[states.get(slug, EvidenceState.UNKNOWN)] for slug in self.slugs}

    @cached_property
    def items(self) -> tuple[Item, ...]:  # type: ignore[override]
        """The lines as this form draws them. "Yes" stands first whatever it means."""
        items = []
        for line, option in enumerate(self.options):
            yes_is_present = option.present_answer == "yes"
            answers = [
                (PRESENT if yes_is_present else ABSENT, "Yes"),
                (ABSENT if yes_is_present else PRESENT, "No"),
            ]
            answers.append((NOT_SURE, self.question.unsure_label))
            slug = option.finding.slug
            items.append(
                Item(
                    name=slug,
                    legend=self.label_of(option),
                    hint=option.hint,
                    picture=slug,
                    choices=tuple(
                        Row(
                            value=value,
                            id=f"id_{self.question.slug}_{line * len(answers) + place}",
                            label=label,
                            hint="",
                            picture="",
                            exclusive=False,
                            checked=self.chosen.get(slug) == value,
                        )
                        for place, (value, label) in enumerate(answers)
                    ),
                    is_missing=self.is_sent and slug not in self.chosen,
                )
            )
        return tuple(items)


_STATES = {
    PRESENT: EvidenceState.PRESENT,
    ABSENT: EvidenceState.ABSENT,
    NOT_SURE: EvidenceState.UNKNOWN,
}
_VALUES = {
    EvidenceState.PRESENT: PRESENT,
    EvidenceState.ABSENT: ABSENT,
    EvidenceState.UNTICKED: ABSENT,
    EvidenceState.UNKNOWN: NOT_SURE,
}
_FIELDS: dict[QuestionKind, type[SingleField] | type[MultiField] | type[EachField]] = {
    QuestionKind.SINGLE: SingleField,
    QuestionKind.MULTI: MultiField,
    QuestionKind.EACH: EachField,
}


def field_for(
    question: Question, options: Sequence[Option], *, carer: bool
) -> SingleField | MultiField | EachField:
    """Return the field that asks a question, with those of its options that apply."""
    return _FIELDS[question.kind](question, options, carer=carer)


class PageForm(forms.Form):
    """All questions of one page. After `is_valid`, `answered(answers)` returns them with these answers."""

    def __init__(
        self,
        page: Page,
        evidence: Evidence,
        answers: Answers,
        *,
        carer: bool,
        data: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(data, label_suffix="")
        self.use_required_attribute = False
        self.evidence = evidence
        self.questions = asked_now(page, evidence)
        for question in self.questions:
            options = [question.options[place] for place in offered(question, evidence)]
            field = field_for(question, options, carer=carer)
            self.fields[question.slug] = field
            self._choose(field, answers)

    def _choose(self, field: SingleField | MultiField | EachField, answers: Answers) -> None:
        """Tell a field what to draw as chosen: what was just sent, else what was answered earlier."""
        slug = field.question.slug
        if self.is_bound:
            chosen = field.widget.value_from_datadict(self.data, self.files, slug)
            field.is_sent = True
        else:
            chosen = field.values_of(answers.states, was_asked=slug in answers.asked)
        # A single choice is sent as a string, and no choice as None.
        field.chosen = [chosen] if isinstance(chosen, str) else chosen or field.chosen

    def clean(self) -> dict[str, Any]:
        """Ask nothing of a question that another answer on this page rules out: pregnancy of a man, say."""
        cleaned = super().clean() or self.cleaned_data
        here = {option.finding.slug for question in self.questions for option in question.options}
        present = set(self.evidence.present - here)
        for question in self.questions:
            if applies(present, only_if=question.ask_if, unless=question.unless):
                given = cleaned.get(question.slug, {})
                present |= {s for s, state in given.items() if state is EvidenceState.PRESENT}
            else:
                self.errors.pop(question.slug, None)
                cleaned.setdefault(question.slug, {})
        return cleaned

    @property
    def heading(self) -> str:
        """The first question, as asked: the title of the page."""
        return str(self.fields[self.questions[0].slug].label) if self.questions else ""

    def answered(self, answers: Answers) -> Answers:
        """Return the answers with those of this page. Call after `is_valid`."""
        for question in self.questions:
            answers = answers.with_answer(question, self.cleaned_data[question.slug])
        return answers
