"""A neighbourhood at a glance: what a district has of each kind, what is open, what is missing and how far that is.

Everything is counted by statements whose number does not depend on what is found. The homes of a district and how many
of them have a service near are kept in memory while streets, places, districts and addresses stay as they are.
"""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

import numpy as np
import shapely
from django.conf import settings
from shapely.geometry.base import BaseGeometry

from layers import crs
from layers.locator.categories import CATEGORIES, KINDS
from layers.locator.changes import Version, version
from layers.locator.coverage import HOME_USES, HomesFrom
from layers.locator.coverage_measure import walking_minutes
from layers.locator.network.graph import Floats, Mode
from layers.locator.network.speeds import WALK_M_PER_MIN
from layers.locator.network.store import has_streets, minutes_to, street_graph
from layers.locator.opening import look
from layers.locator.openness import only_open
from layers.locator.positions import farthest_on_sphere, least_on_spheroid
from layers.querying import read_rows

__all__ = ["ESSENTIAL", "NEAR_MIN", "Elsewhere", "Neighbourhood", "Tally", "neighbourhood"]

ESSENTIAL: Final = (
    "supermarket", "bakery", "clinic", "pharmacy", "friday_mosque", "school", "kindergarten", "park", "playground",
    "fuel_station",
)  # fmt: skip
"""Kinds whose absence is told even where the district has others of their category."""

NEAR_MIN: Final = 10.0
"""A home has a service near that is within so many minutes on foot."""

_KEPT: Final = 64
_LAYERS: Final = ("streets", "places", "districts", "addresses")


Sort = tuple[str, str]
"""A category, and a kind within it or "" for all of it: some kinds are called as their category is."""


@dataclass(frozen=True)
class Tally:
    """How many places there are of a sort, and how many of them are open."""

    places: int = 0
    open: int = 0


@dataclass(frozen=True)
class Elsewhere:
    """The nearest place of a sort that the district has none of, by true distance from where it is looked from.

    ``minutes`` on foot: infinite where no way leads there, None where the city has no streets to say so.
    """

    uid: UUID
    name_ar: str
    name_en: str
    category: str
    kind: str
    distance_m: float
    minutes: float | None
    lon: float
    lat: float


@dataclass(frozen=True)
class Neighbourhood:
    """What a district has at a moment, by sort. ``elsewhere`` holds sorts that it has none of, where there are any.

    ``looked_from`` says what distances begin at: the home in the middle of the homes, or a point in the middle of the
    district where no homes are known. ``near`` is the share (0 to 1) of homes with a category within NEAR_MIN on foot;
    empty where there are no homes or no streets.
    """

    uid: UUID
    name_ar: str
    name_en: str
    code: str
    municipality: str
    area_m2: float
    shape: BaseGeometry
    homes: int
    homes_from: HomesFrom
    looked_from: Literal["homes", "middle"]
    lon: float
    lat: float
    tallies: Mapping[Sort, Tally]
    elsewhere: Mapping[Sort, Elsewhere]
    near: Mapping[str, float]


def neighbourhood(uid: UUID, at: datetime, using: str = "default") -> Neighbourhood | None:
    """Return what a district has at a moment; None where there is no such district.

    Raises
    ------
    TooSlow
        The time of a page was over.
    """
    rows = read_rows(_DISTRICT, {"uid": uid}, kind="page", using=using)
    if not rows:
        return None
    name_ar, name_en, code, municipality, area_m2, wkb, middle_x, middle_y = rows[0]
    shape = shapely.from_wkb(bytes(wkb))
    ground = _ground(uid, shape, using)
    x, y = ground.middle or (middle_x, middle_y)
    [[lon, lat]] = crs.transform_coordinates(
        np.array([[x, y]]), settings.STORAGE_SRID, crs.WGS84, allow_legacy=True
    ).tolist()
    tallies = _tallies(uid, at, using)
    missing = [sort for sort in _SORTS if sort not in tallies]
    return Neighbourhood(
        uid, name_ar, name_en, code, municipality, area_m2, shape, ground.homes, ground.homes_from,
        "homes" if ground.middle else "middle", lon, lat, tallies, _elsewhere(missing, (x, y), (lon, lat), using),
        ground.near,
    )  # fmt: skip


_SORTS: Final = (*((code, "") for code in CATEGORIES), *((KINDS[code].category, code) for code in ESSENTIAL))


_DISTRICT: Final = """
SELECT name_ar, name_en, code, municipality, ST_Area(ST_Transform(geom, 4326)::geography), ST_AsBinary(geom),
       ST_X(ST_PointOnSurface(geom)), ST_Y(ST_PointOnSurface(geom))
FROM layers_district WHERE uid = %(uid)s AND end_lifespan_version IS NULL"""


