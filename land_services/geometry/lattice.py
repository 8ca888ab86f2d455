"""Exact predicates on integer millimetres: the one place where nearness and crossing are decided.

Points are int64 arrays of shape (n, 2); edges are two such arrays, starts and ends. Differences up to 1,000 km
stay exact.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from land_services.precision import GRID_PER_M

__all__ = [
    "cross_inside",
    "crossing_pairs",
    "edges_of",
    "lines_of",
    "near_edges",
    "points_of",
    "ring_area_twice",
    "ring_edges",
    "rings_mm",
    "rounded_crossing",
    "to_metres",
    "to_mm",
    "unique_points",
]

Ints: TypeAlias = NDArray[np.int64]
Edges: TypeAlias = tuple[Ints, Ints]

BRUTE_PAIRS = 300_000
"""Up to this many pairs one array comparison is faster than an index."""


def to_mm(coords: NDArray[np.float64]) -> Ints:
    """Return coordinates in metres as whole millimetres, shape (n, 2).

    Examples
    --------
    >>> to_mm(np.array([[0.001, 2.0]])).tolist()
    [[1, 2000]]
    >>> to_mm(np.empty((0, 2))).shape
    (0, 2)
    """
    return np.rint(np.asarray(coords, dtype=np.float64)[:, :2] * GRID_PER_M).astype(np.int64)


def ring_area_twice(ring: Ints) -> int:
    """Return twice the signed area of an open or closed ring in mm2, exact; counter-clockwise is positive.

    Examples
    --------
    >>> ring_area_twice(np.array([[0, 0], [2, 0], [2, 2], [0, 2]]))
    8
    >>> ring_area_twice(np.empty((0, 2), dtype=np.int64))
    0
    """
    if len(ring) < 3:
        return 0
    local = ring - ring[0]
    reach = int(np.abs(local).max())
    if 2 * len(ring) * reach * reach >= 2**62:
        local = local.astype(object)
    x, y = local[:, 0], local[:, 1]
    after = _turned(local)
    return int(np.sum(x * after[:, 1] - after[:, 0] * y))


def _turned(ring: Ints) -> Ints:
    """Return an open ring from its second vertex on: ``np.roll`` by -1, in a fifth of its time for a short ring."""
    return np.concatenate([ring[1:], ring[:1]])


def rings_mm(geometry: BaseGeometry) -> list[Ints]:
    """Return the rings of a polygon or multipolygon, open, in integers: exteriors counter-clockwise, holes clockwise.

    Vertices that repeat on the grid are dropped.

    Examples
    --------
    >>> [ring.tolist() for ring in rings_mm(shapely.box(0, 0, 0.001, 0.001))]
    [[[1, 0], [1, 1], [0, 1], [0, 0]]]
    >>> rings_mm(Polygon())
    []
    """
    rings: list[Ints] = []
    for polygon in _polygons(geometry):
        for index, ring in enumerate((polygon.exterior, *polygon.interiors)):
            points = to_mm(shapely.get_coordinates(ring))[:-1]
            if len(points) > 1:
                points = points[(points != np.concatenate([points[-1:], points[:-1]])).any(axis=1)]
            if (ring_area_twice(points) > 0) != (index == 0):
                points = points[::-1]
            rings.append(points)
    return rings


def _polygons(geometry: BaseGeometry) -> list[Polygon]:
    """Return the polygons that are not empty."""
    if isinstance(geometry, Polygon):
        return [] if geometry.is_empty else [geometry]
    if isinstance(geometry, MultiPolygon):
        return [part for part in geometry.geoms if not part.is_empty]
    return []


def ring_edges(ring: Ints) -> Edges:
    """Return the directed edges of an open ring."""
    return ring, _turned(ring)


def edges_of(geometry: BaseGeometry) -> Edges:
    """Return all directed edges of a polygon or multipolygon.

    Examples
    --------
    >>> starts, ends = edges_of(Polygon())
    >>> starts.shape, ends.shape
    ((0, 2), (0, 2))
    """
    rings = rings_mm(geometry)
    if not rings:
        empty = np.empty((0, 2), dtype=np.int64)
        return empty, empty
    return np.concatenate(rings), np.concatenate([_turned(ring) for ring in rings])


def unique_points(points: Ints) -> Ints:
    """Return the points without repeats, sorted by x, then y."""
    if len(points) < 2:
        return points
    order = np.lexsort((points[:, 1], points[:, 0]))
    ranked = points[order]
    keep = np.ones(len(ranked), dtype=bool)
    keep[1:] = np.any(ranked[1:] != ranked[:-1], axis=1)
    return ranked[keep]


def near_edges(points: Ints, starts: Ints, ends: Ints, reach_mm: int = 1) -> tuple[Ints, Ints, Ints]:
    """Return where points lie nearer than ``reach_mm`` to the inside of an edge.

    Parameters
    ----------
    points, starts, ends : int64 arrays, shape (n, 2) and (m, 2)
        Points, and the edges from start to end.
    reach_mm : int
        A distance equal to it does not count.

    Returns
    -------
    (point index, edge index, along)
        Sorted by edge, then by the order along the edge; ``along`` is the projection times the edge's length. The order
        of the same points along the reversed edge is exactly the reverse. Ends of the edge are never among them.

    Examples
    --------
    >>> a, b = np.array([[0, 0]]), np.array([[9, 1]])
    >>> near_edges(np.array([[5, 1], [0, 0], [4, 2]]), a, b)[0].tolist()
    [0]
    >>> near_edges(np.empty((0, 2), dtype=np.int64), a, b)[0].tolist()
    []
    """
    rows, cols = _candidates(points, starts, ends, reach_mm)
    if not len(rows):
        return rows, cols, rows
    ax, ay = starts[cols, 0], starts[cols, 1]
    dx, dy = ends[cols, 0] - ax, ends[cols, 1] - ay
    px, py = points[rows, 0] - ax, points[rows, 1] - ay
    along, length2 = px * dx + py * dy, dx * dx + dy * dy
    cross = dx * py - dy * px
    length = np.sqrt(length2.astype(np.float64))
    hit = (along > 0) & (along < length2) & (np.abs(cross) <= (reach_mm + 1) * length)
    rows, cols, along, cross, length2 = (values[hit] for values in (rows, cols, along, cross, length2))
    hit = cross * cross < reach_mm * reach_mm * length2
    rows, cols, along, cross = (values[hit] for values in (rows, cols, along, cross))
    order = np.lexsort((cross, along, cols))
    return rows[order], cols[order], along[order]


def _candidates(points: Ints, starts: Ints, ends: Ints, reach_mm: int) -> tuple[Ints, Ints]:
    """Return (point, edge) pairs whose boxes are near enough."""
    low, high = np.minimum(starts, ends) - reach_mm, np.maximum(starts, ends) + reach_mm
    if len(points) * len(starts) <= BRUTE_PAIRS:
        px, py = points[:, 0, None], points[:, 1, None]
        inside = (px >= low[:, 0]) & (px <= high[:, 0]) & (py >= low[:, 1]) & (py <= high[:, 1])
        rows, cols = np.nonzero(inside)
        return rows.astype(np.int64), cols.astype(np.int64)
    reach_m = (reach_mm + 1) / GRID_PER_M
    found = shapely.STRtree(lines_of(starts, ends)).query(
        points_of(to_metres(points)), predicate="dwithin", distance=reach_m
    )
    return found[0].astype(np.int64), found[1].astype(np.int64)


def _turn(ax: Ints, ay: Ints, bx: Ints, by: Ints, px: Ints, py: Ints) -> Ints:
    """Return the sign of the turn from a over b to p."""
    turn: Ints = np.sign((bx - ax) * (py - ay) - (by - ay) * (px - ax))
    return turn


def crossing_pairs(starts: Ints, ends: Ints) -> tuple[Ints, Ints]:
    """Return pairs (i < j) of edges that cross inside both (touching and overlapping edges are not among them).

    Examples
    --------
    >>> a, b = np.array([[0, 0], [0, 4], [9, 9]]), np.array([[4, 4], [4, 0], [9, 0]])
    >>> [pair.tolist() for pair in crossing_pairs(a, b)]
    [[0], [1]]
    """
    count = len(starts)
    low, high = np.minimum(starts, ends), np.maximum(starts, ends)
    if count * count <= BRUTE_PAIRS:
        meet = np.ones((count, count), dtype=bool)
        for axis in (0, 1):
            meet &= low[:, axis, None] <= high[:, axis]
            meet &= high[:, axis, None] >= low[:, axis]
        first, second = np.nonzero(np.triu(meet, 1))
    else:
        lines = lines_of(starts, ends)
        first, second = shapely.STRtree(lines).query(lines)
        keep = first < second
        first, second = first[keep], second[keep]
    cross = cross_inside(starts[first], ends[first], starts[second], ends[second])
    return first[cross].astype(np.int64), second[cross].astype(np.int64)


def cross_inside(starts: Ints, ends: Ints, other_starts: Ints, other_ends: Ints) -> NDArray[np.bool_]:
    """Return row by row whether two edges cross inside both; exact.

    Examples
    --------
    >>> a, b = np.array([[0, 0], [0, 0]]), np.array([[4, 4], [2, 2]])
    >>> cross_inside(a, b, np.array([[0, 4], [0, 4]]), np.array([[4, 0], [4, 0]])).tolist()
    [True, False]
    """
    a, b, c, d = starts.T, ends.T, other_starts.T, other_ends.T
    cross = _turn(*a, *b, *c) * _turn(*a, *b, *d) < 0
    cross &= _turn(*c, *d, *a) * _turn(*c, *d, *b) < 0
    crossing: NDArray[np.bool_] = cross
    return crossing


def rounded_crossing(a: Ints, b: Ints, c: Ints, d: Ints) -> tuple[int, int] | None:
    """Return where the lines a-b and c-d cross, rounded once to the grid; None where they are parallel.

    Examples
    --------
    >>> rounded_crossing(*(np.array(p) for p in [(0, 0), (9, 9), (0, 9), (9, 0)]))
    (5, 5)
    """
    ax, ay, bx, by = int(a[0]), int(a[1]), int(b[0]), int(b[1])
    cx, cy, dx, dy = int(c[0]), int(c[1]), int(d[0]), int(d[1])
    ux, uy, vx, vy = bx - ax, by - ay, dx - cx, dy - cy
    below = ux * vy - uy * vx
    if below == 0:
        return None
    above = (cx - ax) * vy - (cy - ay) * vx
    if below < 0:
        above, below = -above, -below
    return ax + (2 * above * ux + below) // (2 * below), ay + (2 * above * uy + below) // (2 * below)


def to_metres(points: Ints) -> NDArray[np.float64]:
    """Return integer millimetres as canonical metres (k/1000).

    Examples
    --------
    >>> to_metres(np.array([[1, 2000]])).tolist()
    [[0.001, 2.0]]
    """
    return np.asarray(points, dtype=np.float64) / GRID_PER_M


def points_of(coords: NDArray[np.float64]) -> NDArray[np.object_]:
    """Return shapely points of coordinates in metres, always an array.

    Examples
    --------
    >>> points_of(np.empty((0, 2))).tolist()
    []
    """
    return np.atleast_1d(np.asarray(shapely.points(coords), dtype=object))


def lines_of(starts: Ints, ends: Ints) -> NDArray[np.object_]:
    """Return edges in whole millimetres as shapely lines in metres, always an array.

    Examples
    --------
    >>> lines_of(np.array([[0, 0]]), np.array([[1000, 0]])).tolist()
    [<LINESTRING (0 0, 1 0)>]
    """
    pairs = np.stack([starts, ends], axis=1).reshape(-1, 2)
    return np.atleast_1d(np.asarray(shapely.linestrings(to_metres(pairs).reshape(-1, 2, 2)), dtype=object))
