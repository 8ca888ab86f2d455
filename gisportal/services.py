"""The cards of the land services on the home page, read from the catalogue."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ServiceCard", "cards"]


@dataclass(frozen=True)
class ServiceCard:
    """A service as the home page shows it."""

    code: str
    title: str
    text: str
    days: int | None
    icon: str


def cards(language: str) -> list[ServiceCard]:
    return []
