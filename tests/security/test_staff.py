"""The editor's desk: guessing passwords, and doing what one may not."""

from __future__ import annotations

from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.test.utils import override_settings
from django.utils import timezone

from conditions.models import Release, Reply, ReplyState

pytestmark = pytest.mark.django_db
LOGIN = "/admin/login/"
PASSWORD = "a-long-passphrase"


@pytest.fixture
def editor() -> User:
    return User.objects.create_user("editor", password=PASSWORD, is_staff=True)


def log_in(client: Client, password: str, name: str = "editor", **extra: str) -> int:
    data = {"username": name, "password": password}
    return client.post(LOGIN, data, **extra).status_code  # type: ignore[arg-type]


def test_guessing_passwords_locks_the_guesser_out(client: Client, editor: User) -> None:
    codes = [log_in(client, f"guess {number}") for number in range(5)]
    assert codes == [200, 200, 200, 200, 429]
    assert log_in(client, PASSWORD) == 429
    response = client.post(LOGIN, {"username": "editor", "password": PASSWORD})
    assert response["Retry-After"] == "900"
    assert response["Cache-Control"] == "no-store"
    assert b"15 minutes" in response.content
    # Who has the right password elsewhere is not locked out by a guesser.
    assert log_in(Client(), PASSWORD, REMOTE_ADDR="192.0.2.8") == 302


def test_the_lock_opens_by_itself(client: Client, editor: User) -> None:
    for number in range(5):
        log_in(client, f"guess {number}")
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=16))
    assert log_in(client, PASSWORD) == 302


def test_a_right_password_ends_the_counting(client: Client, editor: User) -> None:
    for _ in range(2):
        for number in range(4):
            assert log_in(client, f"guess {number}") == 200
        assert log_in(client, PASSWORD) == 302
        client.post("/admin/logout/")


def test_a_header_does_not_get_around_the_lock(client: Client, editor: User) -> None:
    for number in range(5):
        log_in(client, f"guess {number}", HTTP_X_FORWARDED_FOR=f"192.0.2.{number}")
    assert log_in(client, PASSWORD, HTTP_X_FORWARDED_FOR="192.0.2.77") == 429


def test_behind_our_proxy_each_sender_is_counted_apart(client: Client, editor: User) -> None:
    with override_settings(BEHIND_PROXY=True):
        for number in range(5):
            log_in(client, f"guess {number}", HTTP_X_FORWARDED_FOR="192.0.2.66")
        assert log_in(client, PASSWORD, HTTP_X_FORWARDED_FOR="192.0.2.66") == 429
        assert log_in(client, PASSWORD, HTTP_X_FORWARDED_FOR="192.0.2.66, 192.0.2.1") == 302


def test_a_log_line_of_a_failed_log_in_names_nobody(
    client: Client, editor: User, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("DEBUG"):
        for number in range(6):
            log_in(client, f"guess-{number}", HTTP_USER_AGENT="Agent/7", REMOTE_ADDR="192.0.2.5")
    for word in ("editor", "guess-", "Agent/7", "192.0.2.5"):
        assert word not in caplog.text


def may(user: User, *permissions: str) -> User:
    user.user_permissions.add(*Permission.objects.filter(codename__in=permissions))
    return user


def as_(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


DESK = [
    "/admin/",
    "/admin/conditions/condition/",
    "/admin/conditions/condition/add/",
    "/admin/conditions/reply/",
    "/admin/conditions/release/",
    "/admin/conditions/release/publish/",
    "/admin/auth/user/",
]


def test_strangers_and_members_without_staff_see_nothing() -> None:
    member = User.objects.create_user("member", password=PASSWORD)
    for client in (Client(), as_(member)):
        for path in DESK:
            for response in (client.get(path), client.post(path, {"note": "x"})):
                assert response.status_code == 302, path
                assert response["Location"].startswith(LOGIN), path


def test_staff_without_permission_can_do_nothing(editor: User) -> None:
    client = as_(editor)
    for path in DESK[1:]:
        assert client.get(path).status_code == 403, path
        assert client.post(path, {"note": "x"}).status_code == 403, path
    assert not Release.objects.exists()


def test_an_editor_cannot_publish(editor: User) -> None:
    client = as_(may(editor, "change_condition", "view_condition", "view_release"))
    assert client.get("/admin/conditions/condition/").status_code == 200
    assert client.post("/admin/conditions/release/publish/", {"note": "x"}).status_code == 403
    assert client.get("/admin/conditions/release/add/").status_code == 403
    assert not Release.objects.exists()


def test_who_may_only_look_at_replies_cannot_judge_them(editor: User) -> None:
    held = Reply.objects.create(name="Ann", text="Hello.", article="understanding-muscle-twitches")
    client = as_(may(editor, "view_reply"))
    path = "/admin/conditions/reply/"
    assert client.get(path).status_code == 200
    for action in ("approve", "reject", "mark_as_spam", "delete_selected"):
        client.post(path, {"action": action, "_selected_action": [held.pk]})
    change = client.post(f"{path}{held.pk}/change/", {"state": ReplyState.APPROVED})
    assert change.status_code == 403
    assert client.post(f"{path}{held.pk}/delete/", {"post": "yes"}).status_code == 403
    held.refresh_from_db()
    assert held.state == ReplyState.HELD


def test_who_may_judge_replies_cannot_rewrite_them(editor: User) -> None:
    held = Reply.objects.create(name="Ann", text="Hello.", article="understanding-muscle-twitches")
    client = as_(may(editor, "view_reply", "change_reply"))
    data = {"state": ReplyState.APPROVED, "text": "Buy this.", "name": "Bob"}
    client.post(f"/admin/conditions/reply/{held.pk}/change/", data)
    held.refresh_from_db()
    assert (held.state, held.name, held.text) == (ReplyState.APPROVED, "Ann", "Hello.")


def test_nobody_makes_themselves_more_than_they_are(editor: User) -> None:
    client = as_(may(editor, "change_condition"))
    client.post(
        f"/admin/auth/user/{editor.pk}/change/", {"is_superuser": "on", "username": "editor"}
    )
    editor.refresh_from_db()
    assert not editor.is_superuser


def test_releases_are_never_changed_or_deleted(admin_client: Client) -> None:
    release = Release.objects.create(
        number=1, document="{}", checksum="x", published_at=timezone.now()
    )
    for path in ("change", "delete"):
        response = admin_client.post(
            f"/admin/conditions/release/{release.pk}/{path}/", {"post": "yes"}
        )
        assert response.status_code == 403
    admin_client.post(
        "/admin/conditions/release/",
        {"action": "delete_selected", "_selected_action": [release.pk], "post": "yes"},
    )
    assert Release.objects.get().document == "{}"


def test_a_failed_log_in_keeps_no_password_and_is_forgotten(client: Client, editor: User) -> None:
    """As the privacy page says: the typed name, the network address and the browser, until the lock is over."""
    log_in(client, "secret-guess", HTTP_USER_AGENT="Agent/7", REMOTE_ADDR="192.0.2.5")
    kept = repr(AccessAttempt.objects.values().get())
    assert "secret-guess" not in kept
    for word in ("editor", "Agent/7", "192.0.2.5"):
        assert word in kept
    assert log_in(Client(), PASSWORD, REMOTE_ADDR="192.0.2.8") == 302
    assert AccessAttempt.objects.exists()  # the lock of another address is not opened
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=16))
    User.objects.create_user("other", password=PASSWORD, is_staff=True)
    assert log_in(Client(), PASSWORD, name="other", REMOTE_ADDR="192.0.2.9") == 302
    assert not AccessAttempt.objects.exists()
