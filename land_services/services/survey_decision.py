"""Survey decision: one parcel is described as measured on the ground; no land is made, no title changes.

LADM: the SpatialUnit gets a new version on the same land with surveyed sides, corners and area, its LA_SpatialSource
attached. Source: draft national guide to surveying work, Feb 2026, and Balady's service; numbers are in the rule packs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any, Final

import shapely

from land_services.checks.deeds import path_of
from land_services.checks.drawn import placed, the_land, wide_pieces
from land_services.checks.engine import NotFit
from land_services.checks.finding import both, found
from land_services.checks.ground import measured_part, moved_ground, one_parcel, one_polygon
from land_services.checks.land import PARCEL_CHECKS, check_deed_area, check_prohibited_zones, usable
from land_services.checks.lots import Lot, corner_findings, zone_of
from land_services.checks.numbers import normal_number
from land_services.checks.records import CornerNumbers, boundary_corners, boundary_sides, polygon_sides, source_points
from land_services.checks.shown import SHOWN_CHECKS, measured, prohibited_land, shown_on
from land_services.checks.survey import SURVEY_CHECKS
from land_services.domain import (
    AmendBoundary,
    AttachSource,
    ChangeSet,
    Facts,
    FactsQuery,
    Finding,
    LandService,
    Operation,
    Rules,
    ShowLand,
    SurveyPlan,
)

__all__ = ["CHECKS", "CODE", "SERVICE", "Inputs", "needs", "plan"]

CODE: Final = "survey_decision"
BUFFER_M: Final = 60.0
BOTH_INSTRUMENTS: Final = "both"
PRECISE: Final = "precise"


@dataclass(frozen=True)
class Inputs:
    """What an office files: the parcel as measured on the ground, with what the net area leaves out.

    ``survey`` is the plan in the storage CRS, ``source`` the same plan as the file has it. ``answers`` are those of the
    form: the instruments, the accuracy and the kind of project. A file that is checked without a case has none.
    """

    parcel_uids: tuple[str, ...]
    survey: SurveyPlan
    reference: str
    filed_on: date
    source: SurveyPlan | None = None
    answers: Mapping[str, Any] = field(default_factory=dict)


def needs(inputs: Inputs) -> FactsQuery:
    """Return which facts must be loaded: the parcel, and all within 60 m of it."""
    return FactsQuery(inputs.parcel_uids, BUFFER_M)


# The parcel -----------------------------------------------------------------------------------------------------------


def check_one_parcel(inputs: Inputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """One decision describes one parcel; to fix a remainder of several deeds is no matter of this service.

    Source: draft national guide, Feb 2026: one decision per parcel, narrow exceptions.
    """
    yield from one_parcel(inputs, rules, "SVD-01")


def check_one_polygon(inputs: Inputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """The file draws exactly one polygon: the parcel as it lies on the ground."""
    yield from one_polygon(inputs, facts, rules, "SVD-02")


def check_outline(inputs: Inputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """The ground is the registered land; where it has moved, the moved land is shown, and whose it is."""
    yield from moved_ground(inputs, facts, rules, "SVD-03")


def check_number(inputs: Inputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """The number in the file is the parcel's: a decision renumbers nothing."""
    part = measured_part(inputs, facts)
    number = "" if part is None else normal_number(part.number)
    for parcel in facts.parcels if number else ():
        if number != normal_number(parcel.parcel_no):
            yield found(
                rules, "SVD-14", measured=(number, ""), required=(parcel.parcel_no, ""), parcels=[parcel.uid],
                parcel=parcel.label, number=number,
            )  # fmt: skip


