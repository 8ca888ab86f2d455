"""What lies around some land, as outlines only: for small maps that show where it is. Nothing personal is read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connections
from shapely.geometry.base import BaseGeometry

from .adapters import from_db, simplest, to_db

__all__ = ["Surroundings", "surroundings"]

OUTLINES = {"layers_parcel": "geom", "layers_street": "right_of_way"}


@dataclass(frozen=True)
class Surroundings:
    """Outlines of parcels and rights of way of streets, in the storage CRS."""

    parcels: tuple[Any, ...]
    streets: tuple[Any, ...]


def surroundings(
    land: BaseGeometry, distance_m: float, *, at: datetime | None = None, using: str = "default"
) -> Surroundings:
    """Return what lies within ``distance_m`` metres of the bounds of ``land``, now or at a moment of the past."""
    found = (_outlines(table, land, distance_m, at, using) for table in OUTLINES)
    return Surroundings(*found)


def _outlines(
    table: str, land: BaseGeometry, distance_m: float, at: datetime | None, using: str
) -> tuple[BaseGeometry, ...]:
    # Two parts, each read by the index that holds it: current versions, and past ones.
    column = OUTLINES[table]
    near = f"{column} && ST_Expand(%(land)s::geometry, %(distance)s)"
    sql = f"SELECT ST_AsBinary({column}) FROM {table} WHERE end_lifespan_version IS NULL AND {near}"
    if at is not None:
        sql += f""" AND begin_lifespan_version <= %(at)s UNION ALL
            SELECT ST_AsBinary({column}) FROM {table}
            WHERE end_lifespan_version > %(at)s AND begin_lifespan_version <= %(at)s AND {near}"""
    with connections[using].cursor() as cursor:
        cursor.execute(sql, {"land": to_db(land), "distance": distance_m, "at": at})
        return tuple(simplest(from_db(row[0])) for row in cursor)
