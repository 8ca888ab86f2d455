"""Days of municipalities that tests share."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from layers.locator.hours import Calendar

RIYADH = ZoneInfo("Asia/Riyadh")
BERLIN = ZoneInfo("Europe/Berlin")
DAMMAM = (50.1, 26.43)
NATIONAL_DAY = date(2026, 9, 23)  # a Wednesday
RAMADAN = (date(2026, 2, 18), date(2026, 3, 19))

SAUDI = Calendar(RIYADH, frozenset({NATIONAL_DAY}), (RAMADAN,), position=DAMMAM)


def at(text: str, tz: ZoneInfo = RIYADH) -> datetime:
    """Return a moment as the clock of a zone shows it."""
    return datetime.fromisoformat(text).replace(tzinfo=tz)
