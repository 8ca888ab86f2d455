"""From the geometries of a file to geometries on the millimetre grid of the storage CRS. Pure: no file, no database.

Every vertex is carried and rounded by itself (``round(x * 1000) / 1000``), never per polygon: neighbours that share a
corner in the file share it afterwards. A ring that is not valid is repaired and its original kept; nothing is dropped
without a defect that says so.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import GeometryType
from shapely.geometry import LineString, MultiLineString, MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from layers.files.defects import Defect

__all__ = ["GRID_PER_M", "Cleaned", "Expected", "clean", "repair_area", "shape_digests", "snap"]

GRID_PER_M: Final = 1000
"""Grid steps in a metre. The same number as in ``land_services/precision.py``, which this package may not import; a
test of the architecture holds them equal."""

_REPAIR_ROUNDS: Final = 5
_PLACE: Final = re.compile(r"\[(\S+) (\S+?)\]?$")

Expected = Literal["MultiPolygon", "MultiLineString", "Point"]
Carry = Callable[[NDArray[np.float64]], NDArray[np.float64]]

_AREAS: Final = (GeometryType.POLYGON, GeometryType.MULTIPOLYGON)
_LINES: Final = (GeometryType.LINESTRING, GeometryType.LINEARRING, GeometryType.MULTILINESTRING)
_POINTS: Final = (GeometryType.POINT, GeometryType.MULTIPOINT)


@dataclass(frozen=True)
class Cleaned:
    """One row after cleaning: ``geometry`` is None where nothing can be loaded, and then a defect says why.

    ``original_wkb`` is kept where ours differs from the file's by more than reprojection and rounding.
    """

    row: int
    geometry: BaseGeometry | None
    original_wkb: bytes | None = None
    defects: tuple[Defect, ...] = ()


def snap(xy: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return coordinates on the millimetre grid.

    Examples
    --------
    >>> snap(np.array([[1.00049, 2.0006]])).tolist()
    [[1.0, 2.001]]
    """
    return np.round(xy * GRID_PER_M) / GRID_PER_M


def clean(
    geometries: NDArray[np.object_],
    wkb: Sequence[bytes | None],
    first_row: int,
    carry: Carry,
    expected: Expected = "MultiPolygon",
) -> list[Cleaned]:
    """Return each geometry carried to the storage CRS, on the grid, of the type expected, with its faults.

    Parameters
    ----------
    geometries : array of shapely geometries
        As read, in the file's CRS; None where there is none or where it cannot be understood.
    wkb : sequence of bytes
        The same as the file has them.
    first_row : int
        Number of the first one's row in the file.
    carry : callable
        From file coordinates, shape (n, 2), to storage coordinates; what has no image becomes infinite.
    expected : str
        ``MultiPolygon``, ``MultiLineString`` or ``Point`` (an area then counts by a point inside it).
    """
    flat = shapely.force_2d(_reread(geometries, wkb))
    valid = shapely.is_valid(flat)
    moved, finite = _carried(flat, carry)
    as_read = ~shapely.is_missing(geometries)  # what had to be read twice has a fault to tell
    sound = _sound_areas(flat, moved, valid & finite & as_read) if expected == "MultiPolygon" else {}
    result = []
    for i, geometry in enumerate(flat):
        row, original = first_row + i, wkb[i]
        if i in sound:
            result.append(Cleaned(row, sound[i]))
        elif original is not None and geometry is None:
            result.append(_lost(row, "unreadable_geometry", original))
        elif geometry is None or geometry.is_empty:
            result.append(_lost(row, "empty_geometry", original))
        elif not finite[i]:
            result.append(_lost(row, "bad_coordinate", original))
        else:
            fault = None if valid[i] else _invalid(geometry, row, original, carry)
            unread = geometries[i] is None
            result.append(_shaped(moved[i], row, original, expected, fault, was_open=unread))
    return result


def _reread(geometries: NDArray[np.object_], wkb: Sequence[bytes | None]) -> NDArray[np.object_]:
    """Read again what could not be read, closing rings that are open."""
    lost = [i for i, g in enumerate(geometries) if g is None and wkb[i]]
    if not lost:
        return geometries
    copy = geometries.copy()
    for i in lost:
        copy[i] = shapely.from_wkb(wkb[i], on_invalid="fix")
    return copy


