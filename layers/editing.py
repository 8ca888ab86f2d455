"""The one writer of every layer that people edit: all of them but parcels, which the register writes, and outlines of
cases.

An edit ends one version and begins the next in one transaction, with a row in the audit and word to whoever draws the
map, exactly as the register does for a parcel. Whoever saves says which version was looked at; if another stands by
then, nothing is written and the answer says who changed it and when.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

import shapely
from django.apps import apps
from django.conf import settings
from django.contrib.gis.geos import GEOSGeometry
from django.db import connections, transaction
from shapely.geometry.base import BaseGeometry

from layers import audit, events
from layers.catalog.base import Layer
from layers.edit_checks import EditFinding, EditRefused, check_geometry, check_values, editable_fields
from layers.edits import (
    MAX_EDITS,
    Edit,
    NoSuchFeature,
    NotEditable,
    StaleVersion,
    Written,
    at_odds,
    plain,
    repeated,
    stored_json,
    taken,
    too_many,
)
from layers.files.mapping import disagreements
from layers.models import AuditRow, VersionedRow

__all__ = [
    "MAX_EDITS", "Edit", "EditFinding", "EditRefused", "NoSuchFeature", "NotEditable", "StaleVersion", "Written",
    "apply_edits", "change_feature", "check_edit", "create_feature", "model_of", "retire_feature",
]  # fmt: skip


def create_feature(
    layer: Layer,
    values: Mapping[str, Any],
    geometry: BaseGeometry,
    *,
    acting_user_id: int | None,
    uid: uuid.UUID | None = None,
    areas: tuple[str, ...] = (),
    using: str = "default",
) -> Written:
    """Begin a new feature; see ``apply_edits``."""
    edit = Edit("create", uid, values, geometry)
    return apply_edits(layer, [edit], acting_user_id=acting_user_id, areas=areas, using=using)[0]


def change_feature(
    layer: Layer,
    uid: uuid.UUID,
    values: Mapping[str, Any],
    geometry: BaseGeometry | None = None,
    *,
    expected: datetime,
    acting_user_id: int | None,
    areas: tuple[str, ...] = (),
    using: str = "default",
) -> Written:
    """End the current version and begin one with these values and this geometry; see ``apply_edits``."""
    edit = Edit("change", uid, values, geometry, expected)
    return apply_edits(layer, [edit], acting_user_id=acting_user_id, areas=areas, using=using)[0]


def retire_feature(
    layer: Layer,
    uid: uuid.UUID,
    *,
    expected: datetime,
    acting_user_id: int | None,
    areas: tuple[str, ...] = (),
    using: str = "default",
) -> Written:
    """End a feature: it leaves the map and stays in its history; see ``apply_edits``."""
    edit = Edit("retire", uid, expected=expected)
    return apply_edits(layer, [edit], acting_user_id=acting_user_id, areas=areas, using=using)[0]


def apply_edits(
    layer: Layer,
    edits: Sequence[Edit],
    *,
    acting_user_id: int | None,
    areas: tuple[str, ...] = (),
    using: str = "default",
) -> list[Written]:
    """Make edits of one layer in one transaction, all of them or none.

    Parameters
    ----------
    layer : Layer
        Built-in or added.
    edits : sequence of Edit
        At most ``MAX_EDITS``, each of another feature.
    acting_user_id : int or None
        Who answers for them.
    areas : tuple of str
        Codes of the municipalities that the person may write in; empty means everywhere.

    Returns
    -------
    list of Written
        One for each edit, in their order. An edit that changes nothing writes nothing.

    Raises
    ------
    NotEditable
        The layer is written elsewhere, or was retired.
    EditRefused
        With everything that is wrong with all edits.
    NoSuchFeature, StaleVersion
        The feature is not there, or another version of it is.
    """
    model = model_of(layer)
    checked = _checked(layer, edits, model)
    with transaction.atomic(using=using):
        return _Work(layer, model, acting_user_id, areas, using).do(checked)


def model_of(layer: Layer) -> type[VersionedRow]:
    """Return the model of a layer's table; NotEditable where the layer has another writer or no versions."""
    if not layer.has_own_loader and layer.is_versioned:
        for model in apps.get_models():
            if model._meta.db_table == layer.table and issubclass(model, VersionedRow):
                return model
    raise NotEditable(
        f"طبقة {layer.title_ar} لا تُحرَّر هنا؛ لها إجراء خاص بها.",
        f"The layer {layer.title_en} is not edited here; it has a procedure of its own.",
    )


