"""Services by name, as pages print them."""

from __future__ import annotations

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from land_services.catalogue import load_catalogue

__all__ = ["agency_words", "component_words", "entry_words", "service_title", "stage_title"]


def service_title(code: str) -> str:
    """Return the title of a service in the language of the page; the code itself where it has no card."""
    card = load_catalogue().get(code)
    if card is None:
        return code
    return card.name_en if get_language() == "en" else card.name_ar


def stage_title(service: str, code: str) -> str:
    """Return the title of a service's stage; the code itself where its card has no such stage."""
    card = load_catalogue().get(service)
    stage = next((one for one in card.stages if one.code == code), None) if card else None
    if stage is None:
        return code
    return stage.en if get_language() == "en" else stage.ar


def agency_words(service: str, agency: str) -> str:
    """Return what a service calls an agency that it asks; the code itself where its card names it no more."""
    card = load_catalogue().get(service)
    found = next((one for one in card.referrals if one.code == agency), None) if card else None
    if found is None:
        return agency
    return found.en if get_language() == "en" else found.ar


def component_words(component: str) -> str:
    """Return what a question to an agency is about."""
    return {
        "case": _("the whole request"),
        "location": _("the location"),
        "utilities": _("utilities"),
        "access": _("access"),
        "safety": _("safety"),
        "environment": _("environment"),
    }.get(component, component)


def entry_words(service: str, reference: str) -> str:
    """Return how a register entry is called on pages."""
    if service == "load":
        return _("first loading")
    return f"{service_title(service)} {reference}".strip()
