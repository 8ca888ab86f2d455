"""The shape of a layer's description."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from layers.files.cleaning import Expected
from layers.files.mapping import LayerField

__all__ = ["LIFESPAN", "UID", "Layer"]

UID: Final = LayerField("uid", "المعرّف", "Identifier", "uuid", short="uid")
NAME_AR: Final = LayerField(
    "name_ar",
    "الاسم بالعربية",
    "Name in Arabic",
    likely=("district_ar", "الاسم", "اسم", "name:ar", "arabic_name", "aname"),
)
NAME_EN: Final = LayerField(
    "name_en",
    "الاسم بالإنجليزية",
    "Name in English",
    likely=("district_en", "name", "name:en", "english_name", "ename"),
)
LIFESPAN: Final = (
    LayerField(
        "begin_lifespan_version", "بداية السريان", "Valid from", "datetime", is_imported=False, short="begin_life"
    ),
    LayerField("end_lifespan_version", "نهاية السريان", "Valid until", "datetime", is_imported=False, short="end_life"),
)


@dataclass(frozen=True)
class Layer:
    """A layer of the map as files, tiles and APIs know it.

    Field names are column names of ``table``; the geometry's column is ``geom``. ``fixed`` are columns that tell this
    layer's rows from those of other layers in the same table. ``has_own_loader`` is True where another package loads
    it (parcels: the register).
    """

    code: str
    title_ar: str
    title_en: str
    table: str
    geometry: Expected
    fields: tuple[LayerField, ...]
    fixed: Mapping[str, str] = field(default_factory=dict)
    has_own_loader: bool = False
    min_zoom: int = 0
    max_zoom: int = 22

    def field(self, name: str) -> LayerField:
        """Return the field of that name; KeyError names an unknown one."""
        for candidate in self.fields:
            if candidate.name == name:
                return candidate
        raise KeyError(name)
