"""The demonstration's survey: a proper subdivision of the demonstration lot into four, and a careless first attempt.

Coordinates are whole millimetres of the city's storage CRS. The proper drawing puts its new corners on the lot's front
and back, rounded once; the first attempt carries three faults that a checker must find.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection
from math import floor
from typing import NamedTuple

from gisportal.sample.city import Chunk, City
from gisportal.sample.exact import area2_mm2, hypot_of
from gisportal.sample.rows import ParcelRow, Point, Ring, Situation

PARTS = 4
FAULT_FRONTAGE_MM = 9_410
"""Frontage of the first attempt's first part: below the least of 10 m."""

FAULT_OVERLAP_MM = 160
"""How far the first attempt's second part reaches into the land behind: more than a tolerance forgives."""

FAULT_FRONTAGE_4_MM = 11_000
FAULT_DEPTH_MM = 15_000
"""The first attempt's fourth part is 11 m by 15 m: below the least area; the third reaches behind it."""


class SurveyPiece(NamedTuple):
    """A part of a drawing: its number, its closed outline, and the area in m2 that the drawing states (two places)."""

    number: str
    ring: Ring
    area_m2: str


class Drawing(NamedTuple):
    """Parts and the outer outline, as a survey file holds them."""

    outer: Ring
    parts: tuple[SurveyPiece, ...]


class DemoSurvey(NamedTuple):
    """The demonstration's two drawings. ``lot`` is the situation, ``parcel`` the register's row of the same lot."""

    lot: Situation
    parcel: ParcelRow
    proper: Drawing
    first_attempt: Drawing
    faults: tuple[str, ...]


def demo_subdivision(city: City) -> DemoSurvey:
    """Return the survey of the demonstration lot (situation ``clean_wide``).

    Raises
    ------
    KeyError
        The city is too small to hold the lot.
    """
    lot = city.situation("clean_wide")
    chunk = next(c for c in city.chunks() if lot in c.situations)
    parcel = next(p for p in chunk.parcels if p.uid == lot.uid)
    front, back = front_and_back(_street_points(chunk), parcel.rings[0][:-1])
    faults = (
        f"part 1: frontage {FAULT_FRONTAGE_MM / 1000:.2f} m",
        f"part 2: overlaps the parcel behind by {FAULT_OVERLAP_MM / 10:.0f} cm",
        f"part 4: area {FAULT_FRONTAGE_4_MM * FAULT_DEPTH_MM / 1_000_000:.0f} m2",
    )
    return DemoSurvey(lot, parcel, _proper(front, back), _first_attempt(front, back), faults)


def _street_points(chunk: Chunk) -> set[Point]:
    return {p for s in chunk.streets if not s.is_closed for area in s.right_of_way for p in area[0]}


def front_and_back(on_street: Collection[Point], ring: tuple[Point, ...]) -> tuple[list[Point], list[Point]]:
    """Return the lot's front (its run of vertices on a street) and its back, both in the same direction."""
    start = next(k for k, p in enumerate(ring) if p in on_street and ring[k - 1] not in on_street)
    turned = [*ring[start:], *ring[:start]]
    count = sum(p in on_street for p in turned)
    return turned[:count], turned[count:][::-1]


def _along(line: list[Point], distance: float) -> tuple[Point, int]:
    """Return the place ``distance`` mm along a line, rounded once, and how many vertices of the line lie before it."""
    for k, ((ax, ay), (bx, by)) in enumerate(itertools.pairwise(line)):
        length = hypot_of(float(bx - ax), float(by - ay))
        if distance < length or k == len(line) - 2:
            part = distance / length
            return (floor(ax + (bx - ax) * part + 0.5), floor(ay + (by - ay) * part + 0.5)), k + 1
        distance -= length
    raise ValueError("a line needs two vertices")


def length_of(line: list[Point]) -> float:
    """Return the length of a line in mm."""
    return sum(hypot_of(float(bx - ax), float(by - ay)) for (ax, ay), (bx, by) in itertools.pairwise(line))


def _between(line: list[Point], start: float, end: float) -> list[Point]:
    """Return the run of a line between two distances: both ends and the line's own vertices between them."""
    (first, i), (last, j) = _along(line, start), _along(line, end)
    run = [first, *line[i:j], last]
    return [p for k, p in enumerate(run) if k == 0 or p != run[k - 1]]


def _piece(number: int, points: list[Point]) -> SurveyPiece:
    ring = (*points, points[0])
    area2 = area2_mm2(ring)
    if area2 < 0:
        ring, area2 = ring[::-1], -area2
    cents = (area2 + 10_000) // 20_000
    return SurveyPiece(str(number), ring, f"{cents // 100}.{cents % 100:02d}")


def strips(front: list[Point], back: list[Point], cuts: list[float]) -> list[list[Point]]:
    """Cut the lot across: each strip runs along the front between two cuts and back along the rear."""
    scale = length_of(back) / length_of(front)
    return [_between(front, a, b) + _between(back, a * scale, b * scale)[::-1] for a, b in itertools.pairwise(cuts)]


def _outer(front: list[Point], back: list[Point]) -> Ring:
    return _piece(0, [*front, *back[::-1]]).ring


def _proper(front: list[Point], back: list[Point]) -> Drawing:
    width = length_of(front)
    cuts = [width * k / PARTS for k in range(PARTS + 1)]
    parts = tuple(_piece(k, strip) for k, strip in enumerate(strips(front, back, cuts), start=1))
    return Drawing(_outer(front, back), parts)


def _first_attempt(front: list[Point], back: list[Point]) -> Drawing:
    width = length_of(front)
    third = width - FAULT_FRONTAGE_4_MM
    cuts = [0.0, FAULT_FRONTAGE_MM, FAULT_FRONTAGE_MM + (third - FAULT_FRONTAGE_MM) / 2, third, width]
    first, second, _, _ = strips(front, back, cuts)
    second_rear = len(_between(front, cuts[1], cuts[2]))
    scale = length_of(back) / width
    depth = length_of([front[-1], back[-1]])
    inner_west, inner_east = _behind(front, back, third, depth), _behind(front, back, width, depth)
    small = [*_between(front, third, width), inner_east, inner_west]
    rest = [*_between(front, cuts[2], third), inner_west, inner_east, *_between(back, cuts[2] * scale, width)[::-1]]
    return Drawing(
        _outer(front, back),
        (
            _piece(1, first),
            _piece(2, _pushed(second, second_rear, back, depth, front)),
            _piece(3, rest),
            _piece(4, small),
        ),
    )


def _behind(front: list[Point], back: list[Point], distance: float, depth: float) -> Point:
    """Return the place ``FAULT_DEPTH_MM`` behind a place of the front."""
    (fx, fy), _ = _along(front, distance)
    (bx, by), _ = _along(back, distance * length_of(back) / length_of(front))
    part = FAULT_DEPTH_MM / depth
    return floor(fx + (bx - fx) * part + 0.5), floor(fy + (by - fy) * part + 0.5)


def _pushed(strip: list[Point], first_rear: int, back: list[Point], depth: float, front: list[Point]) -> list[Point]:
    """Move the rear of a strip, its vertices from ``first_rear`` on, into the neighbours behind."""
    (fx, fy), (bx, by) = front[0], back[0]
    dx, dy = (bx - fx) / depth * FAULT_OVERLAP_MM, (by - fy) / depth * FAULT_OVERLAP_MM
    return [*strip[:first_rear], *((floor(x + dx + 0.5), floor(y + dy + 0.5)) for x, y in strip[first_rear:])]
