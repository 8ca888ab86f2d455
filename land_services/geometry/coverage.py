"""Faults of a coverage, with places.

Two tests that share no code: our own on integers, and GEOS's coverage validator (its gap width has an open bug,
GEOS#1251, so neither is trusted alone). In a faultless coverage every edge is met by its reverse or by nothing
within reach; so our own test looks only at the edges that no neighbour meets, which are few.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import LineString, MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from land_services.precision import COVERAGE_WIDTH_M, GRID_M, GRID_PER_M, overlap_limit_m2

from .lattice import Ints, cross_inside, lines_of, near_edges, points_of, to_metres
from .measure import touches_along_edge
from .snap import FARTHEST_M, WIDEST_M

__all__ = ["Fault", "FaultKind", "adjacency", "coverage_faults", "fresh_faults", "new_faults"]

FaultKind = Literal["invalid", "empty", "overlap", "gap", "t_junction", "misfit"]
Land = Polygon | MultiPolygon

CHUNK = 50_000
"""Polygons looked at together, which bounds memory."""

KNOWN_REACH = 2.5
"""How many gap widths around a fault are the same place: a gap is drawn as lines two of them from its vertices."""

ROUNDING_M = GRID_M * 0.4
"""Nearer than this to a polygon counts as in it where a point is computed: less than half of the thinnest real gap."""

PROBE_M = GRID_M * 0.95
"""How far beside an edge it is looked: with the last probe at 0.98 of an edge it sees every wedge that is a grid step
wide at its end, and what is narrower there is a vertex on an edge."""


@dataclass(frozen=True)
class Fault:
    """One fault of a coverage.

    ``where`` is in metres: the common area of an ``overlap``, the line across a ``gap``, the vertex of a
    ``t_junction``, the edges that GEOS calls a ``misfit`` where none of the others explains them. ``members``
    index the polygons given, ascending. ``size`` is the area in m2 of an overlap, else a width or length in metres
    (0 for points).
    """

    kind: FaultKind
    where: BaseGeometry
    members: tuple[int, ...]
    size: float


@dataclass(frozen=True)
class _Edges:
    """Directed edges of many polygons with their owners."""

    starts: Ints
    ends: Ints
    owner: Ints

    def take(self, keep: NDArray[np.bool_] | Ints) -> _Edges:
        return _Edges(self.starts[keep], self.ends[keep], self.owner[keep])

    def vertices(self) -> tuple[Ints, Ints]:
        """Return the vertices, each once per owner, and their owners."""
        rows = np.column_stack([np.tile(self.owner, 2), np.concatenate([self.starts, self.ends])])
        order = np.lexsort((rows[:, 2], rows[:, 1], rows[:, 0]))
        rows = rows[order]
        fresh = np.ones(len(rows), dtype=np.bool_)
        fresh[1:] = np.any(rows[1:] != rows[:-1], axis=1)
        return rows[fresh, 1:], rows[fresh, 0]

    def samples(self, inset_m: float) -> tuple[NDArray[np.object_], Ints]:
        """Return points on the edges, metres: the ends, the middles, and a little inside the ends; and their owners."""
        starts, ends = to_metres(self.starts), to_metres(self.ends)
        along = ends - starts
        length = np.hypot(along[:, 0], along[:, 1])[:, None]
        inset = along * np.minimum(inset_m / length, 0.25)
        places = [starts, ends, starts + along / 2, starts + inset, ends - inset]
        return points_of(np.concatenate(places)), np.tile(self.owner, len(places))


def coverage_faults(polygons: Sequence[Land], gap_width: float = COVERAGE_WIDTH_M) -> list[Fault]:
    """Return the faults of a coverage.

    Parameters
    ----------
    polygons : sequence of Polygon or MultiPolygon
        Metres, on the grid; invalid and empty ones are reported and left out of the other tests. A million are fine.
    gap_width : float
        Gaps narrower than this many metres are faults; wider ones are streets.

    Returns
    -------
    list of Fault
        By kind and members. Each place once.

    Examples
    --------
    >>> left, right = shapely.box(0, 0, 1, 1), shapely.box(1.005, 0, 2, 1)
    >>> sorted({fault.kind for fault in coverage_faults([left, right])})
    ['gap']
    >>> coverage_faults([left, shapely.box(1, 0, 2, 1)]), coverage_faults([])
    ([], [])
    """
    land = np.array(list(polygons), dtype=object)
    faults: dict[tuple[object, ...], Fault] = {}
    for core, members in _chunks(land, gap_width):
        for fault in _faults_of(land[members], members, gap_width):
            if len(core) == len(land) or fault.members[0] in core:
                faults.setdefault((fault.kind, fault.members, fault.where.wkb), fault)
    return sorted(faults.values(), key=lambda fault: (fault.kind, fault.members))


def _chunks(land: NDArray[np.object_], gap_width: float) -> Iterator[tuple[set[int], Ints]]:
    """Yield (members to report, members to look at) of strips of the map."""
    if len(land) <= CHUNK:
        everything = np.arange(len(land), dtype=np.int64)
        yield set(everything.tolist()), everything
        return
    bounds = shapely.bounds(land)
    tree = shapely.STRtree(land)
    order = np.argsort(np.nan_to_num(bounds[:, 0]), kind="stable")
    for piece in np.array_split(order, -(-len(land) // CHUNK)):
        low = np.nanmin(bounds[piece], axis=0)
        high = np.nanmax(bounds[piece], axis=0)
        window = shapely.box(low[0] - gap_width, low[1] - gap_width, high[2] + gap_width, high[3] + gap_width)
        yield set(piece.tolist()), np.unique(np.concatenate([piece, tree.query(window)])).astype(np.int64)


def _faults_of(land: NDArray[np.object_], numbers: Ints, gap_width: float) -> list[Fault]:
    """Return the faults among these polygons; ``numbers`` are the members to name."""
    faults: list[Fault] = []
    empty = shapely.is_empty(land) | shapely.is_missing(land)
    valid = shapely.is_valid(land) & _measurable(land)
    for index in np.flatnonzero(empty | ~valid):
        kind: FaultKind = "empty" if empty[index] else "invalid"
        faults.append(Fault(kind, land[index] if not empty[index] else Polygon(), (int(numbers[index]),), 0.0))
    sound = np.flatnonzero(~empty & valid)
    land, numbers = land[sound], numbers[sound]
    if len(land) < 2:
        return faults
    edges = _edges_of_all(land)
    lone = edges.take(_unmet(edges))
    tree = shapely.STRtree(land)
    junctions, pairs = _t_junctions(lone)
    gaps, more = _gaps(lone, tree, gap_width)
    pairs |= more | _crossings(lone, edges) | _same_direction(edges) | _contained(land, tree)
    faults += [_named(fault, numbers) for fault in (*_overlaps(land, pairs), *junctions, *gaps)]
    faults += _misfits(land, numbers, tree, gap_width, faults)
    return faults


def _measurable(land: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Return which polygons are near and small enough for exact products of whole millimetres."""
    bounds = shapely.bounds(land).reshape(-1, 4)
    near = np.all(np.abs(bounds) <= FARTHEST_M, axis=1)
    measurable: NDArray[np.bool_] = near & np.all(bounds[:, 2:] - bounds[:, :2] <= WIDEST_M, axis=1)
    return measurable


