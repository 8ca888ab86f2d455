"""Outlines for small scales: pure functions on arrays of shapely geometries, in metres of EPSG:3857.

Every function gives a feature the same result whether it is asked about the whole layer or about the feature's
surroundings, as long as the features come in the same order: what is far away does not count. That is what lets a
change be worked in locally.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

__all__ = [
    "Shapes",
    "close_streets",
    "dissolve",
    "part_overlaps",
    "simplify_coverage",
    "simplify_each",
    "tolerance_at",
    "without_flat_corners",
    "without_specks",
]

Shapes = NDArray[Any]
"""A one-dimensional array of shapely geometries."""

_EARTH_M: Final = 6_378_137.0
_WORLD_M: Final = 40_075_016.68557849
_PIXELS: Final = 512
_LOST: Final = 1e-9  # of an area: what rounding can do
_FLAT_M: Final = 0.002
"""A corner this close to the line between its neighbours is on it: corners are whole millimetres, and a new one on a
side is rounded once."""
_STRAIGHT_M: Final = 0.005
_NEAR_M: Final = 1e-6
"""A vertex this close to a side lies on it: the rounding of coordinates of EPSG:3857 is a hundredth of that."""


def tolerance_at(zoom: int) -> float:
    """Return the side of a pixel where a tile is drawn with 512 of them: what is smaller cannot be seen.

    >>> round(tolerance_at(12), 2)
    19.11
    """
    return _WORLD_M / (_PIXELS << zoom)


def simplify_coverage(shapes: Shapes, tolerance: float) -> Shapes:
    """Simplify areas so that neighbours keep the sides they share.

    Parameters
    ----------
    shapes : array of Polygon or MultiPolygon
        Neighbours have identical vertices along shared sides; the order decides nothing but ties.
    tolerance : float
        Corners whose triangle is smaller than the square of this are left out (Visvalingam and Whyatt 1993), and so
        are smaller parts and holes.

    Returns
    -------
    array of Polygon or MultiPolygon
        In the order given. An area that cannot be kept valid is returned as it was.

    Examples
    --------
    >>> wavy = shapely.from_wkt("POLYGON ((0 0, 10 0, 10 4, 10.1 5, 10 6, 10 10, 0 10, 0 0))")
    >>> other = shapely.from_wkt("POLYGON ((10 0, 20 0, 20 10, 10 10, 10 6, 10.1 5, 10 4, 10 0))")
    >>> [s.area for s in simplify_coverage(np.array([wavy, other]), 1.0)]
    [100.0, 100.0]
    >>> len(simplify_coverage(np.array([]), 1.0))
    0
    """
    if len(shapes) == 0:
        return shapes
    shapes = without_specks(shapes, tolerance)
    found: Shapes = shapely.coverage_simplify(shapes, tolerance)
    bad = ~shapely.is_valid(found) | shapely.is_empty(found)
    found[bad] = shapes[bad]
    return found


def without_specks(shapes: Shapes, tolerance: float) -> Shapes:
    """Leave out parts and holes of areas that are smaller than the square of the tolerance.

    The largest part always stays, and so does a hole that another area reaches into.

    Examples
    --------
    >>> hole = shapely.box(0, 0, 100, 100).difference(shapely.box(40, 40, 42, 42))
    >>> speck = shapely.MultiPolygon([hole, shapely.box(200, 0, 201, 1)])
    >>> [s.equals(shapely.box(0, 0, 100, 100)) for s in without_specks(np.array([speck]), 10)]
    [True]
    """
    rings = shapely.get_num_geometries(shapes) + shapely.get_num_interior_rings(shapely.get_geometry(shapes, 0))
    many = np.flatnonzero((rings > 1) | (shapely.get_num_geometries(shapes) > 1))
    if len(many) == 0:
        return shapes
    found = shapes.copy()
    tree = shapely.STRtree(shapes)
    for i in many:
        found[i] = _without_specks(int(i), shapes, tree, tolerance**2)
    return found


def _without_specks(i: int, shapes: Shapes, tree: shapely.STRtree, smallest_m2: float) -> BaseGeometry:
    parts = shapely.get_parts(shapes[i])
    areas = np.array([shapely.Polygon(part.exterior).area for part in parts])
    kept = []
    for part, area in zip(parts, areas, strict=True):
        if area < smallest_m2 and area < areas.max():
            continue
        holes = []
        for ring in part.interiors:
            hole = shapely.Polygon(ring)
            if hole.area >= smallest_m2 or any(
                j != i and shapely.relate_pattern(hole, shapes[j], "T********") for j in tree.query(hole)
            ):
                holes.append(ring)
        kept.append(shapely.Polygon(part.exterior, holes))
    return shapely.multipolygons(kept)


def simplify_each(shapes: Shapes, tolerance: float) -> Shapes:
    """Simplify lines and areas one by one; no corner moves by more than half the tolerance.

    The parts of a line that follow each other (a street comes in pieces, from crossing to crossing) become one.

    >>> line = shapely.LineString([(0, 0), (5, 0.1), (10, 0)])
    >>> simplify_each(np.array([line]), 1.0)[0].wkt
    'LINESTRING (0 0, 10 0)'
    >>> parts = shapely.from_wkt("MULTILINESTRING ((0 0, 5 0), (5 0, 10 0))")
    >>> simplify_each(np.array([parts]), 1.0)[0].wkt
    'LINESTRING (0 0, 10 0)'
    """
    is_line = np.isin(shapely.get_type_id(shapes), (1, 5))
    merged = shapes.copy()
    merged[is_line] = shapely.line_merge(shapes[is_line])
    found: Shapes = shapely.simplify(merged, tolerance / 2, preserve_topology=True)
    return found


def dissolve(shapes: Shapes) -> BaseGeometry:
    """Return areas put together as one.

    Neighbours that match are joined by leaving out the sides they share, which is fifty times faster than any other
    way; where an area is lost or won by that, they do not match (imported faults) and are united by force.

    Examples
    --------
    >>> dissolve(np.array([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)])).area
    2.0
    >>> round(dissolve(np.array([shapely.box(0, 0, 1, 1), shapely.box(0.9, 0, 2, 1)])).area, 9)
    2.0
    """
    areas = float(shapely.area(shapes).sum())
    try:
        joined = shapely.coverage_union_all(shapes)
        if joined.is_valid and abs(joined.area - areas) <= _LOST * areas:
            return _multi(joined)
    except shapely.errors.GEOSException:
        pass  # sides that cross instead of matching
    return _multi(shapely.union_all(shapes))


def _multi(shape: BaseGeometry) -> BaseGeometry:
    """Return the areas of a shape as a MultiPolygon."""
    return shapely.multipolygons([p for p in shapely.get_parts(shape) if p.geom_type == "Polygon"])


def without_flat_corners(shape: BaseGeometry) -> BaseGeometry:
    """Leave out the corners along straight sides, so that dividing a lot on the edge of a block leaves the same shape.

    All flat corners between two others go where they lie on one straight line, and none of them where they do not (an
    arc in short chords). Whether a corner goes depends on its ring alone, not on where that begins.

    Examples
    --------
    >>> lots = shapely.Polygon([(0, 0), (5, 0), (10, 0.001), (20, 0), (20, 9), (0, 9)])
    >>> without_flat_corners(lots).wkt
    'POLYGON ((0 0, 0 9, 20 9, 20 0, 0 0))'
    >>> circle = shapely.Point(0, 0).buffer(50, 400)
    >>> without_flat_corners(circle).equals(circle)
    True
    """
    kept = [
        shapely.Polygon(*_rings_without_flat_corners(part))
        for part in shapely.get_parts(shape)
        if part.geom_type == "Polygon"
    ]
    found = kept[0] if shape.geom_type == "Polygon" and kept else shapely.multipolygons(kept)
    return shapely.normalize(found if found.is_valid else shape)


def _rings_without_flat_corners(part: BaseGeometry) -> tuple[NDArray[np.float64], list[NDArray[np.float64]]]:
    rings = [_without_flat_corners(shapely.get_coordinates(ring)[:-1]) for ring in shapely.get_rings(part)]
    return rings[0], rings[1:]


def _without_flat_corners(at: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the corners of a ring, none of which is given twice, without those along straight sides."""
    flat = _distance(at, np.roll(at, 1, axis=0), np.roll(at, -1, axis=0)) <= _FLAT_M
    real = np.flatnonzero(~flat)
    if len(real) < 3 or len(real) == len(at):
        return at
    # The corner before and the corner behind each one, among those that are not flat.
    before = real[np.searchsorted(real, np.arange(len(at)), side="right") - 1]
    behind = real[np.searchsorted(real, np.arange(len(at))) % len(real)]
    off = np.where(flat, _distance(at, at[before], at[behind]), 0.0)
    bent = np.zeros(len(at), dtype=bool)
    np.logical_or.at(bent, before, off > _STRAIGHT_M)
    return at[~flat | bent[before]]


