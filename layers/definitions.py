"""What an added layer may be: its code, titles, fields, zooms and style, judged all at once in both languages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, get_args

from layers.catalog.base import Style
from layers.edit_checks import EditFinding
from layers.files.cleaning import Expected
from layers.files.naming import NAME_LIMIT, RESERVED
from layers.files.suggesting import MAX_FIELDS

__all__ = ["FIELD_NAME", "KINDS", "MAX_ZOOM", "FieldDefinition", "LayerDefinition", "check_definition"]

FIELD_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
"""What a field of an added layer may be called: it becomes a column of a query, so nothing else is let in."""

KINDS: Final = ("text", "integer", "float", "datetime")
MAX_ZOOM: Final = 22
TITLE_LIMIT: Final = 120
_CODE: Final = re.compile(r"[a-z][a-z0-9_]{1,39}")
_COLOUR: Final = re.compile(r"[a-z0-9-]{0,40}")
_READERS: Final = ("everyone", "staff")
_RESERVED_CODES: Final = frozenset(
    "api conformance collections styles tilesets style new all imagery terrain raster".split()
)


@dataclass(frozen=True)
class FieldDefinition:
    """A field of an added layer. ``tile_zoom`` is the first zoom at which tiles carry it, None where they never do."""

    name: str
    ar: str
    en: str
    kind: str = "text"
    readers: str = "everyone"
    tile_zoom: int | None = 14

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "ar": self.ar,
            "en": self.en,
            "kind": self.kind,
            "readers": self.readers,
            "tile_zoom": self.tile_zoom,
        }


@dataclass(frozen=True)
class LayerDefinition:
    """An added layer as its engineer describes it; ``style`` holds fields of ``layers.catalog.base.Style``."""

    code: str
    name_ar: str
    name_en: str
    geometry: str
    fields: tuple[FieldDefinition, ...]
    readers: str = "everyone"
    min_zoom: int = 10
    max_zoom: int = MAX_ZOOM
    style: Mapping[str, Any] = field(default_factory=dict)
    source_ar: str = ""
    source_en: str = ""
    licence: str = ""


def check_definition(definition: LayerDefinition) -> tuple[EditFinding, ...]:
    """Return everything that is wrong with a definition; ``field`` of a finding is the attribute, or ``fields.<n>``.

    Examples
    --------
    >>> trees = LayerDefinition("trees", "أشجار", "Trees", "Point", (FieldDefinition("kind", "النوع", "Kind"),))
    >>> check_definition(trees)
    ()
    """
    return (*_whole(definition), *_style(definition), *_fields(definition.fields))


def _whole(d: LayerDefinition) -> Iterator[EditFinding]:
    if not _CODE.fullmatch(d.code) or d.code in _RESERVED_CODES:
        yield _finding(
            "code",
            "رمز الطبقة حروف لاتينية صغيرة وأرقام وشرطة سفلية، من حرفين إلى 40، يبدأ بحرف، وليس كلمة محجوزة.",
            "The code is 2 to 40 small Latin letters, digits and underscores, a letter first, and no reserved word.",
        )
    for name, text in (("name_ar", d.name_ar), ("name_en", d.name_en)):
        if not _is_title(text):
            yield _title(name)
    if d.geometry not in get_args(Expected):
        yield _finding("geometry", "نوع الأشكال غير معروف.", "The geometry is of no known type.")
    if d.readers not in _READERS:
        yield _finding("readers", "القراء: الجميع أو الموظفون.", "The readers are everyone or staff.")
    if not 0 <= d.min_zoom <= d.max_zoom <= MAX_ZOOM:
        yield _finding(
            "min_zoom",
            f"التكبير من 0 إلى {MAX_ZOOM}، وأدناه لا يزيد على أعلاه.",
            f"Zooms go from 0 to {MAX_ZOOM}, the lowest not above the highest.",
        )
    for name, text in (("source_ar", d.source_ar), ("source_en", d.source_en), ("licence", d.licence)):
        if len(text) > 500 or not _is_printable(text):
            yield _finding(name, "النص أطول من المسموح أو غير مقروء.", "The text is too long, or not printable.")
    if re.match(r"\s*(javascript|data|vbscript)\s*:", d.licence, re.IGNORECASE):
        yield _finding("licence", "الرخصة عنوان أو رمز SPDX.", "The licence is an address or an SPDX id.")


def _style(d: LayerDefinition) -> Iterator[EditFinding]:
    style, names = d.style, {f.name for f in d.fields}
    fine = set(style) <= set(Style.__dataclass_fields__)
    for key in ("fill", "line"):
        fine = fine and isinstance(style.get(key, ""), str) and bool(_COLOUR.fullmatch(style.get(key, "")))
    width, zoom = style.get("width_px", 1.0), style.get("label_zoom", 16)
    fine = fine and _is_number(width) and 0.0 <= width <= 20.0
    fine = fine and isinstance(zoom, int) and not isinstance(zoom, bool) and 0 <= zoom <= MAX_ZOOM
    if not fine:
        yield _finding("style", "النمط غير مفهوم.", "The style is not understood.")
    label = style.get("label", "")
    if label and label not in names and f"{label}_ar" not in names:
        yield _finding("label", "حقل التسمية ليس من حقول الطبقة.", "The label is none of the layer's fields.")


def _fields(fields: tuple[FieldDefinition, ...]) -> Iterator[EditFinding]:
    if len(fields) > MAX_FIELDS:
        yield _finding(
            "fields", f"الحقول {len(fields)} والحد {MAX_FIELDS}.", f"{len(fields)} fields, at most {MAX_FIELDS}."
        )
    seen: set[str] = set()
    for n, one in enumerate(fields):
        where = f"fields.{n}"
        shown = one.name[:NAME_LIMIT]
        if not FIELD_NAME.fullmatch(one.name):
            yield _finding(
                where,
                f"اسم الحقل «{shown}» غير مقبول: حروف لاتينية صغيرة وأرقام وشرطة سفلية، يبدأ بحرف، إلى {NAME_LIMIT}.",
                f"The name “{shown}” cannot be used: small Latin letters, digits and underscores, at most {NAME_LIMIT},"
                " a letter first.",
            )
        elif one.name in RESERVED:
            yield _finding(
                where, f"اسم الحقل «{shown}» محجوز؛ اختر غيره.", f"The name “{shown}” is reserved; choose another."
            )
        elif one.name in seen:
            yield _finding(where, f"الحقل «{shown}» مكرر.", f"The field “{shown}” is there twice.")
        seen.add(one.name)
        if not (_is_title(one.ar) and _is_title(one.en)):
            yield _title(where)
        if one.kind not in KINDS or one.readers not in _READERS:
            yield _finding(where, f"نوع الحقل «{shown}» غير معروف.", f"The kind of “{shown}” is not known.")
        zoom = one.tile_zoom
        if zoom is not None and not (isinstance(zoom, int) and 0 <= zoom <= MAX_ZOOM):
            yield _finding(where, f"تكبير الحقل «{shown}» غير مقبول.", f"The zoom of “{shown}” is out of range.")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_printable(text: str) -> bool:
    return all(c.isprintable() or c in "\u200c\u200d\u200e\u200f" for c in text)


def _is_title(text: str) -> bool:
    return bool(text.strip()) and len(text) <= TITLE_LIMIT and _is_printable(text)


def _title(where: str) -> EditFinding:
    return _finding(
        where,
        f"العنوان مطلوب بالعربية والإنجليزية، إلى {TITLE_LIMIT} حرفًا.",
        f"A title in Arabic and in English is needed, of at most {TITLE_LIMIT} characters.",
    )


def _finding(where: str, ar: str, en: str) -> EditFinding:
    return EditFinding("definition", where, ar, en)