# What is inside -----------------------------------------------------------------------------------------------------


def _tallies(uid: UUID, at: datetime, using: str) -> dict[Sort, Tally]:
    conditions: list[str] = []
    params: dict[str, Any] = {"uid": uid}
    only_open(conditions, params, at, look(using))
    sql = (
        f"SELECT t.category, t.kind, count(*), count(*) FILTER (WHERE {' AND '.join(conditions)})"
        " FROM layers_district d JOIN layers_place t ON ST_Intersects(d.geom, t.geom)"
        " WHERE d.uid = %(uid)s AND d.end_lifespan_version IS NULL AND t.end_lifespan_version IS NULL GROUP BY 1, 2"
    )
    found: dict[Sort, Tally] = {}
    for category, kind, places, is_open in read_rows(sql, params, kind="page", using=using):
        for sort in {(category, ""), (category, kind)}:
            so_far = found.get(sort, Tally())
            found[sort] = Tally(so_far.places + places, so_far.open + is_open)
    return found


# What is missing ----------------------------------------------------------------------------------------------------

_HERE: Final = "ST_Point(%(lon)s, %(lat)s)::geography"
_FEW: Final = 8
_COLUMNS: Final = f"""t.uid::text, t.name_ar, t.name_en, t.category, t.kind, ST_Distance(t.geog, {_HERE}) AS m,
  ST_X(t.geom) AS x, ST_Y(t.geom) AS y, ST_X(t.geog::geometry) AS lon, ST_Y(t.geog::geometry) AS lat"""
# The few nearest on the sphere hold the nearest on the spheroid, where the last of them is proven to be farther.
_CANDIDATES: Final = f"""
(SELECT %(category_{{n}})s, %(kind_{{n}})s, {_COLUMNS}, t.geog <-> {_HERE} AS sphere_m FROM layers_place t
 WHERE t.end_lifespan_version IS NULL AND {{condition}} ORDER BY t.geog <-> {_HERE} LIMIT {_FEW})"""
_ALL_THAT_CAN: Final = f"""
(SELECT %(category_{{n}})s, %(kind_{{n}})s, {_COLUMNS}, 0.0 FROM layers_place t
 WHERE t.end_lifespan_version IS NULL AND {{condition}} AND ST_DWithin(t.geog, {_HERE}, %(reach_{{n}})s, FALSE)
 ORDER BY m, t.uid LIMIT 1)"""


def _elsewhere(
    sorts: Sequence[Sort], at: tuple[float, float], lonlat: tuple[float, float], using: str
) -> dict[Sort, Elsewhere]:
    """Return the nearest place of each sort, where there is any; the district has none of them."""
    best, unproven = _best_of(_asked(_CANDIDATES, dict.fromkeys(sorts, 0.0), lonlat, using))
    if unproven:
        best |= _best_of(_asked(_ALL_THAT_CAN, unproven, lonlat, using))[0]
    minutes: list[float | None] = [None] * len(best)
    if best and has_streets(Mode.FOOT, using=using):
        targets = np.array([row[8:10] for row in best.values()])
        minutes = minutes_to(at, targets, Mode.FOOT, using=using).tolist()
    found = {}
    for (sort, row), walked in zip(best.items(), minutes, strict=True):
        _, _, uid, name_ar, name_en, category, kind, metres, _, _, lon, lat, _ = row
        found[sort] = Elsewhere(UUID(uid), name_ar, name_en, category, kind, metres, walked, lon, lat)
    return found


def _asked(arm: str, reach_m: Mapping[Sort, float], lonlat: tuple[float, float], using: str) -> list[tuple[Any, ...]]:
    """Return the rows of one statement that has an arm for each sort, so that each goes by the index that fits it."""
    if not reach_m:
        return []
    params: dict[str, Any] = {"lon": lonlat[0], "lat": lonlat[1]}
    arms = []
    for n, ((category, kind), reach) in enumerate(reach_m.items()):
        params |= {f"category_{n}": category, f"kind_{n}": kind, f"reach_{n}": reach}
        condition = f"t.category = %(category_{n})s" + (f" AND t.kind = %(kind_{n})s" if kind else "")
        arms.append(arm.format(n=n, condition=condition))
    return read_rows(" UNION ALL ".join(arms), params, kind="page", using=using)


