"""Access tokens: made, told apart, revoked. 256 random bits need no salt: a hash alone is kept."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from layers import audit

from .models import ApiToken

__all__ = ["LONGEST_DAYS", "MOST_TOKENS", "find_token", "make_token", "revoke_token"]

LONGEST_DAYS: Final = 366
MOST_TOKENS: Final = 20
_BEGIN: Final = "gp_"
_LENGTH: Final = 46
_NOTED_AFTER: Final = timedelta(minutes=1)


def make_token(user: Any, name: str, scope: str, expires_at: datetime) -> str:
    """Make a token for a person and return it; it cannot be read again."""
    word = _BEGIN + secrets.token_urlsafe(32)
    with transaction.atomic():
        token = ApiToken.objects.create(
            user=user, name=name, prefix=word[:8], hash=_hash(word), scope=scope, expires_at=expires_at
        )
        payload = {"token": token.pk, "scope": scope, "expires_at": expires_at.isoformat()}
        audit.record("token.make", subject=f"token {token.pk}", actor_id=user.pk, payload=payload)
    return word


def revoke_token(token: ApiToken, *, by: int) -> None:
    """End a token at once; one that is revoked stays so."""
    with transaction.atomic():
        ended = ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now())
        if ended:
            audit.record("token.revoke", subject=f"token {token.pk}", actor_id=by, payload={"token": token.pk})


def find_token(word: str) -> ApiToken | None:
    """Return the token of a word as long as it holds and its account is open; note that it was used."""
    if len(word) != _LENGTH or not word.startswith(_BEGIN) or not word.isascii():
        return None
    now = timezone.now()
    token = (
        ApiToken.objects.select_related("user")
        .filter(hash=_hash(word), revoked_at=None, expires_at__gt=now, user__is_active=True)
        .first()
    )
    if token is not None and (token.last_used_at is None or token.last_used_at < now - _NOTED_AFTER):
        unused = Q(last_used_at=None) | Q(last_used_at__lt=now - _NOTED_AFTER)
        ApiToken.objects.filter(unused, pk=token.pk).update(last_used_at=now)
    return token


def _hash(word: str) -> str:
    return hashlib.sha256(word.encode()).hexdigest()
