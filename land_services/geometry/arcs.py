"""True arcs, chords and bulges."""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from shapely.geometry import LineString

from land_services.domain import Arc, Sense
from land_services.precision import GRID_M

from .errors import NotAnArc

__all__ = [
    "SAGITTA_M",
    "arc_from_bulge",
    "arc_of_radius",
    "arc_through",
    "densify",
    "is_chord_of",
    "segment_area_m2",
    "sweep",
]

XY: TypeAlias = tuple[float, float]

SAGITTA_M = GRID_M / 2
"""Greatest distance between an arc and its chords: below what the grid can hold."""


def sweep(arc: Arc, start: XY, end: XY) -> float:
    """Return the angle from start to end along the arc in radians, 0 < angle <= 2 pi; equal ends make a full circle.

    Examples
    --------
    >>> round(sweep(Arc((0, 0), 1.0, "ccw", math.pi / 2), (1, 0), (0, 1)) / math.pi, 6)
    0.5
    """
    begin = math.atan2(start[1] - arc.centre[1], start[0] - arc.centre[0])
    finish = math.atan2(end[1] - arc.centre[1], end[0] - arc.centre[0])
    angle = (finish - begin if arc.sense == "ccw" else begin - finish) % (2 * math.pi)
    return angle if angle > 1e-15 else 2 * math.pi


def densify(arc: Arc, start: XY, end: XY, sagitta_m: float = SAGITTA_M) -> NDArray[np.float64]:
    """Return coordinates from start to end along an arc, no chord farther from it than the sagitta.

    Parameters
    ----------
    arc : Arc
        Centre, radius and sense in metres.
    start, end : (x, y)
        Metres, on the arc; kept exactly as given.
    sagitta_m : float
        Greatest distance between chord and arc.

    Returns
    -------
    float64 array, shape (n, 2), n >= 2
        Not rounded to the grid.

    Raises
    ------
    NotAnArc
        Where the radius or the sagitta is not positive.

    Examples
    --------
    >>> quarter = Arc((0.0, 0.0), 10.0, "ccw", 5 * math.pi)
    >>> points = densify(quarter, (10.0, 0.0), (0.0, 10.0))
    >>> len(points), points[0].tolist(), points[-1].tolist()
    (80, [10.0, 0.0], [0.0, 10.0])
    """
    if arc.radius_m <= 0 or sagitta_m <= 0:
        raise NotAnArc("radius and sagitta must be positive", LineString([start, end]))
    angle = sweep(arc, start, end)
    step = 2 * math.acos(max(0.0, 1 - sagitta_m / arc.radius_m))
    count = max(1, math.ceil(angle / step))
    begin = math.atan2(start[1] - arc.centre[1], start[0] - arc.centre[0])
    turn = begin + np.linspace(0, angle, count + 1) * (1 if arc.sense == "ccw" else -1)
    coords = np.column_stack([np.cos(turn), np.sin(turn)]) * arc.radius_m + np.array(arc.centre)
    coords[0], coords[-1] = start, end
    result: NDArray[np.float64] = coords
    return result


def arc_from_bulge(start: XY, end: XY, bulge: float) -> Arc:
    """Return the arc of a bulge: the tangent of a quarter of its angle; positive runs counter-clockwise.

    Raises
    ------
    NotAnArc
        Where the bulge is 0 or not finite, or the ends are the same point.

    Notes
    -----
    DXF reference, group code 42 of LWPOLYLINE.

    Examples
    --------
    >>> arc = arc_from_bulge((0.0, 0.0), (2.0, 0.0), 1.0)
    >>> arc.centre, arc.radius_m, arc.sense, round(arc.length_m, 6)
    ((1.0, 0.0), 1.0, 'ccw', 3.141593)
    """
    chord = math.dist(start, end)
    if not math.isfinite(bulge) or bulge == 0 or chord == 0:
        raise NotAnArc("a bulge of 0, or without a chord, is no arc", LineString([start, end]))
    angle = 4 * math.atan(abs(bulge))
    radius = chord * (1 + bulge * bulge) / (4 * abs(bulge))
    offset = (1 - bulge * bulge) / (4 * bulge)  # from the middle of the chord to the left, in chords
    centre = (
        (start[0] + end[0]) / 2 - (end[1] - start[1]) * offset,
        (start[1] + end[1]) / 2 + (end[0] - start[0]) * offset,
    )
    return Arc(centre, radius, "ccw" if bulge > 0 else "cw", radius * angle)


