"""Places of the neighbourhood finder, on the lots where one would look for them."""

from __future__ import annotations

import itertools
from random import Random

from gisportal.sample.fabric import Lot
from gisportal.sample.names import NOUNS, PLACE_NAMES, pick
from gisportal.sample.rows import ParcelRow, PlaceRow, Point, Ring

OF_USE = {"mosque": "mosque", "school": "school", "park": "park", "health": "health", "government": "municipal"}
SHOPS = ("food", "food", "food", "health", "gas", "water", "repair", "repair", "fuel", "public_service")
HOURS = {
    "mosque": "24/7",
    "park": "24/7",
    "fuel": "24/7",
    "school": "Su-Th 06:30-13:30",
    "municipal": "Su-Th 07:30-14:30",
    "public_service": "Su-Th 08:00-16:00",
    "health": "Sa-Th 08:00-23:00; Fr 16:00-23:00",
    "food": "Sa-Th 06:00-24:00; Fr 13:00-24:00",
    "gas": "Sa-Th 07:00-22:00; Fr 13:30-22:00",
    "water": "Sa-Th 07:00-23:00; Fr 13:30-23:00",
    "repair": "Sa-Th 08:00-12:00,16:00-21:00",
}
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
    return PlaceRow(number, category, f"{ar} {noun_ar}", f"{noun_en} {en}", HOURS[category], phone, point, parcel.uid)


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
