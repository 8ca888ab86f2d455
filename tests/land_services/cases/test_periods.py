"""Agencies' periods stand while a case does, and go on with what was left: against days counted one by one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib import import_module

import pytest
from django.db import IntegrityError, connection, connections, transaction
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gisportal.accounts.models import RoleGrant, User
from land_services.cases import acts, at_work
from land_services.cases.acts import RemarkMade
from land_services.cases.clocks import recompute_due
from land_services.cases.models import Case, Referral
from land_services.cases.proof import case_faults
from land_services.notices.models import Notice, Outbox
from land_services.worktime.calendar import WorkCalendar
from land_services.worktime.models import OfficeDay
from tests.budget import budget
from tests.land_services.cases.test_documents_only import file, file_request, sample
from tests.land_services.worktime.calendars import calendar, calendars
from tests.sample import Sample

__all__ = ["file", "sample"]

pytestmark = pytest.mark.django_db(databases=["default", "owner"])
File = Callable[..., Case]
Waits = list[tuple[datetime, datetime]]
SERVICE, YEARS = "excavation_permit", timedelta(days=2_000)
BEGIN = datetime(2027, 1, 4, 9, 20, tzinfo=UTC)


def days_counted_one_by_one(made: WorkCalendar, asked: datetime, days: int, waits: Waits) -> datetime:
    """Return when a period ends, from nothing but: is this a working day, and did the case stand on it?"""
    day, counted = made.day_of(asked), 0
    while True:
        day += timedelta(days=1)
        if not made.is_working(day):
            continue
        counted += not any(made.day_of(begin) < day <= made.day_of(end) for begin, end in waits)
        evening = made.end_of_work(day)
        if counted >= days and not any(begin <= evening < end for begin, end in waits):
            return evening


class Clockwork:
    """Time as the test has it: acts happen when it says, by a calendar of its own."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now, self.calendar = timezone.now(), calendar()
        monkeypatch.setattr(at_work, "_moment", lambda: self.now)
        monkeypatch.setattr(at_work, "work_calendar", lambda: self.calendar)


@pytest.fixture
def clockwork(monkeypatch: pytest.MonkeyPatch) -> Clockwork:
    return Clockwork(monkeypatch)


def put_down(sample: Sample, case: Case, how: str) -> None:
    if how == "stop":
        acts.stop(case, "a court's order", viewer=sample.viewer("mayor"))
    else:
        remark = [RemarkMade("other", "mend this")]
        acts.send_back(case, remark, "coordination", viewer=sample.viewer("roads_engineer"))
        if how == "return and stop":
            acts.stop(case, "a court's order", viewer=sample.viewer("mayor"))


def take_up_again(sample: Sample, case: Case, how: str) -> None:
    if "stop" in how:
        acts.reopen(case, "it is over", viewer=sample.viewer("mayor"))
    if "return" in how:
        me = sample.viewer("resident")
        for number in case.remarks.filter(answer="").values_list("number", flat=True):
            acts.answer(case, number, "done", viewer=me)
        acts.submit(case, viewer=me)


gaps = st.integers(0, 9 * 24 * 60).map(lambda minutes: timedelta(minutes=minutes))
ways = st.sampled_from(["stop", "return", "return and stop"])


@pytest.fixture
def case(file: File, clockwork: Clockwork) -> Case:
    """A case with questions to four agencies, asked when the clockwork begins."""
    clockwork.now = BEGIN
    return file(SERVICE)


