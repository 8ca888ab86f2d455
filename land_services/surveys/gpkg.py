"""GeoPackage through SQLite itself: an in-memory copy, read-only, an authorizer that lets nothing but reading pass.

Triggers never fire (nothing is written), views are refused, extensions cannot load, other files cannot be attached.
"""

from __future__ import annotations

import math
import sqlite3
import struct
from typing import Any

from land_services.surveys.crs import epsg_code
from land_services.surveys.errors import refusal
from land_services.surveys.features import Rows
from land_services.surveys.limits import Limits
from land_services.surveys.numbers import clean_text
from land_services.surveys.raw import Notes, RawPlan
from land_services.surveys.wkb import BadWkb, Shapes, parse

APPLICATION_IDS = (0x47504B47, 0x47503130, 0x47503131)
ENVELOPE_BYTES = {0: 0, 1: 32, 2: 48, 3: 48, 4: 64}
STEPS_BETWEEN_CHECKS = 100_000
MOST_STEPS = 20_000
_ALLOWED = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ}
_FUNCTIONS = {"lower", "count"}
_MASTER = {"sqlite_master", "sqlite_schema"}


def read(data: bytes, limits: Limits, notes: Notes, unit: str | None = None) -> RawPlan:
    """Return the polygons and numbered points of every feature table."""
    try:
        connection = _open(data)
    except (sqlite3.Error, OverflowError) as error:
        raise refusal("SRV-05", "sqlite", detail=str(error)[:160]) from None
    try:
        return _read(connection, limits, notes)
    except (sqlite3.Error, UnicodeError, OverflowError) as error:  # damaged names are no text, damaged ids no integers
        raise refusal("SRV-05", "sqlite", detail=str(error)[:160]) from None
    finally:
        connection.close()


def _open(data: bytes) -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.deserialize(_without_wal(data))
    connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
    for pragma in ("trusted_schema=OFF", "cell_size_check=ON", "query_only=ON", "mmap_size=0"):
        connection.execute(f"PRAGMA {pragma}")
    steps = iter(range(MOST_STEPS))
    connection.set_progress_handler(lambda: 0 if next(steps, None) is not None else 1, STEPS_BETWEEN_CHECKS)
    connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    connection.setlimit(sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH, 0)
    return connection


def _without_wal(data: bytes) -> bytes:
    """Return the file marked as rollback journal: a copy in memory cannot have a write-ahead log beside it."""
    return data[:18] + b"\x01\x01" + data[20:] if data[18:20] == b"\x02\x02" else data


def _authorize(action: int, first: str | None, second: str | None, _database: str | None, _source: str | None) -> int:
    if action in _ALLOWED:
        return sqlite3.SQLITE_OK
    if action == sqlite3.SQLITE_FUNCTION and second in _FUNCTIONS:
        return sqlite3.SQLITE_OK
    return sqlite3.SQLITE_DENY


def _read(connection: sqlite3.Connection, limits: Limits, notes: Notes) -> RawPlan:
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    connection.set_authorizer(_authorize)
    schema = dict(connection.execute("SELECT name, type FROM sqlite_master WHERE type IN ('table', 'view')").fetchall())
    needed = {"gpkg_contents", "gpkg_geometry_columns", "gpkg_spatial_ref_sys"}
    if not needed <= {name for name, kind in schema.items() if kind == "table"}:
        raise refusal("SRV-02", "sqlite", missing=", ".join(sorted(needed - schema.keys())))
    if application not in APPLICATION_IDS:
        notes.add("info", "SRV-27", "application", application=f"{application:#x}")
    triggers = connection.execute("SELECT count(*) FROM sqlite_master WHERE type = 'trigger'").fetchone()[0]
    if triggers and any(not name.startswith(("rtree_", "trigger_", "gpkg_")) for name in _trigger_names(connection)):
        notes.add("info", "SRV-27", "triggers", count=triggers)
    plan = RawPlan(format="gpkg")
    rows = Rows(plan, notes)
    tables = connection.execute(
        "SELECT g.table_name, g.column_name, g.srs_id FROM gpkg_geometry_columns g "
        "JOIN gpkg_contents c ON lower(c.table_name) = lower(g.table_name) WHERE c.data_type = 'features' "
    ).fetchall()
    for table, column, srs in tables:
        if schema.get(table) != "table":
            notes.add("warning", "SRV-27", "not_a_table", name=clean_text(str(table))[:60])
            continue
        _table(connection, str(table), str(column), _srs(connection, srs), rows, limits)
    others = connection.execute("SELECT count(*) FROM gpkg_contents WHERE data_type NOT IN ('features')").fetchone()[0]
    if others:
        notes.add("info", "SRV-17", "tables", count=others)
    rows.finish()
    return plan


