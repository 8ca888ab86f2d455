"""A service may ask what the office that files is classified for: engine, pages, API and set-up say the same."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client

from gisportal.accounts.models import OfficeMembership, RoleGrant
from land_services.cases import acts
from land_services.cases.acts.filing import missing, no_office_for
from land_services.cases.at_work import look_at
from land_services.cases.errors import ActionRefused
from land_services.cases.models import Case
from land_services.catalogue import load_catalogue
from land_services.offices.models import Authorisation, OfficeLicence
from land_services.register.models import Party
from layers.models import AuditRow
from tests.sample import Sample

pytestmark = pytest.mark.django_db(databases=["default", "owner"])
MakeOffice = Callable[..., Party]
CARD = "building_drawings_check"
"""Filed by offices alone that are classified for engineering."""


def opened(sample: Sample, login: str = "surveyor", code: str = CARD, **more: Any) -> Case:
    parcels = [sample.uid] if load_catalogue()[code].land == "required" else []
    return acts.open_case(code, parcels, viewer=sample.viewer(login), **more)


def refused(sample: Sample, **more: Any) -> tuple[str, ActionRefused]:
    with pytest.raises(ActionRefused) as error:
        opened(sample, **more)
    (finding,) = error.value.findings
    assert finding.rule == "REQ-30" and not Case.objects.exists()
    return finding.variant, error.value


def test_an_office_of_the_class_files(sample: Sample, make_office: MakeOffice) -> None:
    office = make_office(classes=["surveying", "engineering"])
    assert opened(sample).party_id == office.pk


def test_an_office_of_another_class_is_told_which_is_needed_and_which_it_has(
    sample: Sample, make_office: MakeOffice
) -> None:
    make_office(classes=["planning"])
    variant, error = refused(sample)
    assert variant == ""
    for language, needed, held in (("en", "Engineering", "Town planning"), ("ar", "الاستشارات", "تخطيط المدن")):
        assert needed in error.message(language) and held in error.message(language)


def test_an_office_without_a_class_or_a_licence_on_record_is_told_so(sample: Sample, make_office: MakeOffice) -> None:
    office = make_office()
    assert refused(sample)[0] == "unrecorded"
    OfficeLicence.objects.filter(party=office).delete()
    with pytest.raises(ActionRefused, match="no licence of your office on record"):
        opened(sample)
    (finding,) = no_office_for(load_catalogue()[CARD], sample.viewer("surveyor"))
    assert (finding.rule, finding.variant) == ("REQ-25", "unrecorded")


def test_where_only_offices_file_an_account_without_one_does_not(sample: Sample) -> None:
    assert refused(sample)[0] == "no_office"
    owner = Party.objects.filter(kind="person").order_by("pk")[0]  # a party that is no office does not help
    OfficeMembership.objects.create(user=sample.user("surveyor"), party_id=owner.pk)
    assert refused(sample, party_id=owner.pk)[0] == "no_office"


def test_where_owners_file_too_an_owner_does_and_an_office_needs_its_class(
    sample: Sample, make_office: MakeOffice
) -> None:
    assert opened(sample, "resident", "building_permit").party_id is None
    office = make_office("surveyor", classes=["planning"])
    RoleGrant.objects.create(user=sample.user("surveyor"), role="applicant")
    with pytest.raises(ActionRefused, match="Engineering"):
        opened(sample, code="building_permit", party_id=office.pk)
    OfficeLicence.objects.update(classes=["engineering"])
    assert opened(sample, code="building_permit", party_id=office.pk).party_id == office.pk


def test_the_class_of_the_agent_counts_not_that_of_the_principal(
    sample: Sample, make_office: MakeOffice, today: date
) -> None:
    agent = make_office(classes=["planning"])
    principal = make_office("outsider", number="5100077777", classes=["engineering"])
    Authorisation.objects.create(
        principal=principal, agent=agent, number="W-9", valid_from=today, valid_until=today + timedelta(days=5)
    )
    assert refused(sample, party_id=principal.pk)[0] == ""
    OfficeLicence.objects.filter(party=agent).update(classes=["engineering"])
    assert opened(sample, party_id=principal.pk).party_id == principal.pk


def test_a_class_taken_away_meanwhile_stands_against_submitting(sample: Sample, make_office: MakeOffice) -> None:
    office = make_office(classes=["engineering"])
    case = opened(sample)
    OfficeLicence.objects.filter(party=office).update(classes=["surveying"])
    found = missing(look_at(case, sample.viewer("surveyor")))
    assert ("REQ-30", "") in [(finding.rule, finding.variant) for finding in found]


def test_a_case_goes_on_under_the_card_it_was_opened_under(sample: Sample, make_office: MakeOffice) -> None:
    make_office(classes=[])
    card = load_catalogue()["subdivision"]
    assert card.office_classes == () and no_office_for(card, sample.viewer("surveyor")) == ()


@pytest.mark.parametrize(("language", "words"), [("en", "classified for"), ("ar", "مصنف في")])
def test_the_public_page_says_the_class_and_an_office_without_it_reads_why(
    client: Client, sample: Sample, make_office: MakeOffice, language: str, words: str
) -> None:
    path = f"/{language}/services/{CARD}/"
    name = load_catalogue_name(language)
    assert name in client.get(path).content.decode(), "everybody reads which class is needed"
    make_office(classes=["planning"])
    client.force_login(sample.user("surveyor"))
    page = client.get(path).content.decode()
    assert words in page and "?open=" not in page
    OfficeLicence.objects.update(classes=["engineering"])
    assert f"?open={CARD}" in client.get(path).content.decode()


def load_catalogue_name(language: str) -> str:
    return "Engineering and building design" if language == "en" else "الاستشارات الهندسية وتصميم المباني"


def test_the_page_refuses_with_the_same_words(client: Client, sample: Sample, make_office: MakeOffice) -> None:
    make_office(classes=["planning"])
    client.force_login(sample.user("surveyor"))
    answer = client.post("/en/cases/open/", {"service": CARD, "parcel": sample.label})
    assert answer.status_code in (403, 409)
    assert "classified for: Engineering" in answer.content.decode()


def test_the_api_says_it_before_and_refuses_it_after(
    client: Client, sample: Sample, make_office: MakeOffice, settings: Any
) -> None:
    settings.API_PER_MINUTE = 0
    make_office(classes=["planning"])
    client.force_login(sample.user("surveyor"))
    card = client.get(f"/api/v1/services/{CARD}").json()
    assert card["office_classes"] == ["engineering"]
    assert card["office_class_names"][0]["en"] == "Engineering and building design"
    assert card["may_file"] is False and card["against"][0]["rule"] == "REQ-30"
    body = {"service": CARD, "parcels": [sample.uid]}
    answer = client.post("/api/v1/cases/", body, content_type="application/json")
    assert answer.status_code in (403, 409), answer.content
    assert answer.json()["findings"][0]["rule"] == "REQ-30"
    OfficeLicence.objects.update(classes=["engineering"])
    card = client.get(f"/api/v1/services/{CARD}").json()
    assert card["may_file"] is True and card["against"] == []


def test_classes_are_ticked_in_the_set_up_and_audited(client: Client, sample: Sample, make_office: MakeOffice) -> None:
    office = make_office()
    held = OfficeLicence.objects.get(party=office)
    user = sample.user("administrator")
    user.is_staff = user.is_superuser = True
    user.save()
    client.force_login(user)
    values = {
        "party": office.pk,
        "classification": "A",
        "classes": ["engineering", "planning"],
        "valid_from": held.valid_from.isoformat(),
        "valid_until": held.valid_until.isoformat(),
        "suspended_from": "",
        "suspended_until": "",
    }
    path = f"/en/admin/offices/officelicence/{held.pk}/change/"
    assert "Town planning" in client.get(path).content.decode()
    answer = client.post(path, values)
    assert answer.status_code == 302, answer.content.decode()[:2000]
    held.refresh_from_db()
    assert held.classes == ["engineering", "planning"]
    told = AuditRow.objects.get(action="officelicence.change")
    assert "engineering" in told.payload["values"]["classes"]
    assert client.post(path, {**values, "classes": ["flying"]}).status_code == 200, "a class that nobody knows"
    held.refresh_from_db()
    assert held.classes == ["engineering", "planning"]
