"""Layers added without code, in the shape of every other layer: found, described, changed and retired."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, Literal, cast

import shapely
from django.db import IntegrityError, connections, transaction
from django.db.models.functions import Now
from shapely.geometry.base import BaseGeometry

from layers import audit, events
from layers.catalog.base import LIFESPAN, UID, Layer, Provenance, Style
from layers.definitions import FIELD_NAME, FieldDefinition, LayerDefinition, check_definition
from layers.edit_checks import EditFinding, EditRefused
from layers.files.cleaning import Expected
from layers.files.mapping import LayerField
from layers.files.naming import short_names
from layers.models import AddedLayer
from layers.registry import LAYERS

__all__ = [
    "FIELD_NAME",
    "LayerChanged",
    "all_layers",
    "as_layer",
    "change_layer",
    "create_layer",
    "definition_of",
    "find_layer",
    "mark_of",
    "retire_layer",
]


_FIELD_KEYS: Final = frozenset(FieldDefinition.__dataclass_fields__)


class LayerChanged(Exception):
    """The description of the layer is not the one that was looked at any more, or the layer has been retired."""


def find_layer(code: str, using: str = "default") -> Layer | None:
    """Return a layer by its code, built-in or added; None for one that does not exist or is retired."""
    known = LAYERS.get(code)
    if known is not None:
        return known
    row = AddedLayer.objects.using(using).filter(code=code, retired_at__isnull=True).first()
    return None if row is None else as_layer(row)


def all_layers(using: str = "default") -> dict[str, Layer]:
    """Return every layer by code: the built-in ones, then the added ones by name."""
    rows = AddedLayer.objects.using(using).filter(retired_at__isnull=True).order_by("code")
    return {**LAYERS, **{row.code: as_layer(row) for row in rows}}


def as_layer(row: AddedLayer) -> Layer:
    """Return the description of an added layer."""
    return Layer(
        code=row.code,
        title_ar=row.name_ar or row.name_en,
        title_en=row.name_en or row.name_ar,
        table="layers_feature",
        geometry=cast(Expected, row.geometry),  # a choice of the model
        fields=(UID, *map(_field, row.fields, short_names([f["name"] for f in row.fields])), *LIFESPAN),
        fixed={"layer_id": row.pk},
        is_stored_as_json=True,
        readers=cast(Literal["everyone", "staff"], row.readers),
        min_zoom=row.min_zoom,
        max_zoom=row.max_zoom,
        style=Style(**row.style),
        provenance=Provenance(row.source_ar, row.source_en, row.licence),
    )


def _field(stored: Mapping[str, Any], short: str) -> LayerField:
    name = stored["name"]
    if not FIELD_NAME.fullmatch(name):
        raise ValueError(f"{name!r} cannot be the name of a field")
    return LayerField(
        name,
        stored["ar"],
        stored["en"],
        stored.get("kind", "text"),
        readers=stored.get("readers", "everyone"),
        tile_zoom=stored.get("tile_zoom", 0),
        short=short,
        low=-(2**63),
        high=2**63 - 1,
    )


# Describing ---------------------------------------------------------------------------------------------------------


def definition_of(row: AddedLayer) -> LayerDefinition:
    """Return the description of an added layer as its engineer wrote it."""
    return LayerDefinition(
        code=row.code,
        name_ar=row.name_ar,
        name_en=row.name_en,
        geometry=row.geometry,
        fields=tuple(FieldDefinition(**{k: v for k, v in field.items() if k in _FIELD_KEYS}) for field in row.fields),
        readers=row.readers,
        min_zoom=row.min_zoom,
        max_zoom=row.max_zoom,
        style=row.style,
        source_ar=row.source_ar,
        source_en=row.source_en,
        licence=row.licence,
    )


def mark_of(definition: LayerDefinition) -> str:
    """Return a short text that differs between two descriptions that differ."""
    text = json.dumps(_columns(definition), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def create_layer(definition: LayerDefinition, *, acting_user_id: int | None, using: str = "default") -> AddedLayer:
    """Describe a new layer, which has no features yet, and write it into the audit.

    Raises
    ------
    EditRefused
        With everything that is wrong with the description, a code that is in use among it.
    """
    findings = check_definition(definition)
    if definition.code in LAYERS:
        findings = (*findings, _taken(definition.code))
    if findings:
        raise EditRefused(findings)
    with transaction.atomic(using=using):
        row = AddedLayer(code=definition.code, **_columns(definition))
        try:
            with transaction.atomic(using=using):
                row.save(using=using, force_insert=True)
        except IntegrityError:
            raise EditRefused((_taken(definition.code),)) from None
        _record("layer.create", row.code, acting_user_id, {"new": _columns(definition)}, using)
    return row


def change_layer(definition: LayerDefinition, *, seen: str, acting_user_id: int | None, using: str = "default") -> bool:
    """Describe an added layer anew: titles, readers, zooms, style, source, and the fields' titles and readers.

    Fields may be added and put in another order; none is taken away or changes its kind, since its values stay. The
    whole layer is announced as touched, because every tile of it may look different. Returns whether it changed.

    Raises
    ------
    EditRefused
        With everything that is wrong with it.
    LayerChanged
        ``seen`` (``mark_of``) is not the description that stands now.
    """
    with transaction.atomic(using=using):
        row = _held(definition.code, using)
        old = definition_of(row)
        if mark_of(old) != seen:
            raise LayerChanged(definition.code)
        definition = replace(definition, geometry=old.geometry)
        findings = (*check_definition(definition), *_lost_fields(old, definition))
        if findings:
            raise EditRefused(findings)
        was, now = _columns(old), _columns(definition)
        changed = {name for name in now if was[name] != now[name]}
        if not changed:
            return False
        AddedLayer.objects.using(using).filter(pk=row.pk).update(**{name: now[name] for name in changed})
        told = {"old": {n: was[n] for n in sorted(changed)}, "new": {n: now[n] for n in sorted(changed)}}
        _record("layer.change", row.code, acting_user_id, told, using)
        _announce(row, using)
    return True


def retire_layer(code: str, *, acting_user_id: int | None, using: str = "default") -> None:
    """Take an added layer off the map; its features and their history stay in the database.

    Raises
    ------
    LayerChanged
        There is no such layer, or it has been retired already.
    """
    with transaction.atomic(using=using):
        row = _held(code, using)
        AddedLayer.objects.using(using).filter(pk=row.pk).update(retired_at=Now())
        _record("layer.retire", code, acting_user_id, {}, using)
        _announce(row, using)


def _held(code: str, using: str) -> AddedLayer:
    row = AddedLayer.objects.using(using).select_for_update().filter(code=code, retired_at__isnull=True).first()
    if row is None:
        raise LayerChanged(code)
    return row


def _columns(definition: LayerDefinition) -> dict[str, Any]:
    return {
        "name_ar": definition.name_ar.strip(),
        "name_en": definition.name_en.strip(),
        "geometry": definition.geometry,
        "fields": [field.as_json() for field in definition.fields],
        "readers": definition.readers,
        "min_zoom": definition.min_zoom,
        "max_zoom": definition.max_zoom,
        "style": dict(definition.style),
        "source_ar": definition.source_ar.strip(),
        "source_en": definition.source_en.strip(),
        "licence": definition.licence.strip(),
    }


def _lost_fields(old: LayerDefinition, new: LayerDefinition) -> list[EditFinding]:
    kinds = {field.name: field.kind for field in new.fields}
    return [
        EditFinding(
            "definition",
            "fields",
            f"الحقل «{field.name}» لا يُحذف ولا يتغير نوعه؛ قيمه محفوظة.",
            f"The field “{field.name}” stays, and of its kind: its values are kept.",
        )
        for field in old.fields
        if kinds.get(field.name) != field.kind
    ]


def _taken(code: str) -> EditFinding:
    return EditFinding(
        "definition", "code", f"الرمز «{code}» لطبقة أخرى، قائمة أو ملغاة.", f"“{code}” is the code of another layer."
    )


def _record(action: str, code: str, actor_id: int | None, payload: Mapping[str, Any], using: str) -> None:
    audit.record(action, subject=code, actor_id=actor_id, payload=payload, using=using)


def _announce(row: AddedLayer, using: str) -> None:
    with connections[using].cursor() as cursor:
        cursor.execute(
            """SELECT ST_AsBinary(ST_SetSRID(ST_Extent(geom)::geometry, 0)) FROM layers_feature
               WHERE layer_id = %s AND end_lifespan_version IS NULL""",
            [row.pk],
        )
        extent = cursor.fetchone()[0]
    if extent is not None:
        land: BaseGeometry = shapely.from_wkb(bytes(extent))
        events.announce(events.LandTouched(frozenset({row.code}), (), land, using))
