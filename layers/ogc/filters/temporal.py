"""Comparisons in time: of moments, days and closed intervals.

A day is a local one and lasts from midnight to midnight in the municipality's time zone. Where one of two operands is
written as days, or is a column of days, both are taken by their days; a moment column is then compared with the
midnights, so that its index serves. The lifespan's end that is empty (a version that still holds) is an interval's open
end; every other missing value makes a comparison unknown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from .errors import FilterRefused, short
from .names import INTERVALS_ONLY
from .tree import Date, Interval, Node, Open, Operation, Property, Timestamp

if TYPE_CHECKING:
    from .sql import Compiler

__all__ = ["comparison", "relation"]

OPEN_ENDED: Final = "end_lifespan_version"

_FLIPPED: Final = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "=", "<>": "<>"}

# Each relation between closed intervals [s1, e1] and [s2, e2] as comparisons that all hold (OWL-Time).
_RELATIONS: Final[dict[str, tuple[tuple[str, str, str], ...]]] = {
    "t_after": (("s1", ">", "e2"),),
    "t_before": (("e1", "<", "s2"),),
    "t_intersects": (("s1", "<=", "e2"), ("e1", ">=", "s2")),
    "t_equals": (("s1", "=", "s2"), ("e1", "=", "e2")),
    "t_contains": (("s1", "<", "s2"), ("e1", ">", "e2")),
    "t_during": (("s1", ">", "s2"), ("e1", "<", "e2")),
    "t_finishedBy": (("s1", "<", "s2"), ("e1", "=", "e2")),
    "t_finishes": (("s1", ">", "s2"), ("e1", "=", "e2")),
    "t_meets": (("e1", "=", "s2"),),
    "t_metBy": (("s1", "=", "e2"),),
    "t_overlappedBy": (("s1", ">", "s2"), ("s1", "<", "e2"), ("e1", ">", "e2")),
    "t_overlaps": (("s1", "<", "s2"), ("e1", ">", "s2"), ("e1", "<", "e2")),
    "t_startedBy": (("s1", "=", "s2"), ("e1", ">", "e2")),
    "t_starts": (("s1", "=", "s2"), ("e1", "<", "e2")),
}


@dataclass(frozen=True)
class _End:
    """An end of an operand: a column, a day or moment that is written, or none at all."""

    kind: Literal["column", "day", "moment", "infinity"]
    sql: str


def comparison(compiler: Compiler, left: Node, sign: str, right: Node) -> str:
    """Return ``left sign right`` of two instants."""
    one, other = _ends(compiler, left), _ends(compiler, right)
    return _compare(compiler, one[0], sign, other[0], by_day=_by_day(compiler, left, right))


def relation(compiler: Compiler, node: Operation) -> str:
    """Return a temporal predicate of instants and intervals.

    Raises
    ------
    FilterRefused
        ``wrong_type``: an operand that is no time, or an instant where only intervals have the relation.
    """
    if len(node.args) != 2:
        raise _refused(node, "لها طرفان زمنيان", "takes two times")
    left, right = node.args
    for arg in node.args:
        _check_time(compiler, arg)
        if node.name in INTERVALS_ONLY and not isinstance(arg, Interval):
            raise _refused(
                node,
                "تُعرّف بين فترتين فقط؛ استعمل INTERVAL(…) أو T_INTERSECTS",
                "is defined between two intervals only; use INTERVAL(…) or T_INTERSECTS",
            )
    (s1, e1), (s2, e2) = _ends(compiler, left), _ends(compiler, right)
    ends = {"s1": s1, "e1": e1, "s2": s2, "e2": e2}
    by_day = _by_day(compiler, left, right)
    name = "t_intersects" if node.name == "t_disjoint" else node.name
    parts = dict.fromkeys(_compare(compiler, ends[a], sign, ends[b], by_day=by_day) for a, sign, b in _RELATIONS[name])
    joined = f"({' AND '.join(parts)})"
    return f"(NOT {joined})" if node.name == "t_disjoint" else joined


def _check_time(compiler: Compiler, arg: Node) -> None:
    if isinstance(arg, Property):
        _moment_field(compiler, arg)
    elif not isinstance(arg, (Date, Timestamp, Interval)):
        raise FilterRefused(
            "المطلوب هنا وقت: خاصية زمنية أو DATE أو TIMESTAMP أو INTERVAL.",
            "A time is needed here: a property that is one, DATE, TIMESTAMP or INTERVAL.",
            what="wrong_type",
            where=arg.at,
            todo_ar="اكتب مثل DATE('2026-11-22')",
            todo_en="Write it as in DATE('2026-11-22')",
        )


def _moment_field(compiler: Compiler, arg: Property) -> str:
    is_time = arg.name != compiler.geometry_name and compiler.field(arg).kind in ("datetime", "date")
    if not is_time:
        raise FilterRefused(
            f"{short(arg.name)} ليست خاصية زمنية.",
            f"{short(arg.name)} is no property of time.",
            what="wrong_type",
            where=arg.at,
            todo_ar="استعمل begin_lifespan_version أو end_lifespan_version",
            todo_en="Use begin_lifespan_version or end_lifespan_version",
        )
    return compiler.column(arg.name)


def _refused(node: Operation, ar: str, en: str) -> FilterRefused:
    name = node.name.upper()
    return FilterRefused(
        f"الدالة {name} {ar}.", f"{name} {en}.", what="wrong_type", where=node.at, todo_ar="صحّحها.", todo_en=""
    )


# Ends ---------------------------------------------------------------------------------------------------------------


def _by_day(compiler: Compiler, *operands: Node) -> bool:
    ends = [e for o in operands for e in ((o.start, o.end) if isinstance(o, Interval) else (o,))]
    return any(isinstance(e, Date) or _is_day(compiler, e) for e in ends)


def _is_day(compiler: Compiler, end: Node | Open) -> bool:
    return isinstance(end, Property) and end.name != compiler.geometry_name and compiler.field(end).kind == "date"


def _ends(compiler: Compiler, operand: Node) -> tuple[_End, _End]:
    if isinstance(operand, Interval):
        return _end(compiler, operand.start, -1), _end(compiler, operand.end, 1)
    end = _end(compiler, operand, 0)
    return end, end


def _end(compiler: Compiler, end: Node | Open, side: int) -> _End:
    if isinstance(end, Open):
        return _End("infinity", "-infinity" if side < 0 else "infinity")
    if isinstance(end, Date):
        return _End("day", compiler.param(end.value.isoformat(), "date"))
    if isinstance(end, Timestamp):
        return _End("moment", compiler.param(end.value.isoformat(), "timestamptz"))
    if not isinstance(end, Property):
        raise TypeError(end)
    column = _moment_field(compiler, end)
    if _is_day(compiler, end):
        return _End("day", column)
    if side > 0 and end.name == OPEN_ENDED:
        return _End("column", f"COALESCE({column}, 'infinity'::timestamptz)")
    return _End("column", column)


def _compare(compiler: Compiler, one: _End, sign: str, other: _End, *, by_day: bool) -> str:
    if not by_day:
        return f"({_moment(one)} {sign} {_moment(other)})"
    if one.kind != "column" and other.kind == "column":
        return _compare(compiler, other, _FLIPPED[sign], one, by_day=True)
    if one.kind == "column" and other.kind == "infinity":
        return f"({one.sql} {sign} {_moment(other)})"
    if one.kind == "column" and other.kind != "column":
        return _with_day(compiler, one.sql, sign, _day(compiler, other))
    return f"({_day(compiler, one)} {sign} {_day(compiler, other)})"


def _moment(end: _End) -> str:
    return f"'{end.sql}'::timestamptz" if end.kind == "infinity" else end.sql


def _day(compiler: Compiler, end: _End) -> str:
    if end.kind == "infinity":
        return f"'{end.sql}'::date"
    return end.sql if end.kind == "day" else f"({end.sql} AT TIME ZONE {_zone(compiler)})::date"


def _zone(compiler: Compiler) -> str:
    compiler.params["flt_zone"] = compiler.zone
    return "%(flt_zone)s"


def _with_day(compiler: Compiler, column: str, sign: str, day: str) -> str:
    """Return how a moment's day compares with a day, as comparisons of the moment itself."""
    start = f"({day}::timestamp AT TIME ZONE {_zone(compiler)})"
    following = f"(({day} + 1)::timestamp AT TIME ZONE {_zone(compiler)})"
    match sign:
        case "<" | ">=":
            return f"({column} {sign} {start})"
        case "<=":
            return f"({column} < {following})"
        case ">":
            return f"({column} >= {following})"
        case "=":
            return f"({column} >= {start} AND {column} < {following})"
        case _:
            return f"({column} < {start} OR {column} >= {following})"
