"""Places as the pages of the locator show them: every word chosen, nothing left to the template but to print."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import quote

from gisportal.numbers import number_text
from layers.locator.categories import CATEGORIES, KINDS
from layers.locator.hours import OpenState, Status
from layers.locator.hours_words import Line, line
from layers.locator.search import Found

__all__ = ["PlaceRow", "categories_in", "chip_of", "distance_of", "geo_link", "kind_words", "name_in", "rows_of"]

_CHIPS: Final = {
    "open": ("ok", "clock"),
    "open_until": ("ok", "clock"),
    "closes_before": ("warning", "alert"),
    "closed": ("stop", "clock-off"),
    "closed_opens": ("stop", "clock-off"),
    "closed_ask": ("stop", "clock-off"),
    "unknown": ("neutral", "info"),
    "not_understood": ("neutral", "info"),
}


@dataclass(frozen=True)
class PlaceRow:
    """One row. ``distance`` is a number and its unit; ``minutes`` None where nobody can tell."""

    number: int
    uid: str
    name: str
    kind: str
    icon: str
    distance: tuple[str, str]
    minutes: int | None
    line: Line
    chip: str
    chip_icon: str
    phone: str
    geo: str
    address: str
    wheelchair: str
    lon: float
    lat: float


def rows_of(found: Sequence[Found], language: str, at: datetime, first: int = 1) -> list[PlaceRow]:
    """Return the rows of a list, numbered from ``first``; whoever walks there arrives later than ``at``."""
    return [_row(number, place, language, at) for number, place in enumerate(found, start=first)]


def _row(number: int, place: Found, language: str, at: datetime) -> PlaceRow:
    minutes = None if place.minutes is None or not math.isfinite(place.minutes) else place.minutes
    arrival = None if minutes is None else at + timedelta(minutes=minutes)
    said = line(place.state or OpenState(Status.UNKNOWN), at, language, arrival=arrival)
    chip, chip_icon = chip_of(said)
    name = name_in(place.name_ar, place.name_en, language)
    kind = kind_words(place.category, place.kind, language)
    return PlaceRow(
        number=number,
        uid=str(place.uid),
        name=name or kind,
        kind=kind if name else "",
        icon=CATEGORIES[place.category].icon if place.category in CATEGORIES else "map-pin",
        distance=distance_of(place.distance_m),
        minutes=None if minutes is None else max(1, math.ceil(minutes)),
        line=said,
        chip=chip,
        chip_icon=chip_icon,
        phone=place.phone,
        geo=geo_link(place.lon, place.lat, name),
        address=name_in(place.address_ar, place.address_en, language),
        wheelchair=place.wheelchair,
        lon=place.lon,
        lat=place.lat,
    )


def chip_of(said: Line) -> tuple[str, str]:
    """Return the kind of chip and the icon for a state."""
    return _CHIPS[said.kind]


def name_in(ar: str, en: str, language: str) -> str:
    """Return the name in a language, else in the other."""
    return (en or ar) if language == "en" else (ar or en)


def kind_words(category: str, kind: str, language: str) -> str:
    """Return the word for a kind of place, or for its category where the kind is not known."""
    known = KINDS.get(kind) or CATEGORIES.get(category)
    return "" if known is None else name_in(known.ar, known.en, language)


def distance_of(metres: float) -> tuple[str, str]:
    """Return a distance as a number and its unit, as exact as a walker wants it.

    >>> distance_of(348.2), distance_of(1284), distance_of(23_456)
    (('350', 'm'), ('1.3', 'km'), ('23', 'km'))
    """
    if metres < 995:
        return number_text(round(metres / 10) * 10 if metres >= 20 else round(metres), 0), "m"
    return number_text(metres / 1000, 1 if metres < 9950 else 0), "km"


def geo_link(lon: float, lat: float, name: str) -> str:
    """Return an address that a phone opens in its own map (RFC 5870), with the name beside the pin."""
    at = f"{lat:.6f},{lon:.6f}"
    return f"geo:{at}?q={at}" + (f"({quote(name)})" if name else "")


def categories_in(language: str, codes: Iterable[str]) -> list[tuple[str, str, str]]:
    """Return code, name and icon of categories."""
    return [(c.code, name_in(c.ar, c.en, language), c.icon) for code in codes if (c := CATEGORIES.get(code))]
