"""A boundary adjustment from the request to its papers, between two neighbours of the sample."""

from __future__ import annotations

from pathlib import Path

import pytest
from shapely import LineString
from shapely.affinity import scale, translate
from shapely.geometry import Polygon, shape
from shapely.ops import split, unary_union

from land_services.cases.models import Case, IssuedDocument
from land_services.domain import FactsQuery, ParcelFact
from land_services.register.selectors import load_facts, titles_of
from layers.models import Parcel
from tests.land_services.cases.land_cases import draft, draw, issued, page_of, papers, submitted
from tests.sample import Sample

pytestmark = pytest.mark.django_db(databases=["default", "owner"])
FORM = {"reason": "straighten", "neighbour_phone": "0501234567"}


@pytest.fixture
def sample(sample_land: Sample) -> Sample:
    return sample_land


def neighbours(sample: Sample) -> tuple[ParcelFact, ParcelFact]:
    """Return the lot that the demonstration divides, which is wide, and a lot beside it."""
    facts = load_facts(FactsQuery((sample.uid,), 1.0))
    wide = facts.parcels[0]
    sides = [(wide.geometry.intersection(other.geometry).length, other) for other in facts.neighbours]
    beside = [
        other
        for shared, other in sides
        if shared > 10 and (other.plan_no, other.land_use) == (wide.plan_no, wide.land_use)
    ]
    return wide, beside[0]


def moved(wide: ParcelFact, other: ParcelFact, by_m: float) -> tuple[Polygon, Polygon]:
    """Return both with their common side moved into the wide one."""
    shared = wide.geometry.intersection(other.geometry)
    (x0, y0), *_, (x1, y1) = LineString(shared if shared.geom_type == "LineString" else unary_union(shared)).coords
    inward = wide.geometry.centroid
    length = ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5
    normal = (-(y1 - y0) / length, (x1 - x0) / length)
    if (inward.x - x0) * normal[0] + (inward.y - y0) * normal[1] < 0:
        normal = (-normal[0], -normal[1])
    line = scale(translate(LineString([(x0, y0), (x1, y1)]), normal[0] * by_m, normal[1] * by_m), 3, 3)
    pieces = sorted(split(wide.geometry, line).geoms, key=lambda piece: piece.distance(inward))
    return pieces[0], unary_union([other.geometry, *pieces[1:]])  # type: ignore[return-value]


def adjusted(sample: Sample, folder: Path) -> tuple[Case, ParcelFact, ParcelFact]:
    wide, other = neighbours(sample)
    gives, takes = moved(wide, other, 2.0)
    case = draft(sample, "boundary_adjustment", [wide.uid, other.uid], FORM)
    path = draw(folder, (wide.parcel_no, gives), (other.parcel_no, takes))
    return issued(sample, submitted(sample, case, path)), wide, other


def test_two_neighbours_live_on_with_their_line_moved_and_their_deeds_pending(sample: Sample, tmp_path: Path) -> None:
    case, wide, other = adjusted(sample, tmp_path)
    now = {
        str(parcel.uid): parcel for parcel in Parcel.objects.filter(uid__in=case.parcel_uids, end_lifespan_version=None)
    }
    assert set(now) == {wide.uid, other.uid}
    assert all(parcel.begin_entry_id == case.entry_id for parcel in now.values())
    lost = wide.surveyed_area_m2 - now[wide.uid].surveyed_area_m2  # type: ignore[operator]
    assert lost > 20
    assert now[other.uid].surveyed_area_m2 - other.surveyed_area_m2 == lost  # type: ignore[operator]
    titles = titles_of(case.parcel_uids)
    assert all(deed.pending for title in titles for deed in title.deeds)
    kinds = [document.kind for document in case.documents.order_by("pk")]
    assert kinds == [
        "survey_decision", "survey_decision", "adjustment_drawing", "registry_letter", "result_gpkg", "result_geojson",
    ]  # fmt: skip


@pytest.mark.parametrize("login", ["surveyor", "reviewer"])
def test_who_files_and_who_reviews_see_both_parcels_before_and_after(
    sample: Sample, tmp_path: Path, login: str
) -> None:
    wide, other = neighbours(sample)
    gives, takes = moved(wide, other, 2.0)
    case = draft(sample, "boundary_adjustment", [wide.uid, other.uid], FORM)
    submitted(sample, case, draw(tmp_path, (wide.parcel_no, gives), (other.parcel_no, takes)))
    page = page_of(sample, case, login)
    after = {shape(one["geometry"]).area for one in page.context["map"]["after"]}
    assert {round(area) for area in after} == {round(gives.area), round(takes.area)}, "no neighbour with a new vertex"
    parts = {part["uid"]: part for part in page.context["parts"]}
    assert set(parts) == {wide.uid, other.uid}
    lost = wide.surveyed_area_m2 - parts[wide.uid]["surveyed_area_m2"]
    assert lost > 20 and parts[other.uid]["surveyed_area_m2"] - other.surveyed_area_m2 == lost
    said = page.content.decode()
    assert "Before and after" in said and "Resulting parcels" in said
    assert said.count("before:") == 4 and f"{wide.surveyed_area_m2:,.2f}" in said


def test_its_papers_show_both_before_and_after(sample: Sample, tmp_path: Path) -> None:
    case, wide, other = adjusted(sample, tmp_path)
    texts = papers(case)
    assert "Boundary Adjustment Drawing" in texts["adjustment_drawing"]
    assert "whose common boundary" in " ".join(texts["registry_letter"].split())
    for area in (wide.surveyed_area_m2, other.surveyed_area_m2):
        assert f"{area:,.2f}" in texts["adjustment_drawing"]
    for parcel in Parcel.objects.filter(uid__in=case.parcel_uids, end_lifespan_version=None):
        assert f"{parcel.surveyed_area_m2:,.2f}" in texts["adjustment_drawing"]
        assert f"{parcel.surveyed_area_m2:,.2f}" in texts["registry_letter"]
    heads = [line for line in texts["registry_letter"].splitlines() if "Id number" in line]
    assert heads and all("Parcel" in head for head in heads), "the owners' table says who holds which parcel"
    decided = IssuedDocument.objects.filter(case=case, kind="survey_decision")
    assert {str(document.parcel_uid) for document in decided} == {wide.uid, other.uid}
