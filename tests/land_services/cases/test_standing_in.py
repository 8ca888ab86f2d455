"""Standing in: who acts in somebody's place may do what that one may, and where two people are needed both are one."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from gisportal.accounts.models import Absence, Delegation, RoleGrant, User
from land_services.cases import acts
from land_services.cases.at_work import look_at
from land_services.cases.errors import ActionRefused, NotYours
from land_services.cases.may import offers
from land_services.cases.models import Case, CaseStep
from layers.models import AuditRow
from tests.sample import Sample

pytestmark = pytest.mark.django_db(databases=["default", "owner"])


@pytest.fixture
def sample(sample_recommended: Sample) -> Sample:
    return sample_recommended


def lend(sample: Sample, absent: str, to: str, role: str) -> Delegation:
    return Delegation.objects.create(
        from_user=sample.user(absent),
        to_user=sample.user(to),
        role=role,
        valid_until=timezone.now() + timedelta(days=7),
    )


def last_step(case: Case) -> CaseStep:
    step = case.steps.order_by("-pk").first()
    assert step is not None
    return step


def test_who_stands_in_does_the_stage_in_the_place_of_the_absent(sample: Sample) -> None:
    case = sample.submitted("outsider")
    with pytest.raises(NotYours):
        acts.finish(case, "survey_review", viewer=sample.viewer("planner"))
    lend(sample, "reviewer", "planner", "reviewer")
    acts.finish(case, "survey_review", viewer=sample.viewer("planner"))
    run = case.stages.get(code="survey_review")
    absent = sample.user("reviewer")
    assert (run.done_by, run.done_for) == (sample.user("planner"), absent)
    step = case.steps.get(act="finish")
    assert step.for_user == absent
    told = AuditRow.objects.filter(action="case.finish", subject=case.reference).get()
    assert told.payload["for_user"] == absent.pk


def test_an_own_right_is_nobodys_place(sample: Sample) -> None:
    case = sample.submitted("outsider")
    lend(sample, "reviewer", "reviewing_head", "reviewer")
    acts.take(case, "survey_review", viewer=sample.viewer("reviewing_head"))
    assert last_step(case).for_user is None


def test_what_lies_with_the_absent_is_done_for_them_even_by_a_colleague_of_the_role(sample: Sample) -> None:
    case = sample.submitted("outsider")
    acts.take(case, "survey_review", viewer=sample.viewer("reviewer"))
    with pytest.raises(NotYours):
        acts.finish(case, "survey_review", viewer=sample.viewer("reviewing_head"))
    lend(sample, "reviewer", "reviewing_head", "reviewer")
    acts.take(case, "survey_review", viewer=sample.viewer("reviewing_head"))
    assert last_step(case).for_user == sample.user("reviewer")
    assert case.stages.get(code="survey_review").assignee == sample.user("reviewing_head")


def test_nobody_decides_in_the_place_of_whoever_filed(sample: Sample) -> None:
    case = sample.submitted("filing_head")
    lend(sample, "filing_head", "planner", "reviewer")
    with pytest.raises(NotYours, match="they filed"):
        acts.finish(case, "survey_review", viewer=sample.viewer("planner"))
    assert "finish" not in offers(look_at(case, sample.viewer("planner")))


def test_who_judged_for_somebody_does_not_decide_and_neither_does_that_one(sample: Sample) -> None:
    case = sample.submitted("outsider")
    lend(sample, "reviewing_mayor", "second_mayor", "reviewer")
    acts.finish(case, "survey_review", viewer=sample.viewer("second_mayor"))
    acts.finish(case, "head_review", viewer=sample.viewer("survey_head"))
    for login in ("second_mayor", "reviewing_mayor"):
        with pytest.raises(NotYours, match="two people"):
            acts.approve(case, "decision", viewer=sample.viewer(login))
    approved, _ = acts.approve(case, "decision", viewer=sample.viewer("mayor"))
    assert approved.state == "approved"


def test_who_judged_does_not_decide_through_somebody_who_stands_in(sample: Sample) -> None:
    case = sample.submitted("outsider")
    acts.finish(case, "survey_review", viewer=sample.viewer("reviewing_mayor"))
    acts.finish(case, "head_review", viewer=sample.viewer("survey_head"))
    lend(sample, "reviewing_mayor", "planner", "mayor")
    with pytest.raises(NotYours, match="two people"):
        acts.approve(case, "decision", viewer=sample.viewer("planner"))
    lend(sample, "mayor", "planner", "mayor")
    acts.approve(case, "decision", viewer=sample.viewer("planner"))
    assert case.stages.get(code="decision").done_for == sample.user("mayor")


def test_the_database_counts_both_whoever_writes(sample: Sample) -> None:
    case = sample.submitted("outsider")
    acts.finish(case, "survey_review", viewer=sample.viewer("reviewer"))
    acts.finish(case, "head_review", viewer=sample.viewer("survey_head"))
    now, reviewer, planner = timezone.now(), sample.user("reviewer"), sample.user("planner")
    wrong = {
        "stage_decided_by_another": {"done_by": planner, "done_for": reviewer},
        "stage_is_done_by_others": {"done_by": planner, "done_for": sample.user("outsider")},
        "stage_done_for_another": {"done_by": planner, "done_for": planner},
    }
    for name, people in wrong.items():
        with pytest.raises(IntegrityError) as refused, transaction.atomic():
            case.stages.filter(code="decision").update(state="done", done_at=now, outcome="approve", **people)
        assert refused.value.__cause__.diag.constraint_name == name  # type: ignore[union-attr]


def test_an_end_ends_it_and_so_does_the_end_of_the_role_itself(sample: Sample) -> None:
    lent = lend(sample, "reviewer", "planner", "reviewer")
    assert sample.viewer("planner").has_role("reviewer")
    RoleGrant.objects.filter(user=sample.user("reviewer")).update(valid_until=timezone.now())
    assert not sample.viewer("planner").has_role("reviewer")
    RoleGrant.objects.filter(user=sample.user("reviewer")).update(valid_until=None)
    lent.valid_until = timezone.now()
    lent.save()
    assert not sample.viewer("planner").has_role("reviewer")


def test_nothing_is_given_to_the_absent_and_the_stand_in_may_be_given_it(sample: Sample) -> None:
    case = sample.submitted("outsider")
    reviewer, head = sample.user("reviewer"), sample.viewer("survey_head")
    Absence.objects.create(user=reviewer, valid_until=timezone.now() + timedelta(days=1))
    with pytest.raises(ActionRefused, match="absent"):
        acts.assign(case, "survey_review", reviewer.pk, viewer=head)
    planner: User = sample.user("planner")
    with pytest.raises(ActionRefused, match="role"):
        acts.assign(case, "survey_review", planner.pk, viewer=head)
    lend(sample, "reviewer", "planner", "reviewer")
    acts.assign(case, "survey_review", planner.pk, viewer=head)
    acts.finish(case, "survey_review", viewer=sample.viewer("planner"))
    assert case.stages.get(code="survey_review").done_for == reviewer


def test_pages_show_the_work_of_the_absent_and_say_on_whose_behalf(client: Client, sample: Sample) -> None:
    case = sample.submitted("outsider")
    acts.take(case, "survey_review", viewer=sample.viewer("reviewer"))
    client.force_login(sample.user("planner"))
    assert client.get(f"/en/cases/{case.reference}/").status_code in (200, 404)
    assert case.reference not in client.get("/en/work/").content.decode()
    lend(sample, "reviewer", "planner", "reviewer")
    assert case.reference in client.get("/en/work/").content.decode()
    acts.finish(case, "survey_review", viewer=sample.viewer("planner"))
    text = client.get(f"/en/cases/{case.reference}/").content.decode()
    names = f"{sample.user('planner')} on behalf of {sample.user('reviewer')}"
    assert names in text
    client.force_login(sample.user("outsider"))
    assert "on behalf of" not in client.get(f"/en/cases/{case.reference}/").content.decode()
