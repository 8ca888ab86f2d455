"""Dates for people: Umm al-Qura (Hijri) beside Gregorian, in the language of the page."""

from __future__ import annotations

from datetime import date, datetime

from django.utils import timezone
from hijridate import Gregorian

__all__ = ["gregorian_text", "hijri_text"]

MONTHS_AR = (
    "يناير",
    "فبراير",
    "مارس",
    "أبريل",
    "مايو",
    "يونيو",
    "يوليو",
    "أغسطس",
    "سبتمبر",
    "أكتوبر",
    "نوفمبر",
    "ديسمبر",
)
MONTHS_EN = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def _day(value: date | datetime) -> date:
    """Return the calendar day in the municipality's time zone: midnight UTC is already tomorrow in Riyadh."""
    if isinstance(value, datetime):
        return timezone.localtime(value).date() if timezone.is_aware(value) else value.date()
    return value


def hijri_text(value: date | datetime, language: str) -> str:
    """Return ``12 جمادى الآخرة 1448 هـ`` or ``12 Jumada al-Akhirah 1448 AH``; "" outside the table (1343-1500 AH)."""
    day = _day(value)
    try:
        hijri = Gregorian(day.year, day.month, day.day).to_hijri()
    except (OverflowError, ValueError):
        return ""
    notation = "هـ" if language == "ar" else "AH"
    return f"{hijri.day} {hijri.month_name('ar' if language == 'ar' else 'en')} {hijri.year} {notation}"


def gregorian_text(value: date | datetime, language: str) -> str:
    """Return ``22 نوفمبر 2026 م`` or ``22 November 2026``."""
    day = _day(value)
    if language == "ar":
        return f"{day.day} {MONTHS_AR[day.month - 1]} {day.year} م"
    return f"{day.day} {MONTHS_EN[day.month - 1]} {day.year}"
