"""Closed loops from loose lines and arcs: ends joined within a tolerance, then the faces of the planar network."""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from dataclasses import dataclass, replace

from land_services.surveys import curves
from land_services.surveys.raw import XY, Ring, Seg


@dataclass(frozen=True)
class Edge:
    """A loose line or arc with its handle and layer."""

    segment: Seg
    handle: str
    layer: str
    place: str


@dataclass(frozen=True)
class Loop:
    """A closed ring and the edges it was made of."""

    ring: Ring
    edges: tuple[Edge, ...]


def find_loops(edges: list[Edge], tolerance: float) -> tuple[list[Loop], list[Edge]]:
    """Return the loops (each walked counter-clockwise) and the edges that belong to none.

    Ends within ``tolerance`` are one node; an end on another line splits it there. Edges drawn twice count once.
    """
    if not edges:
        return [], []
    noded = _distinct(_split_at_ends(_snapped(edges, tolerance), tolerance), tolerance)
    kept = _without_dangles(noded)
    loops = _faces(kept)
    used = {id(edge) for loop in loops for edge in loop.edges}
    handles = {edge.handle for loop in loops for edge in loop.edges}
    rest = [edge for edge in noded if id(edge) not in used and edge.handle not in handles]
    return loops, rest


class _Nodes:
    """Gives ends within the tolerance the coordinates of the first of them."""

    def __init__(self, tolerance: float) -> None:
        self.tolerance = tolerance
        self.cells: dict[tuple[int, int], list[XY]] = defaultdict(list)

    def at(self, point: XY) -> XY:
        cx, cy = math.floor(point[0] / self.tolerance), math.floor(point[1] / self.tolerance)
        for dx in (0, -1, 1):
            for dy in (0, -1, 1):
                for known in self.cells.get((cx + dx, cy + dy), ()):
                    if math.dist(known, point) <= self.tolerance:
                        return known
        self.cells[(cx, cy)].append(point)
        return point


def _snapped(edges: list[Edge], tolerance: float) -> list[Edge]:
    nodes = _Nodes(tolerance)
    result: list[Edge] = []
    for edge in edges:
        start, end = nodes.at(edge.segment.start), nodes.at(edge.segment.end)
        if start != end:
            result.append(replace(edge, segment=Seg(start, end, edge.segment.curve)))
        elif edge.segment.curve is not None and curves.length(edge.segment) > 10 * tolerance:
            result.extend(_halves(replace(edge, segment=Seg(start, end, edge.segment.curve))))
    return result


def _halves(edge: Edge) -> list[Edge]:
    """Return a closed arc as two arcs: a loop needs two nodes."""
    curve = edge.segment.curve
    if curve is None:
        return [edge]
    (cx, cy), (x, y) = curve.centre, edge.segment.start
    opposite = (2 * cx - x, 2 * cy - y)
    return [replace(edge, segment=Seg(a, b, curve)) for a, b in (((x, y), opposite), (opposite, (x, y)))]


def _split_at_ends(edges: list[Edge], tolerance: float) -> list[Edge]:
    import shapely

    ends = sorted({p for e in edges for p in (e.segment.start, e.segment.end)})
    lines = [shapely.LineString(_points(e.segment, tolerance)) for e in edges]
    tree = shapely.STRtree([shapely.Point(end) for end in ends])
    found = tree.query(lines, predicate="dwithin", distance=2 * tolerance)
    cuts: dict[int, list[XY]] = defaultdict(list)
    for line, end in found.T.tolist():
        segment = edges[line].segment
        if ends[end] not in (segment.start, segment.end) and _is_on(segment, ends[end], tolerance):
            cuts[line].append(ends[end])
    result: list[Edge] = []
    for index, edge in enumerate(edges):
        result.extend(_cut(edge, cuts[index]) if index in cuts else [edge])
    return result


def _points(segment: Seg, tolerance: float) -> list[XY]:
    return [segment.start, *curves.chord_points(segment, tolerance / 2), segment.end]


