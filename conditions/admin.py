"""The editor's desk for what we know. Edits are drafts until they are published (checker/admin.py)."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AutocompleteSelectMultiple
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models, transaction
from django.db.models import Count, Max, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.text import capfirst

from . import history
from .desk import ContentAdmin, ContentForm, Graded
from .merging import SEEN
from .models import (
    Article,
    Association,
    CareAdvice,
    Cause,
    Clause,
    Concern,
    Condition,
    Finding,
    Helpline,
    KeyFigure,
    LookAlike,
    Movement,
    PageReport,
    Reply,
    ReplyState,
    Rule,
    Source,
    WarningSign,
)
from .readability import LIBRARY_GRADE, PLAIN_GRADE


class KeptSlug(ContentAdmin):
    """A slug is set once: rules, answers and addresses name it."""

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fixed = ("slug", "number") if hasattr(self.model, "number") else ("slug",)
        fields = super().get_readonly_fields(request, obj)
        return (*fields, *fixed) if obj is not None else fields


def graded(limit: int, *fields: str) -> dict[str, int]:
    return dict.fromkeys(fields, limit)


def next_number(model: Any) -> int:
    """Return the next free number: one that no row has, and none that was deleted ever had."""
    last = model.objects.aggregate(last=Max("number"))["last"] or 0
    ever = model.history.aggregate(last=Max("number"))["last"] or 0
    return int(max(last, ever)) + 1


@admin.register(Source)
class SourceAdmin(KeptSlug):
    list_display = ("slug", "title", "publisher", "year", "last_checked")
    list_filter = (("last_checked", admin.EmptyFieldListFilter),)
    search_fields = ("slug", "title", "publisher", "url")
    date_hierarchy = "last_checked"
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}


@admin.register(Finding)
class FindingAdmin(KeptSlug):
    list_display = ("label", "slug", "kind", "background", "group", "floor")
    list_filter = ("kind", "floor", "background")
    search_fields = ("slug", "label", "group")
    ordering = ("number",)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, str | list[str]]:
        return {**super().get_changeform_initial_data(request), "number": str(next_number(Finding))}


@admin.register(Cause)
class CauseAdmin(KeptSlug):
    grades = graded(LIBRARY_GRADE, "summary", "explanation", "what_to_check", "self_care")
    list_display = ("name", "position", "summary")
    list_editable = ("position",)
    search_fields = ("slug", "name", "explanation")
    autocomplete_fields = ("findings", "sources")


@admin.register(Movement)
class MovementAdmin(KeptSlug):
    grades = graded(LIBRARY_GRADE, "summary", "description", "tell_apart")
    list_display = ("name", "position", "joint_moves", "rhythm")
    list_editable = ("position",)
    list_filter = ("joint_moves",)
    search_fields = ("slug", "name", "description")
    autocomplete_fields = ("findings", "sources")


class Day(forms.DateInput):
    """A date as browsers pick one."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class ReviewForm(forms.Form):
    """Who read it, when, and when it is to be read again."""

    reviewed_on = forms.DateField(label="Read on", initial=timezone.localdate, widget=Day())
    reviewed_by = forms.CharField(
        label="Read by", max_length=120, help_text="The reviewer's role, such as 'neurologist'."
    )
    next_review = forms.DateField(label="To be read again by", required=False, widget=Day())

    def clean_reviewed_on(self) -> datetime.date:
        day: datetime.date = self.cleaned_data["reviewed_on"]
        if day > timezone.localdate():
            raise ValidationError("A review cannot lie in the future.")
        return day


class NextReviewForm(forms.Form):
    next_review = forms.DateField(label="To be read again by", widget=Day())


REVIEW_FIELDS = ("reviewed_on", "reviewed_by", "next_review")


