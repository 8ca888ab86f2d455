"""The answers to a card's form: read in both digit systems, every fault a finding that names its field.

``check_form`` takes what a page or the API sends; ``plain`` turns what it returns into JSON values, and those are read
again as the same answers.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from hijridate import Hijri

from land_services.catalogue.model import Field, ServiceCard
from land_services.domain import Finding
from layers.digits import parse_decimal, to_latin_digits

__all__ = ["check_form", "day_of", "plain"]

SHORT: Final = 200
LONG: Final = 4000
MOST_FIGURES: Final = 18
MOST_DECIMALS: Final = 6
HIJRI_YEARS: Final = range(1343, 1501)
GREGORIAN_YEARS: Final = range(1800, 2201)
YES: Final = frozenset({"yes", "true", "1", "on", "نعم"})
NO: Final = frozenset({"no", "false", "0", "off", "لا"})
_HIDDEN: Final = re.compile(
    "[\u200b-\u200f\u061c\u202a-\u202e\u2060-\u2069\ufeff\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]"
)
_DATE: Final = re.compile(r"(\d{4})([-/])(\d{1,2})\2(\d{1,2})(?:\s*(?:هـ?|م|AH|AD))?", re.IGNORECASE)
_EMAIL: Final = re.compile(r"[^\s@<>()\[\],;:\"\\]{1,64}@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_]{2,63}")
_PHONE: Final = re.compile(r"\+?\d{7,15}")


class _Wrong(Exception):
    """An answer that cannot be taken: rule, variant and what its message tells."""

    def __init__(self, rule: str, variant: str = "", **params: Any) -> None:
        super().__init__(rule)
        self.rule, self.variant, self.params = rule, variant, params


def check_form(card: ServiceCard, values: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[Finding, ...]]:
    """Return the answers that could be read, by field, and everything that is wrong with the others.

    Parameters
    ----------
    values : mapping
        The form's answers alone: texts as a page sends them, or JSON values.

    Returns
    -------
    tuple
        Answers as ``str``, ``int``, ``Decimal``, ``date`` or ``bool``; a field that was left empty, or that is not
        asked for because of an earlier answer, is absent. Then the findings, in the order of the form.
    """
    cleaned: dict[str, Any] = {}
    findings: list[Finding] = []
    for field in card.form:
        if not _is_asked(field, cleaned):
            continue
        try:
            answer = _answer(field, values.get(field.code))
        except _Wrong as wrong:
            findings.append(_finding(wrong, field.code, {"ar": field.ar, "en": field.en}))
            continue
        if answer is not None:
            cleaned[field.code] = answer
    findings.extend(_not_of_the_form(card, values))
    return cleaned, tuple(findings)


def plain(cleaned: Mapping[str, Any]) -> dict[str, Any]:
    """Return cleaned answers as JSON values; ``check_form`` reads them as the same answers."""
    return {
        code: answer.isoformat() if isinstance(answer, date) else str(answer) if isinstance(answer, Decimal) else answer
        for code, answer in cleaned.items()
    }


def _is_asked(field: Field, cleaned: Mapping[str, Any]) -> bool:
    rule = field.only_if
    return rule is None or (rule.field in cleaned and cleaned[rule.field] == rule.value)


def _not_of_the_form(card: ServiceCard, values: Mapping[str, Any]) -> Iterable[Finding]:
    known = {field.code for field in card.form}
    for code in values:
        if code not in known:
            name = _HIDDEN.sub("", str(code))[:80]
            yield _finding(_Wrong("REQ-18"), name, {"ar": name, "en": name})


def _finding(wrong: _Wrong, code: str, name: Mapping[str, str]) -> Finding:
    return Finding(wrong.rule, "error", {"field": name, "code": code, **wrong.params}, variant=wrong.variant)


def _answer(field: Field, value: Any) -> Any:
    """Return a field's answer, None where it was left empty and may be."""
    if isinstance(value, str):
        value = _visible(value, lines=field.kind == "long_text")
    if value is None or value == "":
        if field.required:
            raise _Wrong("REQ-10")
        return None
    return READERS[field.kind](field, value)


