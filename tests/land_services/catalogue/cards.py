"""A card that uses every key, the shared facts it names, and the cards that hypothesis draws."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from land_services.catalogue import Department, OfficeClass, ServiceCard, Shared, read_card
from land_services.catalogue.model import Document
from land_services.domain import RuleSource

PRACTICE: Final = RuleSource("Common practice", "", "placeholder", "ممارسة شائعة")
SHARED: Final = Shared(
    sources={"practice": PRACTICE},
    departments={"balloons": Department("balloons", "المناطيد", "Balloons", ("inspector", "reviewer"))},
    office_classes={"aloft": OfficeClass("aloft", "الطيران", "Aviation")},
    documents={"national_id": Document("national_id", "الهوية", "Identity card", PRACTICE, True, ("pdf", "jpg"))},
)
FULL: Final = (Path(__file__).parent / "full_card.toml").read_text(encoding="utf-8")


def full_card() -> ServiceCard:
    """Return the card of ``full_card.toml``."""
    return read_card(FULL, "full_card.toml", SHARED)


def line_of(text: str, needle: str) -> int:
    """Return the line in which a piece of text begins."""
    assert needle in text, needle
    return text[: text.index(needle)].count("\n") + 1
