"""Times of prayer from the sun over the city, by the Umm al-Qura method, for the made-up municipality.

The sun's place follows the low-precision formulas of the Astronomical Almanac (good to 0.01 degrees between 1950 and
2050); times are to the minute. Like the rest of the sample they come out the same on every machine (``exact.py``).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from math import floor, sqrt
from typing import NamedTuple
from zoneinfo import ZoneInfo

from hijridate import Gregorian

from gisportal.sample.exact import atan_of, sincos

__all__ = ["CITY", "PrayerRow", "prayer_times"]

CITY: dict[int, tuple[float, float]] = {38: (46.70, 24.70), 39: (50.15, 26.42), 40: (55.35, 25.22)}
"""Longitude and latitude of the city in each UTM belt, degrees: near enough for times to the minute."""

PI = 3.141592653589793
DEGREE = PI / 180
HORIZON_DEG = -0.833  # half the sun's disc and the refraction at the horizon
FAJR_DEG = -18.5
ISHA_MIN, ISHA_RAMADAN_MIN = 90, 120
RAMADAN = 9
MONTHS_KNOWN = (date(2023, 1, 1), date(2050, 12, 31))


class PrayerRow(NamedTuple):
    """When a prayer is called on a day, on the clocks of the municipality."""

    on: date
    prayer: str
    at: time


def _sincos(angle: float) -> tuple[float, float]:
    """Return sine and cosine of any angle in radians."""
    angle -= 2 * PI * floor(angle / (2 * PI) + 0.5)
    if angle > PI / 2:
        sine, cosine = sincos(PI - angle)
        return sine, -cosine
    if angle < -PI / 2:
        sine, cosine = sincos(-PI - angle)
        return sine, -cosine
    return sincos(angle)


def _angle(sine: float, cosine: float) -> float:
    """Return the angle between -pi and pi that has this sine and cosine, in radians."""
    if cosine > 0.0:
        return atan_of(sine, cosine)
    half = PI / 2 - atan_of(cosine, abs(sine)) if sine else PI
    return half if sine >= 0.0 else -half


def _sun(days: float) -> tuple[float, float, float]:
    """Return sine and cosine of the declination, and the equation of time in minutes, ``days`` after 2000-01-01 12:00
    UTC.
    """
    anomaly = (357.528 + 0.9856003 * days) * DEGREE
    mean = 280.460 + 0.9856474 * days
    sine, _ = _sincos(anomaly)
    sine2, _ = _sincos(2 * anomaly)
    sin_l, cos_l = _sincos((mean + 1.915 * sine + 0.020 * sine2) * DEGREE)
    sin_e, cos_e = _sincos((23.439 - 0.0000004 * days) * DEGREE)
    ascension = _angle(cos_e * sin_l, cos_l) / DEGREE
    behind = mean - ascension
    behind -= 360.0 * floor(behind / 360.0 + 0.5)
    sin_d = sin_e * sin_l
    return sin_d, sqrt(1.0 - sin_d * sin_d), behind * 4.0


def _moment(on: date, place: tuple[float, float], sine_altitude: float | None, *, is_before_noon: bool) -> datetime:
    """Return when the sun stands at an altitude on a day (None: highest), in UTC."""
    longitude, latitude = place
    midnight = datetime(on.year, on.month, on.day, tzinfo=UTC)
    start = (midnight - datetime(2000, 1, 1, 12, tzinfo=UTC)) / timedelta(days=1)
    sin_p, cos_p = _sincos(latitude * DEGREE)
    minutes = 720.0 - 4.0 * longitude
    for _ in range(3):  # the sun moves a little between noon and the moment looked for
        sin_d, cos_d, equation = _sun(start + minutes / 1440.0)
        noon = 720.0 - 4.0 * longitude - equation
        minutes = noon
        if sine_altitude is not None:
            cosine = (sine_altitude - sin_p * sin_d) / (cos_p * cos_d)
            turn = _angle(sqrt(max(1.0 - cosine * cosine, 0.0)), cosine) / DEGREE * 4.0
            minutes = noon - turn if is_before_noon else noon + turn
    return midnight + timedelta(minutes=floor(minutes + 0.5))


def _afternoon_sine(on: date, latitude: float) -> float:
    """Return the sine of the sun's altitude when a shadow is as long as its object and what it was at noon."""
    start = (datetime(on.year, on.month, on.day, 12, tzinfo=UTC) - datetime(2000, 1, 1, 12, tzinfo=UTC)).days
    sin_d, cos_d, _ = _sun(float(start))
    sin_p, cos_p = _sincos(latitude * DEGREE)
    across, along = abs(sin_p * cos_d - cos_p * sin_d), cos_p * cos_d + sin_p * sin_d
    shadow = 1.0 + across / along
    return 1.0 / sqrt(1.0 + shadow * shadow)


def prayer_times(first: date, last: date, belt: int, zone: ZoneInfo) -> Iterator[PrayerRow]:
    """Yield five prayers a day, both days belonging to the span, on the clocks of a time zone.

    Fajr is called with the sun 18.5 degrees below the horizon; isha 90 minutes after maghrib, in Ramadan 120.

    Parameters
    ----------
    first, last : date
        Between 2023 and 2050.
    belt : int
        UTM belt of the city: 38, 39 or 40.

    Raises
    ------
    ValueError
        Days outside these years.
    """
    if not MONTHS_KNOWN[0] <= first <= last <= MONTHS_KNOWN[1]:
        raise ValueError(f"times of prayer are made for {MONTHS_KNOWN[0].year} to {MONTHS_KNOWN[1].year}")
    place = CITY[belt]
    fajr, horizon = _sincos(FAJR_DEG * DEGREE)[0], _sincos(HORIZON_DEG * DEGREE)[0]
    for k in range((last - first).days + 1):
        on = first + timedelta(days=k)
        is_ramadan = Gregorian(on.year, on.month, on.day).to_hijri().month == RAMADAN
        sunset = _moment(on, place, horizon, is_before_noon=False)
        called = {
            "fajr": _moment(on, place, fajr, is_before_noon=True),
            "dhuhr": _moment(on, place, None, is_before_noon=False) + timedelta(minutes=1),
            "asr": _moment(on, place, _afternoon_sine(on, place[1]), is_before_noon=False),
            "maghrib": sunset,
            "isha": sunset + timedelta(minutes=ISHA_RAMADAN_MIN if is_ramadan else ISHA_MIN),
        }
        for prayer, at in called.items():
            yield PrayerRow(on, prayer, at.astimezone(zone).time())
