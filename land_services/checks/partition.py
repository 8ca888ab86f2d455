"""Do the drawn parts make up the parcel? Outline, rest, overlaps, neighbours, sums: each fault with its place."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import shapely
from shapely import STRtree
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from land_services.checks.drawn import (
    Division,
    Drawing,
    SurveyInputs,
    corner_pieces,
    divide,
    drawing,
    is_elsewhere,
    wide_pieces,
)
from land_services.checks.finding import found, square_metres
from land_services.checks.land import usable
from land_services.domain import Facts, Finding, Rules
from land_services.geometry.coverage import new_faults
from land_services.geometry.errors import GeometryError, PartsDoNotFit
from land_services.geometry.measure import area_mm2_twice

__all__ = [
    "PARTITION_CHECKS",
    "check_areas_sum",
    "check_can_be_divided",
    "check_neighbours",
    "check_no_rest",
    "check_outline",
    "check_overlaps",
    "greatest_distance_m",
    "moved_outline",
]

STEP_M = 0.5
MOST_POINTS = 5000
ALONG = 0.2
"""A strip along the outline shares about half of its own with it; one between two parts only its ends."""


def _complete(inputs: SurveyInputs, facts: Facts) -> Drawing | None:
    drawn = drawing(inputs, facts)
    return None if drawn is None or not drawn.is_complete or is_elsewhere(drawn) else drawn


def greatest_distance_m(shape: BaseGeometry, line: BaseGeometry) -> float:
    """Return the greatest distance in metres from the line of the shape's vertices and of points every half metre.

    A shape of absurd size is sampled more coarsely: a drawing may hold anything.
    """
    coords = shapely.get_coordinates(shapely.segmentize(shape, max(STEP_M, shape.length / MOST_POINTS)))
    return float(np.max(shapely.distance(shapely.points(coords), line))) if len(coords) else 0.0


def check_outline(inputs: SurveyInputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """The outline of the drawing is the registered outline; where it has moved, the moved land is shown."""
    drawn = drawing(inputs, facts)
    if drawn is None or is_elsewhere(drawn):
        return
    if drawn.outer is not None:
        yield from moved_outline(drawn.outer, drawn, rules, "SUB-07")
    elif drawn.is_complete:
        for piece in wide_pieces(drawn.union.difference(drawn.land), rules.value("outline_tolerance_m")):
            yield _moved("outside", piece, drawn, rules, "SUB-07")
        for piece in _rest(drawn, facts, rules):
            if _is_moved_edge(piece, drawn, rules):
                yield _moved("inside", piece, drawn, rules, "SUB-07")
        yield from _spikes(drawn.union, drawn, rules, "SUB-07")


def moved_outline(shape: BaseGeometry, drawn: Drawing, rules: Rules, rule: str) -> Iterable[Finding]:
    """Yield each place where an outline as drawn leaves the registered one by more than the tolerance."""
    tolerance = rules.value("outline_tolerance_m")
    for piece in wide_pieces(shape.difference(drawn.land), tolerance):
        yield _moved("outside", piece, drawn, rules, rule)
    for piece in wide_pieces(drawn.land.difference(shape), tolerance):
        yield _moved("inside", piece, drawn, rules, rule)
    yield from _spikes(shape, drawn, rules, rule)


def _moved(variant: str, piece: Polygon, drawn: Drawing, rules: Rules, rule: str) -> Finding:
    distance = greatest_distance_m(piece, drawn.land.exterior)
    if variant == "inside":
        shape = drawn.union if drawn.outer is None else drawn.outer
        distance = greatest_distance_m(piece, shape.boundary)
    tolerance = rules.value("outline_tolerance_m")
    return found(
        rules, rule, variant=variant, key="outline_tolerance_m", measured=(round(distance, 3), "m"),
        required=(tolerance, "m"), parcels=drawn.on.uids, where=piece, parcel=drawn.on.label,
        distance=round(distance, 3), tolerance=tolerance, area=round(piece.area, 2),
    )  # fmt: skip


def _spikes(shape: BaseGeometry, drawn: Drawing, rules: Rules, rule: str) -> Iterable[Finding]:
    """Yield places where the drawn outline leaves the registered one by a needle too thin to be an area."""
    tolerance = rules.value("outline_tolerance_m")
    edge = drawn.land.boundary
    apart = shape.boundary.difference(edge.buffer(tolerance))
    if apart.is_empty:
        return
    wide = shapely.union_all(wide_pieces(shape.symmetric_difference(drawn.land), tolerance)).buffer(tolerance)
    for line in shapely.get_parts(shapely.line_merge(apart.difference(wide))):
        distance = greatest_distance_m(line, edge)
        if line.length > tolerance and distance > tolerance and not drawn.land.contains(line):
            yield found(
                rules, rule, variant="spike", key="outline_tolerance_m", measured=(round(distance, 3), "m"),
                required=(tolerance, "m"), parcels=drawn.on.uids, where=line, parcel=drawn.on.label,
                distance=round(distance, 3), tolerance=tolerance,
            )  # fmt: skip


def _rest(drawn: Drawing, facts: Facts, rules: Rules) -> list[Polygon]:
    """Return the land of the parcel that is in no part, what is left to the street at corners aside."""
    left = wide_pieces(drawn.land.difference(drawn.union), rules.value("outline_tolerance_m"))
    corners = corner_pieces(drawn, facts, rules)
    return [piece for piece in left if not any(piece.equals(corner) for corner in corners)]


def _is_moved_edge(piece: Polygon, drawn: Drawing, rules: Rules) -> bool:
    """Return True if the piece is a strip along the parcel's outline, too narrow to have been meant as a lot."""
    along = piece.exterior.intersection(drawn.land.exterior.buffer(0.001)).length
    narrow = max(rules.value("min_width_m"), 2 * rules.value("outline_tolerance_m"))
    return along > ALONG * piece.exterior.length and not wide_pieces(piece, narrow)


