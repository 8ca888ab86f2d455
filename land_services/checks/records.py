"""The boundary as the register keeps it: sides with true arcs, faces and what adjoins; numbered corners."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import STRtree
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from land_services.checks.adjoining import adjoining_text
from land_services.domain import Arc, BoundaryCorner, BoundarySide, Face, Side, StreetFact, SurveyPart, SurveyPlan
from land_services.geometry.sides import sides
from land_services.precision import COVERAGE_WIDTH_M

__all__ = ["CornerNumbers", "SourcePoints", "boundary_corners", "boundary_sides", "polygon_sides", "source_points"]

XY = tuple[float, float]
DrawnArc = tuple[XY, XY, Arc]
ARC_FIT_M = 0.003


@dataclass(frozen=True)
class SourcePoints:
    """The vertices of a plan as placed, with the coordinates and numbers the file gives them."""

    placed: NDArray[np.float64]
    source: NDArray[np.float64]
    numbers: tuple[str, ...]
    crs: str

    def nearest(self, point: XY, within_m: float) -> int | None:
        """Return the index of the vertex nearest to a point, or None where none is so near."""
        if not len(self.placed):
            return None
        gaps = np.hypot(self.placed[:, 0] - point[0], self.placed[:, 1] - point[1])
        index = int(gaps.argmin())
        return index if gaps[index] <= within_m else None


def source_points(placed: SurveyPlan, source: SurveyPlan) -> SourcePoints:
    """Return every vertex of the placed plan beside the same vertex of the file.

    Placing a plan keeps the order and count of vertices, so the two go in step; a part for which they do not is left
    out, as its coordinates could not be told apart.
    """
    here: list[NDArray[np.float64]] = [np.empty((0, 2))]
    there: list[NDArray[np.float64]] = [np.empty((0, 2))]
    numbers: list[str] = []
    for one, other in zip(placed.parts, source.parts, strict=True):
        a, b = shapely.get_coordinates(one.geometry), shapely.get_coordinates(other.geometry)
        if len(a) != len(b):
            continue
        names = _names(other, source)
        here.append(a)
        there.append(b)
        numbers.extend(names.get((round(x, 3), round(y, 3)), "") for x, y in b)
    return SourcePoints(np.vstack(here), np.vstack(there), tuple(numbers), source.crs)


def _names(part: SurveyPart, plan: SurveyPlan) -> dict[XY, str]:
    names: dict[XY, str] = {}
    if plan.unit == "m":  # otherwise points are in feet or degrees, and sides name their ends below
        names.update({(round(p.x, 3), round(p.y, 3)): p.number for p in plan.points if p.number})
    for side in part.sides:
        for (x, y), name in ((side.start, side.start_point), (side.end, side.end_point)):
            if name:
                names[(round(x, 3), round(y, 3))] = name
    return names


@dataclass
class CornerNumbers:
    """Numbers of corners over all units of one change: the same corner has the same number everywhere."""

    points: SourcePoints
    within_m: float
    _given: dict[tuple[int, int], str] = field(default_factory=dict)
    _taken: set[str] = field(default_factory=set)

    def number(self, point: XY) -> str:
        """Return the corner's number: the surveyor's where he gave one, otherwise the next that is free."""
        key = (round(point[0] * 1000), round(point[1] * 1000))
        if key not in self._given:
            index = self.points.nearest(point, self.within_m)
            name = "" if index is None else self.points.numbers[index]
            self._given[key] = name if name and name not in self._taken else self._next_free()
            self._taken.add(self._given[key])
        return self._given[key]

    def _next_free(self) -> str:
        reserved = {name for name in self.points.numbers if name}
        number = len(self._given) + 1
        while str(number) in self._taken or str(number) in reserved:
            number += 1
        return str(number)


def polygon_sides(polygon: Polygon, part: SurveyPart, within_m: float) -> tuple[Side, ...]:
    """Return the measured sides of a registered outline, with the arcs of the part it was drawn as where they hold."""
    return sides(polygon, arcs=tuple(_fitting_arcs(polygon, part, within_m)))


def _fitting_arcs(polygon: Polygon, part: SurveyPart, within_m: float) -> Iterable[DrawnArc]:
    """Yield the drawn arcs whose chords are still in the outline, with the outline's own vertices as their ends.

    Where the outline was fitted to a registered boundary that is no arc, or to other chords, the arc is dropped: the
    record must not claim a curve that the land does not have.
    """
    ring = shapely.get_coordinates(polygon.exterior)[:-1]
    for side in part.sides:
        if side.arc is None:
            continue
        start, end = _vertex(ring, side.start, within_m), _vertex(ring, side.end, within_m)
        if start is None or end is None or start == end:
            continue
        between = _between(ring, start, end, side.arc)
        if between is None:
            continue
        on_chords = np.vstack([between, (between[1:] + between[:-1]) / 2])  # a long chord is no arc
        off = np.abs(np.hypot(*(on_chords - side.arc.centre).T) - side.arc.radius_m)
        if (off <= ARC_FIT_M).all():
            yield (_xy(ring[start]), _xy(ring[end]), side.arc)


def _between(ring: NDArray[np.float64], start: int, end: int, arc: Arc) -> NDArray[np.float64] | None:
    """Return the vertices from start to end on the way round that is as long as the arc, or None."""
    count = len(ring)
    for step in (1, -1):
        length = (end - start) * step % count
        walk = ring[[(start + step * i) % count for i in range(length + 1)]]
        along = float(np.hypot(*np.diff(walk, axis=0).T).sum())
        if abs(along - arc.length_m) <= max(0.02, 0.002 * arc.length_m):
            return walk
    return None


def _vertex(ring: NDArray[np.float64], point: XY, within_m: float) -> int | None:
    gaps = np.hypot(ring[:, 0] - point[0], ring[:, 1] - point[1])
    index = int(gaps.argmin())
    return index if gaps[index] <= within_m else None


def _xy(row: NDArray[np.float64]) -> XY:
    return (float(row[0]), float(row[1]))


def boundary_sides(
    measured: Sequence[Side],
    around: Sequence[tuple[str, BaseGeometry]],
    streets: Sequence[StreetFact],
    manual: Mapping[int, Face],
    within_m: float = COVERAGE_WIDTH_M,
) -> tuple[BoundarySide, ...]:
    """Return the sides for the record: face (a person's choice wins), length, arc, and what adjoins.

    ``within_m``: how far a neighbour's registered boundary may run from the side and still be the same one.
    """
    tree = STRtree([geometry for _, geometry in around])
    rows = []
    for index, side in enumerate(measured):
        near = [around[i] for i in sorted(tree.query(side.line.buffer(max(0.1, within_m))))]
        ar, en = adjoining_text(side.line, near, streets, within_m)
        coords = side.line.coords
        rows.append(
            BoundarySide(
                face=manual.get(index, side.face), start=_end(coords[0]), end=_end(coords[-1]), length_m=side.length_m,
                arc=side.arc, adjoining_ar=ar, adjoining_en=en, face_is_manual=index in manual,
            )
        )  # fmt: skip
    return tuple(rows)


def _end(coordinate: tuple[float, ...]) -> XY:
    return (coordinate[0], coordinate[1])


def boundary_corners(measured: Sequence[Side], numbers: CornerNumbers) -> tuple[BoundaryCorner, ...]:
    """Return the corners where sides begin, numbered, with the coordinates and CRS they were surveyed in."""
    corners = []
    for side in measured:
        x, y = side.line.coords[0][:2]
        index = numbers.points.nearest((x, y), numbers.within_m)
        source = (None, None) if index is None else tuple(float(v) for v in numbers.points.source[index])
        finite = (
            source if source[0] is not None and all(math.isfinite(v) for v in source if v is not None) else (None, None)
        )
        corners.append(
            BoundaryCorner(
                number=numbers.number((x, y)), x=x, y=y, source_x=finite[0], source_y=finite[1],
                source_crs="" if finite[0] is None else numbers.points.crs,
            )
        )  # fmt: skip
    return tuple(corners)