def _visible(text: str, *, lines: bool) -> str:
    """Return a text in composed form without what cannot be seen; spaces single, lines kept where they may be."""
    text = _HIDDEN.sub("", unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")))
    if not lines:
        return " ".join(text.split())
    return "\n".join(" ".join(line.split()) for line in text.split("\n")).strip()


# One reader for each kind --------------------------------------------------------------------------------------------


def _text(field: Field, value: Any) -> str:
    if not isinstance(value, str):
        raise _Wrong("REQ-15", "kind")
    most = field.max_length or (LONG if field.kind == "long_text" else SHORT)
    if len(value) > most:
        raise _Wrong("REQ-15", count=len(value), most=most)
    return value


def _number(field: Field, value: Any) -> Decimal:
    if isinstance(value, bool):
        raise _Wrong("REQ-11", value=_shown(value))
    try:
        number = parse_decimal(value) if isinstance(value, str) else Decimal(str(value))
    except (ValueError, ArithmeticError):
        raise _Wrong("REQ-11", value=_shown(value)) from None
    if not number.is_finite():
        raise _Wrong("REQ-11", value=_shown(value))
    exponent = number.as_tuple().exponent
    if number.adjusted() >= MOST_FIGURES or (isinstance(exponent, int) and -exponent > MOST_DECIMALS):
        raise _Wrong("REQ-11", "long", value=_shown(value), figures=MOST_FIGURES, decimals=MOST_DECIMALS)
    return _within(field, number.quantize(Decimal(1)) if isinstance(exponent, int) and exponent > 0 else number + 0)


def _within(field: Field, number: Decimal) -> Decimal:
    unit = {"unit": f" {field.unit}" if field.unit else ""}
    if field.min is not None and number < field.min:
        raise _Wrong("REQ-12", "less", value=number, limit=field.min, **unit)
    if field.max is not None and number > field.max:
        raise _Wrong("REQ-12", "more", value=number, limit=field.max, **unit)
    return number


def _integer(field: Field, value: Any) -> int:
    number = _number(field, value)
    if number != int(number):
        raise _Wrong("REQ-11", "whole", value=_shown(value))
    return int(number)


def _money(field: Field, value: Any) -> Decimal:
    number = _number(field, value)
    if number != round(number, 2):
        raise _Wrong("REQ-11", "money", value=_shown(value))
    if number < 0:
        raise _Wrong("REQ-12", "less", value=number, limit=Decimal(0), unit="")
    return number


def _choice(field: Field, value: Any) -> str:
    codes = [choice.code for choice in field.choices]
    if value not in codes:
        options = {
            "ar": "، ".join(choice.ar for choice in field.choices),
            "en": ", ".join(choice.en for choice in field.choices),
        }
        raise _Wrong("REQ-14", value=_shown(value), options=options)
    return str(value)


def _yes_no(field: Field, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    word = to_latin_digits(value).casefold() if isinstance(value, str) else ""
    if word not in YES | NO:
        raise _Wrong("REQ-17")
    return word in YES


def day_of(text: str) -> date | None:
    """Return the day that a text names, Gregorian or Umm al-Qura, in either digit system; None where it names none."""
    try:
        return _date(_ANY_DAY, text)
    except _Wrong:
        return None


_ANY_DAY: Final = Field("day", "اليوم", "Day", "date")


def _date(field: Field, value: Any) -> date:
    """Return a day; a year of the Hijri table (1343 to 1500) is Umm al-Qura, one from 1800 on is Gregorian."""
    if isinstance(value, date):
        value = (value.date() if isinstance(value, datetime) else value).isoformat()
    found = _DATE.fullmatch(to_latin_digits(value)) if isinstance(value, str) else None
    if found is None:
        raise _Wrong("REQ-13", value=_shown(value))
    year, month, day = int(found[1]), int(found[3]), int(found[4])
    try:
        if year in HIJRI_YEARS:
            gregorian = Hijri(year, month, day).to_gregorian()
            return date(gregorian.year, gregorian.month, gregorian.day)
        if year in GREGORIAN_YEARS:
            return date(year, month, day)
    except (ValueError, OverflowError):
        raise _Wrong("REQ-13", "none", value=_shown(value)) from None
    raise _Wrong("REQ-13", "year", value=_shown(value))


def _email(field: Field, value: Any) -> str:
    text = _text(field, value)
    if len(text) > 254 or not _EMAIL.fullmatch(text):
        raise _Wrong("REQ-16", "email", value=_shown(value))
    name, _, host = text.rpartition("@")
    return f"{name}@{host.lower()}"


def _phone(field: Field, value: Any) -> str:
    number = re.sub(r"[\s().-]", "", to_latin_digits(value if isinstance(value, str) else ""))
    number = f"+{number[2:]}" if number.startswith("00") else number
    if not number.isascii() or not _PHONE.fullmatch(number):
        raise _Wrong("REQ-16", "phone", value=_shown(value))
    return number


def _parcel(field: Field, value: Any) -> str:
    """Return the uid of a parcel, or PLAN/BLOCK/PARCEL; whether there is one, the register knows."""
    text = to_latin_digits(_text(field, value)).strip()
    try:
        return str(UUID(text))
    except ValueError:
        parts = [part.strip() for part in text.split("/", 2)]
    if len(parts) < 3 or not all(parts):
        raise _Wrong("REQ-16", "parcel", value=_shown(value))
    return "/".join(parts)


def _shown(value: Any) -> str:
    text = _HIDDEN.sub("", str(value))
    return text if len(text) <= 60 else f"{text[:59]}…"


READERS: Final[Mapping[str, Callable[[Field, Any], Any]]] = {
    "text": _text,
    "long_text": _text,
    "choice": _choice,
    "integer": _integer,
    "number": _number,
    "money": _money,
    "date": _date,
    "yes_no": _yes_no,
    "phone": _phone,
    "email": _email,
    "parcel": _parcel,
}
