"""Duplex subdivision: each finding once, with its id and place; land along the wall, and floors of a villa."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Polygon

from land_services.changesets import digest, from_json, to_json
from land_services.checks.engine import NotFit, run_checks
from land_services.checks.invariants import assert_invariants
from land_services.domain import (
    AmendBoundary,
    CreateSpatialUnit,
    Facts,
    Finding,
    PendDeed,
    RetireSpatialUnit,
    SurveyPart,
    TransferRight,
)
from land_services.messages import message
from land_services.services.duplex_subdivision import SERVICE, Inputs, plan
from tests.budget import budget
from tests.fabric import FILED_ON, Fabric, at, block, halves, rectangle, rules, shape, survey

BLOCK = block()
HOUSE = rectangle(35, 5, 55, 30)
"""A house over the middle of lot 2, its party wall at x = 45."""
FORM: Mapping[str, Any] = {"villa_kind": "attached", "units": 2, "parking_bays": 4}
FLOORS: Mapping[str, Any] = {"villa_kind": "floors", "villa_attached": True, "units": 3, "parking_bays": 3}
LOT: tuple[tuple[str, Polygon], ...] = (("2", rectangle(30, 0, 60, 40)),)


def built(units: int | None = 2, fabric: Fabric = BLOCK, lot: str = "2", **changes: Any) -> Facts:
    """Return the facts of a lot on which the register knows so many units."""
    facts = fabric.facts(lot, **changes)
    return replace(facts, parcels=(replace(facts.parcels[0], unit_count=units),))


def filed(
    *parts: tuple[str, Polygon],
    houses: tuple[Polygon, ...] = (HOUSE,),
    answers: Mapping[str, Any] = FORM,
    counts: tuple[Any, ...] = (),
    lot: str = "2",
) -> Inputs:
    drawn = survey(*(parts or halves()))
    if counts:
        pairs = zip(drawn.parts, counts, strict=True)
        drawn = replace(drawn, parts=tuple(replace(part, attributes={"Unit_Count": n}) for part, n in pairs))
    return Inputs(
        parcel_uids=(BLOCK.lots[lot].uid,),
        survey=replace(drawn, buildings=tuple(SurveyPart("", house) for house in houses)),
        reference="DPX-2026-000001",
        filed_on=FILED_ON,
        answers=answers,
    )


def check(inputs: Inputs, facts: Facts | None = None, **values: Any) -> tuple[Finding, ...]:
    findings = run_checks(SERVICE, inputs, built() if facts is None else facts, rules(**values))
    for finding in findings:
        for language in ("ar", "en"):
            assert "?" not in message(finding, language), finding  # type: ignore[arg-type]
        assert finding.source is not None, finding
        assert finding.where is None or not finding.where.is_empty, finding
    return findings


def only(findings: tuple[Finding, ...]) -> Finding:
    assert len(findings) == 1, [(finding.rule, finding.variant, finding.params) for finding in findings]
    return findings[0]


def said(finding: Finding) -> tuple[str, str, str]:
    return (finding.rule, finding.variant, finding.severity)


# The good case ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "houses",
    [
        (HOUSE,),
        (rectangle(35, 5, 45, 30), rectangle(45, 5, 55, 30)),
        (rectangle(35, 5, 44, 30), rectangle(46, 5, 55, 30)),
    ],
    ids=["one house", "drawn by unit", "apart"],
)
def test_a_line_along_the_wall_is_fit_without_a_finding(houses: tuple[Polygon, ...]) -> None:
    assert check(filed(houses=houses)) == ()


def test_the_plan_makes_a_parcel_for_each_unit_with_what_stands_on_it() -> None:
    changes = plan(filed(), built(), rules())
    assert_invariants(changes, built())
    assert [op.uid for op in changes.of(RetireSpatialUnit)] == [BLOCK.lots["2"].uid]
    units = changes.of(CreateSpatialUnit)
    assert [unit.parcel_no for unit in units] == ["1/2", "2/2"]
    assert [unit.unit_count for unit in units] == [1, 1]
    assert [unit.building_area_m2 for unit in units] == [Decimal("250.00"), Decimal("250.00")]
    assert sum(unit.surveyed_area_m2 for unit in units) == Decimal("1200.00")
    assert [op.to_uids for op in changes.of(TransferRight)] == [tuple(unit.uid for unit in units)]
    assert digest(from_json(to_json(changes))) == digest(changes)


def test_where_no_building_is_drawn_nothing_is_said_of_its_area() -> None:
    units = plan(filed(houses=()), built(), rules()).of(CreateSpatialUnit)
    assert [unit.building_area_m2 for unit in units] == [None, None]


# Units --------------------------------------------------------------------------------------------------------------


def test_units_are_counted_against_the_permit_and_the_register() -> None:
    finding = only(check(filed(answers={**FORM, "units": 3, "parking_bays": 9}, counts=(1, 1))))
    assert said(finding) == ("DUP-01", "form", "error")
    assert (finding.measured.value, finding.required.value) == (2, 3)  # type: ignore[union-attr]
    finding = only(check(filed(), built(4)))
    assert said(finding) == ("DUP-01", "register", "error") and finding.parcels == (BLOCK.lots["2"].uid,)
    assert said(only(check(filed(), built(None)))) == ("DUP-01", "unknown", "warning")


def test_a_part_may_state_several_units_in_either_digits_and_any_case() -> None:
    answers = {**FORM, "units": 3, "parking_bays": 4}
    inputs = filed(counts=("٢", 1.0), answers=answers)
    assert check(inputs, built(3)) == ()
    assert [u.unit_count for u in plan(inputs, built(3), rules()).of(CreateSpatialUnit)] == [2, 1]


@pytest.mark.parametrize("count", ["many", 0, 1.5, float("nan"), 10**9, True, ""])
def test_a_part_whose_units_are_not_known_is_named(count: Any) -> None:
    finding = only(check(filed(counts=(1, count))))
    assert said(finding) == ("DUP-02", "", "error") and finding.params["part"] == "2"
    assert finding.where is not None and finding.where.equals(rectangle(45, 0, 60, 40))


def test_parts_that_are_not_one_for_each_unit_must_state_theirs() -> None:
    found = check(filed(answers={**FORM, "units": 4}), built(4))
    assert [said(f) for f in found] == [("DUP-02", "", "error")] * 2


def test_without_a_form_what_is_not_known_is_a_warning() -> None:
    found = check(filed(answers={}))
    assert [said(f) for f in found] == [("DUP-01", "no_form", "warning"), ("DUP-06", "unknown", "warning")]


# The wall -----------------------------------------------------------------------------------------------------------


def stepped(step: float) -> tuple[tuple[str, Polygon], ...]:
    """Return both halves with a step in their line, inside the house."""
    corner = [(45, 0), (45, 15), (45 + step, 15), (45 + step, 40)]
    return (
        ("1", shape((30, 0), *corner, (30, 40))),
        ("2", shape((60, 0), (60, 40), *corner[::-1])),
    )


def test_a_step_inside_the_house_is_shown_with_its_measure() -> None:
    finding = only(check(filed(*stepped(1.0))))
    assert said(finding) == ("DUP-03", "bent", "error")
    assert 0.9 < finding.measured.value < 1.01 and finding.required.value == 0.1  # type: ignore[union-attr,operator]
    assert finding.where is not None and HOUSE.buffer(0.01).covers(finding.where)


def test_a_step_within_the_tolerance_or_outside_the_house_is_none() -> None:
    assert check(filed(*stepped(0.08))) == ()
    assert check(filed(*stepped(1.0), houses=(rectangle(35, 18, 55, 35),))) == ()
    assert check(filed(*stepped(1.0), houses=(rectangle(35, 2, 45, 14), rectangle(46, 16, 55, 30)))) == ()


def test_a_line_through_a_courtyard_is_straight() -> None:
    yard = HOUSE.difference(rectangle(40, 10, 50, 20))
    assert check(filed(houses=(yard,))) == ()


def test_a_line_beside_the_drawn_wall_cuts_into_the_next_house() -> None:
    finding = only(check(filed(houses=(rectangle(35, 5, 46, 30), rectangle(46, 5, 55, 30)))))
    assert said(finding) == ("DUP-03", "off_wall", "error")
    assert (finding.params["first"], finding.params["second"], finding.measured.value) == ("1", "2", 25.0)  # type: ignore[union-attr]
    assert finding.where is not None and finding.where.symmetric_difference(rectangle(45, 5, 46, 30)).area < 0.1


def test_an_unequal_house_drawn_whole_is_divided_where_the_line_runs() -> None:
    assert check(filed(houses=(rectangle(32, 5, 50, 30),))) == ()


def test_a_part_without_a_building_is_named() -> None:
    finding = only(check(filed(houses=(rectangle(35, 5, 45, 30),))))
    assert said(finding) == ("DUP-04", "", "error") and finding.params["part"] == "2"


def test_a_building_over_the_outline_is_shown_where_it_reaches_over() -> None:
    finding = only(check(filed(houses=(rectangle(35, 5, 62, 30),))))
    assert said(finding) == ("DUP-05", "", "error")
    assert finding.measured.value == 50.0  # type: ignore[union-attr]
    assert finding.where is not None and finding.where.symmetric_difference(rectangle(60, 5, 62, 30)).area < 0.1


def test_a_file_without_buildings_leaves_the_wall_to_the_site_visit() -> None:
    assert said(only(check(filed(houses=())))) == ("DUP-08", "", "warning")


def test_buildings_in_a_site_grid_are_laid_on_the_land_with_the_parts() -> None:
    def away(polygon: Polygon) -> Polygon:
        return shapely.transform(polygon, lambda c: c - at(30, 0) + (500, 500))

    parts = [(number, away(polygon)) for number, polygon in halves(44.0)]
    inputs = filed(houses=(rectangle(35, 5, 44, 30), rectangle(44, 5, 55, 30)))
    local = replace(
        survey(*parts, crs="local"),
        buildings=tuple(replace(house, geometry=away(house.geometry)) for house in inputs.survey.buildings),
    )
    inputs = replace(inputs, survey=local)
    assert {f.rule for f in check(inputs)} == {"LND-23"}
    areas = [unit.building_area_m2 for unit in plan(inputs, built(), rules()).of(CreateSpatialUnit)]
    assert [round(area) for area in areas] == [225, 275]


# Lots, parking, coverage --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "rule"), [("duplex_min_half_frontage_m", "SUB-03"), ("duplex_min_half_area_m2", "SUB-04")]
)
def test_halves_are_measured_by_their_own_numbers(key: str, rule: str) -> None:
    assert check(filed(), min_frontage_m=99.0, min_lot_area_m2=9999.0) == ()
    least = {"duplex_min_half_frontage_m": 15.5, "duplex_min_half_area_m2": 601.0}[key]
    found = check(filed(), **{key: least})
    assert [(f.rule, f.params["part"]) for f in found] == [(rule, "1"), (rule, "2")]
    assert found[0].required.value == least  # type: ignore[union-attr]
    assert found[0].source == rules(**{key: least}).source(key)


def test_parking_is_asked_for_by_units_or_by_the_size_of_each_plot() -> None:
    finding = only(check(filed(answers={**FORM, "parking_bays": 3})))
    assert said(finding) == ("DUP-06", "", "error")
    assert (finding.measured.value, finding.required.value) == (3, 4)  # type: ignore[union-attr]
    assert finding.source == rules().source("villa_large_plot_bays")
    finding = only(check(filed(answers={**FORM, "units": 8, "parking_bays": 7}, counts=(3, 5)), built(8)))
    assert finding.required.value == 8  # type: ignore[union-attr]
    assert finding.source == rules().source("parking_bays_per_unit")
    assert check(filed(answers={**FORM, "parking_bays": 2}), villa_small_plot_max_m2=600) == ()


def test_coverage_of_a_part_is_a_warning_with_the_place() -> None:
    found = check(filed(houses=(rectangle(31, 1, 59, 39),)))
    assert [said(f) for f in found] == [("DUP-07", "", "warning")] * 2
    assert found[0].measured.value == 88.7  # type: ignore[union-attr]
    assert found[0].source == rules().source("max_coverage_percent")


def test_an_annex_on_the_roof_has_a_share_of_its_own() -> None:
    inputs = filed(houses=(rectangle(33, 3, 57, 36),))
    annex = SurveyPart("", rectangle(45, 3, 56, 36), attributes={"storey": "annex"})
    inputs = replace(inputs, survey=replace(inputs.survey, buildings=(*inputs.survey.buildings, annex)))
    assert check(inputs) == ()
    finding = only(check(inputs, max_annex_coverage_percent=60))
    assert said(finding) == ("DUP-07", "annex", "warning") and finding.params["part"] == "2"


# Floors -------------------------------------------------------------------------------------------------------------


def test_floors_leave_the_land_and_give_the_parcel_its_units() -> None:
    facts = built(1)
    inputs = filed(*LOT, answers=FLOORS)
    finding = only(check(inputs, facts))
    assert said(finding) == ("DUP-01", "changes", "info")
    changes = plan(inputs, facts, rules())
    assert_invariants(changes, facts)
    amended = changes.of(AmendBoundary)
    assert [(op.uid, op.unit_count, op.keeps_areas) for op in amended] == [(BLOCK.lots["2"].uid, 3, True)]
    assert amended[0].geometry.equals(BLOCK.lots["2"].geometry) and len(amended[0].sides) == 4
    assert changes.of(PendDeed) == (PendDeed(BLOCK.titles["2"].id),)
    assert not changes.of(RetireSpatialUnit) and not changes.of(CreateSpatialUnit)
    assert from_json(to_json(changes)) == changes


@pytest.mark.parametrize(
    ("attached", "least", "expected"),
    [
        (True, {"floors_min_frontage_attached_m": 30.5}, ("DUP-09", "attached", "error")),
        (False, {"floors_min_frontage_detached_m": 30.5}, ("DUP-09", "detached", "error")),
        (None, {"floors_min_frontage_attached_m": 30.5}, ("DUP-09", "attached", "error")),
        (None, {"floors_min_frontage_detached_m": 30.5}, ("DUP-09", "detached", "warning")),
    ],
)
def test_a_villa_fronts_the_street_by_the_length_for_its_kind(
    attached: bool | None, least: dict[str, float], expected: tuple[str, str, str]
) -> None:
    inputs = filed(*LOT, answers={**FLOORS, "villa_attached": attached})
    finding = only(check(inputs, built(3), **least))
    assert said(finding) == expected
    assert finding.measured.value == 30.0 and finding.source == rules(**least).source(*least)  # type: ignore[union-attr]


def test_floors_draw_the_parcel_alone_as_it_is_registered() -> None:
    finding = only(check(filed(answers=FLOORS, counts=(1, 2)), built(3)))
    assert said(finding) == ("DUP-10", "", "error") and finding.measured.value == 2  # type: ignore[union-attr]
    finding = only(check(filed(("2", rectangle(30, 0, 61, 40)), answers=FLOORS), built(3)))
    assert (finding.rule, finding.variant) == ("SUB-07", "outside")


def test_one_floor_is_not_divided() -> None:
    finding = only(check(filed(*LOT, answers={**FLOORS, "units": 1}), built(1)))
    assert said(finding) == ("DUP-01", "one", "error")


def test_an_attached_duplex_draws_at_least_two_parts() -> None:
    assert "SUB-02" in {f.rule for f in check(filed(*LOT))}


# Broken input, invariants -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("outline", [Polygon(), Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])], ids=["empty", "bow tie"])
@pytest.mark.parametrize("answers", [FORM, FLOORS, {}], ids=["attached", "floors", "no form"])
def test_broken_drawings_raise_nothing_and_are_not_planned(outline: Polygon, answers: Mapping[str, Any]) -> None:
    inputs = filed(("1", outline), ("2", rectangle(45, 0, 60, 40)), houses=(outline,), answers=answers)
    assert any(f.severity == "error" for f in check(inputs))
    with pytest.raises(NotFit):
        plan(inputs, built(), rules())


def test_answers_of_the_wrong_kind_count_as_not_given() -> None:
    found = check(filed(answers={"villa_kind": "tower", "units": "two", "parking_bays": True}))
    assert [said(f) for f in found] == [("DUP-01", "no_form", "warning"), ("DUP-06", "unknown", "warning")]


@given(
    units=st.integers(2, 4),
    width=st.integers(24_000, 60_000),
    depth=st.integers(20_000, 50_000),
    lean=st.integers(-1_500, 1_500),
    inset=st.integers(0, 6_000),
    by_unit=st.booleans(),
    counts=st.booleans(),
)
@settings(max_examples=budget(40, 1500), deadline=None)
def test_any_row_of_units_conserves_land_areas_and_units(
    units: int, width: int, depth: int, lean: int, inset: int, by_unit: bool, counts: bool
) -> None:
    fabric = block(width=width / 1000, depth=depth / 1000)
    lot = fabric.lots["2"].geometry
    step = width / 1000 / units
    parts, houses = [], []
    house = lot.buffer(-inset / 1000, join_style="mitre")
    for index in range(units):
        left = -50.0 if index == 0 else width / 1000 + step * index
        right = 500.0 if index == units - 1 else width / 1000 + step * (index + 1)
        skew = lean / 1000
        cut = shape((left, -1), (right, -1), (right + skew, depth / 1000 + 1), (left + skew, depth / 1000 + 1))
        parts.append((str(index + 1), lot.intersection(cut)))
        houses.append(house.intersection(cut))
    facts = built(units, fabric)
    inputs = replace(
        filed(
            *parts,
            houses=tuple(houses) if by_unit else (house,),
            answers={**FORM, "units": units, "parking_bays": 99},
            counts=(1,) * units if counts else (),
        ),
        parcel_uids=(fabric.lots["2"].uid,),
    )
    blocking = [f for f in check(inputs, facts) if f.severity == "error"]
    if blocking:
        assert {f.rule for f in blocking} <= {"SUB-03", "SUB-04", "SUB-05", "LND-25", "SUB-15"}, blocking
        return
    changes = plan(inputs, facts, rules())
    assert_invariants(changes, facts)
    assert digest(from_json(to_json(changes))) == digest(changes)
    made = changes.of(CreateSpatialUnit)
    assert sum(unit.unit_count for unit in made) == units
    assert sum(unit.surveyed_area_m2 for unit in made) == facts.parcels[0].surveyed_area_m2
    assert abs(sum(float(unit.building_area_m2) for unit in made) - house.area) < 0.05 * units