def _carried(flat: NDArray[np.object_], carry: Carry) -> tuple[NDArray[np.object_], NDArray[np.bool_]]:
    xy, index = shapely.get_coordinates(flat, return_index=True)
    usable = np.isfinite(xy).all(axis=1)
    target = np.full_like(xy, np.nan)
    if usable.any():
        target[usable] = snap(carry(xy[usable]))
    finite = np.ones(len(flat), dtype=bool)
    finite[index[~np.isfinite(target).all(axis=1)]] = False
    target[~np.isfinite(target)] = 0.0  # those rows are given up below
    return shapely.set_coordinates(flat.copy(), target), finite


def _sound_areas(
    flat: NDArray[np.object_], moved: NDArray[np.object_], usable: NDArray[np.bool_]
) -> dict[int, MultiPolygon]:
    """Return, by position, the areas of one part that nothing is wrong with: nearly all of a fabric, done at once."""
    kinds = shapely.get_type_id(flat)
    candidates = np.flatnonzero(
        usable
        & np.isin(kinds, [int(k) for k in _AREAS])
        & (shapely.get_num_geometries(flat) == 1)
        & ~shapely.is_empty(flat)
    )
    try:
        areas = shapely.remove_repeated_points(moved[candidates], 0.0)
    except shapely.errors.GEOSException:  # some ring has collapsed: each is looked at by itself
        return {}
    good = shapely.is_valid(areas) & (shapely.area(areas) > 0) & (shapely.get_num_geometries(areas) == 1)
    parts = shapely.get_geometry(areas[good], 0)
    multi = shapely.multipolygons(parts, indices=np.arange(len(parts))) if len(parts) else parts
    return dict(zip(candidates[good].tolist(), multi, strict=True))


def _lost(row: int, kind: str, original: bytes | None) -> Cleaned:
    return Cleaned(row, None, original, (Defect(kind, row, original=original),))


def _invalid(geometry: BaseGeometry, row: int, original: bytes | None, carry: Carry) -> Defect:
    """Return the fault of an invalid geometry, at the place where GEOS sees it."""
    text = str(shapely.is_valid_reason(geometry))
    place = _PLACE.search(text)
    where = None
    if place:
        xy = carry(np.array([[float(place[1]), float(place[2])]]))
        where = shapely.Point(snap(xy)[0]) if np.isfinite(xy).all() else None
    return Defect("invalid_ring", row, {"reason": text.partition("[")[0].strip()}, where, original)


def _shaped(
    geometry: BaseGeometry,
    row: int,
    original: bytes | None,
    expected: Expected,
    fault: Defect | None,
    *,
    was_open: bool,
) -> Cleaned:
    if was_open and fault is None:
        fault = Defect("invalid_ring", row, {"reason": "Ring not closed"}, None, original)
    kind = int(shapely.get_type_id(geometry))
    if expected == "Point":
        return _point(geometry, kind, row, original)
    if expected == "MultiLineString":
        return _line(geometry, kind, row, original)
    return _area(geometry, kind, row, original, fault)


def _area(geometry: BaseGeometry, kind: int, row: int, original: bytes | None, fault: Defect | None) -> Cleaned:
    notes: list[Defect] = []
    if kind == GeometryType.GEOMETRYCOLLECTION:
        parts = [g for g in shapely.get_parts(geometry) if shapely.get_type_id(g) in _AREAS]
        if parts:
            geometry = MultiPolygon([p for g in parts for p in shapely.get_parts(g)])
            notes.append(Defect("mixed_geometry", row, {"parts": len(parts)}, None, original))
            kind = GeometryType.MULTIPOLYGON
            if fault is None and len(parts) > 1 and not geometry.is_valid:
                fault = Defect("invalid_ring", row, {"reason": "Parts overlap"}, None, original)
    if kind not in _AREAS:
        return Cleaned(
            row, None, original, (Defect("not_an_area", row, {"found": geometry.geom_type}, None, original),)
        )
    if fault is not None:
        notes.append(fault)
    geometry = _without_repeats(geometry)
    if not geometry.is_valid:
        if fault is None:
            reason = str(shapely.is_valid_reason(geometry)).partition("[")[0].strip()
            fault = Defect("repaired_on_grid", row, {"reason": reason}, None, original)
            notes.append(fault)
        geometry = repair_area(geometry)
    if geometry.is_empty or geometry.area == 0.0:
        lost = Defect("collapsed_on_grid", row, {}, None, original)
        return Cleaned(row, None, original, (*notes, lost))
    multi = geometry if isinstance(geometry, MultiPolygon) else MultiPolygon([geometry])  # type: ignore[list-item]  # a polygon by now
    if len(multi.geoms) > 1:
        notes.append(Defect("several_parts", row, {"parts": len(multi.geoms)}, multi.representative_point()))
    placed = [d if d.where is not None else replace(d, where=multi.representative_point()) for d in notes]
    keeps = any(d.original is not None for d in placed)
    return Cleaned(row, multi, original if keeps else None, tuple(placed))


