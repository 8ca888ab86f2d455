"""The page of a case as staff and agencies fill it in."""

from __future__ import annotations

import html
import json
import re
from typing import Any

import pytest
from django.test import Client

from gisportal.accounts.models import RoleGrant, User
from land_services.cases import acts
from land_services.cases.models import Case
from land_services.views.case_remarks import FULL, MOST_REMARKS
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


# Returning a case -----------------------------------------------------------------------------------------------------


def remark(n: int, **fields: str) -> dict[str, str]:
    return {f"remark-{n}-{name}": value for name, value in {"reason": "other", **fields}.items()}


def sent(sample: Sample, case: Case, action: str = "return", language: str = "en", **fields: str) -> Any:
    client = Client()
    client.force_login(sample.user("reviewer"))
    address = f"/{language}/cases/{case.reference}/act/"
    return client.post(address, {"action": action, "stage": "survey_review", **fields})


def rows(text: str) -> list[dict[str, str]]:
    """Return what each row of the form holds, as the page shows it again."""
    form = text.split('id="return-1"')[1].split("<template")[0]
    found = []
    for part in form.split("<fieldset")[1:]:
        row = dict(re.findall(r'name="remark-\d+-(east|north|page)"[^>]* value="([^"]*)"', part))
        row |= dict(re.findall(r'<textarea[^>]*name="remark-\d+-(text)"[^>]*>([^<]*)</textarea>', part))
        for name in ("reason", "place"):
            select = re.search(rf'name="remark-\d+-{name}".*?</select>', part, re.DOTALL)
            chosen = re.search(r'<option value="([^"]*)" selected', select[0] if select else "")
            row[name] = chosen[1] if chosen else ""
        found.append(row)
    return found


def test_every_remark_that_was_typed_is_kept(sample: Sample) -> None:
    case = sample.submitted()
    fields: dict[str, str] = {}
    for n in range(MOST_REMARKS):
        fields |= remark(n * 3, text=f"الملاحظة رقم {n}")
    fields |= remark(1)  # a row in which nothing was typed
    assert sent(sample, case, **fields).status_code == 302
    kept = case.remarks.order_by("number")
    assert [one.text for one in kept] == [f"الملاحظة رقم {n}" for n in range(MOST_REMARKS)]
    assert [one.number for one in kept] == list(range(1, MOST_REMARKS + 1))


@pytest.mark.parametrize("language", ["ar", "en"])
def test_too_many_are_refused_and_all_of_them_stay_on_the_page(sample: Sample, language: str) -> None:
    case, fields = sample.submitted(), {}
    for n in range(MOST_REMARKS + 3):
        fields |= remark(n, text=f"text {n}", reason="document_expired")
    answer = sent(sample, case, language=language, **fields)
    text = answer.content.decode()
    assert answer.status_code == 400 and FULL.message(language) in text and str(MOST_REMARKS) in FULL.message(language)
    assert [(row["text"], row["reason"]) for row in rows(text)] == [
        (f"text {n}", "document_expired") for n in range(MOST_REMARKS + 3)
    ]
    assert case.remarks.count() == 0


