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
from django.utils import timezone
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from layers import events
from layers.catalog.base import Layer
from layers.edits import stored_json
from layers.files.errors import FileUnreadable
from layers.files.staging import StagedFeature

__all__ = ["LayerReport", "load_features"]

_NAMESPACE = uuid.UUID("0c9f6a53-5c0e-5c7f-9b3e-6a4a7f1d2b60")
MANY_ROWS = 1_000
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
    acting_user_id: int | None = None,
) -> LayerReport:
    """Load features as current rows of a layer; all of them or none.

    A feature without a ``uid`` gets one that follows from file and row, so that loading a file twice is noticed.

    Raises
    ------
    FileUnreadable
        ``already_loaded`` where current rows have the same uids; ``retired`` for an added layer that was retired.
    ValueError
        A layer that another package writes.
    """
    if layer.has_own_loader or not layer.is_versioned:
        raise ValueError(f"the layer {layer.code} is not loaded here")
    with transaction.atomic(using=using):
        _hold(layer, using)
        loading = (_Direct if layer.is_stored_as_json else _Loading)(layer, using, source)
        for batch in batches:
            loading.stage(batch)
            progress("staged", loading.staged, None)
        loading.write(source, acting_user_id)
        progress("written", loading.staged, loading.staged)
        if dry_run:
            transaction.set_rollback(True, using=using)
        else:
            loading.announce()
            _take_stock(layer, loading.staged, using)
    return LayerReport(loading.read, loading.staged, loading.read - loading.staged)


def _take_stock(layer: Layer, rows: int, using: str) -> None:
    """Let the planner know of many new rows at once; a role that does not own the table leaves it to the server."""
    if rows < MANY_ROWS:
        return
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = %s::regclass", [layer.table])
        if cursor.fetchone()[0]:
            cursor.execute(f"ANALYZE {layer.table}")


def _hold(layer: Layer, using: str) -> None:
    """Load a layer one file at a time, so that a file loaded twice at once is noticed; and let nobody retire an added
    layer meanwhile.
    """
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('layer.load/' || %s, 0))", [layer.code])
        if not layer.is_stored_as_json:
            return
        cursor.execute(
            "SELECT retired_at IS NULL FROM layers_addedlayer WHERE id = %s FOR SHARE", [layer.fixed["layer_id"]]
        )
        if cursor.fetchall() != [(True,)]:
            raise FileUnreadable(
                f"الطبقة {layer.title_ar} أُلغيت، فلا يُحمَّل إليها شيء.",
                f"The layer {layer.code} has been retired; nothing is loaded into it.",
                what="retired",
                where=layer.code,
            )


class _Loading:
    """One run of ``load_features`` inside its transaction."""

    target = "staged"

    def __init__(self, layer: Layer, using: str, source: Mapping[str, Any]) -> None:
        self.layer = layer
        self.using = using
        self.seed, self.name = str(source.get("sha256", "")), str(source.get("name", ""))
        self.read = self.staged = 0
        self.bounds = np.array([np.inf, np.inf, -np.inf, -np.inf])
        self.fields = [f.name for f in layer.fields if f.is_imported and f.name != "uid"]
        columns = ["properties"] if layer.is_stored_as_json else self.fields
        self.columns = ["uid", "begin_lifespan_version", *layer.fixed, *columns, "geom"]
        self.at: datetime = self._execute("SELECT clock_timestamp()")[0][0]
        self._prepare()

    def _prepare(self) -> None:
        self._execute("DROP TABLE IF EXISTS pg_temp.staged")  # of a loading before, in a transaction around both
        self._execute(f"CREATE TEMP TABLE staged (LIKE {self.layer.table} INCLUDING DEFAULTS) ON COMMIT DROP")
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
        rows = [self._row(feature) for feature in kept]
        self._before([row[0] for row in rows])
        text = "".join("\t".join(map(_text, row)) + "\n" for row in rows)
        with connections[self.using].cursor() as cursor:
            cursor.copy_expert(f"COPY {self.target} ({', '.join(self.columns)}) FROM STDIN", io.StringIO(text))
        box = shapely.total_bounds([f.geometry for f in kept])
        self.bounds = np.concatenate([np.fmin(self.bounds[:2], box[:2]), np.fmax(self.bounds[2:], box[2:])])
        self.staged += len(kept)

    def _row(self, feature: StagedFeature) -> list[Any]:
        uid = feature.values.get("uid") or uuid.uuid5(_NAMESPACE, f"{self.layer.code}:{self.seed}:{feature.row}")
        values: list[Any] = [self._value(name, feature.values) for name in self.fields]
        if self.layer.is_stored_as_json:
            held = stored_json(dict(zip(self.fields, values, strict=True)))
            values = [json.dumps(held, ensure_ascii=False)]
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
        if value is None and wanted.kind == "text":
            return wanted.default
        if isinstance(value, datetime) and timezone.is_naive(value):
            return timezone.make_aware(value)
        return value

    def _before(self, uids: list[Any]) -> None:
        """Called with the identifiers of some rows before they are written."""

    def _place(self) -> None:
        """Take what was staged into the layer."""
        self._refuse(
            self._execute(
                f"SELECT count(*) FROM staged s JOIN {self.layer.table} t USING (uid)"
                " WHERE t.end_lifespan_version IS NULL"
            )[0][0]
        )
        names = ", ".join(self.columns)
        self._execute(f"INSERT INTO {self.layer.table} ({names}) SELECT {names} FROM staged")

    def _refuse(self, held: int) -> None:
        if held:
            raise FileUnreadable(
                f'{held} من سجلات الملف "{self.name}" محمّلة من قبل في طبقة {self.layer.title_ar}.',
                f'{held} rows of "{self.name}" are already in the layer {self.layer.code}.',
                what="already_loaded",
                where=self.name,
                todo="load a file once; a changed feature is a new version, not a second row",
            )

    def write(self, source: Mapping[str, Any], acting_user_id: int | None) -> None:
        self._place()
        payload = json.dumps({"source": dict(source), "rows": self.staged}, ensure_ascii=False, default=str)
        self._execute(
            "INSERT INTO layers_auditrow (action, subject, payload, actor_id) VALUES ('layer.load', %s, %s, %s)",
            [self.layer.code, payload, acting_user_id],
        )

    def announce(self) -> None:
        if self.staged:
            land = _rectangle(self.bounds)
            events.announce(events.LandTouched(frozenset({self.layer.code}), (), land, self.using))


class _Direct(_Loading):
    """A loading straight into the table: the application's role, which adds layers, makes no temporary tables."""

    target = "layers_feature"

    def _prepare(self) -> None:
        """Nothing is staged."""

    def _before(self, uids: list[Any]) -> None:
        self._refuse(
            self._execute(
                "SELECT count(*) FROM layers_feature WHERE uid = ANY(%s::uuid[]) AND end_lifespan_version IS NULL",
                [[str(uid) for uid in uids]],
            )[0][0]
        )

    def _place(self) -> None:
        """Everything is in its place."""


def _rectangle(bounds: NDArray[np.float64]) -> BaseGeometry:
    """Return the rectangle around what was loaded; points in a row have a line around them, one point itself."""
    low, high = bounds[:2], bounds[2:]
    if (low < high).all():
        return shapely.box(*bounds)
    return shapely.Point(low) if (low == high).all() else shapely.LineString([low, high])


def _text(value: Any) -> str:
    return "\\N" if value is None else str(value).translate(_ESCAPES)
