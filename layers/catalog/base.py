"""The shape of a layer's description."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from layers.files.cleaning import Expected
from layers.files.mapping import LayerField

__all__ = ["LIFESPAN", "UID", "Layer", "Provenance", "Style", "in_tiles", "names"]

UID: Final = LayerField("uid", "المعرّف", "Identifier", "uuid", short="uid", tile_zoom=14)
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
        "begin_lifespan_version",
        "بداية السريان",
        "Valid from",
        "datetime",
        is_imported=False,
        short="begin_life",
        tile_zoom=None,
    ),
    LayerField(
        "end_lifespan_version",
        "نهاية السريان",
        "Valid until",
        "datetime",
        is_imported=False,
        short="end_life",
        tile_zoom=None,
    ),
)


def in_tiles(field: LayerField, zoom: int | None) -> LayerField:
    """Return a field as vector tiles carry it from ``zoom`` on; None: never."""
    return replace(field, tile_zoom=zoom)


def names(zoom: int | None) -> tuple[LayerField, LayerField]:
    """Return both names of a named row as fields that tiles carry from ``zoom`` on."""
    return in_tiles(NAME_AR, zoom), in_tiles(NAME_EN, zoom)


@dataclass(frozen=True)
class Style:
    """How a layer is drawn: colours are names of design tokens (``--map-…`` in the site's style sheet), widths pixels.

    ``label`` names the field written on a feature from ``label_zoom`` on; with ``label_ar``/``label_en`` pairs it is
    the field without its ending. ``fill_opacity`` goes from 0 to 1: what lies over other layers lets them through.
    """

    fill: str = ""
    line: str = ""
    width_px: float = 1.0
    label: str = ""
    label_zoom: int = 16
    fill_opacity: float = 1.0


@dataclass(frozen=True)
class Provenance:
    """Where a layer's data come from, and on which terms others may use them."""

    source_ar: str = "البلدية"
    source_en: str = "The municipality"
    licence: str = ""  # address or SPDX id; empty: all rights with the municipality


@dataclass(frozen=True)
class Layer:
    """A layer of the map as files, tiles and APIs know it.

    Field names are column names of ``table``; the geometry's column is ``geom``, its copy for tiles ``geom_3857``.
    ``fixed`` are columns that tell this layer's rows from those of other layers in the same table; ``condition`` is a
    further constant condition on them. ``has_own_loader`` is True where another package loads it (parcels: the
    register). ``is_stored_as_json`` is True for a layer that was added without code: its fields are keys of the column
    ``properties``. ``readers`` says who may see it at all (``layers.access``). ``simplify`` says how tiles below
    ``detail_zoom`` generalise it: a ``coverage`` keeps shared edges, ``each`` simplifies every feature for itself.
    ``is_versioned`` is False for a table without lifespans: it has a present only. A file must give one of the fields
    ``needs_one_of``, where there are such.
    """

    code: str
    title_ar: str
    title_en: str
    table: str
    geometry: Expected
    fields: tuple[LayerField, ...]
    fixed: Mapping[str, str | int] = field(default_factory=dict)
    has_own_loader: bool = False
    min_zoom: int = 0
    max_zoom: int = 22
    about_ar: str = ""
    about_en: str = ""
    condition: str = ""
    is_stored_as_json: bool = False
    is_versioned: bool = True
    needs_one_of: tuple[str, ...] = ()
    readers: Literal["everyone", "staff"] = "everyone"
    simplify: Literal["coverage", "each", ""] = "each"
    detail_zoom: int = 14
    style: Style = Style()
    provenance: Provenance = Provenance()

    def field(self, name: str) -> LayerField:
        """Return the field of that name; KeyError names an unknown one."""
        for candidate in self.fields:
            if candidate.name == name:
                return candidate
        raise KeyError(name)
