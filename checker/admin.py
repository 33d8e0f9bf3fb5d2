"""The editor's desk for what we ask, and the way from drafts to a release."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from conditions.admin import KeptSlug, PlainLinks
from conditions.models import Release

from .models import Option, Question, Scenario
from .publishing import PublishError, draft, publish

admin.site.site_header = "TwitchInfo: the editor's desk"
admin.site.site_title = "TwitchInfo"
admin.site.index_title = "Drafts: nothing here is public until it is published"


class OptionInline(PlainLinks, admin.TabularInline):
    model = Option
    extra = 0
    autocomplete_fields = ("finding", "only_if", "unless")
    fields = (
        "position",
        "finding",
        "label",
        "carer_label",
        "hint",
        "present_answer",
        "only_if",
        "unless",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Option]:
        return (
            super()
            .get_queryset(request)
            .select_related("finding")
            .prefetch_related("only_if", "unless")
        )


@admin.register(Question)
class QuestionAdmin(KeptSlug):
    list_display = ("title", "slug", "kind", "section", "page", "stage", "position")
    list_filter = ("kind", "section", "stage")
    search_fields = ("slug", "title")
    autocomplete_fields = ("ask_if", "unless")
    inlines = (OptionInline,)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, str | list[str]]:
        last = Question.objects.order_by("-number").values_list("number", flat=True).first() or 0
        return {**super().get_changeform_initial_data(request), "number": str(last + 1)}


@admin.register(Scenario)
class ScenarioAdmin(KeptSlug):
    list_display = ("slug", "story", "expect_urgency", "expect_conditions", "tune")
    list_filter = ("tune", "otherwise")
    search_fields = ("slug", "story", "source")


@admin.register(Release)
class ReleaseAdmin(admin.ModelAdmin):
    """Releases are made by publishing, and never edited."""

    list_display = ("number", "published_at", "published_by", "note", "short_checksum")
    list_select_related = ("published_by",)
    fields = ("number", "published_at", "published_by", "note", "checksum", "report")
    change_list_template = "admin/conditions/release/change_list.html"

    @admin.display(description="checksum")
    def short_checksum(self, release: Release) -> str:
        return release.checksum[:12]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Release]:
        return super().get_queryset(request).defer("document")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        own = path(
            "publish/",
            self.admin_site.admin_view(self.publish_view),
            name="conditions_release_publish",
        )
        return [own, *super().get_urls()]

    def publish_view(self, request: HttpRequest) -> HttpResponse:
        """Show what would be published; POST publishes it."""
        if not request.user.has_perm("conditions.add_release"):
            raise PermissionDenied
        if request.method == "POST":
            return self._publish(request)
        try:
            ready, problems = draft(), list[str]()
        except PublishError as error:
            ready, problems = None, list(error.problems)
        context = {
            **self.admin_site.each_context(request),
            "title": "Publish the drafts",
            "draft": ready,
            "problems": problems,
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/conditions/release/publish.html", context)

    def _publish(self, request: HttpRequest) -> HttpResponse:
        try:
            release = publish(by=request.user, note=request.POST.get("note", "")[:300])  # type: ignore[arg-type]
        except PublishError as error:
            for problem in error.problems[:20]:
                self.message_user(request, problem, messages.ERROR)
            return redirect("admin:conditions_release_publish")
        if release is None:
            self.message_user(
                request,
                "Nothing changed since the last release, so none was made.",
                messages.WARNING,
            )
        else:
            self.message_user(
                request, f"Release {release.number} is published. Visitors see it within a minute."
            )
        return redirect(reverse("admin:conditions_release_changelist"))
