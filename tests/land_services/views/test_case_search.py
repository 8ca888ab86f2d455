"""Cases are found by reference, parcel, plan, deed and service, among those that one may see alone."""

from __future__ import annotations

import json
import re
from urllib.parse import quote

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gisportal.accounts.models import RoleGrant
from land_services.cases.models import Case, Referral
from land_services.catalogue.finding import index
from land_services.register.models import BAUnitParcel, BAUnitSource, Party
from land_services.views.case_search import about
from layers.models import Parcel
from layers.viewer import Viewer
from tests.land_services.cases.test_conflicts import an_inquiry
from tests.land_services.cases.test_registry import confirm, one_each
from tests.sample import Sample

pytestmark = pytest.mark.django_db(databases=["default", "owner"])
EASTERN = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


@pytest.fixture
def sample(sample_issued: Sample) -> Sample:
    return sample_issued


def found(sample: Sample, login: str, text: str, language: str = "en") -> set[str]:
    client = Client()
    client.force_login(sample.user(login))
    page = client.get(f"/{language}/cases/?q={quote(text)}")
    assert page.status_code == 200
    return set(re.findall(rf"/{language}/cases/([A-Z]+-\d+-\d+)/", page.content.decode()))


def deed_of(uid: str) -> str:
    title = BAUnitParcel.objects.filter(parcel_uid=uid).order_by("pk")[0].ba_unit_id
    return str(BAUnitSource.objects.filter(ba_unit=title, source__kind="deed").order_by("pk")[0].source.number)


def past(sample: Sample) -> Parcel:
    """The lot of the case: divided, so that it is on the map no more."""
    lot = Parcel.objects.get(uid=sample.uid)
    assert lot.end_lifespan_version is not None
    return lot


def test_a_part_of_a_reference_and_a_parcel_find_as_before(sample: Sample) -> None:
    case, other = sample.case(), an_inquiry(sample, sample.situation("seized"))
    assert found(sample, "mayor", case.reference.lower()) == {case.reference}
    assert found(sample, "mayor", case.reference[:8]) == {case.reference}
    assert found(sample, "mayor", case.reference[4:]) == {case.reference, other.reference}
    assert found(sample, "mayor", "SVR") == {other.reference}
    assert found(sample, "mayor", sample.situation("seized")) == {other.reference}
    for odd in ("%", "_", "\\", "9/9/9999", "' OR 1=1 --", "x" * 500):
        assert found(sample, "mayor", odd) == set(), odd


def test_a_deed_finds_the_cases_on_its_land_also_after_it_was_closed(sample: Sample) -> None:
    case, other = sample.case(), an_inquiry(sample, sample.situation("seized"))
    assert found(sample, "mayor", deed_of(sample.uid)) == {case.reference}
    assert found(sample, "mayor", deed_of(sample.situation("seized"))) == {other.reference}
    deeds = one_each(case)
    confirm(sample, deeds)
    assert not BAUnitSource.objects.filter(source__number=deed_of(sample.uid), end_entry=None).exists()
    for number in (deed_of(sample.uid), deeds[0].number, deeds[0].number.translate(EASTERN)):
        assert found(sample, "mayor", number) == {case.reference}, number
    assert found(sample, "mayor", deeds[0].number[:-1]) == set(), "a number is whole"


def test_a_plan_finds_the_cases_on_its_parcels_also_on_those_that_are_gone(sample: Sample) -> None:
    case, lot = sample.case(), past(sample)
    there = Parcel.objects.filter(plan_no=lot.plan_no, end_lifespan_version=None).exclude(begin_entry_id=case.entry_id)
    beside = an_inquiry(sample, str(there.order_by("pk")[0].uid))
    elsewhere = Parcel.objects.filter(end_lifespan_version=None).exclude(plan_no__in=[lot.plan_no, ""])
    far = an_inquiry(sample, str(elsewhere.order_by("pk")[0].uid))
    assert found(sample, "director", lot.plan_no) == {case.reference, beside.reference}
    assert found(sample, "director", elsewhere.order_by("pk")[0].plan_no) == {far.reference}


