"""Hours and states in words, in both languages."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from random import Random

import pytest

from layers.locator.hours import HoursText, OpenState, Status, segments, state_at
from layers.locator.hours_words import WEEK, Row, line, words
from tests.budget import budget
from tests.layers.locator.calendars import RAMADAN, RIYADH, SAUDI, at
from tests.layers.locator.test_hours_oracle import _rules, written

FIRST = date(2026, 11, 27)  # a Friday


def shown(rows: tuple[Row, ...]) -> list[str]:
    return [
        " ".join(filter(None, [f"{row.days}:", ",".join(f"{s.begin}-{s.end}" for s in row.spans), row.note]))
        for row in rows
    ]


@pytest.mark.parametrize(
    ("hours", "ar", "en"),
    [
        ("24/7", ["كل يوم: 00:00-24:00 على مدار الساعة"], ["Every day: 00:00-24:00 round the clock"]),
        (
            "Sa-Th 08:00-12:00,16:00-22:00; Fr 16:00-23:00",
            ["السبت–الخميس: 08:00-12:00,16:00-22:00", "الجمعة: 16:00-23:00"],
            ["Saturday–Thursday: 08:00-12:00,16:00-22:00", "Friday: 16:00-23:00"],
        ),
        (
            "Mo,We 08:00-12:00; Tu,Th 08:00-12:00; Sa 20:00-02:00",
            ["الأحد، الجمعة: مغلق", "الاثنين–الخميس: 08:00-12:00", "السبت: 20:00-02:00"],
            ["Sunday, Friday: closed", "Monday–Thursday: 08:00-12:00", "Saturday: 20:00-02:00"],
        ),
        (
            "08:00-10:00,10:00-12:00; Su,Mo off",
            ["الأحد، الاثنين: مغلق", "الثلاثاء–السبت: 08:00-12:00"],
            ["Sunday, Monday: closed", "Tuesday–Saturday: 08:00-12:00"],
        ),
    ],
)
def test_equal_days_are_one_row(hours: str, ar: list[str], en: list[str]) -> None:
    for language, expected in (("ar", ar), ("en", en)):
        assert shown(words(HoursText(hours), language, FIRST, SAUDI).rows) == expected


def test_remarks_and_uncertain_hours_are_said() -> None:
    [row] = words(HoursText('10:00-12:00 "by appointment"'), "ar", FIRST, SAUDI).rows
    assert (row.note, row.spans[0].note, row.spans[0].status) == ("اسأل أولًا", "by appointment", Status.UNKNOWN)


def test_holidays_and_ramadan_have_rows_of_their_own() -> None:
    text = HoursText("Su-Th 08:00-16:00; PH 10:00-12:00", ramadan="20:00-02:00", prayer_pause="yes")
    found = words(text, "en", FIRST, replace(SAUDI, holidays=frozenset({FIRST})))
    assert shown(found.rows) == ["Sunday–Thursday: 08:00-16:00", "Friday, Saturday: closed"]
    assert shown(found.holidays) == ["Public holidays: 10:00-12:00"]
    assert shown(found.ramadan) == ["Every day: 20:00-02:00"]
    assert (found.in_force, found.note) == ("usual", "Closed during prayers")
    assert words(text, "en", RAMADAN[0], SAUDI).in_force == "ramadan"
    by_weekday = words(HoursText("08:00-16:00; PH Fr off"), "en", FIRST, SAUDI).holidays
    assert shown(by_weekday) == [
        "Public holidays, Saturday–Thursday: 08:00-16:00",
        "Public holidays, Friday: closed",
    ]
    assert words(HoursText("08:00-16:00"), "en", FIRST, SAUDI).holidays == ()


def test_seasons_are_those_of_the_week() -> None:
    text = HoursText("Mo-Su 08:00-16:00; Jun-Aug 07:00-12:00")
    assert shown(words(text, "en", FIRST, SAUDI).rows) == ["Every day: 08:00-16:00"]
    assert shown(words(text, "en", date(2026, 7, 1), SAUDI).rows) == ["Every day: 07:00-12:00"]


def test_where_nothing_can_be_said_it_says_why() -> None:
    assert words(HoursText(" "), "ar", FIRST, SAUDI).note == "مواعيد العمل غير معروفة"
    unread = words(HoursText("2pm to 12pm"), "en", FIRST, SAUDI)
    assert (unread.rows, unread.note, unread.text) == ((), "The opening hours could not be read", "2pm to 12pm")


@pytest.mark.parametrize("seed", range(budget(40, 3000)))
def test_rows_hold_each_day_once_and_what_the_evaluator_says(seed: int) -> None:
    text = HoursText(written(_rules(Random(seed))))
    rows = words(text, "en", FIRST, SAUDI).rows
    assert sorted(day for row in rows for day in row.weekdays) == list(range(7))
    assert len({row.spans for row in rows}) == len(rows)
    told = set()
    for n in range(7):
        day = FIRST + timedelta(n)
        [row] = [row for row in rows if day.weekday() in row.weekdays]
        for span in row.spans:
            begin, end = (int(t[:2]) * 60 + int(t[3:]) for t in (span.begin, span.end))
            end += 1440 if end <= begin else 0
            told |= {(n * 1440 + m, span.status) for m in range(begin, end) if n * 1440 + m >= 1440}
    midnight = at(f"{FIRST} 00:00", RIYADH)
    expected = set()
    for piece in segments(text, FIRST, FIRST + timedelta(7), SAUDI):
        begin, end = (int((t - midnight).total_seconds() // 60) for t in (piece.begin, piece.end))
        expected |= {(m, piece.status) for m in range(begin, end) if 1440 <= m < 7 * 1440}
    assert {pair for pair in told if pair[0] < 7 * 1440} == expected


LINES = [
    ("24/7", "10:00", None, "مفتوح", "Open"),
    ("08:00-23:00", "10:00", None, "مفتوح حتى 23:00", "Open until 23:00"),
    ("20:00-02:00", "22:00", None, "مفتوح حتى 02:00", "Open until 02:00"),
    ("Fr 08:00-24:00; Sa 00:00-12:00", "22:00", None, "مفتوح حتى السبت 12:00", "Open until Saturday 12:00"),
    ("08:00-16:00", "15:40", "15:52", "يغلق 16:00 وتصل 15:52", "Closes 16:00, you arrive 15:52"),
    ("08:00-16:00", "15:40", "16:10", "يغلق 16:00 وتصل 16:10", "Closes 16:00, you arrive 16:10"),
    ("08:00-16:00", "10:00", "10:10", "مفتوح حتى 16:00", "Open until 16:00"),
    ("17:00-23:00", "10:00", None, "مغلق، يفتح 17:00", "Closed, opens 17:00"),
    ("08:00-09:00", "10:00", None, "مغلق، يفتح غدًا 08:00", "Closed, opens tomorrow 08:00"),
    ("Mo 08:00-09:00", "10:00", None, "مغلق، يفتح الاثنين 08:00", "Closed, opens Monday 08:00"),
    ("off", "10:00", None, "مغلق", "Closed"),
    ('17:00-18:00 "x"', "10:00", None, "مغلق، ومن الجمعة 17:00 اسأل أولًا", "Closed, from Friday 17:00 on ask first"),
    ("", "10:00", None, "مواعيد العمل غير مؤكدة: اسأل أولًا", "Opening hours are not certain: ask first"),
    ("nonsense", "10:00", None, "تعذّرت قراءة مواعيد العمل", "The opening hours could not be read"),
]  # fmt: skip


@pytest.mark.parametrize(("hours", "now", "arrival", "ar", "en"), LINES)
def test_the_state_is_a_line(hours: str, now: str, arrival: str | None, ar: str, en: str) -> None:
    moment = at(f"{FIRST} {now}")
    state = state_at(HoursText(hours), moment, SAUDI)
    then: datetime | None = at(f"{FIRST} {arrival}") if arrival else None
    assert line(state, moment, "ar", arrival=then).text == ar
    assert line(state, moment, "en", arrival=then).text == en


@pytest.mark.parametrize(
    ("reason", "ar"),
    [
        ("prayer", "مغلق للصلاة، يفتح 12:00"),
        ("holiday", "مغلق للعطلة الرسمية، يفتح 12:00"),
        ("closure", "مغلق مؤقتًا، يفتح 12:00"),
        ("emergency", "مغلق أثناء الطوارئ، يفتح 12:00"),
        ("ramadan", "مغلق، يفتح 12:00"),
    ],
)
def test_the_line_says_why_a_place_is_closed(reason: str, ar: str) -> None:
    state = OpenState(Status.CLOSED, at(f"{FIRST} 12:00"), reason, Status.OPEN)
    said = line(state, at(f"{FIRST} 10:00"), "ar")
    assert (said.kind, said.text, said.parts["until"]) == ("closed_opens", ar, "12:00")


def test_the_week_begins_on_sunday() -> None:
    assert WEEK[0] == 6
