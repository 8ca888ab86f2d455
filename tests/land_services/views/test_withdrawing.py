"""Withdrawing on the page and by the API: with a reason that staff read, save for a draft."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.land_services.api.asking import Asker
from tests.sample import Sample

pytestmark = pytest.mark.django_db(databases=["default", "owner"])


def signed_in(sample: Sample, login: str) -> Client:
    client = Client()
    client.force_login(sample.user(login))
    return client


@pytest.mark.parametrize("language", ["ar", "en"])
def test_withdrawing_asks_for_a_reason_and_staff_read_it(sample_land: Sample, language: str) -> None:
    draft = sample_land.open("outsider")
    case, base = sample_land.submitted("outsider"), f"/{language}/cases/"
    filer = signed_in(sample_land, "outsider")
    asked = 'id="withdraw-note" name="note" rows="2" maxlength="2000" dir="auto"'
    assert f"{asked} required>" in filer.get(f"{base}{case.reference}/").content.decode()
    assert f"{asked}>" in filer.get(f"{base}{draft.reference}/").content.decode()
    without = filer.post(f"{base}{case.reference}/act/", {"action": "withdraw", "note": " "})
    assert without.status_code == 400
    words = {"en": "Give the reason for withdrawing it.", "ar": "اكتب سبب السحب."}[language]
    assert words in without.content.decode()
    said = {"action": "withdraw", "note": "بعنا الأرض"}
    assert filer.post(f"{base}{case.reference}/act/", said).status_code == 302
    page = signed_in(sample_land, "reviewer").get(f"{base}{case.reference}/").content.decode()
    assert page.count("بعنا الأرض") == 2  # above the case, and on its way
    assert filer.post(f"{base}{draft.reference}/act/", {"action": "withdraw", "note": ""}).status_code == 302


def test_the_api_asks_for_a_reason_too(sample_land: Sample) -> None:
    draft, case = sample_land.open("outsider"), sample_land.submitted("outsider")
    filer, reviewer = Asker(sample_land, "outsider"), Asker(sample_land, "reviewer")
    without = filer.post(f"cases/{case.reference}/acts/withdraw")
    assert (without.status_code, without.json()["detail"]) == (400, "Give the reason for withdrawing it.")
    filer.ok(filer.post(f"cases/{case.reference}/acts/withdraw", {"reason": "sold"}))
    told = reviewer.ok(reviewer.get(f"cases/{case.reference}"))
    assert (told["state"], told["reason"], told["steps"][-1]["note"]) == ("withdrawn", "sold", "sold")
    assert filer.ok(filer.post(f"cases/{draft.reference}/acts/withdraw"))["state"] == "withdrawn"
