"""Where and since when a layer has features, found by its indexes rather than by reading all of them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from django.conf import settings
from django.db import connections

from layers import crs as systems
from layers.access import Scope
from layers.catalog.base import Layer
from layers.querying import TooSlow, read_rows
from layers.relation import relation
from layers.srs import Bounds

__all__ = ["bounds_of", "forget", "since"]

_MARGIN_M: Final = 2.0  # index boxes are kept in single precision
_KEPT_S: Final = 3600.0
_first: dict[tuple[str, str, str], tuple[float, datetime | None]] = {}

# The feature nearest to a line far off in the west is the westernmost one, and the index finds it without the others.
_SIDES: Final = {
    "west": ("min", "ST_XMin", "ST_MakeLine(ST_Point({far_w}, {far_s}), ST_Point({far_w}, {far_n}))"),
    "south": ("min", "ST_YMin", "ST_MakeLine(ST_Point({far_w}, {far_s}), ST_Point({far_e}, {far_s}))"),
    "east": ("max", "ST_XMax", "ST_MakeLine(ST_Point({far_e}, {far_s}), ST_Point({far_e}, {far_n}))"),
    "north": ("max", "ST_YMax", "ST_MakeLine(ST_Point({far_w}, {far_n}), ST_Point({far_e}, {far_n}))"),
}


def bounds_of(layers: Mapping[str, Layer], scope: Scope, using: str = "default") -> dict[str, Bounds]:
    """Return west, south, east, north in degrees (CRS84) of each layer's current features; empty layers are left out.

    One round trip for all layers. The bounds hold every feature, and at most a few metres more.
    """
    if not layers:
        return {}
    selects, params = [], {}
    far = _far_away()
    for n, (code, layer) in enumerate(layers.items()):
        rows = relation(layer, scope)
        source = rows.sql
        for name, value in rows.params.items():
            source = source.replace(f"%({name})s", f"%(l{n}_{name})s")
            params[f"l{n}_{name}"] = value
        sides = ", ".join(
            f"(SELECT {corner}(r.geom) FROM {source} r ORDER BY r.geom <#> "
            f"ST_SetSRID({line.format(**far)}, {int(settings.STORAGE_SRID)}) LIMIT 1)"
            for _, corner, line in _SIDES.values()
        )
        params[f"code_{n}"] = code
        selects.append(f"SELECT %(code_{n})s::text, {sides}")
    found = read_rows(" UNION ALL ".join(selects), params, kind="feature", using=using)
    return {code: _degrees((w, s, e, n)) for code, w, s, e, n in found if w is not None}


def _far_away() -> dict[str, float]:
    area = systems.describe(settings.STORAGE_SRID).area_of_use or (-180.0, -80.0, 180.0, 84.0)
    xy = systems.transform_coordinates(
        systems.border((area[0], max(area[1], -80.0), area[2], min(area[3], 84.0))), 4326, settings.STORAGE_SRID
    )
    low, high = xy.min(axis=0) - 1e6, xy.max(axis=0) + 1e6
    return {"far_w": float(low[0]), "far_s": float(low[1]), "far_e": float(high[0]), "far_n": float(high[1])}


def _degrees(bounds: Bounds) -> Bounds:
    west, south, east, north = bounds
    wider = (west - _MARGIN_M, south - _MARGIN_M, east + _MARGIN_M, north + _MARGIN_M)
    degrees = systems.bounds_to_wgs84(wider, settings.STORAGE_SRID)
    return (round(degrees[0], 7), round(degrees[1], 7), round(degrees[2], 7), round(degrees[3], 7))


def since(layer: Layer, scope: Scope, using: str = "default") -> datetime | None:
    """Return when the first version of a layer began; None where there is none, or finding out takes too long.

    Versions are never deleted, so this changes only when older ones are loaded: it is kept for an hour.
    """
    if not layer.is_versioned or not any(field.name == "begin_lifespan_version" for field in layer.fields):
        return None
    who = "everyone" if layer.readers == "everyone" else scope.code
    key = (str(connections[using].settings_dict["NAME"]), layer.code, who)
    kept = _first.get(key)
    if kept is not None and time.monotonic() - kept[0] < _KEPT_S:
        return kept[1]
    rows = relation(layer, scope, during=(None, None))
    try:
        asked = f"SELECT min(r.begin_lifespan_version) FROM {rows.sql} r"
        found = read_rows(asked, rows.params, kind="count", using=using)[0][0]
    except TooSlow:
        found = None
    _first[key] = (time.monotonic(), found)
    return found


def forget() -> None:
    """Forget what was kept (another database under the same name: tests)."""
    _first.clear()
