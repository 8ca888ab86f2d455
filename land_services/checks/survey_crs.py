"""Bring a survey plan into the storage CRS. The transformation is found by ``layers.crs`` or given by the caller."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol

import shapely
from shapely.geometry import Point, Polygon
from shapely.ops import unary_union

from land_services.domain import SHOWN, Arc, Finding, SurveyPart, SurveyPlan, SurveySide
from layers import crs
from layers.srs import CrsRefused, Outside, parse

__all__ = ["Transformation", "find_operation", "is_in_storage", "moved_part", "shown", "storage_crs", "to_storage"]

XY = tuple[float, float]


class Transformation(Protocol):
    """How coordinates of one CRS become those of another: which operation, how exact, and the function itself."""

    @property
    def operation(self) -> str: ...

    @property
    def accuracy_m(self) -> float | None: ...

    def apply(self, geometry: Any) -> Any: ...


def storage_crs(srid: int) -> str:
    """Return the name of the storage CRS as plans write it.

    Examples
    --------
    >>> storage_crs(32639)
    'EPSG:32639'
    """
    return f"EPSG:{srid}"


def is_in_storage(plan: SurveyPlan, srid: int) -> bool:
    """Return True if the plan's geometries are coordinates of the storage CRS."""
    return plan.crs == storage_crs(srid)


@dataclass(frozen=True)
class _Operation:
    source: str
    srid: int
    operation: str
    accuracy_m: float | None
    metres_per_unit: float = 1.0

    def apply(self, geometry: Any) -> Any:
        """Return a geometry of the plan, which is in metres (degrees stay degrees), in the storage CRS."""
        if self.metres_per_unit != 1.0:  # the CRS counts in feet: give it its own unit back
            geometry = shapely.transform(geometry, lambda coords: coords / self.metres_per_unit)
        return crs.transform(geometry, self.source, self.srid, allow_legacy=True)  # recorded, and shown by LND-21


def find_operation(source: str, srid: int) -> Transformation:
    """Return the operation that ``layers.crs`` chooses; CrsRefused (a ValueError) where there is none."""
    record = crs.operation(source, srid)
    system = parse(source)
    unit = 1.0 if system.is_geographic else system.axis_info[0].unit_conversion_factor
    return _Operation(source, srid, record.text(), record.accuracy_m, unit)


def to_storage(plan: SurveyPlan, srid: int, find: Callable[[str, int], Transformation] = find_operation) -> SurveyPlan:
    """Return the plan with its geometries in the storage CRS, and the operation and accuracy that brought it there.

    A plan without a CRS or in a site grid is returned as it is. Where the CRS is refused, or the drawing would lie
    outside the belt of the storage CRS, it is returned as it is with a remark that says so. ``points`` and ``labels``
    keep the file's own coordinates.

    Parameters
    ----------
    plan : SurveyPlan
        As read from the file.
    srid : int
        EPSG code of the storage CRS.
    find : callable
        ``find("EPSG:20439", srid)`` gives the transformation.
    """
    if plan.crs in ("", "local") or is_in_storage(plan, srid):
        return plan
    try:
        transformation = find(plan.crs, srid)
        moved = _moved(plan, transformation)
        bounds = unary_union([part.geometry.envelope for part in moved.parts]).bounds
        if bounds:
            crs.require_inside(bounds, srid, source=srid)
    except Outside as refused:
        return _refused(plan, "LND-22", "belt", refused)
    except CrsRefused as refused:
        return _refused(plan, "LND-20", "refused", refused)
    return replace(
        moved,
        crs=storage_crs(srid),
        unit="m",
        crs_operation=transformation.operation,
        crs_accuracy_m=transformation.accuracy_m,
    )


def _moved(plan: SurveyPlan, transformation: Transformation) -> SurveyPlan:
    def move(point: XY) -> XY:
        moved = transformation.apply(Point(point))
        return (moved.x, moved.y)

    outer = plan.outer
    return replace(
        plan,
        parts=tuple(moved_part(part, transformation.apply(part.geometry), move) for part in plan.parts),
        outer=None if outer is None else moved_part(outer, transformation.apply(outer.geometry), move),
        **shown(plan, lambda part: moved_part(part, transformation.apply(part.geometry), move)),
        remarks=tuple(
            remark if remark.where is None else replace(remark, where=transformation.apply(remark.where))
            for remark in plan.remarks
        ),
    )


def shown(plan: SurveyPlan, move: Callable[[SurveyPart], SurveyPart]) -> dict[str, Any]:
    """Return what the plan shows on the land beside its parts, each polygon moved; by the names of its fields."""
    return {name: tuple(move(part) for part in getattr(plan, name)) for name in SHOWN}


def _refused(plan: SurveyPlan, rule: str, variant: str, refused: CrsRefused) -> SurveyPlan:
    reason = {"ar": refused.message_ar, "en": str(refused)}
    remark = Finding(rule, "error", {"crs": plan.crs, "reason": reason}, variant=variant)
    return replace(plan, remarks=(*plan.remarks, remark))


def moved_part(part: SurveyPart, geometry: Polygon, move: Callable[[XY], XY]) -> SurveyPart:
    """Return the part with its outline ``geometry`` and its sides moved along, true arcs with them."""
    sides = tuple(
        replace(side, start=move(side.start), end=move(side.end), arc=_moved_arc(side, move)) for side in part.sides
    )
    return replace(part, geometry=geometry, sides=sides)


def _moved_arc(side: SurveySide, move: Callable[[XY], XY]) -> Arc | None:
    if side.arc is None:
        return None
    centre = move(side.arc.centre)
    radius = math.dist(centre, move(side.start))
    return replace(side.arc, centre=centre, radius_m=radius, length_m=side.arc.length_m * radius / side.arc.radius_m)
