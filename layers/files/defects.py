"""What can be wrong with a feature of a file, in words.

A defect does not stop an import: it is listed with its row and place, and stays on record until somebody mends it.
``KINDS`` is the whole list; the register's own check of the coverage uses the kinds ``overlap``, ``gap``,
``t_junction``, ``misfit`` of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from shapely.geometry.base import BaseGeometry

__all__ = ["KINDS", "Defect", "DefectKind", "DefectNote", "describe"]

DefectNote = tuple[str, Mapping[str, Any]]
"""``(kind, detail)``: detail is JSON-able and fills the sentences of the kind."""


@dataclass(frozen=True)
class DefectKind:
    """A kind of fault: its sentences, and whether a feature that has it is still loaded."""

    ar: str
    en: str
    is_loaded: bool = True


@dataclass(frozen=True)
class Defect:
    """One fault found in one row of a file.

    ``where`` is the place in the storage CRS (None where it has none); ``original`` is the geometry as the file had it,
    as WKB in the file's CRS, where ours differs.
    """

    kind: str
    row: int
    params: Mapping[str, Any] = field(default_factory=dict)
    where: BaseGeometry | None = None
    original: bytes | None = None

    @property
    def is_loaded(self) -> bool:
        return KINDS[self.kind].is_loaded

    def text(self, language: str = "en") -> str:
        """Return the sentence of this defect in ``ar`` or ``en``."""
        return describe(self.kind, self.params, language)


KINDS: Final[dict[str, DefectKind]] = {
    "invalid_ring": DefectKind(
        ar="حدود القطعة في الملف غير سليمة ({reason})؛ حُفظت بعد إصلاحها وأُبقي الشكل الأصلي في المصدر.",
        en="The outline in the file is not valid ({reason}); it is stored repaired, the original kept in the source.",
    ),
    "repaired_on_grid": DefectKind(
        ar="صارت الحدود غير سليمة بعد تقريب الإحداثيات إلى المليمتر ({reason})؛ حُفظت بعد إصلاحها.",
        en="Rounding to whole millimetres made the outline invalid ({reason}); it is stored repaired.",
    ),
    "several_parts": DefectKind(
        ar="القطعة مكوّنة من {parts} أجزاء منفصلة.",
        en="The parcel has {parts} separate parts.",
    ),
    "missing_number": DefectKind(
        ar="القطعة بلا رقم في الملف.",
        en="The file gives no number for this parcel.",
    ),
    "missing_name": DefectKind(
        ar="المعلم بلا اسم في الملف.",
        en="The file gives no name for this feature.",
    ),
    "repeated_number": DefectKind(
        ar="رقم القطعة {number} مكرر؛ ورد أول مرة في السجل {first_row}.",
        en="The parcel number {number} is repeated; it first appears in row {first_row}.",
    ),
    "repeated_geometry": DefectKind(
        ar="الشكل نفسه ورد من قبل في السجل {first_row}.",
        en="The same shape already appears in row {first_row}.",
    ),
    "repeated_uid": DefectKind(
        ar="المعرّف {uid} مكرر؛ ورد أول مرة في السجل {first_row}، فأُعطيت هذه القطعة معرّفًا جديدًا.",
        en="The uid {uid} is repeated; it first appears in row {first_row}, so this parcel gets a new one.",
    ),
    "bad_value": DefectKind(
        ar="قيمة الحقل {field} غير مقروءة: {value}.",
        en="The value of {field} cannot be read: {value}.",
    ),
    "bad_choice": DefectKind(
        ar="قيمة الحقل {field} ليست من القيم المعروفة: {value}؛ لم يُحمَّل السجل.",
        en="The value of {field} is not one of those known: {value}; the row was not loaded.",
        is_loaded=False,
    ),
    "long_value": DefectKind(
        ar="قيمة الحقل {field} أطول من المسموح ({length} حرفًا والحد {limit})؛ اختُصرت.",
        en="The value of {field} is too long ({length} characters, at most {limit}); it was shortened.",
    ),
    "empty_geometry": DefectKind(
        ar="السجل بلا شكل هندسي؛ لم يُحمَّل.",
        en="The row has no geometry; it was not loaded.",
        is_loaded=False,
    ),
    "not_an_area": DefectKind(
        ar="الشكل ليس مساحة بل {found}؛ لم يُحمَّل.",
        en="The geometry is not an area but {found}; it was not loaded.",
        is_loaded=False,
    ),
    "wrong_type": DefectKind(
        ar="نوع الشكل {found} لا يناسب هذه الطبقة (المطلوب {expected})؛ لم يُحمَّل.",
        en="The geometry is {found}, this layer holds {expected}; it was not loaded.",
        is_loaded=False,
    ),
    "unreadable_geometry": DefectKind(
        ar="شكل السجل غير مقروء؛ لم يُحمَّل.",
        en="The geometry of the row cannot be understood; it was not loaded.",
        is_loaded=False,
    ),
    "mixed_geometry": DefectKind(
        ar="السجل خليط من أشكال؛ حُفظت مساحاته ({parts}) وحدها.",
        en="The row mixes kinds of geometry; only its areas ({parts}) are stored.",
    ),
    "bad_coordinate": DefectKind(
        ar="إحداثيات غير معدودة أو خارج مجال الإسقاط؛ لم يُحمَّل السجل.",
        en="Coordinates are not finite, or outside what the projection can hold; the row was not loaded.",
        is_loaded=False,
    ),
    "collapsed_on_grid": DefectKind(
        ar="لم يبق من الشكل مساحة بعد تقريبه إلى المليمتر؛ لم يُحمَّل السجل.",
        en="Nothing of the shape is left once rounded to whole millimetres; the row was not loaded.",
        is_loaded=False,
    ),
    "overlap": DefectKind(
        ar="القطعة تتداخل مع قطعة مجاورة بمساحة {area_m2} م².",
        en="The parcel overlaps a neighbour by {area_m2} m2.",
    ),
    "gap": DefectKind(
        ar="بين القطعة وجارتها فراغ أضيق من {width_m} م.",
        en="A gap narrower than {width_m} m lies between the parcel and its neighbour.",
    ),
    "t_junction": DefectKind(
        ar="رأس من رؤوس قطعة مجاورة يقع على ضلع القطعة وليس رأسًا فيها.",
        en="A neighbour's vertex lies on a side of the parcel without being a vertex of it.",
    ),
    "misfit": DefectKind(
        ar="حد القطعة لا ينطبق على حد جارتها.",
        en="A side of the parcel does not match the side of its neighbour.",
    ),
}


_ARABIC: Final[dict[str, str]] = {
    "Self-intersection": "تقاطع الحد مع نفسه",
    "Ring Self-intersection": "الحد يلامس نفسه",
    "Hole lies outside shell": "فجوة خارج الحدود",
    "Holes are nested": "فجوات متداخلة",
    "Interior is disconnected": "الداخل منفصل بعضه عن بعض",
    "Nested shells": "أجزاء متداخلة",
    "Duplicate Rings": "حدود مكررة",
    "Too few points in geometry component": "نقاط أقل من اللازم",
    "Ring not closed": "الحد غير مغلق",
    "Parts overlap": "أجزاء متراكبة",
    "Point": "نقطة",
    "MultiPoint": "نقاط",
    "LineString": "خط",
    "LinearRing": "خط مغلق",
    "MultiLineString": "خطوط",
    "GeometryCollection": "خليط أشكال",
    "Polygon": "مساحة",
    "MultiPolygon": "مساحات",
    "line": "خط",
    "area": "مساحة",
}


class _Missing(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "?"


def describe(kind: str, params: Mapping[str, Any], language: str = "en") -> str:
    """Return the sentence for a kind of defect in ``ar`` or ``en``; a missing parameter shows as "?"."""
    sentences = KINDS[kind]
    if language != "ar":
        return sentences.en.format_map(_Missing(params))
    words = {key: _ARABIC.get(value, value) if isinstance(value, str) else value for key, value in params.items()}
    return sentences.ar.format_map(_Missing(words))