def check_no_rest(inputs: SurveyInputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """The union of the parts is the whole parcel: no land is left over."""
    drawn = _complete(inputs, facts)
    if drawn is None:
        return
    for piece in _rest(drawn, facts, rules):
        if drawn.outer is None and _is_moved_edge(piece, drawn, rules):
            continue  # reported by check_outline
        if drawn.outer is not None and not piece.intersects(drawn.outer.buffer(-rules.value("outline_tolerance_m"))):
            continue  # outside the drawn outer boundary: the outline has moved, check_outline says so
        yield found(
            rules, "SUB-08", measured=square_metres(piece.area), required=(0.0, "m2"), parcels=drawn.on.uids,
            where=piece, parcel=drawn.on.label, area=round(piece.area, 2),
        )  # fmt: skip


def check_overlaps(inputs: SurveyInputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """No two parts overlap by more than the tolerance within which a drawing is fitted."""
    drawn = drawing(inputs, facts)
    if drawn is None:
        return
    sound = [part for part in drawn.parts if part.polygon is not None]
    shapes = [part.polygon for part in sound if part.polygon is not None]
    if not shapes:
        return
    first, second = STRtree(shapes).query(shapes, predicate="intersects")
    for i, j in sorted((int(a), int(b)) for a, b in zip(first, second, strict=True) if a < b):
        shared = shapes[i].intersection(shapes[j])
        for piece in wide_pieces(shared, rules.value("outline_tolerance_m")):
            yield found(
                rules, "SUB-09", measured=square_metres(piece.area), required=(0.0, "m2"),
                parcels=drawn.on.uids, where=piece, first=sound[i].label, second=sound[j].label,
                area=round(piece.area, 2),
            )  # fmt: skip


def check_neighbours(inputs: SurveyInputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """The drawing takes nothing from a neighbour, and the parts leave no gap or sliver along the old boundary."""
    drawn = drawing(inputs, facts)
    if drawn is None or is_elsewhere(drawn):
        return
    shape = shapely.union_all([geometry for geometry in (drawn.union, drawn.outer) if geometry is not None])
    for neighbour in facts.neighbours:
        shared = shape.intersection(usable(neighbour.geometry)).difference(drawn.land)
        for piece in wide_pieces(shared, rules.value("outline_tolerance_m")):
            yield found(
                rules, "SUB-10", variant="overlap", measured=square_metres(piece.area), required=(0.0, "m2"),
                parcels=[neighbour.uid], where=piece, neighbour=neighbour.label, area=round(piece.area, 2),
            )  # fmt: skip
    division = divide(inputs, facts, rules)
    if isinstance(division, Division):
        yield from _new_faults(division, drawn, rules)


def _new_faults(division: Division, drawn: Drawing, rules: Rules) -> Iterable[Finding]:
    old = [neighbour.geometry for neighbour in division.neighbours]
    amended = [division.result.amended.get(index, geometry) for index, geometry in enumerate(old)]
    after: list[Polygon | MultiPolygon] = [*division.parts, *division.released, *amended]
    for fault in new_faults([drawn.land, *old], after):
        yield found(
            rules, "SUB-10", variant="fault", measured=(round(fault.size, 4), "m2"), required=(0.0, "m2"),
            parcels=drawn.on.uids, where=fault.where, kind=fault.kind, parcel=drawn.on.label,
        )  # fmt: skip


def check_areas_sum(inputs: SurveyInputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """The areas of the parts sum to the parcel's: within the tolerance as drawn, exactly as registered."""
    drawn, division = _complete(inputs, facts), divide(inputs, facts, rules)
    if drawn is None:
        return
    total = sum(part.polygon.area for part in drawn.parts if part.polygon is not None)
    total += sum(piece.area for piece in corner_pieces(drawn, facts, rules))
    difference = total - drawn.land.area
    limit = rules.value("outline_tolerance_m") * drawn.land.exterior.length
    severity = "error" if abs(difference) > limit else "info"
    if round(abs(difference), 2) >= max(0.01, rules.value("stated_area_tolerance_m2")):
        yield found(
            rules, "SUB-11", "error" if severity == "error" else "info",
            variant="drawn" if severity == "error" else "fitted", measured=square_metres(total),
            required=square_metres(drawn.land.area), parcels=drawn.on.uids, parcel=drawn.on.label,
            total=round(total, 2), area=round(drawn.land.area, 2), difference=round(difference, 2),
        )  # fmt: skip
    if isinstance(division, Division):
        exact = sum(area_mm2_twice(piece) for piece in (*division.parts, *division.released))
        whole = area_mm2_twice(division.result.noded_parent)
        if exact != whole:
            yield found(
                rules, "SUB-11", variant="exact", measured=(exact / 2e6, "m2"), required=(whole / 2e6, "m2"),
                parcels=drawn.on.uids, parcel=drawn.on.label,
            )  # fmt: skip


def check_can_be_divided(inputs: SurveyInputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """The parts can be carried onto the registered outline in whole millimetres; otherwise the kernel says why."""
    drawn, division = drawing(inputs, facts), divide(inputs, facts, rules)
    if drawn is None or not isinstance(division, GeometryError):
        return
    if isinstance(division, PartsDoNotFit) and _is_said(inputs, facts, rules):
        return
    place = division.where
    outside = shapely.Point() if place is None else place.difference(drawn.land)
    yield found(
        rules, "SUB-15", variant=division.kind if division.kind in SAID_BY_KIND else "", parcels=drawn.on.uids,
        where=place, parcel=drawn.on.label, reason=division.message, part=_parts_at(place, drawn),
        distance=round(greatest_distance_m(outside, drawn.land), 3),
        area=0.0 if place is None else round(place.area, 2), tolerance=rules.value("outline_tolerance_m"),
    )  # fmt: skip


def _parts_at(place: BaseGeometry | None, drawn: Drawing) -> str:
    """Return the labels of the parts that hold a place, else of those that touch it or lie nearest; "—" for none."""
    parts = [part for part in drawn.parts if part.polygon is not None]
    if place is None or place.is_empty or not parts:
        return "—"
    shared = [part.polygon.intersection(place) if part.polygon is not None else place for part in parts]
    for measure in (shapely.area(shared), shapely.length(shared)):
        if measure.max() > 0:
            return ", ".join(part.label for part, much in zip(parts, measure, strict=True) if much > measure.max() / 10)
    return min(parts, key=lambda part: shapely.distance(part.polygon, place)).label


SAID_BY_KIND = (
    "PartTooThin", "PartInPieces", "ParcelCollapsesOnGrid", "NeighbourCollapses", "PartsDoNotFit", "PartOutsideParcel",
    "PartsOverlap", "PartsLeaveGap", "LineNotShared", "OpensFault",
)  # fmt: skip


def _is_said(inputs: SurveyInputs, facts: Facts, rules: Rules) -> bool:
    others = (check_outline, check_no_rest, check_overlaps)
    return any(finding.severity == "error" for check in others for finding in check(inputs, facts, rules))


PARTITION_CHECKS = (
    check_outline,
    check_no_rest,
    check_overlaps,
    check_neighbours,
    check_areas_sum,
    check_can_be_divided,
)
"""What every service that fits drawn parts onto registered land asks of them together."""
