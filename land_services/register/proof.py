"""``audit_register``: promises 1 to 3 proven from the stored data alone.

The proof shares the precision module with the guard and nothing else: coverage and balance are recomputed by the
geometry kernel, lifespans and shares by queries of their own, the chain by hashing the stored rows again. Everything is
read in one snapshot, piece by piece.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import shapely
from django.db import connections, transaction
from django.utils import timezone
from shapely import STRtree

from land_services.geometry.balance import chain_residual
from land_services.geometry.coverage import Fault, fresh_faults
from land_services.precision import COVERAGE_WIDTH_M, GRID_M
from layers import audit

from .adapters import from_db, simplest, to_db
from .load import COVERAGE_KINDS
from .proof_loadings import loading_faults
from .tiling import MARGIN_M, Tile, tile_faults, tiles

__all__ = ["audit_register"]

MOST_FAULTS = 1000
"""How many faults of a promise are listed; all are counted."""

SNAPSHOT = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
CURRENT = "end_lifespan_version IS NULL"
Progress = Callable[[str, int, int], None]
Faults = list[dict[str, Any]]


def _silent(stage: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


def audit_register(*, using: str = "default", progress: Progress = _silent) -> dict[str, Any]:
    """Prove the register and return what ``audit_register --json`` prints; ``ok`` is False where a promise fails."""
    with transaction.atomic(using=using):
        with connections[using].cursor() as cursor:
            cursor.execute(SNAPSHOT)
            cursor.execute(
                f"""SELECT (SELECT count(*) FROM layers_parcel WHERE {CURRENT}),
                           (SELECT count(*) FROM register_registerentry)"""
            )
            parcels, entries = cursor.fetchone()
        promises = {
            "coverage": _coverage(using, parcels, progress),
            "balance": _verdict(_balance(using, entries, progress)),
            "shares": _verdict(_shares(using)),
            "lifespans": _verdict(_lifespans(using)),
            "chain": _chain(using, progress),
        }
    return {
        "ok": all(promise["ok"] for promise in promises.values()),
        "at": timezone.now().isoformat(),
        "parcels": parcels,
        "entries": entries,
        "promises": promises,
    }


def _verdict(faults: Iterator[dict[str, Any]]) -> dict[str, Any]:
    listed: Faults = []
    count = 0
    for fault in faults:
        count += 1
        if len(listed) < MOST_FAULTS:
            listed.append(fault)
    return {"ok": count == 0, "faults": listed, "count": count}


def _rows(using: str, sql: str, params: Any = None) -> list[tuple[Any, ...]]:
    with connections[using].cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())


# Promise 1: the coverage


def _coverage(using: str, parcels: int, progress: Progress) -> dict[str, Any]:
    faults: Faults = []
    count = known = looked_at = 0
    for tile, size in tiles(using, "layers_parcel", CURRENT):
        listed = _KnownDefects(using, tile)
        found = tile_faults(using, "layers_parcel", CURRENT, tile)
        unlisted = [(fault, uids) for fault, uids in found if not listed.covers(fault)]
        fresh = _since_loading(using, unlisted)
        known += len(found) - len(fresh)
        count += len(fresh)
        for fault, uids in fresh[: MOST_FAULTS - len(faults)]:
            where = shapely.to_wkt(fault.where, rounding_precision=4)
            faults.append({"kind": fault.kind, "parcels": uids, "size": fault.size, "where": where})
        looked_at += size
        progress("coverage", min(looked_at, parcels), parcels)
    return {"ok": count == 0, "faults": faults, "count": count, "known": known}


def _since_loading(using: str, unlisted: list[tuple[Fault, list[str]]]) -> list[tuple[Fault, list[str]]]:
    """Return the faults that the land did not have when it was loaded.

    A change that touches a known gap or overlap describes it anew (one more vertex on its edge, one outline for two),
    so that its place is not the listed one. Then the outlines of the loading decide, read again from the versions: but
    only where a defect is listed between those parcels and one of them has a later version, so that an outline
    changed behind the guard's back excuses nothing.
    """
    if not unlisted:
        return []
    reach = [to_db(shapely.buffer(shapely.envelope(fault.where), MARGIN_M)) for fault, _ in unlisted]
    loaded = _rows(
        using,
        """SELECT DISTINCT p.uid::text, ST_AsBinary(p.geom), p.end_lifespan_version IS NULL
           FROM unnest(%s::geometry[]) AS f(place)
           JOIN layers_parcel p ON p.geom && f.place
           JOIN register_registerentry e ON e.id = p.begin_entry_id AND e.service = 'load'""",
        [reach],
    )
    uids, land = [uid for uid, _, _ in loaded], [from_db(geom) for _, geom, _ in loaded]
    untouched = {uid for uid, _, is_current in loaded if is_current}
    listed = [
        set(json.loads(told) if isinstance(told, str) else told)
        for (told,) in _rows(
            using,
            "SELECT uids FROM register_defect WHERE kind = ANY(%s) AND jsonb_exists_any(uids, %s)",
            [list(COVERAGE_KINDS), uids],
        )
    ]
    fresh = {id(fault) for fault in fresh_faults([fault for fault, _ in unlisted], land)}
    tree = STRtree(land)

    def is_listed(fault: Fault) -> bool:
        beside = {uids[i] for i in tree.query(fault.where, predicate="dwithin", distance=2 * GRID_M)}
        return any(pair <= beside for pair in listed)

    return [
        (fault, who)
        for fault, who in unlisted
        if id(fault) in fresh or untouched.issuperset(who) or not is_listed(fault)
    ]


class _KnownDefects:
    """The defects that the fabric came with, in and around a tile."""

    def __init__(self, using: str, tile: Tile) -> None:
        rows = _rows(
            using,
            """SELECT kind, ST_AsBinary(geom) FROM register_defect
               WHERE geom && ST_MakeEnvelope(%s, %s, %s, %s, (SELECT Find_SRID('public', 'layers_parcel', 'geom')))
                 AND kind = ANY(%s)""",
            [tile.west - 50, tile.south - 50, tile.east + 50, tile.north + 50, list(COVERAGE_KINDS)],
        )
        self._kinds = [kind for kind, _ in rows]
        self._places = [from_db(geom) for _, geom in rows]
        self._tree = STRtree(self._places)

    def covers(self, fault: Fault) -> bool:
        """Return True if the fault lies, but for rounding, where one of its kind was listed at the loading."""
        near = self._tree.query(fault.where, predicate="dwithin", distance=COVERAGE_WIDTH_M)
        same = [self._places[i] for i in near if self._kinds[i] == fault.kind]
        if not same:
            return False
        rest = shapely.difference(fault.where, shapely.buffer(shapely.union_all(same), COVERAGE_WIDTH_M))
        return bool(rest.is_empty)


def _balance(using: str, entries: int, progress: Progress) -> Iterator[dict[str, Any]]:
    """Land of every entry: what ended and was acquired against what began and was released."""
    keys = _rows(using, "SELECT id, service, reference FROM register_registerentry WHERE service <> 'load' ORDER BY id")
    for n, (entry, service, reference) in enumerate(keys, start=1):
        land = _rows(
            using,
            """SELECT 'ended', ST_AsBinary(geom) FROM layers_parcel WHERE end_entry_id = %s
               UNION ALL SELECT 'begun', ST_AsBinary(geom) FROM layers_parcel WHERE begin_entry_id = %s
               UNION ALL SELECT kind, ST_AsBinary(geom) FROM register_landmovement WHERE entry_id = %s""",
            [entry, entry, entry],
        )
        pieces: dict[str, list[Any]] = {"ended": [], "begun": [], "acquired": [], "released": []}
        for kind, geom in land:
            pieces[kind].append(simplest(from_db(geom)))
        residue = chain_residual(pieces["ended"], pieces["begun"], pieces["acquired"], pieces["released"])
        if residue:
            where = shapely.to_wkt(shapely.union_all(residue), rounding_precision=4)
            yield {"entry": entry, "service": service, "reference": reference, "sides": len(residue), "where": where}
        if n % 200 == 0:
            progress("balance", n, len(keys))


# Promise 3: shares, lifespans, chain


def _shares(using: str) -> Iterator[dict[str, Any]]:
    for title, numerator, denominator in _rows(
        using,
        """SELECT t.id, coalesce(s.total[1], 0), coalesce(s.total[2], 1) FROM register_baunit t
           LEFT JOIN (SELECT ba_unit_id, register_sum_shares(share_numerator, share_denominator) AS total
             FROM register_right
                      WHERE kind = 'ownership' AND end_entry_id IS NULL GROUP BY ba_unit_id) AS s ON s.ba_unit_id = t.id
           WHERE (t.end_entry_id IS NULL) <> (coalesce(s.total, '{0,1}') = ARRAY[1, 1]::numeric[]) ORDER BY t.id""",
    ):
        yield {"title": title, "shares": f"{numerator}/{denominator}"}
    for title, uid in _rows(
        using,
        f"""SELECT j.ba_unit_id, j.parcel_uid::text FROM register_baunitparcel j WHERE j.end_entry_id IS NULL
            AND NOT EXISTS (SELECT FROM layers_parcel p WHERE p.uid = j.parcel_uid AND p.{CURRENT})""",
    ):
        yield {"title": title, "parcel": uid, "reason": "the title joins a parcel that is not current"}
    for reason, sql in _DEEDS.items():
        for (title,) in _rows(using, sql):
            yield {"title": title, "reason": reason}


_DEEDS = {
    "the registry confirmed it, and it has no valid deed": """
        SELECT t.id FROM register_baunit t WHERE t.end_entry_id IS NULL AND EXISTS (
            SELECT FROM register_pendingdeedchange c JOIN register_baunit o ON o.id = c.ba_unit_id
            WHERE c.state = 'confirmed' AND (c.ba_unit_id = t.id OR c.settled_by_id = t.begin_entry_id))
          AND NOT EXISTS (SELECT FROM register_baunitsource b JOIN register_source s ON s.id = b.source_id
            WHERE b.ba_unit_id = t.id AND b.end_entry_id IS NULL AND s.kind = 'deed' AND s.is_valid) ORDER BY t.id""",
    "it ended while its deed waited for the registry": """
        SELECT t.id FROM register_baunit t JOIN register_pendingdeedchange c ON c.ba_unit_id = t.id
        WHERE t.end_entry_id IS NOT NULL AND c.state = 'pending' ORDER BY t.id""",
    "the change of its deed is settled otherwise than its entry says": """
        SELECT c.ba_unit_id FROM register_pendingdeedchange c JOIN register_registerentry e ON e.id = c.settled_by_id
        WHERE NOT EXISTS (SELECT FROM jsonb_array_elements(CASE jsonb_typeof(e.change_set -> 'operations')
            WHEN 'array' THEN e.change_set -> 'operations' ELSE '[]' END) AS o(op) WHERE op ->> 'op' = 'settle_deed'
              AND op ->> 'change_id' = c.id::text AND op ->> 'state' = c.state) ORDER BY c.id""",
    "a deed is of it and was recorded before by the same number, issuer and date": """
        SELECT b.ba_unit_id FROM register_source s
        JOIN register_registerentry e ON e.id = s.entry_id AND e.service <> 'load'
        JOIN register_source o ON o.kind = 'deed' AND o.number = s.number AND o.id < s.id
          AND o.issuer = s.issuer AND o.hijri_date = s.hijri_date
        JOIN register_baunitsource b ON b.source_id = s.id WHERE s.kind = 'deed' ORDER BY s.id""",
}


_LIFESPANS = {
    "two versions of one parcel overlap in time": """
        SELECT uid::text FROM (SELECT uid, begin_lifespan_version AS begun,
            lag(coalesce(end_lifespan_version, 'infinity')) OVER (PARTITION BY uid
            ORDER BY begin_lifespan_version) AS before
            FROM layers_parcel) AS v WHERE before > begun""",
    "a version does not begin or end with its entry": """
        SELECT p.uid::text FROM layers_parcel p JOIN register_registerentry b ON b.id = p.begin_entry_id
        LEFT JOIN register_registerentry e ON e.id = p.end_entry_id
        WHERE p.begin_lifespan_version <> b.at OR p.end_lifespan_version IS DISTINCT FROM e.at""",
    "a parcel was created without parents or acquired land": """
        SELECT p.uid::text FROM layers_parcel p
          JOIN register_registerentry b ON b.id = p.begin_entry_id AND b.service <> 'load'
        WHERE NOT EXISTS (SELECT FROM layers_parcel o WHERE o.end_entry_id = b.id AND o.uid = p.uid)
          AND NOT EXISTS (SELECT FROM register_lineage l WHERE l.entry_id = b.id AND l.child_uid = p.uid)
          AND NOT EXISTS (SELECT FROM register_landmovement m WHERE m.entry_id = b.id AND m.kind = 'acquired')""",
    "a parcel ended without children or released land": """
        SELECT p.uid::text FROM layers_parcel p JOIN register_registerentry e ON e.id = p.end_entry_id
        WHERE NOT EXISTS (SELECT FROM layers_parcel n WHERE n.begin_entry_id = e.id AND n.uid = p.uid)
          AND NOT EXISTS (SELECT FROM register_lineage l WHERE l.entry_id = e.id AND l.parent_uid = p.uid)
          AND NOT EXISTS (SELECT FROM register_landmovement m WHERE m.entry_id = e.id AND m.kind = 'released')""",
    "an entry cites no source": """
        SELECT e.id::text FROM register_registerentry e
        WHERE NOT EXISTS (SELECT FROM register_source s WHERE s.entry_id = e.id)""",
}


def _lifespans(using: str) -> Iterator[dict[str, Any]]:
    for reason, sql in _LIFESPANS.items():
        for (subject,) in _rows(using, sql):
            yield {"subject": subject, "reason": reason}


def _chain(using: str, progress: Progress) -> dict[str, Any]:
    verdict = _verdict(_chain_faults(using, progress))
    return {**verdict, "unsealed": audit.unsealed(using=using)}


_VERSIONS_UNTOLD = """
    WITH told AS MATERIALIZED (
        SELECT (payload ->> 'entry')::bigint AS entry_id, sum(CASE action
            WHEN 'register.load' THEN (payload ->> 'parcels')::bigint
            WHEN 'register.apply' THEN (SELECT count(*) FROM jsonb_object_keys(
                CASE jsonb_typeof(payload -> 'begun') WHEN 'object' THEN payload -> 'begun' ELSE '{}' END))
            ELSE 0 END) AS n
        FROM layers_auditrow WHERE action IN ('register.apply', 'register.load', 'register.titles') GROUP BY 1
    ), held AS MATERIALIZED (SELECT begin_entry_id AS entry_id, count(*) AS n FROM layers_parcel GROUP BY 1)
    SELECT e.id, e.service, held.n, told.n FROM register_registerentry e
    JOIN told ON told.entry_id = e.id JOIN held ON held.entry_id = e.id WHERE held.n > told.n ORDER BY e.id"""
"""Entries that began more versions than the audit tells of."""


def _chain_faults(using: str, progress: Progress) -> Iterator[dict[str, Any]]:
    for fault in audit.verify_chain(using=using):
        yield {"sequence": fault.sequence, "row": fault.row_id, "reason": fault.reason}
    for entry, service in _rows(
        using,
        """SELECT e.id, e.service FROM register_registerentry e WHERE NOT EXISTS (
             SELECT FROM layers_auditrow a WHERE a.action IN ('register.apply', 'register.load', 'register.titles')
               AND (a.payload ->> 'entry')::bigint = e.id)""",
    ):
        yield {"entry": entry, "reason": f"no audit row tells of this {service} entry"}
    yield from _told_otherwise(using)
    yield from loading_faults(using, progress)
    for entry, service, held, told in _rows(using, _VERSIONS_UNTOLD):
        reason = f"of the {held} parcel versions that this {service} entry began are {held - told}"
        yield {"entry": entry, "reason": f"{reason} that the audit does not tell of"}
    for row, version, reason in _rows(
        using,
        """SELECT a.id, b.key, CASE WHEN p.id IS NULL THEN 'is missing' ELSE 'was changed' END
           FROM layers_auditrow a, jsonb_each_text(a.payload -> 'begun') AS b
           LEFT JOIN layers_parcel p ON p.id = b.key::bigint
           WHERE a.action = 'register.apply' AND jsonb_typeof(a.payload -> 'begun') = 'object'
             AND (p.id IS NULL OR register_version_digest(p) <> b.value)""",
    ):
        yield {"row": row, "version": int(version), "reason": f"the parcel version {reason} after it was written"}


_TOLD = {
    "an entry, or what belongs to it, was changed after it was written": """
        SELECT a.id, a.payload -> 'entry' FROM layers_auditrow a WHERE a.action = 'register.apply'
          AND a.payload ->> 'digest' IS DISTINCT FROM register_entry_digest((a.payload ->> 'entry')::bigint)""",
    "the end of a parcel version was changed after it was written": """
        SELECT a.id, a.payload -> 'entry' FROM layers_auditrow a WHERE a.action = 'register.apply'
          AND coalesce(nullif(a.payload -> 'ended', 'null'), '[]') <> coalesce((SELECT jsonb_agg(p.id ORDER BY p.id)
            FROM layers_parcel p WHERE p.end_entry_id = (a.payload ->> 'entry')::bigint
              AND p.end_lifespan_version IS NOT NULL), '[]')""",
}


def _told_otherwise(using: str) -> Iterator[dict[str, Any]]:
    """Yield entries that are not what their audit rows say."""
    for reason, sql in _TOLD.items():
        for row, entry in _rows(using, sql):
            yield {"row": row, "entry": int(entry), "reason": reason}
