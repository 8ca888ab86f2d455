"""Approved plans (LADM LA_SpatialUnitGroup)."""

from __future__ import annotations

from layers.catalog.base import LIFESPAN, UID, Layer, Style, in_tiles, names
from layers.files.mapping import LayerField

__all__ = ["LAYER"]

LAYER = Layer(
    code="plans",
    title_ar="المخططات المعتمدة",
    title_en="Approved plans",
    about_ar="حدود المخططات التنظيمية المعتمدة بأرقامها وأسمائها.",
    about_en="The outlines of approved subdivision plans, with their numbers and names.",
    table="layers_plan",
    geometry="MultiPolygon",
    fields=(
        in_tiles(UID, 12),
        LayerField(
            "plan_no",
            "رقم المخطط",
            "Plan number",
            required=True,
            likely=("رقم المخطط", "المخطط", "plan", "plan_id"),
            tile_zoom=12,
        ),
        *names(13),
        *LIFESPAN,
    ),
    min_zoom=10,
    simplify="coverage",
    style=Style(line="--map-plan", width_px=1.5, label="plan_no", label_zoom=13),
)
