"""A shape as people paste it: WKT or GeoJSON, in the storage CRS or in degrees, one simple geometry."""

from __future__ import annotations

import json
import re
from typing import Any, Final

import numpy as np
import shapely
from django.conf import settings
from shapely.geometry.base import BaseGeometry

from layers import crs
from layers.srs import CrsRefused

__all__ = ["ShapeUnreadable", "read_shape", "write_shape"]

_TYPES: Final = "Point|LineString|Polygon|MultiPoint|MultiLineString|MultiPolygon"
# Words of a geometry type once, then numbers and brackets only, nested three deep: nothing that recurses further.
_WKT: Final = re.compile(rf"(?:SRID=(\d{{4,6}});)?\s*({_TYPES})\s*(?:Z|M|ZM)?\s*(EMPTY|\([\d\s().,eE+-]*\))\s*", re.I)


class ShapeUnreadable(ValueError):
    """What was pasted is no shape; both sentences are for people."""

    def __init__(self, ar: str, en: str) -> None:
        super().__init__(en)
        self.message_ar, self.message_en = ar, en

    def text(self, language: str) -> str:
        return self.message_ar if language == "ar" else self.message_en


def read_shape(text: str, system: str) -> BaseGeometry:
    """Return the geometry of a text, carried to the storage CRS.

    Parameters
    ----------
    text : str
        WKT (``SRID=n;`` before it goes before ``system``), a GeoJSON geometry, or a feature or collection of one.
    system : str
        ``EPSG:n`` of the coordinates.

    Raises
    ------
    ShapeUnreadable
        It is neither, or cannot be carried over.
    """
    plain = text.strip()
    stated = None
    if plain.startswith("{"):
        geometry = _from_json(plain)
    else:
        match = _WKT.fullmatch(plain)
        if match is None or "((((" in re.sub(r"\s", "", plain):
            raise _unreadable()
        stated = match[1]
        try:
            geometry = shapely.from_wkt(plain[plain.index(";") + 1 :] if stated else plain)
        except (shapely.errors.ShapelyError, ValueError):
            raise _unreadable() from None
    return _carried(geometry, f"EPSG:{stated}" if stated else system)


def _from_json(text: str) -> BaseGeometry:
    try:
        value: Any = json.loads(text)
        if isinstance(value, dict) and value.get("type") == "FeatureCollection" and len(value["features"]) == 1:
            value = value["features"][0]
        if isinstance(value, dict) and value.get("type") == "Feature":
            value = value["geometry"]
        if not isinstance(value, dict) or not re.fullmatch(_TYPES, str(value.get("type"))):
            raise _unreadable()
        return shapely.from_geojson(json.dumps({"type": value["type"], "coordinates": value["coordinates"]}))
    except (ValueError, KeyError, TypeError, RecursionError, shapely.errors.ShapelyError) as error:
        raise error if isinstance(error, ShapeUnreadable) else _unreadable() from None


def _carried(geometry: BaseGeometry, system: str) -> BaseGeometry:
    flat: BaseGeometry = shapely.force_2d(geometry)
    if system == f"EPSG:{settings.STORAGE_SRID}" or not np.isfinite(shapely.get_coordinates(flat)).all():
        return flat
    try:
        return shapely.transform(
            flat, lambda xy: crs.transform_coordinates(xy, system, settings.STORAGE_SRID, allow_legacy=True)
        )
    except CrsRefused as refused:
        raise ShapeUnreadable(refused.message_ar, refused.message_en) from None


def write_shape(geometry: BaseGeometry) -> str:
    """Return WKT with whole millimetres, which ``read_shape`` reads back as the same geometry."""
    return str(shapely.to_wkt(geometry, rounding_precision=3, trim=True))


def _unreadable() -> ShapeUnreadable:
    return ShapeUnreadable(
        "الشكل غير مفهوم: المطلوب WKT أو GeoJSON لنقطة أو خط أو مساحة واحدة، مثل POINT (412000 2924000).",
        "The shape is not understood: WKT or GeoJSON of one point, line or area, such as POINT (412000 2924000).",
    )
