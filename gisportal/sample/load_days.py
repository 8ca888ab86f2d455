"""Days, times of prayer, pauses and a closure of the made-up municipality into the database."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connections

from gisportal.sample import days
from gisportal.sample.lattice import SRIDS
from gisportal.sample.skies import prayer_times
from land_services.register.copying import copy_rows

__all__ = ["CLOSED_FROM", "PRAYERS_SOURCE", "load_days"]

PRAYERS_SOURCE = "Computed from the sun over the city by the Umm al-Qura method, for the sample"
CLOSED_FROM = datetime(2026, 11, 1, 8)
CLOSURE = ("أعمال صيانة، ويُعلن موعد الافتتاح لاحقًا", "Under renovation; the date of reopening will be announced")


def load_days(srid: int, closed: str | None, using: str) -> dict[str, int]:
    """Write holidays, times of prayer, pauses, and the closure of one place; return the rows of each table.

    ``closed`` is the uid of a place, None where the city has none to close.
    """
    connection, zone = connections[using], ZoneInfo(settings.TIME_ZONE)
    written: dict[str, int] = {}

    def copy(table: str, columns: str, rows: Any) -> None:
        written[table] = copy_rows(connection, f"layers_{table}", rows, [f'"{name}"' for name in columns.split()])

    copy("holiday", "on name_ar name_en is_confirmed source", days.holidays())
    times = prayer_times(days.FIRST_ON, days.LAST_ON, SRIDS[srid], zone)
    copy("prayertime", "on prayer at source", ((*row, PRAYERS_SOURCE) for row in times))
    copy(
        "prayerpause",
        "prayer begins_min lasts_min valid_from source",
        ((*row, days.FIRST_ON, days.PAUSES_SOURCE) for row in days.PAUSES),
    )
    if closed is not None:
        begins = CLOSED_FROM.replace(tzinfo=zone).isoformat()
        copy("placeclosure", "place_uid begins_at reason_ar reason_en", [(closed, begins, *CLOSURE)])
    return written
