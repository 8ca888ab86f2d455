"""Values that are written: numbers, moments, intervals and geometries, checked once for both encodings."""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import shapely
from shapely.geometry.base import BaseGeometry

from .errors import FilterRefused, short
from .limits import DIGITS, EXPONENT, LITERAL_LENGTH, VERTICES
from .tree import OPEN, Box, Date, Interval, Number, Open, Place, Property, Shape, Text, Timestamp

__all__ = ["box", "date", "instant", "interval", "number", "shape", "text", "timestamp"]

_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIMESTAMP: Final = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt]([0-9]{2}:[0-9]{2}:[0-9]{2})(\.[0-9]{1,9})?[Zz]")

Coordinates = Sequence[Any]


def text(value: str, at: Place) -> Text:
    """Return a text; digits of any script in it are letters like others."""
    if len(value) > LITERAL_LENGTH:
        raise FilterRefused(
            f"النص المكتوب أطول من {LITERAL_LENGTH} حرف.",
            f"The text is longer than {LITERAL_LENGTH} characters.",
            what="too_long",
            where=at,
            todo_ar="اختصره.",
            todo_en="Shorten it.",
        )
    return Text(value, at)


def number(written: str | int | Decimal, at: Place) -> Number:
    """Return an exact number, refusing one with more digits or a larger power of ten than any column has."""
    try:
        if isinstance(written, str) and len(written) > 2 * (DIGITS + EXPONENT):
            raise InvalidOperation
        value = Decimal(written)
        if not value.is_finite():
            raise InvalidOperation
        if value and (_digits(value) > DIGITS or abs(value.adjusted()) > EXPONENT):
            raise InvalidOperation
    except InvalidOperation:
        raise FilterRefused(
            f'العدد "{short(str(written))}" خارج الحدود: حتى {DIGITS} رقمًا، وأس عشري حتى {EXPONENT}.',
            f'The number "{short(str(written))}" is out of range: up to {DIGITS} digits, a power of ten up to '
            f"{EXPONENT}.",
            what="bad_value",
            where=at,
            todo_ar="اكتب عددًا محدودًا مثل 600.5",
            todo_en="Write a finite number such as 600.5",
        ) from None
    if value == value.to_integral_value() and value.adjusted() < DIGITS:
        return Number(int(value), at)
    return Number(value, at)


def _digits(value: Decimal) -> int:
    return len("".join(map(str, value.as_tuple().digits)).rstrip("0"))


# Time ---------------------------------------------------------------------------------------------------------------


def date(written: str, at: Place) -> Date:
    """Return a day from ``YYYY-MM-DD``."""
    try:
        if not _DATE.fullmatch(written):
            raise ValueError(written)
        return Date(datetime.date.fromisoformat(written), at)
    except ValueError:
        raise _no_moment(written, at) from None


def timestamp(written: str, at: Place) -> Timestamp:
    """Return a moment from ``YYYY-MM-DDThh:mm:ss[.ffffff]Z``; what is finer than microseconds is cut off."""
    found = _TIMESTAMP.fullmatch(written)
    try:
        if found is None:
            raise ValueError(written)
        fraction = (found[3] or "")[:7].ljust(7, "0") if found[3] else ""
        value = datetime.datetime.fromisoformat(f"{found[1]}T{found[2]}{fraction}")
    except ValueError:
        raise _no_moment(written, at) from None
    return Timestamp(value.replace(tzinfo=datetime.UTC), at)


def instant(written: str, at: Place) -> Date | Timestamp | Open:
    """Return an end of an interval: a day, a moment, or ``..`` for none."""
    if written == "..":
        return OPEN
    return date(written, at) if len(written) <= 10 else timestamp(written, at)


def interval(start: Property | Date | Timestamp | Open, end: Property | Date | Timestamp | Open, at: Place) -> Interval:
    """Return a closed interval, refusing one that ends before it begins or mixes days and moments."""
    fixed = [e for e in (start, end) if isinstance(e, (Date, Timestamp))]
    if len(fixed) == 2 and type(fixed[0]) is not type(fixed[1]):
        raise FilterRefused(
            "طرفا الفترة ليسا من نوع واحد: أحدهما يوم والآخر لحظة.",
            "One end of the interval is a day, the other a moment.",
            what="bad_value",
            where=at,
            todo_ar="اكتب الطرفين يومين أو لحظتين.",
            todo_en="Write both as days or both as moments.",
        )
    if len(fixed) == 2 and fixed[0].value > fixed[1].value:  # type: ignore[operator]  # of one type, see above
        raise FilterRefused(
            "الفترة تنتهي قبل أن تبدأ.",
            "The interval ends before it begins.",
            what="bad_value",
            where=at,
            todo_ar="اكتب البداية أولًا.",
            todo_en="Write its start first.",
        )
    return Interval(start, end, at)


def _no_moment(written: str, at: Place) -> FilterRefused:
    return FilterRefused(
        f'"{short(written)}" ليس يومًا ولا لحظة.',
        f'"{short(written)}" is neither a day nor a moment.',
        what="bad_value",
        where=at,
        todo_ar="اكتب يومًا مثل 2026-11-22 أو لحظة بتوقيت UTC مثل 2026-11-22T09:30:00Z",
        todo_en="Write a day such as 2026-11-22 or a moment in UTC such as 2026-11-22T09:30:00Z",
    )


# Geometry -----------------------------------------------------------------------------------------------------------


