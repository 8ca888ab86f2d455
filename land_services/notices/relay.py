"""The relay: takes what is due in the outbox and delivers it. Any number of processes may do so at once.

To the pages a message goes in one statement with its mark: exactly once. An e-mail goes out in three steps: the claim
is committed; the row is locked while the mail server takes it; the result is marked with the end of the lock. Whoever
dies in between leaves the claim standing without a lock, so another takes the row soon: the mail server may then have
had it already, and gets the same Message-ID again. Those times are counted (``in_doubt``).
"""

from __future__ import annotations

import logging
import re
import smtplib
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection, transaction
from django.utils import timezone

from .mail import make_mail
from .models import Outbox

__all__ = ["Delivered", "relay"]

GRACE_S: Final = 2
"""A claim without a lock for so long belongs to nobody; the time between a claim and its lock is far shorter."""
FIRST_WAIT_S: Final = 30
LONGEST_WAIT_S: Final = 6 * 3600
BATCH: Final = 200
AT_MOST_S: Final = 50.0
"""A run ends after so long and leaves the rest to the next, so that what runs it stays answerable."""

log = logging.getLogger(__name__)

_TO_PAGES: Final = """
WITH due AS (
    SELECT id, event, reference, params, key, recipient_id, created_at FROM notices_outbox
    WHERE channel = 'in_app' AND sent_at IS NULL AND failed_at IS NULL AND next_try_at <= clock_timestamp()
    ORDER BY next_try_at, id LIMIT %(batch)s FOR UPDATE SKIP LOCKED
), put AS (
    INSERT INTO notices_notice (event, reference, params, key, recipient_id, created_at)
    SELECT event, reference, params, key, recipient_id, created_at FROM due ORDER BY id
    ON CONFLICT (key, recipient_id) DO NOTHING
)
UPDATE notices_outbox o SET sent_at = clock_timestamp(), attempts = o.attempts + 1 FROM due WHERE o.id = due.id"""

_CLAIM: Final = """
WITH due AS (
    SELECT id FROM notices_outbox
    WHERE channel = 'email' AND sent_at IS NULL AND failed_at IS NULL AND next_try_at <= clock_timestamp()
      AND (claimed_at IS NULL OR claimed_at < clock_timestamp() - make_interval(secs => %(grace_s)s))
    ORDER BY next_try_at, id LIMIT 1 FOR UPDATE SKIP LOCKED
)
UPDATE notices_outbox o SET attempts = o.attempts + 1, in_doubt = o.in_doubt + (o.claimed_at IS NOT NULL)::int,
    claimed_at = clock_timestamp(), claimed_by = %(token)s
FROM due WHERE o.id = due.id RETURNING o.id"""

_MARK: Final = """
UPDATE notices_outbox SET claimed_at = NULL, claimed_by = '', in_doubt = in_doubt + %(doubts)s, last_error = %(error)s,
    sent_at = CASE WHEN %(is_sent)s THEN clock_timestamp() END,
    failed_at = CASE WHEN %(is_given_up)s THEN clock_timestamp() END,
    next_try_at = clock_timestamp() + make_interval(secs => %(wait_s)s)
WHERE id = %(id)s"""


@dataclass
class Delivered:
    """What one run of the relay did."""

    to_pages: int = 0
    by_email: int = 0
    put_off: int = 0
    given_up: int = 0


@dataclass(frozen=True)
class _Outcome:
    """What became of one attempt. ``is_doubtful``: the mail server may have taken it all the same."""

    error: str = ""
    is_final: bool = False
    is_doubtful: bool = False
    is_server_down: bool = False


