"""Who may see which card: procedures of the house are for its own people, for everybody else they do not exist."""

from __future__ import annotations

from typing import Final

from land_services.catalogue.loading import load_catalogue
from land_services.catalogue.model import ROLES, ServiceCard
from layers.viewer import Viewer

__all__ = ["STAFF_ROLES", "is_staff", "may_see", "visible_cards"]

STAFF_ROLES: Final = frozenset(ROLES) - {"surveyor", "agency", "resident", "applicant", "supplier"}
"""Roles of the municipality's own people. What they see of the map is another matter: ``layers.access``."""


def is_staff(viewer: Viewer) -> bool:
    """Return whether a viewer is signed in and one of the municipality's own people."""
    return not viewer.is_anonymous and viewer.has_role(*STAFF_ROLES)


def may_see(card: ServiceCard, viewer: Viewer) -> bool:
    """Return whether a card exists for a viewer."""
    return card.audience != "staff" or is_staff(viewer)


def visible_cards(viewer: Viewer) -> list[ServiceCard]:
    """Return the cards that exist for a viewer, by code."""
    staff = is_staff(viewer)
    return [card for card in load_catalogue().values() if staff or card.audience != "staff"]
