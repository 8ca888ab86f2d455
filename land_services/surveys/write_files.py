"""Writes a ``SurveyPlan`` as GeoJSON, LandXML or GeoPackage: samples, exports, round-trip tests."""

from __future__ import annotations

import json
import os
import sqlite3
import struct
from pathlib import Path
from typing import Any

from lxml import etree

from land_services.domain import SurveyPart, SurveyPlan
from land_services.surveys.measure import part_area_m2, part_from_polygon, rings_of
from land_services.surveys.raw import XY, Ring, Seg
from land_services.surveys.units import METRES
from land_services.surveys.wkb import dump_polygon

UNIT_COUNT = "unit_count"
LANDXML = "http://www.landxml.org/schema/LandXML-1.2"
_UNITS = {
    "m": ("Metric", "meter", "squareMeter"),
    "ft": ("Imperial", "foot", "squareFoot"),
    "us-ft": ("Imperial", "USSurveyFoot", "squareFoot"),
}
WGS84_WKT = (
    'GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563]],PRIMEM["Greenwich",0],'
    'UNIT["degree",0.0174532925199433],AUTHORITY["EPSG","4326"]]'
)


def _members(plan: SurveyPlan) -> list[tuple[SurveyPart, str]]:
    found = [(part, "") for part in plan.parts]
    if plan.outer is not None:
        found.append((plan.outer, "outer"))
    marks = (
        ("building", plan.buildings), ("excluded", plan.excluded), ("room", plan.rooms),
        ("corner_cut", plan.corner_cuts),
    )  # fmt: skip
    return [*found, *((part, role) for role, parts in marks for part in parts)]


def _units(part: SurveyPart) -> Any:
    """Return how many units stand on a part, where the plan says so."""
    return part.attributes.get(UNIT_COUNT)


def _rings(part: SurveyPart) -> list[Ring]:
    return rings_of(part) or rings_of(part_from_polygon(part.number, part.geometry))


def _properties(part: SurveyPart, role: str) -> dict[str, Any]:
    values: dict[str, Any] = {"parcel_no": part.number or None, "role": role or None}
    if part.stated_area_m2 is not None:
        values["surveyed_area_m2"] = part.stated_area_m2
    if _units(part) is not None:
        values[UNIT_COUNT] = _units(part)
    return values


# GeoJSON ------------------------------------------------------------------------------------------------------------


def write_geojson(path: str | os.PathLike[str], plan: SurveyPlan) -> None:
    """Write parts, outer boundary and numbered points; arcs become their chords, for GeoJSON has none."""
    features: list[dict[str, Any]] = []
    for part, role in _members(plan):
        rings = [part.geometry.exterior, *part.geometry.interiors]
        coordinates = [[list(c[:2]) for c in ring.coords] for ring in rings]
        features.append(_feature("Polygon", coordinates, _properties(part, role)))
    for point in plan.points:
        at = [point.x, point.y] if point.z is None else [point.x, point.y, point.z]
        features.append(_feature("Point", at, {"point_no": point.number, "code": point.code or None}))
    document: dict[str, Any] = {"type": "FeatureCollection"}
    if plan.crs.startswith("EPSG:") and plan.crs != "EPSG:4326":
        name = f"urn:ogc:def:crs:EPSG::{plan.crs.removeprefix('EPSG:')}"
        document["crs"] = {"type": "name", "properties": {"name": name}}
    document["features"] = features
    Path(path).write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")


def _feature(kind: str, coordinates: Any, properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "Feature", "properties": properties, "geometry": {"type": kind, "coordinates": coordinates}}


# LandXML ------------------------------------------------------------------------------------------------------------


def write_landxml(path: str | os.PathLike[str], plan: SurveyPlan, unit: str = "m") -> None:
    """Write parts as ``Parcel`` with lines and curves, points as ``CgPoint``, in ``m``, ``ft`` or ``us-ft``."""
    system, linear, area = _UNITS[unit]
    scale = 1 / METRES[unit]
    root = etree.Element(f"{{{LANDXML}}}LandXML", nsmap={None: LANDXML}, version="1.2")
    units = etree.SubElement(root, f"{{{LANDXML}}}Units")
    etree.SubElement(units, f"{{{LANDXML}}}{system}", linearUnit=linear, areaUnit=area)
    if plan.crs.startswith("EPSG:"):
        etree.SubElement(root, f"{{{LANDXML}}}CoordinateSystem", epsgCode=plan.crs.removeprefix("EPSG:"))
    if plan.points:
        points = etree.SubElement(root, f"{{{LANDXML}}}CgPoints")
        again = METRES[plan.unit] * scale
        for point in plan.points:
            element = etree.SubElement(points, f"{{{LANDXML}}}CgPoint", name=point.number)
            if point.code:
                element.set("code", point.code)
            height = "" if point.z is None else f" {point.z!r}"
            element.text = _position((point.x, point.y), again) + height
    parcels = etree.SubElement(root, f"{{{LANDXML}}}Parcels")
    for part, role in _members(plan):
        _parcel(parcels, part, role, scale)
    etree.ElementTree(root).write(os.fspath(path), encoding="utf-8", xml_declaration=True, pretty_print=True)


def _position(at: XY, scale: float) -> str:
    """Return "northing easting", as LandXML orders them."""
    return f"{at[1] * scale!r} {at[0] * scale!r}"


