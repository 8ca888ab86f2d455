"""Subdivision: each finding once, with its id and place; the plan, exact to the millimetre."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from land_services import rules as rule_packs
from land_services.checks.engine import NotFit, is_fit, run_checks
from land_services.checks.invariants import assert_invariants
from land_services.domain import (
    AmendBoundary,
    AttachSource,
    ChangeSet,
    CreateSpatialUnit,
    DeedFact,
    Facts,
    Finding,
    OpenCaseFact,
    ReleaseLand,
    RestrictionFact,
    RetireSpatialUnit,
    RightFact,
    Rules,
    SurveyPart,
    TitleFact,
    TransferRight,
    ZoneFact,
)
from land_services.geometry.measure import area_mm2_twice
from land_services.messages import message
from land_services.services.subdivision import SERVICE, Inputs, child_number, plan
from tests.fabric import Fabric, at, block, halves, inputs, rectangle, rules, shape, survey

BLOCK = block()
WHOLE = rectangle(30, 0, 60, 40)


def check(filed: Inputs, facts: Facts, by: Rules | None = None) -> tuple[Finding, ...]:
    """Run the checks; each finding must have texts in both languages, a source, and a place that is not empty."""
    findings = run_checks(SERVICE, filed, facts, by or rules())
    for finding in findings:
        for language in ("ar", "en"):
            assert "?" not in message(finding, language).replace("accuracy ? m", ""), finding  # type: ignore[arg-type]
        assert finding.source is not None, finding
        assert finding.where is None or not finding.where.is_empty, finding
    return findings


def ids(findings: tuple[Finding, ...], *severities: str) -> list[str]:
    return [finding.rule for finding in findings if not severities or finding.severity in severities]


def errors(*parts: tuple[str, Polygon], fabric: Fabric = BLOCK, lot: str = "2", **changes: Any) -> tuple[Finding, ...]:
    """Return the errors of a drawing over a lot; ``changes`` replace rule values."""
    found = check(inputs(fabric, *parts, lot=lot), fabric.facts(lot), rules(**changes))
    return tuple(finding for finding in found if finding.severity == "error")


def only(findings: tuple[Finding, ...]) -> Finding:
    assert len(findings) == 1, [(finding.rule, finding.variant, finding.params) for finding in findings]
    return findings[0]


def near(place: BaseGeometry | None, expected: BaseGeometry, within: float = 0.15) -> bool:
    return place is not None and place.hausdorff_distance(expected) <= within


# The good case ------------------------------------------------------------------------------------------------------


def test_two_halves_of_a_lot_are_fit_without_a_remark() -> None:
    assert check(inputs(BLOCK), BLOCK.facts("2")) == ()


def test_the_plan_retires_one_and_creates_two_with_numbers_faces_and_areas() -> None:
    facts = BLOCK.facts("2")
    changes = plan(inputs(BLOCK), facts, rules())
    assert_invariants(changes, facts)
    assert [op.uid for op in changes.of(RetireSpatialUnit)] == [BLOCK.lots["2"].uid]
    one, two = changes.of(CreateSpatialUnit)
    assert (one.parcel_no, two.parcel_no) == ("1/2", "2/2")
    assert one.parents == (BLOCK.lots["2"].uid,)
    assert (one.plan_no, one.block_no, one.land_use) == ("1234", "7", "residential")
    assert one.geometry.equals(rectangle(30, 0, 45, 40))
    assert [side.face for side in one.sides] == ["N", "E", "S", "W"]
    assert [side.adjoining_en for side in one.sides] == [
        "Parcel 12", "Parcel 2/2", "Street 20 m wide (King Fahd Street)", "Parcel 1",
    ]  # fmt: skip
    assert one.sides[2].adjoining_ar == "شارع عرض 20 م (شارع الملك فهد)"
    assert (one.surveyed_area_m2, one.official_area_m2) == (Decimal("600.00"), Decimal("600.00"))


def test_the_plan_gives_the_neighbour_behind_the_new_corner_and_no_other() -> None:
    amended = plan(inputs(BLOCK), BLOCK.facts("2"), rules()).of(AmendBoundary)
    assert [op.uid for op in amended] == [BLOCK.lots["12"].uid]
    assert amended[0].keeps_areas
    assert at(45, 40) in amended[0].geometry.exterior.coords


def test_the_title_and_the_source_follow_the_parts() -> None:
    changes = plan(inputs(BLOCK), BLOCK.facts("2"), rules())
    uids = tuple(unit.uid for unit in changes.of(CreateSpatialUnit))
    title = BLOCK.titles["2"]
    assert changes.of(TransferRight) == (TransferRight(title.id, (BLOCK.lots["2"].uid,), uids),)
    assert changes.of(AttachSource) == (AttachSource("survey_file", "lot-2.geojson", "5" * 64, uids),)


def test_the_same_case_plans_the_same_uids_and_another_case_others() -> None:
    facts = BLOCK.facts("2")
    one, again = (plan(inputs(BLOCK), facts, rules()) for _ in range(2))
    other = plan(inputs(BLOCK, reference="SUB-2026-000002"), facts, rules())
    assert one == again
    assert {u.uid for u in one.of(CreateSpatialUnit)}.isdisjoint(u.uid for u in other.of(CreateSpatialUnit))


def test_a_corner_has_one_number_in_all_parts_and_no_number_two_places() -> None:
    changes = plan(inputs(BLOCK), BLOCK.facts("2"), rules())
    pairs = {(c.number, (c.x, c.y)) for unit in changes.of(CreateSpatialUnit) for c in unit.corners}
    assert len(pairs) == len({number for number, _ in pairs}) == len({place for _, place in pairs}) == 6


def test_a_manual_face_is_kept_and_marked() -> None:
    unit = plan(inputs(BLOCK, faces=((0, 1, "S"),)), BLOCK.facts("2"), rules()).of(CreateSpatialUnit)[0]
    assert [(side.face, side.face_is_manual) for side in unit.sides][1] == ("S", True)


def test_surveyed_and_deed_areas_of_the_parts_sum_to_the_parents_to_the_cent() -> None:
    thirds = (
        ("1", rectangle(30, 0, 40.007, 40)),
        ("2", rectangle(40.007, 0, 50.01, 40)),
        ("3", rectangle(50.01, 0, 60, 40)),
    )
    lot = replace(BLOCK.lots["2"], official_area_m2=Decimal("1203.37"), surveyed_area_m2=Decimal("1200.00"))
    facts = BLOCK.facts("2", parcels=(lot,))
    units = plan(inputs(BLOCK, *thirds), facts, rules(min_frontage_m=9.0)).of(CreateSpatialUnit)
    assert sum(unit.surveyed_area_m2 for unit in units) == Decimal("1200.00")
    assert sum(unit.official_area_m2 for unit in units) == Decimal("1203.37")


def test_a_drawing_that_is_a_few_centimetres_off_is_fitted_onto_the_registered_outline() -> None:
    off = (
        ("1", shape((30.03, 0.02), (45, -0.04), (45.01, 40.03), (30, 39.97))),
        ("2", shape((45.02, 0), (60.02, 0.03), (59.96, 40.01), (45, 40))),
    )
    facts = BLOCK.facts("2")
    assert is_fit(check(inputs(BLOCK, *off), facts))
    changes = plan(inputs(BLOCK, *off), facts, rules())
    assert_invariants(changes, facts)
    assert sum(area_mm2_twice(unit.geometry) for unit in changes.of(CreateSpatialUnit)) == area_mm2_twice(WHOLE)


# The parcel, its title, its land ------------------------------------------------------------------------------------


def test_a_parcel_that_is_not_current_is_refused_and_nothing_else_is_said() -> None:
    facts = replace(BLOCK.facts("2"), parcels=(), titles=(), missing_uids=(BLOCK.lots["2"].uid,))
    finding = only(check(inputs(BLOCK), facts))
    assert (finding.rule, finding.parcels) == ("LND-01", (BLOCK.lots["2"].uid,))


def test_a_parcel_in_two_pieces_is_refused_with_both_pieces() -> None:
    lot = replace(BLOCK.lots["2"], geometry=MultiPolygon([rectangle(30, 0, 44, 40), rectangle(46, 0, 60, 40)]))
    finding = only(
        tuple(
            f
            for f in check(inputs(BLOCK), BLOCK.facts("2", parcels=(lot,)))
            if f.severity == "error" and f.rule == "LND-02"
        )
    )
    assert finding.variant == "parts"
    assert finding.where is not None and finding.where.equals(lot.geometry)


def test_a_parcel_with_a_defect_from_loading_is_refused() -> None:
    lot = replace(BLOCK.lots["2"], is_defective=True)
    finding = only(check(inputs(BLOCK), BLOCK.facts("2", parcels=(lot,))))
    assert (finding.rule, finding.variant) == ("LND-02", "defect")


def test_a_broken_registered_outline_is_a_finding_and_no_crash() -> None:
    bow = shape((30, 0), (60, 40), (60, 0), (30, 40))
    findings = check(inputs(BLOCK), BLOCK.facts("2", parcels=(replace(BLOCK.lots["2"], geometry=bow),)))
    assert ("LND-02", "broken") in [(f.rule, f.variant) for f in findings]


def with_title(**changes: Any) -> Facts:
    return BLOCK.facts("2", titles=(replace(BLOCK.titles["2"], **changes),))


DEED = BLOCK.titles["2"].deeds[0]
TITLES: dict[str, tuple[Callable[[], Facts], str, str, str]] = {
    "no title": (lambda: BLOCK.facts("2", titles=()), "LND-03", "no_title", "error"),
    "two titles": (
        lambda: BLOCK.facts("2", titles=(BLOCK.titles["2"], replace(BLOCK.titles["2"], id=77))),
        "LND-03", "several", "error",
    ),
    "deed void": (lambda: with_title(deeds=(replace(DEED, is_valid=False),)), "LND-03", "no_valid_deed", "error"),
    "deed pending": (lambda: with_title(deeds=(replace(DEED, pending=True),)), "LND-03", "pending", "error"),
    "nobody owns it": (lambda: with_title(rights=()), "LND-04", "no_owner", "error"),
    "a share is missing": (
        lambda: with_title(rights=(RightFact(1, "ownership", 1, Fraction(999_999, 1_000_000)),)),
        "LND-04", "shares", "error",
    ),
    "seized": (
        lambda: with_title(restrictions=(RestrictionFact(1, "seizure", "44/ت", "محكمة"),)),
        "LND-05", "blocks", "error",
    ),
    "mortgaged": (
        lambda: with_title(restrictions=(RestrictionFact(1, "mortgage", "9", "bank"),)),
        "LND-05", "blocks", "error",
    ),
    "stopped": (lambda: with_title(restrictions=(RestrictionFact(1, "stop", "9", ""),)), "LND-05", "blocks", "error"),
    "an easement": (
        lambda: with_title(restrictions=(RestrictionFact(1, "easement", "9", ""),)),
        "LND-05", "noted", "warning",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", TITLES)
def test_a_fault_of_the_title_is_found_once(case: str) -> None:
    make, rule, variant, severity = TITLES[case]
    finding = only(check(inputs(BLOCK), make()))
    assert (finding.rule, finding.variant, finding.severity) == (rule, variant, severity)
    assert finding.parcels == (BLOCK.lots["2"].uid,)


def test_a_restriction_of_another_parcel_of_the_title_does_not_block() -> None:
    facts = with_title(restrictions=(RestrictionFact(1, "seizure", "9", "", parcel_uid=BLOCK.lots["3"].uid),))
    assert check(inputs(BLOCK), facts) == ()


def test_shares_with_inheritance_denominators_that_sum_to_one_are_accepted() -> None:
    odd = Fraction(1, 1_000_003)
    rights = (
        RightFact(1, "ownership", 1, odd),
        RightFact(2, "ownership", 2, 1 - odd),
        RightFact(3, "usufruct", 3, Fraction(1)),
    )
    assert check(inputs(BLOCK), with_title(rights=rights)) == ()


def test_another_open_case_on_the_same_land_warns_and_shows_the_shared_land() -> None:
    facts = BLOCK.facts("2", open_cases=(OpenCaseFact("MRG-2026-000009", "merge", rectangle(50, 0, 90, 40)),))
    finding = only(check(inputs(BLOCK), facts))
    assert (finding.rule, finding.severity) == ("LND-06", "warning")
    assert near(finding.where, rectangle(50, 0, 60, 40))


def test_an_open_case_that_only_touches_does_not_warn() -> None:
    facts = BLOCK.facts("2", open_cases=(OpenCaseFact("MRG-2026-000009", "merge", rectangle(60, 0, 90, 40)),))
    assert check(inputs(BLOCK), facts) == ()


def test_land_outside_the_municipality_is_shown() -> None:
    finding = only(check(inputs(BLOCK), BLOCK.facts("2", municipality=rectangle(-500, -500, 50, 500))))
    assert finding.rule == "LND-07"
    assert near(finding.where, rectangle(50, 0, 60, 40))


def zone(code: str, kind: str, area: Polygon) -> ZoneFact:
    return ZoneFact(9, code, kind, "وادي", "Valley", area)


def test_land_in_a_prohibited_zone_is_shown() -> None:
    facts = BLOCK.facts("2", zones=(*BLOCK.zones, zone("V", "prohibited", rectangle(30, 30, 70, 70))))
    finding = only(check(inputs(BLOCK), facts))
    assert finding.rule == "LND-08"
    assert near(finding.where, rectangle(30, 30, 60, 40))


def test_the_growth_phase_is_found_and_land_outside_all_phases_warned_of() -> None:
    inside = only(check(inputs(BLOCK), BLOCK.facts("2", zones=(*BLOCK.zones, zone("1445", "growth_phase", WHOLE)))))
    assert (inside.rule, inside.variant, inside.severity) == ("LND-09", "found", "info")
    away = only(
        check(inputs(BLOCK), BLOCK.facts("2", zones=(zone("1445", "growth_phase", rectangle(200, 0, 210, 9)),)))
    )
    assert (away.rule, away.variant, away.severity) == ("LND-09", "outside", "warning")


@pytest.mark.parametrize(
    ("deed", "variant", "severity"),
    [
        ("1200.00", "", ""),
        ("1199.00", "accepted", "info"),
        ("1212.12", "accepted", "info"),
        ("1150.00", "deed_first_surplus", "error"),
        ("1250.00", "deed_first_smaller", "error"),
        ("900.00", "over_ceiling", "error"),
    ],
)
def test_deed_area_against_measured_area_names_the_path(deed: str, variant: str, severity: str) -> None:
    lot = replace(BLOCK.lots["2"], official_area_m2=Decimal(deed))
    findings = check(inputs(BLOCK), BLOCK.facts("2", parcels=(lot,)))
    if not variant:
        assert findings == ()
        return
    finding = only(findings)
    assert (finding.rule, finding.variant, finding.severity) == ("LND-10", variant, severity)
    assert finding.measured is not None and finding.required is not None


def test_a_deed_without_an_area_is_a_warning() -> None:
    lot = replace(BLOCK.lots["2"], official_area_m2=None)
    title = replace(BLOCK.titles["2"], deeds=(replace(DEED, area_m2=None),))
    finding = only(check(inputs(BLOCK), BLOCK.facts("2", parcels=(lot,), titles=(title,))))
    assert (finding.rule, finding.variant, finding.severity) == ("LND-10", "no_area", "warning")
    units = plan(inputs(BLOCK), BLOCK.facts("2", parcels=(lot,), titles=(title,)), rules()).of(CreateSpatialUnit)
    assert [unit.official_area_m2 for unit in units] == [None, None]


# The survey file ----------------------------------------------------------------------------------------------------


def filed(**changes: Any) -> Inputs:
    return inputs(BLOCK, survey=survey(*halves(), **changes))


def test_a_file_without_a_crs_is_refused_and_its_place_is_not_judged() -> None:
    finding = only(check(filed(crs=""), BLOCK.facts("2")))
    assert (finding.rule, finding.variant) == ("LND-20", "missing")


def test_a_file_that_was_not_brought_into_the_storage_crs_is_refused() -> None:
    finding = only(check(filed(crs="EPSG:9359"), BLOCK.facts("2")))
    assert (finding.rule, finding.variant) == ("LND-20", "not_transformed")


def test_a_legacy_datum_is_warned_of_with_operation_and_accuracy() -> None:
    given = replace(
        filed(crs_operation="Ain el Abd to WGS 84 (3)", crs_accuracy_m=2.0), source=survey(*halves(), crs="EPSG:20439")
    )
    finding = only(check(given, BLOCK.facts("2")))
    assert (finding.rule, finding.variant, finding.severity) == ("LND-21", "legacy", "warning")
    assert "Ain el Abd to WGS 84 (3)" in message(finding, "ar") and "2 m" in message(finding, "en")


def test_a_coarse_operation_of_a_modern_datum_is_warned_of() -> None:
    finding = only(check(filed(crs_operation="somehow", crs_accuracy_m=5.0), BLOCK.facts("2")))
    assert (finding.rule, finding.variant, finding.severity) == ("LND-21", "accuracy", "warning")


def test_a_drawing_far_away_says_how_far_and_no_geometry_check_adds_noise() -> None:
    away = tuple(
        (number, shapely.transform(polygon, lambda c: c + np.array([50_000, 0]))) for number, polygon in halves()
    )
    finding = only(errors(*away))
    assert (finding.rule, finding.variant) == ("LND-22", "elsewhere")
    assert finding.measured is not None and finding.measured.value == pytest.approx(49_970, abs=1)


def test_a_drawing_with_swapped_axes_is_recognised() -> None:
    swapped = tuple((number, shapely.transform(polygon, lambda c: c[:, ::-1])) for number, polygon in halves())
    finding = only(errors(*swapped))
    assert (finding.rule, finding.variant) == ("LND-22", "axes")


BOW = shape((30, 0), (45, 40), (45, 0), (30, 40))


def test_an_outline_that_crosses_itself_is_shown_at_the_crossing_and_the_rest_is_still_judged() -> None:
    found = errors(("1", BOW), ("2", rectangle(45, 0, 52, 40)))
    assert [(f.rule, f.variant) for f in found if f.rule == "LND-24"] == [("LND-24", "crosses")]
    assert near(next(f.where for f in found if f.rule == "LND-24"), shapely.Point(at(37.5, 20)))
    assert {"SUB-03", "SUB-05"} <= set(ids(found)), "the sound part is 7 m wide, and that is said at once"


@pytest.mark.parametrize("broken", [Polygon(), shape((30, 0), (45, 0), (37, 0)), BOW, shape((30, 0), (30, 0), (30, 0))])
def test_no_broken_part_makes_a_check_raise_and_none_is_fit(broken: Polygon) -> None:
    findings = check(inputs(BLOCK, ("1", broken), ("2", rectangle(45, 0, 60, 40))), BLOCK.facts("2"))
    assert not is_fit(findings)
    assert "LND-24" in ids(findings)
    assert "LND-90" not in ids(findings)
    with pytest.raises(NotFit):
        plan(inputs(BLOCK, ("1", broken), ("2", rectangle(45, 0, 60, 40))), BLOCK.facts("2"), rules())


def test_a_hole_in_a_part_is_shown() -> None:
    outer, hole = rectangle(30, 0, 45, 40), rectangle(35, 10, 40, 20)
    ring = Polygon(outer.exterior, [hole.exterior])
    found = errors(("1", ring), ("2", rectangle(45, 0, 60, 40)))
    assert near(next(f.where for f in found if f.rule == "LND-24"), hole)


def test_a_repeated_corner_is_a_warning_with_its_place() -> None:
    twice = shape((30, 0), (45, 0), (45, 0), (45, 40), (30, 40))
    finding = only(check(inputs(BLOCK, ("1", twice), ("2", rectangle(45, 0, 60, 40))), BLOCK.facts("2")))
    assert (finding.rule, finding.variant, finding.severity) == ("LND-24", "repeated", "warning")
    assert near(finding.where, shapely.Point(at(45, 0)))


def test_a_side_shorter_than_a_survey_can_tell_is_shown() -> None:
    short = shape((30, 0), (45, 0), (45, 20), (45.02, 20.01), (45, 40), (30, 40))
    found = [f for f in errors(("1", short), ("2", rectangle(45, 0, 60, 40))) if f.rule == "LND-25"]
    assert len(found) == 1
    assert near(found[0].where, shapely.LineString([at(45, 20), at(45.02, 20.01)]))


def test_an_area_that_the_file_states_wrongly_is_a_warning() -> None:
    one, two = halves()
    parts = (SurveyPart(one[0], one[1], stated_area_m2=600.0), SurveyPart(two[0], two[1], stated_area_m2=612.5))
    finding = only(check(inputs(BLOCK, survey=survey(parts=parts)), BLOCK.facts("2")))
    assert (finding.rule, finding.severity, finding.params["part"]) == ("LND-26", "warning", "2")


def test_remarks_of_the_reading_are_among_the_findings() -> None:
    remark = Finding(
        "LND-20", "error", {"crs": "EPSG:1", "reason": {"ar": "مجهول", "en": "unknown"}}, variant="refused"
    )
    found = check(filed(remarks=(remark,), crs="EPSG:1"), BLOCK.facts("2"))
    assert [(f.rule, f.variant) for f in found] == [("LND-20", "refused")]


# Site grids ---------------------------------------------------------------------------------------------------------


def in_site_grid(*parts: tuple[str, Polygon], turn_deg: float = 0.0) -> Any:
    """Return the parts as drawn on a table: about the lot's corner, turned, 500 m from the origin."""

    def away(polygon: Polygon) -> Polygon:
        moved = shapely.transform(polygon, lambda c: c - at(30, 0) + (500, 500))
        return shapely.affinity.rotate(moved, turn_deg, origin=(500, 500))

    return survey(*((number, away(polygon)) for number, polygon in parts), crs="local")


