"""Phases of the urban growth boundary: until which year land of a phase may be developed."""

from __future__ import annotations

from layers.catalog.base import LIFESPAN, UID, Layer, Style, in_tiles, names
from layers.files.mapping import LayerField

__all__ = ["LAYER"]

LAYER = Layer(
    code="growth_phases",
    title_ar="مراحل النطاق العمراني",
    title_en="Growth-boundary phases",
    about_ar="مراحل التنمية داخل النطاق العمراني، وآخر سنة هجرية لكل مرحلة، وحد حماية التنمية خارجها.",
    about_en=(
        "The phases of development inside the urban growth boundary, the last Hijri year of each, and the development"
        " protection boundary beyond them."
    ),
    table="layers_zone",
    geometry="MultiPolygon",
    fields=(
        in_tiles(UID, 6),
        LayerField(
            "code",
            "رمز المرحلة",
            "Phase",
            required=True,
            likely=("المرحلة", "phase", "phase_no", "stage", "label"),
            tile_zoom=6,
        ),
        *names(6),
        LayerField(
            "phase_year_ah",
            "آخر سنة للمرحلة (هـ)",
            "Last year of the phase (AH)",
            "integer",
            short="phase_year",
            low=1300,
            high=1600,
            likely=("السنة", "year", "phase_year"),
            tile_zoom=6,
        ),
        *LIFESPAN,
    ),
    fixed={"kind": "growth_phase"},
    min_zoom=6,
    simplify="coverage",
    style=Style(
        fill="--map-growth", line="--map-growth-line", width_px=2.0, label="name", label_zoom=10, fill_opacity=0.25
    ),
)
