"""Targets: what is due soon and what is late is told once each, to whom it concerns."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone

from land_services.cases import acts
from land_services.cases.acts import RemarkMade, warn_due
from land_services.cases.at_work import look_at
from land_services.cases.models import Case, DueCalendar, StageRun
from land_services.cases.proof import case_faults
from land_services.views.steps import case_steps
from land_services.worktime.days import work_calendar
from land_services.worktime.models import OfficeDay
from layers.viewer import ANONYMOUS
from tests.land_services.cases.test_at_once import at_once
from tests.sample import Sample

Put = Callable[[str], Sample]
STAGE = "survey_review"
HOUR = timedelta(hours=1)


def run_of(case: Case) -> StageRun:
    return case.stages.get(code=STAGE)


@pytest.mark.django_db(databases=["default", "owner"])
def test_each_is_told_once_to_whom_it_concerns(sample_land: Sample) -> None:
    case = sample_land.submitted()
    due = run_of(case).due_at
    assert due is not None
    calendar = work_calendar()
    day_before = calendar.end_of_work(calendar.working_day(calendar.day_of(due), -1))
    assert warn_due(day_before - HOUR) == [], "there is a working day left besides the last"
    (soon,) = warn_due(day_before + HOUR)
    reviewers = {
        sample_land.user(login).pk for login in ("reviewer", "reviewing_head", "filing_head", "reviewing_mayor")
    }
    assert (soon.act, soon.reference, soon.stage, soon.people) == ("due_soon", case.reference, STAGE, reviewers)
    assert warn_due(day_before + HOUR) == [] == warn_due(due), "once"
    (late,) = warn_due(due + HOUR)
    heads = {sample_land.user(login).pk for login in ("survey_head", "second_head", "mayor", "second_mayor")}
    assert late.act == "late" and late.people == reviewers | heads
    assert warn_due(due + HOUR) == []
    assert list(case.steps.order_by("pk").values_list("act", flat=True))[-2:] == ["due_soon", "late"]
    assert run_of(case).escalated_at == due + HOUR and not list(case_faults())


@pytest.mark.django_db(databases=["default", "owner"])
def test_whoever_took_the_stage_is_told_alone_and_the_applicant_not_at_all(sample_land: Sample) -> None:
    case = sample_land.submitted()
    acts.take(case, STAGE, viewer=sample_land.viewer("reviewer"))
    due = run_of(case).due_at
    assert due is not None
    (soon,) = warn_due(due)
    assert soon.people == {sample_land.user("reviewer").pk}
    work = look_at(Case.objects.get(pk=case.pk), ANONYMOUS)
    words = "Last working day before the target"
    with_it, without = (str(case_steps(work, staff=staff)) for staff in (True, False))
    assert len(with_it) > len(without) and words not in without


@pytest.mark.django_db(databases=["default", "owner"])
def test_nothing_runs_while_the_ball_is_with_the_applicant(sample_land: Sample) -> None:
    case = sample_land.submitted()
    acts.send_back(case, [RemarkMade("other", "mend it")], viewer=sample_land.viewer("reviewer"))
    assert warn_due(timezone.now() + timedelta(days=400)) == []


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_two_workers_at_once_tell_each_stage_once_and_wait_for_nobody(committed_sample: Put) -> None:
    sample = committed_sample("land")
    cases = [sample.submitted("surveyor"), sample.submitted("outsider")]
    later = timezone.now() + timedelta(days=400)
    results = at_once(*[lambda: warn_due(later)] * 3)
    told = [notice.reference for notices in results for notice in notices]
    told += [notice.reference for notice in warn_due(later)]  # what all three passed over
    assert sorted(told) == sorted(case.reference for case in cases)
    with transaction.atomic():
        Case.objects.select_for_update().get(pk=cases[0].pk)
        StageRun.objects.filter(case=cases[0]).update(escalated_at=None)
        assert at_once(lambda: warn_due(later)) == [[]]


@pytest.mark.django_db(databases=["default", "owner"])
def test_the_command_answers_for_agencies_and_follows_the_calendar(sample_land: Sample) -> None:
    case = sample_land.submitted()
    due = run_of(case).due_at
    assert due is not None

    def said() -> str:
        out = StringIO()
        call_command("work_due", stdout=out)
        return out.getvalue()

    said()
    assert "calendar" not in said(), "nothing changed since"
    OfficeDay.objects.create(on=work_calendar().day_of(due), reason_ar="عطلة", reason_en="A day off")
    assert "targets moved" in said()
    moved = run_of(case).due_at
    assert moved is not None and moved > due and DueCalendar.objects.count() == 1
    assert "calendar" not in said()
