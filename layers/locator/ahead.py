"""When places are open in the coming days, as spans: for whoever must tell it later without asking anybody."""

from __future__ import annotations

from collections.abc import Hashable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from shapely import Point

from layers.locator.hours import HORIZON, HoursText, Status, segments
from layers.locator.opening import Opening
from layers.locator.openness import HasHours

__all__ = ["Ahead", "Span"]


class Span(NamedTuple):
    """A time, in UTC, in which a place is not just closed: what is between spans is closed."""

    begin: datetime
    end: datetime
    status: Status


class Ahead:
    """The time between two moments, by hours, days and exceptions as they were at one look."""

    def __init__(self, opening: Opening, begin: datetime, end: datetime) -> None:
        self.opening, self.begin, self.end = opening, begin.astimezone(UTC), end.astimezone(UTC)
        rows = opening.rows
        self._closing = {c.place_uid for c in rows.closures if c.ends_at is None or c.ends_at > begin}
        self._emergencies = [e for e in rows.emergencies if e.ends_at > begin]

    def key(self, place: HasHours) -> Hashable:
        """Return what is the same for places that are open at the same times: few of many have spans of their own."""
        uid = UUID(str(place.uid))
        return uid if uid in self._closing else (place.hours_key, self._held(place, uid))

    def spans(self, place: HasHours) -> list[Span]:
        """Return when a place is open or uncertain, in order and apart, exceptions applied."""
        uid = UUID(str(place.uid))
        if uid in self._closing or self._held(place, uid):
            return self._walked(place, uid)
        text = self.opening.hours.get(place.hours_key, HoursText(""))
        calendar = self.opening.calendar
        first, last = (moment.astimezone(calendar.tz).date() for moment in (self.begin, self.end))
        found: list[Span] = []
        for piece in segments(text, first, last, calendar):
            span = Span(max(piece.begin, self.begin), min(piece.end, self.end), piece.status)
            if span.begin < span.end:
                _append(found, span)
        return found

    def _held(self, place: HasHours, uid: UUID) -> tuple[tuple[int, str | None], ...]:
        """Return the emergency lists that matter to a place, each with the hours that it gives it."""
        if not self._emergencies:
            return ()
        point = Point(place.x, place.y)
        return tuple(
            (e.id, e.entries.get(uid)) for e in self._emergencies if uid in e.entries or e.covers(place.category, point)
        )

    def _walked(self, place: HasHours, uid: UUID) -> list[Span]:
        """Ask for the state, and again when it changes."""
        found: list[Span] = []
        moment, point = self.begin, Point(place.x, place.y)
        while moment < self.end:
            state = self.opening.state_of(uid, place.hours_key, place.category, point, moment)
            until = moment + HORIZON if state.until is None else state.until.astimezone(UTC)
            until = max(until, moment + timedelta(minutes=1))
            if state.status is not Status.CLOSED:
                _append(found, Span(moment, min(until, self.end), state.status))
            moment = until
        return found


def _append(found: list[Span], span: Span) -> None:
    if found and found[-1].end == span.begin and found[-1].status is span.status:
        span = Span(found.pop().begin, span.end, span.status)
    found.append(span)
