"""Looking at a coverage piece by piece, so that a million parcels need no more memory than some thousand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import shapely
from django.conf import settings
from django.db import connections

from land_services.geometry.coverage import Fault, coverage_faults
from land_services.precision import LOCK_BUFFER_M

from .adapters import from_db

__all__ = ["Tile", "tile_faults", "tiles"]

TILE_PARCELS = 12_000
MARGIN_M = LOCK_BUFFER_M
"""How far beyond its tile a parcel is still looked at: more than any fault is wide."""


class Tile(NamedTuple):
    """A rectangle in the storage CRS, half-open: its east and north sides belong to the next tile."""

    west: float
    south: float
    east: float
    north: float

    def holds(self, x: float, y: float) -> bool:
        return self.west <= x < self.east and self.south <= y < self.north


def _envelope(tile: Tile, margin: float) -> list[float]:
    west, south, east, north = tile
    return [west - margin, south - margin, east + margin, north + margin, settings.STORAGE_SRID]


def tiles(using: str, table: str, where: str, most: int = TILE_PARCELS) -> Iterator[tuple[Tile, int]]:
    """Yield tiles that together cover all rows of ``table`` (a trusted name), with at most ``most`` rows each.

    Tiles are quartered where land is dense; one that cannot get smaller than a metre is taken as it is.
    """
    with connections[using].cursor() as cursor:
        cursor.execute(
            f"""SELECT ST_XMin(e), ST_YMin(e), ST_XMax(e), ST_YMax(e)
                FROM (SELECT ST_Extent(geom) AS e FROM {table} WHERE {where}) x"""
        )
        west, south, east, north = cursor.fetchone()
        if west is None:
            return
        waiting = [Tile(west, south, east + 1, north + 1)]
        while waiting:
            tile = waiting.pop()
            cursor.execute(
                f"SELECT count(*) FROM {table} WHERE {where} AND geom && ST_MakeEnvelope(%s, %s, %s, %s, %s)",
                _envelope(tile, MARGIN_M),
            )
            (count,) = cursor.fetchone()
            if count > most and min(tile.east - tile.west, tile.north - tile.south) > 1:
                waiting.extend(_quarters(tile))
            elif count:
                yield tile, count


def _quarters(tile: Tile) -> list[Tile]:
    x, y = (tile.west + tile.east) / 2, (tile.south + tile.north) / 2
    west, south, east, north = tile
    return [Tile(west, south, x, y), Tile(x, south, east, y), Tile(west, y, x, north), Tile(x, y, east, north)]


def tile_faults(using: str, table: str, where: str, tile: Tile) -> list[tuple[Fault, list[str]]]:
    """Return the faults whose place lies in the tile, each with the uids of the parcels it concerns."""
    with connections[using].cursor() as cursor:
        cursor.execute(
            f"""SELECT uid::text, ST_AsBinary(geom) FROM {table}
                WHERE {where} AND geom && ST_MakeEnvelope(%s, %s, %s, %s, %s) ORDER BY uid""",
            _envelope(tile, MARGIN_M),
        )
        rows: list[tuple[str, Any]] = cursor.fetchall()
    found = []
    for fault in coverage_faults([from_db(geom) for _, geom in rows]):
        place = shapely.point_on_surface(fault.where)
        if tile.holds(place.x, place.y):
            found.append((fault, [rows[i][0] for i in fault.members]))
    return found
