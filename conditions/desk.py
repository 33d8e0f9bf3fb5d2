"""What every page of the editor's desk for content does: one record a save, no overwriting, history, and the way back.

`ContentAdmin` is the base of the admin class of each content model. An inline belongs to the row it stands in: the
version of that row guards it, and its history is told with it.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.text import capfirst

from . import content, editions, history, versions
from .merging import SEEN, merge

MOST_PROBLEMS = 10


class ContentForm(forms.ModelForm):
    """A form that says which version of the row it was filled in from."""

    seen_version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    conflict: Any = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is not None:
            self.initial[SEEN] = self.instance.version

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if self.conflict is not None:
            self.add_error(
                None,
                "Nothing is saved yet: somebody else saved this while you were editing. Look at what they changed, "
                "above, and save again.",
            )
        return cleaned


class Graded:
    """Shows while typing how hard a text is to read (static/js/desk.js). Works for pages and inlines."""

    grades: Mapping[str, int] = MappingProxyType({})
    """The highest reading grade of each field. Fields of a page with one limit are read together."""

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc]
        if field is not None and db_field.name in self.grades:
            field.widget.attrs["data-grade"] = str(self.grades[db_field.name])
        return field


class ContentAdmin(Graded, admin.ModelAdmin):
    """A page of content at the desk."""

    form = ContentForm
    view_on_site = False  # the page has links of its own: to what readers see, and to the draft
    change_form_template = "admin/content/change_form.html"
    change_list_template = "admin/content/change_list.html"
    delete_confirmation_template = "admin/content/delete_confirmation.html"

    # --- the form -----------------------------------------------------------------------------------

    def get_exclude(self, request: HttpRequest, obj: Any = None) -> Any:
        return (*(super().get_exclude(request, obj) or ()), "version")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """The hidden field goes into the first set of any page that can be saved over somebody else's."""
        first, *others = super().get_fieldsets(request, obj)
        if obj is None or not self.has_change_permission(request, obj):
            return [first, *others]
        fields = [name for name in first[1]["fields"] if name != SEEN]
        return [(first[0], {**first[1], "fields": [*fields, SEEN]}), *others]

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        form.conflict = getattr(request, "conflict", None)
        return form

    def get_changelist_form(self, request: HttpRequest, **kwargs: Any) -> Any:
        """Lists save only what was changed in this very page, not what others changed since it was opened."""

        def formfield(field: Any, **options: Any) -> Any:
            made = self.formfield_for_dbfield(field, request, **options)
            if made is not None:
                made.show_hidden_initial = True
            return made

        kwargs["formfield_callback"] = formfield
        return super().get_changelist_form(request, **kwargs)

    def get_changelist_formset(self, request: HttpRequest, **kwargs: Any) -> Any:
        form = self.get_changelist_form(request)
        return forms.modelformset_factory(
            self.model, form, extra=0, fields=self.list_editable, **kwargs
        )

    # --- saving -------------------------------------------------------------------------------------

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        if request.method != "POST":
            return super().changeform_view(request, object_id, form_url, extra_context)
        request.POST = _with_our_line_ends(request.POST)  # type: ignore[assignment]
        with transaction.atomic(), history.batch():
            if object_id is not None:
                row = self._locked(request, object_id)
                if row is None:
                    return self._gone(request, object_id)
                self._look_for_conflict(request, row)
            conflict = getattr(request, "conflict", None)
            response = super().changeform_view(
                request, object_id, form_url, {**(extra_context or {}), "conflict": conflict}
            )
            if conflict is not None and response.status_code == 200:
                response.status_code = 409
            return response

    def _locked(self, request: HttpRequest, object_id: str) -> Any:
        """Return the row, held until this is saved, so that nobody comes in between. None if there is none."""
        try:
            pk = self.model._meta.pk.to_python(unquote(object_id))
        except forms.ValidationError:
            return None
        return self.model._base_manager.select_for_update().filter(pk=pk).first()

    def _look_for_conflict(self, request: HttpRequest, row: Any) -> None:
        seen = request.POST.get(SEEN, "")
        if not seen.isdecimal() or int(seen) == row.version or "_saveasnew" in request.POST:
            return
        if not self.has_change_permission(request, row):
            return
        conflict = merge(self, request, row, int(seen))
        if not conflict.differences:
            # They saved what stands in this form anyway, or nothing at all.
            request.POST = conflict.data  # type: ignore[assignment]
            return
        request.conflict = conflict  # type: ignore[attr-defined]
        request.POST = conflict.data  # type: ignore[assignment]

    def _gone(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Somebody deleted the row meanwhile: show what was typed, and the way to bring the row back."""
        known = object_id.isdecimal() and self.model.history.filter(id=object_id).exists()
        if not known or not self.has_change_permission(request):
            raise Http404
        form = self.get_form(request, None, change=False)(request.POST)
        typed = [
            (form[name].label, text)
            for name in form.fields
            if name != SEEN and (text := "\n".join(request.POST.getlist(name)).strip())
        ]
        context = self._context(request, "Somebody deleted this while you were editing")
        return TemplateResponse(
            request,
            "admin/content/gone.html",
            {**context, "typed": typed, "gone": object_id},
            status=409,
        )

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        self._touch_parents(form.instance, form.initial if change else {})

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        with transaction.atomic(), history.batch():
            super().delete_model(request, obj)
            self._touch_parents(obj, {})

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        with transaction.atomic(), history.batch():
            rows = list(queryset)
            super().delete_queryset(request, queryset)
            for row in rows:
                self._touch_parents(row, {})

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        extra_context = {**(extra_context or {}), "deleted_address": self._address("deleted")}
        if request.method != "POST":
            return super().changelist_view(request, extra_context)
        with transaction.atomic(), history.batch():
            return super().changelist_view(request, extra_context)

    def _touch_parents(self, row: Any, initial: dict[str, Any]) -> None:
        """Give a new version to the row that this one belongs to, so that a form open on it is warned."""
        name = content.PARENT.get(self.model._meta.label_lower)
        if name is None:
            return
        pks = {getattr(row, f"{name}_id"), initial.get(name)} - {None}
        model = self.model._meta.get_field(name).related_model
        for parent in model._base_manager.filter(pk__in=pks):
            parent.save()

    # --- deleting -----------------------------------------------------------------------------------

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """A row that others name stays: it would vanish from their rules and texts without a word."""
        to_delete, counts, missing, protected = super().get_deleted_objects(objs, request)
        return to_delete, counts, missing, [*protected, *map(str, named_by(list(objs)))]

    # --- history ------------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        view = self.admin_site.admin_view
        own = [
            path("deleted/", view(self.deleted_view), name=f"{name}_deleted"),
            path("<path:object_id>/restore/", view(self.restore_view), name=f"{name}_restore"),
        ]
        return [*own, *super().get_urls()]

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Every version of the row and of what belongs to it: who, when, from what to what."""
        pk = self._pk(object_id)
        row = self.get_object(request, object_id)
        if not self.has_view_or_change_permission(request, row):
            raise PermissionDenied
        found = versions.Story(self.model, pk).versions()
        if row is None and not found:
            raise Http404
        name = str(row) if row is not None else "a deleted row"
        context = self._context(request, f"History of {name}")
        return TemplateResponse(
            request,
            "admin/content/history.html",
            {
                **context,
                "object": row,
                "object_id": pk,
                "versions": found,
                "may_restore": self._may_restore(request, row),
                SEEN: getattr(row, "version", ""),
                **(extra_context or {}),
            },
        )

    def deleted_view(self, request: HttpRequest) -> HttpResponse:
        """What was deleted, and can be brought back with its links and what belonged to it."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        context = self._context(request, f"Deleted {self.opts.verbose_name_plural}")
        return TemplateResponse(
            request,
            "admin/content/deleted.html",
            {
                **context,
                "rows": versions.deleted(self.model),
                "may_restore": self.has_add_permission(request),
            },
        )

    def restore_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Bring back a version (`at`), or a deleted row as it last was. POST only."""
        if request.method != "POST":
            return redirect(self._address("history", object_id))
        pk = self._pk(object_id)
        row = self.get_object(request, object_id)
        if not self._may_restore(request, row):
            raise PermissionDenied
        if row is not None and request.POST.get(SEEN) != str(row.version):
            self.message_user(
                request,
                "Somebody saved this meanwhile, so nothing was restored. Look at the history as it is now.",
                messages.WARNING,
            )
            return redirect(self._address("history", object_id))
        try:
            if row is None:
                gone = self._last_deletion(pk)
                versions.restore(self.model, pk, gone, before=True)
            else:
                versions.restore(self.model, pk, _moment(request.POST.get("at", "")))
        except content.ContentError as error:
            for problem in error.problems[:MOST_PROBLEMS]:
                self.message_user(request, f"Not restored. {problem}", messages.ERROR)
            return redirect(
                self._address("deleted") if row is None else self._address("history", pk)
            )
        restored = self.model._default_manager.get(pk=pk)
        self.log_change(request, restored, "Restored an earlier version.")
        self.message_user(
            request, f"“{restored}” is back as it stood. It is a draft until it is published."
        )
        return redirect(self._address("change", pk))

    def _last_deletion(self, pk: int) -> datetime.datetime:
        gone = self.model.history.filter(id=pk, history_type=history.DELETED).first()
        if gone is None:
            raise Http404
        return gone.history_date

    def _may_restore(self, request: HttpRequest, row: Any) -> bool:
        if row is None:
            return self.has_add_permission(request)
        return self.has_change_permission(request, row)

    # --- small things -------------------------------------------------------------------------------

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        context |= self.links_of(request, kwargs.get("obj"))
        return super().render_change_form(request, context, *args, **kwargs)

    def links_of(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """Return where readers find a row, and where the draft of it can be looked at."""
        if row is None or not hasattr(row, "get_absolute_url"):
            return {}
        address = row.get_absolute_url()
        edition = editions.in_force()
        label, key = self.model._meta.label_lower, row.natural_key()
        public = edition is not None and any(
            r["model"] == label
            and content.natural_key(label, r["fields"]) == key
            and r["fields"].get("ready", True)
            for r in edition.rows
        )
        return {
            "public_address": address if public else "",
            "preview_address": f"/preview{address}",
        }

    def _context(self, request: HttpRequest, title: str) -> dict[str, Any]:
        return {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "module_name": capfirst(str(self.opts.verbose_name_plural)),
            "list_address": self._address("changelist"),
            "deleted_address": self._address("deleted"),
        }

    def _address(self, page: str, *args: Any) -> str:
        return reverse(
            f"admin:{self.opts.app_label}_{self.opts.model_name}_{page}", args=args or None
        )

    def _pk(self, object_id: str) -> int:
        if not object_id.isdecimal() or len(object_id) > 18:
            raise Http404
        return int(object_id)


def named_by(rows: list[Any]) -> list[str]:
    """Return the rows that name one of these and do not belong to it, in words."""
    found: list[str] = []
    for row in rows:
        for relation in row._meta.related_objects:
            model: Any = relation.related_model
            label = model._meta.label_lower
            if label not in content.ORDER or relation.field.name == content.PARENT.get(label):
                continue
            through: Any = getattr(relation, "through", None)
            if through is not None and not through._meta.auto_created:
                continue
            if relation.on_delete is models.PROTECT:
                continue  # Django's own list has it
            naming = model._default_manager.filter(**{relation.field.name: row.pk})
            found += [
                f"{capfirst(str(model._meta.verbose_name))}: {other} (names “{row}”)"
                for other in naming.distinct()
                if other not in rows
            ]
    return found


def _with_our_line_ends(data: QueryDict) -> QueryDict:
    """Browsers send CRLF. Kept, it would make every text a changed one, which clears reviews and fills histories."""
    mended = data.copy()
    for name, values in mended.lists():
        mended.setlist(name, [value.replace("\r\n", "\n") for value in values])
    return mended


def _moment(text: str) -> datetime.datetime:
    try:
        moment = datetime.datetime.fromisoformat(text)
    except ValueError:
        raise Http404 from None
    if moment.tzinfo is None:
        raise Http404
    return moment
