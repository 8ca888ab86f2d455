"""The card that a case was filed under: kept with it, whatever the catalogue says by then."""

from __future__ import annotations

from functools import lru_cache

from land_services.catalogue import ServiceCard, load_catalogue
from land_services.catalogue.codec import digest, from_json, to_json

from .errors import ActionRefused
from .models import Case, ServiceVersion

__all__ = ["card_of", "current_version"]


def card_of(case: Case) -> ServiceCard:
    """Return the card of a case; one query the first time a process meets it."""
    return _card(case.version_id)


@lru_cache(maxsize=4096)
def _card(key: str) -> ServiceCard:
    return from_json(ServiceVersion.objects.values_list("card", flat=True).get(pk=key))


def current_version(code: str) -> str:
    """Return the key of a service's card as it is now, keeping it where it was not kept yet.

    Raises
    ------
    ActionRefused
        If there is no such service, or none can be filed for it yet.
    """
    card = load_catalogue().get(code)
    if card is None:
        raise ActionRefused("هذه الخدمة غير موجودة.", "This service does not exist.")
    if card.status != "open":
        raise ActionRefused(
            "لم يُفتح التقديم على هذه الخدمة بعد.", "Requests for this service cannot be filed here yet."
        )
    key = digest(card)
    if key not in _KEPT:
        ServiceVersion.objects.get_or_create(digest=key, defaults={"service": code, "card": to_json(card)})
    return key


_KEPT: set[str] = set()
