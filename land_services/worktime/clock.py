"""The clock of a stage: how many working days it has, how many are spent, and when it is due. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from land_services.worktime.calendar import WorkCalendar

__all__ = ["Clock", "ClockState", "Pause", "Reading"]

Pause = tuple[datetime, datetime | None]
"""From when to when the ball was with the applicant; without an end it still is."""


class ClockState(StrEnum):
    """What a clock does at a moment. A clock that is late and stopped for the applicant is paused; it stays late."""

    NOT_STARTED = "not_started"
    RUNNING = "running"
    PAUSED = "paused"
    LATE = "late"
    ENDED = "ended"


@dataclass(frozen=True)
class Reading:
    """What a clock shows at one moment. ``due_at`` and ``remaining_days`` are None where there is no target yet."""

    state: ClockState
    due_at: datetime | None
    spent_days: int
    remaining_days: int | None
    is_late: bool
    worked: timedelta


@dataclass(frozen=True)
class Clock:
    """When a stage began, how many working days it has, and when it waited for the applicant.

    A pause moves what is due by the working days that were counted while it lasted; one that begins and ends on one
    day moves nothing, and one that begins after the stage was due does not make it punctual again. What was not late
    when a pause began is not late when it ends: it is due at the end of the work then going on, or of the next.

    Parameters
    ----------
    started_at : datetime or None
        None for a stage that waits for others.
    target_days : int or None
        None for a stage without a target.
    pauses : tuple of Pause
        In any order; they may overlap.
    ended_at : datetime or None
        When the stage was done; the clock stands from then on.
    """

    started_at: datetime | None
    target_days: int | None
    pauses: tuple[Pause, ...] = ()
    ended_at: datetime | None = None

    def read(self, calendar: WorkCalendar, now: datetime) -> Reading:
        """Return what the clock shows at ``now``, by the calendar as it stands."""
        start = self.started_at
        if start is None or now < start:
            due = (
                None
                if start is None or self.target_days is None
                else calendar.add_working_days(start, self.target_days)
            )
            return Reading(ClockState.NOT_STARTED, due, 0, self.target_days, False, timedelta())
        at = now if self.ended_at is None else min(now, self.ended_at)
        pauses = _merged(self.pauses, start, at)
        due = self._due(calendar, start, pauses)
        paused = sum(calendar.working_days_between(*pause) for pause in pauses)
        spent = calendar.working_days_between(start, at) - paused
        worked = calendar.working_time_between(start, at)
        worked -= sum((calendar.working_time_between(*pause) for pause in pauses), timedelta())
        is_late = due is not None and at > due
        remaining = None if self.target_days is None else self.target_days - spent
        return Reading(self._state(now, pauses, is_late), due, spent, remaining, is_late, worked)

    def due_at(self, calendar: WorkCalendar, now: datetime) -> datetime | None:
        """Return when the stage is due as things stand at ``now``; while it is paused that moves on."""
        return self.read(calendar, now).due_at

    def around_due(self, calendar: WorkCalendar, now: datetime, offset: int) -> datetime | None:
        """Return the end of work ``offset`` working days after the stage is due, before it where negative."""
        due = self.due_at(calendar, now)
        if due is None:
            return None
        return calendar.end_of_work(calendar.working_day(calendar.day_of(due), offset))

    def _due(self, calendar: WorkCalendar, start: datetime, pauses: list[tuple[datetime, datetime]]) -> datetime | None:
        if self.target_days is None:
            return None
        days = self.target_days
        due = counted = calendar.add_working_days(start, days)
        for begin, end in pauses:
            if begin > due:
                break
            moved = calendar.working_days_between(begin, end)
            if moved:
                counted = calendar.add_working_days(counted, moved)
            # Where the ball came back after work, what was left of its last day is left of the next one.
            due = counted if counted >= end else calendar.add_working_days(end, 0)
        return due

    def _state(self, now: datetime, pauses: list[tuple[datetime, datetime]], is_late: bool) -> ClockState:
        if self.ended_at is not None and now >= self.ended_at:
            return ClockState.ENDED
        if any(begin <= now and (end is None or now < end) for begin, end in self.pauses):
            return ClockState.PAUSED
        return ClockState.LATE if is_late else ClockState.RUNNING


def _merged(pauses: Iterable[Pause], start: datetime, at: datetime) -> list[tuple[datetime, datetime]]:
    """Return the pauses between two moments in order, those that meet put together."""
    cut = sorted((max(begin, start), at if end is None else min(end, at)) for begin, end in pauses)
    merged: list[tuple[datetime, datetime]] = []
    for begin, end in cut:
        if end < begin:
            continue
        if merged and begin <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((begin, end))
    return merged
