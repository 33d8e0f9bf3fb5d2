"""Pictures drawn for this site, found by slug, and the icon arrays of key figures."""

from __future__ import annotations

from functools import cache
from itertools import count

from django import template
from django.template.loader import select_template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

# A finding of the movement question is drawn by the kind of movement that it names.
MOVEMENT_OF_FINDING = {
    "flicker": "fasciculation",
    "rippling": "myokymia",
    "one-side-face-pulling": "hemifacial-spasm",
    "both-eyes-squeezing": "blepharospasm",
    "sudden-jerk": "myoclonus-positive",
    "sudden-drop": "myoclonus-negative",
    "hand-foot-spasm": "tetany",
    "shaking": "tremor",
    "rhythmic-jerking-one-part": "focal-motor-seizure",
    "whole-body-convulsion": "convulsion",
    "urge-movement": "tic",
    "urge-to-move-legs": "restless-legs",
    "twisting-posture": "dystonia",
    "fidgety-flowing": "chorea",
    "slow-to-relax": "myotonia",
}


@register.simple_tag
def picture(kind: str, slug: str) -> SafeString:
    """Draw a movement (by kind or finding), a function test or an icon; nothing where none was drawn.

    `{% picture "movement" row.picture as drawing %}{% if drawing %}...`
    """
    return _drawing(kind, MOVEMENT_OF_FINDING.get(slug, slug) if kind == "movement" else slug)


@cache
def _drawing(kind: str, slug: str) -> SafeString:
    drawing = select_template([f"pictures/{kind}/{slug}.html", "pictures/none.html"]).render()
    # Our own templates, rendered without a context: nothing in them comes from outside.
    return mark_safe(drawing.strip())


# One tile of each field: (width, height, shape). People are remembered better than dots; above two hundred
# they would be too small to see.
_PERSON = (16, 26, '<circle cx="8" cy="6" r="3.2"/><path d="M3.5 22v-6.5a4.5 4.5 0 0 1 9 0V22z"/>')
_DOT = (6, 6, '<circle cx="3" cy="3" r="1.8"/>')
MOST_PEOPLE = 200

_numbers = count()


@register.simple_tag
def icon_array(affected: int, out_of: int, statement: str) -> SafeString:
    """Draw `affected` of `out_of` as filled people, from the bottom row up; a field of dots for large groups.

    The number stands beside the picture in words; `statement` says it to a screen reader.
    """
    width, height, shape = _PERSON if out_of <= MOST_PEOPLE else _DOT
    columns = _columns(out_of)
    rows = -(-out_of // columns)
    name = f"people-{next(_numbers)}"
    whole, rest = divmod(affected, columns)
    open_rows, open_rest = divmod(out_of, columns)
    total = rows * height
    # Everybody in outline (the short row, if there is one, on top), then the affected filled over them.
    everybody = [(0, total - open_rows * height, columns, open_rows), (0, 0, open_rest, 1)]
    filled = [
        (0, total - whole * height, columns, whole),
        (0, total - (whole + 1) * height, rest, 1),
    ]
    return format_html(
        '<svg class="icons" viewBox="0 0 {w} {h}" role="img" aria-label="{label}">'
        '<defs><pattern id="{name}-all" width="{tw}" height="{th}" patternUnits="userSpaceOnUse">'
        '<g fill="none" stroke="currentColor" stroke-width="1.1" stroke-linejoin="round"{faint}>{shape}</g></pattern>'
        '<pattern id="{name}-some" width="{tw}" height="{th}" patternUnits="userSpaceOnUse">'
        '<g fill="currentColor" stroke="currentColor" stroke-width="1.1" stroke-linejoin="round">{shape}</g></pattern>'
        "</defs>{everybody}{filled}</svg>",
        w=columns * width,
        h=total,
        label=statement,
        name=name,
        tw=width,
        th=height,
        shape=SafeString(shape),
        faint=SafeString(' opacity=".5"') if out_of > MOST_PEOPLE else "",
        everybody=_blocks(everybody, width, height, f"{name}-all"),
        filled=_blocks(filled, width, height, f"{name}-some"),
    )


def _columns(out_of: int) -> int:
    """Return how many stand in a row: tens and twenties where that comes out even, else about twice as wide as high."""
    if out_of <= 20:
        return 10
    if out_of <= MOST_PEOPLE:
        return 20
    return max(40, round((out_of * 2) ** 0.5))


def _blocks(
    blocks: list[tuple[int, int, int, int]], width: int, height: int, pattern: str
) -> SafeString:
    """Return each block of tiles (x, y, columns, rows) as one rectangle filled with the pattern."""
    return SafeString(
        "".join(
            f'<rect x="{x}" y="{y}" width="{columns * width}" height="{rows * height}" fill="url(#{pattern})"/>'
            for x, y, columns, rows in blocks
            if columns and rows
        )
    )
