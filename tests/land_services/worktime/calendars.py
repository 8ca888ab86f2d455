"""Calendars that the tests of working time count by."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from land_services.worktime.calendar import Spans, WorkCalendar
from land_services.worktime.weeks import load_weeks
from layers.locator.opening_days import umm_al_qura

RIYADH, DUBAI = ZoneInfo("Asia/Riyadh"), ZoneInfo("Asia/Dubai")
FIRST = date(2025, 1, 1)


def calendar(code: str = "saudi", *holidays: date, own: Mapping[date, Spans] | None = None) -> WorkCalendar:
    tz = RIYADH if code == "saudi" else DUBAI
    ramadan = tuple(sorted(umm_al_qura().values()))
    return WorkCalendar(tz, load_weeks()[code].weeks, frozenset(holidays), ramadan, own or {})


def at(text: str, tz: ZoneInfo = RIYADH) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=tz)


_DAYS = st.integers(0, 900).map(lambda n: FIRST + timedelta(days=n))
_OWN = st.sampled_from([(), ((time(9), time(11)),), ((time(8), time(10)), (time(16), time.max))])


@st.composite
def calendars(draw: st.DrawFn) -> WorkCalendar:
    """Any week there is, with holidays and days of the offices' own anywhere in it."""
    code = draw(st.sampled_from(["saudi", "sharjah", "uae", "gulf"]))
    holidays = draw(st.sets(_DAYS, max_size=60))
    return calendar(code, *holidays, own=draw(st.dictionaries(_DAYS, _OWN, max_size=20)))


def moments(most_days: int = 500) -> st.SearchStrategy[datetime]:
    begin = datetime(2025, 1, 1, tzinfo=ZoneInfo("UTC"))
    return st.integers(0, most_days * 24 * 60).map(lambda minutes: begin + timedelta(minutes=minutes))
