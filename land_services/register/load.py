"""The first loading of land: the one other entrance to the register, open to the owner's role alone.

Parcels are staged, the land they take is compared with what the register already holds, the whole coverage is checked,
and what is wrong with it is listed as defects beside the parcels. Everything happens in one transaction, in bounded
memory: a fabric of a million parcels is staged by COPY and checked tile by tile.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import connections, transaction
from shapely.geometry import MultiPolygon, Point

from land_services.precision import GRID_M
from layers.events import LandTouched, announce
from layers.files.defects import KINDS
from layers.files.staging import StagedParcel

from .adapters import all_to_db, from_db, to_db
from .bulk import checked_at_the_end
from .copying import copy_rows
from .sound import PLACE, made_sound
from .tiling import tile_faults, tiles
from .told import runs_of

__all__ = ["LandAlreadyHeld", "LoadReport", "load_fabric"]

COVERAGE_KINDS = ("overlap", "gap", "t_junction", "misfit")
DIGEST_CHUNK = 20_000
TOLD = ("register_registerentry", "register_source", "register_defect")
_NAMESPACE = uuid.UUID("6f0d6a2e-2f0b-5f0e-9a51-0d1c8f0f7b11")

Progress = Callable[[str, int, int | None], None]


class LandAlreadyHeld(Exception):
    """Land of the file is held by current parcels. ``held`` lists (row, number, uid of the current parcel, overlap in
    m2).
    """

    def __init__(self, held: list[tuple[int, str, str, float]], total: int) -> None:
        super().__init__(f"{total} parcels of the file take land that current parcels hold")
        self.held = held
        self.total = total


@dataclass(frozen=True)
class LoadReport:
    """What a loading did: rows read and written, defective ones, defects by kind, and the entry (None after a dry
    run).
    """

    read: int
    written: int
    defective: int
    defects: Mapping[str, int] = field(default_factory=dict)
    skipped: tuple[tuple[int, str], ...] = ()
    entry_id: int | None = None


def _silent(stage: str, done: int, total: int | None) -> None:
    """Progress that nobody watches."""


def load_fabric(
    batches: Iterable[list[StagedParcel]],
    *,
    source: Mapping[str, Any],
    acting_user_id: int | None = None,
    using: str = "owner",
    progress: Progress = _silent,
    dry_run: bool = False,
) -> LoadReport:
    """Load a fabric of parcels and list its defects; all of it or nothing.

    Parameters
    ----------
    batches : iterable of lists of StagedParcel
        Geometries in the storage CRS on the grid. One that is not valid is stored repaired and listed as the defect
        ``invalid_ring`` with its place, as given kept beside it; one without any area is left out and listed.
    source : mapping
        What the fabric rests on: ``name``, ``sha256``, ``crs`` and, after a transformation, its operation and accuracy.
    acting_user_id : int or None
        Who loads it.
    using : str
        Alias of the owner's role; the application's role may not do this.
    progress : callable
        Called with (stage, done, total or None).
    dry_run : bool
        Do everything and keep nothing.

    Raises
    ------
    LandAlreadyHeld
        If a parcel overlaps a current one by more than rounding explains.
    """
    with transaction.atomic(using=using):
        loading = _Loading(using, progress)
        loading.stage(batches, str(source.get("sha256") or source.get("name") or ""))
        loading.refuse_held_land()
        loading.check_coverage()
        entry = loading.write(source, acting_user_id)
        report = loading.report(entry)
        if dry_run:
            transaction.set_rollback(True, using=using)
            return LoadReport(report.read, report.written, report.defective, report.defects, report.skipped)
        announce(LandTouched(frozenset({"parcels"}), (), loading.extent(), using))
    with connections[using].cursor() as cursor:
        cursor.execute("ANALYZE layers_parcel")
    return report


def _shape(parcel: StagedParcel) -> MultiPolygon:
    assert parcel.geometry is not None  # noqa: S101  parcels without one were left out before
    return parcel.geometry


class _Loading:
    """One run of ``load_fabric`` inside its transaction."""

    def __init__(self, using: str, progress: Progress) -> None:
        self.using = using
        self.progress = progress
        self.read = self.staged = 0
        self.skipped: list[tuple[int, str]] = []

    def _execute(self, sql: str, params: Any = None) -> list[tuple[Any, ...]]:
        with connections[self.using].cursor() as cursor:
            cursor.execute(sql, params)
            return list(cursor.fetchall()) if cursor.description else []

    # Staging

    def stage(self, batches: Iterable[list[StagedParcel]], seed: str) -> None:
        self._execute(
            """CREATE TEMP TABLE staged_parcel (row_no bigint, uid uuid, plan_no text, block_no text, parcel_no text,
                 land_use text, official numeric, surveyed numeric, building numeric, units integer, geom geometry)
               ON COMMIT DROP;
               CREATE TEMP TABLE staged_defect (kind text, uids jsonb, detail jsonb, size float8, geom geometry,
               original bytea)
               ON COMMIT DROP"""
        )
        connection = connections[self.using]
        for batch in batches:
            self.read += len(batch)
            batch = made_sound(batch)
            kept = [p for p in batch if self._is_loaded(p)]
            uids = [p.uid or str(uuid.uuid5(_NAMESPACE, f"{seed}:{p.row}")) for p in kept]
            copy_rows(connection, "staged_parcel", self._rows(kept, uids))
            copy_rows(connection, "staged_defect", self._notes(kept, uids))
            copy_rows(connection, "staged_defect", self._left_out(batch))
            self.staged += len(kept)
            self.progress("staged", self.staged, None)
        self._execute("CREATE INDEX ON staged_parcel USING gist (geom); ANALYZE staged_parcel")

    def _is_loaded(self, parcel: StagedParcel) -> bool:
        lost = next((kind for kind, _ in parcel.defects if not KINDS[kind].is_loaded), None)
        if lost is not None or parcel.geometry is None or parcel.geometry.is_empty:
            self.skipped.append((parcel.row, lost or "empty_geometry"))
            return False
        return True

    def _left_out(self, batch: list[StagedParcel]) -> Iterator[tuple[Any, ...]]:
        """Rows without land to load are defects too: listed with their row, at no place."""
        first = batch[0].row if batch else 0
        for row, kind in self.skipped:
            if row >= first:
                yield kind, "[]", json.dumps({"row": row}), None, None, None

    @staticmethod
    def _rows(parcels: list[StagedParcel], uids: list[str]) -> Iterator[tuple[Any, ...]]:
        shapes = all_to_db([_shape(p) for p in parcels])
        for p, uid, shape in zip(parcels, uids, shapes, strict=True):
            yield (
                p.row,
                uid,
                p.plan_no,
                p.block_no,
                p.parcel_no,
                p.land_use,
                p.official_area_m2,
                p.surveyed_area_m2,
                p.building_area_m2,
                p.unit_count,
                shape,
            )

    def _notes(self, parcels: list[StagedParcel], uids: list[str]) -> Iterator[tuple[Any, ...]]:
        for p, uid in zip(parcels, uids, strict=True):
            for kind, detail in p.defects:
                original = None if p.original_wkb is None else "\\x" + bytes(p.original_wkb).hex()
                at = detail.get(PLACE)
                place = to_db(Point(at) if at else _shape(p).representative_point())
                told = {"row": p.row, **{key: value for key, value in detail.items() if key != PLACE}}
                yield kind, json.dumps([uid]), json.dumps(told, default=str), None, place, original

    # Checks

    def refuse_held_land(self) -> None:
        held = self._execute(
            """SELECT s.row_no, s.parcel_no, p.uid::text, ST_Area(x.shared)
               FROM staged_parcel s JOIN layers_parcel p ON p.geom && s.geom AND p.end_lifespan_version IS NULL,
                 LATERAL (SELECT ST_CollectionExtract(ST_Intersection(p.geom, s.geom), 3) AS shared) AS x
               WHERE ST_Relate(p.geom, s.geom, 'T********')
                 AND ST_Area(x.shared) > %s * ST_Perimeter(x.shared) / 2
               ORDER BY s.row_no""",
            [GRID_M],
        )
        if held:
            raise LandAlreadyHeld([(r, n, u, a) for r, n, u, a in held[:1000]], len(held))
        taken = self._execute(
            """SELECT s.row_no, s.uid::text FROM staged_parcel s
               WHERE EXISTS (SELECT FROM layers_parcel p WHERE p.uid = s.uid)"""
        )
        if taken:
            raise LandAlreadyHeld([(row, "", uid, 0.0) for row, uid in taken[:1000]], len(taken))

    def check_coverage(self) -> None:
        """List overlaps, gaps and unshared vertices, tile by tile; each fault once, in the tile of its place."""
        checked = 0
        for tile, count in tiles(self.using, "staged_parcel", "true"):
            faults = tile_faults(self.using, "staged_parcel", "true", tile)
            copy_rows(
                connections[self.using],
                "staged_defect",
                (
                    (f.kind, json.dumps(uids), "{}", f.size, to_db(f.where), None)
                    for f, uids in faults
                    if f.kind in COVERAGE_KINDS
                ),
            )
            checked += count
            self.progress("checked", min(checked, self.staged), self.staged)

    # Writing

    def write(self, source: Mapping[str, Any], acting_user_id: int | None) -> int:
        """Write entry, source, parcels, defects and the audit row. The guard is off: the check above was it."""
        guards = ("layers_parcel", "register_registerentry", "register_source", "register_defect")
        for table in guards:  # also keeps every other writer of these tables waiting until we are done
            self._execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        ((entry, at),) = self._execute(
            """INSERT INTO register_registerentry (service, reference, acting_user_id, change_set, at, xact,
                 guarded_rows)
               VALUES ('load', %s, %s, %s, clock_timestamp(), pg_current_xact_id()::text::bigint, 0)
               RETURNING id, at""",
            [str(source.get("name", "")), acting_user_id, json.dumps(dict(source), default=str)],
        )
        self._execute(
            """INSERT INTO register_source (kind, number, hijri_date, issuer, form, is_valid, sha256, details, entry_id)
               VALUES ('fabric_file', %s, '', '', '', true, %s, %s, %s)""",
            [str(source.get("name", "")), str(source.get("sha256", "")), json.dumps(dict(source), default=str), entry],
        )
        with checked_at_the_end(["layers_parcel"], self.using):
            self._execute(
                """INSERT INTO layers_parcel (uid, plan_no, block_no, parcel_no, land_use, official_area_m2,
                     surveyed_area_m2, building_area_m2, unit_count, geom, begin_lifespan_version, begin_entry_id)
                   SELECT uid, plan_no, block_no, parcel_no, land_use, official, surveyed, building, units, geom, %s, %s
                   FROM staged_parcel ORDER BY row_no""",
                [at, entry],
            )
        self._execute(
            """INSERT INTO register_defect (entry_id, kind, uids, detail, size, geom, original)
               SELECT %s, kind, uids, detail, size, geom, original FROM staged_defect""",
            [entry],
        )
        self._execute("SET CONSTRAINTS ALL IMMEDIATE")  # a table with pending foreign keys cannot be altered
        for table in guards:
            self._execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        self.progress("written", self.staged, self.staged)
        self._audit(entry, acting_user_id, str(source.get("name", "")))
        return int(entry)

    def _audit(self, entry: int, acting_user_id: int | None, subject: str) -> None:
        """Record the digest of every run of ``DIGEST_CHUNK`` rows, so that the proof can recompute a million in
        pieces.
        """
        ((first, last),) = self._execute(
            "SELECT min(id), max(id) FROM layers_parcel WHERE begin_entry_id = %s", [entry]
        )
        chunks = []
        for start in range(first or 0, (last or -1) + 1, DIGEST_CHUNK):
            end = min(start + DIGEST_CHUNK - 1, last)
            chunks.append([start, end, chunk_digest(start, end, entry, self.using)])
        payload = {
            "entry": entry,
            "parcels": self.staged,
            "chunks": chunks,
            "defects": dict(self._defect_counts()),
            "told": runs_of(entry, self.using, TOLD),
        }
        self._execute(
            "INSERT INTO layers_auditrow (actor_id, action, subject, payload) VALUES (%s, 'register.load', %s, %s)",
            [acting_user_id, subject, json.dumps(payload)],
        )

    def extent(self) -> Any:
        """The rectangle of all the land loaded, for those who are told of it."""
        ((box,),) = self._execute("SELECT ST_AsBinary(ST_SetSRID(ST_Extent(geom)::geometry, 0)) FROM staged_parcel")
        return from_db(box) if box is not None else MultiPolygon()

    def _defect_counts(self) -> Counter[str]:
        counts: Counter[str] = Counter()
        for kind, n in self._execute("SELECT kind, count(*) FROM staged_defect GROUP BY kind ORDER BY kind"):
            counts[kind] += n
        return counts

    def report(self, entry: int) -> LoadReport:
        ((defective,),) = self._execute(
            "SELECT count(DISTINCT u) FROM staged_defect, jsonb_array_elements_text(uids) AS u"
        )
        return LoadReport(
            read=self.read,
            written=self.staged,
            defective=defective,
            defects=dict(self._defect_counts()),
            skipped=tuple(self.skipped),
            entry_id=entry,
        )


def chunk_digest(first: int, last: int, entry: int, using: str) -> str:
    """Return the hash over the digests of the parcel versions from key ``first`` to ``last`` begun by an entry."""
    with connections[using].cursor() as cursor:
        cursor.execute(
            """SELECT string_agg(register_version_digest(p), '' ORDER BY p.id) FROM layers_parcel p
               WHERE p.id BETWEEN %s AND %s AND p.begin_entry_id = %s""",
            [first, last, entry],
        )
        (text,) = cursor.fetchone()
    return hashlib.sha256((text or "").encode()).hexdigest()
