"""Numbers of parcels as the register writes them."""

from __future__ import annotations

import unicodedata

__all__ = ["normal_number"]


def normal_number(number: str) -> str:
    """Return a number as the register writes it: Western digits, no spaces at the ends or around "/".

    Examples
    --------
    >>> normal_number(" ١٢ / ٢٠٨ أ")
    '12/208 أ'
    """
    digits = (str(unicodedata.digit(c)) if c.isdigit() and not c.isascii() else c for c in number)
    return "/".join(" ".join(part.split()) for part in "".join(digits).split("/"))
