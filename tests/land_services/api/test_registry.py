"""The registry's own system: a token of a registrar confirms or returns, once, and is told all that is wrong."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from land_services.api.tokens import make_token
from land_services.cases import acts
from land_services.deeds import hijri_of
from land_services.register.models import RegisterEntry
from land_services.register.selectors import titles_of
from layers.models import Parcel
from tests.land_services.api.asking import Asker
from tests.sample import Sample

pytestmark = pytest.mark.django_db(databases=["default", "owner"])


@pytest.fixture
def sample(sample_issued: Sample) -> Sample:
    return sample_issued


@pytest.fixture(autouse=True)
def no_limit(settings: Any) -> None:
    settings.API_PER_MINUTE = 0


def parts(sample: Sample) -> list[Parcel]:
    made = Parcel.objects.filter(begin_entry_id=sample.case().entry_id or 0, parcel_no__contains="/")
    return list(made.order_by("parcel_no"))


def deeds(sample: Sample, *, by_number: bool = False) -> list[dict[str, Any]]:
    on = hijri_of(timezone.localdate())
    return [
        {
            "number": f"3305{n:05d}", "dated": on, "issuer": "السجل العقاري", "area_m2": str(parcel.official_area_m2),
            "form": "electronic", "registry_no": f"RER-{n}",
            "parcels": [parcel.parcel_no if by_number else str(parcel.uid)],
        }
        for n, parcel in enumerate(parts(sample), start=1)
    ]  # fmt: skip


def body(sample: Sample, **more: Any) -> dict[str, Any]:
    return {"number": "K-7", "confirmed_on": hijri_of(timezone.localdate()), "deeds": deeds(sample), **more}


class System:
    """The registry's system, by its token."""

    def __init__(self, sample: Sample, login: str = "registrar") -> None:
        word = make_token(sample.user(login), "registry", "write", timezone.now() + timedelta(days=1))
        self.headers = {"Authorization": f"Bearer {word}", "Accept-Language": "en"}
        self.client = Client(enforce_csrf_checks=True)
        self.path = f"/api/v1/cases/{sample.case().reference}"

    def post(self, act: str, data: Any, **headers: str) -> Any:
        return self.client.post(
            f"{self.path}/acts/{act}", data, content_type="application/json", headers=self.headers | headers
        )

    def get(self) -> Any:
        return self.client.get(self.path, headers=self.headers).json()


def test_a_token_of_a_registrar_confirms_once_whatever_is_sent_again(sample: Sample) -> None:
    system = System(sample)
    assert {offer["act"] for offer in system.get()["offers"]} >= {"confirm", "deed_returned"}
    assert {one["state"] for one in system.get()["deeds"]} == {"pending"}
    entries = RegisterEntry.objects.count()
    first = system.post("confirm", body(sample), **{"Idempotency-Key": "K-7"})
    again = system.post("confirm", body(sample), **{"Idempotency-Key": "K-7"})
    assert first.status_code == again.status_code == 200, first.content.decode()
    assert again["Idempotency-Replayed"] == "true" and first.json() == again.json()
    assert RegisterEntry.objects.count() == entries + 1
    answer = first.json()
    assert answer["state"] == "closed" and answer["warnings"] == []
    assert {one["state"] for one in answer["deeds"]} == {"confirmed"}
    assert sorted(number for one in answer["deeds"] for number in one["numbers"]) == [
        d["number"] for d in deeds(sample)
    ]
    assert len(titles_of([str(parcel.uid) for parcel in parts(sample)])) == len(parts(sample))
    assert system.post("confirm", body(sample)).status_code == 409


def test_parcels_are_named_by_their_numbers_too(sample: Sample) -> None:
    answer = System(sample).post("confirm", body(sample, deeds=deeds(sample, by_number=True)))
    assert answer.status_code == 200, answer.content.decode()
    assert len(titles_of([str(parcel.uid) for parcel in parts(sample)])) == len(parts(sample))


