"""Sides of a parcel, bearings, and the four faces."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import LineString, Polygon

from land_services.domain import Arc, Face, Side
from land_services.precision import GRID_M

from .errors import InvalidOutline, NoSuchSide

__all__ = ["COLLINEAR_DEG", "FACES", "ArcSpan", "bearing_deg", "face_of", "faces", "sides"]

XY: TypeAlias = tuple[float, float]
ArcSpan: TypeAlias = tuple[XY, XY, Arc]
Coords: TypeAlias = NDArray[np.float64]

COLLINEAR_DEG = 0.5
"""A run of segments is one straight side while no vertex turns by this much against the line run so far."""

FACES: tuple[Face, ...] = ("N", "E", "S", "W")
_OUTWARD: dict[Face, float] = {"N": 0.0, "E": 90.0, "S": 180.0, "W": 270.0}


def bearing_deg(start: XY, end: XY) -> float:
    """Return the bearing from start to end, clockwise from grid north, 0 <= bearing < 360.

    Examples
    --------
    >>> bearing_deg((0, 0), (1, 0)), bearing_deg((0, 0), (-1, 1)), bearing_deg((0, 0), (0, 0))
    (90.0, 315.0, 0.0)
    """
    bearing = math.degrees(math.atan2(end[0] - start[0], end[1] - start[1])) % 360.0
    return 0.0 if bearing >= 360.0 else bearing


def face_of(outward_bearing_deg: float) -> Face:
    """Return the face that an outward bearing looks to; exactly between two, the one that comes first clockwise.

    Examples
    --------
    >>> face_of(359.0), face_of(44.9), face_of(45.0), face_of(180.0)
    ('N', 'N', 'E', 'S')
    """
    return FACES[int(((outward_bearing_deg % 360.0) + 45.0) // 90.0) % 4]


def sides(polygon: Polygon, arcs: Sequence[ArcSpan] = (), collinear_deg: float = COLLINEAR_DEG) -> tuple[Side, ...]:
    """Return the sides of a parcel's outline: maximal straight runs, or true arcs.

    Parameters
    ----------
    polygon : Polygon
        Metres; holes are passed over.
    arcs : sequence of (start, end, Arc)
        Vertices of the outline between which the chords stand for that arc, in either direction.
    collinear_deg : float
        Turns smaller than this many degrees do not end a straight side.

    Returns
    -------
    tuple of Side
        Clockwise from the corner farthest north-west; each ``line`` runs clockwise and keeps all vertices.
        ``length_m`` is the true arc's where there is one; the arc's ``sense`` is that of the ``line``, so an arc given
        from end to start comes back turned round. ``outward_bearing_deg`` is square to the line from start
        to end.

    Raises
    ------
    InvalidOutline
        Where the polygon is empty.

    Examples
    --------
    >>> [(side.face, side.length_m, side.bearing_deg) for side in sides(shapely.box(0, 0, 20, 30))]
    [('N', 20.0, 90.0), ('E', 30.0, 180.0), ('S', 20.0, 270.0), ('W', 30.0, 0.0)]
    >>> sides(Polygon())
    Traceback (most recent call last):
    land_services.geometry.errors.InvalidOutline: the outline is empty
    """
    if polygon.is_empty:
        raise InvalidOutline("the outline is empty")
    ring = _clockwise(polygon)
    spans = _arc_spans(ring, arcs)
    breaks = _corners(ring, spans, collinear_deg)
    first = min(range(len(breaks)), key=lambda i: (ring[breaks[i]][0] - ring[breaks[i]][1], ring[breaks[i]][0]))
    breaks = breaks[first:] + breaks[:first]
    by_start = {start: (end, arc) for start, end, arc in spans}
    found = []
    for start, end in zip(breaks, [*breaks[1:], breaks[0]], strict=True):
        arc = by_start[start][1] if start in by_start and by_start[start][0] == end else None
        found.append(_side(_run(ring, start, end), arc))
    return tuple(found)


def _clockwise(polygon: Polygon) -> Coords:
    """Return the open exterior ring, clockwise, without repeated vertices."""
    if not isinstance(polygon, Polygon):
        raise InvalidOutline(f"the outline is a {polygon.geom_type}, not a polygon", polygon)
    coords = shapely.get_coordinates(shapely.orient_polygons(polygon, exterior_cw=True).exterior)[:-1]
    ring = coords[np.any(coords != np.roll(coords, 1, axis=0), axis=1)]
    if len(coords) and len(ring) < 3:
        raise InvalidOutline("the outline is a point or a line", polygon)
    return ring


def _arc_spans(ring: Coords, arcs: Sequence[ArcSpan]) -> list[tuple[int, int, Arc]]:
    """Return (first vertex, last vertex, arc) for the arcs whose ends are vertices of the ring, clockwise."""
    spans = []
    for start, end, arc in arcs:
        i, j = _vertex(ring, start), _vertex(ring, end)
        if i is None or j is None or i == j:
            continue
        ahead = _fits(ring, i, j, arc)
        if ahead or _fits(ring, j, i, arc):
            spans.append((i, j, arc) if ahead else (j, i, _turned_round(arc)))
    return spans


def _turned_round(arc: Arc) -> Arc:
    """Return the same arc run from its end to its start."""
    return replace(arc, sense="ccw" if arc.sense == "cw" else "cw")


def _vertex(ring: Coords, point: XY) -> int | None:
    """Return the vertex of the ring at a point, or None."""
    distance = np.hypot(*(ring - np.array(point)).T)
    nearest = int(np.argmin(distance))
    return nearest if distance[nearest] <= 2 * GRID_M else None


def _fits(ring: Coords, start: int, end: int, arc: Arc) -> bool:
    """Return whether all vertices of a run lie on the arc, and the run is as long as it."""
    run = _run(ring, start, end)
    off = np.abs(np.hypot(*(run - np.array(arc.centre)).T) - arc.radius_m)
    length = float(np.hypot(*np.diff(run, axis=0).T).sum())
    return bool(off.max() <= 3 * GRID_M) and abs(length - arc.length_m) <= 0.01 * arc.length_m + GRID_M


def _run(ring: Coords, start: int, end: int) -> Coords:
    """Return the vertices from one to another, clockwise; a whole turn where they are the same."""
    if end <= start:
        end += len(ring)
    return ring[np.arange(start, end + 1) % len(ring)]


def _corners(ring: Coords, spans: Sequence[tuple[int, int, Arc]], collinear_deg: float) -> list[int]:
    """Return the vertices where a side ends, ascending; at least two."""
    count = len(ring)
    inside = {
        index % count for start, end, _ in spans for index in range(start + 1, end if end > start else end + count)
    }
    fixed = {index for start, end, _ in spans for index in (start, end)}
    begin = max(range(count), key=lambda i: (i in fixed, _excess(ring, (i - 1) % count, i)))
    corners = [begin]
    for step in range(1, count):
        index = (begin + step) % count
        if index in inside:
            continue
        anchor = corners[-1]
        beside = (index - 1) % count
        excess = max(_excess(ring, anchor, index), _excess(ring, beside, index) if beside in fixed else 0.0)
        if index in fixed or excess >= collinear_deg:
            corners.append(index)
    if len(corners) == 1:
        corners.append((begin + count // 2) % count)
    return sorted(corners)


def _excess(ring: Coords, anchor: int, index: int) -> float:
    """Return by how many degrees the outline turns at a vertex against the run so far, less what the grid can feign."""
    here, ahead = ring[index], ring[(index + 1) % len(ring)]
    turn = _turn(bearing_deg(tuple(ring[anchor]), tuple(here)), bearing_deg(tuple(here), tuple(ahead)))
    shorter = min(math.dist(ring[anchor], here), math.dist(here, ahead))
    return turn - math.degrees(math.atan2(1.5 * GRID_M, shorter))


def _turn(a: float, b: float) -> float:
    """Return the angle between two bearings, 0 to 180 degrees."""
    return abs((b - a + 180.0) % 360.0 - 180.0)


def _side(run: Coords, arc: Arc | None) -> Side:
    """Return one side from its vertices; a closed run looks along its first segment."""
    start, end = tuple(run[0]), tuple(run[-1])
    bearing = bearing_deg(start, end if start != end else tuple(run[1]))
    outward = (bearing - 90.0) % 360.0
    length = arc.length_m if arc is not None else float(np.hypot(*np.diff(run, axis=0).T).sum())
    return Side(LineString(run), length, bearing, outward, face_of(outward), arc)


def faces(polygon_sides: Sequence[Side], override: Mapping[int, Face] | None = None) -> dict[Face, tuple[Side, ...]]:
    """Return the four faces of a parcel: each side belongs to exactly one.

    Parameters
    ----------
    polygon_sides : sequence of Side
        As :func:`sides` returns them; may be empty.
    override : mapping of side index to face, optional
        A person's choice, which wins over the direction.

    Returns
    -------
    dict
        Keys N, E, S, W in this order; sides in the order given. Sides look to the face nearest to their outward
        bearing; a face left empty takes the side that looks nearest to it (within 90 degrees) from a face that has
        several.

    Raises
    ------
    NoSuchSide
        Where ``override`` names a side that does not exist.

    Examples
    --------
    >>> found = faces(sides(shapely.box(0, 0, 20, 30)))
    >>> {face: [side.length_m for side in group] for face, group in found.items()}
    {'N': [20.0], 'E': [30.0], 'S': [20.0], 'W': [30.0]}
    >>> faces([])
    {'N': (), 'E': (), 'S': (), 'W': ()}
    """
    manual = dict(override or {})
    for index in manual:
        if not 0 <= index < len(polygon_sides):
            raise NoSuchSide(f"there is no side {index}")
    chosen: list[Face] = [manual.get(i, face_of(side.outward_bearing_deg)) for i, side in enumerate(polygon_sides)]
    for face in FACES:
        if face in chosen:
            continue
        candidates = [
            (_turn(side.outward_bearing_deg, _OUTWARD[face]), -side.length_m, i)
            for i, side in enumerate(polygon_sides)
            if i not in manual and chosen.count(chosen[i]) > 1
        ]
        if candidates and min(candidates)[0] < 90.0:
            chosen[min(candidates)[2]] = face
    return {face: tuple(side for side, own in zip(polygon_sides, chosen, strict=True) if own == face) for face in FACES}
