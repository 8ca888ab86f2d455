"""Looks at what people attached are told, and only administrators list them."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

from land_services.register.models import Party
from land_services.register.personal import read_parties
from layers.models import AuditRow
from tests.sample import Sample

pytestmark = pytest.mark.django_db(databases=["default", "owner"])
PAGE = "/en/accounts/looks/"


@pytest.fixture
def sample(sample_recommended: Sample) -> Sample:
    return sample_recommended


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
    told = AuditRow.objects.get(action="case.paper_read")
    assert (told.subject, told.actor_id, told.payload) == (case.reference, reviewer.pk, {"paper": paper.pk})


def test_administrators_find_looks_by_case_party_and_account(client: Client, sample: Sample) -> None:
    party = Party.objects.order_by("pk")[0]
    mayor = sample.user("mayor")
    read_parties([party.pk], viewer=sample.viewer("mayor"), purpose="SUB-1448-000777")
    client.force_login(sample.user("administrator"))
    for asked in ("what=case&q=sub-1448-000777", f"what=party&q={party.pk}", f"what=account&q={mayor.pk}"):
        page = client.get(f"{PAGE}?{asked}").content.decode()
        assert "SUB-1448-000777" in page and str(mayor) in page, asked
        assert party.name_ar not in page
    for nothing in ("what=party&q=999999", "what=account&q=x", "what=party&q=" + "9" * 40, "what=case&q=%00", ""):
        page = client.get(f"{PAGE}?{nothing}")
        assert page.status_code == 200 and str(mayor) not in page.content.decode()


def test_for_everybody_else_there_is_no_such_page(client: Client, sample: Sample) -> None:
    assert client.get(PAGE).status_code == 302
    for login in ("mayor", "director", "reviewer", "surveyor", "resident", "agency", "gis_engineer"):
        client.force_login(sample.user(login))
        assert client.get(PAGE).status_code == 404, login
        assert PAGE not in client.get("/en/accounts/").content.decode()
