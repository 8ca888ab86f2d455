"""Whether a place is open: its hours, the days of the municipality, a moment. Pure: no Django, no clock, no database.

Hours belong to the day they begin on: those of the last night of Ramadan last past its midnight, and a rule for Sunday
does not end Saturday's evening. What is not certain is never open: a remark, an open end, school holidays that nobody
gave, the sun where no position is known are ``UNKNOWN``; what cannot be read is ``NOT_UNDERSTOOD``.
Clocks that are moved: a time that the clock skips is the moment of the jump, one that it shows twice is the first.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property, lru_cache, reduce
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from layers.locator.hours_rules import DAY, LENGTH_LIMIT, NotUnderstood, Rule, Sky, Status, read
from layers.locator.hours_sheet import IsDay, Laid, Sheet, Wall, doubted, merged

__all__ = [
    "HORIZON",
    "Calendar",
    "HoursText",
    "OpenState",
    "Outlook",
    "Segment",
    "Status",
    "open_for",
    "pauses_of",
    "problem",
    "rules_of",
    "segments",
    "sheet_of",
    "spans",
    "state_at",
]

HORIZON: Final = timedelta(days=8)
"""How far ahead the next change is looked for."""


Rules = tuple[Rule, ...] | str


@dataclass(frozen=True)
class HoursText:
    """A row of ``PlaceHours``. ``prayer_pause`` is ``"yes"`` where the place closes for prayers."""

    opening: str
    ramadan: str = ""
    prayer_pause: str = ""

    @cached_property
    def rules(self) -> tuple[Rules, Rules]:
        """The rules of the usual hours and of those in Ramadan, or the part of them that is not understood."""
        return rules_of(self.opening), rules_of(self.ramadan)


@dataclass(frozen=True)
class Calendar:
    """The days of the municipality. ``expected`` are holidays that the moon has not confirmed: both is reckoned with.

    ``ramadan`` holds the first and the last day of each, both belonging to it; ``pauses`` the aware moments between
    which places pause on a day. ``position`` (longitude and latitude, WGS 84) is from where the sun is seen.
    ``school_holidays`` is None where nobody gave them.
    """

    tz: ZoneInfo
    holidays: frozenset[date] = frozenset()
    ramadan: tuple[tuple[date, date], ...] = ()
    pauses: Mapping[date, tuple[tuple[datetime, datetime], ...]] = field(default_factory=dict)
    position: tuple[float, float] | None = None
    school_holidays: frozenset[date] | None = None
    expected: frozenset[date] = frozenset()

    @property
    def sky(self) -> Sky | None:
        return None if self.position is None else Sky(*self.position, self.tz)

    @cached_property
    def possible_holidays(self) -> frozenset[date]:
        return self.holidays | self.expected

    def is_ramadan(self, day: date) -> bool:
        return any(first <= day <= last for first, last in self.ramadan)


@dataclass(frozen=True)
class OpenState:
    """Whether a place is open. ``until``: when that changes, in the municipality's zone; None: not within 8 days.

    ``reason`` is ``"prayer"`` where it opens again when the pause is over; ``"holiday"`` or ``"ramadan"`` where the day
    is one and the place would otherwise be in another state, or for another time; ``"closure"`` and ``"emergency"``
    come from ``opening``. ``then`` is the status from ``until`` on: what is closed need not open.
    """

    status: Status
    until: datetime | None = None
    reason: str = ""
    then: Status | None = field(default=None, compare=False)


class Segment(NamedTuple):
    """A time, as moments in UTC, in which a place is not just closed; ``remark`` is what the hours say of it."""

    begin: datetime
    end: datetime
    status: Status
    remark: str = ""


def state_at(text: HoursText, at: datetime, calendar: Calendar) -> OpenState:
    """Return whether a place is open at an aware moment, and until when.

    Raises
    ------
    ValueError
        The moment has no zone.
    """
    if at.tzinfo is None:
        raise ValueError("a moment without a zone")
    moment = at.astimezone(UTC)
    if not 1902 <= moment.year <= 9990:
        return OpenState(Status.UNKNOWN)
    return Outlook(text, moment.astimezone(calendar.tz).date(), calendar).state(moment)


def spans(text: HoursText, first: date, last: date, calendar: Calendar) -> list[tuple[datetime, datetime]]:
    """Return when a place is open from the first day to the last, in order, apart, in the municipality's zone."""
    found: list[tuple[datetime, datetime]] = []
    for piece in segments(text, first, last, calendar):
        if piece.status is not Status.OPEN:
            continue
        if found and found[-1][1] == piece.begin:
            found[-1] = (found[-1][0], piece.end)
        else:
            found.append((piece.begin, piece.end))
    return [(begin.astimezone(calendar.tz), end.astimezone(calendar.tz)) for begin, end in found]


