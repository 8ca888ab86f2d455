"""Reading the register and the map: typed facts, read in a few queries, with no half-loaded row escaping."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
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
from layers.digits import digit_variants, to_latin_digits, without_marks

from .adapters import from_db, simplest, to_db

__all__ = ["entries_of", "find_parcel", "held", "load_facts", "numbers_of", "parcel_history", "parcels_at", "titles_of"]

WIDEST_STREET_M = 120


def _rows(using: str, sql: str, params: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connections[using].cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())


def _versions(table: str, at: datetime | None) -> str:
    """Return the FROM item of the versions that are current, or were at ``%(at)s``; each part by the index that holds
    it.
    """
    if at is None:
        return f"(SELECT * FROM {table} WHERE end_lifespan_version IS NULL)"
    return f"""(SELECT * FROM {table} WHERE end_lifespan_version IS NULL AND begin_lifespan_version <= %(at)s
                UNION ALL
                SELECT * FROM {table} WHERE end_lifespan_version > %(at)s AND begin_lifespan_version <= %(at)s)"""


def held(alias: str, at: datetime | None) -> str:
    """Return the condition that a row of titles, rights or deeds is current, or was at ``%(at)s``."""
    if at is None:
        return f"{alias}.end_entry_id IS NULL"
    return f"""(SELECT at FROM register_registerentry WHERE id = {alias}.begin_entry_id) <= %(at)s
        AND ({alias}.end_entry_id IS NULL
             OR (SELECT at FROM register_registerentry WHERE id = {alias}.end_entry_id) > %(at)s)"""


def _last_change(title: str, at: datetime | None) -> str:
    """Return the query of how the last change of a title's deed stands, or stood at ``%(at)s``; a pending one goes
    first.
    """
    state = "c.state" if at is None else "CASE WHEN s.at <= %(at)s THEN c.state ELSE 'pending' END"
    begun = "" if at is None else "AND e.at <= %(at)s"
    return f"""SELECT {state} FROM register_pendingdeedchange c
        JOIN register_registerentry e ON e.id = c.entry_id LEFT JOIN register_registerentry s ON s.id = c.settled_by_id
        WHERE c.ba_unit_id = {title} {begun} ORDER BY {state} = 'pending' DESC, c.id DESC LIMIT 1"""


def _parcel_columns(at: datetime | None) -> str:
    return f"""p.id, p.uid::text, p.plan_no, p.block_no, p.parcel_no, p.land_use, ST_AsBinary(p.geom),
        p.begin_lifespan_version, p.official_area_m2, p.surveyed_area_m2, p.calculated_area_m2,
        coalesce((SELECT coalesce(nullif(d.name_ar, ''), d.name_en) FROM {_versions("layers_district", at)} d
                  WHERE d.geom && p.geom AND ST_Contains(d.geom, ST_PointOnSurface(p.geom)) ORDER BY d.id LIMIT 1), ''),
        p.building_area_m2, p.unit_count"""


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


def load_facts(query: FactsQuery, *, at: datetime | None = None, using: str = "default") -> Facts:
    """Return the parcels asked for, in order, with everything within ``buffer_m`` metres of them.

    The number of queries does not depend on how many parcels there are.

    Parameters
    ----------
    query : FactsQuery
        Uids (texts that are none count as missing) and how far around to look.
    at : datetime, optional
        A moment of the past; now, if not given.
    using : str
        Database alias.
    """
    reading = _Reading(at, using)
    parcels, missing = reading.parcels(query.parcel_uids)
    if not parcels:
        return Facts(at=reading.moment, parcels=(), missing_uids=missing, storage_srid=settings.STORAGE_SRID)
    land = to_db(unary_union([parcel.geometry for parcel in parcels]))
    own = [parcel.version for parcel in parcels]
    return Facts(
        at=reading.moment,
        parcels=parcels,
        neighbours=reading.neighbours(land, query.buffer_m, own),
        streets=reading.streets(land, query.buffer_m),
        zones=reading.zones(land),
        titles=titles_of([parcel.uid for parcel in parcels], at=at, using=using),
        missing_uids=missing,
        sibling_numbers=reading.sibling_numbers(own),
        open_cases=reading.open_cases(land),
        municipality=reading.municipality(),
        storage_srid=settings.STORAGE_SRID,
    )


class _Reading:
    """The queries behind ``load_facts``, at one moment."""

    def __init__(self, at: datetime | None, using: str) -> None:
        self.at = at
        self.moment = at or timezone.now()
        self.using = using

    def _rows(self, sql: str, **params: Any) -> list[tuple[Any, ...]]:
        return _rows(self.using, sql, {"at": self.at, **params})

    def parcels(self, wanted: Sequence[str]) -> tuple[tuple[ParcelFact, ...], tuple[str, ...]]:
        rows = self._rows(
            f"""SELECT {_parcel_columns(self.at)} FROM unnest(%(uids)s::uuid[]) AS u(wanted)
                JOIN {_versions("layers_parcel", self.at)} p ON p.uid = u.wanted""",
            uids=[uid for uid in dict.fromkeys(wanted) if _is_uuid(uid)],
        )
        found = {fact.uid: fact for fact in map(_parcel, rows)}
        return tuple(found[u] for u in wanted if u in found), tuple(u for u in wanted if u not in found)

    def neighbours(self, land: str, buffer_m: float, own: list[int]) -> tuple[ParcelFact, ...]:
        rows = self._rows(
            f"""SELECT {_parcel_columns(self.at)} FROM {_versions("layers_parcel", self.at)} p
                WHERE p.geom && ST_Expand(%(land)s::geometry, %(buffer)s)
                  AND ST_DWithin(p.geom, %(land)s::geometry, %(buffer)s) AND p.id <> ALL(%(own)s) ORDER BY p.id""",
            land=land,
            buffer=buffer_m,
            own=own,
        )
        return tuple(map(_parcel, rows))

    def sibling_numbers(self, own: list[int]) -> frozenset[str]:
        rows = self._rows(
            f"""SELECT DISTINCT p.parcel_no FROM (
                    SELECT DISTINCT plan_no, block_no FROM layers_parcel WHERE id = ANY(%(own)s)) AS o
                JOIN {_versions("layers_parcel", self.at)} p ON p.plan_no = o.plan_no AND p.block_no = o.block_no""",
            own=own,
        )
        return frozenset(number for (number,) in rows)

    def streets(self, land: str, buffer_m: float) -> tuple[StreetFact, ...]:
        rows = self._rows(
            f"""SELECT s.id, s.name_ar, s.name_en, s.width_m, s.road_class, ST_AsBinary(s.right_of_way),
                  ST_AsBinary(s.geom)
                FROM {_versions("layers_street", self.at)} s
                WHERE s.right_of_way && ST_Expand(%(land)s::geometry, %(buffer)s)
                  AND ST_DWithin(s.right_of_way, %(land)s::geometry, %(buffer)s)
                UNION ALL
                SELECT s.id, s.name_ar, s.name_en, s.width_m, s.road_class, NULL, ST_AsBinary(s.geom)
                FROM {_versions("layers_street", self.at)} s
                WHERE s.right_of_way IS NULL AND s.geom && ST_Expand(%(land)s::geometry, %(buffer)s + %(widest)s)
                  AND ST_DWithin(s.geom, %(land)s::geometry, %(buffer)s + coalesce(s.width_m, 0) / 2)
                ORDER BY 1""",
            land=land,
            buffer=buffer_m,
            widest=WIDEST_STREET_M / 2,
        )
        return tuple(
            StreetFact(id, ar, en, float(width or 0), kind, simplest(from_db(row)) if row else None, from_db(line))
            for id, ar, en, width, kind, row, line in rows
        )

    def zones(self, land: str) -> tuple[ZoneFact, ...]:
        rows = self._rows(
            f"""SELECT z.id, z.code, z.kind, z.name_ar, z.name_en, ST_AsBinary(z.geom)
                FROM {_versions("layers_zone", self.at)} z
                WHERE z.kind <> 'municipality' AND ST_Intersects(z.geom, %(land)s::geometry) ORDER BY z.id""",
            land=land,
        )
        return tuple(ZoneFact(id, code, kind, ar, en, simplest(from_db(geom))) for id, code, kind, ar, en, geom in rows)

    def municipality(self) -> Any:
        """The municipality's outline, the union where there are several; None if none is loaded."""
        rows = self._rows(
            f"""SELECT ST_AsBinary(ST_Union(z.geom)) FROM {_versions("layers_zone", self.at)} z
                WHERE z.kind = 'municipality'"""
        )
        return from_db(rows[0][0])

    def open_cases(self, land: str) -> tuple[OpenCaseFact, ...]:
        rows = self._rows(
            """SELECT o.reference, o.service, ST_AsBinary(o.geom) FROM layers_publicoutline o
               WHERE o.closed_at IS NULL AND ST_Intersects(o.geom, %(land)s::geometry)
                 AND NOT ST_Touches(o.geom, %(land)s::geometry)
               ORDER BY o.reference""",
            land=land,
        )
        return tuple(OpenCaseFact(reference, service, from_db(geom)) for reference, service, geom in rows)


