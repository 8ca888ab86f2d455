"""What a client asks for, read from the query and checked before anything reaches the database.

A parameter that a resource does not have is refused (Part 1, /req/core/query-param-unknown); a field that the asker may
not see is such a parameter.
"""

from __future__ import annotations

import math
import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final, cast

from django.http import QueryDict
from shapely.geometry.base import BaseGeometry

from layers.files.mapping import LayerField
from layers.ogc import paging
from layers.ogc.boxes import read_box
from layers.ogc.crs import CRS84, Crs, crs_named
from layers.ogc.filters import Filter, FilterRefused, Language, parse
from layers.ogc.moments import PRESENT, Moment, read_instant, read_moment
from layers.problems import Problem, bad_parameter, shown
from layers.relation import CASTS

__all__ = [
    "DEFAULT_LIMIT",
    "FEATURE_PARAMETERS",
    "ITEMS_PARAMETERS",
    "MAX_LIMIT",
    "ItemsQuery",
    "plain_query",
    "read_feature",
    "read_items",
]

DEFAULT_LIMIT: Final = 10
MAX_LIMIT: Final = 10_000
_LONGEST: Final = 10_000
"""Characters of a parameter's value: room for a filter, not for a file."""

COMMON: Final = ("f", "lang")
FEATURE_PARAMETERS: Final = ("crs", "datetime", "properties", "skipGeometry", *COMMON)
ITEMS_PARAMETERS: Final = (
    "limit",
    "bbox",
    "bbox-crs",
    "datetime",
    "filter",
    "filter-lang",
    "filter-crs",
    "sortby",
    "crs",
    "properties",
    "skipGeometry",
    "cursor",
    "resultType",
    *COMMON,
)
# What shows the same features otherwise; a cursor stays good when they change.
_SHOWING: Final = ("limit", "crs", "properties", "skipGeometry", "cursor", "resultType", *COMMON)

_WHOLE: Final = re.compile(r"\d{1,9}", re.A)
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.A)
_NUMBER: Final = re.compile(r"[+-]?(\d{1,40}(\.\d{0,40})?|\.\d{1,40})([eE][+-]?\d{1,3})?", re.A)
_BIGGEST: Final = Decimal(10) ** 308


@dataclass(frozen=True)
class ItemsQuery:
    """A checked question for features. ``box`` counts only with ``has_box``: a box of None holds nothing."""

    fields: tuple[LayerField, ...]
    shown_fields: tuple[LayerField, ...]
    crs: Crs = CRS84
    limit: int = DEFAULT_LIMIT
    has_box: bool = False
    box: BaseGeometry | None = None
    moment: Moment = PRESENT
    equals: tuple[tuple[LayerField, Any], ...] = ()
    sort: tuple[paging.SortKey, ...] = ()
    cursor: paging.Cursor | None = None
    has_geometry: bool = True
    is_count: bool = False
    fingerprint: str = ""
    filter: Filter | None = None

    @property
    def is_whole_layer(self) -> bool:
        """True where nothing chooses among the current features."""
        return not (self.has_box or self.equals or self.filter or self.moment.at or self.moment.during)


def plain_query(query: QueryDict, known: Iterable[str]) -> dict[str, str]:
    """Return the query's parameters, each once.

    Raises
    ------
    Problem
        400: unknown, repeated or overlong, or with a character that no value has.
    """
    names = tuple(known)
    plain: dict[str, str] = {}
    for name, values in query.lists():
        if name not in names:
            raise _unknown(name, names)
        if len(values) > 1:
            raise bad_parameter(name, "ذُكر أكثر من مرة؛ اذكره مرة واحدة.", "is given more than once; give it once.")
        if len(values[0]) > _LONGEST:
            raise bad_parameter(name, f"أطول من {_LONGEST} حرف.", f"is longer than {_LONGEST} characters.")
        if "\x00" in values[0]:
            raise bad_parameter(name, "فيه محرف صفري (NUL).", "holds a NUL character.")
        plain[name] = values[0]
    return plain


def _unknown(name: str, known: Sequence[str]) -> Problem:
    listed = ", ".join(known)
    return bad_parameter(name, f"غير معروف هنا. المعروف: {listed}.", f"is not known here. Known: {listed}.")


def read_items(layer_code: str, query: QueryDict, fields: Sequence[LayerField]) -> ItemsQuery:
    """Return the question that the parameters of ``/items`` ask, over the fields that the asker may see."""
    names = [field.name for field in fields if field.name not in ITEMS_PARAMETERS]
    plain = plain_query(query, (*ITEMS_PARAMETERS, *names))
    sort = paging.read_order(plain["sortby"], fields) if "sortby" in plain else ()
    mark = paging.fingerprint(layer_code, plain, _SHOWING)
    box_crs = crs_named(plain["bbox-crs"], "bbox-crs") if "bbox-crs" in plain else CRS84
    return ItemsQuery(
        fields=tuple(fields),
        shown_fields=_shown_fields(plain, fields),
        crs=crs_named(plain["crs"], "crs") if "crs" in plain else CRS84,
        limit=_limit(plain),
        has_box="bbox" in plain,
        box=read_box(plain["bbox"], box_crs) if "bbox" in plain else None,
        moment=read_moment(plain["datetime"]) if "datetime" in plain else PRESENT,
        equals=tuple(
            (field, _value(field, plain[field.name])) for field in fields if field.name in plain.keys() & names
        ),
        sort=sort,
        cursor=paging.read_cursor(plain["cursor"], mark, sort) if "cursor" in plain else None,
        has_geometry=not _flag(plain, "skipGeometry"),
        is_count=_choice(plain, "resultType", ("results", "hits")) == "hits",
        fingerprint=mark,
        filter=_filter(plain, fields),
    )


