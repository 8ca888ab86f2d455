"""Whom each step of a case tells: written with the step, once, and never to whoever did it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import transaction

from gisportal.accounts.models import RoleGrant, User
from gisportal.accounts.viewer import viewer_of
from land_services.cases import acts
from land_services.cases.acts import RemarkMade
from land_services.cases.errors import Incomplete, NotYours
from land_services.cases.models import Case
from land_services.cases.told import MOST_HOLDERS
from land_services.notices.models import Outbox
from land_services.notices.words import load_words
from tests.land_services.cases.test_documents_only import agency_of, file
from tests.sample import Sample

__all__ = ["file"]

pytestmark = pytest.mark.django_db(databases=["default", "owner"])


@pytest.fixture
def sample(sample_land: Sample) -> Sample:
    return sample_land


def told(case: Case) -> list[tuple[str, str]]:
    """Return what was written to the outbox of a case, in order: event and login."""
    rows = Outbox.objects.filter(reference=case.reference, channel="in_app").order_by("pk")
    return [(row.event, User.objects.get(pk=row.recipient_id).login) for row in rows]


def test_the_way_of_a_permit_as_its_people_hear_it(sample: Sample, file: Callable[..., Case]) -> None:
    case, me = file("building_permit"), sample.viewer("resident")
    assert told(case) == [("case_received", "resident"), ("case_task", "clerk"), ("case_moved", "resident")]
    acts.send_back(case, [RemarkMade("other", "x"), RemarkMade("other", "y")], viewer=sample.viewer("clerk"))
    assert told(case)[3:] == [("case_returned", "resident")]
    assert Outbox.objects.get(event="case_returned").params["remarks"] == 2
    for number in (1, 2):
        acts.answer(case, number, "done", viewer=me)
    acts.submit(case, viewer=me)
    assert ("case_resubmitted", "clerk") in told(case)
    acts.finish(case, viewer=sample.viewer("clerk"))
    acts.finish(case, viewer=sample.viewer("building_reviewer"))
    acts.approve(case, viewer=sample.viewer("building_head"))
    heard = told(case)
    assert ("case_task", "building_reviewer") in heard and ("case_task", "building_head") in heard
    assert heard[-3:] == [("case_approved", "resident"), ("case_task", "cashier"), ("fee_due", "resident")]
    due = Outbox.objects.get(event="fee_due", channel="in_app")
    assert "ريال" in load_words()["fee_due"].body("ar", case.reference, due.params)
    acts.pay(case, "R-9", viewer=sample.viewer("cashier"))
    acts.issue(case, viewer=sample.viewer("archive"))
    assert [event for event, who in told(case) if who == "resident"][-3:] == ["fee_paid", "case_moved", "case_issued"]


def test_what_is_taken_back_tells_nobody(sample: Sample, file: Callable[..., Case]) -> None:
    case = file("building_permit")
    before = told(case)
    with pytest.raises(RuntimeError), transaction.atomic():
        acts.finish(case, viewer=sample.viewer("clerk"))
        raise RuntimeError("the plug is pulled")
    assert told(case) == before


def test_an_agency_and_who_asked_hear_of_a_question(sample: Sample, file: Callable[..., Case]) -> None:
    water = agency_of("water")
    case = file("excavation_permit", "applicant")
    assert ("case_referred", "of_water") in told(case)
    acts.answer_referral(case.referrals.get(agency="water"), "consent", viewer=water)
    assert ("referral_answered", "of_water") not in told(case), "nobody hears of what they did"


def test_a_thread_reaches_the_other_side_and_no_outsider_writes_in_it(
    sample: Sample, file: Callable[..., Case]
) -> None:
    case = file("building_permit")
    acts.say(case, "متى الموعد؟", viewer=sample.viewer("resident"))
    assert told(case)[-1] == ("case_message", "clerk")
    acts.say(case, "غدًا", viewer=sample.viewer("building_reviewer"))
    assert told(case)[-1] == ("case_message", "resident")
    for login in ("outsider", "planner", "cashier_of_another"):
        user = User.objects.filter(login=login).first() or User.objects.create(login=login)
        with pytest.raises(NotYours):
            acts.say(case, "x", viewer=viewer_of(user))
    with pytest.raises(Incomplete):
        acts.say(case, " ", viewer=sample.viewer("resident"))
    assert [step.note for step in case.steps.filter(act="say").order_by("pk")] == ["متى الموعد؟", "غدًا"]


def test_whoever_holds_the_role_in_one_area_works_on_a_case_of_none_and_hears_of_it(
    sample: Sample, file: Callable[..., Case]
) -> None:
    user = User.objects.create(login="western_clerk")
    RoleGrant.objects.create(user=user, role="clerk", area="west")
    case = file("building_permit")
    assert ("case_task", "western_clerk") in told(case)
    assert acts.take(case, viewer=viewer_of(user)).stages.get(code="completeness").assignee_id == user.pk


def test_a_filer_of_the_role_does_not_hold_up_their_own_case(sample: Sample, file: Callable[..., Case]) -> None:
    case = file("building_permit")
    RoleGrant.objects.create(user=sample.user("resident"), role="clerk")
    with pytest.raises(NotYours):
        acts.take(case, viewer=sample.viewer("resident"))


def test_a_crowd_shares_a_list_instead_of_messages(sample: Sample, file: Callable[..., Case]) -> None:
    for n in range(MOST_HOLDERS):
        user = User.objects.create(login=f"clerk_{n}")
        RoleGrant.objects.create(user=user, role="clerk")
    case = file("building_permit")
    assert "case_task" not in {event for event, _ in told(case)}
    acts.assign(case, "completeness", sample.user("clerk").pk, viewer=sample.viewer("mayor"))
    assert told(case)[-1] == ("case_task", "clerk")
