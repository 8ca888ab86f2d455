"""Deed update: boundaries, lengths and area of one parcel are restated from survey and plan; no land is made.

LADM: the SpatialUnit gets a new version on the same land; the LA_AdministrativeSource of its BAUnit is to be amended.
Source: Jeddah Municipality, paper deed update (services.jeddah.gov.sa); the ways of a difference are in the rule pack.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Final

import shapely
from shapely.geometry import Polygon

from land_services.checks.deeds import check_deed_number, check_path
from land_services.checks.drawn import placed, the_land
from land_services.checks.engine import NotFit
from land_services.checks.finding import found
from land_services.checks.ground import measured_part, moved_ground, one_parcel, one_polygon
from land_services.checks.land import PARCEL_CHECKS, check_deed_area, parcel_area, titles_of
from land_services.checks.numbers import normal_number
from land_services.checks.records import CornerNumbers, boundary_corners, boundary_sides, polygon_sides, source_points
from land_services.checks.rights import titles_over
from land_services.checks.survey import SURVEY_CHECKS
from land_services.domain import (
    AmendBoundary,
    AttachSource,
    BoundarySide,
    ChangeSet,
    Face,
    Facts,
    FactsQuery,
    Finding,
    LandService,
    Operation,
    PendDeed,
    Rules,
    SurveyPlan,
)
from land_services.geometry.errors import GeometryError
from land_services.geometry.split import near_neighbours, prove

__all__ = ["CHECKS", "CODE", "SERVICE", "Inputs", "needs", "plan"]

CODE: Final = "deed_update"
BUFFER_M: Final = 60.0
FACES: Final[tuple[tuple[Face, str], ...]] = (("N", "north_m"), ("E", "east_m"), ("S", "south_m"), ("W", "west_m"))
"""The faces, and the form's fields for the lengths that the deed states."""


