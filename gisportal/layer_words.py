"""Codes in the fields of layers as people read them: land uses, categories of places, classes of streets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from land_services.catalogue import load_catalogue
from land_services.documents.build_parts import LAND_USES
from land_services.registry import SERVICES
from layers.locator.categories import CATEGORIES, KINDS

__all__ = ["words_of"]

Pair = tuple[str, str]

YES_NO: Final[Mapping[str, Pair]] = {"yes": ("نعم", "Yes"), "no": ("لا", "No"), "limited": ("جزئيًا", "Partly")}
WORDS: Final[Mapping[str, Mapping[str, Pair]]] = {
    "land_use": {
        "villa": ("فيلا", "Villa"),
        "duplex": ("دوبلكس", "Duplex"),
        "apartments": ("شقق", "Apartments"),
        "government": ("حكومي", "Government"),
        **{code: (text.ar, text.en) for code, text in LAND_USES.items()},
    },
    "road_class": {
        "arterial": ("شرياني", "Arterial"),
        "collector": ("تجميعي", "Collector"),
        "local": ("محلي", "Local"),
        "alley": ("ممر", "Alley"),
    },
    "direction": {
        "both": ("في الاتجاهين", "Both ways"),
        "forward": ("مع اتجاه الرسم", "One way, as drawn"),
        "backward": ("عكس اتجاه الرسم", "One way, against the line"),
    },
    "users": {"all": ("الجميع", "Everybody"), "foot": ("المشاة", "On foot"), "car": ("السيارات", "Cars")},
    "barrier": {"bollard": ("مصدات", "Bollards"), "gate": ("بوابة", "Gate"), "wall": ("جدار", "Wall")},
    "prayer_pause": YES_NO,
    "wheelchair": YES_NO,
}


def words_of(layer: str, field: str, language: str) -> dict[str, str]:
    """Return the words of a field's codes in a language; nothing where its values are read as they are."""
    if layer == "open_cases" and field == "service":
        cards = load_catalogue()
        return {c: cards[c].name_en if language == "en" else cards[c].name_ar for c in SERVICES if c in cards}
    if field == "category":
        return {one.code: one.en if language == "en" else one.ar for one in CATEGORIES.values()}
    if layer == "places" and field == "kind":
        return {code: kind.en if language == "en" else kind.ar for code, kind in KINDS.items()}
    return {code: pair[language == "en"] for code, pair in WORDS.get(field, {}).items()}
