"""Survey decision: the land as measured with what its net area leaves out, each finding once with its place."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.affinity import translate
from shapely.geometry import Polygon

from land_services.changesets import digest, from_json, to_json
from land_services.checks.engine import NotFit, run_checks
from land_services.checks.invariants import assert_invariants
from land_services.domain import AmendBoundary, AttachSource, Facts, Finding, PendDeed, ShowLand, SurveyPart, ZoneFact
from land_services.geometry.measure import area_mm2_twice
from land_services.messages import message
from land_services.services.survey_decision import SERVICE, Inputs, plan
from tests.budget import budget
from tests.fabric import FILED_ON, block, rectangle, rules, shape, survey

BLOCK = block()
LOT = rectangle(30, 0, 60, 40)
"""Lot 2: 1,200 m2, the street in the south."""
ANSWERS = {"instruments": "both", "accuracy_mm": "20", "project_type": "land", "purpose": "permit"}
GRF17 = "EPSG:9359"
EXCLUDED, ROOM, CUT = rectangle(30, 30, 40, 42), rectangle(56, 36, 60, 40), shape((30, 0), (33, 0), (30, 3))
"""100 m2 of a strip that reaches 2 m beyond the lot; 16 m2 in the north-east; 4.50 m2 in the south-west."""


def filed(outline: Polygon = LOT, answers: dict[str, Any] | None = None, crs: str = GRF17, **shown: Any) -> Inputs:
    """Return what an office files for lot 2: ``shown`` are polygons by the plan's fields."""
    marks = {name: tuple(SurveyPart("", one) for one in polygons) for name, polygons in shown.items()}
    drawn = survey(("2", outline), **marks)
    return Inputs(
        parcel_uids=(BLOCK.lots["2"].uid,), survey=drawn, reference="SVD-2026-000001", filed_on=FILED_ON,
        source=replace(drawn, crs=crs), answers=ANSWERS if answers is None else answers,
    )  # fmt: skip


def check(inputs: Inputs, facts: Facts, **values: Any) -> tuple[Finding, ...]:
    findings = run_checks(SERVICE, inputs, facts, rules(**values))
    for finding in findings:
        for language in ("ar", "en"):
            assert "?" not in message(finding, language), finding  # type: ignore[arg-type]
        assert finding.source is not None, finding
        assert finding.where is None or not finding.where.is_empty, finding
    return findings


def only(findings: tuple[Finding, ...]) -> Finding:
    assert len(findings) == 1, [(finding.rule, finding.variant, finding.params) for finding in findings]
    return findings[0]


def told(findings: tuple[Finding, ...]) -> list[tuple[str, str, str]]:
    return [(finding.rule, finding.variant, finding.severity) for finding in findings]


def prohibited(outline: Polygon) -> Facts:
    zone = ZoneFact(9, "V", "prohibited", "وادي الاختبار", "Test Valley", outline)
    return BLOCK.facts("2", zones=(*BLOCK.zones, zone))


# The good case --------------------------------------------------------------------------------------------------------


def test_land_as_registered_needs_no_remark() -> None:
    assert check(filed(), BLOCK.facts("2")) == ()


def test_the_plan_restates_the_land_as_measured_and_leaves_deed_and_title_alone() -> None:
    drawn = filed(translate(LOT, 0.02, -0.03), excluded=[EXCLUDED], rooms=[ROOM], corner_cuts=[CUT])
    facts = BLOCK.facts("2", parcels=(replace(BLOCK.lots["2"], official_area_m2=Decimal("1190.00")),))
    changes = plan(drawn, facts, rules())
    assert_invariants(changes, facts)
    (amended,) = changes.of(AmendBoundary)
    assert amended.geometry.equals(LOT)
    assert (amended.official_area_m2, amended.surveyed_area_m2) == (Decimal("1190.00"), Decimal("1200.00"))
    assert [side.face for side in amended.sides] == ["N", "E", "S", "W"]
    assert [side.adjoining_en for side in amended.sides] == [
        "Parcel 12", "Parcel 3", "Street 20 m wide (King Fahd Street)", "Parcel 1",
    ]  # fmt: skip
    first = amended.corners[0]
    assert (first.source_x, first.source_crs) == (first.x, GRF17)
    assert changes.of(PendDeed) == ()
    assert changes.of(AttachSource)[0].uids == (BLOCK.lots["2"].uid,)
    shown = {op.role: (op.area_m2, op.quarter) for op in changes.of(ShowLand)}
    assert shown == {
        "outline": (Decimal("1200.00"), ""),
        "excluded": (Decimal("99.50"), ""),  # 9.98 m x 9.97 m: what of it lies on the land as measured
        "room": (Decimal("15.88"), "NE"),
        "corner_cut": (Decimal("4.44"), "SW"),
    }


