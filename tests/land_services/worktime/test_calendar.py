"""Working days: which they are, and that counting and adding agree, whatever the week, the holidays and the hour."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from land_services.worktime.calendar import MOST_DAYS, WorkCalendar, WorkTimeError
from tests.budget import budget
from tests.land_services.worktime.calendars import DUBAI, at, calendar, calendars, moments

TRIES = settings(max_examples=budget(80, 2_000), deadline=None)


def working(code: str, first: date, days: int = 7) -> list[str]:
    made = calendar(code)
    return [f"{day:%a}" for n in range(days) if made.is_working(day := first + timedelta(days=n))]


@pytest.mark.parametrize(
    ("code", "days"),
    [
        ("saudi", ["Sun", "Mon", "Tue", "Wed", "Thu"]),
        ("sharjah", ["Mon", "Tue", "Wed", "Thu"]),
        ("uae", ["Mon", "Tue", "Wed", "Thu", "Fri"]),
        ("gulf", ["Sun", "Mon", "Tue", "Wed", "Thu"]),
    ],
)
def test_each_municipality_works_on_its_own_days(code: str, days: list[str]) -> None:
    assert working(code, date(2026, 11, 22)) == days


def test_a_week_holds_from_its_day_on_and_old_cases_keep_the_old_one() -> None:
    assert working("saudi", date(2013, 6, 22)) == ["Sat", "Sun", "Mon", "Tue", "Wed"]
    assert working("saudi", date(2013, 6, 29)) == ["Sun", "Mon", "Tue", "Wed", "Thu"]
    assert working("sharjah", date(2021, 12, 19)) == ["Sun", "Mon", "Tue", "Wed", "Thu"]
    assert working("sharjah", date(2022, 1, 2)) == ["Mon", "Tue", "Wed", "Thu"]
    with pytest.raises(WorkTimeError, match="1991-12-31"):
        calendar().is_working(date(1991, 12, 31))


def test_what_is_due_is_the_end_of_work_of_that_day_by_the_clock_of_the_place() -> None:
    filed = at("2026-11-22T09:15")  # a Sunday
    assert calendar().add_working_days(filed, 1) == datetime(2026, 11, 23, 11, 30, tzinfo=UTC)
    assert calendar().add_working_days(filed, 5) == at("2026-11-29T14:30")
    assert calendar("uae").add_working_days(at("2026-11-23T09:00", DUBAI), 4) == at("2026-11-27T12:00", DUBAI)
    assert calendar("sharjah").add_working_days(at("2026-11-23T09:00", DUBAI), 4) == at("2026-11-30T15:30", DUBAI)


def test_a_moment_belongs_to_the_day_that_it_is_at_the_place() -> None:
    late_in_utc = datetime(2026, 11, 22, 22, 30, tzinfo=UTC)  # Monday already, in Riyadh
    assert calendar().add_working_days(late_in_utc, 1) == at("2026-11-24T14:30")
    with pytest.raises(WorkTimeError, match="time zone"):
        calendar().add_working_days(datetime(2026, 11, 22, 9), 1)


def test_whoever_files_on_a_day_off_or_at_night_has_the_whole_target_before_them() -> None:
    for filed in ("2026-11-19T16:00", "2026-11-20T10:00", "2026-11-21T23:59"):  # Thursday after work to Saturday
        assert calendar().add_working_days(at(filed), 1) == at("2026-11-22T14:30"), filed


def test_no_days_are_the_work_that_goes_on_or_the_next() -> None:
    assert calendar().add_working_days(at("2026-11-22T06:00"), 0) == at("2026-11-22T14:30")
    assert calendar().add_working_days(at("2026-11-22T14:31"), 0) == at("2026-11-23T14:30")
    assert calendar().add_working_days(at("2026-11-20T12:00"), 0) == at("2026-11-22T14:30")


def test_ramadan_has_its_own_hours_by_umm_al_qura() -> None:
    made = calendar()
    assert made.is_ramadan(date(2027, 2, 8)) and not made.is_ramadan(date(2027, 2, 7))
    assert made.end_of_work(date(2027, 2, 7)) == at("2027-02-07T14:30")
    assert made.end_of_work(date(2027, 2, 8)) == at("2027-02-08T15:00")
    day = at("2027-02-08T00:00")
    assert made.working_time_between(day, day + timedelta(days=1)) == timedelta(hours=5)


def test_the_offices_own_day_goes_before_week_and_holiday() -> None:
    friday, holiday = date(2026, 11, 27), date(2026, 11, 24)
    made = calendar("saudi", holiday, own={friday: ((time(9), time(12)),), holiday: ((time(10), time(11)),)})
    assert made.is_working(friday) and made.end_of_work(friday) == at("2026-11-27T12:00")
    assert made.is_working(holiday) and not calendar("saudi", holiday).is_working(holiday)
    assert not calendar("saudi", own={date(2026, 11, 23): ()}).is_working(date(2026, 11, 23))


@pytest.mark.parametrize("days", [-1, MOST_DAYS + 1])
def test_a_target_that_is_none_is_refused(days: int) -> None:
    with pytest.raises(WorkTimeError, match="working days"):
        calendar().add_working_days(at("2026-11-22T09:00"), days)


def test_a_calendar_without_work_says_so_instead_of_searching_for_ever() -> None:
    closed = {date(2026, 11, 22) + timedelta(days=n): () for n in range(800)}
    with pytest.raises(WorkTimeError, match="within a year"):
        calendar("saudi", own=closed).add_working_days(at("2026-11-22T09:00"), 1)


# For all of them ------------------------------------------------------------------------------------------------------


@given(calendars(), moments(), st.integers(1, 40))
@TRIES
def test_counting_what_was_added_gives_the_same_number(made: WorkCalendar, begin: datetime, days: int) -> None:
    due = made.add_working_days(begin, days)
    assert due > begin
    assert made.is_working(made.day_of(due))
    assert made.working_days_between(begin, due) == days
    assert made.working_days_between(due, begin) == -days


@given(calendars(), moments(), st.integers(0, 30), st.integers(0, 30))
@TRIES
def test_more_days_are_never_due_earlier_and_a_later_start_never_either(
    made: WorkCalendar, begin: datetime, days: int, more: int
) -> None:
    assert made.add_working_days(begin, days) <= made.add_working_days(begin, days + more)
    later = begin + timedelta(hours=more)
    assert made.add_working_days(begin, days) <= made.add_working_days(later, days)


@given(calendars(), moments(), moments(), moments())
@TRIES
def test_counts_and_times_of_parts_add_up(made: WorkCalendar, a: datetime, b: datetime, c: datetime) -> None:
    a, b, c = sorted((a, b, c))
    assert made.working_days_between(a, b) + made.working_days_between(b, c) == made.working_days_between(a, c)
    assert made.working_time_between(a, b) + made.working_time_between(b, c) == made.working_time_between(a, c)


@given(calendars(), moments(), st.integers(0, 300))
@TRIES
def test_the_time_worked_is_what_minute_by_minute_counting_finds(
    made: WorkCalendar, begin: datetime, quarters: int
) -> None:
    """An oracle that knows nothing of days: quarter by quarter, is anybody at work?"""
    begin = begin.replace(minute=begin.minute // 15 * 15)
    found = timedelta()
    for n in range(quarters):
        local = (begin + timedelta(minutes=15 * n)).astimezone(made.tz)
        if any(opens <= local.time() < closes for opens, closes in made.hours_on(local.date())):
            found += timedelta(minutes=15)
    assert made.working_time_between(begin, begin + timedelta(minutes=15 * quarters)) == found


@given(calendars(), moments(), st.integers(1, 30), st.integers(1, 40))
@TRIES
def test_a_holiday_that_is_added_afterwards_moves_what_is_due_by_one_working_day(
    made: WorkCalendar, begin: datetime, days: int, ahead: int
) -> None:
    due = made.add_working_days(begin, days)
    off = made.day_of(begin) + timedelta(days=ahead)
    corrected = WorkCalendar(made.tz, made.weeks, made.holidays | {off}, made.ramadan, made.own)
    counted = made.is_working(off) and off not in made.own and off <= made.day_of(due)
    assert corrected.add_working_days(begin, days) == (made.add_working_days(begin, days + 1) if counted else due)
    assert (corrected.digest == made.digest) is (off in made.holidays)
