"""What library templates need beyond Django's own filters."""

from __future__ import annotations

from django import template
from django.utils.safestring import SafeString, mark_safe

from conditions.markup import PLAIN_MARKS, Notes, Prose

register = template.Library()


@register.filter
def numbered(prose: Prose, notes: Notes) -> SafeString:
    """Show rendered Markdown with its source marks numbered for this page."""
    return notes.show(prose)


@register.filter
def inline(prose: Prose, notes: Notes) -> SafeString:
    """Show rendered Markdown of one paragraph inside a line, numbered for this page."""
    shown = notes.show(prose).removeprefix("<p>")
    return mark_safe(shown.removesuffix("\n").removesuffix("</p>"))


@register.inclusion_tag("conditions/_notes.html", takes_context=True)
def page_notes(context: template.Context) -> dict[str, object]:
    """List the sources that the texts above were numbered with. Stands after the last text of a page."""
    notes, library = context["notes"], context["library"]
    return {
        "notes": [(number, library.sources[key]) for number, key in enumerate(notes.keys, start=1)],
        "plain": [(key, *words) for key, words in PLAIN_MARKS.items() if key in notes.plain],
    }
