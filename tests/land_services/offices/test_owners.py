"""Who acts for each owner of the land of a request: by a paper that holds on the day and is for the service."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client

from land_services.cases import acts
from land_services.cases.acts.filing import acted_for, missing
from land_services.cases.at_work import look_at
from land_services.cases.errors import ActionRefused, Incomplete
from land_services.cases.models import Case
from land_services.messages import message
from land_services.offices.models import Authorisation
from land_services.offices.owners import owners_acted_for
from land_services.register.models import Party, Right
from land_services.register.selectors import titles_of
from layers.viewer import Viewer
from tests.sample import CRS, Sample

pytestmark = pytest.mark.django_db(databases=["default", "owner"])
MakeOffice = Callable[..., Party]


def owner_of(uid: str) -> Party:
    return Party.objects.get(pk=titles_of([uid])[0].rights[0].party_id)


def authorise(owner: Party, office: Party, today: date, **more: Any) -> Authorisation:
    held = {"number": "W-7", "valid_from": today - timedelta(days=9), "valid_until": today + timedelta(days=5), **more}
    return Authorisation.objects.create(principal=owner, agent=office, **held)


def ready(sample: Sample, viewer: Viewer) -> Case:
    case = acts.open_case("subdivision", [sample.uid], viewer=viewer)
    acts.attach(case, sample.deed, viewer=viewer, document="deed", file_name="deed.pdf")
    acts.hand_in(case, sample.proper, viewer=viewer, crs=CRS)
    return case


def against(case: Case, viewer: Viewer) -> list[tuple[str, str]]:
    return [(f.rule, f.variant) for f in missing(look_at(case, viewer))]


def test_a_paper_on_record_binds_whoever_files(sample: Sample, make_office: MakeOffice, today: date) -> None:
    office, owner, viewer = make_office(), owner_of(sample.uid), sample.viewer("surveyor")
    case = ready(sample, viewer)
    assert against(case, viewer) == []  # none on record: what is attached is looked at by the reviewer
    paper = authorise(owner, office, today, valid_until=today - timedelta(days=1))
    assert against(case, viewer) == [("REQ-31", "ended")]
    with pytest.raises(Incomplete) as refused:
        acts.submit(case, viewer=viewer)
    for language in ("ar", "en"):
        words = message(refused.value.findings[0], language)
        assert "W-7" in words and "1/1" in words and (today - timedelta(days=1)).isoformat() in words
        assert owner.name_ar not in words
    paper.valid_from, paper.valid_until = today + timedelta(days=1), today + timedelta(days=9)
    paper.save()
    assert against(case, viewer) == [("REQ-31", "not_begun")]
    paper.valid_from, paper.revoked_on = today - timedelta(days=1), today
    paper.save()
    assert against(case, viewer) == [("REQ-31", "revoked")]
    authorise(owner, office, today, number="W-8")
    assert acts.submit(case, viewer=viewer).state == "submitted"


def test_a_paper_for_other_services_is_no_paper_for_this_one(
    sample: Sample, make_office: MakeOffice, today: date
) -> None:
    office, owner, viewer = make_office(), owner_of(sample.uid), sample.viewer("surveyor")
    paper = authorise(owner, office, today, services=["merge", "deed_update"])
    with pytest.raises(ActionRefused, match="for other services: Merging"):
        acts.open_case("subdivision", [sample.uid], viewer=viewer, party_id=owner.pk)
    case = ready(sample, viewer)
    assert against(case, viewer) == [("REQ-31", "for_others")]
    paper.services = ["merge", "subdivision"]
    paper.save()
    assert against(case, viewer) == []
    assert acts.open_case("subdivision", [sample.uid], viewer=viewer, party_id=owner.pk).party_id == owner.pk


def test_each_heir_is_asked_for(sample: Sample, make_office: MakeOffice, today: date) -> None:
    office, uid = make_office(), sample.situation("heirs_big_denominators")
    heirs = list(
        Right.objects.filter(ba_unit__parcels__parcel_uid=uid, kind="ownership", end_entry=None).order_by("pk")
    )
    assert len(heirs) > 2
    authorise(heirs[0].party, office, today)
    authorise(heirs[1].party, office, today, valid_until=today - timedelta(days=1))
    rows = owners_acted_for([uid], {office.pk, heirs[2].party_id}, "merge", today)
    assert [row.how for row in rows[:3]] == ["authorised", "lapsed", "self"]
    assert {row.how for row in rows[3:]} <= {"unproven", "registered"}
    assert sum(row.share for row in rows) == 1
    attached = owners_acted_for([uid], {office.pk}, "merge", today, attached=["power_of_attorney"])
    assert {row.how for row, right in zip(attached, heirs, strict=True) if right.party.kind == "person"} == {
        "authorised", "lapsed", "attached",
    }  # fmt: skip


def test_the_page_tells_both_sides_and_names_nobody(sample: Sample, make_office: MakeOffice, today: date) -> None:
    office, owner, viewer = make_office(), owner_of(sample.uid), sample.viewer("surveyor")
    case = ready(sample, viewer)
    authorise(owner, office, today)
    acts.submit(case, viewer=viewer)
    assert [row.how for row in acted_for(look_at(case, sample.viewer("reviewer")), today)] == ["authorised"]
    for login, language, words in (
        ("surveyor", "ar", "الملاك ومن يمثلهم"), ("reviewer", "en", "Owners and who acts for them"),
    ):  # fmt: skip
        client = Client()
        client.force_login(sample.user(login))
        page = client.get(f"/{language}/cases/{case.reference}/").content.decode()
        assert words in page and "W-7" in page
        assert owner.name_ar not in page
