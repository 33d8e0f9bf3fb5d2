"""The check: answers come in from the visitor's cookie, go through the engine, and out to a page.

The way of one answer: `question` validates the form (`forms.PageForm`), stores the new answers in the
cookie (`answers.write`) and redirects; the next page or the result is worked out again from the cookie
alone (`engine.questionnaire.walk`, `engine.assessment.assess`). Nothing is stored on the server.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from checker.engine.assessment import assess
from checker.engine.knowledge import KnowledgeBase, Page
from checker.engine.questionnaire import Walk, walk
from checker.engine.urgency import alarms_of, is_emergency
from checker.engine.vocabulary import EvidenceState
from conditions import editions
from conditions.library import Library
from conditions.markup import Notes
from conditions.ready import ready_page

from . import answers as cookie
from .forms import PageForm
from .knowledge import current_knowledge_base
from .presentation import answers_page, emergency_page, lines, progress, result_page

CRISIS = "thoughts-of-self-harm"


@dataclass(frozen=True)
class Visit:
    """What every page of the check works with."""

    kb: KnowledgeBase
    library: Library
    check: cookie.Check
    walk: Walk


View = Callable[..., HttpResponse]


def checking(view: View) -> View:
    """Give a view the visit under way, or send the visitor to the start. Never stored by a cache."""

    @wraps(view)
    @cache_control(no_store=True, private=True)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        kb = current_knowledge_base()
        check = cookie.read(request, kb)
        if check is None:
            return redirect(f"{reverse('checker:start')}?notice=no-answers")
        visit = Visit(
            kb=kb, library=editions.current().library, check=check, walk=walk(kb, check.answers)
        )
        return view(request, visit, *args, **kwargs)

    return wrapped


def _page(request: HttpRequest, template: str, visit: Visit, **context: Any) -> HttpResponse:
    return render(
        request,
        template,
        {
            "library": visit.library,
            "check": visit.check,
            "notes": Notes(),
            "notice": request.GET.get("notice", ""),
            **lines(visit.library),
            **context,
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@cache_control(no_store=True, private=True)
def start(request: HttpRequest) -> HttpResponse:
    """What the check is; who it is for; resume one under way, or start again."""
    kb = current_knowledge_base()
    if request.method == "POST":
        check = cookie.new_check(for_someone=request.POST.get("who") == "someone")
        return cookie.write(redirect(_address_of(walk(kb, check.answers).next)), kb, check)
    under_way = cookie.read(request, kb)
    return render(
        request,
        "checker/start.html",
        {
            "library": editions.current().library,
            "resume": _address_of(walk(kb, under_way.answers).next)
            if under_way and under_way.answers.asked
            else "",
            "notice": request.GET.get("notice", ""),
        },
    )


@require_safe
@ready_page
def help_now(request: HttpRequest) -> HttpResponse:
    """Whom to call, without a single question."""
    library = editions.current().library
    return render(
        request, "checker/help_now.html", {"library": library, "notes": Notes(), **lines(library)}
    )


@require_http_methods(["GET", "HEAD", "POST"])
@checking
def question(request: HttpRequest, visit: Visit, slug: str) -> HttpResponse:
    """One page of questions: shown, or answered."""
    page = visit.kb.pages.get(slug)
    if page is None:
        raise Http404
    if request.POST.get("check", str(visit.check.name)) != str(visit.check.name):
        return redirect(f"{_address_of(visit.walk.next)}?notice=started-again")
    if not visit.walk.allows(page):
        return redirect(f"{_address_of(visit.walk.next)}?notice=not-here")
    form = PageForm(
        page,
        visit.walk.evidence,
        visit.check.answers,
        carer=visit.check.for_someone,
        check_name=visit.check.name,
        data=request.POST if request.method == "POST" else None,
    )
    if request.method == "POST" and form.is_valid():
        check = visit.check.with_answers(form.answered(visit.check.answers))
        return cookie.write(redirect(_after(visit, page, check)), visit.kb, check)
    return _page(
        request,
        "checker/question.html",
        visit,
        page=page,
        form=form,
        back=_before(visit.walk, page),
        sections=progress(visit.kb, visit.walk, page),
        can_skip=_opening_is_done(visit.walk),
    )


def _after(visit: Visit, page: Page, check: cookie.Check) -> str:
    """Return where to go from a page that was just answered."""
    walked = walk(visit.kb, check.answers)
    if is_emergency(alarms_of(visit.kb, walked.evidence)) and not check.continued:
        return reverse("checker:emergency")
    findings = {option.finding.slug for question in page.questions for option in question.options}
    if CRISIS in findings and check.answers.states.get(CRISIS) is EvidenceState.PRESENT:
        return reverse("checker:support")
    return _address_of(walked.next)


def _before(walked: Walk, page: Page) -> str:
    """Return where "Back" leads from a page."""
    path = walked.path
    place = path.index(page) if page in path else len(path)
    return _address_of(path[place - 1]) if place else reverse("checker:start")


def _address_of(page: Page | None) -> str:
    """Return the address of a page; without one, that of the answers to look over before the result."""
    return reverse("checker:question", args=[page.slug]) if page else reverse("checker:answers")


def _opening_is_done(walked: Walk) -> bool:
    return bool(walked.path) and walked.opening is None


@require_http_methods(["GET", "HEAD", "POST"])
@checking
def emergency(request: HttpRequest, visit: Visit) -> HttpResponse:
    """A sign that needs help now: whom to call, what to say, why. POST: continue anyway."""
    assessment = assess(visit.kb, visit.check.answers)
    if not assessment.verdict.is_emergency_by_sign:
        return redirect(_address_of(visit.walk.next))
    if request.method == "POST":
        check = cookie.Check(
            name=visit.check.name,
            answers=visit.check.answers,
            for_someone=visit.check.for_someone,
            continued=True,
        )
        return cookie.write(redirect(_address_of(visit.walk.next)), visit.kb, check)
    last = visit.walk.path[-1] if visit.walk.path else None
    shown = emergency_page(visit.library, assessment)
    return _page(request, "checker/emergency.html", visit, emergency=shown, back=_address_of(last))


@require_safe
@checking
def support(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Someone to talk to, for a person who has thoughts of self-harm."""
    return _page(request, "checker/support.html", visit, forward=_address_of(visit.walk.next))


@require_safe
@checking
def answers_given(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Every answer with a way to change it, before the result."""
    if not _opening_is_done(visit.walk):
        return redirect(_address_of(visit.walk.next))
    return _page(
        request,
        "checker/answers.html",
        visit,
        pages=answers_page(visit.check, visit.walk),
        forward=_address_of(visit.walk.next) if visit.walk.next else "",
    )


@require_safe
@checking
def result(request: HttpRequest, visit: Visit) -> HttpResponse:
    """How soon, what fits, and why."""
    if not _opening_is_done(visit.walk):
        return redirect(f"{_address_of(visit.walk.next)}?notice=not-yet")
    assessment = assess(visit.kb, visit.check.answers)
    if assessment.verdict.is_emergency_by_sign and not visit.check.continued:
        return redirect("checker:emergency")
    shown = result_page(visit.kb, visit.library, visit.check, assessment)
    return _page(request, "checker/result.html", visit, result=shown)


@require_POST
@cache_control(no_store=True, private=True)
def clear(request: HttpRequest) -> HttpResponse:
    """Remove the answers from this browser."""
    return cookie.clear(redirect(f"{reverse('checker:start')}?notice=cleared"))
