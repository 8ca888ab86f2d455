"""Blocks of plans (LADM LA_SpatialUnitGroup)."""

from __future__ import annotations

from layers.catalog.base import LIFESPAN, UID, Layer, Style
from layers.files.mapping import LayerField

__all__ = ["LAYER"]

LAYER = Layer(
    code="blocks",
    title_ar="البلكات",
    title_en="Blocks",
    about_ar="بلكات المخططات المعتمدة: ما بين الشوارع من قطع وممرات، برقم البلك ورقم المخطط.",
    about_en="Blocks of the approved plans: the lots and alleys between streets, with block and plan number.",
    table="layers_block",
    geometry="MultiPolygon",
    fields=(
        UID,
        LayerField(
            "plan_no",
            "رقم المخطط",
            "Plan number",
            likely=("رقم المخطط", "المخطط", "plan", "plan_id"),
            tile_zoom=14,
        ),
        LayerField(
            "block_no",
            "رقم البلك",
            "Block number",
            required=True,
            likely=("رقم البلك", "البلك", "block", "label", "localId"),
            tile_zoom=14,
        ),
        *LIFESPAN,
    ),
    min_zoom=12,
    simplify="coverage",
    style=Style(line="--map-block", width_px=1.0, label="block_no", label_zoom=15),
)
