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
    "mm": ("مم", "mm"),
    "km": ("كم", "km"),
    "km2": ("كم²", "km²"),
    "%": ("٪", "%"),
    "deg": ("°", "°"),
    "ft": ("قدم", "ft"),
    "us-ft": ("قدم أمريكي", "US ft"),
    "day": ("يوم", "days"),
    "a": ("سنة", "years"),
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
    """Return both values with two decimals, or with as many more as it takes for different values to look different.

    >>> comparable_texts(9.412, 10.0)
    ('9.41', '10.00')
    >>> comparable_texts(9.999, 10.0)
    ('9.999', '10.000')
    >>> comparable_texts(3, 4)
    ('3', '4')
    """
    values = (measured, required)
    if not any(isinstance(value, float | Decimal) for value in values):
        return number_text(measured), number_text(required)
    for decimals in (2, 3, 4, 6):
        texts = [number_text(v, None if isinstance(v, int) else decimals) for v in values]
        if texts[0] != texts[1] or measured == required:
            break
    return texts[0], texts[1]
