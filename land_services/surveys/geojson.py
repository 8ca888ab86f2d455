"""GeoJSON (RFC 7946) in plain Python: exact places of faults, a ``crs`` member read, nothing guessed."""

from __future__ import annotations

import itertools
import json
from typing import Any, NoReturn

from land_services.domain import SurveyPoint
from land_services.surveys.crs import epsg_code
from land_services.surveys.errors import refusal
from land_services.surveys.limits import Limits
from land_services.surveys.numbers import attribute, clean_text, parcel_number
from land_services.surveys.raw import XY, Notes, RawPlan, RawPolygon, Ring, Seg, is_coordinate

GEOMETRIES = {"Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection"}
DEEPEST_COLLECTION = 8


class _DuplicateKey(ValueError):
    pass


def read(data: bytes, limits: Limits, notes: Notes, unit: str | None = None) -> RawPlan:
    """Return the polygons, points and CRS of a GeoJSON text."""
    document = _parse(data)
    if not isinstance(document, dict):
        raise refusal("SRV-05", "not_geojson", what=type(document).__name__, place="$")
    plan = RawPlan(format="geojson", crs=_crs(document, notes))
    if not plan.crs:
        plan.crs, plan.crs_is_default = ("", False) if notes.has_errors else ("EPSG:4326", True)
    reader = _Reader(plan, notes)
    reader.document(document)
    return plan


def _parse(data: bytes) -> Any:
    try:
        text = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise refusal("SRV-06", "utf8", offset=error.start, byte=f"0x{data[error.start]:02x}") from None
    try:
        return json.loads(text, parse_constant=_no_constant, object_pairs_hook=_unique)
    except _DuplicateKey as error:
        raise refusal("SRV-05", "duplicate_key", key=str(error)[:80]) from None
    except json.JSONDecodeError as error:
        if error.msg == "not finite":
            raise refusal("SRV-07", "constant", value=error.doc) from None
        raise refusal("SRV-05", "json", line=error.lineno, column=error.colno, detail=error.msg) from None
    except RecursionError:
        raise refusal("SRV-04", "nesting") from None
    except ValueError as error:  # a whole number of thousands of digits
        raise refusal("SRV-05", "json", line=0, column=0, detail=str(error)[:120]) from None


def _no_constant(value: str) -> NoReturn:
    raise json.JSONDecodeError("not finite", value, 0)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise _DuplicateKey(key)
            seen.add(key)
    return found


def _crs(document: dict[str, Any], notes: Notes) -> str:
    """Return the CRS of a ``crs`` member (GeoJSON 2008, kept by most writers); "" where there is none."""
    member = document.get("crs")
    if member is None:
        return ""
    properties = member.get("properties") if isinstance(member, dict) else None
    name = properties.get("name", properties.get("code")) if isinstance(properties, dict) else None
    code = epsg_code(str(name)) if isinstance(name, str | int) and not isinstance(name, bool) else ""
    if not code:
        notes.error("SRV-11", "member", crs=str(member)[:80])
    return code


