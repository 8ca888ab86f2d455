"""A deed update from the request to its papers: a deed that states less than the ground."""

from __future__ import annotations

from pathlib import Path

import pytest

from land_services.cases import acts
from land_services.cases.models import Case
from land_services.checks.land import parcel_area
from land_services.domain import FactsQuery, ParcelFact
from land_services.register.selectors import load_facts, titles_of
from layers.models import Parcel
from tests.land_services.cases.land_cases import draft, draw, issued, papers, submitted
from tests.sample import CRS, Sample

pytestmark = pytest.mark.django_db(databases=["default", "owner"])
FORM = {"deed_date": "2020-01-05", "consent_to_less": "no"}


@pytest.fixture
def sample(sample_land: Sample) -> Sample:
    return sample_land


def lot(sample: Sample, situation: str) -> tuple[ParcelFact, str]:
    """Return the lot of a situation and the number of its deed."""
    facts = load_facts(FactsQuery((sample.situation(situation),)))
    return facts.parcels[0], facts.titles[0].deeds[0].number


def updated(sample: Sample, folder: Path) -> tuple[Case, ParcelFact]:
    parcel, number = lot(sample, "deed_3_percent")
    case = draft(sample, "deed_update", [parcel.uid], {**FORM, "deed_no": number})
    return issued(sample, submitted(sample, case, draw(folder, (parcel.parcel_no, parcel.geometry)))), parcel


def test_the_parcel_lives_on_with_its_areas_sides_and_corners_restated(sample: Sample, tmp_path: Path) -> None:
    case, before = updated(sample, tmp_path)
    now = Parcel.objects.get(uid=before.uid, end_lifespan_version=None)
    assert now.begin_entry_id == case.entry_id
    assert now.official_area_m2 == now.surveyed_area_m2 == parcel_area(before.geometry)
    assert before.official_area_m2 is not None
    assert now.official_area_m2 > before.official_area_m2
    assert [deed.pending for deed in titles_of([before.uid])[0].deeds] == [True]
    kinds = [document.kind for document in case.documents.order_by("pk")]
    assert kinds == ["update_letter", "sketch", "result_gpkg", "result_geojson"]


def test_the_papers_say_how_the_areas_came_together(sample: Sample, tmp_path: Path) -> None:
    case, before = updated(sample, tmp_path)
    texts = papers(case)
    assert "Survey Sketch" in texts["sketch"]
    for text in texts.values():
        assert f"{before.official_area_m2:,.2f}" in text
        assert f"{parcel_area(before.geometry):,.2f}" in text
    assert "surplus" in texts["update_letter"]


def test_a_deed_far_from_the_ground_or_another_deed_is_refused(sample: Sample, tmp_path: Path) -> None:
    surveyor = sample.viewer("surveyor")
    parcel, number = lot(sample, "deed_30_percent")
    for stated, rules in ((number, ["DED-04"]), ("123", ["DED-03", "DED-04"])):
        case = draft(sample, "deed_update", [parcel.uid], {**FORM, "deed_no": stated})
        path = draw(tmp_path, (parcel.parcel_no, parcel.geometry))
        attempt, _ = acts.hand_in(case, path, viewer=surveyor, crs=CRS)
        assert not attempt.fit
        assert [f["rule"] for f in attempt.report["findings"] if f["severity"] == "error"] == rules
        acts.withdraw(case, viewer=surveyor)
