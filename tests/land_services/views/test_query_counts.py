"""Pages of staff ask the same number of queries, whether there is one case or many, and however much is in it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gisportal.accounts.models import User
from land_services.cases import acts
from land_services.cases.acts import RemarkMade
from land_services.cases.models import Case
from tests.sample import Sample

pytestmark = pytest.mark.django_db(databases=["default", "owner"])


def queries(login: str, address: str) -> int:
    client = Client()
    client.force_login(User.objects.get(login=login))
    client.get(address)  # what a process reads once is read
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert client.get(address).status_code == 200, address
    return len(asked)


def fill_up(sample: Sample, case: Case, rounds: int) -> None:
    """Send a case back and forth, with remarks, answers, documents and people that take it and let it go."""
    reviewer, filer = sample.viewer("reviewer"), sample.viewer("surveyor")
    for n in range(rounds):
        acts.take(case, "survey_review", viewer=reviewer)
        acts.give_back(case, "survey_review", viewer=reviewer)
        file = case.files.order_by("pk")[0].pk
        made = [
            RemarkMade("other", f"mend {n}"),
            RemarkMade("other", "here", file=file, page=1),
            RemarkMade("other", "there", point=(500_000.0 + n, 3_000_000.0)),
        ]
        acts.send_back(case, made, "survey_review", viewer=reviewer)
        for number in case.remarks.filter(answer="").values_list("number", flat=True):
            acts.answer(case, number, "done", viewer=filer)
        acts.attach(case, sample.deed, viewer=filer, document="deed", file_name=f"deed-{n}.pdf")
        acts.attach(case, sample.deed, viewer=filer, file_name=f"other-{n}.pdf")
        acts.submit(case, viewer=filer)


@pytest.mark.parametrize("login", ["surveyor", "reviewer", "mayor", "director"])
def test_a_case_with_much_in_it_costs_no_more_queries(sample_land: Sample, login: str) -> None:
    case = sample_land.submitted()
    acts.propose_visit(case, timezone.now() + timedelta(days=3), "survey_review", viewer=sample_land.viewer("reviewer"))
    fill_up(sample_land, case, 1)
    before = queries(login, f"/en/cases/{case.reference}/")
    fill_up(sample_land, case, 6)
    assert case.steps.count() > 60
    assert queries(login, f"/en/cases/{case.reference}/") == before


@pytest.mark.parametrize("login", ["surveyor", "reviewer", "director"])
@pytest.mark.parametrize("address", ["/en/work/", "/en/cases/", "/en/cases/?order=due", "/en/cases/?state=submitted"])
def test_lists_cost_the_same_for_one_case_and_for_many(sample_land: Sample, login: str, address: str) -> None:
    sample_land.submitted()
    acts.open_case("subdivision", [sample_land.uid], viewer=sample_land.viewer("surveyor"))
    before = queries(login, address)
    for n in range(8):
        sample_land.submitted("surveyor" if n % 2 else "outsider")
        acts.open_case("subdivision", [sample_land.uid], viewer=sample_land.viewer("surveyor"))
    assert queries(login, address) == before


def test_a_case_with_many_others_on_its_land_costs_no_more_queries(sample_land: Sample) -> None:
    case = sample_land.submitted()
    sample_land.submitted("outsider")
    before = queries("reviewer", f"/en/cases/{case.reference}/")
    for _ in range(4):
        sample_land.submitted("outsider")
    assert queries("reviewer", f"/en/cases/{case.reference}/") == before