def titles_of(uids: Iterable[str], *, at: datetime | None = None, using: str = "default") -> tuple[TitleFact, ...]:
    """Return the titles that join any of the parcels, with rights, deeds and restrictions; no names."""
    params: dict[str, Any] = {"at": at, "uids": list(uids)}
    found = _rows(
        using,
        f"""SELECT DISTINCT j.ba_unit_id FROM register_baunitparcel j
            WHERE j.parcel_uid = ANY(%(uids)s::uuid[]) AND {held("j", at)} ORDER BY 1""",
        params,
    )
    params["titles"] = [row[0] for row in found]
    if not found:
        return ()
    rows = _rows(
        using,
        f"""SELECT t.id, t.uid::text,
             (SELECT coalesce(jsonb_agg(j.parcel_uid ORDER BY j.id), '[]') FROM register_baunitparcel j
              WHERE j.ba_unit_id = t.id AND {held("j", at)}),
             (SELECT coalesce(jsonb_agg(jsonb_build_array(r.id, r.kind, r.party_id, r.share_numerator,
               r.share_denominator)
                                        ORDER BY r.id), '[]') FROM register_right r
              WHERE r.ba_unit_id = t.id AND {held("r", at)}),
             (SELECT coalesce(jsonb_agg(jsonb_build_array(x.id, x.kind, x.reference, x.holder, x.parcel_uid)
               ORDER BY x.id),
                              '[]')
              FROM register_restriction x WHERE x.ba_unit_id = t.id AND {held("x", at)}),
             ({_last_change("t.id", at)})
           FROM register_baunit t WHERE t.id = ANY(%(titles)s) AND {held("t", at)} ORDER BY t.id""",
        params,
    )
    # jsonb comes as text: Django leaves its reading to JSONField.
    titles = [(id, uid_, *map(json.loads, lists), waiting) for id, uid_, *lists, waiting in rows]
    deeds: dict[int, list[DeedFact]] = {}
    pending = {row[0]: row[5] for row in titles}
    for title, key, number, hijri, issuer, form, area, valid in _rows(
        using,
        f"""SELECT b.ba_unit_id, s.id, s.number, s.hijri_date, s.issuer, s.form, s.area_m2, s.is_valid
            FROM register_baunitsource b JOIN register_source s ON s.id = b.source_id
            WHERE b.ba_unit_id = ANY(%(titles)s) AND {held("b", at)} AND s.kind = 'deed' ORDER BY s.id""",
        params,
    ):
        last = pending.get(title)
        deed = DeedFact(
            key, number, hijri, issuer, form or "paper", area, valid, last == "pending", returned=last == "returned"
        )
        deeds.setdefault(title, []).append(deed)
    return tuple(
        TitleFact(
            id=id,
            uid=uid,
            parcel_uids=tuple(joined),
            rights=tuple(RightFact(r, kind, party, Fraction(n, d)) for r, kind, party, n, d in rights),
            deeds=tuple(deeds.get(id, ())),
            restrictions=tuple(RestrictionFact(r, kind, ref, holder, on) for r, kind, ref, holder, on in limits),
        )
        for id, uid, joined, rights, limits, _ in titles
    )


