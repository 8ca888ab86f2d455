"""``/decisions/``: a survey decision by its number and owner, for anybody who knows both; the same through the API."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from land_services.cases.land_papers import ID_KINDS as ID_WORDS
from land_services.cases.models import IssuedDocument, VerifyLooks
from land_services.register.models import Party
from land_services.register.personal import open_id_number, read_parties
from land_services.register.selectors import titles_of
from layers.models import AuditRow
from tests.personas import REVIEWER
from tests.sample import Sample

pytestmark = pytest.mark.django_db(databases=["default", "owner"])
EASTERN = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


@pytest.fixture
def decision(sample_measured: Sample, monkeypatch: pytest.MonkeyPatch) -> IssuedDocument:
    monkeypatch.setattr(time, "time", lambda: 1_800_000_000.0)  # one and the same minute
    return IssuedDocument.objects.get(kind="survey_decision")


@pytest.fixture
def owner(decision: IssuedDocument) -> Party:
    (right,) = titles_of([str(decision.parcel_uid)])[0].rights
    return Party.objects.get(pk=right.party_id)


def given(decision: IssuedDocument, owner: Party, **changes: str) -> dict[str, str]:
    said = {"number": decision.number, "id_kind": owner.id_kind, "id_number": open_id_number(owner.id_number)}
    return {**said, **changes}


def ask(values: dict[str, str], language: str = "en") -> Any:
    return Client().post(f"/{language}/decisions/", values)


def ask_api(values: dict[str, Any]) -> HttpResponse:
    return Client().post("/api/v1/decisions/inquiry?lang=en", json.dumps(values), content_type="application/json")  # type: ignore[return-value]


@pytest.mark.parametrize(("language", "words"), [("en", "Genuine and current"), ("ar", "رخصة بناء")])
def test_number_and_owner_tell_how_the_decision_stands(
    decision: IssuedDocument, owner: Party, language: str, words: str
) -> None:
    values = {name: text.translate(EASTERN) for name, text in given(decision, owner).items()}
    answer = ask(values, language)
    page = answer.content.decode()
    assert answer.status_code == 200 and words in page
    unit = {"en": "m²", "ar": "م²"}[language]
    assert decision.number in page and all(f">{area}</span> {unit}" in page for area in ("563.56", "600.00"))
    assert not [name for name in (owner.name_ar, owner.name_en) if name and name in page]
    assert "no-store" in answer["Cache-Control"]
    look = AuditRow.objects.get(action="personal.read", subject=f"inquiry {decision.number}")
    assert (look.payload["parties"], look.actor_id) == ([owner.pk], None)


@pytest.mark.parametrize(("stored", "asked"), [("iqama", "iqama"), ("residence_permit", "iqama")])
def test_an_owner_with_a_residence_permit_is_found(
    decision: IssuedDocument, owner: Party, stored: str, asked: str
) -> None:
    """Also one who was loaded under the former word, whom papers name in words too."""
    Party.objects.filter(pk=owner.pk).update(id_kind=stored)
    assert ask(given(decision, owner, id_kind=asked)).status_code == 200
    assert ask(given(decision, owner, id_kind="national_id")).status_code == 404
    assert ID_WORDS[read_parties([owner.pk], viewer=REVIEWER, purpose="test")[0].id_kind].en == "Resident ID"


def test_a_wrong_owner_and_an_unknown_number_are_answered_alike(decision: IssuedDocument, owner: Party) -> None:
    looks = AuditRow.objects.filter(action="personal.read").count()
    other = "iqama" if owner.id_kind != "iqama" else "national_id"
    wrong = [
        {"id_number": "1000000009"}, {"id_kind": other}, {"id_kind": "nothing"}, {"number": "SVD-1448-000009-D1"},
        {"number": "x"}, {"id_number": ""},
    ]  # fmt: skip
    pages = set()
    for changes in wrong:
        answer = ask(given(decision, owner, **changes))
        assert answer.status_code == 404
        page = answer.content.decode()
        pages.add(page[page.index('role="alert"') :].split("</p>")[0])
    assert len(pages) == 1
    assert AuditRow.objects.filter(action="personal.read").count() == looks


def test_nobody_may_try_numbers_one_after_the_other(decision: IssuedDocument, owner: Party) -> None:
    assert ask(given(decision, owner)).status_code == 200
    VerifyLooks.objects.update(looks=60)
    answer = ask(given(decision, owner))
    assert (answer.status_code, answer["Retry-After"]) == (429, "60")
    assert decision.code not in answer.content.decode() and "563.56" not in answer.content.decode()
    assert ask_api(given(decision, owner)).status_code == 429


def test_the_api_tells_the_same(decision: IssuedDocument, owner: Party) -> None:
    answer = ask_api(given(decision, owner))
    said = json.loads(answer.content)
    assert answer.status_code == 200, said
    assert (said["number"], said["status"], said["superseded_by"]) == (decision.number, "valid", None)
    assert (said["measured_m2"], said["net_m2"]) == ("600.00", "563.56")
    assert said["purpose"] == {"ar": "رخصة بناء", "en": "Building permit"}
    assert "no-store" in answer["Cache-Control"]
    wrong = ask_api(given(decision, owner, id_number="1"))
    unknown = ask_api(given(decision, owner, number="SVD-1448-000009-D1"))
    assert wrong.status_code == unknown.status_code == 404
    assert json.loads(wrong.content) == json.loads(unknown.content)
    assert wrong["Content-Type"] == "application/problem+json"
    assert ask_api({"number": "x"}).status_code == 400
    assert Client().get("/api/v1/decisions/inquiry").status_code == 405


def test_home_and_verify_lead_to_it(decision: IssuedDocument) -> None:
    for address in ("/en/", f"/verify/{decision.code}"):
        assert "/decisions/" in Client(headers={"accept-language": "en"}).get(address).content.decode()
    assert Client().get("/en/decisions/").status_code == 200