def check_edit(layer: Layer, edit: Edit) -> tuple[EditFinding, ...]:
    """Return what is wrong with an edit as far as it can be known without looking at the feature as it stands."""
    try:
        _checked(layer, [edit], model_of(layer))
    except EditRefused as refused:
        return refused.findings
    return ()


def _checked(layer: Layer, edits: Sequence[Edit], model: type[VersionedRow]) -> list[Edit]:
    """Return the edits with values and geometry as the layer holds them and a uid each; all findings at once."""
    findings: list[EditFinding] = []
    result: list[Edit] = []
    seen: set[uuid.UUID] = set()
    if len(edits) > MAX_EDITS:
        raise EditRefused((too_many(len(edits)),))
    for index, edit in enumerate(edits):
        if edit.uid is not None and edit.uid in seen:
            findings.append(replace(repeated(edit.uid), index=index))
        values: dict[str, Any] = {}
        geometry = None
        if edit.action != "retire":
            values, wrong = check_values(layer, edit.values, model, whole=edit.action == "create")
            if layer.is_stored_as_json:
                values = {name: plain(value) for name, value in values.items()}
            if edit.geometry is not None or edit.action == "create":
                geometry, shape_faults = check_geometry(layer, edit.geometry)
                wrong += shape_faults
            findings += [replace(finding, index=index) for finding in wrong]
        if edit.action != "create" and (edit.uid is None or edit.expected is None):
            raise ValueError("a change says which feature, and which version of it was looked at")
        uid = edit.uid or uuid.uuid4()
        seen.add(uid)
        result.append(replace(edit, uid=uid, values=values, geometry=geometry))
    if findings:
        raise EditRefused(tuple(findings))
    return result


