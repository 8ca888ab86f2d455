"""Celery of this installation: ``celery -A gisportal.celery worker`` and ``beat``; ``make serve`` starts both.

Jobs are wake-ups: what must not be lost stands in a table, and a round by the clock finds what nobody was woken for.
"""

from __future__ import annotations

import os

from celery import Celery

__all__ = ["app", "wake_relay"]

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gisportal.settings")

app = Celery("gisportal", include=["land_services.notices.tasks", "gisportal.tasks"])
app.config_from_object("django.conf:settings", namespace="CELERY")


def wake_relay() -> None:
    """Ask a worker to look at the outbox. One try: whoever waits for this has a person waiting."""
    app.send_task("notices.relay", expires=60, retry=False, ignore_result=True)
