"""Reading the register and the map: typed facts, read in a few queries, with no half-loaded row escaping."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from fractions import Fraction
from typing import Any

from django.conf import settings
from django.db import connections
from django.utils import timezone
from shapely.ops import unary_union

from land_services.domain import (
    DeedFact,
    Facts,
    FactsQuery,
    OpenCaseFact,
    ParcelFact,
    RestrictionFact,
    RightFact,
    StreetFact,
    TitleFact,
    ZoneFact,
)

from .adapters import from_db, simplest, to_db

__all__ = ["find_parcel", "load_facts", "parcel_history", "parcels_at", "titles_of"]

_PARCEL = """p.id, p.uid::text, p.plan_no, p.block_no, p.parcel_no, p.land_use, ST_AsBinary(p.geom),
    p.begin_lifespan_version, p.official_area_m2, p.surveyed_area_m2, p.calculated_area_m2,
    coalesce((SELECT coalesce(nullif(d.name_ar, ''), d.name_en) FROM layers_district d
              WHERE d.end_lifespan_version IS NULL AND d.geom && p.geom
                AND ST_Contains(d.geom, ST_PointOnSurface(p.geom)) ORDER BY d.id LIMIT 1), ''),
    p.building_area_m2, p.unit_count"""


def _rows(using: str, sql: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connections[using].cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())


def _parcel(row: tuple[Any, ...]) -> ParcelFact:
    version, uid, plan, block, number, use, geom, begin, official, surveyed, calculated, district, built, units = row
    geometry = simplest(from_db(geom))
    return ParcelFact(
        version=version,
        uid=uid,
        plan_no=plan,
        block_no=block,
        parcel_no=number,
        land_use=use,
        geometry=geometry,
        begin_lifespan_version=begin,
        official_area_m2=official,
        surveyed_area_m2=surveyed,
        calculated_area_m2=calculated,
        district=district,
        building_area_m2=built,
        unit_count=units,
        is_defective=geometry.geom_type != "Polygon",
    )


def load_facts(query: FactsQuery, *, using: str = "default") -> Facts:
    """Return the parcels asked for, in order, with everything within ``buffer_m`` metres of them, as it is now.

    The number of queries does not depend on how many parcels there are.
    """
    at = timezone.now()
    found = {
        fact.uid: fact
        for fact in map(
            _parcel,
            _rows(
                using,
                f"SELECT {_PARCEL} FROM layers_parcel p WHERE p.uid = ANY(%s::uuid[]) AND p.end_lifespan_version IS NULL",
                [[uid for uid in query.parcel_uids if _is_uuid(uid)]],
            ),
        )
    }
    parcels = tuple(found[uid] for uid in query.parcel_uids if uid in found)
    missing = tuple(uid for uid in query.parcel_uids if uid not in found)
    if not parcels:
        return Facts(at=at, parcels=(), missing_uids=missing, storage_srid=settings.STORAGE_SRID)
    land = to_db(unary_union([parcel.geometry for parcel in parcels]))
    around = [land, land, query.buffer_m]
    own = [parcel.version for parcel in parcels]
    neighbours = _rows(
        using,
        f"""SELECT {_PARCEL} FROM layers_parcel p
            WHERE p.end_lifespan_version IS NULL AND p.geom && ST_Expand(%s::geometry, %s)
              AND ST_DWithin(p.geom, %s::geometry, %s) AND p.id <> ALL(%s) ORDER BY p.id""",
        [land, query.buffer_m, land, query.buffer_m, own],
    )
    numbers = _rows(
        using,
        """SELECT DISTINCT p.parcel_no FROM layers_parcel p WHERE p.end_lifespan_version IS NULL
           AND (p.plan_no, p.block_no) IN (SELECT DISTINCT o.plan_no, o.block_no FROM layers_parcel o WHERE o.id = ANY(%s))""",
        [own],
    )
    return Facts(
        at=at,
        parcels=parcels,
        neighbours=tuple(map(_parcel, neighbours)),
        streets=_streets(around, using),
        zones=_zones(land, using),
        titles=titles_of([parcel.uid for parcel in parcels], using=using),
        missing_uids=missing,
        sibling_numbers=frozenset(number for (number,) in numbers),
        open_cases=_open_cases(land, using),
        municipality=_municipality(land, using),
        storage_srid=settings.STORAGE_SRID,
    )


def _streets(around: list[Any], using: str) -> tuple[StreetFact, ...]:
    land, _, buffer_m = around
    rows = _rows(
        using,
        """SELECT s.id, s.name_ar, s.name_en, s.width_m, s.road_class, ST_AsBinary(s.right_of_way), ST_AsBinary(s.geom)
           FROM layers_street s WHERE s.end_lifespan_version IS NULL
             AND (s.right_of_way && ST_Expand(%s::geometry, %s) AND ST_DWithin(s.right_of_way, %s::geometry, %s)
                  OR s.right_of_way IS NULL AND s.geom && ST_Expand(%s::geometry, %s)
                     AND ST_DWithin(s.geom, %s::geometry, %s + coalesce(s.width_m, 0)))
           ORDER BY s.id""",
        [land, buffer_m, land, buffer_m, land, buffer_m + 60, land, buffer_m],
    )
    return tuple(
        StreetFact(id, ar, en, float(width or 0), kind, simplest(from_db(row)) if row else None, from_db(line))
        for id, ar, en, width, kind, row, line in rows
    )


def _zones(land: str, using: str) -> tuple[ZoneFact, ...]:
    rows = _rows(
        using,
        """SELECT z.id, z.code, z.kind, z.name_ar, z.name_en, ST_AsBinary(z.geom) FROM layers_zone z
           WHERE z.end_lifespan_version IS NULL AND z.kind <> 'municipality' AND ST_Intersects(z.geom, %s::geometry)
           ORDER BY z.id""",
        [land],
    )
    return tuple(ZoneFact(id, code, kind, ar, en, simplest(from_db(geom))) for id, code, kind, ar, en, geom in rows)


def _municipality(land: str, using: str) -> Any:
    """The municipality's outline where the land lies, or, if none holds it, the union of all; None if none is loaded."""
    rows = _rows(
        using,
        """SELECT ST_AsBinary(ST_Union(z.geom)) FROM layers_zone z
           WHERE z.end_lifespan_version IS NULL AND z.kind = 'municipality'""",
        [],
    )
    return from_db(rows[0][0]) if rows else None


