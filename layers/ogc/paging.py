"""The order of features and the place in it: ``sortby``, and cursors that stay right with ties and missing values.

A page begins after the last row of the one before, found by an index, so the millionth page costs what the first one
does. A cursor holds the sort values and the key of that row; it is signed, and says which query it belongs to.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.core import signing

from layers.files.mapping import LayerField
from layers.problems import Problem, bad_parameter, shown
from layers.relation import CASTS

__all__ = ["Cursor", "SortKey", "after", "fingerprint", "order", "read_cursor", "read_order", "write_cursor"]

_MOST_KEYS: Final = 8
_SALT: Final = "layers.ogc.cursor"


@dataclass(frozen=True)
class SortKey:
    """One field of the order. Missing values come last in both directions."""

    name: str
    cast: str
    is_descending: bool = False


@dataclass(frozen=True)
class Cursor:
    """The row that a page begins after (or, going backwards, ends before): its sort values as text, and its key."""

    values: tuple[str | None, ...]
    key: int
    is_backward: bool = False


def read_order(text: str, fields: Sequence[LayerField], parameter: str = "sortby") -> tuple[SortKey, ...]:
    """Return the order that ``sortby`` asks for: names with + (ascending, the default) or - before them.

    An unescaped + arrives as a space and is read as one.

    Raises
    ------
    Problem
        400: a field that the layer does not have, or not for this reader; one named twice; too many.
    """
    known = {field.name: field for field in fields}
    keys: list[SortKey] = []
    for word in text.split(","):
        name = word[1:] if word[:1] in ("+", "-", " ") else word
        if name not in known:
            listed = ", ".join(known)
            raise bad_parameter(
                parameter,
                f"لا حقل باسم «{shown(name)}» يُرتَّب به. الحقول: {listed}.",
                f"there is no field “{shown(name)}” to sort by. Fields: {listed}.",
            )
        if any(key.name == name for key in keys):
            raise bad_parameter(parameter, f"تكرر الحقل «{name}».", f"the field “{name}” is named twice.")
        keys.append(SortKey(name, CASTS[known[name].kind], word[:1] == "-"))
    if len(keys) > _MOST_KEYS:
        raise bad_parameter(
            parameter, f"لا يزيد الترتيب على {_MOST_KEYS} حقول.", f"at most {_MOST_KEYS} fields can be sorted by."
        )
    return tuple(keys)


def order(keys: Sequence[SortKey], *, backward: bool = False, columns: Sequence[str] = ()) -> str:
    """Return the ORDER BY list over the relation ``r``; the key ends it, so that no two rows are equal in it.

    ``columns`` are the names of the sort values where they are not the fields' own.
    """
    parts = []
    for key, column in zip(keys, columns or [key.name for key in keys], strict=True):
        descending = key.is_descending != backward
        parts.append(f"r.{column} {'DESC' if descending else 'ASC'} NULLS {'FIRST' if backward else 'LAST'}")
    return ", ".join([*parts, f"r.id {'DESC' if backward else 'ASC'}"])


def after(keys: Sequence[SortKey], cursor: Cursor) -> tuple[str, dict[str, Any]]:
    """Return the condition that a row comes after a cursor (before it, going backwards), and its values."""
    params: dict[str, Any] = {"cursor_key": cursor.key}
    alternatives: list[str] = []
    equal: list[str] = []
    for n, (key, value) in enumerate(zip(keys, cursor.values, strict=True)):
        column, given = f"r.{key.name}", f"%(cursor_{n})s::{key.cast}"
        params[f"cursor_{n}"] = value
        beyond = _beyond(key, column, given, value is None, cursor.is_backward)
        if beyond:
            alternatives.append(" AND ".join([*equal, beyond]))
        equal.append(f"{column} IS NULL" if value is None else f"{column} = {given}")
    last = "r.id < %(cursor_key)s" if cursor.is_backward else "r.id > %(cursor_key)s"
    alternatives.append(" AND ".join([*equal, last]))
    return "(" + " OR ".join(f"({one})" for one in alternatives) + ")", params


def _beyond(key: SortKey, column: str, given: str, is_null: bool, backward: bool) -> str:
    """Return the condition that a value comes strictly later in the order than the cursor's; "" where none can."""
    if is_null:
        return f"{column} IS NOT NULL" if backward else ""
    comparison = f"{column} {'<' if key.is_descending != backward else '>'} {given}"
    return comparison if backward else f"({comparison} OR {column} IS NULL)"


# Cursors ------------------------------------------------------------------------------------------------------------


def fingerprint(layer: str, query: Mapping[str, str], ignoring: Iterable[str]) -> str:
    """Return what tells one query from another: everything that chooses or orders features, nothing that shows them."""
    left_out = set(ignoring)
    kept = [layer, *sorted((name, value) for name, value in query.items() if name not in left_out)]
    return hashlib.blake2b(json.dumps(kept).encode(), digest_size=6).hexdigest()


def write_cursor(cursor: Cursor, query: str) -> str:
    """Return a cursor as clients carry it, bound to the query with that fingerprint."""
    return signing.Signer(salt=_SALT).sign_object([query, cursor.is_backward, cursor.key, *cursor.values])


def read_cursor(text: str, query: str, keys: Sequence[SortKey], parameter: str = "cursor") -> Cursor:
    """Return the cursor that a client carried here.

    Raises
    ------
    Problem
        400: not one of ours, or of another query.
    """
    try:
        found, backward, key, *values = signing.Signer(salt=_SALT).unsign_object(text)
    except (signing.BadSignature, ValueError, TypeError):
        raise _foreign(parameter) from None
    if found != query or len(values) != len(keys):
        raise _foreign(parameter)
    return Cursor(tuple(values), int(key), bool(backward))


def _foreign(parameter: str) -> Problem:
    return bad_parameter(
        parameter,
        "لا يعود هذا الموضع إلى هذا الاستعلام. ابدأ من الصفحة الأولى واتبع روابط next كما هي.",
        "this place does not belong to this query. Begin at the first page and follow the next links as they are.",
    )
