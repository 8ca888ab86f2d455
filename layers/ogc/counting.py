"""How many features a question finds: exactly where that costs little, otherwise estimated and said to be."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

from layers.access import Scope
from layers.catalog.base import Layer
from layers.ogc.features import chosen
from layers.ogc.parameters import ItemsQuery
from layers.querying import TooSlow, read_rows

__all__ = ["COUNTED", "Count", "count_all", "count_some"]

COUNTED: Final = 10_000
"""A page counts up to here; what is more is estimated, unless the count itself is asked for (``resultType=hits``)."""


@dataclass(frozen=True)
class Count:
    """A number of features, and whether it is the very number."""

    number: int
    is_exact: bool


def count_all(layer: Layer, scope: Scope, query: ItemsQuery, using: str = "default") -> Count:
    """Return the exact count, or the planner's estimate where counting takes longer than a count may."""
    source, conditions, params = chosen(layer, scope, query)
    try:
        rows = read_rows(f"SELECT count(*) FROM {source}{_where(conditions)}", params, kind="count", using=using)
        return Count(int(rows[0][0]), is_exact=True)
    except TooSlow:
        return _estimated(layer, scope, query, using)


def count_some(layer: Layer, scope: Scope, query: ItemsQuery, using: str = "default") -> Count:
    """Return the exact count up to ``COUNTED``, an estimate above."""
    estimate = _estimated(layer, scope, query, using)
    if estimate.number > 2 * COUNTED:
        return estimate
    source, conditions, params = chosen(layer, scope, query)
    some = f"SELECT 1 FROM {source}{_where(conditions)} LIMIT {COUNTED + 1}"
    try:
        rows = read_rows(f"SELECT count(*) FROM ({some}) counted", params, kind="count", using=using)
    except TooSlow:
        return estimate
    found = int(rows[0][0])
    return Count(found, is_exact=True) if found <= COUNTED else Count(max(estimate.number, found), is_exact=False)


def _estimated(layer: Layer, scope: Scope, query: ItemsQuery, using: str) -> Count:
    """Return what the planner expects: it reads statistics, not the features."""
    source, conditions, params = chosen(layer, scope, query)
    asked = f"EXPLAIN (FORMAT JSON) SELECT 1 FROM {source}{_where(conditions)}"
    plan = read_rows(asked, params, kind="count", using=using)[0][0]
    plan = json.loads(plan) if isinstance(plan, str) else plan
    return Count(int(plan[0]["Plan"]["Plan Rows"]), is_exact=False)


def _where(conditions: list[str]) -> str:
    return f" WHERE {' AND '.join(conditions)}" if conditions else ""