L_SHAPED = (("1", shape((30, 0), (45, 0), (45, 40), (30, 40))), ("2", rectangle(45, 0, 60, 40)))


@pytest.mark.parametrize("turn", [0.0, 0.3, -17.0, 40.0])
def test_a_drawing_in_a_site_grid_is_laid_on_the_parcel(turn: float) -> None:
    facts = BLOCK.facts("2")
    given = inputs(BLOCK, survey=in_site_grid(*halves(44.0), turn_deg=turn))
    finding = only(check(given, facts))
    assert finding.rule == "LND-23" and finding.severity in ("info", "warning")
    assert finding.measured is not None and float(finding.measured.value) < 0.002
    units = plan(given, facts, rules()).of(CreateSpatialUnit)
    assert near(units[0].geometry, rectangle(30, 0, 44, 40), within=0.005)
    assert units[0].corners[0].source_crs == "local"
    assert units[0].corners[0].source_x is not None and units[0].corners[0].source_x < 600


def test_a_rectangle_in_a_site_grid_fits_in_two_directions_and_says_so() -> None:
    finding = only(check(inputs(BLOCK, survey=in_site_grid(*halves())), BLOCK.facts("2")))
    assert (finding.variant, finding.severity) == ("ambiguous", "warning")


def test_a_corner_lot_in_a_site_grid_fits_in_one_direction_only() -> None:
    corner = (("1", shape((3, 0), (16, 0), (16, 40), (0, 40), (0, 3))), ("2", rectangle(16, 0, 30, 40)))
    given = inputs(BLOCK, lot="1", survey=in_site_grid(*corner, turn_deg=120.0))
    finding = only(check(given, BLOCK.facts("1")))
    assert (finding.rule, finding.variant, finding.severity) == ("LND-23", "placed", "info")


