"""Is each part a lot? Area, frontage, width, access, corner cuts: by the rules of the zone it lies in."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import shapely
from shapely.geometry import LineString, MultiLineString, Point, Polygon
from shapely.geometry.base import BaseGeometry

from land_services.checks.drawn import Division, SurveyInputs, divide, drawing, is_elsewhere, on_grid, pieces
from land_services.checks.finding import found, square_metres
from land_services.checks.land import usable
from land_services.checks.memo import once_per_run
from land_services.domain import Facts, Finding, Rules, StreetFact
from land_services.geometry.corner import CornerCut, corner_cut_at
from land_services.geometry.errors import GeometryError
from land_services.geometry.frontage import Frontage, frontage_m
from land_services.geometry.measure import narrowest_m

__all__ = [
    "LOT_CHECKS",
    "Lot",
    "check_corner_cuts",
    "check_min_area",
    "check_min_frontage",
    "check_min_width",
    "check_street_access",
    "corner_findings",
    "longest_front",
    "lots",
    "narrow_places",
    "zone_of",
]

ROUNDING_M = 0.0015
ROUNDING_M2 = 0.005


@dataclass(frozen=True)
class Lot:
    """A part as it will be registered; as drawn, where it cannot be fitted. ``tolerance_m``: how exactly it lies."""

    label: str
    polygon: Polygon
    zone: str | None
    tolerance_m: float


def zone_of(polygon: Polygon, facts: Facts) -> str | None:
    """Return the code of the zoning that holds most of the polygon, or None outside all zones."""
    shares = [
        (polygon.intersection(usable(zone.geometry)).area, zone.code) for zone in facts.zones if zone.kind == "zoning"
    ]
    area, code = max(shares, default=(0.0, ""))
    return code if area > 0 else None


@once_per_run
def lots(inputs: SurveyInputs, facts: Facts, rules: Rules) -> tuple[Lot, ...]:
    """Return the lots that can be judged: all of them fitted, or the sound ones as drawn."""
    drawn, division = drawing(inputs, facts), divide(inputs, facts, rules)
    if drawn is None or is_elsewhere(drawn):
        return ()
    if isinstance(division, Division):
        pairs = [(part.label, polygon) for part, polygon in zip(drawn.parts, division.parts, strict=True)]
        return tuple(Lot(label, polygon, zone_of(polygon, facts), 0.01) for label, polygon in pairs)
    found_lots = []
    for part in drawn.parts:
        try:
            polygon = None if part.polygon is None else on_grid(part.polygon)
        except GeometryError:
            continue  # a sliver that vanishes on the grid: the kernel's refusal is reported with its place
        if polygon is not None:
            found_lots.append(Lot(part.label, polygon, zone_of(polygon, facts), rules.value("outline_tolerance_m")))
    return tuple(found_lots)


def _access_streets(facts: Facts, rules: Rules, zone: str | None) -> list[StreetFact]:
    least = rules.value("min_access_street_width_m", zone)
    return [street for street in facts.streets if street.right_of_way is not None and street.width_m >= least]


@once_per_run
def longest_front(lot: Lot, facts: Facts, rules: Rules) -> tuple[StreetFact, Frontage] | None:
    """Return the street that a lot fronts the longest, and that frontage; None where it fronts none."""
    streets = _access_streets(facts, rules, lot.zone)
    fronts = frontage_m(lot.polygon, [street.right_of_way for street in streets], lot.tolerance_m)
    if not fronts:
        return None
    front = max(fronts, key=lambda one: one.length_m)
    return streets[front.street], front


def _has_access(lot: Lot, facts: Facts, rules: Rules) -> bool:
    front = longest_front(lot, facts, rules)
    return front is not None and front[1].length_m >= rules.value("min_access_contact_m", lot.zone)


def _uid(facts: Facts) -> list[str]:
    return [parcel.uid for parcel in facts.parcels]


def check_min_frontage(inputs: SurveyInputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """Each lot fronts a street by the least length of its zone."""
    for lot in lots(inputs, facts, rules):
        least = rules.value("min_frontage_m", lot.zone)
        front = longest_front(lot, facts, rules)
        if front is None or not _has_access(lot, facts, rules):
            continue  # no access at all: check_street_access says so
        length = front[1].length_m
        if length < least - ROUNDING_M:
            yield found(
                rules, "SUB-03", key="min_frontage_m", zone=lot.zone, measured=(round(length, 3), "m"),
                required=(least, "m"), parcels=_uid(facts), where=_line(front[1].line), part=lot.label,
                length=round(length, 3), least=least, zone_code=lot.zone or "-",
            )  # fmt: skip


def _line(line: LineString | MultiLineString) -> BaseGeometry:
    """Return one line where the pieces join."""
    return shapely.line_merge(line) if isinstance(line, MultiLineString) else line


def check_min_area(inputs: SurveyInputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """Each lot has the least area of its zone."""
    for lot in lots(inputs, facts, rules):
        least = rules.value("min_lot_area_m2", lot.zone)
        if lot.polygon.area < least - ROUNDING_M2:
            yield found(
                rules, "SUB-04", key="min_lot_area_m2", zone=lot.zone, measured=square_metres(lot.polygon.area),
                required=(least, "m2"), parcels=_uid(facts), where=lot.polygon, part=lot.label,
                area=round(lot.polygon.area, 2), least=least, zone_code=lot.zone or "-",
            )  # fmt: skip


def check_min_width(inputs: SurveyInputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """No lot is narrower anywhere than the least width of its zone."""
    for lot in lots(inputs, facts, rules):
        least = rules.value("min_width_m", lot.zone)
        for width, line in narrow_places(lot.polygon, least):
            yield found(
                rules, "SUB-05", key="min_width_m", zone=lot.zone, measured=(round(width, 3), "m"),
                required=(least, "m"), parcels=_uid(facts), where=line, part=lot.label, width=round(width, 3),
                least=least, zone_code=lot.zone or "-",
            )  # fmt: skip


def narrow_places(polygon: Polygon, least_m: float) -> list[tuple[float, BaseGeometry]]:
    """Return the places where a polygon is narrower than ``least_m``: width and the line across, metres.

    A neck or the whole polygon first; where there is neither, arms: land that a square of that side cannot reach from
    within, such as a spout that ends at a street. The tips of acute corners are no arms.
    """
    width, line = narrowest_m(polygon, below_m=least_m)
    if width < least_m - ROUNDING_M:
        return [(width, line)]
    reach = least_m / 2 - ROUNDING_M
    core = polygon.buffer(-reach, join_style="mitre", mitre_limit=20.0)
    rest = polygon.difference(core.buffer(reach + 1e-6, join_style="mitre", mitre_limit=20.0))
    arms = [arm for arm in pieces(rest) if arm.area > 0.05 * least_m**2]
    across = [_across(arm) for arm in arms]
    return [(line.length, line) for line in across if 0 < line.length < least_m - ROUNDING_M]


def _across(arm: Polygon) -> BaseGeometry:
    """Return the line across the middle of an arm, square to its length."""
    box = shapely.get_coordinates(arm.minimum_rotated_rectangle)
    a, b, c = box[0], box[1], box[2]
    if math.dist(a, b) > math.dist(b, c):
        a, b, c = b, c, box[3]
    half = (c - b) / 2
    line = LineString([a + half, b + half]).intersection(arm)
    return max(shapely.get_parts(line), key=shapely.length, default=line)


def check_street_access(inputs: SurveyInputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """Each lot touches a street along an edge: no lot is landlocked."""
    for lot in lots(inputs, facts, rules):
        if not rules.value("street_access_required", lot.zone) or _has_access(lot, facts, rules):
            continue
        least = rules.value("min_access_contact_m", lot.zone)
        front = longest_front(lot, facts, rules)
        contact = 0.0 if front is None else front[1].length_m
        yield found(
            rules, "SUB-06", variant="narrow" if contact > 0 else "landlocked", key="street_access_required",
            zone=lot.zone, measured=(round(contact, 3), "m"), required=(least, "m"), parcels=_uid(facts),
            where=lot.polygon, part=lot.label, contact=round(contact, 3), least=least,
        )  # fmt: skip


def check_corner_cuts(inputs: SurveyInputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """A lot's corner at two crossing streets is cut, so that drivers see each other."""
    for lot in lots(inputs, facts, rules):
        yield from corner_findings(lot, facts, rules)


