"""Places people look for. Opening hours are in OpenStreetMap's syntax."""

from __future__ import annotations

from typing import Final

from layers.catalog.base import LIFESPAN, UID, Layer, Style, in_tiles, names
from layers.files.mapping import LayerField

__all__ = ["CATEGORIES", "LAYER"]

CATEGORIES: Final = (
    "food",
    "health",
    "gas",
    "water",
    "repair",
    "mosque",
    "school",
    "municipal",
    "park",
    "fuel",
    "public_service",
)

# OpenStreetMap's values and the usual Arabic words; a word that means two things is left out.
_WORDS: Final = {
    "food": "supermarket convenience bakery greengrocer butcher grocery بقالة تموينات سوبرماركت مخبز",
    "health": "hospital clinic doctors pharmacy medical صحة مستشفى صيدلية مستوصف عيادة",
    "gas": "غاز",
    "water": "water_point مياه",
    "repair": "car_repair electronics_repair صيانة ورشة",
    "mosque": "place_of_worship مسجد مساجد جامع",
    "school": "kindergarten مدرسة مدارس تعليم روضة",
    "municipal": "townhall بلدية أمانة",
    "park": "garden playground حديقة حدائق منتزه",
    "fuel": "محطة_وقود وقود",
    "public_service": "post_office police fire_station library دفاع_مدني شرطة بريد مكتبة",
}
_SPELLINGS: Final = {
    word.replace("_", sep): code for code, words in _WORDS.items() for word in words.split() for sep in "_ "
}

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
            spellings=_SPELLINGS,
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
