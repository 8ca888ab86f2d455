"""The nearest places, exactly: one statement as a rule, a second one where the first does not prove its answer.

The first takes somewhat more places than asked for in the sphere's order, of each category by its own index, and sorts
them by their distance on the spheroid. A place it did not take is at least as far on the sphere as the last one taken;
where that is farther on the spheroid too (``positions``) than the last one given, the answer is proven. Otherwise the
second takes every place that can belong to the answer. From so far away that the whole city is at about one distance,
where the index's order helps nothing, all places are sorted at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from layers.locator.positions import Position, farthest_on_sphere, least_on_spheroid, on_sphere
from layers.querying import read_rows

__all__ = ["FIELDS", "Chosen", "Key", "Near", "feature_text", "nearest"]

SPARE: Final = 6
"""How many places more than asked for are looked at, at least."""

FIELDS: Final = (
    "uid",
    "name_ar",
    "name_en",
    "category",
    "kind",
    "opening_hours",
    "ramadan_hours",
    "prayer_pause",
    "phone",
    "address_ar",
    "address_en",
    "wheelchair",
    "source",
    "source_on",
)
"""The columns of a place that everyone may read, as features name them."""

Key = tuple[float, UUID]
"""Where a page ended: distance on the spheroid, m, and uid of its last place."""


@dataclass
class Chosen:
    """Which places count. ``conditions`` are over the alias ``t`` of the places, ``params`` their values.

    ``within`` and ``beyond`` are districts that a place must lie in, or not in. ``with_district`` tells each place's.
    """

    categories: Sequence[str] = ()
    conditions: list[str] = field(default_factory=list)
    params: dict[str, Any] = field(default_factory=dict)
    within: UUID | None = None
    beyond: UUID | None = None
    with_district: bool = False


@dataclass(frozen=True)
class Near:
    """A place: ``distance_m`` on the spheroid, ``text`` its GeoJSON feature without the two braces at its end."""

    distance_m: float
    uid: str
    hours_key: int
    category: str
    x: float
    y: float
    text: str

    @property
    def key(self) -> Key:
        return self.distance_m, UUID(self.uid)


_HERE: Final = "ST_Point(%(lon)s, %(lat)s)::geography"
_DISTANCE: Final = """'"distance_m":' || round(t.distance_m::numeric, 3) || ','"""
_COLUMNS: Final = ", ".join(f"t.{name}" for name in ("id", *FIELDS, "geom", "geog", "hours_key"))
_DISTRICT: Final = "(SELECT d.geom FROM layers_district d WHERE d.uid = %({0})s AND d.end_lifespan_version IS NULL)"


def nearest(at: Position, limit: int, chosen: Chosen, after: Key | None = None, using: str = "default") -> list[Near]:
    """Return the places nearest to a position, by distance on the spheroid and then by uid.

    Parameters
    ----------
    after : Key, optional
        Only what comes after it in that order.

    Raises
    ------
    TooSlow
        The time of a page was over.
    """
    params = {**chosen.params, "lon": at.lon, "lat": at.lat, "limit": limit}
    conditions = ["t.end_lifespan_version IS NULL", *chosen.conditions]
    if after is not None:
        params |= {"after_m": after[0], "after_uid": after[1]}
        conditions.append(f"(ST_Distance(t.geog, {_HERE}), t.uid) > (%(after_m)s::float8, %(after_uid)s::uuid)")
    if chosen.beyond is not None:
        params["beyond"] = chosen.beyond
        conditions.append(f"NOT coalesce(ST_Intersects({_DISTRICT.format('beyond')}, t.geom), FALSE)")
    if chosen.within is not None:
        return _read(_inside(chosen, conditions, params), params, chosen, using)[0]
    if _is_far(at, using):
        return _read(_sorted_only("layers_place t", chosen, conditions, params), params, chosen, using)[0]
    taken = limit + SPARE + limit // 16
    params["taken"] = taken
    found, proven_m = _read(_first(chosen, conditions, params), params, chosen, using)
    if found and found[0].distance_m < _FAR_M / 10:
        _last_near[using] = Position(round(at.lon), round(at.lat))
    if len(found) < limit or proven_m is None or found[-1].distance_m < proven_m:
        return found
    params["reach_m"] = farthest_on_sphere(found[-1].distance_m)
    return _read(_all_that_can(chosen, conditions, params), params, chosen, using)[0]


_FAR_M: Final = 1.5e6
_last_near: dict[str, Position] = {}
"""Of each database, a whole degree that had places near it: only a hint how to ask, never what to answer."""


def _is_far(at: Position, using: str) -> bool:
    """Tell whether a position is far from where places are, as far as that is known."""
    near = _last_near.get(using)
    return near is not None and on_sphere(near, at) > _FAR_M


def feature_text(first: str = "''", more: str = "") -> str:
    """Return the SQL of a place's GeoJSON feature over the alias ``t``, without the two braces at its end.

    ``first`` is SQL of text that stands before the properties, ``more`` are columns after them, with their comma.
    """
    listed = ", ".join(f"t.{name}" for name in FIELDS) + more
    return (
        """'{"type":"Feature","id":"' || t.uid || '","geometry":' || ST_AsGeoJSON(t.geog, 7) || ',"properties":{' || """
        f"{first} || rtrim(substr(row_to_json((SELECT p FROM (SELECT {listed}) p))::text, 2), '}}')"
    )


# Statements ---------------------------------------------------------------------------------------------------------


def _first(chosen: Chosen, conditions: list[str], params: dict[str, Any]) -> str:
    """Return candidates by the index; ``edge_m`` is how far on the sphere those of a category reach that has more."""
    order = f"t.geog <-> {_HERE}"
    head = f"SELECT {_COLUMNS}, {order} AS sphere_m FROM layers_place t WHERE {' AND '.join(conditions)}"
    tail = f"ORDER BY {order} LIMIT %(taken)s"
    categories = list(dict.fromkeys(chosen.categories))
    if len(categories) > 1:
        params["categories"] = categories
        source = (
            f"unnest(%(categories)s::text[]) AS c(category)"
            f" CROSS JOIN LATERAL ({head} AND t.category = c.category {tail}) t"
        )
        window = "PARTITION BY t.category"
    elif categories:
        params["category"] = categories[0]
        source, window = f"({head} AND t.category = %(category)s {tail}) t", ""
    else:
        source, window = f"({head} {tail}) t", ""
    edge = "CASE WHEN count(*) OVER w = %(taken)s THEN max(t.sphere_m) OVER w END"
    return (
        f"SELECT *, min(edge_m) OVER () AS proven_m FROM (SELECT t.*, ST_Distance(t.geog, {_HERE}) AS distance_m,"
        f" {edge} AS edge_m FROM {source} WINDOW w AS ({window})) t"
    )


def _all_that_can(chosen: Chosen, conditions: list[str], params: dict[str, Any]) -> str:
    conditions = [*conditions, f"ST_DWithin(t.geog, {_HERE}, %(reach_m)s, FALSE)"]
    return _sorted_only("layers_place t", chosen, conditions, params)


def _inside(chosen: Chosen, conditions: list[str], params: dict[str, Any]) -> str:
    """Return the places of a district: few enough to sort them all, wherever the position is."""
    params["within"] = chosen.within
    district = "layers_district a JOIN layers_place t ON ST_Intersects(a.geom, t.geom)"
    conditions = [*conditions, "a.uid = %(within)s", "a.end_lifespan_version IS NULL"]
    return _sorted_only(district, chosen, conditions, params)


def _sorted_only(source: str, chosen: Chosen, conditions: list[str], params: dict[str, Any]) -> str:
    if chosen.categories:
        params["categories"] = list(chosen.categories)
        conditions = [*conditions, "t.category = ANY(%(categories)s::text[])"]
    return (
        f"SELECT {_COLUMNS}, ST_Distance(t.geog, {_HERE}) AS distance_m, NULL::float8 AS proven_m"
        f" FROM {source} WHERE {' AND '.join(conditions)}"
    )


def _read(inner: str, params: dict[str, Any], chosen: Chosen, using: str) -> tuple[list[Near], float | None]:
    more, district = "", ""
    if chosen.with_district:
        more = ", d.name_ar AS district_ar, d.name_en AS district_en, d.uid AS district"
        district = (
            " LEFT JOIN LATERAL (SELECT d.uid, d.name_ar, d.name_en FROM layers_district d"
            " WHERE d.end_lifespan_version IS NULL AND ST_Intersects(d.geom, t.geom) ORDER BY d.id LIMIT 1) d ON TRUE"
        )
    sql = (
        "SELECT t.distance_m, t.uid::text, t.hours_key, t.category, ST_X(t.geom), ST_Y(t.geom), t.proven_m,"
        f" {feature_text(_DISTANCE, more)}"
        f" FROM (SELECT * FROM ({inner}) t ORDER BY t.distance_m, t.uid LIMIT %(limit)s) t{district}"
        " ORDER BY t.distance_m, t.uid"
    )
    rows = read_rows(sql, params, kind="page", using=using)
    found = [Near(m, uid, key, category, x, y, text) for m, uid, key, category, x, y, _, text in rows]
    proven_m = rows[0][6] if rows else None
    return found, None if proven_m is None else least_on_spheroid(proven_m)
