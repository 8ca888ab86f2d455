"""Exact areas, widths, depth, shared lengths."""

from __future__ import annotations

import math
from decimal import Decimal
from itertools import pairwise

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import LineString, MultiPolygon, Polygon

from land_services.domain import Side

from .errors import InvalidOutline
from .lattice import Ints, edges_of, near_edges, ring_area_twice, rings_mm, to_metres, unique_points

__all__ = ["area_mm2_twice", "depth_m", "exact_area_m2", "narrowest_m", "touches_along_edge", "width_m"]


def area_mm2_twice(polygon: Polygon | MultiPolygon) -> int:
    """Return twice the area in mm2, exact: the shoelace of integer millimetres, holes subtracted.

    Parameters
    ----------
    polygon : Polygon or MultiPolygon
        Metres on the grid, any orientation, may be empty.

    Examples
    --------
    >>> area_mm2_twice(shapely.box(0, 0, 1, 1))
    2000000
    >>> area_mm2_twice(Polygon())
    0
    """
    return sum(ring_area_twice(ring) for ring in rings_mm(polygon))


def exact_area_m2(polygon: Polygon | MultiPolygon) -> Decimal:
    """Return the exact area in m2, seven decimals (the grid allows no more).

    Parameters
    ----------
    polygon : Polygon or MultiPolygon
        Metres on the grid, may be empty.

    Examples
    --------
    >>> exact_area_m2(Polygon([(0, 0), (0.001, 0), (0, 0.001)]))
    Decimal('5E-7')
    >>> exact_area_m2(shapely.box(0, 0, 20, 30)), exact_area_m2(Polygon())
    (Decimal('600.0000000'), Decimal('0E-7'))
    """
    return Decimal(area_mm2_twice(polygon) * 5).scaleb(-7)


def width_m(polygon: Polygon) -> float:
    """Return the minimum width in metres: the narrowest strip of parallel lines that holds the polygon.

    Parameters
    ----------
    polygon : Polygon
        Metres, may be empty (0.0).

    Notes
    -----
    Rotating calipers over the convex hull: the minimum is reached with one line along an edge of the hull.

    Examples
    --------
    >>> width_m(shapely.box(0, 0, 20, 3))
    3.0
    >>> width_m(Polygon())
    0.0
    """
    hull = shapely.get_coordinates(shapely.convex_hull(polygon))[:-1]
    if len(hull) < 3:
        return 0.0
    hull = hull - hull[0]
    along = np.roll(hull, -1, axis=0) - hull
    along = along / np.hypot(along[:, 0], along[:, 1])[:, None]
    normal = np.stack([-along[:, 1], along[:, 0]])
    reach = hull @ normal
    return float(np.min(reach.max(axis=0) - reach.min(axis=0)))


def narrowest_m(polygon: Polygon, below_m: float = math.inf) -> tuple[float, LineString]:
    """Return the narrowest passage of a polygon: its width and the line across it, in metres.

    A passage runs inside the polygon from a vertex to the nearest point of an edge, or to another vertex, that
    faces it, and leaves on either side more than a corner: a piece wider than the passage itself. A polygon that
    has no such neck is as narrow as its minimum width, and the line is then one across it.

    Parameters
    ----------
    polygon : Polygon
        Metres, valid, holes allowed (the strip between hole and outline is a passage too).
    below_m : float
        Necks of this width or more are not looked for, metres: an outline of many vertices has thousands of them, and
        whoever asks whether it is wide enough needs none.

    Returns
    -------
    (float, LineString)
        Width in metres, and the line across; that of the whole polygon where it has no neck below ``below_m``.

    Raises
    ------
    InvalidOutline
        Where the polygon is empty.

    Examples
    --------
    >>> width, line = narrowest_m(Polygon([(0, 0), (9, 0), (9, 9), (6, 9), (6, 2), (3, 2), (3, 9), (0, 9)]))
    >>> width
    2.0
    >>> narrowest_m(Polygon([(0, 0), (9, 0), (9, 9), (6, 9), (6, 2), (3, 2), (3, 9), (0, 9)]), below_m=2.0)[0]
    9.0
    >>> narrowest_m(shapely.box(0, 0, 20, 3))[0]
    3.0
    """
    if polygon.is_empty:
        raise InvalidOutline("the outline is empty")
    best = width_m(polygon)
    found: LineString | None = None
    for line in _passages(polygon, min(best, below_m)):
        if _is_neck(polygon, line):
            best, found = line.length, line
            break
    return best, found if found is not None else _across(polygon)


