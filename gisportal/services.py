"""The land services as the site shows them: the catalogue's cards with an icon and the words of one language."""

from __future__ import annotations

from typing import Any

from land_services.catalogue import ServiceCard, load_catalogue
from land_services.domain import RuleSource

__all__ = ["cards", "service"]

ICONS = {
    "subdivision": "scissors",
    "merge": "merge",
    "boundary_adjustment": "adjustments",
    "duplex_subdivision": "split",
    "deed_update": "document",
    "update_and_subdivide": "file-check",
    "survey_decision": "ruler",
    "layout_approval": "plan",
    "service_project": "fuel",
    "remnant_annexation": "polygon",
    "alley_annexation": "road",
}


def cards(language: str) -> list[dict[str, Any]]:
    """Return what the home page shows of every service in the catalogue."""
    return [_card(card, language) for card in load_catalogue().values()]


def service(code: str, language: str) -> dict[str, Any] | None:
    """Return a service with its conditions, documents, stages, fee and outputs; None where there is no such service."""
    card = load_catalogue().get(code)
    if card is None:
        return None
    lists = ("applicants", "documents", "conditions", "stages", "outputs")
    details = {name: [_item(item, language) for item in getattr(card, name)] for name in lists}
    fee = {"amount": card.fee.amount, "currency": card.fee.currency, "text": _words(card.fee, language)}
    return {
        **_card(card, language),
        **details,
        "fee": {**fee, **_source(card.fee, language)},
        "target_source": _source_text(card.target_source, language),
    }


def _card(card: ServiceCard, language: str) -> dict[str, Any]:
    return {
        "code": card.code,
        "title": card.name_en if language == "en" else card.name_ar,
        "text": card.summary_en if language == "en" else card.summary_ar,
        "days": card.target_days,
        "icon": ICONS.get(card.code, "document"),
        "required_documents": sum(document.required for document in card.documents),
    }


def _words(item: Any, language: str) -> str:
    return str(item.en if language == "en" else item.ar)


def _item(item: Any, language: str) -> dict[str, Any]:
    return {
        "code": item.code,
        "text": _words(item, language),
        "days": getattr(item, "days", 0),
        "required": getattr(item, "required", None),
        "formats": getattr(item, "formats", ()),
        **_source(item, language),
    }


def _source(item: Any, language: str) -> dict[str, Any]:
    return {"confidence": item.source.confidence, "source": _source_text(item.source, language)}


def _source_text(source: RuleSource, language: str) -> str:
    title_ar = getattr(source, "title_ar", "")
    return title_ar if language == "ar" and title_ar else source.title
