"""Homes, districts, streets and places of the city in memory, read anew only as far as they have changed.

Each part is kept with the state that it was read at (``layers.locator.changes``): a place more means reading the places
and finding the ways to its category, not bringing every home to its street again. What a question needs is computed
once for a state; threads share it.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Literal
from uuid import UUID

import numpy as np
import shapely
from django.db import connections
from shapely.geometry.base import BaseGeometry

from layers.locator.changes import version
from layers.locator.coverage_measure import count_within, district_of, walking_minutes
from layers.locator.network.graph import Floats, Graph, Ints, Mode, Net, Snapped
from layers.locator.network.store import street_graph
from layers.querying import read_rows

__all__ = ["HOME_USES", "City", "District", "HomesFrom", "city_of"]

HomesFrom = Literal["addresses", "parcels", "none"]

HOME_USES: Final = ("residential", "villa", "duplex", "apartments", "سكني", "سكنية", "فيلا", "دوبلكس", "شقق")
"""Land uses of parcels that are homes, in lower case."""

_DISTRICTS: Final = """
SELECT uid::text, name_ar, name_en, ST_AsBinary(geom) FROM layers_district
WHERE end_lifespan_version IS NULL ORDER BY id"""
_PLACES: Final = """
SELECT category, kind, ST_X(geom), ST_Y(geom) FROM layers_place WHERE end_lifespan_version IS NULL ORDER BY id"""
_HAS_ADDRESSES: Final = "SELECT EXISTS (SELECT FROM layers_address WHERE end_lifespan_version IS NULL)"
# Rows are neither deleted nor revived: both counts only grow or shrink, so that they tell every change.
_PARCELS: Final = """
SELECT count(*), count(*) FILTER (WHERE end_lifespan_version IS NULL) FROM layers_parcel"""
_ADDRESS_POINTS: Final = "SELECT ST_X(geom), ST_Y(geom) FROM layers_address WHERE end_lifespan_version IS NULL"
_PARCEL_POINTS: Final = """
SELECT ST_X(p), ST_Y(p) FROM (SELECT ST_PointOnSurface(geom) AS p FROM layers_parcel
WHERE end_lifespan_version IS NULL AND lower(btrim(land_use)) = ANY(%(uses)s::text[])) AS homes"""

_KEPT_MINUTES: Final = 4
"""Of so many services the minutes of every home stay in memory: 8 MB each for a million homes."""


@dataclass(frozen=True)
class District:
    """A district as the table names it; ``uid`` is None for what lies outside all of them."""

    uid: UUID | None
    name_ar: str
    name_en: str
    homes: int


@dataclass(frozen=True)
class _Homes:
    source: HomesFrom
    xy: Floats


@dataclass(frozen=True)
class _Zones:
    """``district`` is the number of each home's among ``districts``, of which the last is what lies outside all."""

    outlines: tuple[BaseGeometry, ...]
    districts: tuple[District, ...]
    district: Ints


@dataclass(frozen=True)
class City:
    """One state of the city for one mode."""

    homes: _Homes
    zones: _Zones
    net: Net
    at: Snapped
    places: dict[str, Floats]
    _counts: dict[str, Ints] = field(default_factory=dict)
    _minutes: OrderedDict[str, Floats] = field(default_factory=OrderedDict)
    _working: threading.Lock = field(default_factory=threading.Lock)

    def places_of(self, code: str) -> Floats:
        """Return the positions of a category or kind, shape (n, 2)."""
        return self.places.get(code, np.empty((0, 2)))

    def minutes(self, code: str) -> Floats:
        """Return the minutes from each home to the nearest place; infinite where none can be reached."""
        with self._working:
            return self._minutes_of(code, keep=True)

    def counts(self, codes: tuple[str, ...]) -> Ints:
        """Return homes within each limit: shape (codes, districts, limits)."""
        with self._working:
            for code in codes:
                if code not in self._counts:
                    minutes = self._minutes_of(code, keep=len(codes) == 1)
                    self._counts[code] = count_within(minutes, self.zones.district, len(self.zones.outlines))
            return np.array([self._counts[code] for code in codes], dtype=np.int64)

    def _minutes_of(self, code: str, keep: bool) -> Floats:
        minutes = self._minutes.get(code)
        if minutes is None:
            minutes = walking_minutes(self.net, self.at, self.places_of(code))
            if keep:
                self._minutes[code] = minutes
                while len(self._minutes) > _KEPT_MINUTES:
                    self._minutes.popitem(last=False)
        return minutes

    def take_over(self, before: City) -> None:
        """Keep what was computed of services whose places are where they were."""
        if self.at is not before.at or self.zones is not before.zones:
            return
        with before._working:
            codes = {*before._counts, *before._minutes}
            same = {code for code in codes if np.array_equal(self.places_of(code), before.places_of(code))}
            self._counts.update((code, value) for code, value in before._counts.items() if code in same)
            self._minutes.update((code, value) for code, value in before._minutes.items() if code in same)


