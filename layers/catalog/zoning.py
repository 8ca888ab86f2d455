"""Zoning: the code names the building rule that holds in the zone."""

from __future__ import annotations

from layers.catalog.base import LIFESPAN, UID, Layer, Style, names
from layers.files.mapping import LayerField

__all__ = ["LAYER"]

LAYER = Layer(
    code="zoning",
    title_ar="التنظيم (استعمالات الأراضي)",
    title_en="Zoning",
    about_ar="مناطق التنظيم ورمز نظام البناء المعمول به في كل منها.",
    about_en="Zoning areas, with the code of the building rule that holds in each.",
    table="layers_zone",
    geometry="MultiPolygon",
    fields=(
        UID,
        LayerField(
            "code",
            "رمز نظام البناء",
            "Building rule",
            required=True,
            likely=("zone_type", "zone", "zcode", "label"),
            tile_zoom=10,
        ),
        *names(13),
        *LIFESPAN,
    ),
    fixed={"kind": "zoning"},
    min_zoom=10,
    simplify="coverage",
    style=Style(
        fill="--map-zoning", line="--map-zoning-line", width_px=1.0, label="code", label_zoom=14, fill_opacity=0.4
    ),
)