def _best_of(rows: Sequence[tuple[Any, ...]]) -> tuple[dict[Sort, tuple[Any, ...]], dict[Sort, float]]:
    """Return the nearest of the rows of each sort, and how far on the sphere others may lie where it is not proven."""
    by_sort: dict[Sort, list[tuple[Any, ...]]] = {}
    for row in rows:
        by_sort.setdefault((row[0], row[1]), []).append(row)
    best = {sort: min(found, key=lambda row: (row[7], row[2])) for sort, found in by_sort.items()}
    unproven = {
        sort: farthest_on_sphere(best[sort][7])
        for sort, found in by_sort.items()
        if len(found) == _FEW and least_on_spheroid(max(row[-1] for row in found)) <= best[sort][7]
    }
    return best, unproven


# Homes --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Ground:
    """The homes of a district: how many, the one in their middle, and the shares that have a category near."""

    homes: int
    homes_from: HomesFrom
    middle: tuple[float, float] | None
    near: Mapping[str, float]


_kept: OrderedDict[tuple[str, UUID], tuple[Version, _Ground]] = OrderedDict()
_keeping = threading.Lock()


def _ground(uid: UUID, shape: BaseGeometry, using: str) -> _Ground:
    kept = _kept.get((using, uid))
    seen = version(_LAYERS, kept[0] if kept else None, using=using)
    if kept is not None and seen is kept[0]:
        return kept[1]
    made = _ground_of(uid, shape, using)
    if made.homes_from == "addresses":  # of parcels nobody notes the changes
        with _keeping:
            _kept[using, uid] = (seen, made)
            while len(_kept) > _KEPT:
                _kept.popitem(last=False)
    return made


_HOMES: Final = """
WITH d AS (SELECT geom FROM layers_district WHERE uid = %(uid)s AND end_lifespan_version IS NULL)
SELECT ST_X(a.geom), ST_Y(a.geom) FROM d JOIN layers_address a ON ST_Intersects(d.geom, a.geom)
WHERE a.end_lifespan_version IS NULL"""
_PARCEL_HOMES: Final = """
WITH d AS (SELECT geom FROM layers_district WHERE uid = %(uid)s AND end_lifespan_version IS NULL),
h AS (SELECT ST_PointOnSurface(p.geom) AS geom FROM d JOIN layers_parcel p ON d.geom && p.geom
WHERE p.end_lifespan_version IS NULL AND lower(btrim(p.land_use)) = ANY(%(uses)s::text[])
AND NOT EXISTS (SELECT FROM layers_address WHERE end_lifespan_version IS NULL))
SELECT ST_X(h.geom), ST_Y(h.geom) FROM d JOIN h ON ST_Intersects(d.geom, h.geom)"""
_PLACES_NEAR: Final = """
SELECT category, ST_X(geom), ST_Y(geom) FROM layers_place
WHERE end_lifespan_version IS NULL AND geom && ST_GeomFromWKB(%(box)s, %(srid)s)"""


def _ground_of(uid: UUID, shape: BaseGeometry, using: str) -> _Ground:
    rows = read_rows(_HOMES, {"uid": uid}, kind="page", using=using)
    homes_from: HomesFrom = "addresses"
    if not rows:
        rows = read_rows(_PARCEL_HOMES, {"uid": uid, "uses": list(HOME_USES)}, kind="page", using=using)
        homes_from = "parcels" if rows else "none"
    if not rows:
        return _Ground(0, "none", None, {})
    homes = np.array(rows, dtype=np.float64)
    away = np.hypot(*(homes - homes.mean(axis=0)).T)
    middle = homes[np.lexsort((homes[:, 1], homes[:, 0], away))[0]]
    return _Ground(len(homes), homes_from, (float(middle[0]), float(middle[1])), _near(homes, using))


def _near(homes: Floats, using: str) -> dict[str, float]:
    """Return the share of homes within NEAR_MIN of a place of each category; places that far beyond them count too."""
    net = street_graph(using).net(Mode.FOOT)
    if not len(net.u):
        return {}
    box = shapely.box(*homes.min(axis=0), *homes.max(axis=0)).buffer(
        1.01 * NEAR_MIN * WALK_M_PER_MIN, join_style="mitre"
    )
    params = {"box": shapely.to_wkb(box), "srid": settings.STORAGE_SRID}
    places: dict[str, list[tuple[float, float]]] = {}
    for category, x, y in read_rows(_PLACES_NEAR, params, kind="page", using=using):
        places.setdefault(category, []).append((x, y))
    at = net.snap(homes)
    shares = {}
    for code in CATEGORIES:
        minutes = walking_minutes(net, at, np.array(places.get(code, [])).reshape(-1, 2), limit_min=NEAR_MIN)
        shares[code] = float((minutes <= NEAR_MIN).mean())
    return {code: share for code, share in shares.items() if math.isfinite(share)}
