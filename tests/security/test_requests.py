"""What a stranger may send: forged forms, foreign hosts, bad cookies, too much of anything."""

from __future__ import annotations

import base64
import io
import time
from pathlib import Path
from unittest import mock

import pytest
from cryptography.fernet import Fernet
from django.conf import settings
from django.contrib.auth.models import User
from django.core import signing
from django.test import Client, RequestFactory
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.test.utils import override_settings
from pytest_django import Settings

from checker import answers
from checker.knowledge import knowledge_base_of
from conditions import limits, replies, views
from conditions.editions import Edition
from conditions.models import Cause, Reply, ReplyState, Source
from tests.addresses import addresses, public_addresses
from tests.checker.visitor import RESULT, START, Visitor, address, reply

REPLY = "/understanding-muscle-twitches/reply/"
A_REPLY = {"name": "Ann", "email": "", "text": "It stopped by itself."}
SQL = "'; DROP TABLE conditions_reply; -- \" %s %(x)s {0} \\"


@pytest.fixture(autouse=True)
def _fresh_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replies, "limit", limits.RateLimit(settings.REPLIES_PER_HOUR))


def strict() -> Client:
    """A browser from which Django asks for the form token, as it does in earnest."""
    return Client(enforce_csrf_checks=True, raise_request_exception=False)


@pytest.mark.django_db
def test_no_address_takes_a_form_without_its_token(edition: Edition, admin_user: object) -> None:
    visitor, staff = strict(), strict()
    staff.force_login(admin_user)  # type: ignore[arg-type]
    for path in addresses():
        client = staff if path.startswith("/admin/") else visitor
        assert client.post(path, {"x": "y"}).status_code == 403, path
    assert not visitor.cookies


def test_a_refused_form_is_answered_with_a_page(edition: Edition) -> None:
    response = strict().post(START, {"who": "me"})
    assert response.status_code == 403
    assert b"<h1>" in response.content


def test_a_form_with_its_token_from_another_site_is_refused(edition: Edition) -> None:
    client = strict()
    token = client.get(START).cookies["csrftoken"].value
    data = {"who": "me", "csrfmiddlewaretoken": token}
    for origin in ("https://evil.example", "null"):
        assert client.post(START, data, headers={"Origin": origin}).status_code == 403
    assert client.post(START, data, headers={"Origin": "http://testserver"}).status_code == 302


@pytest.mark.django_db
def test_nothing_leads_to_another_site(edition: Edition, admin_user: object) -> None:
    evil = "https://evil.example/"
    client = Client(raise_request_exception=False)
    for path in addresses():
        for query in ({"next": evil}, {"next": "//evil.example"}, {"notice": evil, "url": evil}):
            for response in (client.get(path, query), client.post(path, query)):
                target = response.get("Location", "/")
                assert target.startswith("/"), (path, target)
                assert not target.startswith("//"), (path, target)
    for path in ("//evil.example/conditions", "/\\evil.example/check", "///evil.example"):
        target = client.get(path).get("Location", "/")
        assert not target.startswith(("//", "/\\")), (path, target)
    admin_user.set_password("a-long-passphrase")  # type: ignore[attr-defined]
    admin_user.save()  # type: ignore[attr-defined]
    data = {"username": "admin", "password": "a-long-passphrase", "next": evil}
    response = client.post("/admin/login/", data)
    assert response.status_code == 302
    assert response["Location"].startswith("/")


def test_a_foreign_host_is_refused(edition: Edition) -> None:
    client = Client(raise_request_exception=False)
    for path in public_addresses():
        for host in ("evil.example", "testserver.evil.example", "testserver@evil.example", "a b"):
            response = client.get(path, headers={"Host": host})
            assert response.status_code == 400, (path, host)
            assert b"evil" not in response.content
        forwarded = client.get(path, headers={"X-Forwarded-Host": "evil.example"})
        assert b"evil" not in forwarded.content


