"""Places of the neighbourhood finder, on the lots where one would look for them."""

from __future__ import annotations

import itertools
from random import Random

from gisportal.sample.fabric import Lot
from gisportal.sample.names import NOUNS, PLACE_NAMES, pick
from gisportal.sample.rows import ParcelRow, PlaceRow, Point, Ring

OF_USE = {"mosque": "mosque", "school": "school", "park": "park", "health": "health", "government": "municipal"}
SHOPS = ("food", "food", "food", "health", "gas", "water", "repair", "repair", "fuel", "public_service")
RAMADAN = ("2026 Feb 18-2026 Mar 19", "2027 Feb 08-2027 Mar 08", "2028 Jan 28-2028 Feb 25")
"""Ramadan of 1447, 1448 and 1449 AH by Umm al-Qura: the notation has no Hijri months, so places name the days."""


def _in_ramadan(rule: str) -> str:
    """Return a rule for the days of Ramadan of the years that are known."""
    return "; ".join(f"{days} {rule}" for days in RAMADAN)


HOURS: dict[str, tuple[str, ...]] = {
    "mosque": ("24/7", "(dawn-00:20)-(sunrise+00:20),11:20-13:00,14:40-16:10,(sunset-00:20)-21:15"),
    "park": (
        "24/7",
        "16:00-24:00",
        "Sa-We 16:00-23:00; Th-Fr 15:00-01:00",
        "Oct-Apr 15:00-23:00; May-Sep 17:00-01:00",
    ),
    "fuel": ("24/7", "24/7", "05:00-01:00"),
    "school": ("Su-Th 06:30-13:30", "Su-Th 06:45-13:15; Jul-Aug off; PH off", "Su-Th 06:30-13:00; SH,PH off"),
    "municipal": (
        f"Su-Th 07:30-14:30; {_in_ramadan('Su-Th 10:00-15:00')}; PH off",
        "Su-Th 07:30-14:30; PH off",
    ),
    "public_service": (
        "Su-Th 08:00-16:00",
        f"Su-Th 08:00-20:00; Sa 09:00-15:00; {_in_ramadan('Su-Th 10:00-15:00,21:00-24:00')}; PH off",
        "24/7",
    ),
    "health": (
        "Sa-Th 08:00-23:00; Fr 16:00-23:00",
        "24/7",
        "Sa-Th 09:00-12:00,16:00-22:00; Fr off",
        f"Sa-Th 08:00-23:00; Fr 16:00-23:00; {_in_ramadan('11:00-17:00,20:30-02:00')}",
    ),
    "food": (
        "Sa-Th 06:00-24:00; Fr 13:00-24:00",
        "Sa-Th 06:00-11:35,12:10-14:50,15:20-17:00,17:30-24:00; Fr 06:00-10:50,13:00-24:00",
        "24/7",
        "05:30-01:00",
        f"Sa-Th 07:00-23:30; Fr 13:30-23:30; {_in_ramadan('13:00-17:00,20:00-03:00')}",
        "Mo-Su,PH 06:00-02:00",
    ),
    "gas": (
        "Sa-Th 07:00-22:00; Fr 13:30-22:00",
        "Sa-Th 06:30-12:00,13:00-17:00,(sunset+00:20)-23:00; Fr 13:30-23:00",
    ),
    "water": ("Sa-Th 07:00-23:00; Fr 13:30-23:00", "Sa-Th 08:00-12:00,13:00-22:00; Fr 16:00-22:00", "24/7"),
    "repair": (
        "Sa-Th 08:00-12:00,16:00-21:00",
        "Sa-We 08:00-18:00; Th 08:00-13:00; Fr off",
        "",
        "Sa-Th 08:30-12:00,13:00-17:30; Fr off; PH off",
    ),
}
"""In OpenStreetMap's notation: breaks for prayer, Fridays, Ramadan, past midnight, by the sun, and unknown hours."""


def hours_of(category: str, number: int) -> str:
    """Return the opening hours of the ``number``-th place: the same for the same number, mixed along a street."""
    choices = HOURS[category]
    return choices[(number * 2_654_435_761 >> 16) % len(choices)]


BESIDE_HOLE_MM = 12_000


def place_of(number: int, lot: Lot, parcel: ParcelRow, rng: Random) -> PlaceRow | None:
    """Return the place on a lot: always on public uses, on two shops in three, none on homes."""
    category = OF_USE.get(lot.use, "")
    if lot.use == "commercial" and rng.random() < 0.66:
        category = SHOPS[int(rng.random() * len(SHOPS))]
    if not category:
        return None
    (ar, en), (noun_ar, noun_en) = PLACE_NAMES[category], pick(NOUNS, rng)
    x, y = centroid(lot.rings[0])
    point = (x + BESIDE_HOLE_MM, y) if len(lot.rings) > 1 else (x, y)
    phone = f"+966 13 000 {number % 10_000:04d}"
    return PlaceRow(
        number, category, f"{ar} {noun_ar}", f"{noun_en} {en}", hours_of(category, number), phone, point, parcel.uid
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
