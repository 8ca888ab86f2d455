"""Services that only move documents: agencies, committees, visits, money, papers, and the clock."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from gisportal.accounts.models import RoleGrant, User
from gisportal.accounts.viewer import viewer_of
from land_services.cases import acts, advancing
from land_services.cases.acts import RemarkMade
from land_services.cases.at_work import look_at
from land_services.cases.errors import ActionRefused, Incomplete, NotYours
from land_services.cases.issued import is_superseded
from land_services.cases.models import Case, Referral
from land_services.cases.reasons import count_reasons
from land_services.catalogue import load_catalogue
from land_services.worktime.days import work_calendar
from layers.viewer import ANONYMOUS, Viewer
from tests.land_services.cases.test_machine import an_answer
from tests.land_services.documents.pdfs import poppler_text
from tests.sample import Sample

pytestmark = pytest.mark.django_db(databases=["default", "owner"])
File = Callable[..., Case]


@pytest.fixture
def sample(sample_land: Sample) -> Sample:
    return sample_land


def agency_of(code: str) -> Viewer:
    """Return somebody who answers for an agency."""
    user = User.objects.create(login=f"of_{code}")
    RoleGrant.objects.create(user=user, role="agency", area=code)
    return viewer_of(user)


@pytest.fixture
def file(sample: Sample) -> File:
    """Return a function that files a whole request for a service."""

    return partial(file_request, sample)


def file_request(sample: Sample, code: str, login: str = "resident", submit: bool = True) -> Case:
    card, me = load_catalogue()[code], sample.viewer(login)
    case = acts.open_case(code, [sample.uid] if card.land == "required" else [], viewer=me)
    acts.fill(case, {field.code: an_answer(field) for field in card.form}, viewer=me)
    for document in card.documents:
        if document.required:
            acts.attach(case, sample.deed, viewer=me, document=document.code)
    return acts.submit(case, viewer=me) if submit else case


def states(case: Case) -> dict[str, str]:
    return dict(case.stages.values_list("code", "state"))


def test_a_permit_goes_from_card_to_paper_with_its_fee_paid(sample: Sample, file: File) -> None:
    case = file("building_permit")
    for role in ("clerk", "building_reviewer"):
        acts.finish(case, viewer=sample.viewer(role))
    approved, applied = acts.approve(case, viewer=sample.viewer("building_head"))
    assert (approved.state, applied, approved.entry_id) == ("approved", None, None)
    with pytest.raises(ActionRefused):
        acts.issue(case, viewer=sample.viewer("archive"))
    invoice = acts.pay(case, "R-1", viewer=sample.viewer("cashier"))
    assert invoice.amount > 0 and invoice.basis_ar and invoice.basis_en
    papers = acts.issue(case, viewer=sample.viewer("archive"))
    assert [paper.kind for paper in papers] == [output.code for output in load_catalogue()["building_permit"].outputs]
    case.refresh_from_db()
    assert case.state == "closed" and set(states(case).values()) == {"done"}
    text = poppler_text(Path(papers[0].file.path).read_bytes())
    for words in (case.reference, "Building permit", "Account resident", str(invoice.amount)):
        assert words in text, words
    assert papers[0].valid_until is not None and not is_superseded(papers[0])


def test_no_receipt_serves_twice_and_none_pays_the_cashiers_own_case(sample: Sample, file: File) -> None:
    first, second = file("building_permit"), file("building_permit")
    for case in (first, second):
        for role in ("clerk", "building_reviewer"):
            acts.finish(case, viewer=sample.viewer(role))
        acts.approve(case, viewer=sample.viewer("building_head"))
    acts.pay(first, "R-1", viewer=sample.viewer("cashier"))
    with pytest.raises(ActionRefused, match="another invoice"):
        acts.pay(second, "R-1", viewer=sample.viewer("cashier"))
    with pytest.raises(Incomplete):
        acts.pay(second, "  ", viewer=sample.viewer("cashier"))
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE cases_invoice SET amount = %s", [Decimal("1.00")])


def test_everything_that_is_missing_is_said_at_once(sample: Sample) -> None:
    case = acts.open_case("building_permit", [sample.uid], viewer=sample.viewer("resident"))
    with pytest.raises(Incomplete) as refused:
        acts.submit(case, viewer=sample.viewer("resident"))
    rules = {finding.rule for finding in refused.value.findings}
    assert rules == {"REQ-10", "REQ-21"} and len(refused.value.findings) > 5


def test_agencies_are_asked_by_themselves_and_the_clock_answers_for_the_silent(sample: Sample, file: File) -> None:
    case = file("excavation_permit", "applicant")
    asked = {one.agency: one for one in case.referrals.all()}
    assert set(asked) == {"electricity", "water", "telecom", "traffic"}
    engineer = sample.viewer("roads_engineer")
    with pytest.raises(ActionRefused) as refused:
        acts.finish(case, viewer=engineer)
    for language, names in (("ar", "شركة الكهرباء"), ("en", "Electricity company")):
        assert names in refused.value.message(language)
        assert not [code for code in asked if code in refused.value.message(language)], "people read no codes"
    with pytest.raises(NotYours, match="another agency"):
        acts.answer_referral(asked["water"], "consent", viewer=agency_of("telecom"))
    with pytest.raises(Incomplete):
        acts.answer_referral(asked["water"], "conditions", viewer=agency_of("water"))
    water = viewer_of(User.objects.get(login="of_water"))
    acts.answer_referral(asked["water"], "conditions", viewer=water, text="وصلة مؤقتة")
    with pytest.raises(ActionRefused, match="answered"):
        acts.answer_referral(asked["water"], "object", viewer=water, text="no")
    assert acts.fire_defaults(timezone.now()) == 0, "their time is not over"
    assert acts.fire_defaults(timezone.now() + timedelta(days=30)) == 3
    assert acts.fire_defaults(timezone.now() + timedelta(days=30)) == 0, "none is answered twice"
    answers = {one.agency: (one.answer, one.by_clock) for one in Referral.objects.filter(case=case)}
    assert answers["electricity"] == ("consent", True) and answers["water"] == ("conditions", False)
    assert answers["traffic"] == ("object", True)
    with pytest.raises(ActionRefused, match="objected") as refused:
        acts.finish(case, viewer=engineer)
    assert "traffic" not in refused.value.message("ar") and "المرور" in refused.value.message("ar")


def test_a_question_ends_with_the_agencys_working_days(sample: Sample, file: File) -> None:
    case = file("excavation_permit", "applicant")
    referral = case.referrals.get(agency="water")
    days = work_calendar().working_days_between(referral.asked_at, referral.due_at)
    assert days == 3


def test_a_remark_is_pinned_answered_once_and_counted(sample: Sample, file: File) -> None:
    case, me = file("building_permit"), sample.viewer("resident")
    clerk, paper = sample.viewer("clerk"), case.files.order_by("pk")[0]
    made = [
        RemarkMade("document_unreadable", "الصفحة الثانية", file=paper.pk, page=2),
        RemarkMade("form_wrong", "المساحة", field=load_catalogue()["building_permit"].form[0].code),
        RemarkMade("site_differs", "الموقع", point=(400000.0, 2900000.0)),
    ]
    for wrong in (
        [],
        [RemarkMade("no_such_reason", "x")],
        [RemarkMade("other", "  ")],
        [RemarkMade("other", "x", file=10**9)],
        [RemarkMade("other", "x", field="no_such")],
    ):
        with pytest.raises(Incomplete):
            acts.send_back(case, wrong, viewer=clerk)
    case = acts.send_back(case, made, viewer=clerk)
    assert case.state == "returned" and case.due_at is None and states(case)["completeness"] == "returned"
    assert [r.place for r in case.remarks.order_by("number")] == ["document", "field", "map"]
    acts.answer(case, 1, "صورة أوضح", viewer=me)
    with pytest.raises(ActionRefused, match="stands"):
        acts.answer(case, 1, "شيء آخر", viewer=me)
    with pytest.raises(Incomplete) as refused:
        acts.submit(case, viewer=me)
    assert [finding.params["number"] for finding in refused.value.findings] == [2, 3]
    for number in (2, 3):
        acts.answer(case, number, "صُحح", viewer=me)
    case = acts.submit(case, viewer=me)
    assert case.state == "submitted" and case.round == 2 and states(case)["completeness"] == "active"
    counted = count_reasons(Case.objects.filter(pk=case.pk), timezone.localdate(), timezone.localdate())
    assert {(one.reason, one.remarks, one.cases) for one in counted} >= {("form_wrong", 1, 1), ("site_differs", 1, 1)}
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE cases_remark SET answer = 'x', text = 'y'")


def test_answers_go_back_to_who_asked_and_a_new_document_to_everyone(sample: Sample, file: File) -> None:
    case, me = file("building_permit"), sample.viewer("resident")
    reviewer = sample.viewer("building_reviewer")
    acts.finish(case, viewer=sample.viewer("clerk"))
    acts.send_back(case, [RemarkMade("other", "x")], viewer=reviewer)
    acts.answer(case, 1, "done", viewer=me)
    case = acts.submit(case, viewer=me)
    assert states(case)["completeness"] == "done" and states(case)["technical"] == "active"
    acts.send_back(case, [RemarkMade("document_expired", "x")], viewer=reviewer)
    acts.answer(case, 2, "a new one", viewer=me)
    acts.attach(case, sample.deed, viewer=me, document="deed")
    case = acts.submit(case, viewer=me)
    assert states(case)["completeness"] == "active" and states(case)["technical"] == "waiting"
    assert [file.version for file in case.files.filter(document="deed").order_by("version")] == [1, 2]


def test_a_committee_recommends_by_minutes_alone(sample: Sample, file: File) -> None:
    case = file("change_of_use")
    for one in case.referrals.all():
        acts.answer_referral(one, "consent", viewer=agency_of(one.agency))
    acts.finish(case, viewer=sample.viewer("planner"))
    acts.finish(case, viewer=sample.viewer("planning_head"))
    member = sample.viewer("committee")
    with pytest.raises(ActionRefused, match="minutes"):
        acts.finish(case, viewer=member)
    words: dict[str, Any] = {"present": "أ، ب، ج", "text": "توصي اللجنة", "outcome": "recommend"}
    with pytest.raises(Incomplete, match="future"):
        acts.minute(case, viewer=member, number="7", held_on=date.today() + timedelta(days=9), **words)
    acts.minute(case, viewer=member, number="7", held_on=date(2026, 11, 1), **words)
    with pytest.raises(Incomplete, match="already"):
        acts.minute(case, viewer=member, number="7", held_on=date(2026, 11, 1), **words)
    acts.finish(case, viewer=member)
    assert states(case)["committee"] == "done"


def test_a_visit_is_agreed_by_both_sides_and_held_when_its_time_has_come(sample: Sample, file: File) -> None:
    case, me, inspector = file("site_visit_request"), sample.viewer("resident"), sample.viewer("inspector")
    for role in ("clerk",):
        active = look_at(case, ANONYMOUS).active
        if active and active[0].role == role:
            acts.finish(case, viewer=sample.viewer(role))
    with pytest.raises(ActionRefused, match="visit is not recorded"):
        acts.finish(case, "visit", viewer=inspector)
    with pytest.raises(Incomplete, match="future"):
        acts.propose_visit(case, timezone.now() - timedelta(days=1), "visit", viewer=inspector)
    first = acts.propose_visit(case, timezone.now() + timedelta(days=3), "visit", viewer=inspector)
    with pytest.raises(NotYours, match="other side"):
        acts.agree_visit(case, first.pk, viewer=inspector)
    other = acts.propose_visit(case, timezone.now() + timedelta(seconds=1), "visit", viewer=me)
    with pytest.raises(ActionRefused):
        acts.agree_visit(case, first.pk, viewer=me)
    acts.agree_visit(case, other.pk, viewer=inspector)
    time.sleep(1.1)
    with pytest.raises(Incomplete):
        acts.hold_visit(case, other.pk, " ", viewer=inspector)
    acts.hold_visit(case, other.pk, "الموقع خالٍ", viewer=inspector)
    acts.finish(case, "visit", viewer=inspector)
    assert states(case)["visit"] == "done"


def test_no_target_runs_while_the_ball_is_with_the_applicant(sample: Sample, file: File) -> None:
    case, me = file("building_permit"), sample.viewer("resident")
    before = case.due_at
    assert before is not None and case.stages.get(code="completeness").due_at is not None
    case = acts.send_back(case, [RemarkMade("other", "x")], viewer=sample.viewer("clerk"))
    assert case.due_at is None and not case.stages.filter(due_at__isnull=False).exists()
    assert case.pauses.get().ended_at is None
    acts.answer(case, 1, "done", viewer=me)
    case = acts.submit(case, viewer=me)
    assert case.due_at == before and case.pauses.get().ended_at is not None
    assert case.stages.get(code="completeness").due_at is not None


def test_stopped_and_opened_again_and_turned_down_and_taken_up_again(sample: Sample, file: File) -> None:
    case, mayor = file("building_permit"), sample.viewer("mayor")
    with pytest.raises(Incomplete):
        acts.stop(case, " ", viewer=mayor)
    case = acts.stop(case, "حكم محكمة", viewer=mayor)
    assert (case.state, case.due_at) == ("stopped", None)
    with pytest.raises(ActionRefused, match="stopped"):
        acts.finish(case, viewer=sample.viewer("clerk"))
    case = acts.reopen(case, "رُفع الإيقاف", viewer=mayor)
    assert case.state == "submitted" and case.due_at is not None and states(case)["completeness"] == "active"
    acts.finish(case, viewer=sample.viewer("clerk"))
    acts.finish(case, viewer=sample.viewer("building_reviewer"))
    case = acts.reject(case, "لا يوافق النظام", viewer=sample.viewer("building_head"))
    assert case.state == "rejected" and states(case)["payment"] == "cancelled"
    case = acts.reopen(case, "قُبل الاعتراض", viewer=mayor)
    assert case.state == "submitted" and case.decided_at is None
    assert states(case) == {
        **dict.fromkeys(("completeness", "technical"), "done"),
        "decision": "active",
        **dict.fromkeys(("payment", "issued"), "waiting"),
    }
    assert acts.approve(case, viewer=sample.viewer("building_head"))[0].state == "approved"


def test_the_head_moves_work_and_nobody_reaches_into_a_colleagues_hands(sample: Sample, file: File) -> None:
    case = file("building_permit")
    second = User.objects.create(login="second_clerk")
    RoleGrant.objects.create(user=second, role="clerk")
    acts.take(case, viewer=sample.viewer("clerk"))
    with pytest.raises(ActionRefused, match="colleague"):
        acts.finish(case, viewer=viewer_of(second))
    with pytest.raises(ActionRefused):
        acts.take(case, viewer=viewer_of(second))
    with pytest.raises(NotYours):
        acts.assign(case, "completeness", second.pk, viewer=sample.viewer("clerk"))
    with pytest.raises(ActionRefused, match="role"):
        acts.assign(case, "completeness", sample.user("cashier").pk, viewer=sample.viewer("mayor"))
    acts.assign(case, "completeness", second.pk, viewer=sample.viewer("mayor"))
    acts.finish(case, viewer=viewer_of(second))
    assert states(case)["completeness"] == "done"


def test_a_card_that_changes_meanwhile_changes_no_case_that_is_open(
    sample: Sample, file: File, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = file("building_permit")
    monkeypatch.setattr("land_services.cases.cards.load_catalogue", dict)
    acts.finish(case, viewer=sample.viewer("clerk"))
    assert look_at(case, ANONYMOUS).card.code == "building_permit"
    with pytest.raises(ActionRefused, match="does not exist"):
        acts.open_case("building_permit", [sample.uid], viewer=sample.viewer("resident"))


def test_a_planned_service_is_not_filed_for(sample: Sample) -> None:
    with pytest.raises(ActionRefused, match="cannot be filed"):
        acts.open_case("layout_approval", [sample.uid], viewer=sample.viewer("surveyor"))


# Services without a stage for the decision ------------------------------------------------------------------------


def filer_of(code: str) -> str:
    role = load_catalogue()[code].draft.role
    return "resident" if role == "applicant" else "clerk" if role == "employee" else role


def passed_on(sample: Sample, case: Case) -> Case:
    """Let each stage before the papers be done by somebody of its role."""
    while run := case.stages.filter(state="active").exclude(kind="issue").order_by("position").first():
        who = sample.viewer("director" if run.role == "employee" else run.role)
        if run.kind == "payment":
            acts.pay(case, f"R-{case.reference}", run.code, viewer=who)
            continue
        for referral in Referral.objects.filter(case=case, stage=run.code, answer="", required=True):
            acts.answer_referral(referral, "consent", viewer=agency_of(referral.agency))
        acts.finish(case, run.code, viewer=who)
    case.refresh_from_db()
    return case


@pytest.mark.parametrize("code", ["site_plan_copy", "archive_copy", "plan_inquiry", "vehicle_request"])
def test_what_was_judged_by_every_stage_is_approved_and_its_papers_go_out(
    sample: Sample, file: File, code: str
) -> None:
    card = load_catalogue()[code]
    assert not any(stage.kind == "decision" for stage in card.stages)
    case = passed_on(sample, file(code, login=filer_of(code)))
    assert case.state == "approved"
    assert case.decided_at is not None
    assert case.decided_by_id not in (None, case.filed_by_id)
    assert case.steps.filter(act="approve").count() == 1
    issue_role = case.stages.get(kind="issue").role
    papers = acts.issue(case, viewer=sample.viewer(issue_role))
    assert [paper.kind for paper in papers] == [output.code for output in card.outputs]
    case.refresh_from_db()
    assert case.state == ("issued" if case.stages.filter(state="active").exists() else "closed")


def test_a_case_that_was_judged_and_never_approved_is_issued_by_whoever_issues(
    sample: Sample, file: File, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as before:  # as the engine once left such cases
        before.setattr(advancing, "_is_decided_by_its_stages", lambda work: False)
        case = passed_on(sample, file("site_plan_copy"))
    assert case.state == "submitted"
    with pytest.raises(ActionRefused):
        acts.issue(case, viewer=sample.viewer("resident"))
    case.refresh_from_db()
    assert case.state == "submitted", "whoever may not issue it does not move it either"
    assert acts.issue(case, viewer=sample.viewer(case.stages.get(kind="issue").role))
    case.refresh_from_db()
    assert case.state == "closed"
