"""Rows of a layer as they stand now or stood at a moment, as far as a scope may see them, streamed for files."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connections, transaction

from layers import crs
from layers.access import Scope
from layers.catalog.base import Layer
from layers.files.writer import FeatureBatch
from layers.relation import relation

__all__ = ["count_features", "read_features"]

BATCH_ROWS = 5_000


def read_features(
    layer: Layer,
    scope: Scope,
    *,
    as_of: datetime | None = None,
    bbox: crs.Bounds | None = None,
    using: str = "default",
) -> Iterator[FeatureBatch]:
    """Yield the features of a layer in batches, all from one moment of the database, by a cursor on the server.

    Parameters
    ----------
    layer : Layer
        Which one; one that the scope may read.
    scope : Scope
        Who is looking: values come for ``layers.access.readable_fields(layer, scope)``, in that order.
    as_of : datetime, optional
        The moment (aware) whose versions are wanted; by default those current now. A layer without versions has a
        present only.
    bbox : tuple of float, optional
        West, south, east, north in degrees: features that touch it.
    using : str
        Alias of the database.
    """
    found = relation(layer, scope, as_of)
    where, params = _where(bbox)
    columns = ", ".join(f"r.{f.name}" for f in found.fields)
    sql = f"SELECT {columns}, ST_AsBinary(r.geom) FROM {found.sql} AS r{where} ORDER BY r.id"
    connection = connections[using]
    with transaction.atomic(using=using), connection.chunked_cursor() as cursor:
        cursor.execute(sql, {**found.params, **params})
        while rows := cursor.fetchmany(BATCH_ROWS):
            yield FeatureBatch([row[:-1] for row in rows], [bytes(row[-1]) for row in rows])


def count_features(
    layer: Layer,
    scope: Scope,
    *,
    as_of: datetime | None = None,
    bbox: crs.Bounds | None = None,
    using: str = "default",
) -> int:
    """Return how many features ``read_features`` will yield."""
    found = relation(layer, scope, as_of)
    where, params = _where(bbox)
    with connections[using].cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {found.sql} AS r{where}", {**found.params, **params})
        return int(cursor.fetchone()[0])


def _where(bbox: crs.Bounds | None) -> tuple[str, dict[str, Any]]:
    if bbox is None:
        return "", {}
    inside = crs.clipped(bbox, settings.STORAGE_SRID)
    if inside is None:
        return " WHERE FALSE", {}
    box = {"box": _rectangle(inside), "srid": settings.STORAGE_SRID}
    return " WHERE ST_Intersects(r.geom, ST_GeomFromText(%(box)s, %(srid)s))", box


def _rectangle(bbox: crs.Bounds) -> str:
    """Return the rectangle of degrees as a polygon of the storage CRS, with points along its sides: they are curved."""
    ring = crs.border(bbox)
    carried = crs.transform_coordinates(ring, crs.WGS84, settings.STORAGE_SRID, allow_legacy=True)
    return "POLYGON((" + ", ".join(f"{x!r} {y!r}" for x, y in carried.tolist()) + "))"
