"""The buildings of a survey file, and the line between two units: along the wall, straight, and over no outline."""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import combinations
from typing import Final

import shapely
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from land_services.checks.drawn import (
    Division,
    SurveyInputs,
    divide,
    drawing,
    is_elsewhere,
    pieces,
    placed,
    wide_pieces,
)
from land_services.checks.finding import found, square_metres
from land_services.checks.lots import lots
from land_services.checks.memo import once_per_run
from land_services.domain import Facts, Finding, Rules, SurveyPart

__all__ = [
    "annexes",
    "buildings",
    "built_over",
    "check_buildings_are_drawn",
    "check_buildings_stay_inside",
    "check_each_part_is_built",
    "check_line_is_on_the_wall",
    "check_wall_is_straight",
]

MOSTLY: Final = 2 / 3
"""A building of which so much stands on one part belongs to the unit there."""


@once_per_run
def buildings(inputs: SurveyInputs, facts: Facts) -> tuple[Polygon, ...]:
    """Return the sound buildings of the file, laid on the land."""
    drawn, laid = drawing(inputs, facts), placed(inputs, facts)
    if drawn is None or laid is None or is_elsewhere(drawn):
        return ()
    return _sound(building for building in laid.plan.buildings if not _is_annex(building))


@once_per_run
def annexes(inputs: SurveyInputs, facts: Facts) -> tuple[Polygon, ...]:
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
def built_over(inputs: SurveyInputs, facts: Facts) -> BaseGeometry:
    """Return the land that the buildings cover."""
    return shapely.union_all(list(buildings(inputs, facts)))


@once_per_run
def blocks(inputs: SurveyInputs, facts: Facts, rules: Rules) -> tuple[Polygon, ...]:
    """Return the buildings, those that touch as one."""
    half = rules.value("outline_tolerance_m") / 2
    grown = [one.buffer(half, join_style="mitre") for one in buildings(inputs, facts)]
    return tuple(pieces(shapely.union_all(grown).buffer(-half, join_style="mitre")))


def _labels(inputs: SurveyInputs, facts: Facts) -> list[str]:
    drawn = drawing(inputs, facts)
    return [] if drawn is None else [part.label for part in drawn.parts]


def _uids(facts: Facts) -> list[str]:
    return [parcel.uid for parcel in facts.parcels]


# Checks ---------------------------------------------------------------------------------------------------------------


def check_buildings_are_drawn(inputs: SurveyInputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """The file draws the buildings; otherwise only the site visit can tell whether the line runs along the wall."""
    drawn = drawing(inputs, facts)
    if drawn is not None and not is_elsewhere(drawn) and not buildings(inputs, facts):
        yield found(
            rules, "DUP-08", "warning", measured=(0, "1"), required=(1, "1"), parcels=drawn.on.uids, where=drawn.land,
            file=inputs.survey.file_name,
        )  # fmt: skip


def check_wall_is_straight(inputs: SurveyInputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
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


def check_line_is_on_the_wall(inputs: SurveyInputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
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


def check_each_part_is_built(inputs: SurveyInputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """A building, or a piece of one, stands on each part."""
    if not buildings(inputs, facts):
        return
    for lot in lots(inputs, facts, rules):
        if not wide_pieces(lot.polygon.intersection(built_over(inputs, facts)), rules.value("outline_tolerance_m")):
            yield found(
                rules, "DUP-04", measured=(0.0, "m2"), parcels=_uids(facts), where=lot.polygon, part=lot.label,
            )  # fmt: skip


def check_buildings_stay_inside(inputs: SurveyInputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
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
