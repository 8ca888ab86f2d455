"""Deed update: each way of a difference, each finding once with its place, and a plan that makes no land."""

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
from land_services.domain import AmendBoundary, AttachSource, Facts, Finding, PendDeed, RestrictionFact
from land_services.geometry.measure import area_mm2_twice
from land_services.messages import message
from land_services.services.deed_update import SERVICE, Inputs, plan
from tests.budget import budget
from tests.fabric import FILED_ON, at, block, rectangle, rules, survey

BLOCK = block()
LOT = rectangle(30, 0, 60, 40)
"""Lot 2: 1,200 m2; 1 % and 1 m2 or whatever the pack says are accepted."""


def filed(outline: Polygon = LOT, **changes: Any) -> Inputs:
    made = Inputs(
        parcel_uids=(BLOCK.lots["2"].uid,),
        survey=survey(("2", outline)),
        reference="DUP-2026-000001",
        filed_on=FILED_ON,
    )
    return replace(made, **changes)


def stating(deed_m2: str, kind: str = "electronic") -> Facts:
    """Return the facts of lot 2 with a deed that states another area."""
    parcel = replace(BLOCK.lots["2"], official_area_m2=Decimal(deed_m2))
    title = BLOCK.titles["2"]
    deed = replace(title.deeds[0], area_m2=Decimal(deed_m2), kind=kind)  # type: ignore[arg-type]
    return BLOCK.facts("2", parcels=(parcel,), titles=(replace(title, deeds=(deed,)),))


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


# The ways of a difference -------------------------------------------------------------------------------------------


def test_a_deed_that_agrees_with_the_ground_needs_no_remark() -> None:
    assert check(filed(), BLOCK.facts("2")) == ()


def test_a_corner_that_only_this_parcel_has_on_a_common_line_is_given_to_the_neighbour() -> None:
    """What SUB-15 tells those who want to move that line, or to divide beside it."""
    lone = Polygon([at(30, 0), at(60, 0), at(60, 20), at(60, 40), at(30, 40)])
    facts = BLOCK.facts("2", parcels=(replace(BLOCK.lots["2"], geometry=lone),))
    inputs = filed(lone)
    assert check(inputs, facts) == ()
    changes = plan(inputs, facts, rules())
    assert_invariants(changes, facts)
    beside = next(op for op in changes.of(AmendBoundary) if op.uid == BLOCK.lots["3"].uid)
    assert at(60, 20) in beside.geometry.exterior.coords
    assert area_mm2_twice(beside.geometry) == area_mm2_twice(BLOCK.lots["3"].geometry)


@pytest.mark.parametrize(
    ("deed", "answers", "variant", "severity"),
    [
        ("1199.50", {}, "accept", "info"),
        ("1200.50", {}, "accept", "info"),
        ("1100.00", {}, "surplus", "warning"),
        ("960.00", {}, "surplus", "warning"),
        ("959.00", {}, "over_ceiling", "error"),
        ("1300.00", {}, "less_open", "warning"),
        ("1300.00", {"deed_no": ""}, "less_without_consent", "error"),
        ("1300.00", {"consent_to_less": False}, "less_without_consent", "error"),
        ("1300.00", {"consent_to_less": "no"}, "less_without_consent", "error"),
        ("1300.00", {"consent_to_less": True}, "less", "info"),
        ("1300.00", {"consent_to_less": "yes"}, "less", "info"),
    ],
)
def test_each_difference_takes_its_way(deed: str, answers: dict[str, Any], variant: str, severity: str) -> None:
    facts = stating(deed)
    finding = only(check(filed(answers=answers), facts, deed_tolerance_percent=1.0, deed_tolerance_m2=1.0))
    assert (finding.rule, finding.variant, finding.severity) == ("DED-04", variant, severity)
    assert finding.params["difference"] == pytest.approx(abs(1200 - float(deed)))
    assert finding.parcels == (BLOCK.lots["2"].uid,)


def test_an_authority_that_asks_for_no_consent_takes_none() -> None:
    found = only(check(filed(answers={"deed_no": ""}), stating("1300.00"), reduction_consent_required=False))
    assert (found.variant, found.severity) == ("less", "info")