def _open_cases(land: str, using: str) -> tuple[OpenCaseFact, ...]:
    rows = _rows(
        using,
        """SELECT o.reference, o.service, ST_AsBinary(o.geom) FROM layers_publicoutline o
           WHERE o.closed_at IS NULL AND ST_Intersects(o.geom, %s::geometry) AND NOT ST_Touches(o.geom, %s::geometry)
           ORDER BY o.reference""",
        [land, land],
    )
    return tuple(OpenCaseFact(reference, service, from_db(geom)) for reference, service, geom in rows)


def titles_of(uids: Iterable[str], *, using: str = "default") -> tuple[TitleFact, ...]:
    """Return the current titles that join any of the parcels, with rights, deeds and restrictions; no names."""
    ids = [
        row[0]
        for row in _rows(
            using,
            """SELECT DISTINCT j.ba_unit_id FROM register_baunitparcel j
               WHERE j.parcel_uid = ANY(%s::uuid[]) AND j.end_entry_id IS NULL ORDER BY 1""",
            [list(uids)],
        )
    ]
    if not ids:
        return ()
    rows = _rows(
        using,
        """SELECT t.id, t.uid::text,
             (SELECT coalesce(jsonb_agg(j.parcel_uid ORDER BY j.id), '[]') FROM register_baunitparcel j
              WHERE j.ba_unit_id = t.id AND j.end_entry_id IS NULL),
             (SELECT coalesce(jsonb_agg(jsonb_build_array(r.id, r.kind, r.party_id, r.share_numerator, r.share_denominator)
                                        ORDER BY r.id), '[]') FROM register_right r
              WHERE r.ba_unit_id = t.id AND r.end_entry_id IS NULL),
             (SELECT coalesce(jsonb_agg(jsonb_build_array(x.id, x.kind, x.reference, x.holder, x.parcel_uid) ORDER BY x.id), '[]')
              FROM register_restriction x WHERE x.ba_unit_id = t.id AND x.end_entry_id IS NULL),
             EXISTS (SELECT FROM register_pendingdeedchange c WHERE c.ba_unit_id = t.id AND c.state = 'pending')
           FROM register_baunit t WHERE t.id = ANY(%s) AND t.end_entry_id IS NULL ORDER BY t.id""",
        [ids],
    )
    # jsonb comes as text: Django leaves its reading to JSONField.
    rows = [(id, uid_, *map(json.loads, lists), waiting) for id, uid_, *lists, waiting in rows]
    deeds: dict[int, list[DeedFact]] = {}
    pending = {row[0]: row[5] for row in rows}
    for title, *deed in _rows(
        using,
        """SELECT b.ba_unit_id, s.id, s.number, s.hijri_date, s.issuer, s.form, s.area_m2, s.is_valid
           FROM register_baunitsource b JOIN register_source s ON s.id = b.source_id
           WHERE b.ba_unit_id = ANY(%s) AND b.end_entry_id IS NULL AND s.kind = 'deed' ORDER BY s.id""",
        [ids],
    ):
        number, key, hijri, issuer, form, area, valid = deed[1], deed[0], deed[2], deed[3], deed[4], deed[5], deed[6]
        deeds.setdefault(title, []).append(
            DeedFact(key, number, hijri, issuer, form or "paper", area, valid, pending.get(title, False))
        )
    return tuple(
        TitleFact(
            id=id,
            uid=uid,
            parcel_uids=tuple(joined),
            rights=tuple(RightFact(r, kind, party, Fraction(n, d)) for r, kind, party, n, d in rights),
            deeds=tuple(deeds.get(id, ())),
            restrictions=tuple(RestrictionFact(r, kind, ref, holder, uid_) for r, kind, ref, holder, uid_ in limits),
        )
        for id, uid, joined, rights, limits, _ in rows
    )


