"""Districts (neighbourhoods) with their municipality (LADM LA_SpatialUnitGroup)."""

from __future__ import annotations

from layers.catalog.base import LIFESPAN, UID, Layer, Style, in_tiles, names
from layers.files.mapping import LayerField

__all__ = ["LAYER"]

LAYER = Layer(
    code="districts",
    title_ar="الأحياء",
    title_en="Districts",
    about_ar="أحياء المدينة وحدودها، والبلدية التي يتبعها كل حي.",
    about_en="The districts of the city with their boundaries, and the municipality that each belongs to.",
    table="layers_district",
    geometry="MultiPolygon",
    fields=(
        in_tiles(UID, 8),
        *names(8),
        LayerField("code", "الرمز", "Code", likely=("district_id", "src_id", "id"), tile_zoom=12),
        LayerField(
            "municipality", "البلدية", "Municipality", likely=("البلدية", "city_ar", "city", "commune"), tile_zoom=12
        ),
        *LIFESPAN,
    ),
    needs_one_of=("name_ar", "name_en"),
    min_zoom=8,
    simplify="coverage",
    style=Style(line="--map-district", width_px=2.0, label="name", label_zoom=12),
)
