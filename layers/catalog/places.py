"""Places people look for. Opening hours are in OpenStreetMap's syntax."""

from __future__ import annotations

from typing import Final

from layers.catalog.base import LIFESPAN, UID, Layer, Style, in_tiles, names
from layers.files.mapping import LayerField
from layers.locator.categories import CODES, category_spellings

__all__ = ["CATEGORIES", "LAYER"]

CATEGORIES: Final = CODES

LAYER = Layer(
    code="places",
    title_ar="المواقع والخدمات",
    title_en="Places",
    about_ar="ما يقصده الناس: مساجد ومدارس وحدائق ومحلات ومحطات وخدمات، بأوقات دوامها وهواتفها.",
    about_en="What people look for: mosques, schools, parks, shops, stations and services, with hours and telephone.",
    table="layers_place",
    geometry="Point",
    fields=(
        in_tiles(UID, 15),
        *names(15),
        LayerField(
            "category",
            "التصنيف",
            "Category",
            required=True,
            choices=CATEGORIES,
            spellings=category_spellings(),
            likely=("subtype", "amenity", "shop", "type", "التصنيف"),
        ),
        LayerField(
            "opening_hours",
            "أوقات الدوام",
            "Opening hours",
            short="open_hours",
            likely=("أوقات الدوام", "hours"),
            tile_zoom=17,
        ),
        LayerField("phone", "الهاتف", "Phone", likely=("الهاتف", "tel", "telephone"), tile_zoom=17),
        *LIFESPAN,
    ),
    min_zoom=14,
    style=Style(fill="--map-place", width_px=6.0, label="name", label_zoom=16),
)