def test_a_deed_without_an_area_of_its_own_is_told() -> None:
    parcel = replace(BLOCK.lots["2"], official_area_m2=None)
    title = replace(BLOCK.titles["2"], parcel_uids=(parcel.uid, BLOCK.lots["3"].uid))
    finding = only(check(filed(), BLOCK.facts("2", parcels=(parcel,), titles=(title,))))
    assert (finding.rule, finding.variant, finding.severity) == ("DED-04", "unknown", "warning")


# Each finding once --------------------------------------------------------------------------------------------------


def test_one_parcel_and_one_polygon() -> None:
    two = replace(filed(), parcel_uids=(BLOCK.lots["2"].uid, BLOCK.lots["3"].uid))
    assert "DED-01" in {finding.rule for finding in check(two, BLOCK.facts("2", "3"))}
    halves = filed(survey=survey(("1", rectangle(30, 0, 45, 40)), ("2", rectangle(45, 0, 60, 40))))
    finding = only(check(halves, BLOCK.facts("2")))
    assert (finding.rule, finding.measured.value) == ("DED-02", 2)  # type: ignore[union-attr]
    with pytest.raises(NotFit):
        plan(halves, BLOCK.facts("2"), rules())


def test_the_deed_named_is_one_of_the_parcels_in_either_digits() -> None:
    number = BLOCK.titles["2"].deeds[0].number
    eastern = number.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
    for stated in (number, f" {eastern} ", ""):
        assert check(filed(answers={"deed_no": stated}), BLOCK.facts("2")) == ()
    finding = only(check(filed(answers={"deed_no": "999"}), BLOCK.facts("2")))
    assert (finding.rule, finding.severity, finding.required.value) == ("DED-03", "error", number)  # type: ignore[union-attr]


def test_ground_that_moved_is_shown_with_the_neighbour_it_takes_from() -> None:
    wide = check(filed(rectangle(30, 0, 61, 40)), BLOCK.facts("2"))
    assert [(f.rule, f.variant) for f in wide] == [("DED-05", "outside"), ("DED-05", "neighbour")]
    assert wide[1].parcels == (BLOCK.lots["2"].uid, BLOCK.lots["3"].uid)
    assert wide[1].measured.value == pytest.approx(40.0)  # type: ignore[union-attr]
    small = only(check(filed(rectangle(30, 0, 59, 40)), BLOCK.facts("2")))
    assert (small.rule, small.variant) == ("DED-05", "inside")
    assert small.where is not None
    assert small.where.hausdorff_distance(rectangle(59, 0, 60, 40)) < 0.01
    street = check(filed(rectangle(30, -1, 60, 40)), BLOCK.facts("2"))
    assert [(f.rule, f.variant) for f in street] == [("DED-05", "outside")]


def test_lengths_that_the_deed_states_are_compared_face_by_face() -> None:
    answers = {"north_m": "30.00", "east_m": "40,1", "south_m": "29.00", "west_m": "", "deed_no": ""}
    found = check(filed(answers=answers), BLOCK.facts("2"))
    finding = only(found)
    assert (finding.rule, finding.variant, finding.severity) == ("DED-06", "S", "warning")
    assert (finding.measured.value, finding.required.value) == (30.0, 29.0)  # type: ignore[union-attr]
    assert finding.where is not None
    assert finding.where.length == pytest.approx(30.0)


@pytest.mark.parametrize("length", ["NaN", "-3", "0", "Infinity", "thirty", None, True])
def test_a_length_that_is_none_is_passed_over(length: Any) -> None:
    assert {f.rule for f in check(filed(answers={"south_m": length, "deed_no": ""}), BLOCK.facts("2"))} == set()


def test_another_number_renumbers_the_parcel_unless_it_is_taken() -> None:
    renumbered = filed(survey=survey(("٢ أ", LOT)))
    finding = only(check(renumbered, BLOCK.facts("2")))
    assert (finding.rule, finding.variant, finding.severity) == ("DED-09", "renumbered", "warning")
    assert plan(renumbered, BLOCK.facts("2"), rules()).of(AmendBoundary)[0].parcel_no == "2 أ"
    assert plan(filed(), BLOCK.facts("2"), rules()).of(AmendBoundary)[0].parcel_no is None
    taken = only(check(filed(survey=survey(("3", LOT))), BLOCK.facts("2")))
    assert (taken.rule, taken.variant, taken.severity) == ("DED-09", "taken", "error")