def test_a_site_grid_of_another_size_is_refused_with_what_remains() -> None:
    larger = (("1", rectangle(30, 0, 46, 41)), ("2", rectangle(46, 0, 61, 41)))
    found = [f for f in check(inputs(BLOCK, survey=in_site_grid(*larger)), BLOCK.facts("2")) if f.rule == "LND-23"]
    assert (found[0].variant, found[0].severity) == ("too_far", "error")
    assert found[0].measured is not None and float(found[0].measured.value) > 0.3


# The drawing against the parcel -------------------------------------------------------------------------------------


def test_two_parcels_at_once_are_refused() -> None:
    uids = (BLOCK.lots["2"].uid, BLOCK.lots["3"].uid)
    found = check(inputs(BLOCK, parcel_uids=uids), BLOCK.facts("2", "3"))
    assert ids(found, "error") == ["SUB-01"]


def test_one_part_is_no_subdivision() -> None:
    finding = only(errors(("1", WHOLE)))
    assert (finding.rule, finding.measured and finding.measured.value) == ("SUB-02", 1)


def test_a_frontage_that_is_too_short_is_shown_along_the_street() -> None:
    finding = only(errors(("1", rectangle(30, 0, 39.412, 40)), ("2", rectangle(39.412, 0, 60, 40))))
    assert finding.rule == "SUB-03"
    assert finding.measured is not None and finding.measured.value == 9.412 and finding.measured.unit == "m"
    assert finding.required is not None and finding.required.value == 10.0
    assert near(finding.where, shapely.LineString([at(30, 0), at(39.412, 0)]), within=0.02)
    assert finding.source is not None and finding.source.confidence == "placeholder"


