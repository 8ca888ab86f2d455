"""Opening hours in words: the week of a place as rows, and its state as a line, in Arabic and English.

Times are ``HH:MM`` in Latin digits; which digits and how a time is shown is the page's matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Final

from django.utils.translation import override, pgettext

from layers.locator.hours import Calendar, HoursText, OpenState, Status, problem, sheet_of
from layers.locator.hours_rules import DAY
from layers.locator.hours_sheet import Laid

__all__ = ["Line", "Row", "SpanWords", "Words", "line", "words"]

WEEK: Final = (6, 0, 1, 2, 3, 4, 5)
"""Days of the week from Sunday, as Python counts them."""

TIGHT_MIN: Final = 30
"""Whoever arrives so shortly before closing is told."""


@dataclass(frozen=True)
class SpanWords:
    """A time of the day. ``end`` may be on the next day, and is ``24:00`` for midnight."""

    begin: str
    end: str
    status: Status = Status.OPEN
    note: str = ""


@dataclass(frozen=True)
class Row:
    """Days that have the same hours. ``weekdays``: Monday is 0. ``note`` says what the spans do not."""

    days: str
    weekdays: tuple[int, ...]
    spans: tuple[SpanWords, ...]
    note: str = ""


@dataclass(frozen=True)
class Words:
    """The hours of a place. ``ramadan`` and ``holidays`` are empty where the hours say nothing of them.

    ``in_force`` tells which rows hold on the first day: ``"usual"`` or ``"ramadan"``. Where nothing can be said, there
    are no rows and ``note`` says why; ``text`` is the hours as they were given.
    """

    rows: tuple[Row, ...] = ()
    ramadan: tuple[Row, ...] = ()
    holidays: tuple[Row, ...] = ()
    in_force: str = "usual"
    note: str = ""
    text: str = ""


@dataclass(frozen=True)
class Line:
    """The state of a place. ``parts`` are what ``text`` was made with: times, and the name of a day."""

    kind: str
    text: str
    parts: Mapping[str, str] = field(default_factory=dict)


def words(text: HoursText, language: str, first: date, calendar: Calendar) -> Words:
    """Return the hours of the seven days from the first: usual ones, those in Ramadan, those of a public holiday."""
    given = "\n".join(part for part in (text.opening.strip(), text.ramadan.strip()) if part)
    with override(language):
        if not given:
            return Words(note=pgettext("hours", "Opening hours are not known"))
        if problem(text):
            return Words(note=pgettext("hours", "The opening hours could not be read"), text=given)
        usual, ramadan = replace(text, ramadan=""), HoursText(text.ramadan, prayer_pause=text.prayer_pause)
        plain = replace(calendar, holidays=frozenset(), expected=frozenset(), ramadan=())
        has_ramadan = bool(text.ramadan.strip())
        return Words(
            _week(usual, first, plain) if usual.opening.strip() else (),
            _week(ramadan, first, plain) if has_ramadan else (),
            _holidays(usual, first, plain),
            in_force="ramadan" if has_ramadan and calendar.is_ramadan(first) else "usual",
            note=pgettext("hours", "Closed during prayers") if text.prayer_pause == "yes" else "",
            text=given,
        )


def line(state: OpenState, at: datetime, language: str, *, arrival: datetime | None = None) -> Line:
    """Return what to say of a state that was told for a moment, to whoever arrives at another.

    ``kind`` is one of ``open``, ``open_until``, ``closes_before`` (one arrives later, or within half an hour of it),
    ``closed``, ``closed_opens``, ``closed_ask``, ``unknown``, ``not_understood``.
    """
    with override(language):
        if state.status is Status.NOT_UNDERSTOOD:
            return Line("not_understood", pgettext("hours", "The opening hours could not be read"))
        if state.status is Status.UNKNOWN:
            return Line("unknown", pgettext("hours", "Opening hours are not certain: ask first"))
        parts = _parts(state, at, arrival)
        if state.status is Status.CLOSED:
            return _closed(state, at, parts)
        if state.until is None:
            return Line("open", pgettext("hours", "Open"))
        if arrival is not None and state.until.timestamp() - arrival.timestamp() < TIGHT_MIN * 60:
            return _line("closes_before", pgettext("hours", "Closes {until}, you arrive {arrival}"), parts)
        if _is_near(state.until, at):
            return _line("open_until", pgettext("hours", "Open until {until}"), parts)
        return _line("open_until", pgettext("hours", "Open until {day} {until}"), parts)


def _closed(state: OpenState, at: datetime, parts: dict[str, str]) -> Line:
    heads = {
        "prayer": pgettext("hours", "Closed for prayer"),
        "holiday": pgettext("hours", "Closed for the public holiday"),
        "closure": pgettext("hours", "Closed for the time being"),
        "emergency": pgettext("hours", "Closed during the emergency"),
    }
    head = heads.get(state.reason) or pgettext("hours", "Closed")
    if state.until is None:
        return Line("closed", head)
    opens = state.then is not Status.UNKNOWN and state.then is not Status.NOT_UNDERSTOOD
    days = (state.until.date() - at.astimezone(state.until.tzinfo).date()).days
    if not opens:
        tail = pgettext("hours", "from {day} {until} on ask first")
    elif days == 0:
        tail = pgettext("hours", "opens {until}")
    elif days == 1:
        tail = pgettext("hours", "opens tomorrow {until}")
    else:
        tail = pgettext("hours", "opens {day} {until}")
    return _line("closed_opens" if opens else "closed_ask", head + pgettext("hours", ", ") + tail, parts)


def _line(kind: str, text: str, parts: dict[str, str]) -> Line:
    return Line(kind, text.format(**parts), parts)


def _parts(state: OpenState, at: datetime, arrival: datetime | None) -> dict[str, str]:
    parts = {}
    if state.until is not None:
        parts = {"until": f"{state.until:%H:%M}", "day": _names()[state.until.weekday()]}
        if arrival is not None:
            parts["arrival"] = f"{arrival.astimezone(state.until.tzinfo):%H:%M}"
    return parts


def _is_near(until: datetime, at: datetime) -> bool:
    """Tell whether a time needs no day: it is today, or in the night that follows."""
    here = at.astimezone(until.tzinfo)
    return until.date() == here.date() or (until.date() == here.date() + timedelta(1) and until.hour < 6)


def _week(text: HoursText, first: date, calendar: Calendar) -> tuple[Row, ...]:
    by_day = _by_day(sheet_of(text, first - timedelta(1), 9, calendar))
    return _grouped({(first + timedelta(n)).weekday(): _spans(by_day.get(n + 1, [])) for n in range(7)})


def _holidays(text: HoursText, first: date, calendar: Calendar) -> tuple[Row, ...]:
    """Return the hours of a public holiday on each day of the week, where they are told apart from others."""
    rules, _ = text.rules
    if isinstance(rules, str) or not any(rule.days.holidays for rule in rules):
        return ()
    by_weekday = {}
    for n in range(7):
        day = first + timedelta(n)
        by_day = _by_day(sheet_of(text, day, 2, replace(calendar, holidays=frozenset({day}))))
        by_weekday[day.weekday()] = _spans(by_day.get(0, []))
    rows = _grouped(by_weekday)
    name = pgettext("hours", "Public holidays")
    if len(rows) == 1:
        return (replace(rows[0], days=name),)
    return tuple(replace(row, days=f"{name}{pgettext('hours', ', ')}{row.days}") for row in rows)


def _by_day(laid: Iterable[Laid]) -> dict[int, list[Laid]]:
    """Return pieces by the day they are told of: one that is longer than a day goes on with the next."""
    found: dict[int, list[Laid]] = {}
    for piece in laid:
        piece = piece._replace(day=max(piece.day, piece.begin // DAY))  # what is left of a night that was cut
        of_day = found.setdefault(piece.day, [])
        last = of_day[-1] if of_day else None
        if last and last.end == piece.begin and (last.status, last.comment) == (piece.status, piece.comment):
            piece = last._replace(end=piece.end)
            of_day.pop()
        midnight = (piece.day + 1) * DAY
        if piece.end - piece.begin > DAY:
            found.setdefault(piece.day + 1, []).append(piece._replace(begin=midnight, day=piece.day + 1))
            piece = piece._replace(end=midnight)
        of_day.append(piece)
    return found


def _spans(pieces: Sequence[Laid]) -> tuple[SpanWords, ...]:
    return tuple(
        SpanWords(_clock(p.begin - p.day * DAY), _clock(p.end - p.day * DAY), p.status, p.comment) for p in pieces
    )


def _clock(minutes: int) -> str:
    minutes = minutes if minutes <= DAY else minutes - DAY
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _grouped(by_weekday: Mapping[int, tuple[SpanWords, ...]]) -> tuple[Row, ...]:
    groups: dict[tuple[SpanWords, ...], list[int]] = {}
    for weekday in WEEK:
        groups.setdefault(by_weekday[weekday], []).append(weekday)
    return tuple(Row(_days(days), tuple(days), spans, _note(spans)) for spans, days in groups.items())


def _note(spans: Iterable[SpanWords]) -> str:
    spans = list(spans)
    if not spans:
        return pgettext("hours", "closed")
    if [(s.begin, s.end, s.status) for s in spans] == [("00:00", "24:00", Status.OPEN)]:
        return pgettext("hours", "round the clock")
    if all(s.status is Status.UNKNOWN for s in spans):
        return pgettext("hours", "ask first")
    return ""


def _days(weekdays: Sequence[int]) -> str:
    """Name days of the week, three or more in a row as a span, over the end of the week too."""
    names, days = _names(), set(weekdays)
    if len(days) == 7:
        return pgettext("hours", "Every day")
    runs = []
    for first in WEEK:
        if first in days and (first - 1) % 7 not in days:
            run: list[int] = [first]
            while (run[-1] + 1) % 7 in days:
                run.append((run[-1] + 1) % 7)
            runs.append(run)
    said = []
    for run in runs:
        said += [f"{names[run[0]]}\u2013{names[run[-1]]}"] if len(run) > 2 else [names[day] for day in run]
    return pgettext("hours", ", ").join(said)


def _names() -> tuple[str, ...]:
    return (
        pgettext("hours", "Monday"),
        pgettext("hours", "Tuesday"),
        pgettext("hours", "Wednesday"),
        pgettext("hours", "Thursday"),
        pgettext("hours", "Friday"),
        pgettext("hours", "Saturday"),
        pgettext("hours", "Sunday"),
    )
