"""Figures as documents print them: rounded once, in either digit system, in an order that right-to-left text keeps.

Arabic text prints Arabic-Indic digits with the Arabic decimal and thousands separators; English text, coordinates,
document numbers and codes print Western digits. A figure always stands alone in a left-to-right isolate, its unit
outside (``<span dir="ltr">``; ``<bdi>`` lets a unit move to the wrong side).
"""

from __future__ import annotations

import re
import unicodedata
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from fractions import Fraction
from typing import Final, Literal

from markupsafe import Markup, escape

from land_services.isolated import NO_PLAN, isolated

Language = Literal["ar", "en"]

LRM: Final = "\u200e"
ARABIC_DECIMAL: Final = "٫"
ARABIC_THOUSANDS: Final = "٬"
_TO_ARABIC: Final = {ord(str(i)): chr(0x660 + i) for i in range(10)}
_BIDI_CONTROLS: Final = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_ARABIC_LETTER: Final = re.compile("[\u0620-\u064a\u066e-\u06d3\ufb50-\ufdff\ufe70-\ufefc]")
_FIGURE: Final = re.compile(
    r"(?<![A-Za-z0-9:/._-])(?:[\u0620-\u064a]+/\d+(?:[-/]\d+)*|\d+(?:[./-]\d+)*)(?![A-Za-z0-9_-])"
)
_BETWEEN_DIGITS: Final = re.compile(r"(?<=\d)-(?=\d)")
_PART: Final = re.compile("\u2068([^\u2068\u2069]*)\u2069")
_WHOLE: Final = re.compile("\u2066([^\u2066\u2069]*)\u2069")
_SPACES: Final = re.compile(r"\s+")


def clean_text(text: str) -> str:
    """Return text that cannot disturb a page: no bidi or other controls, NFC, runs of white space as one space.

    A name may not turn the text around it: overrides and isolates inside data are removed, not escaped. Zero-width
    joiners stay, because Persian and some Arabic names need them.
    """
    text = _BIDI_CONTROLS.sub("", unicodedata.normalize("NFC", text))
    kept = (c if c in "\u200c\u200d" or unicodedata.category(c)[0] != "C" else " " for c in text)
    return _SPACES.sub(" ", "".join(kept)).strip()


def to_decimal(value: Decimal | float | int) -> Decimal:
    """Return the value as a finite decimal, floats by their shortest text.

    Raises
    ------
    ValueError
        If the value is infinite or not a number.
    """
    try:
        number = value if isinstance(value, Decimal) else Decimal(str(value))
    except InvalidOperation as error:
        raise ValueError(f"{value!r} is not a number") from error
    if not number.is_finite():
        raise ValueError(f"{value!r} is not a finite number")
    return number


def rounded(value: Decimal | float | int, places: int = 2) -> Decimal:
    """Return the value rounded half up to so many places: the one rounding of figures and words."""
    number = to_decimal(value).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    return abs(number) if number.is_zero() else number


def hundredths(value: Decimal | float | int) -> int:
    """Return a length or area in whole hundredths, rounded half up.

    Raises
    ------
    ValueError
        If the value is negative or not a finite number.
    """
    if to_decimal(value) < 0:
        raise ValueError(f"a length or area is not negative: {value}")
    return int(rounded(value, 2).scaleb(2))


def to_arabic_digits(text: str) -> str:
    """Return the text with Western digits replaced by Arabic-Indic ones; everything else stays.

    Examples
    --------
    >>> to_arabic_digits("1/208")
    '١/٢٠٨'
    """
    return text.translate(_TO_ARABIC)


def number_text(
    value: Decimal | float | int, places: int = 2, language: Language = "en", *, grouped: bool = True
) -> str:
    """Return a number in the digits of the language, rounded half up, thousands grouped unless told otherwise.

    Examples
    --------
    >>> number_text(12345.678)
    '12,345.68'
    >>> number_text(12345.678, language="ar")
    '١٢٬٣٤٥٫٦٨'
    """
    text = f"{rounded(value, places):{',' if grouped else ''}.{places}f}"
    if language == "en":
        return text
    swapped = text.replace(",", ARABIC_THOUSANDS).replace(".", ARABIC_DECIMAL)
    return to_arabic_digits(swapped)


