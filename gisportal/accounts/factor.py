"""The second factor: a code of an authenticator app, or one of ten recovery codes; kept by django-allauth's tables.

allauth gives the secrets, their codes and the recovery codes. The order of sign-in, the pages and the brake are ours,
and a code counts once for all processes: the step it belongs to is kept in the row, not in a cache.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import b64decode, b64encode
from typing import Any
from urllib.parse import quote, urlencode

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from allauth.mfa.utils import decrypt
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from gisportal.accounts.models import User
from land_services.catalogue.seeing import STAFF_ROLES
from layers import audit
from layers.digits import to_latin_digits
from layers.viewer import Viewer

__all__ = [
    "SealingAdapter",
    "accepts",
    "codes_left",
    "enrol",
    "has_factor",
    "is_needed",
    "mark_passed",
    "new_secret",
    "otpauth",
    "passed",
    "remove",
    "renew_codes",
    "right_code",
]

PASSED = "second_factor"
TYPES = (Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES)


class SealingAdapter(DefaultMFAAdapter):
    """Secrets lie encrypted in the database, as id numbers do, under a key of their own."""

    def _cipher(self) -> AESGCM:
        key = hashlib.sha256(settings.PERSONAL_DATA_KEY.encode()).digest()
        return AESGCM(hashlib.blake2b(b"second factor", key=key, digest_size=32).digest())

    def encrypt(self, text: str) -> str:
        nonce = secrets.token_bytes(12)
        return b64encode(nonce + self._cipher().encrypt(nonce, text.encode(), None)).decode()

    def decrypt(self, encrypted_text: str) -> str:
        raw = b64decode(encrypted_text)
        return self._cipher().decrypt(raw[:12], raw[12:], None).decode()


def new_secret() -> str:
    """Return a secret that an authenticator app can hold."""
    return str(generate_totp_secret())


def otpauth(user: User, secret: str) -> str:
    """Return what the QR code says to the app."""
    asked = urlencode({"secret": secret, "issuer": settings.MUNICIPALITY_NAME_EN}, quote_via=quote)
    return f"otpauth://totp/{quote(user.login)}?{asked}"


def _plain(code: str) -> str:
    return "".join(to_latin_digits(code).split()).replace("-", "")


def _step_of(secret: str, code: str) -> int | None:
    """Return the step of time that a code belongs to; None where it is not one of now."""
    found = None
    for step in yield_hotp_counters_from_time():
        if hmac.compare_digest(format_hotp_value(hotp_value(secret, step)).encode(), code.encode()):
            found = int(step)
    return found


def right_code(secret: str, code: str) -> bool:
    """Return True if an app that holds the secret shows this code now."""
    return _step_of(secret, _plain(code)) is not None


def has_factor(user: User) -> bool:
    """Return True if the account has a second factor."""
    return bool(Authenticator.objects.filter(user_id=user.pk, type=Authenticator.Type.TOTP).exists())


def accepts(user: User, code: str) -> str:
    """Return "totp" or "recovery_codes" where a code is right, and use it up; "" where it is not."""
    given = _plain(code)
    with transaction.atomic():
        rows = {row.type: row for row in Authenticator.objects.select_for_update().filter(user_id=user.pk)}
        app, recovery = rows.get(Authenticator.Type.TOTP), rows.get(Authenticator.Type.RECOVERY_CODES)
        if app is not None and _uses(app, given):
            return "totp"
        if app is not None and recovery is not None and RecoveryCodes(recovery).validate_code(given):
            return "recovery_codes"
    return ""


def _uses(app: Any, code: str) -> bool:
    step = _step_of(decrypt(app.data["secret"]), code)
    if step is None or step <= app.data.get("last_step", 0):
        return False
    app.data["last_step"], app.last_used_at = step, timezone.now()
    app.save(update_fields=["data", "last_used_at"])
    return True


def enrol(user: User, secret: str) -> list[str]:
    """Give an account its second factor; return its recovery codes, which are shown this once."""
    with transaction.atomic():
        Authenticator.objects.filter(user_id=user.pk).delete()
        TOTP.activate(user, secret)
        codes = RecoveryCodes.activate(user).get_unused_codes()
        tell("factor_added", user.pk, user.pk)
    return list(codes)


def renew_codes(user: User) -> list[str]:
    """Make new recovery codes; the old ones are void."""
    with transaction.atomic():
        Authenticator.objects.filter(user_id=user.pk, type=Authenticator.Type.RECOVERY_CODES).delete()
        codes = RecoveryCodes.activate(user).get_unused_codes()
        tell("factor_codes_renewed", user.pk, user.pk)
    return list(codes)


def codes_left(user: User) -> int:
    """Return how many recovery codes an account has left."""
    row = Authenticator.objects.filter(user_id=user.pk, type=Authenticator.Type.RECOVERY_CODES).first()
    return len(RecoveryCodes(row).get_unused_codes()) if row else 0


def remove(user: User, actor_id: int | None) -> None:
    """Take the second factor of an account away."""
    with transaction.atomic():
        if Authenticator.objects.filter(user_id=user.pk).delete()[0]:
            tell("factor_removed", user.pk, actor_id)


def tell(what: str, user_id: int | None, actor_id: int | None, **payload: Any) -> None:
    """Write the audit row of a sign-in or a factor: ids alone, never a login or an address."""
    subject = f"account {user_id}" if user_id is not None else ""
    with transaction.atomic():
        audit.record(f"account.{what}", subject=subject, actor_id=actor_id, payload=payload)


def passed(request: HttpRequest) -> bool:
    """Return True if this session's person has shown the second factor."""
    return bool(request.session.get(PASSED) == request.user.pk)


def mark_passed(request: HttpRequest) -> None:
    """Keep with the session that the second factor was shown; its key is a new one from here on."""
    request.session.cycle_key()
    request.session[PASSED] = request.user.pk


def is_needed(request: HttpRequest, viewer: Viewer) -> bool:
    """Return True if this person must show a second factor before anything else."""
    if not settings.STAFF_SECOND_FACTOR or viewer.is_anonymous or passed(request):
        return False
    if getattr(request, "api_token", None) is not None:  # given by somebody who was signed in whole
        return False
    return viewer.has_role(*STAFF_ROLES) or bool(request.user.is_staff or request.user.is_superuser)
