"""Exact measures of a survey part: its area with true arcs, its sides."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable

from shapely.geometry import Polygon

from land_services.domain import SurveyPart, SurveySide
from land_services.surveys import curves
from land_services.surveys.raw import XY, Curve, Ring, Seg

SAME_M = 1e-6


def part_area_m2(part: SurveyPart) -> float:
    """Return the area of a part with its true arcs, holes taken off.

    Parameters
    ----------
    part : SurveyPart
        In metres. A part without sides is measured by its geometry.

    Returns
    -------
    float
        m2; square degrees mean nothing, so do not ask for a part in a geographic CRS.
    """
    rings = rings_of(part)
    if not rings:
        return float(part.geometry.area)
    areas = [abs(curves.ring_area(ring)) for ring in rings]
    return areas[0] - sum(areas[1:])


def rings_of(part: SurveyPart) -> list[Ring]:
    """Return the part's sides as rings: exterior first, then holes, in the order of the sides."""
    rings: list[Ring] = []
    current: Ring = []
    for side in part.sides:
        current.append(_segment(side))
        if len(current) > 1 and math.dist(current[0].start, side.end) <= SAME_M:
            rings.append(current)
            current = []
    return rings


def part_from_polygon(number: str, polygon: Polygon, stated_area_m2: float | None = None) -> SurveyPart:
    """Return a part with straight sides from a polygon, as a drawing would hold it."""
    sides = tuple(side for ring in (polygon.exterior, *polygon.interiors) for side in _sides(list(ring.coords)))
    return SurveyPart(number, polygon, sides, stated_area_m2)


def part_from_corners(number: str, corners: Iterable[tuple[float, float, float]]) -> SurveyPart:
    """Return a part from (x, y, bulge) corners, the way CAD draws: the bulge bends the side that leaves the corner."""
    points = list(corners)
    ring: Ring = []
    for (x1, y1, bulge), (x2, y2, _) in zip(points, [*points[1:], points[0]], strict=True):
        start, end = (x1, y1), (x2, y2)
        ring.append(Seg(start, end, curves.from_bulge(start, end, bulge)))
    coordinates: list[XY] = []
    for segment in ring:
        coordinates += [segment.start, *curves.chord_points(segment)]
    return SurveyPart(number, Polygon(coordinates), tuple(side_of(s) for s in ring))


def side_of(segment: Seg) -> SurveySide:
    """Return a side of the plan from a segment in metres."""
    arc = None
    if segment.curve is not None:
        arc = curves.arc_of(segment)
    return SurveySide(segment.start, segment.end, arc, *segment.names)


def _sides(coordinates: list[tuple[float, ...]]) -> list[SurveySide]:
    points = [(c[0], c[1]) for c in coordinates]
    return [SurveySide(a, b) for a, b in itertools.pairwise(points)]


def _segment(side: SurveySide) -> Seg:
    arc = side.arc
    curve = None if arc is None else Curve(arc.centre, arc.radius_m, arc.sense == "ccw")
    return Seg(side.start, side.end, curve, (side.start_point, side.end_point))
