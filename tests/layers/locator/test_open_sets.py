"""The set of open hours of a whole day against the state of each, and exceptions against a count of minutes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from shapely import Point, box

from layers.locator.exceptions import Closure, Emergency, ExceptionRows
from layers.locator.hours import Calendar, HoursText, OpenState, Status, state_at
from layers.locator.open_sets import DaySheet, Shard
from layers.locator.opening_days import pauses_by_day, umm_al_qura
from tests.budget import budget
from tests.layers.locator.calendars import BERLIN, RAMADAN, RIYADH, SAUDI, at

TEXTS = [
    HoursText(opening, ramadan, pause)
    for opening in (
        "24/7",
        "",
        "garbage",
        "off",
        "Su-Th 08:00-12:00,16:00-22:00; Fr 13:30-23:00; PH off",
        "Mo-Su 20:00-02:00",
        "Fr 12:00-02:30; Sa 10:00-24:00; Su 00:00-03:00; PH 11:00-13:00",
        "sunrise-sunset",
        "PH -1 day 10:00-12:00",
        "Mar 20-Apr 10 Fr[-1] 10:00-12:00",
        "Mo-Fr 08:00-16:00; SH off",
        'Mo-Fr 09:00-17:00 || "call"',
    )
    for ramadan in ("", "20:00-02:30; PH 21:00-23:00", "sunset-24:00")
    for pause in ("yes", "")
]


def _calendar(tz: ZoneInfo, day: date) -> Calendar:
    times = [(day + timedelta(n), prayer, time(hour, 10)) for n in range(-2, 3) for prayer, hour in PRAYERS.items()]
    pauses = pauses_by_day(times, [(p, 5, 25, date(2020, 1, 1), None) for p in PRAYERS], tz)
    return replace(
        SAUDI,
        tz=tz,
        holidays=frozenset({day + timedelta(2)}),
        expected=frozenset({day}),
        ramadan=(RAMADAN,),
        pauses=pauses,
    )


PRAYERS = {"dhuhr": 11, "asr": 15, "maghrib": 18, "isha": 23}


@pytest.mark.parametrize(
    ("tz", "day"),
    [
        (RIYADH, date(2026, 11, 27)),
        (RIYADH, date(2026, 2, 17)),
        (RIYADH, date(2026, 2, 18)),
        (RIYADH, date(2026, 3, 20)),
        (BERLIN, date(2026, 3, 29)),
        (BERLIN, date(2026, 10, 25)),
        (ZoneInfo("America/St_Johns"), date(2026, 3, 8)),
    ],
)
def test_the_open_set_is_that_of_the_states(tz: ZoneInfo, day: date) -> None:
    calendar = _calendar(tz, day)
    rows = list(enumerate(TEXTS))
    shards = (Shard(rows[:30]), Shard([]), Shard(rows[30:]))
    midnight = datetime.combine(day, time(), tz).astimezone(UTC)
    for first in (day, day + timedelta(7), day):  # another week, and back: what is kept by the sort of day stays right
        sheet = DaySheet(shards, first, calendar)
    rng = Random(day.toordinal())
    for _ in range(budget(12, 1500)):
        moment = midnight + timedelta(minutes=rng.randrange(23 * 60), seconds=rng.choice([0, 0, 59.999]))
        if moment.astimezone(tz).date() != day:
            continue
        expected = {key for key, text in rows if state_at(text, moment, calendar).status is Status.OPEN}
        assert sheet.open_keys(moment) == expected, moment


def test_the_set_is_the_same_object_until_something_changes() -> None:
    sheet = DaySheet([Shard([(1, HoursText("08:00-12:00")), (2, HoursText("09:00-12:00"))])], date(2026, 11, 27), SAUDI)
    assert sheet.open_keys(at("2026-11-27 08:00")) is sheet.open_keys(at("2026-11-27 08:59:59"))
    assert sheet.open_keys(at("2026-11-27 09:00")) == {1, 2}
    assert sheet.open_keys(at("2026-11-27 12:00")) == frozenset()
    assert DaySheet([], date(2026, 11, 27), SAUDI).open_keys(at("2026-11-27 08:00")) == frozenset()


def test_another_calendar_is_not_answered_from_the_last() -> None:
    shard = Shard([(1, HoursText("PH +1 day off; Mo-Th off")), (2, HoursText("24/7; PH off"))])
    day = date(2026, 11, 27)
    assert DaySheet([shard], day, SAUDI).open_keys(at("2026-11-27 08:00")) == {2}
    holiday = replace(SAUDI, holidays=frozenset({day}))
    assert DaySheet([shard], day, holiday).open_keys(at("2026-11-27 08:00")) == frozenset()
    assert DaySheet([shard], day, SAUDI).open_keys(at("2026-11-27 08:00")) == {2}


FRIDAY, SATURDAY = date(2026, 11, 27), date(2026, 11, 28)
OLD, NEW = date(2020, 1, 1), date(2026, 1, 1)


def _clock(pauses: dict[date, tuple[tuple[datetime, datetime], ...]], day: date) -> list[str]:
    return [f"{begin.astimezone(RIYADH):%H:%M}-{end.astimezone(RIYADH):%H:%M}" for begin, end in pauses.get(day, ())]


def test_the_noon_prayer_of_a_friday_is_the_friday_prayer() -> None:
    times = [(FRIDAY, "dhuhr", time(11, 35)), (SATURDAY, "dhuhr", time(11, 36)), (SATURDAY, "jumuah", time(11, 30))]
    pauses = [("jumuah", -30, 90, OLD, None), ("dhuhr", 0, 30, OLD, None)]
    found = pauses_by_day(times, pauses, RIYADH)
    assert _clock(found, FRIDAY) == ["11:05-12:35"]
    assert _clock(found, SATURDAY) == ["11:36-12:06"]
    found = pauses_by_day([*times, (FRIDAY, "jumuah", time(11, 40))], pauses, RIYADH)
    assert _clock(found, FRIDAY) == ["11:10-12:40"]
    assert _clock(pauses_by_day(times, pauses[1:], RIYADH), FRIDAY) == ["11:35-12:05"]


def test_a_pause_holds_in_its_days_and_the_first_given_counts() -> None:
    times = [(SATURDAY, "asr", time(14, 45)), (SATURDAY, "isha", time(23, 50))]
    pauses = [("asr", 5, 20, NEW, None), ("asr", 0, 60, OLD, None), ("isha", 0, 30, OLD, SATURDAY)]
    assert _clock(pauses_by_day(times, pauses, RIYADH), SATURDAY) == ["14:50-15:10", "23:50-00:20"]
    assert _clock(pauses_by_day(times, [("asr", 0, 9, OLD, FRIDAY)], RIYADH), SATURDAY) == []


def test_ramadan_is_known_for_a_century_and_a_half() -> None:
    years = umm_al_qura()
    assert years[1447] == RAMADAN
    assert years[1446] == (date(2025, 3, 1), date(2025, 3, 29))
    assert all(28 <= (last - first).days <= 29 for year, (first, last) in years.items() if year >= 1400)
    assert sorted(years) == list(range(1343, 1501))


UIDS = [UUID(int=n) for n in range(4)]
CLOSE, FAR = Point(10, 10), Point(99, 99)


def _random_rows(rng: Random) -> ExceptionRows:
    def span() -> tuple[datetime, datetime]:
        begin = at("2026-11-27 00:00") + timedelta(minutes=rng.randrange(-2000, 4000))
        return begin, begin + timedelta(minutes=rng.randrange(1, 3000))

    closures = []
    for _ in range(rng.randrange(4)):
        begin, end = span()
        closures.append(Closure(rng.choice(UIDS), begin, rng.choice([end, end, None])))
    emergencies = []
    for n in range(rng.randrange(4)):
        entries = {
            uid: rng.choice(["", "24/7", "20:00-02:00", "garbage"]) for uid in rng.sample(UIDS, rng.randrange(4))
        }
        categories = frozenset(rng.sample(["food", "health"], rng.randrange(3)))
        emergencies.append(Emergency(n, categories, box(0, 0, 20, 20), *span(), entries))
    return ExceptionRows(closures, emergencies)


def _judged(rows: ExceptionRows, usual: str, uid: UUID, category: str, point: Point, moment: datetime) -> Status:
    if any(c.place_uid == uid and c.begins_at <= moment < (c.ends_at or at("2999-01-01")) for c in rows.closures):
        return Status.CLOSED
    standing = [e for e in rows.emergencies if e.begins_at <= moment < e.ends_at]
    for emergency in sorted(standing, key=lambda e: (e.begins_at, e.id), reverse=True):
        if uid in emergency.entries:
            return state_at(HoursText(emergency.entries[uid] or usual), moment, SAUDI).status
    if point is CLOSE and any(category in e.categories for e in standing):
        return Status.CLOSED
    return state_at(HoursText(usual), moment, SAUDI).status


@pytest.mark.parametrize("seed", range(budget(30, 2000)))
def test_exceptions_agree_with_looks_at_many_minutes(seed: int) -> None:
    rng = Random(seed)
    rows = _random_rows(rng)
    usual_hours = rng.choice(["24/7", "08:00-22:00", "", "Fr off; 20:00-02:00"])

    def usual(hours: str | None, moment: datetime) -> OpenState:
        return state_at(HoursText(usual_hours if hours is None else hours), moment, SAUDI)

    for _ in range(4):
        uid, category, point = rng.choice(UIDS), rng.choice(["food", "health", "park"]), rng.choice([CLOSE, FAR])
        moment = at("2026-11-27 00:00") + timedelta(minutes=rng.randrange(3000))
        state = rows.state(usual, uid, category, point, moment)

        def status(of: datetime, uid: UUID = uid, category: str = category, point: Point = point) -> Status:
            return _judged(rows, usual_hours, uid, category, point, of)

        assert state.status is status(moment)
        until = state.until.astimezone(UTC) if state.until else None
        last = until or moment.astimezone(UTC) + timedelta(days=8)
        minutes = int((last - moment).total_seconds() // 60)
        for n in {*rng.sample(range(minutes), min(minutes, 60)), minutes - 1}:
            assert status(moment + timedelta(minutes=n)) is state.status, (n, state)
        if until:
            assert status(until) is not state.status


def test_an_exception_says_why_and_until_when() -> None:
    begin, end = at("2026-11-27 10:00"), at("2026-11-29 10:00")
    entries = {UIDS[1]: "", UIDS[2]: "10:00-14:00"}
    list_ = Emergency(1, frozenset({"food"}), box(0, 0, 20, 20), begin, end, entries)
    rows = ExceptionRows([Closure(UIDS[3], at("2026-11-27 12:00"), at("2026-11-28 23:00"), "صيانة", "repair")], [list_])

    def told(n: int, moment: str, category: str = "food", point: Point = CLOSE) -> str:
        state = rows.state(
            lambda hours, of: state_at(HoursText(hours or "08:00-22:00"), of, SAUDI),
            UIDS[n],
            category,
            point,
            at(moment),
        )
        until = state.until.astimezone(RIYADH).strftime("%d %H:%M") if state.until else "-"
        return f"{state.status} {until} {state.reason}".strip()

    assert told(0, "2026-11-27 09:00") == "open 27 10:00"  # the list begins then
    assert told(0, "2026-11-27 11:00") == "closed 29 10:00 emergency"
    assert told(0, "2026-11-27 11:00", point=FAR) == "open 27 22:00"
    assert told(0, "2026-11-27 11:00", category="health") == "open 27 22:00"
    assert told(1, "2026-11-27 11:00") == "open 27 22:00 emergency"
    assert told(2, "2026-11-27 15:00") == "closed 28 10:00 emergency"
    assert told(3, "2026-11-27 09:00", category="park") == "open 27 12:00"
    assert told(3, "2026-11-27 12:00", category="park") == "closed 29 08:00 closure"  # it ends after closing time
    standing = rows.at(at("2026-11-27 13:00"))
    assert standing.closures[UIDS[3]].reason_en == "repair"
    assert standing.closed_uids == {UIDS[3]}
    assert standing is rows.at(at("2026-11-28 13:00"))
    assert not rows.at(at("2026-12-27 13:00"))