@pytest.mark.parametrize("words", ["زيارة", "زياره ميدانيه", "الميدانية", "طلب زيارة", "site visit", "Visit"])
def test_words_of_a_service_find_its_cases(sample: Sample, words: str) -> None:
    other = an_inquiry(sample, sample.situation("seized"))
    assert found(sample, "director", words, "ar") == {other.reference}
    assert found(sample, "director", f"{words} فندق") == set()


def test_one_letter_or_none_is_no_word_of_a_service() -> None:
    assert index().named("") == index().named("ا") == index().named("…") == []
    assert "site_visit_request" in index().named("طلب زياره ميدانيه")


def test_people_find_nothing(sample: Sample) -> None:
    """Names and id numbers are looked up where each look is told."""
    case = sample.case()
    owner = Party.objects.exclude(name_ar="").order_by("pk")[0]
    for text in (owner.name_ar, owner.name_en or "x y z", str(sample.user("surveyor")), "1000000001"):
        assert case.reference not in found(sample, "mayor", text), text


def test_nobody_finds_what_they_may_not_see(sample: Sample) -> None:
    case, lot = sample.case(), past(sample)
    texts = [case.reference[4:], deed_of(sample.uid), lot.plan_no, "subdivision", "فرز"]
    for login in ("outsider", "resident", "agency", "planner", "clerk", "cashier"):
        for text in texts:
            assert (case.reference in found(sample, login, text)) is (login == "cashier"), (login, text)
    Case.objects.filter(pk=case.pk).update(area="west")
    RoleGrant.objects.filter(user=sample.user("cashier")).update(area="east")
    assert [found(sample, "cashier", text) for text in texts] == [set()] * len(texts)


def test_a_deed_is_told_to_staff_and_to_the_filer_alone(sample: Sample) -> None:
    """An agency that was asked sees the case, and not by which deeds its land is held."""
    case, lot = sample.case(), past(sample)
    deeds = one_each(case)
    confirm(sample, deeds)
    at = {"asked_at": timezone.now(), "due_at": timezone.now(), "default_answer": "consent"}
    Referral.objects.create(case=case, stage="survey_review", agency="electricity", **at)
    RoleGrant.objects.filter(user=sample.user("agency")).update(area="electricity")
    assert found(sample, "agency", lot.plan_no) == {case.reference}
    for number in (deed_of(sample.uid), deeds[0].number):
        assert found(sample, "agency", number) == set()
        assert found(sample, "surveyor", number) == found(sample, "registrar", number) == {case.reference}


def test_a_search_asks_as_often_for_one_case_as_for_many(sample: Sample) -> None:
    client = Client()
    client.force_login(sample.user("director"))
    uid = sample.situation("seized")
    an_inquiry(sample, uid)
    texts = [deed_of(uid), Parcel.objects.get(uid=uid, end_lifespan_version=None).plan_no, "visit", "144"]

    def queries(text: str) -> int:
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert client.get(f"/en/cases/?q={quote(text)}").status_code == 200
        return len(asked)

    client.get("/en/cases/?q=x")
    before = [queries(text) for text in texts]
    for _ in range(5):
        an_inquiry(sample, uid)
    assert [queries(text) for text in texts] == before == [before[0]] * len(texts)


def test_every_part_of_it_goes_by_an_index(sample: Sample) -> None:
    viewer = Viewer(user_id=1, roles=frozenset({"director"}))
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        sql, params = Case.objects.filter(about("تقسيم", viewer)).values("pk").query.sql_with_params()
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", params)
        plan = cursor.fetchone()[0]
    text = json.dumps(plan)
    assert "Seq Scan" not in text, text
    names = {"case_by_part", "case_by_service", "case_by_parcels", "parcel_current_number", "parcel_past_number"}
    assert names <= set(re.findall(r'"Index Name": "(\w+)"', text)) and "source_number" in text
