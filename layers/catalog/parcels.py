"""Parcels (LADM LA_SpatialUnit): loaded by the register, whose guards they live under."""

from __future__ import annotations

from layers.catalog.base import LIFESPAN, UID, Layer
from layers.files.mapping import LayerField

__all__ = ["LAYER"]

LAYER = Layer(
    code="parcels",
    title_ar="قطع الأراضي",
    title_en="Parcels",
    table="layers_parcel",
    geometry="MultiPolygon",
    fields=(
        UID,
        LayerField(
            "plan_no", "رقم المخطط", "Plan number", likely=("رقم المخطط", "المخطط", "plan", "plan_id", "section")
        ),
        LayerField("block_no", "رقم البلك", "Block number", likely=("رقم البلك", "البلك", "block", "manzana", "map")),
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
        ),
        LayerField("land_use", "استعمال الأرض", "Land use", likely=("استعمال الأرض", "الاستعمال", "landuse", "use")),
        LayerField(
            "official_area_m2",
            "المساحة في الصك (م²)",
            "Area in the deed (m2)",
            "decimal",
            short="offic_m2",
            likely=("المساحة", "contenance", "areaValue", "supf", "deed_area", "legal_area"),
        ),
        LayerField(
            "surveyed_area_m2",
            "المساحة من الطبيعة (م²)",
            "Measured area (m2)",
            "decimal",
            short="survey_m2",
            likely=("survey_area", "measured_area"),
        ),
        LayerField(
            "calculated_area_m2",
            "المساحة المحسوبة من الحدود (م²)",
            "Area computed from the outline (m2)",
            "float",
            is_imported=False,
            short="calc_m2",
        ),
        *LIFESPAN,
    ),
    has_own_loader=True,
    min_zoom=13,
)
