"""CQL2 text into a tree.

Lark reads it by the grammar beside this file (ADR 0028): LALR(1), so the time is linear in the text and nothing
recurses, however it is nested; nodes are made while it reads.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from lark import Lark, Token, Transformer, UnexpectedCharacters, UnexpectedInput, UnexpectedToken, v_args

from . import literals
from .errors import FilterRefused, short
from .limits import check_nesting, check_size
from .names import BY_TEXT
from .tree import (
    Boolean,
    Box,
    Date,
    Interval,
    Node,
    Number,
    Open,
    Operation,
    Place,
    Property,
    Shape,
    Text,
    Timestamp,
    operation,
)

__all__ = ["read_text"]

_CONTROL: Final = {"a": "\a", "b": "\b", "t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r"}


def read_text(source: str) -> Node:
    """Return the tree of a filter in CQL2 text.

    Raises
    ------
    FilterRefused
        Anything that is not CQL2, or beyond the limits; the place is the character at fault.
    """
    check_size(source)
    check_nesting(source, "'\"", "(", ")", "\\")
    try:
        found: Any = _parser().parse(source)
    except UnexpectedInput as error:
        raise _syntax(source, error) from None
    if not isinstance(found, Node):  # a lone list of arguments cannot be written by the grammar
        raise TypeError(found)
    return found


@lru_cache(maxsize=1)
def _parser() -> Lark:
    grammar = (Path(__file__).parent / "cql2.lark").read_text(encoding="utf-8")
    return Lark(grammar, parser="lalr", lexer="contextual", transformer=_Nodes())


def _syntax(source: str, error: UnexpectedInput) -> FilterRefused:
    at = error.pos_in_stream if isinstance(error, UnexpectedCharacters) else None
    if isinstance(error, UnexpectedToken) and error.token.type != "$END":
        at = error.token.start_pos
    if at is None or at >= len(source.rstrip()):
        return FilterRefused(
            "المرشح ناقص: ينتهي قبل أن يكتمل الشرط.",
            "The filter is not complete: it ends in the middle of a condition.",
            what="syntax",
            where=len(source),
            todo_ar="أكمل الشرط، مثل: land_use = 'سكني'",
            todo_en="Finish the condition, as in: land_use = 'residential'",
        )
    todo_ar, todo_en = _hint(source, at)
    rest = short(source[at:], 20)
    return FilterRefused(
        f"لا يُقرأ المرشح من هنا: {rest}",
        f"The filter cannot be read from here on: {rest}",
        what="syntax",
        where=at,
        todo_ar=todo_ar,
        todo_en=todo_en,
    )


def _hint(source: str, at: int) -> tuple[str, str]:
    rest = source[at:]
    if source.lstrip().startswith(("{", "[")):
        return "هذا JSON: أضف filter-lang=cql2-json", "This is JSON: add filter-lang=cql2-json"
    if rest.startswith("'") or source[max(0, at - 1) : at] == "'":
        return (
            "النص غير مغلق أو أُغلق قبل تمامه: اكتب ' في داخله مرتين ('').",
            "A text is not closed, or closed too early: write a ' inside it twice ('').",
        )
    if rest.startswith(("!=", "==")) or (rest.startswith("=") and source[max(0, at - 1) : at] in ("=", "!")):
        return "اكتب = للمساواة و<> لعدمها.", "Write = for equal and <> for not equal."
    return "اكتب CQL2 مثل: land_use = 'سكني' AND official_area_m2 > 600", (
        "Write CQL2, as in: land_use = 'residential' AND official_area_m2 > 600"
    )


def _unescape(token: Token) -> str:
    """Return the text inside quotes: ``''`` and ``\\'`` are a quote, ``\\n`` and its like control characters.

    A backslash before any other letter stays, so that ``'100\\%'`` is the pattern it looks like; two are one.
    """
    inside = token[1:-1].replace("''", "'")
    if "\\" not in inside:
        return inside
    made: list[str] = []
    letters = iter(inside)
    for letter in letters:
        if letter != "\\":
            made.append(letter)
            continue
        following = next(letters, "")
        made.append(following if following in ("'", "\\") else _CONTROL.get(following, "\\" + following))
    return "".join(made)


class _Array(tuple[Node, ...]):
    """A list in the arguments of a function; no function that is understood takes one."""


@v_args(inline=True)
class _Nodes(Transformer[Token, Any]):
    """Makes nodes while the parser reads; holds nothing, so threads share it."""

    def disjunction(self, *args: Node) -> Operation:
        return operation("or", args, _place(args[0]))

    def conjunction(self, *args: Node) -> Operation:
        return operation("and", args, _place(args[0]))

    def negation(self, sign: Token, arg: Node) -> Operation:
        return operation("not", (arg,), _at(sign))

    def comparison(self, left: Node, sign: Token, right: Node) -> Operation:
        return operation(str(sign), (left, right), _at(sign))

    def like(self, left: Node, sign: Token, right: Node) -> Operation:
        return operation("like", (left, right), _at(sign))

    def not_like(self, left: Node, sign: Token, word: Token, right: Node) -> Operation:
        return operation("not", (self.like(left, word, right),), _at(sign))

    def between(self, value: Node, word: Token, low: Node, high: Node) -> Operation:
        return operation("between", (value, low, high), _at(word))

    def not_between(self, value: Node, sign: Token, word: Token, low: Node, high: Node) -> Operation:
        return operation("not", (self.between(value, word, low, high),), _at(sign))

    def items(self, *items: Node) -> _Array:
        return _Array(items)

    def within_list(self, value: Node, word: Token, items: _Array) -> Operation:
        return operation("in", (value, *items), _at(word))

    def not_within_list(self, value: Node, sign: Token, word: Token, items: _Array) -> Operation:
        return operation("not", (self.within_list(value, word, items),), _at(sign))

    def null(self, value: Node, word: Token) -> Operation:
        return operation("isNull", (value,), _at(word))

    def not_null(self, value: Node, word: Token, sign: Token) -> Operation:
        return operation("not", (self.null(value, word),), _at(sign))

    def arithmetic(self, left: Node, sign: Token, right: Node) -> Operation:
        return operation(str(sign).lower(), (left, right), _at(sign))

    def minus(self, sign: Token, value: Node) -> Node:
        if isinstance(value, Number):
            return Number(-value.value, _at(sign))
        return operation("*", (Number(-1, _at(sign)), value), _at(sign))

    def plus(self, sign: Token, value: Token) -> Number:
        return self.number(value)

    def property(self, name: Token) -> Property:
        return Property(str(name), _at(name))

    def quoted_property(self, name: Token) -> Property:
        return Property(str(name[1:-1]), _at(name))

    def text(self, token: Token) -> Text:
        return literals.text(_unescape(token), _at(token))

    def number(self, token: Token) -> Number:
        return literals.number(str(token), _at(token))

    def true(self, token: Token) -> Boolean:
        return Boolean(True, _at(token))

    def false(self, token: Token) -> Boolean:
        return Boolean(False, _at(token))

    def array(self, *items: Node) -> _Array:
        return _Array(items)

    def position(self, *numbers: Token) -> tuple[float, ...]:
        return tuple(float(n) for n in numbers)

    def coordinates(self, *parts: Any) -> list[Any]:
        return list(parts)

    def shape(self, kind: Token, coordinates: list[Any]) -> Shape:
        known = kind.lower()
        if known == "point":
            return literals.shape(known, coordinates[0] if len(coordinates) == 1 else coordinates, _at(kind))
        if known == "multipoint":
            coordinates = [p[0] if isinstance(p, list) and len(p) == 1 else p for p in coordinates]
        return literals.shape(known, coordinates, _at(kind))

    def collection(self, kind: Token, *parts: Shape) -> Shape:
        return literals.shape(str(kind), None, _at(kind), parts)

    def call(self, name: Token, *given: Any) -> Node:
        args = tuple(a for a in given if a is not None)
        at = _at(name)
        maker = _CONSTRUCTORS.get(name.lower())
        if maker is not None:
            return maker(args, at)
        if any(isinstance(a, _Array) for a in args):
            raise no_lists(at)
        return operation(BY_TEXT.get(name.lower(), str(name)), args, at)


def no_lists(at: Place) -> FilterRefused:
    """Return the refusal of a list: no property of ours is one, so the array functions are not offered."""
    return FilterRefused(
        "دوال القوائم (A_…) غير متاحة: ليس في الطبقات خاصية من نوع قائمة.",
        "The array functions (A_…) are not offered: no property of a layer is a list.",
        what="not_supported",
        where=at,
        todo_ar="استعمل IN لقائمة من القيم.",
        todo_en="Use IN for a list of values.",
    )


def _at(token: Token) -> int:
    return token.start_pos or 0


def _place(node: Node) -> Place:
    return node.at


# What looks like a function and is a value --------------------------------------------------------------------------


def _bad_call(form: str, at: Place) -> FilterRefused:
    return FilterRefused(
        f"تُكتب هكذا: {form}", f"It is written {form}", what="syntax", where=at, todo_ar="صحّحها.", todo_en="Correct it."
    )


def _date(args: tuple[Any, ...], at: Place) -> Date:
    if len(args) != 1 or not isinstance(args[0], Text):
        raise _bad_call("DATE('2026-11-22')", at)
    return literals.date(args[0].value, args[0].at)


def _timestamp(args: tuple[Any, ...], at: Place) -> Timestamp:
    if len(args) != 1 or not isinstance(args[0], Text):
        raise _bad_call("TIMESTAMP('2026-11-22T09:30:00Z')", at)
    return literals.timestamp(args[0].value, args[0].at)


def _end(arg: Any, at: Place) -> Property | Date | Timestamp | Open:
    if isinstance(arg, Text):
        return literals.instant(arg.value, arg.at)
    if isinstance(arg, (Property, Date, Timestamp)):
        return arg
    raise _bad_call("INTERVAL('2026-01-01', '..')", at)


def _interval(args: tuple[Any, ...], at: Place) -> Interval:
    if len(args) != 2:
        raise _bad_call("INTERVAL('2026-01-01', '..')", at)
    return literals.interval(_end(args[0], at), _end(args[1], at), at)


def _box(args: tuple[Any, ...], at: Place) -> Box:
    if not all(isinstance(a, Number) for a in args):
        raise _bad_call("BBOX(50.0, 26.3, 50.2, 26.5)", at)
    return literals.box([a.value for a in args], at)


_CONSTRUCTORS: Final[Mapping[str, Callable[[tuple[Any, ...], Place], Node]]] = {
    "date": _date,
    "timestamp": _timestamp,
    "interval": _interval,
    "bbox": _box,
}
