"""The calendar of working days: pure, no Django, no database.

A *working day* is a day with hours of work in it, however few. Days are counted half-open: between two moments lie the
working days after the day of the first, up to and including the day of the second. So counts add up, and whoever files
at noon has the whole target before them, whatever the hour.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Final
from zoneinfo import ZoneInfo

__all__ = ["MOST_DAYS", "Spans", "Week", "WorkCalendar", "WorkTimeError"]

Spans = tuple[tuple[time, time], ...]
"""The hours of work of one day: spans in order that neither touch nor overlap; none on a day off."""

MOST_DAYS: Final = 5_000
"""The largest target in working days; more is a typing error."""
_LONGEST_REST: Final = 366
_DAY: Final = timedelta(days=1)
_MOMENT: Final = timedelta(microseconds=1)


class WorkTimeError(ValueError):
    """A question that the calendar has no answer to: it says which day or number, and why."""


@dataclass(frozen=True)
class Week:
    """The working week that holds from a day on: hours of each weekday, Monday first, in Ramadan and otherwise."""

    valid_from: date
    usual: tuple[Spans, ...]
    ramadan: tuple[Spans, ...]

    def hours(self, day: date, *, is_ramadan: bool) -> Spans:
        return (self.ramadan if is_ramadan else self.usual)[day.weekday()]


@dataclass(frozen=True)
class WorkCalendar:
    """The days and hours that a municipality works.

    Parameters
    ----------
    tz : ZoneInfo
        The municipality's time zone; a moment belongs to the day that it is there.
    weeks : sequence of Week
        In order of ``valid_from``; each holds until the next begins.
    holidays : frozenset of date
        Public holidays, those included that still wait for the moon.
    ramadan : sequence of (date, date)
        First and last day of each Ramadan, in order.
    own : mapping of date to Spans
        Days that the municipality decided on for itself; they go before everything else.
    """

    tz: ZoneInfo
    weeks: Sequence[Week]
    holidays: frozenset[date] = frozenset()
    ramadan: Sequence[tuple[date, date]] = ()
    own: Mapping[date, Spans] = field(default_factory=dict)
    _known: dict[date, Spans] = field(default_factory=dict, init=False, repr=False, compare=False)

    def hours_on(self, day: date) -> Spans:
        """Return the hours of work of a day, by the clock of the municipality.

        Raises
        ------
        WorkTimeError
            If the day lies before the first working week that is known.
        """
        found = self._known.get(day)
        if found is None:
            found = self._known[day] = self._hours(day)
        return found

    def _hours(self, day: date) -> Spans:
        if day in self.own:
            return self.own[day]
        if day in self.holidays:
            return ()
        n = bisect_right(self.weeks, day, key=lambda week: week.valid_from)
        if n == 0:
            raise WorkTimeError(f"no working week is known for {day.isoformat()}")
        return self.weeks[n - 1].hours(day, is_ramadan=self.is_ramadan(day))

    def is_ramadan(self, day: date) -> bool:
        n = bisect_right(self.ramadan, day, key=lambda period: period[0])
        return n > 0 and day <= self.ramadan[n - 1][1]

    def is_working(self, day: date) -> bool:
        """Tell whether anybody works on that day."""
        return bool(self.hours_on(day))

    def day_of(self, moment: datetime) -> date:
        """Return the day that a moment belongs to."""
        if moment.tzinfo is None:
            raise WorkTimeError("a moment needs its time zone")
        return moment.astimezone(self.tz).date()

    def end_of_work(self, day: date) -> datetime:
        """Return when work ends on a working day; at midnight, the last moment that is still that day's."""
        spans = self.hours_on(day)
        if not spans:
            raise WorkTimeError(f"{day.isoformat()} is no working day")
        end = spans[-1][1]
        return self._at(day, end) - (_MOMENT if end == time.max else timedelta())

    def _at(self, day: date, at: time) -> datetime:
        # Midnight as an end is the next day's.
        if at == time.max:
            day, at = day + _DAY, time()
        return datetime.combine(day, at, self.tz).astimezone(UTC)

    # counting

    def add_working_days(self, moment: datetime, days: int) -> datetime:
        """Return the end of work of the day that is due: ``days`` working days after the day of ``moment``.

        With 0 it is the end of the work that goes on at ``moment``, or else of the next.
        """
        if not 0 <= days <= MOST_DAYS:
            raise WorkTimeError(f"a target has from 0 to {MOST_DAYS} working days, not {days}")
        day = self.day_of(moment)
        if days == 0:
            if self.is_working(day) and moment <= self.end_of_work(day):
                return self.end_of_work(day)
            days = 1
        for _ in range(days):
            day = self._next(day, _DAY)
        return self.end_of_work(day)

    def working_day(self, day: date, offset: int) -> date:
        """Return the working day ``offset`` of them after a day, before it where negative, the day itself with 0."""
        for _ in range(abs(offset)):
            day = self._next(day, _DAY if offset > 0 else -_DAY)
        return day

    def _next(self, day: date, step: timedelta) -> date:
        for _ in range(_LONGEST_REST):
            day += step
            if self.is_working(day):
                return day
        raise WorkTimeError(f"there is no working day within a year of {day.isoformat()}")

    def working_days_between(self, begin: datetime, end: datetime) -> int:
        """Return how many working days lie after the day of ``begin``, up to and including that of ``end``.

        Where ``end`` comes first they are counted the other way round, and the number is negative.
        """
        first, last = self.day_of(begin), self.day_of(end)
        if last < first:
            return -self.working_days_between(end, begin)
        return sum(map(self.is_working, _days(first + _DAY, last)))

    def working_time_between(self, begin: datetime, end: datetime) -> timedelta:
        """Return how long was worked between two moments; zero where ``end`` is not after ``begin``."""
        worked = timedelta()
        for day in _days(self.day_of(begin), self.day_of(end)):
            for opens, closes in self.hours_on(day):
                span = min(self._at(day, closes), end) - max(self._at(day, opens), begin)
                worked += max(span, timedelta())
        return worked

    @cached_property
    def digest(self) -> str:
        """Tell two calendars apart: whoever stored a moment that is due sees by it that days have been corrected."""
        parts = (str(self.tz), list(self.weeks), sorted(self.holidays), list(self.ramadan), sorted(self.own.items()))
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]


def _days(first: date, last: date) -> Iterator[date]:
    for n in range((last - first).days + 1):
        yield first + timedelta(days=n)