def check_deed_and_ground(inputs: Inputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """Deed and ground are set side by side, with the way that their difference would take; nothing is refused for it.

    Source: rules for surpluses of grants and plans, ceiling 25 % of the granted area.
    """
    ground = measured(inputs, facts)
    for parcel in facts.parcels if ground is not None else ():
        assert ground is not None  # noqa: S101 - the loop is empty otherwise
        path = path_of(parcel, facts, rules, ground.area_m2)
        if path.way == "equal":
            continue
        key = "grant_surplus_ceiling_percent" if path.way in ("surplus", "over_ceiling") else "deed_tolerance_percent"
        yield found(
            rules, "SVD-04", "info", variant=path.way, key=key, measured=(float(path.difference_m2), "m2"),
            required=(float(path.tolerance_m2), "m2"), parcels=[parcel.uid], parcel=parcel.label,
            deed_area="-" if path.deed_m2 is None else float(path.deed_m2), measured_area=float(path.ground_m2),
            difference=abs(float(path.difference_m2)), percent=round(abs(path.percent), 3),
            tolerance=float(path.tolerance_m2), ceiling=rules.value("grant_surplus_ceiling_percent"),
        )  # fmt: skip


def check_prohibited(inputs: Inputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """No decision for land in a valley, flood course or prohibited zone; what lies in one in part is left out.

    Source: draft national guide, Feb 2026.
    """
    for parcel in facts.parcels:
        outline = usable(parcel.geometry)
        for zone in facts.zones:
            if zone.kind != "prohibited":
                continue
            shared = outline.intersection(usable(zone.geometry))
            if shared.area < rules.value("min_overlap_m2"):
                continue
            is_all = not wide_pieces(outline.difference(prohibited_land(facts)), rules.value("outline_tolerance_m"))
            yield found(
                rules, "SVD-08", "error" if is_all else "warning", variant="all" if is_all else "part",
                measured=(round(shared.area, 2), "m2"), required=(0.0, "m2"), parcels=[parcel.uid], where=shared,
                parcel=parcel.label, zone_name=both(zone.name_ar, zone.name_en), area=round(shared.area, 2),
            )  # fmt: skip


def check_street_corners(inputs: Inputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """A corner at two crossing streets is cut, in the outline or as a cut drawn on it; a missing one is shown."""
    land = the_land(inputs, facts)
    if land is None or measured(inputs, facts) is None:
        return
    cuts = [piece.polygon for piece in shown_on(inputs, facts) if piece.role == "corner_cut"]
    rest = land.outline.difference(shapely.union_all(cuts)) if cuts else land.outline
    pieces = wide_pieces(rest, rules.value("outline_tolerance_m")) if cuts else [land.outline]
    for piece in pieces[:1]:
        lot = Lot(land.parcels[0].parcel_no, piece, zone_of(piece, facts), rules.value("outline_tolerance_m"))
        for finding in corner_findings(lot, facts, rules):
            yield replace(finding, severity="warning")


# The survey -----------------------------------------------------------------------------------------------------------


def check_reference(inputs: Inputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """All coordinates are on the national geodetic reference. Source: draft national guide, Feb 2026."""
    stated = (inputs.survey if inputs.source is None else inputs.source).crs
    if not stated or not rules.value("national_reference_required"):
        return  # check_crs_is_stated has spoken of a file that names none
    accepted = rules.value("national_reference_crs")
    if stated not in accepted:
        yield found(
            rules, "SVD-05", variant="local" if stated == "local" else "", key="national_reference_required",
            measured=(stated, ""), required=(", ".join(accepted), ""), parcels=inputs.parcel_uids, crs=stated,
            accepted=", ".join(accepted),
        )  # fmt: skip


def check_instruments(inputs: Inputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """The land is measured with a satellite receiver and with a total station. Source: draft national guide."""
    if not rules.value("both_instruments_required"):
        return
    used = inputs.answers.get("instruments")
    if used != BOTH_INSTRUMENTS:
        yield found(
            rules, "SVD-06", "error" if used else "warning", variant=str(used) if used else "unknown",
            key="both_instruments_required", measured=(1 if used else 0, "1"), required=(2, "1"),
            parcels=inputs.parcel_uids,
        )  # fmt: skip


def check_accuracy(inputs: Inputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """The accuracy that the office states is the one that the kind of project asks for.

    Source: draft national guide, Feb 2026: 3 mm to 5 cm by project type; no table of types was found, so precise works
    are asked for the finest and land for the coarsest.
    """
    stated = _millimetres(inputs.answers.get("accuracy_mm"))
    finest, coarsest = (1000 * rules.value(f"survey_accuracy_{end}_m") for end in ("finest", "coarsest"))
    precise = inputs.answers.get("project_type") == PRECISE
    limit, key = (finest, "survey_accuracy_finest_m") if precise else (coarsest, "survey_accuracy_coarsest_m")
    if stated is None:
        yield found(rules, "SVD-07", "warning", variant="unknown", key=key, parcels=inputs.parcel_uids, limit=limit)
    elif stated > limit:
        yield found(
            rules, "SVD-07", variant="coarse", key=key, measured=(stated / 1000, "m"), required=(limit / 1000, "m"),
            parcels=inputs.parcel_uids, stated=stated, limit=limit,
        )  # fmt: skip
    elif stated < finest:
        yield found(
            rules, "SVD-07", "warning", variant="fine", key="survey_accuracy_finest_m", measured=(stated / 1000, "m"),
            required=(finest / 1000, "m"), parcels=inputs.parcel_uids, stated=stated, limit=finest,
        )  # fmt: skip


def _millimetres(value: Any) -> float | None:
    try:
        number = None if value in (None, "") or isinstance(value, bool) else Decimal(str(value))
    except ArithmeticError:
        return None
    return float(number) if number is not None and number.is_finite() and number > 0 else None


CHECKS: Final = (
    *(check for check in PARCEL_CHECKS if check not in (check_deed_area, check_prohibited_zones)),
    *SURVEY_CHECKS,
    check_one_parcel,
    check_one_polygon,
    check_outline,
    check_number,
    check_deed_and_ground,
    check_prohibited,
    check_street_corners,
    check_reference,
    check_instruments,
    check_accuracy,
    *SHOWN_CHECKS,
)


# Plan ---------------------------------------------------------------------------------------------------------------


def plan(inputs: Inputs, facts: Facts, rules: Rules) -> ChangeSet:
    """Return what the decision does: the same land with its sides, corners and area as measured, the deed untouched.

    Raises
    ------
    NotFit
        Where there is not one parcel and one sound polygon of it. The checks say why; they come first.
    """
    land, ground, laid = the_land(inputs, facts), measured(inputs, facts), placed(inputs, facts)
    if land is None or ground is None or laid is None:
        raise NotFit(f"{inputs.reference}: the drawing does not describe one parcel")
    parcel, tolerance = land.parcels[0], rules.value("outline_tolerance_m")
    sides = polygon_sides(ground.outline, ground.part, tolerance)
    corners = CornerNumbers(source_points(laid.plan, inputs.source or inputs.survey), tolerance)
    around = [(neighbour.parcel_no, neighbour.geometry) for neighbour in facts.neighbours]
    shown = [ShowLand(parcel.uid, "outline", ground.outline, ground.area_m2)]
    shown += [
        ShowLand(parcel.uid, piece.role, piece.polygon, piece.area_m2, piece.quarter)
        for piece in shown_on(inputs, facts)
    ]
    operations: list[Operation] = [
        AmendBoundary(
            parcel.uid,
            parcel.version,
            land.outline,
            official_area_m2=parcel.official_area_m2,
            surveyed_area_m2=ground.area_m2,
            sides=boundary_sides(sides, around, facts.streets, {}, tolerance),
            corners=boundary_corners(sides, corners),
            keeps_areas=False,
        ),
        *shown,
        AttachSource("survey_file", inputs.survey.file_name, inputs.survey.sha256, (parcel.uid,)),
    ]
    return ChangeSet(CODE, tuple(operations))


SERVICE: Final = LandService(CODE, Inputs, needs, CHECKS, plan)
