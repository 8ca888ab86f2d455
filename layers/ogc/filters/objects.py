"""CQL2 JSON into a tree."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from . import literals
from .errors import FilterRefused, short
from .limits import DEPTH, LITERAL_LENGTH, NODES, VERTICES, bad_character, check_nesting, check_size, too_deep
from .names import ARITHMETIC, ARRAY, COMPARISONS, SPATIAL, TEMPORAL, TEXT_FUNCTIONS
from .text import no_lists
from .tree import (
    OPEN,
    Boolean,
    Date,
    Interval,
    Node,
    Open,
    Operation,
    Property,
    Shape,
    Timestamp,
    operation,
)

__all__ = ["read_json"]

_ARGUMENTS: Final[dict[str, tuple[int, int]]] = {
    "and": (2, 1 << 30),
    "or": (2, 1 << 30),
    "not": (1, 1),
    "like": (2, 2),
    "between": (3, 3),
    "in": (2, 2),
    "isNull": (1, 1),
    **dict.fromkeys(TEXT_FUNCTIONS, (1, 1)),
    **dict.fromkeys((*COMPARISONS, *ARITHMETIC, *SPATIAL, *TEMPORAL), (2, 2)),
}
"""Least and most arguments of each operation."""


def read_json(source: str | Mapping[str, Any] | bool) -> Node:
    """Return the tree of a filter in CQL2 JSON, given as its text or as what a JSON reader made of it.

    Raises
    ------
    FilterRefused
        Anything that is not CQL2, or beyond the limits; the place is a JSON pointer (RFC 6901) into the filter.
    """
    if isinstance(source, str):
        source = _load(source)
    return _node(source, "")


def _load(source: str) -> Any:
    check_size(source)
    check_nesting(source, '"', "[{", "]}", "\\")
    try:
        return json.loads(source, parse_float=Decimal, parse_constant=_no_constant, object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        raise FilterRefused(
            "المرشح ليس JSON سليمًا.",
            "The filter is not valid JSON.",
            what="syntax",
            where=error.pos,
            todo_ar='اكتبه مثل: {"op": "=", "args": [{"property": "land_use"}, "سكني"]}',
            todo_en='Write it as in: {"op": "=", "args": [{"property": "land_use"}, "residential"]}',
        ) from None
    except FilterRefused:
        raise
    except ValueError:  # an integer of thousands of digits
        raise _wrong("", "فيه عدد أطول من أن يُقرأ", "holds a number too long to be read") from None


def _no_constant(name: str) -> Any:
    raise _wrong("", f"فيه {name}، وليس عددًا", f"holds {name}, which is no number")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise _wrong("", "فيه عضو مكرر في كائن واحد", "holds an object with the same member twice")
    return made


def _wrong(at: str, ar: str, en: str) -> FilterRefused:
    return FilterRefused(
        f"المرشح {ar}.",
        f"The filter {en}.",
        what="syntax",
        where=at,
        todo_ar="قارنه بترميز CQL2 بصيغة JSON.",
        todo_en="Compare it with the JSON encoding of CQL2.",
    )


def _node(found: Any, at: str) -> Node:
    if at.count("/") > 3 * DEPTH:
        raise too_deep(at)
    if isinstance(found, bool):
        return Boolean(found, at)
    if isinstance(found, str):
        return literals.text(_clean(found, at), at)
    if isinstance(found, (int, float, Decimal)):
        return literals.number(repr(found) if isinstance(found, float) else found, at)
    if not isinstance(found, Mapping):
        raise _wrong(at, "فيه قيمة في غير موضعها", "holds a value where none can stand")
    if "op" in found:
        return _operation(found, at)
    for key, maker in _VALUES.items():
        if key in found:
            return maker(found, at)
    raise _wrong(at, "فيه كائن غير معروف", "holds an object that means nothing in CQL2")


def _clean(text: str, at: str) -> str:
    if any(c == "\0" or "\ud800" <= c <= "\udfff" for c in text[: LITERAL_LENGTH + 1]):
        raise bad_character(at)
    return text


def _operation(found: Mapping[str, Any], at: str) -> Operation:
    name, args = found["op"], found.get("args", [])
    if not isinstance(name, str) or not isinstance(args, Sequence) or isinstance(args, str):
        raise _wrong(at, "فيه عملية بلا اسم أو بلا قائمة args", 'holds an operation without a name or a list "args"')
    if name in ARRAY:
        raise no_lists(at)
    least, most = _ARGUMENTS.get(name, (0, 1 << 30))
    if not least <= len(args) <= most:
        raise _wrong(
            f"{at}/args",
            f"يعطي العملية {short(name)} عددًا غير صحيح من المعطيات",
            f"gives {short(name)} a wrong number of arguments",
        )
    if name == "in":
        items = args[1]
        if not isinstance(items, Sequence) or isinstance(items, str):
            raise _wrong(f"{at}/args/1", "لا يعطي in قائمة", 'gives "in" no list')
        inside = (_node(item, f"{at}/args/1/{i}") for i, item in enumerate(items))
        return operation("in", (_node(args[0], f"{at}/args/0"), *_few(inside, at)), at)
    return operation(name, tuple(_few((_node(a, f"{at}/args/{i}") for i, a in enumerate(args)), at)), at)


def _few(nodes: Any, at: str) -> list[Node]:
    """Read no more nodes than a tree may have: what is given may already be objects, of any number."""
    made: list[Node] = []
    size = 0
    for node in nodes:
        size += node.size if isinstance(node, Operation) else 1
        made.append(node)
        if size > NODES:
            break  # operation() refuses it
    return made


# Values -------------------------------------------------------------------------------------------------------------


def _property(found: Mapping[str, Any], at: str) -> Property:
    name = found["property"]
    if not isinstance(name, str):
        raise _wrong(f"{at}/property", "يسمي خاصية بغير نص", "names a property by something that is no text")
    return Property(name, at)


def _date(found: Mapping[str, Any], at: str) -> Date:
    return literals.date(_string(found["date"], f"{at}/date"), f"{at}/date")


def _timestamp(found: Mapping[str, Any], at: str) -> Timestamp:
    return literals.timestamp(_string(found["timestamp"], f"{at}/timestamp"), f"{at}/timestamp")


def _string(found: Any, at: str) -> str:
    if not isinstance(found, str):
        raise _wrong(at, "فيه تاريخ مكتوب بغير نص", "holds a date that is no text")
    return found


def _interval(found: Mapping[str, Any], at: str) -> Interval:
    ends = found["interval"]
    if not isinstance(ends, Sequence) or isinstance(ends, str) or len(ends) != 2:
        raise _wrong(f"{at}/interval", "فيه فترة بغير طرفين", "holds an interval that has not two ends")
    start, end = (_end(e, f"{at}/interval/{i}") for i, e in enumerate(ends))
    return literals.interval(start, end, at)


def _end(found: Any, at: str) -> Property | Date | Timestamp | Open:
    if isinstance(found, str):
        return literals.instant(found, at) if found != ".." else OPEN
    if isinstance(found, Mapping):
        for key, maker in (("property", _property), ("date", _date), ("timestamp", _timestamp)):
            if key in found:
                return maker(found, at)  # type: ignore[operator,no-any-return]
    raise _wrong(at, "فيه طرف فترة غير مفهوم", "holds an end of an interval that cannot be read")


def _box(found: Mapping[str, Any], at: str) -> Node:
    numbers = found["bbox"]
    if not isinstance(numbers, Sequence) or isinstance(numbers, str):
        raise _wrong(f"{at}/bbox", "فيه bbox بغير قائمة", "holds a bbox that is no list")
    return literals.box(numbers, at)


def _geometry(found: Mapping[str, Any], at: str) -> Shape:
    kind = found["type"]
    if not isinstance(kind, str):
        raise _wrong(f"{at}/type", "فيه شكل هندسي بلا نوع", "holds a geometry without a type")
    if kind == "GeometryCollection":
        members = found.get("geometries")
        if not isinstance(members, Sequence) or isinstance(members, str) or len(members) > VERTICES:
            raise _wrong(f"{at}/geometries", "فيه مجموعة بلا أشكال", "holds a collection without geometries")
        parts = [_member(m, f"{at}/geometries/{i}") for i, m in enumerate(members)]
        return literals.shape(kind, None, at, parts)
    if "coordinates" not in found:
        raise _wrong(at, "فيه شكل هندسي بلا إحداثيات", "holds a geometry without coordinates")
    return literals.shape(kind, found["coordinates"], at)


def _member(found: Any, at: str) -> Shape:
    if not isinstance(found, Mapping) or "type" not in found or found["type"] == "GeometryCollection":
        raise _wrong(at, "فيه مجموعة عضو منها ليس شكلًا بسيطًا", "holds a collection with a member that is not simple")
    return _geometry(found, at)


_VALUES: Final[Mapping[str, Callable[[Mapping[str, Any], str], Node]]] = {
    "property": _property,
    "date": _date,
    "timestamp": _timestamp,
    "interval": _interval,
    "type": _geometry,
    "bbox": _box,
}
"""In this order: a GeoJSON geometry may carry a bbox of its own."""
