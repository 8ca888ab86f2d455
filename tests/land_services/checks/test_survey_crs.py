"""A plan in another CRS: transformed with its operation on record, or returned untouched with the reason."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import shapely
from shapely.geometry import Polygon

from land_services.checks.engine import is_fit, run_checks
from land_services.checks.survey_crs import to_storage
from land_services.domain import Arc, CreateSpatialUnit, Finding, SurveyPart, SurveyPlan, SurveySide
from land_services.services.subdivision import SERVICE, plan
from layers import crs
from tests.fabric import CRS, SRID, block, halves, inputs, rectangle, rules, survey

BLOCK = block()


def in_crs(code: str, **changes: object) -> SurveyPlan:
    """Return the plain good drawing as a file in another CRS would hold it."""
    parts = tuple(SurveyPart(number, crs.transform(shape, SRID, code, allow_legacy=True)) for number, shape in halves())
    return replace(survey(), parts=parts, crs=code, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("code", ["EPSG:4326", "EPSG:9359", "EPSG:32638"])
def test_a_plan_in_a_modern_crs_is_brought_over_and_divides_the_lot(code: str) -> None:
    read = in_crs(code, unit="deg" if code == "EPSG:4326" else "m")
    filed = inputs(BLOCK, survey=to_storage(read, SRID), source=read)
    assert filed.survey.crs == CRS and filed.survey.unit == "m" and filed.survey.crs_operation
    assert is_fit(run_checks(SERVICE, filed, BLOCK.facts("2"), rules()))
    corner = plan(filed, BLOCK.facts("2"), rules()).of(CreateSpatialUnit)[0].corners[0]
    assert corner.source_crs == code
    vertices = {point for part in read.parts for point in part.geometry.exterior.coords}
    assert (corner.source_x, corner.source_y) in vertices, "a corner stays in its source CRS, untouched"


def test_buildings_are_brought_over_with_the_parts() -> None:
    house = SurveyPart("", rectangle(40, 5, 50, 20))
    read = in_crs("EPSG:32638")
    moved = replace(house, geometry=crs.transform(house.geometry, SRID, "EPSG:32638", allow_legacy=True))
    stored = to_storage(replace(read, buildings=(moved,)), SRID)
    assert stored.buildings[0].geometry.hausdorff_distance(house.geometry) < 0.001


def test_a_legacy_plan_is_brought_over_with_a_warning_that_names_operation_and_accuracy() -> None:
    read = in_crs("EPSG:20439")
    filed = inputs(BLOCK, survey=to_storage(read, SRID), source=read)
    found = run_checks(SERVICE, filed, BLOCK.facts("2"), rules())
    warned = [f for f in found if f.rule == "LND-21"]
    assert [(f.variant, f.severity) for f in warned] == [("legacy", "warning")]
    assert "20439" in str(warned[0].params["operation"])
    assert filed.survey.crs_accuracy_m is not None and filed.survey.crs_accuracy_m >= 1


def test_a_plan_in_the_storage_crs_without_one_or_in_a_site_grid_is_left_alone() -> None:
    for code in (CRS, "", "local"):
        read = survey(*halves(), crs=code)
        assert to_storage(read, SRID) is read


def test_an_unknown_crs_is_a_finding_with_the_reason_in_both_languages() -> None:
    read = survey(*halves(), crs="EPSG:999999")
    filed = inputs(BLOCK, survey=to_storage(read, SRID), source=read)
    found = run_checks(SERVICE, filed, BLOCK.facts("2"), rules())
    assert [(f.rule, f.variant) for f in found] == [("LND-20", "refused")]
    assert found[0].params["reason"]["ar"] and found[0].source is not None


def test_a_plan_outside_the_belt_is_a_finding_that_names_the_belt() -> None:
    paris = Polygon([(2.30, 48.65), (2.31, 48.65), (2.31, 48.66)])
    read = survey(("1", paris), ("2", paris), crs="EPSG:4326", unit="deg")
    found = run_checks(SERVICE, inputs(BLOCK, survey=to_storage(read, SRID), source=read), BLOCK.facts("2"), rules())
    assert [(f.rule, f.variant) for f in found] == [("LND-22", "belt")]
    assert "32631" in found[0].params["reason"]["en"]


def test_places_of_remarks_travel_with_the_plan() -> None:
    read = in_crs("EPSG:4326", unit="deg")
    where = read.parts[0].geometry.centroid
    read = replace(read, remarks=(Finding("LND-25", "info", {"part": "1", "length": 0.0, "limit": 0.0}, where=where),))
    moved = to_storage(read, SRID).remarks[0].where
    assert moved is not None and moved.distance(halves()[0][1].centroid) < 0.01


def test_a_true_arc_keeps_its_ends_centre_and_length_within_the_scale() -> None:
    arc = Arc((50.1, 26.4), 0.001, "ccw", 0.001 * math.pi / 2)
    side = SurveySide((50.101, 26.4), (50.1, 26.401), arc)
    shape = Polygon([(50.101, 26.4), (50.1, 26.401), (50.1, 26.4)])
    read = replace(in_crs("EPSG:4326", unit="deg"), parts=(SurveyPart("1", shape, (side,)),))
    moved = to_storage(read, SRID).parts[0].sides[0]
    assert moved.arc is not None
    assert moved.arc.radius_m == pytest.approx(math.dist(moved.arc.centre, moved.start))
    assert shapely.Point(moved.start).distance(to_storage(read, SRID).parts[0].geometry.boundary) < 1e-6


def test_a_plan_in_a_crs_of_feet_holds_metres_and_is_given_its_feet_back() -> None:
    """EPSG:2277 counts in US survey feet; a plan's geometries are in metres whatever the file's unit."""
    here = Polygon([(620_000, 3_350_000), (620_020, 3_350_000), (620_020, 3_350_030), (620_000, 3_350_030)])
    feet = crs.transform(here, 32614, 2277)
    metres = shapely.transform(feet, lambda coords: coords * 1200 / 3937)
    read = replace(survey(("1", metres)), crs="EPSG:2277", unit="us-ft")
    assert to_storage(read, 32614).parts[0].geometry.hausdorff_distance(here) < 0.001