def test_a_damaged_answer_cookie_is_no_cookie(edition: Edition, client: Client) -> None:
    visitor = Visitor(client)
    visitor.start()
    good = visitor.cookie
    middle = len(good) // 2
    flipped = good[:middle] + ("A" if good[middle] != "A" else "B") + good[middle + 1 :]
    for bad in (flipped, good[:-4], "", "x" * 5000, "\x00", "ÿ", "gAAAA"):
        visitor.cookie = bad
        response = client.get(address("you"))
        assert response.status_code == 302, bad
        assert response["Location"].startswith(START), bad


def test_no_byte_of_an_answer_cookie_can_be_changed(edition: Edition, rf: RequestFactory) -> None:
    kb = knowledge_base_of(edition)
    visitor = Visitor(Client())
    visitor.start()
    good = visitor.cookie

    def taken(value: str) -> bool:
        request = rf.get(START)
        request.COOKIES[settings.ANSWER_COOKIE] = value
        return answers.read(request, kb) is not None

    assert taken(good)
    packed = base64.urlsafe_b64decode(good)
    for place in range(len(packed)):
        changed = bytearray(packed)
        changed[place] ^= 1
        assert not taken(base64.urlsafe_b64encode(changed).decode()), place
    for bad in (good[:-1], good[1:], good[:40] + good[44:], good.swapcase()):
        assert not taken(bad), bad


def test_an_answer_cookie_made_with_another_key_is_refused(
    edition: Edition, client: Client
) -> None:
    """Not with a guessed secret, and not with what else our own secret signs."""
    visitor = Visitor(client)
    visitor.start()
    packed = answers._current_cipher().decrypt(visitor.cookie.encode())
    raw = base64.urlsafe_b64encode(settings.SECRET_KEY.encode().ljust(32)[:32])
    forged = [
        Fernet(Fernet.generate_key()).encrypt(packed),
        Fernet(answers._key("guessed")).encrypt(packed),
        Fernet(raw).encrypt(packed),
        signing.dumps(packed.hex()).encode(),
        base64.urlsafe_b64encode(packed),
        # A cookie from tomorrow: its day would never end.
        answers._current_cipher()._fernets[0].encrypt_at_time(packed, int(time.time()) + 3600),
    ]
    for cookie in forged:
        visitor.cookie = cookie.decode()
        assert client.get(address("you"))["Location"].startswith(START)


def test_a_cookie_of_before_a_change_of_the_secret_is_written_anew(
    edition: Edition, client: Client
) -> None:
    """So that the old secret can go a day later, whoever is in the middle of a check."""
    visitor = Visitor(client)
    visitor.start()
    old = settings.SECRET_KEY
    with override_settings(SECRET_KEY="n" * 60, SECRET_KEY_FALLBACKS=[old]):
        visitor.send(address("you"), reply(visitor.see(address("you")), ("age-18-39",)))
    with override_settings(SECRET_KEY="n" * 60, SECRET_KEY_FALLBACKS=[]):
        assert client.get(address("you")).status_code == 200


def test_a_copied_cookie_gives_the_answers_of_its_moment_and_nothing_else(
    edition: Edition, client: Client
) -> None:
    """The server keeps nothing, so it cannot call a cookie back; what is in it is all that it opens, for a day."""
    visitor = Visitor(client)
    visitor.start()
    copied = visitor.cookie
    visitor.send(address("you"), reply(visitor.see(address("you")), ("age-18-39", "sex-female")))
    later = visitor.cookie
    client.post("/check/clear/")
    thief = Visitor(Client())
    thief.cookie = copied
    assert not thief.client.get(address("you")).context["form"].initial.get("age")
    thief.cookie = later
    assert thief.client.get(address("you")).status_code == 200
    assert thief.client.get("/admin/").status_code == 302
    tomorrow = time.time() + settings.ANSWER_COOKIE_SECONDS + 5
    with mock.patch("cryptography.fernet.time.time", return_value=tomorrow):
        thief.cookie = copied
        assert thief.client.get(address("you")).status_code == 302


