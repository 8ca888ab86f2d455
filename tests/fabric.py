"""A block of lots between four streets, as facts: small, exact, and every test may break one thing in it.

::

      north street (15 m)
    +----+----+----+----+
  w | 11 | 12 | 13 | 14 |  e      lots 30 m wide and 40 m deep, corner lots cut by 3 m at the streets,
    +----+----+----+----+         the rows back to back; numbers 1.. in the south, 11.. in the north
    |  1 |  2 |  3 |  4 |
    +----+----+----+----+
      south street (20 m)
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from shapely.geometry import LineString, Polygon

from land_services.domain import (
    DeedFact,
    Facts,
    ParcelFact,
    RightFact,
    StreetFact,
    SurveyPart,
    SurveyPlan,
    TitleFact,
    ZoneFact,
)
from land_services.rules import DatedRules, load_rules
from land_services.services import subdivision

SRID = 32639
CRS = f"EPSG:{SRID}"
ORIGIN = (411_000.0, 2_923_000.0)
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
FILED_ON = date(2026, 11, 22)
PLAN_NO, BLOCK_NO = "1234", "7"

XY = tuple[float, float]


@dataclass(frozen=True)
class Fabric:
    """The block: lots by number, streets, the zone and titles around it."""

    lots: dict[str, ParcelFact]
    streets: tuple[StreetFact, ...]
    zones: tuple[ZoneFact, ...]
    titles: dict[str, TitleFact]
    municipality: Polygon
    width: float
    depth: float
    columns: int

    def facts(self, *numbers: str, **changes: Any) -> Facts:
        """Return the facts for the lots named, all others being neighbours; ``changes`` replace fields."""
        facts = Facts(
            at=NOW,
            parcels=tuple(self.lots[number] for number in numbers),
            neighbours=tuple(lot for number, lot in self.lots.items() if number not in numbers),
            streets=self.streets,
            zones=self.zones,
            titles=tuple(self.titles[number] for number in numbers),
            sibling_numbers=frozenset(self.lots),
            municipality=self.municipality,
            storage_srid=SRID,
        )
        return replace(facts, **changes)


def at(x: float, y: float) -> XY:
    """Return a point of the block as storage coordinates on the grid: (0, 0) is its south-west corner."""
    return (round((ORIGIN[0] + x) * 1000) / 1000, round((ORIGIN[1] + y) * 1000) / 1000)


def shape(*points: XY) -> Polygon:
    """Return a polygon from points of the block."""
    return Polygon([at(x, y) for x, y in points])


def rectangle(x0: float, y0: float, x1: float, y1: float) -> Polygon:
    """Return a rectangle of the block."""
    return shape((x0, y0), (x1, y0), (x1, y1), (x0, y1))


def block(columns: int = 4, width: float = 30.0, depth: float = 40.0, cut: float = 3.0, zone: str = "R2") -> Fabric:
    """Return a block of two rows of ``columns`` lots; ``cut`` 0 leaves its corners uncut."""
    lots: dict[str, ParcelFact] = {}
    for column in range(columns):
        for row, first in ((0, 1), (1, 11)):
            number = str(first + column)
            ring = _lot(column, row, columns, width, depth, cut)
            lots[number] = _parcel(number, shape(*ring), len(lots) + 1)
    size = (columns * width, 2 * depth)
    return Fabric(
        lots=lots,
        streets=_streets(columns, width, size, cut),
        zones=(ZoneFact(1, zone, "zoning", "سكني", "Residential", rectangle(-50, -50, size[0] + 50, size[1] + 50)),),
        titles={number: _title(lot, index) for index, (number, lot) in enumerate(lots.items(), 1)},
        municipality=rectangle(-5000, -5000, 5000, 5000),
        width=width,
        depth=depth,
        columns=columns,
    )


def _lot(column: int, row: int, columns: int, width: float, depth: float, cut: float) -> list[XY]:
    x0, x1, y0, y1 = column * width, (column + 1) * width, row * depth, (row + 1) * depth
    ring = [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]
    corner = {(0, 0): 0, (columns - 1, 0): 1, (columns - 1, 1): 2, (0, 1): 3}.get((column, row))
    if corner is None or cut == 0:
        return ring
    x, y = ring[corner]
    to_x, to_y = (1 if x == x0 else -1), (1 if y == y0 else -1)
    along_x, along_y = (x + to_x * cut, y), (x, y + to_y * cut)
    ring[corner : corner + 1] = [along_y, along_x] if corner in (0, 2) else [along_x, along_y]
    return ring


def _streets(columns: int, width: float, size: XY, cut: float) -> tuple[StreetFact, ...]:
    w, h = size
    inner = [column * width for column in range(1, columns)]
    south_edge = (
        [(0, cut), (cut, 0), *((x, 0) for x in inner), (w - cut, 0), (w, cut)]
        if cut
        else ([(0, 0), *((x, 0) for x in inner), (w, 0)])
    )
    north_edge = [(x, h - y) for x, y in reversed(south_edge)]
    south = shape((-12, -20), (w + 20, -20), (w + 20, 0), (w, 0), *reversed(south_edge), (0, 0), (-12, 0))
    north = shape((-12, h), (0, h), *reversed(north_edge), (w, h), (w + 20, h), (w + 20, h + 15), (-12, h + 15))
    east = shape(
        (w, 0),
        (w + 20, 0),
        (w + 20, h),
        (w, h),
        *(((w, h - cut),) if cut else ()),
        (w, h / 2),
        *(((w, cut),) if cut else ()),
    )
    west = shape(
        (-12, 0), (0, 0), *(((0, cut),) if cut else ()), (0, h / 2), *(((0, h - cut),) if cut else ()), (0, h), (-12, h)
    )
    return (
        _street(1, "شارع الملك فهد", "King Fahd Street", 20, "collector", south, ((-12, -10), (w + 20, -10))),
        _street(2, "شارع النخيل", "Palm Street", 15, "local", north, ((-12, h + 7.5), (w + 20, h + 7.5))),
        _street(3, "شارع الساحل", "Coast Street", 20, "collector", east, ((w + 10, 0), (w + 10, h))),
        _street(4, "شارع اللؤلؤ", "Pearl Street", 12, "local", west, ((-6, 0), (-6, h))),
    )


def _street(id: int, ar: str, en: str, width: float, kind: str, row: Polygon, line: tuple[XY, XY]) -> StreetFact:
    return StreetFact(id, ar, en, width, kind, row.buffer(0), LineString([at(*line[0]), at(*line[1])]))


def _parcel(number: str, polygon: Polygon, version: int) -> ParcelFact:
    area = Decimal(str(round(polygon.area, 2)))
    return ParcelFact(
        version=version,
        uid=str(uuid5(NAMESPACE_URL, f"lot/{number}")),
        plan_no=PLAN_NO,
        block_no=BLOCK_NO,
        parcel_no=number,
        land_use="residential",
        geometry=polygon,
        begin_lifespan_version=datetime(2020, 1, 1, tzinfo=UTC),
        official_area_m2=area,
        surveyed_area_m2=area,
        calculated_area_m2=polygon.area,
        district="حي الاختبار",
    )


def _title(lot: ParcelFact, id: int) -> TitleFact:
    return TitleFact(
        id=id,
        uid=str(uuid5(NAMESPACE_URL, f"title/{id}")),
        parcel_uids=(lot.uid,),
        rights=(
            RightFact(2 * id, "ownership", 1, Fraction(1, 3)),
            RightFact(2 * id + 1, "ownership", 2, Fraction(2, 3)),
        ),
        deeds=(
            DeedFact(id, f"3301{id:05d}", "1440/05/12", "كتابة عدل الدمام", "electronic", lot.official_area_m2, True),
        ),
    )


# Survey files and inputs --------------------------------------------------------------------------------------------


def survey(*parts: tuple[str, Polygon], outer: Polygon | None = None, **changes: Any) -> SurveyPlan:
    """Return a plan in the storage CRS with these parts; ``changes`` replace fields."""
    plan = SurveyPlan(
        parts=tuple(SurveyPart(number, polygon) for number, polygon in parts),
        outer=None if outer is None else SurveyPart("", outer),
        crs=CRS,
        unit="m",
        format="geojson",
        file_name="lot-2.geojson",
        sha256="5" * 64,
    )
    return replace(plan, **changes)


def halves(x: float = 45.0) -> tuple[tuple[str, Polygon], ...]:
    """Return lot 2 in two parts, cut at ``x``: the plain good case."""
    return (("1", rectangle(30, 0, x, 40)), ("2", rectangle(x, 0, 60, 40)))


def inputs(fabric: Fabric, *parts: tuple[str, Polygon], lot: str = "2", **changes: Any) -> subdivision.Inputs:
    """Return what an office files for a lot; without parts, the plain good case for lot 2."""
    filed = subdivision.Inputs(
        parcel_uids=(fabric.lots[lot].uid,),
        survey=survey(*(parts or halves())),
        reference="SUB-2026-000001",
        filed_on=FILED_ON,
    )
    return replace(filed, **changes)


def rules(**values: Any) -> DatedRules:
    """Return the Eastern Province rules on the day of filing, some values replaced."""
    return load_rules("eastern_province", FILED_ON).replaced(**values)
