"""Numbers and units as people read them: figures 0-9, point for decimals, comma for thousands, in both languages."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from land_services.catalogue.fees import CURRENCIES

__all__ = ["DECIMALS", "comparable_texts", "number_text", "unit_text"]

# The decimals that a unit is known to.
DECIMALS = {"m": 2, "m2": 2, "%": 1, "deg": 4}
UNITS: dict[str, tuple[str, str]] = {
    "m": ("م", "m"),
    "m2": ("م²", "m²"),
    "m²": ("م²", "m²"),
    "m3": ("م³", "m³"),
    "m³": ("م³", "m³"),
    "mm": ("مم", "mm"),
    "km": ("كم", "km"),
    "km2": ("كم²", "km²"),
    "%": ("٪", "%"),
    "deg": ("°", "°"),
    "ft": ("قدم", "ft"),
    "us-ft": ("قدم أمريكي", "US ft"),
    "day": ("يوم", "days"),
    "a": ("سنة", "years"),
    "h": ("ساعة", "h"),
    "kVA": ("ك.ف.أ", "kVA"),
    "MB": ("ميغابايت", "MB"),
    **{code: (arabic, code) for code, arabic in CURRENCIES.items()},
    "1": ("", ""),
    "": ("", ""),
}


def number_text(value: Any, decimals: int | None = None) -> str:
    """Return a number with thousands marks, rounded half up once; words and None come back as text.

    >>> number_text(1234.5, 2)
    '1,234.50'
    >>> number_text(None)
    '—'
    """
    if value is None or value == "":
        return "—"
    if isinstance(value, bool) or isinstance(value, str):
        return str(value)
    try:
        exact = Decimal(str(value))
    except InvalidOperation:
        return str(value)
    if not exact.is_finite():
        return "—"
    if decimals is not None:
        exact = exact.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    return f"{exact:,f}"


def unit_text(unit: str, language: str) -> str:
    """Return the unit's sign in a language; an unknown unit is printed as it is."""
    pair = UNITS.get(unit, (unit, unit))
    return pair[1] if language == "en" else pair[0]


def comparable_texts(measured: Any, required: Any) -> tuple[str, str]:
    """Return both values as sentences say them: three decimals, none that are idle, more where they would look alike.

    >>> comparable_texts(9.412, 10.0)
    ('9.412', '10')
    >>> comparable_texts(9.99996, 10.0)
    ('9.99996', '10')
    >>> comparable_texts(0.0251, 0.05)
    ('0.025', '0.05')
    """
    texts = ("", "")
    for decimals in (3, 4, 6):
        texts = (_without_idle_zeros(measured, decimals), _without_idle_zeros(required, decimals))
        if texts[0] != texts[1] or measured == required:
            break
    return texts


def _without_idle_zeros(value: Any, decimals: int) -> str:
    if not isinstance(value, float | Decimal):
        return number_text(value)
    text = number_text(value, decimals)
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text
