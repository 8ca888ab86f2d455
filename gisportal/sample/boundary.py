"""Sides and corners of lots with true arcs, for the record: straight runs, and arcs with radius, centre and length.

Written for the speed of a large city, and apart from the kernel's ``sides``: tests hold one against the other.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from math import atan2, degrees, hypot, pi

from gisportal.sample.rows import ArcSide, ParcelRow, Point
from land_services.domain import Arc, BoundaryCorner, BoundarySide, Face, Sense
from land_services.register.load_boundaries import BoundaryRow

FACES: tuple[Face, ...] = ("N", "E", "S", "W")
STRAIGHT_DEG = 0.5
"""A vertex that turns by less, beyond what a millimetre can feign, lies inside a straight side."""

FEIGNED_MM = 1.5


def boundaries(parcels: Iterable[ParcelRow]) -> Iterator[BoundaryRow]:
    """Yield sides and corners of the lots with arcs among the parcels of one plan.

    Sides run clockwise from the corner farthest north-west. Corners are numbered through the plan, from 1: neighbours
    give a corner the same number.
    """
    numbers: dict[Point, str] = {}
    for parcel in parcels:
        if not parcel.arcs:
            continue
        sides, corners = [], []
        for run, arc in _runs(parcel):
            x, y = run[0]
            sides.append(_side(run, arc))
            number = numbers.setdefault(run[0], str(len(numbers) + 1))
            corners.append(BoundaryCorner(number, x / 1000, y / 1000))
        yield BoundaryRow(parcel.uid, tuple(sides), tuple(corners))


def _runs(parcel: ParcelRow) -> list[tuple[list[Point], ArcSide | None]]:
    """Return the vertices of each side, clockwise from the north-west, with the arc behind it."""
    ring = list(parcel.rings[0][:0:-1])
    place = {point: k for k, point in enumerate(ring)}
    arcs = {place[arc.end]: (place[arc.start], arc) for arc in parcel.arcs if arc.start != arc.end}
    first = next(iter(arcs))
    corners, k = [first], first
    while True:
        k = arcs[k][0] if k in arcs else _end_of_straight(ring, k, arcs)
        if k == first:
            break
        corners.append(k)
    start = min(range(len(corners)), key=lambda i: (ring[corners[i]][0] - ring[corners[i]][1], ring[corners[i]][0]))
    corners = corners[start:] + corners[:start]
    found = []
    for a, b in zip(corners, [*corners[1:], corners[0]], strict=True):
        run = ring[a : b + 1] if a < b else ring[a:] + ring[: b + 1]
        found.append((run, arcs[a][1] if a in arcs else None))
    return found


def _end_of_straight(ring: list[Point], start: int, arcs: dict[int, tuple[int, ArcSide]]) -> int:
    """Return the vertex where the straight side from ``start`` ends: at an arc, or where the outline turns."""
    k = start
    while True:
        k = (k + 1) % len(ring)
        if k in arcs or _turns(ring[start], ring[k], ring[(k + 1) % len(ring)]):
            return k


def _turns(a: Point, b: Point, c: Point) -> bool:
    ux, uy, vx, vy = b[0] - a[0], b[1] - a[1], c[0] - b[0], c[1] - b[1]
    turn = abs(degrees(atan2(ux * vy - uy * vx, ux * vx + uy * vy)))
    return turn - degrees(atan2(FEIGNED_MM, min(hypot(ux, uy), hypot(vx, vy)))) >= STRAIGHT_DEG


def _side(run: list[Point], arc: ArcSide | None) -> BoundarySide:
    (x0, y0), (x1, y1) = run[0], run[-1]
    bearing = degrees(atan2(x1 - x0, y1 - y0)) % 360.0
    face = FACES[int(((bearing - 90.0) % 360.0 + 45.0) // 90.0) % 4]
    start, end = (x0 / 1000, y0 / 1000), (x1 / 1000, y1 / 1000)
    if arc is None:
        length = sum(hypot(q[0] - p[0], q[1] - p[1]) for p, q in itertools.pairwise(run)) / 1000
        return BoundarySide(face, start, end, length)
    cx, cy = arc.centre
    sweep = abs(atan2((x0 - cx) * (y1 - cy) - (y0 - cy) * (x1 - cx), (x0 - cx) * (x1 - cx) + (y0 - cy) * (y1 - cy)))
    assert sweep < pi  # noqa: S101  the city's arcs are flat
    length = sweep * arc.radius_mm / 1000
    sense: Sense = "cw" if arc.sense == "ccw" else "ccw"  # the side runs clockwise, the row's ring the other way
    return BoundarySide(face, start, end, length, Arc((cx / 1000, cy / 1000), arc.radius_mm / 1000, sense, length))
