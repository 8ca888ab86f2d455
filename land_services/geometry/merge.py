"""Merge parcels that are joined along edges; shared edges dissolve exactly."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import shapely
from shapely.geometry import LineString, MultiLineString, MultiPolygon, Polygon

from .balance import Vertex, add_chains, chain, node_outline
from .coverage import adjacency, coverage_faults
from .errors import DisconnectedParcels, HoleInResult, NothingToDo, PartsOverlap
from .lattice import Ints, edges_of, lines_of, to_metres, unique_points
from .snap import require_outline
from .split import inserted_vertices, near_neighbours, points_on_outline, prove

__all__ = ["MergeResult", "dissolve", "merge"]

Land = Polygon | MultiPolygon


@dataclass(frozen=True)
class MergeResult:
    """One outline. ``amended`` maps the index of a neighbour to its new outline (only those that change).

    ``inserted`` are the vertices that the old outlines lacked, metres, sorted.
    """

    outline: Polygon
    amended: Mapping[int, Land] = field(default_factory=dict)
    inserted: tuple[tuple[float, float], ...] = ()


def merge(parcels: Sequence[Land], neighbours: Sequence[Land] = (), *, allow_holes: bool = False) -> MergeResult:
    """Return parcels as one polygon.

    Parameters
    ----------
    parcels : sequence of Polygon or MultiPolygon
        At least two, metres on the grid, joined along edges (a point does not join).
    neighbours : sequence of Polygon or MultiPolygon
        Other parcels around; those farther away are passed over.
    allow_holes : bool
        Whether land that the parcels enclose may stay as a hole. Holes that a parcel had before may stay in any case.

    Returns
    -------
    MergeResult
        All vertices of the outline are kept, also those that became collinear: neighbours may need them. Vertices
        that one parcel lacks on an edge shared with another are inserted first. Proved like a split.

    Raises
    ------
    NothingToDo
        Fewer than two parcels.
    DisconnectedParcels
        The parcels are not joined along edges, or fall apart at a gap; ``where`` holds those that hang apart.
    PartsOverlap, HoleInResult
        The parcels overlap, or enclose land that is not theirs.
    GeometryError
        As :func:`split.split_by_lines`.

    Examples
    --------
    >>> left, right = shapely.box(0, 0, 20, 30), shapely.box(20, 0, 40, 30)
    >>> merge([left, right]).outline.area
    1200.0
    >>> merge([])
    Traceback (most recent call last):
    land_services.geometry.errors.NothingToDo: a merge needs at least two parcels
    """
    if len(parcels) < 2:
        raise NothingToDo("a merge needs at least two parcels")
    for parcel in parcels:
        require_outline(parcel)
    _require_no_overlap(parcels)  # first: parcels that overlap share no edge either
    _require_joined(parcels)
    around = shapely.multipolygons([part for parcel in parcels for part in shapely.get_parts(parcel)])
    near = sorted({index for parcel in parcels for index in near_neighbours(parcel, neighbours)})
    close = {index: neighbours[index] for index in near}
    pieces = dissolve(parcels, np.concatenate([points_on_outline(parcel, close.values()) for parcel in parcels]))
    if len(pieces) != 1:
        _require_no_overlap(parcels, least_m2=0.0)
        smallest = sorted(pieces, key=lambda piece: piece.area)[:-1] or list(around.geoms)
        raise DisconnectedParcels("the parcels do not make one piece of land", shapely.multipolygons(smallest))
    outline = pieces[0]
    if not allow_holes and len(outline.interiors) > sum(len(part.interiors) for part in around.geoms):
        holes = [Polygon(ring) for ring in outline.interiors]
        raise HoleInResult("the merged parcel would have a hole", shapely.multipolygons(holes))
    amended, points = prove(parcels, [outline], close)
    return MergeResult(outline, amended, inserted_vertices(parcels, points))


def _require_joined(parcels: Sequence[Land]) -> None:
    """Raise unless every parcel is joined to the others along edges."""
    pairs = adjacency(parcels).tolist()
    reached, waiting = {0}, [0]
    while waiting:
        here = waiting.pop()
        for a, b in pairs:
            for there in ({a, b} - {here}) if here in (a, b) else set():
                if there not in reached:
                    reached.add(there)
                    waiting.append(there)
    apart = [parcel for index, parcel in enumerate(parcels) if index not in reached]
    if apart:
        raise DisconnectedParcels("the parcels are not joined along an edge", shapely.union_all(apart))


def _require_no_overlap(parcels: Sequence[Land], least_m2: float | None = None) -> None:
    """Raise where parcels hold the same land (as imported ones may): no outline is exactly what both went in with.

    Without ``least_m2``, overlaps that rounding alone can make are passed over.
    """
    if least_m2 is None:
        shared = [fault.where for fault in coverage_faults(parcels) if fault.kind == "overlap"]
    else:
        pairs = [shapely.intersection(a, b) for n, a in enumerate(parcels) for b in parcels[n + 1 :]]
        shared = [common for common in pairs if common.area > least_m2]
    if shared:
        raise PartsOverlap("the parcels overlap", shapely.union_all(shared))


def dissolve(parcels: Sequence[Land], points: Ints | None = None) -> list[Polygon]:
    """Return the union of polygons that fit each other, by cancelling the edges they share; exact, nothing is computed.

    Parameters
    ----------
    parcels : sequence of Polygon or MultiPolygon
        Metres on the grid; each is noded with the vertices of all, and with ``points`` (whole millimetres).

    Returns
    -------
    list of Polygon
        One per connected piece, exteriors counter-clockwise.

    Raises
    ------
    PartsOverlap
        Where two run along an edge in the same direction; ``where`` holds those edges.

    Examples
    --------
    >>> [piece.area for piece in dissolve([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)])]
    [2.0]
    >>> dissolve([])
    []
    """
    if not parcels:
        return []
    vertices = [edges_of(parcel)[0] for parcel in parcels]
    every = to_metres(unique_points(np.concatenate(vertices if points is None else [*vertices, points])))
    noded = [node_outline(parcel, every) for parcel in parcels]
    rest = add_chains(chain(parcel) for parcel in noded)
    if not rest:
        return []
    doubled = [edge for edge, count in rest.items() if abs(count) > 1]
    if doubled:
        raise PartsOverlap("parcels overlap", MultiLineString(_lines(doubled)))
    faces = shapely.get_parts(shapely.polygonize(_lines(rest)))
    inner = shapely.point_on_surface(faces)
    held = shapely.STRtree(noded).query(inner, predicate="intersects")[0]
    inside = np.isin(np.arange(len(faces)), held)
    return list(shapely.orient_polygons(faces[inside]))


def _lines(edges: Iterable[tuple[Vertex, Vertex]]) -> list[LineString]:
    """Return edges of a chain as lines in metres."""
    ends = np.array(list(edges), dtype=np.int64).reshape(-1, 2, 2)
    return list(lines_of(ends[:, 0], ends[:, 1]))
