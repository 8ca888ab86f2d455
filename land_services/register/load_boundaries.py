"""The first loading of sides and corners: true arcs and numbered points of parcels that a loading began.

They are staged by COPY under the uid of their parcel and moved to its version at once, by the owner's role alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import connections, transaction

from land_services.domain import BoundaryCorner, BoundarySide

from .copying import copy_rows
from .told import runs_of

__all__ = ["BoundariesRefused", "BoundaryRow", "load_boundaries"]

GUARDED = ("layers_boundaryline", "layers_boundarypoint")
STAGED = """
CREATE TEMP TABLE staged_side (uid uuid, sequence smallint, face text, face_is_manual boolean, length_m numeric,
  radius_m numeric, centre_x float8, centre_y float8, sense text, adjoining_ar text, adjoining_en text,
  x0 float8, y0 float8, x1 float8, y1 float8) ON COMMIT DROP;
CREATE TEMP TABLE staged_corner (uid uuid, sequence smallint, number text, source_x float8, source_y float8,
  source_crs text, x float8, y float8) ON COMMIT DROP
"""


class BoundaryRow(NamedTuple):
    """All sides and corners of one parcel, in order."""

    uid: UUID
    sides: tuple[BoundarySide, ...]
    corners: tuple[BoundaryCorner, ...]


class BoundariesRefused(Exception):
    """Sides of parcels that the entry did not begin, or that have sides already; the message lists the first."""


def load_boundaries(rows: Iterable[BoundaryRow], *, entry_id: int, using: str = "owner") -> dict[str, int]:
    """Load the sides and corners of parcels that ``entry_id`` began; all or nothing. Return the rows by table.

    Parameters
    ----------
    rows : iterable of BoundaryRow
        Coordinates in metres of the storage CRS; read once, in bounded memory.
    entry_id : int
        The loading that began the parcels (``LoadReport.entry_id``).
    using : str
        Alias of the owner's role; the application's role may not do this.

    Raises
    ------
    BoundariesRefused
        If a parcel was not begun by the entry, or already has sides or corners.
    """
    with transaction.atomic(using=using):
        loading = _Loading(using, entry_id)
        loading.stage(rows)
        loading.refuse_strangers()
        written = loading.write()
    with connections[using].cursor() as cursor:
        cursor.execute(f"ANALYZE {', '.join(GUARDED)}")
    return written


class _Loading:
    """One run of ``load_boundaries`` inside its transaction."""

    def __init__(self, using: str, entry: int) -> None:
        self.using = using
        self.entry = entry

    def _execute(self, sql: str, params: Any = None) -> list[tuple[Any, ...]]:
        with connections[self.using].cursor() as cursor:
            cursor.execute(sql, params)
            return list(cursor.fetchall()) if cursor.description else []

    def stage(self, rows: Iterable[BoundaryRow]) -> None:
        """Copy the rows into two temporary tables, a thousand parcels at a time."""
        self._execute("DROP TABLE IF EXISTS staged_side, staged_corner")
        self._execute(STAGED)
        batch: list[BoundaryRow] = []
        for row in rows:
            batch.append(row)
            if len(batch) == 1000:
                self._copy(batch)
                batch = []
        self._copy(batch)
        self._execute("ANALYZE staged_side, staged_corner")

    def _copy(self, batch: list[BoundaryRow]) -> None:
        connection = connections[self.using]
        copy_rows(connection, "staged_side", (_side(row.uid, n, s) for row in batch for n, s in _numbered(row.sides)))
        copy_rows(
            connection,
            "staged_corner",
            (
                (row.uid, n, c.number, c.source_x, c.source_y, c.source_crs, c.x, c.y)
                for row in batch
                for n, c in _numbered(row.corners)
            ),
        )

    def refuse_strangers(self) -> None:
        strange = self._execute(
            """SELECT s.uid::text FROM (SELECT uid FROM staged_side UNION SELECT uid FROM staged_corner) AS s
               LEFT JOIN layers_parcel p ON p.uid = s.uid AND p.begin_entry_id = %s
               WHERE p.id IS NULL
                  OR EXISTS (SELECT FROM layers_boundaryline b WHERE b.parcel_id = p.id)
                  OR EXISTS (SELECT FROM layers_boundarypoint b WHERE b.parcel_id = p.id)
               LIMIT 5""",
            [self.entry],
        )
        if strange:
            raise BoundariesRefused(f"not parcels of this loading, or with sides already: {[u for (u,) in strange]}")

    def write(self) -> dict[str, int]:
        """Move the staged rows to their parcels. The guard is off: it would ask for an entry of this transaction."""
        srid = int(settings.STORAGE_SRID)
        for table in GUARDED:
            self._execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")  # and keeps every other writer waiting
        behind = {table: self._last_key(table) for table in GUARDED}
        self._execute(
            """INSERT INTO layers_boundaryline (parcel_id, sequence, face, face_is_manual, length_m, radius_m, centre,
                 sense, adjoining_ar, adjoining_en, geom)
               SELECT p.id, sequence, face, face_is_manual, round(length_m, 3), round(radius_m, 3),
                 ST_SetSRID(ST_MakePoint(centre_x, centre_y), %s), sense, adjoining_ar, adjoining_en,
                 ST_SetSRID(ST_MakeLine(ST_MakePoint(x0, y0), ST_MakePoint(x1, y1)), %s)
               FROM staged_side s JOIN layers_parcel p ON p.uid = s.uid AND p.begin_entry_id = %s
               ORDER BY p.id, sequence""",
            [srid, srid, self.entry],
        )
        self._execute(
            """INSERT INTO layers_boundarypoint (parcel_id, sequence, number, source_x, source_y, source_crs, geom)
               SELECT p.id, sequence, number, source_x, source_y, source_crs,
                 ST_SetSRID(ST_MakePoint(x, y), %s)
               FROM staged_corner s JOIN layers_parcel p ON p.uid = s.uid AND p.begin_entry_id = %s
               ORDER BY p.id, sequence""",
            [srid, self.entry],
        )
        self._execute("SET CONSTRAINTS ALL IMMEDIATE")  # a table with pending foreign keys cannot be altered
        for table in GUARDED:
            self._execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        ((sides, corners),) = self._execute(
            "SELECT (SELECT count(*) FROM staged_side), (SELECT count(*) FROM staged_corner)"
        )
        written = dict(zip(GUARDED, (sides, corners), strict=True))
        told = runs_of(self.entry, self.using, GUARDED, behind)
        self._execute(
            "INSERT INTO layers_auditrow (action, subject, payload) VALUES ('register.boundaries', '', %s)",
            [json.dumps({"entry": self.entry, "rows": written, "told": told})],
        )
        return written

    def _last_key(self, table: str) -> int:
        ((last,),) = self._execute(f"SELECT coalesce(max(id), -1) FROM {table}")
        return int(last)


def _numbered(parts: Iterable[Any]) -> Iterator[tuple[int, Any]]:
    return enumerate(parts, start=1)


def _side(uid: UUID, sequence: int, side: BoundarySide) -> tuple[Any, ...]:
    arc = side.arc
    curve = (None, None, None, "") if arc is None else (arc.radius_m, *arc.centre, arc.sense)
    return (
        *(uid, sequence, side.face, side.face_is_manual, side.length_m),
        *curve,
        *(side.adjoining_ar, side.adjoining_en),
        *(*side.start, *side.end),
    )
