"""What pages tell a person who was refused, found nothing, or is at the end of a way."""

from __future__ import annotations

import pytest
from django.test import Client

from gisportal.sample.office import join_office
from land_services.cases import acts
from tests.sample import Sample

from .test_pages import signed_in, text

pytestmark = pytest.mark.django_db(databases=["default", "owner"])


@pytest.fixture
def sample(sample_issued: Sample) -> Sample:
    return sample_issued


@pytest.mark.parametrize("kind, place", [("file", "file"), ("papers", "papers")])
def test_what_is_refused_is_said_at_the_top_too_and_leads_to_its_place(sample: Sample, kind: str, place: str) -> None:
    case = sample.open("surveyor")
    page = text(signed_in(sample, "surveyor").post(f"/en/cases/{case.reference}/{kind}/", {}))
    top = page.index("problem-top")
    assert f'href="#{place}-title"' in page[top:] and f'id="{place}-title"' in page[top:]
    assert top < page.index('class="split"')


def test_findings_come_before_what_is_still_to_be_handed_in(sample: Sample) -> None:
    page = text(signed_in(sample, "surveyor").get(f"/en/cases/{sample.case().reference}/"))
    assert page.index("map-title") < page.index("findings-title") < page.index("papers-title")


def test_a_search_without_a_match_is_no_empty_list(sample: Sample) -> None:
    client = signed_in(sample, "surveyor")
    found = text(client.get("/en/cases/?q=NOTHING"))
    assert "No request matches" in found and "No request yet" not in found
    assert "No request yet" in text(signed_in(sample, "outsider").get("/en/cases/"))


def test_a_form_says_which_answer_a_question_depends_on(sample: Sample) -> None:
    join_office(sample.user("surveyor"), "5900000009", "مكتب الاختبار", "Test Surveyors")
    case = acts.open_case("survey_decision", [sample.uid], viewer=sample.viewer("surveyor"))
    page = text(signed_in(sample, "surveyor").get(f"/en/cases/{case.reference}/"))
    assert 'data-only-if="f-' in page
    assert "Only if the answer to “" in page


def test_the_end_of_a_way_promises_nothing(sample: Sample) -> None:
    case = sample.open("surveyor")
    base = f"/en/cases/{case.reference}/"
    client: Client = signed_in(sample, "surveyor")
    assert "They appear here when the request is approved." in text(client.get(base))
    assert client.post(f"{base}act/", {"action": "withdraw"}).status_code == 302
    page = text(client.get(base))
    assert "None were issued for this request." in page and "when the request is approved" not in page
