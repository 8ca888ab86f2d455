"""Duplex subdivision: permitted, attached units become parcels along their party walls; floors become units of one.

LADM: retire 1 SpatialUnit, create n, rights follow; for floors the SpatialUnit lives on with its unit count.

Source: Saudi ministry rules on dividing villas into floors and units (street front, parking), as the press reports
them; the line along the party wall and the agreement with the permit: common practice. Numbers are in the rule packs.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import wraps
from itertools import combinations
from typing import Any, Final

import shapely
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from land_services.checks.divided import check_numbers, check_one_parcel, check_two_parts, divided
from land_services.checks.drawn import Division, divide, drawing, is_elsewhere, pieces, placed, wide_pieces
from land_services.checks.engine import NotFit
from land_services.checks.finding import found, square_metres
from land_services.checks.land import PARCEL_CHECKS
from land_services.checks.lots import LOT_CHECKS, ROUNDING_M, Lot, longest_front, lots, zone_of
from land_services.checks.memo import once_per_run
from land_services.checks.partition import (
    check_areas_sum,
    check_can_be_divided,
    check_neighbours,
    check_no_rest,
    check_outline,
    check_overlaps,
    moved_outline,
)
from land_services.checks.records import CornerNumbers, boundary_corners, boundary_sides, polygon_sides, source_points
from land_services.checks.rights import titles_over
from land_services.checks.survey import SURVEY_CHECKS
from land_services.checks.units import answered_number, part_units
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
    RuleSource,
    Severity,
    SurveyPart,
    SurveyPlan,
)

__all__ = ["CHECKS", "CODE", "SERVICE", "Inputs", "needs", "plan"]

CODE: Final = "duplex_subdivision"
BUFFER_M: Final = 60.0
ATTACHED, FLOORS = "attached", "floors"
MOSTLY: Final = 2 / 3
"""A building of which so much stands on one part belongs to the unit there."""
HALF_KEYS: Final = {
    "min_frontage_m": "duplex_min_half_frontage_m",
    "min_lot_area_m2": "duplex_min_half_area_m2",
}
"""Under which key a half has its own number, where a lot of vacant land has the general one."""


FRONT_KEYS: Final = {
    "attached": "floors_min_frontage_attached_m",
    "detached": "floors_min_frontage_detached_m",
}
FRONTS: Final[Mapping[bool | None, tuple[tuple[str, Severity], ...]]] = {
    True: (("attached", "error"),),
    False: (("detached", "error"),),
    None: (("attached", "error"), ("detached", "warning")),
}
"""Which street fronts a villa must have, attached or not; where that is not known, what neither may lack stops it."""


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


@dataclass(frozen=True)
class HalfRules:
    """The rules of the authority, with the numbers of a half where a lot of vacant land has others."""

    rules: Rules

    @property
    def on(self) -> date:
        """Return the day whose rules these are."""
        return self.rules.on

    def value(self, key: str, zone: str | None = None) -> Any:
        """Return the value in force."""
        return self.rules.value(HALF_KEYS.get(key, key), zone)

    def source(self, key: str, zone: str | None = None) -> RuleSource:
        """Return where that value comes from."""
        return self.rules.source(HALF_KEYS.get(key, key), zone)


@once_per_run
def half_rules(rules: Rules) -> HalfRules:
    """Return the rules as halves are measured by them."""
    return HalfRules(rules)


def _of(kind: str, check: Check) -> Check:
    """Return the check for one of the two kinds alone."""

    @wraps(check)
    def asked(inputs: Inputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
        return check(inputs, facts, rules) if inputs.kind == kind else ()

    return asked


# What stands on the land --------------------------------------------------------------------------------------------


@once_per_run
def buildings(inputs: Inputs, facts: Facts) -> tuple[Polygon, ...]:
    """Return the sound buildings of the file, laid on the land."""
    drawn, laid = drawing(inputs, facts), placed(inputs, facts)
    if drawn is None or laid is None or is_elsewhere(drawn):
        return ()
    return _sound(building for building in laid.plan.buildings if not _is_annex(building))


@once_per_run
def annexes(inputs: Inputs, facts: Facts) -> tuple[Polygon, ...]:
    """Return what stands on the roofs: buildings whose attribute ``storey`` is ``annex``."""
    drawn, laid = drawing(inputs, facts), placed(inputs, facts)
    if drawn is None or laid is None or is_elsewhere(drawn):
        return ()
    return _sound(building for building in laid.plan.buildings if _is_annex(building))


def _is_annex(building: SurveyPart) -> bool:
    return str(building.attributes.get("storey", "")).strip().lower() == "annex"


def _sound(parts: Iterable[SurveyPart]) -> tuple[Polygon, ...]:
    outlines = (part.geometry for part in parts)
    return tuple(one for one in outlines if isinstance(one, Polygon) and one.is_valid and not one.is_empty)


@once_per_run
def built_over(inputs: Inputs, facts: Facts) -> BaseGeometry:
    """Return the land that the buildings cover."""
    return shapely.union_all(list(buildings(inputs, facts)))


@once_per_run
def blocks(inputs: Inputs, facts: Facts, rules: Rules) -> tuple[Polygon, ...]:
    """Return the buildings, those that touch as one."""
    half = rules.value("outline_tolerance_m") / 2
    grown = [one.buffer(half, join_style="mitre") for one in buildings(inputs, facts)]
    return tuple(pieces(shapely.union_all(grown).buffer(-half, join_style="mitre")))


def _labels(inputs: Inputs, facts: Facts) -> list[str]:
    drawn = drawing(inputs, facts)
    return [] if drawn is None else [part.label for part in drawn.parts]


def _uids(facts: Facts) -> list[str]:
    return [parcel.uid for parcel in facts.parcels]


# Checks of the units ------------------------------------------------------------------------------------------------


def check_units(inputs: Inputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """There are as many units as the building permit and the register allow."""
    units, kind = part_units(inputs, facts), inputs.kind
    if len(facts.parcels) != 1 or not units or None in units:
        return
    parcel, total = facts.parcels[0], sum(count or 0 for count in units)
    permitted, registered = answered_number(inputs, "units"), parcel.unit_count

    def finding(variant: str, severity: Severity, required: int | None) -> Finding:
        return found(
            rules, "DUP-01", severity, variant=variant, measured=(total, "1"),
            required=None if required is None else (required, "1"), parcels=[parcel.uid], where=parcel.geometry,
            parcel=parcel.label, total=total, least=2, wanted=required or "-",
        )  # fmt: skip

    if total < 2:
        yield finding("one", "error", 2)
    if permitted is None:
        yield finding("no_form", "warning", None)
    elif total != permitted:
        yield finding("form", "error", permitted)
    if registered is None:
        yield finding("unknown", "warning", None)
    elif total != registered:
        yield finding("changes", "info", registered) if kind == FLOORS else finding("register", "error", registered)


def check_unit_counts(inputs: Inputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """It is known of each part how many units stand on it."""
    drawn = drawing(inputs, facts)
    if drawn is None:
        return
    for part, units in zip(drawn.parts, part_units(inputs, facts), strict=True):
        if units is None:
            yield found(
                rules, "DUP-02", parcels=_uids(facts), where=part.polygon, part=part.label,
                parts=len(drawn.parts), file=inputs.survey.file_name,
            )  # fmt: skip


# Checks of the wall -------------------------------------------------------------------------------------------------


def check_buildings_are_drawn(inputs: Inputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """The file draws the buildings; otherwise only the site visit can tell whether the line runs along the wall."""
    drawn = drawing(inputs, facts)
    if drawn is not None and not is_elsewhere(drawn) and not buildings(inputs, facts):
        yield found(
            rules, "DUP-08", "warning", measured=(0, "1"), required=(1, "1"), parcels=drawn.on.uids, where=drawn.land,
            file=inputs.survey.file_name,
        )  # fmt: skip


def check_wall_is_straight(inputs: Inputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """The line between two units is one straight line right through each building that it divides."""
    division, tolerance = divide(inputs, facts, rules), rules.value("outline_tolerance_m")
    if not isinstance(division, Division):
        return
    labels = _labels(inputs, facts)
    for block in blocks(inputs, facts, rules):
        within = block.buffer(-tolerance, join_style="mitre")
        for first, second in combinations(range(len(division.parts)), 2):
            line = division.parts[first].intersection(division.parts[second]).intersection(within)
            stray = _stray_m(line)
            if stray > tolerance:
                yield found(
                    rules, "DUP-03", variant="bent", key="outline_tolerance_m", measured=(round(stray, 3), "m"),
                    required=(tolerance, "m"), parcels=_uids(facts), where=line, first=labels[first],
                    second=labels[second], stray=round(stray, 3), tolerance=tolerance,
                )  # fmt: skip


def _stray_m(line: BaseGeometry) -> float:
    """Return the width of the narrowest strip that holds all of a line: 0 where it is straight."""
    if line.is_empty:
        return 0.0
    strip = shapely.oriented_envelope(line)
    if not isinstance(strip, Polygon):
        return 0.0
    first, second, third = shapely.get_coordinates(strip)[:3]
    return min(math.dist(first, second), math.dist(second, third))


def check_line_is_on_the_wall(inputs: Inputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """No unit's building reaches over the dividing line into the building of the next unit."""
    division, tolerance = divide(inputs, facts, rules), rules.value("outline_tolerance_m")
    if not isinstance(division, Division):
        return
    labels, standing = _labels(inputs, facts), buildings(inputs, facts)
    homes = [_home(building, division.parts) for building in standing]
    for building, home in zip(standing, homes, strict=True):
        if home is None:
            continue
        nextdoor = {
            other
            for beside, other in zip(standing, homes, strict=True)
            if other is not None and other != home and beside.distance(building) <= tolerance
        }
        for part in sorted(nextdoor):
            for piece in wide_pieces(building.intersection(division.parts[part]), tolerance):
                yield found(
                    rules, "DUP-03", variant="off_wall", measured=square_metres(piece.area), required=(0.0, "m2"),
                    parcels=_uids(facts), where=piece, first=labels[home], second=labels[part],
                    area=round(piece.area, 2),
                )  # fmt: skip


