"""National addresses: a building's number on its street, for finding and for letters."""

from __future__ import annotations

from layers.catalog.base import LIFESPAN, UID, Layer, Provenance, Style, in_tiles
from layers.files.mapping import LayerField

__all__ = ["LAYER"]

LAYER = Layer(
    code="addresses",
    title_ar="العناوين الوطنية",
    title_en="National addresses",
    about_ar="عناوين المباني: رقم المبنى والرقم الإضافي والشارع والحي والرمز البريدي والعنوان المختصر.",
    about_en=(
        "Addresses of buildings: building number, additional number, street, district, postcode and the short address."
    ),
    table="layers_address",
    geometry="Point",
    fields=(
        in_tiles(UID, 17),
        LayerField(
            "building_no",
            "رقم المبنى",
            "Building number",
            required=True,
            short="bldg_no",
            likely=("رقم المبنى", "building", "building_number", "addr:housenumber", "housenumber", "number"),
            tile_zoom=16,
        ),
        LayerField(
            "additional_no",
            "الرقم الإضافي",
            "Additional number",
            short="add_no",
            likely=("الرقم الإضافي", "additional", "additional_number"),
            tile_zoom=17,
        ),
        LayerField(
            "street_ar",
            "الشارع بالعربية",
            "Street in Arabic",
            likely=("الشارع", "اسم الشارع", "addr:street", "street:ar", "street"),
            tile_zoom=17,
        ),
        LayerField(
            "street_en",
            "الشارع بالإنجليزية",
            "Street in English",
            likely=("addr:street:en", "street:en", "street_name"),
            tile_zoom=17,
        ),
        LayerField(
            "district_ar",
            "الحي بالعربية",
            "District in Arabic",
            short="distr_ar",
            likely=("الحي", "اسم الحي", "addr:suburb", "district:ar"),
            tile_zoom=17,
        ),
        LayerField(
            "district_en",
            "الحي بالإنجليزية",
            "District in English",
            short="distr_en",
            likely=("addr:suburb:en", "district:en", "district", "suburb"),
            tile_zoom=17,
        ),
        LayerField(
            "postcode",
            "الرمز البريدي",
            "Postcode",
            likely=("الرمز البريدي", "addr:postcode", "zip", "zipcode", "postal_code"),
            tile_zoom=17,
        ),
        LayerField(
            "short_address",
            "العنوان المختصر",
            "Short address",
            short="short_addr",
            likely=("العنوان المختصر", "short", "shortaddress"),
            tile_zoom=17,
        ),
        *LIFESPAN,
    ),
    min_zoom=15,
    provenance=Provenance("العنوان الوطني كما لدى البلدية", "The national address, as the municipality holds it"),
    style=Style(fill="--map-address", width_px=3.0, label="building_no", label_zoom=17),
)
