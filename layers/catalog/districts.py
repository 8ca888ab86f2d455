"""Districts (neighbourhoods) with their municipality (LADM LA_SpatialUnitGroup)."""

from __future__ import annotations

from layers.catalog.base import LIFESPAN, NAME_AR, NAME_EN, UID, Layer
from layers.files.mapping import LayerField

__all__ = ["LAYER"]

LAYER = Layer(
    code="districts",
    title_ar="الأحياء",
    title_en="Districts",
    table="layers_district",
    geometry="MultiPolygon",
    fields=(
        UID,
        NAME_AR,
        NAME_EN,
        LayerField("code", "الرمز", "Code", likely=("district_id", "src_id", "id")),
        LayerField("municipality", "البلدية", "Municipality", likely=("البلدية", "city_ar", "city", "commune")),
        *LIFESPAN,
    ),
    min_zoom=8,
)
