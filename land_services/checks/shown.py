"""What a survey decision shows on the land: the outline as measured, and what its net area leaves out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations
from typing import Final

import shapely
from shapely.geometry import MultiPolygon, Point, Polygon
from shapely.geometry.base import BaseGeometry

from land_services.checks.drawn import SurveyInputs, drawing, is_elsewhere, on_grid, pieces, placed, wide_pieces
from land_services.checks.finding import both, found, square_metres
from land_services.checks.ground import measured_part
from land_services.checks.land import usable
from land_services.checks.memo import once_per_run
from land_services.domain import Facts, Finding, Rules, SurveyPart, SurveyPlan
from land_services.geometry.corner import Quarter
from land_services.geometry.errors import GeometryError
from land_services.geometry.measure import exact_area_m2
from land_services.surveys.measure import part_area_m2

__all__ = [
    "SHOWN_CHECKS",
    "Measured",
    "Shown",
    "check_corner_cuts_lie_at_corners",
    "check_excluded_overlaps",
    "check_rooms_lie_inside",
    "check_shown_apart",
    "check_shown_is_sound",
    "measured",
    "quarter_of",
    "shown_on",
]

CENT: Final = Decimal("0.01")
LEAST_M2: Final = 0.005
"""A piece that would print as 0.00 m2 is none."""
WORDS: Final = {
    "excluded": both("أرض مستبعدة", "excluded land"),
    "room": both("غرفة كهرباء", "electricity room"),
    "corner_cut": both("شطفة", "corner cut"),
}
FIELDS: Final = (("excluded", "excluded"), ("room", "rooms"), ("corner_cut", "corner_cuts"))
"""The roles of what is shown, and the fields of the plan that hold them."""


@dataclass(frozen=True)
class Measured:
    """The parcel as the file draws it, on the grid; its area with true arcs, to 0.01 m2."""

    part: SurveyPart
    outline: Polygon
    area_m2: Decimal


@dataclass(frozen=True)
class Shown:
    """One piece of land that the net area leaves out; pieces never overlap, so that their areas can be subtracted."""

    role: str
    polygon: Polygon
    quarter: str = ""

    @property
    def area_m2(self) -> Decimal:
        return exact_area_m2(self.polygon).quantize(CENT)


@once_per_run
def measured(inputs: SurveyInputs, facts: Facts) -> Measured | None:
    """Return the parcel as measured, None where the file does not draw it soundly and in its place."""
    drawn, part = drawing(inputs, facts), measured_part(inputs, facts)
    if drawn is None or part is None or is_elsewhere(drawn) or not _is_sound(part.geometry):
        return None
    try:
        outline = on_grid(part.geometry)
    except GeometryError:
        return None
    has_arcs = any(side.arc is not None for side in part.sides)
    area = Decimal(str(part_area_m2(part))) if has_arcs else exact_area_m2(outline)
    return Measured(part, outline, area.quantize(CENT))


def _is_sound(geometry: BaseGeometry) -> bool:
    return isinstance(geometry, Polygon) and geometry.is_valid and not geometry.is_empty


def quarter_of(place: BaseGeometry, outline: Polygon) -> Quarter:
    """Return the quarter of an outline, seen from its middle, in which a place lies."""
    at, centre = place.centroid, outline.centroid
    if at.y >= centre.y:
        return "NE" if at.x >= centre.x else "NW"
    return "SE" if at.x >= centre.x else "SW"


@dataclass(frozen=True)
class _Mark:
    role: str
    label: str
    polygon: Polygon | None


@once_per_run
def _marks(inputs: SurveyInputs, facts: Facts) -> tuple[_Mark, ...]:
    laid = placed(inputs, facts)
    return () if laid is None else tuple(_of(laid.plan))


def _of(plan: SurveyPlan) -> Iterator[_Mark]:
    for role, name in FIELDS:
        for index, part in enumerate(getattr(plan, name), start=1):
            yield _Mark(role, part.number.strip() or f"#{index}", part.geometry if _is_sound(part.geometry) else None)


def prohibited_land(facts: Facts) -> BaseGeometry:
    """Return the land of valleys, flood courses and prohibited zones."""
    return shapely.union_all([usable(zone.geometry) for zone in facts.zones if zone.kind == "prohibited"])


@once_per_run
def shown_on(inputs: SurveyInputs, facts: Facts) -> tuple[Shown, ...]:
    """Return what the net area leaves out, each piece inside the outline and none over another.

    What is drawn as excluded and what lies in a prohibited zone is one; the room and the corner cuts are what is left
    of them beside it.
    """
    ground = measured(inputs, facts)
    if ground is None:
        return ()
    by_role: dict[str, list[Polygon]] = {role: [] for role, _ in FIELDS}
    for mark in _marks(inputs, facts):
        if mark.polygon is not None:
            by_role[mark.role].append(mark.polygon)
    excluded = shapely.union_all([*by_role["excluded"], prohibited_land(facts)])
    found_pieces = [Shown("excluded", piece) for piece in _inside(excluded, ground.outline)]
    taken = excluded
    for role in ("room", "corner_cut"):
        for polygon in by_role[role]:
            for piece in _inside(polygon.difference(taken), ground.outline):
                found_pieces.append(Shown(role, piece, quarter_of(piece, ground.outline)))
            taken = taken.union(polygon)
    return tuple(found_pieces)


def _inside(area: BaseGeometry, outline: Polygon) -> Iterator[Polygon]:
    """Yield the pieces of an area that lie in the outline, on the grid, those that would print as nothing left out."""
    for piece in pieces(area.intersection(outline)):
        if piece.area < LEAST_M2:
            continue
        try:
            yield on_grid(piece)
        except GeometryError:  # a thread of less than a millimetre
            continue


# Checks ---------------------------------------------------------------------------------------------------------------


def check_shown_is_sound(inputs: SurveyInputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """What the file shows on the land is drawn as closed polygons that do not cross themselves."""
    for mark in _marks(inputs, facts):
        if mark.polygon is None:
            yield found(rules, "SVD-13", parcels=inputs.parcel_uids, what=WORDS[mark.role], label=mark.label)


def check_excluded_overlaps(inputs: SurveyInputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """Land drawn as excluded overlaps the parcel; it is shown, and the net area leaves it out."""
    ground = measured(inputs, facts)
    for mark in _marks(inputs, facts) if ground is not None else ():
        if mark.role != "excluded" or mark.polygon is None or ground is None:
            continue
        shared = MultiPolygon(list(_inside(mark.polygon, ground.outline)))
        area = float(exact_area_m2(shared).quantize(CENT))
        if shared.is_empty:
            yield found(
                rules, "SVD-09", variant="beside", measured=(0.0, "m2"), parcels=inputs.parcel_uids,
                where=mark.polygon, label=mark.label,
            )  # fmt: skip
        else:
            yield found(
                rules, "SVD-09", "info", variant="shown", measured=(area, "m2"),
                parcels=inputs.parcel_uids, where=shared, label=mark.label, area=area,
            )  # fmt: skip


def check_rooms_lie_inside(inputs: SurveyInputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """The electricity room lies inside the parcel."""
    ground, tolerance = measured(inputs, facts), rules.value("outline_tolerance_m")
    for mark in _marks(inputs, facts) if ground is not None else ():
        if mark.role != "room" or mark.polygon is None or ground is None:
            continue
        outside = mark.polygon.difference(ground.outline)
        if mark.polygon.intersection(ground.outline).area < LEAST_M2 or wide_pieces(outside, tolerance):
            yield found(
                rules, "SVD-10", key="outline_tolerance_m", measured=square_metres(outside.area), required=(0.0, "m2"),
                parcels=inputs.parcel_uids, where=outside, label=mark.label, area=round(outside.area, 2),
            )  # fmt: skip


def check_corner_cuts_lie_at_corners(inputs: SurveyInputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """Each corner cut lies inside the parcel and takes a corner of its outline."""
    ground, tolerance = measured(inputs, facts), rules.value("outline_tolerance_m")
    if ground is None:
        return
    corners = [Point(xy) for xy in shapely.get_coordinates(ground.outline.exterior)[:-1]]
    for mark in _marks(inputs, facts):
        if mark.role != "corner_cut" or mark.polygon is None:
            continue
        inside = mark.polygon.intersection(ground.outline).area >= LEAST_M2
        spills = wide_pieces(mark.polygon.difference(ground.outline), tolerance)
        touches = any(corner.distance(mark.polygon) <= tolerance for corner in corners)
        if not inside or spills or not touches:
            yield found(
                rules, "SVD-11", variant="spills" if inside and touches else "", key="outline_tolerance_m",
                measured=_gap(mark.polygon, corners),
                required=(tolerance, "m"), parcels=inputs.parcel_uids, where=mark.polygon, label=mark.label,
                tolerance=tolerance,
            )  # fmt: skip


def _gap(polygon: Polygon, corners: Iterable[Point]) -> tuple[float, str]:
    return (round(min(corner.distance(polygon) for corner in corners), 3), "m")


def check_shown_apart(inputs: SurveyInputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """What is shown on the land does not overlap: nothing is left out of the net area twice."""
    sound = [mark for mark in _marks(inputs, facts) if mark.polygon is not None]
    for one, other in combinations(sound, 2):
        shared = shapely.intersection(one.polygon, other.polygon)
        if shared is not None and shared.area >= max(LEAST_M2, rules.value("min_overlap_m2")):
            where = MultiPolygon(pieces(shared))
            yield found(
                rules, "SVD-12", measured=square_metres(shared.area), required=(0.0, "m2"),
                parcels=inputs.parcel_uids, where=where, first=WORDS[one.role], first_label=one.label,
                second=WORDS[other.role], second_label=other.label, area=round(shared.area, 2),
            )  # fmt: skip


SHOWN_CHECKS: Final = (
    check_shown_is_sound,
    check_excluded_overlaps,
    check_rooms_lie_inside,
    check_corner_cuts_lie_at_corners,
    check_shown_apart,
)
"""What is asked of land that a file shows beside its part."""
