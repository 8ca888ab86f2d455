"""An office files while its licence holds, an agent while the authorisation does; dates decide, and say so."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from gisportal.accounts.models import OfficeMembership
from land_services.cases import acts
from land_services.cases.acts.filing import missing
from land_services.cases.at_work import look_at
from land_services.cases.errors import ActionRefused, Incomplete
from land_services.cases.models import Case
from land_services.messages import message
from land_services.offices.models import Authorisation, OfficeLicence
from land_services.offices.standing import standing, warnings
from land_services.register.models import Party
from layers.models import AuditRow
from tests.sample import CRS, Sample

pytestmark = pytest.mark.django_db(databases=["default", "owner"])
MakeOffice = Callable[..., Party]


def licence(party: Party) -> OfficeLicence:
    return OfficeLicence.objects.get(party=party)


def rules(found: Any) -> list[tuple[str, str]]:
    return [(finding.rule, finding.variant) for finding in found]


def opened(sample: Sample, **fields: Any) -> Case:
    return acts.open_case("subdivision", [sample.uid], viewer=sample.viewer("surveyor"), **fields)


def test_the_one_office_of_a_surveyor_is_what_a_case_is_filed_for(sample: Sample, make_office: MakeOffice) -> None:
    office = make_office()
    assert opened(sample).party_id == office.pk


def test_of_several_offices_one_is_chosen(sample: Sample, make_office: MakeOffice) -> None:
    _first, second = make_office(), make_office(number="5100099999")
    with pytest.raises(Incomplete) as refused:
        opened(sample)
    assert rules(refused.value.findings) == [("REQ-29", "")]
    assert opened(sample, party_id=second.pk).party_id == second.pk


def test_the_last_day_still_counts_and_the_next_does_not(make_office: MakeOffice, today: date) -> None:
    office = make_office(days=0)
    assert standing(office.pk, {office.pk}, today, "subdivision") == ()
    assert rules(standing(office.pk, {office.pk}, today + timedelta(days=1), "subdivision")) == [("REQ-25", "")]
    assert rules(standing(office.pk, {office.pk}, today - timedelta(days=401), "subdivision")) == [
        ("REQ-25", "not_begun")
    ]


def test_an_expired_office_does_not_file_and_is_told_since_when(
    sample: Sample, make_office: MakeOffice, today: date
) -> None:
    make_office(days=-1)
    with pytest.raises(ActionRefused) as refused:
        opened(sample)
    assert (today - timedelta(days=1)).isoformat() in refused.value.message("en")
    assert not Case.objects.exists()


def test_an_office_that_expires_or_is_suspended_meanwhile_does_not_submit(
    sample: Sample, make_office: MakeOffice, today: date
) -> None:
    held = licence(make_office())
    case = opened(sample)
    viewer = sample.viewer("surveyor")
    acts.attach(case, sample.deed, viewer=viewer, document="deed", file_name="deed.pdf")
    acts.hand_in(case, sample.proper, viewer=viewer, crs=CRS)
    held.suspended_from = today
    held.save()
    with pytest.raises(Incomplete) as refused:
        acts.submit(case, viewer=viewer)
    assert rules(refused.value.findings) == [("REQ-26", "")]
    held.suspended_until = today + timedelta(days=3)
    held.save()
    (until,) = missing(look_at(case, viewer))
    assert (today + timedelta(days=4)).isoformat() in message(until, "en")
    assert (today + timedelta(days=4)).isoformat() in message(until, "ar")
    held.suspended_from = held.suspended_until = None
    held.save()
    assert acts.submit(case, viewer=viewer).state == "submitted"


def test_who_left_the_office_does_not_submit_for_it(sample: Sample, make_office: MakeOffice) -> None:
    office = make_office()
    case = opened(sample)
    OfficeMembership.objects.filter(party_id=office.pk).delete()
    assert ("REQ-28", "") in rules(missing(look_at(case, sample.viewer("surveyor"))))


def test_an_office_without_a_licence_on_record_does_not_file_where_an_office_is_asked_for(
    client: Client, sample: Sample, make_office: MakeOffice, today: date
) -> None:
    office = make_office()
    case, viewer = opened(sample), sample.viewer("surveyor")
    OfficeLicence.objects.all().delete()
    unrecorded = ("REQ-25", "unrecorded")
    assert rules(standing(office.pk, {office.pk}, today, "subdivision")) == [unrecorded]
    assert rules(warnings({office.pk}, today)) == [unrecorded]
    assert unrecorded in rules(missing(look_at(case, viewer)))
    with pytest.raises(ActionRefused) as refused:
        opened(sample)
    assert rules(refused.value.findings) == [unrecorded]
    client.force_login(sample.user("surveyor"))
    for language, words in (("en", "no licence of your office on record"), ("ar", "لا ترخيص مسجلًا لمكتبكم")):
        assert words in client.get(f"/{language}/cases/").content.decode()
        assert words in client.get(f"/{language}/services/subdivision/").content.decode()
    owner = Party.objects.filter(kind="person").order_by("pk")[0]
    dates = {"valid_from": today, "valid_until": today}
    Authorisation.objects.create(principal=owner, agent=office, number="W-7", **dates)
    assert rules(standing(owner.pk, {office.pk}, today, "subdivision")) == [unrecorded]


@pytest.mark.parametrize("id_kind", ["national_id", "commercial_registration"])
def test_owners_and_companies_that_are_no_office_need_no_licence(
    sample: Sample, make_office: MakeOffice, today: date, id_kind: str
) -> None:
    office = make_office()
    OfficeLicence.objects.all().delete()
    for service in ("subdivision", "building_permit"):
        assert rules(standing(office.pk, {office.pk}, today, service)) == [("REQ-25", "unrecorded")]
    for service in ("office_classification", "office_renewal", "site_visit_request"):
        assert standing(office.pk, {office.pk}, today, service) == (), "what it asks for itself, or anybody may"
    Party.objects.filter(pk=office.pk).update(id_kind=id_kind)
    assert standing(office.pk, {office.pk}, today, "subdivision") == () and warnings({office.pk}, today) == ()
    assert opened(sample, party_id=office.pk).party_id == office.pk


def test_an_agent_files_while_the_authorisation_holds(sample: Sample, make_office: MakeOffice, today: date) -> None:
    office = make_office()
    owner = Party.objects.filter(kind="person").order_by("pk")[0]
    with pytest.raises(ActionRefused, match="do not speak"):
        opened(sample, party_id=owner.pk)
    paper = Authorisation.objects.create(
        principal=owner, agent=office, number="W-7", valid_from=today, valid_until=today + timedelta(days=5)
    )
    case = opened(sample, party_id=owner.pk)
    assert case.party_id == owner.pk
    day = today + timedelta(days=6)
    assert rules(standing(owner.pk, {office.pk}, day, "subdivision")) == [("REQ-28", "ended")]
    assert rules(standing(owner.pk, {office.pk}, today - timedelta(days=1), "subdivision")) == [("REQ-28", "not_begun")]
    paper.revoked_on = today
    paper.save()
    assert ("REQ-28", "revoked") in rules(missing(look_at(case, sample.viewer("surveyor"))))


def test_an_agent_whose_own_licence_ended_does_not_file_for_others(
    sample: Sample, make_office: MakeOffice, today: date
) -> None:
    office = make_office(days=-1)
    owner = Party.objects.filter(kind="person").order_by("pk")[0]
    Authorisation.objects.create(
        principal=owner, agent=office, number="W-7", valid_from=today, valid_until=today + timedelta(days=5)
    )
    assert rules(standing(owner.pk, {office.pk}, today, "subdivision")) == [("REQ-25", "")]


@pytest.mark.parametrize(
    ("days", "found"), [(31, []), (30, [("REQ-27", "")]), (0, [("REQ-27", "")]), (-1, [("REQ-25", "")])]
)
def test_a_warning_comes_thirty_days_before(
    make_office: MakeOffice, today: date, days: int, found: list[tuple[str, str]]
) -> None:
    office = make_office(days=days)
    assert rules(warnings({office.pk}, today)) == found
    assert warnings({office.pk + 1}, today) == ()


def test_pages_warn_and_let_one_choose(client: Client, sample: Sample, make_office: MakeOffice, today: date) -> None:
    make_office(days=10)
    client.force_login(sample.user("surveyor"))
    page = client.get("/en/cases/").content.decode()
    assert (today + timedelta(days=10)).isoformat() in page
    assert 'name="party"' not in page
    second = make_office(number="5100099999")
    page = client.get("/en/cases/").content.decode()
    assert f'<option value="{second.pk}">Office 5100099999</option>' in page
    sent = {"service": "subdivision", "parcel": sample.uid, "party": "self"}
    assert client.post("/en/cases/open/", sent).status_code == 400
    assert client.post("/en/cases/open/", {**sent, "party": second.pk}).status_code == 302
    assert Case.objects.get().party_id == second.pk
    assert client.post("/en/cases/open/", {**sent, "party": "9" * 20}).status_code == 409
    client.force_login(sample.user("outsider"))
    assert (today + timedelta(days=10)).isoformat() not in client.get("/en/cases/").content.decode()


def test_the_database_keeps_dates_in_order(make_office: MakeOffice, today: date) -> None:
    held = licence(make_office())
    for wrong in (
        {"valid_until": held.valid_from - timedelta(days=1)},
        {"suspended_from": today, "suspended_until": today - timedelta(days=1)},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            OfficeLicence.objects.filter(pk=held.pk).update(**wrong)
    with pytest.raises(IntegrityError), transaction.atomic():
        Authorisation.objects.create(
            principal=held.party, agent=held.party, number="1", valid_from=today, valid_until=today
        )


def test_only_administrators_set_dates_and_each_change_is_told(
    client: Client, sample: Sample, make_office: MakeOffice, today: date
) -> None:
    held = licence(make_office())
    address = f"/en/admin/offices/officelicence/{held.pk}/change/"
    head = sample.user("survey_head")
    head.is_staff = True
    head.save()
    client.force_login(head)
    assert client.get(address).status_code in (302, 403, 404)
    admin = sample.user("administrator")
    admin.is_staff = admin.is_superuser = True
    admin.save()
    client.force_login(admin)
    sent = {
        "party": held.party_id,
        "classification": "B",
        "valid_from": held.valid_from.isoformat(),
        "valid_until": held.valid_until.isoformat(),
        "suspended_from": today.isoformat(),
        "suspended_until": "",
    }
    assert client.post(address, sent).status_code == 302
    held.refresh_from_db()
    assert (held.classification, held.suspended_from) == ("B", today)
    told = AuditRow.objects.get(action="officelicence.change")
    assert told.payload["values"] == {"classification": "B", "suspended_from": today.isoformat()}
