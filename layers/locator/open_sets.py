"""Which of many hours are open at a moment: a day's spans of all of them as arrays. Pure: no Django, no database.

Most hours ask only for the day of the week and whether it is a holiday or in Ramadan. Their spans are made once for
each such sort of day, and then are found for any date.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from layers.locator.hours import Calendar, HoursText, pauses_of, sheet_of
from layers.locator.hours_rules import DAY, Status
from layers.locator.hours_sheet import Wall

__all__ = ["DaySheet", "Shard"]

Ints = NDArray[np.int64]

_KEPT_DAYS = 4
_KEPT_SORTS = 64  # 7 days of the week, before, in and after holidays and Ramadan
_KEPT_SETS = 8


class _Spans(NamedTuple):
    """Open spans: the number of the hours in their shard, and minutes by the wall clock from midnight."""

    row: NDArray[np.int32]
    begin: NDArray[np.int16]
    end: NDArray[np.int16]


class Shard:
    """Some hours, with what they give to sorts of days. Two threads that make the same do double work, no harm."""

    def __init__(self, rows: Sequence[tuple[int, HoursText]]) -> None:
        self.rows = tuple(rows)
        self.keys = np.fromiter((key for key, _ in rows), np.int64, len(rows))
        self.pausing = np.fromiter((text.prayer_pause == "yes" for _, text in rows), np.bool_, len(rows))
        is_plain = [_is_plain(text) for _, text in rows]
        self._plain = [n for n, it_is in enumerate(is_plain) if it_is]
        self._dated = [n for n, it_is in enumerate(is_plain) if not it_is]
        self._by_sort: dict[tuple[int | bool, ...], _Spans] = {}
        self._by_day: dict[date, tuple[Calendar, _Spans]] = {}

    def spans(self, day: date, calendar: Calendar) -> _Spans:
        """Return the spans of a day that are open, pauses for prayer apart."""
        before = day - timedelta(1)
        sort = (
            day.weekday(),
            before in calendar.holidays,
            before in calendar.expected,
            day in calendar.holidays,
            day in calendar.expected,
            calendar.is_ramadan(before),
            calendar.is_ramadan(day),
        )
        plain = self._by_sort.get(sort)
        if plain is None:
            plain = self._made(self._plain, day, calendar)
            if len(self._by_sort) >= _KEPT_SORTS:
                self._by_sort = {}
            self._by_sort[sort] = plain
        if not self._dated:
            return plain
        kept = self._by_day.get(day)
        if kept is None or kept[0] is not calendar:
            kept = (calendar, self._made(self._dated, day, calendar))
            if len(self._by_day) >= _KEPT_DAYS:
                self._by_day = {}
            self._by_day[day] = kept
        dated = kept[1]
        return _Spans(
            np.concatenate([plain.row, dated.row]),
            np.concatenate([plain.begin, dated.begin]),
            np.concatenate([plain.end, dated.end]),
        )

    def _made(self, numbers: Iterable[int], day: date, calendar: Calendar) -> _Spans:
        found = [
            (n, laid.begin, laid.end)
            for n in numbers
            for laid in sheet_of(self.rows[n][1], day, 1, calendar)
            if laid.status is Status.OPEN
        ]
        table = np.array(found, np.int64).reshape(-1, 3)
        return _Spans(table[:, 0].astype(np.int32), table[:, 1].astype(np.int16), table[:, 2].astype(np.int16))


def _is_plain(text: HoursText) -> bool:
    for rules in text.rules:
        if not isinstance(rules, str) and any(rule.has_sun or not rule.days.is_plain for rule in rules):
            return False
    return True


_NO_KEYS: Ints = np.empty(0, np.int64)
_NO_PAUSES: NDArray[np.bool_] = np.empty(0, np.bool_)


class DaySheet:
    """The open spans of all hours on a day, as seconds since 1970, and the moments at which any of them changes."""

    def __init__(self, shards: Sequence[Shard], day: date, calendar: Calendar) -> None:
        parts = [(shard, shard.spans(day, calendar)) for shard in shards]
        wall = Wall(day, calendar.tz)
        minutes = np.unique(np.concatenate([np.array([0, DAY]), *(s for _, p in parts for s in (p.begin, p.end))]))
        moments = np.fromiter((wall.moment(int(m)).timestamp() for m in minutes), np.int64, len(minutes))
        self._keys = np.concatenate([_NO_KEYS, *(shard.keys[p.row] for shard, p in parts)])
        self._pausing = np.concatenate([_NO_PAUSES, *(shard.pausing[p.row] for shard, p in parts)])
        self._begin = moments[np.searchsorted(minutes, np.concatenate([_NO_KEYS, *(p.begin for _, p in parts)]))]
        self._end = moments[np.searchsorted(minutes, np.concatenate([_NO_KEYS, *(p.end for _, p in parts)]))]
        days = (day + timedelta(n) for n in (-1, 0, 1))
        self._pauses = [(b.timestamp(), e.timestamp()) for b, e in pauses_of(calendar, days)]
        bounds = [moments, np.array([t for pause in self._pauses for t in pause], np.float64)]
        self._bounds = np.unique(np.concatenate(bounds))
        self._sets: dict[int, frozenset[int]] = {}

    def open_keys(self, at: datetime) -> frozenset[int]:
        """Return the keys of hours that are open: the same object until one of them changes."""
        t = at.timestamp()
        n = int(np.searchsorted(self._bounds, t, side="right"))
        kept = self._sets.get(n)
        if kept is None:
            is_open = (self._begin <= t) & (t < self._end)
            if any(begin <= t < end for begin, end in self._pauses):
                is_open &= ~self._pausing
            kept = frozenset(self._keys[is_open].tolist())
            if len(self._sets) >= _KEPT_SETS:
                self._sets = {}
            self._sets[n] = kept
        return kept
