"""What a loading told the audit of each row it wrote, so that the proof can find one changed, missing or slipped in.

Rows are hashed in runs of ``RUN`` keys, table by table: a million titles take no more memory than some thousand. Names
and id numbers (``register_party``) are left out, so that a person can be erased.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from django.db import connections

__all__ = ["RUN", "TABLES", "Run", "broken_runs", "ended_by_loadings", "rows_of_loadings", "runs_of"]

RUN = 20_000

Run = tuple[int, int, int, str]
"""First key, last key, number of rows, and the hash over them."""


class _Told(NamedTuple):
    """How a table is told: the rows of an entry, and what a row says, whatever the session's settings are."""

    source: str
    entry: str
    says: str


_BOUNDARY = "JOIN layers_parcel p ON p.id = t.parcel_id"
_VERSIONED = "t.begin_entry_id"

TABLES: Mapping[str, _Told] = {
    "register_registerentry": _Told(
        "", "t.id", "t.id, t.service, t.reference, t.acting_user_id, t.change_set, extract(epoch FROM t.at)"
    ),
    "register_source": _Told(
        "",
        "t.entry_id",
        "t.id, t.kind, t.number, t.hijri_date, t.issuer, t.form, t.area_m2, t.is_valid, t.sha256, t.details",
    ),
    "register_defect": _Told(
        "",
        "t.entry_id",
        """t.id, t.kind, t.uids, t.detail, encode(float8send(t.size), 'hex'), encode(ST_AsBinary(t.geom), 'hex'),
           encode(t.original, 'hex')""",
    ),
    "register_baunit": _Told("", _VERSIONED, "t.id, t.uid"),
    "register_baunitparcel": _Told("", _VERSIONED, "t.id, t.ba_unit_id, t.parcel_uid"),
    "register_right": _Told(
        "", _VERSIONED, "t.id, t.ba_unit_id, t.party_id, t.kind, t.share_numerator, t.share_denominator"
    ),
    "register_restriction": _Told("", _VERSIONED, "t.id, t.ba_unit_id, t.parcel_uid, t.kind, t.reference, t.holder"),
    "register_baunitsource": _Told("", _VERSIONED, "t.id, t.ba_unit_id, t.source_id"),
    "layers_boundaryline": _Told(
        _BOUNDARY,
        "p.begin_entry_id",
        """t.id, t.parcel_id, t.sequence, t.face, t.face_is_manual, t.length_m, t.radius_m,
           encode(ST_AsBinary(t.centre), 'hex'), t.sense, t.adjoining_ar, t.adjoining_en,
           encode(ST_AsBinary(t.geom), 'hex')""",
    ),
    "layers_boundarypoint": _Told(
        _BOUNDARY,
        "p.begin_entry_id",
        """t.id, t.parcel_id, t.sequence, t.number, encode(float8send(t.source_x), 'hex'),
           encode(float8send(t.source_y), 'hex'), t.source_crs, encode(ST_AsBinary(t.geom), 'hex')""",
    ),
}

_ENDING = tuple(table for table, spec in TABLES.items() if spec.entry == _VERSIONED)


def runs_of(
    entry: int, using: str, tables: Iterable[str], behind: Mapping[str, int] | None = None
) -> dict[str, list[Run]]:
    """Return what is told of the rows that ``entry`` wrote, by table; tables without rows are left out.

    ``behind`` limits a table to the keys after the one given: what this part of the loading added.
    """
    told: dict[str, list[Run]] = {}
    for table in tables:
        spec, after = TABLES[table], (behind or {}).get(table, -1)
        with connections[using].cursor() as cursor:
            cursor.execute(
                f"""SELECT min(t.id), max(t.id) FROM {table} t {spec.source}
                    WHERE {spec.entry} = %s AND t.id > %s""",
                [entry, after],
            )
            first, last = cursor.fetchone()
        if first is not None:
            starts = range(first, last + 1, RUN)
            told[table] = [_run(table, at, min(at + RUN - 1, last), entry, using) for at in starts]
    return told


def _run(table: str, first: int, last: int, entry: int, using: str) -> Run:
    spec = TABLES[table]
    with connections[using].cursor() as cursor:
        cursor.execute(
            f"""SELECT count(*), string_agg(ROW({spec.says})::text, E'\\n' ORDER BY t.id)
                FROM {table} t {spec.source} WHERE t.id BETWEEN %s AND %s AND {spec.entry} = %s""",
            [first, last, entry],
        )
        count, text = cursor.fetchone()
    return first, last, int(count), hashlib.sha256((text or "").encode()).hexdigest()


def broken_runs(told: Mapping[str, Iterable[Any]], entry: int, using: str) -> Iterator[tuple[str, int, int]]:
    """Yield (table, first key, last key) of each run of a loading that no longer says what the audit was told."""
    for table, runs in told.items():
        for first, last, count, digest in runs:
            if _run(table, first, last, entry, using)[2:] != (count, digest):
                yield table, first, last


def rows_of_loadings(using: str) -> Iterator[tuple[int, str, int]]:
    """Yield (entry, table, rows) of every loading and table in which rows say that they began with it."""
    for table, spec in TABLES.items():
        yield from _by_loading(using, table, spec.source, spec.entry)


def ended_by_loadings(using: str) -> Iterator[tuple[int, str, int]]:
    """Yield (entry, table, rows) where rows say that a loading ended them, which no loading does."""
    for table in _ENDING:
        yield from _by_loading(using, table, "", "t.end_entry_id")


def _by_loading(using: str, table: str, source: str, entry: str) -> list[tuple[int, str, int]]:
    with connections[using].cursor() as cursor:
        cursor.execute(
            f"""SELECT e.id, count(*) FROM {table} t {source}
                JOIN register_registerentry e ON e.id = {entry} AND e.service = 'load' GROUP BY e.id ORDER BY e.id"""
        )
        return [(int(key), table, int(count)) for key, count in cursor.fetchall()]
