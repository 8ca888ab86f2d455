"""Who stands on a decision: the office that the filer spoke for then, and every line of the form."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from gisportal.accounts.models import Delegation, OfficeMembership, RoleGrant
from land_services.cases import acts, signing
from land_services.cases.land_papers import case_file
from land_services.cases.models import Case, StageRun
from land_services.cases.outcomes import outcome_papers
from land_services.cases.signing import sign_offs
from land_services.catalogue import load_catalogue
from land_services.documents import build
from land_services.documents.decision import decision_html
from land_services.documents.model import SignOff
from land_services.documents.qr import new_verification_code
from land_services.offices.standing import OFFICE_LICENCE
from land_services.register.models import Party
from land_services.register.personal import id_number_key, seal_id_number
from layers.models import AuditRow
from tests.land_services.cases.test_machine import an_answer
from tests.land_services.documents.pdfs import poppler_text
from tests.sample import Sample

pytestmark = pytest.mark.django_db(databases=["default", "owner"])


@pytest.fixture
def sample(sample_recommended: Sample) -> Sample:
    return sample_recommended


def decided(sample: Sample, by: str = "mayor") -> Case:
    case = sample.case()
    case.decided_by, case.decided_at = sample.user(by), timezone.now()
    return case


def office(sample: Sample, licence: str = "5100012345", **more: Any) -> Party:
    kept = {"id_kind": OFFICE_LICENCE, "id_number": seal_id_number(licence), "id_number_key": id_number_key(licence)}
    party = Party.objects.create(kind="company", name_ar="مكتب هندسي", name_en="An office", **{**kept, **more})
    begun = timezone.now() - timedelta(days=30)
    OfficeMembership.objects.create(user=sample.user("surveyor"), party_id=party.pk, valid_from=begun)
    return party


def lines(case: Case, sample: Sample) -> dict[str, SignOff]:
    return {line.role.en: line for line in sign_offs(case, sample.viewer("mayor"))}


def test_every_line_of_the_form_is_there_and_says_who_and_when(sample: Sample) -> None:
    office(sample)
    found = lines(decided(sample), sample)
    assert list(found) == ["Engineering office", "Surveyor", "Survey reviewer", "Head of survey", "Mayor or deputy"]
    firm = found["Engineering office"]
    assert (firm.name.ar, firm.name.en, firm.licence) == ("مكتب هندسي", "An office", "5100012345")
    assert found["Surveyor"].name.en == "Account surveyor" and found["Surveyor"].signed_at is not None
    assert found["Survey reviewer"].name.en == "Account reviewer"
    assert found["Head of survey"].name.en == "Account survey_head"
    assert found["Mayor or deputy"].name.en == "Account mayor" and found["Mayor or deputy"].signed_at is not None


def test_a_mayor_who_decides_signs_on_the_mayors_line(sample: Sample) -> None:
    found = lines(decided(sample, "mayor"), sample)
    assert found["Mayor or deputy"].name.en == "Account mayor"
    assert found["Head of survey"].name.en == "Account survey_head"
    RoleGrant.objects.filter(user=sample.user("mayor")).update(valid_until=timezone.now())
    later = lines(decided(sample, "mayor"), sample)
    assert later["Head of survey"].name.en == "Account mayor", "a role that had ended is not signed with"


def test_who_signed_stands_under_the_title_of_the_role_that_signed(
    sample: Sample, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on the approval of a plan, whose first stage is the planner's."""
    found_run, roles = signing._done, {"reviewer": "planner", "survey_head": "planning_head"}

    def planned(case: Case, wanted: tuple[str, ...]) -> StageRun | None:
        run = found_run(case, wanted)
        assert run is not None
        run.role = roles[run.role]
        return run

    monkeypatch.setattr(signing, "_done", planned)
    found = lines(decided(sample), sample)
    assert list(found)[2:] == ["Planner", "Head of planning", "Mayor or deputy"]
    assert found["Planner"].name.en == "Account reviewer" and found["Planner"].role.ar == "المخطط العمراني"


def test_the_look_at_the_licence_is_recorded(sample: Sample) -> None:
    party = office(sample)
    case = decided(sample)
    sign_offs(case, sample.viewer("mayor"))
    look = AuditRow.objects.get(action="personal.read", subject=case.reference)
    assert look.payload["parties"] == [party.pk]


