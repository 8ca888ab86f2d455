"""Coverage as files: a table of districts and services (CSV), one feature for each district (GeoJSON), and these with
the gaps in one GeoPackage.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import geopandas
import pandas
import shapely
from django.conf import settings
from shapely.geometry.base import BaseGeometry

from layers import crs
from layers.locator.categories import CATEGORIES, KINDS
from layers.locator.coverage import Coverage, Gap

__all__ = ["coverage_csv", "coverage_frame", "coverage_geojson", "coverage_gpkg", "coverage_map", "gaps_geojson"]

_DECIMALS = 4
_DEGREES = 7
"""A centimetre."""


def coverage_frame(told: Coverage) -> pandas.DataFrame:
    """Return a row for each service and district, and before these one with ``whole`` as district for all homes.

    Columns: district (uid, empty outside all districts), district_ar, district_en, service, service_ar, service_en,
    homes, homes_from, and for each limit ``within_5_min`` (homes) and ``share_5_min`` (0 to 1). Without streets, or
    without homes, these are empty.
    """
    rows = [
        _row(told, at, number) for at in range(len(told.services)) for number in (None, *range(len(told.districts)))
    ]
    frame = pandas.DataFrame(rows, columns=[*_NAMES, *(name for limit in told.limits_min for name in _columns(limit))])
    return frame.astype({_columns(limit)[0]: "Int64" for limit in told.limits_min})


def coverage_csv(told: Coverage) -> str:
    """Return the table as CSV, in UTF-8 with a mark by which spreadsheets know it, as they need for Arabic."""
    return "\ufeff" + coverage_frame(told).map(_harmless).to_csv(index=False, lineterminator="\r\n")


def coverage_map(told: Coverage) -> geopandas.GeoDataFrame:
    """Return the districts with their outlines in WGS 84, and columns for each service and limit:
    ``health_within_5_min`` (homes), ``health_share_5_min`` (0 to 1).
    """
    return geopandas.GeoDataFrame(_district_rows(told), geometry=_outlines(told), crs=crs.WGS84)


def coverage_geojson(told: Coverage) -> str:
    """Return a FeatureCollection with a feature for each district; what is not known is null."""
    features = [
        {"type": "Feature", "id": row["district"], "geometry": shapely.geometry.mapping(shape), "properties": row}
        for shape, row in zip(_outlines(told), _district_rows(told), strict=True)
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False, allow_nan=False)


def coverage_gpkg(told: Coverage, gaps: list[Gap]) -> bytes:
    """Return a GeoPackage with the layers ``districts`` (as ``coverage_map``) and ``gaps`` (points), in WGS 84."""
    points = [_degrees(shapely.Point(gap.x, gap.y)) for gap in gaps]
    rows = pandas.DataFrame([_gap_row(gap) for gap in gaps], columns=_GAP_NAMES)
    layers = {
        "districts": (coverage_map(told), "MultiPolygon"),
        "gaps": (geopandas.GeoDataFrame(rows, geometry=points, crs=crs.WGS84), "Point"),
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "coverage.gpkg"
        for name, (frame, kind) in layers.items():
            frame.to_file(path, layer=name, driver="GPKG", engine="pyogrio", geometry_type=kind)
        return path.read_bytes()


def gaps_geojson(gaps: list[Gap]) -> str:
    """Return a FeatureCollection with a point for each gap: the home nearest to its middle."""
    features = [
        {
            "type": "Feature",
            "geometry": shapely.geometry.mapping(_degrees(shapely.Point(gap.x, gap.y))),
            "properties": _gap_row(gap),
        }
        for gap in gaps
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False, allow_nan=False)


# Rows ---------------------------------------------------------------------------------------------------------------

_NAMES = (
    "district", "district_ar", "district_en", "service", "service_ar", "service_en", "homes", "homes_from",
)  # fmt: skip


_GAP_NAMES = ("service", "homes", "district", "district_ar", "district_en", "is_whole_district")


def _gap_row(gap: Gap) -> dict[str, Any]:
    uid = str(gap.district.uid) if gap.district.uid else None
    values = (gap.service, gap.homes, uid, gap.district.name_ar, gap.district.name_en, gap.is_whole_district)
    return dict(zip(_GAP_NAMES, values, strict=True))


def _columns(limit_min: float) -> tuple[str, str]:
    return f"within_{limit_min:g}_min", f"share_{limit_min:g}_min"


def _row(told: Coverage, at: int, number: int | None) -> list[Any]:
    service = told.services[at]
    named = CATEGORIES.get(service) or KINDS[service]
    if number is None:
        district, homes = ["whole", "الكل", "All districts"], told.homes
    else:
        one = told.districts[number]
        uid = str(one.uid) if one.uid else ""
        names = (one.name_ar, one.name_en) if uid else ("خارج الأحياء", "Outside all districts")
        district, homes = [uid, *names], one.homes
    figures = [value for pair in _figures(told, at, number) for value in pair]
    return [*district, service, named.ar, named.en, homes, told.homes_from, *figures]


def _figures(told: Coverage, at: int, number: int | None) -> list[tuple[int | None, float | None]]:
    """Return homes and share for each limit, of one district or of all."""
    homes = told.homes if number is None else told.districts[number].homes
    if told.within is None or not homes:
        return [(None, None)] * len(told.limits_min)
    counts = told.within[at].sum(axis=0) if number is None else told.within[at, number]
    return [(int(count), round(int(count) / homes, _DECIMALS)) for count in counts]


def _harmless(value: Any) -> Any:
    """Return a value that no spreadsheet takes for a formula: names come from files."""
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return f"'{value}"
    return value


def _district_rows(told: Coverage) -> list[dict[str, Any]]:
    rows = []
    for number, district in enumerate(told.districts):
        if district.uid is None:
            continue
        row: dict[str, Any] = {
            "district": str(district.uid),
            "district_ar": district.name_ar,
            "district_en": district.name_en,
            "homes": district.homes,
            "homes_from": told.homes_from,
        }
        for at, service in enumerate(told.services):
            for limit, figures in zip(told.limits_min, _figures(told, at, number), strict=True):
                row |= {f"{service}_{name}": value for name, value in zip(_columns(limit), figures, strict=True)}
        rows.append(row)
    return rows


def _outlines(told: Coverage) -> list[BaseGeometry]:
    return [_degrees(shape) for shape in told.outlines]


def _degrees(shape: BaseGeometry) -> BaseGeometry:
    """Return a shape in WGS 84, its outer rings anticlockwise as RFC 7946 wants them."""
    moved = crs.transform(shape, settings.STORAGE_SRID, crs.WGS84, allow_legacy=True)
    return shapely.orient_polygons(shapely.transform(moved, lambda xy: xy.round(_DEGREES)))
