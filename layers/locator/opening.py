"""Which places are open, by what the database says: hours, days, closures, lists for an emergency.

A process keeps all of it in memory and asks the database one small question each time: which transactions changed any
of it since it last read (``layers_hourschange``). So the first answer after a commit, in whatever process, is right.
``look()`` asks once and answers for a moment's work; the functions below it are for a single question.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import shapely
from django.conf import settings
from shapely import Point

from layers.locator.exceptions import Closure, Emergency, ExceptionRows, Exceptions
from layers.locator.hours import Calendar, HoursText, OpenState, Outlook, Status, state_at
from layers.locator.open_sets import DaySheet, Shard
from layers.locator.opening_days import calendar_of
from layers.querying import read_rows

__all__ = ["Exceptions", "Opening", "exceptions", "look", "open_between", "open_keys", "state_of", "states"]

_CHANGES: Final = """
SELECT (SELECT oid FROM pg_database WHERE datname = current_database())::bigint,
       pg_snapshot_xmin(pg_current_snapshot())::text::bigint, id, what, xact
FROM (SELECT 1) AS always LEFT JOIN layers_hourschange
     ON xact >= coalesce(%(since)s, pg_snapshot_xmin(pg_current_snapshot())::text::bigint)"""
_HOURS: Final = """
SELECT key, opening_hours, ramadan_hours, prayer_pause FROM layers_placehours WHERE xact >= %(since)s"""
_CLOSURES: Final = """
SELECT place_uid, begins_at, least(ends_at, called_off_at), reason_ar, reason_en FROM layers_placeclosure
WHERE called_off_at IS NULL OR called_off_at > begins_at"""
_LISTS: Final = """
SELECT id, categories, ST_AsBinary(area), begins_at, least(ends_at, switched_off_at),
       title_ar, title_en, note_ar, note_en
