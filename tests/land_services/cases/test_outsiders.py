"""Of each land service: who has no part in a case neither sees nor moves it, and each stage is its role's alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from gisportal.accounts.models import RoleGrant
from land_services.cases import acts
from land_services.cases.acts.filing import missing
from land_services.cases.at_work import look_at
from land_services.cases.cards import card_of
from land_services.cases.errors import ActionRefused
from land_services.cases.models import Attempt, Case
from land_services.changesets import to_json
from land_services.domain import ChangeSet
from land_services.registry import SERVICES
from tests.land_services.cases.land_cases import draft
from tests.sample import CRS, Sample

pytestmark = pytest.mark.django_db(databases=["default", "owner"])

SEEING = ("administrator", "director", "archive", "mayor")
"""Who sees every case that was submitted."""


@pytest.fixture(scope="module")
def sample(sample_land: Sample) -> Sample:
    return sample_land


def signed_in(sample: Sample, login: str) -> Client:
    client = Client()
    client.force_login(sample.user(login))
    return client


def submitted(sample: Sample, service: str) -> Case:
    """Submit a case on a survey that stands in: who sees it does not depend on what was drawn."""
    case = draft(sample, service, [sample.uid])
    surveyor = sample.viewer("surveyor")  # of the office by now
    lacking = [field for field in card_of(case).form if field.required]
    Case.objects.filter(pk=case.pk).update(form={field.code: _answer(field) for field in lacking})
    Attempt.objects.create(
        case=case, number=1, file_name="a.dxf", sha256="0" * 64, file="surveys/a.dxf", by=sample.user("surveyor"),
        fit=True, change_set=to_json(ChangeSet(service, ())), report={"findings": []},
    )  # fmt: skip
    case.refresh_from_db()
    assert missing(look_at(case, surveyor)) == ()
    return acts.submit(case, viewer=surveyor)


def _answer(field: Any) -> Any:
    answers = {
        "yes_no": True, "date": "2020-01-05", "integer": 2, "number": "12.5", "money": "10.00", "phone": "0512345678",
        "email": "a@b.sa",
    }  # fmt: skip
    return field.choices[0].code if field.choices else answers.get(field.kind, "7")


@pytest.mark.parametrize("service", SERVICES)
def test_who_has_no_part_in_it_finds_nothing(sample: Sample, service: str) -> None:
    case = submitted(sample, service)
    page, api = f"/ar/cases/{case.reference}/", f"/api/v1/cases/{case.reference}"
    bad = json.dumps({"reason": 1})
    filer = signed_in(sample, "surveyor")  # for whom these addresses are there
    assert [filer.get(address).status_code for address in (page, api)] == [200, 200]
    assert filer.post(f"{api}/acts/withdraw", bad, content_type="application/json").status_code == 400
    for login in ("outsider", "resident", "agency"):
        client = signed_in(sample, login)
        asked: list[Callable[[], HttpResponse]] = [
            lambda c=client: c.get(page),
            lambda c=client: c.post(f"{page}act/", {"action": "withdraw", "note": "x"}),
            lambda c=client: c.get(api),
            lambda c=client: c.post(f"{api}/acts/withdraw", bad, content_type="application/json"),
        ]
        assert [ask().status_code for ask in asked] == [404] * 4, login
        for address in ("/ar/cases/", f"/ar/cases/?q={case.reference}", "/api/v1/cases/"):
            found = client.get(address)
            assert found.status_code == 200
            assert f"cases/{case.reference}" not in found.content.decode(), (login, address)
        with pytest.raises(ActionRefused):
            acts.withdraw(case, viewer=sample.viewer(login))
        with pytest.raises(ActionRefused):
            acts.hand_in(case, sample.proper, viewer=sample.viewer(login), crs=CRS)
    case.refresh_from_db()
    assert case.state == "submitted"


@pytest.mark.parametrize("service", SERVICES)
def test_staff_see_it_by_their_part_in_it_alone(sample: Sample, service: str) -> None:
    case = submitted(sample, service)
    part = {stage.role for stage in card_of(case).stages if stage.kind != "draft"} | {*SEEING, "surveyor"}
    staff = RoleGrant.objects.values_list("role", flat=True).distinct()
    for role in sorted(set(staff) - {"resident", "applicant", "agency"}):
        client = signed_in(sample, role)
        seen = client.get(f"/en/cases/{case.reference}/").status_code
        assert seen == (200 if role in part else 404), role


@pytest.mark.parametrize("service", SERVICES)
def test_a_stage_is_moved_by_its_own_role_alone(sample: Sample, service: str) -> None:
    case = submitted(sample, service)
    run = case.stages.filter(state="active").order_by("position")[0]
    staff = set(RoleGrant.objects.values_list("role", flat=True).distinct())
    for role in sorted(staff - {run.role}):
        for act in (acts.finish, acts.approve, acts.issue):
            with pytest.raises(ActionRefused):
                act(case, viewer=sample.viewer(role)) if act is acts.issue else act(
                    case, run.code, viewer=sample.viewer(role)
                )
    case.refresh_from_db()
    assert (case.state, case.entry_id) == ("submitted", None)