def _without_repeats(geometry: BaseGeometry) -> BaseGeometry:
    """Drop vertices that repeat the one before, which rounding makes out of near ones."""
    try:
        return shapely.remove_repeated_points(geometry, 0.0)
    except shapely.errors.GEOSException:  # a ring of fewer than three places: repair_area takes it out
        return geometry


def repair_area(geometry: BaseGeometry) -> BaseGeometry:
    """Return a valid polygon or multipolygon on the grid that covers the same ground; empty where nothing is left.

    Rings are read as what they enclose ("structure"): overlapping parts join, a hole outside its shell goes. Repairing
    makes new vertices where lines cross and rounding these may cross lines again: so both are repeated.

    Examples
    --------
    >>> bow_tie = shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    >>> repair_area(bow_tie).area
    2.0
    >>> repair_area(shapely.Polygon([(0, 0), (1, 1), (2, 2)])).is_empty
    True
    >>> repair_area(shapely.Polygon([(0, 0), (2, 0), (2, 2)], [[(5, 5), (6, 5), (6, 6)]])).area
    2.0
    """
    geometry = _without_stray_holes(geometry)
    for _ in range(_REPAIR_ROUNDS):
        made = shapely.make_valid(geometry, method="structure", keep_collapsed=False)
        parts = [p for p in shapely.get_parts(made) if shapely.get_type_id(p) == GeometryType.POLYGON and p.area > 0]
        if not parts:
            return MultiPolygon()
        joined = parts[0] if len(parts) == 1 else MultiPolygon(parts)
        geometry = _without_repeats(shapely.transform(joined, snap))
        if geometry.is_valid:
            return geometry
    return _only_areas(shapely.set_precision(geometry.buffer(0), 1 / GRID_PER_M))


def _without_stray_holes(geometry: BaseGeometry) -> BaseGeometry:
    """Drop holes that lie outside their shell: ``make_valid`` would make land of what they enclose."""
    parts = []
    for part in shapely.get_parts(geometry):
        shell = shapely.make_valid(Polygon(part.exterior), method="structure", keep_collapsed=False)
        holes = [shapely.make_valid(Polygon(ring), method="structure", keep_collapsed=False) for ring in part.interiors]
        inside = [ring for ring, hole in zip(part.interiors, holes, strict=True) if shapely.intersects(shell, hole)]
        parts.append(Polygon(part.exterior, inside))
    return parts[0] if len(parts) == 1 else MultiPolygon(parts)


def _only_areas(geometry: BaseGeometry) -> BaseGeometry:
    parts = [p for p in shapely.get_parts(geometry) if shapely.get_type_id(p) == GeometryType.POLYGON and p.area > 0]
    snapped = shapely.transform(MultiPolygon(parts), snap)  # set_precision leaves k * 0.001, ours is k / 1000
    return snapped if snapped.is_valid else MultiPolygon()


def _line(geometry: BaseGeometry, kind: int, row: int, original: bytes | None) -> Cleaned:
    if kind not in _LINES:
        found = {"found": geometry.geom_type, "expected": "line"}
        return Cleaned(row, None, original, (Defect("wrong_type", row, found, None, original),))
    parts = [p for p in shapely.get_parts(_without_repeats(geometry)) if p.length > 0]
    if not parts:
        return _lost(row, "collapsed_on_grid", original)
    return Cleaned(row, MultiLineString([LineString(shapely.get_coordinates(p)) for p in parts]))


def _point(geometry: BaseGeometry, kind: int, row: int, original: bytes | None) -> Cleaned:
    if kind in _POINTS:
        return Cleaned(row, shapely.Point(shapely.get_coordinates(geometry)[0]))
    inside = shapely.point_on_surface(geometry)
    if inside.is_empty:
        return _lost(row, "collapsed_on_grid", original)
    return Cleaned(row, shapely.Point(snap(shapely.get_coordinates(inside))[0]))


def shape_digests(geometries: Sequence[BaseGeometry | None]) -> list[bytes | None]:
    """Return digests of the ground that geometries cover, whatever vertex they start at; None stays None."""
    normal = shapely.to_wkb(shapely.normalize(np.array(geometries, dtype=object)))
    return [None if wkb is None else hashlib.blake2b(wkb, digest_size=12).digest() for wkb in normal]
