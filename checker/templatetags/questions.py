"""The questions of the check, drawn. Most people meet a question unanswered, and it is drawn for them once."""

from __future__ import annotations

from functools import lru_cache

from django import forms, template
from django.conf import settings
from django.forms import BoundField
from django.template.loader import get_template
from django.utils.safestring import SafeString

from checker.engine.knowledge import Option, Question
from checker.forms import PageForm, QuestionField, field_for

register = template.Library()


@register.simple_tag
def question(field: BoundField) -> SafeString:
    """Draw one question of a page: what is asked, and its choices."""
    asked, page = field.field, field.form
    assert isinstance(asked, QuestionField)
    assert isinstance(page, PageForm)
    leads = page.questions[0] is asked.question
    if asked.chosen or field.errors or settings.DEBUG:
        # Nothing of an answer is kept, not even in memory.
        return _draw(field, leads)
    return _draw_once(asked.question, asked.options, asked.carer, leads)


def _draw(field: BoundField, leads: bool) -> SafeString:
    context = {"field": field, "question": field.field.question, "leads": leads}  # type: ignore[attr-defined]
    return SafeString(get_template("twitch/question.html").render(context))


@lru_cache(maxsize=512)
def _draw_once(
    question: Question, options: tuple[Option, ...], carer: bool, leads: bool
) -> SafeString:
    form = forms.Form()
    form.fields[question.slug] = field_for(question, options, carer=carer)
    return _draw(form[question.slug], leads)
