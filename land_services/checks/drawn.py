"""What a survey file draws, laid on the land it divides: worked out once, asked by every check of the drawing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import shapely
from shapely.errors import ShapelyError
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry
from shapely.ops import unary_union

from land_services.checks.land import single_polygon
from land_services.checks.memo import once_per_run
from land_services.checks.placement import Placement, place_outline
from land_services.checks.survey_crs import is_in_storage, moved_part, shown, storage_crs
from land_services.domain import Facts, ParcelFact, Rules, SurveyPart, SurveyPlan
from land_services.geometry.balance import chain_residual
from land_services.geometry.corner import corner_cut_at
from land_services.geometry.drawn import split_by_parts
from land_services.geometry.errors import GeometryError, LineNotShared, ParcelCollapsesOnGrid
from land_services.geometry.merge import dissolve
from land_services.geometry.snap import to_grid
from land_services.geometry.split import SplitResult

__all__ = [
    "Division",
    "Drawing",
    "DrawnPart",
    "Land",
    "Placed",
    "SurveyInputs",
    "corner_pieces",
    "divide",
    "drawing",
    "is_elsewhere",
    "on_grid",
    "pieces",
    "placed",
    "the_land",
    "wide_pieces",
]

ELSEWHERE_M = 50.0
NEAR_M = 1.0


class SurveyInputs(Protocol):
    """What the checks of a drawing ask of a service's inputs.

    A service whose drawing lies over several parcels says so by ``joins = True``; otherwise there is exactly one.
    """

    @property
    def parcel_uids(self) -> tuple[str, ...]: ...

    @property
    def survey(self) -> SurveyPlan: ...


@dataclass(frozen=True)
class Land:
    """The parcels that a drawing lies on, and their outline in one piece."""

    parcels: tuple[ParcelFact, ...]
    outline: Polygon

    @property
    def uids(self) -> tuple[str, ...]:
        return tuple(parcel.uid for parcel in self.parcels)

    @property
    def label(self) -> str:
        """Return what names the land to a person: the label of each parcel."""
        return " + ".join(parcel.label for parcel in self.parcels)


@dataclass(frozen=True)
class Placed:
    """The plan in the storage CRS; ``placement`` where it was drawn in a site grid and laid on the parcel."""

    plan: SurveyPlan
    placement: Placement | None = None


@dataclass(frozen=True)
class DrawnPart:
    """One part as drawn: its place in the file, its polygon (None where it is broken), and what the file says of it."""

    index: int
    polygon: Polygon | None
    part: SurveyPart

    @property
    def label(self) -> str:
        """Return the part's number, or its place in the file where it has none."""
        return self.part.number.strip() or f"#{self.index + 1}"


@dataclass(frozen=True)
class Drawing:
    """The parts over the land they describe. ``is_complete``: no part is broken, so that they can be added up."""

    on: Land
    parts: tuple[DrawnPart, ...]
    outer: Polygon | None
    union: BaseGeometry
    is_complete: bool

    @property
    def land(self) -> Polygon:
        """Return the registered outline."""
        return self.on.outline

    @property
    def parcel(self) -> ParcelFact:
        """Return the parcel, where the service acts on one; the first of those that are joined."""
        return self.on.parcels[0]


@dataclass(frozen=True)
class Division:
    """The drawing fitted onto the registered outline.

    ``parts`` are in the order of the drawing's; ``released`` is land of the parcel at street corners that the drawing
    leaves to the street; ``neighbours`` are those that ``result.amended`` counts.
    """

    parts: tuple[Polygon, ...]
    released: tuple[Polygon, ...]
    result: SplitResult
    neighbours: tuple[ParcelFact, ...]


@once_per_run
def the_land(inputs: SurveyInputs, facts: Facts) -> Land | None:
    """Return the land of the case, or None where it is not one sound parcel, or parcels that join to one polygon."""
    outlines = [single_polygon(parcel.geometry) for parcel in facts.parcels]
    sound = [outline for outline in outlines if outline is not None]
    if not sound or len(sound) < len(outlines):
        return None
    if len(sound) == 1:
        return Land(facts.parcels, sound[0])
    if not getattr(inputs, "joins", False):
        return None
    try:
        joined = dissolve(sound)
    except GeometryError:
        return None
    return Land(facts.parcels, joined[0]) if len(joined) == 1 else None


@once_per_run
def placed(inputs: SurveyInputs, facts: Facts) -> Placed | None:
    """Return the plan in the storage CRS, a site grid laid on the parcel; None where it cannot be placed."""
    plan = inputs.survey
    if is_in_storage(plan, facts.storage_srid):
        return Placed(plan)
    ours = the_land(inputs, facts)
    if plan.crs != "local" or ours is None:
        return None
    outline = _outline(plan)
    placement = None if outline is None else place_outline(outline, ours.outline)
    if placement is None:
        return None
    outer = None if plan.outer is None else _laid(plan.outer, placement)
    parts = tuple(_laid(part, placement) for part in plan.parts)
    remarks = tuple(
        remark if remark.where is None else replace(remark, where=shapely.transform(remark.where, placement.points))
        for remark in plan.remarks
    )
    crs = storage_crs(facts.storage_srid)
    marks = shown(plan, lambda part: _laid(part, placement))
    laid = replace(plan, parts=parts, outer=outer, remarks=remarks, crs=crs, **marks)
    return Placed(laid, placement)


