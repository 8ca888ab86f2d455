"""Relations in space: geometries that are written come into the storage CRS, where the column's index serves.

An edge that is straight in the filter's CRS is a curve in the storage CRS: it gets as many points as keep it within a
millimetre. Coordinates far outside the storage CRS have no image there, so a geometry is cut to the area where data
can lie; a relation that depends on what was cut off is answered from the knowledge that there is more.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final, cast

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from layers import crs
from layers.srs import BELT_MARGIN_DEG

from .errors import FilterRefused
from .tree import Box, Operation, Shape

if TYPE_CHECKING:
    from .sql import Compiler

__all__ = ["Placing", "relation"]

TOLERANCE_M: Final = 0.001
_POINTS: Final = 20_000  # of a geometry in the storage CRS: what no data near its edge would notice any more

_MANY: Final = 32  # vertices from which comparing boxes first is worth it
_BOX_MARGIN_M: Final = 2.0  # PostGIS compares boxes in single precision: half a metre at ten million
_INSETS: Final = (0.002, 0.01, 0.03, 0.1, 0.2, 0.3, 0.4)

_FUNCTIONS: Final = {
    "s_intersects": "ST_Intersects",
    "s_equals": "ST_Equals",
    "s_disjoint": "ST_Disjoint",
    "s_touches": "ST_Touches",
    "s_within": "ST_Within",
    "s_overlaps": "ST_Overlaps",
    "s_crosses": "ST_Crosses",
    "s_contains": "ST_Contains",
}
_CONVERSE: Final = {"s_within": "s_contains", "s_contains": "s_within"}


@dataclass(frozen=True)
class _Placed:
    """A written geometry in the storage CRS, in parts of one dimension each.

    ``is_whole`` is False where something was cut off, ``is_everywhere`` True where it covers all that data can be in.
    """

    parts: tuple[BaseGeometry, ...]
    is_whole: bool = True
    is_everywhere: bool = False


@dataclass(frozen=True)
class Placing:
    """How the coordinates of a filter are to be read.

    Parameters
    ----------
    srid, storage_srid : int
        EPSG codes of the filter's CRS and of the data.
    is_yx : bool
        True where the filter's CRS has latitude or northing first (the URI of EPSG:4326, not CRS84).
    """

    srid: int
    storage_srid: int
    is_yx: bool = False

    def shape(self, node: Shape | Box) -> BaseGeometry:
        """Return a written geometry, x east and y north, in the filter's CRS."""
        if isinstance(node, Box):
            return self._box(node)
        made = shapely.transform(node.geometry, lambda xy: xy[:, ::-1]) if self.is_yx else node.geometry
        self._check_degrees(made.bounds, node)
        return made

    def _box(self, node: Box) -> BaseGeometry:
        a, b, c, d = node.bounds
        west, south, east, north = (b, a, d, c) if self.is_yx else (a, b, c, d)
        self._check_degrees((west, south, east, north), node)
        is_geographic = crs.parse(self.srid).is_geographic
        if south > north or (west > east and not is_geographic):
            raise FilterRefused(
                "ركنا BBOX مقلوبان.",
                "The corners of BBOX are the wrong way round.",
                what="bad_geometry",
                where=node.at,
                todo_ar="اكتب الركن الأدنى أولًا ثم الأعلى.",
                todo_en="Write the lower corner first, then the upper one.",
            )
        if west > east:
            return shapely.union_all([_rectangle(west, south, 180.0, north), _rectangle(-180.0, south, east, north)])
        return _rectangle(west, south, east, north)

    def _check_degrees(self, bounds: tuple[float, float, float, float], node: Shape | Box) -> None:
        if not crs.parse(self.srid).is_geographic:
            return
        west, south, east, north = bounds
        if max(abs(west), abs(east)) > 180 or max(abs(south), abs(north)) > 90:
            raise FilterRefused(
                "الإحداثيات ليست درجات طول وعرض.",
                "The coordinates are not degrees of longitude and latitude.",
                what="bad_geometry",
                where=node.at,
                todo_ar="سمّ نظامها في filter-crs، وانتبه لترتيب المحورين.",
                todo_en="Name their system in filter-crs, and mind the order of its axes.",
            )

    def place(self, geometry: BaseGeometry) -> _Placed:
        """Return a geometry of the filter's CRS in the storage CRS."""
        parts = _by_dimension(geometry)
        if self.srid == self.storage_srid:
            return _Placed(parts)
        area = _area(self.srid, self.storage_srid)
        if any(part.covers(area) for part in parts):
            return _Placed((), is_whole=False, is_everywhere=True)
        placed = []
        is_whole = True
        for part in parts:
            inside = part
            if not area.covers(part):
                is_whole = False
                inside = _of_dimension(shapely.intersection(part, area), int(shapely.get_dimensions(part)))
            if not inside.is_empty:
                placed.append(_carried(inside, self.srid, self.storage_srid))
        return _Placed(tuple(placed), is_whole)


