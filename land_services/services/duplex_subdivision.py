"""Duplex subdivision: permitted, attached units become parcels along their party walls; floors become units of one.

LADM: retire 1 SpatialUnit, create n, rights follow; for floors the SpatialUnit lives on with its unit count.

Source: Saudi ministry rules on dividing villas into floors and units (street front, parking), as the press reports
them; the line along the party wall and the agreement with the permit: common practice. Numbers are in the rule packs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import wraps
from typing import Any, Final

from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from land_services.checks.divided import check_numbers, check_one_parcel, check_two_parts, divided
from land_services.checks.drawn import Division, divide, drawing, is_elsewhere, placed
from land_services.checks.engine import NotFit
from land_services.checks.finding import found
from land_services.checks.land import PARCEL_CHECKS
from land_services.checks.partition import PARTITION_CHECKS, moved_outline
from land_services.checks.party_wall import (
    built_over,
    check_buildings_are_drawn,
    check_buildings_stay_inside,
    check_each_part_is_built,
    check_line_is_on_the_wall,
    check_wall_is_straight,
)
from land_services.checks.records import CornerNumbers, boundary_corners, boundary_sides, polygon_sides, source_points
from land_services.checks.rights import titles_over
from land_services.checks.survey import SURVEY_CHECKS
from land_services.checks.units import ATTACHED, FLOORS, check_unit_counts, check_units, part_units
from land_services.checks.villa import check_coverage, check_halves, check_parking, check_street_front
from land_services.domain import (
    AmendBoundary,
    AttachSource,
    ChangeSet,
    Check,
    Facts,
    FactsQuery,
    Finding,
    LandService,
    PendDeed,
    Rules,
    SurveyPlan,
)

__all__ = ["CHECKS", "CODE", "SERVICE", "Inputs", "needs", "plan"]

CODE: Final = "duplex_subdivision"
BUFFER_M: Final = 60.0


@dataclass(frozen=True)
class Inputs:
    """What an office files.

    ``survey`` is the plan in the storage CRS, ``source`` the same plan as the file has it: a polygon for each unit's
    land, and the buildings. Where floors become units the land is not divided: the file draws the parcel. ``answers``
    is the form of the case; a file that is checked without a case has none.
    """

    parcel_uids: tuple[str, ...]
    survey: SurveyPlan
    reference: str
    filed_on: date
    source: SurveyPlan | None = None
    answers: Mapping[str, Any] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """Return what is divided, the land or the floors; without a form the drawing tells."""
        given = self.answers.get("villa_kind")
        if given in (ATTACHED, FLOORS):
            return str(given)
        return FLOORS if len(self.survey.parts) == 1 else ATTACHED


def needs(inputs: Inputs) -> FactsQuery:
    """Return which facts must be loaded: the parcel, and all within 60 m of it."""
    return FactsQuery(inputs.parcel_uids, BUFFER_M)


def _of(kind: str, check: Check) -> Check:
    """Return the check for one of the two kinds alone."""

    @wraps(check)
    def asked(inputs: Inputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
        return check(inputs, facts, rules) if inputs.kind == kind else ()

    return asked


# Checks ---------------------------------------------------------------------------------------------------------------


def check_one_polygon(inputs: Inputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """Where floors become units the land is not divided: the file draws the parcel as it is registered."""
    drawn = drawing(inputs, facts)
    if drawn is None:
        return
    count = len(drawn.parts)
    if count != 1:
        yield found(
            rules, "DUP-10", measured=(count, "1"), required=(1, "1"), parcels=drawn.on.uids, count=count,
            file=inputs.survey.file_name,
        )  # fmt: skip
    elif drawn.is_complete and not is_elsewhere(drawn):
        yield from moved_outline(drawn.union, drawn, rules, "SUB-07")


CHECKS: Final = (
    *PARCEL_CHECKS,
    *SURVEY_CHECKS,
    check_one_parcel,
    check_units,
    check_unit_counts,
    check_buildings_stay_inside,
    check_parking,
    check_coverage,
    *(
        _of(ATTACHED, check)
        for check in (
            check_two_parts,
            check_buildings_are_drawn,
            check_wall_is_straight,
            check_line_is_on_the_wall,
            check_each_part_is_built,
            check_halves,
            *PARTITION_CHECKS,
            check_numbers,
        )
    ),
    *(_of(FLOORS, check) for check in (check_street_front, check_one_polygon)),
)


# Plan ---------------------------------------------------------------------------------------------------------------


def plan(inputs: Inputs, facts: Facts, rules: Rules) -> ChangeSet:
    """Return what the division does to the register: a parcel for each part; for floors, the parcel's unit count.

    Raises
    ------
    NotFit
        Where the drawing cannot be fitted onto the parcel. The checks say why; they come first.
    """
    if inputs.kind == FLOORS:
        return _floors(inputs, facts, rules)
    division, units = divide(inputs, facts, rules), part_units(inputs, facts)
    covered = built_over(inputs, facts)
    parts = division.parts if isinstance(division, Division) else ()
    more = [
        {"unit_count": count, "building_area_m2": None if covered.is_empty else _square_metres(part, covered)}
        for part, count in zip(parts, units, strict=False)
    ]
    return ChangeSet(CODE, divided(inputs, facts, rules, more))


def _square_metres(part: Polygon, covered: BaseGeometry) -> Decimal:
    return Decimal(str(round(part.intersection(covered).area, 2))).quantize(Decimal("0.01"))


def _floors(inputs: Inputs, facts: Facts, rules: Rules) -> ChangeSet:
    drawn, laid, units = drawing(inputs, facts), placed(inputs, facts), part_units(inputs, facts)
    if drawn is None or laid is None or len(units) != 1 or units[0] is None:
        raise NotFit(f"{inputs.reference}: the drawing is not the parcel with its units")
    parcel, tolerance = drawn.parcel, rules.value("outline_tolerance_m")
    measured = polygon_sides(drawn.land, laid.plan.parts[0], tolerance)
    corners = CornerNumbers(source_points(laid.plan, inputs.source or inputs.survey), tolerance)
    around = [(neighbour.parcel_no, neighbour.geometry) for neighbour in facts.neighbours]
    amended = AmendBoundary(
        parcel.uid,
        parcel.version,
        parcel.geometry,
        parcel.official_area_m2,
        parcel.surveyed_area_m2,
        sides=boundary_sides(measured, around, facts.streets, {}),
        corners=boundary_corners(measured, corners),
        unit_count=units[0],
    )
    survey = inputs.survey
    source = AttachSource("survey_file", survey.file_name, survey.sha256, (parcel.uid,))
    return ChangeSet(CODE, (amended, *(PendDeed(title.id) for title in titles_over(facts)), source))


SERVICE: Final = LandService(CODE, Inputs, needs, CHECKS, plan)