def _distance(at: NDArray[np.float64], a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how far each point is from the line through the other two; from the first where they are one."""
    (dx, dy), (px, py) = (b - a).T, (at - a).T
    length = np.hypot(dx, dy)
    with np.errstate(invalid="ignore", divide="ignore"):
        away = np.abs(dx * py - dy * px) / length
    beyond = (px * dx + py * dy < 0) | (px * dx + py * dy > length**2)  # a spike turns back on itself
    found: NDArray[np.float64] = np.where((length > 0) & ~beyond, away, np.hypot(px, py))
    return found


def close_streets(shape: BaseGeometry, width_m: float) -> BaseGeometry:
    """Fill what lies between the parts of an area and is narrower than a street.

    Parameters
    ----------
    shape : Polygon or MultiPolygon
        In EPSG:3857, where a metre of the ground is longer than one the further from the equator it is.
    width_m : float
        Metres on the ground.

    Examples
    --------
    >>> blocks = shapely.MultiPolygon([shapely.box(0, 0, 50, 50), shapely.box(60, 0, 110, 50)])
    >>> close_streets(blocks, 20).equals(shapely.box(0, 0, 110, 50))
    True
    >>> close_streets(shapely.MultiPolygon(), 20).is_empty
    True
    """
    if shape.is_empty:
        return shape
    _, south, _, north = shape.bounds
    distance = width_m / 2 * math.cosh((south + north) / 2 / _EARTH_M)
    grown = shapely.buffer(shape, distance, join_style="mitre", mitre_limit=2.0)
    closed = shapely.buffer(grown, -distance, join_style="mitre", mitre_limit=2.0)
    return shape if closed.is_empty else closed


def part_overlaps(closed: Shapes, exact: Shapes) -> Shapes:
    """Give every place that several closed areas claim to one of them, and make the sides between them match.

    A place of one area's own land is its own; what is only street goes to the first in order.

    Parameters
    ----------
    closed, exact : array of Polygon or MultiPolygon
        Areas with their streets closed, and the land they were made from.

    Examples
    --------
    >>> a, b = shapely.box(0, 0, 12, 10), shapely.box(10, 2, 30, 8)
    >>> parts = part_overlaps(np.array([a, b]), np.array([shapely.box(0, 0, 11, 10), shapely.box(13, 2, 30, 8)]))
    >>> [p.area for p in parts], bool(shapely.coverage_is_valid(parts))
    ([120.0, 108.0], True)
    """
    first, second = shapely.STRtree(closed).query(closed, predicate="intersects")
    pairs = first != second
    first, second = first[pairs], second[pairs]
    if len(first) == 0:
        return closed
    result = closed.copy()
    touched = np.unique(first)
    for i in touched:
        result[i] = _own_part(int(i), np.sort(second[first == i]), closed, exact)
    for i in touched:
        near = [result[j] for j in second[first == i]]
        result[i] = _with_vertices_of(result[i], near)
    return result


def _own_part(i: int, others: NDArray[np.int64], closed: Shapes, exact: Shapes) -> BaseGeometry:
    shape = closed[i]
    land = [exact[j] for j in others if shapely.relate_pattern(shape, exact[j], "T********")]
    if land:
        shape = shapely.difference(shape, shapely.union_all(land))
        shape = shapely.union(shape, exact[i])
    before = [_without(closed[j], exact[i]) for j in others if j < i]
    overlapping = [b for b in before if shapely.relate_pattern(shape, b, "T********")]
    if overlapping:
        shape = shapely.difference(shape, shapely.union_all(overlapping))
    return _areas(shape, exact[i])


def _without(claimed: BaseGeometry, land: BaseGeometry) -> BaseGeometry:
    return shapely.difference(claimed, land) if shapely.relate_pattern(claimed, land, "T********") else claimed


def _areas(shape: BaseGeometry, instead: BaseGeometry) -> BaseGeometry:
    """Return the polygons of a result; ``instead`` where it has none."""
    parts = [p for p in shapely.get_parts(shape) if p.geom_type == "Polygon" and p.area > 0]
    return shapely.multipolygons(parts) if parts else instead


def _with_vertices_of(shape: BaseGeometry, near: list[BaseGeometry]) -> BaseGeometry:
    """Insert the corners of neighbours that lie on a side of the shape."""
    coordinates = np.unique(np.concatenate([shapely.get_coordinates(g) for g in near]), axis=0)
    corners: Shapes = np.asarray(shapely.points(coordinates))
    edge = shapely.boundary(shape)
    shapely.prepare(edge)
    on = corners[shapely.dwithin(edge, corners, _NEAR_M)]
    if len(on) == 0:
        return shape
    polygons = []
    for polygon in shapely.get_parts(shape):
        rings = [_ring_with(ring, on) for ring in shapely.get_rings(polygon)]
        polygons.append(shapely.Polygon(rings[0], rings[1:]))
    found = shapely.multipolygons(polygons)
    return found if found.is_valid else shape


def _ring_with(ring: BaseGeometry, points: Shapes) -> NDArray[np.float64]:
    at = shapely.get_coordinates(ring)
    near = points[shapely.distance(ring, points) <= _NEAR_M]
    if len(near) == 0:
        return at
    new = shapely.get_coordinates(near)
    known = {(x, y) for x, y in at.tolist()}
    ends = np.cumsum(np.hypot(*np.diff(at, axis=0).T))
    places = shapely.line_locate_point(shapely.LineString(at), near)
    rows = [(p, x, y) for p, (x, y) in zip(places.tolist(), new.tolist(), strict=True) if (x, y) not in known]
    rows += [(p, x, y) for p, (x, y) in zip([0.0, *ends.tolist()], at.tolist(), strict=True)]
    rows.sort(key=lambda row: row[0])
    return np.array([(x, y) for _, x, y in rows])