@dataclass(frozen=True)
class Inputs:
    """What an office files: the parcel as measured on the ground, and what its deed says.

    ``survey`` is the plan in the storage CRS, ``source`` the same plan as the file has it: one polygon. ``answers`` are
    those of the form: the deed's number, the owner's consent to a smaller area, the lengths that the deed states.
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


# Checks -------------------------------------------------------------------------------------------------------------


def check_one_parcel(inputs: Inputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """A deed update restates exactly one parcel."""
    yield from one_parcel(inputs, rules, "DED-01")


def check_one_polygon(inputs: Inputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """The file draws exactly one polygon: the parcel as it lies on the ground."""
    yield from one_polygon(inputs, facts, rules, "DED-02")


def check_outline(inputs: Inputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """The ground is the registered land; where it has moved, the moved land is shown, and whose it is."""
    yield from moved_ground(inputs, facts, rules, "DED-05")


def new_number(inputs: Inputs, facts: Facts) -> str:
    """Return the number that the file gives the parcel, "" where it gives none or the one it has."""
    part = measured_part(inputs, facts)
    if part is None or len(facts.parcels) != 1:
        return ""
    number = normal_number(part.number)
    return "" if number == normal_number(facts.parcels[0].parcel_no) else number


def check_number(inputs: Inputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """A file that gives the parcel another number renumbers it, where no other parcel of its block has that number."""
    number = new_number(inputs, facts)
    if not number:
        return
    parcel = facts.parcels[0]
    taken = number in {normal_number(sibling) for sibling in facts.sibling_numbers} - {normal_number(parcel.parcel_no)}
    yield found(
        rules, "DED-09", "error" if taken else "warning", variant="taken" if taken else "renumbered",
        measured=(number, ""), required=(parcel.parcel_no, ""), parcels=[parcel.uid], parcel=parcel.label,
        number=number,
    )  # fmt: skip


def check_faces(inputs: Inputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """Each length that the deed states for a face is that of the ground; where it is not, the face is shown."""
    sides = _sides(inputs, facts, rules)
    tolerance = 2 * rules.value("outline_tolerance_m")  # one for each end of a face
    for face, code in FACES:
        stated = _length(inputs.answers.get(code))
        ours = [side for side in sides if side.face == face]
        if stated is None or not sides:
            continue
        length = sum((Decimal(str(side.length_m)).quantize(Decimal("0.01")) for side in ours), Decimal("0.00"))
        if abs(length - stated) > Decimal(str(tolerance)):
            yield found(
                rules, "DED-06", "warning", variant=face, key="outline_tolerance_m", measured=(float(length), "m"),
                required=(float(stated), "m"), parcels=inputs.parcel_uids,
                where=shapely.multilinestrings([[side.start, side.end] for side in ours]) if ours else None,
                length=float(length), stated=float(stated), difference=float(abs(length - stated)),
            )  # fmt: skip


def _length(value: Any) -> Decimal | None:
    try:
        number = None if value in (None, "") else Decimal(str(value))
    except ArithmeticError:
        return None
    return number if number is not None and number.is_finite() and number > 0 else None


def check_paper(inputs: Inputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """A deed on paper becomes an electronic one when the notary amends it."""
    for parcel in facts.parcels:
        for title in titles_of(parcel, facts):
            for deed in title.deeds:
                if deed.is_valid and deed.kind == "paper":
                    yield found(
                        rules, "DED-07", "info", measured=(deed.number, ""), parcels=[parcel.uid], deed=deed.number,
                        dated=deed.hijri_date or "-", parcel=parcel.label,
                    )  # fmt: skip


CHECKS: Final = (
    *(check for check in PARCEL_CHECKS if check is not check_deed_area),
    *SURVEY_CHECKS,
    check_one_parcel,
    check_one_polygon,
    check_deed_number,
    check_path,
    check_outline,
    check_number,
    check_faces,
    check_paper,
)


# Plan ---------------------------------------------------------------------------------------------------------------


def plan(inputs: Inputs, facts: Facts, rules: Rules) -> ChangeSet:
    """Return what the update does: the same land with its areas, sides and corners restated, its deed to be amended.

    A neighbour that lacks one of its corners on their common line is given it.

    Raises
    ------
    NotFit
        Where there is not one parcel and one polygon of it. The checks say why; they come first.
    """
    land, part = the_land(inputs, facts), measured_part(inputs, facts)
    if land is None or part is None:
        raise NotFit(f"{inputs.reference}: the drawing does not restate one parcel")
    parcel, area = land.parcels[0], parcel_area(land.outline)
    tolerance = rules.value("outline_tolerance_m")
    laid = placed(inputs, facts)
    assert laid is not None  # noqa: S101 - a polygon was laid on the land
    corners = CornerNumbers(source_points(laid.plan, inputs.source or inputs.survey), tolerance)
    operations: list[Operation] = [
        AmendBoundary(
            parcel.uid,
            parcel.version,
            land.outline,
            official_area_m2=area,
            surveyed_area_m2=area,
            sides=_sides(inputs, facts, rules),
            corners=boundary_corners(polygon_sides(land.outline, part, tolerance), corners),
            keeps_areas=False,
            parcel_no=new_number(inputs, facts) or None,
        ),
        *_noded_neighbours(land.outline, facts),
        *(PendDeed(title.id) for title in titles_over(facts)),
        AttachSource("survey_file", inputs.survey.file_name, inputs.survey.sha256, (parcel.uid,)),
    ]
    return ChangeSet(CODE, tuple(operations))


def _noded_neighbours(outline: Polygon, facts: Facts) -> Iterator[AmendBoundary]:
    """Yield the neighbours with the corners that they lack on the common line; none where that would open a fault."""
    outlines = [neighbour.geometry for neighbour in facts.neighbours]
    try:
        noded, _ = prove([outline], [outline], {index: outlines[index] for index in near_neighbours(outline, outlines)})
    except GeometryError:
        return  # the register stays as it is: the update itself changes no outline
    for index, geometry in sorted(noded.items()):
        one = facts.neighbours[index]
        yield AmendBoundary(one.uid, one.version, geometry, one.official_area_m2, one.surveyed_area_m2)


def _sides(inputs: Inputs, facts: Facts, rules: Rules) -> tuple[BoundarySide, ...]:
    """Return the sides of the registered outline for the record, () where there is no single parcel."""
    land, part = the_land(inputs, facts), measured_part(inputs, facts)
    if land is None or part is None:
        return ()
    measured = polygon_sides(land.outline, part, rules.value("outline_tolerance_m"))
    around = [(neighbour.parcel_no, neighbour.geometry) for neighbour in facts.neighbours]
    return boundary_sides(measured, around, facts.streets, {})


SERVICE: Final = LandService(CODE, Inputs, needs, CHECKS, plan)
