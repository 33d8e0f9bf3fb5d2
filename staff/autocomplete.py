"""Django's autocomplete box, mended: a value that is no key is no choice, where Django's own raises an error.

A form with such a value is invalid, and is shown again with what was sent; that is where Django 5.2 asks the database
for a row whose key is, say, a blank. The form's own error then says what is wrong.
"""

from __future__ import annotations

from typing import Any

from django.contrib.admin.widgets import AutocompleteMixin
from django.core.exceptions import ValidationError


def mend() -> None:
    """Put the mended method in place. Once, when the desk is set up."""
    own = AutocompleteMixin.optgroups

    def optgroups(self: Any, name: str, value: list[Any], attr: Any = None) -> Any:
        return own(self, name, [one for one in value if _is_key(self, one)], attr)

    AutocompleteMixin.optgroups = optgroups  # type: ignore[method-assign, assignment]


def _is_key(box: Any, value: Any) -> bool:
    related = box.field.remote_field
    options = related.model._meta
    key = options.get_field(getattr(related, "field_name", options.pk.attname))
    try:
        key.clean(value, None)  # also whether the number is one that the database can hold
    except ValidationError:
        return False
    return True
