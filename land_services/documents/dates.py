"""Dates as documents print them: Umm al-Qura Hijri first, Gregorian beside it."""

from __future__ import annotations

from datetime import date
from typing import Final

from hijridate import Gregorian

from land_services.documents.figures import Language, to_arabic_digits

HIJRI_FIRST: Final = date(1924, 8, 1)
HIJRI_LAST: Final = date(2077, 11, 16)

HIJRI_MONTHS_AR: Final = (
    "محرم",
    "صفر",
    "ربيع الأول",
    "ربيع الآخر",
    "جمادى الأولى",
    "جمادى الآخرة",
    "رجب",
    "شعبان",
    "رمضان",
    "شوال",
    "ذو القعدة",
    "ذو الحجة",
)
GREGORIAN_MONTHS_EN: Final = (
    "January February March April May June July August September October November December"
).split()


def hijri_parts(day: date) -> tuple[int, int, int] | None:
    """Return (year, month, day) of the Umm al-Qura calendar, or None outside 1343-1500 AH."""
    if not HIJRI_FIRST <= day <= HIJRI_LAST:
        return None
    hijri = Gregorian(day.year, day.month, day.day).to_hijri()
    return hijri.year, hijri.month, hijri.day


def hijri_text(day: date, language: Language = "ar") -> str:
    """Return the Hijri date in figures with its era mark, year first; "" outside 1343-1500 AH.

    Examples
    --------
    >>> hijri_text(date(2026, 11, 22), "en")
    '1448/06/12 AH'
    >>> hijri_text(date(2026, 11, 22))
    '١٤٤٨/٠٦/١٢ هـ'
    """
    parts = hijri_parts(day)
    if parts is None:
        return ""
    text = "{:04d}/{:02d}/{:02d}".format(*parts)
    return f"{to_arabic_digits(text)} هـ" if language == "ar" else f"{text} AH"


def gregorian_text(day: date, language: Language = "ar") -> str:
    """Return the Gregorian date in figures, year first, with its era mark in Arabic.

    Examples
    --------
    >>> gregorian_text(date(2026, 11, 22))
    '٢٠٢٦/١١/٢٢ م'
    >>> gregorian_text(date(2026, 11, 22), "en")
    '2026/11/22'
    """
    text = f"{day.year:04d}/{day.month:02d}/{day.day:02d}"
    return f"{to_arabic_digits(text)} م" if language == "ar" else text


def hijri_long(day: date) -> str:
    """Return the Hijri date with the month's name, for letters; "" outside 1343-1500 AH.

    Examples
    --------
    >>> hijri_long(date(2026, 11, 22))
    '١٢ جمادى الآخرة ١٤٤٨ هـ'
    """
    parts = hijri_parts(day)
    if parts is None:
        return ""
    year, month, number = parts
    return f"{to_arabic_digits(str(number))} {HIJRI_MONTHS_AR[month - 1]} {to_arabic_digits(str(year))} هـ"


def gregorian_long_en(day: date) -> str:
    """Return the Gregorian date with the month's name.

    Examples
    --------
    >>> gregorian_long_en(date(2026, 11, 22))
    '22 November 2026'
    """
    return f"{day.day} {GREGORIAN_MONTHS_EN[day.month - 1]} {day.year}"
