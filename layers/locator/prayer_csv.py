"""A year of prayer times from a table of text as calendars are published: a row for each day, a column for each prayer.

Pure: no file, no database.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from datetime import date, time
from typing import Final, NamedTuple

from layers.digits import to_latin_digits

__all__ = ["MOST_DAYS", "PrayerTable", "PrayerTableError", "read_prayer_table"]

PRAYERS: Final = ("fajr", "dhuhr", "asr", "maghrib", "isha")
MOST_DAYS: Final = 800
_NAMES: Final = {
    "on": ("on", "date", "day", "التاريخ", "اليوم"),
    "fajr": ("fajr", "الفجر", "فجر"),
    "dhuhr": ("dhuhr", "dhohr", "zuhr", "الظهر", "ظهر"),
    "asr": ("asr", "العصر", "عصر"),
    "maghrib": ("maghrib", "المغرب", "مغرب"),
    "isha": ("isha", "العشاء", "عشاء"),
}
_DAY: Final = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})")
_TIME: Final = re.compile(r"(\d{1,2}):(\d{2})(?::00)?\s*(am|pm|ص|م)?", re.I)


class PrayerTableError(ValueError):
    """A table that cannot be taken; both sentences are for people and name the row."""

    def __init__(self, ar: str, en: str) -> None:
        super().__init__(en)
        self.message_ar, self.message_en = ar, en


class PrayerTable(NamedTuple):
    """Times by day and prayer, in the order of days."""

    rows: tuple[tuple[date, str, time], ...]
    first: date
    last: date


def read_prayer_table(text: str) -> PrayerTable:
    """Return the times of a table with a header; days as 2027-01-31, times as 04:58 or 4:58 am, in either digits.

    Raises
    ------
    PrayerTableError
        A column that is missing; a row that is not understood, repeats a day, or whose prayers are not in order.

    Examples
    --------
    >>> table = read_prayer_table("date,fajr,dhuhr,asr,maghrib,isha\\n2027-01-01,05:03,11:44,14:39,16:59,18:29")
    >>> table.first, table.rows[0][1:]
    (datetime.date(2027, 1, 1), ('fajr', datetime.time(5, 3)))
    """
    lines = text.removeprefix("\ufeff").splitlines()
    if not lines:
        raise PrayerTableError("الجدول فارغ.", "The table is empty.")
    delimiter = max(",;\t", key=lines[0].count)
    try:
        rows = [r for r in csv.reader(io.StringIO("\n".join(lines)), delimiter=delimiter, strict=True) if any(r)]
    except csv.Error as error:
        raise PrayerTableError("الجدول غير مقروء.", f"The table cannot be read: {error}.") from error
    places = _columns(rows[0] if rows else [])
    if not 1 < len(rows) <= MOST_DAYS + 1:
        raise PrayerTableError(
            f"في الجدول {max(len(rows) - 1, 0)} يومًا؛ المقبول من 1 إلى {MOST_DAYS}.",
            f"The table has {max(len(rows) - 1, 0)} days; 1 to {MOST_DAYS} are taken.",
        )
    found: dict[date, list[time]] = {}
    for number, row in enumerate(rows[1:], 1):
        if len(row) <= max(places.values()):
            raise _wrong(number, f"{len(row)}", "عدد الأعمدة", "the number of columns")
        on = _day(number, row[places["on"]])
        if on in found:
            raise _wrong(number, on.isoformat(), "يوم مكرر:", "a day that repeats:")
        times = [_time(number, row[places[prayer]], prayer) for prayer in PRAYERS]
        if times != sorted(set(times)):
            raise _wrong(number, on.isoformat(), "أوقات ليست بالترتيب:", "times that are not in order:")
        found[on] = times
    days = sorted(found)
    listed = tuple((on, prayer, at) for on in days for prayer, at in zip(PRAYERS, found[on], strict=True))
    return PrayerTable(listed, days[0], days[-1])


def _columns(header: Sequence[str]) -> dict[str, int]:
    folded = [name.strip().casefold() for name in header]
    places = {}
    for column, names in _NAMES.items():
        place = next((folded.index(name) for name in names if name in folded), None)
        if place is None:
            raise PrayerTableError(
                f"لا عمود في الجدول لـ {names[-2]}.",
                f"The table has no column {names[0]}; it needs date, {', '.join(PRAYERS)}.",
            )
        places[column] = place
    return places


def _day(number: int, text: str) -> date:
    match = _DAY.fullmatch(to_latin_digits(text).strip())
    try:
        if match is None:
            raise ValueError(text)
        return date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        raise _wrong(number, text, "ليس يومًا مثل 2027-01-31:", "no day such as 2027-01-31:") from None


def _time(number: int, text: str, prayer: str) -> time:
    """Return a time of the day; without am or pm it is taken as on a clock of 24 hours."""
    match = _TIME.fullmatch(to_latin_digits(text).strip())
    try:
        if match is None:
            raise ValueError(text)
        hour, half = int(match[1]), (match[3] or "").lower()
        if half and not 1 <= hour <= 12:
            raise ValueError(text)
        if half:
            hour = hour % 12 + (12 if half in ("pm", "م") else 0)
        return time(hour, int(match[2]))
    except ValueError:
        raise _wrong(number, text, f"ليس وقتًا مثل 04:58 ({prayer}):", f"no time such as 04:58 ({prayer}):") from None


def _wrong(number: int, shown: str, ar: str, en: str) -> PrayerTableError:
    shown = shown[:40]
    return PrayerTableError(f"السجل {number}: {ar} {shown}.", f"Row {number}: {en} {shown}.")
