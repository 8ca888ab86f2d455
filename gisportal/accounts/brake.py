"""The brake on guessing passwords: counted in the database by login and by address, so that no worker forgets.

A try is counted *before* the password is looked at and given back when it was right: many guesses sent at once are all
counted. Keys are keyed hashes; the table names neither people nor addresses.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.db.models import F
from django.utils import timezone
from django.utils.crypto import salted_hmac

from gisportal.accounts.models import SignInBrake, normalise_login
from layers.clients import client_address

__all__ = ["begin_try", "client_address", "forget_old", "give_back"]

# After an hour without a failure the count begins again.
QUIET = timedelta(hours=1)

COUNT = """
INSERT INTO accounts_signinbrake AS brake (key, failures, last_failure_at, blocked_until)
VALUES (%(key)s, 1, %(now)s, NULL)
ON CONFLICT (key) DO UPDATE SET
    failures = CASE WHEN brake.last_failure_at < %(quiet)s THEN 1 ELSE brake.failures + 1 END,
    last_failure_at = %(now)s,
    blocked_until = CASE
        WHEN brake.last_failure_at >= %(quiet)s AND brake.failures + 1 >= %(limit)s
        THEN %(now)s
            + make_interval(secs => least(%(longest)s, %(wait)s * 2 ^ least(brake.failures + 1 - %(limit)s, 20)))
        END
WHERE brake.blocked_until IS NULL OR brake.blocked_until <= %(now)s
RETURNING failures
"""


def _key(kind: str, value: str) -> str:
    return salted_hmac(f"gisportal.accounts.brake.{kind}", value, algorithm="sha256").hexdigest()


def _keys(login: str, address: str) -> tuple[tuple[str, int], tuple[str, int]]:
    return (
        (_key("address", address), settings.SIGN_IN_ADDRESS_FAILURES),
        (_key("login", normalise_login(login)), settings.SIGN_IN_FAILURES),
    )


def begin_try(login: str, address: str, now: datetime | None = None) -> int:
    """Count a try and return 0, or the seconds to wait where the login or the address is held back.

    A try that is held back is not counted again for what holds it: waiting ends even if somebody keeps knocking.
    """
    now = now or timezone.now()
    for key, limit in _keys(login, address):
        values: dict[str, str | int | datetime] = {
            "key": key,
            "now": now,
            "quiet": now - QUIET,
            "limit": limit,
            "wait": settings.SIGN_IN_WAIT_S,
            "longest": settings.SIGN_IN_LONGEST_WAIT_S,
        }
        with connection.cursor() as cursor:
            cursor.execute(COUNT, values)
            counted = cursor.fetchone()
        if counted is None:
            until = SignInBrake.objects.filter(pk=key).values_list("blocked_until", flat=True).first()
            return max(1, int((until - now).total_seconds()) + 1) if until else 1
    return 0


def give_back(login: str, address: str) -> None:
    """Take back the try of a right password: the login starts anew, the address loses only this one try."""
    (address_key, _limit), (login_key, _other) = _keys(login, address)
    SignInBrake.objects.filter(pk=login_key).delete()
    SignInBrake.objects.filter(pk=address_key, failures__gt=0).update(failures=F("failures") - 1, blocked_until=None)


def forget_old(now: datetime | None = None) -> int:
    """Delete what has been quiet for a day; returns the number of rows."""
    before = (now or timezone.now()) - timedelta(days=1)
    return SignInBrake.objects.filter(last_failure_at__lt=before).delete()[0]