def open_for(text: HoursText, at: datetime, minutes: float, calendar: Calendar) -> bool:
    """Tell whether a place is open at a moment and stays so for that many minutes at least."""
    state = state_at(text, at, calendar)
    if state.status is not Status.OPEN:
        return False
    return state.until is None or state.until.timestamp() - at.timestamp() >= minutes * 60


def problem(text: HoursText) -> str:
    """Return the part of the hours that is not understood; empty where all is."""
    return next((rules for rules in text.rules if isinstance(rules, str)), "")


def segments(text: HoursText, first: date, last: date, calendar: Calendar) -> list[Segment]:
    """Return the times at which a place is open or uncertain, of the days from the first to the last, in order."""
    count = (last - first).days + 1
    if count <= 0:
        return []
    clock = Wall(first, calendar.tz)
    found = []
    for laid in sheet_of(text, first, count, calendar):
        begin, end = clock.moment(laid.begin), clock.moment(laid.end)
        if begin < end:
            found.append(Segment(begin, end, laid.status, laid.comment))
    if text.prayer_pause == "yes":
        days = (first + timedelta(n) for n in range(-1, count + 1))
        found = list(_without(found, pauses_of(calendar, days)))
    return found


def sheet_of(text: HoursText, first: date, count: int, calendar: Calendar) -> list[Laid]:
    """Return what a place's hours give to days, before any pause, as minutes by the clock from the first midnight."""
    known = Sheet(first, calendar.sky)
    by_day = [calendar.is_ramadan(first + timedelta(n)) if text.ramadan.strip() else False for n in range(-1, count)]
    laid: list[Laid] = []
    for is_ramadan, rules in zip((False, True), text.rules, strict=True):
        days = [n for n, it_is in zip(range(-1, count), by_day, strict=True) if it_is is is_ramadan]
        if days:
            laid += _laid(rules, known, days, calendar)
    return merged(laid, count)


def _laid(rules: Rules, sheet: Sheet, days: list[int], calendar: Calendar) -> list[Laid]:
    if isinstance(rules, str):
        return sheet.whole(days, Status.NOT_UNDERSTOOD)
    if not rules:
        return sheet.whole(days, Status.UNKNOWN)
    holidays: list[IsDay] = [calendar.holidays.__contains__]
    if calendar.expected and any(
        sheet.first + timedelta(n - m) in calendar.expected for n in days for m in _offsets(rules)
    ):
        holidays.append(calendar.possible_holidays.__contains__)
    school: list[IsDay] = [(calendar.school_holidays or frozenset()).__contains__]
    if calendar.school_holidays is None and any(rule.days.school for rule in rules):
        school.append(lambda _: True)
    try:
        return reduce(doubted, (sheet.lay(rules, days, one, other) for one in holidays for other in school))
    except NotUnderstood:
        return sheet.whole(days, Status.NOT_UNDERSTOOD)


def _offsets(rules: Iterable[Rule]) -> set[int]:
    return {offset for rule in rules for offset in rule.days.holidays}


def rules_of(hours: str) -> Rules:
    """Return the rules of hours, or the part that is not understood. Few are kept: anybody may ask for any text."""
    return _kept_rules(hours if len(hours) <= LENGTH_LIMIT else hours[: LENGTH_LIMIT + 1])


@lru_cache(maxsize=2048)
def _kept_rules(hours: str) -> Rules:
    try:
        return read(hours)
    except NotUnderstood as error:
        return str(error) or "?"


