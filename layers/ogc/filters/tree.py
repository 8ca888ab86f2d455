"""A filter as a tree of frozen nodes: what both encodings of CQL2 are read into.

Operations are named as in CQL2's JSON encoding (OGC 21-065r2, annex C). Every node knows its place in what was written
(``at``: a character of the text, or a JSON pointer), which is no part of what it means.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from shapely.geometry.base import BaseGeometry

from .errors import FilterRefused
from .limits import DEPTH, NODES, too_deep

__all__ = [
    "OPEN",
    "Boolean",
    "Box",
    "Date",
    "Interval",
    "Node",
    "Number",
    "Operation",
    "Property",
    "Shape",
    "Text",
    "Timestamp",
    "operation",
]

Place = int | str


@dataclass(frozen=True, slots=True)
class Property:
    """A queryable by its name."""

    name: str
    at: Place = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Text:
    value: str
    at: Place = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Number:
    """An exact number: what was written, never its nearest binary fraction."""

    value: int | Decimal
    at: Place = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Boolean:
    value: bool
    at: Place = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Date:
    """A day, without a time zone: a local one."""

    value: datetime.date
    at: Place = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Timestamp:
    """A moment, aware, in UTC."""

    value: datetime.datetime
    at: Place = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Open:
    """The end of an interval that has none: ``..``."""

    at: Place = field(default="", compare=False)


OPEN: Final = Open()
"""One for all: where it stands is never asked."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A closed interval of time."""

    start: Property | Date | Timestamp | Open
    end: Property | Date | Timestamp | Open
    at: Place = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Shape:
    """A geometry, two-dimensional, x and y as they were written (in the filter's CRS, in its axis order)."""

    geometry: BaseGeometry
    vertices: int
    at: Place = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle: the lower corner's axes, then the upper one's. Its west may be greater than its east."""

    bounds: tuple[float, float, float, float]
    at: Place = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation by its JSON name. The arguments of ``in`` are the value and then the list, flat."""

    name: str
    args: tuple[Node, ...]
    at: Place = field(default="", compare=False)
    depth: int = field(default=1, compare=False)
    size: int = field(default=1, compare=False)


Leaf = Property | Text | Number | Boolean | Date | Timestamp | Interval | Shape | Box
Node = Leaf | Operation


def operation(name: str, args: tuple[Node, ...], at: Place) -> Operation:
    """Return an operation, refusing one that makes the tree too deep or too large.

    Nodes are made from the leaves up, so the limits hold while the filter is still being read.
    """
    depth = 1 + max((a.depth if isinstance(a, Operation) else 1 for a in args), default=0)
    size = 1 + sum(a.size if isinstance(a, Operation) else 1 for a in args)
    if depth > DEPTH:
        raise too_deep(at)
    if size > NODES:
        raise FilterRefused(
            f"في المرشح أكثر من {NODES} عملية وقيمة.",
            f"The filter has more than {NODES} operations and values.",
            what="too_many",
            where=at,
            todo_ar="قسّم القائمة أو الشروط على عدة طلبات.",
            todo_en="Split its list or conditions over several requests.",
        )
    return Operation(name, args, at, depth, size)
