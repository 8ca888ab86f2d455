"""Two open cases on one land: each is told of the other, on both, once."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from gisportal.accounts.models import RoleGrant, User
from land_services.cases import acts
from land_services.cases.conflicts import conflicts_of
from land_services.cases.models import Case, CaseStep
from land_services.cases.proof import case_faults
from land_services.catalogue import load_catalogue
from layers.models import Parcel
from tests.land_services.cases.test_at_once import at_once
from tests.land_services.cases.test_machine import an_answer
from tests.sample import Sample

Put = Callable[[str], Sample]
WORDS = "Another open request on this land"


def told(case: Case) -> list[str]:
    return list(CaseStep.objects.filter(case=case, act="conflict").values_list("details__case", flat=True))


def page(case: Case, login: str) -> str:
    client = Client()
    client.force_login(User.objects.get(login=login))
    return client.get(f"/en/cases/{case.reference}/").content.decode()


def neighbour_of(uid: str) -> str:
    parcel = Parcel.objects.get(uid=uid, end_lifespan_version=None)
    near = Parcel.objects.filter(end_lifespan_version=None, geom__touches=parcel.geom)
    return str(near.order_by("pk")[0].uid)


@pytest.mark.django_db(databases=["default", "owner"])
def test_both_are_told_when_the_second_is_submitted(sample_recommended: Sample) -> None:
    first = sample_recommended.case()
    assert conflicts_of(first) == [] and WORDS not in page(first, "reviewer")
    second = sample_recommended.submitted("outsider")
    assert [one.reference for one in conflicts_of(first)] == [second.reference]
    assert (told(first), told(second)) == ([second.reference], [first.reference])
    shown = page(second, "reviewer")
    assert f'href="/en/cases/{first.reference}/"' in shown and "conflict-1" in shown
    assert not list(case_faults())


@pytest.mark.django_db(databases=["default", "owner"])
def test_whoever_may_not_see_the_other_is_told_that_there_is_one(sample_recommended: Sample) -> None:
    first, second = sample_recommended.case(), an_inquiry(sample_recommended, sample_recommended.uid)
    shown = page(second, "asking")
    assert WORDS in shown and "One other request is open on this land." in shown
    assert first.reference not in shown


@pytest.mark.django_db(databases=["default", "owner"])
def test_a_pair_is_told_once_and_an_ended_case_is_in_nobodys_way(sample_recommended: Sample) -> None:
    first, second = sample_recommended.case(), sample_recommended.submitted("outsider")
    acts.reject(second, "no", "survey_review", viewer=sample_recommended.viewer("reviewer"))
    assert conflicts_of(first) == [] and conflicts_of(second) == []
    acts.reopen(second, "an appeal", viewer=sample_recommended.viewer("mayor"))
    assert [one.reference for one in conflicts_of(second)] == [first.reference]
    assert (told(first), told(second)) == ([second.reference], [first.reference])


@pytest.mark.django_db(databases=["default", "owner"])
def test_land_that_only_touches_is_not_the_same_land(sample_recommended: Sample) -> None:
    first = sample_recommended.case()
    beside = an_inquiry(sample_recommended, neighbour_of(sample_recommended.uid))
    assert conflicts_of(first) == conflicts_of(beside) == [] and not told(first)
    on_it = an_inquiry(sample_recommended, sample_recommended.uid)
    assert told(first) == [on_it.reference]


def an_inquiry(sample: Sample, uid: str) -> Case:
    """Submit a request for a site visit, which needs land and no survey."""
    user = User.objects.get_or_create(login="asking", defaults={"password": "!"})[0]
    RoleGrant.objects.get_or_create(user=user, role="applicant", area="")
    card = load_catalogue()["site_visit_request"]
    viewer = sample.viewer("asking")
    case = acts.open_case(card.code, [uid], viewer=viewer, form={f.code: an_answer(f) for f in card.form})
    for document in card.documents:
        if document.required:
            acts.attach(case, sample.deed, viewer=viewer, document=document.code)
    return acts.submit(case, viewer=viewer)


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_of_two_submitted_at_once_each_hears_of_the_other(committed_sample: Put) -> None:
    sample = committed_sample("land")
    pair = []
    for login in ("surveyor", "outsider"):
        case = sample.open(login)
        acts.hand_in(case, sample.proper, viewer=sample.viewer(login), crs="EPSG:32639")
        pair.append((case, sample.viewer(login)))
    results = at_once(*[lambda case=case, who=who: acts.submit(case, viewer=who) for case, who in pair])
    assert all(isinstance(result, Case) for result in results), results
    (first, _), (second, _) = pair
    assert (told(first), told(second)) == ([second.reference], [first.reference])
