"""The ``datetime`` parameter: an instant, or an interval whose ends may be open (Features Part 1, 7.15.4).

A lifespan holds its begin and not its end. An instant asks for the state at that moment; an interval, both ends
included, for every version that was in force at some moment of it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from layers.problems import Problem, bad_parameter, shown

__all__ = ["PRESENT", "Moment", "read_instant", "read_moment"]

_DATE = r"(\d{4})-(\d{2})-(\d{2})"
# An unescaped + of an offset arrives as a space; nothing else puts a space there.
_INSTANT = re.compile(
    rf"{_DATE}(?:[Tt](\d{{2}}):(\d{{2}}):(\d{{2}})(?:\.(\d{{1,9}}))?([Zz]|[-+ ]\d{{2}}:\d{{2}}))?", re.A
)


@dataclass(frozen=True)
class Moment:
    """Either ``at`` or ``during``; neither means the present."""

    at: datetime | None = None
    during: tuple[datetime | None, datetime | None] | None = None


PRESENT: Final = Moment()


def read_moment(text: str, parameter: str = "datetime") -> Moment:
    """Return what a ``datetime`` parameter asks for.

    A date without a time is that whole day in UTC.

    Raises
    ------
    Problem
        400: not RFC 3339, no such day, or an interval that ends before it begins.

    Examples
    --------
    >>> read_moment("2026-02-12T23:20:50Z").at
    datetime.datetime(2026, 2, 12, 23, 20, 50, tzinfo=datetime.timezone.utc)
    >>> read_moment("../2026-02-12T00:00:00Z").during[0] is None
    True
    """
    parts = text.split("/")
    if len(parts) > 2:
        raise _unreadable(text, parameter)
    if len(parts) == 1:
        first, last = _instant(text, parameter)
        return Moment(at=first) if first == last else Moment(during=(first, last))
    begin = None if parts[0] in ("", "..") else _instant(parts[0], parameter)[0]
    end = None if parts[1] in ("", "..") else _instant(parts[1], parameter)[1]
    if begin is not None and end is not None and begin > end:
        raise bad_parameter(
            parameter,
            f"تنتهي الفترة «{shown(text)}» قبل أن تبدأ؛ اكتب البداية أولًا.",
            f"the interval “{shown(text)}” ends before it begins; write the earlier end first.",
        )
    return Moment(during=(begin, end))


def read_instant(text: str, parameter: str) -> datetime:
    """Return one moment; a date is its first moment in UTC."""
    return _instant(text, parameter)[0]


def _instant(text: str, parameter: str) -> tuple[datetime, datetime]:
    """Return the first and last moment that a text names: the same for a time, a day apart for a date."""
    match = _INSTANT.fullmatch(text)
    if match is None:
        raise _unreadable(text, parameter)
    try:
        return _moments(match)
    except (ValueError, OverflowError):
        raise _unreadable(text, parameter) from None


def _moments(match: re.Match[str]) -> tuple[datetime, datetime]:
    year, month, day = (int(match[n]) for n in (1, 2, 3))
    if match[4] is None:
        first = datetime(year, month, day, tzinfo=UTC)
        return first, first + timedelta(days=1) - timedelta(microseconds=1)
    hour, minute, second = (int(match[n]) for n in (4, 5, 6))
    leap = second == 60  # RFC 3339 allows a leap second; time here has none
    micros = int((match[7] or "").ljust(6, "0")[:6])
    moment = datetime(year, month, day, hour, minute, 59 if leap else second, micros, tzinfo=_zone(match[8]))
    moment = (moment + timedelta(seconds=1) if leap else moment).astimezone(UTC)
    return moment, moment


def _zone(text: str) -> timezone:
    if text in "Zz":
        return UTC
    hours, minutes = int(text[1:3]), int(text[4:6])
    if hours > 23 or minutes > 59:
        raise ValueError(text)
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if text[0] == "-" else offset)


def _unreadable(text: str, parameter: str) -> Problem:
    return bad_parameter(
        parameter,
        f"«{shown(text)}» ليس وقتًا مفهومًا. اكتب مثلًا 2026-02-12T23:20:50Z أو فترة 2026-01-01T00:00:00Z/..",
        f"“{shown(text)}” is not a time we can read. Write 2026-02-12T23:20:50Z, or an interval such as "
        "2026-01-01T00:00:00Z/..",
    )