def _rectangle(west: float, south: float, east: float, north: float) -> BaseGeometry:
    corners = [(west, south), (east, south), (east, north), (west, north)]
    if west == east and south == north:
        return shapely.Point(west, south)
    if west == east or south == north:
        return shapely.LineString([corners[0], corners[2]])
    return shapely.Polygon(corners)


def _by_dimension(geometry: BaseGeometry) -> tuple[BaseGeometry, ...]:
    """Return a geometry as it is, or a mixed collection as its points, its lines and its areas."""
    if geometry.geom_type != "GeometryCollection":
        return (geometry,)
    members = shapely.get_parts(geometry)
    dimensions = shapely.get_dimensions(members)
    return tuple(shapely.union_all(members[dimensions == d]) for d in (0, 1, 2) if (dimensions == d).any())


def _of_dimension(geometry: BaseGeometry, dimension: int) -> BaseGeometry:
    parts = shapely.get_parts(geometry)
    return shapely.union_all(parts[shapely.get_dimensions(parts) == dimension])


@lru_cache(maxsize=32)
def _area(srid: int, storage_srid: int) -> BaseGeometry:
    """Return where data can lie, in the filter's CRS: the storage CRS's area of use and more than its margin."""
    used = crs.parse(storage_srid).area_of_use
    west, south, east, north = used.bounds if used else (-180.0, -85.0, 180.0, 85.0)
    room = 2 * BELT_MARGIN_DEG
    box = (max(west - room, -180.0), max(south - room, -89.0), min(east + room, 180.0), min(north + room, 89.0))
    ring = crs.border(box, steps=200)
    # Not prepared: threads share it, and a prepared geometry builds its index when it is first asked.
    return shapely.Polygon(crs.transform_coordinates(ring, crs.WGS84, srid, allow_legacy=True))


def _carried(geometry: BaseGeometry, source: int, target: int) -> BaseGeometry:
    if shapely.get_dimensions(geometry) > 0:
        geometry = _with_points(geometry, source, target)
    made = crs.transform(geometry, source, target, allow_legacy=True)
    return made if made.is_valid else shapely.make_valid(made)


