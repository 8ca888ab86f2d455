"""Loading of every layer but parcels: versioned rows by COPY, in one transaction, announced and audited."""

from __future__ import annotations

import io
import json
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import shapely
from django.conf import settings
from django.db import connections, transaction

from layers import events
from layers.catalog.base import Layer
from layers.files.errors import FileUnreadable
from layers.files.staging import StagedFeature

__all__ = ["LayerReport", "load_features"]

_NAMESPACE = uuid.UUID("0c9f6a53-5c0e-5c7f-9b3e-6a4a7f1d2b60")
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\0": ""})

Progress = Callable[[str, int, int | None], None]


@dataclass(frozen=True)
class LayerReport:
    """What a loading did: rows read, rows written, and the rows left out."""

    read: int
    written: int
    left_out: int


def load_features(
    layer: Layer,
    batches: Iterable[list[StagedFeature]],
    *,
    source: Mapping[str, Any],
    using: str,
    progress: Progress = lambda stage, done, total: None,
    dry_run: bool = False,
) -> LayerReport:
    """Load features as current rows of a layer; all of them or none.

    A feature without a ``uid`` gets one that follows from file and row, so that loading a file twice is noticed.

    Raises
    ------
    FileUnreadable
        ``already_loaded`` where current rows have the same uids.
    """
    with transaction.atomic(using=using):
        loading = _Loading(layer, using, str(source.get("sha256", "")))
        for batch in batches:
            loading.stage(batch)
            progress("staged", loading.staged, None)
        loading.refuse_repeated(str(source.get("name", "")))
        loading.write(source)
        progress("written", loading.staged, loading.staged)
        if dry_run:
            transaction.set_rollback(True, using=using)
        else:
            loading.announce()
    return LayerReport(loading.read, loading.staged, loading.read - loading.staged)


class _Loading:
    """One run of ``load_features`` inside its transaction."""

    def __init__(self, layer: Layer, using: str, seed: str) -> None:
        self.layer = layer
        self.using = using
        self.seed = seed
        self.read = self.staged = 0
        self.bounds = np.array([np.inf, np.inf, -np.inf, -np.inf])
        self.columns = [f.name for f in layer.fields if f.is_imported and f.name != "uid"]
        self.at: datetime = self._execute("SELECT clock_timestamp()")[0][0]
        self._execute("DROP TABLE IF EXISTS pg_temp.staged")  # of a loading before, in a transaction around both
        self._execute(f"CREATE TEMP TABLE staged (LIKE {layer.table} INCLUDING DEFAULTS) ON COMMIT DROP")
        self._execute("ALTER TABLE staged DROP COLUMN id")

    def _execute(self, sql: str, params: Any = None) -> list[tuple[Any, ...]]:
        with connections[self.using].cursor() as cursor:
            cursor.execute(sql, params)
            return list(cursor.fetchall()) if cursor.description else []

    def stage(self, batch: list[StagedFeature]) -> None:
        self.read += len(batch)
        kept = [f for f in batch if f.geometry is not None]
        if not kept:
            return
        names = ["uid", "begin_lifespan_version", *self.layer.fixed, *self.columns, "geom"]
        text = "".join("\t".join(map(_text, self._row(feature))) + "\n" for feature in kept)
        with connections[self.using].cursor() as cursor:
            cursor.copy_expert(f"COPY staged ({', '.join(names)}) FROM STDIN", io.StringIO(text))
        box = shapely.total_bounds([f.geometry for f in kept])
        self.bounds = np.concatenate([np.fmin(self.bounds[:2], box[:2]), np.fmax(self.bounds[2:], box[2:])])
        self.staged += len(kept)

    def _row(self, feature: StagedFeature) -> list[Any]:
        uid = feature.values.get("uid") or uuid.uuid5(_NAMESPACE, f"{self.layer.code}:{self.seed}:{feature.row}")
        values = [self._value(name, feature.values) for name in self.columns]
        geometry = shapely.set_srid(feature.geometry, settings.STORAGE_SRID)
        return [
            uid,
            self.at,
            *self.layer.fixed.values(),
            *values,
            shapely.to_wkb(geometry, hex=True, include_srid=True),
        ]

    def _value(self, name: str, values: Mapping[str, Any]) -> Any:
        wanted = self.layer.field(name)
        value = values.get(name)
        return wanted.default if value is None and wanted.kind == "text" else value

    def refuse_repeated(self, name: str) -> None:
        held = self._execute(
            f"SELECT count(*) FROM staged s JOIN {self.layer.table} t USING (uid) WHERE t.end_lifespan_version IS NULL"
        )[0][0]
        if held:
            raise FileUnreadable(
                f'{held} من سجلات الملف "{name}" محمّلة من قبل في طبقة {self.layer.title_ar}.',
                f'{held} rows of "{name}" are already in the layer {self.layer.code}.',
                what="already_loaded",
                where=name,
                todo="load a file once; a changed feature is a new version, not a second row",
            )

    def write(self, source: Mapping[str, Any]) -> None:
        names = ", ".join(["uid", "begin_lifespan_version", *self.layer.fixed, *self.columns, "geom"])
        self._execute(f"INSERT INTO {self.layer.table} ({names}) SELECT {names} FROM staged")
        payload = json.dumps({"source": dict(source), "rows": self.staged}, ensure_ascii=False, default=str)
        self._execute(
            "INSERT INTO layers_auditrow (action, subject, payload) VALUES ('layer.load', %s, %s)",
            [self.layer.code, payload],
        )

    def announce(self) -> None:
        if self.staged:
            land = shapely.box(*self.bounds)
            events.announce(events.LandTouched(frozenset({self.layer.code}), (), land, self.using))


def _text(value: Any) -> str:
    return "\\N" if value is None else str(value).translate(_ESCAPES)
