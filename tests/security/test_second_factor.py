"""The second step of a log-in at the desk: what opens it, what does not, and the ways back in."""

from __future__ import annotations

import io
import re
import time
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings
from django.contrib.auth.models import Permission, User
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from django_otp.oath import TOTP
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice
from pytest_django import Settings

from staff import factor
from tests.pages import Page, page_of

pytestmark = pytest.mark.django_db
LOGIN, ASK, NEW, CODES = (
    "/admin/login/",
    "/admin/second-factor/",
    "/admin/second-factor/new/",
    "/admin/second-factor/codes/",
)
PASSWORD = "a-long-passphrase"


@pytest.fixture(autouse=True)
def _required(settings: Settings) -> None:
    settings.SECOND_FACTOR_REQUIRED = True


@pytest.fixture
def ann() -> User:
    return User.objects.create_superuser("ann", password=PASSWORD)


@pytest.fixture
def app(ann: User) -> TOTPDevice:
    """The second factor of Ann, set up."""
    return TOTPDevice.objects.create(user=ann, name="app", confirmed=True)


class Clock:
    """Time as the factor sees it; a code counts once, so each needs its own half minute."""

    def __init__(self) -> None:
        self.now = time.time()

    def on(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    at = timezone.datetime.fromtimestamp  # type: ignore[attr-defined]
    monkeypatch.setattr("time.time", lambda: clock.now)
    monkeypatch.setattr(timezone, "now", lambda: at(clock.now, timezone.get_default_timezone()))
    return clock


def code_of(device: TOTPDevice, clock: Clock) -> str:
    of_now = TOTP(device.bin_key)
    of_now.time = clock.now
    return f"{of_now.token():06d}"


def after_password(name: str = "ann") -> Client:
    client = Client()
    response = client.post(LOGIN, {"username": name, "password": PASSWORD})
    assert response.status_code == 302
    return client


def is_in(client: Client) -> bool:
    return client.get("/admin/").status_code == 200


def test_a_password_alone_opens_nothing_but_the_question(app: TOTPDevice) -> None:
    client = after_password()
    for path in ("/admin/", "/admin/conditions/condition/", "/admin/auth/user/", CODES, NEW):
        response = client.post(path) if path == CODES else client.get(path)
        assert response.status_code == 302, path
        assert response["Location"].startswith((LOGIN, ASK)), path
    assert not client.post("/admin/password_change/", {"old_password": PASSWORD}).content
    step = client.get(f"{LOGIN}?next=/admin/conditions/condition/")
    assert step["Location"] == f"{ASK}?next=%2Fadmin%2Fconditions%2Fcondition%2F"


def test_a_code_opens_the_page_that_was_asked_for(app: TOTPDevice, clock: Clock) -> None:
    client = after_password()
    half_open = client.cookies[settings.SESSION_COOKIE_NAME].value
    page = page_of(client.get(f"{ASK}?next=/admin/auth/user/"))
    assert page.all("input", name="code")[0]["autocomplete"] == "one-time-code"
    code = code_of(app, clock)
    response = client.post(ASK, {"code": f"{code[:3]} {code[3:]}", "next": "/admin/auth/user/"})
    assert (response.status_code, response["Location"]) == (302, "/admin/auth/user/")
    assert is_in(client)
    # The session from before the code is gone, not raised.
    other = Client()
    other.cookies[settings.SESSION_COOKIE_NAME] = half_open
    assert not is_in(other)


@pytest.mark.parametrize(
    "where", ["https://evil.example/", "//evil.example", "javascript:alert(1)"]
)
def test_a_code_leads_to_no_other_site(where: str, app: TOTPDevice, clock: Clock) -> None:
    client = after_password()
    response = client.post(ASK, {"code": code_of(app, clock), "next": where})
    assert response["Location"] == "/admin/"


def test_a_code_opens_once(app: TOTPDevice, clock: Clock) -> None:
    code = code_of(app, clock)
    assert after_password().post(ASK, {"code": code}).status_code == 302
    again = after_password()
    assert again.post(ASK, {"code": code}).status_code == 200
    assert not is_in(again)
    clock.on(60)
    assert again.post(ASK, {"code": code_of(app, clock)}).status_code == 302


def test_guesses_are_slowed_down_and_a_right_code_waits_too(app: TOTPDevice, clock: Clock) -> None:
    client = after_password()
    wrong = f"{(int(code_of(app, clock)) + 500_000) % 1_000_000:06d}"
    for number in range(8):
        clock.on(2**number)
        assert "not right" in Page(client.post(ASK, {"code": wrong}).content.decode()).text
    refused = Page(client.post(ASK, {"code": code_of(app, clock)}).content.decode())
    assert "looked at in 3 minutes" in refused.text
    assert not is_in(client)
    # Another browser does not get around it: it is counted for the person, not for the session.
    assert not is_in(_tried(after_password(), code_of(app, clock)))
    clock.on(130)
    assert is_in(_tried(client, code_of(app, clock)))


def _tried(client: Client, code: str) -> Client:
    client.post(ASK, {"code": code})
    return client


@pytest.mark.parametrize(
    "code", ["", " ", "12345", "1234567", "١٢٣٤٥٦", "\x00", "a" * 500, "None", "-1"]
)
def test_odd_codes_are_wrong_codes(code: str, app: TOTPDevice) -> None:
    client = after_password()
    assert client.post(ASK, {"code": code}).status_code == 200
    assert not is_in(client)


def test_who_has_none_sets_one_up_first(ann: User, clock: Clock) -> None:
    client = after_password()
    assert client.get(ASK)["Location"] == NEW
    page = page_of(client.get(NEW))
    assert page.all("svg")
    assert not [tag for tag, attributes in page.elements if "style" in attributes]
    device = TOTPDevice.objects.get()
    assert not device.confirmed
    assert factor.key_to_type(device) in page.text
    assert factor.key_to_type(device) in page_of(client.get(NEW)).text  # the same after a reload
    assert client.post(NEW, {"code": "000000"}).status_code == 200
    assert not is_in(client)
    clock.on(30)
    shown = client.post(NEW, {"code": code_of(device, clock)})
    codes = re.findall(r"<code>([a-z2-9-]{19})</code>", shown.content.decode())
    assert len(set(codes)) == factor.RECOVERY_CODES
    assert "no-store" in shown["Cache-Control"]
    assert is_in(client)
    kept = " ".join(StaticToken.objects.values_list("token", flat=True)).lower()
    assert not [code for code in codes if code in kept or code.replace("-", "") in kept]


def test_a_recovery_code_opens_once_however_it_is_typed(app: TOTPDevice, ann: User) -> None:
    first, second, *_ = factor.new_recovery_codes(ann)
    assert is_in(_tried(after_password(), first.upper().replace("-", " ")))
    assert not is_in(_tried(after_password(), first))
    StaticDevice.objects.update(throttling_failure_count=0)
    assert is_in(_tried(after_password(), second))
    assert factor.recovery_codes_left(ann) == factor.RECOVERY_CODES - 2


def test_a_recovery_code_is_of_one_person(app: TOTPDevice, ann: User) -> None:
    bob = User.objects.create_superuser("bob", password=PASSWORD)
    TOTPDevice.objects.create(user=bob, name="app", confirmed=True)
    factor.new_recovery_codes(bob)
    [code, *_] = factor.new_recovery_codes(ann)
    assert not is_in(_tried(after_password("bob"), code))
    assert is_in(_tried(after_password("ann"), code))


def test_new_codes_and_another_app_are_for_who_is_in(
    app: TOTPDevice, ann: User, clock: Clock
) -> None:
    old = factor.new_recovery_codes(ann)
    client = _tried(after_password(), code_of(app, clock))
    assert "10 recovery codes left" in page_of(client.get(ASK)).text
    client.post(CODES)
    assert not is_in(_tried(after_password(), old[0]))
    client.get(NEW)
    other = TOTPDevice.objects.get(confirmed=False)
    assert is_in(client)
    clock.on(60)
    client.post(NEW, {"code": code_of(other, clock)})
    assert is_in(client)
    assert TOTPDevice.objects.get() == other
    clock.on(60)
    assert not is_in(_tried(after_password(), code_of(app, clock)))


def test_a_factor_that_is_gone_closes_every_session(
    app: TOTPDevice, ann: User, clock: Clock
) -> None:
    client = _tried(after_password(), code_of(app, clock))
    assert is_in(client)
    factor.reset(ann)
    assert not is_in(client)


def test_an_admin_resets_the_factor_of_another(
    app: TOTPDevice, ann: User, clock: Clock, settings: Settings
) -> None:
    bob = User.objects.create_user("bob", password=PASSWORD, is_staff=True)
    TOTPDevice.objects.create(user=bob, name="app", confirmed=True)
    factor.new_recovery_codes(bob)
    client = _tried(after_password(), code_of(app, clock))
    users = "/admin/auth/user/"
    listed = client.get(users)
    assert listed.content.decode().count("icon-yes.svg") >= 2
    client.post(users, {"action": "reset_second_factor", "_selected_action": [bob.pk]})
    assert not factor.has_one(bob)
    assert not factor.recovery_codes_left(bob)
    assert factor.has_one(ann)
    assert after_password("bob").get(ASK)["Location"] == NEW


def test_who_is_no_admin_resets_no_admin(app: TOTPDevice, ann: User, settings: Settings) -> None:
    settings.SECOND_FACTOR_REQUIRED = False
    bob = User.objects.create_user("bob", password=PASSWORD, is_staff=True)
    bob.user_permissions.add(*Permission.objects.filter(codename__in=("view_user", "change_user")))
    client = after_password("bob")
    data = {"action": "reset_second_factor", "_selected_action": [ann.pk]}
    assert client.post("/admin/auth/user/", data).status_code == 302
    assert factor.has_one(ann)
    bob.user_permissions.remove(*Permission.objects.filter(codename="change_user"))
    client.post("/admin/auth/user/", {**data, "_selected_action": [bob.pk]})
    assert factor.has_one(ann)


def test_no_page_of_the_desk_shows_a_secret_of_somebody(app: TOTPDevice, clock: Clock) -> None:
    client = _tried(after_password(), code_of(app, clock))
    for path in ("otp_totp/totpdevice", "otp_static/staticdevice", "otp_totp/totpdevice/1/change"):
        assert client.get(f"/admin/{path}/").status_code == 404
    assert client.get(f"/admin/otp_totp/totpdevice/{app.pk}/qrcode/").status_code == 404


def test_where_none_is_required_who_has_one_is_asked_all_the_same(
    app: TOTPDevice, ann: User, clock: Clock, settings: Settings
) -> None:
    settings.SECOND_FACTOR_REQUIRED = False
    User.objects.create_superuser("bob", password=PASSWORD)
    bob = after_password("bob")
    assert is_in(bob)
    assert "password only" in page_of(bob.get(ASK)).text
    client = after_password()
    assert not is_in(client)
    assert is_in(_tried(client, code_of(app, clock)))


def test_people_without_staff_are_never_asked() -> None:
    User.objects.create_user("member", password=PASSWORD)
    client = Client()
    client.force_login(User.objects.get())
    for path in (ASK, NEW, CODES):
        assert client.post(path).get("Location", "").startswith(LOGIN)
    assert not TOTPDevice.objects.exists()


# --- on the command line ---------------------------------------------------------------------------


def made(monkeypatch: pytest.MonkeyPatch, name: str, password: str) -> str:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{password}\n"))
    said = io.StringIO()
    call_command("make_admin", name, stdout=said)
    return said.getvalue()


def test_the_first_admin_is_made_with_a_second_factor(
    monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    said = made(monkeypatch, "ann", PASSWORD)
    device = TOTPDevice.objects.get()
    address = re.search(r"otpauth://\S+", said)
    assert address
    assert parse_qs(urlsplit(address.group()).query)["issuer"] == ["TwitchInfo"]
    assert factor.key_to_type(device) in said
    codes = re.findall(r"^  ([a-z2-9]{4}(?:-[a-z2-9]{4}){3})$", said, re.MULTILINE)
    assert len(codes) == factor.RECOVERY_CODES
    assert PASSWORD not in said
    assert is_in(_tried(after_password(), code_of(device, clock)))
    assert is_in(_tried(after_password(), codes[3]))


@pytest.mark.parametrize(
    ("name", "password", "said"),
    [
        ("ann", "short", "too short"),
        ("ann", "password", "too common"),
        ("ann b/c", PASSWORD, "valid username"),
        ("taken", PASSWORD, "already exists"),
    ],
)
def test_a_bad_admin_is_not_made(
    monkeypatch: pytest.MonkeyPatch, name: str, password: str, said: str
) -> None:
    User.objects.create_user("taken")
    with pytest.raises(CommandError, match=said):
        made(monkeypatch, name, password)
    assert User.objects.count() == 1
    assert not TOTPDevice.objects.exists()


def test_the_command_line_helps_who_is_locked_out(app: TOTPDevice, ann: User) -> None:
    factor.new_recovery_codes(ann)
    call_command("reset_second_factor", "ann", stdout=io.StringIO())
    assert after_password().get(ASK)["Location"] == NEW
    assert not factor.recovery_codes_left(ann)
    for name in ("ann", "nobody"):
        with pytest.raises(CommandError):
            call_command("reset_second_factor", name)


def test_prepare_makes_no_admin_with_a_password_alone_in_production(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    from checker.management.commands.prepare import Command

    settings.LOCAL = False
    said = io.StringIO()
    Command(stdout=said).make_admin()
    assert "make_admin NAME" in said.getvalue()
    assert not User.objects.exists()