class ReviewedText(KeptSlug):
    """An edit of the text clears its review: what stands there now is not what a clinician read.

    Only reviewers say that a text was reviewed, and when it is to be read again.
    """

    actions: tuple[str, ...] = ("review", "set_next_review")

    def has_review_permission(self, request: HttpRequest) -> bool:
        name = f"{self.opts.app_label}.review_{self.opts.model_name}"
        return request.user.has_perm(name)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = super().get_readonly_fields(request, obj)
        if self.has_review_permission(request):
            return fields
        return (*fields, *(name for name in REVIEW_FIELDS if hasattr(self.model, name)))

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_review"
        view = self.admin_site.admin_view(self.review_view)
        return [path("<path:object_id>/review/", view, name=name), *super().get_urls()]

    def links_of(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        links = super().links_of(request, row)
        if row is not None and self.has_review_permission(request):
            links["review_address"] = self._address("review", row.pk)
        return links

    def review_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """One text was read: say so, unless it changed while it was being read."""
        if not self.has_review_permission(request):
            raise PermissionDenied
        with transaction.atomic(), history.batch("Reviewed."):
            row = self._locked(request, object_id) if request.method == "POST" else None
            row = row or self.get_object(request, object_id)
            if row is None:
                raise Http404
            form = self._review_form(ReviewForm, request.POST or None)
            if request.method == "POST" and request.POST.get(SEEN) != str(row.version):
                self.message_user(
                    request,
                    "It was changed while you were reading. Read it again, then mark it.",
                    messages.WARNING,
                )
            elif form.is_valid():
                self._save_review(form, [row])
                self.message_user(request, f"“{row}” is marked as reviewed.")
                return redirect(self._address("change", row.pk))
        return self._review_page(request, form, [row], "", f"Mark “{row}” as reviewed")

    @admin.action(description="Mark as reviewed", permissions=["review"])
    def review(self, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        return self._review_many(request, rows, ReviewForm, "review", "Mark as reviewed")

    @admin.action(description="Set the date of the next review", permissions=["review"])
    def set_next_review(self, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        title = "Set the date of the next review"
        return self._review_many(request, rows, NextReviewForm, "set_next_review", title)

    def get_actions(self, request: HttpRequest) -> Any:
        actions = super().get_actions(request)
        if not hasattr(self.model, "next_review"):
            actions.pop("set_next_review", None)
        return actions

    def _review_many(
        self,
        request: HttpRequest,
        rows: QuerySet[Any],
        form_class: type[forms.Form],
        action: str,
        title: str,
    ) -> HttpResponse | None:
        form = self._review_form(form_class, request.POST if "apply" in request.POST else None)
        if not form.is_valid():
            return self._review_page(request, form, list(rows), action, title)
        chosen = self.model._default_manager.select_for_update().filter(
            pk__in=list(rows.values_list("pk", flat=True))
        )
        number = self._save_review(form, chosen)
        self.message_user(request, f"{title}: done for {number}.")
        return None

    def _review_form(self, form_class: type[forms.Form], data: Any) -> forms.Form:
        form = form_class(data)
        if not hasattr(self.model, "next_review"):
            del form.fields["next_review"]
        return form

    def _save_review(self, form: forms.Form, rows: Iterable[Any]) -> int:
        number = 0
        for row in rows:
            for name, value in form.cleaned_data.items():
                setattr(row, name, value)
            row.save()
            number += 1
        return number

    def _review_page(
        self, request: HttpRequest, form: forms.Form, rows: list[Any], action: str, title: str
    ) -> HttpResponse:
        context = self._context(request, title)
        return TemplateResponse(
            request,
            "admin/content/review.html",
            {**context, "form": form, "rows": rows, "action": action},
        )

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        fields = self.model._meta.fields
        texts = {field.name for field in fields if isinstance(field, models.TextField)}
        texts = (texts | {"name", "title", "summary"}) - {"editor_note", "also_called"}
        edited = texts & set(form.changed_data)
        if edited and obj.reviewed_on is not None and "reviewed_on" not in form.changed_data:
            obj.reviewed_on, obj.reviewed_by = None, ""
            self.message_user(
                request,
                "The text changed, so it counts as not reviewed. Enter a new review date once it is.",
                messages.WARNING,
            )
        super().save_model(request, obj, form, change)


class PlainLinks:
    """Rows of an inline without the four icons beside each link: they fill the screen and lead astray."""

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc]
        if field is not None and hasattr(field.widget, "can_add_related"):
            for name in ("add", "change", "delete", "view"):
                setattr(field.widget, f"can_{name}_related", False)
        if field is not None:
            # In a table the heading of the column is no label of the field.
            field.widget.attrs.setdefault("aria-label", capfirst(field.label))
        return field


class AssociationInline(PlainLinks, admin.TabularInline):
    model = Association
    extra = 1
    autocomplete_fields = ("finding", "source")
    fields = ("finding", "band", "basis", "source", "note")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Association]:
        return super().get_queryset(request).select_related("finding", "source", "condition")


class LookAlikeInline(PlainLinks, Graded, admin.TabularInline):
    model = LookAlike
    grades = graded(LIBRARY_GRADE, "differs")
    fk_name = "condition"
    extra = 0
    autocomplete_fields = ("other",)


class KeyFigureInline(PlainLinks, admin.StackedInline):
    model = KeyFigure
    extra = 0
    autocomplete_fields = ("source",)


class ConditionForm(ContentForm):
    """An entry with the signs and concerns that name it, which keep those links themselves.

    Both fields send along what they were shown with, so that only what was changed here is changed.
    """

    warning_signs = forms.ModelMultipleChoiceField(
        WarningSign.objects.all(),
        required=False,
        show_hidden_initial=True,
        label="Warning signs that may point to it",
        widget=AutocompleteSelectMultiple(
            Condition._meta.get_field("warning_signs"),
            admin.site,
        ),
    )
    concerns = forms.ModelMultipleChoiceField(
        Concern.objects.all(),
        required=False,
        show_hidden_initial=True,
        label="Concerns that lead to it",
        widget=AutocompleteSelectMultiple(
            Condition._meta.get_field("concerns"),
            admin.site,
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in NAMED_BY:
            if self.instance.pk is not None:
                rows = getattr(self.instance, name).values_list("pk", flat=True)
                self.initial[name] = list(rows)


NAMED_BY = {"warning_signs": "may_point_to", "concerns": "conditions"}
"""Fields of the entry's page whose links stand in another row, and what they are called there."""


@admin.register(Condition)
class ConditionAdmin(ReviewedText):
    form = ConditionForm
    grades = graded(
        LIBRARY_GRADE,
        *("summary", "feels_like", "why", "what_helps", "what_doctors_do", "when_urgent"),
        "how_common",
    )
    actions = (*ReviewedText.actions, "make_ready", "make_unready")
    list_display = (
        "name",
        "group",
        "prevalence",
        "seriousness",
        "urgency",
        "reviewed_on",
        "ready",
        "competes",
    )
    list_filter = (
        "group",
        "seriousness",
        "urgency",
        "ready",
        ("reviewed_on", admin.EmptyFieldListFilter),
    )
    search_fields = ("slug", "name", "also_called", "summary")
    autocomplete_fields = ("causes", "movements", "sources")
    inlines = (AssociationInline, LookAlikeInline, KeyFigureInline)
    save_on_top = True
    fieldsets = (
        (None, {"fields": ("name", "slug", "also_called", "group", "summary")}),
        (
            "Text",
            {
                "fields": (
                    "feels_like",
                    "why",
                    "what_helps",
                    "what_doctors_do",
                    "when_urgent",
                    "how_common",
                )
            },
        ),
        (
            "For the engine",
            {"fields": ("prevalence", "seriousness", "urgency", "competes", "ready")},
        ),
        (
            "Links",
            {"fields": ("causes", "movements", "sources", "warning_signs", "concerns")},
        ),
        ("Codes", {"fields": ("icd10", "orphanet", "omim", "hpo"), "classes": ("collapse",)}),
        (
            "Review",
            {"fields": ("compiled_on", "reviewed_on", "reviewed_by", "next_review", "editor_note")},
        ),
    )

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Who may only look sees fields of the entry itself."""
        fieldsets = super().get_fieldsets(request, obj)
        may = (
            self.has_add_permission(request)
            if obj is None
            else self.has_change_permission(request, obj)
        )
        if may:
            return fieldsets
        return [
            (name, {**options, "fields": [f for f in options["fields"] if f not in NAMED_BY]})
            for name, options in fieldsets
        ]

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        for name, link in NAMED_BY.items():
            if name not in form.changed_data:
                continue
            field = form[name]
            shown = field.field.to_python(form.data.getlist(field.html_initial_name))
            before, after = set(shown), set(form.cleaned_data[name])
            for row in before ^ after:
                links = getattr(row, link)
                (links.add if row in after else links.remove)(form.instance)
                row.save()

    @admin.action(description="Ready: part of the next release", permissions=["change"])
    def make_ready(self, request: HttpRequest, rows: QuerySet[Condition]) -> None:
        self._set_ready(request, rows, True)

    @admin.action(description="Not ready: left out of the next release", permissions=["change"])
    def make_unready(self, request: HttpRequest, rows: QuerySet[Condition]) -> None:
        self._set_ready(request, rows, False)

    def _set_ready(self, request: HttpRequest, rows: QuerySet[Condition], ready: bool) -> None:
        number = 0
        for row in rows.exclude(ready=ready):
            row.ready = ready
            row.save()
            number += 1
        self.message_user(request, f"{number} changed.")


class RuleInline(admin.TabularInline):
    model = Rule
    extra = 0
    show_change_link = True
    fields = ("position", "clauses_in_words")
    readonly_fields = ("clauses_in_words",)
    verbose_name_plural = "rules (save, then follow Change to edit a rule's clauses)"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Rule]:
        return (
            super()
            .get_queryset(request)
            .prefetch_related("clauses__findings")
            .select_related("sign")
        )

    @admin.display(description="fires when")
    def clauses_in_words(self, rule: Rule) -> str:
        words = []
        for clause in rule.clauses.all():
            labels = ", ".join(finding.label for finding in clause.findings.all())
            words.append(f"{clause.get_kind_display()}: {labels}")
        return "; and ".join(words) or "No clause yet"


class ClauseInline(PlainLinks, admin.StackedInline):
    model = Clause
    extra = 1
    autocomplete_fields = ("findings",)


@admin.register(Rule)
class RuleAdmin(ContentAdmin):
    list_display = ("sign", "position", "clauses")
    search_fields = ("sign__slug", "sign__statement")
    autocomplete_fields = ("sign",)
    list_select_related = ("sign",)
    inlines = (ClauseInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Rule]:
        return super().get_queryset(request).annotate(number_of_clauses=Count("clauses"))

    @admin.display(ordering="number_of_clauses")
    def clauses(self, rule: Any) -> int:
        return int(rule.number_of_clauses)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Rules are reached through their warning sign."""
        return False


@admin.register(WarningSign)
class WarningSignAdmin(KeptSlug):
    grades = graded(PLAIN_GRADE, "statement", "what_to_do") | graded(LIBRARY_GRADE, "why")
    list_display = ("statement", "kind", "urgency", "slug", "position")
    list_editable = ("position",)
    list_filter = ("kind", "urgency")
    search_fields = ("slug", "statement", "why")
    autocomplete_fields = ("may_point_to", "caps", "sources")
    inlines = (RuleInline,)


@admin.register(CareAdvice)
class CareAdviceAdmin(ContentAdmin):
    grades = graded(
        PLAIN_GRADE,
        *("headline", "lead", "steps", "on_the_phone", "untold_headline", "untold_lead"),
    )
    list_display = ("headline", "urgency")
    search_fields = ("headline",)
    autocomplete_fields = ("sources",)


@admin.register(Helpline)
class HelplineAdmin(KeptSlug):
    list_display = ("name", "kind", "country_name", "number", "hours", "position")
    list_editable = ("position",)
    list_filter = ("kind", "country_name")
    search_fields = ("name", "number", "country_name")
    autocomplete_fields = ("source",)


@admin.register(KeyFigure)
class KeyFigureAdmin(KeptSlug):
    list_display = ("statement", "count", "out_of", "condition", "source")
    list_select_related = ("condition", "source")
    search_fields = ("slug", "statement", "condition__name")
    autocomplete_fields = ("condition", "source")


@admin.register(Concern)
class ConcernAdmin(KeptSlug):
    grades = graded(LIBRARY_GRADE, "answer", "would_have_to_be_there")
    list_display = ("question", "position")
    list_editable = ("position",)
    search_fields = ("slug", "question", "answer")
    autocomplete_fields = ("show_if", "hide_if", "conditions", "key_figures", "sources")


@admin.register(Article)
class ArticleAdmin(ReviewedText):
    grades = graded(LIBRARY_GRADE, "summary", "body")
    list_display = ("title", "compiled_on", "reviewed_on")
    search_fields = ("slug", "title")
    autocomplete_fields = ("resources",)


@admin.register(Reply)
class ReplyAdmin(admin.ModelAdmin):
    """Replies are read and judged, never rewritten. The e-mail address is shown on the page of a reply only."""

    list_display = ("created_at", "name", "excerpt", "state")
    list_display_links = ("created_at", "excerpt")
    list_filter = ("state", "created_at")
    search_fields = ("name", "text")
    readonly_fields = ("article", "name", "email", "text", "created_at")
    actions = ("approve", "reject", "mark_as_spam")

    @admin.display(description="reply")
    def excerpt(self, reply: Reply) -> str:
        return format_html("{}", reply.text[:120])

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @admin.action(description="Approve: show under the article", permissions=["change"])
    def approve(self, request: HttpRequest, replies: QuerySet[Reply]) -> None:
        self._judge(request, replies, ReplyState.APPROVED)

    @admin.action(description="Reject: keep hidden", permissions=["change"])
    def reject(self, request: HttpRequest, replies: QuerySet[Reply]) -> None:
        self._judge(request, replies, ReplyState.REJECTED)

    @admin.action(description="Mark as spam", permissions=["change"])
    def mark_as_spam(self, request: HttpRequest, replies: QuerySet[Reply]) -> None:
        self._judge(request, replies, ReplyState.SPAM)

    def _judge(self, request: HttpRequest, replies: QuerySet[Reply], state: ReplyState) -> None:
        number = 0
        for reply in replies.exclude(state=state):
            reply.state = state
            reply.save(update_fields=["state"])
            # Who decided is kept, and the words; never the address.
            self.log_change(request, reply, f"Marked: {state.label.lower()}.")
            number += 1
        self.message_user(request, f"{number} marked: {state.label.lower()}.")


@admin.register(PageReport)
class PageReportAdmin(admin.ModelAdmin):
    """What readers found wrong: read, settled, never rewritten."""

    list_display = ("reported_on", "page", "kind", "excerpt", "is_settled")
    list_filter = ("is_settled", "kind", "reported_on")
    search_fields = ("page", "text")
    readonly_fields = ("page", "kind", "text", "release", "reported_on")
    actions = ("settle",)

    @admin.display(description="text")
    def excerpt(self, report: PageReport) -> str:
        return format_html("{}", report.text[:120])

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @admin.action(description="Mark as settled", permissions=["change"])
    def settle(self, request: HttpRequest, reports: QuerySet[PageReport]) -> None:
        number = reports.update(is_settled=True)
        self.message_user(request, f"{number} marked: settled.")