def box(numbers: Sequence[Any], at: Place) -> Box:
    """Return a rectangle from four numbers, or six with heights, which are left out."""
    if len(numbers) not in (4, 6):
        raise _no_geometry("BBOX", "أربعة أعداد أو ستة", "four numbers, or six with heights", at)
    values = [_coordinate(value, at) for value in numbers]
    half = len(values) // 2
    west, south, east, north = values[0], values[1], values[half], values[half + 1]
    return Box((west, south, east, north), at)


def shape(kind: str, coordinates: Any, at: Place, parts: Sequence[Shape] = ()) -> Shape:
    """Return a geometry from nested lists of coordinates as GeoJSON has them; heights are left out.

    Parameters
    ----------
    kind : str
        GeoJSON's name of it, in any case.
    parts : sequence of Shape
        The members of a GeometryCollection, which has no coordinates.

    Raises
    ------
    FilterRefused
        Too many vertices, coordinates that are no numbers, rings that are open or too short, or a geometry that
        crosses itself.
    """
    known = kind.lower()
    if known == "geometrycollection":
        if not parts:
            raise _no_geometry(kind, "جزءًا واحدًا على الأقل", "at least one part", at)
        vertices = sum(part.vertices for part in parts)
        _check_vertices(vertices, at)
        return Shape(shapely.GeometryCollection([part.geometry for part in parts]), vertices, at)
    maker = _MAKERS.get(known)
    if maker is None:
        raise FilterRefused(
            f'"{short(kind)}" ليس نوع شكل هندسي معروفًا.',
            f'"{short(kind)}" is no known kind of geometry.',
            what="bad_geometry",
            where=at,
            todo_ar="استعمل Point أو LineString أو Polygon أو نظائرها Multi.",
            todo_en="Use Point, LineString, Polygon or their Multi kinds.",
        )
    counter = [0]
    made: BaseGeometry = maker(coordinates, at, counter)
    if not made.is_valid:
        raise FilterRefused(
            f"الشكل الهندسي غير سليم: {shapely.is_valid_reason(made)}.",
            f"The geometry is not valid: {shapely.is_valid_reason(made)}.",
            what="bad_geometry",
            where=at,
            todo_ar="ارسم حدوده بلا تقاطع ذاتي.",
            todo_en="Draw its outline without crossing itself.",
        )
    return Shape(made, counter[0], at)


def _check_vertices(count: int, at: Place) -> None:
    if count > VERTICES:
        raise FilterRefused(
            f"في الأشكال الهندسية أكثر من {VERTICES} رأس.",
            f"The geometries have more than {VERTICES} vertices.",
            what="too_many",
            where=at,
            todo_ar="بسّطها.",
            todo_en="Simplify them.",
        )


def _no_geometry(kind: str, needs_ar: str, needs_en: str, at: Place) -> FilterRefused:
    return FilterRefused(
        f"{short(kind)}: يلزمه {needs_ar}.",
        f"{short(kind)} needs {needs_en}.",
        what="bad_geometry",
        where=at,
        todo_ar="صحّح إحداثياته.",
        todo_en="Correct its coordinates.",
    )


def _coordinate(value: Any, at: Place) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        raise _no_geometry("geometry", "إحداثيات عددية", "coordinates that are numbers", at)
    try:
        found = float(value)
    except OverflowError:
        found = math.inf
    if not math.isfinite(found) or abs(found) > 1e12:
        raise _no_geometry("geometry", "إحداثيات محدودة", "finite coordinates", at)
    return found


def _position(value: Any, at: Place, counter: list[int]) -> tuple[float, float]:
    if not isinstance(value, Sequence) or isinstance(value, str) or not 2 <= len(value) <= 3:
        raise _no_geometry("geometry", "موضعًا من عددين أو ثلاثة", "positions of two or three numbers", at)
    counter[0] += 1
    _check_vertices(counter[0], at)
    x, y, *_height = (_coordinate(v, at) for v in value)
    return x, y


def _listed(value: Any, least: int, kind: str, at: Place) -> Iterable[Any]:
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) < least:
        raise _no_geometry(kind, f"قائمة فيها {least} على الأقل", f"a list of at least {least}", at)
    return value


def _line(value: Any, at: Place, counter: list[int]) -> list[tuple[float, float]]:
    return [_position(v, at, counter) for v in _listed(value, 2, "LineString", at)]


def _ring(value: Any, at: Place, counter: list[int]) -> list[tuple[float, float]]:
    ring = [_position(v, at, counter) for v in _listed(value, 4, "Polygon", at)]
    if ring[0] != ring[-1]:
        raise _no_geometry("Polygon", "حلقة مغلقة تنتهي حيث بدأت", "rings that end where they begin", at)
    return ring


def _polygon(value: Any, at: Place, counter: list[int]) -> shapely.Polygon:
    outer, *holes = (_ring(v, at, counter) for v in _listed(value, 1, "Polygon", at))
    return shapely.Polygon(outer, holes)


_MAKERS: Final[Mapping[str, Callable[[Any, Place, list[int]], BaseGeometry]]] = {
    "point": lambda v, at, n: shapely.Point(_position(v, at, n)),
    "linestring": lambda v, at, n: shapely.LineString(_line(v, at, n)),
    "polygon": _polygon,
    "multipoint": lambda v, at, n: shapely.MultiPoint([_position(p, at, n) for p in _listed(v, 1, "MultiPoint", at)]),
    "multilinestring": lambda v, at, n: shapely.MultiLineString(
        [_line(p, at, n) for p in _listed(v, 1, "MultiLineString", at)]
    ),
    "multipolygon": lambda v, at, n: shapely.MultiPolygon(
        [_polygon(p, at, n) for p in _listed(v, 1, "MultiPolygon", at)]
    ),
}