@settings(max_examples=budget(40, 1_000), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(made=calendars(), pauses=st.lists(st.tuples(gaps, ways, gaps), min_size=1, max_size=4), late=gaps)
def test_periods_end_where_days_counted_one_by_one_say(
    sample: Sample,
    case: Case,
    clockwork: Clockwork,
    made: WorkCalendar,
    pauses: list[tuple[timedelta, str, timedelta]],
    late: timedelta,
) -> None:
    with transaction.atomic():  # each example begins with the same case
        clockwork.now, clockwork.calendar = BEGIN, made
        asked, waits = {one.pk: one for one in case.referrals.all()}, list[tuple[datetime, datetime]]()
        for before, how, long in pauses:
            clockwork.now += before
            put_down(sample, case, how)
            begin, clockwork.now = clockwork.now, clockwork.now + long
            assert not Referral.objects.exclude(due_at=None).exists()
            assert acts.fire_defaults(clockwork.now + YEARS) == 0, "no period runs while the case stands"
            take_up_again(sample, case, how)
            waits.append((begin, clockwork.now))
            prove(made, asked, waits)
        clockwork.now += late
        over = [one for one in Referral.objects.all() if one.due_at and one.due_at <= clockwork.now]
        assert acts.fire_defaults(clockwork.now) == len(over)
        assert set(Referral.objects.filter(by_clock=True)) == set(over)
        assert not list(case_faults())
        transaction.set_rollback(True)


def prove(made: WorkCalendar, asked: dict[int, Referral], waits: Waits) -> None:
    for now in Referral.objects.filter(answer=""):
        first = asked[now.pk]
        assert (now.asked_at, now.days) == (first.asked_at, first.days) and first.days > 0
        assert now.due_at == days_counted_one_by_one(made, first.asked_at, first.days, waits), waits


def test_what_came_back_after_work_has_the_next_day(sample: Sample, file: File, clockwork: Clockwork) -> None:
    made = clockwork.calendar
    case = file(SERVICE)
    water = case.referrals.get(agency="water")
    assert water.due_at is not None
    clockwork.now = water.due_at - timedelta(hours=2)
    put_down(sample, case, "stop")
    clockwork.now = water.due_at + timedelta(hours=6)
    take_up_again(sample, case, "stop")
    water.refresh_from_db()
    assert water.due_at == made.end_of_work(made.working_day(made.day_of(clockwork.now), 1))
    assert acts.fire_defaults(clockwork.now) == 0


def test_agencies_hear_until_when_they_have_now(sample: Sample, file: File, clockwork: Clockwork) -> None:
    user = User.objects.create(login="of_water")
    RoleGrant.objects.create(user=user, role="agency", area="water", valid_from=timezone.now() - timedelta(days=1))
    case = file(SERVICE)
    put_down(sample, case, "stop")
    assert not Outbox.objects.filter(recipient=user, event="referral_goes_on").exists()
    clockwork.now += timedelta(days=20)
    take_up_again(sample, case, "stop")
    due = case.referrals.get(agency="water").due_at
    told = Outbox.objects.get(recipient=user, event="referral_goes_on", channel="in_app")
    assert told.params == {"service": SERVICE, "due": timezone.localdate(due).isoformat()}
    assert not Notice.objects.exists(), "the relay has not run"


def test_a_corrected_calendar_moves_periods_that_run_alone(sample: Sample, file: File) -> None:
    running, standing = file(SERVICE), file(SERVICE)
    put_down(sample, standing, "stop")
    water = running.referrals.get(agency="water")
    assert water.due_at is not None
    OfficeDay.objects.create(on=timezone.localdate(water.due_at), reason_ar="إغلاق", reason_en="closed")
    assert recompute_due() > 0
    moved = running.referrals.get(agency="water").due_at
    assert moved is not None and moved > water.due_at
    assert not standing.referrals.exclude(due_at=None).exists()


def test_the_database_refuses_an_answer_by_the_clock_while_a_case_stands(sample: Sample, file: File) -> None:
    case = file(SERVICE)
    put_down(sample, case, "stop")
    answered = "UPDATE cases_referral SET answer = 'consent', by_clock = true, answered_at = now() WHERE case_id = %s"
    for statement in (answered, "UPDATE cases_referral SET due_at = now() WHERE case_id = %s; " + answered):
        with pytest.raises(IntegrityError, match="no period runs"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, [case.pk] * statement.count("%s"))
    with pytest.raises(IntegrityError, match="stands as it was asked"), transaction.atomic():
        Referral.objects.filter(case=case).update(days=99)
    take_up_again(sample, case, "stop")
    acts.fire_defaults(timezone.now() + timedelta(days=60))
    with pytest.raises(IntegrityError, match="stands as it was asked"), transaction.atomic():
        Referral.objects.filter(case=case).update(due_at=None)


def test_the_page_says_that_a_period_stands(sample: Sample, file: File) -> None:
    case, client = file(SERVICE), Client()
    client.force_login(sample.user("mayor"))
    address = f"/en/cases/{case.reference}/"
    assert "The period stands still" not in client.get(address).content.decode()
    put_down(sample, case, "stop")
    assert "The period stands still" in client.get(address).content.decode()
    assert "المهلة متوقفة" in client.get(address.replace("/en/", "/ar/")).content.decode()


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_questions_of_before_get_their_days_from_their_cards(committed_sample: Callable[[str], Sample]) -> None:
    sample = committed_sample("land")
    running, standing = file_request(sample, SERVICE), file_request(sample, SERVICE)
    put_down(sample, standing, "stop")
    wanted = dict(Referral.objects.values_list("pk", "days"))
    migration = import_module("land_services.cases.migrations.0012_periods")
    with connections["owner"].cursor() as cursor:
        cursor.execute("ALTER TABLE cases_referral DISABLE TRIGGER referral_guard")
        cursor.execute("UPDATE cases_referral SET days = 0, due_at = asked_at + interval '7 days'")
        cursor.execute("ALTER TABLE cases_referral ENABLE TRIGGER referral_guard")
        with transaction.atomic("owner"):
            cursor.execute(migration.FILL)
            cursor.execute((migration.SQL / "periods.sql").read_text())
    assert dict(Referral.objects.values_list("pk", "days")) == wanted and min(wanted.values()) > 0
    assert not standing.referrals.exclude(due_at=None).exists() and not running.referrals.filter(due_at=None).exists()
    with pytest.raises(IntegrityError, match="stands as it was asked"), transaction.atomic():
        Referral.objects.update(days=99)
