"""The kinds of values that a message carries: ids, numbers and dates only, and how each is printed.

A message is kept for long and read by many: no name of a person may stand in it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from django.utils import timezone
from hijridate import Gregorian

from land_services.catalogue import load_catalogue
from land_services.catalogue.fees import CURRENCIES

__all__ = ["KINDS", "Value", "is_value", "print_value"]

Value = str | int
_CODE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_./: -]{0,79}")
_STAGE: Final = re.compile(r"[a-z][a-z0-9_]*/[a-z][a-z0-9_]*")
_SERVICE: Final = re.compile(r"[a-z][a-z0-9_]*")
_AMOUNT: Final = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,3})?) ([A-Z]{3})")


def _service(value: Value, language: str) -> str:
    card = load_catalogue().get(str(value))
    return str(value) if card is None else card.name_en if language == "en" else card.name_ar


def _stage(value: Value, language: str) -> str:
    service, _, code = str(value).partition("/")
    try:
        stage = load_catalogue()[service].stage(code)
    except KeyError:
        return code
    return stage.en if language == "en" else stage.ar


def _count(value: Value, language: str) -> str:
    return f"{int(value):,}"


def _code(value: Value, language: str) -> str:
    return str(value)


def _amount(value: Value, language: str) -> str:
    """Return an amount with its currency as pages call it; what was kept in another form stays as it is."""
    found = _AMOUNT.fullmatch(str(value))
    if found is None:
        return str(value)
    number, currency = found.groups()
    return f"{Decimal(number):,f} {currency if language == 'en' else CURRENCIES.get(currency, currency)}"


def _date(value: Value, language: str) -> str:
    day = date.fromisoformat(str(value))
    gregorian = f"{day:%Y/%m/%d}" + (" م" if language == "ar" else "")
    try:
        hijri = Gregorian(day.year, day.month, day.day).to_hijri()
    except (OverflowError, ValueError):
        return gregorian
    text = f"{hijri.year:04d}/{hijri.month:02d}/{hijri.day:02d}"
    return f"{text} هـ ({gregorian})" if language == "ar" else f"{gregorian} ({text} AH)"


def _moment(value: Value, language: str) -> str:
    local = timezone.localtime(datetime.fromisoformat(str(value)))
    day = _date(local.date().isoformat(), language)
    return f"{day}، الساعة {local:%H:%M}" if language == "ar" else f"{day}, {local:%H:%M}"


KINDS: Final = MappingProxyType(
    {
        "service": _service,
        "stage": _stage,
        "count": _count,
        "code": _code,
        "amount": _amount,
        "date": _date,
        "moment": _moment,
    }
)
"""Each kind with the function that prints it in a language."""


def _is_day(value: Value) -> bool:
    try:
        return isinstance(value, str) and len(value) == 10 and bool(date.fromisoformat(value))
    except ValueError:
        return False


def _is_moment(value: Value) -> bool:
    try:
        return isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


_CHECKS: Final[dict[str, Callable[[Value], bool]]] = {
    "service": lambda value: isinstance(value, str) and bool(_SERVICE.fullmatch(value)),
    "stage": lambda value: isinstance(value, str) and bool(_STAGE.fullmatch(value)),
    "count": lambda value: type(value) is int and value >= 0,
    "code": lambda value: isinstance(value, str) and bool(_CODE.fullmatch(value)),
    "amount": lambda value: isinstance(value, str) and bool(_AMOUNT.fullmatch(value)),
    "date": _is_day,
    "moment": _is_moment,
}


def is_value(kind: str, value: Value) -> bool:
    """Tell whether a value is of a kind: what is no id, number or date is of none."""
    return _CHECKS[kind](value)


def print_value(kind: str, value: Value, language: str) -> str:
    """Return a value as people read it, "ar" or "en"; figures are 0-9 in both."""
    return KINDS[kind](value, language)
