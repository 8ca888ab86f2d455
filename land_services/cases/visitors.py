"""Who came to the counter: a clerk files for them, and they have no account."""

from __future__ import annotations

import re
from collections.abc import Mapping

from land_services.surveys.numbers import clean_text
from layers.digits import to_latin_digits

from .errors import Incomplete

__all__ = ["read_visitor"]

LONGEST_NAME = 120
_PHONE = re.compile(r"\+?[0-9]{8,15}")


def read_visitor(given: Mapping[str, str]) -> dict[str, str]:
    """Return name and phone of a visitor as they are kept: the name in single spaces, the phone in Latin digits.

    Raises
    ------
    Incomplete
        If one of them is missing or cannot be one.
    """
    name = clean_text(given.get("name", ""))
    phone = re.sub(r"[\s()-]", "", to_latin_digits(given.get("phone", "")))
    if not name or len(name) > LONGEST_NAME:
        raise Incomplete(
            "اكتب اسم المراجع كاملًا: يُقدَّم الطلب باسمه.",
            "Write the visitor's whole name: the request is filed for them.",
        )
    if not _PHONE.fullmatch(phone):
        raise Incomplete("اكتب رقم جوال المراجع بالأرقام.", "Write the visitor's phone number in digits.")
    return {"name": name, "phone": phone}
