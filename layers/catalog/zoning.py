"""Zoning: the code names the building rule that holds in the zone."""

from __future__ import annotations

from layers.catalog.base import LIFESPAN, NAME_AR, NAME_EN, UID, Layer
from layers.files.mapping import LayerField

__all__ = ["LAYER"]

LAYER = Layer(
    code="zoning",
    title_ar="التنظيم (استعمالات الأراضي)",
    title_en="Zoning",
    table="layers_zone",
    geometry="MultiPolygon",
    fields=(
        UID,
        LayerField(
            "code", "رمز نظام البناء", "Building rule", required=True, likely=("zone_type", "zone", "zcode", "label")
        ),
        NAME_AR,
        NAME_EN,
        *LIFESPAN,
    ),
    fixed={"kind": "zoning"},
    min_zoom=10,
)