def test_a_frontage_of_exactly_the_least_is_accepted() -> None:
    assert errors(("1", rectangle(30, 0, 40, 40)), ("2", rectangle(40, 0, 60, 40))) == ()


def test_a_lot_that_is_too_small_is_shown_whole() -> None:
    finding = only(errors(*halves(), min_lot_area_m2=601.0)[:1])
    assert finding.rule == "SUB-04"
    assert near(finding.where, halves()[0][1])


def test_the_zone_decides_the_least_area() -> None:
    narrow = (("1", rectangle(30, 0, 37, 40)), ("2", rectangle(37, 0, 60, 40)))
    commercial = block(zone="C1")
    by = {"min_frontage_m": 5.0, "min_width_m": 5.0}
    assert errors(*narrow, **by) == ()
    found = run_checks(SERVICE, inputs(commercial, *narrow), commercial.facts("2"), rules(**by))
    assert [(f.rule, f.required and f.required.value, f.params["zone_code"]) for f in found] == [
        ("SUB-04", 300.0, "C1")
    ]


def test_a_narrow_neck_is_shown_where_it_is_narrow() -> None:
    """
    ::

        +-----------+
        |    2  +---+      part 1 reaches the back
        |       | 1 |      by a neck of 5 m
        |  +----+   |
        |  |        |
        +--+--------+
    """
    one = shape((42, 0), (60, 0), (60, 40), (55, 40), (55, 20), (42, 20))
    two = shape((30, 0), (42, 0), (42, 20), (55, 20), (55, 40), (30, 40))
    finding = only(errors(("1", one), ("2", two)))
    assert (finding.rule, finding.params["part"]) == ("SUB-05", "1")
    assert finding.measured is not None and finding.measured.value == pytest.approx(5.0, abs=0.01)
    assert finding.where is not None and finding.where.within(one.buffer(0.1))


