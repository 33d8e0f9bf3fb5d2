"""The editor's desk for what we ask, and the way from drafts to a release."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from conditions.admin import KeptSlug, PlainLinks, graded, next_number
from conditions.desk import Graded
from conditions.models import Release
from conditions.readability import PLAIN_GRADE

from .models import Option, Question, Scenario
from .release_desk import ReleaseAdmin

admin.site.site_header = "TwitchInfo: the editor's desk"
admin.site.site_title = "TwitchInfo"
admin.site.index_title = "Drafts: nothing here is public until it is published"


class OptionInline(PlainLinks, Graded, admin.TabularInline):
    model = Option
    grades = graded(PLAIN_GRADE, "label", "hint")
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
    grades = graded(PLAIN_GRADE, "title", "help", "why")
    list_display = ("title", "slug", "kind", "section", "page", "stage", "position")
    list_filter = ("kind", "section", "stage")
    search_fields = ("slug", "title")
    autocomplete_fields = ("ask_if", "unless")
    inlines = (OptionInline,)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, str | list[str]]:
        number = next_number(Question)
        return {**super().get_changeform_initial_data(request), "number": str(number)}


@admin.register(Scenario)
class ScenarioAdmin(KeptSlug):
    list_display = ("slug", "story", "expect_urgency", "expect_conditions", "tune")
    list_filter = ("tune", "otherwise")
    search_fields = ("slug", "story", "source")


admin.site.register(Release, ReleaseAdmin)
