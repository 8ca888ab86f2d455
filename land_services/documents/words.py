"""Lengths and areas in words, Arabic and English; the two always say the same rounded figure."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from land_services.documents.figures import hundredths
from land_services.documents.words_ar import (
    LARGEST,
    METRE,
    PARCEL,
    SQUARE_METRE,
    Noun,
    cardinal_ar,
    counted_ar,
    metres_in_words_ar,
    square_metres_in_words_ar,
)

__all__ = [
    "METRE",
    "PARCEL",
    "SQUARE_METRE",
    "Noun",
    "cardinal_ar",
    "cardinal_en",
    "counted_ar",
    "metres_in_words_ar",
    "metres_in_words_en",
    "square_metres_in_words_ar",
    "square_metres_in_words_en",
]

_SMALL: Final = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
).split()
_TENS: Final = ". . twenty thirty forty fifty sixty seventy eighty ninety".split()
_SCALES: Final = ((10**9, "billion"), (10**6, "million"), (10**3, "thousand"))


def _below_thousand(number: int) -> str:
    hundreds, rest = divmod(number, 100)
    words = [f"{_SMALL[hundreds]} hundred"] if hundreds else []
    if rest:
        tens, unit = divmod(rest, 10)
        small = _SMALL[rest] if rest < 20 else _TENS[tens] + (f"-{_SMALL[unit]}" if unit else "")
        words.append(small)
    return " and ".join(words)


def cardinal_en(number: int) -> str:
    """Return a whole number in English words, with "and" as in British use.

    Raises
    ------
    ValueError
        If the number is negative or above 999,999,999,999.

    Examples
    --------
    >>> cardinal_en(1_002)
    'one thousand and two'
    >>> cardinal_en(612)
    'six hundred and twelve'
    """
    if not 0 <= number <= LARGEST:
        raise ValueError(f"words exist for 0 to {LARGEST}, not for {number}")
    if number == 0:
        return _SMALL[0]
    groups = []
    for size, scale in _SCALES:
        count, number = divmod(number, size)
        if count:
            groups.append(f"{_below_thousand(count)} {scale}")
    if number:
        link = "and " if groups and number < 100 else ""
        groups.append(link + _below_thousand(number))
    return " ".join(groups)


def _counted_en(number: int, singular: str, plural: str) -> str:
    return f"{cardinal_en(number)} {singular if number == 1 else plural}"


def metres_in_words_en(length_m: Decimal) -> str:
    """Return a length in English words, in metres and centimetres, rounded half up to the centimetre.

    Raises
    ------
    ValueError
        If the length is negative, not a number, or above 999,999,999,999 m.

    Examples
    --------
    >>> metres_in_words_en(Decimal("20.50"))
    'twenty metres and fifty centimetres'
    """
    metres, centimetres = divmod(hundredths(length_m), 100)
    whole = _counted_en(metres, "metre", "metres")
    if centimetres == 0:
        return whole
    small = _counted_en(centimetres, "centimetre", "centimetres")
    return f"{whole} and {small}" if metres else small


def square_metres_in_words_en(area_m2: Decimal) -> str:
    """Return an area in English words, in square metres and hundredths, rounded half up to 0.01 m2.

    Raises
    ------
    ValueError
        If the area is negative, not a number, or above 999,999,999,999 m2.

    Examples
    --------
    >>> square_metres_in_words_en(Decimal("612.40"))
    'six hundred and twelve square metres and forty hundredths'
    """
    whole, rest = divmod(hundredths(area_m2), 100)
    words = _counted_en(whole, "square metre", "square metres")
    if rest == 0:
        return words
    small = _counted_en(rest, "hundredth", "hundredths")
    return f"{words} and {small}" if whole else f"{small} of a square metre"