def read_feature(query: QueryDict, fields: Sequence[LayerField]) -> ItemsQuery:
    """Return how one feature is to be shown, and as of when."""
    plain = plain_query(query, FEATURE_PARAMETERS)
    return ItemsQuery(
        fields=tuple(fields),
        shown_fields=_shown_fields(plain, fields),
        crs=crs_named(plain["crs"], "crs") if "crs" in plain else CRS84,
        limit=1,
        moment=Moment(at=_one_moment(plain["datetime"])) if "datetime" in plain else PRESENT,
        has_geometry=not _flag(plain, "skipGeometry"),
    )


def _one_moment(text: str) -> Any:
    """Return the moment of a feature: an instant, since one feature has one state."""
    moment = read_moment(text)
    if "/" in text:
        raise bad_parameter(
            "datetime",
            "يُطلب معلم واحد في لحظة واحدة، لا في فترة.",
            "one feature is asked for at one moment, not over an interval.",
        )
    return moment.at or read_instant(text, "datetime")


# One parameter each -------------------------------------------------------------------------------------------------


def _limit(plain: Mapping[str, str]) -> int:
    """Return how many features a page holds; more than the most is the most (Part 1, /req/core/fc-limit-response-1)."""
    text = plain.get("limit", str(DEFAULT_LIMIT)).strip()
    digits = text.lstrip("+").lstrip("0") if text.lstrip("+").isascii() and text.lstrip("+").isdigit() else ""
    if not digits:
        raise bad_parameter(
            "limit",
            f"«{shown(text)}» ليس عددًا صحيحًا من 1 إلى {MAX_LIMIT}.",
            f"“{shown(text)}” is not a whole number from 1 to {MAX_LIMIT}.",
        )
    return min(int(digits), MAX_LIMIT) if _WHOLE.fullmatch(digits) else MAX_LIMIT


def _shown_fields(plain: Mapping[str, str], fields: Sequence[LayerField]) -> tuple[LayerField, ...]:
    if "properties" not in plain:
        return tuple(fields)
    known = {field.name: field for field in fields}
    wanted = [word for word in plain["properties"].split(",") if word]
    for name in wanted:
        if name not in known:
            listed = ", ".join(known)
            raise bad_parameter(
                "properties",
                f"لا حقل باسم «{shown(name)}». الحقول: {listed}.",
                f"there is no field “{shown(name)}”. Fields: {listed}.",
            )
    return tuple(field for field in fields if field.name in wanted)


def _filter(plain: Mapping[str, str], fields: Sequence[LayerField]) -> Filter | None:
    """Return the condition of ``filter``; its language and its CRS are checked also where there is none."""
    language = cast(Language, _choice(plain, "filter-lang", ("cql2-text", "cql2-json")))
    crs = crs_named(plain["filter-crs"], "filter-crs") if "filter-crs" in plain else CRS84
    if "filter" not in plain:
        return None
    try:
        return parse(plain["filter"], language, fields, filter_srid=crs.srid, is_yx=crs.is_north_first)
    except FilterRefused as refused:
        raise bad_parameter("filter", refused.text("ar"), refused.text("en")) from refused


def _flag(plain: Mapping[str, str], name: str) -> bool:
    return _choice(plain, name, ("false", "true")) == "true"


def _choice(plain: Mapping[str, str], name: str, choices: tuple[str, ...]) -> str:
    value = plain.get(name, choices[0])
    if value not in choices:
        listed = ", ".join(choices)
        raise bad_parameter(name, f"«{shown(value)}» ليس من: {listed}.", f"“{shown(value)}” is none of: {listed}.")
    return value


def _value(field: LayerField, text: str) -> Any:
    """Return the value that a field is compared with, as the database takes it."""
    if field.kind == "text":
        return text
    if field.kind == "datetime":
        return read_instant(text, field.name)
    if field.kind == "date":
        return _day(field, text)
    try:
        if field.kind == "uuid":
            return str(uuid.UUID(text))
        if _NUMBER.fullmatch(text) is None:
            raise ValueError(text)
        number = Decimal(text)
        if abs(number) > _BIGGEST or not math.isfinite(float(number)):
            raise ValueError(text)
        # As a float what is too small for one is 0 here, not a fault of the database.
        return float(number) if field.kind == "float" else number
    except ValueError:
        kind = ("معرّفًا (UUID)", "an identifier (UUID)") if field.kind == "uuid" else ("عددًا", "a number")
        raise bad_parameter(
            field.name, f"«{shown(text)}» ليس {kind[0]}.", f"“{shown(text)}” is not {kind[1]}."
        ) from None


def _day(field: LayerField, text: str) -> date:
    try:
        if _DAY.fullmatch(text) is None:
            raise ValueError(text)
        return date.fromisoformat(text)
    except ValueError:
        raise bad_parameter(
            field.name,
            f"«{shown(text)}» ليس يومًا مثل 2026-05-01.",
            f"“{shown(text)}” is not a day such as 2026-05-01.",
        ) from None


def comparison(field: LayerField, parameter: str) -> str:
    """Return the condition that a field equals a parameter; a whole number is compared as one with decimals."""
    cast = "numeric" if field.kind in ("integer", "decimal") else CASTS[field.kind]
    return f"r.{field.name} = %({parameter})s::{cast}"
