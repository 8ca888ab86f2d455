"""Corners as they are registered, and as they were measured on a visit: which is which, and how far apart."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from shapely.geometry import MultiPolygon, Point, Polygon

from land_services.checks.finding import found
from land_services.domain import Finding, ParcelFact, Rules
from layers.models import BoundaryPoint

__all__ = ["Corner", "Measured", "Side", "compare", "corners_of", "sides_of"]

NEAR_M: Final = 5.0
"""A measured point that nobody assigned belongs to the nearest registered corner up to this far: a way of matching,
no tolerance."""
_KEY_SEPARATOR: Final = ":"


@dataclass(frozen=True)
class Corner:
    """One registered corner: ``key`` names it for the device, ``number`` is what papers call it."""

    key: str
    parcel_uid: str
    parcel_no: str
    number: str
    x: float
    y: float


@dataclass(frozen=True)
class Side:
    """One registered side, from a corner to the next."""

    key: str
    label: str
    start: Corner
    end: Corner

    @property
    def length_m(self) -> float:
        return math.hypot(self.end.x - self.start.x, self.end.y - self.start.y)


@dataclass(frozen=True)
class Measured:
    """One measured point in the storage CRS; ``corner`` is the key that the surveyor gave it to, "" where none."""

    label: str
    x: float
    y: float
    accuracy_m: float | None = None
    corner: str = ""


def corners_of(parcels: Iterable[ParcelFact]) -> list[Corner]:
    """Return the corners of registered outlines in their order, with the numbers that the register gives them."""
    listed = list(parcels)
    numbers: dict[tuple[int, float, float], str] = {}
    for point in BoundaryPoint.objects.filter(parcel_id__in=[parcel.version for parcel in listed]):
        numbers[point.parcel_id, round(point.geom.x, 3), round(point.geom.y, 3)] = point.number
    made = []
    for parcel in listed:
        for n, (x, y) in enumerate(_vertices(parcel.geometry), start=1):
            number = numbers.get((parcel.version, round(x, 3), round(y, 3))) or str(n)
            key = f"{parcel.uid}{_KEY_SEPARATOR}{n}"
            made.append(Corner(key, parcel.uid, parcel.parcel_no, number, round(x, 3), round(y, 3)))
    return made


def _vertices(shape: Polygon | MultiPolygon) -> list[tuple[float, float]]:
    polygons = shape.geoms if isinstance(shape, MultiPolygon) else [shape]
    return [(x, y) for polygon in polygons for x, y, *_ in polygon.exterior.coords[:-1]]


def sides_of(corners: Sequence[Corner]) -> list[Side]:
    """Return the sides between corners of each parcel in turn."""
    made = []
    for uid in dict.fromkeys(corner.parcel_uid for corner in corners):
        ring = [corner for corner in corners if corner.parcel_uid == uid]
        for n, (start, end) in enumerate(zip(ring, [*ring[1:], *ring[:1]], strict=True), start=1):
            made.append(Side(f"{uid}{_KEY_SEPARATOR}s{n}", f"{start.number}–{end.number}", start, end))
    return made


# Comparison -----------------------------------------------------------------------------------------------------------


def compare(
    corners: Sequence[Corner], points: Sequence[Measured], marks: Mapping[str, str], rules: Rules
) -> tuple[list[dict[str, Any]], list[Finding]]:
    """Return a row for each registered corner and each point beside them, and what is found.

    A point goes to the corner that it was given to; else, the closest pairs first, to the nearest corner within
    ``NEAR_M``. ``marks`` say of a corner's key whether its mark was ``found``, ``missing`` or ``moved``.
    """
    tolerance = float(rules.value("outline_tolerance_m"))
    given = _matched(corners, points)
    rows = [_row(corner, points, given.get(corner.key), marks.get(corner.key, ""), tolerance) for corner in corners]
    findings = [one for row, corner in zip(rows, corners, strict=True) for one in _found(row, corner, rules, tolerance)]
    beside = [n for n in range(len(points)) if n not in given.values()]
    for n in beside:
        rows.append(_beside(points[n]))
        findings += _found_beside(points[n], corners, rules)
    return rows, findings


def _matched(corners: Sequence[Corner], points: Sequence[Measured]) -> dict[str, int]:
    """Return the index of the point of each corner that has one."""
    keys = {corner.key for corner in corners}
    given: dict[str, int] = {}
    for n, point in enumerate(points):
        if point.corner in keys:
            given[point.corner] = n  # of several given to one corner the last counts
    free = [n for n, point in enumerate(points) if point.corner not in keys]
    pairs = sorted(
        (distance, corner.key, n)
        for n in free
        for corner in corners
        if corner.key not in given and (distance := _distance(corner, points[n])) <= NEAR_M
    )
    taken: set[int] = set()
    for _distance_m, key, n in pairs:
        if key not in given and n not in taken:
            given[key] = n
            taken.add(n)
    return given


def _distance(corner: Corner, point: Measured) -> float:
    return math.hypot(point.x - corner.x, point.y - corner.y)


def _row(corner: Corner, points: Sequence[Measured], n: int | None, mark: str, tolerance: float) -> dict[str, Any]:
    row: dict[str, Any] = {
        "corner": corner.key, "number": corner.number, "parcel": corner.parcel_no, "x": corner.x, "y": corner.y,
        "mark": mark, "point": "", "point_x": None, "point_y": None, "distance_m": None, "accuracy_m": None,
        "verdict": "unmeasured",
    }  # fmt: skip
    if n is None:
        return row
    point, distance = points[n], round(_distance(corner, points[n]), 3)
    unsure = point.accuracy_m is not None and point.accuracy_m > tolerance
    # A bad position can still tell that a corner lies elsewhere, never that it is in its place.
    beyond = distance - (point.accuracy_m or 0.0 if unsure else 0.0) > tolerance
    verdict = "beyond" if beyond else "unsure" if unsure else "within"
    return row | {
        "point": point.label, "point_x": point.x, "point_y": point.y, "distance_m": distance,
        "accuracy_m": point.accuracy_m, "verdict": verdict,
    }  # fmt: skip


def _beside(point: Measured) -> dict[str, Any]:
    return {
        "corner": "", "number": "", "parcel": "", "x": None, "y": None, "mark": "", "point": point.label,
        "point_x": point.x, "point_y": point.y, "distance_m": None, "accuracy_m": point.accuracy_m,
        "verdict": "beside",
    }  # fmt: skip


def _found(row: Mapping[str, Any], corner: Corner, rules: Rules, tolerance: float) -> Iterable[Finding]:
    names: dict[str, Any] = {"corner": corner.number, "parcel": corner.parcel_no}
    rest: dict[str, Any] = {"key": "outline_tolerance_m", "parcels": [corner.parcel_uid]}
    here = Point(corner.x, corner.y)
    if row["verdict"] == "beyond":
        yield found(
            rules, "FLD-01", "warning", measured=(row["distance_m"], "m"), required=(tolerance, "m"),
            where=Point(row["point_x"], row["point_y"]), distance=row["distance_m"], tolerance=tolerance,
            **names, **rest,
        )  # fmt: skip
    elif row["verdict"] == "unsure":
        yield found(
            rules, "FLD-02", "info", variant="unsure", measured=(row["accuracy_m"], "m"), required=(tolerance, "m"),
            where=here, accuracy=row["accuracy_m"], tolerance=tolerance, **names, **rest,
        )  # fmt: skip
    elif row["verdict"] == "unmeasured":
        yield found(rules, "FLD-02", "info", variant="unmeasured", where=here, **names, **rest)
    if row["mark"] in ("missing", "moved"):
        yield found(rules, "FLD-03", "warning", variant=row["mark"], where=here, **names, **rest)


def _found_beside(point: Measured, corners: Sequence[Corner], rules: Rules) -> Iterable[Finding]:
    if corners:
        nearest = round(min(_distance(corner, point) for corner in corners), 3)
        yield found(
            rules, "FLD-04", "info", key="outline_tolerance_m", measured=(nearest, "m"),
            where=Point(point.x, point.y), point=point.label, distance=nearest,
        )  # fmt: skip
