"""A merger from the request to its papers, through the engine that every service runs on."""

from __future__ import annotations

import json
from pathlib import Path

import pyogrio
import pytest
from shapely.ops import unary_union

from land_services.cases import acts
from land_services.cases.models import Case, IssuedDocument
from land_services.domain import SurveyPart
from land_services.register.selectors import load_facts, titles_of
from land_services.services import merge
from land_services.surveys.write_dxf import write_subdivision_dxf
from layers.models import Parcel
from tests.land_services.documents.pdfs import poppler_text
from tests.sample import CRS, Sample

pytestmark = pytest.mark.django_db(databases=["default", "owner"])


@pytest.fixture
def sample(sample_land: Sample) -> Sample:
    return sample_land


def pair(sample: Sample) -> list[str]:
    """Return two lots side by side that one deed joins."""
    found = sample.city.situation("several_parcels")
    return [str(found.uid), str(found.related[0])]


def drawn(uids: list[str], folder: Path, number: str = "500") -> Path:
    """Write what a surveyor would draw: the outline of both, with the new number in it."""
    facts = load_facts(merge.needs(merge.Inputs(tuple(uids), None, "", None)))  # type: ignore[arg-type]
    outline = unary_union([parcel.geometry for parcel in facts.parcels])
    path = folder / "merge.dxf"
    write_subdivision_dxf(path, [SurveyPart(number, outline)])
    return path


def submitted(sample: Sample, folder: Path) -> Case:
    surveyor, uids = sample.viewer("surveyor"), pair(sample)
    form = {"purpose": "building", "existing_building": "no"}
    case = acts.open_case("merge", uids, viewer=surveyor, form=form)
    for document in ("deed", "national_id"):
        acts.attach(case, sample.deed, viewer=surveyor, document=document, file_name=f"{document}.pdf")
    attempt, _ = acts.hand_in(case, drawn(uids, folder), viewer=surveyor, crs=CRS)
    assert attempt.fit, json.dumps(attempt.report, ensure_ascii=False, indent=1)
    return acts.submit(case, viewer=surveyor)


def issued(sample: Sample, folder: Path) -> Case:
    case = sample.reviewed(submitted(sample, folder))
    case, applied = acts.approve(case, viewer=sample.viewer("mayor"))
    assert applied is not None
    assert (len(applied.retired), len(applied.created)) == (2, 1)
    acts.issue(case, viewer=sample.viewer("mayor"))
    case.refresh_from_db()
    return case


def test_two_lots_of_one_deed_become_one_with_its_papers(sample: Sample, tmp_path: Path) -> None:
    case = issued(sample, tmp_path)
    (new,) = Parcel.objects.filter(begin_entry_id=case.entry_id, parcel_no="500")
    assert new.end_lifespan_version is None
    (title,) = titles_of([str(new.uid)])
    assert title.parcel_uids == (str(new.uid),)
    assert all(deed.pending for deed in title.deeds)
    documents = list(IssuedDocument.objects.filter(case=case).order_by("pk"))
    kinds = ["survey_decision", "merge_drawing", "registry_letter", "result_gpkg", "result_geojson"]
    assert [document.kind for document in documents] == kinds
    assert [document.parcel_uid for document in documents] == [new.uid, None, None, None, None]
    assert documents[1].title == "رسم القطع قبل الدمج وبعده"


def test_the_papers_say_what_was_merged(sample: Sample, tmp_path: Path) -> None:
    case = issued(sample, tmp_path)
    texts = {
        document.kind: poppler_text(Path(document.file.path).read_bytes(), "-layout")
        for document in case.documents.filter(file__endswith=".pdf")
    }
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
    case = acts.open_case("merge", uids, viewer=surveyor)
    attempt, _ = acts.hand_in(case, drawn(uids, tmp_path, number=""), viewer=surveyor, crs=CRS)
    assert not attempt.fit
    assert [f["rule"] for f in attempt.report["findings"] if f["severity"] == "error"] == ["MRG-08"]
