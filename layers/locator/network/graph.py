"""A graph of streets: nodes where centrelines meet, edges between them, what of it each mode may use.

Pure: numpy, scipy and shapely, metres in a projected system. Nodes are the ends of centrelines and every vertex that
two of them share (or one passes twice); an end that lies on another centreline meets it there. Lines that cross without
a common vertex do not meet: that is a bridge.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree
from shapely import STRtree

from layers.locator.network.speeds import CAR_KMH, SNAP_LIMIT_M, WALK_M_PER_MIN

__all__ = ["GRID_M", "TOUCH_M", "Graph", "Mode", "Net", "Snapped", "Streets", "build_graph"]

GRID_M: Final = 0.001
"""Vertices this near to each other are one."""
TOUCH_M: Final = 0.01
"""An end this near to another centreline lies on it."""
FARTHEST_M: Final = 1e9
"""Coordinates beyond this are no place."""
POINTS: Final = 100_000
"""How many positions are brought to the net in one go: it bounds the memory."""
ROW_M: Final = 100.0

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


class Mode(StrEnum):
    """How people move."""

    FOOT = "foot"
    CAR = "car"


@dataclass(frozen=True)
class Streets:
    """Columns of street rows, all of one length; ``lines`` are LineStrings or MultiLineStrings, the others texts as in
    ``layers.models.Street``.
    """

    lines: NDArray[np.object_]
    road_class: NDArray[Any]
    direction: NDArray[Any]
    users: NDArray[Any]
    barrier: NDArray[Any]


@dataclass(frozen=True)
class Snapped:
    """Positions on a net, one for each point: the edge (-1: no street near), metres along it from its begin, metres
    from the point to it.
    """

    edge: Ints
    along_m: Floats
    off_m: Floats

    def __getitem__(self, some: NDArray[Any]) -> Snapped:
        return Snapped(self.edge[some], self.along_m[some], self.off_m[some])


@dataclass(frozen=True)
class Net:
    """What one mode may use. Edges go from ``u`` to ``v``; ``ahead`` and ``back`` say which way they may be used."""

    nodes: int
    u: Ints
    v: Ints
    length_m: Floats
    minutes: Floats
    ahead: Bools
    back: Bools
    lines: NDArray[np.object_]
    onward: csr_array
    """Minutes from node to node."""
    backward: csr_array
    """The same, against the direction of travel."""

    @cached_property
    def tree(self) -> STRtree:
        return STRtree(self.lines)

    @cached_property
    def minutes_per_m(self) -> float:
        """How long a metre takes, on average; 0 without edges."""
        total = float(self.length_m.sum())
        return float(self.minutes.sum()) / total if total else 0.0

    def snap(self, xy: Floats, limit_m: float = SNAP_LIMIT_M) -> Snapped:
        """Return where points (n, 2) come to the net: the nearest place on the nearest edge.

        Points that are no place (NaN, infinite) and those with no edge within ``limit_m`` have edge -1.
        """
        xy = np.asarray(xy, dtype=np.float64).reshape(-1, 2)
        edge = np.full(len(xy), -1, dtype=np.int64)
        along, off = np.zeros(len(xy)), np.full(len(xy), np.inf)
        places = np.flatnonzero((np.abs(xy) < FARTHEST_M).all(axis=1))  # NaN is none
        # Neighbours one after the other ask for the same part of the tree: half the time for a city of homes.
        places = places[np.lexsort((xy[places, 0], np.floor(xy[places, 1] / ROW_M)))]
        for first in range(0, len(places) if len(self.lines) else 0, POINTS):
            some = places[first : first + POINTS]
            points = np.asarray(shapely.points(xy[some]), dtype=object)
            (found, nearest), metres = self.tree.query_nearest(
                points, max_distance=limit_m, return_distance=True, all_matches=False
            )
            at = some[found]
            edge[at], off[at] = nearest, metres
            measured = shapely.line_locate_point(self.lines[nearest], points[found])
            along[at] = np.clip(measured, 0.0, self.length_m[nearest])
        return Snapped(edge, along, off)

    def parts(self, edge: Ints, along_m: Floats) -> tuple[Floats, Floats]:
        """Return the minutes from an edge's begin to a place on it, and from there to its end."""
        length = self.length_m[edge]
        share = along_m / length
        return self.minutes[edge] * share, self.minutes[edge] * (1 - share)

    def leaving(self, at: Snapped) -> tuple[Floats, Floats]:
        """Return the minutes from places on edges to ``u`` and to ``v``; infinite against the direction.

        A place at a node is that node, whichever of its edges it was found on.
        """
        to_begin, to_end = self.parts(at.edge, at.along_m)
        length = self.length_m[at.edge]
        return (
            np.where(self.back[at.edge] | (at.along_m <= GRID_M), to_begin, np.inf),
            np.where(self.ahead[at.edge] | (length - at.along_m <= GRID_M), to_end, np.inf),
        )

    def arriving(self, at: Snapped) -> tuple[Floats, Floats]:
        """Return the minutes from ``u`` and from ``v`` to places on edges."""
        from_begin, from_end = self.parts(at.edge, at.along_m)
        length = self.length_m[at.edge]
        return (
            np.where(self.ahead[at.edge] | (at.along_m <= GRID_M), from_begin, np.inf),
            np.where(self.back[at.edge] | (length - at.along_m <= GRID_M), from_end, np.inf),
        )

    def direct(self, edge: Ints, start_m: Floats, stop_m: Floats) -> Floats:
        """Return the minutes between two places on one edge, along it; infinite against the direction."""
        minutes = self.minutes[edge] * np.abs(stop_m - start_m) / self.length_m[edge]
        onward = np.where(stop_m >= start_m, self.ahead[edge], self.back[edge])
        return np.where(onward | (np.abs(stop_m - start_m) <= GRID_M), minutes, np.inf)


