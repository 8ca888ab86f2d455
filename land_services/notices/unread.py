"""How many messages somebody has not read: one small query."""

from __future__ import annotations

from typing import Final

from .models import Notice

__all__ = ["MOST_COUNTED", "unread_count"]

MOST_COUNTED: Final = 100
"""Nobody needs to know more exactly: pages show 99+."""


def unread_count(user_id: int) -> int:
    """Return the number of unread messages of an account, counted up to ``MOST_COUNTED``."""
    return Notice.objects.filter(recipient_id=user_id, read_at__isnull=True)[:MOST_COUNTED].count()
