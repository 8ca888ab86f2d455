"""Split a parcel by lines, exactly: what goes in is what comes out, and the neighbours take the new vertices."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import LineString, MultiLineString, MultiPoint, MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from land_services.precision import COVERAGE_WIDTH_M, GRID_M, GRID_PER_M

from .balance import chain_residual, node_outline
from .coverage import new_faults
from .errors import (
    CutMissesParcel,
    CutTouchesOnly,
    GeometryError,
    InvalidOutline,
    NeighbourCollapses,
    NotBalanced,
    OpensFault,
    ParcelCollapsesOnGrid,
    PartTooThin,
)
from .lattice import Ints, edges_of, lines_of, near_edges, points_of, to_metres, to_mm, unique_points
from .measure import width_m
from .noding import Arrangement, snap_round
from .snap import WIDEST_M, insert_vertices, require_outline

__all__ = [
    "SplitResult",
    "amend_neighbours",
    "bent_through_corners",
    "faces_inside",
    "finish_split",
    "from_north_west",
    "inserted_vertices",
    "near_neighbours",
    "points_on_outline",
    "prove",
    "split_by_lines",
    "unshared_vertices",
]

Land = Polygon | MultiPolygon

SHIFTS_MM = ((1, 1), (-1, -1), (1, -1), (-1, 1), (2, 0), (0, 2), (-2, 0), (0, -2))
"""By how much a cut may be moved where the grid cannot hold it as it is."""


@dataclass(frozen=True)
class SplitResult:
    """A parcel divided exactly.

    ``noded_parent`` is the parent with the new vertices in its outline; ``amended`` maps the index of a neighbour
    to its new outline (only those that change); ``inserted`` are the vertices that are new on the old outline,
    metres, sorted.
    """

    parts: tuple[Polygon, ...]
    noded_parent: Land
    amended: Mapping[int, Land] = field(default_factory=dict)
    inserted: tuple[tuple[float, float], ...] = ()


def split_by_lines(parent: Land, lines: Sequence[LineString], neighbours: Sequence[Land] = ()) -> SplitResult:
    """Return the parts that lines cut a parcel into.

    Parameters
    ----------
    parent : Polygon or MultiPolygon
        Metres on the grid, holes allowed.
    lines : sequence of LineString
        Metres, any number of vertices; rounded to the grid. They may cross each other and reach past the parcel;
        ends that hang inside it divide nothing and are left out.
    neighbours : sequence of Polygon or MultiPolygon
        Other parcels around, metres on the grid. Those farther away are passed over.

    Returns
    -------
    SplitResult
        Parts from north-west to south-east. Proved before it is returned: the parts are exactly the noded parent,
        no part is narrower than ``COVERAGE_WIDTH_M``, no new fault of the coverage among parts and neighbours.

    Raises
    ------
    InvalidOutline, NotOnGrid
        The parcel or a line is not sound.
    CutMissesParcel, CutTouchesOnly
        No line meets the parcel, or none divides it.
    PartTooThin, ParcelCollapsesOnGrid, NeighbourCollapses
        The grid or the coverage cannot hold the result.
    NotBalanced, OpensFault
        The proof failed.

    Examples
    --------
    >>> lot, neighbour = shapely.box(0, 0, 20, 30), shapely.box(20, 0, 40, 30)
    >>> result = split_by_lines(lot, [LineString([(-1, 10), (21, 10)])], [neighbour])
    >>> [part.area for part in result.parts], result.inserted
    ([400.0, 200.0], ((0.0, 10.0), (20.0, 10.0)))
    >>> len(result.amended[0].exterior.coords)
    6
    >>> split_by_lines(Polygon(), [])
    Traceback (most recent call last):
    land_services.geometry.errors.InvalidOutline: the outline is empty
    """
    require_outline(parent)
    starts, ends = cut_edges(lines, parent)
    near = near_neighbours(parent, neighbours)
    refused: GeometryError | None = None
    for cut in _ways_to_cut(parent, starts, ends):
        try:
            return _split_by_edges(parent, *cut, neighbours, near)
        except (NotBalanced, OpensFault, NeighbourCollapses, ParcelCollapsesOnGrid) as error:
            refused = refused or error
        except GeometryError:
            if refused is None:
                raise
    raise refused or CutTouchesOnly("the lines do not divide the parcel")


def _ways_to_cut(parent: Land, starts: Ints, ends: Ints) -> Iterator[tuple[Ints, Ints]]:
    """Yield the cut as it is, then led through corners, then moved by a millimetre or two.

    The later ones are needed once in a thousand cuts: a corner just beside the cut leaves a wedge too narrow for a
    coverage; or two vertices a millimetre apart bend an edge so far that a vertex lies on the bent edge, but no
    more on the edge as it was.
    """
    yield starts, ends
    bent = bent_through_corners(parent, starts, ends)
    if bent is not None:
        yield bent
    points = unique_points(np.concatenate([starts, ends]))
    inner = _shared(starts, ends, points)
    far = shapely.distance(parent.boundary, points_of(to_metres(points))) > 2 * GRID_M
    loose = {tuple(point) for point in points[inner | far].tolist()}
    free = [np.array([tuple(point) in loose for point in side.tolist()], dtype=bool) for side in (starts, ends)]
    for shift in SHIFTS_MM:
        moved = [side + np.where(able[:, None], shift, 0) for side, able in zip((starts, ends), free, strict=True)]
        yield moved[0], moved[1]


def _shared(starts: Ints, ends: Ints, points: Ints) -> NDArray[np.bool_]:
    """Return which points are both a start and an end: the inner vertices of lines."""
    first = {tuple(point) for point in starts.tolist()}
    last = {tuple(point) for point in ends.tolist()}
    return np.array([tuple(point) in first and tuple(point) in last for point in points.tolist()], dtype=bool)


def _split_by_edges(
    parent: Land, cut_starts: Ints, cut_ends: Ints, neighbours: Sequence[Land], near: Sequence[int]
) -> SplitResult:
    """Return the proved split along edges in whole millimetres."""
    starts, ends = edges_of(parent)
    arrangement = snap_round(
        np.concatenate([starts, cut_starts]),
        np.concatenate([ends, cut_ends]),
        points_on_outline(parent, [neighbours[index] for index in near]),
    )
    parts = faces_inside(parent, arrangement)
    if len(parts) <= len(getattr(parent, "geoms", (parent,))):
        where = shapely.multilinestrings(list(lines_of(cut_starts, cut_ends)))
        raise CutTouchesOnly("the lines do not divide the parcel", where)
    return finish_split(parent, from_north_west(parts), neighbours, near)


def bent_through_corners(parent: Land, starts: Ints, ends: Ints) -> tuple[Ints, Ints] | None:
    """Return cut edges led through the corners that they pass nearer than ``COVERAGE_WIDTH_M``; None if there is none.

    A cut that runs a few millimetres beside a corner that points inward leaves two parts with a wedge of the
    outside between them that is narrower than a coverage may hold; through the corner itself it leaves none.
    """
    corners = unique_points(edges_of(parent)[0])
    rows, cols, _ = near_edges(corners, starts, ends, round(COVERAGE_WIDTH_M * GRID_PER_M))
    if not len(rows):
        return None
    return np.insert(starts, cols + 1, corners[rows], axis=0), np.insert(ends, cols, corners[rows], axis=0)


def cut_edges(lines: Sequence[LineString], parent: Land) -> tuple[Ints, Ints]:
    """Return the edges of the cut lines on the grid that come near the parcel; raise where none does."""
    for line in lines:
        if not isinstance(line, LineString | MultiLineString) or not np.isfinite(shapely.get_coordinates(line)).all():
            raise InvalidOutline("a cut is not a line of finite coordinates", None)
    shapes = [line for line in lines if not line.is_empty]
    where = shapely.geometrycollections(shapes) if shapes else None
    if not shapes or not any(parent.dwithin(line, 2 * COVERAGE_WIDTH_M) for line in shapes):
        raise CutMissesParcel("no line meets the parcel", where)
    away = shapely.get_coordinates(shapes) - np.array(parent.bounds[:2])
    if np.abs(away).max() > WIDEST_M:
        raise InvalidOutline("a cut reaches farther than 500 km from the parcel", where)
    starts: list[Ints] = []
    ends: list[Ints] = []
    for line in shapely.get_parts(shapes):
        points = to_mm(shapely.get_coordinates(line))
        starts.append(points[:-1])
        ends.append(points[1:])
    return np.concatenate(starts), np.concatenate(ends)


def near_neighbours(parent: Land, neighbours: Sequence[Land]) -> list[int]:
    """Return the indexes of neighbours within reach of a fault, ascending."""
    if not len(neighbours):
        return []
    shapely.prepare(parent)
    close = shapely.dwithin(parent, np.array(list(neighbours), dtype=object), 2 * COVERAGE_WIDTH_M)
    return [int(index) for index in np.flatnonzero(close)]


def points_on_outline(parent: Land, neighbours: Iterable[Land]) -> Ints:
    """Return the neighbours' vertices that lie on edges of the parcel, whole millimetres."""
    points = unique_points(to_mm(shapely.get_coordinates(list(neighbours))))
    if not len(points) or parent.is_empty:
        return np.empty((0, 2), dtype=np.int64)
    rows, _, _ = near_edges(points, *edges_of(parent))
    return unique_points(points[rows])