def _with_points(geometry: BaseGeometry, source: int, target: int) -> BaseGeometry:
    """Return a line or area with points along edges that the target would bend by more than the tolerance."""
    kind, xy, offsets = shapely.to_ragged_array([geometry])
    lines = np.split(xy, offsets[0][1:-1])
    budget = max(1, _POINTS // max(1, len(xy)))
    made = [_line_with_points(line, source, target, budget) for line in lines]
    first = np.concatenate(([0], np.cumsum([len(line) for line in made])))
    return cast(BaseGeometry, shapely.from_ragged_array(kind, np.concatenate(made), (first, *offsets[1:]))[0])


def _line_with_points(line: NDArray[np.float64], source: int, target: int, most: int) -> NDArray[np.float64]:
    """Return a line with each edge cut into equal pieces: the bend of an edge shrinks with their number squared."""
    start, end = line[:-1], line[1:]
    ends = crs.transform_coordinates(line, source, target, allow_legacy=True)
    middle = crs.transform_coordinates((start + end) / 2, source, target, allow_legacy=True)
    bend = np.hypot(*((ends[:-1] + ends[1:]) / 2 - middle).T)
    pieces = np.clip(np.ceil(np.sqrt(bend / TOLERANCE_M)), 1, most).astype(int)
    cut = [s + (e - s) * np.arange(n)[:, None] / n for s, e, n in zip(start, end, pieces, strict=True)]
    return np.concatenate([*cut, line[-1:]])


# Relations ----------------------------------------------------------------------------------------------------------


def relation(compiler: Compiler, node: Operation, left: BaseGeometry | None, right: BaseGeometry | None) -> str:
    """Return a spatial predicate; an operand that is None is the layer's own geometry."""
    if left is not None and right is not None:
        return "TRUE" if _between_written(node.name, left, right) else "FALSE"
    if left is None and right is None:
        return f"{_FUNCTIONS[node.name]}({compiler.geom}, {compiler.geom})"
    name = node.name if left is None else _CONVERSE.get(node.name, node.name)
    placed = compiler.place.place(cast(BaseGeometry, right if left is None else left))
    if placed.is_everywhere:
        return "TRUE" if name in ("s_intersects", "s_within") else "FALSE"
    if name in ("s_intersects", "s_disjoint"):
        parts = [_test(compiler, "s_intersects", part) for part in placed.parts]
        met = f"({' OR '.join(parts)})" if parts else "FALSE"
        return f"(NOT {met})" if name == "s_disjoint" else met
    if len(placed.parts) > 1:
        raise _mixed(node)
    if not placed.parts:
        return "FALSE"
    part = placed.parts[0]
    return _test(compiler, name, part) if placed.is_whole else _cut(compiler, name, part)


def _test(compiler: Compiler, name: str, part: BaseGeometry) -> str:
    """Return a relation with a geometry; what lies in the middle of a large area is not compared with all its edge."""
    geom, literal = compiler.geom, _literal(compiler, part)
    test = f"{_FUNCTIONS[name]}({geom}, {literal})"
    core = _core(part) if name in ("s_intersects", "s_within") else None
    return test if core is None else f"({geom} && {literal} AND ({geom} @ {_literal(compiler, core)} OR {test}))"


def _core(area: BaseGeometry) -> BaseGeometry | None:
    """Return a rectangle inside an area of many vertices, as large as a few tries find; None for others."""
    if shapely.get_dimensions(area) < 2 or shapely.count_coordinates(area) < _MANY:
        return None
    west, south, east, north = area.bounds
    shapely.prepare(area)
    for inset in _INSETS:
        x, y = (east - west) * inset, (north - south) * inset
        if min(east - west - 2 * x, north - south - 2 * y) > 4 * _BOX_MARGIN_M:
            rectangle = shapely.box(west + x, south + y, east - x, north - y)
            if shapely.contains_properly(area, rectangle):
                return rectangle.buffer(-_BOX_MARGIN_M, join_style="mitre")
    return None


def _literal(compiler: Compiler, geometry: BaseGeometry) -> str:
    known = shapely.set_srid(geometry, compiler.place.storage_srid)
    return compiler.param(shapely.to_wkb(known, hex=True, include_srid=True), "geometry")


def _between_written(name: str, left: BaseGeometry, right: BaseGeometry) -> bool:
    return bool(getattr(shapely, name[2:])(left, right))


def _cut(compiler: Compiler, name: str, part: BaseGeometry) -> str:
    """Return a relation with a geometry of which a part lies where no data can be."""
    if name in ("s_contains", "s_equals"):
        return "FALSE"
    if name not in ("s_overlaps", "s_crosses"):
        return _test(compiler, name, part)
    dimension = int(shapely.get_dimensions(part))
    geom, literal = compiler.geom, _literal(compiler, part)
    if name == "s_overlaps":
        met = f"ST_Relate({geom}, {literal}, '{'1*T******' if dimension == 1 else 'T*T******'}')"
        return f"({geom} && {literal} AND ST_Dimension({geom}) = {dimension} AND {met})"
    met = f"ST_Relate({geom}, {literal}, 'T********')"
    met = f"CASE WHEN ST_Dimension({geom}) > {dimension} THEN {met} ELSE ST_Crosses({geom}, {literal}) END"
    return f"({geom} && {literal} AND {met})"


def _mixed(node: Operation) -> FilterRefused:
    return FilterRefused(
        f"{node.name.upper()} لا تقبل مجموعة تجمع نقاطًا وخطوطًا ومساحات.",
        f"{node.name.upper()} does not take a collection that mixes points, lines and areas.",
        what="not_supported",
        where=node.at,
        todo_ar="اكتب شرطًا لكل نوع واربطها بـ AND أو OR، أو استعمل S_INTERSECTS.",
        todo_en="Write one condition for each kind, joined by AND or OR, or use S_INTERSECTS.",
    )