def relay(*, at_most_s: float = AT_MOST_S, stop: Callable[[], bool] = lambda: False) -> Delivered:
    """Deliver what is due now, until nothing is left, the time is over, or ``stop()`` says so."""
    done, until = Delivered(), time.monotonic() + at_most_s

    def is_over() -> bool:
        return stop() or time.monotonic() > until

    while not is_over() and (moved := _to_pages()):
        done.to_pages += moved
    if not settings.EMAIL_URL:
        return done
    backend: BaseEmailBackend = get_connection()
    try:
        while not is_over() and _send_next(backend, done):
            pass
    finally:
        _close(backend)
    return done


def _to_pages() -> int:
    with connection.cursor() as cursor:
        cursor.execute(_TO_PAGES, {"batch": BATCH})
        return int(cursor.rowcount)


def _send_next(backend: BaseEmailBackend, done: Delivered) -> bool:
    """Send one e-mail; False where none is due, or the mail server does not answer."""
    token = uuid.uuid4().hex
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, {"token": token, "grace_s": GRACE_S})
        row = cursor.fetchone()
    if row is None:
        return False
    with transaction.atomic():
        locked = Outbox.objects.select_for_update().filter(pk=row[0], claimed_by=token, sent_at__isnull=True).first()
        if locked is None:  # we were stopped for so long that another took it
            return True
        outcome = _attempt(backend, locked)
        _mark(locked, outcome, done)
    return not outcome.is_server_down


def _attempt(backend: BaseEmailBackend, row: Outbox) -> _Outcome:
    if row.attempts > settings.NOTICES_TRIES:  # each attempt ended the process, or was cut off
        return _Outcome(row.last_error or "no attempt came to an end", is_final=True)
    person = get_user_model()._default_manager.filter(pk=row.recipient_id, is_active=True).values_list("email").first()
    if person is None or not person[0]:
        return _Outcome("the account is not active or has no e-mail address", is_final=True)
    try:
        mail = make_mail(row, person[0])
    except (KeyError, ValueError) as error:
        return _Outcome(f"the message cannot be written: {type(error).__name__} {error}", is_final=True)
    try:
        backend.open()
    except (OSError, smtplib.SMTPException) as error:
        return _Outcome(_told(error), is_server_down=True)
    try:
        backend.send_messages([mail])
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        return _Outcome(_told(error), is_final=bool(codes) and all(500 <= code < 600 for code in codes))
    except smtplib.SMTPServerDisconnected as error:
        _close(backend)
        return _Outcome(_told(error), is_doubtful=True, is_server_down=True)
    except smtplib.SMTPException as error:
        _close(backend)
        return _Outcome(_told(error))
    except OSError as error:
        _close(backend)
        return _Outcome(_told(error), is_doubtful=True, is_server_down=True)
    return _Outcome()


def _mark(row: Outbox, outcome: _Outcome, done: Delivered) -> None:
    is_given_up = bool(outcome.error) and (outcome.is_final or row.attempts >= settings.NOTICES_TRIES)
    wait_s = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** min(row.attempts - 1, 20)) if outcome.error else 0
    values: dict[str, Any] = {
        "id": row.pk, "doubts": int(outcome.is_doubtful), "error": outcome.error, "wait_s": wait_s,
        "is_sent": not outcome.error, "is_given_up": is_given_up,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_MARK, values)
    if not outcome.error:
        done.by_email += 1
    elif is_given_up:
        done.given_up += 1
        log.error("message %s is given up after %s attempts: %s", row.pk, row.attempts, outcome.error)
    else:
        done.put_off += 1
        log.warning("message %s waits %s s after attempt %s: %s", row.pk, wait_s, row.attempts, outcome.error)


def _told(error: Exception) -> str:
    """Return what went wrong, without the addresses of people that mail servers repeat."""
    text = f"{timezone.now():%Y-%m-%d %H:%M} {type(error).__name__} {error}"
    return re.sub(r"[^\s<>'\"(),:]+@[^\s<>'\"(),:]+", "…@…", text)[:500]


def _close(backend: BaseEmailBackend) -> None:
    try:
        backend.close()
    except (OSError, smtplib.SMTPException):
        log.debug("the mail server had closed the line already")
