"""Loading of places, again and again: what a source has said before is recognised, and what another source has too.

A place is known by its ``uid``, or by its reference in its source. One that is known begins a new version where it has
changed and is left alone where it has not. One that is new, but near a place of another source with the same category
and a name alike, is reported and not loaded twice.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from django.db import connections, transaction

from layers import events
from layers.catalog import loading
from layers.catalog.base import Layer
from layers.catalog.loading import Progress
from layers.files.mapping import LayerField
from layers.files.osm import FIELDS as OSM_FIELDS
from layers.files.reader import VectorSource
from layers.files.staging import StagedFeature
from layers.locator.osm_tags import OsmRows, is_tagged

__all__ = ["ALIKE", "NEAR_M", "Duplicate", "PlacesReport", "adapt_tags", "load_places"]

NEAR_M: Final = 60.0
ALIKE: Final = 0.55
"""Least share of the letter triples of two names that are the same (pg_trgm), to be called alike."""

_SAMPLES: Final = 20


@dataclass(frozen=True)
class Duplicate:
    """A row of the file and the place of another source that it seems to be."""

    row: int
    name: str
    uid: str
    distance_m: float


@dataclass
class PlacesReport:
    """What a loading did, in rows. ``repeated`` are rows whose reference an earlier row of the file has."""

    read: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    duplicates: int = 0
    repeated: int = 0
    samples: list[Duplicate] = field(default_factory=list)

    @property
    def written(self) -> int:
        return self.new + self.changed


def adapt_tags(source: VectorSource, given: Mapping[str, str]) -> None:
    """Have places made from tags: of an OpenStreetMap file, and of any file with such tags and no category."""
    has_category = "category" in given or any(name.casefold() == "category" for name in source.fields)
    if source.format.code == "osm" or (not has_category and is_tagged(source.fields)):
        source.adapt(OsmRows(OSM_FIELDS if source.format.code == "osm" else source.fields))


def load_places(
    layer: Layer,
    batches: Iterable[list[StagedFeature]],
    *,
    source: Mapping[str, Any],
    using: str,
    progress: Progress = lambda stage, done, total: None,
    dry_run: bool = False,
    acting_user_id: int | None = None,
) -> PlacesReport:
    """Load places; all of them or none. Nobody else writes places meanwhile; reading goes on.

    Each version that begins or ends because of a change has an audit row of its own, the whole loading has one more.
    """
    with transaction.atomic(using=using):
        work = _Work(layer, using, source, acting_user_id)
        for batch in batches:
            work.stage(batch)
            progress("staged", work.staged, None)
        report = work.settle()
        progress("written", report.written, report.written)
        if dry_run:
            transaction.set_rollback(True, using=using)
        else:
            work.announce()
            loading._take_stock(layer, report.written, using)
    return report


class _Work(loading._Loading):
    """One run of ``load_places`` inside its transaction."""

    def __init__(self, layer: Layer, using: str, source: Mapping[str, Any], acting_user_id: int | None) -> None:
        loading._hold(layer, using)
        with connections[using].cursor() as cursor:
            cursor.execute(f"LOCK TABLE {layer.table} IN SHARE ROW EXCLUSIVE MODE")
        super().__init__(layer, using, source)
        self.provenance, self.actor_id = source, acting_user_id
        self.columns.append("file_row")

    def _prepare(self) -> None:
        super()._prepare()
        self._execute("ALTER TABLE staged ADD COLUMN file_row bigint, ADD COLUMN fate text, ADD COLUMN old bigint")

    def _row(self, feature: StagedFeature) -> list[Any]:
        return [*super()._row(feature), feature.row]

    def settle(self) -> PlacesReport:
        """Decide what becomes of each row, and write it."""
        self._execute("CREATE INDEX ON staged (source_ref) WHERE source_ref <> ''")
        self._execute("CREATE INDEX ON staged (uid)")
        self._execute("ANALYZE staged")
        report = PlacesReport(read=self.read, repeated=self._drop_repeated())
        self._recognise()
        report.duplicates, report.samples = self._duplicates()
        fates = dict(self._execute("SELECT fate, count(*) FROM staged GROUP BY fate"))
        report.new, report.changed = int(fates.get("new", 0)), int(fates.get("changed", 0))
        report.unchanged = int(fates.get("unchanged", 0))
        self._land()
        self._write_versions()
        self._tell(report)
        return report

    def _drop_repeated(self) -> int:
        """Keep the first row of each reference and of each uid."""
        for key, condition in (("source, source_ref", "source_ref <> ''"), ("uid", "true")):
            self._execute(
                f"""UPDATE staged SET fate = 'repeated' FROM (
                      SELECT ctid AS place, row_number() OVER (PARTITION BY {key} ORDER BY file_row) AS rank
                      FROM staged WHERE {condition} AND fate IS NULL) AS ranked
                    WHERE staged.ctid = ranked.place AND ranked.rank > 1"""
            )
        return int(self._execute("SELECT count(*) FROM staged WHERE fate = 'repeated'")[0][0])

    def _recognise(self) -> None:
        """Find the current version of each place that is known, and whether anything about it has changed."""
        same = " AND ".join(f"s.{name} IS NOT DISTINCT FROM p.{name}" for name in self.fields)
        self._execute(
            f"""UPDATE staged s SET old = p.id, uid = p.uid,
                  fate = CASE WHEN {same} AND s.geom::bytea = p.geom::bytea THEN 'unchanged' ELSE 'changed' END
                FROM {self.layer.table} p
                WHERE p.end_lifespan_version IS NULL AND s.fate IS NULL
                  AND s.source_ref <> '' AND p.source_ref = s.source_ref AND p.source = s.source"""
        )
        self._execute(
            f"""UPDATE staged s SET old = p.id,
                  fate = CASE WHEN {same} AND s.geom::bytea = p.geom::bytea THEN 'unchanged' ELSE 'changed' END
                FROM {self.layer.table} p
                WHERE p.end_lifespan_version IS NULL AND s.fate IS NULL AND p.uid = s.uid"""
        )
        # Two rows of the file may be one place, one by its uid and one by its reference: the first stays.
        self._execute(
            """UPDATE staged SET fate = 'repeated' FROM (
                 SELECT ctid AS place, row_number() OVER (PARTITION BY old ORDER BY file_row) AS rank
                 FROM staged WHERE old IS NOT NULL) AS ranked
               WHERE staged.ctid = ranked.place AND ranked.rank > 1"""
        )

    def _duplicates(self) -> tuple[int, list[Duplicate]]:
        """Set aside the new rows that a place of another source seems to be already."""
        self._execute(
            f"""CREATE TEMP TABLE likely ON COMMIT DROP AS
                SELECT DISTINCT ON (s.file_row) s.file_row, coalesce(nullif(s.name_ar, ''), s.name_en) AS name,
                  p.uid, ST_Distance(p.geog, ST_Transform(s.geom, 4326)::geography) AS distance_m
                FROM staged s JOIN {self.layer.table} p
                  ON p.category = s.category
                  AND ST_DWithin(p.geog, ST_Transform(s.geom, 4326)::geography, %s)
                WHERE s.fate IS NULL AND p.end_lifespan_version IS NULL AND (p.source <> s.source OR p.source = '')
                  AND (layers_fold(s.name_ar) <> '' AND layers_fold(s.name_ar) = layers_fold(p.name_ar)
                    OR layers_fold(s.name_en) <> '' AND layers_fold(s.name_en) = layers_fold(p.name_en)
                    OR similarity(layers_fold(s.name_ar), layers_fold(p.name_ar)) >= %s
                    OR similarity(layers_fold(s.name_en), layers_fold(p.name_en)) >= %s)
                ORDER BY s.file_row, distance_m, p.id""",
            [NEAR_M, ALIKE, ALIKE],
        )
        self._execute("UPDATE staged s SET fate = 'duplicate' FROM likely l WHERE l.file_row = s.file_row")
        self._execute("UPDATE staged SET fate = 'new' WHERE fate IS NULL")
        count = int(self._execute("SELECT count(*) FROM likely")[0][0])
        rows = self._execute("SELECT * FROM likely ORDER BY file_row LIMIT %s", [_SAMPLES])
        return count, [Duplicate(int(row), name or "", str(uid), float(d)) for row, name, uid, d in rows]

    def _land(self) -> None:
        """Remember the land of what begins and ends."""
        box = self._execute(
            f"""SELECT ST_XMin(e), ST_YMin(e), ST_XMax(e), ST_YMax(e) FROM (
                  SELECT ST_Extent(g) AS e FROM (
                    SELECT geom AS g FROM staged WHERE fate IN ('new', 'changed') UNION ALL
                    SELECT p.geom FROM staged s JOIN {self.layer.table} p ON p.id = s.old
                    WHERE s.fate = 'changed') AS land) AS extent"""
        )[0]
        self.box = None if box[0] is None else tuple(float(value) for value in box)

    def _write_versions(self) -> None:
        names = ", ".join(name for name in self.columns if name not in ("file_row", "begin_lifespan_version"))
        table = self.layer.table
        self._execute(
            f"""UPDATE {table} p SET end_lifespan_version = greatest(%s, p.begin_lifespan_version
                  + interval '1 microsecond')
                FROM staged s WHERE s.fate = 'changed' AND p.id = s.old""",
            [self.at],
        )
        self._execute(
            f"""INSERT INTO {table} (begin_lifespan_version, {names})
                SELECT coalesce(p.end_lifespan_version, s.begin_lifespan_version),
                  {", ".join(f"s.{name}" for name in names.split(", "))}
                FROM staged s LEFT JOIN {table} p ON p.id = s.old
                WHERE s.fate IN ('new', 'changed') ORDER BY s.file_row"""
        )

    def _tell(self, report: PlacesReport) -> None:
        self._execute(self._changes_sql(), {"actor": self.actor_id, "layer": self.layer.code})
        counts = {"new": report.new, "changed": report.changed, "unchanged": report.unchanged,
                  "duplicates": report.duplicates, "repeated": report.repeated}  # fmt: skip
        payload = {"source": dict(self.provenance), "rows": report.written, **counts}
        self._execute(
            "INSERT INTO layers_auditrow (action, subject, payload, actor_id) VALUES ('layer.load', %s, %s, %s)",
            [self.layer.code, json.dumps(payload, ensure_ascii=False, default=str), self.actor_id],
        )

    def _changes_sql(self) -> str:
        """Return the statement that writes the audit row of each changed place, as ``layers.editing`` writes them."""
        fields: list[LayerField] = [self.layer.field(name) for name in self.fields]
        told = [f.name for f in fields if f.readers == "everyone"]
        withheld = [f.name for f in fields if f.readers != "everyone"]

        def values(alias: str) -> str:
            pairs = ", ".join(f"('{name}', to_jsonb({alias}.{name}), {_differs(name)})" for name in told)
            return f"(SELECT coalesce(jsonb_object_agg(k, v), '{{}}') FROM (VALUES {pairs}) AS f(k, v, d) WHERE d)"

        hidden = ", ".join(f"CASE WHEN {_differs(name)} THEN '{name}' END" for name in withheld) or "NULL"
        digest = "encode(sha256(ST_AsBinary({0}.geom, 'NDR')), 'hex')"
        return f"""
            INSERT INTO layers_auditrow (action, subject, payload, actor_id)
            SELECT 'feature.change', p.uid::text, jsonb_build_object('layer', %(layer)s::text, 'ended', p.id,
                'began', n.id, 'old', {values("p")}, 'new', {values("n")},
                'withheld', to_jsonb(array_remove(ARRAY[{hidden}]::text[], NULL)))
              || CASE WHEN n.geom::bytea = p.geom::bytea THEN '{{}}'::jsonb ELSE jsonb_build_object('geometry',
                   jsonb_build_object('old', {digest.format("p")}, 'new', {digest.format("n")})) END,
              %(actor)s
            FROM staged s JOIN {self.layer.table} p ON p.id = s.old
            JOIN {self.layer.table} n ON n.uid = p.uid AND n.end_lifespan_version IS NULL
            WHERE s.fate = 'changed' ORDER BY s.file_row"""

    def announce(self) -> None:
        if self.box is not None:
            uids = self._execute("SELECT uid::text FROM staged WHERE fate = 'changed' LIMIT 1000")
            land = loading._rectangle(np.array(self.box))
            touched = events.LandTouched(frozenset({self.layer.code}), tuple(u for (u,) in uids), land, self.using)
            events.announce(touched)


def _differs(name: str) -> str:
    return f"p.{name} IS DISTINCT FROM n.{name}"
