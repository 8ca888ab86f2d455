"""Evaluates a tree over a feature in Python and shapely: what the database's answer is compared with.

Values may be missing (None), and so may be a comparison's result; AND, OR and NOT follow the standard's truth table.
``Close`` is raised where two computed numbers differ by less than the arithmetics of both sides promise.
"""

from __future__ import annotations

import datetime
import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

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

ZONE = ZoneInfo("Asia/Riyadh")
Truth = bool | None


class Close(Exception):
    """Two computed numbers are too close to tell which is larger."""


def holds(node: Node, row: Mapping[str, Any]) -> Truth:
    """Return whether a condition holds for a feature; None where that is unknown."""
    if isinstance(node, Boolean):
        return node.value
    assert isinstance(node, Operation)
    name, args = node.name, node.args
    if name == "and":
        return _all([holds(a, row) for a in args])
    if name == "or":
        return _not(_all([_not(holds(a, row)) for a in args]))
    if name == "not":
        return _not(holds(args[0], row))
    if name == "isNull":
        return _is_null(args[0], row)
    if name == "between":
        low = _comparison(args[0], ">=", args[1], row)
        return _all([low, _comparison(args[0], "<=", args[2], row)])
    if name == "in":
        return _not(_all([_not(_comparison(args[0], "=", item, row)) for item in args[1:]]))
    if name == "like":
        return _like(value(args[0], row), value(args[1], row))
    if name.startswith("s_"):
        one, other = _geometry(args[0], row), _geometry(args[1], row)
        return bool(getattr(shapely, name[2:])(one, other))
    if name.startswith("t_"):
        return _temporal(name, args[0], args[1], row)
    return _comparison(args[0], name, args[1], row)


def _all(parts: list[Truth]) -> Truth:
    if False in parts:
        return False
    return None if None in parts else True


def _not(part: Truth) -> Truth:
    return None if part is None else not part


def _is_null(arg: Node, row: Mapping[str, Any]) -> bool:
    if isinstance(arg, (Boolean, Shape, Box, Interval, Date, Timestamp)):
        return False
    if isinstance(arg, Operation) and arg.name not in _ARITHMETIC and arg.name not in ("casei", "accenti"):
        return holds(arg, row) is None
    return value(arg, row) is None


# Values -------------------------------------------------------------------------------------------------------------


def value(node: Node, row: Mapping[str, Any]) -> Any:
    """Return a text, number or moment, or None where it is missing."""
    match node:
        case Property(name):
            found = row[name]
            return Fraction(found) if isinstance(found, (int, float, Decimal)) else found
        case Number(number):
            return Fraction(number)
        case Text(text):
            return text
        case Operation("casei", (inside,)):
            return _map(fold, value(inside, row))
        case Operation("accenti", (inside,)):
            return _map(bare, value(inside, row))
        case Operation(name, (left, right)) if name in _ARITHMETIC:
            a, b = value(left, row), value(right, row)
            return None if a is None or b is None else _ARITHMETIC[name](a, b)
    raise TypeError(node)


def _map(change: Callable[[str], str], text: str | None) -> str | None:
    return None if text is None else change(text)


def fold(text: str) -> str:
    return text.casefold().replace("ς", "σ")


def bare(text: str) -> str:
    parts = (c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
    return unicodedata.normalize("NFC", "".join(parts))


def _divide(a: Fraction, b: Fraction) -> Fraction | None:
    return a / b if b else None


def _power(a: Fraction, b: Fraction) -> Fraction | None:
    if (a == 0 and b < 0) or (a < 0 and b.denominator != 1):
        return None
    if a != 0 and abs(float(b) * math.log(abs(float(a)))) > 500:
        return None
    return Fraction(math.pow(float(a), float(b)))


def _truncated(a: Fraction, b: Fraction) -> Fraction | None:
    if not b:
        return None
    if a != 0 and (a / b).denominator != 1 and abs(a / b - round(a / b)) < Fraction(1, 10**12):
        raise Close
    return Fraction(math.trunc(a / b))


def _modulo(a: Fraction, b: Fraction) -> Fraction | None:
    whole = _truncated(a, b)
    return None if whole is None else a - b * whole


_ARITHMETIC: Mapping[str, Callable[[Fraction, Fraction], Fraction | None]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": _divide,
    "div": _truncated,
    "%": _modulo,
    "^": _power,
}

_SIGNS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: a == b,
    "<>": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b,
    ">=": lambda a, b: a >= b,
}


def _comparison(left: Node, sign: str, right: Node, row: Mapping[str, Any]) -> Truth:
    if _is_truth(left) and _is_truth(right):
        one, other = holds(left, row), holds(right, row)
        return None if one is None or other is None else _SIGNS[sign](one, other)
    if isinstance(left, (Date, Timestamp)) or isinstance(right, (Date, Timestamp)) or _is_time(left, row):
        return _ends_compare(_instant(left, row), sign, _instant(right, row), _by_day(left, right))
    a, b = value(left, row), value(right, row)
    if a is None or b is None:
        return None
    if isinstance(a, Fraction):
        gap = abs(a - b)
        is_computed = isinstance(left, Operation) or isinstance(right, Operation)
        if is_computed and gap and gap <= max(abs(a), abs(b)) / 10**11:
            raise Close
        if is_computed and not gap and _is_inexact(left, right):
            raise Close
    return _SIGNS[sign](a, b)


