"""Exceptions from hours: places that are closed for a time, and lists of those that are open in an emergency. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Final
from uuid import UUID

import shapely
from shapely import Point
from shapely.geometry.base import BaseGeometry

from layers.locator.hours import HORIZON, OpenState, Status

__all__ = ["Closure", "Emergency", "ExceptionRows", "Exceptions"]

_MOST_CHANGES: Final = 400

Usual = Callable[[str | None, datetime], OpenState]
"""Returns the state by hours (None: the place's usual ones) at a moment."""


@dataclass(frozen=True)
class Closure:
    """A time that a place is closed; it ends when it is called off, if that is earlier."""

    place_uid: UUID
    begins_at: datetime
    ends_at: datetime | None
    reason_ar: str = ""
    reason_en: str = ""

    def stands(self, at: datetime) -> bool:
        return self.begins_at <= at and (self.ends_at is None or at < self.ends_at)


@dataclass(frozen=True)
class Emergency:
    """A list of places that are open in an emergency. ``entries``: hours by place, empty for its usual ones.

    ``area`` is in the storage CRS.
    """

    id: int
    categories: frozenset[str]
    area: BaseGeometry
    begins_at: datetime
    ends_at: datetime
    entries: Mapping[UUID, str] = field(default_factory=dict)
    title_ar: str = ""
    title_en: str = ""
    note_ar: str = ""
    note_en: str = ""

    def stands(self, at: datetime) -> bool:
        return self.begins_at <= at < self.ends_at

    def covers(self, category: str, point: Point) -> bool:
        """Tell whether a place of a category, at a point in the storage CRS, is closed unless it is listed."""
        return category in self.categories and bool(shapely.intersects(self.area, point))


@dataclass(frozen=True)
class Exceptions:
    """What stands at a moment."""

    closures: Mapping[UUID, Closure] = field(default_factory=dict)
    emergencies: tuple[Emergency, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.closures or self.emergencies)

    @cached_property
    def closed_uids(self) -> frozenset[UUID]:
        return frozenset(self.closures)

    @cached_property
    def hours_by_uid(self) -> Mapping[UUID, str]:
        """Hours of listed places, empty for usual ones; of several lists, the one that began last decides."""
        found: dict[UUID, str] = {}
        for emergency in self.emergencies:
            found |= emergency.entries
        return found


class ExceptionRows:
    """All exceptions, and those that stand at a moment: the same object until one begins or ends."""

    def __init__(self, closures: Iterable[Closure] = (), emergencies: Iterable[Emergency] = ()) -> None:
        self.closures = tuple(sorted(closures, key=lambda c: c.begins_at))
        self.emergencies = tuple(sorted(emergencies, key=lambda e: (e.begins_at, e.id)))
        for emergency in self.emergencies:
            shapely.prepare(emergency.area)
        self._by_uid: dict[UUID, list[Closure]] = defaultdict(list)
        for closure in self.closures:
            self._by_uid[closure.place_uid].append(closure)
        self._kept: tuple[datetime, datetime, Exceptions] | None = None

    def at(self, moment: datetime) -> Exceptions:
        kept = self._kept
        if kept is not None and kept[0] <= moment < kept[1]:
            return kept[2]
        rows: tuple[Closure | Emergency, ...] = (*self.closures, *self.emergencies)
        bounds = [bound for row in rows for bound in (row.begins_at, row.ends_at) if bound is not None]
        since = max((bound for bound in bounds if bound <= moment), default=_EVER[0])
        until = min((bound for bound in bounds if bound > moment), default=_EVER[1])
        found = Exceptions(
            {closure.place_uid: closure for closure in self.closures if closure.stands(moment)},
            tuple(emergency for emergency in self.emergencies if emergency.stands(moment)),
        )
        self._kept = (since, until, found)
        return found

    def state(self, usual: Usual, uid: UUID, category: str, point: Point, at: datetime) -> OpenState:
        """Return the state of a place whose usual one is given by ``usual``, and when that changes."""
        at = at.astimezone(UTC)
        limit = at + HORIZON
        bounds = self._bounds_of(uid, category, point, at, limit)
        if bounds is None:
            return usual(None, at)
        first = now = self._moment(usual, uid, category, point, at)
        moment = at
        for _ in range(_MOST_CHANGES):
            coming = [bound for bound in bounds if bound > moment]
            if now.until is not None and now.until.timestamp() > moment.timestamp():
                coming.append(now.until.astimezone(UTC))
            if not coming or (moment := min(coming)) > limit:
                return OpenState(first.status, None, first.reason)
            now = self._moment(usual, uid, category, point, moment)
            if now.status is not first.status:
                break
        return OpenState(first.status, moment, first.reason, now.status)

    def _moment(self, usual: Usual, uid: UUID, category: str, point: Point, at: datetime) -> OpenState:
        """Return the state at a moment; its ``until`` knows nothing of exceptions that begin or end."""
        standing = self.at(at)
        if uid in standing.closures:
            return OpenState(Status.CLOSED, None, "closure")
        hours = standing.hours_by_uid.get(uid)
        if hours is None:
            if any(emergency.covers(category, point) for emergency in standing.emergencies):
                return OpenState(Status.CLOSED, None, "emergency")
            return usual(None, at)
        state = usual(hours.strip() or None, at)
        return OpenState(state.status, state.until, state.reason if state.reason == "prayer" else "emergency")

    def _bounds_of(
        self, uid: UUID, category: str, point: Point, at: datetime, limit: datetime
    ) -> list[datetime] | None:
        """Return when exceptions that matter to a place begin and end; None where none does until the limit."""
        rows: list[Closure | Emergency] = [*self._by_uid.get(uid, ()), *self.emergencies]
        rows = [row for row in rows if row.begins_at <= limit and (row.ends_at is None or row.ends_at > at)]
        rows = [row for row in rows if isinstance(row, Closure) or uid in row.entries or row.covers(category, point)]
        if not rows:
            return None
        return [bound for row in rows for bound in (row.begins_at, row.ends_at) if bound is not None]


_EVER = (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC) - timedelta(days=2))
