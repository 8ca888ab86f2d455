"""A layer as a relation that a scope may read: what every query of features, tiles, exports and counts selects from.

Names in the SQL are catalogue entries; values are parameters. Fields that a scope may not see are not in the relation,
so no filter, order, count or error can tell anything about them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from layers.access import Scope, readable_fields
from layers.catalog.base import Layer
from layers.files.mapping import LayerField

__all__ = ["CASTS", "Relation", "relation"]

CASTS: Final = {
    "text": "text",
    "decimal": "numeric",
    "integer": "bigint",
    "float": "double precision",
    "uuid": "uuid",
    "datetime": "timestamptz",
    "date": "date",
}
"""The SQL type of each kind of field."""


@dataclass(frozen=True)
class Relation:
    """``sql`` is a FROM item in parentheses without an alias, ``params`` its values (names begin with ``rel_``).

    Its columns are ``id`` (bigint, unique among versions, the key of paging), ``geom`` (storage CRS), ``geom_3857`` and
    the ``fields``, each by its name. ``parts`` are FROM items that together are the relation, no row in two of them:
    each has its own indexes, so what needs the first rows of an order asks each part for them.
    """

    sql: str
    params: dict[str, Any]
    fields: tuple[LayerField, ...]
    parts: tuple[str, ...]


def relation(
    layer: Layer,
    scope: Scope,
    at: datetime | None = None,
    *,
    during: tuple[datetime | None, datetime | None] | None = None,
    equal: Mapping[str, Any] | None = None,
) -> Relation:
    """Return a layer's rows that are current, or were at a moment, as far as a scope may see them.

    Parameters
    ----------
    layer : Layer
        One that ``layers.access.can_read`` lets the scope read.
    scope : Scope
        Who is looking. A scope of some areas sees staff's fields empty (NULL) outside them, and of a layer of staff
        only the features that meet them.
    at : datetime, optional
        A moment of the past; the present without it. A layer without versions has a present only.
    during : tuple of datetime or None, optional
        Instead of a moment: both ends belong to it, None leaves one open. Every version whose lifespan meets it is a
        row, so that a ``uid`` may come more than once.
    equal : mapping, optional
        Values that fields are asked to have by a condition on the relation: only a help to find their rows by an
        index, where the layer was added without code. The condition is still the caller's.
    """
    fields = readable_fields(layer, scope)
    params: dict[str, Any] = {f"rel_{name}": value for name, value in layer.fixed.items()}
    inside = ""
    if scope.areas:
        params["rel_areas"] = list(scope.areas)
        inside = (
            "EXISTS (SELECT 1 FROM layers_zone a WHERE a.kind = 'municipality' AND a.code = ANY(%(rel_areas)s)"
            " AND a.end_lifespan_version IS NULL AND a.geom && t.geom"
            # The land of an area and its border; what only touches the border from outside is the neighbour's.
            " AND (ST_Covers(a.geom, t.geom) OR ST_Relate(a.geom, t.geom, 'T********')))"
        )
    columns = ["t.id", "t.geom", "t.geom_3857", *(_column(layer, field, inside) for field in fields)]
    # A plain 5 is an integer, and no condition of an index that begins with a bigint (docs/adr/0023).
    where = [
        f"t.{name} = %(rel_{name})s{'::bigint' if isinstance(value, int) else ''}"
        for name, value in layer.fixed.items()
    ]
    if layer.is_stored_as_json and equal:
        where += _held(fields, equal, params)
    if layer.condition:
        where.append(f"({layer.condition})")
    if layer.readers == "staff" and inside:
        where.append(inside)
    head = f"SELECT {', '.join(columns)} FROM {layer.table} t"
    if during is not None and layer.is_versioned:
        conditions = _meeting(during, params)
    else:
        conditions = _versions(at if layer.is_versioned else None, layer, params)
    selects = [f"{head}{_where([*of_part, *where])}" for of_part in conditions]
    return Relation(f"({' UNION ALL '.join(selects)})", params, fields, tuple(f"({one})" for one in selects))


def _held(fields: tuple[LayerField, ...], equal: Mapping[str, Any], params: dict[str, Any]) -> list[str]:
    """Return conditions by the index of properties. A fraction is compared as a double, which that index cannot."""
    casts = {"text": "text", "integer": "numeric"}
    conditions = []
    for field in fields:
        if field.name in equal and field.kind in casts:
            params[f"rel_equal_{field.name}"] = equal[field.name]
            value = f"%(rel_equal_{field.name})s::{casts[field.kind]}"
            conditions.append(f"t.properties @> jsonb_build_object('{field.name}', {value})")
    return conditions


def _where(conditions: list[str]) -> str:
    return f" WHERE {' AND '.join(conditions)}" if conditions else ""


def _column(layer: Layer, field: LayerField, inside: str) -> str:
    source = f"t.{field.name}"
    if layer.is_stored_as_json and field.name not in ("uid", "begin_lifespan_version", "end_lifespan_version"):
        source = f"(t.properties->>'{field.name}')::{CASTS[field.kind]}"
    if field.readers == "staff" and inside:
        source = f"CASE WHEN {inside} THEN {source} END"
    return f"{source} AS {field.name}"


def _versions(at: datetime | None, layer: Layer, params: dict[str, Any]) -> list[list[str]]:
    """Return the conditions of the rows of a moment; each part by the index that holds it."""
    if not layer.is_versioned:
        return [[]]
    current = ["t.end_lifespan_version IS NULL"]
    if at is None:
        return [current]
    params["rel_at"] = at
    begun = "t.begin_lifespan_version <= %(rel_at)s"
    return [[*current, begun], ["t.end_lifespan_version > %(rel_at)s", begun]]


def _meeting(during: tuple[datetime | None, datetime | None], params: dict[str, Any]) -> list[list[str]]:
    """Return the conditions of every version whose half-open lifespan meets an interval."""
    first, last = during
    begun, ended = [], ["t.end_lifespan_version IS NOT NULL"]
    if last is not None:
        params["rel_last"] = last
        begun.append("t.begin_lifespan_version <= %(rel_last)s")
    if first is not None:
        params["rel_first"] = first
        ended.append("t.end_lifespan_version > %(rel_first)s")
    return [["t.end_lifespan_version IS NULL", *begun], [*ended, *begun]]