def _is_inexact(*nodes: Node) -> bool:
    """Return whether a result was rounded somewhere, so that equality is chance."""
    return any(isinstance(n, Operation) and (n.name in ("/", "^", "%", "div") or _is_inexact(*n.args)) for n in nodes)


def _is_truth(node: Node) -> bool:
    if isinstance(node, Boolean):
        return True
    return isinstance(node, Operation) and node.name not in _ARITHMETIC and node.name not in ("casei", "accenti")


def _is_time(node: Node, row: Mapping[str, Any]) -> bool:
    return isinstance(node, Property) and node.name.endswith("_version")


def _like(text: str | None, pattern: str | None) -> Truth:
    if text is None or pattern is None:
        return None
    made, letters = "", iter(pattern)
    for letter in letters:
        if letter == "\\":
            made += re.escape(next(letters))
        else:
            made += {"%": ".*", "_": "."}.get(letter, re.escape(letter))
    return re.fullmatch(made, text, re.DOTALL) is not None


# Time ---------------------------------------------------------------------------------------------------------------

End = datetime.datetime | datetime.date | float | None


def _instant(node: Node, row: Mapping[str, Any]) -> End:
    if isinstance(node, Property):
        return row[node.name]  # type: ignore[no-any-return]
    assert isinstance(node, (Date, Timestamp))
    return node.value


def _ends(node: Node, row: Mapping[str, Any]) -> tuple[End, End]:
    if not isinstance(node, Interval):
        return _instant(node, row), _instant(node, row)
    start: End = -math.inf if isinstance(node.start, Open) else _instant(node.start, row)
    end: End = math.inf if isinstance(node.end, Open) else _instant(node.end, row)
    if end is None and isinstance(node.end, Property) and node.end.name == "end_lifespan_version":
        end = math.inf
    return start, end


def _by_day(*nodes: Node) -> bool:
    return any(isinstance(e, Date) for n in nodes for e in ((n.start, n.end) if isinstance(n, Interval) else (n,)))


def _number_of(end: End, by_day: bool) -> float | None:
    if end is None or isinstance(end, float):
        return end
    if by_day:
        day = end.astimezone(ZONE).date() if isinstance(end, datetime.datetime) else end
        return float(day.toordinal())
    assert isinstance(end, datetime.datetime)
    return (end - datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)) / datetime.timedelta(microseconds=1)


def _ends_compare(one: End, sign: str, other: End, by_day: bool) -> Truth:
    a, b = _number_of(one, by_day), _number_of(other, by_day)
    return None if a is None or b is None else _SIGNS[sign](a, b)


def _temporal(name: str, left: Node, right: Node, row: Mapping[str, Any]) -> Truth:
    (s1, e1), (s2, e2) = _ends(left, row), _ends(right, row)
    day = _by_day(left, right)

    def c(one: End, sign: str, other: End) -> Truth:
        return _ends_compare(one, sign, other, day)

    meanings: Mapping[str, Callable[[], list[Truth]]] = {
        "t_after": lambda: [c(s1, ">", e2)],
        "t_before": lambda: [c(e1, "<", s2)],
        "t_intersects": lambda: [c(s1, "<=", e2), c(s2, "<=", e1)],
        "t_equals": lambda: [c(s1, "=", s2), c(e1, "=", e2)],
        "t_contains": lambda: [c(s1, "<", s2), c(e2, "<", e1)],
        "t_during": lambda: [c(s2, "<", s1), c(e1, "<", e2)],
        "t_finishedBy": lambda: [c(s1, "<", s2), c(e1, "=", e2)],
        "t_finishes": lambda: [c(s2, "<", s1), c(e1, "=", e2)],
        "t_meets": lambda: [c(e1, "=", s2)],
        "t_metBy": lambda: [c(s1, "=", e2)],
        "t_overlappedBy": lambda: [c(s2, "<", s1), c(s1, "<", e2), c(e2, "<", e1)],
        "t_overlaps": lambda: [c(s1, "<", s2), c(s2, "<", e1), c(e1, "<", e2)],
        "t_startedBy": lambda: [c(s1, "=", s2), c(e2, "<", e1)],
        "t_starts": lambda: [c(s1, "=", s2), c(e1, "<", e2)],
    }
    if name == "t_disjoint":
        return _not(_all(meanings["t_intersects"]()))
    return _all(meanings[name]())


# Space --------------------------------------------------------------------------------------------------------------


def _geometry(node: Node, row: Mapping[str, Any]) -> BaseGeometry:
    if isinstance(node, Property):
        return row["geometry"]  # type: ignore[no-any-return]
    if isinstance(node, Shape):
        return node.geometry
    assert isinstance(node, Box)
    west, south, east, north = node.bounds
    if west == east and south == north:
        return shapely.Point(west, south)
    if west == east or south == north:
        return shapely.LineString([(west, south), (east, north)])
    return shapely.box(west, south, east, north)
