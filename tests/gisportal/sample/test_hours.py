"""Opening hours of the sample, read by an independent parser of OpenStreetMap's notation."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta

import pytest
from opening_hours import OpeningHours, State

from gisportal.sample.hours import FREE_WORDS, HOURS, OF_KIND, RESTAURANT, hours_of
from gisportal.sample.places import OF_LOT, OF_SHOP
from layers.catalog.places import CATEGORIES
from layers.files.mapping import TEXT_LIMIT
from layers.locator.categories import KINDS
from tests.gisportal.sample.cities import city

PAIRS = {pair for choices in (*HOURS.values(), RESTAURANT, tuple(OF_KIND.values())) for pair in choices}
EVERY = sorted({hours for pair in PAIRS for hours in pair if hours})
FRIDAY, SATURDAY = date(2026, 11, 27), date(2026, 11, 28)


def is_open(hours: str, day: date, hour: int, minute: int = 0) -> bool:
    at = datetime(day.year, day.month, day.day) + timedelta(hours=hour, minutes=minute)
    state, _ = OpeningHours(hours).state(at)
    return bool(state == State.OPEN)


def chosen(category: str, words: str) -> str:
    """Return the choice of a category that holds these words."""
    (found,) = [hours for hours, _ in HOURS[category] if words in hours]
    return found


def test_every_category_has_hours() -> None:
    assert set(HOURS) == set(CATEGORIES)


@pytest.mark.parametrize("hours", EVERY)
def test_an_independent_parser_reads_them_and_they_are_open_at_some_time(hours: str) -> None:
    assert len(hours) <= TEXT_LIMIT
    week = [is_open(hours, SATURDAY + timedelta(days=d), h) for d in range(7) for h in range(24)]
    assert any(week)
    assert ("24/7" == hours) == all(week)


@pytest.mark.parametrize("words", FREE_WORDS)
def test_words_of_people_are_no_notation(words: str) -> None:
    with pytest.raises(Exception, match="Failed to parse"):
        OpeningHours(words)


def test_shops_rest_on_friday_until_the_prayer_is_over() -> None:
    for hours, _ in HOURS["food"]:
        if "Fr " in hours:
            assert not is_open(hours, FRIDAY, 12)
            assert is_open(hours, FRIDAY, 18)
            assert is_open(hours, SATURDAY, 10)


def test_a_shop_closes_for_the_prayers_of_the_day() -> None:
    hours = chosen("food", "11:35")
    times = [(11, 0), (11, 50), (12, 30), (15, 0), (16, 0), (17, 15), (18, 0)]
    assert [is_open(hours, SATURDAY, *t) for t in times] == [True, False, True, False, True, False, True]


def test_shops_wake_up_in_the_evenings_of_ramadan() -> None:
    for hours, in_ramadan in HOURS["food"]:
        if in_ramadan:
            assert not is_open(in_ramadan, SATURDAY, 8), hours
            assert is_open(in_ramadan, SATURDAY, 23)
            assert is_open(in_ramadan, SATURDAY + timedelta(days=1), 2)


def test_public_offices_work_from_sunday_to_thursday() -> None:
    for pair in HOURS["municipal"]:
        for hours in filter(None, pair):
            assert is_open(hours, SATURDAY + timedelta(days=1), 11)
            assert not is_open(hours, FRIDAY, 11)
            assert not is_open(hours, SATURDAY, 11)


def test_a_city_has_places_of_every_sort_of_hours() -> None:
    places = list(city(5000, 8).places)
    shops = [p for p in places if p.category in ("food", "repair", "water", "gas")]
    share = Counter("unknown" if not p.opening_hours else p.opening_hours in FREE_WORDS for p in shops)
    assert 0.01 < share["unknown"] / len(shops) < 0.12
    assert 0.005 < share[True] / len(shops) < 0.1
    assert {p.opening_hours for p in places} <= {"", *FREE_WORDS} | {hours for hours, _ in PAIRS}
    assert sum(bool(p.ramadan_hours) for p in places) > len(places) / 5
    assert all(hours_of(p.category, p.kind, p.id) == (p.opening_hours, p.ramadan_hours) for p in places)


def test_what_is_public_says_its_hours() -> None:
    for place in city(5000, 8).places:
        if place.category in ("mosque", "school", "municipal", "park"):
            assert place.opening_hours and place.opening_hours not in FREE_WORDS
        if place.kind in ("hospital", "police", "fire_station"):
            assert (place.opening_hours, place.prayer_pause) == ("24/7", "no")


def test_kinds_are_those_of_their_category() -> None:
    for category, kinds in (*OF_LOT.items(), *OF_SHOP.items()):
        for kind in kinds:
            assert KINDS[kind].category == category
    found = {p.kind for p in city(5000, 8).places}
    assert len(found) > 25
    for place in city(5000, 8).places:
        assert KINDS[place.kind].category == place.category


def test_places_say_where_they_are_who_can_enter_and_who_said_so() -> None:
    sample = city(5000, 8)
    addresses = {a.parcel: a for a in sample.addresses}
    places = list(sample.places)
    for place in places:
        address = addresses.get(place.parcel)
        assert bool(place.address_ar) == bool(place.address_en) == (address is not None)
        if address is not None:
            assert place.address_en.startswith(f"{address.building_no} {address.street_en}, ")
            assert address.district_ar in place.address_ar and address.postcode in place.address_ar
        assert place.source and place.source_on is not None and place.source_on.year == 2026
    assert len({p.source_ref for p in places}) == len(places)
    assert {p.wheelchair for p in places} == {"yes", "limited", "no", ""}
    assert {p.prayer_pause for p in places} == {"yes", "no", ""}
    assert sum(bool(p.address_ar) for p in places) > len(places) / 4
