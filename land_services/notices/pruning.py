"""Taking away what was delivered long ago, so that the outbox does not grow for ever."""

from __future__ import annotations

from typing import Final

from django.conf import settings
from django.db import connection

__all__ = ["prune_outbox"]

BATCH: Final = 2_000

_PRUNE: Final = """
DELETE FROM notices_outbox WHERE id IN (
    SELECT o.id FROM notices_outbox o
    WHERE o.sent_at < clock_timestamp() - make_interval(days => %(days)s)
      AND NOT notices_case_is_open(o.reference, o.key)
    ORDER BY o.sent_at LIMIT %(batch)s FOR UPDATE SKIP LOCKED)"""


def prune_outbox(days: int | None = None) -> int:
    """Take away messages delivered more than so many days ago whose case is over; return how many.

    Each batch is a statement of its own: whoever is killed leaves the rest to the next night. On the pages of people
    the messages stay.
    """
    gone = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(_PRUNE, {"days": days or settings.NOTICES_KEPT_DAYS, "batch": BATCH})
            gone += cursor.rowcount
            if cursor.rowcount < BATCH:
                return gone
