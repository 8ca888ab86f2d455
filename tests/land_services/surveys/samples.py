"""Made-up plans near Dammam that the survey tests write in every format."""

from __future__ import annotations

import io
import itertools
import json
import zipfile
from pathlib import Path
from typing import Any

import ezdxf

from land_services.domain import SurveyPart, SurveyPlan, SurveyPoint
from land_services.surveys.measure import part_from_corners
from land_services.surveys.pipeline import read_bytes

E0, N0 = 413000.0, 2925000.0
QUARTER = 0.41421356237309503  # bulge of a quarter circle


def corners(*points: tuple[float, ...]) -> list[tuple[float, float, float]]:
    """Return corners at (east, north[, bulge]) metres from the sample's origin."""
    return [(E0 + p[0], N0 + p[1], p[2] if len(p) > 2 else 0.0) for p in points]


def curved_plan(crs: str = "EPSG:32639") -> SurveyPlan:
    """Two lots, the second with a rounded corner, their outer boundary, and numbered points.

    ::

        4-----5-----6
        |  1  |  2  |
        1-----2----3'
    """
    first = part_from_corners("١", corners((0, 0), (20, 0), (20, 30), (0, 30)))
    second = part_from_corners("2", corners((20, 0), (37, 0, QUARTER), (40, 3), (40, 30), (20, 30)))
    outer = part_from_corners("", corners((0, 0), (37, 0, QUARTER), (40, 3), (40, 30), (0, 30)))
    points = (SurveyPoint("P1", E0, N0), SurveyPoint("P2", E0 + 20, N0), SurveyPoint("P4", E0, N0 + 30))
    return SurveyPlan((first, second), outer, crs, "m", "sample", "sample", "", points=points)


def straight_plan(crs: str = "EPSG:32639") -> SurveyPlan:
    """Two rectangular lots and their outer boundary: what every format can hold."""
    first = part_from_corners("1", corners((0, 0), (20, 0), (20, 30), (0, 30)))
    second = part_from_corners("2", corners((20, 0), (40, 0), (40, 30), (20, 30)))
    outer = part_from_corners("", corners((0, 0), (40, 0), (40, 30), (0, 30)))
    return SurveyPlan((first, second), outer, crs, "m", "sample", "sample", "")


def geojson(*features: dict[str, Any], **members: Any) -> bytes:
    """Return a feature collection as bytes."""
    return json.dumps({"type": "FeatureCollection", "features": features, **members}).encode()


def square(number: Any, x: float = 0.0, y: float = 0.0, size: float = 0.001, **more: Any) -> dict[str, Any]:
    """Return a square feature, in degrees near Dammam."""
    x, y = 50.1 + x, 26.43 + y
    ring = [[x, y], [x + size, y], [x + size, y + size], [x, y + size], [x, y]]
    properties = {"parcel_no": number, **more}
    return {"type": "Feature", "properties": properties, "geometry": {"type": "Polygon", "coordinates": [ring]}}


def dxf(draw: Any, version: str = "R2010", units: int = 6) -> bytes:
    """Return a drawing as bytes; ``draw(modelspace, drawing)`` fills it."""
    drawing = ezdxf.new(version)
    drawing.header["$INSUNITS"] = units
    draw(drawing.modelspace(), drawing)
    stream = io.StringIO()
    drawing.write(stream)
    return stream.getvalue().encode(drawing.output_encoding, errors="dxfreplace")


def zipped(**members: bytes) -> bytes:
    """Return an archive; a member's name has its dot written as two underscores."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "."), content)
    return buffer.getvalue()


def landxml(parcels: str, units: str = 'Metric linearUnit="meter" areaUnit="squareMeter"', head: str = "") -> bytes:
    """Return a LandXML 1.2 document around some parcels."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<LandXML xmlns="http://www.landxml.org/schema/LandXML-1.2" version="1.2">'
        f"<Units><{units}/></Units>{head}<Parcels>{parcels}</Parcels></LandXML>"
    ).encode()


def parcel(name: str, *points: tuple[float, float], area: str = "", close: bool = True) -> str:
    """Return a LandXML parcel of straight lines through (east, north) points."""
    ring = [*points, points[0]] if close else list(points)
    lines = "".join(
        f"<Line><Start>{a[1]} {a[0]}</Start><End>{b[1]} {b[0]}</End></Line>" for a, b in itertools.pairwise(ring)
    )
    stated = f' area="{area}"' if area else ""
    return f'<Parcel name="{name}"{stated}><CoordGeom>{lines}</CoordGeom></Parcel>'


def read(data: bytes, name: str, crs: str | None = None, unit: str | None = None) -> SurveyPlan:
    """Read bytes in this process: the format, not the sandbox, is under test."""
    return read_bytes(data, name, crs, unit)


def read_path(path: Path, crs: str | None = None, unit: str | None = None) -> SurveyPlan:
    """Read a file in this process."""
    return read_bytes(path.read_bytes(), path.name, crs, unit)


def rules(plan: SurveyPlan) -> set[tuple[str, str]]:
    """Return (rule, variant) of every remark."""
    return {(remark.rule, remark.variant) for remark in plan.remarks}


def numbers(parts: tuple[SurveyPart, ...]) -> list[str]:
    """Return the parts' numbers in order."""
    return [part.number for part in parts]