def faces_inside(parent: Land, arrangement: Arrangement) -> list[Polygon]:
    """Return the faces of noded lines that lie inside a parcel, exteriors counter-clockwise."""
    faces = shapely.get_parts(shapely.polygonize(lines_of(arrangement.starts, arrangement.ends)))
    if not len(faces):
        raise ParcelCollapsesOnGrid("the parcel collapses on the grid", parent)
    noded = node_outline(parent, to_metres(np.concatenate([arrangement.starts, arrangement.ends])))
    inner = shapely.point_on_surface(faces)
    shapely.prepare(noded)
    inside = shapely.contains_xy(noded, shapely.get_x(inner), shapely.get_y(inner))
    return list(shapely.orient_polygons(faces[inside]))


def from_north_west(parts: Iterable[Polygon]) -> list[Polygon]:
    """Return polygons ordered from north-west to south-east."""

    def key(part: Polygon) -> tuple[float, float]:
        centre = part.centroid
        return (round(centre.x - centre.y, 3), round(centre.x, 3))

    return sorted(parts, key=key)


def finish_split(
    parent: Land, parts: Sequence[Polygon], neighbours: Sequence[Land], near: Sequence[int] | None = None
) -> SplitResult:
    """Return the result of a split after proving it; ``near`` are the indexes of neighbours within reach.

    Raises
    ------
    PartTooThin, ParcelCollapsesOnGrid, NeighbourCollapses, NotBalanced, OpensFault
    """
    close = near_neighbours(parent, neighbours) if near is None else list(near)
    amended, points = prove([parent], parts, {index: neighbours[index] for index in close})
    return SplitResult(
        tuple(parts), node_outline(parent, to_metres(points)), amended, inserted_vertices([parent], points)
    )


