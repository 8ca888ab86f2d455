"""Corner cuts at street corners."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Literal

import numpy as np
import shapely
from shapely.geometry import LineString, MultiPolygon, Point, Polygon
from shapely.geometry.base import BaseGeometry

from land_services.domain import Side
from land_services.precision import COVERAGE_WIDTH_M, GRID_M

from .errors import NoSuchCorner
from .sides import sides
from .snap import from_mm, mm, require_outline

__all__ = ["QUARTERS", "CornerCut", "Quarter", "corner_cut_areas", "corner_cut_at", "make_corner_cut"]

Quarter = Literal["NE", "NW", "SE", "SW"]
QUARTERS: tuple[Quarter, ...] = ("NE", "NW", "SE", "SW")

LONGEST_CHORD_M = 15.0
"""A side longer than this is no corner cut but a front of its own."""

CORNER_DEG = (40.0, 150.0)
"""Two street sides make a corner where the outline turns by an angle between these."""

CHORD_DEG = 15.0
"""A single chord turns by at least this much against both street sides; less is a bend in the street."""


@dataclass(frozen=True)
class CornerCut:
    """A street corner of a parcel and the cut there.

    ``point`` is where the two street sides meet, prolonged; ``chord`` the line of the cut, clockwise (None where
    the corner is not cut); ``leg_m`` the shorter distance from ``point`` to an end of the chord; ``area_m2`` what
    is missing between ``point`` and the chord; ``streets`` the rights of way before and after the corner,
    clockwise; ``angle_deg`` the inner angle.
    """

    point: Point
    quarter: Quarter
    streets: tuple[int, int]
    chord: LineString | None
    length_m: float
    leg_m: float
    area_m2: float
    angle_deg: float


def corner_cut_at(
    polygon: Polygon, right_of_ways: Sequence[Polygon | MultiPolygon | None], tolerance_m: float = COVERAGE_WIDTH_M
) -> list[CornerCut]:
    """Return every corner of a parcel where two street sides meet, cut or not, and the cut that is there.

    Parameters
    ----------
    polygon : Polygon
        Metres, valid, not empty.
    right_of_ways : sequence of Polygon, MultiPolygon or None
        Streets, one polygon per street or one for many; None is passed over.
    tolerance_m : float
        As :func:`frontage.frontage_m`.

    Returns
    -------
    list of CornerCut
        Clockwise from the north-west. A rounded corner counts by the line between its ends, its area by the curve.

    Examples
    --------
    >>> streets = [shapely.box(-20, -15, 60, 0), shapely.box(20, -15, 35, 60)]
    >>> [(cut.quarter, cut.area_m2) for cut in corner_cut_at(shapely.box(0, 0, 20, 30), streets)]
    [('SE', 0.0)]
    >>> lot = Polygon([(0, 0), (17, 0), (20, 3), (20, 30), (0, 30)])
    >>> street = Polygon([(-20, -15), (35, -15), (35, 60), (20, 60), (20, 3), (17, 0), (-20, 0)])
    >>> [(cut.quarter, cut.area_m2, cut.leg_m) for cut in corner_cut_at(lot, [street])]
    [('SE', 4.5, 3.0)]
    >>> corner_cut_at(lot, [])
    []
    """
    outline = sides(polygon)
    strips = _strips_beside(polygon, right_of_ways, tolerance_m)
    streets = [_street_of(polygon, side, strips) for side in outline]
    found: list[tuple[int, CornerCut]] = []
    taken: set[int] = set()
    runs = [None if street is None else _cut_after(outline, streets, at) for at, street in enumerate(streets)]
    for first in sorted(range(len(outline)), key=lambda at: (not runs[at], at)):  # cut corners claim their chords first
        run = runs[first]
        if run is None or first in taken:
            continue
        after = (first + run + 1) % len(outline)
        between = [(first + step) % len(outline) for step in range(1, run + 1)]
        if after in taken or any(index in taken for index in between):
            continue
        taken.update(between)
        cut = _measure(polygon, outline, first, between, after, (streets[first] or 0, streets[after] or 0))
        if cut is not None:
            found.append((first, cut))
    return [cut for _, cut in sorted(found, key=lambda item: item[0])]


def _strips_beside(
    polygon: Polygon, right_of_ways: Sequence[Polygon | MultiPolygon | None], tolerance_m: float
) -> list[tuple[int, BaseGeometry]]:
    """Return the streets within the tolerance, each by index and as wide as it counts."""
    return [
        (index, street.buffer(tolerance_m))
        for index, street in enumerate(right_of_ways)
        if street is not None and not street.is_empty and shapely.dwithin(polygon, street, tolerance_m)
    ]


def _street_of(polygon: Polygon, side: Side, strips: Sequence[tuple[int, BaseGeometry]]) -> int | None:
    """Return the street that a side lies on for at least half its length, or None."""
    inward = LineString(side.line)
    best: tuple[float, int] | None = None
    for index, strip in strips:
        length = inward.intersection(strip).length
        if length >= inward.length / 2 and (best is None or length > best[0]):
            best = (length, index)
    return None if best is None or (not polygon.touches(inward) and not polygon.intersects(inward)) else best[1]


def _cut_after(outline: Sequence[Side], streets: Sequence[int | None], first: int) -> int | None:
    """Return how many sides make the cut after a street side (0: not cut), or None where there is no corner."""
    count = len(outline)
    for run in range(1, count - 1):
        between = [outline[(first + step) % count] for step in range(1, run + 1)]
        length = sum(side.length_m for side in between)
        if length > LONGEST_CHORD_M:
            break
        after = (first + run + 1) % count
        around = (outline[first].length_m, outline[after].length_m)
        if streets[after] is None or min(around) <= max(side.length_m for side in between):
            continue
        chain = [outline[first], *between, outline[after]]
        turns = [_turn(a, b) for a, b in pairwise(chain)]
        if min(turns) > 0 and _is_corner(sum(turns)) and (run > 1 or between[0].arc or min(turns) >= CHORD_DEG):
            return run
    after = (first + 1) % count
    return 0 if streets[after] is not None and _is_corner(_turn(outline[first], outline[after])) else None


def _is_corner(turn_deg: float) -> bool:
    """Return whether an outline that turns so has a corner."""
    return CORNER_DEG[0] <= turn_deg <= CORNER_DEG[1]


def _turn(a: Side, b: Side) -> float:
    """Return by how many degrees the outline turns to the right from one side to the next (convex is positive)."""
    (ax, ay), (bx, by) = a.line.coords[-2], a.line.coords[-1]
    (cx, cy), (dx, dy) = b.line.coords[0], b.line.coords[1]
    left = math.atan2((bx - ax) * (dy - cy) - (by - ay) * (dx - cx), (bx - ax) * (dx - cx) + (by - ay) * (dy - cy))
    return -math.degrees(left)


def _measure(
    polygon: Polygon, outline: Sequence[Side], first: int, between: Sequence[int], after: int, streets: tuple[int, int]
) -> CornerCut | None:
    """Return the corner between two street sides with the cut made by the sides between."""
    before, ahead = outline[first].line, outline[after].line
    point = _meet(before.coords[-2], before.coords[-1], ahead.coords[0], ahead.coords[1])
    if point is None:
        return None
    centre = polygon.centroid
    quarter: Quarter = (
        ("NE" if point.x >= centre.x else "NW") if point.y >= centre.y else ("SE" if point.x >= centre.x else "SW")
    )
    whole = sum(_turn(outline[a], outline[b]) for a, b in zip([first, *between], [*between, after], strict=True))
    if not between:
        return CornerCut(point, quarter, streets, None, 0.0, 0.0, 0.0, 180.0 - whole)
    curve = np.concatenate([np.asarray(outline[index].line.coords) for index in between])
    chord = LineString([curve[0], curve[-1]])
    legs = (point.distance(Point(curve[0])), point.distance(Point(curve[-1])))
    area = Polygon([(point.x, point.y), *curve]).area
    return CornerCut(point, quarter, streets, chord, chord.length, round(min(legs), 9), area, 180.0 - whole)


def _meet(a: tuple[float, ...], b: tuple[float, ...], c: tuple[float, ...], d: tuple[float, ...]) -> Point | None:
    """Return where the lines a-b and c-d meet, or None where they are parallel."""
    ux, uy, vx, vy = b[0] - a[0], b[1] - a[1], d[0] - c[0], d[1] - c[1]
    below = ux * vy - uy * vx
    if abs(below) < 1e-9 * math.hypot(ux, uy) * math.hypot(vx, vy):
        return None
    share = ((c[0] - b[0]) * vy - (c[1] - b[1]) * vx) / below
    return Point(b[0] + ux * share, b[1] + uy * share)


def make_corner_cut(polygon: Polygon, corner_index: int, leg_m: float) -> tuple[Polygon, Polygon]:
    """Return a parcel with a corner cut off, and the triangle that falls to the street.

    Parameters
    ----------
    polygon : Polygon
        Metres on the grid.
    corner_index : int
        Index of a vertex in ``polygon.exterior.coords``.
    leg_m : float
        Length cut off along both sides of the corner in metres, shorter than both.

    Returns
    -------
    (Polygon, Polygon)
        What remains, and the triangle; together exactly the parcel with the two new vertices in its outline.

    Raises
    ------
    NoSuchCorner
        Where there is no such vertex, it does not point outward, or a side is too short.

    Examples
    --------
    >>> rest, cut = make_corner_cut(shapely.box(0, 0, 20, 30), 0, 3.0)
    >>> rest.area, cut.area
    (595.5, 4.5)
    >>> make_corner_cut(Polygon(), 0, 3.0)
    Traceback (most recent call last):
    land_services.geometry.errors.InvalidOutline: the outline is empty
    """
    require_outline(polygon)
    coords = shapely.get_coordinates(polygon.exterior)[:-1]
    if not 0 <= corner_index < len(coords):
        raise NoSuchCorner(f"there is no corner {corner_index}", polygon)
    before, corner, after = coords[corner_index - 1], coords[corner_index], coords[(corner_index + 1) % len(coords)]
    legs = [np.hypot(*(before - corner)), np.hypot(*(after - corner))]
    if not GRID_M <= leg_m <= min(legs) - GRID_M:
        raise NoSuchCorner(f"a side of the corner is shorter than {leg_m} m", Point(corner))
    ends = from_mm(
        mm([corner + (end - corner) * (leg_m / leg) for end, leg in zip((before, after), legs, strict=True)])
    )
    holes = [shapely.get_coordinates(ring) for ring in polygon.interiors]
    rest = Polygon(np.concatenate([coords[:corner_index], ends, coords[corner_index + 1 :]]), holes)
    triangle = shapely.orient_polygons(Polygon([ends[0], corner, ends[1]]))
    if not rest.is_valid or not triangle.is_valid or rest.area >= polygon.area or rest.intersection(triangle).area > 0:
        raise NoSuchCorner("the corner does not point outward, or other land lies in it", Point(corner))
    return shapely.orient_polygons(rest), triangle


def corner_cut_areas(cuts: Sequence[CornerCut]) -> dict[Quarter, Decimal]:
    """Return the areas cut off by quarter in m2, two decimals; 0.00 where there is none.

    Examples
    --------
    >>> corner_cut_areas([])
    {'NE': Decimal('0.00'), 'NW': Decimal('0.00'), 'SE': Decimal('0.00'), 'SW': Decimal('0.00')}
    """
    total = dict.fromkeys(QUARTERS, 0.0)
    for cut in cuts:
        total[cut.quarter] += cut.area_m2
    return {quarter: Decimal(str(area)).quantize(Decimal("0.01")) for quarter, area in total.items()}
