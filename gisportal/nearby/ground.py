"""What lies beneath the pins of the map: streets and parcels of our own, as lines in degrees, limited in number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely
from django.conf import settings

from layers import crs
from layers.locator.positions import Position
from layers.locator.where import stored
from layers.querying import TooSlow, read_rows

__all__ = ["Ground", "ground"]

_LEAST_M: Final = 600.0
_MOST_M: Final = 6000.0
_PARCELS_WITHIN_M: Final = 500.0
_MOST_PARCELS: Final = 500
_MOST_STREETS: Final = 600
_DECIMALS: Final = 6

Line = list[list[float]]


@dataclass(frozen=True)
class Ground:
    """Rings of parcels and lines of streets, as lists of latitude and longitude."""

    parcels: list[Line]
    streets: list[Line]


def ground(position: Position, reach_m: float) -> Ground:
    """Return what lies around a position, streets as far as ``reach_m`` and a margin; empty where nothing is known."""
    here = stored(position)
    if here is None:
        return Ground([], [])
    reach = min(max(reach_m * 1.5, _LEAST_M), _MOST_M)
    try:
        return Ground(
            _lines(_PARCELS, here, min(reach, _PARCELS_WITHIN_M), _MOST_PARCELS),
            _lines(_STREETS, here, reach, _MOST_STREETS),
        )
    except TooSlow:
        return Ground([], [])


_PARCELS: Final = """SELECT ST_AsBinary(p.geom) FROM layers_parcel p
WHERE p.end_lifespan_version IS NULL AND p.geom && ST_GeomFromWKB(%(box)s, %(srid)s)
ORDER BY p.geom <-> ST_GeomFromWKB(%(here)s, %(srid)s) LIMIT %(most)s"""
_STREETS: Final = """SELECT ST_AsBinary(s.geom) FROM layers_street s
WHERE s.end_lifespan_version IS NULL AND s.geom && ST_GeomFromWKB(%(box)s, %(srid)s)
ORDER BY CASE s.road_class WHEN 'arterial' THEN 0 WHEN 'collector' THEN 1 ELSE 2 END,
  s.geom <-> ST_GeomFromWKB(%(here)s, %(srid)s) LIMIT %(most)s"""


def _lines(sql: str, here: tuple[float, float], reach: float, most: int) -> list[Line]:
    x, y = here
    box = shapely.box(x - reach, y - reach, x + reach, y + reach)
    params = {
        "box": shapely.to_wkb(box),
        "here": shapely.to_wkb(shapely.Point(x, y)),
        "srid": settings.STORAGE_SRID,
        "most": most,
    }
    shapes = shapely.from_wkb([bytes(row[0]) for row in read_rows(sql, params, kind="feature") if row[0] is not None])
    found: list[Line] = []
    for part in shapely.get_parts(shapely.get_parts(shapes)):
        rings = shapely.get_rings(part) if part.geom_type == "Polygon" else [part]
        found += [line for ring in rings if (line := _degrees(shapely.get_coordinates(ring)))]
    return found


def _degrees(at: Any) -> Line:
    lonlat = crs.transform_coordinates(at, settings.STORAGE_SRID, crs.WGS84, allow_legacy=True)
    if not np.isfinite(lonlat).all():
        return []
    rounded: Line = np.round(lonlat[:, ::-1], _DECIMALS).tolist()
    return rounded
