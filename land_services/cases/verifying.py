"""What can be asked of a verification code, and how often: 128 random bits are not guessed, and nobody may try."""

from __future__ import annotations

import time

from django.db import connection
from django.utils.crypto import salted_hmac

from land_services.documents.qr import normalise_code

from .models import IssuedDocument

__all__ = ["LOOKS_PER_MINUTE", "UNKNOWN_COSTS", "find_document", "too_many_looks"]

LOOKS_PER_MINUTE = 60
"""Looks from one address in a minute: more than a counter needs."""

UNKNOWN_COSTS = 2
"""A code that nobody issued counts as so many looks."""

_COUNT = """
INSERT INTO cases_verifylooks AS known (key, minute, looks) VALUES (%(key)s, %(minute)s, %(cost)s)
ON CONFLICT (key) DO UPDATE SET
    looks = least(1000000, %(cost)s + CASE WHEN known.minute = %(minute)s THEN known.looks ELSE 0 END),
    minute = %(minute)s
RETURNING looks
"""


def find_document(text: str) -> IssuedDocument | None:
    """Return the document of a code as a person typed it, None where there is none."""
    code = normalise_code(text)
    return IssuedDocument.objects.select_related("case").filter(code=code).first() if code else None


def too_many_looks(address: str, *, known: bool) -> bool:
    """Count a look from an address, in the database so that no worker forgets; True if it is one too many.

    The count begins anew with each minute; rows of past minutes are forgotten.
    """
    key = salted_hmac("land_services.cases.verifying", address, algorithm="sha256").hexdigest()
    minute = int(time.time() // 60)
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, {"key": key, "minute": minute, "cost": 1 if known else UNKNOWN_COSTS})
        (looks,) = cursor.fetchone()
        if looks <= UNKNOWN_COSTS:
            cursor.execute("DELETE FROM cases_verifylooks WHERE minute < %s", [minute - 10])
    return int(looks) > LOOKS_PER_MINUTE
