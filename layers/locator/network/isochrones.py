"""Outlines of what is reached within some minutes: the reached pieces of streets, cut exactly at the limit, widened.

The outline goes ``ISOCHRONE_HALF_WIDTH_M`` beside the streets, so a position off the street may be inside although the
last steps to its door are beyond the limit, by that width at most.

Widening every street of a city takes seconds, nearly all of it for outlines around blocks whose inside is then filled.
So blocks that will be filled are put together first, and only their rim, and what lies outside them, is widened.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import MultiPolygon
from shapely.geometry.base import BaseGeometry
from shapely.ops import substring

from layers.locator.network.graph import Floats, Ints, Net, Snapped
from layers.locator.network.paths import minutes_from_nodes
from layers.locator.network.speeds import ISOCHRONE_HALF_WIDTH_M, ISOCHRONE_HOLE_M2, WALK_M_PER_MIN

__all__ = ["isochrones", "reached_lines"]

CELL_M: Final = 400.0
"""Streets are widened together in cells of this side."""


def isochrones(
    net: Net,
    origin: Floats,
    minutes: Sequence[float],
    *,
    half_width_m: float = ISOCHRONE_HALF_WIDTH_M,
    hole_m2: float = ISOCHRONE_HOLE_M2,
) -> list[MultiPolygon]:
    """Return what is reached from a position (2,) within each number of minutes, in the order of ``minutes``.

    Each outline lies within those of more minutes. One is empty where no street is near.
    """
    order = sorted(set(map(float, minutes)))
    if not all(0 <= limit < np.inf for limit in order):
        raise ValueError("minutes are finite numbers, 0 or more")
    found: dict[float, BaseGeometry] = {}
    inner: BaseGeometry = MultiPolygon()
    node, at = _minutes(net, origin, order[-1] if order else 0.0)
    for limit in order:
        whole, pieces = _reached(net, node, at, limit)
        lines = np.concatenate([net.lines[whole], pieces])
        wide = shapely.union_all([inner, *_outlines(lines, half_width_m, hole_m2)])
        inner = _without_small_holes(wide, hole_m2)
        found[limit] = inner
    return [_multi(found[float(limit)]) for limit in minutes]


def reached_lines(net: Net, origin: Floats, minutes: float) -> NDArray[np.object_]:
    """Return the pieces of streets that are reached from a position (2,) within some minutes; one may be a point."""
    node, at = _minutes(net, origin, minutes)
    whole, pieces = _reached(net, node, at, minutes)
    return np.concatenate([net.lines[whole], pieces])


def _minutes(net: Net, origin: Floats, limit: float) -> tuple[Floats, Snapped]:
    """Return the minutes at each node, the walk to the street included, and where the position is on the net."""
    at = net.snap(origin)
    if not len(at.edge) or at.edge[0] < 0:
        return np.full(net.nodes, np.inf), at
    walked = at.off_m / WALK_M_PER_MIN
    to_begin, to_end = net.leaving(at)
    nodes = np.array([net.u[at.edge[0]], net.v[at.edge[0]]])
    return minutes_from_nodes(net, nodes, np.concatenate([walked + to_begin, walked + to_end]), limit_min=limit), at


def _reached(net: Net, node: Floats, at: Snapped, limit: float) -> tuple[Ints, NDArray[np.object_]]:
    """Return the edges that are reached whole, and pieces of others: from their begin, their end, the position."""
    from_begin, from_end = node[net.u], node[net.v]
    left = np.where(net.ahead & (from_begin <= limit), limit - from_begin, -1.0)
    right = np.where(net.back & (from_end <= limit), limit - from_end, -1.0)
    touched = np.flatnonzero((left >= 0) | (right >= 0))
    share = [np.clip(side[touched] / net.minutes[touched], -1.0, 1.0) for side in (left, right)]
    whole = (share[0] >= 1) | (share[1] >= 1) | (np.clip(share[0], 0, 1) + np.clip(share[1], 0, 1) >= 1)
    lines: list[BaseGeometry] = []
    for edge, a, b in zip(touched[~whole], share[0][~whole], share[1][~whole], strict=True):
        lines += [substring(net.lines[edge], 0, a, normalized=True)] if a >= 0 else []
        lines += [substring(net.lines[edge], 1 - b, 1, normalized=True)] if b >= 0 else []
    lines += _around(net, at, limit)
    pieces = np.empty(len(lines), dtype=object)
    pieces[:] = lines
    return touched[whole], pieces


def _around(net: Net, at: Snapped, limit: float) -> list[BaseGeometry]:
    if not len(at.edge) or at.edge[0] < 0:
        return []
    edge = int(at.edge[0])
    time = limit - float(at.off_m[0]) / WALK_M_PER_MIN
    if time < 0:
        return []
    here, length = float(at.along_m[0]), float(net.length_m[edge])
    reach = time / float(net.minutes[edge]) * length
    first = max(0.0, here - reach) if net.back[edge] else here
    last = min(length, here + reach) if net.ahead[edge] else here
    return [substring(net.lines[edge], first, last)]


def _outlines(lines: NDArray[np.object_], half_width_m: float, hole_m2: float) -> list[BaseGeometry]:
    """Return shapes that together are the lines widened, with most small holes filled."""
    if hole_m2 <= 0 or not len(lines):
        return _widened(lines, half_width_m, hole_m2)
    lines = shapely.get_parts(shapely.union_all(lines))  # they meet where they cross, bridges too
    lines = lines[shapely.get_type_id(lines) == 1]
    blocks = _filled_blocks(lines, half_width_m, hole_m2)
    if blocks.is_empty:
        return _widened(lines, half_width_m, hole_m2)
    shapely.prepare(blocks)
    middle = shapely.line_interpolate_point(lines, 0.5, normalized=True)
    outside = lines[~shapely.intersects(blocks, middle)]  # a line lies on one side of the rim, or on it
    rims = shapely.buffer(shapely.get_parts(blocks), half_width_m, quad_segs=4)
    return [*rims, *_widened(outside, half_width_m, hole_m2)]


def _filled_blocks(lines: NDArray[np.object_], half_width_m: float, hole_m2: float) -> BaseGeometry:
    """Return the blocks between lines that are filled: what is left of them within the widened lines is too small."""
    blocks = shapely.get_parts(shapely.polygonize(lines))
    left, block = shapely.get_parts(shapely.buffer(blocks, -half_width_m, quad_segs=4), return_index=True)
    largest = np.zeros(len(blocks))
    np.maximum.at(largest, block, shapely.area(left))
    return shapely.coverage_union_all(blocks[largest < hole_m2])


def _widened(lines: NDArray[np.object_], half_width_m: float, hole_m2: float) -> list[BaseGeometry]:
    """Return outlines of lines, cell by cell: a city's in one go would take several times as long."""
    if not len(lines):
        return []
    cell = np.floor(shapely.bounds(lines)[:, :2] / CELL_M).astype(np.int64)
    order = np.lexsort(cell.T)
    cuts = np.flatnonzero((np.diff(cell[order], axis=0) != 0).any(axis=1)) + 1
    groups = np.array([shapely.GeometryCollection(list(lines[some])) for some in np.split(order, cuts)], dtype=object)
    return [_without_small_holes(one, hole_m2) for one in shapely.buffer(groups, half_width_m, quad_segs=4)]


def _without_small_holes(shape: BaseGeometry, hole_m2: float) -> BaseGeometry:
    polygons = []
    for polygon in shapely.get_parts(shape):
        holes = [ring for ring in polygon.interiors if shapely.area(shapely.polygons(ring)) >= hole_m2]
        polygons.append(shapely.Polygon(polygon.exterior, holes))
    return shapely.union_all(polygons) if polygons else MultiPolygon()


def _multi(shape: BaseGeometry) -> MultiPolygon:
    return MultiPolygon([part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"])
