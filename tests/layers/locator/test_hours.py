"""Hours of the Arabic world and the notation's corners, by hand: what is open, what never is by guess, until when."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from layers.locator.hours import Calendar, HoursText, OpenState, Status, open_for, problem, segments, spans, state_at
from tests.layers.locator.calendars import BERLIN, NATIONAL_DAY, RIYADH, SAUDI, at


def told(hours: str | HoursText, moment: str, calendar: Calendar = SAUDI) -> str:
    """Return a state as ``open 02-20 02:00 ramadan``."""
    text = HoursText(hours) if isinstance(hours, str) else hours
    state = state_at(text, at(moment, calendar.tz), calendar)
    until = state.until.strftime("%m-%d %H:%M") if state.until else "-"
    return f"{state.status} {until} {state.reason}".strip()


# 2026-11-27 is a Friday.
TABLE = [
    ("Sa-Th 08:00-22:00; Fr 13:30-23:00", "2026-11-27 13:29", "closed 11-27 13:30"),
    ("Sa-Th 08:00-22:00; Fr 13:30-23:00", "2026-11-27 13:30", "open 11-27 23:00"),
    ("Sa-Th 08:00-22:00; Fr 13:30-23:00", "2026-11-27 22:59:59", "open 11-27 23:00"),
    ("Sa-Th 08:00-22:00; Fr 13:30-23:00", "2026-11-27 23:00", "closed 11-28 08:00"),
    # Split shifts.
    ("Su-Th 08:00-12:00,16:00-20:00", "2026-11-29 12:00", "closed 11-29 16:00"),
    ("Su-Th 08:00-12:00, 16:00-20:00", "2026-11-29 17:00", "open 11-29 20:00"),
    ("Su-Th 08:00-12:00, 16:00-20:00", "2026-11-27 17:00", "closed 11-29 08:00"),
    ("Mo-Th, Sa, Su 07:00-17:00", "2026-11-30 18:00", "closed 12-01 07:00"),
    ("Mo-Th, Sa, Su 07:00-17:00", "2026-11-27 12:00", "closed 11-28 07:00"),
    # Past midnight; the next day's rule does not end the night.
    ("Mo-Su 20:00-02:00", "2026-11-28 01:59", "open 11-28 02:00"),
    ("Mo-Su 20:00-26:00", "2026-11-28 02:00", "closed 11-28 20:00"),
    ("Fr-Sa 12:00-02:00; Mo-Th,Su 09:00-01:00", "2026-11-29 01:30", "open 11-29 02:00"),
    ("Th 20:00-02:00; Fr off", "2026-11-27 01:00", "open 11-27 02:00"),
    ("Th 20:00-02:00; Fr off", "2026-11-27 21:00", "closed 12-03 20:00"),
    ("Mo-Su 00:00-03:00,07:00-24:00", "2026-11-27 22:00", "open 11-28 03:00"),
    # Spans that abut are one.
    ("08:00-12:00,12:00-18:00", "2026-11-27 09:00", "open 11-27 18:00"),
    ("Fr 08:00-24:00; Sa 00:00-12:00", "2026-11-27 09:00", "open 11-28 12:00"),
    ("08:00-12:00, 10:00-14:00", "2026-11-27 11:00", "open 11-27 14:00"),
    # Always, never, and as long as one can see.
    ("24/7", "2026-11-27 09:00", "open -"),
    ("00:00-24:00", "2026-11-27 09:00", "open -"),
    ("Mo-Su 00:00-00:00", "2026-11-27 09:00", "open -"),
    ("off", "2026-11-27 09:00", "closed -"),
    ("closed", "2026-11-27 09:00", "closed -"),
    ('closed "renovation"', "2026-11-27 09:00", "closed -"),
    ("Dec 05 10:00-12:00", "2026-11-27 10:00", "closed 12-05 10:00"),
    ("Dec 05 10:01-12:00", "2026-11-27 10:00", "closed -"),
    ("Dec 25-31 10:00-12:00", "2026-11-27 09:00", "closed -"),
    ("2026 Nov 27 - 2026 Dec 25", "2026-11-27 00:00", "open -"),
    # A later rule stands instead of an earlier one; off with times cuts.
    ("08:00-12:00; 13:00-17:00", "2026-11-27 09:00", "closed 11-27 13:00"),
    ("08:00-18:00; 12:00-13:00 off", "2026-11-27 11:00", "open 11-27 12:00"),
    ("08:00-18:00; 12:00-13:00 off", "2026-11-27 12:30", "closed 11-27 13:00"),
    ("24/7; Fr 11:00-13:00 off", "2026-11-27 13:00", "open 12-04 11:00"),
    ("22:00-04:00; 01:00-02:00 off", "2026-11-27 23:30", "open 11-28 01:00"),
    # Holidays: 2026-09-23 is a Wednesday.
    ("24/7; PH off", "2026-09-23 09:00", "closed 09-24 00:00 holiday"),
    ("24/7; PH off", "2026-09-22 09:00", "open 09-23 00:00"),
    ("PH off; 24/7", "2026-09-23 09:00", "open -"),
    ("Mo-Su,PH 10:00-22:00", "2026-09-23 09:00", "closed 09-23 10:00"),
    ("Mo-Fr 08:00-16:00; PH 10:00-12:00", "2026-09-23 09:00", "closed 09-23 10:00 holiday"),
    ("Mo-Fr 08:00-16:00; PH 10:00-12:00", "2026-09-23 11:00", "open 09-23 12:00 holiday"),
    ("Th-Fr,PH 08:00-16:00", "2026-09-23 11:00", "open 09-23 16:00 holiday"),
    ("20:00-02:00; PH off", "2026-09-23 01:00", "open 09-23 02:00"),
    ("20:00-02:00; PH off", "2026-09-24 01:00", "closed 09-24 20:00"),
    ("PH -1 day 10:00-12:00", "2026-09-22 11:00", "open 09-22 12:00"),
    ("PH +1 day off; 10:00-12:00", "2026-09-24 11:00", "open 09-24 12:00"),
    ("10:00-12:00; PH +1 day off", "2026-09-24 11:00", "closed 09-25 10:00"),
    ("PH Mo-Tu 10:00-12:00", "2026-09-23 11:00", "closed -"),
    ("PH We 10:00-12:00", "2026-09-23 11:00", "open 09-23 12:00 holiday"),
    ("PH unknown; Mo-Fr off", "2026-09-23 11:00", "closed -"),
    # School holidays that nobody gave decide nothing.
    ("Mo-Fr 08:00-16:00; SH off", "2026-09-22 09:00", "unknown 09-22 16:00"),
    ("Mo-Fr 08:00-16:00; SH 08:00-12:00", "2026-09-22 09:00", "open 09-22 12:00"),
    # Weeks, easter, years, the first of a month.
    ("week 48 Fr 10:00-12:00", "2026-11-27 10:00", "open 11-27 12:00"),
    ("week 49 Fr 10:00-12:00", "2026-11-27 10:00", "closed 12-04 10:00"),
    ("week 01-53/2 Fr 10:00-12:00", "2026-11-27 10:00", "closed 12-04 10:00"),
    ("10:00-12:00; easter off", "2026-04-05 11:00", "closed 04-06 10:00"),
    ("easter -2 days 10:00-12:00", "2026-04-03 11:00", "open 04-03 12:00"),
    ("2025-2026 Fr 10:00-12:00; 2027 off", "2026-12-28 11:00", "closed -"),
    ("Fr[-1] 10:00-12:00", "2026-11-27 11:00", "open 11-27 12:00"),
    ("Fr[1] 10:00-12:00", "2026-11-27 11:00", "closed 12-04 10:00"),
    ("Nov-Feb Fr 10:00-12:00", "2026-11-27 11:00", "open 11-27 12:00"),
    # What is not certain is not open.
    ("", "2026-11-27 11:00", "unknown -"),
    (" \t", "2026-11-27 11:00", "unknown -"),
    (";", "2026-11-27 11:00", "unknown -"),
    ('"by appointment"', "2026-11-27 11:00", "unknown -"),
    ('Fr 10:00-12:00 "by appointment"', "2026-11-27 11:00", "unknown 11-27 12:00"),
    ("Fr 10:00-12:00 unknown", "2026-11-27 11:00", "unknown 11-27 12:00"),
    ('Fr 10:00-12:00 || "call"', "2026-11-27 11:00", "open 11-27 12:00"),
    ('Fr 10:00-12:00 || "call"', "2026-11-27 12:00", "unknown 12-04 10:00"),
    ('Fr 10:00-12:00; Sa off || "call"', "2026-11-28 11:00", "closed 11-29 00:00"),
    ("10:00-12:00+", "2026-11-27 13:00", "unknown 11-28 00:00"),
    ("22:00+", "2026-11-28 01:59", "unknown 11-28 02:00"),
    ("10:00-12:00/00:30", "2026-11-27 11:00", "unknown 11-27 12:00"),
    ("garbage", "2026-11-27 11:00", "not_understood -"),
    ("9am-5pm", "2026-11-27 11:00", "not_understood -"),
    ("Mo-Fr 10:00-12:00; whenever", "2026-11-27 11:00", "not_understood -"),
    ("Mo-Fr 25:00-12:00", "2026-11-27 11:00", "not_understood -"),
    ("Mo-Su 20.30 - 1.30", "2026-11-27 11:00", "not_understood -"),
    ("10:00-12:00\0", "2026-11-27 11:00", "not_understood -"),
    # Written with other signs.
    ("Fr ١٠:٠٠–١٢:٠٠؛ Sa off;", "2026-11-27 11:00", "open 11-27 12:00"),
    ("Th-Fr 8:00 - 12:00،\u00a013:00-15:00", "2026-11-27 13:00", "open 11-27 15:00"),
]


@pytest.mark.parametrize(("hours", "moment", "expected"), TABLE, ids=lambda value: repr(value)[:60])
def test_it_tells_the_state_and_when_it_changes(hours: str, moment: str, expected: str) -> None:
    assert told(hours, moment) == expected


NIGHTS = HoursText("08:00-22:00", ramadan="Sa-Th 20:00-02:30; Fr 21:00-03:00")


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-02-17 21:00", "open 02-17 22:00"),  # the evening before: ordinary hours
        ("2026-02-18 01:00", "closed 02-18 20:00 ramadan"),
        ("2026-02-18 10:00", "closed 02-18 20:00 ramadan"),
        ("2026-02-18 20:00", "open 02-19 02:30 ramadan"),
        ("2026-02-21 02:59", "open 02-21 03:00 ramadan"),  # the night of a Friday
        ("2026-03-19 23:00", "open 03-20 02:30 ramadan"),  # the last night lasts into the feast
        ("2026-03-20 02:00", "open 03-20 02:30 ramadan"),
        ("2026-03-20 02:30", "closed 03-20 08:00"),
        ("2026-03-20 08:00", "open 03-20 22:00"),
    ],
)
def test_it_keeps_the_hours_of_ramadan_and_its_nights(moment: str, expected: str) -> None:
    assert told(NIGHTS, moment) == expected


def test_it_keeps_the_usual_hours_in_ramadan_where_no_others_are_given() -> None:
    assert told("08:00-22:00", "2026-02-20 21:00") == "open 02-20 22:00"


def test_hours_of_ramadan_that_are_not_understood_say_nothing_of_other_days() -> None:
    text = HoursText("08:00-22:00", ramadan="after taraweeh")
    assert told(text, "2026-02-20 21:00") == "not_understood -"
    assert told(text, "2026-02-17 21:00") == "open 02-17 22:00"
    assert told(text, "2026-02-17 22:30") == "closed 02-18 00:00"
    assert problem(text) == "after taraweeh"
    assert problem(HoursText("08:00-22:00")) == ""


def test_hours_given_for_ramadan_only_are_unknown_on_other_days() -> None:
    text = HoursText("", ramadan="20:00-02:00")
    assert told(text, "2026-02-16 21:00") == "unknown 02-18 00:00"
    assert told(text, "2026-02-20 21:00") == "open 02-21 02:00 ramadan"


def test_a_holiday_in_ramadan_follows_the_hours_of_ramadan() -> None:
    calendar = replace(SAUDI, holidays=frozenset({date(2026, 2, 22)}))  # the Founding Day
    text = HoursText("24/7; PH off", ramadan="20:00-02:00; PH 21:00-23:00")
    assert told(text, "2026-02-22 20:30", calendar) == "closed 02-22 21:00 holiday"


@pytest.mark.parametrize(
    ("hours", "moment", "expected"),
    [
        ("08:00-22:00", "2026-03-20 09:00", "open 03-20 22:00"),
        ("08:00-22:00; PH off", "2026-03-20 09:00", "unknown 03-20 22:00 holiday"),
        ("08:00-22:00; PH off", "2026-03-19 09:00", "open 03-19 22:00"),
        ("08:00-22:00; PH off", "2026-03-20 07:00", "closed 03-20 08:00"),
        ("08:00-16:00; PH 10:00-12:00", "2026-03-20 11:00", "open 03-20 12:00 holiday"),
        ("Sa-Th,PH 08:00-16:00", "2026-03-20 11:00", "unknown 03-20 16:00 holiday"),
        ("08:00-16:00; PH +1 day off", "2026-03-21 11:00", "unknown 03-21 16:00"),
        ("PH,SH off; Fr 08:00-12:00", "2026-03-20 11:00", "open 03-20 12:00"),
        ("Fr 08:00-12:00; SH off; PH off", "2026-03-20 11:00", "unknown 03-20 12:00"),
    ],
)
def test_a_holiday_that_is_only_expected_leaves_open_what_it_decides(hours: str, moment: str, expected: str) -> None:
    """The feast is expected on a Friday."""
    calendar = replace(SAUDI, ramadan=(), expected=frozenset({date(2026, 3, 20)}))
    assert told(hours, moment, calendar) == expected


def _praying(*pauses: tuple[str, str]) -> Calendar:
    by_day: dict[date, tuple[tuple[datetime, datetime], ...]] = {}
    for begin, end in pauses:
        day = at(begin).date()
        by_day[day] = (*by_day.get(day, ()), (at(begin), at(end)))
    return replace(SAUDI, pauses=by_day)


FRIDAY = _praying(
    ("2026-11-27 11:30", "2026-11-27 13:00"),
    ("2026-11-27 14:40", "2026-11-27 15:10"),
    ("2026-11-27 15:10", "2026-11-27 15:20"),
    ("2026-11-27 23:50", "2026-11-28 00:20"),
)


@pytest.mark.parametrize(
    ("hours", "moment", "expected"),
    [
        ("08:00-22:00", "2026-11-27 11:29", "open 11-27 11:30"),
        ("08:00-22:00", "2026-11-27 11:30", "closed 11-27 13:00 prayer"),
        ("08:00-22:00", "2026-11-27 13:00", "open 11-27 14:40"),
        ("08:00-22:00", "2026-11-27 14:50", "closed 11-27 15:20 prayer"),  # two pauses that meet are one
        ("08:00-12:00", "2026-11-27 11:45", "closed 11-28 08:00"),  # it does not open again after the prayer
        ("12:00-18:00", "2026-11-27 11:45", "closed 11-27 13:00"),  # it had not opened yet
        ("24/7", "2026-11-28 00:10", "closed 11-28 00:20 prayer"),  # a pause of the evening before
        ("24/7", "2026-11-27 23:55", "closed 11-28 00:20 prayer"),
        ('"ask"', "2026-11-27 12:00", "closed 11-27 13:00 prayer"),
        ("", "2026-11-27 10:00", "unknown 11-27 11:30"),
        ("nonsense", "2026-11-27 12:00", "not_understood -"),
    ],
)
def test_a_place_that_pauses_is_closed_during_prayers(hours: str, moment: str, expected: str) -> None:
    assert told(HoursText(hours, prayer_pause="yes"), moment, FRIDAY) == expected


@pytest.mark.parametrize("pause", ["", "no"])
def test_other_places_stay_open_during_prayers(pause: str) -> None:
    assert told(HoursText("08:00-22:00", prayer_pause=pause), "2026-11-27 12:00", FRIDAY) == "open 11-27 22:00"


def test_school_holidays_count_where_they_are_given() -> None:
    calendar = replace(SAUDI, school_holidays=frozenset({date(2026, 9, 22)}))
    assert told("Mo-Fr 08:00-16:00; SH off", "2026-09-22 09:00", calendar) == "closed 09-23 08:00"
    assert told("Mo-Fr 08:00-16:00; SH off", "2026-09-21 09:00", calendar) == "open 09-21 16:00"


# Sunrise and sunset of Dammam and Berlin, by the almanac, to the minute or two that almanacs differ by.
@pytest.mark.parametrize(
    ("calendar", "day", "rises", "sets"),
    [
        (SAUDI, "2026-11-28", "06:08", "16:47"),
        (SAUDI, "2026-06-21", "04:46", "18:33"),
        (Calendar(BERLIN, position=(13.4, 52.52)), "2026-06-21", "04:43", "21:33"),
        (Calendar(BERLIN, position=(13.4, 52.52)), "2026-12-21", "08:15", "15:54"),
    ],
)
def test_the_sun_is_seen_from_the_municipality(calendar: Calendar, day: str, rises: str, sets: str) -> None:
    [(begin, end)] = spans(HoursText("sunrise-sunset"), date.fromisoformat(day), date.fromisoformat(day), calendar)
    for seen, clock in ((begin, rises), (end, sets)):
        assert abs(seen - at(f"{day} {clock}", calendar.tz)) <= timedelta(minutes=4)


def test_the_night_between_two_suns_is_one_span() -> None:
    hours = HoursText("sunset-sunrise")
    evening, day = spans(hours, date(2026, 11, 28), date(2026, 11, 28), SAUDI)[1], date(2026, 11, 29)
    night = spans(hours, date(2026, 11, 28), day, SAUDI)[1]
    assert evening[0] == night[0]
    assert night[1] == spans(HoursText("sunrise-12:00"), day, day, SAUDI)[0][0]


def test_without_a_position_or_a_sun_hours_by_the_sun_are_unknown() -> None:
    assert told("sunrise-sunset", "2026-11-28 12:00", replace(SAUDI, position=None)) == "unknown -"
    north = Calendar(ZoneInfo("Europe/Oslo"), position=(23.0, 70.0))
    assert told("sunrise-sunset", "2026-06-21 12:00", north) == "unknown -"
    assert told("sunrise-sunset", "2026-12-21 12:00", north) == "unknown -"


def test_clocks_that_are_moved() -> None:
    """02:00 became 03:00 on 2026-03-29, and 03:00 became 02:00 on 2026-10-25, both Sundays."""
    calendar = Calendar(BERLIN)
    spring, autumn = date(2026, 3, 29), date(2026, 10, 25)

    def in_utc(hours: str, day: date) -> list[str]:
        return [
            f"{begin.astimezone(UTC):%d %H:%M}-{end.astimezone(UTC):%d %H:%M}"
            for begin, end in spans(HoursText(hours), day, day, calendar)
        ]

    assert in_utc("24/7", spring) == ["28 23:00-29 22:00"]
    assert in_utc("24/7", autumn) == ["24 22:00-25 23:00"]
    assert in_utc("01:00-02:30", spring) == ["29 00:00-29 01:00"]  # it closes when the clock jumps over 02:30
    assert in_utc("02:10-02:50", spring) == []
    assert in_utc("02:30-04:00", spring) == ["29 01:00-29 02:00"]
    assert in_utc("01:00-02:30", autumn) == ["24 23:00-25 00:30"]  # the first of two
    assert in_utc("02:30-04:00", autumn) == ["25 00:30-25 03:00"]
    assert in_utc("08:00-12:00", spring) == ["29 06:00-29 10:00"]
    # The second 02:15 of the night: the clock shows a time at which it was open an hour ago.
    second = datetime(2026, 10, 25, 2, 15, tzinfo=BERLIN, fold=1)
    assert state_at(HoursText("01:00-02:30"), second, calendar).status is Status.CLOSED
    assert state_at(HoursText("01:00-03:30"), second, calendar).status is Status.OPEN


def test_another_zone_means_other_moments() -> None:
    moment = datetime(2026, 11, 27, 6, 0, tzinfo=UTC)
    hours = HoursText("08:00-22:00")
    assert state_at(hours, moment, SAUDI) == OpenState(Status.OPEN, at("2026-11-27 22:00"))
    assert state_at(hours, moment, replace(SAUDI, tz=BERLIN)) == OpenState(
        Status.CLOSED, at("2026-11-27 08:00", BERLIN)
    )
    assert state_at(hours, moment, Calendar(ZoneInfo("Asia/Kathmandu"))).status is Status.OPEN


def test_it_is_told_how_long_a_place_stays_open() -> None:
    hours = HoursText("08:00-16:00")
    assert open_for(hours, at("2026-11-27 15:52"), 8, SAUDI)
    assert not open_for(hours, at("2026-11-27 15:52"), 8.1, SAUDI)
    assert not open_for(hours, at("2026-11-27 07:59"), 0, SAUDI)
    assert not open_for(HoursText('08:00-16:00 "ask"'), at("2026-11-27 10:00"), 0, SAUDI)
    assert open_for(HoursText("24/7"), at("2026-11-27 07:59"), 100_000, SAUDI)
    # Across the hour that comes twice, minutes are those that pass.
    night = datetime(2026, 10, 25, 1, 0, tzinfo=BERLIN)
    assert open_for(HoursText("00:00-04:00"), night, 240, Calendar(BERLIN))
    assert not open_for(HoursText("00:00-04:00"), night, 241, Calendar(BERLIN))


def test_a_moment_needs_a_zone_and_a_year_that_calendars_know() -> None:
    with pytest.raises(ValueError, match="zone"):
        state_at(HoursText("24/7"), datetime(2026, 1, 1), SAUDI)
    for year in (1, 1899, 9999):
        assert state_at(HoursText("24/7"), datetime(year, 6, 1, tzinfo=UTC), SAUDI).status is Status.UNKNOWN


def test_the_segments_say_what_is_remarked() -> None:
    day = date(2026, 11, 27)
    found = segments(HoursText('Fr 08:00-10:00, Fr 10:00-12:00 "by appointment; ask, || twice"'), day, day, SAUDI)
    assert [(s.status, s.remark) for s in found] == [
        (Status.OPEN, ""),
        (Status.UNKNOWN, "by appointment; ask, || twice"),
    ]
    assert segments(HoursText("24/7"), day, day - timedelta(1), SAUDI) == []


def test_the_holiday_of_the_tables_is_a_wednesday() -> None:
    assert NATIONAL_DAY.weekday() == 2
    assert at("2026-11-27 00:00", RIYADH).weekday() == 4
