"""Split a parcel by parts as drawn in a survey file: the register's outline is authoritative.

The drawing is led onto the outline and its parts onto each other, then the land itself decides: the lines are
noded on the grid, and every face of the parcel goes to the part it was drawn in. Slivers that the tolerance allows
go to one of the parts beside them, so nothing is left over and nothing is held twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from land_services.precision import GRID_M, GRID_PER_M

from .errors import (
    GeometryError,
    InvalidOutline,
    NothingToDo,
    OpensFault,
    PartInPieces,
    PartOutsideParcel,
    PartsDoNotFit,
    PartsLeaveGap,
    PartsOverlap,
)
from .lattice import Edges, Ints, edges_of, lines_of, near_edges, points_of, to_metres, to_mm, unique_points
from .merge import dissolve
from .noding import snap_round
from .snap import require_outline
from .split import (
    SplitResult,
    bent_through_corners,
    faces_inside,
    finish_split,
    near_neighbours,
    points_on_outline,
)

__all__ = ["FIT_TOLERANCE_M", "DrawnSplit", "split_by_parts"]

Land = Polygon | MultiPolygon
Floats: TypeAlias = NDArray[np.float64]

FIT_TOLERANCE_M = 0.05
"""How far a drawing may miss the register where no rule says otherwise: the coarse end of what surveys are good for."""


@dataclass(frozen=True)
class DrawnSplit:
    """``result.parts`` in the order drawn; ``deviations_m`` per part: greatest distance drawn to final, metres."""

    result: SplitResult
    deviations_m: tuple[float, ...]


def split_by_parts(
    parent: Land, drawn: Sequence[Polygon], neighbours: Sequence[Land] = (), tolerance_m: float = FIT_TOLERANCE_M
) -> DrawnSplit:
    """Return drawn parts fitted onto a parcel's outline and onto each other.

    Parameters
    ----------
    parent : Polygon or MultiPolygon
        Metres on the grid.
    drawn : sequence of Polygon
        Metres, valid, not necessarily on the grid; together the whole parcel.
    neighbours : sequence of Polygon or MultiPolygon
        As :func:`split.split_by_lines`.
    tolerance_m : float
        How far the drawing may lie from the outline, and its parts from each other. Vertices within it move onto
        the nearest vertex of the outline, else onto its nearest edge.

    Returns
    -------
    DrawnSplit
        Parts in the order drawn, proved like any split.

    Raises
    ------
    NothingToDo, InvalidOutline
        No parts, or one that is not a valid polygon.
    PartOutsideParcel, PartsOverlap, PartsLeaveGap
        By more than the tolerance; ``where`` holds that land.
    PartsDoNotFit, PartInPieces
        A part has no land of its own, or falls apart.
    GeometryError
        As :func:`split.split_by_lines`.

    Examples
    --------
    >>> lot = shapely.box(0, 0, 20, 30)
    >>> fitted = split_by_parts(lot, [shapely.box(0.01, 0, 20, 10), shapely.box(0, 10.004, 20, 29.98)])
    >>> [part.area for part in fitted.result.parts], [round(deviation, 3) for deviation in fitted.deviations_m]
    ([200.0, 400.0], [0.01, 0.02])
    >>> split_by_parts(lot, [])
    Traceback (most recent call last):
    land_services.geometry.errors.NothingToDo: no parts are drawn
    """
    require_outline(parent)
    _require_drawn(parent, drawn, tolerance_m)
    try:
        return _split_within(parent, drawn, neighbours, tolerance_m)
    except (PartsDoNotFit, PartInPieces):
        if tolerance_m <= 2 * GRID_M:
            raise
        try:  # a part as narrow as the tolerance is led away with its edges; a good drawing fits more closely
            return split_by_parts(parent, drawn, neighbours, tolerance_m / 2)
        except GeometryError:
            pass
        raise


def _split_within(parent: Land, drawn: Sequence[Polygon], neighbours: Sequence[Land], tolerance_m: float) -> DrawnSplit:
    """Return the parts fitted by moving vertices no farther than the tolerance."""
    on_outline = _onto_outline(parent, [_rings(part) for part in drawn], tolerance_m)
    fitted = _noded_by_each_other(_onto_each_other(on_outline, tolerance_m), tolerance_m)
    cuts = _cuts(parent, fitted, tolerance_m)
    starts, ends = cuts[:, 0], cuts[:, 1]
    outlines = [_polygon(rings) for rings in fitted]
    try:
        result = _fit(parent, (starts, ends), outlines, drawn, neighbours, tolerance_m)
    except OpensFault:
        bent = bent_through_corners(parent, starts, ends)
        if bent is None:
            raise
        result = _fit(parent, bent, outlines, drawn, neighbours, tolerance_m)
    return DrawnSplit(result, tuple(map(_deviation, drawn, result.parts)))


def _fit(
    parent: Land,
    cuts: Edges,
    fitted: Sequence[Polygon],
    drawn: Sequence[Polygon],
    neighbours: Sequence[Land],
    tolerance_m: float,
) -> SplitResult:
    """Return the proved split of a parcel by cuts whose faces belong to the fitted parts."""
    near = near_neighbours(parent, neighbours)
    starts, ends = edges_of(parent)
    arrangement = snap_round(
        np.concatenate([starts, cuts[0]]),
        np.concatenate([ends, cuts[1]]),
        points_on_outline(parent, [neighbours[index] for index in near]),
    )
    faces = faces_inside(parent, arrangement)
    owner = _owners(faces, fitted, tolerance_m)
    parts = [_one_piece([faces[i] for i in np.flatnonzero(owner == k).tolist()], part) for k, part in enumerate(drawn)]
    for part, final in zip(drawn, parts, strict=True):
        moved = shapely.symmetric_difference(part, final)
        if not _is_narrow(moved, 2 * tolerance_m + GRID_M):
            raise PartsDoNotFit("a part would change by more than the tolerance", moved)
    return finish_split(parent, parts, neighbours, near)


def _require_drawn(parent: Land, drawn: Sequence[Polygon], tolerance_m: float) -> None:
    """Raise unless every part is a polygon inside the parcel."""
    if not drawn:
        raise NothingToDo("no parts are drawn", parent)
    reach = shapely.buffer(parent, tolerance_m + GRID_M, join_style="mitre", mitre_limit=2.0)
    for part in drawn:
        if not isinstance(part, Polygon) or part.is_empty or not part.is_valid:
            raise InvalidOutline("a drawn part is not a valid polygon", part)
        if not reach.covers(part):
            raise PartOutsideParcel("a drawn part lies outside the parcel", shapely.difference(part, parent))


def _rings(polygon: Polygon) -> list[Floats]:
    """Return the rings of a polygon, closed."""
    return [shapely.get_coordinates(ring) for ring in shapely.get_rings(polygon)]


def _polygon(rings: Sequence[Floats]) -> Polygon:
    """Return a polygon of rings, valid or not; empty where it has collapsed."""
    sound = [ring for ring in rings if len(ring) >= 4]
    return Polygon(sound[0], sound[1:]) if sound and len(rings[0]) >= 4 else Polygon()


def _onto_outline(parent: Land, parts: Sequence[Sequence[Floats]], tolerance_m: float) -> list[list[Floats]]:
    """Return rings with vertices near the outline moved onto it: onto a vertex of it first, else an edge."""
    corners = points_of(to_metres(edges_of(parent)[0]))
    tree, border = shapely.STRtree(corners), parent.boundary
    moved = []
    for rings in parts:
        led = []
        for ring in rings:
            points = points_of(ring)
            feet = shapely.get_point(shapely.shortest_line(border, points), 0)
            near_edge = np.asarray(shapely.distance(border, points)) <= tolerance_m
            spots = np.where(near_edge[:, None], shapely.get_coordinates(feet), ring)
            rows, found = tree.query_nearest(points, max_distance=tolerance_m, all_matches=False)
            spots[rows] = shapely.get_coordinates(corners[found])
            led.append(to_metres(to_mm(spots)))
        moved.append(led)
    return moved


def _onto_each_other(parts: Sequence[Sequence[Floats]], tolerance_m: float) -> list[list[Floats]]:
    """Return rings whose vertices within the tolerance of one of an earlier part take its place; repeats dropped.

    A vertex moves to the nearest one; two vertices of one part never move to the same place unless they are closer
    to each other.
    """
    kept = np.empty((0, 2))
    matched = []
    for rings in parts:
        led = []
        fresh = [kept]
        for ring in rings:
            spots = ring.copy()
            if len(kept):
                distance = np.hypot(*np.moveaxis(ring[:, None, :] - kept[None, :, :], 2, 0))
                nearest = distance.argmin(axis=1)
                close = distance[np.arange(len(ring)), nearest] <= tolerance_m
                own = np.hypot(*np.moveaxis(kept[:, None, :] - ring[None, :, :], 2, 0)).argmin(axis=1)
                mutual = np.all(ring[own[nearest]] == ring, axis=1)
                spots = np.where((close & mutual)[:, None], kept[nearest], ring)
            spots = spots[np.any(spots != np.roll(spots, 1, axis=0), axis=1) | (np.arange(len(spots)) == 0)]
            led.append(spots)
            fresh.append(spots)
        kept = np.unique(np.concatenate(fresh), axis=0)
        matched.append(led)
    return matched


def _noded_by_each_other(parts: Sequence[Sequence[Floats]], tolerance_m: float) -> list[list[Floats]]:
    """Return rings whose edges are led through vertices of other parts within the tolerance, save beside their ends."""
    reach_mm = max(1, round(tolerance_m * GRID_PER_M))
    vertices = [unique_points(to_mm(np.concatenate(rings))) for rings in parts]
    noded = []
    for index, rings in enumerate(parts):
        own = {tuple(point) for point in vertices[index].tolist()}
        others = [points for other, points in enumerate(vertices) if other != index]
        points = np.concatenate([*others, np.empty((0, 2), dtype=np.int64)])
        foreign = unique_points(points[[tuple(point) not in own for point in points.tolist()]].reshape(-1, 2))
        led = []
        for ring in rings:
            corners = to_mm(ring)
            rows, cols, along = near_edges(foreign, corners[:-1], corners[1:], reach_mm)
            length = np.hypot(*(corners[1:] - corners[:-1])[cols].T)
            inner = (along > reach_mm * length) & (along < (length - reach_mm) * length)
            led.append(np.insert(ring, cols[inner] + 1, to_metres(foreign[rows[inner]]), axis=0))
        noded.append(led)
    return noded


def _cuts(parent: Land, parts: Sequence[Sequence[Floats]], tolerance_m: float) -> Ints:
    """Return the drawn edges that divide the parcel, each once, whole millimetres, shape (n, 2, 2).

    Edges that run along the outline within the tolerance are left out: there the outline itself stands.
    """
    edges = [np.stack([ring[:-1], ring[1:]], axis=1) for rings in parts for ring in rings if len(ring) > 1]
    every = to_mm(np.concatenate(edges).reshape(-1, 2)).reshape(-1, 2, 2)
    flip = (every[:, 0, 0] > every[:, 1, 0]) | ((every[:, 0, 0] == every[:, 1, 0]) & (every[:, 0, 1] > every[:, 1, 1]))
    every = np.unique(np.where(flip[:, None, None], every[:, ::-1], every), axis=0)
    lines = lines_of(every[:, 0], every[:, 1])
    beside = np.ones(len(lines), dtype=np.bool_)
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        spots = shapely.line_interpolate_point(lines, share, normalized=True)
        beside &= np.asarray(shapely.distance(parent.boundary, spots)) <= (
            GRID_M if share in (0.0, 1.0) else tolerance_m
        )
    return every[~beside]


def _owners(faces: Sequence[Polygon], drawn: Sequence[Polygon], tolerance_m: float) -> Ints:
    """Return for each face the drawn part it belongs to."""
    inner = shapely.point_on_surface(np.array(faces, dtype=object))
    x, y = shapely.get_x(inner), shapely.get_y(inner)
    held = np.array([shapely.contains_xy(part, x, y) for part in drawn]).reshape(len(drawn), len(faces))
    count = held.sum(axis=0)
    for number, error, words in (
        (0, PartsLeaveGap, "the parts leave land over"),
        (2, PartsOverlap, "the parts overlap"),
    ):
        wide = [
            face
            for face, holders in zip(faces, count, strict=True)
            if (holders == 0 if number == 0 else holders > 1) and not _is_narrow(face, tolerance_m)
        ]
        if wide:
            raise error(words, shapely.multipolygons(wide))
    owner = np.where(count > 0, held.argmax(axis=0), -1).astype(np.int64)
    while (owner < 0).any():
        given = _give_slivers(faces, owner)
        if (given == owner).all():
            rest = [faces[index] for index in np.flatnonzero(owner < 0).tolist()]
            raise PartsLeaveGap("the parts leave land over", shapely.multipolygons(rest))
        owner = given
    return owner


def _is_narrow(face: BaseGeometry, tolerance_m: float) -> bool:
    """Return whether no circle wider than the tolerance fits into a face."""
    return bool(shapely.buffer(face, -tolerance_m / 2, join_style="mitre").is_empty)


def _give_slivers(faces: Sequence[Polygon], owner: Ints) -> Ints:
    """Return owners with each ownerless face given to the part that it shares most boundary with."""
    given = owner.copy()
    for index in np.flatnonzero(owner < 0).tolist():
        shared: dict[int, float] = {}
        for other, holder in enumerate(owner.tolist()):
            if holder >= 0 and faces[other].intersects(faces[index]):
                length = faces[other].boundary.intersection(faces[index].boundary).length
                shared[holder] = shared.get(holder, 0.0) + length
        best = max(shared, key=lambda holder: (shared[holder], -holder), default=-1)
        if best >= 0 and shared[best] > 0:
            given[index] = best
    return given


def _one_piece(faces: Sequence[Polygon], drawn: Polygon) -> Polygon:
    """Return the faces of a part as one polygon."""
    if not faces:
        raise PartsDoNotFit("a drawn part has no land of its own", drawn)
    pieces = dissolve(faces)
    if len(pieces) != 1:
        raise PartInPieces(f"a drawn part falls into {len(pieces)} pieces", shapely.multipolygons(pieces))
    return pieces[0]


def _deviation(drawn: Polygon, final: Polygon) -> float:
    """Return the greatest distance between two outlines, measured at the vertices of both, metres."""
    there = shapely.distance(final.boundary, shapely.points(shapely.get_coordinates(drawn)))
    back = shapely.distance(drawn.boundary, shapely.points(shapely.get_coordinates(final)))
    return float(max(there.max(), back.max()))
