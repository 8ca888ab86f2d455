"""Lengths, areas and counts in Arabic words, in the nominative throughout.

Choices, made once for every document:

* ``مئة`` is written without the silent alif, and fathatan before the alif (``مترًا``).
* 101 and 102 repeat the noun, as grammar asks: ``مئة متر ومتر واحد``, ``مئة متر ومتران``.
* Hundredths of a metre are centimetres (``عشرون مترًا وخمسون سنتيمترًا``).
* Hundredths of a square metre are read ``من المئة``, as deeds do, because a square centimetre is a ten-thousandth.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from land_services.documents.figures import hundredths

ZERO: Final = "صفر"
AND: Final = " و"
LARGEST: Final = 10**12 - 1

_UNITS_M: Final = ("", "واحد", "اثنان", "ثلاثة", "أربعة", "خمسة", "ستة", "سبعة", "ثمانية", "تسعة", "عشرة")
_UNITS_F: Final = ("", "واحدة", "اثنتان", "ثلاث", "أربع", "خمس", "ست", "سبع", "ثمانٍ", "تسع", "عشر")
_EIGHT_JOINED: Final = "ثماني"
_TENS: Final = ("", "", "عشرون", "ثلاثون", "أربعون", "خمسون", "ستون", "سبعون", "ثمانون", "تسعون")
_HUNDREDS: Final = (
    "",
    "مئة",
    "مئتان",
    "ثلاثمئة",
    "أربعمئة",
    "خمسمئة",
    "ستمئة",
    "سبعمئة",
    "ثمانمئة",
    "تسعمئة",
)


@dataclass(frozen=True)
class Noun:
    """A counted noun in the forms that numbers ask for.

    ``one`` and ``dual`` carry the number themselves; ``plural`` follows 3-10, ``accusative`` 11-99, ``genitive`` whole
    hundreds and zero.
    """

    one: str
    dual: str
    plural: str
    accusative: str
    genitive: str
    feminine: bool = False


METRE: Final = Noun("متر واحد", "متران", "أمتار", "مترًا", "متر")
CENTIMETRE: Final = Noun("سنتيمتر واحد", "سنتيمتران", "سنتيمترات", "سنتيمترًا", "سنتيمتر")
SQUARE_METRE: Final = Noun("متر مربع واحد", "متران مربعان", "أمتار مربعة", "مترًا مربعًا", "متر مربع")
PARCEL: Final = Noun("قطعة واحدة", "قطعتان", "قطع", "قطعة", "قطعة", feminine=True)

_SCALES: Final = (
    (10**9, Noun("مليار", "ملياران", "مليارات", "مليارًا", "مليار")),
    (10**6, Noun("مليون", "مليونان", "ملايين", "مليونًا", "مليون")),
    (10**3, Noun("ألف", "ألفان", "آلاف", "ألفًا", "ألف")),
)


@dataclass(frozen=True)
class _Term:
    """One joined term of a number: as it stands alone, and as it stands before the noun it counts."""

    alone: str
    before_noun: str


def _term(text: str, before_noun: str = "") -> _Term:
    return _Term(text, before_noun or text)


def _below_hundred(number: int, feminine: bool) -> str:
    """Return the words of 1-99 in the gender that a noun of the given gender asks for."""
    units = _UNITS_F if feminine else _UNITS_M
    if number <= 10:
        return units[number]
    if number == 11:
        return "إحدى عشرة" if feminine else "أحد عشر"
    if number == 12:
        return "اثنتا عشرة" if feminine else "اثنا عشر"
    if number < 20:
        unit_word = _EIGHT_JOINED if feminine and number == 18 else units[number - 10]
        return unit_word + (" عشرة" if feminine else " عشر")
    tens, unit = divmod(number, 10)
    if unit == 0:
        return _TENS[tens]
    first = "إحدى" if feminine and unit == 1 else units[unit]
    return first + AND + _TENS[tens]


def _hundred_terms(number: int, feminine: bool) -> list[_Term]:
    """Return the terms of 1-999."""
    terms = []
    hundreds, rest = divmod(number, 100)
    if hundreds:
        terms.append(_term(_HUNDREDS[hundreds], "مئتا" if hundreds == 2 else ""))
    if rest:
        terms.append(_term(_below_hundred(rest, feminine), _EIGHT_JOINED if feminine and rest == 8 else ""))
    return terms


def _scale_terms(count: int, scale: Noun) -> list[_Term]:
    """Return the terms of ``count`` thousands, millions or milliards, ``count`` 1-999."""
    if count == 1:
        return [_term(scale.one)]
    if count == 2:
        return [_term(scale.dual, scale.dual.removesuffix("ن"))]
    rest = count % 100
    if rest in (1, 2):
        return [*_scale_terms(count - rest, scale), *_scale_terms(rest, scale)]
    head, last = _hundred_terms(count, feminine=False)[:-1], _hundred_terms(count, feminine=False)[-1]
    if rest == 0:
        return [_term(f"{last.before_noun} {scale.genitive}")]
    if rest <= 10:
        return [*head, _term(f"{last.alone} {scale.plural}")]
    return [*head, _term(f"{last.alone} {scale.accusative}", f"{last.alone} {scale.genitive}")]


def _terms(number: int, feminine: bool) -> list[_Term]:
    if not 0 < number <= LARGEST:
        raise ValueError(f"words exist for 0 to {LARGEST}, not for {number}")
    terms: list[_Term] = []
    for size, scale in _SCALES:
        count, number = divmod(number, size)
        if count:
            terms.extend(_scale_terms(count, scale))
    return terms + _hundred_terms(number, feminine)


def cardinal_ar(number: int, *, feminine: bool = False) -> str:
    """Return a whole number in words, in the nominative.

    Parameters
    ----------
    number : int
        0 to 999,999,999,999.
    feminine : bool
        True where the counted noun is feminine, so that 3-10 lose their taa marbuta.

    Raises
    ------
    ValueError
        If the number is negative or too large.

    Examples
    --------
    >>> cardinal_ar(612)
    'ستمئة واثنا عشر'
    >>> cardinal_ar(0)
    'صفر'
    """
    if number == 0:
        return ZERO
    return AND.join(term.alone for term in _terms(number, feminine))


def counted_ar(number: int, noun: Noun) -> str:
    """Return a whole number of things in words, with the noun in the form that the number asks for.

    Examples
    --------
    >>> counted_ar(3, METRE)
    'ثلاثة أمتار'
    >>> counted_ar(200, METRE)
    'مئتا متر'
    >>> counted_ar(102, METRE)
    'مئة متر ومتران'
    """
    if number == 0:
        return f"{ZERO} {noun.genitive}"
    if number == 1:
        return noun.one
    if number == 2:
        return noun.dual
    rest = number % 100
    if rest in (1, 2):
        return counted_ar(number - rest, noun) + AND + counted_ar(rest, noun)
    terms = _terms(number, noun.feminine)
    words = AND.join([term.alone for term in terms[:-1]] + [terms[-1].before_noun])
    if rest == 0:
        return f"{words} {noun.genitive}"
    return f"{words} {noun.plural if rest <= 10 else noun.accusative}"


def metres_in_words_ar(length_m: Decimal) -> str:
    """Return a length in Arabic words, in metres and centimetres.

    Parameters
    ----------
    length_m : Decimal
        Length in metres, at least 0; rounded half up to the centimetre, as the figures beside it are.

    Raises
    ------
    ValueError
        If the length is negative, not a number, or above 999,999,999,999 m.

    Examples
    --------
    >>> metres_in_words_ar(Decimal("20.50"))
    'عشرون مترًا وخمسون سنتيمترًا'
    >>> metres_in_words_ar(Decimal("0.05"))
    'خمسة سنتيمترات'
    """
    metres, centimetres = divmod(hundredths(length_m), 100)
    if centimetres == 0:
        return counted_ar(metres, METRE)
    small = counted_ar(centimetres, CENTIMETRE)
    return f"{counted_ar(metres, METRE)}{AND}{small}" if metres else small


def square_metres_in_words_ar(area_m2: Decimal) -> str:
    """Return an area in Arabic words, in square metres and hundredths of one.

    Parameters
    ----------
    area_m2 : Decimal
        Area in square metres, at least 0; rounded half up to 0.01 m2, as the figures beside it are.

    Raises
    ------
    ValueError
        If the area is negative, not a number, or above 999,999,999,999 m2.

    Examples
    --------
    >>> square_metres_in_words_ar(Decimal("612.40"))
    'ستمئة واثنا عشر مترًا مربعًا وأربعون من المئة'
    """
    whole, rest = divmod(hundredths(area_m2), 100)
    if rest == 0:
        return counted_ar(whole, SQUARE_METRE)
    if whole == 0:
        return f"{cardinal_ar(rest)} من المئة من المتر المربع"
    return f"{counted_ar(whole, SQUARE_METRE)}{AND}{cardinal_ar(rest)} من المئة"
