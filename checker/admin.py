"""The editor's desk for what we ask, and the way from drafts to a release."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from conditions.admin import KeptSlug, PlainLinks
from conditions.models import Release

from .models import Option, Question, Scenario
from .release_desk import ReleaseAdmin

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


admin.site.register(Release, ReleaseAdmin)
