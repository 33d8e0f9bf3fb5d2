"""The cookie that holds a visitor's answers: nothing else does."""

from __future__ import annotations

import base64
import time
from http.cookies import Morsel
from types import MappingProxyType

import pytest
from cryptography.fernet import Fernet
from django.conf import settings as django_settings
from django.http import HttpRequest, HttpResponse
from pytest_django import Settings

from checker import answers
from checker.answers import Check
from checker.engine.evidence import Answers
from checker.engine.knowledge import KnowledgeBase
from checker.engine.vocabulary import EvidenceState
from tests.worlds import world

PRESENT = EvidenceState.PRESENT


def full_check(kb: KnowledgeBase) -> Check:
    """Every question asked, every finding answered: more than anybody can."""
    states = list(EvidenceState)[1:]
    return Check(
        name=65535,
        answers=Answers(
            states={f: states[n % 3] for n, f in enumerate(kb.findings)}, asked=tuple(kb.questions)
        ),
        for_someone=True,
        continued=True,
    )


def written(kb: KnowledgeBase, check: Check) -> Morsel[str]:
    return answers.write(HttpResponse(), kb, check).cookies[django_settings.ANSWER_COOKIE]


def read(kb: KnowledgeBase, value: str) -> Check | None:
    request = HttpRequest()
    request.COOKIES = {django_settings.ANSWER_COOKIE: value}
    return answers.read(request, kb)


def same(one: Check | None, other: Check) -> bool:
    return one is not None and (
        dict(one.answers.states) == dict(other.answers.states)
        and one.answers.asked == other.answers.asked
        and (one.name, one.for_someone, one.continued)
        == (other.name, other.for_someone, other.continued)
    )


def test_a_check_is_read_as_it_was_written(shipped_kb: KnowledgeBase) -> None:
    check = full_check(shipped_kb)
    assert same(read(shipped_kb, written(shipped_kb, check).value), check)


def test_the_fullest_check_stays_under_300_bytes(shipped_kb: KnowledgeBase) -> None:
    cookie = written(shipped_kb, full_check(shipped_kb))
    assert len(f"{cookie.key}={cookie.value}") < 300


def test_nothing_in_the_cookie_can_be_read(shipped_kb: KnowledgeBase) -> None:
    check = full_check(shipped_kb)
    value = written(shipped_kb, check).value
    decoded = base64.urlsafe_b64decode(value)
    assert answers.pack(shipped_kb, check) not in decoded
    assert not any(
        slug.encode() in decoded for slug in (*shipped_kb.findings, *shipped_kb.questions)
    )
    # Nor can two equal checks be told to be equal.
    assert written(shipped_kb, check).value != value


def test_the_cookie_is_for_the_check_only_and_out_of_reach_of_scripts(
    shipped_kb: KnowledgeBase,
) -> None:
    cookie = written(shipped_kb, full_check(shipped_kb))
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == ("/check/", True, "Lax")
    # It goes with the browser session; its age is in the token.
    assert (cookie["max-age"], cookie["expires"]) == ("", "")


@pytest.mark.parametrize("local", [True, False])
def test_only_a_local_site_sends_it_without_https(
    shipped_kb: KnowledgeBase, settings: Settings, local: bool
) -> None:
    settings.LOCAL = local
    assert bool(written(shipped_kb, full_check(shipped_kb))["secure"]) is not local


def test_no_cookie_is_no_check(shipped_kb: KnowledgeBase) -> None:
    assert answers.read(HttpRequest(), shipped_kb) is None