def test_without_script_a_row_is_added_and_what_was_typed_stays(sample: Sample) -> None:
    case = sample.submitted()
    assert [row["text"] for row in rows(page(sample.user("reviewer"), f"/en/cases/{case.reference}/"))] == [""]
    one = {"text": 'a "quoted" <b>', "reason": "form_wrong", "place": "map", "east": "500000.5", "north": "3 000"}
    answer = sent(sample, case, "add_remark", **remark(0, **one), **remark(1, page="2"))
    text = answer.content.decode()
    assert answer.status_code == 200 and case.remarks.count() == 0
    shown = rows(text)
    assert len(shown) == 3 and [row["page"] for row in shown] == ["", "2", ""]
    assert {name: html.unescape(shown[0][name]) for name in one} == one
    assert "<details open><summary>Return with remarks" in text
    full: dict[str, str] = {}
    for n in range(MOST_REMARKS):
        full |= remark(n, text="x")
    answer = sent(sample, case, "add_remark", **full)
    assert answer.status_code == 400 and FULL.message("en") in answer.content.decode()
    assert len(rows(answer.content.decode())) == MOST_REMARKS
    client = Client()
    client.force_login(sample.user("resident"))
    assert client.post(f"/en/cases/{case.reference}/act/", {"action": "add_remark"}).status_code == 404


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"place": "map"}, "Remark 2: write what is to be mended"),
        ({"page": "3"}, "Remark 2: write what is to be mended"),
        ({"text": "x", "place": "map"}, "Remark 2: write easting and northing"),
        ({"text": "x", "east": "500000"}, "Remark 2: write easting and northing"),
        ({"text": "x", "east": "1e999", "north": "1"}, "Remark 2: write easting and northing"),
        ({"text": "x", "east": "9" * 29, "north": "1"}, "Remark 2: write easting and northing"),
        ({"text": "x", "place": "part:1", "east": "1", "north": "2"}, "Remark 2: it is about one place"),
        ({"text": "x", "page": "3"}, "Remark 2: a page is one of a document"),
        ({"text": "x", "place": "file:PAPER", "page": "three"}, "Remark 2: write the page as a number"),
        ({"text": "x", "place": "file:PAPER", "page": "0"}, "Remark 2: write the page as a number"),
        ({"text": "x", "place": "file:999999999999999999"}, "not a document of the case"),
        ({"text": "x", "place": "field:nothing"}, "no such field"),
        ({"text": "x", "reason": "cats"}, "Choose the remark"),
    ],
)
def test_nothing_that_was_typed_in_a_row_is_passed_over(sample: Sample, fields: dict[str, str], said: str) -> None:
    case = sample.submitted()
    paper = str(case.files.get().pk)
    asked = {name: value.replace("PAPER", paper) for name, value in fields.items()}
    answer = sent(sample, case, **remark(0, text="kept"), **remark(1, **asked))
    text = html.unescape(answer.content.decode())
    assert answer.status_code == 400 and said in text
    assert rows(text)[0]["text"] == "kept" and rows(text)[1]["text"] == asked.get("text", "")
    assert case.remarks.count() == 0


def test_a_point_is_read_in_either_digits_and_its_pin_shows_on_the_map(sample: Sample) -> None:
    case = sample.submitted()
    point = remark(0, text="هنا", east="٥٠٠٬١٢٣٫٢٥", north="2,950,000.5")
    assert sent(sample, case, **point, **remark(1, text="x", place="part:1")).status_code == 302
    kept = case.remarks.get(number=1)
    assert kept.place == "map" and kept.point is not None and (kept.point.x, kept.point.y) == (500123.25, 2950000.5)
    for login in ("reviewer", "surveyor"):
        text = page(sample.user(login), f"/en/cases/{case.reference}/")
        drawn = json.loads(text.split('id="case-map-data" type="application/json">')[1].split("</script>")[0])
        pins = drawn["layers"]["remarks"]["features"]
        assert [(pin["id"], pin["properties"]["label"]) for pin in pins] == [("remark-1", "1")]
        assert pins[0]["geometry"]["coordinates"] == [500123.25, 2950000.5]
        assert 'data-map-feature="remark-1"' in text and "Place of a remark" in text


def test_rows_go_on_with_the_numbers_of_earlier_rounds(sample: Sample) -> None:
    case = sample.submitted()
    sent(sample, case, **remark(0, text="a"), **remark(1, text="b"))
    for number in (1, 2):
        acts.answer(case, number, "done", viewer=sample.viewer("surveyor"))
    acts.submit(case, viewer=sample.viewer("surveyor"))
    text = page(sample.user("reviewer"), f"/en/cases/{case.reference}/")
    assert "<strong>Remark 3</strong></legend>" in text and 'data-first="3"' in text
    assert "Remark 3: write what" in html.unescape(sent(sample, case, **remark(0, page="1")).content.decode())
