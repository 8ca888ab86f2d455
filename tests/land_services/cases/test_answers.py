"""What the form says reaches the checks of a service that asks, and another answer asks for the file again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import pytest

from land_services.cases import acts
from land_services.cases.acts.filing import missing
from land_services.cases.at_work import look_at
from land_services.cases.checking import check_file
from land_services.cases.models import Attempt, Case
from land_services.domain import Facts, Finding, Rules
from land_services.messages import message
from land_services.registry import SERVICES
from land_services.services import subdivision
from tests.land_services.cases.land_cases import draft
from tests.sample import CRS, Sample

pytestmark = pytest.mark.django_db(databases=["default", "owner"])

SEEN: list[Mapping[str, Any]] = []


@dataclass(frozen=True)
class Inputs(subdivision.Inputs):
    answers: Mapping[str, Any] = field(default_factory=dict)


def check_answers(inputs: Inputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    SEEN.append(inputs.answers)
    return ()


@pytest.fixture(autouse=True)
def asking(monkeypatch: pytest.MonkeyPatch) -> None:
    SEEN.clear()
    service = subdivision.SERVICE
    asks = replace(service, inputs=Inputs, checks=(*service.checks, check_answers))
    monkeypatch.setitem(SERVICES, service.code, asks)


FORM = {"units": 2}


def test_a_service_that_asks_gets_the_form_when_a_file_is_handed_in(sample_land: Sample) -> None:
    case, surveyor = sample_land.open("surveyor"), sample_land.viewer("surveyor")
    Case.objects.filter(pk=case.pk).update(form=FORM)
    case.refresh_from_db()
    acts.hand_in(case, sample_land.proper, viewer=surveyor, crs=CRS)
    assert SEEN == [FORM]


def test_a_file_without_a_case_has_no_answers(sample_land: Sample) -> None:
    check_file("subdivision", sample_land.proper, [sample_land.uid], reference="x", filed_on=date(2026, 1, 1), crs=CRS)
    assert SEEN == [{}]


def test_a_form_that_changed_after_the_check_asks_for_the_file_again(sample_land: Sample) -> None:
    case, surveyor = (
        draft(sample_land, "deed_update", [sample_land.uid], {"deed_no": "1"}),
        sample_land.viewer("surveyor"),
    )
    attempt = Attempt(
        case=case, number=1, file_name="a.dxf", sha256="0" * 64, by=sample_land.user("surveyor"), fit=True
    )
    attempt.change_set, attempt.change_set_digest = {"version": 1, "service": case.service, "operations": []}, "0" * 64
    attempt.save()
    assert [f for f in missing(look_at(case, surveyor)) if f.rule == "REQ-23"] == []
    acts.fill(case, {"deed_no": "1"}, viewer=surveyor)
    assert [f for f in missing(look_at(case, surveyor)) if f.rule == "REQ-23"] == [], "nothing changed"
    acts.fill(case, {"deed_no": "2"}, viewer=surveyor)
    found = [f for f in missing(look_at(case, surveyor)) if f.rule == "REQ-23"]
    assert [f.variant for f in found] == ["form"]
    assert "again" in message(found[0], "en")