class Outlook:
    """What a place's hours hold from a day on: for whoever asks often, because most of it is made once."""

    __slots__ = ("_calendar", "_day", "_far", "_near", "_others", "_pauses", "_text")

    def __init__(self, text: HoursText, day: date, calendar: Calendar) -> None:
        self._text, self._day, self._calendar = text, day, calendar
        self._near: _Runs | None = None
        self._far: _Runs | None = None
        self._pauses: list[tuple[datetime, datetime]] | None = None
        self._others: dict[str, Outlook] = {}

    def state(self, at: datetime) -> OpenState:
        """Return the state at a moment of the day, given in UTC."""
        state = self._state(at)
        if state.status is Status.NOT_UNDERSTOOD or state.reason:
            return state
        reason = self._reason(at, state)
        return replace(state, reason=reason) if reason else state

    def _state(self, at: datetime) -> OpenState:
        if self._near is None:
            self._near = self._runs(1)
        status, until, then = self._near.at(at)
        if until is None:
            if self._far is None:
                self._far = self._runs(HORIZON.days + 1)
            status, until, then = self._far.at(at)
            if until is None or until - at > HORIZON:
                return OpenState(status)
        reason = "prayer" if status is Status.CLOSED and self._ends_a_pause(at, until) else ""
        return OpenState(status, until.astimezone(self._calendar.tz), reason, then)

    def _runs(self, ahead: int) -> _Runs:
        pieces = segments(self._text, self._day - timedelta(1), self._day + timedelta(ahead), self._calendar)
        return _Runs(pieces, Wall(self._day, self._calendar.tz).moment((ahead + 1) * DAY))

    def _ends_a_pause(self, at: datetime, until: datetime) -> bool:
        """Tell whether the place is closed for a prayer: it would be open, and is again when the pause is over."""
        if self._text.prayer_pause != "yes":
            return False
        if self._pauses is None:
            self._pauses = pauses_of(self._calendar, (self._day + timedelta(n) for n in (-1, 0, 1)))
        if not any(begin <= at < end == until for begin, end in self._pauses):
            return False
        return self._other("no pause", replace(self._text, prayer_pause=""))._state(at).status is not Status.CLOSED

    def _reason(self, at: datetime, state: OpenState) -> str:
        """Tell whether it is the day that makes the state another than it would be, or last another time."""
        calendar, day = self._calendar, self._day
        if day in calendar.possible_holidays:
            ordinary = replace(calendar, holidays=frozenset(), expected=frozenset())
            if self._other("no holiday", self._text, ordinary)._state(at) != state:
                return "holiday"
        if self._text.ramadan.strip() and (calendar.is_ramadan(day) or calendar.is_ramadan(day - timedelta(1))):
            if self._other("no ramadan", replace(self._text, ramadan=""))._state(at) != state:
                return "ramadan"
        return ""

    def _other(self, name: str, text: HoursText, calendar: Calendar | None = None) -> Outlook:
        if name not in self._others:
            self._others[name] = Outlook(text, self._day, calendar or self._calendar)
        return self._others[name]


class _Runs:
    """When the status changes, until the end of what can be seen."""

    __slots__ = ("_changes", "_statuses")

    def __init__(self, pieces: Iterable[Segment], end_of_sight: datetime) -> None:
        self._changes: list[datetime] = []
        self._statuses = [Status.CLOSED]  # one more: the first holds before the first change
        for begin, end, status, _ in pieces:
            if self._changes and self._changes[-1] == begin:
                self._changes.pop()
                self._statuses.pop()
            if status is self._statuses[-1]:
                self._changes.append(end)
            else:
                self._changes += (begin, end)
                self._statuses.append(status)
            self._statuses.append(Status.CLOSED)
        while self._changes and self._changes[-1] >= end_of_sight:
            self._changes.pop()
            self._statuses.pop()

    def at(self, moment: datetime) -> tuple[Status, datetime | None, Status | None]:
        """Return the status at a moment, when it ends if that can be seen, and which follows."""
        n = bisect_right(self._changes, moment)
        if n == len(self._changes):
            return self._statuses[n], None, None
        return self._statuses[n], self._changes[n], self._statuses[n + 1]


def pauses_of(calendar: Calendar, days: Iterable[date]) -> list[tuple[datetime, datetime]]:
    """Return the pauses of days in UTC, in order, those that meet as one."""
    found: list[tuple[datetime, datetime]] = []
    for begin, end in sorted(
        (begin.astimezone(UTC), end.astimezone(UTC)) for day in days for begin, end in calendar.pauses.get(day, ())
    ):
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        elif begin < end:
            found.append((begin, end))
    return found


def _without(pieces: Iterable[Segment], pauses: list[tuple[datetime, datetime]]) -> Iterator[Segment]:
    for piece in pieces:
        begin = piece.begin
        if piece.status is not Status.NOT_UNDERSTOOD:
            for pause_begin, pause_end in pauses:
                if pause_end <= begin or pause_begin >= piece.end:
                    continue
                if begin < pause_begin:
                    yield piece._replace(begin=begin, end=pause_begin)
                begin = pause_end
        if begin < piece.end:
            yield piece._replace(begin=begin)
