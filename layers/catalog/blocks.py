"""Blocks of plans (LADM LA_SpatialUnitGroup)."""

from __future__ import annotations

from layers.catalog.base import LIFESPAN, UID, Layer
from layers.files.mapping import LayerField

__all__ = ["LAYER"]

LAYER = Layer(
    code="blocks",
    title_ar="البلكات",
    title_en="Blocks",
    table="layers_block",
    geometry="MultiPolygon",
    fields=(
        UID,
        LayerField("plan_no", "رقم المخطط", "Plan number", likely=("رقم المخطط", "المخطط", "plan", "plan_id")),
        LayerField(
            "block_no",
            "رقم البلك",
            "Block number",
            required=True,
            likely=("رقم البلك", "البلك", "block", "label", "localId"),
        ),
        *LIFESPAN,
    ),
    min_zoom=12,
)
