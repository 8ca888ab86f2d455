"""Opening hours of the sample, read by an independent parser of OpenStreetMap's notation."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import chain

import pytest
from hijridate import Hijri
from opening_hours import OpeningHours, State

from gisportal.sample.places import HOURS, RAMADAN, hours_of
from layers.catalog.places import CATEGORIES
from layers.files.mapping import TEXT_LIMIT
from tests.gisportal.sample.cities import city

EVERY = sorted({hours for choices in HOURS.values() for hours in choices if hours})
FRIDAY, SATURDAY = date(2026, 11, 27), date(2026, 11, 28)
RAMADAN_SUNDAY = date(2027, 2, 14)


def is_open(hours: str, day: date, hour: int, minute: int = 0) -> bool:
    at = datetime(day.year, day.month, day.day) + timedelta(hours=hour, minutes=minute)
    state, _ = OpeningHours(hours).state(at)
    return bool(state == State.OPEN)


def chosen(category: str, words: str) -> str:
    """Return the choice of a category that holds these words."""
    (found,) = [hours for hours in HOURS[category] if words in hours]
    return found


def test_every_category_has_hours() -> None:
    assert set(HOURS) == set(CATEGORIES)


@pytest.mark.parametrize("hours", EVERY)
def test_an_independent_parser_reads_them_and_they_are_open_at_some_time(hours: str) -> None:
    assert len(hours) <= TEXT_LIMIT
    week = [is_open(hours, SATURDAY + timedelta(days=d), h) for d in range(7) for h in range(24)]
    assert any(week)
    assert ("24/7" == hours) == all(week)


def test_shops_rest_on_friday_until_the_prayer_is_over() -> None:
    for hours in HOURS["food"]:
        if "Fr " in hours:
            assert not is_open(hours, FRIDAY, 12)
            assert is_open(hours, FRIDAY, 18)
            assert is_open(hours, SATURDAY, 10)


def test_a_shop_closes_for_the_prayers_of_the_day() -> None:
    hours = chosen("food", "11:35")
    times = [(11, 0), (11, 50), (12, 30), (15, 0), (16, 0), (17, 15), (18, 0)]
    assert [is_open(hours, SATURDAY, *t) for t in times] == [True, False, True, False, True, False, True]


def test_ramadan_has_hours_of_its_own_on_its_days_and_no_other() -> None:
    hours = chosen("food", "20:00-03:00")
    assert is_open(hours, SATURDAY, 10)
    assert not is_open(hours, RAMADAN_SUNDAY, 10)
    assert is_open(hours, RAMADAN_SUNDAY, 22)
    assert is_open(hours, RAMADAN_SUNDAY + timedelta(days=1), 2), "past midnight is still the evening before"


def test_the_days_of_ramadan_are_those_of_umm_al_qura() -> None:
    for year, words in zip((1447, 1448, 1449), RAMADAN, strict=True):
        first = Hijri(year, 9, 1).to_gregorian()
        last = Hijri(year, 10, 1).to_gregorian() - timedelta(days=1)
        assert words == f"{first:%Y %b %d}-{last:%Y %b %d}"


def test_public_offices_work_from_sunday_to_thursday() -> None:
    for hours in HOURS["municipal"]:
        assert is_open(hours, SATURDAY + timedelta(days=1), 9)
        assert not is_open(hours, FRIDAY, 9)
        assert not is_open(hours, SATURDAY, 9)


def test_a_city_has_places_of_every_kind_of_hours() -> None:
    found = {p.opening_hours for p in city(5000, 8).places}
    common = set(chain.from_iterable(HOURS[c] for c in ("mosque", "park", "food")))
    assert common <= found
    assert {p.opening_hours for p in city(5000, 8).places} <= {h for c in CATEGORIES for h in HOURS[c]}


def test_hours_follow_from_the_number_of_the_place() -> None:
    assert [hours_of("food", n) for n in range(50)] == [hours_of("food", n) for n in range(50)]
    assert {hours_of("food", n) for n in range(200)} == set(HOURS["food"])
    assert {p.opening_hours == hours_of(p.category, p.id) for p in city().places} == {True}
