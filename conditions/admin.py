"""The editor's desk for what we know. Edits are drafts until they are published (checker/admin.py)."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db import models
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html

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
    Reply,
    ReplyState,
    Rule,
    Source,
    WarningSign,
)


class KeptSlug(admin.ModelAdmin):
    """A slug is set once: rules, answers and addresses name it."""

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fixed = ("slug", "number") if hasattr(self.model, "number") else ("slug",)
        fields = super().get_readonly_fields(request, obj)
        return (*fields, *fixed) if obj is not None else fields


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
        last = Finding.objects.order_by("-number").values_list("number", flat=True).first() or 0
        return {**super().get_changeform_initial_data(request), "number": str(last + 1)}


@admin.register(Cause)
class CauseAdmin(KeptSlug):
    list_display = ("name", "position", "summary")
    list_editable = ("position",)
    search_fields = ("slug", "name", "explanation")
    autocomplete_fields = ("findings", "sources")


@admin.register(Movement)
class MovementAdmin(KeptSlug):
    list_display = ("name", "position", "joint_moves", "rhythm")
    list_editable = ("position",)
    list_filter = ("joint_moves",)
    search_fields = ("slug", "name", "description")
    autocomplete_fields = ("findings", "sources")


class ReviewedText(KeptSlug):
    """An edit of the text clears its review: what stands there now is not what a clinician read."""

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
        return field


class AssociationInline(PlainLinks, admin.TabularInline):
    model = Association
    extra = 1
    autocomplete_fields = ("finding", "source")
    fields = ("finding", "band", "basis", "source", "note")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Association]:
        return super().get_queryset(request).select_related("finding", "source", "condition")


class LookAlikeInline(PlainLinks, admin.TabularInline):
    model = LookAlike
    fk_name = "condition"
    extra = 0
    autocomplete_fields = ("other",)


class KeyFigureInline(PlainLinks, admin.StackedInline):
    model = KeyFigure
    extra = 0
    autocomplete_fields = ("source",)


@admin.register(Condition)
class ConditionAdmin(ReviewedText):
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
        ("Links", {"fields": ("causes", "movements", "sources")}),
        ("Codes", {"fields": ("icd10", "orphanet", "omim", "hpo"), "classes": ("collapse",)}),
        (
            "Review",
            {"fields": ("compiled_on", "reviewed_on", "reviewed_by", "next_review", "editor_note")},
        ),
    )


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
class RuleAdmin(admin.ModelAdmin):
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
    list_display = ("statement", "kind", "urgency", "slug", "position")
    list_filter = ("kind", "urgency")
    search_fields = ("slug", "statement", "why")
    autocomplete_fields = ("may_point_to", "caps", "sources")
    inlines = (RuleInline,)


@admin.register(CareAdvice)
class CareAdviceAdmin(admin.ModelAdmin):
    list_display = ("headline", "urgency")
    search_fields = ("headline",)
    autocomplete_fields = ("sources",)


@admin.register(Helpline)
class HelplineAdmin(KeptSlug):
    list_display = ("name", "kind", "country_name", "number", "hours", "position")
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
    list_display = ("question", "position")
    list_editable = ("position",)
    search_fields = ("slug", "question", "answer")
    autocomplete_fields = ("show_if", "hide_if", "conditions", "key_figures", "sources")


@admin.register(Article)
class ArticleAdmin(ReviewedText):
    list_display = ("title", "compiled_on", "reviewed_on")
    search_fields = ("slug", "title")
    autocomplete_fields = ("resources",)


@admin.register(Reply)
class ReplyAdmin(admin.ModelAdmin):
    """Replies are read and judged, never rewritten."""

    list_display = ("created_at", "name", "excerpt", "state")
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
        number = replies.update(state=state)
        self.message_user(request, f"{number} marked: {state.label.lower()}.")
