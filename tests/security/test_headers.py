"""The headers that make a browser careful, on every kind of answer: pages, errors, redirects, files, the desk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.http.response import HttpResponseBase
from django.test import Client
from pytest_django import Settings

from conditions import editions
from conditions import views as library_views
from conditions.editions import Edition
from conditions.limits import RateLimit

pytestmark = pytest.mark.django_db
POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
    "object-src": "'none'",
}
UNUSED = ("camera", "geolocation", "gyroscope", "magnetometer", "microphone", "payment", "usb")


def assert_careful(response: HttpResponseBase, *, https: bool = True) -> None:
    headers = response.headers
    parts = (part.strip().partition(" ") for part in headers["Content-Security-Policy"].split(";"))
    assert {name: value for name, _, value in parts} == POLICY
    allowed = dict(part.split("=") for part in headers["Permissions-Policy"].split(", "))
    assert {allowed[name] for name in UNUSED} == {"()"}
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    hsts = headers.get("Strict-Transport-Security", "")
    assert hsts == ("max-age=63072000; includeSubDomains; preload" if https else "")
    assert "Access-Control-Allow-Origin" not in headers
    response.close()  # a file, if it is one


@pytest.fixture
def client(settings: Settings, edition: Edition) -> Client:
    """A browser over https, with the settings of production that make headers."""
    settings.SECURE_HSTS_SECONDS = 63072000
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = settings.SECURE_HSTS_PRELOAD = True
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
    folder = Path(settings.STATIC_ROOT)
    (folder / "some.css").write_text("p { color: red }")
    return Client(raise_request_exception=False, enforce_csrf_checks=True)


def get(path: str, **headers: str) -> Callable[[Client], HttpResponseBase]:
    return lambda client: client.get(path, secure=True, headers=headers)


def unchanged(client: Client) -> HttpResponseBase:
    tag = client.get("/causes/", secure=True)["ETag"]
    return client.get("/causes/", secure=True, headers={"If-None-Match": tag})


ANSWERS: list[tuple[str, int, Callable[[Client], HttpResponseBase]]] = [
    ("a page", 200, get("/causes/")),
    ("its compressed copy", 200, get("/causes/", Accept_Encoding="br")),
    ("a page that did not change", 304, unchanged),
    ("a page of the check", 200, get("/check/")),
    ("a redirect", 302, get("/check/result/")),
    ("the missing slash", 301, get("/causes")),
    ("a page that is not there", 404, get("/nothing/")),
    ("a form without its token", 403, lambda c: c.post("/check/", {"who": "me"}, secure=True)),
    ("a wrong method", 405, lambda c: c.options("/causes/", secure=True)),
    ("the head alone", 200, lambda c: c.head("/causes/", secure=True)),
    ("a foreign host", 400, get("/causes/", Host="evil.example")),
    ("a static file", 200, get("/static/some.css")),
    ("a static file that is not there", 404, get("/static/none.css")),
    ("health", 200, get("/healthz")),
    ("the door of the desk", 200, get("/admin/login/")),
    ("the desk, from outside", 302, get("/admin/conditions/condition/")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("status", "answer"),
    [pytest.param(status, answer, id=name) for name, status, answer in ANSWERS],
)
def test_every_kind_of_answer(
    status: int, answer: Callable[[Client], HttpResponseBase], client: Client
) -> None:
    response = answer(client)
    assert response.status_code == status
    assert_careful(response)


def test_the_way_from_http_to_https(client: Client) -> None:
    for path in ("/causes/", "/static/some.css", "/admin/", "/nothing"):
        response = client.get(path)
        assert (response.status_code, response["Location"]) == (301, f"https://testserver{path}")
        assert_careful(response, https=False)
    refused = client.get("/causes/", headers={"Host": "evil.example"})
    assert refused.status_code == 400
    assert_careful(refused, https=False)


def test_too_many_searches(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library_views, "searches", RateLimit(0, 60))
    response = get("/search/?q=eyelid")(client)
    assert response.status_code == 429
    assert_careful(response)


def test_an_error_of_ours(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library_views, "_page", None)
    response = get("/causes/?fresh")(client)
    assert response.status_code == 500
    assert_careful(response)


def test_no_release_and_no_database(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(editions.watcher), "database", "down")
    away = get("/admin/")(client)
    editions.install(None)
    nothing = get("/causes/")(client)
    for response in (away, nothing):
        assert response.status_code == 503
        assert_careful(response)


def test_every_page_of_the_desk(client: Client, admin_user: object) -> None:
    client.force_login(admin_user)  # type: ignore[arg-type]
    for path in ("/admin/", "/admin/conditions/condition/", "/admin/conditions/condition/add/",
                 "/admin/second-factor/", "/admin/auth/user/", "/admin/nothing/"):  # fmt: skip
        assert_careful(get(path)(client))


def test_the_policy_is_written_down_once() -> None:
    written = django_settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    assert {name: " ".join(values) for name, values in written.items()} == POLICY
