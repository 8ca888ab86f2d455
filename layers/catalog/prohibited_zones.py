"""Zones where nothing may be decided without the body in charge: valleys, flood courses, corridors of utilities."""

from __future__ import annotations

from layers.catalog.base import LIFESPAN, UID, Layer, Style, in_tiles, names
from layers.files.mapping import LayerField

__all__ = ["LAYER"]

LAYER = Layer(
    code="prohibited_zones",
    title_ar="المناطق المحظورة",
    title_en="Prohibited zones",
    about_ar="الأودية ومجاري السيول وحرم خطوط الخدمات: لا تُعتمد فيها معاملة إلا بموافقة الجهة المختصة.",
    about_en=(
        "Valleys, flood courses and corridors of utilities: no case on them is approved without the consent of the body"
        " in charge."
    ),
    table="layers_zone",
    geometry="MultiPolygon",
    fields=(
        in_tiles(UID, 12),
        LayerField(
            "code",
            "نوع الحظر",
            "Kind of prohibition",
            required=True,
            likely=("النوع", "type", "kind", "label"),
            tile_zoom=9,
        ),
        *names(12),
        LayerField(
            "authority_ar",
            "الجهة المختصة بالعربية",
            "Body in charge, in Arabic",
            short="author_ar",
            likely=("الجهة المختصة", "الجهة", "operator:ar"),
            tile_zoom=14,
        ),
        LayerField(
            "authority_en",
            "الجهة المختصة بالإنجليزية",
            "Body in charge, in English",
            short="author_en",
            likely=("operator", "agency", "authority"),
            tile_zoom=14,
        ),
        LayerField(
            "remarks",
            "ملاحظات البلدية",
            "Remarks of the municipality",
            likely=("ملاحظات", "notes", "comment"),
            readers="staff",
            tile_zoom=None,
        ),
        *LIFESPAN,
    ),
    fixed={"kind": "prohibited"},
    min_zoom=9,
    simplify="coverage",
    style=Style(
        fill="--map-prohibited",
        line="--map-prohibited-line",
        width_px=1.5,
        label="name",
        label_zoom=13,
        fill_opacity=0.3,
    ),
)
