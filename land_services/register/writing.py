"""How a change set becomes rows: two statements to the database, whatever the number of parcels."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import Any

import shapely
from django.db import connections
from shapely.geometry import Point

from land_services.changesets import canonical_json
from land_services.domain import (
    AcquireLand,
    AmendBoundary,
    AttachSource,
    BoundarySide,
    CarryRestriction,
    ChangeSet,
    CreateSpatialUnit,
    CreateTitle,
    DivideTitle,
    EndDeed,
    EndTitle,
    PendDeed,
    RecordDeed,
    ReleaseLand,
    RetireSpatialUnit,
    SendDeedAgain,
    SettleDeedChange,
    TransferRight,
)

from .adapters import all_to_db, as_multipolygon, to_db

__all__ = ["rendered", "write_change"]


def write_change(change_set: ChangeSet, reference: str, acting_user_id: int | None, using: str) -> tuple[int, datetime]:
    """Write the entry and all it does; return its key and its time. The guard writes the audit row at commit."""
    born: list[CreateSpatialUnit | AmendBoundary] = [*change_set.of(CreateSpatialUnit), *change_set.of(AmendBoundary)]
    told = canonical_json(change_set)
    with connections[using].cursor() as cursor:
        cursor.execute(
            """WITH entry AS (
                 INSERT INTO register_registerentry (service, reference, acting_user_id, change_set, xact, guarded_rows)
                 VALUES (%s, %s, %s, %s, 0, 0) RETURNING id, at)
               SELECT id, at, ARRAY(SELECT nextval(pg_get_serial_sequence('layers_parcel', 'id'))
                 FROM generate_series(1, %s))
               FROM entry""",
            [change_set.service, reference, acting_user_id, told, len(born)],
        )
        entry_id, at, ids = cursor.fetchone()
        keys = dict(zip((op.uid for op in born), ids, strict=True))
        # The statements are already complete: without parameters a "%" in them stays as it is.
        cursor.execute(rendered(cursor, change_set, keys, entry_id, at))
    return int(entry_id), at


def rendered(cursor: Any, change_set: ChangeSet, keys: Mapping[str, int], entry_id: int, at: datetime) -> str:
    """Return the statements that write an entry but its own row; ``keys`` are those of new versions by uid."""
    batch = _Batch(cursor)
    _end_parcels(batch, change_set, entry_id, at)
    _begin_parcels(batch, change_set, keys, entry_id, at)
    _boundaries(batch, [*change_set.of(CreateSpatialUnit), *change_set.of(AmendBoundary)], keys)
    _lineage(batch, change_set, entry_id)
    _movements(batch, change_set, entry_id)
    _sources(batch, change_set, entry_id)
    _titles(batch, change_set, entry_id)
    _divided(batch, change_set, entry_id)
    _deeds(batch, change_set, entry_id)
    return batch.text()


class _Batch:
    """Statements gathered to be sent together."""

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor
        self._statements: list[str] = []

    def add(self, sql: str, params: Sequence[Any]) -> None:
        self._statements.append(self._cursor.mogrify(sql, params).decode())

    def add_rows(self, insert: str, row: str, rows: Iterable[Sequence[Any]], after: str = "") -> None:
        """Add one statement for all rows, or none where there are none; ``row`` is the pattern of one."""
        values = list(rows)
        if values:
            self.add(f"{insert} VALUES {', '.join([row] * len(values))}{after}", list(chain.from_iterable(values)))

    def text(self) -> str:
        return ";\n".join(self._statements)


def _end_parcels(batch: _Batch, change_set: ChangeSet, entry_id: int, at: datetime) -> None:
    ended = [op.version for op in (*change_set.of(RetireSpatialUnit), *change_set.of(AmendBoundary))]
    batch.add(
        "UPDATE layers_parcel SET end_lifespan_version = %s, end_entry_id = %s WHERE id = ANY(%s)",
        [at, entry_id, ended],
    )


def _begin_parcels(batch: _Batch, change_set: ChangeSet, keys: Mapping[str, int], entry_id: int, at: datetime) -> None:
    batch.add_rows(
        """INSERT INTO layers_parcel (id, uid, plan_no, block_no, parcel_no, land_use, official_area_m2,
             surveyed_area_m2, building_area_m2, unit_count, geom, begin_lifespan_version, begin_entry_id)""",
        "(%s, %s::uuid, %s, %s, %s, %s, %s, %s, %s, %s, %s::geometry, %s, %s)",
        [
            (
                keys[op.uid],
                op.uid,
                op.plan_no,
                op.block_no,
                op.parcel_no,
                op.land_use,
                op.official_area_m2,
                op.surveyed_area_m2,
                op.building_area_m2,
                op.unit_count,
                to_db(as_multipolygon(op.geometry)),
                at,
                entry_id,
            )
            for op in change_set.of(CreateSpatialUnit)
        ],
    )
    _begin_amended(batch, change_set.of(AmendBoundary), keys, entry_id, at)


def _begin_amended(
    batch: _Batch, amended: Sequence[AmendBoundary], keys: Mapping[str, int], entry_id: int, at: datetime
) -> None:
    """Begin the next version of parcels that get another outline; all else of them stays as it was."""
    batch.add_rows(
        """INSERT INTO layers_parcel (id, uid, plan_no, block_no, parcel_no, land_use, official_area_m2,
             surveyed_area_m2, building_area_m2, unit_count, geom, begin_lifespan_version, begin_entry_id)
           SELECT k.id, p.uid, p.plan_no, p.block_no, coalesce(k.number, p.parcel_no), p.land_use,
             CASE WHEN k.keeps THEN p.official_area_m2 ELSE k.official END,
             CASE WHEN k.keeps THEN p.surveyed_area_m2 ELSE k.surveyed END,
             p.building_area_m2, coalesce(k.units, p.unit_count), k.geom, k.at, k.entry
           FROM layers_parcel p JOIN (""",
        "(%s, %s, %s, %s::numeric, %s::numeric, %s::integer, %s::text, %s::geometry, %s::timestamptz, %s)",
        [
            (
                keys[op.uid],
                op.version,
                op.keeps_areas,
                op.official_area_m2,
                op.surveyed_area_m2,
                op.unit_count,
                op.parcel_no,
                to_db(as_multipolygon(op.geometry)),
                at,
                entry_id,
            )
            for op in amended
        ],
        ") AS k (id, version, keeps, official, surveyed, units, number, geom, at, entry) ON p.id = k.version",
    )


def _boundaries(batch: _Batch, born: Sequence[CreateSpatialUnit | AmendBoundary], keys: Mapping[str, int]) -> None:
    sides = [(keys[op.uid], n, side) for op in born for n, side in enumerate(op.sides, start=1)]
    lines = all_to_db(shapely.linestrings([[side.start, side.end] for _, _, side in sides])) if sides else []
    batch.add_rows(
        """INSERT INTO layers_boundaryline (parcel_id, sequence, face, face_is_manual, length_m, radius_m, centre,
             sense, adjoining_ar, adjoining_en, geom)""",
        "(%s, %s, %s, %s, %s, %s, %s::geometry, %s, %s, %s, %s::geometry)",
        [_side(parcel, n, side, line) for (parcel, n, side), line in zip(sides, lines, strict=True)],
    )
    corners = [(keys[op.uid], n, corner) for op in born for n, corner in enumerate(op.corners, start=1)]
    points = all_to_db(shapely.points([(c.x, c.y) for _, _, c in corners])) if corners else []
    batch.add_rows(
        "INSERT INTO layers_boundarypoint (parcel_id, sequence, number, source_x, source_y, source_crs, geom)",
        "(%s, %s, %s, %s, %s, %s, %s::geometry)",
        [
            (parcel, n, corner.number, corner.source_x, corner.source_y, corner.source_crs, point)
            for (parcel, n, corner), point in zip(corners, points, strict=True)
        ],
    )
    kept = [op for op in born if isinstance(op, AmendBoundary) and not op.sides and not op.corners]
    if kept:
        _keep_boundaries(batch, [keys[op.uid] for op in kept], [op.version for op in kept])


def _keep_boundaries(batch: _Batch, parcels: list[int], before: list[int]) -> None:
    """Carry the sides and corners on record over to the new versions: an inserted vertex moves none of them."""
    batch.add(
        """INSERT INTO layers_boundaryline (parcel_id, sequence, face, face_is_manual, length_m, radius_m, centre,
             sense, adjoining_ar, adjoining_en, geom)
           SELECT k.parcel, sequence, face, face_is_manual, length_m, radius_m, centre, sense, adjoining_ar,
             adjoining_en, geom
           FROM unnest(%s::bigint[], %s::bigint[]) AS k(parcel, version)
           JOIN layers_boundaryline b ON b.parcel_id = k.version""",
        [parcels, before],
    )
    batch.add(
        """INSERT INTO layers_boundarypoint (parcel_id, sequence, number, source_x, source_y, source_crs, geom)
           SELECT k.parcel, sequence, number, source_x, source_y, source_crs, geom
           FROM unnest(%s::bigint[], %s::bigint[]) AS k(parcel, version)
           JOIN layers_boundarypoint b ON b.parcel_id = k.version""",
        [parcels, before],
    )


def _side(parcel: int, sequence: int, side: BoundarySide, line: str) -> tuple[Any, ...]:
    arc = side.arc
    return (
        parcel,
        sequence,
        side.face,
        side.face_is_manual,
        round(side.length_m, 3),
        None if arc is None else round(arc.radius_m, 3),
        None if arc is None else to_db(Point(arc.centre)),
        "" if arc is None else arc.sense,
        side.adjoining_ar,
        side.adjoining_en,
        line,
    )


def _lineage(batch: _Batch, change_set: ChangeSet, entry_id: int) -> None:
    batch.add_rows(
        "INSERT INTO register_lineage (entry_id, parent_uid, child_uid)",
        "(%s, %s::uuid, %s::uuid)",
        [(entry_id, parent, op.uid) for op in change_set.of(CreateSpatialUnit) for parent in op.parents],
    )


def _movements(batch: _Batch, change_set: ChangeSet, entry_id: int) -> None:
    moves = [("acquired", op) for op in change_set.of(AcquireLand)]
    moves += [("released", op) for op in change_set.of(ReleaseLand)]
    batch.add_rows(
        "INSERT INTO register_landmovement (entry_id, kind, reason, source, geom)",
        "(%s, %s, %s, %s, %s::geometry)",
        [(entry_id, kind, op.reason, op.source, to_db(op.geometry)) for kind, op in moves],
    )


def _sources(batch: _Batch, change_set: ChangeSet, entry_id: int) -> None:
    batch.add_rows(
        """INSERT INTO register_source (kind, number, hijri_date, issuer, form, is_valid, sha256, details, entry_id)""",
        "(%s, %s, '', '', '', true, %s, %s, %s)",
        [
            (op.kind, op.reference, op.sha256, json.dumps({"uids": list(op.uids)}), entry_id)
            for op in change_set.of(AttachSource)
        ],
    )


def _titles(batch: _Batch, change_set: ChangeSet, entry_id: int) -> None:
    for carried in change_set.of(CarryRestriction):
        _carry(batch, carried, entry_id)
    for moved in change_set.of(TransferRight):
        _end_joins(batch, moved.title_id, moved.from_uids, entry_id)
        _join(batch, [(moved.title_id, uid) for uid in moved.to_uids], entry_id)
    begun = change_set.of(CreateTitle)
    for title in begun:  # they copy rows of titles that are about to end
        _begin_title(batch, title, entry_id)
    for ended in change_set.of(EndTitle):
        _end_title(batch, ended.title_id, entry_id)
    for title in begun:  # a parcel is in one title at a time
        batch.add(
            f"""INSERT INTO register_baunitparcel (ba_unit_id, parcel_uid, begin_entry_id)
                SELECT {_TITLE}, unnest(%s::uuid[]), %s""",
            [title.uid, list(title.parcel_uids), entry_id],
        )
    kept = [op.title_id for op in (*change_set.of(TransferRight), *change_set.of(PendDeed))]
    batch.add_rows(
        "INSERT INTO register_pendingdeedchange (ba_unit_id, entry_id, state)",
        "(%s, %s, 'pending')",
        [(title_id, entry_id) for title_id in dict.fromkeys(kept)],
    )
    for title in begun:
        batch.add(
            f"INSERT INTO register_pendingdeedchange (ba_unit_id, entry_id, state) VALUES ({_TITLE}, %s, 'pending')",
            [title.uid, entry_id],
        )


def _divided(batch: _Batch, change_set: ChangeSet, entry_id: int) -> None:
    """Begin the titles that others are divided into, with all that was theirs; then end those."""
    parts: tuple[DivideTitle, ...] = change_set.of(DivideTitle)
    for op in parts:
        batch.add("INSERT INTO register_baunit (uid, begin_entry_id) VALUES (%s::uuid, %s)", [op.uid, entry_id])
        batch.add(
            """INSERT INTO register_right (ba_unit_id, party_id, kind, share_numerator, share_denominator,
                 begin_entry_id)
               SELECT t.id, r.party_id, r.kind, r.share_numerator, r.share_denominator, t.begin_entry_id
               FROM register_baunit t, register_right r
               WHERE t.uid = %s::uuid AND r.ba_unit_id = %s AND r.end_entry_id IS NULL ORDER BY r.id""",
            [op.uid, op.title_id],
        )
        batch.add(
            """INSERT INTO register_restriction (ba_unit_id, parcel_uid, kind, reference, holder, begin_entry_id)
               SELECT t.id, on_part.parcel_uid, r.kind, r.reference, r.holder, t.begin_entry_id
               FROM register_baunit t, register_restriction r
               LEFT JOIN register_baunitparcel on_part
                 ON on_part.ba_unit_id = r.ba_unit_id AND on_part.parcel_uid = r.parcel_uid
                   AND on_part.end_entry_id IS NULL
               WHERE t.uid = %s::uuid AND r.ba_unit_id = %s AND r.end_entry_id IS NULL
                 AND (on_part.parcel_uid IS NULL OR on_part.parcel_uid = ANY(%s::uuid[])) ORDER BY r.id""",
            [op.uid, op.title_id, list(op.parcel_uids)],
        )
    ended = sorted({op.title_id for op in parts})
    for table in ("baunitparcel", "right", "restriction", "baunitsource") if ended else ():
        batch.add(
            f"UPDATE register_{table} SET end_entry_id = %s WHERE ba_unit_id = ANY(%s) AND end_entry_id IS NULL",
            [entry_id, ended],
        )
    if ended:
        batch.add("UPDATE register_baunit SET end_entry_id = %s WHERE id = ANY(%s)", [entry_id, ended])
    for op in parts:
        batch.add(
            """INSERT INTO register_baunitparcel (ba_unit_id, parcel_uid, begin_entry_id)
               SELECT t.id, u.uid, t.begin_entry_id
               FROM register_baunit t, unnest(%s::uuid[]) WITH ORDINALITY AS u(uid, n)
               WHERE t.uid = %s::uuid ORDER BY u.n""",
            [list(op.parcel_uids), op.uid],
        )


def _deeds(batch: _Batch, change_set: ChangeSet, entry_id: int) -> None:
    """Close deeds, record new ones, and keep what the registry answered."""
    for closed in change_set.of(EndDeed):
        batch.add(
            """UPDATE register_baunitsource SET end_entry_id = %s
               WHERE ba_unit_id = %s AND source_id = %s AND end_entry_id IS NULL""",
            [entry_id, closed.title_id, closed.deed_id],
        )
    for deed in change_set.of(RecordDeed):
        details = {"dated": deed.dated, "registry_no": deed.registry_no, "parcels": list(deed.parcel_uids)}
        batch.add(
            """WITH deed AS (
                 INSERT INTO register_source (kind, number, hijri_date, issuer, form, area_m2, is_valid, sha256,
                   details, entry_id)
                 VALUES ('deed', %s, %s, %s, %s, %s, true, '', %s, %s) RETURNING id)
               INSERT INTO register_baunitsource (ba_unit_id, source_id, begin_entry_id)
               SELECT t.id, deed.id, %s FROM deed, register_baunit t WHERE t.uid = %s::uuid""",
            [
                *(deed.number, deed.hijri_date, deed.issuer, deed.form, deed.area_m2),
                *(json.dumps(details), entry_id, entry_id, deed.title_uid),
            ],
        )
    for settled in change_set.of(SettleDeedChange):
        batch.add(
            "UPDATE register_pendingdeedchange SET state = %s, settled_by_id = %s WHERE id = %s",
            [settled.state, entry_id, settled.change_id],
        )
    batch.add_rows(
        "INSERT INTO register_pendingdeedchange (ba_unit_id, entry_id, state)",
        "(%s, %s, 'pending')",
        [(again.title_id, entry_id) for again in change_set.of(SendDeedAgain)],
    )


_TITLE = "(SELECT id FROM register_baunit WHERE uid = %s::uuid)"
_OF_A_TITLE = ("register_baunitparcel", "register_right", "register_restriction", "register_baunitsource")


def _end_joins(batch: _Batch, title_id: int, uids: Sequence[str], entry_id: int) -> None:
    batch.add(
        """UPDATE register_baunitparcel SET end_entry_id = %s
           WHERE ba_unit_id = %s AND parcel_uid = ANY(%s::uuid[]) AND end_entry_id IS NULL""",
        [entry_id, title_id, list(uids)],
    )


def _join(batch: _Batch, pairs: Sequence[tuple[int, str]], entry_id: int) -> None:
    batch.add_rows(
        "INSERT INTO register_baunitparcel (ba_unit_id, parcel_uid, begin_entry_id)",
        "(%s, %s::uuid, %s)",
        [(title_id, uid, entry_id) for title_id, uid in pairs],
    )


def _carry(batch: _Batch, op: CarryRestriction, entry_id: int) -> None:
    batch.add(
        """WITH ended AS (UPDATE register_restriction SET end_entry_id = %s WHERE id = %s AND end_entry_id IS NULL
                          RETURNING ba_unit_id, kind, reference, holder)
           INSERT INTO register_restriction (ba_unit_id, parcel_uid, kind, reference, holder, begin_entry_id)
           SELECT ba_unit_id, unnest(%s::uuid[]), kind, reference, holder, %s FROM ended""",
        [entry_id, op.restriction_id, list(op.to_uids), entry_id],
    )


def _begin_title(batch: _Batch, op: CreateTitle, entry_id: int) -> None:
    batch.add("INSERT INTO register_baunit (uid, begin_entry_id) VALUES (%s::uuid, %s)", [op.uid, entry_id])
    for right in op.rights:
        batch.add(
            f"""INSERT INTO register_right (ba_unit_id, party_id, kind, share_numerator, share_denominator,
                  begin_entry_id) VALUES ({_TITLE}, %s, %s, %s, %s, %s)""",
            [op.uid, right.party_id, right.kind, right.share.numerator, right.share.denominator, entry_id],
        )
    batch.add(
        f"""INSERT INTO register_baunitsource (ba_unit_id, source_id, begin_entry_id)
            SELECT {_TITLE}, unnest(%s::bigint[]), %s""",
        [op.uid, list(op.deed_ids), entry_id],
    )
    for taken in op.restrictions:
        batch.add(
            f"""INSERT INTO register_restriction (ba_unit_id, parcel_uid, kind, reference, holder, begin_entry_id)
                SELECT {_TITLE}, %s::uuid, kind, reference, holder, %s FROM register_restriction WHERE id = %s""",
            [op.uid, taken.parcel_uid, entry_id, taken.restriction_id],
        )


def _end_title(batch: _Batch, title_id: int, entry_id: int) -> None:
    for table in _OF_A_TITLE:
        batch.add(
            f"UPDATE {table} SET end_entry_id = %s WHERE ba_unit_id = %s AND end_entry_id IS NULL",
            [entry_id, title_id],
        )
    batch.add("UPDATE register_baunit SET end_entry_id = %s WHERE id = %s", [entry_id, title_id])
