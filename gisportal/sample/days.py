"""The days and pauses that the made-up municipality follows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

from hijridate import Hijri

__all__ = ["FIRST_ON", "LAST_ON", "PAUSES", "HolidayRow", "PauseRow", "holidays"]

FIRST_ON, LAST_ON = date(2026, 1, 1), date(2029, 12, 31)
"""The days that holidays and times of prayer are loaded for."""

FIXED = (
    (2, 22, "يوم التأسيس", "Founding Day"),
    (9, 23, "اليوم الوطني", "National Day"),
)
FIXED_SOURCE = "Fixed day of the Gregorian calendar"
MOON = (
    (10, 1, 4, "عيد الفطر", "Eid al-Fitr"),
    (12, 9, 1, "يوم عرفة", "Day of Arafah"),
    (12, 10, 3, "عيد الأضحى", "Eid al-Adha"),
)
MOON_SOURCE = "Expected by the Umm al-Qura calendar; confirmed when the moon has been seen"


class HolidayRow(NamedTuple):
    """A public holiday; one that depends on the moon is not confirmed."""

    on: date
    name_ar: str
    name_en: str
    is_confirmed: bool
    source: str


class PauseRow(NamedTuple):
    """How long places pause for a prayer, from ``begins_min`` after its call."""

    prayer: str
    begins_min: int
    lasts_min: int


PAUSES = (
    PauseRow("fajr", 0, 30),
    PauseRow("dhuhr", 0, 30),
    PauseRow("asr", 0, 30),
    PauseRow("maghrib", 0, 20),
    PauseRow("isha", 0, 30),
    PauseRow("jumuah", -30, 75),
)
PAUSES_SOURCE = "Made up for the sample: no rule of a real municipality"


def holidays(first: date = FIRST_ON, last: date = LAST_ON) -> Iterator[HolidayRow]:
    """Yield the public holidays of a span of days in order, each day once."""
    found: dict[date, HolidayRow] = {}
    for year in range(first.year, last.year + 1):
        for month, day, ar, en in FIXED:
            on = date(year, month, day)
            found[on] = HolidayRow(on, ar, en, True, FIXED_SOURCE)
    for hijri in range(first.year - 580, last.year - 577):
        for month, day, days, ar, en in MOON:
            start = Hijri(hijri, month, day).to_gregorian()
            for k in range(days):
                on = date(start.year, start.month, start.day) + timedelta(days=k)
                found.setdefault(on, HolidayRow(on, ar, en, False, MOON_SOURCE))
    yield from (found[on] for on in sorted(found) if first <= on <= last)