def _passages(polygon: Polygon, below_m: float) -> list[LineString]:
    """Return the lines inside the polygon from each vertex to the nearest point of each edge, shortest first."""
    rings = [shapely.get_coordinates(ring)[:-1] for ring in (polygon.exterior, *polygon.interiors)]
    points = np.concatenate(rings)
    ends = np.concatenate([np.roll(ring, -1, axis=0) for ring in rings])
    edges = ends - points
    length2 = np.maximum((edges**2).sum(axis=1), 1e-30)
    offset = points[:, None, :] - points[None, :, :]
    share = np.clip((offset * edges).sum(axis=2) / length2, 0.0, 1.0)
    feet = points[None, :, :] + share[:, :, None] * edges
    distance = np.hypot(*np.moveaxis(points[:, None, :] - feet, 2, 0))
    rows, cols = np.nonzero((distance > 0) & (distance < below_m))
    order = np.argsort(distance[rows, cols], kind="stable")
    rows, cols = rows[order], cols[order]
    lines = np.atleast_1d(np.asarray(shapely.linestrings(np.stack([points[rows], feet[rows, cols]], axis=1))))
    middles = shapely.line_interpolate_point(lines, 0.5, normalized=True)
    shapely.prepare(polygon)
    inside = shapely.contains_properly(polygon, middles)
    return list(lines[inside])


def _is_neck(polygon: Polygon, line: LineString) -> bool:
    """Return whether the line has more than a mere corner of the polygon on both sides."""
    (ax, ay), (bx, by) = line.coords
    dx, dy = (bx - ax) * 1e-6, (by - ay) * 1e-6
    longer = LineString([(ax - dx, ay - dy), (bx + dx, by + dy)])
    pieces = shapely.get_parts(shapely.polygonize([shapely.node(shapely.union(polygon.boundary, longer))]))
    inner = [piece for piece in pieces if polygon.contains(piece.representative_point())]
    if len(inner) == 1:
        return bool(len(polygon.interiors))  # the line joins a hole to the outline: one piece is left, cut open
    return all(width_m(piece) >= line.length * 0.999999 for piece in inner) and len(inner) > 1


def _across(polygon: Polygon) -> LineString:
    """Return a line across the hull where it is narrowest."""
    hull: NDArray[np.float64] = shapely.get_coordinates(shapely.convex_hull(polygon))[:-1]
    along = np.roll(hull, -1, axis=0) - hull
    along = along / np.hypot(along[:, 0], along[:, 1])[:, None]
    offset = (hull[:, None, :] - hull[None, :, :]) @ np.eye(2)
    reach = np.abs(offset[..., 0] * -along[:, 1] + offset[..., 1] * along[:, 0])
    edge = int(np.argmin(reach.max(axis=0)))
    far = hull[int(np.argmax(reach[:, edge]))]
    foot = hull[edge] + along[edge] * float((far - hull[edge]) @ along[edge])
    return LineString([far, foot])


def depth_m(polygon: Polygon, front: Side) -> float:
    """Return how far the polygon reaches from its front, measured square to it, in metres.

    Parameters
    ----------
    polygon : Polygon
        Metres, may be empty (0.0).
    front : Side
        A side as :func:`sides.sides` gives it; an arc counts by its chord.

    Examples
    --------
    >>> from land_services.geometry.sides import sides
    >>> lot = shapely.box(0, 0, 20, 30)
    >>> [depth_m(lot, side) for side in sides(lot)]
    [30.0, 20.0, 30.0, 20.0]
    >>> depth_m(Polygon(), sides(lot)[0])
    0.0
    """
    if polygon.is_empty:
        return 0.0
    (ax, ay), (bx, by) = front.line.coords[0], front.line.coords[-1]
    length = math.hypot(bx - ax, by - ay)
    coords = shapely.get_coordinates(polygon)
    square = ((bx - ax) * (coords[:, 1] - ay) - (by - ay) * (coords[:, 0] - ax)) / length
    return float(max(-square.min(), square.max(), 0.0))


def touches_along_edge(a: Polygon | MultiPolygon, b: Polygon | MultiPolygon) -> float:
    """Return the length in metres of the boundary that two polygons share from opposite sides (0.0 at a mere point).

    Parameters
    ----------
    a, b : Polygon or MultiPolygon
        Metres on the grid, may be empty. Vertices that one lacks on an edge of the other are allowed for.

    Examples
    --------
    >>> touches_along_edge(shapely.box(0, 0, 1, 1), shapely.box(1, 0.5, 2, 3))
    0.5
    >>> touches_along_edge(shapely.box(0, 0, 1, 1), shapely.box(1, 1, 2, 2)), touches_along_edge(Polygon(), Polygon())
    (0.0, 0.0)
    """
    first, second = _noded_edges(a, b), _noded_edges(b, a)
    shared = {(end, start) for start, end in first} & second
    return math.fsum(math.dist(*to_metres(np.array(edge))) for edge in shared)


def _noded_edges(
    polygon: Polygon | MultiPolygon, other: Polygon | MultiPolygon
) -> set[tuple[tuple[int, int], tuple[int, int]]]:
    """Return the directed edges of a polygon with the other's vertices on it inserted."""
    points: Ints = unique_points(edges_of(other)[0])
    edges: set[tuple[tuple[int, int], tuple[int, int]]] = set()
    for ring in rings_mm(polygon):
        closed = np.vstack([ring, ring[:1]])
        rows, cols, _ = near_edges(points, closed[:-1], closed[1:])
        noded = [tuple(point) for point in np.insert(closed, cols + 1, points[rows], axis=0).tolist()]
        edges.update(pairwise(noded))
    return edges
