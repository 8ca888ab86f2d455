"""Looks at cases and their files are told, and only administrators list them."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from gisportal.accounts.models import RoleGrant
from land_services.cases import acts
from land_services.cases.cards import card_of
from land_services.cases.looks import LOOKS
from land_services.cases.models import Case, Referral
from land_services.cases.proof import case_faults
from land_services.catalogue.seeing import STAFF_ROLES
from land_services.register.models import Party
from land_services.register.personal import read_parties
from layers.models import AuditRow
from tests.sample import Sample

pytestmark = pytest.mark.django_db(databases=["default", "owner"])
PAGE = "/en/accounts/looks/"


@pytest.fixture
def sample(sample_issued: Sample) -> Sample:
    return sample_issued


def told(case: Case) -> list[tuple[str, int | None, dict[str, Any]]]:
    rows = AuditRow.objects.filter(subject=case.reference, action__in=LOOKS).order_by("pk")
    return [(row.action, row.actor_id, row.payload) for row in rows]


def read_case(sample: Sample) -> None:
    client = Client()
    client.force_login(sample.user("director"))
    document = sample.case().documents.order_by("pk")[0]
    assert client.get(f"/api/v1/cases/{sample.case().reference}/documents/{document.pk}").status_code == 200


def test_a_download_by_staff_is_told_and_one_by_the_filer_is_not(client: Client, sample: Sample) -> None:
    case = sample.case()
    paper = case.files.get(document="deed")
    with override("en"):
        address = reverse("case-paper", args=[case.reference, paper.pk])
    client.force_login(sample.user("surveyor"))
    assert client.get(address).status_code == 200
    assert not AuditRow.objects.filter(action="case.paper_read").exists()
    client.force_login(sample.user("resident"))
    assert client.get(address).status_code == 404
    assert not AuditRow.objects.filter(action="case.paper_read").exists()
    reviewer = sample.user("reviewer")
    client.force_login(reviewer)
    assert client.get(address).status_code == 200
    row = AuditRow.objects.get(action="case.paper_read")
    assert (row.subject, row.actor_id, row.payload) == (case.reference, reviewer.pk, {"paper": paper.pk})


def test_a_look_at_a_paper_that_was_issued_or_a_survey_is_told_once(client: Client, sample: Sample) -> None:
    case = sample.case()
    document, number = case.documents.order_by("pk")[0], case.attempts.order_by("-number")[0].number
    page, api = f"/en/cases/{case.reference}", f"/api/v1/cases/{case.reference}"
    files = [
        (f"{page}/documents/{document.pk}/", "case.document_read", {"document": document.pk}),
        (f"{api}/documents/{document.pk}", "case.document_read", {"document": document.pk}),
        (f"{page}/files/{number}/", "case.attempt_read", {"attempt": number}),
        (f"{api}/attempts/{number}/file", "case.attempt_read", {"attempt": number}),
    ]
    client.force_login(sample.user("surveyor"))
    for address, _, _ in files:
        assert client.get(address).status_code == 200, address
    client.force_login(sample.user("resident"))
    for address, _, _ in files:
        assert client.get(address).status_code == 404, address
    assert told(case) == []
    for login in ("registrar", "administrator"):
        client.force_login(sample.user(login))
        for address, _, _ in files:
            assert client.get(address).status_code == 200, address
    readers = [sample.user(login).pk for login in ("registrar", "administrator")]
    assert told(case) == [(action, reader, ids) for reader in readers for _, action, ids in files]


def test_a_look_at_a_case_names_the_answers_and_holds_none(client: Client, sample: Sample) -> None:
    case = acts.open_case("site_visit_request", viewer=sample.viewer("resident"))
    codes = {one.code: one.kind for one in card_of(case).form}
    form = {code: {"phone": "0512345678", "long_text": "عند سالم"}.get(kind, "") for code, kind in codes.items()}
    roles = {stage.role for stage in card_of(case).stages} - {"applicant", "resident"}
    Case.objects.filter(pk=case.pk).update(form=form, submitted_at=case.filed_at, state="submitted")
    addresses = (f"/en/cases/{case.reference}/", f"/api/v1/cases/{case.reference}")
    client.force_login(sample.user("resident"))
    for address in addresses:
        assert client.get(address).status_code == 200
    assert told(case) == []
    reader = sample.user(sorted(roles & STAFF_ROLES)[0])
    client.force_login(reader)
    for address in addresses:
        assert client.get(address).status_code == 200
    wanted = {"fields": [code for code in codes if form[code]]}
    assert wanted["fields"] and told(case) == [("case.read", reader.pk, wanted)] * 2
    assert "0512345678" not in str(told(case)) and "سالم" not in str(told(case))
    assert not [fault for fault in case_faults() if "audit" in fault[1]]


def test_an_agency_that_was_asked_is_told_of_too(client: Client, sample: Sample) -> None:
    case = sample.case()
    at = {"asked_at": timezone.now(), "due_at": timezone.now(), "default_answer": "consent"}
    Referral.objects.create(case=case, stage="survey_review", agency="electricity", **at)
    agent = sample.user("agency")
    RoleGrant.objects.filter(user=agent).update(area="electricity")
    client.force_login(agent)
    assert client.get(f"/en/cases/{case.reference}/").status_code == 200
    assert client.post(f"/en/cases/{case.reference}/act/", {"action": "say", "text": "x"}).status_code == 403
    assert [(action, actor) for action, actor, _ in told(case)] == [("case.read", agent.pk)] * 2


def test_administrators_find_looks_by_case_party_and_account(client: Client, sample: Sample) -> None:
    party = Party.objects.order_by("pk")[0]
    mayor = sample.user("mayor")
    read_parties([party.pk], viewer=sample.viewer("mayor"), purpose="SUB-1448-000777")
    client.force_login(sample.user("administrator"))
    for asked in ("what=case&q=sub-1448-000777", f"what=party&q={party.pk}", f"what=account&q={mayor.pk}"):
        page = client.get(f"{PAGE}?{asked}").content.decode()
        assert "SUB-1448-000777" in page and str(mayor) in page, asked
        assert party.name_ar not in page
    read_case(sample)
    for language, words in (("en", "Issued document"), ("ar", "الوثيقة الصادرة")):
        page = client.get(f"/{language}/accounts/looks/?what=case&q={sample.case().reference}")
        assert words in page.content.decode()
    for nothing in ("what=party&q=999999", "what=account&q=x", "what=party&q=" + "9" * 40, "what=case&q=%00", ""):
        page = client.get(f"{PAGE}?{nothing}")
        assert page.status_code == 200 and str(mayor) not in page.content.decode()


def test_for_everybody_else_there_is_no_such_page(client: Client, sample: Sample) -> None:
    assert client.get(PAGE).status_code == 302
    for login in ("mayor", "director", "reviewer", "surveyor", "resident", "agency", "gis_engineer"):
        client.force_login(sample.user(login))
        assert client.get(PAGE).status_code == 404, login
        assert PAGE not in client.get("/en/accounts/").content.decode()
