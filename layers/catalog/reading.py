"""Rows of a layer as they stand now or stood at a moment, streamed from the database for files."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connections, transaction

from layers import crs
from layers.catalog.base import Layer
from layers.files.writer import FeatureBatch

__all__ = ["count_features", "read_features"]

BATCH_ROWS = 5_000


def read_features(
    layer: Layer, *, as_of: datetime | None = None, bbox: crs.Bounds | None = None, using: str = "default"
) -> Iterator[FeatureBatch]:
    """Yield the features of a layer in batches, all from one moment of the database, by a cursor on the server.

    Parameters
    ----------
    layer : Layer
        Which one.
    as_of : datetime, optional
        The moment (aware) whose versions are wanted; by default those current now.
    bbox : tuple of float, optional
        West, south, east, north in degrees: features that touch it.
    using : str
        Alias of the database.
    """
    where, params = _where(layer, as_of, bbox)
    columns = ", ".join(f"t.{f.name}" for f in layer.fields)
    sql = f"SELECT {columns}, ST_AsBinary(t.geom) FROM {layer.table} t WHERE {where} ORDER BY t.id"
    connection = connections[using]
    with transaction.atomic(using=using), connection.chunked_cursor() as cursor:
        cursor.execute(sql, params)
        while rows := cursor.fetchmany(BATCH_ROWS):
            yield FeatureBatch([row[:-1] for row in rows], [bytes(row[-1]) for row in rows])


def count_features(
    layer: Layer, *, as_of: datetime | None = None, bbox: crs.Bounds | None = None, using: str = "default"
) -> int:
    """Return how many features ``read_features`` will yield."""
    where, params = _where(layer, as_of, bbox)
    with connections[using].cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {layer.table} t WHERE {where}", params)
        return int(cursor.fetchone()[0])


def _where(layer: Layer, as_of: datetime | None, bbox: crs.Bounds | None) -> tuple[str, list[Any]]:
    clauses, params = [f"t.{column} = %s" for column in layer.fixed], list[Any](layer.fixed.values())
    if as_of is None:
        clauses.append("t.end_lifespan_version IS NULL")
    else:
        clauses.append(
            "t.begin_lifespan_version <= %s AND (t.end_lifespan_version IS NULL OR t.end_lifespan_version > %s)"
        )
        params += [as_of, as_of]
    if bbox is not None:
        clauses.append("ST_Intersects(t.geom, ST_GeomFromText(%s, %s))")
        params += [_rectangle(bbox), settings.STORAGE_SRID]
    return " AND ".join(clauses), params


def _rectangle(bbox: crs.Bounds) -> str:
    """Return the rectangle of degrees as a polygon of the storage CRS, with points along its sides: they are curved."""
    ring = crs.border(bbox)
    carried = crs.transform_coordinates(ring, crs.WGS84, settings.STORAGE_SRID, allow_legacy=True)
    return "POLYGON((" + ", ".join(f"{x!r} {y!r}" for x, y in carried.tolist()) + "))"
