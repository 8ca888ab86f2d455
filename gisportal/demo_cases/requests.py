"""What is asked for: for each service the land it fits on, the drawing, a drawing that does not fit, and the form."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import shapely
from django.conf import settings
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from gisportal.simulation.land import survey_reference
from land_services.domain import SurveyPart
from land_services.surveys.write_dxf import write_subdivision_dxf
from layers.crs import transform

from .land import Finder, Lot, LotFinder, adjoining, divisible, misstated, paired, stated, two_units, villas

__all__ = ["REQUESTS", "Asked", "Request"]

PHONE: Final = "+966130004417"
GIVEN_M: Final = 1.5
"""So far the adjusted line moves."""
TOO_NARROW_M: Final = 8.0
"""What a careless adjustment leaves of a lot's frontage: below the least."""

Part = tuple[str, BaseGeometry]


@dataclass(frozen=True)
class Asked:
    """A drawing in the register's coordinates, the system that it is written in, and the answers that go with it."""

    parts: Sequence[Part]
    outer: Polygon | None = None
    buildings: Sequence[BaseGeometry] = ()
    form: Mapping[str, Any] = field(default_factory=dict)
    rooms: Sequence[BaseGeometry] = ()
    crs: str = f"EPSG:{settings.STORAGE_SRID}"

    def write(self, path: Path) -> Path:
        """Write the drawing as a surveyor would."""
        path.parent.mkdir(parents=True, exist_ok=True)
        parts = [self._written(geometry, number) for number, geometry in self.parts]
        buildings, rooms = [self._written(one) for one in self.buildings], [self._written(one) for one in self.rooms]
        write_subdivision_dxf(path, parts, self.outer, buildings=buildings, marks={"room": rooms})
        return path

    def _written(self, geometry: Any, number: str = "") -> SurveyPart:
        storage = f"EPSG:{settings.STORAGE_SRID}"
        return SurveyPart(number, geometry if self.crs == storage else transform(geometry, storage, self.crs))


Lots = tuple[Lot, ...]
Ask = Callable[[LotFinder, Lots], Asked]


@dataclass(frozen=True)
class Request:
    """A kind of request on a kind of land; ``careless`` is the drawing or the form that is refused."""

    find: Finder
    proper: Ask
    careless: Ask


def _halves(lot: Lot, at: float = 0.5) -> list[Part]:
    return [(str(n), piece) for n, piece in enumerate(lot.cut_at(at), start=1)]


def _divided(finder: LotFinder, lots: Lots) -> Asked:
    return Asked(_halves(lots[0]), lots[0].outline)


def _divided_badly(finder: LotFinder, lots: Lots) -> Asked:
    return Asked(_halves(lots[0], 0.3), lots[0].outline)


# Merger ---------------------------------------------------------------------------------------------------------------

MERGE_FORM: Final = {
    "purpose": "building",
    "existing_building": "no",
    "remarks": "يرغب المالك في إقامة مسكن واحد على القطعتين بعد دمجهما.",
}


def _merged(finder: LotFinder, lots: Lots) -> Asked:
    joined = shapely.union_all([lot.outline for lot in lots])
    return Asked([(_free_number(finder, lots[0]), joined)], form=MERGE_FORM)


def _merged_badly(finder: LotFinder, lots: Lots) -> Asked:
    """The outline of one of the two, without a number."""
    return Asked([("", lots[0].outline)], form=MERGE_FORM)


def _free_number(finder: LotFinder, lot: Lot) -> str:
    """Return a number that no parcel of the block has, and no other merger of the block takes."""
    taken = [row for row in finder.rows if (row.plan, row.block_no) == (lot.row.plan, lot.row.block_no)]
    highest = max((int(row.parcel_no) for row in taken if row.parcel_no.isdecimal()), default=0)
    return str(highest + 1 + [row.uid for row in taken].index(lot.row.uid))


# Boundary adjustment --------------------------------------------------------------------------------------------------

LINE_FORM: Final = {"reason": "wall_off_line", "neighbour_phone": PHONE}


def _adjusted(finder: LotFinder, lots: Lots) -> Asked:
    return _line_moved(lots, GIVEN_M)


def _adjusted_badly(finder: LotFinder, lots: Lots) -> Asked:
    return _line_moved(lots, lots[0].front_mm / 1000 - TOO_NARROW_M)


def _line_moved(lots: Lots, by_m: float) -> Asked:
    """Give the neighbour a strip from the first lot's front to its back, along the side that they share."""
    gives, takes = lots
    strip = 1000 * by_m / gives.front_mm
    is_at_start = gives.front[0] in takes.front
    pieces = gives.cut_at(strip if is_at_start else 1 - strip)
    given, kept = pieces if is_at_start else pieces[::-1]
    parts = [(gives.row.parcel_no, kept), (takes.row.parcel_no, shapely.union_all([takes.outline, given]))]
    return Asked(parts, form=LINE_FORM)