def arc_through(start: XY, middle: XY, end: XY) -> Arc:
    """Return the arc from start over middle to end.

    Raises
    ------
    NotAnArc
        Where the points lie on a line.

    Examples
    --------
    >>> arc = arc_through((1.0, 0.0), (0.0, 1.0), (-1.0, 0.0))
    >>> arc.sense, round(arc.radius_m, 9), round(arc.length_m, 6)
    ('ccw', 1.0, 3.141593)
    """
    ux, uy, vx, vy = middle[0] - start[0], middle[1] - start[1], end[0] - start[0], end[1] - start[1]
    cross = 2 * (ux * vy - uy * vx)
    if abs(cross) <= 1e-12 * (math.hypot(ux, uy) * math.hypot(vx, vy) + 1e-300):
        raise NotAnArc("three points on a line are no arc", LineString([start, middle, end]))
    u2, v2 = ux * ux + uy * uy, vx * vx + vy * vy
    cx, cy = (vy * u2 - uy * v2) / cross, (ux * v2 - vx * u2) / cross
    sense: Sense = "ccw" if cross > 0 else "cw"
    bare = Arc((start[0] + cx, start[1] + cy), math.hypot(cx, cy), sense, 0.0)
    return Arc(bare.centre, bare.radius_m, sense, bare.radius_m * sweep(bare, start, end))


def arc_of_radius(start: XY, end: XY, radius_m: float, sense: Sense, large: bool = False) -> Arc:
    """Return the arc between two points with a given radius and sense; ``large`` for more than half a turn.

    Raises
    ------
    NotAnArc
        Where the radius is less than half the chord (by more than the grid).

    Examples
    --------
    >>> arc_of_radius((0.0, 0.0), (2.0, 0.0), 1.0, "cw").centre
    (1.0, 0.0)
    """
    chord = math.dist(start, end)
    if chord == 0 or radius_m <= 0 or chord / 2 > radius_m + GRID_M:
        raise NotAnArc("no arc of that radius joins the points", LineString([start, end]))
    height = math.sqrt(max(0.0, radius_m**2 - (chord / 2) ** 2))
    left = (sense == "ccw") != large
    share = (height if left else -height) / chord
    centre = (
        (start[0] + end[0]) / 2 - (end[1] - start[1]) * share,
        (start[1] + end[1]) / 2 + (end[0] - start[0]) * share,
    )
    angle = 2 * math.asin(min(1.0, chord / (2 * radius_m)))
    return Arc(centre, radius_m, sense, radius_m * (2 * math.pi - angle if large else angle))


def segment_area_m2(arc: Arc, start: XY, end: XY) -> float:
    """Return the area between the chord and the arc in m2 (positive; the whole disc where the ends are equal).

    Examples
    --------
    >>> round(segment_area_m2(Arc((0.0, 0.0), 1.0, "ccw", math.pi), (1.0, 0.0), (-1.0, 0.0)), 6)
    1.570796
    """
    angle = sweep(arc, start, end)
    return arc.radius_m**2 * (angle - math.sin(angle)) / 2


def is_chord_of(arc: Arc, start: XY, end: XY, tolerance_m: float = GRID_M) -> bool:
    """Return whether both points lie on the arc's circle within the tolerance.

    Examples
    --------
    >>> circle = Arc((0.0, 0.0), 5.0, "cw", 1.0)
    >>> is_chord_of(circle, (5, 0), (3, 4)), is_chord_of(circle, (5, 0), (3, 3))
    (True, False)
    """
    return all(abs(math.dist(arc.centre, point) - arc.radius_m) <= tolerance_m for point in (start, end))
