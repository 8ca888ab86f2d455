"""References that people can say and type: service, Hijri year, running number, such as SUB-1448-000123."""

from __future__ import annotations

import re
from datetime import date

from django.db import connection
from hijridate import Gregorian

__all__ = ["is_reference", "next_reference"]

_FORM = re.compile(r"[A-Z]{2,8}-[0-9]{4}-[0-9]{6,9}")


def is_reference(text: str) -> bool:
    """Return True if a text has the form of a reference.

    Examples
    --------
    >>> is_reference("SUB-1448-000123"), is_reference("SUB-1448-000123/.."), is_reference("")
    (True, False, False)
    """
    return _FORM.fullmatch(text) is not None


def next_reference(prefix: str, day: date) -> str:
    """Return the next reference of a prefix in the Hijri year of ``day``; two people never get the same."""
    series = f"{prefix}-{Gregorian.fromdate(day).to_hijri().year}"
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO cases_casecounter (series, last) VALUES (%s, 1)
               ON CONFLICT (series) DO UPDATE SET last = cases_casecounter.last + 1 RETURNING last""",
            [series],
        )
        (number,) = cursor.fetchone()
    return f"{series}-{number:06d}"
