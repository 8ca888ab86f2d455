"""What counts when something was said twice, whose side a date is on, and whose clock runs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from gisportal.accounts.models import Absence, Delegation, RoleGrant, User
from gisportal.accounts.viewer import viewer_of
from land_services.cases import acts
from land_services.cases.acts import RemarkMade, warn_due
from land_services.cases.clocks import recompute_due
from land_services.cases.errors import ActionRefused, NotYours
from land_services.cases.models import Case, StageRun
from land_services.cases.proof import case_faults
from land_services.notices.models import Outbox
from layers.viewer import Viewer
from tests.land_services.cases.test_documents_only import agency_of, file, sample, states
from tests.land_services.cases.test_told import told
from tests.land_services.documents.pdfs import poppler_text
from tests.sample import Sample

__all__ = ["file", "sample"]

pytestmark = pytest.mark.django_db(databases=["default", "owner"])
File = Callable[..., Case]
AGENCIES = ("electricity", "water", "telecom", "traffic")


def asked(case: Case, agency: str) -> Any:
    return case.referrals.filter(agency=agency).order_by("-pk")[0]


def excavation(file: File) -> tuple[Case, dict[str, Viewer]]:
    return file("excavation_permit", "applicant"), {code: agency_of(code) for code in AGENCIES}


def consenting(case: Case, agencies: dict[str, Viewer], but: str) -> None:
    for code, viewer in agencies.items():
        if code != but:
            acts.answer_referral(asked(case, code), "consent", viewer=viewer)


# Agencies -------------------------------------------------------------------------------------------------------------


def test_an_agency_that_objected_may_be_asked_again_and_its_last_answer_counts(sample: Sample, file: File) -> None:
    case, agencies = excavation(file)
    consenting(case, agencies, but="water")
    acts.answer_referral(asked(case, "water"), "object", viewer=agencies["water"], text="خط رئيس")
    engineer = sample.viewer("roads_engineer")
    with pytest.raises(ActionRefused, match="objected"):
        acts.finish(case, viewer=engineer)
    acts.refer(case, "water", viewer=engineer, question="بعد نقل المسار؟")
    with pytest.raises(ActionRefused, match="have not answered"):
        acts.finish(case, viewer=engineer)
    acts.answer_referral(asked(case, "water"), "consent", viewer=agencies["water"])
    acts.finish(case, viewer=engineer)
    assert [one.answer for one in case.referrals.filter(agency="water").order_by("pk")] == ["object", "consent"]


def test_an_objection_after_a_consent_counts_too(sample: Sample, file: File) -> None:
    case, agencies = excavation(file)
    consenting(case, agencies, but="")
    engineer = sample.viewer("roads_engineer")
    acts.refer(case, "traffic", viewer=engineer)
    acts.answer_referral(asked(case, "traffic"), "object", viewer=agencies["traffic"], text="طريق رئيس")
    with pytest.raises(ActionRefused, match="objected"):
        acts.finish(case, viewer=engineer)


@pytest.mark.parametrize("silent", [False, True])
def test_a_change_after_an_objection_is_put_to_that_agency_alone(sample: Sample, file: File, silent: bool) -> None:
    case, agencies = excavation(file)
    consenting(case, agencies, but="traffic")
    if silent:
        acts.fire_defaults(timezone.now() + timedelta(days=60))
    else:
        acts.answer_referral(asked(case, "traffic"), "object", viewer=agencies["traffic"], text="طريق رئيس")
    engineer, me = sample.viewer("roads_engineer"), sample.viewer("applicant")
    acts.send_back(case, [RemarkMade("other", "غيّر المسار")], viewer=engineer)
    acts.answer(case, 1, "غُيّر", viewer=me)
    acts.submit(case, viewer=me)
    assert case.referrals.count() == len(AGENCIES), "nothing changed but the answer: nobody is asked anew"
    acts.send_back(case, [RemarkMade("other", "أرفق المخطط")], viewer=engineer)
    acts.answer(case, 2, "أُرفق", viewer=me)
    acts.attach(case, sample.deed, viewer=me, document=case.files.order_by("pk")[0].document)
    acts.submit(case, viewer=me)
    again = list(case.referrals.order_by("pk").values_list("agency", "answer"))[len(AGENCIES) :]
    assert again == [("traffic", "")]
    assert ("case_referred", "of_traffic") in told(case)[-4:]
    acts.answer_referral(asked(case, "traffic"), "consent", viewer=agencies["traffic"])
    acts.finish(case, viewer=engineer)
    assert not list(case_faults())


def test_only_the_last_conditions_of_an_agency_are_printed(sample: Sample, file: File) -> None:
    case, agencies = excavation(file)
    consenting(case, agencies, but="water")
    engineer = sample.viewer("roads_engineer")
    for text in ("OLDWORD", "NEWWORD"):
        if text == "NEWWORD":
            acts.refer(case, "water", viewer=engineer)
        acts.answer_referral(asked(case, "water"), "conditions", viewer=agencies["water"], text=text)
    while (run := case.stages.filter(state="active").order_by("position")[0]).kind != "issue":
        if run.kind == "payment":
            acts.pay(case, "R-1", run.code, viewer=sample.viewer("cashier"))
        elif run.kind == "decision":
            acts.approve(case, run.code, viewer=sample.viewer(run.role))
        else:
            acts.finish(case, run.code, viewer=sample.viewer(run.role))
    papers = acts.issue(case, viewer=sample.viewer("mayor"))
    text = "".join(poppler_text(Path(paper.file.path).read_bytes()) for paper in papers)
    assert "NEWWORD" in text and "OLDWORD" not in text


# Committees -----------------------------------------------------------------------------------------------------------


def in_committee(sample: Sample, file: File) -> Case:
    case = file("change_of_use")
    to_committee(sample, case)
    return case


def to_committee(sample: Sample, case: Case) -> None:
    for one in case.referrals.filter(answer="", cancelled_at=None):
        acts.answer_referral(one, "consent", viewer=agency_of(f"{one.agency}"))
    acts.finish(case, viewer=sample.viewer("planner"))
    acts.finish(case, viewer=sample.viewer("planning_head"))


def minute(case: Case, member: Viewer, number: str, outcome: str) -> None:
    words = {"present": "أ، ب، ج", "text": "محضر", "outcome": outcome}
    acts.minute(case, viewer=member, number=number, held_on=date(2026, 11, 1), **words)


def test_the_committees_last_minutes_count(sample: Sample, file: File) -> None:
    case, member = in_committee(sample, file), sample.viewer("committee")
    minute(case, member, "7", "recommend")
    minute(case, member, "8", "reject")
    with pytest.raises(ActionRefused, match=r"last minutes of the committee \(8\)"):
        acts.finish(case, viewer=member)
    minute(case, member, "9", "recommend")
    acts.finish(case, viewer=member)
    assert states(case)["committee"] == "done"


def test_minutes_on_what_was_changed_since_do_not_count(sample: Sample, file: File) -> None:
    case, member, me = in_committee(sample, file), sample.viewer("committee"), sample.viewer("resident")
    minute(case, member, "7", "recommend")
    acts.send_back(case, [RemarkMade("other", "x")], viewer=member)
    acts.answer(case, 1, "done", viewer=me)
    acts.submit(case, viewer=me)
    assert states(case)["committee"] == "active", "only an answer came: the sitting stands"
    acts.send_back(case, [RemarkMade("other", "x")], viewer=member)
    acts.answer(case, 2, "done", viewer=me)
    acts.attach(case, sample.deed, viewer=me, document="deed")
    acts.submit(case, viewer=me)
    acts.finish(case, viewer=sample.viewer("planner"))
    acts.finish(case, viewer=sample.viewer("planning_head"))
    with pytest.raises(ActionRefused, match="as it is now"):
        acts.finish(case, viewer=member)
    minute(case, member, "8", "recommend")
    acts.finish(case, viewer=member)


# Dates on the site ----------------------------------------------------------------------------------------------------


def to_the_site(sample: Sample, file: File) -> tuple[Case, Viewer, Viewer]:
    case, me, inspector = file("site_visit_request"), sample.viewer("resident"), sample.viewer("inspector")
    while (run := case.stages.filter(state="active").order_by("position")[0]).kind != "visit":
        acts.finish(case, run.code, viewer=sample.viewer(run.role))
    return case, me, inspector


def soon() -> Any:
    return timezone.now() + timedelta(seconds=0.4)


def test_a_date_is_told_to_the_other_side_each_time(sample: Sample, file: File) -> None:
    case, me, inspector = to_the_site(sample, file)
    acts.take(case, "visit", viewer=inspector)
    acts.propose_visit(case, timezone.now() + timedelta(days=3), "visit", viewer=inspector)
    assert told(case)[-1] == ("visit_proposed", "resident")
    other = acts.propose_visit(case, soon(), "visit", viewer=me)
    assert told(case)[-1] == ("visit_proposed", "inspector")
    acts.agree_visit(case, other.pk, viewer=inspector)
    assert told(case)[-1] == ("visit_agreed", "resident")
    while timezone.now() < other.at:
        pass
    acts.hold_visit(case, other.pk, "الموقع خالٍ", viewer=inspector)
    assert told(case)[-1] == ("visit_held", "resident")
    texts = Outbox.objects.filter(reference=case.reference, event="visit_proposed").values_list("params", flat=True)
    assert all("at" in params for params in texts)


def test_no_colleague_agrees_in_the_applicants_place(sample: Sample, file: File) -> None:
    case, me, inspector = to_the_site(sample, file)
    colleague = User.objects.create(login="second_inspector")
    RoleGrant.objects.create(user=colleague, role="inspector")
    visit = acts.propose_visit(case, timezone.now() + timedelta(days=3), "visit", viewer=inspector)
    for viewer in (inspector, viewer_of(colleague)):
        with pytest.raises(NotYours, match="other side"):
            acts.agree_visit(case, visit.pk, viewer=viewer)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE cases_visit SET by_filer = TRUE")
    acts.agree_visit(case, visit.pk, viewer=me)
    other = acts.propose_visit(case, timezone.now() + timedelta(days=4), "visit", viewer=me)
    with pytest.raises(NotYours, match="other side"):
        acts.agree_visit(case, other.pk, viewer=me)
    acts.agree_visit(case, other.pk, viewer=viewer_of(colleague))


# Clocks ---------------------------------------------------------------------------------------------------------------


def clocks(case: Case) -> tuple[bool, bool, bool]:
    """Whether the case, any of its stages and a pause run."""
    case.refresh_from_db()
    running = case.stages.filter(state="active", due_at__isnull=False).exists()
    return case.due_at is not None, running, case.pauses.filter(ended_at=None).exists()


def test_no_clock_of_ours_runs_while_a_date_waits_for_the_applicant(sample: Sample, file: File) -> None:
    case, me, inspector = to_the_site(sample, file)
    assert clocks(case)[1:] == (True, False)
    first = acts.propose_visit(case, timezone.now() + timedelta(days=3), "visit", viewer=inspector)
    assert clocks(case) == (False, False, True) and not list(case_faults())
    assert warn_due(timezone.now() + timedelta(days=90)) == [] and recompute_due() == 0
    assert clocks(case) == (False, False, True), "a corrected calendar starts no clock that stands"
    second = acts.propose_visit(case, timezone.now() + timedelta(days=5), "visit", viewer=me)
    assert clocks(case)[1:] == (True, False), "now it waits for us"
    third = acts.propose_visit(case, timezone.now() + timedelta(days=6), "visit", viewer=inspector)
    acts.stop(case, "حكم", viewer=sample.viewer("mayor"))
    case = acts.reopen(case, "رُفع", viewer=sample.viewer("mayor"))
    assert clocks(case) == (False, False, True), "it waits for the applicant as before it was stopped"
    acts.agree_visit(case, third.pk, viewer=me)
    assert clocks(case)[1:] == (True, False)
    assert {first.pk, second.pk} < {third.pk, first.pk, second.pk} and not list(case_faults())


def test_no_clock_of_ours_runs_while_an_invoice_is_not_paid(sample: Sample, file: File) -> None:
    case = file("building_permit")
    for role in ("clerk", "building_reviewer"):
        acts.finish(case, viewer=sample.viewer(role))
    acts.approve(case, viewer=sample.viewer("building_head"))
    assert case.stages.get(kind="payment").state == "active"
    assert clocks(case) == (False, False, True) and not list(case_faults())
    acts.pay(case, "R-1", viewer=sample.viewer("cashier"))
    assert clocks(case)[1:] == (True, False)
    began = case.stages.get(kind="issue")
    assert began.due_at is not None and began.due_at > timezone.now()
    acts.issue(case, viewer=sample.viewer("archive"))
    assert not list(case_faults())


def test_a_target_that_moved_is_warned_of_again(sample: Sample, file: File) -> None:
    case, me = file("building_permit"), sample.viewer("resident")
    due = case.stages.get(code="completeness").due_at
    assert due is not None and len(warn_due(due - timedelta(minutes=1))) == 1
    acts.send_back(case, [RemarkMade("other", "x")], viewer=sample.viewer("clerk"))
    acts.answer(case, 1, "done", viewer=me)
    acts.submit(case, viewer=me)
    due = case.stages.get(code="completeness").due_at
    assert due is not None and [one.act for one in warn_due(due - timedelta(minutes=1))] == ["due_soon"]


# One's own case -------------------------------------------------------------------------------------------------------


def test_nobody_issues_or_shares_out_the_case_they_filed(sample: Sample, file: File) -> None:
    for login, role in (("resident", "archive"), ("resident", "building_head")):
        RoleGrant.objects.create(user=sample.user(login), role=role)
    case, me = file("building_permit"), sample.viewer("resident")
    second = User.objects.create(login="second_clerk")
    RoleGrant.objects.create(user=second, role="clerk")
    with pytest.raises(NotYours, match="they filed"):
        acts.assign(case, "completeness", second.pk, viewer=me)
    head, mayor = sample.viewer("building_head"), sample.viewer("mayor")
    with pytest.raises(ActionRefused, match="under way"):
        acts.assign(case, "decision", head.user_id or 0, viewer=mayor)
    for role in ("clerk", "building_reviewer"):
        acts.finish(case, viewer=sample.viewer(role))
    acts.approve(case, viewer=head)
    acts.pay(case, "R-1", viewer=sample.viewer("cashier"))
    with pytest.raises(NotYours, match="they filed"):
        acts.issue(case, viewer=me)
    acts.issue(case, viewer=sample.viewer("archive"))


# Who is there ---------------------------------------------------------------------------------------------------------


def away(sample: Sample, absent: str, to: str = "", role: str = "") -> None:
    until = timezone.now() + timedelta(days=7)
    Absence.objects.create(user=sample.user(absent), valid_until=until)
    if to:
        Delegation.objects.create(from_user=sample.user(absent), to_user=sample.user(to), role=role, valid_until=until)


def test_who_stands_in_hears_of_work_and_the_absent_do_not(sample: Sample, file: File) -> None:
    away(sample, "clerk", "planner", "clerk")
    case = file("building_permit")
    tasks = [who for event, who in told(case) if event == "case_task"]
    assert tasks == ["planner"]
    acts.say(case, "متى؟", viewer=sample.viewer("resident"))
    assert told(case)[-1] == ("case_message", "planner")
    due = case.stages.get(code="completeness").due_at
    assert due is not None
    (soon_due,) = warn_due(due - timedelta(minutes=1))
    assert soon_due.people == {sample.user("planner").pk}


def test_of_a_stage_in_the_hands_of_the_absent_hears_who_stands_in_for_them(sample: Sample, file: File) -> None:
    case = file("building_permit")
    acts.take(case, viewer=sample.viewer("clerk"))
    away(sample, "clerk", "planner", "clerk")
    acts.say(case, "متى؟", viewer=sample.viewer("resident"))
    assert told(case)[-1] == ("case_message", "planner")


def test_where_all_are_away_they_are_told_all_the_same(sample: Sample, file: File) -> None:
    away(sample, "clerk")
    case = file("building_permit")
    assert ("case_task", "clerk") in told(case)
    assert StageRun.objects.get(case=case, code="completeness").state == "active"


def test_a_question_about_remarks_reaches_whoever_made_them(sample: Sample, file: File) -> None:
    case = file("building_permit")
    acts.send_back(case, [RemarkMade("other", "x")], viewer=sample.viewer("clerk"))
    acts.say(case, "ما المطلوب؟", viewer=sample.viewer("resident"))
    assert told(case)[-1] == ("case_message", "clerk")
