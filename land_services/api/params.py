"""What a request may hold, member by member: the reader and the OpenAPI document are both made from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from django.utils import timezone
from django.utils.dateparse import parse_datetime

from land_services.catalogue.forms import day_of
from land_services.deeds import area_of
from land_services.views.uploads import plain_text
from layers.problems import Problem, shown

__all__ = ["LONG", "Param", "object_schema", "read_members"]

SHORT, LONG, MOST_ITEMS = 200, 4000, 100
MOST_AREA: Final = 20
MOST_POINTS: Final = 1000
MOST_WHOLE: Final = 2**31 - 1
YEARS: Final = range(1902, 9001)


@dataclass(frozen=True)
class Param:
    """One member: its kind, what it means in both languages, whether it must be there, and its bounds.

    ``kind`` is text, texts, whole, day, moment, area (a decimal text), point, points, answers (an object of plain
    values) or items (objects of ``of``).
    """

    name: str
    kind: str
    ar: str
    en: str
    required: bool = False
    most: int = SHORT
    choices: tuple[str, ...] = ()
    of: tuple[Param, ...] = ()


def read_members(params: Sequence[Param], given: Mapping[str, Any], place: str = "") -> dict[str, Any]:
    """Return the members that were given, read; Problem 400 for what is unknown, missing or of another kind."""
    known = {param.name: param for param in params}
    for name in given:
        if name not in known:
            listed = ", ".join(known)
            raise _bad(place + str(name), f"غير معروف هنا. المعروف: {listed}.", f"is not known here. Known: {listed}.")
    read: dict[str, Any] = {}
    for name, param in known.items():
        value = given.get(name)
        if value is not None:
            read[name] = _READERS[param.kind](param, value, place + name)
        elif param.required:
            raise _bad(place + name, "مطلوب.", "is needed.")
    return read


def _bad(where: str, ar: str, en: str) -> Problem:
    where = shown(where)
    return Problem(400, f"«{where}»: {ar}", f"“{where}”: {en}", where=where)


def _text(param: Param, value: Any, place: str) -> str:
    if not isinstance(value, str):
        raise _bad(place, "نص مطلوب.", "must be a text.")
    if len(value) > param.most:
        raise _bad(place, f"أطول من {param.most} حرف.", f"is longer than {param.most} characters.")
    if param.choices and value not in param.choices:
        listed = ", ".join(param.choices)
        raise _bad(place, f"واحد من: {listed}.", f"must be one of: {listed}.")
    return plain_text(value, param.most)


def _whole(param: Param, value: Any, place: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST_WHOLE:
        raise _bad(place, "عدد صحيح موجب مطلوب.", "must be a whole number, not negative.")
    return value


def _day(param: Param, value: Any, place: str) -> date:
    found = day_of(value) if isinstance(value, str) else None
    if found is None:
        raise _bad(place, "تاريخ مثل 2026-11-29 أو 1448/06/19.", "must be a date such as 2026-11-29 or 1448/06/19.")
    return found


def _area(param: Param, value: Any, place: str) -> Decimal:
    found = area_of(value) if isinstance(value, str) and len(value) <= MOST_AREA else None
    if found is None:
        raise _bad(place, "مساحة بالمتر المربع مثل 612.50.", "must be an area in m2 as a text such as 612.50.")
    return found


def _money(param: Param, value: Any, place: str) -> Decimal:
    found = area_of(value) if isinstance(value, str) and len(value) <= MOST_AREA else None
    if found is None:
        raise _bad(place, "مبلغ أكبر من صفر مثل 850.00.", "must be an amount above zero as a text such as 850.00.")
    return found


def _moment(param: Param, value: Any, place: str) -> datetime:
    try:
        found = parse_datetime(value) if isinstance(value, str) and value.isascii() and ":" in value else None
    except ValueError:
        found = None
    if found is None or found.year not in YEARS:
        raise _bad(place, "وقت مثل 2026-03-01T20:00:00+03:00.", "must be a moment such as 2026-03-01T20:00:00+03:00.")
    return found if found.tzinfo else timezone.make_aware(found)


def _point(param: Param, value: Any, place: str) -> tuple[float, float]:
    numbers = value if isinstance(value, list) else []
    if len(numbers) != 2 or not all(_is_metre(number) for number in numbers):
        raise _bad(place, "إحداثيان بالمتر: الشرقي ثم الشمالي.", "must be two numbers in metres: easting, northing.")
    return float(numbers[0]), float(numbers[1])


def _is_metre(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e8


def _answers(param: Param, value: Any, place: str) -> dict[str, Any]:
    if not isinstance(value, dict) or len(value) > 500:
        raise _bad(place, "كائن من حقول النموذج مطلوب.", "must be an object of the form's fields.")
    for name, answer in value.items():
        if answer is not None and not isinstance(answer, str | int | float | bool):
            raise _bad(f"{place}.{name}", "نص أو عدد أو نعم/لا.", "must be a text, a number, true or false, or null.")
        if isinstance(answer, str) and len(answer) > 2 * LONG:
            raise _bad(f"{place}.{name}", f"أطول من {2 * LONG} حرف.", f"is longer than {2 * LONG} characters.")
    return value


def _items(param: Param, value: Any, place: str) -> list[dict[str, Any]]:
    if not isinstance(value, list) or len(value) > MOST_ITEMS or not all(isinstance(item, dict) for item in value):
        raise _bad(
            place, f"قائمة كائنات، {MOST_ITEMS} على الأكثر.", f"must be a list of objects, {MOST_ITEMS} at most."
        )
    return [read_members(param.of, item, f"{place}[{index}].") for index, item in enumerate(value)]


def _texts(param: Param, value: Any, place: str) -> list[str]:
    if not isinstance(value, list) or len(value) > MOST_ITEMS:
        raise _bad(place, f"قائمة نصوص، {MOST_ITEMS} على الأكثر.", f"must be a list of texts, {MOST_ITEMS} at most.")
    return [_text(param, item, f"{place}[{index}]") for index, item in enumerate(value)]


def _points(param: Param, value: Any, place: str) -> list[tuple[float, float]]:
    if not isinstance(value, list) or len(value) > MOST_POINTS:
        raise _bad(place, f"قائمة نقاط، {MOST_POINTS} على الأكثر.", f"must be a list of points, {MOST_POINTS} at most.")
    return [_point(param, item, f"{place}[{index}]") for index, item in enumerate(value)]


_READERS: Final[Mapping[str, Callable[[Param, Any, str], Any]]] = {
    "text": _text,
    "whole": _whole,
    "day": _day,
    "moment": _moment,
    "area": _area,
    "money": _money,
    "point": _point,
    "points": _points,
    "answers": _answers,
    "items": _items,
    "texts": _texts,
}


# The same as a schema -------------------------------------------------------------------------------------------------


def object_schema(params: Sequence[Param], language: str) -> dict[str, Any]:
    """Return the schema of an object with these members."""
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {param.name: member_schema(param, language) for param in params},
        "additionalProperties": False,
    }
    required = [param.name for param in params if param.required]
    return {**schema, "required": required} if required else schema


def member_schema(param: Param, language: str) -> dict[str, Any]:
    """Return the schema of one member."""
    text: dict[str, Any] = {"type": "string", "maxLength": param.most}
    if param.choices:
        text["enum"] = list(param.choices)
    kinds: dict[str, Callable[[], dict[str, Any]]] = {
        "text": lambda: text,
        "whole": lambda: {"type": "integer", "minimum": 0, "maximum": MOST_WHOLE},
        "day": lambda: {"type": "string", "example": "2026-11-29", "pattern": _DAY},
        "moment": lambda: {"type": "string", "format": "date-time"},
        "area": lambda: {"type": "string", "example": "612.50", "maxLength": MOST_AREA, "pattern": _AREA},
        "money": lambda: {"type": "string", "example": "850.00", "maxLength": MOST_AREA, "pattern": _AREA},
        "point": lambda: _PAIR,
        "points": lambda: {"type": "array", "maxItems": MOST_POINTS, "items": _PAIR},
        "answers": lambda: {
            "type": "object",
            "maxProperties": 500,
            "additionalProperties": {
                "nullable": True,
                "oneOf": [{"type": "string", "maxLength": 2 * LONG}, {"type": "number"}, {"type": "boolean"}],
            },
        },
        "items": lambda: {"type": "array", "maxItems": MOST_ITEMS, "items": object_schema(param.of, language)},
        "texts": lambda: {"type": "array", "maxItems": MOST_ITEMS, "items": text},
    }
    return {**kinds[param.kind](), "description": param.ar if language == "ar" else param.en}


_PAIR: Final = {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}
_AREA: Final = r"^\d{1,12}(\.\d{1,2})?$"
_DAY: Final = r"^\d{4}[-/]\d{1,2}[-/]\d{1,2}$"
