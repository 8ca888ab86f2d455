"""Random hours against a second evaluator that shares nothing with the first, and hostile ones that must not hurt.

The second evaluator knows no notation: it is given rules as data and counts minutes in sets. Only the writer knows how
a rule is written down.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opening_hours import OpeningHours, State

from layers.locator.hours import Calendar, HoursText, Status, problem, segments, spans, state_at
from layers.locator.hours_rules import LENGTH_LIMIT, NotUnderstood, read
from tests.budget import budget
from tests.layers.locator.calendars import BERLIN, RIYADH

NAMES = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
DAYS = 13
FIRST = date(2026, 3, 23)  # a Monday; Berlin's clock is moved on the Sunday
HOLIDAYS = frozenset({date(2026, 3, 25), date(2026, 3, 26), date(2026, 3, 30)})
PLAIN_CALENDAR = Calendar(RIYADH, HOLIDAYS)


@dataclass(frozen=True)
class Given:
    """A rule as data: ``days`` empty is every day, ``times`` empty the whole day."""

    sign: str
    days: frozenset[int]
    on_holidays: bool
    times: tuple[tuple[int, int], ...]
    kind: str

    def written(self) -> str:
        words = []
        if self.days or self.on_holidays:
            words.append(",".join([NAMES[n] for n in sorted(self.days)] + ["PH"] * self.on_holidays))
        if self.times:
            words.append(",".join(f"{b // 60:02}:{b % 60:02}-{e // 60:02}:{e % 60:02}" for b, e in self.times))
        if self.kind:
            words.append(self.kind)
        return " ".join(words) or "24/7"

    def holds(self, day: date) -> bool:
        if not self.days and not self.on_holidays:
            return True
        return day.weekday() in self.days or (self.on_holidays and day in HOLIDAYS)

    def minutes(self, n: int) -> list[int]:
        spans_of_day = [(b, e if e > b else e + 1440) for b, e in self.times] or [(0, 1440)]
        return [m + n * 1440 for b, e in spans_of_day for m in range(b, e)]


def written(rules: list[Given]) -> str:
    return rules[0].written() + "".join(f"{rule.sign} {rule.written()}" for rule in rules[1:])


def judged(rules: list[Given], first: date, count: int) -> dict[int, Status]:
    """Return the status of each minute that is not closed, counted from the first midnight."""
    of_day: dict[int, dict[int, Status]] = {n: {} for n in range(-1, count)}
    for rule in rules:
        for n in of_day:
            if not rule.holds(first + timedelta(n)):
                continue
            if rule.kind == "off":
                if not rule.times:
                    of_day[n] = {}
                for minutes in of_day.values() if rule.times else ():
                    for m in rule.minutes(n):
                        minutes.pop(m, None)
                continue
            if rule.sign == ";":
                of_day[n] = {}
            for m in rule.minutes(n):
                for minutes in of_day.values():
                    minutes.pop(m, None)
                of_day[n][m] = Status.UNKNOWN if rule.kind == "unknown" else Status.OPEN
    found: dict[int, Status] = {}
    for minutes in of_day.values():
        found |= minutes
    return {m: status for m, status in found.items() if 0 <= m < count * 1440}


def _time(rng: Random) -> int:
    return rng.choice([rng.randrange(1440), rng.randrange(24) * 60, rng.randrange(48) * 30 % 1440, 0])


def _rule(rng: Random, sign: str) -> Given:
    days = frozenset(rng.sample(range(7), rng.choice([0, 1, 2, 3, 5]))) if sign == ";" or rng.random() < 0.9 else ()
    on_holidays = rng.random() < 0.3
    if sign == "," and not days and not on_holidays:
        days = frozenset({rng.randrange(7)})  # times after a comma belong to the rule before
    times = tuple(
        (_time(rng), rng.choice([_time(rng), 1440, 1440 + rng.randrange(1, 600)])) for _ in range(rng.randrange(4))
    )
    kind = rng.choice(["", "", "", "off", "off", "unknown"])
    if sign == "," and not times and not kind:
        kind = "open"
    return Given(sign, frozenset(days), on_holidays, times, kind)


def _rules(rng: Random) -> list[Given]:
    rules = [_rule(rng, ";")]
    for _ in range(rng.randrange(5)):
        last = rules[-1]
        sign = "," if rng.random() < 0.3 and (last.times or last.kind) else ";"
        rules.append(_rule(rng, sign))
    return rules


@pytest.mark.parametrize("seed", range(budget(100, 20_000)))
def test_random_hours_agree_with_a_count_of_minutes(seed: int) -> None:
    rng = Random(seed)
    rules = _rules(rng)
    hours = HoursText(written(rules))
    expected = judged(rules, FIRST, DAYS)
    got: dict[int, Status] = {}
    midnight = datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=RIYADH)
    for piece in segments(hours, FIRST, FIRST + timedelta(DAYS - 1), PLAIN_CALENDAR):
        begin, end = ((t - midnight).total_seconds() / 60 for t in (piece.begin, piece.end))
        assert begin == int(begin) and end == int(end)
        for m in range(int(begin), int(end)):
            assert m not in got, "two segments overlap"
            got[m] = piece.status
    assert got == expected, hours
    for _ in range(20):
        m = rng.randrange(1440, 4 * 1440)
        moment = midnight + timedelta(minutes=m, seconds=rng.choice([0, 30]))
        state = state_at(hours, moment, PLAIN_CALENDAR)
        assert state.status == expected.get(m, Status.CLOSED), (hours, m)
        change = next((n for n in range(m + 1, m + 8 * 1440) if expected.get(n) != expected.get(m)), None)
        assert state.until == (None if change is None else midnight + timedelta(minutes=change)), (hours, m)


@pytest.mark.parametrize("seed", range(budget(40, 2_000)))
def test_across_a_moved_clock_hours_follow_the_wall(seed: int) -> None:
    """A minute that lasts on the wall lasts in time, but for the hour that is skipped."""
    rng = Random(seed)
    rules = _rules(rng)
    hours, calendar = HoursText(written(rules)), Calendar(BERLIN, HOLIDAYS)
    expected = judged(rules, FIRST, 9)
    sunday = date(2026, 3, 29)
    for _ in range(60):
        m = (sunday - FIRST).days * 1440 + rng.randrange(-600, 1200)
        wall = datetime(FIRST.year, FIRST.month, FIRST.day) + timedelta(minutes=m)
        if wall.date() == sunday and wall.hour == 2:
            continue
        state = state_at(hours, wall.replace(tzinfo=BERLIN), calendar)
        assert state.status == expected.get(m, Status.CLOSED), (hours, wall)


@pytest.mark.parametrize("seed", range(budget(80, 5_000)))
def test_a_single_rule_means_what_the_library_says(seed: int) -> None:
    """Where rules do not follow each other, the library is right; its evaluation is not ours."""
    rng = Random(seed)
    rule = _rule(rng, ";")
    text = Given(";", rule.days or frozenset({2}), False, rule.times, rule.kind).written()
    theirs = OpeningHours(text)
    for _ in range(30):
        wall = datetime(2026, 3, 24) + timedelta(minutes=rng.randrange(7 * 1440))
        expected = {State.OPEN: Status.OPEN, State.CLOSED: Status.CLOSED, State.UNKNOWN: Status.UNKNOWN}[
            theirs.state(wall)[0]
        ]
        assert state_at(HoursText(text), wall.replace(tzinfo=RIYADH), Calendar(RIYADH)).status is expected, (text, wall)


TOKENS = [
    *NAMES,
    "PH",
    "SH",
    "Jan",
    "Feb 29",
    "Feb 30",
    "Dec 31",
    "2026",
    "1900",
    "9999",
    "2000-9999/3",
    "week 53",
    "week 1-53/7",
]
TOKENS += [
    "easter",
    "easter -400 days",
    "+1 day",
    "-366 days",
    "+99999999999 days",
    "[1]",
    "[-5]",
    "[1-5]",
    "-",
    ",",
    ";",
    "||",
]
TOKENS += [
    "10:00",
    "24:00",
    "48:00",
    "00:00-24:00",
    "26:00-47:59",
    "dawn",
    "(sunset+23:59)",
    "(dawn-23:59)",
    "+",
    "/30",
    "/00:00",
]
TOKENS += [
    "off",
    "closed",
    "open",
    "unknown",
    '"x"',
    '"',
    "24/7",
    "garbage",
    "\0",
    "\n",
    "é",
    "٠٨:٠٠",
    "–",
    " ",
    " ",
    " ",
]


@settings(max_examples=budget(400, 50_000), deadline=None)
@given(st.lists(st.sampled_from(TOKENS), max_size=14), st.sampled_from(["", " "]))
def test_no_sequence_of_tokens_hurts(tokens: list[str], glue: str) -> None:
    _is_harmless(glue.join(tokens))


@settings(max_examples=budget(150, 50_000), deadline=None)
@given(st.text(max_size=80))
def test_no_text_hurts(text: str) -> None:
    _is_harmless(text)


def _is_harmless(text: str) -> None:
    calendar = Calendar(BERLIN, HOLIDAYS, position=(13.4, 52.5))
    for moment in (datetime(2026, 3, 29, 1, 30, tzinfo=BERLIN), datetime(9990, 12, 31, tzinfo=BERLIN)):
        state = state_at(HoursText(text, prayer_pause="yes"), moment, calendar)
        assert state.until is None or state.until > moment
        assert (state.status is Status.OPEN) <= (problem(HoursText(text)) == "")
    found = spans(HoursText(text), FIRST, FIRST + timedelta(7), calendar)
    assert all(begin < end for begin, end in found)
    assert all(last[1] < begin for last, (begin, _) in pairwise(found))


SHORT = [f"{n // 6:02}:{n % 6}0-{n // 6:02}:{n % 6}5" for n in range(80)]  # none meets another
HOSTILE = [
    ",".join(SHORT),
    "; ".join(f"Mo-Su {span}" for span in SHORT[:50]),
    ", ".join(f"Mo-Su {span[:5]}-48:00" for span in SHORT[:50]),
    "24/7, " + ", ".join(f"Jan-Dec {span} off" for span in SHORT[:38]),
    " || ".join(SHORT[:60]),
    "10:00-12:00," * 80 + "10:00-12:00",
    "Mo 10:00-12:00; " * 60 + "Tu off",
    "Mo 00:00-48:00, " * 60 + "Tu 00:00-48:00",
    "10:00-11:00 || " * 60 + "off",
    "1900-9999/1 " * 80,
    "Jan-Dec,Jan-Dec," * 60 + "Jan 10:00-12:00",
    "week " + ",".join(f"{n:02}" for n in range(1, 54)) * 5,
    "easter +366 days-easter -366 days," * 25 + "easter",
    "(" * LENGTH_LIMIT,
    '"' * LENGTH_LIMIT,
    "9999 Dec 31-1900 Jan 1 10:00-12:00",
    "Mo[1]," * 150 + "Mo[5] 10:00-12:00",
    "(sunrise+23:59)-(sunset+23:59)," * 30 + "dawn-dusk",
    ";" * LENGTH_LIMIT,
    ", " * (LENGTH_LIMIT // 2),
]


@pytest.mark.timeout(60)
@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:25])
def test_hostile_hours_come_to_an_end(text: str) -> None:
    _is_harmless(text[:LENGTH_LIMIT])


def test_a_text_that_is_too_long_is_not_understood() -> None:
    long = "Mo-Fr 10:00-12:00; " * 60
    assert len(long) > LENGTH_LIMIT
    with pytest.raises(NotUnderstood, match=str(LENGTH_LIMIT)):
        read(long)
    moment = datetime(2026, 3, 23, 11, tzinfo=RIYADH)
    assert state_at(HoursText(long), moment, PLAIN_CALENDAR).status is Status.NOT_UNDERSTOOD
