"""What the clock does for the whole site: targets and periods of cases, messages to other systems, tidying at night."""

from __future__ import annotations

from celery import shared_task
from django.db import Error, connection

from land_services.api.webhooks import deliver_webhooks
from land_services.cases.acts import fire_defaults, warn_due
from land_services.cases.clocks import recompute_due_if_changed
from land_services.cases.erasure import erase_due

from .tidying import tidy_up

__all__ = ["call_other_systems", "erase_what_is_due", "keep_time", "tidy"]


@shared_task(name="cases.keep_time", ignore_result=True)
def keep_time() -> None:
    """Give the answers of agencies whose time is over, and tell of targets; safe to run twice and at once."""
    try:
        recompute_due_if_changed()
        fire_defaults()
        warn_due()
    except Error:
        connection.close()
        raise


@shared_task(name="cases.erase_due", ignore_result=True)
def erase_what_is_due() -> None:
    """Erase what retention has released; safe to run twice and at once."""
    try:
        erase_due()
    except Error:
        connection.close()
        raise


@shared_task(name="api.call_other_systems", ignore_result=True)
def call_other_systems() -> None:
    """Send what other systems asked to be told of."""
    try:
        deliver_webhooks()
    except Error:
        connection.close()
        raise


@shared_task(name="site.tidy", ignore_result=True)
def tidy() -> None:
    """Take away at night what is kept no longer."""
    try:
        tidy_up()
    except Error:
        connection.close()
        raise