def identifier_text(text: str, language: Language = "en") -> str:
    """Return a plan, block or parcel number in the digits of the language; letters and "/" stay as they are.

    A "-" between Arabic digits turns them around even in a left-to-right isolate, unless it stands between marks.
    """
    cleaned = clean_text(text)
    if language == "en":
        return NO_PLAN.get(cleaned, cleaned)
    return _BETWEEN_DIGITS.sub(f"{LRM}-{LRM}", to_arabic_digits(cleaned))


def share_text(share: Fraction, language: Language = "en") -> str:
    """Return a share as a fraction, "1/1" for the whole."""
    return identifier_text(f"{share.numerator}/{share.denominator}", language)


def percent_text(value: Decimal | float, places: int = 2, language: Language = "en") -> str:
    """Return a percentage with the sign of the script after the figure."""
    return number_text(value, places, language) + ("٪" if language == "ar" else "%")


def isolate(text: str) -> Markup:
    """Return text in a left-to-right isolate for HTML, escaped."""
    return Markup('<span dir="ltr" class="n">{}</span>').format(escape(text))


def isolated_number(value: Decimal | float | int, places: int = 2, language: Language = "en") -> Markup:
    """Return a number for HTML: in its own left-to-right isolate, its unit is the caller's and stays outside."""
    return isolate(number_text(value, places, language))


def isolated_identifier(text: str, language: Language = "en") -> Markup:
    """Return an identifier for HTML so that "1/208" reads so in right-to-left text too.

    One with Arabic letters ("414/ش د") is read from the right in either language, as it is written by hand.
    """
    shown = identifier_text(text, language)
    if _ARABIC_LETTER.search(shown):
        return Markup('<span dir="rtl">{}</span>').format(shown)
    return isolate(shown)


def isolate_by_script(text: str) -> Markup | str:
    """Return text for an Arabic line: as it is where it holds Arabic letters, otherwise in a left-to-right isolate."""
    cleaned = clean_text(text)
    return cleaned if not cleaned or _ARABIC_LETTER.search(cleaned) else isolate(cleaned)


def sentence_ar(text: str) -> Markup | str:
    """Return an Arabic sentence for HTML with Arabic-Indic digits; numbers with "/" or "." keep their order.

    So do those with "-", and parcels of a plan without a number ("بدون/2-21/304"), as codes in Western digits. A text
    without Arabic letters is left as it is, in a left-to-right isolate.
    """
    cleaned = clean_text(text)
    if not _ARABIC_LETTER.search(cleaned):
        return isolate_by_script(cleaned)
    pieces, last = [], 0
    for match in _FIGURE.finditer(cleaned):
        pieces += [escape(cleaned[last : match.start()]), _isolated_figure(match[0])]
        last = match.end()
    return Markup("").join([*pieces, escape(cleaned[last:])])


def sentence_en(text: str) -> Markup:
    """Return an English sentence for HTML: what is Arabic in it, and what has "/" or "-", keeps its own order."""
    return _marked_up(isolated(clean_text(text), "en"))


def _marked_up(text: str) -> Markup:
    """Return text with elements in place of isolates: no control of direction stands in a document."""
    inner = _PART.sub(lambda part: _part(part[1]), str(escape(text)))
    return Markup(_WHOLE.sub(r'<span dir="ltr" class="n">\1</span>', inner))  # noqa: S704  # escaped above


def _part(text: str) -> str:
    return f'<span dir="rtl">{text}</span>' if _ARABIC_LETTER.search(text) else text


def _isolated_figure(figure: str) -> Markup:
    if _ARABIC_LETTER.search(figure):
        return _marked_up(isolated(figure, "ar"))
    return isolate(figure if "-" in figure else to_arabic_digits(_arabic_marks(figure)))


def _arabic_marks(figure: str) -> str:
    """Return a plain decimal number with the Arabic decimal separator; a code such as 1.2.3 stays."""
    return figure.replace(".", ARABIC_DECIMAL) if figure.count(".") == 1 and "/" not in figure else figure