def test_an_answer_cookie_ends_after_a_day(edition: Edition, client: Client) -> None:
    visitor = Visitor(client)
    visitor.start()
    assert client.get(address("you")).status_code == 200
    later = time.time() + settings.ANSWER_COOKIE_SECONDS + 5
    with mock.patch("cryptography.fernet.time.time", return_value=later):
        assert client.get(address("you")).status_code == 302


def test_answers_outlive_a_change_of_the_secret_and_end_with_it(
    edition: Edition, client: Client
) -> None:
    visitor = Visitor(client)
    visitor.start()
    old = settings.SECRET_KEY
    with override_settings(SECRET_KEY="n" * 60, SECRET_KEY_FALLBACKS=[old]):
        assert client.get(address("you")).status_code == 200
    with override_settings(SECRET_KEY="n" * 60, SECRET_KEY_FALLBACKS=[]):
        assert client.get(address("you")).status_code == 302


def test_cleared_answers_are_gone_from_the_browser(edition: Edition, client: Client) -> None:
    visitor = Visitor(client)
    visitor.start()
    morsel = client.post("/check/clear/").cookies[settings.ANSWER_COOKIE]
    assert (morsel.value, morsel["max-age"], morsel["path"]) == ("", 0, "/check/")
    assert client.get(RESULT).status_code == 302


def test_the_answer_cookie_is_for_the_check_alone(edition: Edition, client: Client) -> None:
    morsel = client.post(START, {"who": "me"}).cookies[settings.ANSWER_COOKIE]
    assert morsel["path"] == "/check/"
    assert morsel["httponly"]
    assert morsel["samesite"] == "Lax"
    assert morsel["max-age"] == ""  # ends with the browser session


@pytest.mark.parametrize("path", [START, "/check/you/", REPLY, "/admin/login/"])
@pytest.mark.parametrize(
    ("what", "data"),
    [
        ("too many fields", {f"field-{number}": "1" for number in range(3000)}),
        ("one field of more than a megabyte", {"text": "x" * (1024 * 1024 + 10)}),
        ("very many values of one field", {"place": ["calf"] * 3000}),
    ],
)
def test_too_much_is_refused_with_a_page(
    path: str, what: str, data: dict[str, object], edition: Edition
) -> None:
    client = Client(raise_request_exception=False)
    Visitor(client).start()
    body = "&".join(
        f"{name}={value}"
        for name, values in data.items()
        for value in (values if isinstance(values, list) else [values])
    )
    for sender in (client, strict()):
        sender.get(START)  # for the cookie of the form token
        response = sender.post(path, body, content_type="application/x-www-form-urlencoded")
        assert response.status_code in (400, 413), (what, response.status_code)
        assert b"<h1>" in response.content


def test_a_megabyte_of_fields_costs_little(edition: Edition) -> None:
    client = Client(raise_request_exception=False)
    Visitor(client).start()
    body = "&".join(f"f{number}={'x' * 500}" for number in range(1900))
    started = time.process_time()
    response = client.post(address("you"), body, content_type="application/x-www-form-urlencoded")
    assert response.status_code in (200, 302, 400)
    assert time.process_time() - started < 2


def test_bodies_that_are_no_form_are_survived(edition: Edition) -> None:
    client = Client(raise_request_exception=False)
    Visitor(client).start()
    for kind in ("application/json", "multipart/form-data", "multipart/form-data; boundary=x", "x"):
        for body in (b"{", b"--x\r\nContent-Disposition: form-data; name=a", b"\xff\xfe\x00" * 50):
            for path in (START, address("you"), REPLY):
                response = client.generic("POST", path, body, content_type=kind)
                assert response.status_code < 500, (path, kind, body)


@pytest.mark.django_db
def test_a_number_that_no_database_holds_names_no_row(
    edition: Edition, admin_client: Client
) -> None:
    source = Source.objects.create(slug="leaflet", title="Leaflet")
    admin_client.raise_request_exception = False
    for number in ("9" * 19, "1" * 400):
        action = {"action": "delete_selected", "_selected_action": number, "post": "yes"}
        answer = admin_client.post("/admin/conditions/source/", action)
        assert answer.status_code in (200, 302, 400), answer.status_code
        choice = {"slug": "new", "name": "New", "sources": [number]}
        answer = admin_client.post("/admin/conditions/cause/add/", choice)
        assert answer.status_code in (200, 400), answer.status_code
        assert b"<h1" in answer.content
    assert Source.objects.filter(pk=source.pk).exists()
    assert not Cause.objects.filter(slug="new").exists()


