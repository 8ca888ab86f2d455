"""One parcel becomes several: numbers of the parts, and what the division does to the register.

What a subdivision and a division of attached buildings have in common; what each of them asks beyond that is its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, Protocol
from uuid import UUID, uuid5

from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from land_services.checks.drawn import Division, Drawing, SurveyInputs, divide, drawing, placed
from land_services.checks.engine import NotFit
from land_services.checks.finding import found
from land_services.checks.land import deed_area_m2, deed_tolerance_m2, measured_area_m2
from land_services.checks.numbers import normal_number
from land_services.checks.records import (
    CornerNumbers,
    boundary_corners,
    boundary_sides,
    polygon_sides,
    source_points,
)
from land_services.checks.rights import carried
from land_services.domain import (
    AmendBoundary,
    AttachSource,
    CreateSpatialUnit,
    Face,
    Facts,
    Finding,
    Operation,
    ParcelFact,
    ReleaseLand,
    RetireSpatialUnit,
    Rules,
    SurveyPlan,
    TransferRight,
)
from land_services.geometry.apportion import largest_remainder, surveyed_areas
from land_services.geometry.measure import area_mm2_twice

__all__ = [
    "DividedInputs",
    "check_numbers",
    "check_one_parcel",
    "check_two_parts",
    "child_number",
    "divided",
    "drawn_numbers",
]

NAMESPACE: Final = UUID("5f6f3a9e-6d0c-5b57-9c3e-3d1f6f0a2b11")


class DividedInputs(SurveyInputs, Protocol):
    """What a division asks of a service's inputs.

    ``part_numbers`` may give parts (by their place in the file) a number that the file does not, ``faces`` sides a face
    that a person chose: (place of the part, number of the side, face).
    """

    @property
    def reference(self) -> str: ...

    @property
    def source(self) -> SurveyPlan | None: ...


# Numbers ------------------------------------------------------------------------------------------------------------


def child_number(number: str, parent: str) -> str:
    """Return the number of a part: its slice, "/" and the parent's number; a full number stays as it is.

    Examples
    --------
    >>> child_number("1", "208")
    '1/208'
    >>> child_number("٢", "208")
    '2/208'
    >>> child_number("3/208", "208")
    '3/208'
    """
    own = normal_number(number)
    tail = f"/{normal_number(parent)}"
    return own if own.endswith(tail) and own != tail else f"{own}{tail}"


def drawn_numbers(inputs: DividedInputs, drawn: Drawing) -> tuple[str, ...]:
    """Return the number of each part, as a person gave it or the file has it."""
    given = dict(getattr(inputs, "part_numbers", ()))
    return tuple(normal_number(given.get(part.index, part.part.number)) for part in drawn.parts)


# Checks ---------------------------------------------------------------------------------------------------------------


def check_one_parcel(inputs: SurveyInputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """Exactly one parcel is divided."""
    count = len(dict.fromkeys(inputs.parcel_uids))
    if count > 1:
        yield found(rules, "SUB-01", measured=(count, "1"), required=(1, "1"), parcels=inputs.parcel_uids, count=count)


def check_two_parts(inputs: SurveyInputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """The file draws at least two parts."""
    count = len(inputs.survey.parts)
    if count < 2:
        yield found(
            rules, "SUB-02", measured=(count, "1"), required=(2, "1"), parcels=inputs.parcel_uids, count=count,
            file=inputs.survey.file_name,
        )  # fmt: skip


def check_numbers(inputs: DividedInputs, facts: Facts, rules: Rules) -> Iterable[Finding]:
    """Each part has a number of its own: slice and parent's number, used by no other parcel of the block."""
    drawn = drawing(inputs, facts)
    if drawn is None:
        return
    seen: dict[str, str] = {}
    parent = normal_number(drawn.parcel.parcel_no)
    taken = {normal_number(number) for number in facts.sibling_numbers} - {parent}
    for part, number in zip(drawn.parts, drawn_numbers(inputs, drawn), strict=True):
        where = part.polygon
        child = child_number(number, parent)
        variant = ""
        if not number:
            variant = "missing"
        elif "/" in number and not number.endswith(f"/{parent}"):
            variant = "parent"
        elif child in seen:
            variant = "twice"
        elif child in taken:
            variant = "taken"
        if variant:
            yield found(
                rules, "SUB-12", variant=variant, measured=(number, ""), parcels=[drawn.parcel.uid], where=where,
                part=part.label, number=child, parent=drawn.parcel.parcel_no,
            )  # fmt: skip
        seen.setdefault(child, part.label)


# Plan ---------------------------------------------------------------------------------------------------------------