def find_parcel(text: str, *, ever: bool = False, using: str = "default") -> list[str]:
    """Return the uids of the current parcels that ``UID`` or ``PLAN/BLOCK/PARCEL`` names; a number may be repeated.

    The text is cut at the first two "/"; a "/" inside plan or block is written ``%2F``, an absent one ``-``. Both digit
    systems are read, whichever the register was loaded with: as written first, else whatever differs by digits alone.
    With ``ever``, parcels that ended and numbers of before too.

    Raises
    ------
    ValueError
        If the text is neither a uid nor has three parts.
    """
    plain = without_marks(text).strip()
    when = "" if ever else " AND end_lifespan_version IS NULL"
    pieces = plain.split("/", 2)
    if len(pieces) == 1:
        sql = f"SELECT DISTINCT uid::text FROM layers_parcel WHERE uid = %(uid)s::uuid{when}"
        return [row[0] for row in _rows(using, sql, {"uid": _uuid(to_latin_digits(plain))})]
    if len(pieces) != 3:
        raise ValueError(f"{text!r} is neither a uid nor PLAN/BLOCK/PARCEL")
    plan, block = ("" if p == "-" else p.replace("%2F", "/").replace("%2f", "/") for p in pieces[:2])
    rows = _rows(
        using,
        f"""SELECT uid::text, bool_or((plan_no, block_no, parcel_no) = (%(plan)s, %(block)s, %(parcel)s))
           FROM layers_parcel
           WHERE plan_no = ANY (%(plans)s) AND block_no = ANY (%(blocks)s) AND parcel_no = ANY (%(parcels)s){when}
           GROUP BY uid ORDER BY min(id)""",
        {
            "plan": plan, "block": block, "parcel": pieces[2],
            "plans": digit_variants(plan), "blocks": digit_variants(block), "parcels": digit_variants(pieces[2]),
        },
    )  # fmt: skip
    return [uid for uid, is_as_written in rows if is_as_written] or [uid for uid, _ in rows]


