"""Days and times of prayer of the sample, against the sun as another formula has it, and against the Hijri calendar."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hijridate import Gregorian

from gisportal.sample.days import PAUSES, holidays
from gisportal.sample.lattice import ANCHORS
from gisportal.sample.skies import CITY, PrayerRow, prayer_times
from layers import crs
from layers.locator.models import PRAYERS

RIYADH = ZoneInfo("Asia/Riyadh")
LON, LAT = CITY[39]


def altitude_deg(at: datetime) -> float:
    """Return the sun's altitude by Spencer's Fourier series (1971), which shares nothing with the generator's way."""
    utc = at.astimezone(UTC)
    start = datetime(utc.year, 1, 1, tzinfo=UTC)
    length = 366 if utc.year % 4 == 0 else 365
    turn = 2 * math.pi * ((utc - start) / timedelta(days=1)) / length
    c = [math.cos(k * turn) for k in range(4)]
    s = [math.sin(k * turn) for k in range(4)]
    declination = (
        0.006918 - 0.399912 * c[1] + 0.070257 * s[1] - 0.006758 * c[2] + 0.000907 * s[2] - 0.002697 * c[3]
        + 0.00148 * s[3]
    )  # fmt: skip
    minutes = 229.18 * (0.000075 + 0.001868 * c[1] - 0.032077 * s[1] - 0.014615 * c[2] - 0.040849 * s[2])
    solar = utc.hour * 60 + utc.minute + utc.second / 60 + minutes + 4 * LON
    hour = math.radians(solar / 4 - 180)
    phi = math.radians(LAT)
    sine = math.sin(phi) * math.sin(declination) + math.cos(phi) * math.cos(declination) * math.cos(hour)
    return math.degrees(math.asin(sine))


def moments(first: date, last: date) -> dict[tuple[date, str], datetime]:
    rows = prayer_times(first, last, 39, RIYADH)
    return {(row.on, row.prayer): datetime.combine(row.on, row.at, RIYADH) for row in rows}


YEAR = moments(date(2026, 1, 1), date(2026, 12, 31))


def test_every_day_has_five_prayers_in_order() -> None:
    assert len(YEAR) == 365 * 5
    for k in range(365):
        on = date(2026, 1, 1) + timedelta(days=k)
        day = [YEAR[on, prayer] for prayer in ("fajr", "dhuhr", "asr", "maghrib", "isha")]
        assert day == sorted(day) and day[0].hour >= 3 and day[-1].hour < 22


def test_the_sun_stands_where_the_method_says() -> None:
    for (on, prayer), at in YEAR.items():
        if prayer == "fajr":
            assert abs(altitude_deg(at) + 18.5) < 0.75, on
        if prayer == "maghrib":
            assert abs(altitude_deg(at) + 0.833) < 0.75, on
        if prayer == "dhuhr":
            day = max(altitude_deg(at + timedelta(minutes=k)) for k in range(-120, 121, 5))
            assert day - altitude_deg(at) < 0.1, on
        if prayer == "asr":
            noon = 90 - altitude_deg(YEAR[on, "dhuhr"])
            wanted = math.degrees(math.atan(1 / (1 + math.tan(math.radians(noon)))))
            assert abs(altitude_deg(at) - wanted) < 0.75, on


def test_isha_waits_longer_in_ramadan() -> None:
    for (on, prayer), at in YEAR.items():
        if prayer == "isha":
            is_ramadan = Gregorian(on.year, on.month, on.day).to_hijri().month == 9
            assert at - YEAR[on, "maghrib"] == timedelta(minutes=120 if is_ramadan else 90)


def test_times_follow_the_clocks_of_the_zone() -> None:
    dubai = {(r.on, r.prayer): r for r in prayer_times(date(2026, 5, 1), date(2026, 5, 1), 39, ZoneInfo("Asia/Dubai"))}
    for key, row in dubai.items():
        here = YEAR[key]
        assert row == PrayerRow(*key, (here + timedelta(hours=1)).time())


@pytest.mark.parametrize(
    ("first", "last"), [(date(2020, 1, 1), date(2020, 1, 2)), (date(2026, 2, 2), date(2026, 2, 1))]
)
def test_other_years_are_refused(first: date, last: date) -> None:
    with pytest.raises(ValueError, match="2023 to 2050"):
        list(prayer_times(first, last, 39, RIYADH))


@pytest.mark.parametrize("belt", CITY)
def test_the_sky_is_that_of_the_city(belt: int) -> None:
    ((lon, lat),) = crs.transform_coordinates(np.array([ANCHORS[belt]]), 32600 + belt, 4326).tolist()
    assert abs(lon - CITY[belt][0]) < 0.15 and abs(lat - CITY[belt][1]) < 0.15


def test_holidays_come_once_each_and_say_which_wait_for_the_moon() -> None:
    rows = list(holidays())
    assert [row.on for row in rows] == sorted({row.on for row in rows})
    for row in rows:
        hijri = Gregorian(row.on.year, row.on.month, row.on.day).to_hijri()
        fixed = (row.on.month, row.on.day) in {(2, 22), (9, 23)}
        assert row.is_confirmed == fixed
        assert fixed or (hijri.month, hijri.day) in {*((10, d) for d in range(1, 5)), *((12, d) for d in range(9, 13))}
    for year in range(2026, 2030):
        assert {date(year, 2, 22), date(year, 9, 23)} <= {row.on for row in rows}
        assert sum(row.on.year == year for row in rows) >= 10


def test_pauses_are_of_known_prayers() -> None:
    assert [pause.prayer for pause in PAUSES] == [prayer for prayer, _ in PRAYERS]
