"""Areas that people watch: told of what opens and closes there, and of nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from shapely import from_wkb

from land_services.cases import acts, areas
from land_services.cases.areas import around, drawn, in_district, unwatch
from land_services.cases.errors import ActionRefused, Incomplete, NotYours
from land_services.cases.models import AreaHit, AreaSubscription
from layers.models import District, Parcel
from layers.viewer import ANONYMOUS
from tests.sample import Sample

pytestmark = pytest.mark.django_db(databases=["default", "owner"])


@pytest.fixture
def sample(sample_land: Sample) -> Sample:
    return sample_land


@pytest.fixture
def told() -> Iterator[list[list[AreaHit]]]:
    heard: list[list[AreaHit]] = []
    before = areas._told.copy()
    areas.on_hits(lambda hits: heard.append(list(hits)))
    yield heard
    areas._told[:] = before


def corners_of(sample: Sample, dx: float = 0.0) -> list[tuple[float, float]]:
    """Return a square of 2 m within the lot, moved east by ``dx``."""
    parcel = Parcel.objects.get(uid=sample.uid, end_lifespan_version=None)
    inside = from_wkb(bytes(parcel.geom.wkb)).representative_point()
    x, y = inside.x + dx, inside.y
    return [(x - 1, y - 1), (x + 1, y - 1), (x + 1, y + 1), (x - 1, y + 1)]


def events(area: AreaSubscription) -> list[str]:
    return list(area.hits.order_by("pk").values_list("event", flat=True))


def test_each_kind_of_area_hears_of_a_request_that_opens_and_closes(sample: Sample, told: list[list[AreaHit]]) -> None:
    who = sample.viewer("resident")
    parcel = Parcel.objects.get(uid=sample.uid, end_lifespan_version=None)
    district = District.objects.get(end_lifespan_version=None, geom__contains=parcel.geom.point_on_surface)
    watched = [
        around(sample.label, 100, viewer=who),
        in_district(str(district.uid), viewer=who),
        drawn(corners_of(sample), "ours", viewer=who),
    ]
    elsewhere = drawn(corners_of(sample, 5000), "far away", viewer=who)
    case = sample.submitted()
    acts.withdraw(case, viewer=sample.viewer("surveyor"))
    assert [events(area) for area in watched] == [["opened", "closed"]] * 3
    assert events(elsewhere) == []
    assert [[hit.area_id for hit in hits] for hits in told] == [[area.pk for area in watched]] * 2
    assert told[0][0].area.user_id == who.user_id


def test_a_case_taken_up_again_opens_again(sample: Sample) -> None:
    area = drawn(corners_of(sample), "ours", viewer=sample.viewer("resident"))
    case = sample.submitted()
    acts.reject(case, "no", viewer=sample.viewer("reviewer"))
    acts.reopen(case, "an appeal", viewer=sample.viewer("mayor"))
    assert events(area) == ["opened", "closed", "opened"]


def test_whoever_may_not_see_the_case_is_not_told_its_number(sample: Sample) -> None:
    for login in ("resident", "reviewer"):
        drawn(corners_of(sample), f"of {login}", viewer=sample.viewer(login))
    case = sample.submitted()
    pages = {}
    for login in ("resident", "reviewer", "outsider"):
        client = Client()
        client.force_login(sample.user(login))
        pages[login] = client.get("/en/follow/areas/").content.decode()
    assert "Land subdivision" in pages["resident"] and case.reference not in pages["resident"]
    assert case.reference in pages["reviewer"]
    assert "Land subdivision" not in pages["outsider"] and "of reviewer" not in pages["outsider"]


@pytest.mark.parametrize(
    ("corners", "title"),
    [
        ([(0, 0), (1, 1)], "two corners"),
        ([(0, 0), (10, 10), (10, 0), (0, 10)], "crossing"),
        ([(0, 0), (1, 1), (2, 2)], "a line"),
        ([(0, 0), (10_000, 0), (10_000, 10_000), (0, 10_000)], "too large"),
        ([(0, 0), (10, 0), (10, 10)], " "),
        ([(n, n * n) for n in range(201)], "too many corners"),
    ],
)
def test_an_area_that_cannot_be_is_refused(sample: Sample, corners: Any, title: str) -> None:
    with pytest.raises(Incomplete):
        drawn(corners, title, viewer=sample.viewer("resident"))
    assert not AreaSubscription.objects.exists()


def test_what_cannot_be_watched_is_refused(sample: Sample) -> None:
    who = sample.viewer("resident")
    for refused in (
        lambda: around("9/9/9999", 100, viewer=who),
        lambda: around("nothing", 100, viewer=who),
        lambda: around(sample.label, 99_999, viewer=who),
        lambda: in_district("no uid", viewer=who),
        lambda: in_district(sample.uid, viewer=who),
    ):
        with pytest.raises(Incomplete):
            refused()
    with pytest.raises(NotYours):
        around(sample.label, 100, viewer=ANONYMOUS)


def test_areas_are_limited_and_another_persons_are_not_touched(sample: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(areas, "MOST_AREAS", 2)
    who = sample.viewer("resident")
    first, _ = (drawn(corners_of(sample), str(n), viewer=who) for n in range(2))
    with pytest.raises(ActionRefused, match="the most"):
        drawn(corners_of(sample), "one more", viewer=who)
    with pytest.raises(NotYours):
        unwatch(first.pk, viewer=sample.viewer("outsider"))
    unwatch(first.pk, viewer=who)
    drawn(corners_of(sample), "instead", viewer=who)


def test_the_page_adds_and_takes_away(sample: Sample) -> None:
    client = Client()
    assert client.get("/en/follow/areas/").status_code == 302
    client.force_login(sample.user("resident"))
    address = "/en/follow/areas/"
    corners = "\n".join(f"{x:.2f}, {y:.2f}" for x, y in corners_of(sample))
    assert client.post(address, {"kind": "polygon", "title": "حديقتي", "corners": corners}).status_code == 302
    assert client.post(address, {"kind": "circle", "parcel": sample.label, "radius": "250"}).status_code == 302
    assert client.post(address, {"kind": "circle", "parcel": "no/such/parcel", "radius": "250"}).status_code == 400
    assert client.post(address, {"kind": "polygon", "title": "x", "corners": "1 2 3"}).status_code == 400
    assert client.post(address, {"kind": "mischief"}).status_code == 400
    assert client.post(address, {"kind": "unwatch", "area": "999999"}).status_code == 403
    one = AreaSubscription.objects.get(title="حديقتي")
    assert client.post(address, {"kind": "unwatch", "area": str(one.pk)}).status_code == 302
    assert AreaSubscription.objects.get().kind == "circle"