def test_a_landlocked_part_is_shown_and_its_frontage_is_not_complained_of_too() -> None:
    finding = only(errors(("1", rectangle(30, 0, 60, 18)), ("2", rectangle(30, 18, 60, 40))))
    assert (finding.rule, finding.variant) == ("SUB-06", "landlocked")
    assert near(finding.where, rectangle(30, 18, 60, 40))


def test_a_part_with_a_two_metre_spout_to_the_street_has_no_access() -> None:
    back = shape((30, 0), (32, 0), (32, 20), (60, 20), (60, 40), (30, 40))
    front = rectangle(32, 0, 60, 20)
    found = errors(("1", front), ("2", back))
    assert ("SUB-06", "narrow") in [(f.rule, f.variant) for f in found]


def test_a_footpath_is_no_access() -> None:
    path = replace(BLOCK.streets[0], width_m=3.0)
    facts = BLOCK.facts("2", streets=(path, *BLOCK.streets[1:]))
    assert {f.rule for f in check(inputs(BLOCK), facts)} == {"SUB-06"}


def test_an_outline_that_moved_out_is_shown_as_the_land_it_takes_with_the_neighbour_named() -> None:
    found = errors(("1", rectangle(30, 0, 45, 40)), ("2", rectangle(45, 0, 60.5, 40)))
    moved = next(f for f in found if f.rule == "SUB-07")
    assert moved.variant == "outside"
    assert moved.measured is not None and moved.measured.value == pytest.approx(0.5, abs=0.01)
    assert near(moved.where, rectangle(60, 0, 60.5, 40))
    taken = next(f for f in found if f.rule == "SUB-10")
    assert taken.parcels == (BLOCK.lots["3"].uid,)
    assert set(ids(found)) == {"SUB-07", "SUB-10", "SUB-11"}


