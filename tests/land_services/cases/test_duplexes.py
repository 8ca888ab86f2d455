"""A duplex from the request to its papers: land along the party wall, and floors of a villa as units."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import shapely
from shapely import LineString
from shapely.ops import split

from land_services.cases import acts
from land_services.cases.models import Case, IssuedDocument
from land_services.domain import Facts, FactsQuery, Finding, Rules
from land_services.geometry.frontage import frontage_m
from land_services.register.selectors import load_facts, titles_of
from land_services.registry import SERVICES
from land_services.services.duplex_subdivision import SERVICE, Inputs
from layers.models import Parcel
from tests.land_services.cases.land_cases import draft, draw, issued, papers, submitted
from tests.sample import CRS, Sample

pytestmark = pytest.mark.django_db(databases=["default", "owner"])
FORM: dict[str, Any] = {
    "villa_kind": "attached",
    "units": 2,
    "parking_bays": 4,
    "permit_no": "1447/55",
    "permit_date": "1447/02/01",
    "separate_meters": True,
}
FLOORS = {**FORM, "villa_kind": "floors", "villa_attached": False, "units": 3, "parking_bays": 3}


@pytest.fixture
def sample(sample_land: Sample) -> Sample:
    return sample_land


def the_duplex(sample: Sample) -> Facts:
    return load_facts(FactsQuery((sample.situation("duplex_two_units"),), 60.0))


def halves(facts: Facts) -> list[tuple[str, Any]]:
    """Return the lot cut square to the middle of its street front."""
    lot = shapely.get_parts(facts.parcels[0].geometry)[0]
    rows = [street.right_of_way for street in facts.streets]
    front = max(frontage_m(lot, rows, 0.01), key=lambda one: one.length_m).line
    line = shapely.line_merge(front)
    (x0, y0), (x1, y1) = line.coords[0], line.coords[-1]
    middle, dx, dy = line.interpolate(0.5, normalized=True), -(y1 - y0), x1 - x0
    cut = LineString([(middle.x - 9 * dx, middle.y - 9 * dy), (middle.x + 9 * dx, middle.y + 9 * dy)])
    return [(str(number), piece) for number, piece in enumerate(split(lot, cut).geoms, start=1)]


def divided(sample: Sample, folder: Path) -> Case:
    facts = the_duplex(sample)
    house = shapely.get_parts(facts.parcels[0].geometry)[0].buffer(-4, join_style="mitre")
    case = draft(sample, "duplex_subdivision", [facts.parcels[0].uid], FORM)
    return issued(sample, submitted(sample, case, draw(folder, *halves(facts), houses=[house])))


def test_each_unit_becomes_a_parcel_that_knows_its_units_and_what_stands_on_it(sample: Sample, tmp_path: Path) -> None:
    before = the_duplex(sample).parcels[0]
    case = divided(sample, tmp_path)
    assert not Parcel.objects.filter(uid=before.uid, end_lifespan_version=None).exists()
    born = list(Parcel.objects.filter(begin_entry_id=case.entry_id, parcel_no__endswith=f"/{before.parcel_no}"))
    assert [parcel.unit_count for parcel in born] == [1, 1]
    assert all(parcel.building_area_m2 and parcel.building_area_m2 > 50 for parcel in born)
    assert sum(parcel.surveyed_area_m2 for parcel in born) == before.surveyed_area_m2
    titles = titles_of([str(parcel.uid) for parcel in born])
    assert len(titles) == 1 and all(deed.pending for deed in titles[0].deeds)
    kinds = [document.kind for document in case.documents.order_by("pk")]
    assert kinds == ["survey_decision", "survey_decision", "division_drawing", "registry_letter"]


def test_the_form_is_looked_at_again_at_the_decision(
    sample: Sample, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Any] = []

    def check_answers(inputs: Inputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
        seen.append(inputs.answers)
        return ()

    monkeypatch.setitem(SERVICES, SERVICE.code, replace(SERVICE, checks=(*SERVICE.checks, check_answers)))
    case = divided(sample, tmp_path)
    assert seen == [case.form] * 3, "handed in, read again at the decision, and once more under the lock"


def test_its_papers_name_the_units_and_the_land_of_each(sample: Sample, tmp_path: Path) -> None:
    case = divided(sample, tmp_path)
    texts = papers(case)
    assert "Duplex Subdivision Drawing" in texts["division_drawing"]
    assert "each unit of the divided building" in " ".join(texts["registry_letter"].split())
    for parcel in Parcel.objects.filter(begin_entry_id=case.entry_id, unit_count=1):
        assert f"{parcel.surveyed_area_m2:,.2f}" in texts["division_drawing"]
        assert f"{parcel.surveyed_area_m2:,.2f}" in texts["registry_letter"]
    assert IssuedDocument.objects.filter(case=case, kind="survey_decision").count() == 2


def test_floors_become_units_of_the_parcel_that_lives_on(sample: Sample, tmp_path: Path) -> None:
    before = the_duplex(sample).parcels[0]
    case = draft(sample, "duplex_subdivision", [before.uid], FLOORS)
    path = draw(tmp_path, (before.parcel_no, shapely.get_parts(before.geometry)[0]))
    case = issued(sample, submitted(sample, case, path))
    now = Parcel.objects.get(uid=before.uid, end_lifespan_version=None)
    assert (now.unit_count, now.begin_entry_id) == (3, case.entry_id)
    assert (now.surveyed_area_m2, now.building_area_m2) == (before.surveyed_area_m2, before.building_area_m2)
    assert now.geom.equals_exact(Parcel.objects.get(pk=before.version).geom)
    assert all(deed.pending for title in titles_of([before.uid]) for deed in title.deeds)
    texts = papers(case)
    assert "Duplex Subdivision Drawing" in texts["division_drawing"]
    assert "3" in texts["survey_decision"]
    assert [document.kind for document in case.documents.order_by("pk")] == [
        "survey_decision", "division_drawing", "registry_letter",
    ]  # fmt: skip


def test_units_that_the_register_does_not_permit_are_refused(sample: Sample, tmp_path: Path) -> None:
    facts = the_duplex(sample)
    case = draft(sample, "duplex_subdivision", [facts.parcels[0].uid], {**FORM, "units": 3})
    attempt, _ = acts.hand_in(case, draw(tmp_path, *halves(facts)), viewer=sample.viewer("surveyor"), crs=CRS)
    assert not attempt.fit
    errors = {finding["rule"] for finding in attempt.report["findings"] if finding["severity"] == "error"}
    assert errors == {"DUP-02"}, "three units on two parts: which part has two is not said"
