"""A merger from the request to its papers, through the engine that every service runs on."""

from __future__ import annotations

from pathlib import Path

import pyogrio
import pytest
from shapely.geometry import Polygon
from shapely.ops import unary_union

from land_services.cases import acts
from land_services.cases.models import Case, IssuedDocument
from land_services.domain import FactsQuery
from land_services.register.selectors import load_facts, titles_of
from layers.models import Parcel
from tests.land_services.cases.land_cases import draft, draw, issued, papers, submitted
from tests.sample import CRS, Sample

pytestmark = pytest.mark.django_db(databases=["default", "owner"])


@pytest.fixture
def sample(sample_land: Sample) -> Sample:
    return sample_land


def pair(sample: Sample) -> list[str]:
    """Return two lots side by side that one deed joins."""
    found = sample.city.situation("several_parcels")
    return [str(found.uid), str(found.related[0])]


def outline(uids: list[str]) -> Polygon:
    facts = load_facts(FactsQuery(tuple(uids)))
    return unary_union([parcel.geometry for parcel in facts.parcels])  # type: ignore[return-value]


def merged(sample: Sample, folder: Path) -> Case:
    uids = pair(sample)
    case = draft(sample, "merge", uids, {"purpose": "building", "existing_building": "no"})
    return issued(sample, submitted(sample, case, draw(folder, ("500", outline(uids)))))


def test_two_lots_of_one_deed_become_one_with_its_papers(sample: Sample, tmp_path: Path) -> None:
    case = merged(sample, tmp_path)
    (new,) = Parcel.objects.filter(begin_entry_id=case.entry_id, parcel_no="500")
    assert new.end_lifespan_version is None
    (title,) = titles_of([str(new.uid)])
    assert title.parcel_uids == (str(new.uid),)
    assert all(deed.pending for deed in title.deeds)
    documents = list(IssuedDocument.objects.filter(case=case).order_by("pk"))
    kinds = ["survey_decision", "merge_drawing", "registry_letter", "result_gpkg", "result_geojson"]
    assert [document.kind for document in documents] == kinds
    assert [document.parcel_uid for document in documents] == [new.uid, None, None, None, None]
    assert documents[1].title_ar == "رسم القطع قبل الدمج وبعده"


def test_the_papers_say_what_was_merged(sample: Sample, tmp_path: Path) -> None:
    case = merged(sample, tmp_path)
    texts = papers(case)
    assert "Merging Drawing" in texts["merge_drawing"]
    assert "one deed after merging" in texts["registry_letter"]
    for text in texts.values():
        assert case.reference in text
        assert "500" in text
    old = {parcel.parcel_no for parcel in Parcel.objects.filter(uid__in=case.parcel_uids)}
    assert len(old) == 2
    assert all(number in texts["merge_drawing"] for number in old)
    file = case.documents.get(kind="result_gpkg")
    frame = pyogrio.read_dataframe(file.file.path)
    assert list(frame["parcel_no"]) == ["500"]
    assert frame.geometry.iloc[0].area == pytest.approx(
        sum(p.calculated_area_m2 for p in Parcel.objects.filter(uid__in=case.parcel_uids))
    )


def test_a_file_without_the_number_is_refused_and_kept(sample: Sample, tmp_path: Path) -> None:
    surveyor, uids = sample.viewer("surveyor"), pair(sample)
    case = draft(sample, "merge", uids)
    attempt, _ = acts.hand_in(case, draw(tmp_path, ("", outline(uids))), viewer=surveyor, crs=CRS)
    assert not attempt.fit
    assert [f["rule"] for f in attempt.report["findings"] if f["severity"] == "error"] == ["MRG-08"]
