"""Writes trees as CQL2 text and JSON: the other way round from the product, which only reads."""

from __future__ import annotations

import datetime
import json
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from layers.ogc.filters.tree import (
    Boolean,
    Box,
    Date,
    Interval,
    Node,
    Number,
    Open,
    Operation,
    Property,
    Shape,
    Text,
    Timestamp,
)

SIGNS = ("=", "<>", "<", ">", "<=", ">=", "+", "-", "*", "/", "%", "div", "^")


def quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def moment(value: datetime.datetime) -> str:
    return value.strftime("%Y-%m-%dT%H:%M:%S") + (f".{value.microsecond:06d}" if value.microsecond else "") + "Z"


def _end_text(end: Property | Date | Timestamp | Open) -> str:
    if isinstance(end, Property):
        return f'"{end.name}"'
    if isinstance(end, Open):
        return "'..'"
    return f"'{end.value.isoformat()}'" if isinstance(end, Date) else f"'{moment(end.value)}'"


def wkt(geometry: BaseGeometry) -> str:
    return shapely.to_wkt(geometry, rounding_precision=-1, trim=True)


def to_text(node: Node) -> str:
    """Return CQL2 text; every operation in brackets, so that no precedence is taken for granted."""
    match node:
        case Property(name):
            return f'"{name}"'
        case Text(value):
            return quoted(value)
        case Number(value):
            return f"{value:f}" if value >= 0 else f"(-{-value:f})"
        case Boolean(value):
            return "TRUE" if value else "FALSE"
        case Date(value):
            return f"DATE('{value.isoformat()}')"
        case Timestamp(value):
            return f"TIMESTAMP('{moment(value)}')"
        case Interval(start, end):
            return f"INTERVAL({_end_text(start)}, {_end_text(end)})"
        case Shape(geometry):
            return wkt(geometry)
        case Box(bounds):
            return f"BBOX({', '.join(repr(b) for b in bounds)})"
        case Operation(name, args):
            return _operation_text(name, [to_text(a) for a in args])


def _operation_text(name: str, args: list[str]) -> str:
    if name in ("and", "or"):
        return "(" + f" {name.upper()} ".join(args) + ")"
    if name == "not":
        return f"(NOT {args[0]})"
    if name == "isNull":
        return f"({args[0]} IS NULL)"
    if name == "between":
        return f"({args[0]} BETWEEN {args[1]} AND {args[2]})"
    if name == "in":
        return f"({args[0]} IN ({', '.join(args[1:])}))"
    if name == "like":
        return f"({args[0]} LIKE {args[1]})"
    if name in SIGNS:
        return f"({args[0]} {name} {args[1]})"
    return f"{name.upper()}({', '.join(args)})"


def to_object(node: Node) -> Any:
    """Return CQL2 JSON as Python objects."""
    match node:
        case Property(name):
            return {"property": name}
        case Text(value) | Boolean(value):
            return value
        case Number(value):
            return value if isinstance(value, int) else _Exact(value)
        case Date(value):
            return {"date": value.isoformat()}
        case Timestamp(value):
            return {"timestamp": moment(value)}
        case Interval(start, end):
            return {"interval": [_end_object(start), _end_object(end)]}
        case Shape(geometry):
            return json.loads(shapely.to_geojson(geometry))
        case Box(bounds):
            return {"bbox": list(bounds)}
        case Operation("in", args):
            return {"op": "in", "args": [to_object(args[0]), [to_object(a) for a in args[1:]]]}
        case Operation(name, args):
            return {"op": name, "args": [to_object(a) for a in args]}


def _end_object(end: Property | Date | Timestamp | Open) -> Any:
    if isinstance(end, Property):
        return {"property": end.name}
    if isinstance(end, Open):
        return ".."
    return end.value.isoformat() if isinstance(end, Date) else moment(end.value)


class _Exact(float):
    """A number that json writes with all its digits."""

    def __new__(cls, value: Any) -> _Exact:
        made = super().__new__(cls, value)
        made.text = f"{value:f}"  # type: ignore[attr-defined]
        return made

    def __repr__(self) -> str:
        return str(self.text)  # type: ignore[attr-defined]


def to_json(node: Node) -> str:
    return json.dumps(to_object(node), ensure_ascii=False, default=str) if not _has_exact(node) else _dump(node)


def _has_exact(node: Node) -> bool:
    if isinstance(node, Operation):
        return any(_has_exact(a) for a in node.args)
    return isinstance(node, Number) and not isinstance(node.value, int)


def _dump(node: Node) -> str:
    """Write objects by hand, since json writes floats by float.__repr__ whatever their class says."""

    def write(found: Any) -> str:
        if isinstance(found, dict):
            return "{" + ", ".join(f"{json.dumps(k)}: {write(v)}" for k, v in found.items()) + "}"
        if isinstance(found, (list, tuple)):
            return "[" + ", ".join(write(v) for v in found) + "]"
        return repr(found) if isinstance(found, _Exact) else json.dumps(found, ensure_ascii=False)

    return write(to_object(node))
