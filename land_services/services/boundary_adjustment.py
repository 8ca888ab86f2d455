"""Boundary adjustment: the side that two neighbours share moves. LADM: both SpatialUnits get a new version, no new one.

Source: Bahrain, parcel adjustment (upda.gov.bh), for the time it takes; the rules are those of lots: what one gives
must leave it a lot, and both owners agree.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import ClassVar, Final

import shapely
from shapely.geometry import Polygon

from land_services.checks.drawn import Division, Drawing, divide, drawing, placed, the_land
from land_services.checks.engine import NotFit
from land_services.checks.finding import found
from land_services.checks.land import PARCEL_CHECKS, deed_area_m2, measured_area_m2, single_polygon
from land_services.checks.lots import LOT_CHECKS
from land_services.checks.memo import once_per_run
from land_services.checks.numbers import normal_number
from land_services.checks.partition import PARTITION_CHECKS
from land_services.checks.records import CornerNumbers, boundary_corners, boundary_sides, polygon_sides, source_points
from land_services.checks.rights import titles_over
from land_services.checks.survey import SURVEY_CHECKS
from land_services.checks.survey_crs import storage_crs
from land_services.domain import (
    AmendBoundary,
    AttachSource,
    ChangeSet,
    Facts,
    FactsQuery,
    Finding,
    LandService,
    Operation,
    ParcelFact,
    PendDeed,
    ReleaseLand,
    Rules,
    SurveyPart,
    SurveyPlan,
)
from land_services.geometry.measure import exact_area_m2

__all__ = ["CHECKS", "CODE", "SERVICE", "Inputs", "needs", "plan"]

CODE: Final = "boundary_adjustment"
BUFFER_M: Final = 60.0
CENT: Final = Decimal("0.01")


@dataclass(frozen=True)
class Inputs:
    """What an office files: two neighbours, and both as they shall be.

    ``survey`` is the plan in the storage CRS, ``source`` the same plan as the file has it: one polygon for each parcel,
    with the parcel's number, or without numbers, then each is the parcel it lies on for the greater part.
    """

    parcel_uids: tuple[str, ...]
    survey: SurveyPlan
    reference: str
    filed_on: date
    source: SurveyPlan | None = None

    joins: ClassVar[bool] = True


def needs(inputs: Inputs) -> FactsQuery:
    """Return which facts must be loaded: both parcels, and all within 60 m of them."""
    return FactsQuery(inputs.parcel_uids, BUFFER_M)


@once_per_run
def matched(inputs: Inputs, facts: Facts) -> tuple[int, int] | None:
    """Return which drawn part is the first parcel and which the second, by number or by place; None where unclear."""
    drawn = drawing(inputs, facts)
    if drawn is None or len(drawn.parts) != 2 or len(facts.parcels) != 2:
        return None
    numbers = [normal_number(part.part.number) for part in drawn.parts]
    wanted = [normal_number(parcel.parcel_no) for parcel in facts.parcels]
    for order in ((0, 1), (1, 0)):
        if [numbers[index] for index in order] == wanted and wanted[0] != wanted[1]:
            return order
    if any(numbers):
        return None
    kept = {order: _kept(drawn, facts, order) for order in ((0, 1), (1, 0))}
    return max(kept, key=lambda order: kept[order]) if drawn.is_complete else None


def _kept(drawn: Drawing, facts: Facts, order: tuple[int, int]) -> float:
    """Return how much land stays where it is, if the parts are the parcels in this order."""
    polygons = [drawn.parts[index].polygon for index in order]
    return sum(
        polygon.intersection(parcel.geometry).area
        for polygon, parcel in zip(polygons, facts.parcels, strict=True)
        if polygon is not None
    )


@once_per_run
def adjusted(inputs: Inputs, facts: Facts, rules: Rules) -> tuple[tuple[ParcelFact, Polygon], ...] | None:
    """Return each parcel with its outline to be, None where the drawing gives none."""
    order, division = matched(inputs, facts), divide(inputs, facts, rules)
    if order is None or not isinstance(division, Division):
        return None
    return tuple(zip(facts.parcels, (division.parts[index] for index in order), strict=True))


# Checks -------------------------------------------------------------------------------------------------------------


def check_two_neighbours(inputs: Inputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """A boundary adjustment concerns exactly two parcels that share an edge."""
    count = len(dict.fromkeys(inputs.parcel_uids))
    if count != 2:
        yield found(
            rules, "BDA-01", variant="count", measured=(count, "1"), required=(2, "1"), parcels=inputs.parcel_uids,
            count=count,
        )  # fmt: skip
        return
    sound = [parcel for parcel in facts.parcels if single_polygon(parcel.geometry) is not None]
    if len(sound) == 2 and the_land(inputs, facts) is None:
        yield found(
            rules, "BDA-01", variant="apart", parcels=inputs.parcel_uids,
            where=shapely.union_all([parcel.geometry for parcel in sound]), first=sound[0].label, second=sound[1].label,
        )  # fmt: skip


def check_two_parts(inputs: Inputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """The file draws both parcels as they shall be, each with its own number."""
    drawn = drawing(inputs, facts)
    if drawn is None or len(facts.parcels) != 2:
        return
    count = len(drawn.parts)
    if count != 2:
        yield found(
            rules, "BDA-02", variant="count", measured=(count, "1"), required=(2, "1"), parcels=drawn.on.uids,
            count=count, file=inputs.survey.file_name,
        )  # fmt: skip
    elif matched(inputs, facts) is None and drawn.is_complete:
        numbers = ", ".join(part.part.number.strip() or "-" for part in drawn.parts)
        wanted = ", ".join(parcel.parcel_no for parcel in facts.parcels)
        yield found(
            rules, "BDA-02", variant="numbers", measured=(numbers, ""), required=(wanted, ""), parcels=drawn.on.uids,
            numbers=numbers, wanted=wanted, file=inputs.survey.file_name,
        )  # fmt: skip


def check_same_plan_and_use(inputs: Inputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """Land passes only between parcels of one plan and one use."""
    if len(facts.parcels) != 2:
        return
    first, second = facts.parcels
    for variant, ours, theirs in (
        ("plan", first.plan_no, second.plan_no),
        ("use", first.land_use, second.land_use),
    ):
        if ours != theirs:
            yield found(
                rules, "BDA-03", variant=variant, measured=(theirs or "-", ""), required=(ours or "-", ""),
                parcels=[first.uid, second.uid], first=first.label, second=second.label, this=ours or "-",
                that=theirs or "-",
            )  # fmt: skip


def check_what_passes(inputs: Inputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """What passes from one to the other is shown with its area and place; an adjustment that moves nothing is none."""
    pairs = adjusted(inputs, facts, rules)
    if pairs is None:
        return
    moved = False
    for (giver, after), (taker, _) in (pairs, pairs[::-1]):
        land = giver.geometry.difference(after)
        if land.area < float(CENT):
            continue
        moved = True
        yield found(
            rules, "BDA-04", "info", variant="passes", measured=(round(land.area, 2), "m2"),
            parcels=[giver.uid, taker.uid], where=land, area=round(land.area, 2), giver=giver.label, taker=taker.label,
        )  # fmt: skip
    if not moved:
        yield found(
            rules, "BDA-04", variant="nothing", parcels=inputs.parcel_uids, file=inputs.survey.file_name,
        )  # fmt: skip


def check_lots(inputs: Inputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """Each parcel stays a lot by the rules of its zone; what it lacked before blocks only where it gets worse."""
    after = _faults(inputs, facts, rules)
    before = _faults(_as_registered(inputs, facts), facts, rules) if after else {}
    for finding in after.values():
        known = before.get((finding.rule, finding.variant, str(finding.params.get("part", ""))))
        yield finding if known is None or _is_worse(finding, known) else replace(finding, severity="warning")


def _faults(inputs: Inputs, facts: Facts, rules: Rules) -> dict[tuple[str, str, str], Finding]:
    findings = (finding for check in LOT_CHECKS for finding in check(inputs, facts, rules))
    return {(f.rule, f.variant, str(f.params.get("part", ""))): f for f in findings}


def _is_worse(finding: Finding, before: Finding) -> bool:
    if finding.measured is None or before.measured is None:
        return True
    now, was = finding.measured.value, before.measured.value
    return not (isinstance(now, int | float) and isinstance(was, int | float) and now >= was)


@once_per_run
def _as_registered(inputs: Inputs, facts: Facts) -> Inputs:
    """Return the same case with both parcels drawn as they are registered, numbered as the file numbers them."""
    order = matched(inputs, facts)
    if order is None:
        return inputs
    by_part = {part: facts.parcels[place] for place, part in enumerate(order)}
    parts = tuple(
        replace(inputs.survey.parts[index], geometry=single_polygon(by_part[index].geometry) or Polygon(), sides=())
        for index in (0, 1)
    )
    plan_now = replace(inputs.survey, parts=parts, outer=None, crs=storage_crs(facts.storage_srid), remarks=())
    return replace(inputs, survey=plan_now, source=None)


CHECKS: Final = (
    *PARCEL_CHECKS,
    *SURVEY_CHECKS,
    check_two_neighbours,
    check_two_parts,
    check_same_plan_and_use,
    check_what_passes,
    check_lots,
    *PARTITION_CHECKS,
)


# Plan ---------------------------------------------------------------------------------------------------------------


def plan(inputs: Inputs, facts: Facts, rules: Rules) -> ChangeSet:
    """Return what the adjustment does to the register: both parcels live on with the new line between them.

    Raises
    ------
    NotFit
        Where the drawing cannot be fitted onto the two parcels. The checks say why; they come first.
    """
    pairs, division = adjusted(inputs, facts, rules), divide(inputs, facts, rules)
    if pairs is None or not isinstance(division, Division):
        raise NotFit(f"{inputs.reference}: the drawing does not adjust the boundary: {division}")
    operations: list[Operation] = [*_amended(inputs, facts, rules, pairs, _passed_m2(pairs, division.released))]
    for index, geometry in sorted(division.result.amended.items()):
        neighbour = division.neighbours[index]
        operations.append(
            AmendBoundary(
                neighbour.uid, neighbour.version, geometry, neighbour.official_area_m2, neighbour.surveyed_area_m2
            )
        )
    cited = f"survey_file:{inputs.survey.sha256 or inputs.survey.file_name}"
    operations.extend(ReleaseLand(piece, "corner_cut", cited) for piece in division.released)
    operations.extend(PendDeed(title.id) for title in titles_over(facts))
    uids = tuple(parcel.uid for parcel in facts.parcels)
    operations.append(AttachSource("survey_file", inputs.survey.file_name, inputs.survey.sha256, uids))
    return ChangeSet(CODE, tuple(operations))


def _amended(
    inputs: Inputs,
    facts: Facts,
    rules: Rules,
    pairs: tuple[tuple[ParcelFact, Polygon], ...],
    passed: tuple[Decimal, Decimal],
) -> Iterable[AmendBoundary]:
    laid, order = placed(inputs, facts), matched(inputs, facts)
    assert laid is not None and order is not None  # noqa: S101 - the outlines exist only where both are known
    tolerance = rules.value("outline_tolerance_m")
    corners = CornerNumbers(source_points(laid.plan, inputs.source or inputs.survey), tolerance)
    others = [(neighbour.parcel_no, neighbour.geometry) for neighbour in facts.neighbours]
    for place, (parcel, outline) in enumerate(pairs):
        part: SurveyPart = laid.plan.parts[order[place]]
        measured = polygon_sides(outline, part, tolerance)
        other, its_outline = pairs[1 - place]
        deed = deed_area_m2(parcel, facts)
        yield AmendBoundary(
            parcel.uid,
            parcel.version,
            outline,
            official_area_m2=None if deed is None else deed + passed[place],
            surveyed_area_m2=measured_area_m2(parcel) + passed[place],
            sides=boundary_sides(measured, [(other.parcel_no, its_outline), *others], facts.streets, {}),
            corners=boundary_corners(measured, corners),
            keeps_areas=False,
        )


def _passed_m2(pairs: tuple[tuple[ParcelFact, Polygon], ...], released: tuple[Polygon, ...]) -> tuple[Decimal, Decimal]:
    """Return what each parcel gains or loses, to 0.01 m2: exactly as much, land left to the street at corners aside.

    A vertex that is inserted into a long outer side goes to a point of the grid, and some hundredths of a square metre
    with it: nobody gave or took those, so the second parcel's change is counted from the first's.
    """
    parcel, outline = pairs[0]
    first = (exact_area_m2(outline) - exact_area_m2(parcel.geometry)).quantize(CENT)
    left = sum((exact_area_m2(piece) for piece in released), Decimal(0)).quantize(CENT)
    return first, -left - first


SERVICE: Final = LandService(CODE, Inputs, needs, CHECKS, plan)
