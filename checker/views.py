"""The check: answers come in from the visitor's cookie, go through the engine, and out to a page.

The way of one answer: `question` validates the form (`forms.PageForm`), stores the new answers in the
cookie (`answers.write`) and redirects; the next page or the result is worked out again from the cookie
alone (`engine.questionnaire.walk`, `engine.assessment.assess`). Nothing is stored on the server.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from checker.engine.assessment import assess
from checker.engine.knowledge import KnowledgeBase, Page
from checker.engine.questionnaire import Walk, walk
from checker.engine.urgency import alarms_of, is_emergency
from checker.engine.vocabulary import EvidenceState
from conditions import editions
from conditions.library import Library
from conditions.limits import sender_of, too_many
from conditions.markup import Notes
from conditions.ready import ready_page

from . import answers as cookie
from . import paper
from .addresses import address, address_of
from .fhir import questionnaire_response
from .forms import PageForm
from .knowledge import current_knowledge_base, knowledge_base_of
from .paper import NoPaper
from .presentation import (
    ResultPage,
    answers_page,
    emergency_page,
    lines,
    progress,
    result_page,
    seconds_left,
)

CRISIS = "thoughts-of-self-harm"


@dataclass(frozen=True)
class Visit:
    """What every page of the check works with."""

    kb: KnowledgeBase
    edition: editions.Edition
    check: cookie.Check
    walk: Walk

    @property
    def library(self) -> Library:
        return self.edition.library


View = Callable[..., HttpResponse]


def checking(view: View) -> View:
    """Give a view the visit under way, or send the visitor to the start. Never stored by a cache."""

    @wraps(view)
    @cache_control(no_store=True, private=True)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        # Looked up once: a release may come into force while this request is under way.
        edition = editions.current()
        kb = knowledge_base_of(edition)
        check = cookie.read(request, kb)
        if check is None:
            return redirect(f"{address('start')}?notice=no-answers")
        visit = Visit(kb=kb, edition=edition, check=check, walk=walk(kb, check.answers))
        return view(request, visit, *args, **kwargs)

    return wrapped


def _page(request: HttpRequest, template: str, visit: Visit, **context: Any) -> HttpResponse:
    return render(
        request,
        template,
        {
            "edition": visit.edition,
            "library": visit.library,
            "check": visit.check,
            "notes": Notes(),
            "notice": request.GET.get("notice", ""),
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
        return cookie.write(redirect(address_of(walk(kb, check.answers).next)), kb, check)
    under_way = cookie.read(request, kb)
    return render(
        request,
        "checker/start.html",
        {
            "library": editions.current().library,
            "resume": address_of(walk(kb, under_way.answers).next)
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
        return redirect(f"{address_of(visit.walk.next)}?notice=started-again")
    if not visit.walk.allows(page):
        return redirect(f"{address_of(visit.walk.next)}?notice=not-here")
    form = PageForm(
        page,
        visit.walk.evidence,
        visit.check.answers,
        carer=visit.check.for_someone,
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
        # Whoever comes back to change an answer is told nothing of time.
        seconds_left=None if page in visit.walk.path else seconds_left(visit.walk),
        skip=address("answers") if _opening_is_done(visit.walk) else "",
    )


def _after(visit: Visit, page: Page, check: cookie.Check) -> str:
    """Return where to go from a page that was just answered."""
    walked = walk(visit.kb, check.answers)
    if is_emergency(alarms_of(visit.kb, walked.evidence)) and not check.continued:
        return address("emergency")
    findings = {option.finding.slug for question in page.questions for option in question.options}
    if CRISIS in findings and check.answers.states.get(CRISIS) is EvidenceState.PRESENT:
        return address("support")
    return address_of(walked.next)


def _before(walked: Walk, page: Page) -> str:
    """Return where "Back" leads from a page."""
    path = walked.path
    place = path.index(page) if page in path else len(path)
    return address_of(path[place - 1]) if place else address("start")


def _opening_is_done(walked: Walk) -> bool:
    return bool(walked.path) and walked.opening is None


@require_http_methods(["GET", "HEAD", "POST"])
@checking
def emergency(request: HttpRequest, visit: Visit) -> HttpResponse:
    """A sign that needs help now: whom to call, what to say, why. POST: continue anyway."""
    assessment = assess(visit.kb, visit.check.answers)
    if not assessment.verdict.is_emergency:
        return redirect(address_of(visit.walk.next))
    if request.method == "POST":
        check = cookie.Check(
            name=visit.check.name,
            answers=visit.check.answers,
            for_someone=visit.check.for_someone,
            continued=True,
        )
        return cookie.write(redirect(address_of(visit.walk.next)), visit.kb, check)
    last = visit.walk.path[-1] if visit.walk.path else None
    shown = emergency_page(visit.library, assessment)
    return _page(
        request,
        "checker/emergency.html",
        visit,
        emergency=shown,
        back=address_of(last),
        **lines(visit.library),
    )


@require_safe
@checking
def support(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Someone to talk to, for a person who has thoughts of self-harm."""
    return _page(
        request,
        "checker/support.html",
        visit,
        forward=address_of(visit.walk.next),
        **lines(visit.library),
    )