def corner_findings(lot: Lot, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """Yield the street corners of a lot that are not cut as they must be."""
    if not rules.value("corner_cut_required"):
        return
    widest = rules.value("corner_cut_min_street_width_m")
    streets = [street for street in facts.streets if street.right_of_way is not None and street.width_m >= widest]
    for corner in corner_cut_at(lot.polygon, [street.right_of_way for street in streets], lot.tolerance_m):
        finding = _corner_finding(corner, lot, facts, rules, streets)
        if finding is not None:
            yield finding


def _corner_finding(
    corner: CornerCut, lot: Lot, facts: Facts, rules: Rules, streets: list[StreetFact]
) -> Finding | None:
    if not rules.value("corner_cut_min_angle_deg") <= corner.angle_deg <= rules.value("corner_cut_max_angle_deg"):
        return None
    least = rules.value("corner_cut_leg_m", lot.zone)
    leg = 0.0 if corner.chord is None else corner.leg_m
    if leg >= least - rules.value("corner_cut_tolerance_m"):
        return None
    first, second = (streets[index] for index in corner.streets)
    return found(
        rules, "SUB-13", variant="missing" if corner.chord is None else "short", key="corner_cut_leg_m", zone=lot.zone,
        measured=(round(leg, 3), "m"), required=(least, "m"), parcels=_uid(facts),
        where=Point(corner.point) if corner.chord is None else corner.chord, part=lot.label, leg=round(leg, 3),
        least=least, corner=corner.quarter, first={"ar": first.name_ar or "-", "en": first.name_en or "-"},
        second={"ar": second.name_ar or "-", "en": second.name_en or "-"},
    )  # fmt: skip


LOT_CHECKS = (check_min_frontage, check_min_area, check_min_width, check_street_access, check_corner_cuts)
"""What every service that makes lots asks of each of them."""
