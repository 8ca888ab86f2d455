"""``/verify/<code>``: what everyone may ask of a paper, how it may be typed, and how often."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.test import Client

from land_services.cases import verifying
from land_services.cases.models import IssuedDocument, VerifyLooks
from land_services.documents.qr import new_verification_code
from land_services.register.models import Party
from tests.sample import Sample

pytestmark = pytest.mark.django_db(databases=["default", "owner"])


@pytest.fixture
def sample(sample_issued: Sample, monkeypatch: pytest.MonkeyPatch) -> Sample:
    monkeypatch.setattr(time, "time", lambda: 1_800_000_000.0)  # one and the same minute
    return sample_issued


def a_decision() -> IssuedDocument:
    found = IssuedDocument.objects.filter(kind="survey_decision").first()
    assert found is not None
    return found


@pytest.mark.parametrize(("language", "word"), [("ar", "<h1>"), ("en", "Genuine and current")])
def test_a_true_code_is_genuine(sample: Sample, language: str, word: str) -> None:
    document = a_decision()
    answer = Client(headers={"accept-language": language}).get(f"/verify/{document.code}")
    page = answer.content.decode()
    assert answer.status_code == 200 and word in page
    assert document.number in page and document.sha256 in page
    assert f'lang="{language}"' in page
    assert "no-store" in answer["Cache-Control"]


def test_nothing_is_said_of_owners(sample: Sample) -> None:
    names = {n for pair in Party.objects.values_list("name_ar", "name_en") for n in pair if n}
    people = {"حساب surveyor", "Account surveyor", "Account survey_head"}
    for document in IssuedDocument.objects.all():
        page = Client().get(f"/verify/{document.code}").content.decode()
        assert not [n for n in names | people if n in page]


@pytest.mark.parametrize("kind", ["survey_decision", "subdivision_drawing", "registry_letter"])
def test_a_paper_of_land_that_changed_since_is_superseded(sample: Sample, kind: str) -> None:
    document = IssuedDocument.objects.filter(kind=kind).first()
    assert document is not None
    other = IssuedDocument.objects.exclude(pk=document.pk).first()
    IssuedDocument.objects.filter(pk=document.pk).update(superseded_by=other)
    page = Client(headers={"accept-language": "en"}).get(f"/verify/{document.code}")
    assert page.status_code == 200 and "superseded" in page.content.decode()


def test_letters_mistaken_in_reading_are_forgiven(sample: Sample) -> None:
    document = a_decision()
    code = next(c for c in iter(new_verification_code, "") if "0" in c and "1" in c)
    document.pk, document.code, document.number = (
        None,
        code,
        "another",
    )  # a paper's code never changes: this is one more paper
    document.save(force_insert=True)
    typed = code.replace("0", "O").replace("1", "l").replace("-", "").lower()
    for text in (typed, code.replace("1", "I"), code.replace("-", " ")):
        assert Client().get(f"/verify/{text}").status_code == 200, text


@pytest.mark.parametrize("code", ["x", "0" * 26, "Z" * 26, "<script>", "%00", "a" * 2000, "٠" * 26, "..%2f.."])
def test_what_was_never_issued_is_not_genuine(sample: Sample, code: str) -> None:
    answer = Client(headers={"accept-language": "en"}).get(f"/verify/{code}")
    assert answer.status_code == 404
    assert "<script>" not in answer.content.decode().replace('<script src="', "")


def test_head_is_answered_and_nothing_else_than_reading(sample: Sample) -> None:
    code = a_decision().code
    head = Client().head(f"/verify/{code}")
    assert head.status_code == 200 and not head.content
    for method in ("post", "put", "delete", "patch"):
        assert getattr(Client(), method)(f"/verify/{code}").status_code == 405


def test_guessing_is_braked_by_address_and_ends_with_the_minute(sample: Sample, monkeypatch: Any) -> None:
    code = a_decision().code
    guesses = verifying.LOOKS_PER_MINUTE // verifying.UNKNOWN_COSTS
    answers = [Client().get(f"/verify/{new_verification_code()}").status_code for _ in range(guesses)]
    assert set(answers) == {404}
    braked = Client().get(f"/verify/{new_verification_code()}")
    assert braked.status_code == 429 and braked["Retry-After"] == "60"
    assert Client().get(f"/verify/{code}").status_code == 429, "whoever guesses learns nothing more"
    assert Client(REMOTE_ADDR="192.0.2.9").get(f"/verify/{code}").status_code == 200
    monkeypatch.setattr(time, "time", lambda: 1_800_000_060.0)
    assert Client().get(f"/verify/{code}").status_code == 200
    assert not VerifyLooks.objects.filter(key__contains="127.0.0.1").exists()
    monkeypatch.setattr(time, "time", lambda: 1_800_001_000.0)
    assert Client().get(f"/verify/{code}").status_code == 200
    assert VerifyLooks.objects.count() == 1, "past minutes are forgotten"


def test_a_forged_forwarding_header_is_no_new_address(sample: Sample, settings: Any) -> None:
    settings.TRUSTED_PROXIES = 0
    for n in range(31):
        client = Client(headers={"x-forwarded-for": f"198.51.100.{n}"})
        status = client.get(f"/verify/{new_verification_code()}").status_code
    assert status == 429
    settings.TRUSTED_PROXIES = 1
    client = Client(headers={"x-forwarded-for": "198.51.100.200"})
    assert client.get(f"/verify/{a_decision().code}").status_code == 200


def test_a_code_is_typed_where_none_or_a_wrong_one_was_given(sample: Sample) -> None:
    client = Client(headers={"accept-language": "en"})
    for address, status in (("/verify/", 200), ("/verify/x", 404)):
        answer = client.get(address)
        assert answer.status_code == status and 'name="code"' in answer.content.decode(), address
    code = a_decision().code
    answer = client.get("/verify/", {"code": f" {code}/"})
    assert answer.status_code == 302 and answer["Location"] == f"/verify/{code}"
    assert client.get("/verify/", {"code": "<b>/.."})["Location"] == "/verify/%3Cb%3E.."
    assert 'name="code"' not in client.get(f"/verify/{code}").content.decode()