def test_a_deed_on_paper_becomes_electronic() -> None:
    finding = only(check(filed(), stating("1200.00", kind="paper")))
    assert (finding.rule, finding.severity) == ("DED-07", "info")


def test_a_mortgage_stops_it_and_a_pending_deed_too() -> None:
    mortgaged = replace(BLOCK.titles["2"], restrictions=(RestrictionFact(1, "mortgage", "9", "bank"),))
    assert only(check(filed(), BLOCK.facts("2", titles=(mortgaged,)))).rule == "LND-05"
    waiting = replace(BLOCK.titles["2"], deeds=(replace(BLOCK.titles["2"].deeds[0], pending=True),))
    assert only(check(filed(), BLOCK.facts("2", titles=(waiting,)))).rule == "LND-03"


@pytest.mark.parametrize("outline", [Polygon(), Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])], ids=["empty", "bow tie"])
def test_broken_drawings_raise_nothing(outline: Polygon) -> None:
    assert any(f.severity == "error" for f in check(filed(outline), BLOCK.facts("2")))


# The plan -----------------------------------------------------------------------------------------------------------


def test_the_plan_restates_the_same_land_and_leaves_the_deed_pending() -> None:
    facts = stating("1300.00")
    changes = plan(filed(answers={"consent_to_less": True}), facts, rules())
    assert_invariants(changes, facts)
    (amended,) = changes.of(AmendBoundary)
    assert amended.geometry.equals(LOT)
    assert (amended.official_area_m2, amended.surveyed_area_m2) == (Decimal("1200.00"), Decimal("1200.00"))
    assert [side.face for side in amended.sides] == ["N", "E", "S", "W"]
    assert [side.adjoining_en for side in amended.sides] == [
        "Parcel 12", "Parcel 3", "Street 20 m wide (King Fahd Street)", "Parcel 1",
    ]  # fmt: skip
    assert len(amended.corners) == 4
    assert changes.of(PendDeed) == (PendDeed(BLOCK.titles["2"].id),)
    assert changes.of(AttachSource)[0].uids == (BLOCK.lots["2"].uid,)


@given(
    dx=st.integers(-30, 30),
    dy=st.integers(-30, 30),
    deed=st.decimals(900, 1500, places=2, allow_nan=False),
    consent=st.booleans(),
    lot=st.sampled_from(["1", "2", "3", "4", "11", "14"]),
)
@settings(max_examples=budget(40, 1500), deadline=None)
def test_no_update_makes_or_loses_land(dx: int, dy: int, deed: Decimal, consent: bool, lot: str) -> None:
    parcel = replace(BLOCK.lots[lot], official_area_m2=deed)
    facts = BLOCK.facts(lot, parcels=(parcel,))
    drawn = translate(parcel.geometry, dx / 1000, dy / 1000)  # as near as a survey comes
    inputs = filed(survey=survey((lot, drawn)), parcel_uids=(parcel.uid,), answers={"consent_to_less": consent})  # type: ignore[arg-type]
    findings = check(inputs, facts)
    ways = [finding for finding in findings if finding.rule == "DED-04"]
    assert len(ways) <= 1
    errors = {finding.rule for finding in findings if finding.severity == "error"}
    assert errors <= {"DED-04"}
    if errors:
        assert ways[0].variant in ("over_ceiling", "less_without_consent")
        return
    changes = plan(inputs, facts, rules())
    assert_invariants(changes, facts)
    assert digest(from_json(to_json(changes))) == digest(changes)
    (amended,) = changes.of(AmendBoundary)
    assert area_mm2_twice(amended.geometry) == area_mm2_twice(parcel.geometry)
    assert amended.official_area_m2 == amended.surveyed_area_m2 == Decimal(str(round(parcel.geometry.area, 2)))
