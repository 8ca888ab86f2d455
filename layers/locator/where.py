"""Where a position is: in the storage CRS, and in which district."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import numpy as np
from django.conf import settings

from layers import crs
from layers.locator.positions import Position
from layers.querying import read_rows

__all__ = ["DistrictFound", "district_at", "stored"]


@dataclass(frozen=True)
class DistrictFound:
    """A district with the municipality that it belongs to."""

    uid: UUID
    name_ar: str
    name_en: str
    code: str
    municipality: str


def stored(position: Position) -> tuple[float, float] | None:
    """Return a position in the storage CRS, or None where that has no image of it.

    A projection carries its own part of the earth there and back; where it does not, what it gives means nothing.
    """
    here = np.array([[position.lon, position.lat]])
    try:
        there = crs.transform_coordinates(here, crs.WGS84, settings.STORAGE_SRID, allow_legacy=True)
        back = crs.transform_coordinates(there, settings.STORAGE_SRID, crs.WGS84, allow_legacy=True)
    except crs.CrsRefused:
        return None
    if not np.isfinite(there).all() or not (np.abs(back - here) <= 1e-6).all():
        return None
    return float(there[0, 0]), float(there[0, 1])


def district_at(lon: float, lat: float, using: str = "default") -> DistrictFound | None:
    """Return the district of a position; None outside all of them. Where two overlap, the one recorded first.

    Raises
    ------
    BadPosition
        The position is none.
    TooSlow
        The time of a feature was over.
    """
    place = stored(Position(lon, lat))
    if place is None:
        return None
    rows = read_rows(
        "SELECT d.uid::text, d.name_ar, d.name_en, d.code, d.municipality FROM layers_district d"
        " WHERE d.end_lifespan_version IS NULL"
        " AND ST_Intersects(d.geom, ST_SetSRID(ST_Point(%(x)s, %(y)s), %(srid)s)) ORDER BY d.id LIMIT 1",
        {"x": place[0], "y": place[1], "srid": settings.STORAGE_SRID},
        kind="feature",
        using=using,
    )
    return DistrictFound(UUID(rows[0][0]), *rows[0][1:]) if rows else None
