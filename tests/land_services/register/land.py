"""A few lots for tests of the register, loaded as a fabric, and change sets over them written by hand.

y=60 +------+------+------+
     |  4   |  5   |  6   |
y=30 +------+------+------+        each lot 20 m x 30 m, street south of y=0
     |  1   |  2   |  3   |
 y=0 +------+------+------+
    x=0    20     40     60
"""

from __future__ import annotations

import uuid
from decimal import Decimal

from django.db import connections
from shapely.affinity import translate
from shapely.geometry import MultiPolygon, Polygon, box

from land_services.domain import (
    AmendBoundary,
    AttachSource,
    ChangeSet,
    CreateSpatialUnit,
    FactsQuery,
    Operation,
    RetireSpatialUnit,
)
from land_services.register.load import LoadReport, load_fabric
from layers.files.staging import StagedParcel

X0, Y0 = 412_000.0, 2_924_000.0
_IDS = uuid.UUID("00000000-0000-4000-8000-000000000000")


def uid(name: str) -> str:
    return str(uuid.uuid5(_IDS, name))


def at(polygon: Polygon) -> Polygon:
    """Move a polygon drawn near (0, 0) to where the tests' land lies."""
    return translate(polygon, X0, Y0)


def polygon(*points: tuple[float, float]) -> Polygon:
    return at(Polygon(points))


LOTS = {
    str(number): box(
        20 * ((number - 1) % 3), 30 * ((number - 1) // 3), 20 * ((number - 1) % 3) + 20, 30 * ((number - 1) // 3) + 30
    )
    for number in range(1, 7)
}


def staged(row: int, number: str, shape: Polygon | MultiPolygon, **more: object) -> StagedParcel:
    geometry = shape if isinstance(shape, MultiPolygon) else MultiPolygon([shape])
    values = {"official_area_m2": Decimal("600.00"), "surveyed_area_m2": Decimal("600.00"), **more}
    return StagedParcel(row, "P1", "7", number, "residential", geometry=geometry, uid=uid(number), **values)  # type: ignore[arg-type]


def load_lots(lots: dict[str, Polygon] | None = None) -> LoadReport:
    rows = [staged(n, number, at(shape)) for n, (number, shape) in enumerate((lots or LOTS).items(), start=1)]
    return load_fabric([rows], source={"name": "made for a test", "sha256": "0" * 64})


def version(number: str, using: str = "default") -> int:
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT id FROM layers_parcel WHERE uid = %s AND end_lifespan_version IS NULL", [uid(number)])
        row = cursor.fetchone()
    assert row is not None, f"lot {number} is not current"
    return int(row[0])


def part(number: str, shape: Polygon, parents: tuple[str, ...]) -> CreateSpatialUnit:
    return CreateSpatialUnit(
        uid=uid(number),
        plan_no="P1",
        block_no="7",
        parcel_no=number,
        land_use="residential",
        geometry=shape,
        parents=tuple(uid(parent) for parent in parents),
        surveyed_area_m2=Decimal(str(round(shape.area, 2))),
    )


SOURCE = AttachSource("survey_file", "test.dxf", "0" * 64)


def split_lot_2(at_y: float = 15.0, *, amend: bool = True) -> ChangeSet:
    """Lot 2 becomes 1/2 (south) and 2/2 (north), cut from west to east; lots 1 and 3 get the new vertices."""
    south = polygon((20, 0), (40, 0), (40, at_y), (20, at_y))
    north = polygon((20, at_y), (40, at_y), (40, 30), (20, 30))
    operations: list[Operation] = [
        RetireSpatialUnit(uid("2"), version("2")),
        part("1/2", south, ("2",)),
        part("2/2", north, ("2",)),
        SOURCE,
    ]
    if amend:
        operations += [
            AmendBoundary(uid("1"), version("1"), polygon((0, 0), (20, 0), (20, at_y), (20, 30), (0, 30))),
            AmendBoundary(uid("3"), version("3"), polygon((40, 0), (60, 0), (60, 30), (40, 30), (40, at_y))),
        ]
    return ChangeSet("subdivision", tuple(operations))


def query(*numbers: str) -> FactsQuery:
    return FactsQuery(tuple(uid(number) for number in numbers), 30.0)
