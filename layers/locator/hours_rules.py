"""Opening hours as rules: a text in OpenStreetMap's notation, cut into rules that are each read by opening-hours-py.

The library says what a rule means: whether its grammar holds, its canonical form, the dates that it selects (years,
months, weeks, easter, the first Friday), and when the sun rises. How rules follow each other is decided here, after the
specification of ``opening_hours``, because the library (2.1.4)

- forgets the hours past midnight when another rule holds on the next day (``Sa 20:00-02:00; Su 10:00-12:00``),
- reads ``Mo-Fr 08:00-12:00, 13:00-17:00`` as afternoons of every day, and ``Mo, Tu 08:00-12:00`` as the whole Monday,
- knows holidays by country only, and takes a fallback (``|| "call"``) for the whole day,
- selects all of a range whose step leads out of it (``2026-2028/3``).

Pure: no Django, no clock.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import Enum, StrEnum
from functools import lru_cache
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from opening_hours import OpeningHours, State

__all__ = ["DAY", "LENGTH_LIMIT", "Clock", "Days", "Follows", "NotUnderstood", "Piece", "Rule", "Sky", "Status", "read"]

LENGTH_LIMIT: Final = 1000
"""Characters of hours that are read; OpenStreetMap keeps 255."""

DAY: Final = 1440
"""Minutes of a day by the clock on the wall."""

_OPEN_END_MIN: Final = 240  # an open end is uncertain until midnight, and this long at least

WEEKDAYS: Final = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")


class Status(StrEnum):
    OPEN = "open"
    CLOSED = "closed"
    UNKNOWN = "unknown"
    NOT_UNDERSTOOD = "not_understood"


class Follows(Enum):
    """How a rule stands to those before it."""

    INSTEAD = ";"
    TOO = ","
    OTHERWISE = "||"


class NotUnderstood(ValueError):
    """Hours that cannot be read; the text says at which part."""


class Sky(NamedTuple):
    """From where the sun is seen: degrees on WGS 84, and the zone whose clock is asked."""

    lon: float
    lat: float
    tz: ZoneInfo


class Clock(NamedTuple):
    """A time of the day: minutes from midnight, or from an event of the sun."""

    minutes: int
    event: str = ""

    def on(self, day: date, sky: Sky | None) -> int | None:
        """Return minutes from midnight; None where the sun does not do so, or nobody knows where we are."""
        if not self.event:
            return self.minutes
        at = None if sky is None else _sun(self.event, day, sky)
        return None if at is None else at + self.minutes


class Piece(NamedTuple):
    """A time of a day, in minutes from its midnight, to 48:00 at most."""

    begin: int
    end: int
    status: Status
    comment: str


class TimeSpan(NamedTuple):
    begin: Clock
    end: Clock | None
    has_open_end: bool
    repeats: bool


@dataclass(frozen=True, slots=True)
class Days:
    """The days of a rule: a period, and in it days of the week, holidays, or both at once (``SH Mo-Fr``)."""

    period: OpeningHours | None
    weekdays: frozenset[int] | None
    nth: OpeningHours | None
    holidays: tuple[int, ...]
    school: bool
    both: bool

    @property
    def is_plain(self) -> bool:
        """Whether nothing but the day of the week and a holiday of the day itself decide."""
        return self.period is None and self.nth is None and not self.school and all(n == 0 for n in self.holidays)

    def hold(self, day: date, is_holiday: Callable[[date], bool], is_school_holiday: Callable[[date], bool]) -> bool:
        if self.period is not None and not _selects(self.period, day):
            return False
        named = self.weekdays is not None or self.nth is not None
        by_week = (self.weekdays is not None and day.weekday() in self.weekdays) or (
            self.nth is not None and _selects(self.nth, day)
        )
        if not self.holidays and not self.school:
            return by_week or not named
        by_holiday = any(is_holiday(day - timedelta(n)) for n in self.holidays) or (
            self.school and is_school_holiday(day)
        )
        return by_week and by_holiday if self.both else by_week or by_holiday


@dataclass(frozen=True, slots=True)
class Rule:
    follows: Follows
    days: Days
    times: tuple[TimeSpan, ...]  # none: the whole day
    status: Status
    comment: str

    @property
    def has_sun(self) -> bool:
        return any(t.begin.event or (t.end is not None and t.end.event) for t in self.times)

    def pieces(self, day: date, sky: Sky | None) -> Iterator[Piece]:
        """Yield what a day that the rule selects is given. A remark makes open hours unknown."""
        status = Status.UNKNOWN if self.comment and self.status is Status.OPEN else self.status
        if not self.times:
            yield Piece(0, DAY, status, self.comment)
        for span in self.times:
            yield from self._pieces_of(span, day, sky, status)

    def _pieces_of(self, span: TimeSpan, day: date, sky: Sky | None, status: Status) -> Iterator[Piece]:
        begin = span.begin.on(day, sky)
        end = begin if span.end is None else span.end.on(day, sky)
        if begin is not None and end is not None and span.end is not None and end <= begin:
            end = span.end.on(day + timedelta(1), sky)
            end = None if end is None else end + DAY
        if begin is None or end is None:
            yield Piece(0, DAY, Status.CLOSED if status is Status.CLOSED else Status.UNKNOWN, self.comment)
            return
        begin, end = max(begin, 0), min(end, 2 * DAY)
        if span.repeats and status is Status.OPEN:
            status = Status.UNKNOWN
        if begin < end:
            yield Piece(begin, end, status, self.comment)
        if span.has_open_end and end < 2 * DAY:
            uncertain = Status.CLOSED if status is Status.CLOSED else Status.UNKNOWN
            yield Piece(end, min(max(DAY, end + _OPEN_END_MIN), 2 * DAY), uncertain, self.comment)


def read(text: str) -> tuple[Rule, ...]:
    """Return the rules of hours, in their order; none for a blank text.

    Raises
    ------
    NotUnderstood
        The text is too long, or a part of it is not in the notation.
    """
    if len(text) > LENGTH_LIMIT:
        raise NotUnderstood(f"{text[:20]}… (> {LENGTH_LIMIT})")
    comments: list[str] = []

    def keep(found: re.Match[str]) -> str:
        comments.append(found[1].strip() or "…")
        return f' "{len(comments) - 1}" '

    plain = _SPACES.sub(" ", _QUOTED.sub(keep, text).translate(_PLAIN)).strip(" ;,")
    if not plain:
        return ()
    plain = _STEPS.sub(_stepped, plain)
    return tuple(_rule(follows, part, comments) for follows, part in _parts(plain))


_QUOTED = re.compile(r'"([^"]*)"')
_SPACES = re.compile(r"\s+")
_PLAIN = str.maketrans(
    {
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"),
        **dict.fromkeys("\u200e\u200f\u061c", ""),
        **{digit: str(n) for n, digit in enumerate("٠١٢٣٤٥٦٧٨٩")},
        **{digit: str(n) for n, digit in enumerate("۰۱۲۳۴۵۶۷۸۹")},
        "؛": ";",
        "،": ",",
    }
)
_SEPARATOR = re.compile(r" ?(;|\|\||,(?= )|(?<= ),) ?")
_TIME = r"(?:\d\d:\d\d|\(?(?:dawn|sunrise|sunset|dusk)(?:[+-]\d\d:\d\d\))?)"
_BEGINS_WITH_TIME = re.compile(r"\(?(?:\d?\d:\d\d|dawn|sunrise|sunset|dusk)")
_SAYS_WHEN = re.compile(r'\d:\d\d|24/7|dawn|sunrise|sunset|dusk|off|closed|open|unknown|"', re.IGNORECASE)


def _parts(text: str) -> list[tuple[Follows, str]]:
    """Cut a text into rules. A comma within a list of days or of times is none, with a space or without."""
    cut = _SEPARATOR.split(text)
    parts: list[tuple[Follows, str]] = [(Follows.INSTEAD, cut[0])]
    for sign, part in zip(cut[1::2], cut[2::2], strict=True):
        follows, last = Follows(sign), parts[-1][1]
        if follows is Follows.TOO and (_BEGINS_WITH_TIME.match(part) or not _SAYS_WHEN.search(last)):
            parts[-1] = (parts[-1][0], f"{last},{part}")
        else:
            parts.append((follows, part))
    return [(follows, part) for follows, part in parts if part]


_SPAN = rf"{_TIME}(?:-{_TIME})?\+?(?:/\d+(?::\d\d)?)?"
_CANONICAL = re.compile(
    rf"^(?:24/7|(?P<days>[^\"]*?))(?:(?:^| )(?P<times>{_SPAN}(?:,{_SPAN})*))?"
    r"(?: (?P<kind>closed|unknown))?(?: \"(?P<comment>\d+)\")?$"
)
_WEEKDAY = "(?:" + "|".join(WEEKDAYS) + ")"
_HOLIDAY = r"(?P<sort>PH|SH)(?: (?P<offset>[+-]?\d+) days?)?"
_ONE = rf"(?:(?:PH|SH)(?: [+-]?\d+ days?)?|{_WEEKDAY}(?:-{_WEEKDAY}|\[[-\d,]+\])?(?: [+-]?\d+ days?)?)"
_SELECTOR = re.compile(rf"^(?P<period>.*?)(?:(?:^| )(?P<week>{_ONE}(?:,{_ONE})*))?$")
_BOTH = re.compile(rf"(?:PH|SH) ?(?={_WEEKDAY})")
_MOST_DAYS = 366


def _rule(follows: Follows, part: str, comments: list[str]) -> Rule:
    days, times, status, comment = _shape(part)
    return Rule(follows, days, times, status, "" if comment is None else comments[comment])


@lru_cache(maxsize=8192)
def _shape(part: str) -> tuple[Days, tuple[TimeSpan, ...], Status, int | None]:
    """Read one rule. Places share rules (``PH off``) more than whole hours."""
    canonical = str(_guarded(OpeningHours, part, part=part))
    found = _CANONICAL.match(canonical)
    if found is None:
        raise NotUnderstood(part)
    return (
        _days(found["days"] or "", part),
        tuple(_time_span(span) for span in re.findall(_SPAN, found["times"] or "")),
        {"closed": Status.CLOSED, "unknown": Status.UNKNOWN}.get(found["kind"] or "", Status.OPEN),
        int(found["comment"]) if found["comment"] else None,
    )


def _days(canonical: str, part: str) -> Days:
    found = _SELECTOR.match(canonical)
    assert found is not None  # noqa: S101 - an empty week and any period match
    holidays, school, weekdays, nth = [], False, set[int](), []
    for one in re.findall(_ONE, found["week"] or ""):
        holiday = re.fullmatch(_HOLIDAY, one)
        if holiday is None:
            if len(one) in (2, 5) and "[" not in one:
                weekdays |= _weekday_range(one)
            else:
                nth.append(one)
            continue
        offset = int(holiday["offset"] or 0)
        if abs(offset) > _MOST_DAYS or (holiday["sort"] == "SH" and offset):
            raise NotUnderstood(part)
        if holiday["sort"] == "SH":
            school = True
        else:
            holidays.append(offset)
    period = _YEAR_AND_MONTH.sub(r"\1 ", found["period"].strip())
    if any(int(n) > _MOST_DAYS for n in re.findall(r"(\d+) days?", canonical)):
        raise NotUnderstood(part)
    return Days(
        _guarded(OpeningHours, period, part=part) if period else None,
        frozenset(weekdays) or None,
        _guarded(OpeningHours, ",".join(nth), part=part) if nth else None,
        tuple(holidays),
        school,
        both=_BOTH.search(part) is not None,
    )


_STEPS = re.compile(r"(?<![\d:])(?P<first>\d+)-(?P<last>\d+)/(?P<step>\d+)(?![\d:])")
_YEAR_AND_MONTH = re.compile(r"(\d{4})(?=[A-Z])")  # "2026Jan" is how the library writes it; read again, it is a day


def _stepped(found: re.Match[str]) -> str:
    """Write a range of years or weeks whose step leads out of it as its first: the library would select all of it."""
    first, last, step = (int(found[name]) for name in ("first", "last", "step"))
    return found["first"] if first <= last < first + step else found[0]


def _weekday_range(text: str) -> set[int]:
    first, last = WEEKDAYS.index(text[:2]), WEEKDAYS.index(text[-2:])
    return {(first + n) % 7 for n in range((last - first) % 7 + 1)}


_TIME_SPAN = re.compile(rf"(?P<begin>{_TIME})(?:-(?P<end>{_TIME}))?(?P<plus>\+)?(?P<every>/.*)?")
_EVENT = re.compile(r"\(?(?P<event>[a-z]+)(?P<offset>(?P<sign>[+-])(?P<hours>\d\d):(?P<minutes>\d\d)\))?")


def _time_span(text: str) -> TimeSpan:
    found = _TIME_SPAN.fullmatch(text)
    assert found is not None  # noqa: S101 - the same expression found it
    return TimeSpan(
        _clock(found["begin"]),
        _clock(found["end"]) if found["end"] else None,
        found["plus"] is not None,
        found["every"] is not None,
    )


def _clock(text: str) -> Clock:
    found = _EVENT.fullmatch(text)
    if found is None:
        return Clock(int(text[:2]) * 60 + int(text[3:]))
    offset = int(found["hours"] or 0) * 60 + int(found["minutes"] or 0)
    return Clock(-offset if found["sign"] == "-" else offset, found["event"])


def _guarded(call: Callable[..., Any], *arguments: object, part: str) -> Any:
    """Call the library. What it cannot do is not understood, and a panic of its code ends no request either."""
    try:
        return call(*arguments)
    except Exception as error:
        raise NotUnderstood(part) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # PyO3 keeps its class to itself
            raise
        raise NotUnderstood(part) from error


def _selects(selector: OpeningHours, day: date) -> bool:
    """Tell whether a selector without times holds on a day."""
    state, _ = _guarded(selector.state, datetime.combine(day, _NOON), part=str(selector))
    return bool(state == State.OPEN)


_NOON = time(12)


@lru_cache(maxsize=4096)
def _sun(event: str, day: date, sky: Sky) -> int | None:
    """Return the minute of an event of the sun by the library; None in a polar day or night."""
    midnight = datetime.combine(day, time(), sky.tz)
    hours = OpeningHours(f"00:00-{event}", timezone=sky.tz, coords=(sky.lat, sky.lon), auto_country=False)
    _begin, end, state, _comment = next(iter(hours.intervals(midnight, midnight + timedelta(1))))
    if state != State.OPEN or end is None or end.date() != day:
        return None
    return int(end.hour * 60 + end.minute)