# Deed update ----------------------------------------------------------------------------------------------------------


def _as_measured(finder: LotFinder, lots: Lots) -> Asked:
    lot = lots[0]
    form = {"deed_no": lot.deed.number, "deed_date": lot.deed.hijri_date, "consent_to_less": "yes"}
    return Asked([(lot.row.parcel_no, lot.outline)], form=form)


def _another_deed(finder: LotFinder, lots: Lots) -> Asked:
    """Two digits of the deed's number change places."""
    right = _as_measured(finder, lots)
    number = lots[0].deed.number
    return Asked(right.parts, form={**right.form, "deed_no": _mistyped(number)})


def _mistyped(number: str) -> str:
    at = next((n for n in range(len(number) - 1, 0, -1) if number[n] != number[n - 1]), 0)
    return number[: at - 1] + number[at] + number[at - 1] + number[at + 1 :] if at else number + "0"


def _updated_and_divided(finder: LotFinder, lots: Lots) -> Asked:
    form = {"deed_no": lots[0].deed.number, "land_state": "vacant", "consent_to_less": "yes"}
    return Asked(_halves(lots[0]), lots[0].outline, form=form)


def _divided_without_consent(finder: LotFinder, lots: Lots) -> Asked:
    right = _updated_and_divided(finder, lots)
    return Asked(_halves(lots[0], 0.3), lots[0].outline, form={**right.form, "consent_to_less": "no"})


# Duplex ---------------------------------------------------------------------------------------------------------------

BUILT_M: Final = 4.0
"""How far the houses stand from the outline."""
PERMIT: Final = {"permit_no": "1446/0217", "permit_date": "1446/03/12", "separate_meters": "yes"}
ATTACHED_FORM: Final = {**PERMIT, "villa_kind": "attached", "units": 2, "parking_bays": 4}
FLOORS_FORM: Final = {**PERMIT, "villa_kind": "floors", "villa_attached": "no", "units": 2, "parking_bays": 2}


def _along_the_wall(finder: LotFinder, lots: Lots) -> Asked:
    return Asked(_halves(lots[0]), lots[0].outline, _houses(lots[0]), ATTACHED_FORM)


def _off_the_wall(finder: LotFinder, lots: Lots) -> Asked:
    return Asked(_halves(lots[0], 0.44), lots[0].outline, _houses(lots[0]), ATTACHED_FORM)


def _houses(lot: Lot) -> list[BaseGeometry]:
    built = lot.outline.buffer(-BUILT_M, join_style="mitre")
    return [half.intersection(built) for half in lot.cut_at(0.5)]


def _floors(finder: LotFinder, lots: Lots) -> Asked:
    return Asked([(lots[0].row.parcel_no, lots[0].outline)], form=FLOORS_FORM)


def _floors_without_parking(finder: LotFinder, lots: Lots) -> Asked:
    return Asked([(lots[0].row.parcel_no, lots[0].outline)], form={**FLOORS_FORM, "parking_bays": 0})


# Survey decision ------------------------------------------------------------------------------------------------------

ROOM_M: Final = (2.0, 3.0)
"""The sides of an electricity room."""
MEASURED_FORM: Final = {
    "purpose": "permit", "ownership_kind": "deed", "instruments": "both", "project_type": "land", "accuracy_mm": "20",
    "visit_phone": PHONE,
}  # fmt: skip


def _measured(finder: LotFinder, lots: Lots) -> Asked:
    lot = lots[0]
    at = lot.outline.representative_point()
    room = shapely.box(at.x, at.y, at.x + ROOM_M[0], at.y + ROOM_M[1])
    form = {**MEASURED_FORM, "area": str(lot.row.official_area_m2)}
    return Asked([(lot.row.parcel_no, lot.outline)], rooms=[room], form=form, crs=survey_reference())


def _measured_coarsely(finder: LotFinder, lots: Lots) -> Asked:
    """With one instrument, and not as exactly as is asked for."""
    right = _measured(finder, lots)
    return replace(right, form={**right.form, "instruments": "gnss", "accuracy_mm": "120"})


REQUESTS: Final[Mapping[str, Request]] = {
    "subdivision": Request(divisible, _divided, _divided_badly),
    "merge": Request(paired, _merged, _merged_badly),
    "boundary_adjustment": Request(adjoining, _adjusted, _adjusted_badly),
    "deed_update": Request(misstated(-0.09, 0.09), _as_measured, _another_deed),
    "surplus": Request(misstated(0.02, 0.24), _as_measured, _another_deed),
    "update_and_subdivide": Request(
        misstated(-0.09, -0.001, front_mm=20_500), _updated_and_divided, _divided_without_consent
    ),
    "duplex": Request(two_units, _along_the_wall, _off_the_wall),
    "floors": Request(villas, _floors, _floors_without_parking),
    "measured": Request(stated, _measured, _measured_coarsely),
}
"""By name; a service may know several kinds."""