def test_what_does_not_agree_is_told_by_rule_and_nothing_is_kept(sample: Sample) -> None:
    system, entries = System(sample), RegisterEntry.objects.count()
    first, *rest = deeds(sample)
    wrong = [first | {"area_m2": "1.00", "parcels": ["9/9"]}, *rest]
    refused = system.post("confirm", body(sample, deeds=wrong))
    assert refused.status_code == 400
    told = refused.json()["findings"]
    assert {one["rule"] for one in told} >= {"LND-31"} and all(one["message"]["ar"] for one in told)
    assert system.post("confirm", body(sample, deeds=[])).status_code == 400
    late = first | {"dated": (timezone.localdate() + timedelta(days=3)).isoformat()}
    refused = system.post("confirm", body(sample, deeds=[late, *rest]))
    assert "LND-34" in {one["rule"] for one in refused.json()["findings"]}
    for member, value in (
        ("area_m2", 306),
        ("area_m2", "-1"),
        ("dated", "soon"),
        ("parcels", "1/2"),
        ("form", "stone"),
    ):
        refused = system.post("confirm", body(sample, deeds=[first | {member: value}, *rest]))
        assert refused.status_code == 400 and member in refused.json()["detail"], member
    assert RegisterEntry.objects.count() == entries


def test_a_warning_is_told_and_the_deeds_are_kept(sample: Sample) -> None:
    first, *rest = deeds(sample)
    near = first | {"area_m2": str(float(first["area_m2"]) + 0.5)}
    answer = System(sample).post("confirm", body(sample, deeds=[near, *rest])).json()
    assert [one["rule"] for one in answer["warnings"]] == ["LND-35"] and answer["state"] == "closed"


def test_a_return_goes_back_and_comes_again(sample: Sample) -> None:
    system = System(sample)
    today = timezone.localdate().isoformat()
    refused = system.post("deed_returned", {"number": "R-1", "returned_on": today, "reason": "because"})
    assert refused.status_code == 400
    answer = system.post("deed_returned", {"number": "R-1", "returned_on": today, "reason": "dispute"})
    assert answer.status_code == 200, answer.content.decode()
    assert {(one["state"], one["reason"]) for one in answer.json()["deeds"]} == {("returned", "dispute")}
    assert {offer["act"] for offer in answer.json()["offers"]} >= {"send_again", "give_up_deed"}
    assert system.post("confirm", body(sample)).status_code == 409
    assert system.post("send_again", {}).status_code == 200
    assert system.post("confirm", body(sample)).status_code == 200


def test_others_may_not_and_who_has_no_part_sees_no_case(sample: Sample) -> None:
    for login, status in (("reviewer", 403), ("surveyor", 403), ("mayor", 403), ("outsider", 404)):
        assert System(sample, login).post("confirm", body(sample)).status_code == status, login


def test_anybody_reads_the_state_and_only_some_the_numbers(sample: Sample) -> None:
    part = parts(sample)[0]
    path = f"parcels/{part.uid}/deed"
    anybody, registrar = Asker(sample), Asker(sample, "registrar")
    state = anybody.ok(anybody.get(path))
    assert (state["state"], state["agrees"], state["numbers"]) == ("pending", False, [])
    assert state["words"]["ar"] and "pending" in state["words"]["en"]
    acts.confirm(
        sample.case(), "K", timezone.localdate(), viewer=sample.viewer("registrar"),
        deeds=[_given(sample)],
    )  # fmt: skip
    assert anybody.ok(anybody.get(path))["numbers"] == []
    told = registrar.ok(registrar.get(path))
    assert told["numbers"] == ["990"] and "990" in told["words"]["en"] and told["agrees"]
    before = (sample.case().decided_at or timezone.now()).isoformat().replace("+00:00", "Z")
    assert anybody.ok(anybody.get(f"{path}?at={before}"))["state"] in ("pending", "none")
    assert anybody.get("parcels/00000000-0000-4000-8000-000000000000/deed").status_code == 404


def _given(sample: Sample) -> Any:
    from decimal import Decimal

    from land_services.deeds import DeedGiven

    whole = parts(sample)
    area = sum((parcel.official_area_m2 or Decimal(0) for parcel in whole), Decimal(0))
    return DeedGiven("990", timezone.localdate(), "x", "paper", area, "", tuple(str(parcel.uid) for parcel in whole))