def test_what_is_no_office_or_was_not_the_filers_then_is_not_named(sample: Sample) -> None:
    case = decided(sample)
    assert not lines(case, sample)["Engineering office"].name
    office(sample, id_kind="commercial_registration")  # a company that he owns land with
    membership = OfficeMembership.objects.filter(party_id=office(sample, "2").pk)
    membership.update(valid_until=case.filed_at - timedelta(minutes=1))
    OfficeMembership.objects.filter(party_id=office(sample, "3").pk).update(valid_from=timezone.now())
    found = lines(case, sample)
    assert not found["Engineering office"].name and found["Engineering office"].licence == ""


def test_the_decision_prints_office_amanah_subdivision_and_the_empty_invoice(sample: Sample, settings: Any) -> None:
    office(sample)
    settings.AMANAH_NAME_AR, settings.AMANAH_NAME_EN = "أمانة الاختبار", "Amanah of the test"
    case = decided(sample)
    file = case_file(case, case.attempts.get(fit=True), sample.viewer("mayor"))
    unit = build.result_units(file)[0]
    model = build.decision(file, unit, "N-1", new_verification_code())
    page = decision_html(model)
    for words in ("أمانة الاختبار", "Amanah of the test", "An office", "فرز الأراضي", "Land subdivision"):
        assert words in page, words
    assert "فاتورة الرسوم" in page and "Fee invoice" in page
    assert "رئيس البلدية أو نائبه" in page
    assert "مخطط" in model.parcel.subdivision_type.ar and "Plan" in model.parcel.subdivision_type.en
    letter = build.letter(file, "N-2", new_verification_code())
    assert [line.name.en for line in letter.sign_offs] == ["Account mayor"], "who decided signs, not an empty line"


def lend(sample: Sample, absent: str, to: str, role: str) -> None:
    until = timezone.now() + timedelta(days=7)
    Delegation.objects.create(from_user=sample.user(absent), to_user=sample.user(to), role=role, valid_until=until)


def behalf(found: dict[str, SignOff]) -> dict[str, str]:
    return {role: line.on_behalf_of.en for role, line in found.items() if line.on_behalf_of}


def test_a_sign_off_in_somebodys_place_says_in_whose(sample: Sample) -> None:
    case = sample.submitted("outsider")
    lend(sample, "reviewer", "planner", "reviewer")
    lend(sample, "mayor", "archive", "mayor")
    acts.finish(case, "survey_review", viewer=sample.viewer("planner"))
    acts.finish(case, "head_review", viewer=sample.viewer("survey_head"))
    approved, _ = acts.approve(case, "decision", viewer=sample.viewer("archive"))
    found = lines(approved, sample)
    assert behalf(found) == {"Survey reviewer": "Account reviewer", "Mayor or deputy": "Account mayor"}
    assert found["Survey reviewer"].name.en == "Account planner"
    assert found["Mayor or deputy"].name.en == "Account archive"
    assert found["Mayor or deputy"].on_behalf_of.ar == "حساب mayor"
    file = case_file(approved, approved.attempts.get(fit=True), sample.viewer("mayor"))
    page = decision_html(build.decision(file, build.result_units(file)[0], "N-1", new_verification_code()))
    for words in ("نيابةً عن", "On behalf of Account mayor", "On behalf of Account reviewer"):
        assert words in page, words
    letter = build.letter(file, "N-2", new_verification_code())
    assert [line.on_behalf_of.en for line in letter.sign_offs] == ["Account mayor"]


def test_nobody_is_named_where_everybody_signs_for_themselves(sample: Sample) -> None:
    lend(sample, "second_mayor", "mayor", "mayor")  # an own right is nobody's place
    case, _ = acts.approve(sample.case(), viewer=sample.viewer("mayor"))
    assert behalf(lines(case, sample)) == {}


def test_a_paper_without_register_says_it_too(sample: Sample) -> None:
    card, me = load_catalogue()["building_permit"], sample.viewer("resident")
    case = acts.open_case(card.code, [sample.uid], viewer=me)
    acts.fill(case, {field.code: an_answer(field) for field in card.form}, viewer=me)
    for document in card.documents:
        if document.required:
            acts.attach(case, sample.deed, viewer=me, document=document.code)
    acts.submit(case, viewer=me)
    lend(sample, "building_reviewer", "planner", "building_reviewer")
    acts.finish(case, viewer=sample.viewer("clerk"))
    acts.finish(case, viewer=sample.viewer("planner"))
    acts.approve(case, viewer=sample.viewer("building_head"))
    case.refresh_from_db()
    text = " ".join(poppler_text(next(outcome_papers(case, sample.viewer("registrar"))).content).split())
    assert "On behalf of Account building_reviewer" in text
    assert text.count("On behalf of") == 1