def test_an_outline_that_moved_in_is_shown_as_the_strip_it_leaves() -> None:
    found = errors(("1", rectangle(30, 0, 45, 40)), ("2", rectangle(45, 0, 59.5, 40)))
    moved = next(f for f in found if f.rule == "SUB-07")
    assert (moved.variant, moved.measured and moved.measured.value) == ("inside", pytest.approx(0.5, abs=0.01))
    assert near(moved.where, rectangle(59.5, 0, 60, 40))
    assert "SUB-08" not in ids(found)


def test_an_outer_boundary_that_moved_is_shown_even_where_the_parts_fill_it() -> None:
    given = inputs(BLOCK, survey=survey(*halves(), outer=rectangle(30, 0, 60, 40.4)))
    found = [f for f in check(given, BLOCK.facts("2")) if f.severity == "error"]
    assert ("SUB-07", "outside") in [(f.rule, f.variant) for f in found]


def test_a_needle_of_the_outline_is_shown() -> None:
    needle = shape((30, 0), (45, 0), (45, 20), (45, 40), (38.02, 40), (38.01, 43), (38, 40), (30, 40))
    found = errors(("1", needle), ("2", rectangle(45, 0, 60, 40)))
    assert "SUB-07" in ids(found)
    where = next(f.where for f in found if f.rule == "SUB-07")
    assert where is not None and where.distance(shapely.Point(at(38.01, 42))) < 0.5


def test_land_that_is_in_no_part_is_shown() -> None:
    found = errors(("1", rectangle(30, 0, 41, 40)), ("2", rectangle(50, 0, 60, 40)))
    rest = [f for f in found if f.rule == "SUB-08"]
    assert len(rest) == 1
    assert near(rest[0].where, rectangle(41, 0, 50, 40))
    assert "SUB-07" not in ids(found)


