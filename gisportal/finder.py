"""One field for three things: a request's reference, a document's code, a parcel's number."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from land_services.documents.qr import normalise_code
from layers.digits import to_latin_digits

__all__ = ["Wanted", "parse"]

REFERENCE = re.compile(r"([A-Za-z]{3})-(\d{4})-(\d{1,6})")
LONGEST = 120


@dataclass(frozen=True)
class Wanted:
    """What a person typed, understood: ``value`` is the reference, the code, or PLAN/BLOCK/PARCEL."""

    kind: Literal["case", "document", "parcel"]
    value: str


def parse(text: str) -> Wanted | None:
    """Return what the text asks for, or None where it is none of the three.

    Both digit systems are read. An address that a QR code opens (``…/verify/<code>``) is read as its code. A parcel is
    PLAN/BLOCK/PARCEL, cut at the first two "/" as the commands do it.

    >>> parse("sub-١٤٤٨-123")
    Wanted(kind='case', value='SUB-1448-000123')
    >>> parse("414/7/208")
    Wanted(kind='parcel', value='414/7/208')
    >>> parse("hello") is None
    True
    """
    plain = to_latin_digits(text).strip()
    if not plain or len(plain) > LONGEST or "\x00" in plain:
        return None
    match = REFERENCE.fullmatch(plain.replace(" ", ""))
    if match:
        prefix, year, number = match.groups()
        return Wanted("case", f"{prefix.upper()}-{year}-{int(number):06d}")
    code = normalise_code(plain.partition("/verify/")[2] or plain)
    if code:
        return Wanted("document", code)
    if plain.count("/") >= 2 and "://" not in plain and all(part.strip() for part in plain.split("/")):
        return Wanted("parcel", "/".join(part.strip() for part in text.strip().split("/")))
    return None
