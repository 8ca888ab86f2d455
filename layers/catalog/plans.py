"""Approved plans (LADM LA_SpatialUnitGroup)."""

from __future__ import annotations

from layers.catalog.base import LIFESPAN, NAME_AR, NAME_EN, UID, Layer
from layers.files.mapping import LayerField

__all__ = ["LAYER"]

LAYER = Layer(
    code="plans",
    title_ar="المخططات المعتمدة",
    title_en="Approved plans",
    table="layers_plan",
    geometry="MultiPolygon",
    fields=(
        UID,
        LayerField(
            "plan_no", "رقم المخطط", "Plan number", required=True, likely=("رقم المخطط", "المخطط", "plan", "plan_id")
        ),
        NAME_AR,
        NAME_EN,
        *LIFESPAN,
    ),
    min_zoom=10,
)
