"""Messages of applicants that nobody answered: marked on the page of work and of the case, until staff do something."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from gisportal.accounts.models import RoleGrant, User
from gisportal.accounts.viewer import viewer_of
from gisportal.sample.office import join_office
from land_services.cases import acts
from land_services.cases.acts import RemarkMade
from land_services.cases.models import Case
from land_services.cases.told import MOST_HOLDERS
from land_services.cases.unanswered import unanswered
from land_services.notices.models import Outbox
from tests.land_services.cases.test_documents_only import agency_of, file
from tests.land_services.views.test_work import page, queries
from tests.sample import Sample

__all__ = ["file"]

pytestmark = pytest.mark.django_db(databases=["default", "owner"])
File = Callable[..., Case]
MARKS = {"ar": "رسالة من مقدم الطلب", "en": "Message from the applicant"}
ON_THE_CASE = {"ar": "كتب مقدم الطلب رسالة", "en": "The applicant wrote"}


@pytest.fixture
def sample(sample_land: Sample) -> Sample:
    return sample_land


def waits(case: Case) -> bool:
    return unanswered([case.pk]) == {case.pk}


def test_a_message_that_nobody_was_told_of_is_marked_for_all_who_might_answer(sample: Sample, file: File) -> None:
    for n in range(MOST_HOLDERS):
        RoleGrant.objects.create(user=User.objects.create(login=f"clerk_{n}"), role="clerk")
    case, other = file("building_permit"), file("building_permit")
    acts.say(case, "متى الموعد؟", viewer=sample.viewer("resident"))
    assert not Outbox.objects.filter(event="case_message").exists(), "they are a crowd"
    address = f"cases/{case.reference}/"
    for language, mark in MARKS.items():
        assert page(sample.user("clerk"), f"/{language}/work/").count(mark) == 1
        assert ON_THE_CASE[language] in page(sample.user("clerk"), f"/{language}/{address}")
        assert ON_THE_CASE[language] not in page(sample.user("resident"), f"/{language}/{address}")
        assert ON_THE_CASE[language] not in page(sample.user("clerk"), f"/{language}/cases/{other.reference}/")
    acts.say(case, "غدًا", viewer=sample.viewer("clerk"))
    assert MARKS["en"] not in page(sample.user("clerk"), "/en/work/")
    assert ON_THE_CASE["en"] not in page(sample.user("clerk"), f"/en/{address}")


def test_an_act_of_staff_answers_and_what_others_do_does_not(sample: Sample, file: File) -> None:
    case, me = file("building_permit"), sample.viewer("resident")
    assert not waits(case), "nothing was written"
    acts.say(case, "١", viewer=me)
    assert waits(case)
    acts.take(case, viewer=sample.viewer("clerk"))
    assert not waits(case)
    acts.say(case, "٢", viewer=me)
    assert waits(case)
    acts.send_back(case, [RemarkMade("other", "x")], viewer=sample.viewer("clerk"))
    assert not waits(case)
    acts.say(case, "٣", viewer=me)
    acts.answer(case, 1, "done", viewer=me)
    acts.submit(case, viewer=me)
    assert waits(case), "what the applicant does answers nobody"


def test_an_agencys_answer_and_the_clock_leave_it_open(sample: Sample, file: File) -> None:
    case = file("excavation_permit", "applicant")
    acts.say(case, "متى؟", viewer=sample.viewer("applicant"))
    acts.answer_referral(case.referrals.get(agency="water"), "consent", viewer=agency_of("water"))
    assert acts.fire_defaults(timezone.now() + timedelta(days=30)) == 3
    assert waits(case)
    acts.stop(case, "نزاع", viewer=sample.viewer("director"))
    assert not waits(case)


def test_a_date_that_staff_propose_answers_and_one_of_the_applicant_does_not(sample: Sample, file: File) -> None:
    case, me, inspector = file("site_visit_request"), sample.viewer("resident"), sample.viewer("inspector")
    if case.stages.filter(state="active", role="clerk").exists():
        acts.finish(case, viewer=sample.viewer("clerk"))
    acts.say(case, "متى تأتون؟", viewer=me)
    acts.propose_visit(case, timezone.now() + timedelta(days=3), "visit", viewer=inspector)
    assert not waits(case)
    acts.say(case, "هذا الموعد لا يناسبني", viewer=me)
    mine = acts.propose_visit(case, timezone.now() + timedelta(days=4), "visit", viewer=me)
    assert waits(case)
    acts.agree_visit(case, mine.pk, viewer=inspector)
    assert not waits(case)


def test_a_question_that_the_card_sends_answers_nobody(sample: Sample, file: File) -> None:
    case = file("excavation_permit", "applicant")
    assert case.steps.filter(act="refer", details__by_card=True).count() == 4
    acts.say(case, "متى؟", viewer=sample.viewer("applicant"))
    water = case.steps.filter(act="refer")[0].details
    engineer = sample.viewer("roads_engineer")
    case.steps.create(act="refer", by=sample.user("surveyor"), at=timezone.now(), details=water)
    assert waits(case), "let begin by a colleague of whoever filed"
    acts.refer(case, "water", viewer=engineer, component="safety")
    assert not waits(case)


def test_a_colleague_of_the_filer_answers_nobody(sample: Sample) -> None:
    for login in ("surveyor", "outsider"):
        join_office(sample.user(login), "5900000009", "مكتب الاختبار", "Test Surveyors")
    case = sample.submitted("surveyor")
    acts.say(case, "متى؟", viewer=sample.viewer("surveyor"))
    acts.say(case, "ننتظر", viewer=viewer_of(sample.user("outsider")))
    acts.send_back(case, [RemarkMade("other", "x")], "survey_review", viewer=sample.viewer("reviewer"))
    acts.say(case, "لماذا؟", viewer=sample.viewer("surveyor"))
    acts.answer(case, 1, "done", viewer=sample.viewer("outsider"))
    acts.submit(case, viewer=sample.viewer("outsider"))
    assert waits(case)


def test_the_marks_of_a_page_are_found_by_one_query(sample: Sample) -> None:
    case = sample.submitted()
    acts.say(case, "١", viewer=sample.viewer("surveyor"))
    before = queries(sample.user("reviewer"), "/en/work/")
    for _ in range(5):
        acts.say(sample.submitted(), "٢", viewer=sample.viewer("surveyor"))
    assert queries(sample.user("reviewer"), "/en/work/") == before
    assert page(sample.user("reviewer"), "/en/work/").count(MARKS["en"]) == 6