class _Reader:
    def __init__(self, plan: RawPlan, notes: Notes) -> None:
        self.plan, self.notes = plan, notes
        self.left_out: dict[str, int] = {}
        self.heights = 0

    def document(self, document: dict[str, Any]) -> None:
        kind = document.get("type")
        if kind == "FeatureCollection":
            self._collection(document)
        elif kind == "Feature":
            self.feature(document, "$")
        elif kind in GEOMETRIES:
            self.geometry(document, {}, "$", 0)
        else:
            raise refusal("SRV-05", "not_geojson", what=str(kind)[:60], place="$.type")
        self._bbox(document, "$")
        for name, count in self.left_out.items():
            self.notes.add("info" if name == "empty" else "warning", "SRV-17", "geometry", kind=name, count=count)
        if self.heights:
            self.notes.add("info", "SRV-17", "heights", count=self.heights)

    def _collection(self, document: dict[str, Any]) -> None:
        features = document.get("features")
        if not isinstance(features, list):
            raise refusal("SRV-05", "not_geojson", what="features", place="$.features")
        for name in ("geometry", "coordinates", "geometries", "properties"):
            if name in document and name != "properties":
                self.notes.error("SRV-05", "semantics", member=name, place="$")
        for index, feature in enumerate(features):
            self.feature(feature, f"features[{index}]")

    def _bbox(self, value: dict[str, Any], place: str) -> None:
        box = value.get("bbox")
        if box is None:
            return
        numbers = isinstance(box, list) and len(box) in (4, 6) and all(_is_number(v) for v in box)
        if not numbers:
            self.notes.error("SRV-05", "bbox", place=place)

    def feature(self, feature: Any, place: str) -> None:
        if not isinstance(feature, dict) or feature.get("type") != "Feature":
            self.notes.error("SRV-05", "not_feature", place=place)
            return
        if any(name in feature for name in ("coordinates", "geometries", "features")):
            self.notes.error("SRV-05", "semantics", member="coordinates/geometries/features", place=place)
            return
        self._bbox(feature, place)
        geometry, properties = feature.get("geometry"), feature.get("properties")
        if properties is not None and not isinstance(properties, dict):
            self.notes.error("SRV-05", "properties", place=place)
            properties = None
        attributes = dict(properties or {})
        if "id" in feature and isinstance(feature["id"], str | int | float):
            place = f"{place} (id {clean_text(str(feature['id']))[:40]})"
        if geometry is None:
            self._skip("empty")
        else:
            self.geometry(geometry, attributes, place, 0)

    def _skip(self, kind: str) -> None:
        self.left_out[kind] = self.left_out.get(kind, 0) + 1

    def geometry(self, geometry: Any, attributes: dict[str, Any], place: str, depth: int) -> None:
        kind = geometry.get("type") if isinstance(geometry, dict) else None
        if kind not in GEOMETRIES:
            self.notes.error("SRV-05", "geometry_type", what=str(kind)[:60], place=place)
            return
        if any(name in geometry for name in ("geometry", "features", "properties")):
            self.notes.error("SRV-05", "semantics", member="geometry/properties/features", place=place)
            return
        if kind == "GeometryCollection":
            self._members(geometry, attributes, place, depth)
            return
        coordinates = geometry.get("coordinates")
        if not isinstance(coordinates, list):
            self.notes.error("SRV-05", "coordinates", place=place)
        elif not coordinates:
            self._skip("empty")
        elif kind == "Polygon":
            self._polygon(coordinates, attributes, place)
        elif kind == "MultiPolygon":
            for index, member in enumerate(coordinates):
                self._polygon(member, attributes, f"{place} polygon {index}" if len(coordinates) > 1 else place)
        elif kind == "Point":
            self._point(coordinates, attributes, place)
        else:
            self._lines(kind, coordinates, place)

    def _members(self, geometry: dict[str, Any], attributes: dict[str, Any], place: str, depth: int) -> None:
        members = geometry.get("geometries")
        if not isinstance(members, list) or depth >= DEEPEST_COLLECTION:
            self.notes.error("SRV-05", "coordinates", place=place)
            return
        for index, member in enumerate(members):
            self.geometry(member, attributes, f"{place} geometry {index}", depth + 1)

    def _lines(self, kind: str, coordinates: list[Any], place: str) -> None:
        runs = coordinates if kind == "MultiLineString" else [coordinates]
        for run in runs:
            points = self._positions(run, place)
            if points is not None and kind != "MultiPoint" and len(points) < 2:
                self.notes.error("SRV-05", "short_line", place=place)
        self._skip(kind)

    def _point(self, coordinates: list[Any], attributes: dict[str, Any], place: str) -> None:
        at = self._position(coordinates, place)
        if at is None:
            return
        names = ("point_no", "point_number", "point", "number", "name", "id")
        number = next((n for name in names if (n := parcel_number(attribute(attributes, name)))), "")
        if not number:
            self._skip("Point")
            return
        z = float(coordinates[2]) if len(coordinates) > 2 else None
        code = clean_text(str(attribute(attributes, "code") or ""))
        self.plan.points.append(SurveyPoint(number, at[0], at[1], z, code))

    def _polygon(self, coordinates: Any, attributes: dict[str, Any], place: str) -> None:
        if not isinstance(coordinates, list) or not coordinates:
            self.notes.error("SRV-05", "coordinates", place=place)
            return
        rings: list[Ring] = []
        for index, run in enumerate(coordinates):
            ring = self._ring(run, place if index == 0 else f"{place} hole {index}")
            if ring is None:
                return
            rings.append(ring)
        self.plan.polygons.append(RawPolygon(rings, place, attributes=attributes))

    def _ring(self, run: Any, place: str) -> Ring | None:
        points = self._positions(run, place)
        if points is None:
            return None
        if len(points) < 4:
            self.notes.error("SRV-08", "few_points", place=place, count=len(points))
            return None
        if points[0] != points[-1]:
            self.notes.error("SRV-08", "open", place=place, x=points[-1][0], y=points[-1][1])
            return None
        return [Seg(a, b) for a, b in itertools.pairwise(points)]

    def _positions(self, run: Any, place: str) -> list[XY] | None:
        if not isinstance(run, list):
            self.notes.error("SRV-05", "coordinates", place=place)
            return None
        points = [self._position(value, f"{place} position {i}") for i, value in enumerate(run)]
        return None if any(p is None for p in points) else [p for p in points if p is not None]

    def _position(self, value: Any, place: str) -> XY | None:
        if not isinstance(value, list) or len(value) < 2 or not all(_is_number(v) for v in value):
            self.notes.error("SRV-05", "position", place=place, what=str(value)[:60])
            return None
        try:
            x, y = float(value[0]), float(value[1])
        except OverflowError:
            x = y = float("inf")
        if not is_coordinate(x, y):
            self.notes.error("SRV-07", "infinite", place=place)
            return None
        self.heights += len(value) > 2
        return (x, y)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
