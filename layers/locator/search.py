"""What is near, what lies where, and what has a name: the questions that pages and the API ask the database.

Positions are nowhere kept and nowhere logged.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import numpy as np
from django.utils import timezone

from layers.locator.categories import CATEGORIES, KINDS
from layers.locator.find import find
from layers.locator.hours import OpenState, Status
from layers.locator.nearest import Chosen, Key, Near, nearest
from layers.locator.opening import Opening, look
from layers.locator.openness import only_open, states_of
from layers.locator.positions import Position
from layers.locator.where import DistrictFound, district_at, stored

if TYPE_CHECKING:
    from layers.locator.network.store import Mode

__all__ = [
    "MOST", "Answer", "DistrictFound", "Found", "NearbyQuery", "Seen", "answer", "district_at", "find", "found_of",
    "nearby",
]  # fmt: skip

MOST: Final = 100
"""Places that one answer gives at most."""

_BATCH: Final = 32


@dataclass(frozen=True)
class NearbyQuery:
    """A question for the nearest places.

    ``kinds`` narrow the categories that they belong to; a category of which no kind is named counts whole. Without
    either, every place counts. ``open_at`` keeps what is open then, and ``before_closing`` what can still be reached
    by ``mode`` (on foot without it) before it closes. ``within`` is a district that places must lie in, ``beyond``
    one that they must not. ``after`` continues behind the last place of a page. ``with_district`` and
    ``tell_open`` cost a little and tell more of each place.

    Raises
    ------
    BadPosition
        The position is none.
    ValueError
        Anything else that no question can have; the message is for programmers.
    """

    lon: float
    lat: float
    categories: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    limit: int = 10
    open_at: datetime | None = None
    within: UUID | None = None
    beyond: UUID | None = None
    mode: Mode | None = None
    before_closing: bool = False
    wheelchair: bool = False
    after: Key | None = None
    with_district: bool = False
    tell_open: bool = True

    def __post_init__(self) -> None:
        Position(self.lon, self.lat)
        if not 1 <= self.limit <= MOST:
            raise ValueError(f"limit {self.limit} is not from 1 to {MOST}")
        if unknown := set(self.categories) - CATEGORIES.keys():
            raise ValueError(f"no categories: {unknown}")
        if unknown := set(self.kinds) - KINDS.keys():
            raise ValueError(f"no kinds: {unknown}")

    @property
    def position(self) -> Position:
        return Position(self.lon, self.lat)


@dataclass(frozen=True)
class Seen:
    """A place of an answer: as the database gives it, whether it is open, and how many minutes away it is.

    ``minutes`` is infinite where no way leads there. Both are None where nobody asked; minutes also where the database
    has no streets at all, so that nobody knows.
    """

    near: Near
    state: OpenState | None
    minutes: float | None = None

    def properties(self) -> dict[str, Any]:
        """Return the properties of the place as its feature has them."""
        found: dict[str, Any] = json.loads(self.near.text + "}}")["properties"]
        return found


@dataclass(frozen=True)
class Answer:
    """Places in their order; ``following`` is where the next page begins, None where there is none.

    ``opening`` is what their states were told by, None where nobody asked for any.
    """

    seen: tuple[Seen, ...]
    following: Key | None
    opening: Opening | None = None


@dataclass(frozen=True)
class Found:
    """A place of an answer, for pages. ``minutes`` as in ``Seen``; ``key`` is where a page after it begins."""

    uid: UUID
    name_ar: str
    name_en: str
    category: str
    kind: str
    lon: float
    lat: float
    distance_m: float
    state: OpenState | None
    minutes: float | None
    opening_hours: str
    ramadan_hours: str
    prayer_pause: str
    phone: str
    address_ar: str
    address_en: str
    wheelchair: str
    source: str
    source_on: str
    district_ar: str = ""
    district_en: str = ""
    district: UUID | None = None

    @property
    def key(self) -> Key:
        return self.distance_m, self.uid


# Nearby -------------------------------------------------------------------------------------------------------------


def nearby(query: NearbyQuery, *, at: datetime | None = None, using: str = "default") -> list[Found]:
    """Return the nearest places, nearest first, of equal distance by uid.

    Parameters
    ----------
    at : datetime, optional
        The moment that ``state`` is told for; ``open_at`` where that is asked for, now without either.

    Raises
    ------
    TooSlow
        The time of a page was over.
    """
    return [found_of(seen) for seen in answer(query, at=at, using=using).seen]


def found_of(seen: Seen) -> Found:
    """Return a place of an answer as pages show it."""
    feature = json.loads(seen.near.text + "}}")
    said = feature["properties"]
    district = said.get("district")
    lon, lat = feature["geometry"]["coordinates"]
    texts = {
        name: said.get(name) or ""
        for name in Found.__dataclass_fields__
        if name not in ("uid", "lon", "lat", "distance_m", "state", "minutes", "district")
    }
    return Found(
        uid=UUID(seen.near.uid),
        lon=lon,
        lat=lat,
        distance_m=seen.near.distance_m,
        state=seen.state,
        minutes=seen.minutes,
        district=UUID(district) if district else None,
        **texts,
    )


def answer(query: NearbyQuery, *, at: datetime | None = None, using: str = "default") -> Answer:
    """Return the nearest places as the database gives them, and where the next page begins; see ``nearby``."""
    moment = at or query.open_at or timezone.now()
    chosen = _chosen(query)
    opening = None
    if query.open_at is not None or query.before_closing:
        opening = look(using)
        only_open(chosen.conditions, chosen.params, query.open_at or moment, opening)
    if query.before_closing and opening is not None:
        return _reachable(query, chosen, moment, opening, using)
    near = nearest(query.position, query.limit + 1, chosen, query.after, using)
    if query.tell_open and opening is None and near:
        opening = look(using)
    seen = _seen(near[: query.limit], query, moment, opening, using)
    return _page(seen, opening, has_more=len(near) > query.limit)


def _page(seen: Sequence[Seen], opening: Opening | None, *, has_more: bool) -> Answer:
    return Answer(tuple(seen), seen[-1].near.key if seen and has_more else None, opening)


def _chosen(query: NearbyQuery) -> Chosen:
    categories = dict.fromkeys((*query.categories, *(KINDS[kind].category for kind in query.kinds)))
    chosen = Chosen(tuple(categories), within=query.within, beyond=query.beyond, with_district=query.with_district)
    if query.kinds:
        narrowed = {KINDS[kind].category for kind in query.kinds}
        whole = [code for code in categories if code not in narrowed]
        chosen.params |= {"kinds": list(query.kinds), "whole": whole}
        condition = "t.kind = ANY(%(kinds)s::text[])"
        chosen.conditions.append(f"({condition} OR t.category = ANY(%(whole)s::text[]))" if whole else condition)
    if query.wheelchair:
        chosen.conditions.append("t.wheelchair = 'yes'")
    return chosen


def _seen(
    near: Sequence[Near], query: NearbyQuery, moment: datetime, opening: Opening | None, using: str
) -> list[Seen]:
    states: Sequence[OpenState | None] = [None] * len(near)
    if opening is not None:
        states = states_of(near, moment, opening)
    minutes = _minutes(near, query, using) if query.mode or query.before_closing else [None] * len(near)
    return [Seen(one, state, after) for one, state, after in zip(near, states, minutes, strict=True)]


def _minutes(near: Sequence[Near], query: NearbyQuery, using: str) -> list[float | None]:
    from layers.locator.network.paths import minutes_between  # a graph is loaded only where somebody goes
    from layers.locator.network.store import Mode, street_graph

    net = street_graph(using).net(query.mode or Mode.FOOT)
    if not len(net.u):  # there are no streets: nobody knows
        return [None] * len(near)
    origin = stored(query.position)
    if origin is None or not near:
        return [math.inf] * len(near)
    targets = np.array([(one.x, one.y) for one in near])
    return [float(m) for m in minutes_between(net, np.array([origin]), targets)]


def _reachable(query: NearbyQuery, chosen: Chosen, moment: datetime, opening: Opening, using: str) -> Answer:
    """Return what can be reached before it closes: open places in order of distance, more and more of them."""
    kept: list[Seen] = []
    after, size = query.after, max(_BATCH, 2 * query.limit)
    while True:
        near = nearest(query.position, size, chosen, after, using)
        kept += [seen for seen in _seen(near, query, moment, opening, using) if _is_in_time(seen, moment)]
        if len(kept) > query.limit:
            return _page(kept[: query.limit], opening, has_more=True)
        if len(near) < size:
            return _page(kept, opening, has_more=False)
        after, size = near[-1].key, 4 * size


def _is_in_time(seen: Seen, moment: datetime) -> bool:
    if seen.state is None or seen.state.status is not Status.OPEN:
        return False
    if seen.minutes is None or not math.isfinite(seen.minutes):
        return False
    until = seen.state.until
    return until is None or seen.minutes * 60 < (until - moment).total_seconds()