@dataclass(frozen=True)
class Graph:
    """Streets as nodes and edges, with a net for each mode."""

    xy: Floats
    nets: dict[Mode, Net]

    def net(self, mode: Mode) -> Net:
        return self.nets[mode]


def build_graph(streets: Streets) -> Graph:
    """Return the graph of streets. Empty lines and those with coordinates that are no place are left out.

    Cars go by ``direction`` where ``users`` lets them and nothing stands across; people on foot go both ways where
    ``users`` lets them, past bollards and gates; nobody passes a wall.
    """
    lines, row = shapely.get_parts(shapely.force_2d(streets.lines), return_index=True)
    good = (shapely.get_type_id(lines) == 1) & ~shapely.is_empty(lines)
    bounds = shapely.bounds(lines)
    good &= (np.abs(bounds) < FARTHEST_M).all(axis=1)
    coordinates = shapely.get_coordinates(lines, return_index=True)
    good[coordinates[1][~np.isfinite(coordinates[0]).all(axis=1)]] = False
    lines, row = lines[good], row[good]
    if not len(lines):
        return Graph(np.empty((0, 2)), {mode: _net(0, _Edges.none(), mode) for mode in Mode})
    xy, line, measure = _vertices(lines)
    node = _nodes(xy, line)
    first = np.flatnonzero(node >= 0)
    start, stop = first[:-1], first[1:]
    same = line[start] == line[stop]
    start, stop = start[same], stop[same]
    length = measure[stop] - measure[start]
    u, v = node[start], node[stop]
    length = np.maximum(length, np.where(u == v, 0.0, np.hypot(*(xy[stop] - xy[start]).T)))
    real = length > np.where(u == v, GRID_M, 0.0)
    start, stop, length, u, v = start[real], stop[real], length[real], u[real], v[real]
    position = np.zeros((int(node.max()) + 1, 2))
    position[node[first]] = xy[first]
    at = row[line[start]]
    edges = _Edges(
        u,
        v,
        length,
        _linestrings(xy, start, stop),
        *(np.asarray(column)[at] for column in (streets.road_class, streets.direction, streets.users, streets.barrier)),
    )
    return Graph(position, {mode: _net(len(position), edges, mode) for mode in Mode})


# Nodes --------------------------------------------------------------------------------------------------------------


def _vertices(lines: NDArray[np.object_]) -> tuple[Floats, Ints, Floats]:
    """Return all vertices in order: position, line, metres along it; with those where ends of others lie on a line."""
    xy, line = shapely.get_coordinates(lines, return_index=True)
    measure = _along(xy, line)
    spot = _spots(xy)
    hanging = np.flatnonzero(_is_end(line) & (np.bincount(spot)[spot] == 1))  # the others have met a vertex
    points = np.asarray(shapely.points(xy[hanging]), dtype=object)
    end, touched = STRtree(lines).query(points, predicate="dwithin", distance=TOUCH_M)
    other = touched != line[hanging[end]]
    end, touched = end[other], touched[other]
    at = shapely.line_locate_point(lines[touched], points[end])
    xy = np.concatenate([xy, xy[hanging[end]]])
    line = np.concatenate([line, touched])
    measure = np.concatenate([measure, at])
    order = np.lexsort((measure, line))
    return xy[order], line[order], measure[order]


