"""Which places are open, as a condition of a search and as the state of what it found: hours, closures, emergencies."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Protocol
from uuid import UUID

from layers.locator.hours import HoursText, OpenState, open_for
from layers.locator.opening import Opening

__all__ = ["HasHours", "only_open", "states_of"]


class HasHours(Protocol):
    """A place as a search finds it; ``x`` and ``y`` are in the storage CRS."""

    @property
    def uid(self) -> UUID | str: ...
    @property
    def hours_key(self) -> int: ...
    @property
    def category(self) -> str: ...
    @property
    def x(self) -> float: ...
    @property
    def y(self) -> float: ...


def states_of(places: Sequence[HasHours], at: datetime, opening: Opening) -> list[OpenState]:
    """Return whether each place is open at a moment, closures and emergency lists applied."""
    if not (opening.rows.closures or opening.rows.emergencies):
        return [opening.state(place.hours_key, at) for place in places]
    return [
        opening.state_of(UUID(str(place.uid)), place.hours_key, place.category, (place.x, place.y), at)
        for place in places
    ]


def only_open(conditions: list[str], params: dict[str, Any], at: datetime, opening: Opening) -> None:
    """Add what makes a search find only what is open at a moment; the places have the alias ``t``.

    Parameters
    ----------
    conditions : list of str
        Gets conditions in SQL; ``params`` their values.
    """
    params["open_keys"] = _array(opening.open_keys(at))
    by_hours = "t.hours_key = ANY(%(open_keys)s::bigint[])"
    standing = opening.exceptions(at)
    if standing.closures:
        params["closed"] = list(standing.closed_uids)
        conditions.append("t.uid <> ALL(%(closed)s::uuid[])")
    if not standing.emergencies:
        conditions.append(by_hours)
        return
    listed = {uid: hours.strip() for uid, hours in standing.hours_by_uid.items()}
    own = [uid for uid, hours in listed.items() if hours]
    params |= {"listed": list(listed), "own": own}
    for name, pause in (("own_open", ""), ("own_open_pausing", "yes")):
        params[name] = [
            uid for uid in own if open_for(HoursText(listed[uid], prayer_pause=pause), at, 0, opening.calendar)
        ]
    held = []
    for n, emergency in enumerate(standing.emergencies):
        params |= {f"list_{n}": emergency.id, f"held_{n}": sorted(emergency.categories)}
        area = f"(SELECT e.area FROM layers_emergencylist e WHERE e.id = %(list_{n})s)"
        held.append(f"t.category = ANY(%(held_{n})s::text[]) AND ST_Intersects({area}, t.geom)")
    usual = f"t.uid <> ALL(%(own)s::uuid[]) AND {by_hours}"
    free = f"(t.uid = ANY(%(listed)s::uuid[]) OR NOT ({' OR '.join(f'({one})' for one in held)}))"
    conditions.append(
        "(CASE WHEN t.prayer_pause = 'yes' THEN t.uid = ANY(%(own_open_pausing)s::uuid[])"
        f" ELSE t.uid = ANY(%(own_open)s::uuid[]) END OR ({usual} AND {free}))"
    )


@lru_cache(maxsize=8)
def _array(keys: frozenset[int]) -> str:
    """Return keys as PostgreSQL writes an array; the set is the same object until one of them opens or closes."""
    return "{" + ",".join(map(str, sorted(keys))) + "}"
