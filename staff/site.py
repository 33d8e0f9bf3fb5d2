"""The editor's desk: Django's admin behind a password and a second factor.

Who gave the right password but no code yet has a session that opens the three pages here, and nothing else:

    /admin/login/ -> /admin/second-factor/ (a code) -> the page that was asked for
                  -> /admin/second-factor/new/ (set one up), who has none where one is required
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import django_otp
from django.conf import settings
from django.contrib import admin
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.models import User
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.safestring import mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from . import factor
from .forms import CodeForm

View = Callable[[HttpRequest], HttpResponse]


class Desk(admin.AdminSite):
    def has_permission(self, request: HttpRequest) -> bool:
        return super().has_permission(request) and _second_factor_given(request)

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The password; who has given it goes on to the code."""
        half_way = super().has_permission(request) and not self.has_permission(request)
        if half_way and request.method == "GET":
            return redirect(_with_next("admin:second_factor", request))
        return super().login(request, extra_context)

    def get_urls(self) -> list[Any]:
        own: list[URLPattern] = [
            path("second-factor/", self._door(self.second_factor), name="second_factor"),
            path(
                "second-factor/new/",
                self._door(self.new_second_factor),
                name="second_factor_new",
            ),
            path(
                "second-factor/codes/",
                require_POST(self._door(self.new_recovery_codes)),
                name="second_factor_codes",
            ),
        ]
        return [*own, *super().get_urls()]

    def _door(self, view: View) -> View:
        """Open a page to staff who gave their password. Never kept by a cache, never in an error report."""

        @never_cache
        @sensitive_post_parameters()
        @require_http_methods(["GET", "HEAD", "POST"])
        def wrapped(request: HttpRequest) -> HttpResponse:
            if not super(Desk, self).has_permission(request):
                return redirect_to_login(request.get_full_path(), reverse("admin:login"))
            return view(request)

        return wrapped

    def second_factor(self, request: HttpRequest) -> HttpResponse:
        """Ask for a code; to who needs none now, show what there is."""
        user = _staff(request)
        if self.has_permission(request):
            return self._page(
                request,
                "overview",
                "Your second factor",
                has_one=factor.has_one(user),
                codes_left=factor.recovery_codes_left(user),
            )
        if not factor.has_one(user):
            return redirect(_with_next("admin:second_factor_new", request))
        form = CodeForm(request.POST or None, label="Code from your app, or a recovery code")
        if form.is_valid():
            answer = factor.verify(user, form.cleaned_data["code"])
            if answer.device is not None:
                _let_in(request, answer.device)
                return redirect(_next_of(request) or "admin:index")
            form.refuse(answer.wait)
        return self._page(request, "ask", "One more step", form=form)

    def new_second_factor(self, request: HttpRequest) -> HttpResponse:
        """Set up an app that shows codes; the recovery codes are shown right after, once."""
        user = _staff(request)
        if factor.has_one(user) and not self.has_permission(request):
            return redirect(_with_next("admin:second_factor", request))
        device = factor.begin(user)
        form = CodeForm(request.POST or None, label="Code that the app shows now")
        if form.is_valid():
            answer = factor.confirm(user, form.cleaned_data["code"])
            if answer.device is not None:
                _let_in(request, answer.device)
                return self._show_codes(request)
            form.refuse(answer.wait)
        return self._page(
            request,
            "new",
            "Set up your second factor",
            form=form,
            picture=mark_safe(factor.picture(device)),  # drawn by us; holds no text
            key=factor.key_to_type(device),
        )

    def new_recovery_codes(self, request: HttpRequest) -> HttpResponse:
        """Replace the recovery codes of somebody who has shown the second factor."""
        if not (self.has_permission(request) and factor.has_one(_staff(request))):
            return redirect("admin:second_factor")
        return self._show_codes(request)

    def _show_codes(self, request: HttpRequest) -> HttpResponse:
        codes = factor.new_recovery_codes(_staff(request))
        return self._page(request, "codes", "Keep these recovery codes", codes=codes)

    def _page(
        self, request: HttpRequest, name: str, title: str, **context: Any
    ) -> TemplateResponse:
        next_page = _next_of(request)
        context = {**self.each_context(request), "title": title, "next": next_page, **context}
        return TemplateResponse(request, f"staff/{name}.html", context)


def _staff(request: HttpRequest) -> User:
    return cast(User, request.user)


def _second_factor_given(request: HttpRequest) -> bool:
    """Whether the code was given, or none is asked for: of who has no factor, where none is required."""
    if request.user.is_verified():  # type: ignore[union-attr]  # of django_otp's middleware
        return True
    if settings.SECOND_FACTOR_REQUIRED:
        return False
    if not hasattr(request, "_has_second_factor"):  # asked several times while a page is made
        request._has_second_factor = factor.has_one(_staff(request))  # type: ignore[attr-defined]
    return not request._has_second_factor  # type: ignore[attr-defined]


def _let_in(request: HttpRequest, device: Any) -> None:
    # A new key: whoever may have seen the one of the half-open session gains nothing.
    request.session.cycle_key()
    django_otp.login(request, device)
    if hasattr(request, "_has_second_factor"):
        del request._has_second_factor


def _next_of(request: HttpRequest) -> str:
    """Return the page of this site that was asked for first; "" without one."""
    wanted = request.POST.get(REDIRECT_FIELD_NAME) or request.GET.get(REDIRECT_FIELD_NAME, "")
    safe = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if safe else ""


def _with_next(name: str, request: HttpRequest) -> str:
    wanted = _next_of(request)
    return reverse(name) + (f"?{urlencode({REDIRECT_FIELD_NAME: wanted})}" if wanted else "")