def _home(building: Polygon, parts: tuple[Polygon, ...]) -> int | None:
    shares = [building.intersection(part).area for part in parts]
    most = max(range(len(parts)), key=shares.__getitem__)
    return most if shares[most] >= MOSTLY * building.area else None


def check_each_part_is_built(inputs: Inputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """A building, or a piece of one, stands on each part."""
    if not buildings(inputs, facts):
        return
    for lot in lots(inputs, facts, half_rules(rules)):
        if not wide_pieces(lot.polygon.intersection(built_over(inputs, facts)), rules.value("outline_tolerance_m")):
            yield found(
                rules, "DUP-04", measured=(0.0, "m2"), parcels=_uids(facts), where=lot.polygon, part=lot.label,
            )  # fmt: skip


def check_buildings_stay_inside(inputs: Inputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """No building reaches over the outline of the parcel."""
    drawn = drawing(inputs, facts)
    if drawn is None:
        return
    for piece in wide_pieces(
        built_over(inputs, facts).difference(drawn.land), tolerance := rules.value("outline_tolerance_m")
    ):
        yield found(
            rules, "DUP-05", key="outline_tolerance_m", measured=square_metres(piece.area), required=(0.0, "m2"),
            parcels=drawn.on.uids, where=piece, parcel=drawn.on.label, area=round(piece.area, 2), tolerance=tolerance,
        )  # fmt: skip


# Checks of the lots -------------------------------------------------------------------------------------------------


def check_halves(inputs: Inputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """Each part is a lot by the numbers for halves of a duplex: frontage, area, width, access, corner cuts."""
    for check in LOT_CHECKS:
        yield from check(inputs, facts, half_rules(rules))


def check_parking(inputs: Inputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """There are enough parking bays inside the plot for its units and its size."""
    places, units = _plots(inputs, facts, rules), part_units(inputs, facts)
    if not places or len(places) != len(units) or None in units:
        return
    wanted = [_bays(lot, count or 0, rules) for lot, count in zip(places, units, strict=True)]
    total, bays = sum(count for count, _ in wanted), answered_number(inputs, "parking_bays")
    if bays is None or bays < total:
        yield found(
            rules, "DUP-06", "warning" if bays is None else "error", variant="unknown" if bays is None else "",
            key=max(wanted)[1], zone=places[0].zone, measured=None if bays is None else (bays, "1"),
            required=(total, "1"), parcels=_uids(facts), where=facts.parcels[0].geometry, bays=bays or 0, total=total,
            units=sum(count or 0 for count in units),
        )  # fmt: skip


def _plots(inputs: Inputs, facts: Facts, rules: Rules) -> tuple[Lot, ...]:
    """Return the parts; where floors become units, the parcel as it is registered."""
    if inputs.kind == ATTACHED:
        return lots(inputs, facts, half_rules(rules))
    drawn = drawing(inputs, facts)
    if drawn is None or is_elsewhere(drawn) or len(drawn.parts) != 1:
        return ()
    return (Lot(drawn.on.label, drawn.land, zone_of(drawn.land, facts), 0.01),)


def _bays(lot: Lot, units: int, rules: Rules) -> tuple[int, str]:
    """Return how many bays a plot needs, by its units or by its size, and the rule that says so."""
    small = lot.polygon.area <= rules.value("villa_small_plot_max_m2", lot.zone)
    by_size = "villa_small_plot_bays" if small else "villa_large_plot_bays"
    by_units = rules.value("parking_bays_per_unit", lot.zone) * units
    return max((by_units, "parking_bays_per_unit"), (rules.value(by_size, lot.zone), by_size))


def check_coverage(inputs: Inputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """The buildings cover no more of a part than the authority allows; what a permit allowed once is not refused."""
    above = shapely.union_all(list(annexes(inputs, facts)))
    for lot in _plots(inputs, facts, rules):
        for variant, key, built in (
            ("", "max_coverage_percent", built_over(inputs, facts)),
            ("annex", "max_annex_coverage_percent", above),
        ):
            most, covered = rules.value(key, lot.zone), lot.polygon.intersection(built)
            percent = round(100 * covered.area / lot.polygon.area, 1)
            if percent > most:
                yield found(
                    rules, "DUP-07", "warning", variant=variant, key=key, zone=lot.zone, measured=(percent, "%"),
                    required=(most, "%"), parcels=_uids(facts), where=covered, part=lot.label, percent=percent,
                    most=most,
                )  # fmt: skip


# Checks where floors become units -----------------------------------------------------------------------------------


def _attached(inputs: Inputs) -> bool | None:
    answer = inputs.answers.get("villa_attached")
    return answer if isinstance(answer, bool) else None


def check_street_front(inputs: Inputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """A villa whose floors become units fronts a street by the length for detached or for attached villas."""
    for plot in _plots(inputs, facts, rules):
        front = longest_front(plot, facts, rules)
        length = 0.0 if front is None else front[1].length_m
        for variant, severity in FRONTS[_attached(inputs)]:
            key = FRONT_KEYS[variant]
            least = rules.value(key, plot.zone)
            if length < least - ROUNDING_M:
                yield found(
                    rules, "DUP-09", severity, variant=variant, key=key, zone=plot.zone,
                    measured=(round(length, 3), "m"), required=(least, "m"), parcels=_uids(facts),
                    where=plot.polygon if front is None else front[1].line, parcel=plot.label,
                    length=round(length, 3), least=least,
                )  # fmt: skip
                return


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
            check_outline,
            check_no_rest,
            check_overlaps,
            check_neighbours,
            check_areas_sum,
            check_numbers,
            check_can_be_divided,
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
