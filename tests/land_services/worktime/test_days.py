"""The calendar from the database: corrected in the set-up, seen with the commit in every process, audited."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext

from gisportal.accounts.models import RoleGrant, User
from land_services.worktime.clock import Clock
from land_services.worktime.days import work_calendar
from land_services.worktime.models import OfficeDay
from layers.locator.models import Holiday, RamadanPeriod
from layers.models import AuditRow
from tests.land_services.worktime.calendars import at

database = pytest.mark.django_db(databases=["default", "owner"])
committing = pytest.mark.django_db(transaction=True, databases=["default", "owner"])
PAGE = "/en/admin/worktime/officeday/"
MONDAY = date(2026, 11, 23)


@pytest.fixture
def sign_in() -> Callable[..., Client]:
    def signed_in(login: str = "engineer", role: str = "gis_engineer", area: str = "") -> Client:
        user = User.objects.create_user(login, is_staff=True)
        RoleGrant.objects.create(user=user, role=role, area=area)
        client = Client()
        client.force_login(user)
        return client

    return signed_in


def holiday(on: date, *, is_confirmed: bool = True) -> Holiday:
    return Holiday.objects.create(on=on, name_ar="عيد", name_en="Eid", is_confirmed=is_confirmed)


@database
def test_public_holidays_are_the_locators_those_included_that_wait_for_the_moon() -> None:
    assert work_calendar().is_working(MONDAY)
    row = holiday(MONDAY, is_confirmed=False)
    assert not work_calendar().is_working(MONDAY)
    row.on = date(2026, 11, 24)
    row.is_confirmed = True
    row.save()
    assert work_calendar().is_working(MONDAY) and not work_calendar().is_working(row.on)


@database
def test_ramadan_is_umm_al_qura_until_somebody_knows_better() -> None:
    assert work_calendar().is_ramadan(date(2027, 2, 8))
    RamadanPeriod.objects.create(year_ah=1448, first_on=date(2027, 2, 9), last_on=date(2027, 3, 9))
    assert not work_calendar().is_ramadan(date(2027, 2, 8)) and work_calendar().is_ramadan(date(2027, 3, 9))


@database
def test_the_setting_chooses_the_week() -> None:
    assert work_calendar().is_working(date(2026, 11, 22)) and not work_calendar().is_working(date(2026, 11, 27))
    with override_settings(WORKING_WEEK="uae", TIME_ZONE="Asia/Dubai"):
        assert not work_calendar().is_working(date(2026, 11, 22)) and work_calendar().is_working(date(2026, 11, 27))
        assert str(work_calendar().tz) == "Asia/Dubai"


@database
def test_a_clerk_corrects_days_with_an_audit_row_and_running_cases_are_counted_anew(
    sign_in: Callable[..., Client],
) -> None:
    client, clock = sign_in(), Clock(at("2026-11-22T09:00"), 2)
    assert clock.due_at(work_calendar(), at("2026-11-22T10:00")) == at("2026-11-24T14:30")
    values = {"on": "2026-11-23", "reason_ar": "عاصفة رملية", "reason_en": "Sandstorm", "source": "circular 12"}
    assert client.post(f"{PAGE}add/", values).status_code == 302
    row = OfficeDay.objects.get()
    assert clock.due_at(work_calendar(), at("2026-11-22T10:00")) == at("2026-11-25T14:30")
    client.post(f"{PAGE}{row.pk}/change/", {**values, "opens_at": "09:00", "closes_at": "11:00"})
    assert work_calendar().hours_on(MONDAY) == ((time(9), time(11)),)
    client.post(f"{PAGE}{row.pk}/delete/", {"post": "yes"})
    assert not OfficeDay.objects.exists()
    told = AuditRow.objects.filter(action__startswith="officeday.").order_by("id")
    assert [row.action for row in told] == ["officeday.create", "officeday.change", "officeday.delete"]
    assert told[0].payload["values"]["on"] == "2026-11-23"
    assert {row.actor_id for row in told} == {User.objects.get(login="engineer").pk}


@database
def test_the_page_is_in_both_languages_for_those_who_keep_the_days(sign_in: Callable[..., Client]) -> None:
    client = sign_in()
    for language, words in (("ar", "أيام خاصة بالمكاتب"), ("en", "days of the offices")):
        page = client.get(f"/{language}/admin/worktime/officeday/").content.decode()
        assert words in page.lower()
        assert client.get(f"/{language}/admin/worktime/officeday/add/").status_code == 200
    assert "أدخل الساعتين" in client.post(
        "/ar/admin/worktime/officeday/add/",
        {"on": "2026-11-23", "opens_at": "09:00", "reason_ar": "س", "reason_en": "x"},
    ).content.decode()  # fmt: skip
    assert sign_in("p", "planner").get(PAGE).status_code == 403
    assert sign_in("w", area="west").get(f"{PAGE}add/").status_code == 403
    assert not OfficeDay.objects.exists()


@database
def test_half_an_hour_of_work_is_refused_by_the_database_too() -> None:
    for hours in ({"opens_at": time(9)}, {"opens_at": time(9), "closes_at": time(9)}):
        with pytest.raises(IntegrityError), transaction.atomic():
            OfficeDay.objects.create(on=MONDAY, reason_ar="س", reason_en="x", **hours)


@committing
def test_one_small_query_until_days_change_and_what_is_rolled_back_is_never_kept() -> None:
    assert work_calendar().is_working(MONDAY)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        first, second = work_calendar(), work_calendar()
    assert first is second and len(asked) == 2
    with pytest.raises(RuntimeError), transaction.atomic():
        holiday(MONDAY)
        assert not work_calendar().is_working(MONDAY)
        raise RuntimeError
    assert work_calendar().is_working(MONDAY)
    holiday(MONDAY)
    assert not work_calendar().is_working(MONDAY)
    Holiday.objects.all().delete()
    assert work_calendar().is_working(MONDAY) and work_calendar().digest == first.digest
