"""Coverage of services, for the planner: the share of homes within 5, 10 and 15 minutes on foot, by district; the gaps;
and what it would be if a place stood somewhere.

Homes are the addresses, where any are loaded, otherwise a point in each parcel of residential use; every answer says
which. What was computed is kept until streets, places, districts or homes change (``layers.locator.changes``).
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal
from uuid import UUID

import numpy as np
import shapely
from django.db import connections
from numpy.typing import ArrayLike
from shapely.geometry.base import BaseGeometry

from layers.locator.categories import CATEGORIES, KINDS
from layers.locator.changes import Version, version
from layers.locator.coverage_measure import LIMITS_MIN, clusters, count_within, district_of, walking_minutes
from layers.locator.network.graph import Floats, Ints, Mode, Net, Snapped
from layers.locator.network.store import street_graph
from layers.querying import read_rows

__all__ = ["HOME_USES", "Coverage", "District", "Gap", "HomesFrom", "WhatIf", "coverage", "gaps", "what_if"]

HomesFrom = Literal["addresses", "parcels", "none"]

HOME_USES: Final = ("residential", "villa", "duplex", "apartments", "سكني", "سكنية", "فيلا", "دوبلكس", "شقق")
"""Land uses of parcels that are homes, in lower case."""

_LAYERS: Final = ("streets", "places", "districts", "addresses")
_DISTRICTS: Final = """
SELECT uid::text, name_ar, name_en, ST_AsBinary(geom) FROM layers_district
WHERE end_lifespan_version IS NULL ORDER BY id"""
_PLACES: Final = """
SELECT category, kind, ST_X(geom), ST_Y(geom) FROM layers_place WHERE end_lifespan_version IS NULL"""
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
class Coverage:
    """Homes near services. ``within`` counts them: shape (services, districts, limits); None without streets, when
    nobody knows the minutes.

    The last district is what lies outside all. ``off_streets`` are homes with no street near: they count as homes.
    """

    homes_from: HomesFrom
    homes: int
    off_streets: int
    services: tuple[str, ...]
    places: tuple[int, ...]
    districts: tuple[District, ...]
    limits_min: tuple[float, ...]
    within: Ints | None
    outlines: tuple[BaseGeometry, ...] = field(repr=False, default=())

    def share(self, service: str, limit_min: float, district: UUID | Literal["all"] | None = "all") -> float | None:
        """Return a share of homes, 0 to 1; None where there are no homes or no streets."""
        if self.within is None:
            return None
        counts = self.within[self.services.index(service), :, self.limits_min.index(limit_min)]
        if district == "all":
            return int(counts.sum()) / self.homes if self.homes else None
        at = [one.uid for one in self.districts].index(district)
        return int(counts[at]) / self.districts[at].homes if self.districts[at].homes else None


@dataclass(frozen=True)
class Gap:
    """Homes of a district, near each other, that have no place of a service within the limit; where they are."""

    service: str
    district: District
    homes: int
    x: float
    y: float

    @property
    def is_whole_district(self) -> bool:
        return self.homes == self.district.homes


@dataclass(frozen=True)
class WhatIf:
    """The same figures before, and with places more; ``off_streets`` are the numbers of points with no street near."""

    before: Coverage
    after: Coverage
    off_streets: tuple[int, ...]

    @property
    def gained(self) -> Ints | None:
        """Homes that would be within each limit and are not now: shape (districts, limits)."""
        if self.after.within is None or self.before.within is None:
            return None
        return self.after.within[0] - self.before.within[0]


def coverage(services: Sequence[str] | None = None, *, using: str = "default") -> Coverage:
    """Return how many homes are near places of each service.

    Parameters
    ----------
    services : sequence of str, optional
        Codes of categories or of kinds; all categories without it.

    Raises
    ------
    KeyError
        No category or kind has this code.
    """
    codes = tuple(CATEGORIES) if services is None else tuple(dict.fromkeys(services))
    return _city(using).coverage(codes)


def gaps(service: str, *, limit_min: float = 15.0, least_homes: int = 1, using: str = "default") -> list[Gap]:
    """Return where homes lie that have no place of a service within the limit, the most homes first.

    Empty also where there are no streets: then nobody knows (``Coverage.within`` is None).
    """
    return [gap for gap in _city(using).gaps(service, limit_min) if gap.homes >= least_homes]


def what_if(service: str, points: ArrayLike, *, using: str = "default") -> WhatIf:
    """Return the figures of a service as they would be if places of it stood at points (n, 2; storage CRS) too."""
    return _city(using).what_if(service, np.asarray(points, dtype=np.float64).reshape(-1, 2))


# One state of the city ----------------------------------------------------------------------------------------------


class _City:
    """Homes, places, districts and streets at one state, and what was computed of them. Threads may share it."""

    def __init__(self, seen: tuple[Version, Any], using: str) -> None:
        self.seen = seen
        self.net: Net = street_graph(using).net(Mode.FOOT)
        self.homes_from, self.xy = _homes(seen[1] is None, using)
        rows = read_rows(_DISTRICTS, {}, kind="page", using=using)
        self.outlines = tuple(shapely.from_wkb(bytes(row[3])) for row in rows)
        self.district = district_of(self.xy, self.outlines)
        homes = np.bincount(self.district, minlength=len(rows) + 1).tolist()
        named = [(UUID(uid), ar, en) for uid, ar, en, _ in rows]
        self.districts = tuple(District(*name, n) for name, n in zip([*named, (None, "", "")], homes, strict=True))
        self.at: Snapped = self.net.snap(self.xy)
        self.places: dict[str, list[tuple[float, float]]] = {}
        for category, kind, x, y in read_rows(_PLACES, {}, kind="page", using=using):
            for code in {category, kind} - {""}:
                self.places.setdefault(code, []).append((x, y))
        self._counts: dict[str, Ints] = {}
        self._minutes: OrderedDict[str, Floats] = OrderedDict()
        self._working = threading.Lock()

    def coverage(self, codes: tuple[str, ...]) -> Coverage:
        for code in codes:
            _require(code)
        if not len(self.net.u):
            return self._told(codes, None)
        with self._working:
            for code in codes:
                if code not in self._counts:
                    self._counts[code] = self._count(self._minutes_of(code, keep=len(codes) == 1))
            counts = np.array([self._counts[code] for code in codes], dtype=np.int64)
            return self._told(codes, counts.reshape(len(codes), len(self.districts), len(LIMITS_MIN)))

    def gaps(self, code: str, limit_min: float) -> list[Gap]:
        _require(code)
        if not len(self.net.u):
            return []
        if not 0 <= limit_min < np.inf:
            raise ValueError("a limit is a finite number of minutes, 0 or more")
        with self._working:
            far = ~(self._minutes_of(code) <= limit_min)
        found = clusters(self.xy[far], self.district[far])
        return [Gap(code, self.districts[one.district], one.homes, one.x, one.y) for one in found]

    def what_if(self, code: str, points: Floats) -> WhatIf:
        before = self.coverage((code,))
        off = tuple(np.flatnonzero(self.net.snap(points).edge < 0).tolist())
        if before.within is None:
            return WhatIf(before, before, off)
        with self._working:
            now = self._minutes_of(code)
        more = walking_minutes(self.net, self.at, points, limit_min=max(LIMITS_MIN))
        counts = self._count(np.minimum(now, more))
        after = self._told((code,), counts[None], extra=len(points))
        return WhatIf(before, after, off)

    def _count(self, minutes: Floats) -> Ints:
        return count_within(minutes, self.district, len(self.outlines))

    def _minutes_of(self, code: str, keep: bool = True) -> Floats:
        minutes = self._minutes.get(code)
        if minutes is None:
            places = np.array(self.places.get(code, []), dtype=np.float64).reshape(-1, 2)
            minutes = walking_minutes(self.net, self.at, places)
            if keep:
                self._minutes[code] = minutes
                while len(self._minutes) > _KEPT_MINUTES:
                    self._minutes.popitem(last=False)
        return minutes

    def _told(self, codes: tuple[str, ...], within: Ints | None, extra: int = 0) -> Coverage:
        return Coverage(
            self.homes_from,
            len(self.xy),
            int((self.at.edge < 0).sum()),
            codes,
            tuple(len(self.places.get(code, [])) + extra for code in codes),
            self.districts,
            LIMITS_MIN,
            within,
            self.outlines,
        )


_kept: dict[str, _City] = {}
_making = threading.Lock()


def _city(using: str) -> _City:
    """Return the city as the last commit left it. It is made by one thread; the others wait."""
    with _making:
        kept = _kept.get(using)
        seen = _seen(kept.seen[0] if kept else None, using)
        if kept is None or kept.seen[0] is not seen[0] or kept.seen[1] != seen[1]:
            _kept.pop(using, None)  # two would be in memory at a time
            kept = _kept[using] = _City(seen, using)
        return kept


def _seen(known: Version | None, using: str) -> tuple[Version, Any]:
    """Return the version of what is read; with that of parcels, where these are the homes."""
    noted = version(_LAYERS, known, using=using)
    [(has_addresses,)] = read_rows(_HAS_ADDRESSES, {}, kind="page", using=using)
    return noted, None if has_addresses else read_rows(_PARCELS, {}, kind="page", using=using)[0]


def _homes(has_addresses: bool, using: str) -> tuple[HomesFrom, Floats]:
    """Return the positions of homes, read some at a time: a million are 16 MB."""
    sql = _ADDRESS_POINTS if has_addresses else _PARCEL_POINTS
    parts = [np.empty((0, 2))]
    with connections[using].chunked_cursor() as cursor:
        cursor.execute(sql, {"uses": list(HOME_USES)})
        while rows := cursor.fetchmany(50_000):
            parts.append(np.array(rows, dtype=np.float64))
    xy = np.concatenate(parts)
    return ("addresses" if has_addresses else "parcels") if len(xy) else "none", xy


def _require(code: str) -> None:
    if code not in CATEGORIES and code not in KINDS:
        raise KeyError(code)
