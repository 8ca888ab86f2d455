"""What is wrong with the types of a filter, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from .errors import FilterRefused, short
from .text import no_lists
from .tree import Boolean, Node, Number, Operation, Property, Text

__all__ = ["Type", "not_comparable", "shown", "unknown_function", "unlike", "wrong_arguments", "wrong_type"]

Type = Literal["text", "number", "boolean", "moment", "interval", "geometry"]

_NAMES: Final[Mapping[Type, tuple[str, str]]] = {
    "text": ("نص", "a text"),
    "number": ("عدد", "a number"),
    "boolean": ("شرط", "a condition"),
    "moment": ("وقت", "a time"),
    "interval": ("فترة", "an interval"),
    "geometry": ("شكل هندسي", "a geometry"),
}


def wrong_type(node: Node, found: Type, wanted: Type) -> FilterRefused:
    """Return the refusal of something of one type where another is needed."""
    is_lone = wanted == "boolean" and found != "boolean"
    return FilterRefused(
        f"{shown(node)} {_NAMES[found][0]}، والمطلوب هنا {_NAMES[wanted][0]}.",
        f"{shown(node)} is {_NAMES[found][1]}; {_NAMES[wanted][1]} is needed here.",
        what="wrong_type",
        where=node.at,
        todo_ar="قارنها بقيمة، مثل: land_use = 'سكني'" if is_lone else "",
        todo_en="Compare it with a value, as in: land_use = 'residential'" if is_lone else "",
    )


def unlike(node: Operation, left: Node, one: Type, right: Node, other: Type) -> FilterRefused:
    """Return the refusal of a comparison of two types."""
    todo_ar, todo_en = "قارن قيمتين من نوع واحد.", "Compare two values of one type."
    if {one, other} == {"text", "number"}:
        todo_ar, todo_en = (
            "اكتب النص بين علامتين مثل '12' والعدد بلا علامات.",
            ("Write a text in quotes, as in '12', and a number without."),
        )
    elif {one, other} == {"text", "moment"}:
        todo_ar, todo_en = "اكتب الوقت DATE('2026-11-22')", "Write a time as DATE('2026-11-22')"
    return FilterRefused(
        f"لا يقارن {shown(left)} ({_NAMES[one][0]}) مع {shown(right)} ({_NAMES[other][0]}).",
        f"{shown(left)} ({_NAMES[one][1]}) cannot be compared with {shown(right)} ({_NAMES[other][1]}).",
        what="wrong_type",
        where=node.at,
        todo_ar=todo_ar,
        todo_en=todo_en,
    )


def not_comparable(node: Operation, kind: Type) -> FilterRefused:
    """Return the refusal of an operation that has no meaning for a type."""
    instead = {
        "geometry": ("استعمل S_INTERSECTS ونظائرها.", "Use S_INTERSECTS and its like."),
        "interval": ("استعمل T_INTERSECTS ونظائرها.", "Use T_INTERSECTS and its like."),
    }.get(kind, ("استعمل = أو <>.", "Use = or <>."))
    return FilterRefused(
        f"العملية {node.name} لا تصلح بين قيمتين من نوع {_NAMES[kind][0]}.",
        f"{node.name} has no meaning between two values of the type {_NAMES[kind][1].split(' ', 1)[1]}.",
        what="wrong_type",
        where=node.at,
        todo_ar=instead[0],
        todo_en=instead[1],
    )


def wrong_arguments(node: Operation, ar: str, en: str) -> FilterRefused:
    """Return the refusal of a wrong number of arguments."""
    return FilterRefused(
        f"معطيات {node.name.upper()}: {ar}.",
        f"{node.name.upper()} takes {en}.",
        what="syntax",
        where=node.at,
        todo_ar="صحّح عددها.",
        todo_en="Correct their number.",
    )


def unknown_function(node: Operation) -> FilterRefused:
    """Return the refusal of a function that does not exist."""
    if node.name.lower().startswith("a_"):
        return no_lists(node.at)
    return FilterRefused(
        f'لا توجد دالة باسم "{short(node.name)}".',
        f'There is no function "{short(node.name)}".',
        what="unknown_function",
        where=node.at,
        todo_ar="الدوال المتاحة: CASEI وACCENTI وS_… وT_…",
        todo_en="The functions: CASEI, ACCENTI, S_… and T_…",
    )


def shown(node: Node) -> str:
    """Return an operand as a message names it."""
    match node:
        case Property():
            return short(node.name)
        case Text():
            return f"'{short(node.value, 24)}'"
        case Number():
            return short(str(node.value), 24)
        case Boolean():
            return "TRUE" if node.value else "FALSE"
        case Operation():
            return short(node.name.upper(), 24)
        case _:
            return type(node).__name__.upper()
