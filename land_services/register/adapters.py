"""Between shapely objects and the database: the one place where geometries change form."""

from __future__ import annotations

from typing import Any

import shapely
from django.conf import settings
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

__all__ = ["all_to_db", "as_multipolygon", "from_db", "simplest", "to_db"]


def to_db(geometry: BaseGeometry) -> str:
    """Return hex EWKB in the storage CRS, as PostGIS takes it in a parameter."""
    return str(shapely.to_wkb(shapely.set_srid(geometry, settings.STORAGE_SRID), hex=True, include_srid=True))


def all_to_db(geometries: Any) -> list[str]:
    """Return hex EWKB in the storage CRS of many geometries at once."""
    placed = shapely.set_srid(geometries, settings.STORAGE_SRID)
    return [str(text) for text in shapely.to_wkb(placed, hex=True, include_srid=True)]


def from_db(value: Any) -> Any:
    """Return the shapely geometry of what ``ST_AsBinary`` gave (bytes, memoryview or None)."""
    return None if value is None else shapely.from_wkb(bytes(value))


def as_multipolygon(geometry: Polygon | MultiPolygon) -> MultiPolygon:
    """Return the polygon as the parcel table stores it."""
    return MultiPolygon([geometry]) if isinstance(geometry, Polygon) else geometry


def simplest(geometry: BaseGeometry) -> Any:
    """Return the only part of a one-part multipolygon, anything else as it is: the kernel works on polygons."""
    if isinstance(geometry, MultiPolygon) and len(geometry.geoms) == 1:
        return geometry.geoms[0]
    return geometry
