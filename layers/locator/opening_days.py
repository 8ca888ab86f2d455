"""The municipality's days from the database: holidays, Ramadan, pauses for prayer, and from where the sun is seen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from hijridate import Hijri

from layers.locator.hours import Calendar
from layers.querying import read_rows

__all__ = ["calendar_of", "pauses_by_day", "umm_al_qura"]

_HOLIDAYS: Final = 'SELECT "on", is_confirmed FROM layers_holiday'
_RAMADAN: Final = "SELECT year_ah, first_on, last_on FROM layers_ramadanperiod"
_TIMES: Final = 'SELECT "on", prayer, at FROM layers_prayertime'
_PAUSES: Final = """
SELECT prayer, begins_min, lasts_min, valid_from, valid_to FROM layers_prayerpause ORDER BY valid_from DESC, id DESC"""
_POSITION: Final = """
SELECT ST_X(c), ST_Y(c) FROM (
    SELECT ST_Transform(ST_SetSRID(ST_Centroid(ST_Extent(geom)::geometry), max(ST_SRID(geom))), 4326)
    FROM layers_district WHERE end_lifespan_version IS NULL
    UNION ALL
    (SELECT geog::geometry FROM layers_place WHERE end_lifespan_version IS NULL LIMIT 1)
) AS centre (c) WHERE c IS NOT NULL LIMIT 1"""

_FRIDAY: Final = 4
Time = tuple[date, str, time]
"""A day, a prayer, and when it is called."""
Pause = tuple[str, int, int, date, date | None]
"""A prayer, from how many minutes after its call, for how many, and the first and the last day of which that holds."""


def calendar_of(tz: ZoneInfo, using: str = "default") -> Calendar:
    """Read the days of the municipality."""

    def rows(sql: str) -> list[tuple[Any, ...]]:
        return read_rows(sql, {}, kind="feature", using=using)

    centre, holidays = rows(_POSITION), rows(_HOLIDAYS)
    return Calendar(
        tz,
        frozenset(on for on, is_confirmed in holidays if is_confirmed),
        ramadan=_ramadan(rows(_RAMADAN)),
        pauses=pauses_by_day(rows(_TIMES), rows(_PAUSES), tz),
        # A hundredth of a degree is three seconds of the sun.
        expected=frozenset(on for on, is_confirmed in holidays if not is_confirmed),
        position=(round(centre[0][0], 2), round(centre[0][1], 2)) if centre else None,
    )


def _ramadan(given: Iterable[tuple[int, date, date]]) -> tuple[tuple[date, date], ...]:
    """Return each Ramadan: as it is known to have been, otherwise by Umm al-Qura."""
    return tuple(sorted({**umm_al_qura(), **{year: (first, last) for year, first, last in given}}.values()))


@lru_cache(maxsize=1)
def umm_al_qura() -> dict[int, tuple[date, date]]:
    """Return the first and the last day of Ramadan in each year that the calendar of Umm al-Qura is published for."""
    return {
        year: (
            date(*Hijri(year, 9, 1).to_gregorian().datetuple()),
            date(*Hijri(year, 9, Hijri(year, 9, 1).month_length()).to_gregorian().datetuple()),
        )
        for year in range(1343, 1501)
    }


def pauses_by_day(
    times: Iterable[Time], pauses: Sequence[Pause], tz: ZoneInfo
) -> dict[date, tuple[tuple[datetime, datetime], ...]]:
    """Return when places pause on each day, as aware moments.

    Of pauses for the same prayer that are valid on a day, the first given counts. On a Friday the noon prayer is the
    Friday prayer: at its own time where one is given, and with its own pause where one is valid.
    """
    called: dict[date, dict[str, time]] = defaultdict(dict)
    for on, prayer, at in times:
        called[on][prayer] = at
    found = {}
    for on, prayers in called.items():
        if on.weekday() == _FRIDAY:
            noon = prayers.pop("dhuhr", None)
            if "jumuah" not in prayers and noon is not None:
                prayers["jumuah"] = noon
        else:
            prayers.pop("jumuah", None)
        of_day = [
            (begin, begin + timedelta(minutes=pause[2]))
            for prayer, at in prayers.items()
            if (pause := _valid(pauses, prayer, on)) is not None
            for begin in [datetime.combine(on, at, tz).astimezone(UTC) + timedelta(minutes=pause[1])]
        ]
        if of_day:
            found[on] = tuple(sorted(of_day))
    return found


def _valid(pauses: Sequence[Pause], prayer: str, on: date) -> Pause | None:
    names = ("jumuah", "dhuhr") if prayer == "jumuah" else (prayer,)
    for name in names:
        for pause in pauses:
            if pause[0] == name and pause[3] <= on and (pause[4] is None or on <= pause[4]):
                return pause
    return None
