"""Reasons for return, counted for heads and directors: by reason and service, over a period, as page, file and JSON."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gisportal.accounts.models import RoleGrant
from gisportal.accounts.roles import Role
from land_services.cases.may import HEADS
from land_services.cases.models import Case, Remark
from land_services.catalogue import load_catalogue
from tests.land_services.api.asking import Asker
from tests.land_services.cases.test_documents_only import file_request
from tests.sample import Sample

pytestmark = pytest.mark.django_db(databases=["default", "owner"])


@pytest.fixture(autouse=True)
def no_limit(settings: Any) -> None:
    settings.API_PER_MINUTE = 0


@pytest.fixture
def sample(sample_land: Sample) -> Sample:
    return sample_land


def remarked(sample: Sample, case: Case, *reasons: str, at: datetime | None = None) -> None:
    last = case.remarks.count()
    for number, reason in enumerate(reasons, start=last + 1):
        by, when = sample.user("reviewer"), at or timezone.now()
        Remark.objects.create(case=case, stage="s", round=1, number=number, reason=reason, text="x", by=by, at=when)


def page(sample: Sample, login: str, query: str = "", language: str = "en") -> str:
    client = Client()
    client.force_login(sample.user(login))
    answer = client.get(f"/{language}/cases/reasons/?{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def rows(text: str) -> Iterator[tuple[str, ...]]:
    for row in re.findall(r"<tbody>(.*?)</tbody>", text, re.S):
        for cells in re.findall(r"<tr>(.*?)</tr>", row, re.S):
            yield tuple(re.sub(r"<[^>]+>", "", cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", cells, re.S))


@pytest.fixture
def two(sample: Sample) -> tuple[Case, Case]:
    """A subdivision and a building permit with remarks."""
    drawn, permit = sample.submitted("outsider"), file_request(sample, "building_permit")
    remarked(sample, drawn, "survey_wrong", "survey_wrong", "document_missing")
    remarked(sample, permit, "document_missing", "form_wrong")
    return drawn, permit


def test_heads_see_how_often_each_reason_was_given(sample: Sample, two: tuple[Case, Case]) -> None:
    permit = load_catalogue()["building_permit"].name_en
    assert list(rows(page(sample, "director"))) == [
        ("A document is missing", "2", "2"),
        ("The survey is wrong", "2", "1"),
        ("A field is wrong", "1", "1"),
        ("Land subdivision", "3"),
        (permit, "2"),
    ]
    assert "وثيقة ناقصة" in page(sample, "director", language="ar")
    chosen = list(rows(page(sample, "director", "service=building_permit")))
    assert chosen == [("A document is missing", "1", "1"), ("A field is wrong", "1", "1"), (permit, "2")]
    assert "No remark was made" in page(sample, "director", "service=nothing")


def test_a_period_holds_both_its_days_in_either_calendar(sample: Sample, two: tuple[Case, Case]) -> None:
    long_ago = timezone.make_aware(datetime(2020, 3, 1, 23, 59))
    remarked(sample, two[0], "site_differs", at=long_ago)
    remarked(sample, two[0], "form_wrong", at=long_ago + timedelta(minutes=1))
    for days in ("since=2020-03-01&until=2020-03-01", "since=1441/07/06&until=1441/07/06"):
        found = list(rows(page(sample, "director", days)))
        assert [row[1:] for row in found] == [("1", "1"), ("1",)], days
    assert len(list(rows(page(sample, "director", "since=2020-03-01&until=2020-03-02")))) == 3
    client = Client()
    client.force_login(sample.user("director"))
    for bad in ("since=yesterday", "since=2026-02-30", "since=2026-05-02&until=2026-05-01"):
        answer = client.get(f"/ar/cases/reasons/?{bad}")
        assert answer.status_code == 400 and "الأسبق أولًا" in answer.content.decode(), bad


def test_a_head_counts_what_they_may_see_and_everybody_else_finds_no_page(
    sample: Sample, two: tuple[Case, Case]
) -> None:
    assert "survey_head" in two[0].roles and "survey_head" not in two[1].roles
    assert [row[0] for row in rows(page(sample, "survey_head"))][-1] == "Land subdivision"
    assert list(rows(page(sample, "planning_head"))) == []
    Case.objects.filter(pk=two[0].pk).update(area="west")
    RoleGrant.objects.filter(user=sample.user("survey_head")).update(area="east")
    assert list(rows(page(sample, "survey_head"))) == []
    addresses = ("/en/cases/reasons/", "/en/cases/reasons.csv", "/api/v1/reasons/")
    for login in sorted({role.value for role in Role}):
        client = Client()
        client.force_login(sample.user(login))
        for address in addresses:
            assert client.get(address).status_code == (200 if login in HEADS else 404), (login, address)
        assert ("/en/cases/reasons/" in client.get("/en/work/").content.decode()) is (login in HEADS), login
    assert [Client().get(address).status_code for address in addresses] == [302, 302, 401]


@pytest.mark.parametrize(("language", "words"), [("en", "The survey is wrong"), ("ar", "خطأ في الرفع المساحي")])
def test_the_file_holds_reasons_in_services(sample: Sample, two: tuple[Case, Case], language: str, words: str) -> None:
    client = Client()
    client.force_login(sample.user("mayor"))
    answer = client.get(f"/{language}/cases/reasons.csv")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert re.search(r'filename="reasons-\d{4}-\d\d-\d\d-\d{4}-\d\d-\d\d.csv"', answer["Content-Disposition"])
    text = answer.content.decode()
    assert text.startswith("\ufeff")
    table = list(csv.reader(io.StringIO(text.lstrip("\ufeff"))))
    assert len(table) == 5 and table[1][:3] == ["survey_wrong", words, "subdivision"] and table[1][4:] == ["2", "1"]
    assert {(row[0], row[2]) for row in table[2:]} == {
        ("document_missing", "subdivision"),
        ("document_missing", "building_permit"),
        ("form_wrong", "building_permit"),
    }


def test_the_api_says_the_same(sample: Sample, two: tuple[Case, Case]) -> None:
    asker = Asker(sample, "director")
    told = asker.ok(asker.get("reasons/?service=subdivision"))
    first = {"reason": "survey_wrong", "service": "subdivision", "remarks": 2, "cases": 1}
    assert {**told["reasons"][0], "words": None} == {**first, "words": None}
    assert told["reasons"][0]["words"]["en"] == "The survey is wrong" and len(told["reasons"]) == 2
    assert asker.ok(asker.get("reasons/?since=1400/01/01&until=1400/01/02"))["reasons"] == []
    answer = asker.get("reasons/?since=x")
    assert (answer.status_code, answer.json()["parameter"]) == (400, "since")


def test_it_is_one_query_however_many_cases_there_are(sample: Sample, two: tuple[Case, Case]) -> None:
    def queries() -> list[str]:
        with CaptureQueriesContext(
            connection,
        ) as asked:
            page(sample, "director")
        return [one["sql"] for one in asked.captured_queries]

    queries()
    before = queries()
    assert len([sql for sql in before if "cases_" in sql]) == 1
    for _ in range(4):
        remarked(sample, sample.submitted("surveyor"), "other", "form_wrong")
    assert len(queries()) == len(before)
