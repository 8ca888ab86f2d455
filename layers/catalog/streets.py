"""Streets by their centrelines, noded at crossings."""

from __future__ import annotations

from layers.catalog.base import LIFESPAN, NAME_AR, NAME_EN, UID, Layer
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
    table="layers_street",
    geometry="MultiLineString",
    fields=(
        UID,
        NAME_AR,
        NAME_EN,
        LayerField("width_m", "العرض (م)", "Width (m)", "decimal", likely=("عرض الشارع", "العرض", "width")),
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
)
