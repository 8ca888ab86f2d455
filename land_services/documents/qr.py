"""Verification codes and the QR symbol that leads to ``/verify/<code>``."""

from __future__ import annotations

import secrets
from typing import Final

import segno
from markupsafe import Markup

from layers.digits import to_latin_digits

CODE_BITS: Final = 128
CODE_LENGTH: Final = 26
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LOOKALIKES: Final = str.maketrans({"O": "0", "I": "1", "L": "1", "-": "", " ": ""})
QUIET_ZONE: Final = 4


def encode_code(number: int) -> str:
    """Return 128 bits as 26 Crockford base-32 characters in groups of four.

    Raises
    ------
    ValueError
        If the number does not fit in 128 bits.
    """
    if not 0 <= number < 1 << CODE_BITS:
        raise ValueError("a verification code holds 128 bits")
    letters = [_ALPHABET[(number >> (5 * i)) & 31] for i in reversed(range(CODE_LENGTH))]
    text = "".join(letters)
    return "-".join(text[i : i + 4] for i in range(0, CODE_LENGTH, 4))


def new_verification_code() -> str:
    """Return a new code of 128 random bits from the system's secure source."""
    return encode_code(secrets.randbits(CODE_BITS))


def normalise_code(text: str) -> str | None:
    """Return a code as it is stored, or None where the text cannot be one.

    A person types from paper: case, spaces and hyphens do not matter, O reads as 0, I and L as 1, and
    digits of either system are read.
    """
    cleaned = to_latin_digits(text).strip().upper().translate(_LOOKALIKES)
    if len(cleaned) != CODE_LENGTH or any(c not in _ALPHABET for c in cleaned):
        return None
    number = 0
    for letter in cleaned:
        number = number * 32 + _ALPHABET.index(letter)
    return encode_code(number) if number < 1 << CODE_BITS else None


def verify_url(base_url: str, code: str) -> str:
    """Return the address that the QR symbol opens."""
    return f"{base_url.rstrip('/')}/verify/{code}"


def qr_matrix(content: str) -> tuple[tuple[bool, ...], ...]:
    """Return the modules of the symbol (True is dark), without the quiet zone; error level M."""
    symbol = segno.make(content, error="m", micro=False)
    return tuple(tuple(bool(module) for module in row) for row in symbol.matrix)


def qr_svg(content: str, size_mm: float) -> Markup:
    """Return the symbol as one SVG path, quiet zone included, with runs of dark modules as one rectangle."""
    matrix = qr_matrix(content)
    side = len(matrix) + 2 * QUIET_ZONE
    path = []
    for y, row in enumerate(matrix):
        x = 0
        while x < len(row):
            run = 0
            while x + run < len(row) and row[x + run]:
                run += 1
            if run:
                path.append(f"M{x + QUIET_ZONE} {y + QUIET_ZONE}h{run}v1h-{run}z")
            x += run or 1
    return Markup('<svg class="qr" width="{0}mm" height="{0}mm" viewBox="0 0 {1} {1}"><path d="{2}"/></svg>').format(
        f"{size_mm:g}", side, "".join(path)
    )
