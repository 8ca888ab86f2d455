"""Areas that one watches, by the API: listed, added and taken away as on their page, and nobody else's."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from shapely.geometry import shape

from land_services.api.tokens import make_token
from land_services.cases import acts, areas
from land_services.cases.models import AreaSubscription
from layers.models import District
from tests.land_services.api.asking import Asker
from tests.land_services.api.test_schemathesis import _token
from tests.land_services.cases.test_areas import corners_of
from tests.sample import Sample

pytestmark = pytest.mark.django_db(databases=["default", "owner"])


@pytest.fixture
def sample(sample_land: Sample) -> Sample:
    return sample_land


@pytest.fixture(autouse=True)
def no_limit(settings: Any) -> None:
    settings.API_PER_MINUTE = 0


def test_each_kind_is_watched_listed_and_taken_away(sample: Sample) -> None:
    asker = Asker(sample, "resident")
    district = District.objects.filter(end_lifespan_version=None).order_by("pk")[0]
    wanted = [
        {"kind": "circle", "parcel": sample.label, "radius_m": 250},
        {"kind": "district", "district": str(district.uid)},
        {"kind": "polygon", "title": "بيتي", "corners": corners_of(sample)},
    ]
    made = []
    for body in wanted:
        answer = asker.post("areas/", body)
        made.append(asker.ok(answer, 201))
        assert answer["Location"].endswith(f"/api/v1/areas/{made[-1]['id']}")
    assert [one["kind"] for one in made] == ["circle", "district", "polygon"]
    assert made[2]["title"] == "بيتي" and abs(shape(made[2]["where_storage"]).area - 4) < 1e-6
    west, south, east, north = shape(made[2]["where"]).bounds
    assert -180 < west < east < 180 and -90 < south < north < 90
    assert asker.ok(asker.get("areas/")) == {"areas": made, "hits": []}
    assert asker.client.delete(made[0]["href"]).status_code == 204
    assert asker.client.delete(made[0]["href"]).status_code == 404
    assert [one["id"] for one in asker.ok(asker.get("areas/"))["areas"]] == [one["id"] for one in made[1:]]


def test_what_happened_is_told_with_the_reference_to_those_alone_who_see_the_case(sample: Sample) -> None:
    askers = {login: Asker(sample, login) for login in ("resident", "reviewer", "outsider")}
    body = {"kind": "polygon", "title": "here", "corners": corners_of(sample)}
    for login in ("resident", "reviewer"):
        askers[login].ok(askers[login].post("areas/", body), 201)
    case = sample.submitted()
    told = {login: asker.ok(asker.get("areas/"))["hits"] for login, asker in askers.items()}
    assert [(hit["event"], hit["service"]) for hit in told["resident"]] == [("opened", "subdivision")]
    assert (told["resident"][0]["reference"], told["reviewer"][0]["reference"]) == (None, case.reference)
    assert told["outsider"] == []


def test_areas_of_others_are_not_there(sample: Sample) -> None:
    mine, other = Asker(sample, "resident"), Asker(sample, "reviewer")
    made = mine.ok(mine.post("areas/", {"kind": "circle", "parcel": sample.uid, "radius_m": 100}), 201)
    assert other.ok(other.get("areas/"))["areas"] == []
    hidden, absent = other.client.delete(made["href"]), other.client.delete("/api/v1/areas/999999")
    assert (hidden.status_code, hidden.content) == (absent.status_code, absent.content) == (404, absent.content)
    assert hidden["Content-Type"] == "application/problem+json"
    assert AreaSubscription.objects.filter(pk=made["id"]).exists()
    assert mine.client.get(made["href"]).status_code == 405
    nobody = Asker(sample)
    assert nobody.get("areas/").status_code == nobody.post("areas/", {}).status_code == 401
    assert nobody.client.delete(made["href"]).status_code == 401


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({}, "kind"),
        ({"kind": "square"}, "kind"),
        ({"kind": "circle", "radius_m": "250"}, "radius_m"),
        ({"kind": "polygon", "title": "x", "corners": [[1, 2], [3]]}, "corners[1]"),
        ({"kind": "polygon", "title": "x", "corners": [[0, 0]] * 1001}, "corners"),
        ({"kind": "polygon", "title": "x" * 121, "corners": []}, "title"),
    ],
)
def test_a_body_of_another_shape_is_refused_by_its_member(sample: Sample, body: Any, where: str) -> None:
    answer = Asker(sample, "resident").post("areas/", body)
    assert (answer.status_code, answer.json()["parameter"]) == (400, where)


def test_what_cannot_be_watched_is_refused_in_either_language(sample: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    asker = Asker(sample, "resident")
    for body, words in (
        ({"kind": "circle", "parcel": sample.uid, "radius_m": 7}, "radius"),
        ({"kind": "circle", "parcel": "9/9/9999", "radius_m": 100}, "no single parcel"),
        ({"kind": "district", "district": sample.uid}, "district"),
        ({"kind": "polygon", "title": "x", "corners": [[0, 0], [1, 1], [2, 2]]}, "one line"),
        ({"kind": "polygon", "corners": corners_of(sample)}, "name"),
    ):
        answer = asker.post("areas/", body)
        assert answer.status_code == 400 and words in answer.json()["detail"], body
    arabic = asker.post("areas/?lang=ar", {"kind": "polygon", "corners": corners_of(sample)})
    assert "اسمًا" in arabic.json()["detail"]
    monkeypatch.setattr(areas, "MOST_AREAS", 1)
    body = {"kind": "polygon", "title": "far away", "corners": [[9e7, 9e7], [9e7 + 2, 9e7], [9e7, 9e7 + 2]]}
    assert asker.ok(asker.post("areas/", body), 201)["where"] is None, "it lies nowhere on earth"
    assert asker.post("areas/", body).status_code == 409


def test_it_is_done_once_under_a_key_and_by_no_token_for_reading(sample: Sample) -> None:
    asker, key = Asker(sample, "resident"), {"Idempotency-Key": "a"}
    body = {"kind": "circle", "parcel": sample.uid, "radius_m": 100}
    made = [asker.ok(asker.post("areas/", body, **key), 201) for _ in range(2)]
    assert made[0] == made[1] and AreaSubscription.objects.count() == 1
    gone = [asker.client.delete(made[0]["href"], headers={"Idempotency-Key": "b"}) for _ in range(2)]
    assert [one.status_code for one in gone] == [204, 204] and gone[1]["Idempotency-Replayed"] == "true"
    again = asker.ok(asker.post("areas/", body), 201)
    assert asker.client.delete(again["href"], headers={"Idempotency-Key": "a"}).status_code == 422
    writing = Asker(sample)
    expires = timezone.now() + timedelta(days=1)
    reading = {"Authorization": f"Bearer {make_token(sample.user('resident'), 'r', 'read', expires)}"}
    assert writing.client.delete(again["href"], headers=reading).status_code == 403
    assert writing.client.delete(again["href"], headers=_token(sample, "resident")).status_code == 204
    strict = Asker(sample, "resident", enforce_csrf_checks=True)
    refused = strict.client.delete(again["href"])
    assert (refused.status_code, refused.json()["parameter"]) == (403, "X-CSRFToken")


def test_the_list_costs_the_same_for_one_area_and_for_many(sample: Sample) -> None:
    asker = Asker(sample, "reviewer")
    body = {"kind": "polygon", "title": "here", "corners": corners_of(sample)}

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as asked:
            asker.ok(asker.get("areas/"))
        return len(asked)

    asker.ok(asker.post("areas/", body), 201)
    case = sample.submitted()
    queries()
    before = queries()
    for _ in range(5):
        asker.ok(asker.post("areas/", body), 201)
    acts.reject(case, "no", viewer=sample.viewer("reviewer"))
    assert queries() == before
