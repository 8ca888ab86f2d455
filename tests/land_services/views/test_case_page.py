"""The page of a case as staff and agencies fill it in."""

from __future__ import annotations

import re

import pytest

from gisportal.accounts.models import RoleGrant, User
from land_services.cases import acts
from tests.land_services.api.asking import Asker
from tests.land_services.cases.test_documents_only import File, file
from tests.land_services.views.test_work import page
from tests.sample import Sample

__all__ = ["file"]

pytestmark = pytest.mark.django_db(databases=["default", "owner"])
READ = {"ar": "يقرأ مقدم الطلب ما تكتبه هنا", "en": "the applicant reads this"}


@pytest.fixture
def sample(sample_land: Sample) -> Sample:
    return sample_land


# What the applicant reads ---------------------------------------------------------------------------------------------


def labels(text: str) -> dict[str, str]:
    """Return the label of each field for longer texts, by the name of the field."""
    fields = re.findall(r'<textarea[^>]* id="([^"]+)" name="([^"]+)"', text)
    found = {}
    for key, name in fields:
        label = re.search(rf'<label for="{re.escape(key)}">(.*?)</label>', text)
        assert label is not None, key
        found[name] = label[1]
    return found


@pytest.mark.parametrize("language", ["ar", "en"])
def test_fields_whose_text_the_applicant_reads_say_so(sample: Sample, file: File, language: str) -> None:
    case = file("excavation_permit", "applicant")
    water, engineer = User.objects.create(login="of_water"), sample.user("roads_engineer")
    RoleGrant.objects.create(user=water, role="agency", area="water")
    address = f"/{language}/cases/{case.reference}/"
    for user, names in (
        (engineer, {"note", "question"}),
        (water, {"text"}),
        (sample.user("director"), {"note"}),
    ):
        found = labels(page(user, address))
        assert {name for name, label in found.items() if READ[language] in label} == names, user.login
    assert READ[language] not in page(sample.user("applicant"), address)


def test_the_note_of_a_stage_is_in_the_applicants_time_line(sample: Sample, file: File) -> None:
    case = file("building_permit")
    acts.finish(case, viewer=sample.viewer("clerk"), note="اكتملت الوثائق")
    assert "اكتملت الوثائق" in page(sample.user("resident"), f"/ar/cases/{case.reference}/")


def test_the_api_says_of_each_such_text_who_reads_it(sample: Sample) -> None:
    asker = Asker(sample, "director")
    paths = asker.ok(asker.get("schema/?lang=en"))["paths"]
    for word, name in (
        ("finish", "note"), ("approve", "note"), ("return", "note"), ("send_again", "note"), ("reject", "reason"),
        ("stop", "reason"), ("reopen", "reason"), ("give_up_deed", "reason"), ("refer", "question"),
        ("answer_referral", "text"), ("hold_visit", "report"), ("deed_returned", "text"),
    ):  # fmt: skip
        body = paths[f"/cases/{{reference}}/acts/{word}"]["post"]["requestBody"]["content"]["application/json"]
        assert "the applicant reads it" in body["schema"]["properties"][name]["description"], word