def prove(
    old: Sequence[Land], parts: Sequence[Polygon], neighbours: Mapping[int, Land]
) -> tuple[dict[int, Land], Ints]:
    """Return the amended neighbours and the parts' vertices, having proved that ``parts`` can take ``old``'s place.

    Raises
    ------
    PartTooThin, ParcelCollapsesOnGrid, NeighbourCollapses, NotBalanced, OpensFault
    """
    for part in parts:
        if part.is_empty or not part.is_valid:
            raise ParcelCollapsesOnGrid("a part is not valid on the grid", part)
        if width_m(part) < COVERAGE_WIDTH_M:
            raise PartTooThin(f"a part is {width_m(part):.3f} m wide", part)
    points = unique_points(np.concatenate([edges_of(part)[0] for part in parts]))
    amended = amend_neighbours(neighbours, points)
    faulty = chain_residual([*old, *(neighbours[index] for index in amended)], [*parts, *amended.values()])
    if faulty:
        raise NotBalanced("the result is not exactly the land that went in", shapely.multilinestrings(faulty))
    faults = new_faults([*old, *neighbours.values()], [*parts, *({**neighbours, **amended}).values()])
    if faults:
        kinds = ", ".join(sorted({fault.kind for fault in faults}))
        raise OpensFault(f"the change would open: {kinds}", _collect(fault.where for fault in faults))
    others = [neighbour for index, neighbour in neighbours.items() if index not in amended]
    ended = [*old, *(neighbours[index] for index in amended)]
    lone = unshared_vertices(ended, [*parts, *amended.values()], others)
    if len(lone):
        raise OpensFault("the change would leave a vertex that two outlines do not share", MultiPoint(lone.tolist()))
    return amended, points