def _along(xy: Floats, line: Ints) -> Floats:
    """Return the metres from the begin of its line to each vertex."""
    step = np.hypot(*np.diff(xy, axis=0, prepend=xy[:1]).T)
    first = np.flatnonzero(np.diff(line, prepend=-1))
    step[first] = 0.0
    total = np.cumsum(step)
    return total - np.repeat(total[first], np.diff(np.append(first, len(line))))


def _is_end(line: Ints) -> Bools:
    """Return which vertices are the first or last of their line."""
    is_end = np.ones(len(line), dtype=bool)
    is_end[1:-1] = (line[1:-1] != line[:-2]) | (line[1:-1] != line[2:])
    return is_end


def _spots(xy: Floats) -> Ints:
    """Return a number for each vertex, the same for those that are one."""
    cell = np.round(xy / GRID_M)
    order = np.lexsort(cell.T)
    is_new = np.ones(len(xy), dtype=bool)
    is_new[1:] = (np.diff(cell[order], axis=0) != 0).any(axis=1)
    spot = np.empty(len(xy), dtype=np.int64)
    spot[order] = np.cumsum(is_new) - 1
    # The grid cuts some that are nearer than its spacing apart.
    near = cKDTree(xy[order[is_new]]).query_pairs(GRID_M, output_type="ndarray")
    if len(near):
        count = int(is_new.sum())
        links = coo_array((np.ones(len(near)), near.T), shape=(count, count))
        spot = connected_components(links, directed=False)[1].astype(np.int64)[spot]
    return spot


def _nodes(xy: Floats, line: Ints) -> Ints:
    """Return the node of each vertex, -1 for those where nothing meets."""
    spot = _spots(xy)
    is_node = np.bincount(spot) + np.bincount(spot, weights=_is_end(line)) > 1
    return np.where(is_node, np.cumsum(is_node) - 1, -1)[spot]


def _linestrings(xy: Floats, start: Ints, stop: Ints) -> NDArray[np.object_]:
    """Return the lines from vertex ``start`` to ``stop``, both belonging to them."""
    count = stop - start + 1
    owner = np.repeat(np.arange(len(start)), count)
    at = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count) + np.repeat(start, count)
    return np.asarray(shapely.linestrings(xy[at], indices=owner), dtype=object)


# Nets ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Edges:
    """All edges, whoever may use them."""

    u: Ints
    v: Ints
    length_m: Floats
    lines: NDArray[np.object_]
    road_class: NDArray[Any]
    direction: NDArray[Any]
    users: NDArray[Any]
    barrier: NDArray[Any]

    @staticmethod
    def none() -> _Edges:
        ints, texts = np.empty(0, dtype=np.int64), np.empty(0, dtype=object)
        return _Edges(ints, ints, np.empty(0), texts, texts, texts, texts, texts)


def _net(nodes: int, edges: _Edges, mode: Mode) -> Net:
    """Return what a mode may use of the edges."""
    if mode is Mode.FOOT:
        usable = (edges.users != "car") & (edges.barrier != "wall")
        ahead = back = np.ones(len(edges.u), dtype=bool)
        minutes = edges.length_m / WALK_M_PER_MIN
    else:
        usable = (edges.users != "foot") & (edges.barrier == "")
        ahead, back = edges.direction != "backward", edges.direction != "forward"
        kmh = np.array([CAR_KMH.get(c, CAR_KMH["local"]) for c in edges.road_class.tolist()], dtype=np.float64)
        minutes = edges.length_m / (kmh * 1000 / 60)
    usable = np.asarray(usable, dtype=bool)
    u, v, length, minutes, ahead, back = (
        column[usable] for column in (edges.u, edges.v, edges.length_m, minutes, ahead, back)
    )
    tail = np.concatenate([u[ahead], v[back]])
    head = np.concatenate([v[ahead], u[back]])
    cost = np.concatenate([minutes[ahead], minutes[back]])
    return Net(
        nodes, u, v, length, minutes, ahead, back, edges.lines[usable],
        _matrix(nodes, tail, head, cost), _matrix(nodes, head, tail, cost),
    )  # fmt: skip


def _matrix(nodes: int, tail: Ints, head: Ints, cost: Floats) -> csr_array:
    """Return a matrix with the least of parallel edges; loops lead nowhere."""
    leads = tail != head
    tail, head, cost = tail[leads], head[leads], cost[leads]
    order = np.lexsort((cost, head, tail))
    tail, head, cost = tail[order], head[order], cost[order]
    first = np.ones(len(tail), dtype=bool)
    first[1:] = (np.diff(tail) != 0) | (np.diff(head) != 0)
    begin = np.searchsorted(tail[first], np.arange(nodes + 1)).astype(np.int32)
    return csr_array((cost[first], head[first].astype(np.int32), begin), shape=(nodes, nodes))