def _named(fault: Fault, numbers: Ints) -> Fault:
    """Return the fault with the caller's numbers of its members."""
    return Fault(fault.kind, fault.where, tuple(sorted(int(numbers[m]) for m in fault.members)), fault.size)


def _edges_of_all(land: NDArray[np.object_]) -> _Edges:
    """Return the directed edges of all polygons, exteriors counter-clockwise."""
    turned = shapely.orient_polygons(land)
    parts, owner_of_part = shapely.get_parts(turned, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    coords, ring = shapely.get_coordinates(rings, return_index=True)
    points = np.rint(coords * GRID_PER_M).astype(np.int64)
    joined = ring[1:] == ring[:-1]
    joined &= np.any(points[1:] != points[:-1], axis=1)
    owner = owner_of_part[part[ring[:-1][joined]]].astype(np.int64)
    return _Edges(points[:-1][joined], points[1:][joined], owner)


def _ranked(edges: _Edges) -> tuple[Ints, Ints, NDArray[np.bool_]]:
    """Return (order, group, forward): edges sorted so that equal undirected edges form groups."""
    a, b = edges.starts, edges.ends
    forward = (a[:, 0] < b[:, 0]) | ((a[:, 0] == b[:, 0]) & (a[:, 1] < b[:, 1]))
    low, high = np.where(forward[:, None], a, b), np.where(forward[:, None], b, a)
    order = np.lexsort((high[:, 1], high[:, 0], low[:, 1], low[:, 0]))
    low, high = low[order], high[order]
    fresh = np.ones(len(order), dtype=bool)
    fresh[1:] = np.any(low[1:] != low[:-1], axis=1) | np.any(high[1:] != high[:-1], axis=1)
    return order, np.cumsum(fresh) - 1, forward[order]


def _unmet(edges: _Edges) -> Ints:
    """Return the indexes of edges that are not met by exactly one reverse."""
    order, group, forward = _ranked(edges)
    if not len(order):
        return order
    size = np.bincount(group)
    ahead = np.bincount(group, weights=forward)
    met = (size == 2) & (ahead == 1)
    lone: Ints = order[~met[group]]
    return lone


def _same_direction(edges: _Edges) -> set[tuple[int, int]]:
    """Return pairs of polygons that run along one edge in the same direction."""
    order, group, forward = _ranked(edges)
    pairs: set[tuple[int, int]] = set()
    if not len(order):
        return pairs
    size, ahead = np.bincount(group), np.bincount(group, weights=forward)
    for crowded in np.flatnonzero((size > 2) | ((size == 2) & (ahead != 1))):
        where = np.flatnonzero(group == crowded)
        owners = edges.owner[order[where]]
        pairs.update(_pairs_of(owners.tolist()))
    return pairs


def _pairs_of(owners: Iterable[int]) -> set[tuple[int, int]]:
    """Return all pairs i < j."""
    unique = sorted(set(owners))
    return {(i, j) for index, i in enumerate(unique) for j in unique[index + 1 :]}


def _t_junctions(lone: _Edges) -> tuple[list[Fault], set[tuple[int, int]]]:
    """Return vertices that lie on the inside of another polygon's edge, and the pairs concerned."""
    points, owner = lone.vertices()
    rows, cols, _ = near_edges(points, lone.starts, lone.ends)
    other = owner[rows] != lone.owner[cols]
    rows, cols = rows[other], cols[other]
    where = points_of(to_metres(points[rows]))
    faults = [
        Fault("t_junction", spot, (int(a), int(b)), 0.0)
        for spot, a, b in zip(where, owner[rows], lone.owner[cols], strict=True)
    ]
    return faults, {(min(f.members), max(f.members)) for f in faults}


def _crossings(lone: _Edges, edges: _Edges) -> set[tuple[int, int]]:
    """Return pairs of polygons whose boundaries cross: an unmet edge of one, any edge of the other.

    The land of an intruder may end at edges that two others share, so that only its own edges there are unmet.
    """
    if not len(lone.starts):
        return set()
    tree = shapely.STRtree(lines_of(lone.starts, lone.ends))
    first, second = tree.query(lines_of(edges.starts, edges.ends))
    cross = cross_inside(edges.starts[first], edges.ends[first], lone.starts[second], lone.ends[second])
    a, b = edges.owner[first[cross]], lone.owner[second[cross]]
    return {(min(i, j), max(i, j)) for i, j in zip(a.tolist(), b.tolist(), strict=True) if i != j}


def _contained(land: NDArray[np.object_], tree: shapely.STRtree) -> set[tuple[int, int]]:
    """Return pairs where a point inside one polygon lies in another."""
    inside, holder = tree.query(shapely.point_on_surface(land), predicate="intersects")
    return {(min(i, j), max(i, j)) for i, j in zip(inside.tolist(), holder.tolist(), strict=True) if i != j}


def _overlaps(land: NDArray[np.object_], pairs: set[tuple[int, int]]) -> list[Fault]:
    """Return the overlaps larger than rounding alone can make."""
    if not pairs:
        return []
    index = np.array(sorted(pairs), dtype=np.int64)
    common = shapely.intersection(land[index[:, 0]], land[index[:, 1]])
    area, border = shapely.area(common), shapely.length(common) / 2
    faults = []
    for row in np.flatnonzero(area > 0):
        if area[row] > overlap_limit_m2(float(border[row])):
            where = shapely.multipolygons([p for p in shapely.get_parts(common[row]) if p.area > 0])
            faults.append(Fault("overlap", where, (int(index[row, 0]), int(index[row, 1])), float(area[row])))
    return faults


def _gaps(lone: _Edges, tree: shapely.STRtree, gap_width: float) -> tuple[list[Fault], set[tuple[int, int]]]:
    """Return lines across gaps, and pairs of polygons that may overlap thinly."""
    empty: tuple[list[Fault], set[tuple[int, int]]] = [], set()
    if not len(lone.starts):
        return empty
    lines = lines_of(lone.starts, lone.ends)
    vertices, owner = lone.samples(2 * gap_width)
    rows, cols = shapely.STRtree(lines).query(vertices, predicate="dwithin", distance=gap_width)
    keep = owner[rows] != lone.owner[cols]
    rows, cols = rows[keep], cols[keep]
    across = np.asarray(shapely.shortest_line(vertices[rows], lines[cols]), dtype=object)
    width = np.asarray(shapely.length(across))
    keep = (width >= 0.0009) & (width < gap_width)
    rows, cols, across, width = rows[keep], cols[keep], across[keep], width[keep]
    if not len(rows):
        return empty
    middle = shapely.line_interpolate_point(across, 0.5, normalized=True)
    spot, _ = tree.query(middle, predicate="dwithin", distance=ROUNDING_M)
    covered = np.bincount(spot, minlength=len(middle))
    a, b = owner[rows], lone.owner[cols]
    gaps = [Fault("gap", across[i], (int(a[i]), int(b[i])), float(width[i])) for i in np.flatnonzero(covered == 0)]
    return gaps, {(int(min(a[i], b[i])), int(max(a[i], b[i]))) for i in np.flatnonzero(covered > 1)}


def _misfits(
    land: NDArray[np.object_], numbers: Ints, tree: shapely.STRtree, gap_width: float, known: Sequence[Fault]
) -> list[Fault]:
    """Return the edges that GEOS calls invalid, that no fault found so far explains, and that a second look confirms.

    GEOS also compares an unmatched edge with matched edges on its inner side: a short edge at an acute corner is then
    called a gap although the polygon's own land lies between (the alarm ends when ``gap_width`` exceeds the edge).
    So each alarm is looked at from both sides of the edge.
    """
    edges = shapely.coverage_invalid_edges(land, gap_width=gap_width)
    suspect = np.flatnonzero(~shapely.is_empty(edges))
    if not len(suspect):
        return []
    places = shapely.STRtree([fault.where for fault in known])
    faults = []
    for index in suspect:
        for line in shapely.get_parts(edges[index]):
            if len(places.query(line, predicate="dwithin", distance=2 * gap_width)):
                continue
            if _is_confirmed(line, int(index), land, tree, gap_width):
                faults.append(Fault("misfit", line, (int(numbers[index]),), float(line.length)))
    return faults


def _is_confirmed(
    line: BaseGeometry, own: int, land: NDArray[np.object_], tree: shapely.STRtree, gap_width: float
) -> bool:
    """Return whether land beside an edge is held twice, or lies open between the edge and another polygon."""
    coords = shapely.get_coordinates(line)
    along = np.diff(coords, axis=0)
    length = np.hypot(along[:, 0], along[:, 1])[:, None]
    normal = np.column_stack([-along[:, 1], along[:, 0]]) / length
    for share in (0.02, 0.25, 0.5, 0.75, 0.98):
        foot = coords[:-1] + along * share
        for side in (normal, -normal):
            held = [set(tree.query(shapely.Point(*p), predicate="intersects").tolist()) for p in foot + side * PROBE_M]
            if any(own in holders and len(holders) > 1 for holders in held):
                return True
            for start, step, holders in zip(foot, side, held, strict=True):
                ray = LineString([start + step * PROBE_M, start + step * gap_width])
                if not holders and set(tree.query(ray, predicate="intersects").tolist()) - {own}:
                    return True
    return False


def new_faults(before: Sequence[Land], after: Sequence[Land], gap_width: float = COVERAGE_WIDTH_M) -> list[Fault]:
    """Return the faults of ``after`` at places where ``before`` had none.

    Parameters
    ----------
    before, after : sequences of Polygon or MultiPolygon
        The land around a change, before and after it, metres on the grid.
    gap_width : float
        As :func:`coverage_faults`.

    Returns
    -------
    list of Fault
        ``members`` index ``after``. A fault is old where the faults before reach within ``KNOWN_REACH`` gap widths of
        all of it.

    Examples
    --------
    >>> left, right, late = shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1), shapely.box(1.005, 0, 2, 1)
    >>> {fault.kind for fault in new_faults([left, right], [left, late])}
    {'gap'}
    >>> new_faults([left, late], [left, late]), new_faults([], [])
    ([], [])
    """
    return fresh_faults(coverage_faults(after, gap_width), before, gap_width)


def fresh_faults(found: Sequence[Fault], before: Sequence[Land], gap_width: float = COVERAGE_WIDTH_M) -> list[Fault]:
    """Return those of the faults found that lie at places where ``before`` had none; see :func:`new_faults`.

    Examples
    --------
    >>> left, late = shapely.box(0, 0, 1, 1), shapely.box(1.005, 0, 2, 1)
    >>> fresh_faults(coverage_faults([left, late]), [left, late]), fresh_faults([], [])
    ([], [])
    """
    if not found:
        return []
    old = coverage_faults(before, gap_width)
    reach = KNOWN_REACH * gap_width
    known = shapely.union_all(shapely.buffer([_place(fault) for fault in old], reach)) if old else Polygon()
    was = shapely.STRtree(list(before))
    return [
        fault
        for fault in found
        if not (known.covers(_place(fault)) or _was_open(fault, was) or _was_held_twice(fault, was))
    ]


def _was_open(fault: Fault, before: shapely.STRtree) -> bool:
    """Return whether a gap lay between the same two outlines before, so that only its description is new."""
    if fault.kind != "gap":
        return False
    ends = shapely.get_parts(fault.where.boundary)
    beside = [set(before.query(end, predicate="dwithin", distance=2 * GRID_M).tolist()) for end in ends]
    middle = before.query(fault.where.centroid, predicate="dwithin", distance=ROUNDING_M)
    return not len(middle) and all(beside) and len(beside[0] | beside[1]) > 1


def _was_held_twice(fault: Fault, before: shapely.STRtree) -> bool:
    """Return whether two outlines lay over all of an overlap before, too thinly along their whole border to be told.

    A cut across such a wedge leaves its thick end to one part, where it is wider than rounding explains. Two steps of
    the grid are the same place: one for a neighbour's vertex beside the line that joined it, one for rounding.
    """
    if fault.kind != "overlap":
        return False
    there = before.geometries[before.query(fault.where, predicate="intersects")]
    shared = [shapely.intersection(a, b) for n, a in enumerate(there) for b in there[n + 1 :]]
    if not shared:
        return False
    return bool(fault.where.difference(shapely.union_all(shared).buffer(2 * GRID_M)).is_empty)


def _place(fault: Fault) -> BaseGeometry:
    """Return where a fault is, for comparing: an invalid outline by its boundary."""
    return fault.where.boundary if fault.kind == "invalid" and fault.where.area else fault.where


def adjacency(polygons: Sequence[Land]) -> NDArray[np.int64]:
    """Return the pairs of polygons that share an edge (points do not count).

    Parameters
    ----------
    polygons : sequence of Polygon or MultiPolygon
        Metres, on the grid, empty ones allowed. Edges that overlap without equal vertices count too.

    Returns
    -------
    int64 array, shape (n, 2)
        i < j, sorted.

    Examples
    --------
    >>> adjacency([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1), shapely.box(2, 1, 3, 2)]).tolist()
    [[0, 1]]
    >>> adjacency([]).shape
    (0, 2)
    """
    land = np.array(list(polygons), dtype=object)
    pairs: set[tuple[int, int]] = set()
    if len(land) > 1:
        edges = _edges_of_all(land)
        order, group, _ = _ranked(edges)
        same = np.flatnonzero(group[1:] == group[:-1])
        a, b = edges.owner[order[same]], edges.owner[order[same + 1]]
        pairs.update((min(i, j), max(i, j)) for i, j in zip(a.tolist(), b.tolist(), strict=True) if i != j)
        lone = edges.take(_unmet(edges))
        pairs.update(_along_t_junctions(land, lone, pairs))
    return np.array(sorted(pairs), dtype=np.int64).reshape(-1, 2)


def _along_t_junctions(land: NDArray[np.object_], lone: _Edges, known: set[tuple[int, int]]) -> set[tuple[int, int]]:
    """Return pairs that share a stretch of edge but no whole edge."""
    _, pairs = _t_junctions(lone)
    return {(i, j) for i, j in pairs - known if touches_along_edge(land[i], land[j]) > 0}
