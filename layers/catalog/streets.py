"""Streets by their centrelines, noded at crossings."""

from __future__ import annotations

from layers.catalog.base import LIFESPAN, UID, Layer, Style, in_tiles, names
from layers.files.mapping import LayerField

__all__ = ["LAYER"]

_CLASSES = ("arterial", "collector", "local", "alley")
_SPELLINGS = {
    "شرياني": "arterial",
    "رئيسي": "arterial",
    "تجميعي": "collector",
    "فرعي": "local",
    "محلي": "local",
    "ممر": "alley",
    "motorway": "arterial",
    "trunk": "arterial",
    "primary": "arterial",
    "secondary": "collector",
    "tertiary": "collector",
    "residential": "local",
    "unclassified": "local",
    "service": "local",
    "footway": "alley",
    "path": "alley",
}

LAYER = Layer(
    code="streets",
    title_ar="الشوارع",
    title_en="Streets",
    about_ar="محاور الشوارع بين التقاطعات، بأسمائها وعروضها ودرجاتها.",
    about_en="Centrelines of streets between crossings, with their names, widths and classes.",
    table="layers_street",
    geometry="MultiLineString",
    fields=(
        in_tiles(UID, 16),
        *names(14),
        LayerField(
            "width_m", "العرض (م)", "Width (m)", "decimal", likely=("عرض الشارع", "العرض", "width"), tile_zoom=14
        ),
        LayerField(
            "road_class",
            "الدرجة",
            "Class",
            choices=_CLASSES,
            spellings=_SPELLINGS,
            default="local",
            likely=("highway", "class", "street_type"),
        ),
        *LIFESPAN,
    ),
    min_zoom=11,
    style=Style(line="--map-street-line", width_px=2.0, label="name", label_zoom=15),
)