def _trigger_names(connection: sqlite3.Connection) -> list[str]:
    found = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
    return [str(name) for (name,) in found]


def _srs(connection: sqlite3.Connection, srs: Any) -> tuple[str, str]:
    """Return (EPSG code, WKT) of a reference system; both "" for the undefined ones (-1, 0)."""
    row = connection.execute(
        "SELECT organization, organization_coordsys_id, definition FROM gpkg_spatial_ref_sys WHERE srs_id = ?", (srs,)
    ).fetchone()
    if row is None or srs in (-1, 0):
        return "", ""
    organization, number, definition = row
    if str(organization).upper() == "EPSG" and isinstance(number, int):
        return epsg_code(str(number)), ""
    return "", "" if str(definition).lower() == "undefined" else str(definition)


def _quoted(name: str) -> str:
    if "\x00" in name:
        raise refusal("SRV-05", "sqlite", detail="name with a null character")
    return '"' + name.replace('"', '""') + '"'


def _table(
    connection: sqlite3.Connection, table: str, column: str, srs: tuple[str, str], rows: Rows, limits: Limits
) -> None:
    plan, notes = rows.plan, rows.notes
    # Names are quoted; the authorizer lets nothing but reading pass whatever a name holds.
    cursor = connection.execute(f"SELECT * FROM {_quoted(table)}")  # noqa: S608
    names = [str(d[0]) for d in cursor.description]
    if column not in names:
        raise refusal("SRV-05", "sqlite", detail=f"no column {clean_text(column)[:60]}")
    at = names.index(column)
    before = len(plan.polygons) + len(plan.points)
    for index, values in enumerate(cursor, start=1):
        if index > limits.entities:
            raise refusal("SRV-04", "entities", count=index, limit=limits.entities)
        attributes = {n: _value(v) for i, (n, v) in enumerate(zip(names, values, strict=True)) if i != at}
        place = f"{clean_text(table)[:60]} row {attributes.get('fid', index)}"
        if values[at] is None:
            rows.left_out["empty"] += 1
            continue
        try:
            rows.add(_geometry(values[at]), attributes, place)
        except (BadWkb, struct.error) as error:
            notes.error("SRV-05", "wkb", place=place, detail=str(error)[:100])
    if len(plan.polygons) + len(plan.points) > before:
        _take_srs(plan, srs, clean_text(table)[:60], notes)


def _take_srs(plan: RawPlan, srs: tuple[str, str], table: str, notes: Notes) -> None:
    stated = plan.crs_stated_by
    if not stated:
        plan.crs, plan.crs_wkt = srs
        plan.crs_stated_by = table
    elif (plan.crs, plan.crs_wkt) != srs:
        notes.error("SRV-11", "several", tables=f"{stated}, {table}")


def _value(value: Any) -> Any:
    if isinstance(value, bytes):
        return f"({len(value)} bytes)"
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return clean_text(value) if isinstance(value, str) else value


def _geometry(blob: Any) -> Shapes:
    """Return the shapes of a GeoPackage geometry: the header's flags say how long the envelope is."""
    if not isinstance(blob, bytes) or len(blob) < 13 or blob[:2] != b"GP":
        raise BadWkb("no GeoPackage geometry")
    flags = blob[3]
    size = ENVELOPE_BYTES.get((flags >> 1) & 0b111)
    if size is None or flags & 0b100000:
        raise BadWkb("header flags")
    if flags & 0b10000:
        return Shapes(others=["empty"])
    return parse(blob[8 + size :])