def test_what_is_shown_comes_through_json() -> None:
    changes = plan(filed(excluded=[EXCLUDED], rooms=[ROOM], corner_cuts=[CUT]), BLOCK.facts("2"), rules())
    again = from_json(to_json(changes))
    assert again == changes
    assert digest(again) == digest(changes)


# Each finding once ----------------------------------------------------------------------------------------------------


def test_one_parcel_and_one_polygon() -> None:
    two = replace(filed(), parcel_uids=(BLOCK.lots["2"].uid, BLOCK.lots["3"].uid))
    assert "SVD-01" in {finding.rule for finding in check(two, BLOCK.facts("2", "3"))}
    drawn = survey(("1", rectangle(30, 0, 45, 40)), ("2", rectangle(45, 0, 60, 40)))
    halves = replace(filed(), survey=drawn, source=replace(drawn, crs=GRF17))
    finding = only(check(halves, BLOCK.facts("2")))
    assert (finding.rule, finding.measured.value) == ("SVD-02", 2)  # type: ignore[union-attr]
    with pytest.raises(NotFit):
        plan(halves, BLOCK.facts("2"), rules())


def test_ground_that_moved_is_shown_with_the_neighbour_it_takes_from() -> None:
    wide = check(filed(rectangle(30, 0, 61, 40)), BLOCK.facts("2"))
    errors = [f for f in wide if f.severity == "error"]
    assert [(f.rule, f.variant) for f in errors] == [("SVD-03", "outside"), ("SVD-03", "neighbour")]
    assert errors[1].parcels == (BLOCK.lots["2"].uid, BLOCK.lots["3"].uid)
    assert errors[1].measured.value == pytest.approx(40.0)  # type: ignore[union-attr]
    small = [f for f in check(filed(rectangle(30, 0, 59, 40)), BLOCK.facts("2")) if f.severity == "error"]
    assert [(f.rule, f.variant) for f in small] == [("SVD-03", "inside")]
    assert small[0].where is not None
    assert small[0].where.hausdorff_distance(rectangle(59, 0, 60, 40)) < 0.01


@pytest.mark.parametrize(
    ("deed", "variant"),
    [("1199.50", "accept"), ("1100.00", "surplus"), ("900.00", "over_ceiling"), ("1300.00", "less")],
)
def test_deed_and_ground_are_told_and_nothing_is_refused(deed: str, variant: str) -> None:
    parcel = replace(BLOCK.lots["2"], official_area_m2=Decimal(deed))
    facts = BLOCK.facts("2", parcels=(parcel,))
    finding = only(check(filed(), facts, deed_tolerance_percent=1.0, deed_tolerance_m2=1.0))
    assert (finding.rule, finding.variant, finding.severity) == ("SVD-04", variant, "info")
    assert finding.params["difference"] == pytest.approx(abs(1200 - float(deed)))


@pytest.mark.parametrize(("crs", "variant"), [("EPSG:32639", ""), ("EPSG:32638", ""), ("local", "local")])
def test_coordinates_off_the_national_reference_are_refused_by_name(crs: str, variant: str) -> None:
    found = [f for f in check(filed(crs=crs), BLOCK.facts("2")) if f.rule == "SVD-05"]
    assert told(tuple(found)) == [("SVD-05", variant, "error")]
    assert crs in str(found[0].params["crs"])
    assert "EPSG:9359" in message(found[0], "ar") and "EPSG:9359" in message(found[0], "en")
    allowed = check(filed(crs="EPSG:32639"), BLOCK.facts("2"), national_reference_required=False)
    assert allowed == ()


