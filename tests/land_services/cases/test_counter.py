"""At the counter: a clerk files for a visitor, a colleague judges, the visitor follows by a code."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client

from gisportal.accounts.models import RoleGrant, User
from gisportal.accounts.viewer import viewer_of
from land_services.cases import acts
from land_services.cases.errors import Incomplete, NotYours
from land_services.cases.models import Case
from land_services.catalogue import load_catalogue
from layers.models import AuditRow
from tests.land_services.cases.test_documents_only import file_request, sample
from tests.land_services.cases.test_machine import an_answer
from tests.land_services.documents.pdfs import poppler_text
from tests.sample import Sample

__all__ = ["sample"]

pytestmark = pytest.mark.django_db(databases=["default", "owner"])
VISITOR = {"name": "  سعد   بن ناصر العتيبي ", "phone": "٠٥٥ ١٢٣-٤٥٦٧"}
KEPT = {"name": "سعد بن ناصر العتيبي", "phone": "0551234567"}


def opened(sample: Sample, login: str = "clerk", service: str = "building_permit") -> Case:
    return acts.open_case(service, [sample.uid], viewer=sample.viewer(login), visitor=VISITOR)


def filled(sample: Sample) -> Case:
    case, me, card = opened(sample), sample.viewer("clerk"), load_catalogue()["building_permit"]
    acts.fill(case, {field.code: an_answer(field) for field in card.form}, viewer=me)
    for document in card.documents:
        if document.required:
            acts.attach(case, sample.deed, viewer=me, document=document.code)
    return acts.submit(case, viewer=me)


def test_a_visitors_request_goes_from_the_counter_to_the_paper_in_their_name(sample: Sample) -> None:
    case = filled(sample)
    assert (case.channel, case.visitor) == ("counter", KEPT)
    with pytest.raises(NotYours, match="they filed"):
        acts.finish(case, viewer=sample.viewer("clerk"))
    colleague = User.objects.create(login="second_clerk")
    RoleGrant.objects.create(user=colleague, role="clerk")
    acts.finish(case, viewer=viewer_of(colleague))
    acts.finish(case, viewer=sample.viewer("building_reviewer"))
    acts.approve(case, viewer=sample.viewer("building_head"))
    acts.pay(case, "R-1", viewer=sample.viewer("cashier"))
    papers = acts.issue(case, viewer=sample.viewer("archive"))
    text = poppler_text(Path(papers[0].file.path).read_bytes())
    assert "العتيبي" in text and "Account clerk" not in text.split("Approved")[0]
    assert not AuditRow.objects.filter(payload__icontains="0551234567").exists(), "the audit holds no phone"


@pytest.mark.parametrize(
    ("visitor", "words"),
    [
        (None, "whole name"),
        ({"name": "", "phone": "0551234567"}, "whole name"),
        ({"name": "س" * 121, "phone": "0551234567"}, "whole name"),
        ({"name": "سعد", "phone": ""}, "phone number"),
        ({"name": "سعد", "phone": "05x1234567"}, "phone number"),
    ],
)
def test_whoever_comes_is_named_with_a_phone(sample: Sample, visitor: dict[str, str] | None, words: str) -> None:
    with pytest.raises(Incomplete, match=words):
        acts.open_case("building_permit", [sample.uid], viewer=sample.viewer("clerk"), visitor=visitor)
    assert not Case.objects.exists()


def test_only_clerks_file_for_visitors_and_only_where_the_card_says_so(sample: Sample) -> None:
    for login in ("resident", "reviewer", "mayor"):
        with pytest.raises(NotYours):
            opened(sample, login)
    with pytest.raises(NotYours):
        opened(sample, service="subdivision")
    web_only = next(
        card.code
        for card in load_catalogue().values()
        if "counter" not in card.channels and card.draft.role == "applicant" and card.status == "open"
    )
    with pytest.raises(NotYours):
        acts.open_case(web_only, [], viewer=sample.viewer("clerk"), visitor=VISITOR)
    RoleGrant.objects.create(user=sample.user("clerk"), role="resident")
    mine = acts.open_case("building_permit", [sample.uid], viewer=sample.viewer("clerk"))
    assert (mine.channel, mine.visitor) == ("web", {}), "who is a resident too files for themselves"
    assert opened(sample).visitor == KEPT


def test_the_database_keeps_visitors_at_the_counter(sample: Sample) -> None:
    case = file_request(sample, "building_permit")
    for visitor in ('{"name": "x"}', "[]"):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("UPDATE cases_case SET visitor = %s::jsonb WHERE id = %s", [visitor, case.pk])


def test_the_page_asks_for_the_visitor_and_shows_them_to_staff_alone(client: Client, sample: Sample) -> None:
    clerk = sample.user("clerk")
    client.force_login(clerk)
    assert client.get("/en/services/building_permit/").content.decode().count("Open a request") == 1
    assert 'name="visitor_name"' in client.get("/en/cases/").content.decode()
    form = {"service": "building_permit", "parcel": sample.uid, "visitor_name": "Saad", "visitor_phone": "1"}
    refused = client.post("/en/cases/open/", form)
    assert refused.status_code == 400
    page = refused.content.decode()
    assert "phone number" in page and 'value="Saad"' in page, "what was typed stays"
    assert client.post("/en/cases/open/", {**form, "visitor_phone": "0551234567"}).status_code == 302
    case = Case.objects.get()
    assert "Saad" in client.get(f"/en/cases/{case.reference}/").content.decode()
    told = client.get(f"/api/v1/cases/{case.reference}").json()
    assert told["visitor"] == {"name": "Saad", "phone": "0551234567"} and told["channel"] == "counter"
    client.force_login(sample.user("resident"))
    assert 'name="visitor_name"' not in client.get("/en/cases/").content.decode()
    assert client.get(f"/en/cases/{case.reference}/").status_code == 404


def test_the_api_files_for_a_visitor(client: Client, sample: Sample) -> None:
    client.force_login(sample.user("clerk"))
    body = {"service": "building_permit", "parcels": [sample.uid], "visitor_name": "سعد", "visitor_phone": "0551234567"}
    made = client.post("/api/v1/cases/", body, content_type="application/json")
    if made.status_code == 404:
        made = client.post("/api/v1/cases", body, content_type="application/json")
    assert made.status_code == 201 and made.json()["visitor"]["name"] == "سعد"