@pytest.mark.django_db
def test_signs_of_sql_are_words_like_any_others(
    edition: Edition, client: Client, admin_client: Client
) -> None:
    assert client.post(REPLY, {**A_REPLY, "name": SQL[:80], "text": SQL}).status_code == 302
    assert Reply.objects.get().text == SQL
    for path in ("condition", "finding", "source", "reply", "warningsign"):
        for word in (SQL, "' OR 1=1 --", "%", "_", "\\", '"'):
            response = admin_client.get(f"/admin/conditions/{path}/", {"q": word})
            assert response.status_code == 200
    response = client.get("/search/", {"q": SQL})
    assert response.status_code in (200, 404)


@pytest.mark.django_db
def test_replies_from_one_address_are_limited(edition: Edition, client: Client) -> None:
    for number in range(settings.REPLIES_PER_HOUR):
        text = {**A_REPLY, "text": f"Reply {number}"}
        assert client.post(REPLY, text).status_code == 302
    refused = client.post(REPLY, A_REPLY)
    assert refused.status_code == 429
    assert refused["Retry-After"] == "3600"
    assert client.post(REPLY, A_REPLY, REMOTE_ADDR="192.0.2.7").status_code == 302
    # A header that anyone can write makes nobody somebody else.
    lie = {"X-Forwarded-For": "192.0.2.99"}
    assert client.post(REPLY, A_REPLY, headers=lie).status_code == 429
    assert Reply.objects.filter(state=ReplyState.HELD).count() == settings.REPLIES_PER_HOUR + 1