def divided(
    inputs: DividedInputs, facts: Facts, rules: Rules, more: Sequence[Mapping[str, Any]] = ()
) -> tuple[Operation, ...]:
    """Return what a division does to the register; ``more`` says of each part what else its new parcel carries.

    Raises
    ------
    NotFit
        Where the drawing cannot be fitted onto the parcel. The checks say why; they come first.
    """
    drawn, division = drawing(inputs, facts), divide(inputs, facts, rules)
    if drawn is None or not isinstance(division, Division):
        raise NotFit(f"{inputs.reference}: the drawing does not divide the parcel: {division}")
    parent = drawn.parcel
    created = _created(inputs, facts, rules, drawn, division, more)
    uids = tuple(unit.uid for unit in created)
    survey = inputs.survey
    operations: list[Operation] = [RetireSpatialUnit(parent.uid, parent.version), *created]
    for index, geometry in sorted(division.result.amended.items()):
        neighbour = division.neighbours[index]
        operations.append(
            AmendBoundary(
                neighbour.uid, neighbour.version, geometry, neighbour.official_area_m2, neighbour.surveyed_area_m2
            )
        )
    cited = f"survey_file:{survey.sha256 or survey.file_name}"
    operations.extend(ReleaseLand(piece, "corner_cut", cited) for piece in division.released)
    operations.extend(
        TransferRight(title.id, (parent.uid,), uids) for title in facts.titles if parent.uid in title.parcel_uids
    )
    operations.extend(carried(facts, {parent.uid: uids}))
    operations.append(AttachSource("survey_file", survey.file_name, survey.sha256, uids))
    return tuple(operations)


def _created(
    inputs: DividedInputs,
    facts: Facts,
    rules: Rules,
    drawn: Drawing,
    division: Division,
    more: Sequence[Mapping[str, Any]],
) -> tuple[CreateSpatialUnit, ...]:
    parent = drawn.parcel
    surveyed, official = _areas(parent, facts, rules, division)
    numbers = [child_number(number, parent.parcel_no) for number in drawn_numbers(inputs, drawn)]
    laid = placed(inputs, facts)
    assert laid is not None  # noqa: S101 - a drawing exists only where the plan was placed
    tolerance = rules.value("outline_tolerance_m")
    points = source_points(laid.plan, inputs.source or inputs.survey)
    corners = CornerNumbers(points, tolerance)
    units = []
    for index, polygon in enumerate(division.parts):
        measured = polygon_sides(polygon, laid.plan.parts[index], tolerance)
        units.append(
            CreateSpatialUnit(
                uid=str(uuid5(NAMESPACE, f"{inputs.reference}|{parent.uid}|{numbers[index]}")),
                plan_no=parent.plan_no,
                block_no=parent.block_no,
                parcel_no=numbers[index],
                land_use=parent.land_use,
                geometry=polygon,
                parents=(parent.uid,),
                official_area_m2=official[index],
                surveyed_area_m2=surveyed[index],
                sides=boundary_sides(
                    measured, _around(index, numbers, division, facts), facts.streets, _manual(inputs, index)
                ),
                corners=boundary_corners(measured, corners),
                **(more[index] if more else {}),
            )
        )
    return tuple(units)


def _manual(inputs: DividedInputs, part: int) -> Mapping[int, Face]:
    faces: Iterable[tuple[int, int, Face]] = getattr(inputs, "faces", ())
    return {side: face for index, side, face in faces if index == part}


def _around(index: int, numbers: list[str], division: Division, facts: Facts) -> list[tuple[str, BaseGeometry]]:
    siblings: list[tuple[str, BaseGeometry]] = [
        (number, polygon)
        for other, (number, polygon) in enumerate(zip(numbers, division.parts, strict=True))
        if other != index
    ]
    return [*siblings, *((neighbour.parcel_no, neighbour.geometry) for neighbour in facts.neighbours)]


def _areas(
    parent: ParcelFact, facts: Facts, rules: Rules, division: Division
) -> tuple[tuple[Decimal, ...], tuple[Decimal | None, ...]]:
    """Return surveyed and official area of each part: the parent's, by largest remainder.

    Land released to the street takes its share of both. The deed's area is apportioned only where it agrees with the
    measured one within the tolerance; otherwise the deed is updated first and the parts have no official area yet.
    """
    shapes: list[Polygon] = [*division.parts, *division.released]
    measured = measured_area_m2(parent)
    count = len(division.parts)
    surveyed = surveyed_areas(shapes, measured)[:count]
    deed = deed_area_m2(parent, facts)
    if deed is None or abs(deed - measured) > Decimal(str(deed_tolerance_m2(deed, rules))):
        return surveyed, (None,) * count
    return surveyed, largest_remainder([area_mm2_twice(shape) for shape in shapes], deed)[:count]