def _laid(part: SurveyPart, placement: Placement) -> SurveyPart:
    return moved_part(part, placement.polygon(part.geometry), placement.point)


def _outline(plan: SurveyPlan) -> Polygon | None:
    if plan.outer is not None and plan.outer.geometry.is_valid:
        return plan.outer.geometry
    sound = [part.geometry for part in plan.parts if part.geometry.is_valid and not part.geometry.is_empty]
    found = pieces(unary_union(sound).buffer(0.01, join_style="mitre").buffer(-0.01, join_style="mitre"))
    return max(found, key=lambda piece: piece.area) if found else None


@once_per_run
def drawing(inputs: SurveyInputs, facts: Facts) -> Drawing | None:
    """Return the drawing over the land, or None where there is no sound land or no place for the drawing."""
    ours, laid = the_land(inputs, facts), placed(inputs, facts)
    if ours is None or laid is None:
        return None
    parts = tuple(DrawnPart(index, _sound(part.geometry), part) for index, part in enumerate(laid.plan.parts))
    sound = [part.polygon for part in parts if part.polygon is not None]
    outer = None if laid.plan.outer is None else _sound(laid.plan.outer.geometry)
    complete = bool(parts) and len(sound) == len(parts)
    return Drawing(ours, parts, outer, unary_union(sound), complete)


def _sound(polygon: Polygon) -> Polygon | None:
    usable = isinstance(polygon, Polygon) and not polygon.is_empty and polygon.is_valid
    return polygon if usable else None


def is_elsewhere(drawn: Drawing) -> bool:
    """Return True if the drawing lies far from its land, as it does when its CRS was named wrongly."""
    shape = drawn.union if drawn.outer is None else drawn.outer
    return not shape.is_empty and shape.distance(drawn.land) > ELSEWHERE_M


@once_per_run
def divide(inputs: SurveyInputs, facts: Facts, rules: Rules) -> Division | GeometryError | None:
    """Return the parts fitted onto the registered outline, or the kernel's refusal; None where nothing can be tried."""
    drawn = drawing(inputs, facts)
    if drawn is None or not drawn.is_complete or is_elsewhere(drawn):
        return None
    near = tuple(n for n in facts.neighbours if n.geometry.distance(drawn.land) <= NEAR_M)
    try:
        corners = [on_grid(piece) for piece in corner_pieces(drawn, facts, rules)]
        polygons = [on_grid(part.polygon) for part in drawn.parts if part.polygon is not None]
        split = split_by_parts(
            drawn.land, [*polygons, *corners], [n.geometry for n in near], rules.value("outline_tolerance_m")
        )
        _require_balance(drawn.on.parcels, split.result, near)
    except GeometryError as refused:
        return refused
    count = len(polygons)
    return Division(split.result.parts[:count], split.result.parts[count:], split.result, near)


def _require_balance(parcels: Sequence[ParcelFact], result: SplitResult, near: Sequence[ParcelFact]) -> None:
    """Raise where parcels that were joined are not exactly the land of the parts.

    The joined outline balances always; parcels between which only one knows a vertex, a hair beside the other's side,
    do not where that side goes.
    """
    if len(parcels) < 2:
        return
    ended = [*(parcel.geometry for parcel in parcels), *(near[index].geometry for index in result.amended)]
    residual = chain_residual(ended, [*result.parts, *result.amended.values()])
    if residual:
        raise LineNotShared(
            "the parcels do not share their vertices along the old line", shapely.multilinestrings(residual)
        )


def on_grid(polygon: Polygon) -> Polygon:
    """Return the polygon on the millimetre grid; ParcelCollapsesOnGrid where nothing of it is left there."""
    try:
        return to_grid(polygon)
    except ShapelyError as error:
        raise ParcelCollapsesOnGrid(f"thinner than the grid: {error}", polygon) from None


def pieces(geometry: BaseGeometry) -> list[Polygon]:
    """Return the polygons of a geometry, largest first; lines and points are left out."""
    found = [part for part in shapely.get_parts(geometry) if isinstance(part, Polygon) and not part.is_empty]
    return sorted(found, key=lambda part: -part.area)


def wide_pieces(geometry: BaseGeometry, width_m: float) -> list[Polygon]:
    """Return those pieces of an area that are wider than ``width_m`` somewhere, thin threads between them cut off."""
    cores = pieces(shapely.buffer(geometry, -width_m / 2, join_style="mitre"))
    grown = [core.buffer(width_m / 2 * 1.01, join_style="mitre").intersection(geometry) for core in cores]
    return [found[0] for found in map(pieces, grown) if found]


@once_per_run
def corner_pieces(drawn: Drawing, facts: Facts, rules: Rules) -> tuple[Polygon, ...]:
    """Return what the drawing leaves to the street at the parcel's uncut street corners, as polygons."""
    if not rules.value("corner_cut_required"):
        return ()
    left = wide_pieces(drawn.land.difference(drawn.union), rules.value("outline_tolerance_m"))
    if not left:
        return ()
    rows = [street.right_of_way for street in facts.streets]
    limit = (1.5 * rules.value("corner_cut_leg_m")) ** 2
    uncut = [corner.point for corner in corner_cut_at(drawn.land, rows) if corner.chord is None]
    return tuple(
        piece
        for piece in left
        if piece.area <= limit and any(point.distance(piece) <= rules.value("outline_tolerance_m") for point in uncut)
    )