FROM layers_emergencylist WHERE switched_off_at IS NULL OR switched_off_at > begins_at"""
_ENTRIES: Final = """
SELECT emergency_id, place_uid, opening_hours FROM layers_emergencyentry WHERE taken_off_at IS NULL"""

_KEPT_DAYS = 6
_KEPT_OUTLOOKS = 8192
_MOST_SHARDS = 12


@dataclass(frozen=True)
class _Seen:
    """What was read: of which database, and which changes of the transactions that had not all ended, ``since`` on."""

    database: int
    tz: str
    since: int
    ids: frozenset[int]


class Opening:
    """Hours, days and exceptions as they were at one look. Threads may share it."""

    def __init__(
        self,
        seen: _Seen,
        hours: dict[int, HoursText],
        shards: tuple[Shard, ...],
        calendar: Calendar,
        rows: ExceptionRows,
    ) -> None:
        self.seen, self.hours, self.shards, self.calendar, self.rows = seen, hours, shards, calendar, rows
        self._days: dict[date, DaySheet] = {}
        self._outlooks: dict[tuple[int, date], Outlook] = {}
        self._making = threading.Lock()

    def open_keys(self, at: datetime) -> frozenset[int]:
        """Return the keys of hours that are open at a moment: the same object until one of them changes."""
        day = at.astimezone(self.calendar.tz).date()
        sheet = self._days.get(day)
        if sheet is None:
            with self._making:
                sheet = self._days.get(day) or DaySheet(self.shards, day, self.calendar)
                if len(self._days) >= _KEPT_DAYS:
                    self._days = {}
                self._days[day] = sheet
        return sheet.open_keys(at)

    def state(self, key: int, at: datetime) -> OpenState:
        """Return the state by hours alone; unknown for a key that the database does not know."""
        text = self.hours.get(key)
        if text is None:
            return OpenState(Status.UNKNOWN)
        moment = at.astimezone(UTC)
        if not 1902 <= moment.year <= 9990:
            return state_at(text, at, self.calendar)
        day = moment.astimezone(self.calendar.tz).date()
        outlook = self._outlooks.get((key, day))
        if outlook is None:
            outlook = Outlook(text, day, self.calendar)
            if len(self._outlooks) >= _KEPT_OUTLOOKS:
                self._outlooks = {}
            self._outlooks[key, day] = outlook
        return outlook.state(moment)

    def states(self, keys: Iterable[int], at: datetime) -> dict[int, OpenState]:
        return {key: self.state(key, at) for key in keys}

    def exceptions(self, at: datetime) -> Exceptions:
        return self.rows.at(at)

    def state_of(
        self, place_uid: UUID, key: int, category: str, point: tuple[float, float] | Point, at: datetime
    ) -> OpenState:
        """Return the state of a place, exceptions applied. ``point`` is in the storage CRS."""
        pause = self.hours[key].prayer_pause if key in self.hours else ""

        def usual(hours: str | None, moment: datetime) -> OpenState:
            if hours is None:
                return self.state(key, moment)
            return state_at(HoursText(hours, prayer_pause=pause), moment, self.calendar)

        state = self.rows.state(usual, place_uid, category, Point(point), at)
        if state.until is None:
            return state
        return replace(state, until=state.until.astimezone(self.calendar.tz))

    def open_between(self, key: int, begin: datetime, end: datetime) -> bool:
        """Tell whether hours are open at a moment and stay so until another, pauses for prayer included."""
        state = self.state(key, begin)
        return state.status is Status.OPEN and (state.until is None or state.until.timestamp() >= end.timestamp())


_kept: dict[str, Opening] = {}
_reading = threading.Lock()


def look(using: str = "default") -> Opening:
    """Return hours, days and exceptions as the last commit left them."""
    kept = _kept.get(using)
    seen, changed = _changes(kept.seen if kept else None, using)
    if kept is not None and not changed:
        return kept
    with _reading:
        kept = _kept.get(using)
        seen, changed = _changes(kept.seen if kept else None, using)
        if kept is None or changed:
            kept = _kept[using] = _read(kept, seen, changed, using)
        return kept


def open_keys(at: datetime) -> frozenset[int]:
    """Return the keys of hours that are open at a moment, closures and emergencies apart."""
    return look().open_keys(at)


def states(keys: Iterable[int], at: datetime) -> dict[int, OpenState]:
    """Return the state of each key at a moment, closures and emergencies apart."""
    return look().states(keys, at)


def exceptions(at: datetime) -> Exceptions:
    """Return the closures and the emergency lists that stand at a moment."""
    return look().exceptions(at)


def state_of(
    place_uid: UUID, key: int, category: str, point_storage: tuple[float, float] | Point, at: datetime
) -> OpenState:
    """Return the state of a place at a moment, exceptions applied."""
    return look().state_of(place_uid, key, category, point_storage, at)


def open_between(key: int, begin: datetime, end: datetime) -> bool:
    """Tell whether hours are open at a moment and stay so until another."""
    return look().open_between(key, begin, end)


_EVERYTHING = frozenset({"hours", "days", "exceptions"})


def _changes(seen: _Seen | None, using: str) -> tuple[_Seen, frozenset[str]]:
    """Return what would be seen now, and what must be read anew for it."""
    rows = read_rows(_CHANGES, {"since": seen.since if seen else None}, kind=None, using=using)
    database, xmin = rows[0][:2]
    changes = {id: (what, xact) for *_, id, what, xact in rows if id is not None}
    running = frozenset(id for id, (_, xact) in changes.items() if xact >= xmin)
    now = _Seen(database, settings.TIME_ZONE, xmin, running)
    if seen is None or (seen.database, seen.tz) != (now.database, now.tz):
        return now, _EVERYTHING
    what = {what for id, (what, _) in changes.items() if id not in seen.ids}
    if not seen.ids <= changes.keys():  # a transaction of this connection was given up after it had been read
        what |= {"days", "exceptions"}
    return now, frozenset(what)


def _read(kept: Opening | None, seen: _Seen, changed: frozenset[str], using: str) -> Opening:
    if kept is None or changed == _EVERYTHING:
        hours, shards = _hours({}, (), 0, using)
        return Opening(seen, hours, shards, calendar_of(ZoneInfo(seen.tz), using), _exception_rows(using))
    hours, shards, calendar, rows = kept.hours, kept.shards, kept.calendar, kept.rows
    if "hours" in changed:
        hours, shards = _hours(hours, shards, kept.seen.since, using)
    if "days" in changed:
        calendar = calendar_of(calendar.tz, using)
    if "exceptions" in changed:
        rows = _exception_rows(using)
    opening = Opening(seen, hours, shards, calendar, rows)
    if calendar is kept.calendar:
        opening._outlooks = kept._outlooks
        if shards is kept.shards:
            opening._days = kept._days
    return opening


def _hours(
    hours: dict[int, HoursText], shards: tuple[Shard, ...], since: int, using: str
) -> tuple[dict[int, HoursText], tuple[Shard, ...]]:
    """Return hours with those that came since a transaction. They are a shard, so that the others stay made."""
    rows = read_rows(_HOURS, {"since": since}, kind="page", using=using)
    new = [(key, HoursText(*texts)) for key, *texts in rows if key not in hours]
    if not new:
        return hours, shards
    shards = (*shards, Shard(new))
    if len(shards) > _MOST_SHARDS:
        largest = max(shards, key=lambda shard: len(shard.rows))
        shards = (largest, Shard([row for shard in shards if shard is not largest for row in shard.rows]))
    return {**hours, **dict(new)}, shards


def _exception_rows(using: str) -> ExceptionRows:
    def rows(sql: str) -> list[tuple[Any, ...]]:
        return read_rows(sql, {}, kind="page", using=using)

    entries: dict[int, dict[UUID, str]] = defaultdict(dict)
    for emergency, uid, hours in rows(_ENTRIES):
        entries[emergency][uid] = hours
    return ExceptionRows(
        (Closure(*row) for row in rows(_CLOSURES)),
        (
            Emergency(id, frozenset(categories), shapely.from_wkb(bytes(area)), begin, end, entries[id], *words)
            for id, categories, area, begin, end, *words in rows(_LISTS)
        ),
    )
