"""The first page of the editor's desk: what is edited and not public, what is wrong, what is due, what waits.

What a few queries can tell stands on the page at once (`overview`). What needs every check and every story takes ten
seconds of a processor, which readers would feel: it is worked out when an editor asks for it (`state_of_drafts`), kept
by the content, and shown as of then until somebody asks again.
"""

from __future__ import annotations

import datetime
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Min, Q
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst

from checker.engine.evaluation import Outcome
from conditions import content
from conditions.history import CREATED, DELETED, models_with_history
from conditions.models import Condition, Release, Reply, ReplyState

from . import preview
from .content_checks import Level, Problem
from .publishing import PublishError, draft

MOST_EDITS = 40
MOST_DUE = 12
SOON = datetime.timedelta(days=30)


@dataclass(slots=True)
class Edit:
    """An entry that somebody edited since the last release, with all that belongs to it."""

    what: str
    name: str
    at: datetime.datetime
    address: str = ""
    verb: str = "changed"
    by: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Due:
    name: str
    on: datetime.date
    is_over: bool
    address: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """Readers' replies that nobody judged yet."""

    number: int
    since: datetime.datetime | None


@dataclass(frozen=True, slots=True)
class Overview:
    release: Release | None
    edits: tuple[Edit, ...]
    more_edits: int
    due: tuple[Due, ...]
    more_due: int
    never_reviewed: int
    preview_address: str
    known: Known | None
    """What the checks and the stories said last."""
    waiting: Waiting | None
    """None for who may not see replies."""


def overview(user: User | AnonymousUser) -> Overview:
    """Return what a few queries can tell; nothing of a kind of content that the user may not see."""
    release = Release.objects.defer("document", "report").select_related("published_by").first()
    edits = sorted(_edits(user, release), key=lambda edit: edit.at, reverse=True)
    due = tuple(_due()) if user.has_perm("conditions.view_condition") else ()
    reviews = Condition.objects.aggregate(never=Count("pk", filter=Q(reviewed_on=None)))
    return Overview(
        release=release,
        edits=tuple(edits[:MOST_EDITS]),
        more_edits=max(0, len(edits) - MOST_EDITS),
        due=due[:MOST_DUE],
        more_due=max(0, len(due) - MOST_DUE),
        never_reviewed=reviews["never"],
        preview_address=preview.address("home"),
        known=known_state(),
        waiting=_waiting() if user.has_perm("conditions.view_reply") else None,
    )


def _edits(user: User | AnonymousUser, release: Release | None) -> Iterator[Edit]:
    """Yield what was edited since the last release. Without one everything is new, and nothing is told."""
    if release is None:
        return
    edits: dict[tuple[str, int], Edit] = {}
    own: dict[tuple[str, int], set[str]] = {}
    top_of_rule: dict[int, int] = {}
    for model in models_with_history():
        label = model._meta.label_lower
        history: Any = model.history  # type: ignore[attr-defined]
        records = history.filter(history_date__gt=release.published_at).order_by("history_date")
        for record in records.select_related("history_user"):
            top = _top(record, label, top_of_rule)
            edit = edits.setdefault(top, Edit(_what(top[0]), "", record.history_date))
            edit.at = max(edit.at, record.history_date)
            who = str(record.history_user or record.history_change_reason or "a command")
            if who not in edit.by:
                edit.by.append(who)
            if top == (label, record.id):
                own.setdefault(top, set()).add(record.history_type)
    for label in {label for label, _ in edits}:
        model_of = content.model_of(label)
        opts = model_of._meta
        if not user.has_perm(f"{opts.app_label}.view_{opts.model_name}"):
            continue
        pks = [pk for place, pk in edits if place == label]
        there = model_of._default_manager.in_bulk(pks)
        for pk in pks:
            edit, kinds = edits[label, pk], own.get((label, pk), set())
            page = "change" if pk in there else "history"
            edit.address = reverse(f"admin:{opts.app_label}_{opts.model_name}_{page}", args=[pk])
            if pk in there:
                edit.name = str(there[pk])
                edit.verb = "new" if CREATED in kinds and DELETED not in kinds else "changed"
            else:
                if CREATED in kinds:
                    continue  # it came and went, and readers never saw it
                gone = model_of.history.filter(id=pk).first()
                edit.name, edit.verb = str(gone.instance if gone else pk), "deleted"
            yield edit


