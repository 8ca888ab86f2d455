"""A small map for tests of the cache: places on a 4 by 4 board of tiles, read by plain SQL."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import Final

import shapely
from django.conf import settings
from django.db import connection

from layers import events
from tiles.cache import CachedTile, Outcome, TileKey, get_tile

SIDE: Final = 4
WEST, SOUTH = 5_677_000.0, 3_136_000.0  # EPSG:3857, about 51° E 27° N
TILE_M: Final = 1000.0

Cell = tuple[int, int]
Box = tuple[float, float, float, float]

INSERT = """INSERT INTO layers_place
    (uid, begin_lifespan_version, name_ar, name_en, category, opening_hours, phone, geom)
VALUES (%s, clock_timestamp(), '', %s, 'food', '', '', ST_Transform(ST_SetSRID(ST_MakePoint(%s, %s), 3857), %s))
RETURNING ST_X(geom), ST_Y(geom)"""
READ = """SELECT coalesce(string_agg(name_en, ' ' ORDER BY name_en), '') FROM layers_place
WHERE end_lifespan_version IS NULL AND geom_3857 && ST_MakeEnvelope(%s, %s, %s, %s, 3857)"""


def box_of(cell: Cell) -> Box:
    x, y = WEST + cell[0] * TILE_M, SOUTH + cell[1] * TILE_M
    return x, y, x + TILE_M, y + TILE_M


def read(cell: Cell) -> bytes:
    """What the tile shows according to the database, for a statement of this moment."""
    with connection.cursor() as cursor:
        cursor.execute(READ, box_of(cell))
        return str(cursor.fetchone()[0]).encode()


def ask(
    cell: Cell, *, make: Callable[[], bytes] | None = None, detail: bool = True, layer: str = "places"
) -> tuple[CachedTile, Outcome]:
    key = TileKey(layer, "public", 15, *cell)
    return get_tile(
        key, layers=frozenset({layer}), box_3857=box_of(cell), make=make or (lambda: read(cell)), detail=detail
    )


def write(cell: Cell, name: str = "") -> str:
    """Put a place in the middle of a cell and announce it, in the transaction at hand; return its name."""
    x1, y1, x2, y2 = box_of(cell)
    name = name or uuid.uuid4().hex[:8]
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [uuid.uuid4(), name, (x1 + x2) / 2, (y1 + y2) / 2, settings.STORAGE_SRID])
        point = shapely.Point(*cursor.fetchone())
    events.announce(events.LandTouched(frozenset({"places"}), (), point))
    return name


def settle() -> None:
    """Begin the journal, and let pass whoever ran before it."""
    for _ in range(200):
        if ask((0, 0), layer="settling")[1] != "dirty":
            return
        time.sleep(0.06)
    raise RuntimeError("the journal's first barrier does not fall")
