"""The second factor: after the password, six digits from an app, or one of ten recovery codes.

The codes of the app are TOTP (RFC 6238), from django-otp, which also makes everyone wait twice as long after each wrong
guess and takes no code twice. A recovery code holds 80 random bits, is kept as a hash, and is gone once it is used.
"""

from __future__ import annotations

import hashlib
import math
import secrets
from base64 import b32encode
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django_otp.models import Device
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

RECOVERY_CODES = 10
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without letters and digits that are easily taken for one another."""
GROUP, GROUPS = 4, 4


@dataclass(frozen=True)
class Answer:
    """What became of a code that somebody typed."""

    device: Device | None = None
    """The one that took it."""
    wait: int = 0
    """Seconds until the next guess is looked at; it was not looked at now."""


def has_one(user: User) -> bool:
    """Whether this person has to be asked for a second factor."""
    return bool(TOTPDevice.objects.filter(user=user, confirmed=True).exists())


def begin(user: User) -> TOTPDevice:
    """Return the factor that this person is setting up. It counts once a code of it was typed in."""
    device = TOTPDevice.objects.filter(user=user, confirmed=False).first()
    return device or TOTPDevice.objects.create(user=user, name="app", confirmed=False)


@transaction.atomic
def confirm(user: User, code: str) -> Answer:
    """Make the factor under way the only one, if this code is of it."""
    device = TOTPDevice.objects.select_for_update().filter(user=user, confirmed=False).first()
    if device is None:
        return Answer()
    answer = _ask(device, _digits(code))
    if answer.device is not None:
        device.confirmed = True
        device.save(update_fields=["confirmed"])
        TOTPDevice.objects.filter(user=user).exclude(pk=device.pk).delete()
    return answer


@transaction.atomic
def verify(user: User, code: str) -> Answer:
    """Look at a code: six digits are asked of the app, anything else of the recovery codes."""
    digits = _digits(code)
    kind, token = (TOTPDevice, digits) if digits else (StaticDevice, _hashed(user, code))
    # Locked, so that two requests at once are two guesses, and a recovery code opens once.
    device = kind.objects.select_for_update().filter(user=user, confirmed=True).first()
    return Answer() if device is None else _ask(device, token)


def new_recovery_codes(user: User) -> list[str]:
    """Replace the recovery codes of this person. Only here, and only now, they can be read."""
    codes = ["-".join(_letters(GROUP) for _ in range(GROUPS)) for _ in range(RECOVERY_CODES)]
    with transaction.atomic():
        StaticDevice.objects.filter(user=user).delete()
        device = StaticDevice.objects.create(user=user, name="recovery")
        StaticToken.objects.bulk_create(
            StaticToken(device=device, token=_hashed(user, code)) for code in codes
        )
    return codes


def recovery_codes_left(user: User) -> int:
    return int(StaticToken.objects.filter(device__user=user).count())


@transaction.atomic
def reset(user: User) -> bool:
    """Take the second factor away: the next log-in sets up a new one. Returns whether there was one."""
    taken, _ = TOTPDevice.objects.filter(user=user).delete()
    StaticDevice.objects.filter(user=user).delete()
    return bool(taken)


def key_to_type(device: TOTPDevice) -> str:
    """Return the secret as apps want it typed: base 32, in groups of four."""
    text = b32encode(device.bin_key).decode()
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


def picture(device: TOTPDevice) -> str:
    """Return the QR code of the secret as SVG, without any style: the policy of the site forbids it."""
    import segno  # Seldom wanted, and it takes every worker two megabytes.

    return segno.make(device.config_url, error="m").svg_inline(
        omitsize=True, border=4, light="#fff", svgclass="qr", lineclass=None
    )


def _ask(device: TOTPDevice | StaticDevice, token: str) -> Answer:
    allowed, why = device.verify_is_allowed()
    if not allowed:
        return Answer(wait=math.ceil((why["locked_until"] - timezone.now()).total_seconds()))
    return Answer(device=device if device.verify_token(token) else None)


def _digits(code: str) -> str:
    """Return the six digits of a code from an app, whatever spaces were typed; "" if it is none."""
    typed = "".join(code.split())
    return typed if len(typed) == 6 and typed.isascii() and typed.isdecimal() else ""


def _letters(count: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(count))


def _hashed(user: User, code: str) -> str:
    """Return what is kept of a recovery code: 80 bits of a hash, salted by whose it is."""
    typed = "".join(letter for letter in code.lower() if letter.isalnum())
    digest = hashlib.sha256(f"recovery:{user.pk}:{typed}".encode()).digest()
    return b32encode(digest[:10]).decode()
