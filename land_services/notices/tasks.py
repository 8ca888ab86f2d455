"""The relay as a task: woken after commits, and by the clock for whatever a lost wake-up left behind."""

from __future__ import annotations

from celery import shared_task
from django.db import Error, connection

from .relay import relay

__all__ = ["relay_notices"]


@shared_task(name="notices.relay", ignore_result=True)
def relay_notices() -> None:
    """Deliver what is due. A database that restarts ends the run; the next one goes on."""
    try:
        relay()
    except Error:
        connection.close()
        raise