def test_an_enclosed_rest_is_shown() -> None:
    left = shape((30, 0), (45, 0), (45, 15), (40, 15), (40, 25), (45, 25), (45, 40), (30, 40))
    found = errors(("1", left), ("2", rectangle(45, 0, 60, 40)))
    assert [near(f.where, rectangle(40, 15, 45, 25)) for f in found if f.rule == "SUB-08"] == [True]


def test_parts_that_overlap_are_shown_with_both_numbers() -> None:
    found = errors(("1", rectangle(30, 0, 46, 40)), ("2", rectangle(44, 0, 60, 40)))
    overlap = next(f for f in found if f.rule == "SUB-09")
    assert (overlap.params["first"], overlap.params["second"], overlap.params["area"]) == ("1", "2", 80.0)
    assert near(overlap.where, rectangle(44, 0, 46, 40))


def test_the_sum_of_drawn_areas_is_compared_with_the_parcel() -> None:
    found = errors(("1", rectangle(30, 0, 46, 40)), ("2", rectangle(44, 0, 60, 40)))
    total = next(f for f in found if f.rule == "SUB-11")
    assert (total.variant, total.params["difference"]) == ("drawn", 80.0)


@pytest.mark.parametrize(
    ("first", "second", "variant"),
    [("", "2", "missing"), ("1", "1", "twice"), ("1", "١", "twice"), ("1", "1/2", "twice"), ("1", "2/3", "parent")],
)
def test_numbers_of_parts_are_present_their_own_and_of_this_parcel(first: str, second: str, variant: str) -> None:
    (_, one), (_, two) = halves()
    finding = only(errors((first, one), (second, two)))
    assert (finding.rule, finding.variant) == ("SUB-12", variant)
    assert finding.where is not None


def test_a_number_in_use_in_the_block_is_refused() -> None:
    finding = only(check(inputs(BLOCK), BLOCK.facts("2", sibling_numbers=frozenset({"2", "2/2"}))))
    assert (finding.rule, finding.variant, finding.params["number"]) == ("SUB-12", "taken", "2/2")


def test_a_number_given_by_a_person_stands_for_one_the_file_lacks() -> None:
    (_, one), (_, two) = halves()
    given = inputs(BLOCK, ("", one), ("2", two), part_numbers=((0, "7"),))
    assert check(given, BLOCK.facts("2")) == ()
    assert [u.parcel_no for u in plan(given, BLOCK.facts("2"), rules()).of(CreateSpatialUnit)] == ["7/2", "2/2"]


def test_a_subdivided_lot_can_be_divided_again() -> None:
    assert child_number("2", "1/208") == "2/1/208"
    assert child_number("2/1/208", "1/208") == "2/1/208"
    lot = replace(BLOCK.lots["2"], parcel_no="1/208")
    assert check(inputs(BLOCK), BLOCK.facts("2", parcels=(lot,))) == ()


def test_more_parts_than_the_rule_allows_are_a_layout() -> None:
    assert ids(errors(*halves(), max_parts=1)) == ["SUB-14"]


def test_land_outside_a_plan_is_divided_only_where_the_authority_does_so() -> None:
    lot = replace(BLOCK.lots["2"], plan_no="")
    facts = BLOCK.facts("2", parcels=(lot,))
    assert "SUB-20" not in ids(check(inputs(BLOCK), facts))
    (finding,) = [f for f in check(inputs(BLOCK), facts, rules(approved_plan_required=True)) if f.rule == "SUB-20"]
    assert (finding.severity, finding.variant, finding.parcels) == ("error", "plan", (lot.uid,))
    assert finding.where is not None and finding.where.equals(lot.geometry)


def test_land_of_another_use_is_not_divided_where_the_authority_names_the_uses() -> None:
    lot = replace(BLOCK.lots["2"], land_use="commercial")
    uses = ("residential", "villa")
    assert "SUB-20" not in ids(check(inputs(BLOCK), BLOCK.facts("2"), rules(allowed_land_uses=uses)))
    found = check(inputs(BLOCK), BLOCK.facts("2", parcels=(lot,)), rules(allowed_land_uses=uses))
    (finding,) = [f for f in found if f.rule == "SUB-20"]
    assert (finding.variant, finding.measured.value if finding.measured else None) == ("use", "commercial")
    assert message(finding, "ar").endswith("للاستعمالات: سكني، فيلا.")
    assert message(finding, "en").endswith("may be divided: residential, villa.")


# Corner cuts --------------------------------------------------------------------------------------------------------

UNCUT = block(cut=0.0)


def test_an_uncut_street_corner_is_shown_at_the_corner() -> None:
    parts = (("1", rectangle(0, 0, 15, 40)), ("2", rectangle(15, 0, 30, 40)))
    finding = only(errors(*parts, fabric=UNCUT, lot="1"))
    assert (finding.rule, finding.variant, finding.params["part"]) == ("SUB-13", "missing", "1")
    assert near(finding.where, shapely.Point(at(0, 0)), within=0.01)


def test_a_cut_that_is_too_small_is_shown_along_the_cut() -> None:
    small = block(cut=2.0)
    parts = (("1", shape((2, 0), (15, 0), (15, 40), (0, 40), (0, 2))), ("2", rectangle(15, 0, 30, 40)))
    finding = only(errors(*parts, fabric=small, lot="1"))
    assert (finding.rule, finding.variant) == ("SUB-13", "short")
    assert finding.measured is not None and finding.measured.value == pytest.approx(2.0, abs=0.01)


