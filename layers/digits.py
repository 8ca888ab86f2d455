"""Both digit systems read alike: Arabic-Indic and Persian digits, and the marks that go with them."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

__all__ = ["digit_variants", "parse_decimal", "to_latin_digits", "without_marks"]

_DIGITS = {ord(digit): str(value) for block in ("٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹") for value, digit in enumerate(block)}
_ARABIC, _PERSIAN = (str.maketrans("0123456789", block) for block in ("٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹"))
_MARKS = {ord("٫"): ".", ord("٬"): ",", ord("٪"): "%", ord("−"): "-"}
# Directional marks and isolates that come along when a number is copied out of right-to-left text.
_INVISIBLE = dict.fromkeys((0x200E, 0x200F, 0x061C, *range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xFEFF))
_TABLE: dict[int, str | None] = {**_DIGITS, **_MARKS, **_INVISIBLE}
_NUMBER = re.compile(r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d+)?")


def to_latin_digits(text: str) -> str:
    """Return the text with every digit as 0-9, Arabic decimal and thousands marks as "." and ",", direction marks gone.

    Parameters
    ----------
    text : str
        What a person typed or pasted; other letters stay as they are.

    Examples
    --------
    >>> to_latin_digits("١٥٣٫١٠ م²")
    '153.10 م²'
    >>> to_latin_digits("۴۱۴/۷/۲۰۸")
    '414/7/208'
    >>> to_latin_digits("")
    ''
    """
    return text.translate(_TABLE)


def without_marks(text: str) -> str:
    """Return the text without the direction marks that come along when it is copied.

    Examples
    --------
    >>> without_marks("\u200f٣/7\u2069")
    '٣/7'
    """
    return text.translate(_INVISIBLE)


def digit_variants(text: str) -> list[str]:
    """Return a text as it is and with all its digits in each system: how a number may have been loaded.

    Examples
    --------
    >>> digit_variants("ب٣"), digit_variants("a")
    (['ب٣', 'ب3', 'ب۳'], ['a'])
    """
    latin = "".join(_DIGITS.get(ord(letter), letter) for letter in text)
    return list(dict.fromkeys((text, latin, latin.translate(_ARABIC), latin.translate(_PERSIAN))))


def parse_decimal(text: str) -> Decimal:
    """Return the number that a person wrote in either digit system; thousands marks are allowed where they belong.

    Raises
    ------
    ValueError
        If the text is no number, naming it. A comma is never read as a decimal mark: "1,5" is refused, not guessed.

    Examples
    --------
    >>> parse_decimal(" ١٬٢٣٤٫٥٠ ")
    Decimal('1234.50')
    >>> parse_decimal("1,5")
    Traceback (most recent call last):
        ...
    ValueError: not a number: '1,5'
    """
    plain = to_latin_digits(text).strip()
    if not plain.isascii() or not any(map(str.isdigit, plain)) or _NUMBER.fullmatch(plain) is None:
        raise ValueError(f"not a number: {text!r}")
    try:
        return Decimal(plain.replace(",", ""))
    except InvalidOperation as error:  # pragma: no cover - the pattern admits only numbers
        raise ValueError(f"not a number: {text!r}") from error
