"""How large a filter may be. Checked before anything that could be slow or deep is asked to read it."""

from __future__ import annotations

from typing import Final

from .errors import FilterRefused

__all__ = [
    "DEPTH",
    "DIGITS",
    "EXPONENT",
    "LITERAL_LENGTH",
    "NODES",
    "TEXT_LENGTH",
    "VERTICES",
    "check_nesting",
    "check_size",
]

TEXT_LENGTH: Final = 20_000
"""Characters of a filter, as text or as JSON."""

DEPTH: Final = 64
"""Levels: of brackets in what was written, and of operations in the tree."""

NODES: Final = 2_000
"""Operations, properties and values of a tree; the values of a list count each."""

VERTICES: Final = 2_000
"""Vertices of all geometries of a filter together."""

LITERAL_LENGTH: Final = 1_000
"""Characters of one text value or pattern: twice what a text field holds."""

DIGITS: Final = 40
EXPONENT: Final = 100
"""Digits of a number, and the largest power of ten of it: PostgreSQL compares such numbers with any column."""


def check_size(text: str) -> None:
    """Refuse a filter that is too long to be read at all, or holds what no text may hold."""
    if len(text) > TEXT_LENGTH:
        raise FilterRefused(
            f"المرشح طويل جدًا ({len(text)} حرفًا)؛ الحد الأعلى {TEXT_LENGTH}.",
            f"The filter is too long ({len(text)} characters); the limit is {TEXT_LENGTH}.",
            what="too_long",
            todo_ar="بسّط الأشكال الهندسية أو قسّم الطلب.",
            todo_en="Simplify its geometries, or ask in several requests.",
        )
    for at, character in enumerate(text):
        if character == "\0" or "\ud800" <= character <= "\udfff":
            raise bad_character(at)


def bad_character(at: int | str) -> FilterRefused:
    """Return the refusal of a character that no text of the database can hold."""
    return FilterRefused(
        "في المرشح حرف لا يجوز في أي نص (NUL أو نصف زوج بديل).",
        "The filter holds a character that no text may hold (NUL or half of a surrogate pair).",
        what="bad_value",
        where=at,
        todo_ar="احذفه.",
        todo_en="Take it out.",
    )


def too_deep(at: int | str) -> FilterRefused:
    """Return the refusal of a filter that is nested too deeply."""
    return FilterRefused(
        f"تداخل الأقواس والعمليات أعمق من {DEPTH} مستوى.",
        f"Brackets and operations are nested more than {DEPTH} levels deep.",
        what="too_deep",
        where=at,
        todo_ar="اكتب الشروط المتتابعة بلا أقواس إضافية، أو استعمل IN.",
        todo_en="Write conditions in a row without extra brackets, or use IN.",
    )


def check_nesting(text: str, quotes: str, opening: str, closing: str, escape: str) -> None:
    """Refuse brackets nested too deeply, without recursion; brackets inside ``quotes`` do not count."""
    depth = 0
    quote = ""
    skip = False
    for at, character in enumerate(text):
        if skip:
            skip = False
        elif quote:
            if character == escape:
                skip = True
            elif character == quote:
                quote = ""
        elif character in quotes:
            quote = character
        elif character in opening:
            depth += 1
            if depth > DEPTH:
                raise too_deep(at)
        elif character in closing:
            depth -= 1
