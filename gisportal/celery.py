"""Celery of this installation: ``celery -A gisportal.celery worker`` and ``beat``; ``make serve`` starts both.

Jobs are wake-ups: what must not be lost stands in a table, and a round by the clock finds what nobody was woken for.
"""

from __future__ import annotations

import os
from functools import cache
from typing import Any, Final

from celery import Celery, Task
from celery.schedules import crontab
from celery.signals import task_prerun
from django.conf import settings
from redis import Redis

__all__ = ["app", "wake_relay"]

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gisportal.settings")

app = Celery("gisportal", include=["land_services.notices.tasks", "gisportal.tasks"])
app.config_from_object("django.conf:settings", namespace="CELERY")

_RELAY: Final = "notices.relay"
_ASKED: Final = "gisportal:relay-asked"
"""Stands while a run of the relay waits for a worker: it will see what is committed by then, so one is enough."""


@app.on_after_configure.connect
def _at_night(sender: Celery, **_: Any) -> None:
    """Ask for what is done once a night, by the hour: a clock that is started anew each day would never count a day."""
    sender.add_periodic_task(crontab(hour=23, minute=30), sender.signature("site.tidy"), name="tidy", expires=3_600)


@cache
def _broker(url: str) -> Redis:
    return Redis.from_url(url, socket_connect_timeout=2, socket_timeout=2)


def wake_relay() -> None:
    """Ask a worker to look at the outbox. One try: whoever waits for this has a person waiting."""
    if _broker(settings.REDIS_URL).set(_ASKED, "1", nx=True, ex=settings.NOTICES_POLL_S):
        app.send_task(_RELAY, expires=60, retry=False, ignore_result=True)


@task_prerun.connect
def _taken(task: Task | None = None, **_: Any) -> None:
    """Let the next one ask again before the outbox is read: what is committed from here on may be missed."""
    if task is not None and task.name == _RELAY:
        _broker(settings.REDIS_URL).delete(_ASKED)
