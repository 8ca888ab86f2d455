"""Boundary adjustment: each finding once, with its id and place; the plan, exact to the millimetre and the cent."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, Polygon
from shapely.ops import unary_union

from land_services.changesets import digest, from_json, to_json
from land_services.checks.engine import NotFit, run_checks
from land_services.checks.invariants import assert_invariants
from land_services.domain import (
    AmendBoundary,
    CreateSpatialUnit,
    Facts,
    Finding,
    PendDeed,
    RestrictionFact,
    RetireSpatialUnit,
)
from land_services.geometry.measure import area_mm2_twice
from land_services.messages import message
from land_services.services.boundary_adjustment import SERVICE, Inputs, plan
from tests.budget import budget
from tests.fabric import FILED_ON, Fabric, at, block, rectangle, rules, shape, survey

BLOCK = block()


def sides(x: float = 65.0) -> tuple[tuple[str, Polygon], ...]:
    """Return lots 2 and 3 with the line between them at ``x`` (it was at 60)."""
    return (("2", rectangle(30, 0, x, 40)), ("3", rectangle(x, 0, 90, 40)))


def filed(fabric: Fabric, *parts: tuple[str, Polygon], lots: tuple[str, ...] = ("2", "3"), **changes: Any) -> Inputs:
    made = Inputs(
        parcel_uids=tuple(fabric.lots[lot].uid for lot in lots),
        survey=survey(*(parts or sides())),
        reference="BDA-2026-000001",
        filed_on=FILED_ON,
    )
    return replace(made, **changes)


def check(inputs: Inputs, facts: Facts, **values: Any) -> tuple[Finding, ...]:
    findings = run_checks(SERVICE, inputs, facts, rules(**values))
    for finding in findings:
        for language in ("ar", "en"):
            assert "?" not in message(finding, language), finding  # type: ignore[arg-type]
        assert finding.source is not None, finding
        assert finding.where is None or not finding.where.is_empty, finding
    return findings


def errors(*parts: tuple[str, Polygon], facts: Facts | None = None, **values: Any) -> list[Finding]:
    found = check(filed(BLOCK, *parts), facts or BLOCK.facts("2", "3"), **values)
    return [finding for finding in found if finding.severity == "error"]


def only(findings: list[Finding] | tuple[Finding, ...]) -> Finding:
    assert len(findings) == 1, [(finding.rule, finding.variant, finding.params) for finding in findings]
    return findings[0]


# The good case ------------------------------------------------------------------------------------------------------


def test_a_moved_line_is_fit_and_says_what_passes() -> None:
    finding = only(check(filed(BLOCK), BLOCK.facts("2", "3")))
    assert (finding.rule, finding.variant, finding.severity) == ("BDA-04", "passes", "info")
    assert finding.measured.value == 200.0  # type: ignore[union-attr]
    assert finding.where is not None
    assert finding.where.equals(rectangle(60, 0, 65, 40))
    assert finding.parcels == (BLOCK.lots["3"].uid, BLOCK.lots["2"].uid)


def test_the_plan_gives_both_a_new_version_and_the_neighbours_behind_the_new_vertex() -> None:
    facts = BLOCK.facts("2", "3")
    changes = plan(filed(BLOCK), facts, rules())
    assert_invariants(changes, facts)
    assert not changes.of(RetireSpatialUnit)
    assert not changes.of(CreateSpatialUnit)
    two, three, *behind = changes.of(AmendBoundary)
    assert (two.uid, three.uid) == (BLOCK.lots["2"].uid, BLOCK.lots["3"].uid)
    assert unary_union([two.geometry]).equals(rectangle(30, 0, 65, 40))
    assert (two.surveyed_area_m2, three.surveyed_area_m2) == (Decimal("1400.00"), Decimal("1000.00"))
    assert (two.official_area_m2, three.official_area_m2) == (Decimal("1400.00"), Decimal("1000.00"))
    assert not two.keeps_areas
    assert [side.face for side in two.sides] == ["N", "E", "S", "W"]
    assert [side.adjoining_en for side in two.sides][1] == "Parcel 3"
    assert [op.uid for op in behind] == [BLOCK.lots["13"].uid]
    assert behind[0].keeps_areas


def test_both_deeds_wait_for_the_registry_and_one_title_only_once() -> None:
    facts = BLOCK.facts("2", "3")
    assert plan(filed(BLOCK), facts, rules()).of(PendDeed) == (
        PendDeed(BLOCK.titles["2"].id),
        PendDeed(BLOCK.titles["3"].id),
    )
    joined = replace(BLOCK.titles["2"], parcel_uids=(BLOCK.lots["2"].uid, BLOCK.lots["3"].uid))
    facts = BLOCK.facts("2", "3", titles=(joined,))
    assert plan(filed(BLOCK), facts, rules()).of(PendDeed) == (PendDeed(joined.id),)


def test_land_that_passes_both_ways_is_told_both_ways() -> None:
    parts = (("2", shape((30, 0), (65, 0), (55, 40), (30, 40))), ("3", shape((65, 0), (90, 0), (90, 40), (55, 40))))
    found = check(filed(BLOCK, *parts), BLOCK.facts("2", "3"))
    assert [(f.rule, f.measured.value) for f in found] == [("BDA-04", 50.0), ("BDA-04", 50.0)]  # type: ignore[union-attr]
    changes = plan(filed(BLOCK, *parts), BLOCK.facts("2", "3"), rules())
    assert [op.surveyed_area_m2 for op in changes.of(AmendBoundary)[:2]] == [Decimal("1200.00"), Decimal("1200.00")]


def test_a_registered_line_on_which_only_one_has_a_corner_is_told_before_the_register_refuses_it() -> None:
    facts = BLOCK.facts("2", "3")
    lone = shape((30, 0), (60, 0), (60, 20), (60, 40), (30, 40))
    unclean = replace(facts, parcels=(replace(facts.parcels[0], geometry=lone), facts.parcels[1]))
    finding = only(errors(facts=unclean))
    assert (finding.rule, finding.variant) == ("SUB-15", "LineNotShared")
    assert finding.where is not None and finding.where.equals(LineString([at(60, 0), at(60, 40)]))
    with pytest.raises(NotFit):
        plan(filed(BLOCK), unclean, rules())
    shared = replace(facts.parcels[1], geometry=shape((60, 0), (90, 0), (90, 40), (60, 40), (60, 20)))
    clean = replace(unclean, parcels=(unclean.parcels[0], shared))
    assert errors(facts=clean) == []


def test_parts_are_matched_by_number_in_any_order_and_without_numbers_by_place() -> None:
    facts = BLOCK.facts("2", "3")
    one, other = sides()
    plain = [
        (number, op.geometry)
        for op, number in zip(plan(filed(BLOCK), facts, rules()).of(AmendBoundary), "23", strict=False)
    ]
    for parts in (
        (other, one),
        (("", one[1]), ("", other[1])),
        (("", other[1]), ("", one[1])),
        (("٢", one[1]), ("٣", other[1])),
    ):
        changes = plan(filed(BLOCK, *parts), facts, rules())
        assert [(n, op.geometry) for op, n in zip(changes.of(AmendBoundary), "23", strict=False)] == plain


def test_registered_areas_that_are_not_those_of_the_outlines_change_by_the_strip_alone() -> None:
    odd = replace(BLOCK.lots["2"], surveyed_area_m2=Decimal("1201.37"), official_area_m2=Decimal("1199.00"))
    facts = BLOCK.facts("2", "3", parcels=(odd, BLOCK.lots["3"]))
    two, three, *_ = plan(filed(BLOCK), facts, rules()).of(AmendBoundary)
    assert (two.surveyed_area_m2, two.official_area_m2) == (Decimal("1401.37"), Decimal("1399.00"))
    assert (three.surveyed_area_m2, three.official_area_m2) == (Decimal("1000.00"), Decimal("1000.00"))


# Each finding once --------------------------------------------------------------------------------------------------


def test_what_one_loses_the_other_gains_though_a_vertex_on_a_slanted_side_goes_to_the_grid() -> None:
    r"""The new line meets outer sides that run across the grid: rounding moves them, and up to 0.02 m2 with them.

    ::

           ____----+.......----+
          +       /:          /
         /   2   /:    3     /      : the line to be
        +.......+--____-----+
    """
    left = shape((0, 0), (70.001, 13.337), (66, 53), (-4, 40))
    right = shape((70.001, 13.337), (150.013, 29.999), (146, 70), (66, 53))
    parcels = tuple(replace(BLOCK.lots[lot], geometry=land) for lot, land in (("2", left), ("3", right)))
    facts = BLOCK.facts("2", "3", parcels=parcels, neighbours=(), streets=(), zones=())
    together, moved = unary_union([left, right]), 0
    for step in range(1, 25):
        x = 70.0 - 0.937 * step
        cut = shape((-50, -50), (x + 4, -50), (x - 4, 120), (-50, 120))
        inputs = filed(BLOCK, ("2", together.intersection(cut)), ("3", together.difference(cut)))  # type: ignore[arg-type]
        ours = plan(inputs, facts, rules()).of(AmendBoundary)
        moved += abs(sum(area_mm2_twice(op.geometry) for op in ours) / 2e6 - together.area) > 0.005
        for areas in ("surveyed_area_m2", "official_area_m2"):
            assert sum(getattr(op, areas) for op in ours) == sum(getattr(parcel, areas) for parcel in facts.parcels)
    assert moved > 0, "no vertex moved the outline: the test asks nothing"


def test_one_parcel_or_three_are_no_adjustment() -> None:
    for lots in (("2",), ("2", "3", "4")):
        found = check(filed(BLOCK, lots=lots), BLOCK.facts(*lots))
        finding = next(f for f in found if f.rule == "BDA-01")
        assert (finding.variant, finding.measured.value) == ("count", len(lots))  # type: ignore[union-attr]


def test_parcels_that_meet_at_a_point_share_no_side() -> None:
    found = check(filed(BLOCK, lots=("2", "13")), BLOCK.facts("2", "13"))
    assert [(f.rule, f.variant) for f in found if f.severity == "error"] == [("BDA-01", "apart")]


def test_the_file_draws_two_polygons_with_the_numbers_of_the_parcels() -> None:
    three = (("2", rectangle(30, 0, 50, 40)), ("3", rectangle(50, 0, 70, 40)), ("4", rectangle(70, 0, 90, 40)))
    assert [(f.rule, f.variant) for f in errors(*three)] == [("BDA-02", "count")]
    one, other = sides()
    finding = only(errors(("2", one[1]), ("5", other[1])))
    assert (finding.rule, finding.variant) == ("BDA-02", "numbers")
    assert finding.required.value == "2, 3"  # type: ignore[union-attr]


@pytest.mark.parametrize(("change", "variant"), [({"plan_no": "99"}, "plan"), ({"land_use": "commercial"}, "use")])
def test_land_does_not_pass_between_plans_or_uses(change: dict[str, str], variant: str) -> None:
    facts = BLOCK.facts("2", "3", parcels=(BLOCK.lots["2"], replace(BLOCK.lots["3"], **change)))  # type: ignore[arg-type]
    finding = only(errors(facts=facts))
    assert (finding.rule, finding.variant) == ("BDA-03", variant)


def test_a_drawing_of_both_as_they_are_moves_nothing() -> None:
    finding = only(errors(*sides(60.0)))
    assert (finding.rule, finding.variant) == ("BDA-04", "nothing")


def test_what_is_left_must_be_a_lot() -> None:
    finding = only([f for f in errors(*sides(82.0)) if f.rule == "SUB-03"])
    assert finding.measured.value == pytest.approx(8.0)  # type: ignore[union-attr]
    assert "SUB-04" not in {f.rule for f in errors(*sides(82.0))}, "320 m2 are enough"


def test_a_lot_that_was_too_small_before_blocks_only_where_it_gets_worse() -> None:
    facts = BLOCK.facts("2", "3")
    better = check(filed(BLOCK), facts, min_frontage_m=32.0)  # lot 2 gets 35 m, lot 3 only 25 of 30
    assert [(f.rule, f.params["part"], f.severity) for f in better if f.rule == "SUB-03"] == [("SUB-03", "3", "error")]
    wider = check(filed(BLOCK, *sides(61.0)), facts, min_frontage_m=40.0)  # 31 m: still short, yet better than 30
    assert {(f.params["part"], f.severity) for f in wider if f.rule == "SUB-03"} == {("2", "warning"), ("3", "error")}


def test_an_outline_that_moved_is_shown() -> None:
    finding = next(
        f for f in errors(("2", rectangle(30, 0, 65, 40)), ("3", rectangle(65, 0, 91, 40))) if f.rule == "SUB-07"
    )
    assert finding.parcels == (BLOCK.lots["2"].uid, BLOCK.lots["3"].uid)
    assert finding.where is not None
    assert finding.where.hausdorff_distance(rectangle(90, 0, 91, 40)) < 0.01


def test_a_gap_and_an_overlap_between_the_two_are_shown() -> None:
    gap = errors(("2", rectangle(30, 0, 62, 40)), ("3", rectangle(64, 0, 90, 40)))
    assert {f.rule for f in gap} >= {"SUB-08"}
    overlap = errors(("2", rectangle(30, 0, 66, 40)), ("3", rectangle(64, 0, 90, 40)))
    assert {f.rule for f in overlap} >= {"SUB-09"}


def test_a_seizure_on_either_stops_it() -> None:
    seized = replace(BLOCK.titles["3"], restrictions=(RestrictionFact(1, "seizure", "44", "court"),))
    finding = only(errors(facts=BLOCK.facts("2", "3", titles=(BLOCK.titles["2"], seized))))
    assert (finding.rule, finding.variant) == ("LND-05", "blocks")


@pytest.mark.parametrize("outline", [Polygon(), Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])], ids=["empty", "bow tie"])
def test_broken_drawings_raise_nothing_and_are_not_planned(outline: Polygon) -> None:
    inputs = filed(BLOCK, ("2", outline), ("3", rectangle(60, 0, 90, 40)))
    assert any(f.severity == "error" for f in check(inputs, BLOCK.facts("2", "3")))
    with pytest.raises(NotFit):
        plan(inputs, BLOCK.facts("2", "3"), rules())


# Invariants ---------------------------------------------------------------------------------------------------------


@given(
    columns=st.integers(2, 6),
    width=st.integers(24_000, 45_000),
    depth=st.integers(20_000, 60_000),
    row=st.sampled_from([1, 11]),
    front=st.integers(-9_000, 9_000),
    back=st.integers(-9_000, 9_000),
    swapped=st.booleans(),
)
@settings(max_examples=budget(40, 1500), deadline=None)
def test_any_moved_line_conserves_land_areas_and_titles(
    columns: int, width: int, depth: int, row: int, front: int, back: int, swapped: bool
) -> None:
    fabric = block(columns=columns, width=width / 1000, depth=depth / 1000)
    first = row if columns < 3 else row + 1
    lots = (str(first), str(first + 1))
    left, right = (fabric.lots[lot].geometry for lot in lots)
    together = unary_union([left, right])
    x = (first - row + 1) * width / 1000
    low, high = (-1.0, depth / 1000) if row == 1 else (depth / 1000, 2 * depth / 1000 + 1.0)
    cut = shape((x - 200, low), (x + front / 1000, low), (x + back / 1000, high), (x - 200, high))
    parts = [(lots[0], together.intersection(cut)), (lots[1], together.difference(cut))]
    if not all(isinstance(part, Polygon) and not part.is_empty for _, part in parts):
        return
    facts = fabric.facts(*(lots[::-1] if swapped else lots))
    inputs = filed(fabric, *parts, lots=lots[::-1] if swapped else lots)  # type: ignore[arg-type]
    blocking = [f for f in check(inputs, facts) if f.severity == "error"]
    if blocking:
        assert {f.rule for f in blocking} <= {"BDA-04", "SUB-03", "SUB-05", "SUB-13", "LND-25", "SUB-15"}, blocking
        return
    changes = plan(inputs, facts, rules())
    assert_invariants(changes, facts)
    assert digest(from_json(to_json(changes))) == digest(changes)
    ours = changes.of(AmendBoundary)[:2]
    assert sum(area_mm2_twice(op.geometry) for op in ours) == sum(area_mm2_twice(p.geometry) for p in facts.parcels)
    for areas in ("surveyed_area_m2", "official_area_m2"):
        assert sum(getattr(op, areas) for op in ours) == sum(getattr(parcel, areas) for parcel in facts.parcels)
