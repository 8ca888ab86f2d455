"""The clock of a stage: what is spent, what remains, when it is due, and what pauses do to it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from land_services.worktime.calendar import WorkCalendar
from land_services.worktime.clock import Clock, ClockState, Pause
from tests.budget import budget
from tests.land_services.worktime.calendars import at, calendar, calendars, moments

TRIES = settings(max_examples=budget(80, 2_000), deadline=None)
SUNDAY = at("2026-11-22T09:00")


@pytest.mark.parametrize(
    ("now", "state", "spent", "remaining"),
    [
        ("2026-11-22T08:59", ClockState.NOT_STARTED, 0, 3),
        ("2026-11-22T09:00", ClockState.RUNNING, 0, 3),
        ("2026-11-23T07:00", ClockState.RUNNING, 1, 2),
        ("2026-11-25T14:30", ClockState.RUNNING, 3, 0),
        ("2026-11-25T14:31", ClockState.LATE, 3, 0),
        ("2026-11-27T10:00", ClockState.LATE, 4, -1),
        ("2026-11-29T10:00", ClockState.LATE, 5, -2),
    ],
)
def test_it_counts_working_days_until_it_is_late(now: str, state: ClockState, spent: int, remaining: int) -> None:
    shown = Clock(SUNDAY, 3).read(calendar(), at(now))
    assert (shown.state, shown.spent_days, shown.remaining_days) == (state, spent, remaining)
    assert shown.due_at == at("2026-11-25T14:30")
    assert shown.is_late is (state is ClockState.LATE)


def test_it_stands_while_the_ball_is_with_the_applicant() -> None:
    clock = Clock(SUNDAY, 3, ((at("2026-11-23T10:00"), None),))
    for now, due in (("2026-11-23T12:00", "2026-11-25T14:30"), ("2026-11-26T08:00", "2026-11-30T14:30")):
        shown = clock.read(calendar(), at(now))
        assert (shown.state, shown.spent_days, shown.remaining_days) == (ClockState.PAUSED, 1, 2), now
        assert shown.due_at == at(due)
    back = Clock(SUNDAY, 3, ((at("2026-11-23T10:00"), at("2026-11-26T13:00")),))
    shown = back.read(calendar(), at("2026-11-26T14:00"))
    assert (shown.state, shown.spent_days, shown.due_at) == (ClockState.RUNNING, 1, at("2026-11-30T14:30"))


def test_a_pause_within_one_day_moves_nothing() -> None:
    clock = Clock(SUNDAY, 3, ((at("2026-11-23T08:00"), at("2026-11-23T13:00")),))
    shown = clock.read(calendar(), at("2026-11-23T14:00"))
    assert shown.due_at == at("2026-11-25T14:30")
    assert shown.worked == timedelta(hours=5.5 + 0.5 + 1)


def test_a_pause_that_begins_too_late_does_not_make_it_punctual_again() -> None:
    clock = Clock(SUNDAY, 3, ((at("2026-11-26T08:00"), None),))
    shown = clock.read(calendar(), at("2026-12-10T10:00"))
    assert (shown.state, shown.is_late, shown.due_at) == (ClockState.PAUSED, True, at("2026-11-25T14:30"))


def test_it_stands_when_the_stage_has_ended() -> None:
    ended = Clock(SUNDAY, 3, (), at("2026-11-24T10:00"))
    shown = ended.read(calendar(), at("2027-01-01T10:00"))
    assert (shown.state, shown.spent_days, shown.is_late) == (ClockState.ENDED, 2, False)
    assert Clock(SUNDAY, 3, (), at("2026-11-29T10:00")).read(calendar(), at("2027-01-01T10:00")).is_late


def test_without_a_target_or_a_beginning_nothing_is_due() -> None:
    free = Clock(SUNDAY, None).read(calendar(), at("2026-12-22T09:00"))
    assert (free.state, free.due_at, free.remaining_days, free.spent_days) == (ClockState.RUNNING, None, None, 22)
    waiting = Clock(None, 5).read(calendar(), SUNDAY)
    assert (waiting.state, waiting.due_at, waiting.remaining_days) == (ClockState.NOT_STARTED, None, 5)


def test_reminders_stand_at_the_end_of_work_around_what_is_due() -> None:
    clock = Clock(SUNDAY, 5)  # due on Sunday the 29th
    assert clock.around_due(calendar(), SUNDAY, -2) == at("2026-11-25T14:30")
    assert clock.around_due(calendar(), SUNDAY, 0) == at("2026-11-29T14:30")
    assert clock.around_due(calendar(), SUNDAY, 5) == at("2026-12-06T14:30")
    assert Clock(SUNDAY, None).around_due(calendar(), SUNDAY, 1) is None


def test_a_corrected_holiday_counts_for_cases_that_already_run() -> None:
    eid = at("2026-11-24T00:00").date()
    now = at("2026-11-25T12:00")
    assert Clock(SUNDAY, 3).read(calendar(), now).remaining_days == 0
    shown = Clock(SUNDAY, 3).read(calendar("saudi", eid), now)
    assert (shown.remaining_days, shown.due_at) == (1, at("2026-11-26T14:30"))


# For all of them ------------------------------------------------------------------------------------------------------


@st.composite
def pauses(draw: st.DrawFn) -> tuple[Pause, ...]:
    """Some pauses in any order, overlapping or not; one may be open."""
    found: list[Pause] = []
    for _ in range(draw(st.integers(0, 4))):
        begin, end = sorted((draw(moments(200)), draw(moments(200))))
        found.append((begin, end if len(found) or draw(st.booleans()) else None))
    return tuple(found)


@given(calendars(), moments(60), st.integers(0, 30), pauses(), moments(300), st.integers(0, 5000))
@TRIES
def test_spent_and_remaining_are_the_target_and_time_only_goes_on(
    made: WorkCalendar, start: datetime, days: int, waits: tuple[Pause, ...], now: datetime, later: int
) -> None:
    clock = Clock(start, days, waits)
    shown, then = clock.read(made, now), clock.read(made, now + timedelta(minutes=later))
    assert shown.remaining_days is not None and shown.spent_days >= 0
    assert shown.spent_days + shown.remaining_days == days
    assert shown.spent_days <= then.spent_days and shown.worked <= then.worked
    assert shown.due_at is not None and then.due_at is not None and shown.due_at <= then.due_at
    assert then.is_late or not shown.is_late
    if shown.state is ClockState.RUNNING and days and not waits:
        assert made.working_days_between(now, shown.due_at) == shown.remaining_days


@given(calendars(), moments(60), st.integers(1, 30), moments(90), st.integers(0, 60 * 24 * 40))
@TRIES
def test_a_pause_moves_what_is_due_by_the_working_days_in_it(
    made: WorkCalendar, start: datetime, days: int, begin: datetime, minutes: int
) -> None:
    end, now = begin + timedelta(minutes=minutes), start + timedelta(days=400)
    plain = made.add_working_days(start, days)
    due = Clock(start, days, ((begin, end),)).due_at(made, now)
    if end <= start or begin > plain:
        assert due == plain
    else:
        moved = made.working_days_between(max(begin, start), end)
        assert due == max(
            made.add_working_days(start, days + moved), made.add_working_days(end, 0) if end > plain else plain
        )


@given(calendars(), moments(60), st.integers(1, 30), pauses(), st.randoms(use_true_random=False))
@TRIES
def test_the_order_and_the_cutting_of_pauses_do_not_matter(
    made: WorkCalendar, start: datetime, days: int, waits: tuple[Pause, ...], chance: object
) -> None:
    now = start + timedelta(days=250)
    halves: list[Pause] = []
    for begin, end in waits:
        middle = begin + ((end or now) - begin) / 2
        halves += [(begin, middle), (middle, end)]
    chance.shuffle(halves)  # type: ignore[attr-defined]
    assert Clock(start, days, tuple(halves)).read(made, now) == Clock(start, days, waits).read(made, now)
