"""What is the same for everybody, drawn once.

    {% once KEY ... %} ... {% endonce %}

What stands between is drawn for the first visitor with these keys and kept, in the memory of the process, for the
next. The keys name all that it depends on; whether this is a preview always counts. Nothing that tells of a visitor
belongs in it: no token, no answer. Django's {% cache %} means the same, but asks a cache, which costs as much as a
small part.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

from django import template
from django.conf import settings
from django.template.base import FilterExpression, NodeList, Parser, Token
from django.utils.safestring import SafeString

from conditions import editions

register = template.Library()

MOST_KEPT = 4096
"""Parts that a process keeps, of a few hundred bytes each; when there are more, it begins anew."""

_kept: dict[tuple[Hashable, ...], SafeString] = {}


def forget(**kwargs: Any) -> None:
    """Forget every part: another release came into force, and names none of what was kept."""
    _kept.clear()


class OnceNode(template.Node):
    child_nodelists = ("nodelist",)

    def __init__(self, nodelist: NodeList, keys: Sequence[FilterExpression]) -> None:
        self.nodelist = nodelist
        self.keys = tuple(keys)

    def render(self, context: template.Context) -> SafeString:
        if settings.DEBUG:
            return self.nodelist.render(context)
        key = (self, editions.is_preview(), *[part.resolve(context) for part in self.keys])
        drawn = _kept.get(key)
        if drawn is None:
            drawn = self.nodelist.render(context)
            if len(_kept) >= MOST_KEPT:
                forget()
            _kept[key] = drawn
        return drawn


@register.tag
def once(parser: Parser, token: Token) -> OnceNode:
    _, *keys = token.split_contents()
    nodelist = parser.parse(("endonce",))
    parser.delete_first_token()
    return OnceNode(nodelist, [parser.compile_filter(key) for key in keys])