def test_a_cookie_that_was_changed_in_one_sign_is_no_check(shipped_kb: KnowledgeBase) -> None:
    value = written(shipped_kb, full_check(shipped_kb)).value
    for place in (0, 20, len(value) // 2, len(value) - 6):
        changed = "A" if value[place] != "A" else "B"
        assert read(shipped_kb, value[:place] + changed + value[place + 1 :]) is None


@pytest.mark.parametrize("value", ["", "x", "not a token", "é", "\x00", "gAAAAA==", "A" * 100_000])
def test_what_we_did_not_write_is_no_check(shipped_kb: KnowledgeBase, value: str) -> None:
    assert read(shipped_kb, value) is None


def test_a_longer_cookie_than_any_of_ours_is_not_even_decrypted(shipped_kb: KnowledgeBase) -> None:
    cipher = answers._current_cipher()
    packed = answers.pack(shipped_kb, full_check(shipped_kb))
    padded = cipher.encrypt(packed + bytes(answers.LARGEST_COOKIE)).decode()
    assert len(padded) > answers.LARGEST_COOKIE
    assert read(shipped_kb, padded) is None


def test_a_cookie_of_another_site_is_no_check(shipped_kb: KnowledgeBase) -> None:
    packed = answers.pack(shipped_kb, full_check(shipped_kb))
    assert read(shipped_kb, Fernet(Fernet.generate_key()).encrypt(packed).decode()) is None


@pytest.mark.parametrize("packed", [b"", b"\x01", b"\x02\0\0\0\0", b"\x01\0\0\0\x09\x01\x02"])
def test_an_authentic_cookie_that_holds_no_packed_check_is_no_check(
    shipped_kb: KnowledgeBase, packed: bytes
) -> None:
    assert read(shipped_kb, answers._current_cipher().encrypt(packed).decode()) is None


@pytest.mark.parametrize(("age", "is_read"), [(-60, True), (60, False)])
def test_a_cookie_lives_for_a_day(shipped_kb: KnowledgeBase, age: int, is_read: bool) -> None:
    packed = answers.pack(shipped_kb, full_check(shipped_kb))
    then = int(time.time()) - django_settings.ANSWER_COOKIE_SECONDS - age
    token = answers._current_cipher().encrypt_at_time(packed, then)
    assert (read(shipped_kb, token.decode()) is not None) is is_read


def test_a_changed_secret_reads_what_the_old_one_wrote_while_it_is_a_fallback(
    shipped_kb: KnowledgeBase, settings: Settings
) -> None:
    check = full_check(shipped_kb)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "old", []
    old = written(shipped_kb, check).value
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new", ["old"]
    assert same(read(shipped_kb, old), check)
    new = written(shipped_kb, check).value
    settings.SECRET_KEY_FALLBACKS = []
    assert read(shipped_kb, old) is None
    assert same(read(shipped_kb, new), check)


def test_a_new_check_has_a_name_of_its_own() -> None:
    names = {answers.new_check(for_someone=False).name for _ in range(20)}
    assert len(names) > 15
    assert all(0 <= name < 2**16 for name in names)


OLD = """
    finding  a frequent
    finding  b frequent
    finding  c frequent
    question first  multi opening none: a
    question second multi opening none: b
    question third  multi opening none: c
"""


def test_a_release_without_a_question_or_finding_reads_everything_else() -> None:
    before = world(OLD)
    after = world(
        "\n".join(line for line in OLD.splitlines() if "second" not in line and " b " not in line)
    )
    # Worlds count their lines; a real release keeps its numbers.
    numbers = {
        "findings": {f.slug: f.number for f in before.findings.values()},
        "questions": {q.slug: q.number for q in before.questions.values()},
    }
    for name, of in numbers.items():
        for slug, item in getattr(after, name).items():
            object.__setattr__(item, "number", of[slug])
    check = Check(
        name=7,
        answers=Answers(
            states=MappingProxyType({"a": PRESENT, "b": PRESENT, "c": EvidenceState.UNTICKED}),
            asked=("third", "second", "first"),
        ),
    )
    kept = answers.unpack(after, answers.pack(before, check))
    assert dict(kept.answers.states) == {"a": PRESENT, "c": EvidenceState.UNTICKED}
    assert kept.answers.asked == ("third", "first")


def test_clearing_removes_the_cookie_where_it_was_put() -> None:
    cookie = answers.clear(HttpResponse()).cookies[django_settings.ANSWER_COOKIE]
    assert (cookie.value, cookie["max-age"], cookie["path"]) == ("", 0, "/check/")