# What is kept ---------------------------------------------------------------------------------------------------------


@dataclass
class _Part:
    state: Any
    value: Any


_kept: dict[str, dict[str, _Part]] = {}
_making = threading.Lock()


def city_of(using: str = "default", mode: Mode = Mode.FOOT) -> City:
    """Return the city as the last commit left it. It is made by one thread; the others wait."""
    with _making:
        parts = _kept.setdefault(using, {})
        homes = _kept_homes(parts, using)
        zones = _kept_layer(parts, "districts", homes, lambda: _zones(homes, using), using)
        places = _kept_layer(parts, "places", None, lambda: _places(using), using)
        graph: Graph = street_graph(using)
        at = _kept_as(parts, f"at {mode}", (homes, graph), lambda: graph.net(mode).snap(homes.xy))
        seen = (homes, zones, at, places)
        before = parts.get(f"city {mode}")
        if before is None or not _same(before.state, seen):
            city = City(homes, zones, graph.net(mode), at, places)
            if before is not None:
                city.take_over(before.value)
            parts[f"city {mode}"] = _Part(seen, city)
        found: City = parts[f"city {mode}"].value
        return found


def _same(one: tuple[object, ...], other: tuple[object, ...]) -> bool:
    return len(one) == len(other) and all(a is b for a, b in zip(one, other, strict=True))


def _kept_as(parts: dict[str, _Part], name: str, state: tuple[object, ...], make: Callable[[], Any]) -> Any:
    """Return a part that was made from just these objects, or make it."""
    part = parts.get(name)
    if part is None or not _same(part.state, state):
        parts.pop(name, None)  # two would be in memory at a time
        part = parts[name] = _Part(state, make())
    return part.value


def _kept_layer(parts: dict[str, _Part], layer: str, of: object, make: Callable[[], Any], using: str) -> Any:
    """Return what was read of a layer, or read it where the layer has changed, or ``of`` has."""
    part = parts.get(layer)
    seen = version((layer,), part.state[0] if part else None, using=using)
    return _kept_as(parts, layer, (seen, of), make)


def _kept_homes(parts: dict[str, _Part], using: str) -> _Homes:
    part = parts.get("homes")
    seen = version(("addresses",), part.state[0] if part else None, using=using)
    [(has_addresses,)] = read_rows(_HAS_ADDRESSES, {}, kind="page", using=using)
    parcels = None if has_addresses else read_rows(_PARCELS, {}, kind="page", using=using)[0]
    if part is None or part.state[0] is not seen or part.state[1] != parcels:
        parts.pop("homes", None)
        part = parts["homes"] = _Part((seen, parcels), _homes(has_addresses, using))
    homes: _Homes = part.value
    return homes


# Reading --------------------------------------------------------------------------------------------------------------


def _homes(has_addresses: bool, using: str) -> _Homes:
    """Return the positions of homes, read some at a time: a million are 16 MB."""
    sql = _ADDRESS_POINTS if has_addresses else _PARCEL_POINTS
    parts = [np.empty((0, 2))]
    with connections[using].chunked_cursor() as cursor:
        cursor.execute(sql, {"uses": list(HOME_USES)})
        while rows := cursor.fetchmany(50_000):
            parts.append(np.array(rows, dtype=np.float64))
    xy = np.concatenate(parts)
    return _Homes(("addresses" if has_addresses else "parcels") if len(xy) else "none", xy)


def _zones(homes: _Homes, using: str) -> _Zones:
    rows = read_rows(_DISTRICTS, {}, kind="page", using=using)
    outlines = tuple(shapely.from_wkb(bytes(row[3])) for row in rows)
    district = district_of(homes.xy, outlines)
    counts = np.bincount(district, minlength=len(rows) + 1).tolist()
    named = [(UUID(uid), ar, en) for uid, ar, en, _ in rows]
    districts = tuple(District(*name, n) for name, n in zip([*named, (None, "", "")], counts, strict=True))
    return _Zones(outlines, districts, district)


def _places(using: str) -> dict[str, Floats]:
    """Return positions by category and by kind."""
    found: dict[str, list[tuple[float, float]]] = {}
    for category, kind, x, y in read_rows(_PLACES, {}, kind="page", using=using):
        for code in {category, kind} - {""}:
            found.setdefault(code, []).append((x, y))
    return {code: np.array(xy, dtype=np.float64) for code, xy in found.items()}