def unshared_vertices(ended: Sequence[Land], begun: Sequence[Land], others: Sequence[Land]) -> NDArray[np.float64]:
    """Return the vertices that would lie on a side without being a vertex of it where the change made one of the two.

    Parameters
    ----------
    ended, begun, others : sequences of Polygon or MultiPolygon
        The outlines that end, those that take their place, and those that stay, metres, on the grid.

    Returns
    -------
    ndarray, shape (n, 2)
        Metres, sorted. What was so before is left aside, as the register's guard does: a vertex is new where no old
        outline has it, a side where it is no part of an old one.

    Examples
    --------
    >>> left, right = shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 2)
    >>> unshared_vertices([left], [left], [right]).tolist()
    []
    >>> unshared_vertices([], [left], [right]).tolist()
    [[1.0, 1.0]]
    """
    old, new, now = _sides(ended), _sides(begun), _sides([*begun, *others])
    changed, points = _rows_not_in(new, old), _rows_not_in(new[:, :2], old[:, :2])
    # An old outline may be a street of a whole district: only what lies about the change is looked at.
    old, now = _about(old, changed), _about(now, changed)
    fresh, vertices = changed[_not_along(changed, old)], unique_points(now[:, :2])
    onto, _, _ = near_edges(points, now[:, :2], now[:, 2:])
    beside, _, _ = near_edges(vertices, fresh[:, :2], fresh[:, 2:])
    return to_metres(unique_points(np.concatenate([points[onto], vertices[beside]])))


def _sides(outlines: Sequence[Land]) -> Ints:
    """Return the sides of outlines, a row of start and end each."""
    found = [np.hstack(edges_of(outline)) for outline in outlines]
    return np.concatenate([np.empty((0, 4), dtype=np.int64), *found])


def _rows_not_in(rows: Ints, others: Ints) -> Ints:
    whole = np.dtype((np.void, rows.dtype.itemsize * rows.shape[1]))
    ours, theirs = (np.ascontiguousarray(some).view(whole).ravel() for some in (rows, others))
    fresh: Ints = rows[~np.isin(ours, theirs)]
    return fresh


def _about(sides: Ints, changed: Ints) -> Ints:
    """Return the sides whose boxes reach that of the changed ones."""
    if not len(changed):
        return sides[:0]
    ends = changed.reshape(-1, 2)
    low, high = ends.min(axis=0) - 1, ends.max(axis=0) + 1
    reach = np.maximum(sides[:, :2], sides[:, 2:]) >= low, np.minimum(sides[:, :2], sides[:, 2:]) <= high
    near: Ints = sides[np.all(reach[0] & reach[1], axis=1)]
    return near


def _not_along(sides: Ints, old: Ints) -> NDArray[np.bool_]:
    """Return which sides are no part of an old side in its direction."""
    at = []
    for points, corners in ((sides[:, :2], old[:, :2]), (sides[:, 2:], old[:, 2:])):
        known: dict[tuple[int, ...], set[int]] = {}
        for side, corner in enumerate(corners.tolist()):
            known.setdefault(tuple(corner), set()).add(side)
        on = [set(known.get(tuple(point), ())) for point in points.tolist()]
        rows, found, _ = near_edges(points, old[:, :2], old[:, 2:])
        for row, side in zip(rows.tolist(), found.tolist(), strict=True):
            on[row].add(side)
        at.append(on)
    return np.array([not (first & second) for first, second in zip(*at, strict=True)], dtype=bool)


def inserted_vertices(old: Sequence[Land], points: Ints) -> tuple[tuple[float, float], ...]:
    """Return the points that are new on the edges of old outlines, metres, sorted."""
    own = {tuple(point) for land in old for point in edges_of(land)[0].tolist()}
    found: set[tuple[int, ...]] = set()
    for land in old:
        rows, _, _ = near_edges(points, *edges_of(land))
        found |= {tuple(point) for point in points[rows].tolist()}
    fresh = np.array(sorted(found - own), dtype=np.int64).reshape(-1, 2)
    return tuple((x, y) for x, y in to_metres(fresh).tolist())


def amend_neighbours(neighbours: Mapping[int, Land], points: Ints) -> dict[int, Land]:
    """Return the neighbours that take in points on their edges, by index; raise where one would become invalid."""
    amended: dict[int, Land] = {}
    ranked = to_metres(unique_points(points))  # by x: each neighbour is handed the points between its west and east
    bounds = shapely.bounds(np.array(list(neighbours.values()), dtype=object)).reshape(-1, 4)
    first = np.searchsorted(ranked[:, 0], bounds[:, 0] - COVERAGE_WIDTH_M)
    last = np.searchsorted(ranked[:, 0], bounds[:, 2] + COVERAGE_WIDTH_M)
    for (index, neighbour), low, high in zip(neighbours.items(), first, last, strict=True):
        outline = insert_vertices(neighbour, ranked[low:high])
        if outline is neighbour:
            continue
        if not outline.is_valid and neighbour.is_valid:
            raise NeighbourCollapses("a neighbour collapses when it takes in the new vertices", neighbour)
        amended[index] = outline
    return amended


def _collect(places: Iterable[BaseGeometry]) -> BaseGeometry:
    """Return places as one collection."""
    return shapely.geometrycollections(list(places))