def find_parcel(text: str, *, using: str = "default") -> list[str]:
    """Return the uids of current parcels that ``UID`` or ``PLAN/BLOCK/PARCEL`` names; several where a number is repeated.

    The text is cut at the first two "/"; a "/" inside plan or block is written ``%2F``, an absent one ``-``.

    Raises
    ------
    ValueError
        If the text is neither a uid nor has three parts.
    """
    plain = text.strip()
    pieces = plain.split("/", 2)
    if len(pieces) == 1:
        rows = _rows(
            using,
            "SELECT uid::text FROM layers_parcel WHERE uid = %s::uuid AND end_lifespan_version IS NULL",
            [_uuid(plain)],
        )
    elif len(pieces) == 3:
        plan, block = ("" if p == "-" else p.replace("%2F", "/").replace("%2f", "/") for p in pieces[:2])
        rows = _rows(
            using,
            """SELECT uid::text FROM layers_parcel
               WHERE plan_no = %s AND block_no = %s AND parcel_no = %s AND end_lifespan_version IS NULL ORDER BY id""",
            [plan, block, pieces[2]],
        )
    else:
        raise ValueError(f"{text!r} is neither a uid nor PLAN/BLOCK/PARCEL")
    return [row[0] for row in rows]


def _is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


def _uuid(text: str) -> str:
    try:
        return str(uuid.UUID(text))
    except ValueError:
        raise ValueError(f"{text!r} is neither a uid nor PLAN/BLOCK/PARCEL") from None


def parcels_at(
    at: datetime, *, bounds: tuple[float, float, float, float] | None = None, using: str = "default"
) -> list[ParcelFact]:
    """Return the parcels as they stood at a moment, optionally within bounds (storage CRS: west, south, east, north)."""
    box = ""
    params: list[Any] = [at, at, at]
    if bounds is not None:
        box = "AND p.geom && ST_MakeEnvelope(%s, %s, %s, %s, %s)"
        envelope = [*bounds, settings.STORAGE_SRID]
        params = [at, *envelope, at, at, *envelope]
    sql = f"""
        SELECT {_PARCEL} FROM layers_parcel p
        WHERE p.end_lifespan_version IS NULL AND p.begin_lifespan_version <= %s {box}
        UNION ALL
        SELECT {_PARCEL} FROM layers_parcel p
        WHERE p.end_lifespan_version > %s AND p.begin_lifespan_version <= %s {box} ORDER BY 1"""
    return [_parcel(row) for row in _rows(using, sql, params)]


def parcel_history(uid: str, *, using: str = "default") -> list[dict[str, Any]]:
    """Return every version of a parcel, oldest first, with the entries that began and ended it, its parents and children."""
    rows = _rows(
        using,
        """SELECT p.id, p.plan_no, p.block_no, p.parcel_no, p.land_use, p.official_area_m2, p.surveyed_area_m2,
                  p.calculated_area_m2, p.begin_lifespan_version, p.end_lifespan_version, ST_AsBinary(p.geom),
                  b.service, b.reference, e.service, e.reference,
                  ARRAY(SELECT l.parent_uid::text FROM register_lineage l WHERE l.child_uid = p.uid AND l.entry_id = p.begin_entry_id),
                  ARRAY(SELECT l.child_uid::text FROM register_lineage l WHERE l.parent_uid = p.uid AND l.entry_id = p.end_entry_id)
           FROM layers_parcel p JOIN register_registerentry b ON b.id = p.begin_entry_id
           LEFT JOIN register_registerentry e ON e.id = p.end_entry_id
           WHERE p.uid = %s::uuid ORDER BY p.begin_lifespan_version""",
        [_uuid(uid)],
    )
    names = (
        "version plan_no block_no parcel_no land_use official_area_m2 surveyed_area_m2 calculated_area_m2 begin end geometry "
        "begun_by_service begun_by_reference ended_by_service ended_by_reference parents children"
    ).split()
    history = [dict(zip(names, row, strict=True)) for row in rows]
    for version in history:
        version["geometry"] = simplest(from_db(version["geometry"]))
    return history
