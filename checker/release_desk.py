"""Releases at the desk: publish the drafts, compare, download, go back. What is decided stands in `publishing`."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from conditions import content, editions
from conditions.choices import BandChoices, BasisChoices, UrgencyChoices
from conditions.comparison import Comparison, Kind, compare
from conditions.models import Release

from . import preview, publishing
from .publishing import Plan, PublishError
from .stories import Side, StoryChange, side
from .transfer import (
    LARGEST_FILE,
    Arriving,
    Upload,
    associations_as_table,
    look_at,
    take_over,
    zipped,
)

PUBLISH = "conditions.add_release"
LOOK = "conditions.view_release"
EDIT = "conditions.change_association"
KEPT = "import"
"""Where a file lies in the session while somebody looks at what it would change."""
DRAFTS = "drafts"
MOST_SHOWN = 400
"""So many changed rows are shown; more cannot be read, and are counted."""


@dataclass(frozen=True, slots=True)
class ShownStory:
    """A story of the report, with both outcomes in words."""

    change: StoryChange
    before: Side | None
    after: Side | None

    @property
    def reasons_gone(self) -> tuple[str, ...]:
        return _missing(self.before, self.after)

    @property
    def reasons_new(self) -> tuple[str, ...]:
        return _missing(self.after, self.before)


def _missing(one: Side | None, other: Side | None) -> tuple[str, ...]:
    """Return the reasons of one side that the other does not have."""
    there = other.reasons if other else ()
    return tuple(reason for reason in (one.reasons if one else ()) if reason not in there)


def shown_stories(plan: Plan) -> tuple[ShownStory, ...]:
    now = plan.told_now
    return tuple(
        ShownStory(
            change,
            side(now.kb, change.before) if now and change.before else None,
            side(plan.told.kb, change.after) if change.after else None,
        )
        for change in plan.stories
    )


@dataclass(frozen=True, slots=True)
class Difference:
    """A comparison as a page shows it: all of it, or as much as can be read."""

    comparison: Comparison
    sections: Sequence[Any]
    left_out: int


def shown_difference(comparison: Comparison) -> Difference:
    shown, rows = [], 0
    for section in comparison.sections:
        if rows >= MOST_SHOWN:
            break
        shown.append(section)
        rows += len(section.rows)
    return Difference(comparison, shown, sum(comparison.counts.values()) - rows)


View = Callable[..., HttpResponse]


def needs(permission: str) -> Callable[[View], View]:
    """Open a page of the desk to staff with a permission."""

    def decorate(view: View) -> View:
        @wraps(view)
        def wrapped(
            self: ReleaseAdmin, request: HttpRequest, *args: Any, **kwargs: Any
        ) -> HttpResponse:
            if not request.user.has_perm(permission):
                raise PermissionDenied
            return view(self, request, *args, **kwargs)

        return wrapped

    return decorate


class ReleaseAdmin(admin.ModelAdmin):
    """Releases are made by publishing, and never edited."""

    list_display = (
        "number",
        "published_at",
        "published_by",
        "note",
        "short_checksum",
        "what_to_do",
    )
    list_select_related = ("published_by",)
    search_fields = ("note", "published_by__username")
    list_per_page = 25
    change_list_template = "admin/conditions/release/change_list.html"
    change_form_template = "admin/conditions/release/change_form.html"

    @admin.display(description="checksum")
    def short_checksum(self, release: Release) -> str:
        return release.checksum[:12]

    @admin.display(description="look or keep")
    def what_to_do(self, release: Release) -> SafeString:
        compared = (
            f"{reverse('admin:conditions_release_compare')}?old={release.number}&new={DRAFTS}"
        )
        return format_html(
            '<a href="{}">Compare</a> · <a href="{}">Download</a>',
            compared,
            reverse("admin:conditions_release_download", args=[release.pk]),
        )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Release]:
        return super().get_queryset(request).defer("document", "report")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        own: list[tuple[str, str, View]] = [
            ("publish/", "publish", self.publish_view),
            ("compare/", "compare", self.compare_view),
            ("transfer/", "transfer", self.transfer_view),
            ("transfer/drafts.zip", "drafts", self.drafts_view),
            ("transfer/associations.csv", "associations", self.associations_view),
            ("<int:pk>/download/", "download", self.download_view),
            ("<int:pk>/roll-back/", "roll_back", self.roll_back_view),
            ("<int:pk>/restore-drafts/", "restore_drafts", self.restore_drafts_view),
        ]
        return [
            *(
                path(address, self.admin_site.admin_view(view), name=f"conditions_release_{name}")
                for address, name, view in own
            ),
            *super().get_urls(),
        ]

    def _page(
        self, request: HttpRequest, name: str, title: str, status: int = 200, **context: Any
    ) -> TemplateResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            **context,
        }
        return TemplateResponse(
            request, f"admin/conditions/release/{name}.html", context, status=status
        )

    # --- one release ---------------------------------------------------------------------------

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show a release: who, when, why, how its stories came out, and what can be done with it."""
        if not object_id.isdecimal():
            raise Http404
        release = get_object_or_404(
            Release.objects.select_related("published_by"), pk=int(object_id)
        )
        numbers = Release.objects.values_list("number", flat=True)
        extra = {
            "release": release,
            "is_intact": publishing.is_intact(release),
            "publishing": release.report.get("publishing", {}),
            "total": release.report.get("total", {}),
            "before": numbers.filter(number__lt=release.number).order_by("-number").first(),
            "newest": numbers.order_by("-number").first(),
            "title": str(release),
            **(extra_context or {}),
        }
        return super().change_view(request, object_id, form_url, extra)

    @needs(LOOK)
    def download_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The fixture files of a release, as `manage.py load_content` takes them back."""
        release = get_object_or_404(Release, pk=pk)
        if not publishing.is_intact(release):
            self.message_user(request, f"{release} does not match its checksum.", messages.ERROR)
            return redirect("admin:conditions_release_change", pk)
        rows = editions.rows_of(release.document)
        return download(zipped(rows), f"twitchinfo-release-{release.number}.zip", ZIP)

    # --- publishing ----------------------------------------------------------------------------

    @needs(PUBLISH)
    def publish_view(self, request: HttpRequest) -> HttpResponse:
        """Show what would be published and what speaks against it; POST publishes it."""
        refused: Sequence[str] = ()
        if request.method == "POST":
            try:
                return self._published(request)
            except PublishError as error:
                refused = error.problems
        try:
            plan = publishing.draft()
        except PublishError as error:
            return self._page(
                request,
                "publish",
                "Publish the drafts",
                plan=None,
                problems=error.problems,
            )
        user: Any = request.user
        own_edits = settings.PUBLISH_NEEDS_SECOND_PERSON and publishing.are_all_edits_by(user)
        return self._page(
            request,
            "publish",
            "Publish the drafts",
            **_about(plan),
            refused=refused,
            blockers=[*plan.blockers, *([publishing.OWN_EDITS] if own_edits else [])],
            note=request.POST.get("note", ""),
            reason=request.POST.get("reason", ""),
            lengths=LENGTHS,
            preview_address=preview.address("home"),
        )

    def _published(self, request: HttpRequest) -> HttpResponse:
        release = publishing.publish(
            by=request.user,  # type: ignore[arg-type]
            note=request.POST.get("note", ""),
            reason=request.POST.get("reason", ""),
            reviewed=request.POST.get("reviewed", ""),
        )
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
        return redirect("admin:conditions_release_changelist")

    # --- comparing -----------------------------------------------------------------------------

    @needs(LOOK)
    def compare_view(self, request: HttpRequest) -> HttpResponse:
        """Show the difference between two releases, or a release and the drafts."""
        choices = [
            (str(number), f"Release {number}, {published_at:%-d %B %Y}")
            for number, published_at in Release.objects.values_list("number", "published_at")
        ]
        choices.append((DRAFTS, "The drafts"))
        known = dict(choices)
        old = request.GET.get("old", "")
        new = request.GET.get("new", "")
        context: dict[str, Any] = {"choices": choices, "old": old, "new": new}
        if old in known and new in known:
            (before, report), (after, report_after) = _content_of(old), _content_of(new)
            context |= {
                "difference": shown_difference(compare(before, after)),
                "stories": list(_stored_differences(report, report_after)),
                "names": (known[old], known[new]),
            }
        elif old or new:
            self.message_user(request, "Choose two of the list.", messages.ERROR)
        return self._page(request, "compare", "Compare releases", **context)

    # --- in and out ----------------------------------------------------------------------------

    @needs(EDIT)
    def transfer_view(self, request: HttpRequest) -> HttpResponse:
        """Take a file, show everything it would change, and take it over once that was looked at.

        Between the two steps the file lies in the session of who sent it, and nowhere else.
        """
        problems: Sequence[content.Problem] = ()
        arriving: Arriving | None = None
        step = request.POST.get("step", "")
        try:
            if step == "look":
                request.session[KEPT] = _kept(_sent(request))
            elif step == "leave":
                request.session.pop(KEPT, None)
            if step in ("look", "take") and KEPT in request.session:
                arriving = look_at(_upload(request.session[KEPT]))
                _refuse_what_is_not_allowed(request, arriving)
            if step == "take" and arriving and request.POST.get("seen") == arriving.seen:
                changes = take_over(arriving)
                del request.session[KEPT]
                self.message_user(request, f"The drafts changed: {changes}.")
                return redirect("admin:conditions_release_publish")
            if step == "take":
                self.message_user(
                    request, "The drafts changed since you looked. Look again.", messages.WARNING
                )
        except content.ContentError as error:
            arriving, problems = None, error.problems
            request.session.pop(KEPT, None)
        return self._page(
            request,
            "transfer",
            "Import and export",
            arriving=arriving,
            difference=shown_difference(arriving.comparison) if arriving else None,
            problems=problems[:MOST_SHOWN],
            more_problems=max(0, len(problems) - MOST_SHOWN),
            largest=LARGEST_FILE // 1024 // 1024,
            bands=BandChoices.choices,
            bases=BasisChoices.choices,
        )

    @needs(EDIT)
    def drafts_view(self, request: HttpRequest) -> HttpResponse:
        """The drafts as fixture files."""
        return download(zipped(content.rows_at_rest()[0]), "twitchinfo-drafts.zip", ZIP)

    @needs(EDIT)
    def associations_view(self, request: HttpRequest) -> HttpResponse:
        """Which findings belong to which condition, as a table."""
        table = associations_as_table(content.rows_of_database())
        # With a mark by which spreadsheets know UTF-8.
        return download(table.encode("utf-8-sig"), "twitchinfo-associations.csv", CSV)

    # --- going back ----------------------------------------------------------------------------

    @needs(PUBLISH)
    def roll_back_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show what going back to a release would mean; POST goes back."""
        release = get_object_or_404(Release, pk=pk)
        refused: Sequence[str] = ()
        if request.method == "POST":
            try:
                return self._rolled_back(request, release)
            except PublishError as error:
                refused = error.problems
        title = f"Go back to release {release.number}"
        try:
            plan = publishing.plan_back(release)
        except PublishError as error:
            return self._page(
                request, "roll_back", title, release=release, plan=None, problems=error.problems
            )
        return self._page(
            request,
            "roll_back",
            title,
            release=release,
            **_about(plan),
            refused=refused,
            against=[*plan.blockers, *plan.lost_by_todays_stories, *plan.worse],
            reason=request.POST.get("reason", ""),
            lengths=LENGTHS,
        )

    def _rolled_back(self, request: HttpRequest, release: Release) -> HttpResponse:
        made = publishing.roll_back(
            release.number,
            by=request.user,  # type: ignore[arg-type]
            reason=request.POST.get("reason", ""),
        )
        if made is None:
            self.message_user(
                request, "That is what is in force already, so nothing was done.", messages.WARNING
            )
            return redirect("admin:conditions_release_changelist")
        self.message_user(
            request,
            f"Release {made.number} is published: the content of release {release.number}. "
            "The drafts are as they were.",
        )
        return redirect("admin:conditions_release_change", made.pk)

    @needs(PUBLISH)
    def restore_drafts_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show what the drafts would lose by becoming what a release says; POST does it."""
        release = get_object_or_404(Release, pk=pk)
        title = f"Make the drafts what release {release.number} says"
        problems: Sequence[str] = ()
        if request.method == "POST":
            try:
                changes = publishing.restore_drafts(release)
            except PublishError as error:
                problems = error.problems
            else:
                self.message_user(
                    request, f"The drafts are what release {release.number} says: {changes}."
                )
                return redirect("admin:conditions_release_publish")
        drafts = content.rows_of_database()
        difference = compare(drafts, editions.rows_of(release.document))
        return self._page(
            request,
            "restore_drafts",
            title,
            release=release,
            problems=problems,
            difference=shown_difference(difference),
        )


ZIP = "application/zip"
CSV = "text/csv; charset=utf-8"
LENGTHS = {"note": publishing.LONGEST_NOTE, "reason": publishing.LONGEST_REASON}


def _sent(request: HttpRequest) -> Upload:
    """Return the file that was sent. Raises ContentError if there is none, or it is too large to look at."""
    file: Any = request.FILES.get("file")
    if file is None:
        raise content.ContentError([content.Problem("No file", "", "choose one")])
    # One byte more than is allowed is enough to refuse it.
    data = file.read(LARGEST_FILE + 1)
    return Upload(file.name[-100:], data, prune="prune" in request.POST)


def _kept(upload: Upload) -> dict[str, Any]:
    data = base64.b64encode(upload.data[: LARGEST_FILE + 1]).decode()
    return {"name": upload.name, "data": data, "prune": upload.prune}


def _upload(kept: Mapping[str, Any]) -> Upload:
    return Upload(kept["name"], base64.b64decode(kept["data"]), kept["prune"])


def _refuse_what_is_not_allowed(request: HttpRequest, arriving: Arriving) -> None:
    """Let a file do no more than its sender may do by hand. Raises ContentError."""
    verbs = {Kind.ADDED: "add", Kind.CHANGED: "change", Kind.REMOVED: "delete"}
    wanted = {
        (verbs[row.kind], row.model)
        for section in arriving.comparison.sections
        for row in section.rows
    }
    problems = []
    for verb, label in sorted(wanted):
        app, _, name = label.partition(".")
        if not request.user.has_perm(f"{app}.{verb}_{name}"):
            model = content.model_of(label)
            message = f"you may not {verb} {model._meta.verbose_name_plural}"
            problems.append(content.Problem(arriving.upload.name, "", message))
    if problems:
        raise content.ContentError(problems)


def _about(plan: Plan) -> dict[str, Any]:
    """What the pages for publishing and for going back show of a plan."""
    return {
        "plan": plan,
        "stories": shown_stories(plan),
        # Everything is new in the first release: that is counted, not shown.
        "difference": shown_difference(plan.comparison) if plan.base else None,
    }


def _content_of(name: str) -> tuple[Sequence[content.Row], Mapping[str, Any]]:
    """Return the rows of a release or of the drafts, and the report that is stored with it."""
    if name == DRAFTS:
        return content.rows_of_database(), {}
    release = Release.objects.get(number=int(name))
    return editions.rows_of(release.document), release.report


def _stored_differences(
    before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[Mapping[str, str]]:
    """Yield the stories that came out at another level when the two were published, as their reports say."""
    old = {each["id"]: each["urgency"] for each in before.get("each", ())}
    new = {each["id"]: each["urgency"] for each in after.get("each", ())}
    for id in sorted({*old, *new} if old and new else ()):
        if old.get(id) != new.get(id):
            yield {"id": id, "before": _level(old.get(id)), "after": _level(new.get(id))}


def _level(slug: str | None) -> str:
    return str(UrgencyChoices(slug).label) if slug else ""


def download(data: bytes, name: str, kind: str) -> HttpResponse:
    """Return a file to keep."""
    response = HttpResponse(data, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
