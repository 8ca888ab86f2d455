"""Merger: each finding once, with its id and place; the plan, exact to the millimetre; titles that follow the land."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Polygon
from shapely.ops import unary_union

from land_services.changesets import digest, from_json, to_json
from land_services.checks.engine import NotFit, run_checks
from land_services.checks.invariants import assert_invariants
from land_services.domain import (
    AmendBoundary,
    CarryRestriction,
    CreateSpatialUnit,
    CreateTitle,
    EndTitle,
    Facts,
    Finding,
    RestrictionFact,
    RetireSpatialUnit,
    RightFact,
    SurveyPart,
    TakenRestriction,
    TransferRight,
)
from land_services.geometry.measure import area_mm2_twice
from land_services.messages import message
from land_services.services.merge import SERVICE, Inputs, plan
from tests.budget import budget
from tests.fabric import FILED_ON, Fabric, block, rectangle, rules, survey

BLOCK = block()
TWO_AND_THREE = rectangle(30, 0, 90, 40)


def filed(fabric: Fabric, *lots: str, outline: Polygon | None = None, number: str = "2/3", **changes: Any) -> Inputs:
    """Return what an office files for lots; the outline they make together, if none is given."""
    drawn = outline or unary_union([fabric.lots[lot].geometry for lot in lots])
    made = Inputs(
        parcel_uids=tuple(fabric.lots[lot].uid for lot in lots),
        survey=survey((number, drawn)),
        reference="MRG-2026-000001",
        filed_on=FILED_ON,
    )
    return replace(made, **changes)


def check(inputs: Inputs, facts: Facts, **values: Any) -> tuple[Finding, ...]:
    """Run the checks; each finding has texts in both languages, a source, and a place that is not empty."""
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


def with_titles(facts: Facts, **changes: dict[str, Any]) -> Facts:
    """Return the facts with the titles of lots changed; lots are named ``lot_2`` and so on."""
    lots = {f"lot_{parcel.parcel_no}": parcel.uid for parcel in facts.parcels}
    titles = []
    for title in facts.titles:
        name = next(name for name, uid in lots.items() if uid in title.parcel_uids)
        titles.append(replace(title, **changes.get(name, {})))
    return replace(facts, titles=tuple(titles))


def one_title(*lots: str, **changes: Any) -> Facts:
    """Return facts in which one title joins all the lots."""
    title = replace(BLOCK.titles[lots[0]], parcel_uids=tuple(BLOCK.lots[lot].uid for lot in lots), **changes)
    return BLOCK.facts(*lots, titles=(title,))


# The good case ------------------------------------------------------------------------------------------------------


def test_two_lots_side_by_side_are_fit_without_a_remark() -> None:
    assert check(filed(BLOCK, "2", "3"), BLOCK.facts("2", "3")) == ()


def test_the_plan_retires_both_and_creates_one_with_areas_faces_and_corners() -> None:
    facts = BLOCK.facts("2", "3")
    changes = plan(filed(BLOCK, "2", "3"), facts, rules())
    assert_invariants(changes, facts)
    assert {op.uid for op in changes.of(RetireSpatialUnit)} == {BLOCK.lots["2"].uid, BLOCK.lots["3"].uid}
    (unit,) = changes.of(CreateSpatialUnit)
    assert (unit.plan_no, unit.block_no, unit.parcel_no, unit.land_use) == ("1234", "7", "2/3", "residential")
    assert unit.parents == (BLOCK.lots["2"].uid, BLOCK.lots["3"].uid)
    assert unit.geometry.equals(TWO_AND_THREE)
    assert area_mm2_twice(unit.geometry) == sum(area_mm2_twice(BLOCK.lots[lot].geometry) for lot in "23")
    assert (unit.official_area_m2, unit.surveyed_area_m2) == (Decimal("2400.00"), Decimal("2400.00"))
    assert [side.face for side in unit.sides] == ["N", "E", "S", "W"]
    assert unit.sides[2].adjoining_en == "Street 20 m wide (King Fahd Street)"
    assert not changes.of(AmendBoundary), "every vertex stays"


def test_the_same_case_plans_the_same_uids_in_any_order_of_parcels_and_another_case_others() -> None:
    one = plan(filed(BLOCK, "2", "3"), BLOCK.facts("2", "3"), rules())
    other_way = plan(filed(BLOCK, "3", "2"), BLOCK.facts("3", "2"), rules())
    other = plan(filed(BLOCK, "2", "3", reference="MRG-2026-000002"), BLOCK.facts("2", "3"), rules())
    uid = one.of(CreateSpatialUnit)[0].uid
    assert uid == other_way.of(CreateSpatialUnit)[0].uid != other.of(CreateSpatialUnit)[0].uid


def test_the_parcels_themselves_may_be_drawn_with_their_common_outline_as_outer_boundary() -> None:
    drawn = survey(("2", rectangle(30, 0, 60, 40)), ("3", rectangle(60, 0, 90, 40)))
    drawn = replace(drawn, outer=SurveyPart("23", TWO_AND_THREE))
    inputs = filed(BLOCK, "2", "3", survey=drawn)
    assert check(inputs, BLOCK.facts("2", "3")) == ()
    assert plan(inputs, BLOCK.facts("2", "3"), rules()).of(CreateSpatialUnit)[0].parcel_no == "23"


def test_four_lots_about_a_point_become_one() -> None:
    facts = BLOCK.facts("2", "3", "12", "13")
    changes = plan(filed(BLOCK, "2", "3", "12", "13", number="A"), facts, rules())
    assert_invariants(changes, facts)
    assert changes.of(CreateSpatialUnit)[0].geometry.equals(rectangle(30, 0, 90, 80))


def test_unit_counts_and_building_areas_add_up_where_they_are_known() -> None:
    lots = {
        "2": replace(BLOCK.lots["2"], unit_count=2, building_area_m2=Decimal("310.50")),
        "3": replace(BLOCK.lots["3"], unit_count=None),
    }
    facts = BLOCK.facts("2", "3", parcels=(lots["2"], lots["3"]))
    unit = plan(filed(BLOCK, "2", "3"), facts, rules()).of(CreateSpatialUnit)[0]
    assert (unit.unit_count, unit.building_area_m2) == (2, Decimal("310.50"))


def test_a_deed_area_that_is_not_known_leaves_the_sum_unknown() -> None:
    bare = replace(BLOCK.lots["3"], official_area_m2=None)
    title = replace(BLOCK.titles["3"], deeds=(replace(BLOCK.titles["3"].deeds[0], area_m2=None),))
    facts = BLOCK.facts("2", "3", parcels=(BLOCK.lots["2"], bare), titles=(BLOCK.titles["2"], title))
    assert plan(filed(BLOCK, "2", "3"), facts, rules()).of(CreateSpatialUnit)[0].official_area_m2 is None


# Titles -------------------------------------------------------------------------------------------------------------


def test_one_title_over_all_parcels_goes_on() -> None:
    facts = one_title("2", "3")
    changes = plan(filed(BLOCK, "2", "3"), facts, rules())
    assert_invariants(changes, facts)
    uid = changes.of(CreateSpatialUnit)[0].uid
    assert changes.of(TransferRight) == (TransferRight(facts.titles[0].id, facts.titles[0].parcel_uids, (uid,)),)
    assert not changes.of(CreateTitle)


def test_two_titles_of_the_same_owners_are_followed_by_one_with_both_deeds() -> None:
    facts = BLOCK.facts("2", "3")
    changes = plan(filed(BLOCK, "2", "3"), facts, rules())
    (title,) = changes.of(CreateTitle)
    assert title.follows == (BLOCK.titles["2"].id, BLOCK.titles["3"].id)
    assert title.parcel_uids == (changes.of(CreateSpatialUnit)[0].uid,)
    assert {(right.party_id, right.share) for right in title.rights} == {(1, Fraction(1, 3)), (2, Fraction(2, 3))}
    assert title.deed_ids == (BLOCK.titles["2"].deeds[0].id, BLOCK.titles["3"].deeds[0].id)
    assert changes.of(EndTitle) == (EndTitle(title.follows[0]), EndTitle(title.follows[1]))
    assert not changes.of(TransferRight)


def test_a_title_that_keeps_other_land_stays_for_it_and_that_is_said() -> None:
    wide = replace(BLOCK.titles["3"], parcel_uids=(BLOCK.lots["3"].uid, BLOCK.lots["4"].uid))
    facts = BLOCK.facts("2", "3", titles=(BLOCK.titles["2"], wide))
    finding = only(check(filed(BLOCK, "2", "3"), facts))
    assert (finding.rule, finding.severity, finding.params["count"]) == ("MRG-09", "warning", 1)
    changes = plan(filed(BLOCK, "2", "3"), facts, rules())
    assert_invariants(changes, facts)
    assert changes.of(EndTitle) == (EndTitle(BLOCK.titles["2"].id),)
    assert changes.of(TransferRight) == (TransferRight(wide.id, (BLOCK.lots["3"].uid,), ()),)


def test_restrictions_pass_to_the_merged_parcel_and_none_is_lost() -> None:
    easement = RestrictionFact(7, "easement", "E-7", "", parcel_uid=BLOCK.lots["3"].uid)
    usufruct = RestrictionFact(8, "usufruct", "U-8", "")
    facts = with_titles(BLOCK.facts("2", "3"), lot_3={"restrictions": (easement, usufruct)})
    changes = plan(filed(BLOCK, "2", "3"), facts, rules())
    assert_invariants(changes, facts)
    assert changes.of(CreateTitle)[0].restrictions == (TakenRestriction(7), TakenRestriction(8))
    assert {finding.rule for finding in check(filed(BLOCK, "2", "3"), facts)} == {"LND-05"}

    alone = one_title("2", "3", restrictions=(easement,))
    changes = plan(filed(BLOCK, "2", "3"), alone, rules())
    assert_invariants(changes, alone)
    assert changes.of(CarryRestriction) == (CarryRestriction(7, (changes.of(CreateSpatialUnit)[0].uid,)),)


def test_a_restriction_on_a_merged_parcel_ends_in_the_title_that_keeps_other_land() -> None:
    easement = RestrictionFact(7, "easement", "E-7", "", parcel_uid=BLOCK.lots["3"].uid)
    wide = replace(BLOCK.titles["3"], parcel_uids=(BLOCK.lots["3"].uid, BLOCK.lots["4"].uid), restrictions=(easement,))
    facts = BLOCK.facts("2", "3", titles=(BLOCK.titles["2"], wide))
    changes = plan(filed(BLOCK, "2", "3"), facts, rules())
    assert_invariants(changes, facts)
    assert changes.of(CarryRestriction) == (CarryRestriction(7, ()),)
    assert changes.of(CreateTitle)[0].restrictions == (TakenRestriction(7),)


# Each finding once --------------------------------------------------------------------------------------------------


def test_one_parcel_is_no_merger() -> None:
    finding = only(check(filed(BLOCK, "2"), BLOCK.facts("2")))
    assert (finding.rule, finding.measured.value, finding.required.value) == ("MRG-01", 1, 2)  # type: ignore[union-attr]


def test_more_parcels_than_the_authority_joins_at_once_are_refused_and_a_flag_allows_other_plans() -> None:
    many = only(check(filed(BLOCK, "2", "3"), BLOCK.facts("2", "3"), max_merged_parcels=1))
    assert (many.rule, many.variant, many.required.value) == ("MRG-01", "many", 1)  # type: ignore[union-attr]
    facts = BLOCK.facts("2", "3", parcels=(BLOCK.lots["2"], replace(BLOCK.lots["3"], plan_no="99")))
    allowed = only(check(filed(BLOCK, "2", "3"), facts, merge_across_plans=True))
    assert (allowed.rule, allowed.variant, allowed.severity) == ("MRG-05", "plan", "warning")


@pytest.mark.parametrize(("first", "second"), [("1", "3"), ("2", "13")], ids=["apart", "at a point"])
def test_parcels_that_do_not_share_an_edge_are_refused_with_the_one_that_hangs_apart(first: str, second: str) -> None:
    findings = check(filed(BLOCK, first, second, outline=rectangle(0, 0, 90, 40)), BLOCK.facts(first, second))
    finding = next(finding for finding in findings if finding.rule == "MRG-02")
    assert finding.severity == "error"
    assert finding.parcels in ((BLOCK.lots[first].uid,), (BLOCK.lots[second].uid,))
    assert finding.where is not None
    with pytest.raises(NotFit):
        plan(filed(BLOCK, first, second, outline=rectangle(0, 0, 90, 40)), BLOCK.facts(first, second), rules())


def test_parcels_around_land_of_others_are_refused_with_that_land() -> None:
    wide = block(columns=5)
    ring = ["1", "2", "3", "11", "13"]
    around = ("1", "2", "3", "11", "12", "13")
    lots = {number: wide.lots[number] for number in around}
    # lots 1 to 3 in front and 11, 13 behind leave lot 12 open to the street: close it from above
    lid = replace(lots["12"], uid=lots["12"].uid, geometry=rectangle(30, 60, 60, 80))
    inner = replace(wide.lots["4"], geometry=rectangle(30, 40, 60, 60), version=900, uid=wide.lots["5"].uid)
    parcels = (*(lots[number] for number in ring), lid)
    facts = wide.facts(*around, parcels=parcels, neighbours=(inner,))
    findings = check(filed(wide, *around, outline=rectangle(0, 3, 90, 77)), facts)
    finding = next(finding for finding in findings if finding.rule == "MRG-03")
    assert finding.where is not None
    assert finding.where.equals(rectangle(30, 40, 60, 60))
    assert finding.measured.value == 600.0  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("rights", "variant"),
    [
        ((RightFact(9, "ownership", 3, Fraction(1)),), "owners"),
        ((RightFact(9, "ownership", 1, Fraction(1, 2)), RightFact(10, "ownership", 2, Fraction(1, 2))), "shares"),
        ((*BLOCK.titles["3"].rights, RightFact(9, "usufruct", 4, Fraction(1))), "other_rights"),
    ],
)
def test_other_owners_shares_or_rights_are_shown_without_naming_anyone(
    rights: tuple[RightFact, ...], variant: str
) -> None:
    facts = with_titles(BLOCK.facts("2", "3"), lot_3={"rights": rights})
    finding = only(check(filed(BLOCK, "2", "3"), facts))
    assert (finding.rule, finding.variant, finding.severity) == ("MRG-04", variant, "error")
    assert finding.parcels == (BLOCK.lots["3"].uid,)
    assert finding.required.value == "2/3, 1/3"  # type: ignore[union-attr]


def test_two_shares_of_one_owner_count_as_their_sum() -> None:
    rights = (
        RightFact(9, "ownership", 1, Fraction(1, 6)),
        RightFact(10, "ownership", 1, Fraction(1, 6)),
        RightFact(11, "ownership", 2, Fraction(2, 3)),
    )
    assert check(filed(BLOCK, "2", "3"), with_titles(BLOCK.facts("2", "3"), lot_3={"rights": rights})) == ()


@pytest.mark.parametrize(
    ("change", "variant", "severity"),
    [
        ({"plan_no": "99"}, "plan", "error"),
        ({"land_use": "commercial"}, "use", "error"),
        ({"block_no": "8"}, "block", "warning"),
    ],
)
def test_another_plan_or_use_is_refused_and_another_block_shown(
    change: dict[str, str], variant: str, severity: str
) -> None:
    facts = BLOCK.facts("2", "3", parcels=(BLOCK.lots["2"], replace(BLOCK.lots["3"], **change)))  # type: ignore[arg-type]
    finding = only(check(filed(BLOCK, "2", "3"), facts))
    assert (finding.rule, finding.variant, finding.severity) == ("MRG-05", variant, severity)


def test_several_polygons_without_an_outer_boundary_are_no_outline() -> None:
    drawn = survey(("2", rectangle(30, 0, 60, 40)), ("3", rectangle(60, 0, 90, 40)))
    found = check(filed(BLOCK, "2", "3", survey=drawn), BLOCK.facts("2", "3"))
    assert {finding.rule for finding in found} == {"MRG-06", "MRG-08"}


def test_an_outline_that_moved_is_shown_as_the_land_it_takes_and_leaves() -> None:
    taken = only(check(filed(BLOCK, "2", "3", outline=rectangle(30, 0, 91, 40)), BLOCK.facts("2", "3")))
    assert (taken.rule, taken.variant) == ("MRG-07", "outside")
    assert taken.where is not None
    assert taken.where.hausdorff_distance(rectangle(90, 0, 91, 40)) < 0.01
    assert taken.measured.value == pytest.approx(1.0)  # type: ignore[union-attr]
    left = only(check(filed(BLOCK, "2", "3", outline=rectangle(30, 0, 89, 40)), BLOCK.facts("2", "3")))
    assert (left.rule, left.variant) == ("MRG-07", "inside")
    assert left.parcels == (BLOCK.lots["2"].uid, BLOCK.lots["3"].uid)


def test_the_number_must_be_given_and_free_and_may_be_one_of_the_merged() -> None:
    facts = BLOCK.facts("2", "3")
    missing = only(check(filed(BLOCK, "2", "3", number=""), facts))
    assert (missing.rule, missing.variant) == ("MRG-08", "missing")
    taken = only(check(filed(BLOCK, "2", "3", number="١٢"), facts))
    assert (taken.rule, taken.variant, taken.params["number"]) == ("MRG-08", "taken", "12")
    assert check(filed(BLOCK, "2", "3", number="2"), facts) == ()
    assert check(filed(BLOCK, "2", "3", number="", **{}), facts, outline_tolerance_m=0.05)[0].rule == "MRG-08"


def test_parcels_that_overlap_in_the_register_are_refused_by_the_kernel_with_the_place() -> None:
    wide = replace(BLOCK.lots["3"], geometry=rectangle(59, 0, 90, 40))
    facts = BLOCK.facts("2", "3", parcels=(BLOCK.lots["2"], wide))
    finding = next(f for f in check(filed(BLOCK, "2", "3", outline=TWO_AND_THREE), facts) if f.rule == "MRG-10")
    assert finding.where is not None


def test_a_site_grid_is_laid_on_the_parcels_together() -> None:
    drawn = survey(("2/3", Polygon([(0, 0), (60, 0), (60, 40), (0, 40)])), crs="local")
    found = check(filed(BLOCK, "2", "3", survey=drawn), BLOCK.facts("2", "3"))
    assert {(finding.rule, finding.severity) for finding in found} <= {("LND-23", "info"), ("LND-23", "warning")}
    assert found
    assert found[0].parcels == (BLOCK.lots["2"].uid, BLOCK.lots["3"].uid)


def test_a_file_far_away_is_said_to_lie_elsewhere() -> None:
    findings = check(filed(BLOCK, "2", "3", outline=rectangle(1030, 0, 1090, 40)), BLOCK.facts("2", "3"))
    assert [finding.rule for finding in findings] == ["LND-22"]


@pytest.mark.parametrize(
    "outline",
    [Polygon(), Polygon([(0, 0), (1, 1), (1, 0), (0, 1)]), Polygon([(0, 0), (0, 0), (0, 0)])],
    ids=["empty", "bow tie", "a point"],
)
def test_broken_drawings_raise_nothing(outline: Polygon) -> None:
    inputs = replace(filed(BLOCK, "2", "3"), survey=survey(("2/3", outline)))
    assert any(finding.severity == "error" for finding in check(inputs, BLOCK.facts("2", "3")))


def test_missing_and_retired_parcels_are_said_and_nothing_else() -> None:
    facts = BLOCK.facts("2", missing_uids=("11111111-1111-1111-1111-111111111111",))
    inputs = replace(filed(BLOCK, "2", "3"), parcel_uids=(BLOCK.lots["2"].uid, facts.missing_uids[0]))
    assert "LND-01" in {finding.rule for finding in check(inputs, facts)}


# Invariants ---------------------------------------------------------------------------------------------------------


@st.composite
def groups(draw: st.DrawFn) -> tuple[Fabric, tuple[str, ...]]:
    """A block of random size and lots of it that are joined: a run in one row, or a run in both rows."""
    columns = draw(st.integers(2, 7))
    width = draw(st.integers(8_000, 40_000)) / 1000
    depth = draw(st.integers(10_000, 60_000)) / 1000
    fabric = block(columns=columns, width=width, depth=depth)
    first = draw(st.integers(0, columns - 1))
    last = draw(st.integers(first, columns - 1))
    rows = draw(st.sampled_from([(1,), (11,), (1, 11)]))
    lots = tuple(str(row + column) for row in rows for column in range(first, last + 1))
    return fabric, lots if len(lots) > 1 else (str(rows[0]), str(rows[0] + 1))


@given(group=groups(), data=st.data())
@settings(max_examples=budget(40, 1500), deadline=None)
def test_any_joined_lots_merge_exactly(group: tuple[Fabric, tuple[str, ...]], data: st.DataObject) -> None:
    fabric, lots = group
    order = tuple(data.draw(st.permutations(lots)))
    titles = data.draw(st.booleans())
    facts = fabric.facts(*order)
    if titles:  # one title joins some of them
        joined = replace(fabric.titles[order[0]], parcel_uids=tuple(fabric.lots[lot].uid for lot in order[:2]))
        facts = replace(facts, titles=(joined, *(fabric.titles[lot] for lot in order[2:])))
    inputs = filed(fabric, *order, number="M")
    assert not [finding for finding in check(inputs, facts) if finding.severity == "error"]
    changes = plan(inputs, facts, rules())
    assert_invariants(changes, facts)
    again = from_json(to_json(changes))
    assert again == changes
    assert digest(again) == digest(changes)
    (unit,) = changes.of(CreateSpatialUnit)
    assert area_mm2_twice(unit.geometry) == sum(area_mm2_twice(fabric.lots[lot].geometry) for lot in lots)
