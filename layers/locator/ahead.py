"""When places are open in the coming days, as spans: for whoever must tell it later without asking anybody."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from layers.locator.hours import HORIZON, HoursText, Status, segments
from layers.locator.opening import Opening
from layers.locator.openness import HasHours

__all__ = ["Span", "has_exceptions", "spans_ahead"]


class Span(NamedTuple):
    """A time, in UTC, in which a place is not just closed: what is between spans is closed."""

    begin: datetime
    end: datetime
    status: Status


def has_exceptions(uid: UUID, opening: Opening) -> bool:
    """Tell whether hours alone may not say when a place is open: a closure of its own, or any emergency list."""
    return bool(opening.rows.emergencies) or any(closure.place_uid == uid for closure in opening.rows.closures)


def spans_ahead(place: HasHours, begin: datetime, end: datetime, opening: Opening) -> list[Span]:
    """Return when a place is open or uncertain between two moments, in order and apart, exceptions applied."""
    begin, end = begin.astimezone(UTC), end.astimezone(UTC)
    if has_exceptions(UUID(str(place.uid)), opening):
        return _walked(place, begin, end, opening)
    text = opening.hours.get(place.hours_key, HoursText(""))
    tz = opening.calendar.tz
    laid = segments(text, begin.astimezone(tz).date(), end.astimezone(tz).date(), opening.calendar)
    found: list[Span] = []
    for piece in laid:
        span = Span(max(piece.begin, begin), min(piece.end, end), piece.status)
        if span.begin < span.end:
            _append(found, span)
    return found


def _walked(place: HasHours, begin: datetime, end: datetime, opening: Opening) -> list[Span]:
    """Ask for the state, and again when it changes."""
    found: list[Span] = []
    moment, uid = begin, UUID(str(place.uid))
    while moment < end:
        state = opening.state_of(uid, place.hours_key, place.category, (place.x, place.y), moment)
        until = moment + HORIZON if state.until is None else state.until.astimezone(UTC)
        until = max(until, moment + timedelta(minutes=1))
        if state.status is not Status.CLOSED:
            _append(found, Span(moment, min(until, end), state.status))
        moment = until
    return found


def _append(found: list[Span], span: Span) -> None:
    if found and found[-1].end == span.begin and found[-1].status is span.status:
        span = Span(found.pop().begin, span.end, span.status)
    found.append(span)