class _Work:
    """The edits of one call, inside its transaction."""

    def __init__(
        self, layer: Layer, model: type[VersionedRow], actor_id: int | None, areas: tuple[str, ...], using: str
    ) -> None:
        self.layer, self.model, self.actor_id, self.areas, self.using = layer, model, actor_id, areas, using
        self.land: list[BaseGeometry] = []
        self.uids: list[str] = []

    def do(self, edits: list[Edit]) -> list[Written]:
        if not edits:
            return []
        self._hold_layer()
        keys = [cast(uuid.UUID, edit.uid) for edit in edits]
        self._lock(keys)
        current = self._current(keys)
        findings = []
        for index, edit in enumerate(edits):
            findings += self._meet(index, edit, current.get(cast(uuid.UUID, edit.uid)))
        if findings:
            raise EditRefused(tuple(findings))
        at = self._moment(keys)
        written = [self._write(edit, current.get(cast(uuid.UUID, edit.uid)), at) for edit in edits]
        if self.uids:
            self._require_condition([w.id for w in written if w.is_changed and w.id is not None])
            land = _union(self.land)
            events.announce(events.LandTouched(frozenset({self.layer.code}), tuple(self.uids), land, self.using))
        return written

    def _sql(self, sql: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
        with connections[self.using].cursor() as cursor:
            cursor.execute(sql, params)
            return list(cursor.fetchall())

    def _hold_layer(self) -> None:
        """Keep an added layer from being retired meanwhile."""
        if not self.layer.is_stored_as_json:
            return
        sql = "SELECT retired_at IS NULL FROM layers_addedlayer WHERE id = %s FOR SHARE"
        if self._sql(sql, [self.layer.fixed["layer_id"]]) != [(True,)]:
            raise NotEditable(
                f"الطبقة {self.layer.title_ar} أُلغيت.", f"The layer {self.layer.title_en} has been retired."
            )

    def _lock(self, uids: Sequence[uuid.UUID]) -> None:
        """Hold the features until the transaction ends, in one order for everybody: whoever waits sees what is new."""
        self._sql(
            """SELECT pg_advisory_xact_lock(k) FROM (
                 SELECT DISTINCT hashtextextended(u, 0) AS k FROM unnest(%s) AS u ORDER BY 1) AS keys""",
            [[str(uid) for uid in uids]],
        )

    def _current(self, uids: Sequence[uuid.UUID]) -> dict[uuid.UUID, VersionedRow]:
        rows = self.model._default_manager.using(self.using).filter(uid__in=uids, end_lifespan_version__isnull=True)
        found = {row.uid: row for row in rows}
        if self.layer.condition and found:
            meets = self._meeting([row.pk for row in found.values()])
            for row in found.values():
                row.__dict__["_is_foreign"] = row.pk not in meets
        return found

    def _meeting(self, keys: list[int]) -> set[int]:
        sql = f"SELECT t.id FROM {self.layer.table} t WHERE t.id = ANY(%s) AND ({self.layer.condition})"  # noqa: S608 - catalogue entries
        return {row[0] for row in self._sql(sql, [keys])}

    def _require_condition(self, keys: list[int]) -> None:
        """Refuse a new version that would not be of this layer any more."""
        if self.layer.condition and keys and len(self._meeting(keys)) < len(keys):
            ar, en = "بهذه القيم لا يبقى المعلم في هذه الطبقة.", "With these values the feature would leave the layer."
            raise EditRefused((EditFinding("leaves_layer", "", ar, en),))

    def _is_ours(self, row: VersionedRow) -> bool:
        fixed = all(getattr(row, name) == value for name, value in self.layer.fixed.items())
        return fixed and not row.__dict__.get("_is_foreign", False)

    def _meet(self, index: int, edit: Edit, old: VersionedRow | None) -> list[EditFinding]:
        """Compare an edit with the feature as it stands."""
        uid = cast(uuid.UUID, edit.uid)
        if edit.action == "create":
            findings = [] if old is None else [replace(taken(uid), index=index)]
            return findings + self._at_odds(index, edit.values) + self._outside_areas(index, edit.geometry)
        if old is None or not self._is_ours(old):
            raise self._missing(uid, index)
        if old.begin_lifespan_version != edit.expected:
            at = old.begin_lifespan_version
            raise StaleVersion(uid, at, at, self._last_actor(uid), index)
        whole = {**self._values(old), **edit.values} if edit.action == "change" else {}
        return self._at_odds(index, whole) + self._outside_areas(index, edit.geometry, _shape(old))

    def _at_odds(self, index: int, values: Mapping[str, Any]) -> list[EditFinding]:
        return [replace(at_odds(self.layer, f), index=index) for f in disagreements(self.layer.fields, values)]

    def _missing(self, uid: uuid.UUID, index: int) -> Exception:
        last = (
            self.model._default_manager.using(self.using)
            .filter(uid=uid, end_lifespan_version__isnull=False, **self.layer.fixed)
            .order_by("-end_lifespan_version")
            .first()
        )
        if last is None or last.end_lifespan_version is None:
            return NoSuchFeature(f"{self.layer.code} has no feature {uid}")
        return StaleVersion(uid, None, last.end_lifespan_version, self._last_actor(uid), index)

    def _last_actor(self, uid: uuid.UUID) -> int | None:
        rows = AuditRow.objects.using(self.using).filter(subject=str(uid)).order_by("-id")
        return rows.values_list("actor_id", flat=True).first()

    def _outside_areas(self, index: int, *shapes: BaseGeometry | None) -> list[EditFinding]:
        if not self.areas:
            return []
        ours = self._sql(
            """SELECT bool_and(coalesce(ST_Covers(m.land, ST_GeomFromWKB(g, %s)), false))
               FROM unnest(%s) AS g, (SELECT ST_Union(geom) AS land FROM layers_zone
                 WHERE kind = 'municipality' AND code = ANY(%s) AND end_lifespan_version IS NULL) AS m""",
            [settings.STORAGE_SRID, [shapely.to_wkb(s) for s in shapes if s is not None], list(self.areas)],
        )[0][0]
        if ours is not False:
            return []
        ar, en = "يقع المعلم خارج نطاق صلاحيتك.", "The feature lies outside the area that you may edit."
        return [EditFinding("outside_your_area", "geom", ar, en, index=index)]

    def _moment(self, uids: Sequence[uuid.UUID]) -> datetime:
        """Return now as the database's clock has it, after every moment in these features' histories."""
        sql = f"""SELECT greatest(clock_timestamp(), max(greatest(begin_lifespan_version, end_lifespan_version))
                                  + interval '1 microsecond') FROM {self.layer.table} WHERE uid = ANY(%s)"""  # noqa: S608 - a catalogue entry
        return cast(datetime, self._sql(sql, [list(uids)])[0][0])

    # One edit ---------------------------------------------------------------------------------------------------

    def _write(self, edit: Edit, old: VersionedRow | None, at: datetime) -> Written:
        uid = cast(uuid.UUID, edit.uid)
        was = {} if old is None else self._values(old)
        shape_was = None if old is None else _shape(old)
        if edit.action == "retire":
            values: dict[str, Any] = {}
            shape = None
        else:
            values = {**was, **edit.values}
            shape = edit.geometry if edit.geometry is not None else shape_was
        if old is not None and shape is not None and values == was and _same(shape, shape_was):
            return Written(uid, old.pk, old.begin_lifespan_version, is_changed=False)
        if old is not None:
            ended = type(old)._default_manager.using(self.using).filter(pk=old.pk, end_lifespan_version__isnull=True)
            if ended.update(end_lifespan_version=at) != 1:  # the lock forbids it, unless a hand wrote past this module
                raise StaleVersion(uid, None, at, None, 0)
        new = None if shape is None else self._begin(uid, old, values, shape, at)
        self._record(edit, old, new, was, values, shape_was, shape)
        self.land += [s for s in (shape_was, shape) if s is not None]
        self.uids.append(str(uid))
        return Written(uid, None if new is None else new.pk, None if new is None else at, is_changed=True)

    def _values(self, row: VersionedRow) -> dict[str, Any]:
        names = [f.name for f in editable_fields(self.layer)]
        if self.layer.is_stored_as_json:
            held = row.properties  # type: ignore[attr-defined]  # the one table that stores JSON
            return {f.name: held.get(f.name, "" if f.kind == "text" else None) for f in editable_fields(self.layer)}
        return {name: getattr(row, name) for name in names}

    def _begin(
        self, uid: uuid.UUID, old: VersionedRow | None, values: dict[str, Any], shape: BaseGeometry, at: datetime
    ) -> VersionedRow:
        """Insert the new version; columns that are no fields of the layer go over from the old one."""
        kept = {} if old is None else {f.attname: getattr(old, f.attname) for f in _columns(self.model)}
        if self.layer.is_stored_as_json:
            strange = {k: v for k, v in (kept.get("properties") or {}).items() if k not in values}
            columns: dict[str, Any] = {"properties": {**strange, **stored_json(values)}}
        else:
            columns = values
        new = self.model(
            **{
                **kept,
                **columns,
                **self.layer.fixed,
                "uid": uid,
                "begin_lifespan_version": at,
                "end_lifespan_version": None,
                "geom": GEOSGeometry(memoryview(shapely.to_wkb(shape)), srid=settings.STORAGE_SRID),
            }
        )
        new.save(using=self.using, force_insert=True)
        return new

    def _record(
        self,
        edit: Edit,
        old: VersionedRow | None,
        new: VersionedRow | None,
        was: Mapping[str, Any],
        values: Mapping[str, Any],
        shape_was: BaseGeometry | None,
        shape: BaseGeometry | None,
    ) -> None:
        """Write the audit row: what changed, without the values of fields that only staff may read."""
        changed = [n for n in {**was, **values} if was.get(n) != values.get(n)]
        told = {f.name for f in editable_fields(self.layer) if f.readers == "everyone"}
        payload: dict[str, Any] = {
            "layer": self.layer.code,
            "ended": None if old is None else old.pk,
            "began": None if new is None else new.pk,
            "old": {n: plain(was[n]) for n in changed if n in told and n in was},
            "new": {n: plain(values[n]) for n in changed if n in told and n in values},
            "withheld": sorted(n for n in changed if n not in told),
        }
        if shape is None or not _same(shape, shape_was):
            payload["geometry"] = {"old": _digest(shape_was), "new": _digest(shape)}
        audit.record(
            f"feature.{edit.action}",
            subject=str(edit.uid),
            actor_id=self.actor_id,
            payload=payload,
            using=self.using,
        )


def _columns(model: type[VersionedRow]) -> list[Any]:
    return [f for f in model._meta.concrete_fields if not f.primary_key and not getattr(f, "generated", False)]


def _shape(row: VersionedRow) -> BaseGeometry:
    return shapely.from_wkb(bytes(row.geom.wkb))  # type: ignore[attr-defined]  # every layer's table has it


def _same(a: BaseGeometry, b: BaseGeometry | None) -> bool:
    return b is not None and bool(shapely.equals_exact(shapely.normalize(a), shapely.normalize(b), 0.0))


def _digest(shape: BaseGeometry | None) -> str | None:
    return None if shape is None else hashlib.sha256(shapely.to_wkb(shape)).hexdigest()


def _union(shapes: list[BaseGeometry]) -> BaseGeometry:
    try:
        return shapely.union_all(shapes)
    except shapely.errors.GEOSException:  # an old outline that came with a fault: the ground it covers is enough
        return shapely.union_all(shapely.make_valid(shapes))
