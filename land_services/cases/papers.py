"""A paper that is made and not kept yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

__all__ = ["Paper"]


@dataclass(frozen=True)
class Paper:
    """One document of a case: its kind (the card's output), number, what its QR opens, and its bytes."""

    kind: str
    number: str
    code: str
    suffix: str
    content: bytes
    parcel_uid: str | None = None
    title_ar: str = ""
    title_en: str = ""
    valid_until: date | None = None
