"""Places of the neighbourhood finder, on the lots where one would look for them."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from random import Random

from gisportal.sample.fabric import Lot
from gisportal.sample.hours import hours_of
from gisportal.sample.names import NOUNS, PLACE_NAMES, pick
from gisportal.sample.rows import AddressRow, ParcelRow, PlaceRow, Point, Ring

OF_USE = {"mosque": "mosque", "school": "school", "park": "park", "health": "health", "government": "municipal"}
SHOPS = ("food", "food", "food", "health", "gas", "water", "repair", "repair", "fuel", "public_service")

OF_LOT: dict[str, tuple[str, ...]] = {
    "mosque": ("mosque", "mosque", "mosque", "friday_mosque"),
    "school": ("school", "school", "school", "kindergarten"),
    "park": ("park", "park", "playground"),
    "health": ("clinic", "clinic", "hospital"),
    "municipal": ("service_centre", "service_counter", "town_hall"),
}
OF_SHOP: dict[str, tuple[str, ...]] = {
    "food": ("convenience", "convenience", "supermarket", "bakery", "greengrocer", "butcher", "restaurant", "cafe"),
    "health": ("pharmacy", "pharmacy", "pharmacy", "clinic", "dentist", "laboratory"),
    "gas": ("gas_bottles",),
    "water": ("water_shop", "water_shop", "water_point"),
    "repair": ("car_repair", "car_repair", "tyres", "electrician", "plumber", "air_conditioning", "hardware"),
    "fuel": ("fuel_station",),
    "public_service": ("post_office", "police", "government_office", "library", "fire_station"),
}
"""Kinds of a category by how often they come, on lots of their own and among shops."""

PAUSES_BY_CATEGORY = {"food": 75, "gas": 90, "water": 80, "repair": 85, "fuel": 20, "public_service": 60}
"""How many in a hundred close for prayers; of the others one does not say."""

ACCESS = ("yes", "limited", "no", "")
ACCESS_PUBLIC, ACCESS_SHOP = (70, 90, 95, 100), (25, 45, 65, 100)
"""In a hundred, added up: how places on public lots and in shops are for a wheelchair; the last do not say."""

SOURCE = "بلدية مرسى الخليج / Marsa Al Khaleej Municipality"
SURVEYED_ON = date(2026, 1, 4)
SURVEY_DAYS = 120
BESIDE_HOLE_MM = 12_000


def share_of(number: int, what: int) -> int:
    """Return a number from 0 to 99 that follows from a place's number and from what is asked of it."""
    return ((number * 2_654_435_761 + what * 40_503_001) >> 15) % 100


def place_of(number: int, lot: Lot, parcel: ParcelRow, rng: Random) -> PlaceRow | None:
    """Return the place on a lot: always on public uses, on two shops in three, none on homes."""
    category = OF_USE.get(lot.use, "")
    is_shop = lot.use == "commercial" and rng.random() < 0.66
    if is_shop:
        category = SHOPS[int(rng.random() * len(SHOPS))]
    if not category:
        return None
    kinds = OF_SHOP[category] if is_shop else OF_LOT[category]
    kind = kinds[share_of(number, 1) * len(kinds) // 100]
    (ar, en), (noun_ar, noun_en) = PLACE_NAMES[kind], pick(NOUNS, rng)
    x, y = centroid(lot.rings[0])
    opening, in_ramadan = hours_of(category, kind, number)
    limits = ACCESS_SHOP if is_shop else ACCESS_PUBLIC
    share = share_of(number, 2)
    return PlaceRow(
        number,
        category,
        kind,
        f"{ar} {noun_ar}",
        f"{noun_en} {en}",
        opening,
        in_ramadan,
        _pause(category, kind, number),
        f"+966 13 000 {number % 10_000:04d}" if share_of(number, 3) < 92 else "",
        next(word for word, limit in zip(ACCESS, limits, strict=True) if share < limit),
        (x + BESIDE_HOLE_MM, y) if len(lot.rings) > 1 else (x, y),
        parcel.uid,
        source=SOURCE,
        source_ref=f"survey:{number}",
        source_on=SURVEYED_ON + timedelta(days=number * 7 % SURVEY_DAYS),
    )


def _pause(category: str, kind: str, number: int) -> str:
    """Return whether a place closes for prayers: shops mostly do, a hospital does not, a mosque has no say."""
    if category in ("mosque", "park", "school"):
        return ""
    if kind in ("hospital", "police", "fire_station"):
        return "no"
    share = share_of(number, 4)
    closing = PAUSES_BY_CATEGORY.get(category, 50)
    return "yes" if share < closing else "no" if share < closing + (100 - closing) * 2 // 3 else ""


def with_addresses(places: Iterable[PlaceRow], addresses: Iterable[AddressRow]) -> Iterator[PlaceRow]:
    """Yield places with the address of their lot, where it has one."""
    at = {address.parcel: address for address in addresses}
    for place in places:
        address = at.get(place.parcel)
        if address is None:
            yield place
            continue
        yield place._replace(
            address_ar=(f"{address.building_no} {address.street_ar}، {address.district_ar}، {address.postcode}"),
            address_en=f"{address.building_no} {address.street_en}, {address.district_en}, {address.postcode}",
        )


def centroid(ring: Ring) -> Point:
    """Return the centre of gravity of a closed ring, in whole millimetres, by integer arithmetic."""
    x0, y0 = ring[0]
    total = sum_x = sum_y = 0
    for (ax, ay), (bx, by) in itertools.pairwise(ring):
        ax, ay, bx, by = ax - x0, ay - y0, bx - x0, by - y0
        across = ax * by - bx * ay
        total += across
        sum_x += across * (ax + bx)
        sum_y += across * (ay + by)
    return x0 + sum_x // (3 * total), y0 + sum_y // (3 * total)
