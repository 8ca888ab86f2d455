"""Real survey files of others: each gives a plan or a clear refusal. GISPORTAL_REAL_DATA names their folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from land_services.surveys.errors import SurveyUnreadable
from land_services.surveys.measure import part_area_m2
from land_services.surveys.reader import read_survey
from tests.land_services.surveys.samples import numbers, read_path


def real(*parts: str) -> Path:
    root = os.environ.get("GISPORTAL_REAL_DATA")
    if not root:
        pytest.skip("GISPORTAL_REAL_DATA is not set")
    return Path(root).joinpath(*parts)


def test_all_83_lots_of_a_real_subdivision_have_the_area_that_the_file_states() -> None:
    plan = read_survey(real("survey", "landxml", "subdivision.xml"))
    assert len(plan.parts) == 83 and plan.unit == "ft" and plan.crs == ""
    assert len(set(numbers(plan.parts))) == 83 and len(plan.points) == 639
    assert {label[0] for label in plan.labels} == set(numbers(plan.parts))
    assert sum(side.arc is not None for part in plan.parts for side in part.sides) == 62
    assert sum(len(part.sides) for part in plan.parts) == 361 + 62
    for part in plan.parts:
        assert part.stated_area_m2 is not None
        assert part_area_m2(part) == pytest.approx(part.stated_area_m2, abs=0.01), part.number


def test_no_real_file_ends_in_a_traceback() -> None:
    folders = [
        real("survey", name)
        for name in ("landxml", "dxf", "csdm_json", "csv_points", "moj_xml", "fieldbooks", "edigeo")
    ]
    folders.append(real("hard_geometry"))
    read = 0
    for path in sorted(
        p for folder in folders for p in folder.rglob("*") if p.is_file() and p.stat().st_size < 5_000_000
    ):
        try:
            plan = read_path(path, "local", "m")
        except SurveyUnreadable as refused:
            assert refused.findings and all(f.rule.startswith("SRV-") for f in refused.findings), path
            assert not any(f.rule == "SRV-99" for f in refused.findings), path
        else:
            assert plan.parts
            read += 1
    assert read >= 3


def test_good_geojson_is_read_or_has_no_polygon_and_bad_geojson_is_refused() -> None:
    for path in sorted(real("ogc_conformance", "geojson_good_bad", "good").glob("*.geojson")):
        try:
            assert read_path(path).parts, path
        except SurveyUnreadable as refused:
            reasons = {f.rule for f in refused.findings if f.severity == "error"}
            assert reasons <= {"SRV-10", "SRV-11"}, (path, refused.findings)
    for path in sorted(real("ogc_conformance", "geojson_good_bad", "bad").glob("*.geojson")):
        with pytest.raises(SurveyUnreadable):
            read_path(path)


def test_a_real_drawing_of_polylines_is_read_and_a_crossing_loop_is_refused_with_its_place() -> None:
    plan = read_survey(real("survey", "dxf", "polylines.dxf"))
    assert len(plan.parts) == 12
    with pytest.raises(SurveyUnreadable) as caught:
        read_survey(real("survey", "dxf", "6_closed_loop_with_arcs.dxf"))
    (finding,) = [f for f in caught.value.findings if f.severity == "error"]
    assert (finding.rule, finding.variant) == ("SRV-09", "crosses") and finding.where is not None