@require_safe
@checking
def answers_given(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Every answer with a way to change it, before the result."""
    if not _opening_is_done(visit.walk):
        return redirect(address_of(visit.walk.next))
    return _page(
        request,
        "checker/answers.html",
        visit,
        pages=answers_page(visit.check, visit.walk),
        back=address_of(visit.walk.path[-1]),
        forward=address_of(visit.walk.next) if visit.walk.next else "",
    )


@require_safe
@checking
def result(request: HttpRequest, visit: Visit) -> HttpResponse:
    """How soon, what fits, and why."""
    shown = _result_of(visit)
    if isinstance(shown, HttpResponse):
        return shown
    return _page(request, "checker/result.html", visit, result=shown, **lines(visit.library))


def _result_of(visit: Visit) -> ResultPage | HttpResponse:
    """Return the result, or the way to what must come before it."""
    assessment = assess(visit.kb, visit.check.answers)
    if assessment.verdict.is_emergency and not visit.check.continued:
        return redirect(address("emergency"))
    if not _opening_is_done(visit.walk):
        return redirect(f"{address_of(visit.walk.next)}?notice=not-yet")
    return result_page(visit.kb, visit.library, visit.check, assessment)


@require_safe
@checking
def result_pdf(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The result on one sheet. Made for this answer and kept nowhere."""
    shown = _result_of(visit)
    if isinstance(shown, HttpResponse):
        return shown
    if not paper.limit.allows(sender_of(request)):
        return too_many(request, "paper", seconds=paper.limit.seconds)
    context = {"result": shown, "edition": visit.edition, "today": timezone.localdate()}
    pdf = paper.to_pdf(render_to_string("checker/paper.html", context, request))
    if isinstance(pdf, NoPaper):
        response = _page(request, "checker/no_paper.html", visit, reason=pdf.value)
        response.status_code = 503
        return response
    return _download(pdf, "application/pdf", "pdf")


@require_safe
@checking
def result_fhir(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The answers as a FHIR R4 QuestionnaireResponse."""
    shown = _result_of(visit)
    if isinstance(shown, HttpResponse):
        return shown
    document = questionnaire_response(
        shown.history,
        visit.check,
        site=request.build_absolute_uri(address("start")),
        release=visit.edition.number,
        authored=timezone.now(),
        is_complete=visit.walk.next is None,
        level=shown.headline,
        matches=[(match.entry.name, f"fits {match.fit}") for match in shown.matches],
    )
    content = json.dumps(document, ensure_ascii=False, indent=2).encode()
    return _download(content, "application/fhir+json", "json")


def _download(content: bytes, content_type: str, ending: str) -> HttpResponse:
    """Return a file to keep. Its name tells the day and nothing else."""
    response = HttpResponse(content, content_type=content_type)
    name = f"twitch-check-{timezone.localdate():%Y-%m-%d}.{ending}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@require_POST
@cache_control(no_store=True, private=True)
def clear(request: HttpRequest) -> HttpResponse:
    """Remove the answers from this browser."""
    return cookie.clear(redirect(f"{address('start')}?notice=cleared"))
