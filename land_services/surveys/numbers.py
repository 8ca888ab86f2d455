"""Parcel numbers and texts as people write them: both digit systems, direction marks, numbers stored as floats."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

_DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "01234567890123456789")
_MARKS = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\x00-\x08\x0b\x0c\x0e-\x1f]")
MAX_LENGTH = 200


def latin_digits(text: str) -> str:
    """Return the text with Arabic-Indic and Persian digits as 0-9.

    Examples
    --------
    >>> latin_digits("قطعة ١٢/٣")
    'قطعة 12/3'
    """
    return text.translate(_DIGITS)


def clean_text(text: str) -> str:
    """Return the text without direction marks and control characters, spaces single, in composed form (NFC)."""
    return " ".join(unicodedata.normalize("NFC", _MARKS.sub("", text)).split())[:MAX_LENGTH]


def parcel_number(value: Any) -> str:
    """Return a parcel number as text; "" for nothing. Whole floats (12.0, as DBF and JSON hold them) lose the zero.

    Examples
    --------
    >>> parcel_number(12.0), parcel_number("١٢"), parcel_number(None), parcel_number(True)
    ('12', '12', '', '')
    """
    if value is None or isinstance(value, bool | dict | list):
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    return latin_digits(clean_text(str(value)))


def attribute(attributes: dict[str, Any], name: str) -> Any:
    """Return an attribute by name, in any case of letters; None where absent."""
    if name in attributes:
        return attributes[name]
    return next((v for k, v in attributes.items() if str(k).strip().lower() == name), None)
