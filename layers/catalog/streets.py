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
        LayerField(
            "direction",
            "اتجاه السير",
            "Direction of cars",
            choices=("both", "forward", "backward"),
            spellings={
                **dict.fromkeys(("no", "0", "false", "b", "اتجاهان", "اتجاهين"), "both"),
                **dict.fromkeys(("yes", "1", "true", "f", "اتجاه واحد"), "forward"),
                **dict.fromkeys(("-1", "reverse", "t", "عكسي"), "backward"),
            },
            default="both",
            likely=("oneway", "one_way", "الاتجاه"),
            tile_zoom=16,
        ),
        LayerField(
            "users",
            "لمن",
            "Who may use it",
            choices=("all", "foot", "car"),
            spellings={
                **dict.fromkeys(("foot only", "pedestrian", "footway", "path", "steps", "مشاة"), "foot"),
                **dict.fromkeys(("cars", "motorway", "trunk", "سيارات"), "car"),
                "الكل": "all",
            },
            default="all",
            tile_zoom=16,
        ),
        LayerField(
            "barrier",
            "الحاجز",
            "Barrier",
            choices=("bollard", "gate", "wall"),
            spellings={
                **dict.fromkeys(("bollards", "block", "cycle_barrier", "مصدات"), "bollard"),
                **dict.fromkeys(("lift_gate", "swing_gate", "بوابة"), "gate"),
                **dict.fromkeys(("fence", "city_wall", "retaining_wall", "سور", "جدار"), "wall"),
            },
            likely=("الحاجز",),
            tile_zoom=16,
        ),
        *LIFESPAN,
    ),
    min_zoom=11,
    style=Style(line="--map-street-line", width_px=2.0, label="name", label_zoom=15),
)