def entries_of(uids: Sequence[str], *, using: str = "default") -> list[int]:
    """Return the keys of the register entries that began or ended versions of these parcels."""
    sql = """SELECT begin_entry_id FROM layers_parcel WHERE uid = ANY (%(uids)s::uuid[])
        UNION SELECT end_entry_id FROM layers_parcel WHERE uid = ANY (%(uids)s::uuid[]) AND end_entry_id IS NOT NULL"""
    return [row[0] for row in _rows(using, sql, {"uids": list(uids)})]


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
    """Return the parcels as they stood at a moment, optionally within bounds (west, south, east, north)."""
    west, south, east, north = bounds or (0.0, 0.0, 0.0, 0.0)
    box = "WHERE p.geom && ST_MakeEnvelope(%(w)s, %(s)s, %(e)s, %(n)s, %(srid)s)" if bounds else ""
    rows = _rows(
        using,
        f"SELECT {_parcel_columns(at)} FROM {_versions('layers_parcel', at)} p {box} ORDER BY p.id",
        {"at": at, "w": west, "s": south, "e": east, "n": north, "srid": settings.STORAGE_SRID},
    )
    return [_parcel(row) for row in rows]


def parcel_history(uid: str, *, using: str = "default") -> list[dict[str, Any]]:
    """Return every version of a parcel, oldest first, with the entries that began and ended it, its parents and
    children.
    """
    rows = _rows(
        using,
        """SELECT p.id, p.plan_no, p.block_no, p.parcel_no, p.land_use, p.official_area_m2, p.surveyed_area_m2,
                  p.calculated_area_m2, p.begin_lifespan_version, p.end_lifespan_version, ST_AsBinary(p.geom),
                  b.service, b.reference, e.service, e.reference,
                  ARRAY(SELECT l.parent_uid::text
                    FROM register_lineage l WHERE l.child_uid = p.uid AND l.entry_id = p.begin_entry_id),
                  ARRAY(SELECT l.child_uid::text
                    FROM register_lineage l WHERE l.parent_uid = p.uid AND l.entry_id = p.end_entry_id)
           FROM layers_parcel p JOIN register_registerentry b ON b.id = p.begin_entry_id
           LEFT JOIN register_registerentry e ON e.id = p.end_entry_id
           WHERE p.uid = %(uid)s::uuid ORDER BY p.begin_lifespan_version""",
        {"uid": _uuid(uid)},
    )
    names = (
        "version plan_no block_no parcel_no land_use official_area_m2 surveyed_area_m2 calculated_area_m2 "
        "begin end geometry "
        "begun_by_service begun_by_reference ended_by_service ended_by_reference parents children"
    ).split()
    history = [dict(zip(names, row, strict=True)) for row in rows]
    for version in history:
        version["geometry"] = simplest(from_db(version["geometry"]))
    return history


def numbers_of(uids: Sequence[str], *, using: str = "default") -> list[dict[str, str]]:
    """Return the last known number of each parcel, current or not: ``uid`` and ``number``, in the order given."""
    rows = _rows(
        using,
        """SELECT u.uid::text, (SELECT p.parcel_no FROM layers_parcel p WHERE p.uid = u.uid
                                ORDER BY p.begin_lifespan_version DESC LIMIT 1)
           FROM unnest(%(uids)s::uuid[]) WITH ORDINALITY AS u(uid, n) ORDER BY u.n""",
        {"uids": list(uids)},
    )
    return [{"uid": uid, "number": number} for uid, number in rows if number is not None]