@pytest.mark.parametrize(
    ("answers", "variant", "severity"),
    [
        ({"instruments": "gnss"}, "gnss", "error"),
        ({"instruments": "total_station"}, "total_station", "error"),
        ({"instruments": ""}, "unknown", "warning"),
    ],
)
def test_both_instruments_are_asked_for(answers: dict[str, Any], variant: str, severity: str) -> None:
    drawn = filed(answers={**ANSWERS, **answers})
    assert told(check(drawn, BLOCK.facts("2"))) == [("SVD-06", variant, severity)]
    assert check(drawn, BLOCK.facts("2"), both_instruments_required=False) == ()


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({"accuracy_mm": "50"}, []),
        ({"accuracy_mm": "50.1"}, [("SVD-07", "coarse", "error")]),
        ({"accuracy_mm": "4", "project_type": "precise"}, [("SVD-07", "coarse", "error")]),
        ({"accuracy_mm": "3", "project_type": "precise"}, []),
        ({"accuracy_mm": "0.02"}, [("SVD-07", "fine", "warning")]),
        ({"accuracy_mm": "-1"}, [("SVD-07", "unknown", "warning")]),
        ({"accuracy_mm": None}, [("SVD-07", "unknown", "warning")]),
    ],
)
def test_the_stated_accuracy_is_that_of_the_project(answers: dict[str, Any], expected: list[tuple[str, ...]]) -> None:
    assert told(check(filed(answers={**ANSWERS, **answers}), BLOCK.facts("2"))) == expected


def test_land_in_a_valley_gets_no_decision_and_a_part_of_it_is_left_out() -> None:
    assert told(check(filed(), prohibited(rectangle(0, -10, 90, 50)))) == [("SVD-08", "all", "error")]
    facts = prohibited(rectangle(50, 20, 90, 50))
    finding = only(check(filed(), facts))
    assert (finding.rule, finding.variant, finding.severity) == ("SVD-08", "part", "warning")
    assert finding.measured.value == pytest.approx(200.0)  # type: ignore[union-attr]
    shown = plan(filed(excluded=[rectangle(45, 20, 60, 40)]), facts, rules()).of(ShowLand)
    assert [(op.role, op.area_m2) for op in shown[1:]] == [("excluded", Decimal("300.00"))]  # the valley in it once


def test_excluded_land_that_overlaps_is_told_and_land_beside_is_refused() -> None:
    found = only(check(filed(excluded=[EXCLUDED]), BLOCK.facts("2")))
    assert (found.rule, found.variant, found.params["area"]) == ("SVD-09", "shown", 100.0)
    beside = only(check(filed(excluded=[rectangle(61, 0, 65, 9)]), BLOCK.facts("2")))
    assert (beside.rule, beside.variant, beside.severity) == ("SVD-09", "beside", "error")


def test_the_room_lies_inside() -> None:
    assert check(filed(rooms=[ROOM]), BLOCK.facts("2")) == ()
    found = only(check(filed(rooms=[translate(ROOM, 1, 0)]), BLOCK.facts("2")))
    assert (found.rule, found.measured.value) == ("SVD-10", pytest.approx(4.0))  # type: ignore[union-attr]


def test_a_corner_cut_takes_a_corner_from_inside() -> None:
    assert check(filed(corner_cuts=[CUT]), BLOCK.facts("2")) == ()
    away = only(check(filed(corner_cuts=[translate(CUT, 5, 5)]), BLOCK.facts("2")))
    assert (away.rule, away.variant) == ("SVD-11", "")
    spills = only(check(filed(corner_cuts=[rectangle(28, 0, 33, 2)]), BLOCK.facts("2")))
    assert (spills.rule, spills.variant) == ("SVD-11", "spills")


