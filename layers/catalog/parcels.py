"""Parcels (LADM LA_SpatialUnit): loaded by the register, whose guards they live under."""

from __future__ import annotations

from layers.catalog.base import LIFESPAN, UID, Layer, Style, in_tiles
from layers.files.mapping import LayerField

__all__ = ["LAYER"]

LAYER = Layer(
    code="parcels",
    title_ar="قطع الأراضي",
    title_en="Parcels",
    about_ar="قطع الأراضي في السجل بأرقامها واستعمالها ومساحاتها؛ بيانات الملاك لا تُنشر.",
    about_en="The parcels of the register with their numbers, use and areas; data of owners are not published.",
    table="layers_parcel",
    geometry="MultiPolygon",
    fields=(
        in_tiles(UID, 16),
        LayerField(
            "plan_no",
            "رقم المخطط",
            "Plan number",
            likely=("رقم المخطط", "المخطط", "plan", "plan_id", "section"),
            tile_zoom=14,
        ),
        LayerField(
            "block_no",
            "رقم البلك",
            "Block number",
            likely=("رقم البلك", "البلك", "block", "manzana", "map"),
            tile_zoom=14,
        ),
        LayerField(
            "parcel_no",
            "رقم القطعة",
            "Parcel number",
            required=True,
            likely=(
                "رقم القطعة",
                "رقم_القطعة",
                "القطعة",
                "parcelno",
                "parcel",
                "parcel_id",
                "plot_no",
                "plotno",
                "numero",
                "ml",
                "lot_no",
                "lot",
                "label",
                "nationalCadastralReference",
                "localId",
                "tex",
            ),
            tile_zoom=15,
        ),
        LayerField(
            "land_use",
            "استعمال الأرض",
            "Land use",
            likely=("استعمال الأرض", "الاستعمال", "landuse", "use"),
            tile_zoom=14,
        ),
        LayerField(
            "official_area_m2",
            "المساحة في الصك (م²)",
            "Area in the deed (m2)",
            "decimal",
            short="offic_m2",
            likely=("المساحة", "contenance", "areaValue", "supf", "deed_area", "legal_area"),
            tile_zoom=None,
        ),
        LayerField(
            "surveyed_area_m2",
            "المساحة من الطبيعة (م²)",
            "Measured area (m2)",
            "decimal",
            short="survey_m2",
            likely=("survey_area", "measured_area"),
            tile_zoom=None,
        ),
        LayerField(
            "calculated_area_m2",
            "المساحة المحسوبة من الحدود (م²)",
            "Area computed from the outline (m2)",
            "float",
            is_imported=False,
            short="calc_m2",
            tile_zoom=None,
        ),
        *LIFESPAN,
    ),
    has_own_loader=True,
    min_zoom=6,
    simplify="coverage",
    detail_zoom=14,
    style=Style(fill="--map-parcel", line="--map-parcel-line", width_px=1.0, label="parcel_no", label_zoom=17),
)
