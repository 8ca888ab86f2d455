"""Layers added without code, in the shape of every other layer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, Literal, cast

from layers.catalog.base import LIFESPAN, UID, Layer, Provenance, Style
from layers.files.cleaning import Expected
from layers.files.mapping import LayerField
from layers.models import AddedLayer
from layers.registry import LAYERS

__all__ = ["FIELD_NAME", "all_layers", "as_layer", "find_layer"]

FIELD_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
"""What a field of an added layer may be called: it becomes a column of a query, so nothing else is let in."""


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
        fields=(UID, *(_field(field) for field in row.fields), *LIFESPAN),
        fixed={"layer_id": row.pk},
        is_stored_as_json=True,
        readers=cast(Literal["everyone", "staff"], row.readers),
        min_zoom=row.min_zoom,
        max_zoom=row.max_zoom,
        style=Style(**row.style),
        provenance=Provenance(row.source_ar, row.source_en, row.licence),
    )


def _field(stored: Mapping[str, Any]) -> LayerField:
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
        likely=tuple(stored.get("likely", ())),
        low=-(2**63),
        high=2**63 - 1,
    )