def _parcel(parent: etree._Element, part: SurveyPart, role: str, scale: float) -> None:
    element = etree.SubElement(parent, f"{{{LANDXML}}}Parcel", name=part.number)
    stated = part.stated_area_m2 if part.stated_area_m2 is not None else part_area_m2(part)
    element.set("area", repr(stated * scale * scale))
    if role:
        element.set("role", role)
    if _units(part) is not None:
        element.set(UNIT_COUNT, str(_units(part)))
    centre = part.geometry.representative_point()
    etree.SubElement(element, f"{{{LANDXML}}}Center").text = _position((centre.x, centre.y), scale)
    for ring in _rings(part):
        geometry = etree.SubElement(element, f"{{{LANDXML}}}CoordGeom")
        for segment in ring:
            _side(geometry, segment, scale)


def _side(parent: etree._Element, segment: Seg, scale: float) -> None:
    curve = segment.curve
    if curve is None:
        element = etree.SubElement(parent, f"{{{LANDXML}}}Line")
    else:
        rotation = "ccw" if curve.ccw else "cw"
        element = etree.SubElement(parent, f"{{{LANDXML}}}Curve", rot=rotation, radius=repr(curve.radius * scale))
    _end(element, "Start", segment.start, segment.names[0], scale)
    if curve is not None:
        etree.SubElement(element, f"{{{LANDXML}}}Center").text = _position(curve.centre, scale)
    _end(element, "End", segment.end, segment.names[1], scale)


def _end(element: etree._Element, name: str, at: XY, point: str, scale: float) -> None:
    child = etree.SubElement(element, f"{{{LANDXML}}}{name}")
    child.text = _position(at, scale)
    if point:
        child.set("pntRef", point)


# GeoPackage ---------------------------------------------------------------------------------------------------------

_GPKG_SCHEMA = """
CREATE TABLE gpkg_spatial_ref_sys (srs_name TEXT NOT NULL, srs_id INTEGER PRIMARY KEY, organization TEXT NOT NULL,
    organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL, description TEXT);
CREATE TABLE gpkg_contents (table_name TEXT NOT NULL PRIMARY KEY, data_type TEXT NOT NULL, identifier TEXT UNIQUE,
    description TEXT DEFAULT '', last_change DATETIME NOT NULL DEFAULT '1970-01-01T00:00:00.000Z',
    min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE, srs_id INTEGER);
CREATE TABLE gpkg_geometry_columns (table_name TEXT NOT NULL, column_name TEXT NOT NULL,
    geometry_type_name TEXT NOT NULL, srs_id INTEGER NOT NULL, z TINYINT NOT NULL, m TINYINT NOT NULL,
    PRIMARY KEY (table_name, column_name));
CREATE TABLE gpkg_extensions (table_name TEXT, column_name TEXT, extension_name TEXT NOT NULL,
    definition TEXT NOT NULL, scope TEXT NOT NULL);
CREATE TABLE parts (fid INTEGER PRIMARY KEY AUTOINCREMENT, geom BLOB, parcel_no TEXT, role TEXT,
    surveyed_area_m2 REAL, unit_count INTEGER);
CREATE TABLE points (fid INTEGER PRIMARY KEY AUTOINCREMENT, geom BLOB, point_no TEXT, code TEXT);
"""


def write_gpkg(path: str | os.PathLike[str], plan: SurveyPlan) -> None:
    """Write parts (curve polygons where they have arcs) and points as a GeoPackage; an existing file is replaced."""
    Path(path).unlink(missing_ok=True)
    srs = int(plan.crs.removeprefix("EPSG:")) if plan.crs.startswith("EPSG:") else -1
    connection = sqlite3.connect(path)
    with connection:
        connection.executescript(f"PRAGMA application_id = {0x47504B47}; PRAGMA user_version = 10300; {_GPKG_SCHEMA}")
        _reference_systems(connection, srs)
        for table, kind in (("parts", "GEOMETRY"), ("points", "POINT")):
            connection.execute(
                "INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) VALUES (?, 'features', ?, ?)",
                (table, table, srs),
            )
            connection.execute("INSERT INTO gpkg_geometry_columns VALUES (?, 'geom', ?, ?, 2, 0)", (table, kind, srs))
        connection.execute(
            "INSERT INTO gpkg_extensions VALUES ('parts', 'geom', 'gpkg_geom_CURVEPOLYGON', "
            "'http://www.geopackage.org/spec/#extension_geometry_types', 'read-write')"
        )
        for part, role in _members(plan):
            blob = _header(srs) + dump_polygon(_rings(part))
            row = (blob, part.number or None, role or None, part.stated_area_m2, _units(part))
            connection.execute(
                "INSERT INTO parts (geom, parcel_no, role, surveyed_area_m2, unit_count) VALUES (?, ?, ?, ?, ?)", row
            )
        for point in plan.points:
            connection.execute(
                "INSERT INTO points (geom, point_no, code) VALUES (?, ?, ?)",
                (_header(srs) + _point(point.x, point.y, point.z), point.number, point.code or None),
            )
    connection.close()


def _reference_systems(connection: sqlite3.Connection, srs: int) -> None:
    rows = [
        ("Undefined cartesian", -1, "NONE", -1, "undefined"),
        ("Undefined geographic", 0, "NONE", 0, "undefined"),
        ("WGS 84", 4326, "EPSG", 4326, WGS84_WKT),
    ]
    if srs not in (-1, 4326):
        from pyproj import CRS

        crs = CRS.from_epsg(srs)
        rows.append((crs.name, srs, "EPSG", srs, crs.to_wkt("WKT1_GDAL")))
    connection.executemany("INSERT INTO gpkg_spatial_ref_sys VALUES (?, ?, ?, ?, ?, NULL)", rows)


def _header(srs: int) -> bytes:
    return b"GP\x00\x01" + struct.pack("<i", srs)


def _point(x: float, y: float, z: float | None) -> bytes:
    if z is None:
        return struct.pack("<BI2d", 1, 1, x, y)
    return struct.pack("<BI3d", 1, 1001, x, y, z)
