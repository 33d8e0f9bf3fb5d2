"""A visitor's answers between requests: packed, encrypted, in the visitor's own cookie. Nothing on the server.

Packed form, before encryption (all numbers are those of `Question.number` and `Finding.number`, which are
stable across releases, so a release that changes in mid-check loses nothing):

    1 byte   format
    1 byte   flags: answering for someone else, continued past an emergency
    2 bytes  a random name of the check, so that a form of an older check is noticed
    1 byte   how many questions were asked
    n bytes  their numbers, in the order asked
    rest     two bits a finding, by number, trailing zeros left out
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass, field, replace
from functools import lru_cache
from types import MappingProxyType

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from checker.engine.evidence import Answers
from checker.engine.knowledge import KnowledgeBase
from checker.engine.vocabulary import EvidenceState
from conditions import editions

from .addresses import address

FORMAT = 1
HEAD = 5
_STATES = tuple(EvidenceState)
_FOUR_STATES = tuple(bytes(byte >> 2 * place & 3 for place in range(4)) for byte in range(256))
"""The states in each byte, unpacked."""
_FOR_SOMEONE = 1
_CONTINUED = 2
LARGEST_COOKIE = 2000
"""Longer cookies are not ours; they are not even decrypted."""


@dataclass(frozen=True)
class Check:
    """One check under way."""

    name: int
    """Random, 0 to 65535. A form that carries another name belongs to an older check."""
    answers: Answers = field(default_factory=Answers)
    for_someone: bool = False
    """Answered by a carer, about someone else."""
    continued: bool = False
    """The visitor chose "continue anyway" on the emergency page."""

    def with_answers(self, answers: Answers) -> Check:
        return replace(self, answers=answers)


def new_check(*, for_someone: bool) -> Check:
    return Check(name=secrets.randbelow(2**16), for_someone=for_someone)


def pack(kb: KnowledgeBase, check: Check) -> bytes:
    """Return a check as bytes: about 100 for 280 findings."""
    flags = (_FOR_SOMEONE if check.for_someone else 0) | (_CONTINUED if check.continued else 0)
    asked = bytes(kb.questions[slug].number for slug in check.answers.asked)
    bits = 0
    for slug, state in check.answers.states.items():
        bits |= int(state) << (2 * kb.findings[slug].number)
    states = bits.to_bytes((bits.bit_length() + 7) // 8, "little")
    return bytes((FORMAT, flags, *check.name.to_bytes(2, "big"), len(asked))) + asked + states


def unpack(kb: KnowledgeBase, packed: bytes) -> Check:
    """Return the check in these bytes. Numbers that this release does not know are left out.

    Raises ValueError if the bytes are not a packed check.
    """
    if len(packed) < HEAD or packed[0] != FORMAT or len(packed) < HEAD + packed[4]:
        raise ValueError("not a packed check")
    end = HEAD + packed[4]
    return Check(
        name=int.from_bytes(packed[2:4], "big"),
        answers=Answers(
            states=MappingProxyType(_states(kb, packed[end:])),
            asked=_asked(kb, packed[HEAD:end]),
        ),
        for_someone=bool(packed[1] & _FOR_SOMEONE),
        continued=bool(packed[1] & _CONTINUED),
    )


def _asked(kb: KnowledgeBase, numbers: bytes) -> tuple[str, ...]:
    known = (kb.question_by_number.get(number) for number in numbers)
    return tuple(dict.fromkeys(question.slug for question in known if question is not None))


def _states(kb: KnowledgeBase, packed: bytes) -> dict[str, EvidenceState]:
    finding = kb.finding_by_number
    states = b"".join([_FOUR_STATES[byte] for byte in packed])
    return {
        finding[number].slug: _STATES[state]
        for number, state in enumerate(states)
        if state and number in finding
    }


# --- the cookie ------------------------------------------------------------------------------------


@lru_cache(maxsize=4)
def _cipher(keys: tuple[str, ...]) -> MultiFernet:
    """Encrypts with the newest secret, decrypts with any: so the secret can be changed at any time."""
    return MultiFernet([Fernet(_key(secret)) for secret in keys])


def _key(secret: str) -> bytes:
    return base64.urlsafe_b64encode(hashlib.sha256(f"checker.answers:{secret}".encode()).digest())


def _current_cipher() -> MultiFernet:
    return _cipher((settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS))


def _name() -> str:
    """Return the name of the cookie: a preview has its own, and so leaves a check of one's own alone."""
    return settings.PREVIEW_COOKIE if editions.is_preview() else settings.ANSWER_COOKIE


def _path() -> str:
    """Return where the cookie travels: the check, or the check inside the preview."""
    return address("start")


def read(request: HttpRequest, kb: KnowledgeBase) -> Check | None:
    """Return the check in the visitor's cookie; None if there is none, or if it is old, foreign or damaged."""
    token = request.COOKIES.get(_name(), "")
    if not token or len(token) > LARGEST_COOKIE:
        return None
    try:
        packed = _current_cipher().decrypt(token.encode(), ttl=settings.ANSWER_COOKIE_SECONDS)
        return unpack(kb, packed)
    except (InvalidToken, ValueError, UnicodeError):
        return None


def write(response: HttpResponse, kb: KnowledgeBase, check: Check) -> HttpResponse:
    """Put the check into the visitor's cookie: for this browser session, for the checker only."""
    response.set_cookie(
        _name(),
        _current_cipher().encrypt(pack(kb, check)).decode(),
        path=_path(),
        secure=not settings.LOCAL,
        httponly=True,
        samesite="Lax",
    )
    return response


def clear(response: HttpResponse) -> HttpResponse:
    """Remove the answers from the visitor's browser."""
    response.delete_cookie(_name(), path=_path(), samesite="Lax")
    return response
