"""Change sets as JSON and back, exactly.

Coordinates are written as whole millimetres of the storage CRS, areas as decimal texts, source coordinates as the
shortest text that gives the same number again: nothing is rounded on the way. What a reviewer approved is thereby the
same, byte for byte, as what the register applies; ``digest`` names it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import fields
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from shapely.geometry import MultiPolygon, Polygon

from land_services.domain import (
    AcquireLand,
    AmendBoundary,
    Arc,
    AttachSource,
    BoundaryCorner,
    BoundarySide,
    CarryRestriction,
    ChangeSet,
    CreateSpatialUnit,
    CreateTitle,
    DivideTitle,
    EndDeed,
    EndTitle,
    Operation,
    PendDeed,
    RecordDeed,
    ReleaseLand,
    RetireSpatialUnit,
    SendDeedAgain,
    SettleDeedChange,
    ShowLand,
    TakenRestriction,
    TitleShare,
    TransferRight,
)
from land_services.precision import GRID_PER_M

__all__ = ["ChangeSetError", "canonical_json", "digest", "from_json", "is_same_change", "to_json"]

VERSION: Final = 1
OPERATIONS: Final[dict[str, type[Any]]] = {
    "retire": RetireSpatialUnit,
    "create": CreateSpatialUnit,
    "amend": AmendBoundary,
    "acquire": AcquireLand,
    "release": ReleaseLand,
    "transfer": TransferRight,
    "create_title": CreateTitle,
    "end_title": EndTitle,
    "pend_deed": PendDeed,
    "carry_restriction": CarryRestriction,
    "attach": AttachSource,
    "show": ShowLand,
    "divide_title": DivideTitle,
    "record_deed": RecordDeed,
    "end_deed": EndDeed,
    "settle_deed": SettleDeedChange,
    "send_deed": SendDeedAgain,
}
NAMES: Final = {kind: name for name, kind in OPERATIONS.items()}
PARTS: Final = (Arc, BoundarySide, BoundaryCorner, TitleShare, TakenRestriction)
FIELDS: Final = {kind: tuple(field.name for field in fields(kind)) for kind in (*OPERATIONS.values(), *PARTS)}
LATER: Final = {
    kind: frozenset(field.name for field in fields(kind) if field.metadata.get("left_out_where_none"))
    for kind in FIELDS
}
"""Fields that are not written where they hold nothing."""


class ChangeSetError(ValueError):
    """A JSON value that is not a change set, or a change set that JSON cannot hold exactly."""


def to_json(change_set: ChangeSet) -> dict[str, Any]:
    """Return the change set as JSON values.

    Raises
    ------
    ChangeSetError
        If a geometry is not on the millimetre grid: it would come back as another one.
    """
    return {
        "version": VERSION,
        "service": change_set.service,
        "operations": [{"op": NAMES[type(op)], **_written(op)} for op in change_set.operations],
    }


def from_json(data: Mapping[str, Any]) -> ChangeSet:
    """Return the change set that ``to_json`` wrote.

    Raises
    ------
    ChangeSetError
        Naming the operation that cannot be read.
    """
    if data.get("version") != VERSION:
        raise ChangeSetError(f"version {data.get('version')!r} is not {VERSION}")
    operations: list[Operation] = []
    for number, row in enumerate(data["operations"]):
        try:
            kind = OPERATIONS[row["op"]]
            operations.append(_read(kind, {key: value for key, value in row.items() if key != "op"}))
        except (KeyError, TypeError, ValueError, ArithmeticError) as error:
            raise ChangeSetError(f"operation {number}: {error!r}") from error
    return ChangeSet(data["service"], tuple(operations))


def digest(change_set: ChangeSet) -> str:
    """Return the SHA-256 of the change set in canonical JSON, as 64 hexadecimal digits."""
    return hashlib.sha256(canonical_json(change_set).encode()).hexdigest()


def is_same_change(one: ChangeSet, other: ChangeSet) -> bool:
    """Return True if two change sets do the same: they differ in the versions that they were planned on, at most.

    Vertices that neighbours receive count as little: they follow from the new boundary, and take no land.
    """
    return _essence(one) == _essence(other)


def _essence(change_set: ChangeSet) -> list[dict[str, Any]]:
    rows = to_json(change_set)["operations"]
    told = [row for row in rows if not (row["op"] == "amend" and row["keeps_areas"])]
    return [{key: value for key, value in row.items() if key != "version"} for row in told]


def canonical_json(change_set: ChangeSet) -> str:
    """Return the one JSON text of a change set: sorted keys, no spaces, characters as they are."""
    return json.dumps(to_json(change_set), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


# Writing ------------------------------------------------------------------------------------------------------------


def _written(record: Any) -> dict[str, Any]:
    values = {name: _value(getattr(record, name)) for name in FIELDS[type(record)]}
    return {name: value for name, value in values.items() if value is not None or name not in LATER[type(record)]}


def _value(value: Any) -> Any:
    match value:  # the commonest first: a subdivision holds thousands of numbers
        case None | bool() | int() | str():
            return value
        case float():
            return float(value)  # numpy's float64 is a float, its repr is not JSON's
        case tuple() | list():
            return [_value(item) for item in value]
        case Arc() | BoundarySide() | BoundaryCorner() | TitleShare() | TakenRestriction():
            return _written(value)
        case Polygon() | MultiPolygon():
            return _geometry(value)
        case Decimal():
            return str(value)
        case Fraction():
            return f"{value.numerator}/{value.denominator}"
    raise ChangeSetError(f"{type(value).__name__} is no part of a change set")


def _geometry(geometry: Polygon | MultiPolygon) -> dict[str, Any]:
    if isinstance(geometry, Polygon):
        return {"type": "Polygon", "mm": _rings(geometry)}
    return {"type": "MultiPolygon", "mm": [_rings(part) for part in geometry.geoms]}


def _rings(polygon: Polygon) -> list[list[list[int]]]:
    return [[_millimetres(*point[:2]) for point in ring.coords] for ring in (polygon.exterior, *polygon.interiors)]


def _millimetres(x: float, y: float) -> list[int]:
    pair = [round(x * GRID_PER_M), round(y * GRID_PER_M)]
    if (pair[0] / GRID_PER_M, pair[1] / GRID_PER_M) != (x, y):
        raise ChangeSetError(f"({x!r}, {y!r}) is not on the millimetre grid")
    return pair


# Reading ------------------------------------------------------------------------------------------------------------


def _decimal(value: Any) -> Decimal | None:
    return None if value is None else Decimal(value)


def _pair(value: Any) -> tuple[float, float]:
    x, y = value
    return (float(x), float(y))


def _polygon(value: Any) -> Polygon | MultiPolygon:
    if value["type"] == "Polygon":
        return _from_rings(value["mm"])
    if value["type"] == "MultiPolygon":
        return MultiPolygon([_from_rings(rings) for rings in value["mm"]])
    raise ChangeSetError(f"{value['type']!r} is no area")


def _from_rings(rings: list[list[list[int]]]) -> Polygon:
    shell, *holes = [[(x / GRID_PER_M, y / GRID_PER_M) for x, y in ring] for ring in rings]
    return Polygon(shell, holes)


READERS: Final[dict[str, Callable[[Any], Any]]] = {
    "geometry": _polygon,
    "official_area_m2": _decimal,
    "surveyed_area_m2": _decimal,
    "building_area_m2": _decimal,
    "start": _pair,
    "end": _pair,
    "centre": _pair,
    "arc": lambda value: None if value is None else _read(Arc, value),
    "sides": lambda value: tuple(_read(BoundarySide, side) for side in value),
    "corners": lambda value: tuple(_read(BoundaryCorner, corner) for corner in value),
    "share": Fraction,
    "rights": lambda value: tuple(_read(TitleShare, share) for share in value),
    "restrictions": lambda value: tuple(_read(TakenRestriction, taken) for taken in value),
    "follows": tuple,
    "parcel_uids": tuple,
    "deed_ids": tuple,
    "parents": tuple,
    "uids": tuple,
    "from_uids": tuple,
    "to_uids": tuple,
    "area_m2": _decimal,
}


def _read(kind: type[Any], row: Mapping[str, Any]) -> Any:
    known = {field.name for field in fields(kind)}
    if unknown := set(row) - known:
        raise ChangeSetError(f"{kind.__name__} has no {', '.join(sorted(unknown))}")
    return kind(**{key: READERS.get(key, lambda value: value)(value) for key, value in row.items()})
