"""One polygon of a file -> one ``SurveyPart``: metres, true arcs beside their chords, point numbers, validity."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import shapely
from shapely.geometry import Point, Polygon

from land_services.domain import SurveyPart, SurveyPoint, SurveySide
from land_services.surveys import curves
from land_services.surveys.limits import Limits
from land_services.surveys.numbers import attribute
from land_services.surveys.raw import XY, Notes, RawPolygon, Ring, Seg

SAME_POINT_M = 0.001
"""A numbered point nearer than this to a corner is that corner."""

ZERO_M = 1e-6
"""Sides shorter than this are not sides."""

DEGREES_PER_M = 1 / 111_320
STATED_AREA_M2 = 0.05
STATED_AREA_SHARE = 1e-4
AREA_NAMES = ("surveyed_area_m2", "stated_area_m2", "area_m2")
LARGEST_RADIUS_M = 1e8
_PLACE = re.compile(r"\[(-?[\d.eE+-]+) (-?[\d.eE+-]+)")


@dataclass(frozen=True)
class Built:
    """A part beside the polygon it was made of; ``key`` is equal for polygons with the same corners."""

    raw: RawPolygon
    part: SurveyPart
    key: tuple[object, ...]


class Builder:
    """Builds parts; remembers arcs, so that neighbours sharing one get the same chords."""

    def __init__(
        self, points: Sequence[SurveyPoint], factor: float, degrees: bool, limits: Limits, notes: Notes
    ) -> None:
        self.factor, self.limits, self.notes = factor, limits, notes
        self.scale = DEGREES_PER_M if degrees else 1.0
        self.degrees = degrees
        self.vertices = 0
        self._chords: dict[tuple[object, ...], list[XY]] = {}
        self._numbers: dict[tuple[int, int], list[tuple[XY, str]]] = {}
        for p in points:
            at = (p.x * factor, p.y * factor)
            self._numbers.setdefault(self._cell(at), []).append((at, p.number))

    def build(self, raw: RawPolygon) -> Built | None:
        """Return the part, or None where it has faults (all noted)."""
        rings = [self._ring(ring, raw) for ring in raw.rings]
        if any(ring is None for ring in rings):
            return None
        clean = [ring for ring in rings if ring is not None]
        coordinates = [self._coordinates(ring) for ring in clean]
        self.vertices += sum(map(len, coordinates))
        if self.vertices > self.limits.vertices:
            self.notes.error("SRV-04", "vertices", limit=self.limits.vertices)
            self.notes.stop_on_errors()
        polygon = Polygon(coordinates[0], coordinates[1:])
        if not self._is_valid(polygon, raw):
            return None
        part = SurveyPart(
            number="",
            geometry=polygon,
            sides=tuple(self._side(s) for ring in clean for s in ring),
            stated_area_m2=self._stated_area(raw, clean),
            attributes=dict(raw.attributes),
            where_in_file=raw.where,
        )
        return Built(raw, part, self._key(polygon))

    # Rings ------------------------------------------------------------------------------------------------------

    def _ring(self, ring: Ring, raw: RawPolygon) -> Ring | None:
        """Return the ring in metres without sides of no length; None (noted) where too little is left."""
        sides: Ring = []
        dropped = 0
        for segment in (curves.scaled(s, self.factor) for s in ring):
            if curves.length(segment) <= ZERO_M * self.scale:
                dropped += 1
            else:
                sides.append(self._straightened(segment, raw))
        if dropped:
            self.notes.add("info", "SRV-19", "zero", place=raw.where, count=dropped)
        if len(sides) < 2 or (len(sides) == 2 and all(s.curve is None for s in sides)):
            self.notes.error("SRV-08", "few_points", place=raw.where, count=len(sides))
            return None
        # Sides of no length were left out: the ends around them become one point.
        return [
            Seg(s.start, sides[(i + 1) % len(sides)].start, s.curve, s.names) for i, s in enumerate(sides)
        ]  # fmt: skip

    def _straightened(self, segment: Seg, raw: RawPolygon) -> Seg:
        if segment.curve is None or segment.curve.radius <= LARGEST_RADIUS_M:
            return segment
        self.notes.add("info", "SRV-22", "straight", place=raw.where, radius=segment.curve.radius)
        return Seg(segment.start, segment.end, None, segment.names)

    def _coordinates(self, ring: Ring) -> list[XY]:
        coordinates: list[XY] = []
        for segment in ring:
            coordinates.append(segment.start)
            coordinates.extend(self._chord_points(segment))
        return coordinates

    def _chord_points(self, segment: Seg) -> list[XY]:
        if segment.curve is None:
            return []
        forward = segment if segment.start <= segment.end else segment.reversed()
        curve = forward.curve
        assert curve is not None  # noqa: S101 - reversed() keeps the curve
        middle = curves.chord_points(forward, float("inf"))
        cells = (*self._rounded(forward.start), *self._rounded(forward.end), *map(self._rounded, middle))
        points = self._chords.setdefault(cells, curves.chord_points(forward, curves.SAGITTA_M * self.scale))
        return points if forward is segment else points[::-1]

    def _rounded(self, p: XY) -> XY:
        return (round(p[0] / (0.001 * self.scale)), round(p[1] / (0.001 * self.scale)))

    # Validity ---------------------------------------------------------------------------------------------------

    def _is_valid(self, polygon: Polygon, raw: RawPolygon) -> bool:
        if polygon.is_valid and polygon.area > 0:
            return True
        reason = shapely.is_valid_reason(polygon)
        found = _PLACE.search(reason)
        place = Point(float(found.group(1)), float(found.group(2))) if found else None
        variant = "crosses" if "intersection" in reason.lower() else "invalid"
        self.notes.error(
            "SRV-09", variant, at=place, place=raw.where, reason=reason.partition("[")[0],
            x=place.x if place else "", y=place.y if place else "",
        )  # fmt: skip
        return False

    def _stated_area(self, raw: RawPolygon, rings: list[Ring]) -> float | None:
        stated = raw.stated_area_m2
        if stated is None:
            values = (attribute(dict(raw.attributes), name) for name in AREA_NAMES)
            number = next((v for v in values if isinstance(v, int | float) and not isinstance(v, bool)), None)
            stated = float(number) if number is not None and math.isfinite(number) and number > 0 else None
        if stated is not None and not self.degrees:
            drawn = abs(curves.ring_area(rings[0])) - sum(abs(curves.ring_area(r)) for r in rings[1:])
            if abs(stated - drawn) > max(STATED_AREA_M2, STATED_AREA_SHARE * drawn):
                self.notes.add("warning", "SRV-23", place=raw.where, stated=round(stated, 2), drawn=round(drawn, 2))
        return stated

    # Sides and points -------------------------------------------------------------------------------------------

    def _side(self, segment: Seg) -> SurveySide:
        start = segment.names[0] or self._point_number(segment.start)
        end = segment.names[1] or self._point_number(segment.end)
        return SurveySide(segment.start, segment.end, curves.arc_of(segment), start, end)

    def _cell(self, at: XY) -> tuple[int, int]:
        size = SAME_POINT_M * self.scale
        return (math.floor(at[0] / size), math.floor(at[1] / size))

    def _point_number(self, at: XY) -> str:
        cx, cy = self._cell(at)
        near = [
            (math.dist(at, where), number)
            for dx in (-1, 0, 1)
            for dy in (-1, 0, 1)
            for where, number in self._numbers.get((cx + dx, cy + dy), ())
        ]
        distance, number = min(near, default=(math.inf, ""))
        return number if distance <= SAME_POINT_M * self.scale else ""

    def _key(self, polygon: Polygon) -> tuple[object, ...]:
        corners = [self._rounded((x, y)) for x, y in polygon.exterior.coords[:-1]]
        return (len(polygon.interiors), *sorted(corners))