def _top(record: Any, label: str, top_of_rule: dict[int, int]) -> tuple[str, int]:
    """Return the row at whose page a record's row is edited."""
    if label == "conditions.rule":
        top_of_rule[record.id] = record.sign_id
        return "conditions.warningsign", record.sign_id
    if label == "conditions.clause":
        pk = record.rule_id
        if pk not in top_of_rule:
            rules = content.model_of("conditions.rule").history
            rule = rules.filter(id=pk).first()
            top_of_rule[pk] = rule.sign_id if rule else 0
        return "conditions.warningsign", top_of_rule[pk]
    parent = content.PARENT.get(label)
    if parent is None:
        return label, record.id
    target = content.model_of(label)._meta.get_field(parent).related_model
    return target._meta.label_lower, getattr(record, f"{parent}_id")  # type: ignore[union-attr]


def _what(label: str) -> str:
    return capfirst(str(content.model_of(label)._meta.verbose_name))


def _due() -> Iterator[Due]:
    today = timezone.localdate()
    entries = Condition.objects.filter(next_review__lte=today + SOON).order_by("next_review")
    for entry in entries.only("name", "next_review"):
        on = entry.next_review
        if on is not None:
            address = reverse("admin:conditions_condition_change", args=[entry.pk])
            yield Due(entry.name, on, on <= today, address)


def _waiting() -> Waiting:
    held = Reply.objects.filter(state=ReplyState.HELD)
    found = held.aggregate(number=Count("pk"), since=Min("created_at"))
    return Waiting(found["number"], found["since"])


# --- what takes a while ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class State:
    """What the checks and the stories say of the drafts."""

    broken: tuple[str, ...] = ()
    """Why the drafts are no content at all. Then nothing else is known."""
    errors: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    failing: tuple[Outcome, ...] = ()
    stories: int = 0
    changed: int = 0


@dataclass(frozen=True, slots=True)
class Known:
    """What was worked out last in this process, and of which drafts."""

    state: State
    at: datetime.datetime
    fingerprint: str

    @property
    def is_current(self) -> bool:
        return self.fingerprint == content.fingerprint_of_database()


_known: Known | None = None


def known_state() -> Known | None:
    return _known


def state_of_drafts() -> State:
    """Return what is wrong with the drafts. Some seconds after a change, a moment before the next one."""
    global _known
    fingerprint = content.fingerprint_of_database()
    state = _worked_out()
    _known = Known(state, timezone.now(), fingerprint)
    return state


def _worked_out() -> State:
    try:
        plan = draft()
    except PublishError as error:
        return State(broken=error.problems)
    failing = [outcome for outcome in plan.report.outcomes if not outcome.is_accepted]
    failing.sort(key=lambda outcome: (outcome.is_safe, not outcome.is_emergency_story))
    return State(
        errors=tuple(p for p in plan.problems if p.level is Level.ERROR),
        warnings=tuple(p for p in plan.problems if p.level is not Level.ERROR),
        failing=tuple(failing),
        stories=len(plan.report.outcomes),
        changed=len(plan.comparison.sections),
    )


_at_work = threading.Lock()


def state_view(request: HttpRequest) -> HttpResponse:
    """The slow part of the first page; a page of its own for who has no script.

    One request at a time works it out. Others are told to come again: waiting, they would hold the threads that
    readers need.
    """
    if not request.user.has_perm("conditions.view_condition"):
        raise PermissionDenied
    state = None
    if _at_work.acquire(blocking=False):
        try:
            state = state_of_drafts()
        finally:
            _at_work.release()
    context = {
        **admin.site.each_context(request),
        "title": "What is wrong with the drafts",
        "state": state,
        "known": known_state(),
    }
    status = 200 if state is not None else 202
    return TemplateResponse(request, "admin/desk/state.html", context, status=status)