def test_a_corner_left_to_the_street_is_released_and_the_books_balance() -> None:
    parts = (("1", shape((3, 0), (15, 0), (15, 40), (0, 40), (0, 3))), ("2", rectangle(15, 0, 30, 40)))
    facts = UNCUT.facts("1")
    given = inputs(UNCUT, *parts, lot="1")
    assert is_fit(check(given, facts))
    changes = plan(given, facts, rules())
    assert_invariants(changes, facts)
    released = changes.of(ReleaseLand)
    assert len(released) == 1 and released[0].reason == "corner_cut" and released[0].source
    assert released[0].geometry.area == pytest.approx(4.5)
    assert sum(unit.surveyed_area_m2 for unit in changes.of(CreateSpatialUnit)) == Decimal("1195.50")


def test_a_cut_corner_lot_of_the_register_is_divided_without_a_word() -> None:
    parts = (("1", shape((3, 0), (15, 0), (15, 40), (0, 40), (0, 3))), ("2", rectangle(15, 0, 30, 40)))
    facts = BLOCK.facts("1")
    assert check(inputs(BLOCK, *parts, lot="1"), facts) == ()
    assert plan(inputs(BLOCK, *parts, lot="1"), facts, rules()).of(ReleaseLand) == ()


# Together -----------------------------------------------------------------------------------------------------------


def test_all_findings_come_at_once_errors_first() -> None:
    title = replace(BLOCK.titles["2"], restrictions=(RestrictionFact(1, "mortgage", "9", ""),))
    facts = BLOCK.facts(
        "2", titles=(title,), open_cases=(OpenCaseFact("X", "merge", WHOLE),), municipality=rectangle(0, 0, 50, 50)
    )
    found = check(inputs(BLOCK, ("1", rectangle(30, 0, 38, 40)), ("1", rectangle(38, 0, 60, 40))), facts)
    assert ids(found, "error") == ["LND-05", "LND-07", "SUB-03", "SUB-12"]
    assert ids(found, "warning") == ["LND-06"]
    assert [f.severity for f in found] == sorted((f.severity for f in found), key=["error", "warning", "info"].index)


def test_a_drawing_without_any_part_is_refused_and_nothing_raises() -> None:
    found = check(inputs(BLOCK, survey=survey()), BLOCK.facts("2"))
    assert not is_fit(found)


def test_a_case_is_judged_by_the_rules_of_its_filing_date() -> None:
    """The least frontage was 10 m and is 16 m since 2026-03-01: parts of 15 m are fit before and not after."""
    pack = (Path(rule_packs.__file__).parent / "eastern_province.toml").read_text(encoding="utf-8")
    dated = """
    [[rule]]
    key = "min_frontage_m"
    unit = "m"
    values = [
      { value = 10, source = "practice", valid_from = 2000-01-01, valid_to = 2026-03-01 },
      { value = 16, source = "practice", valid_from = 2026-03-01 },
    ]"""
    changed = rule_packs.read_pack(pack + dated, "eastern_province")
    for day, expected in ((date(2026, 2, 28), []), (date(2026, 3, 1), ["SUB-03", "SUB-03"])):
        found = check(inputs(BLOCK, filed_on=day), BLOCK.facts("2"), changed.on(day))
        assert ids(found, "error") == expected


def test_planning_what_is_not_fit_is_refused_by_name() -> None:
    with pytest.raises(NotFit, match="SUB-2026-000001"):
        plan(inputs(BLOCK, ("1", rectangle(30, 0, 41, 40)), ("2", rectangle(50, 0, 60, 40))), BLOCK.facts("2"), rules())


def test_the_change_set_names_its_service() -> None:
    changes = plan(inputs(BLOCK), BLOCK.facts("2"), rules())
    assert isinstance(changes, ChangeSet) and changes.service == SERVICE.code == "subdivision"
    assert isinstance(BLOCK.titles["2"], TitleFact) and isinstance(DEED, DeedFact)


# What the kernel refuses ---------------------------------------------------------------------------------------------


def test_a_part_too_thin_to_be_registered_is_refused_by_name_and_place() -> None:
    thin = (("1", rectangle(30, 0, 45, 40)), ("2", rectangle(45, 0, 45.006, 40)), ("3", rectangle(45.006, 0, 60, 40)))
    found = errors(*thin, min_segment_m=0.0, min_lot_area_m2=0.0, min_frontage_m=0.0, min_width_m=0.0)
    kernel = next(f for f in found if f.rule == "SUB-15")
    assert kernel.variant == "PartTooThin" and kernel.params["part"] == "2"
    assert "Part 2 of the drawing" in message(kernel, "en") and "join it to the part beside it" in message(kernel, "en")
    assert kernel.where is not None and kernel.where.distance(rectangle(45, 0, 45.006, 40)) < 0.1


def test_parts_that_do_not_fit_are_explained_by_the_places_and_not_twice() -> None:
    found = errors(("1", rectangle(30, 0, 41, 40)), ("2", rectangle(50, 0, 60, 40)))
    assert "SUB-15" not in ids(found)
    assert "SUB-08" in ids(found)
