"""Services by name, as pages print them."""

from __future__ import annotations

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from land_services.catalogue import load_catalogue

__all__ = ["entry_words", "service_title"]


def service_title(code: str) -> str:
    """Return the title of a service in the language of the page; the code itself where it has no card."""
    card = load_catalogue().get(code)
    if card is None:
        return code
    return card.name_en if get_language() == "en" else card.name_ar


def entry_words(service: str, reference: str) -> str:
    """Return how a register entry is called on pages."""
    if service == "load":
        return _("first loading")
    return f"{service_title(service)} {reference}".strip()
