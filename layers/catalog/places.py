"""Places people look for. Opening hours are in OpenStreetMap's syntax."""

from __future__ import annotations

from typing import Final

from layers.catalog.base import LIFESPAN, UID, Layer, Style, in_tiles, names
from layers.files.mapping import LayerField
from layers.locator.categories import CODES, KINDS, category_spellings, kind_spellings

__all__ = ["CATEGORIES", "LAYER"]

CATEGORIES: Final = CODES

_YES_NO: Final = {"true": "yes", "1": "yes", "نعم": "yes", "false": "no", "0": "no", "لا": "no"}

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
        LayerField("phone", "الهاتف", "Phone", likely=("الهاتف", "tel", "telephone", "contact:phone"), tile_zoom=17),
        LayerField(
            "kind",
            "النوع",
            "Kind",
            choices=tuple(KINDS),
            spellings=kind_spellings(),
            likely=("subtype", "fclass", "amenity", "shop", "النوع"),
            within="category",
            within_of={code: kind.category for code, kind in KINDS.items()},
            tile_zoom=15,
        ),
        LayerField(
            "ramadan_hours",
            "أوقات الدوام في رمضان",
            "Hours in Ramadan",
            short="ramadan_hr",
            likely=("دوام رمضان", "opening_hours:ramadan"),
            tile_zoom=None,
        ),
        LayerField(
            "prayer_pause",
            "يغلق للصلاة",
            "Closes for prayer",
            choices=("yes", "no"),
            spellings=_YES_NO,
            short="pray_pause",
            likely=("يغلق للصلاة",),
            tile_zoom=None,
        ),
        LayerField(
            "address_ar",
            "العنوان بالعربية",
            "Address in Arabic",
            likely=("العنوان", "address", "addr:full:ar", "addr:full"),
            tile_zoom=17,
        ),
        LayerField("address_en", "العنوان بالإنجليزية", "Address in English", likely=("addr:full:en",), tile_zoom=17),
        LayerField(
            "wheelchair",
            "مهيأ للكراسي المتحركة",
            "Wheelchair access",
            choices=("yes", "limited", "no"),
            spellings={**_YES_NO, "designated": "yes", "جزئي": "limited", "partial": "limited"},
            likely=("كرسي متحرك", "accessibility"),
            tile_zoom=17,
        ),
        LayerField("source", "المصدر", "Source", likely=("المصدر",), tile_zoom=None),
        LayerField(
            "source_ref",
            "رقمه في المصدر",
            "Reference in the source",
            likely=("osm_id", "@id", "ref", "id"),
            readers="staff",
            tile_zoom=None,
        ),
        LayerField(
            "source_on",
            "تاريخ المصدر",
            "Date of the source",
            "date",
            likely=("check_date", "survey:date", "تاريخ المصدر"),
            tile_zoom=None,
        ),
        *LIFESPAN,
    ),
    min_zoom=14,
    style=Style(fill="--map-place", width_px=6.0, label="name", label_zoom=16),
)