@pytest.mark.django_db
def test_what_waits_for_an_editor_is_bounded_for_all_processes_together(
    edition: Edition, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    """Counts are kept in memory, so two processes take twice as many of one sender; the table stays bounded."""
    settings.REPLIES_HELD_AT_MOST = 2 * settings.REPLIES_PER_HOUR + 3
    processes = [limits.RateLimit(settings.REPLIES_PER_HOUR) for _ in range(2)]
    senders = [Client(REMOTE_ADDR=f"192.0.2.{number}") for number in range(3)]
    codes = []
    for sender in senders:
        for number in range(2 * settings.REPLIES_PER_HOUR + 2):
            monkeypatch.setattr(replies, "limit", processes[number % 2])
            codes.append(sender.post(REPLY, A_REPLY).status_code)
    of_one = codes[: len(codes) // 3]
    assert of_one.count(302) == 2 * settings.REPLIES_PER_HOUR
    assert of_one.count(429) == 2
    assert codes.count(302) == Reply.objects.count() == settings.REPLIES_HELD_AT_MOST
    refused = senders[-1].post(REPLY, A_REPLY, REMOTE_ADDR="192.0.2.9")
    assert A_REPLY["text"] in refused.content.decode()  # the text is not lost
    Reply.objects.update(state=ReplyState.APPROVED)
    assert senders[-1].post(REPLY, A_REPLY, REMOTE_ADDR="192.0.2.9").status_code == 302


@pytest.mark.parametrize(
    ("behind", "header", "remote", "address"),
    [
        (False, "192.0.2.1", "198.51.100.1", "198.51.100.1"),
        (True, "192.0.2.1, 192.0.2.2", "127.0.0.1", "192.0.2.2"),
        (True, "", "127.0.0.1", "127.0.0.1"),
        (True, "192.0.2.1, nonsense", "127.0.0.1", None),
        (False, "", "", None),
        (True, " 2001:db8::1 ", "127.0.0.1", "2001:db8::1"),
    ],
)
def test_only_our_own_proxy_says_who_sends(
    behind: bool, header: str, remote: str, address: str | None, rf: object
) -> None:
    request = rf.get("/", REMOTE_ADDR=remote, HTTP_X_FORWARDED_FOR=header)  # type: ignore[attr-defined]
    with override_settings(BEHIND_PROXY=behind):
        assert limits.address_of(request) == address


def test_one_household_is_one_sender(rf: object) -> None:
    requests = [rf.get("/", REMOTE_ADDR=f"2001:db8:1:2::{n}") for n in (1, 2)]  # type: ignore[attr-defined]
    assert len({limits.sender_of(request) for request in requests}) == 1


def test_the_list_of_senders_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST_SENDERS", 100)
    limit = limits.RateLimit(1, 60)
    for number in range(1000):
        limit.allows(str(number))
        assert len(limit._seen) <= 100


def test_a_limit_forgets(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(limits.time, "monotonic", lambda: now)
    limit = limits.RateLimit(2, 60)
    assert [limit.allows("a") for _ in range(3)] == [True, True, False]
    now = 1061.0
    assert limit.allows("a")
    assert not any(name == b"a" for name in limit._seen)


def test_odd_paths_are_answered(edition: Edition) -> None:
    client = Client(raise_request_exception=False)
    odd = [
        "/conditions/../../etc/passwd",
        "/conditions/%2e%2e%2f%2e%2e%2fetc%2fpasswd/",
        "/static/../twitchinfo/settings.py",
        "/static/%2e%2e/twitchinfo/settings.py",
        "/conditions/%00/",
        "/conditions/%ff%fe/",
        "/conditions/ALS/",
        "/conditions/" + "a" * 3000 + "/",
        "/check/" + "a-" * 1500 + "/",
        "/check/%0d%0aSet-Cookie:x=y/",
        "/conditions/'%22;--/",
        "/.git/config",
        "/%E2%80%AE/",
        "/admin/conditions/condition/%00/change/",
    ]
    for path in odd:
        response = client.get(path)
        assert response.status_code < 500, path
        assert "x" not in response.cookies
        assert b"SECRET_KEY" not in response.content
        assert b"root:" not in response.content


def test_answers_is_the_only_thing_that_reads_the_cookie() -> None:
    # Whoever reads it elsewhere has to think about size, age and key as `answers.read` does.
    assert answers.LARGEST_COOKIE < 4096


def test_searches_from_one_address_are_limited(
    edition: Edition, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "searches", limits.RateLimit(3, 60))
    codes = [client.get("/search/", {"q": "eyelid"}).status_code for _ in range(4)]
    assert codes == [200, 200, 200, 429]
    assert client.get("/search/").status_code == 200  # the empty form costs nothing
    assert client.get("/search/", {"q": "eyelid"})["Retry-After"] == "60"
    other = client.get("/search/", {"q": "eyelid"}, REMOTE_ADDR="192.0.2.7")
    assert other.status_code == 200
    assert "no-store" in other["Cache-Control"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", [START, REPLY, "/admin/login/", "/admin/conditions/condition/add/"]
)
def test_files_are_refused_while_they_arrive(
    path: str, edition: Edition, admin_user: User, settings: Settings, tmp_path: Path
) -> None:
    settings.UPLOAD_MAX_BYTES = 200_000
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path)
    for client in (Client(raise_request_exception=False), strict()):
        client.force_login(admin_user)
        client.get(START)
        small = {"a": io.BytesIO(b"x" * 1000)}
        assert client.post(path, small).status_code in (200, 302, 403)
        announced = client.post(path, {"a": io.BytesIO(b"x" * 2_000_000)})
        together = client.post(path, {n: io.BytesIO(b"x" * 90_000) for n in "abc"})
        # A length that is a lie does not get it further.
        body = encode_multipart(BOUNDARY, {"a": io.BytesIO(b"x" * 300_000)})
        lied = client.generic("POST", path, body, MULTIPART_CONTENT, CONTENT_LENGTH="250000")
        for response in (announced, together, lied):
            assert response.status_code == 400
            assert b"<h1>" in response.content
    assert not list(tmp_path.iterdir())
