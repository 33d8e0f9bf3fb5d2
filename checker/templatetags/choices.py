"""The choices of a question. Most people meet a question unanswered, and it is drawn for them once."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django import template
from django.conf import settings
from django.template.loader import get_template
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def choices(
    name: str, rows: tuple[Any, ...], *, html_name: str, type: str, errors: Any, wide: bool = False
) -> SafeString:
    """Draw the rows, or the items, of a question with the template of this name."""
    if errors or settings.DEBUG or any(map(_is_answered, rows)):
        # Nothing of an answer is kept, not even in memory.
        return _draw(name, rows, html_name, type, wide, bool(errors))
    return _draw_once(name, rows, html_name, type, wide)


def _is_answered(row: Any) -> bool:
    """Whether something in a row, or in a line of an "each" question, is already chosen."""
    return any(choice.checked for choice in getattr(row, "choices", (row,)))


def _draw(
    name: str, rows: tuple[Any, ...], html_name: str, type: str, wide: bool, errors: bool
) -> SafeString:
    context = {"rows": rows, "name": html_name, "type": type, "wide": wide, "errors": errors}
    return SafeString(get_template(name).render(context))


@lru_cache(maxsize=256)
def _draw_once(
    name: str, rows: tuple[Any, ...], html_name: str, type: str, wide: bool
) -> SafeString:
    return _draw(name, rows, html_name, type, wide, False)
