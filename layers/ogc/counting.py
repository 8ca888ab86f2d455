"""How many features a question finds: exactly where that costs little, otherwise estimated and said to be."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Final

from django.db import connections

from layers.access import Scope
from layers.catalog.base import Layer
from layers.ogc.features import Chosen, chosen
from layers.ogc.parameters import ItemsQuery
from layers.querying import TooSlow, read_rows

__all__ = ["COUNTED", "Count", "count_all", "count_some", "forget"]

COUNTED: Final = 10_000
"""A page counts up to here; what is more is estimated, unless the count itself is asked for (``resultType=hits``)."""


_CHEAP: Final = 50_000.0
"""Cost, in the planner's units, of a count that a page may bring along: some tens of milliseconds."""


_KEPT_S: Final = 60.0
_MOST_KEPT: Final = 1_000


@dataclass(frozen=True)
class Count:
    """A number of features, and whether it is the very number."""

    number: int
    is_exact: bool


_estimates: dict[tuple[str, str, str, str], tuple[float, Count]] = {}


def count_all(layer: Layer, scope: Scope, query: ItemsQuery, using: str = "default") -> Count:
    """Return the exact count, or the planner's estimate where counting takes longer than a count may."""
    found = chosen(layer, scope, query)
    try:
        rows = read_rows(f"SELECT count(*) FROM {found.source} r{found.where}", found.params, kind="count", using=using)
        return Count(int(rows[0][0]), is_exact=True)
    except TooSlow:
        return _expected(found, using)[0]


def count_some(layer: Layer, scope: Scope, query: ItemsQuery, using: str = "default") -> Count:
    """Return the exact count where the planner expects it to be cheap, its estimate where not.

    An exact count is never kept; an estimate is, for a minute, since asking for it costs a round trip.
    """
    key = (str(connections[using].settings_dict["NAME"]), layer.code, scope.code, query.fingerprint)
    kept = _estimates.get(key)
    if kept is not None and time.monotonic() - kept[0] < _KEPT_S:
        return kept[1]
    found = chosen(layer, scope, query)
    estimate, cost = _expected(found, using)
    if estimate.number > COUNTED or cost > _CHEAP:
        if len(_estimates) >= _MOST_KEPT:
            _estimates.clear()
        _estimates[key] = (time.monotonic(), estimate)
        return estimate
    some = f"SELECT 1 FROM {found.source} r{found.where} LIMIT {COUNTED + 1}"
    try:
        rows = read_rows(f"SELECT count(*) FROM ({some}) counted", found.params, kind="count", using=using)
    except TooSlow:
        return estimate
    number = int(rows[0][0])
    return Count(number, is_exact=number <= COUNTED)


def forget() -> None:
    """Forget the estimates (another database under the same name: tests)."""
    _estimates.clear()


def _expected(found: Chosen, using: str) -> tuple[Count, float]:
    """Return how many rows the planner expects, and at what cost: it reads statistics, not the features."""
    asked = f"EXPLAIN (FORMAT JSON) SELECT 1 FROM {found.source} r{found.where}"
    plan = read_rows(asked, found.params, kind="count", using=using)[0][0]
    plan = (json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]
    return Count(int(plan["Plan Rows"]), is_exact=False), float(plan["Total Cost"])
