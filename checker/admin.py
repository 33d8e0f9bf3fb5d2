"""The editor's desk for what we ask, and the way from drafts to a release."""

from __future__ import annotations

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from conditions import editions
from conditions.admin import KeptSlug, PlainLinks, graded, next_number
from conditions.choices import UrgencyChoices
from conditions.desk import Graded
from conditions.models import Release
from conditions.readability import PLAIN_GRADE

from . import preview
from .models import Option, Question, Scenario
from .release_desk import ReleaseAdmin
from .scenario_form import ScenarioForm
from .stories import run_story

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
    list_editable = ("position",)
    list_filter = ("kind", "section", "stage")
    search_fields = ("slug", "title")
    autocomplete_fields = ("ask_if", "unless")
    inlines = (OptionInline,)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, str | list[str]]:
        number = next_number(Question)
        return {**super().get_changeform_initial_data(request), "number": str(number)}


@admin.register(Scenario)
class ScenarioAdmin(KeptSlug):
    form = ScenarioForm
    list_display = ("slug", "story", "levels", "expected", "tune")
    list_filter = ("tune", "otherwise")
    search_fields = ("slug", "story", "source")
    change_form_template = "admin/checker/scenario/change_form.html"
    fieldsets = (
        (None, {"fields": ("slug", "story", "source", "tags", "tune")}),
        ("What the person says", {"fields": ("present", "absent", "otherwise")}),
        (
            "What should come of it",
            {"fields": ("first_level", "also_accepted", "expect_conditions", "never")},
        ),
    )

    @admin.display(description="right level")
    def levels(self, scenario: Scenario) -> str:
        return ", ".join(scenario.expect_urgency)

    @admin.display(description="expected")
    def expected(self, scenario: Scenario) -> str:
        return ", ".join(scenario.expect_conditions) or "nothing"

    def get_urls(self) -> list[URLPattern]:
        run = path(
            "<int:pk>/run/",
            self.admin_site.admin_view(self.run_view),
            name="checker_scenario_run",
        )
        return [run, *super().get_urls()]

    def run_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Run one story now, on the drafts and on what visitors see, and show outcome and reasons."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        scenario = get_object_or_404(Scenario, pk=pk)
        drafts = preview.drafts()
        now = editions.in_force()
        context = {
            **self.admin_site.each_context(request),
            "title": f"Run {scenario.slug}",
            "opts": self.opts,
            "scenario": scenario,
            "problems": drafts.problems,
            "drafts": run_story(scenario, drafts.edition),
            "release": run_story(scenario, now),
            "number": now.number if now else None,
            "expected": [UrgencyChoices(level).label for level in scenario.expect_urgency],
        }
        return TemplateResponse(request, "admin/checker/scenario/run.html", context)

    def response_add(
        self, request: HttpRequest, obj: Scenario, post_url_continue: str | None = None
    ) -> HttpResponse:
        return _run_if_wanted(request, obj) or super().response_add(request, obj, post_url_continue)

    def response_change(self, request: HttpRequest, obj: Scenario) -> HttpResponse:
        return _run_if_wanted(request, obj) or super().response_change(request, obj)


def _run_if_wanted(request: HttpRequest, scenario: Scenario) -> HttpResponse | None:
    if "_run" not in request.POST:
        return None
    return redirect("admin:checker_scenario_run", scenario.pk)


admin.site.register(Release, ReleaseAdmin)