def _is_on(segment: Seg, point: XY, tolerance: float) -> bool:
    if segment.curve is None:
        (ax, ay), (bx, by) = segment.start, segment.end
        length = math.dist(segment.start, segment.end)
        off = abs((bx - ax) * (point[1] - ay) - (by - ay) * (point[0] - ax)) / length
        return off <= tolerance
    return abs(math.dist(segment.curve.centre, point) - segment.curve.radius) <= tolerance


def _cut(edge: Edge, points: list[XY]) -> list[Edge]:
    segment = edge.segment

    def along(p: XY) -> float:
        if segment.curve is None:
            return math.dist(segment.start, p)
        return abs(curves.sweep(Seg(segment.start, p, segment.curve)))

    chain = [segment.start, *sorted(points, key=along), segment.end]
    pairs = itertools.pairwise(chain)
    return [replace(edge, segment=Seg(a, b, segment.curve)) for a, b in pairs if a != b]


def _distinct(edges: list[Edge], tolerance: float) -> list[Edge]:
    seen: set[tuple[object, ...]] = set()
    result: list[Edge] = []
    for edge in edges:
        s = edge.segment if edge.segment.start <= edge.segment.end else edge.segment.reversed()
        middle = curves.chord_points(s, math.inf)
        shape = tuple((round(x / (4 * tolerance)), round(y / (4 * tolerance))) for x, y in middle)
        key = (s.start, s.end, shape)
        if key not in seen:
            seen.add(key)
            result.append(edge)
    return result


def _without_dangles(edges: list[Edge]) -> list[Edge]:
    """Return the edges left after those that end in nothing were taken away, again and again."""
    at: dict[XY, set[int]] = defaultdict(set)
    for index, edge in enumerate(edges):
        at[edge.segment.start].add(index)
        at[edge.segment.end].add(index)
    gone: set[int] = set()
    loose = [node for node, around in at.items() if len(around) == 1]
    while loose:
        node = loose.pop()
        for index in at[node] - gone:
            gone.add(index)
            segment = edges[index].segment
            for end in (segment.start, segment.end):
                at[end].discard(index)
                if len(at[end]) == 1:
                    loose.append(end)
    return [edge for index, edge in enumerate(edges) if index not in gone]


def _direction(segment: Seg) -> tuple[float, float]:
    """Return the direction a side leaves its start in, and its curvature: what is sorted by around a node."""
    if segment.curve is None:
        (ax, ay), (bx, by) = segment.start, segment.end
        return (round(math.atan2(by - ay, bx - ax), 7), 0.0)
    (cx, cy), (sx, sy) = segment.curve.centre, segment.start
    turn = math.pi / 2 if segment.curve.ccw else -math.pi / 2
    angle = math.atan2(sy - cy, sx - cx) + turn
    angle = math.atan2(math.sin(angle), math.cos(angle))
    return (round(angle, 7), (1 if segment.curve.ccw else -1) / segment.curve.radius)


def _faces(edges: list[Edge]) -> list[Loop]:
    """Return the bounded faces: at each node turn to the next side clockwise, so that the face stays on the left."""
    halves: list[tuple[Seg, Edge]] = []
    for edge in edges:
        halves.append((edge.segment, edge))
        halves.append((edge.segment.reversed(), edge))
    around: dict[XY, list[int]] = defaultdict(list)
    for index, (segment, _) in enumerate(halves):
        around[segment.start].append(index)
    rank: dict[int, int] = {}
    for indexes in around.values():
        indexes.sort(key=lambda i: _direction(halves[i][0]))
        rank.update({index: place for place, index in enumerate(indexes)})
    loops: list[Loop] = []
    seen: set[int] = set()
    for first in range(len(halves)):
        walk: list[int] = []
        index = first
        while index not in seen:
            seen.add(index)
            walk.append(index)
            twin = index ^ 1
            ring = around[halves[twin][0].start]
            index = ring[rank[twin] - 1]
        if walk and index == first:
            loops.extend(_loop(walk, halves))
    return loops


def _loop(walk: list[int], halves: list[tuple[Seg, Edge]]) -> list[Loop]:
    ring = [halves[i][0] for i in walk]
    if curves.ring_area(ring) <= 0 or len({i ^ 1 for i in walk} & set(walk)):
        return []
    return [Loop(ring, tuple(halves[i][1] for i in walk))]
