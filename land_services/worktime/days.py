"""The municipality's working calendar from the database: public holidays, Ramadan, and days of the offices' own.

A process keeps the calendar in memory and asks the database one small question each time: which transactions changed
any of these days since it read (``layers_hourschange``). So the first answer after a commit is right in every process.
"""

from __future__ import annotations

import threading
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connections

from layers.locator.changes import Version
from layers.locator.models import Holiday, RamadanPeriod
from layers.locator.opening_days import umm_al_qura

from .calendar import WorkCalendar
from .models import OfficeDay
from .weeks import load_weeks

__all__ = ["work_calendar"]

_NOTED: Final = """
SELECT (SELECT oid FROM pg_database WHERE datname = current_database())::bigint,
       pg_snapshot_xmin(pg_current_snapshot())::text::bigint,
       ARRAY(SELECT id FROM layers_hourschange WHERE what IN ('days', 'office_days')
             AND xact >= pg_snapshot_xmin(pg_current_snapshot())::text::bigint),
       ARRAY(SELECT id FROM layers_hourschange WHERE what IN ('days', 'office_days') AND xact >= %(since)s),
       EXISTS(SELECT FROM layers_hourschange WHERE what IN ('days', 'office_days')
              AND xact = pg_current_xact_id_if_assigned()::text::bigint)"""
_NEVER: Final = 1 << 62

_kept: dict[tuple[str, str, str], tuple[Version, WorkCalendar]] = {}
_reading = threading.Lock()


def work_calendar(using: str = "default") -> WorkCalendar:
    """Return the calendar as the last commit left it: one small query, and three more when days have changed."""
    key = (using, settings.TIME_ZONE, settings.WORKING_WEEK)
    kept = _kept.get(key)
    # Asked before reading: what is committed in between is read again next time.
    version, is_ours = _version(kept[0] if kept else None, using)
    if kept is not None and kept[0] is version:
        return kept[1]
    with _reading:
        calendar = _read(using)
        if not is_ours:  # what this very transaction changed may be rolled back
            _kept[key] = (version, calendar)
        return calendar


def _version(known: Version | None, using: str) -> tuple[Version, bool]:
    """Return the state of the days now, ``known`` itself where it still is, and whether we are changing them."""
    with connections[using].cursor() as cursor:
        cursor.execute(_NOTED, {"since": known.since if known else _NEVER})
        row: Any = cursor.fetchone()
    database, since, notes, still, is_ours = row
    if known is not None and known.database == database and known.notes == frozenset(still):
        return known, is_ours
    return Version(database, since, frozenset(notes)), is_ours


def _read(using: str) -> WorkCalendar:
    known = {row.year_ah: (row.first_on, row.last_on) for row in RamadanPeriod.objects.using(using)}
    return WorkCalendar(
        tz=ZoneInfo(settings.TIME_ZONE),
        weeks=load_weeks()[settings.WORKING_WEEK].weeks,
        holidays=frozenset(Holiday.objects.using(using).values_list("on", flat=True)),
        ramadan=tuple(sorted({**umm_al_qura(), **known}.values())),
        own={
            row.on: () if row.opens_at is None or row.closes_at is None else ((row.opens_at, row.closes_at),)
            for row in OfficeDay.objects.using(using)
        },
    )
