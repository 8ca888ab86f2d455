"""What an edited feature must be: its values and its geometry, judged all at once, with sentences in both languages.

A file may come with faults that are repaired and listed; a hand that edits is asked to draw it right instead, so that
what stands on the map is what was drawn.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast

import numpy as np
import shapely
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone, translation
from shapely import GeometryType
from shapely.geometry import MultiPolygon
from shapely.geometry.base import BaseGeometry

from layers import crs
from layers.catalog.base import Layer
from layers.files.cleaning import snap
from layers.files.mapping import TEXT_LIMIT, LayerField, read_value
from layers.srs import CrsRefused

__all__ = ["MAX_VERTICES", "EditFinding", "EditRefused", "check_geometry", "check_values", "editable_fields"]

MAX_VERTICES: Final = 200_000
_MULTI: Final = {
    "MultiPolygon": (GeometryType.POLYGON, GeometryType.MULTIPOLYGON),
    "MultiLineString": (GeometryType.LINESTRING, GeometryType.MULTILINESTRING),
    "Point": (GeometryType.POINT,),
}
_WANTED_AR: Final = {"MultiPolygon": "مساحة (مضلع)", "MultiLineString": "خط", "Point": "نقطة"}
_WANTED_EN: Final = {"MultiPolygon": "an area", "MultiLineString": "a line", "Point": "a point"}


@dataclass(frozen=True)
class EditFinding:
    """One thing that is wrong with an edit: a stable code, the field (``geom`` for the shape, "" for the whole), what
    to do in both languages, and the place in the storage CRS where there is one. ``index`` counts the edits of a batch
    from 0.
    """

    code: str
    field: str
    ar: str
    en: str
    where: shapely.Point | None = None
    index: int = 0

    def text(self, language: str = "en") -> str:
        return self.ar if language == "ar" else self.en


class EditRefused(Exception):
    """An edit that cannot be made as given; ``findings`` say everything that is wrong with it."""

    def __init__(self, findings: tuple[EditFinding, ...]) -> None:
        self.findings = findings
        super().__init__("; ".join(f"{f.field or '-'}: {f.en}" for f in findings))


def editable_fields(layer: Layer) -> tuple[LayerField, ...]:
    """Return the fields of a layer that a person may write: not the identifier, not the lifespan, nothing computed."""
    return tuple(f for f in layer.fields if f.is_imported and f.name != "uid")


# Values -------------------------------------------------------------------------------------------------------------


def check_values(
    layer: Layer, given: Mapping[str, Any], model: type[models.Model], *, whole: bool
) -> tuple[dict[str, Any], list[EditFinding]]:
    """Return the values as the layer holds them, and what is wrong with them.

    Parameters
    ----------
    layer : Layer
        Whose fields rule.
    given : mapping
        Values by field name, as typed or as they are.
    model : model class
        The table's model: its columns have limits of their own.
    whole : bool
        True for a new feature, whose required fields must be there; False where what is not given stays.
    """
    known = {f.name: f for f in editable_fields(layer)}
    values: dict[str, Any] = {}
    findings: list[EditFinding] = []
    for name in sorted(set(given) - set(known)):
        findings.append(_unknown(layer, name))
    for name, wanted in known.items():
        if name not in given and not whole:
            continue
        value, finding = _value(wanted, given.get(name))
        if finding is None and not layer.is_stored_as_json:
            finding = _column_limits(wanted, value, model)
        if finding is not None:
            findings.append(finding)
        else:
            values[name] = value
    return values, findings


def _unknown(layer: Layer, name: str) -> EditFinding:
    shown = name[:40]
    if any(f.name == name for f in layer.fields):
        return EditFinding(
            "read_only", shown, f"الحقل {shown} لا يُحرَّر؛ يحفظه النظام.", f"{shown} is kept by the system, not edited."
        )
    return EditFinding(
        "unknown_field",
        shown,
        f"ليس في طبقة {layer.title_ar} حقل باسم {shown}.",
        f"The layer {layer.code} has no field {shown}.",
    )


def _value(wanted: LayerField, raw: Any) -> tuple[Any, EditFinding | None]:
    if isinstance(raw, dict | list | tuple | set | bytes):
        return None, _bad(wanted, raw)
    if isinstance(raw, str) and any(unicodedata.category(c) in ("Cc", "Cs") and c not in "\r\n\t" for c in raw):
        return None, EditFinding(
            "bad_text",
            wanted.name,
            f"في {wanted.ar} رموز تحكم غير مقروءة؛ احذفها.",
            f"{wanted.en} holds control characters; take them out.",
        )
    if raw is None or (isinstance(raw, str) and not raw.strip()):
        missing = wanted.required
        return (None, _missing(wanted)) if missing else (wanted.default if wanted.kind == "text" else None, None)
    value, note = read_value(wanted, raw.replace("\r\n", "\n") if isinstance(raw, str) else raw)
    if note is None:
        if isinstance(value, datetime) and timezone.is_naive(value):
            value = timezone.make_aware(value)
        return value, None
    return None, _long(wanted, raw) if note[0] == "long_value" else _bad(wanted, raw)


def _missing(wanted: LayerField) -> EditFinding:
    return EditFinding("missing", wanted.name, f"{wanted.ar}: الحقل مطلوب.", f"{wanted.en} is needed.")


def _long(wanted: LayerField, raw: Any) -> EditFinding:
    length = len(str(raw).strip())
    return EditFinding(
        "long_value",
        wanted.name,
        f"{wanted.ar}: النص أطول من المسموح ({length} حرفًا والحد {TEXT_LIMIT}).",
        f"{wanted.en} is too long: {length} characters, at most {TEXT_LIMIT}.",
    )


def _bad(wanted: LayerField, raw: Any) -> EditFinding:
    shown = str(raw)[:60]
    if wanted.choices:
        listed = ", ".join(wanted.choices)
        return EditFinding(
            "bad_choice",
            wanted.name,
            f"{wanted.ar}: القيمة {shown} ليست من القيم المعروفة: {listed}.",
            f"{wanted.en}: {shown} is not one of {listed}.",
        )
    kinds = {
        "decimal": ("عدد موجب", "a positive number"),
        "integer": (f"عدد صحيح من {wanted.low} إلى {wanted.high}", f"a whole number, {wanted.low} to {wanted.high}"),
        "float": ("عدد", "a number"),
        "datetime": ("تاريخ ووقت مثل 2026-05-01T08:00", "a date and time such as 2026-05-01T08:00"),
        "date": ("تاريخ مثل 2026-05-01", "a day such as 2026-05-01"),
        "uuid": ("معرّف UUID", "a UUID"),
        "text": ("نص", "text"),
    }
    ar, en = kinds[wanted.kind]
    return EditFinding(
        "bad_value",
        wanted.name,
        f"{wanted.ar}: القيمة {shown} غير مقروءة؛ المطلوب {ar}.",
        f"{wanted.en}: {shown} cannot be read; it takes {en}.",
    )


def _column_limits(wanted: LayerField, value: Any, model: type[models.Model]) -> EditFinding | None:
    """Return what the column itself would refuse, such as more digits than it holds."""
    if value is None:
        return None
    column = cast("models.Field[Any, Any]", model._meta.get_field(wanted.name))
    try:
        column.run_validators(value)
    except ValidationError as error:
        with translation.override("ar"):
            ar = " ".join(error.messages)
        with translation.override("en"):
            en = " ".join(error.messages)
        return EditFinding("bad_value", wanted.name, f"{wanted.ar}: {ar}", f"{wanted.en}: {en}")
    return None


# Geometry -----------------------------------------------------------------------------------------------------------


def check_geometry(layer: Layer, geometry: BaseGeometry | None) -> tuple[BaseGeometry | None, list[EditFinding]]:
    """Return the geometry as the layer holds it (of its type, flat, on the millimetre grid), and what is wrong with it.

    Nothing is repaired: an outline that crosses itself is told with the place where it does.
    """
    finding = _first_fault(layer, geometry)
    if finding is not None or geometry is None:
        return None, [finding] if finding is not None else []
    try:
        flat = shapely.remove_repeated_points(shapely.transform(shapely.force_2d(geometry), snap), 0.0)
    except shapely.errors.GEOSException:
        return None, [_nothing_left()]
    size = {"MultiPolygon": flat.area, "MultiLineString": flat.length, "Point": 1.0}[layer.geometry]
    if flat.is_empty or not size > 0.0:
        return None, [_nothing_left()]
    if layer.geometry == "MultiPolygon" and not flat.is_valid:
        return None, [_not_valid(flat)]
    parts = shapely.get_parts(flat)
    if layer.geometry == "MultiLineString":
        if (shapely.length(parts) == 0.0).any():
            return None, [_nothing_left()]
        return shapely.MultiLineString(list(parts)), []
    return (MultiPolygon(list(parts)) if layer.geometry == "MultiPolygon" else parts[0]), []


def _first_fault(layer: Layer, geometry: BaseGeometry | None) -> EditFinding | None:
    """Return the first of the faults of which each hides the next."""
    for check in (_presence, _type, _numbers, _place):
        for finding in check(layer, geometry):
            return finding
    return None


def _presence(layer: Layer, geometry: BaseGeometry | None) -> Iterator[EditFinding]:
    if geometry is None or geometry.is_empty:
        yield EditFinding("missing", "geom", "الشكل على الخريطة مطلوب.", "The shape on the map is needed.")
    elif shapely.get_num_coordinates(geometry) > MAX_VERTICES:
        count = shapely.get_num_coordinates(geometry)
        yield EditFinding(
            "too_many_vertices",
            "geom",
            f"في الشكل {count} رأسًا والحد {MAX_VERTICES}؛ حمّله من ملف.",
            f"The shape has {count} vertices, at most {MAX_VERTICES} are edited by hand; load it from a file.",
        )


def _type(layer: Layer, geometry: BaseGeometry | None) -> Iterator[EditFinding]:
    if geometry is not None and shapely.get_type_id(geometry) not in _MULTI[layer.geometry]:
        yield EditFinding(
            "wrong_type",
            "geom",
            f"الشكل من نوع {geometry.geom_type}، وطبقة {layer.title_ar} تحفظ: {_WANTED_AR[layer.geometry]}.",
            f"The shape is {geometry.geom_type}; the layer {layer.title_en} holds {_WANTED_EN[layer.geometry]}.",
        )


def _numbers(layer: Layer, geometry: BaseGeometry | None) -> Iterator[EditFinding]:
    if not np.isfinite(shapely.get_coordinates(geometry)).all():
        yield EditFinding(
            "bad_coordinate", "geom", "في الشكل إحداثيات غير معدودة.", "The shape has coordinates that are not finite."
        )
    elif layer.geometry == "MultiPolygon" and geometry is not None and not geometry.is_valid:
        yield _not_valid(geometry)


def _place(layer: Layer, geometry: BaseGeometry | None) -> Iterator[EditFinding]:
    bounds = tuple(float(v) for v in shapely.bounds(geometry))
    looks_like_degrees = max(map(abs, bounds[::2])) <= 180.0 and max(map(abs, bounds[1::2])) <= 90.0
    try:
        crs.require_inside(cast(crs.Bounds, bounds), settings.STORAGE_SRID, source=settings.STORAGE_SRID)
    except CrsRefused as refused:
        belt = crs.label(settings.STORAGE_SRID)
        hint_ar = f" تبدو درجات طول وعرض؛ المطلوب أمتار في {belt}." if looks_like_degrees else ""
        hint_en = f" They look like degrees; metres of {belt} are needed." if looks_like_degrees else ""
        yield EditFinding("outside", "geom", refused.message_ar + hint_ar, refused.message_en + hint_en)


def _nothing_left() -> EditFinding:
    return EditFinding(
        "collapsed",
        "geom",
        "لا يبقى من الشكل شيء بعد تقريبه إلى المليمتر.",
        "Nothing of the shape is left once rounded to whole millimetres.",
    )


def _not_valid(geometry: BaseGeometry) -> EditFinding:
    reason, _, place = str(shapely.is_valid_reason(geometry)).partition("[")
    where = None
    numbers = place.rstrip("]").split()
    if len(numbers) == 2:
        point = shapely.Point(float(numbers[0]), float(numbers[1]))
        where = point if np.isfinite(shapely.get_coordinates(point)).all() else None
    at_ar = f" عند {where.x:.3f} {where.y:.3f}" if where is not None else ""
    at_en = f" at {where.x:.3f} {where.y:.3f}" if where is not None else ""
    return EditFinding(
        "not_valid",
        "geom",
        f"حدود الشكل غير سليمة ({reason.strip()}){at_ar}؛ أصلح الرسم وأعد الحفظ، فالحدود لا تُصلح آليًا هنا.",
        f"The outline is not valid ({reason.strip()}){at_en}; draw it right and save again: nothing is repaired here.",
        where,
    )
