"""GeoPackage by SQLite itself.

GDAL's Arrow stream (3.12.4) hands out rows twice where the feature count a GeoPackage keeps of itself is stale; the
count of the Spanish cadastre's own sample is. A GeoPackage is an SQLite database with WKB behind a small header, so
it is read as that: read-only, immutable, one row after the other.

Source: OGC 12-128r19 (GeoPackage 1.4), clauses 2.1.3 (geometry) and 1.1.2 (spatial reference systems).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from layers.files.errors import FileUnreadable

__all__ = ["PackageLayer", "batches", "layers", "read_layer", "require_whole"]

_ENVELOPE_BYTES: Final = {0: 0, 1: 32, 2: 48, 3: 48, 4: 64}

Bounds = tuple[float, float, float, float]


@dataclass(frozen=True)
class PackageLayer:
    """A feature table: its attribute names, geometry column and type, rows, and system (``EPSG:n``, WKT or "")."""

    name: str
    fields: tuple[str, ...]
    geometry_column: str
    geometry_type: str
    count: int
    crs: str


def _connect(path: Path) -> sqlite3.Connection:
    # A reading that is given up is ended by whichever thread collects it.
    database = sqlite3.connect(f"file:{quote(str(path))}?mode=ro&immutable=1", uri=True, check_same_thread=False)
    database.execute("PRAGMA trusted_schema = OFF")  # a view of the file may not call functions with side effects
    return database


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def require_whole(path: Path) -> None:
    """Refuse a database that is cut short or damaged: SQLite reads what it can of one and says nothing.

    Raises
    ------
    FileUnreadable
        ``truncated``.
    """
    try:
        with closing(_connect(path)) as database:
            answer = str(database.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.DatabaseError as error:
        answer = str(error)
    if answer != "ok":
        raise damaged(path, answer)


def damaged(path: Path, detail: str) -> FileUnreadable:
    """Return the error for a database that cannot be trusted."""
    return FileUnreadable(
        f'الملف "{path.name}" تالف أو مبتور.',
        f'The file "{path.name}" is damaged or cut short ({detail}).',
        what="truncated",
        where=path.name,
        todo="copy the file again from its source",
    )


def layers(path: Path) -> list[str]:
    """Return the names of the feature tables, in the order of the file."""
    with closing(_connect(path)) as database:
        rows = database.execute("SELECT table_name FROM gpkg_contents WHERE data_type = 'features' ORDER BY rowid")
        return [str(name) for (name,) in rows]


def read_layer(path: Path, name: str) -> PackageLayer:
    """Return what a feature table holds; its rows are counted, not believed."""
    with closing(_connect(path)) as database:
        column, kind, srs_id = database.execute(
            "SELECT column_name, geometry_type_name, srs_id FROM gpkg_geometry_columns"
            " WHERE lower(table_name) = lower(?)",
            (name,),
        ).fetchone()
        described = database.execute(f"PRAGMA table_info({_quoted(name)})").fetchall()
        keys = {str(row[1]) for row in described if row[5]}
        fields = tuple(str(row[1]) for row in described if row[1] != column and str(row[1]) not in keys)
        count = int(database.execute(f"SELECT count(*) FROM {_quoted(name)}").fetchone()[0])  # noqa: S608
        return PackageLayer(name, fields, str(column), str(kind).title(), count, _crs(database, int(srs_id)))


def _crs(database: sqlite3.Connection, srs_id: int) -> str:
    if srs_id in (-1, 0):  # "undefined cartesian" and "undefined geographic"
        return ""
    row = database.execute(
        "SELECT organization, organization_coordsys_id, definition FROM gpkg_spatial_ref_sys WHERE srs_id = ?",
        (srs_id,),
    ).fetchone()
    if row is None:
        return ""
    organization, number, definition = row
    if str(organization).upper() == "EPSG":
        return f"EPSG:{number}"
    return "" if str(definition).lower() in ("", "undefined") else str(definition)


def batches(
    path: Path, layer: PackageLayer, columns: Sequence[str], size: int
) -> Iterator[tuple[list[bytes | None], dict[str, list[Any]]]]:
    """Yield (WKB, attribute lists), at most ``size`` rows at a time, in the order of the table."""
    wanted = ", ".join(_quoted(c) for c in (layer.geometry_column, *columns))
    with closing(_connect(path)) as database:
        cursor = database.execute(f"SELECT {wanted} FROM {_quoted(layer.name)}")  # noqa: S608  # names are quoted
        while rows := cursor.fetchmany(size):
            first, *others = zip(*rows, strict=True)
            yield [_wkb(value, path) for value in first], {c: list(v) for c, v in zip(columns, others, strict=True)}


def _wkb(blob: bytes | None, path: Path) -> bytes | None:
    """Return the WKB behind a GeoPackage header; None for null and for what the header calls empty."""
    if blob is None:
        return None
    if len(blob) < 8 or blob[:2] != b"GP":
        raise damaged(path, "a geometry has no GeoPackage header")
    flags = blob[3]
    if flags & 0b0001_0000:
        return None
    envelope = _ENVELOPE_BYTES.get((flags >> 1) & 0b111)
    if envelope is None or flags & 0b0010_0000:
        raise damaged(path, "a geometry is of an extended kind")
    return bytes(blob[8 + envelope :])
