"""The first loading of titles: parties, shares, deeds and restrictions, by the owner's role alone.

Rows come with keys of their own, from 1; they are moved behind what the tables hold. The same promises as the guard's
are checked once for all of them before anything is kept, and the audit is told the hash of every run of rows.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from django.db import IntegrityError, connections, transaction

from .bulk import checked_at_the_end
from .copying import copy_rows
from .personal import id_number_key, seal_id_number
from .told import TABLES, runs_of

__all__ = ["DeedRow", "PartyRow", "RestrictionRow", "RightRow", "TitleRow", "Titles", "TitlesRefused", "load_titles"]


class PartyRow(NamedTuple):
    id: int
    kind: str
    name_ar: str
    name_en: str
    id_kind: str
    id_number: str
    represented_by: int | None = None
    representation: str = ""


class TitleRow(NamedTuple):
    id: int
    uid: UUID
    parcels: tuple[UUID, ...]


class RightRow(NamedTuple):
    title: int
    party: int
    kind: str
    share_numerator: int
    share_denominator: int


class DeedRow(NamedTuple):
    id: int
    title: int
    number: str
    hijri_date: str
    issuer: str
    form: str
    area_m2: Decimal | None
    is_valid: bool


class RestrictionRow(NamedTuple):
    title: int
    kind: str
    reference: str
    holder: str
    parcel: UUID | None = None


@dataclass(frozen=True)
class Titles:
    """What is loaded: iterables, each read once, in this order."""

    parties: Iterable[PartyRow]
    titles: Iterable[TitleRow]
    rights: Iterable[RightRow]
    deeds: Iterable[DeedRow]
    restrictions: Iterable[RestrictionRow]


class TitlesRefused(Exception):
    """Shares that do not add up, or parcels that are not current or in another title; the message lists the first."""


Progress = Callable[[str, int], None]
GUARDED = (
    "register_registerentry",
    "register_source",
    "register_party",
    "register_baunit",
    "register_baunitparcel",
    "register_right",
    "register_restriction",
    "register_baunitsource",
)
FILLED = [table for table in GUARDED if table not in ("register_registerentry", "register_source")]


def load_titles(
    titles: Titles,
    *,
    source: Mapping[str, Any],
    acting_user_id: int | None = None,
    using: str = "owner",
    progress: Progress = lambda stage, rows: None,
) -> dict[str, int]:
    """Load titles and what belongs to them; all or nothing. Return the rows written by table.

    Raises
    ------
    TitlesRefused
        If shares of a title do not add up to 1, or a parcel is not current or belongs to another title already.
    """
    with transaction.atomic(using=using):
        loading = _Loading(using, progress)
        for table in GUARDED:
            loading.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        entry = loading.entry(source, acting_user_id)
        try:
            with checked_at_the_end(FILLED, using):
                loading.write(titles, entry)
        except IntegrityError as error:
            if "baunitparcel_one_title_at_a_time" not in str(error):
                raise
            raise TitlesRefused(f"a parcel belongs to another title already: {error}") from error
        loading.check(entry)
        loading.execute(
            "INSERT INTO layers_auditrow (actor_id, action, subject, payload) VALUES (%s, 'register.titles', %s, %s)",
            [acting_user_id, str(source.get("name", "")), json.dumps(loading.payload(entry))],
        )
        loading.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in GUARDED:
            loading.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    with connections[using].cursor() as cursor:
        cursor.execute(f"ANALYZE {', '.join(GUARDED)}")
    return loading.written


class _Loading:
    def __init__(self, using: str, progress: Progress) -> None:
        self.using = using
        self.progress = progress
        self.written: dict[str, int] = {}

    def execute(self, sql: str, params: Any = None) -> list[tuple[Any, ...]]:
        with connections[self.using].cursor() as cursor:
            cursor.execute(sql, params)
            return list(cursor.fetchall()) if cursor.description else []

    def entry(self, source: Mapping[str, Any], acting_user_id: int | None) -> int:
        ((entry,),) = self.execute(
            """INSERT INTO register_registerentry (service, reference, acting_user_id, change_set, at, xact,
                 guarded_rows)
               VALUES ('load', %s, %s, %s, clock_timestamp(), pg_current_xact_id()::text::bigint, 0) RETURNING id""",
            [str(source.get("name", "")), acting_user_id, json.dumps(dict(source), default=str)],
        )
        self.execute(
            """INSERT INTO register_source (kind, number, hijri_date, issuer, form, is_valid, sha256, details, entry_id)
               VALUES ('fabric_file', %s, '', '', '', true, %s, '{}', %s)""",
            [str(source.get("name", "")), str(source.get("sha256", "")), entry],
        )
        return int(entry)

    def payload(self, entry: int) -> dict[str, Any]:
        told = runs_of(entry, self.using, [table for table in GUARDED if table in TABLES])
        return {"entry": entry, "rows": self.written, "told": told}

    def _behind(self, table: str) -> int:
        ((most,),) = self.execute(f"SELECT coalesce(max(id), 0) FROM {table}")
        return int(most) + 1  # keys may start at 0

    def _copy(self, table: str, columns: str, rows: Iterator[tuple[Any, ...]]) -> None:
        count = copy_rows(connections[self.using], table, rows, columns.split())
        self.written[table] = self.written.get(table, 0) + count
        if columns.startswith("id "):
            self.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT coalesce(max(id), 1) FROM {table}))"
            )
        self.progress(table, count)

    def write(self, titles: Titles, entry: int) -> None:
        party, unit = self._behind("register_party"), self._behind("register_baunit")
        deed = self._behind("register_source")
        links: list[tuple[int, UUID, int]] = []
        self._copy(
            "register_party",
            "id kind name_ar name_en id_kind id_number id_number_key represented_by_id representation",
            (_party(row, party) for row in titles.parties),
        )

        def units() -> Iterator[tuple[Any, ...]]:
            for row in titles.titles:
                links.extend((unit + row.id, parcel, entry) for parcel in row.parcels)
                yield unit + row.id, row.uid, entry

        self._copy("register_baunit", "id uid begin_entry_id", units())
        self._copy("register_baunitparcel", "ba_unit_id parcel_uid begin_entry_id", iter(links))
        self._copy(
            "register_right",
            "ba_unit_id party_id kind share_numerator share_denominator begin_entry_id",
            (
                (unit + r.title, party + r.party, r.kind, r.share_numerator, r.share_denominator, entry)
                for r in titles.rights
            ),
        )
        joins: list[tuple[int, int, int]] = []

        def deeds() -> Iterator[tuple[Any, ...]]:
            for d in titles.deeds:
                joins.append((unit + d.title, deed + d.id, entry))
                yield (
                    *(deed + d.id, "deed", d.number, d.hijri_date, d.issuer, d.form, d.area_m2, d.is_valid),
                    *("", "{}", entry),
                )

        self._copy(
            "register_source", "id kind number hijri_date issuer form area_m2 is_valid sha256 details entry_id", deeds()
        )
        self._copy("register_baunitsource", "ba_unit_id source_id begin_entry_id", iter(joins))
        self._copy(
            "register_restriction",
            "ba_unit_id parcel_uid kind reference holder begin_entry_id",
            ((unit + r.title, r.parcel, r.kind, r.reference, r.holder, entry) for r in titles.restrictions),
        )

    def check(self, entry: int) -> None:
        wrong = self.execute(
            """SELECT t.uid::text, coalesce(s.total[1], 0) || '/' || coalesce(s.total[2], 1) FROM register_baunit t
               LEFT JOIN (SELECT ba_unit_id, register_sum_shares(share_numerator, share_denominator) AS total
                          FROM register_right WHERE kind = 'ownership' AND begin_entry_id = %s GROUP BY 1) AS s
                 ON s.ba_unit_id = t.id
               WHERE t.begin_entry_id = %s AND s.total IS DISTINCT FROM ARRAY[1, 1]::numeric[] LIMIT 5""",
            [entry, entry],
        )
        if wrong:
            raise TitlesRefused(f"shares do not add up to 1: {wrong}")
        lost = self.execute(
            """SELECT j.parcel_uid::text FROM register_baunitparcel j WHERE j.begin_entry_id = %s AND NOT EXISTS (
                 SELECT FROM layers_parcel p WHERE p.uid = j.parcel_uid AND p.end_lifespan_version IS NULL) LIMIT 5""",
            [entry],
        )
        if lost:
            raise TitlesRefused(f"titles join parcels that are not current: {lost}")


def _party(row: PartyRow, behind: int) -> tuple[Any, ...]:
    sealed = None if not row.id_number else "\\x" + seal_id_number(row.id_number).hex()
    key = None if not row.id_number else "\\x" + id_number_key(row.id_number).hex()
    represented = None if row.represented_by is None else behind + row.represented_by
    return (
        behind + row.id,
        row.kind,
        row.name_ar,
        row.name_en,
        row.id_kind,
        sealed,
        key,
        represented,
        row.representation,
    )
