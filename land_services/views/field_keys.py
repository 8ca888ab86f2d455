"""The key of a person's devices: what a visit leaves on one is sealed with it, and it goes with the sign-in.

The key is the same each time a person signs in, so that what was not sent yet opens again for them and for nobody else.
A script must read it, so its cookie is not hidden from scripts; it opens nothing but what the same device holds.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any, Final

from django.conf import settings
from django.http import HttpResponse
from django.utils.crypto import salted_hmac

__all__ = ["COOKIE", "forget_key", "give_key", "key_of", "owner_of"]

COOKIE: Final = "field"
_SALT: Final = "land_services.field"


def key_of(user_id: int) -> str:
    """Return the key of a person, as 64 hexadecimal digits.

    Not of ``SECRET_KEY``, which is changed when it became known: what waits on devices must still open then.
    """
    secret = settings.PERSONAL_DATA_KEY
    return salted_hmac(_SALT, str(user_id), secret=secret, algorithm="sha256").hexdigest()


def owner_of(user_id: int) -> str:
    """Return what marks a person's things on a device without opening them."""
    return sha256(key_of(user_id).encode()).hexdigest()[:16]


def give_key(response: HttpResponse, key: str) -> None:
    """Give a device the key of whoever is signed in, for as long as a session lasts."""
    response.set_cookie(
        COOKIE,
        key,
        max_age=settings.SESSION_COOKIE_AGE,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=False,
        samesite="Strict",
    )


def forget_key(response: HttpResponse) -> Any:
    """Take the key away: somebody signed out, or another person signed in."""
    response.delete_cookie(COOKIE, samesite="Strict")
