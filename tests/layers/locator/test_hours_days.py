"""Days that rules select, against calendars of our own: weeks, months, years, easter, the first Friday."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from random import Random

import pytest

from layers.locator.hours_rules import read
from tests.budget import budget
from tests.layers.locator.test_hours_oracle import NAMES

MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
FIRST = date(2023, 12, 25)
DAYS = [FIRST + timedelta(n) for n in range(1900)]

Selects = Callable[[date], bool]


def easter(year: int) -> date:
    """Return the Sunday after the first full moon of spring, as Gauss reckoned it for the Gregorian calendar."""
    a, b, c = year % 19, year % 4, year % 7
    k = year // 100
    p, q = (13 + 8 * k) // 25, k // 4
    m, n = (15 - p + k - q) % 30, (4 + k - q) % 7
    d = (19 * a + m) % 30
    e = (2 * b + 4 * c + 6 * d + n) % 7
    if (d == 29 and e == 6) or (d == 28 and e == 6 and (11 * m + 11) % 30 < 19):
        e -= 7
    return date(year, 3, 22) + timedelta(d + e)


def _week(rng: Random) -> tuple[str, Selects]:
    first, last, step = rng.randrange(1, 30), rng.randrange(30, 54), rng.choice([1, 2, 3, 5])
    alone = rng.randrange(1, 54)
    text = f"week {first:02}-{last:02}{f'/{step}' if step > 1 else ''},{alone:02}"

    def selects(day: date) -> bool:
        week = day.isocalendar().week
        return week == alone or (first <= week <= last and (week - first) % step == 0)

    return text, selects


def _month(rng: Random) -> tuple[str, Selects]:
    first, last, alone = rng.randrange(12), rng.randrange(12), rng.randrange(12)

    def selects(day: date) -> bool:
        n = day.month - 1
        return n == alone or (first <= n <= last if first <= last else n >= first or n <= last)

    return f"{MONTHS[first]}-{MONTHS[last]},{MONTHS[alone]}", selects


def _dates(rng: Random) -> tuple[str, Selects]:
    one, other = rng.choice(DAYS), rng.choice(DAYS)
    first, last = (one.month, one.day), (other.month, other.day)
    if rng.random() < 0.5:
        begin, end = sorted((one, other))
        written = (
            f"{begin.year} {MONTHS[begin.month - 1]} {begin.day:02}-{end.year} {MONTHS[end.month - 1]} {end.day:02}"
        )
        return written, lambda day: begin <= day <= end

    def selects(day: date) -> bool:
        of = (day.month, day.day)
        return first <= of <= last if first <= last else of >= first or of <= last

    return f"{MONTHS[first[0] - 1]} {first[1]:02}-{MONTHS[last[0] - 1]} {last[1]:02}", selects


def _year(rng: Random) -> tuple[str, Selects]:
    first, step = rng.randrange(2020, 2027), rng.choice([1, 2, 3])
    last = first + rng.randrange(1, 6)
    text = f"{first}-{last}{f'/{step}' if step > 1 else ''} Mo-Su"
    return text, lambda day: first <= day.year <= last and (day.year - first) % step == 0


def _months_of_years(rng: Random) -> tuple[str, Selects]:
    first, years, months = rng.randrange(2023, 2028), rng.randrange(3), _month(rng)
    text = f"{first}{f'-{first + years}' if years else ''} {months[0]}"
    return text, lambda day: first <= day.year <= first + years and months[1](day)


def _everything(rng: Random) -> tuple[str, Selects]:
    (months, in_month), (weeks, in_week) = _months_of_years(rng), _week(rng)
    weekday = rng.randrange(7)
    text = f"{months} {weeks} {NAMES[weekday]}"
    return text, lambda day: in_month(day) and in_week(day) and day.weekday() == weekday


def _nth(rng: Random) -> tuple[str, Selects]:
    weekday, n, offset = rng.randrange(7), rng.choice([1, 2, 3, 4, 5, -1, -2]), rng.choice([0, 0, 1, -1, 3])

    def is_nth(day: date) -> bool:
        if day.weekday() != weekday:
            return False
        if n > 0:
            return (day.day - 1) // 7 + 1 == n
        rest = ((day.replace(day=28) + timedelta(4)).replace(day=1) - timedelta(1)).day - day.day
        return rest // 7 + 1 == -n

    shift = f" {offset:+d} day{'s' if abs(offset) != 1 else ''}" if offset else ""
    return f"{NAMES[weekday]}[{n}]{shift}", lambda day: is_nth(day - timedelta(offset))


def _easter(rng: Random) -> tuple[str, Selects]:
    offset = rng.choice([0, -2, 1, 39, 49, -47])
    shift = f" {offset:+d} day{'s' if abs(offset) != 1 else ''}" if offset else ""
    return f"easter{shift}", lambda day: day == easter(day.year) + timedelta(offset)


@pytest.mark.parametrize("kind", [_week, _month, _dates, _year, _months_of_years, _everything, _nth, _easter])
@pytest.mark.parametrize("seed", range(budget(6, 200)))
def test_selected_days_are_those_of_the_calendar(kind: Callable[[Random], tuple[str, Selects]], seed: int) -> None:
    text, selects = kind(Random(seed))
    [rule] = read(f"{text} 10:00-12:00")
    wrong = [str(day) for day in DAYS if rule.days.hold(day, lambda _: False, lambda _: False) != selects(day)]
    assert not wrong, (text, wrong[:5])


def test_easter_is_where_it_was() -> None:
    assert [easter(year) for year in (2024, 2025, 2026, 2038)] == [
        date(2024, 3, 31),
        date(2025, 4, 20),
        date(2026, 4, 5),
        date(2038, 4, 25),
    ]
