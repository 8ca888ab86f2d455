"""Checks of a survey file, whatever service it belongs to: its CRS, its place, the soundness of what it draws."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np
import shapely
from shapely.geometry import LineString, Point, Polygon
from shapely.validation import explain_validity

from land_services.checks.drawn import SurveyInputs, drawing, is_elsewhere, placed, the_land
from land_services.checks.finding import found, square_metres
from land_services.domain import Facts, Finding, Rules, SurveyPart, SurveyPlan
from land_services.precision import GRID_M

__all__ = [
    "SURVEY_CHECKS",
    "check_crs_is_stated",
    "check_datum",
    "check_outlines_are_sound",
    "check_place",
    "check_remarks",
    "check_segments",
    "check_site_grid",
    "check_stated_areas",
]


def _storage(facts: Facts) -> str:
    return f"EPSG:{facts.storage_srid}"


def check_remarks(inputs: SurveyInputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """What the reading of the file left out or found odd is shown with everything else."""
    laid = placed(inputs, facts)
    for remark in (inputs.survey if laid is None else laid.plan).remarks:
        where = None if laid is None else remark.where  # a place in an unknown CRS is no place
        source = remark.source
        if source is None and remark.rule.startswith("LND"):
            source = rules.source(remark.rule)
        yield replace(remark, where=where, source=source)


def check_crs_is_stated(inputs: SurveyInputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """A survey file says in which reference system its coordinates are. Source: draft national guide, Feb 2026."""
    plan = inputs.survey
    if plan.crs == "":
        yield found(rules, "LND-20", variant="missing", required=(_storage(facts), ""), file=plan.file_name)
    elif plan.crs not in ("local", _storage(facts)) and not any(
        remark.rule in ("LND-20", "LND-22") for remark in plan.remarks
    ):
        yield found(
            rules, "LND-20", variant="not_transformed", measured=(plan.crs, ""), required=(_storage(facts), ""),
            crs=plan.crs, storage=_storage(facts),
        )  # fmt: skip


def check_datum(inputs: SurveyInputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """Legacy coordinates are never transformed silently: the operation and its accuracy are shown."""
    plan = inputs.survey
    source = getattr(inputs, "source", None)
    stated = plan.crs if source is None else source.crs
    if stated in rules.value("legacy_crs"):
        yield found(
            rules, "LND-21", "warning", variant="legacy", key="legacy_crs", measured=(stated, ""), crs=stated,
            operation=plan.crs_operation or "-", accuracy=_accuracy(plan),
        )  # fmt: skip
    elif plan.crs_accuracy_m is not None and plan.crs_accuracy_m > rules.value("max_crs_accuracy_m"):
        yield found(
            rules, "LND-21", "warning", variant="accuracy", key="max_crs_accuracy_m",
            measured=(plan.crs_accuracy_m, "m"), required=(rules.value("max_crs_accuracy_m"), "m"), crs=stated,
            operation=plan.crs_operation or "-", accuracy=_accuracy(plan),
        )  # fmt: skip


def _accuracy(plan: SurveyPlan) -> str:
    return "?" if plan.crs_accuracy_m is None else f"{plan.crs_accuracy_m:g}"


def check_place(inputs: SurveyInputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """The drawing lies on the land it describes; where it lies far away, its axes or its CRS are named wrongly."""
    drawn = drawing(inputs, facts)
    if drawn is None or not is_elsewhere(drawn):
        return
    shape = drawn.union if drawn.outer is None else drawn.outer
    distance = shape.distance(drawn.land)
    swapped = shapely.transform(shape, lambda coords: coords[:, ::-1])
    yield found(
        rules, "LND-22", variant="axes" if swapped.intersects(drawn.land) else "elsewhere",
        measured=(round(distance, 1), "m"), required=(0.0, "m"), parcels=drawn.on.uids, where=drawn.land,
        distance=round(distance), crs=_storage(facts) if inputs.survey.crs == "" else inputs.survey.crs,
        parcel=drawn.on.label,
    )  # fmt: skip


def check_site_grid(inputs: SurveyInputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """A drawing in a site grid is turned and moved onto the parcel, never stretched; what then differs is shown."""
    ours = the_land(inputs, facts)
    if inputs.survey.crs != "local" or ours is None:
        return
    laid = placed(inputs, facts)
    if laid is None or laid.placement is None:
        yield found(rules, "LND-23", variant="no_match", parcels=ours.uids, where=ours.outline, parcel=ours.label)
        return
    placement = laid.placement
    limit = rules.value("placement_tolerance_m")
    too_far = placement.residual_m > limit
    yield found(
        rules, "LND-23", "error" if too_far else "warning" if placement.is_ambiguous else "info",
        variant="too_far" if too_far else "ambiguous" if placement.is_ambiguous else "placed",
        key="placement_tolerance_m", measured=(round(placement.residual_m, 3), "m"), required=(limit, "m"),
        parcels=ours.uids, where=Point(placement.worst), turn=round(placement.turn_deg, 3),
        residual=round(placement.residual_m, 3),
    )  # fmt: skip


# What is drawn ------------------------------------------------------------------------------------------------------


def _drawn_parts(inputs: SurveyInputs, facts: Facts) -> Iterator[tuple[str, SurveyPart]]:
    laid = placed(inputs, facts)
    if laid is None:
        return
    for index, part in enumerate(laid.plan.parts):
        yield part.number.strip() or f"#{index + 1}", part
    if laid.plan.outer is not None:
        yield "OUTER", laid.plan.outer


def check_outlines_are_sound(inputs: SurveyInputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """Each drawn outline is a closed polygon that does not cross itself and repeats no corner."""
    for label, part in _drawn_parts(inputs, facts):
        polygon = part.geometry
        if not isinstance(polygon, Polygon) or polygon.is_empty or len(polygon.exterior.coords) < 4:
            yield found(rules, "LND-24", variant="empty", part=label)
            continue
        if not polygon.is_valid:
            yield found(rules, "LND-24", variant=_kind(polygon), where=_place(polygon), part=label)
        if polygon.interiors:
            hole = Polygon(polygon.interiors[0])
            yield found(
                rules, "LND-24", variant="hole", measured=(len(polygon.interiors), "1"), required=(0, "1"),
                where=hole, part=label, holes=len(polygon.interiors),
            )  # fmt: skip
        for place in _repeated(polygon):
            yield found(rules, "LND-24", "warning", variant="repeated", where=place, part=label)


def _kind(polygon: Polygon) -> str:
    return "crosses" if "intersection" in explain_validity(polygon).lower() else "invalid"


def _place(polygon: Polygon) -> Point | None:
    text = explain_validity(polygon)
    if "[" not in text:
        return None
    x, y, *_ = (float(value) for value in text[text.index("[") + 1 : text.index("]")].split())
    return Point(x, y)


def _repeated(polygon: Polygon) -> Iterator[Point]:
    """Yield the corners that stand twice or more in the outline, nearer to each other than the grid can tell."""
    for ring in (polygon.exterior, *polygon.interiors):
        coords = shapely.get_coordinates(ring)
        short = np.linalg.norm(np.diff(coords, axis=0), axis=1) < GRID_M
        for index in np.flatnonzero(short):
            yield Point(coords[index])


def check_segments(inputs: SurveyInputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """No side is shorter than a survey can tell; the chords of true arcs are not sides."""
    limit = rules.value("min_segment_m")
    for label, part in _drawn_parts(inputs, facts):
        for line in _short_lines(part, limit):
            yield found(
                rules, "LND-25", key="min_segment_m", measured=(round(line.length, 4), "m"), required=(limit, "m"),
                where=line, part=label, length=round(line.length, 4), limit=limit,
            )  # fmt: skip


def _short_lines(part: SurveyPart, limit: float) -> Iterator[LineString]:
    if part.sides:
        for side in part.sides:
            line = LineString([side.start, side.end])
            if GRID_M <= line.length < limit and side.arc is None:
                yield line
        return
    if part.geometry.is_empty:
        return
    coords = shapely.get_coordinates(part.geometry.exterior)
    for start, end in itertools.pairwise(coords):
        line = LineString([start, end])
        if GRID_M <= line.length < limit:
            yield line


def check_stated_areas(inputs: SurveyInputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """The area a file writes beside a part is the area it draws."""
    tolerance = rules.value("stated_area_tolerance_m2")
    plan = inputs.survey if getattr(inputs, "source", None) is None else inputs.source  # type: ignore[attr-defined]
    drawn = dict(enumerate(_drawn_parts(inputs, facts)))
    for index, part in enumerate(plan.parts):
        if part.stated_area_m2 is None or index not in drawn:
            continue
        if not part.geometry.is_valid or part.geometry.is_empty or plan.unit == "deg":
            continue
        area = part.geometry.area  # in the file's own CRS: the statement was made there
        difference = abs(area - part.stated_area_m2)
        if difference > tolerance:
            label, laid = drawn[index]
            yield found(
                rules, "LND-26", "warning", key="stated_area_tolerance_m2", measured=square_metres(area),
                required=square_metres(part.stated_area_m2), where=laid.geometry, part=label,
                drawn=round(area, 2), stated=round(part.stated_area_m2, 2), difference=round(difference, 2),
            )  # fmt: skip


SURVEY_CHECKS = (
    check_remarks,
    check_crs_is_stated,
    check_datum,
    check_place,
    check_site_grid,
    check_outlines_are_sound,
    check_segments,
    check_stated_areas,
)
"""What every service that takes a survey file asks of it, in the order of their ids."""