def test_nothing_is_left_out_twice() -> None:
    drawn = filed(rooms=[ROOM], corner_cuts=[shape((60, 40), (57, 40), (60, 37))])
    found = only(check(drawn, BLOCK.facts("2")))
    assert (found.rule, found.measured.value) == ("SVD-12", pytest.approx(4.5))  # type: ignore[union-attr]


def test_what_is_shown_is_drawn_soundly() -> None:
    bow_tie = shape((50, 30), (52, 32), (52, 30), (50, 32))
    assert told(check(filed(rooms=[bow_tie]), BLOCK.facts("2"))) == [("SVD-13", "", "error")]


def test_a_decision_renumbers_nothing() -> None:
    drawn = survey(("77", LOT))
    found = only(check(replace(filed(), survey=drawn, source=replace(drawn, crs=GRF17)), BLOCK.facts("2")))
    assert (found.rule, found.required.value) == ("SVD-14", "2")  # type: ignore[union-attr]


def test_a_street_corner_is_cut_in_the_outline_or_as_drawn() -> None:
    fabric = block(cut=0)
    facts, corner = fabric.facts("1"), rectangle(0, 0, 30, 40)
    drawn = survey(("1", corner))
    inputs = replace(
        filed(), parcel_uids=(fabric.lots["1"].uid,), survey=drawn, source=replace(drawn, crs=GRF17)
    )  # fmt: skip
    assert told(check(inputs, facts)) == [("SUB-13", "missing", "warning")]
    cut = replace(drawn, corner_cuts=(SurveyPart("", shape((0, 0), (3, 0), (0, 3))),))
    assert check(replace(inputs, survey=cut), facts) == ()


@pytest.mark.parametrize("outline", [Polygon(), Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])], ids=["empty", "bow tie"])
def test_broken_drawings_raise_nothing(outline: Polygon) -> None:
    assert any(f.severity == "error" for f in check(filed(outline, rooms=[outline]), BLOCK.facts("2")))


# Whatever is drawn ----------------------------------------------------------------------------------------------------


@given(
    dx=st.integers(-40, 40),
    dy=st.integers(-40, 40),
    deed=st.decimals(900, 1500, places=2, allow_nan=False),
    excluded=st.none() | st.tuples(st.integers(-5000, 30000), st.integers(-5000, 30000)),
    room=st.booleans(),
    valley=st.none() | st.integers(0, 35),
)
@settings(max_examples=budget(25, 1000), deadline=None)
def test_no_decision_makes_or_loses_land_and_its_areas_add_up(
    dx: int, dy: int, deed: Decimal, excluded: tuple[int, int] | None, room: bool, valley: int | None
) -> None:
    facts = BLOCK.facts("2") if valley is None else prohibited(rectangle(0, valley, 200, 90))
    facts = replace(facts, parcels=(replace(BLOCK.lots["2"], official_area_m2=deed),))
    marks: dict[str, list[Polygon]] = {"rooms": [ROOM] if room else []}
    if excluded is not None:
        marks["excluded"] = [translate(rectangle(30, 0, 35, 5), excluded[0] / 1000, excluded[1] / 1000)]
    inputs = filed(translate(LOT, dx / 1000, dy / 1000), **marks)
    findings = check(inputs, facts)
    if any(finding.severity == "error" for finding in findings):
        assert {f.rule for f in findings if f.severity == "error"} <= {"SVD-08", "SVD-09", "SVD-10", "SVD-12"}
        return
    changes = plan(inputs, facts, rules())
    assert_invariants(changes, facts)
    assert digest(from_json(to_json(changes))) == digest(changes)
    (amended,) = changes.of(AmendBoundary)
    assert area_mm2_twice(amended.geometry) == area_mm2_twice(LOT)
    assert amended.official_area_m2 == deed
    outline, *shown = changes.of(ShowLand)
    rest = outline.geometry
    for op in shown:
        rest = rest.difference(op.geometry)
    net = outline.area_m2 - sum(op.area_m2 for op in shown)
    assert abs(float(net) - rest.area) < 0.02 + 0.005 * len(shown)
