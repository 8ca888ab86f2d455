"""Whether an office or an agent may act on a day: findings with the date and what to do, in a query or two."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final

from land_services.catalogue import ServiceCard, load_catalogue, office_classes
from land_services.domain import Finding
from land_services.register.models import Party

from .models import Authorisation, OfficeLicence

__all__ = [
    "OFFICE_LICENCE",
    "WARN_DAYS",
    "asks_for_office",
    "authorised_by",
    "holds",
    "lacking_class",
    "lapsed",
    "offices_among",
    "standing",
    "warnings",
]

OFFICE_LICENCE: Final = "engineering_licence"
"""Kind of id of the parties that are engineering offices: the number is that of their licence."""
WARN_DAYS: Final = 30
"""So long before a licence ends the pages of its office say so."""
UNRECORDED: Final = Finding("REQ-25", "error", variant="unrecorded")


def offices_among(parties: Iterable[int]) -> list[int]:
    """Return those of the parties that are engineering offices, in order."""
    found = Party.objects.filter(pk__in=list(parties), id_kind=OFFICE_LICENCE, erased_at=None).order_by("pk")
    return list(found.values_list("pk", flat=True))


def asks_for_office(card: ServiceCard) -> bool:
    """Return whether a service is filed by an office: of a class, or by offices alone.

    What an office asks for itself, such as its own classification, is not about land and needs no licence on record.
    """
    return bool(card.office_classes) or (card.draft.role == "surveyor" and card.land != "none")


def authorised_by(parties: Iterable[int], day: date, service: str = "") -> list[Authorisation]:
    """Return the authorisations by which these parties act for others on a day, the latest end first.

    With ``service``, those that are for it.
    """
    return [one for one in _authorisations(parties) if holds(one, day, service)]


def standing(party_id: int, parties: Iterable[int], day: date, service: str) -> tuple[Finding, ...]:
    """Return what stands against filing for a party by somebody who speaks for ``parties``; () where nothing does."""
    own = set(parties)
    if party_id in own:
        return _against(party_id, day, service)
    papers = [one for one in _authorisations(own) if one.principal_id == party_id]
    if not papers:
        return (Finding("REQ-28", "error"),)
    holding = [one for one in papers if holds(one, day, service)]
    if not holding:
        return (lapsed(papers[0], day, service),)
    # The agent's own licence, where the agent is an office, counts as well.
    return _against(holding[0].agent_id, day, service)


def lacking_class(card: ServiceCard, party_id: int | None, parties: Iterable[int], day: date) -> tuple[Finding, ...]:
    """Return what a service asks of the office that files and this one has not; () where it asks nothing.

    Where only offices file, nobody files without one; elsewhere owners file for themselves.
    """
    if not card.office_classes:
        return ()
    needed = _names(card.office_classes)
    office = _office(party_id, set(parties), day)
    if office is None:
        only_offices = card.draft.role == "surveyor"
        return (Finding("REQ-30", "error", {"needed": needed}, variant="no_office"),) if only_offices else ()
    licence = OfficeLicence.objects.filter(party_id=office).first()
    if licence is None or not licence.classes:
        return (Finding("REQ-30", "error", {"needed": needed}, variant="unrecorded"),)
    if set(licence.classes).isdisjoint(card.office_classes):
        return (Finding("REQ-30", "error", {"needed": needed, "held": _names(licence.classes)}),)
    return ()


def _office(party_id: int | None, own: set[int], day: date) -> int | None:
    """Return the engineering office that acts: the party itself, or the agent that it authorised; None where none."""
    if party_id is None:
        return None
    acting = [party_id]
    if party_id not in own:
        acting = [one.agent_id for one in _authorisations(own) if one.principal_id == party_id and holds(one, day)]
    return next(iter(offices_among(acting)), None)


def _names(codes: Iterable[str]) -> dict[str, str]:
    """Return classes as words; one that the catalogue no longer has by its code."""
    known = office_classes()
    found = [known.get(code) for code in codes]
    return {
        "ar": "، ".join(one.ar if one else code for one, code in zip(found, codes, strict=True)),
        "en": ", ".join(one.en if one else code for one, code in zip(found, codes, strict=True)),
    }


def warnings(parties: Iterable[int], day: date) -> tuple[Finding, ...]:
    """Return what the people of these offices should know: what is missing, has ended, is suspended or ends soon."""
    parties = list(parties)
    licences = list(OfficeLicence.objects.filter(party_id__in=parties).order_by("valid_until"))
    unrecorded = set(offices_among(parties)) - {licence.party_id for licence in licences}
    found = [UNRECORDED for _ in unrecorded]
    for licence in licences:
        against = _of(licence, day)
        left = (licence.valid_until - day).days
        if against:
            found += against
        elif left <= WARN_DAYS:
            found.append(Finding("REQ-27", "warning", {"date": licence.valid_until.isoformat(), "days": left}))
    return tuple(found)


def _against(party_id: int, day: date, service: str) -> tuple[Finding, ...]:
    """Return what stands against whoever acts; an office has a licence on record where a service asks for one."""
    licence = OfficeLicence.objects.filter(party_id=party_id).first()
    if licence is not None:
        return _of(licence, day)
    card = load_catalogue().get(service)
    asked = card is not None and asks_for_office(card)
    return (UNRECORDED,) if asked and offices_among([party_id]) else ()


def _of(licence: OfficeLicence, day: date) -> tuple[Finding, ...]:
    if day > licence.valid_until:
        return (Finding("REQ-25", "error", {"date": licence.valid_until.isoformat()}),)
    if day < licence.valid_from:
        return (Finding("REQ-25", "error", {"date": licence.valid_from.isoformat()}, variant="not_begun"),)
    begun, until = licence.suspended_from, licence.suspended_until
    if begun is not None and begun <= day and (until is None or day <= until):
        if until is None:
            return (Finding("REQ-26", "error", {"date": begun.isoformat()}),)
        after = (until + timedelta(days=1)).isoformat()
        return (Finding("REQ-26", "error", {"date": begun.isoformat(), "after": after}, variant="until"),)
    return ()


def _authorisations(parties: Iterable[int]) -> list[Authorisation]:
    return list(Authorisation.objects.filter(agent_id__in=list(parties)).order_by("-valid_until", "-pk"))


def holds(paper: Authorisation, day: date, service: str = "") -> bool:
    """Return whether an authorisation holds on a day; with ``service``, whether it is for that as well."""
    begun = paper.valid_from <= day <= paper.valid_until and (paper.revoked_on is None or day < paper.revoked_on)
    return begun and (not service or not paper.services or service in paper.services)


def lapsed(paper: Authorisation, day: date, service: str) -> Finding:
    """Return why an authorisation does not hold on a day for a service."""
    if paper.revoked_on is not None and paper.revoked_on <= day:
        return Finding("REQ-28", "error", {"date": paper.revoked_on.isoformat()}, variant="revoked")
    if day < paper.valid_from:
        return Finding("REQ-28", "error", {"date": paper.valid_from.isoformat()}, variant="not_begun")
    if day > paper.valid_until:
        return Finding("REQ-28", "error", {"date": paper.valid_until.isoformat()}, variant="ended")
    return Finding("REQ-28", "error", {"services": _services(paper.services)}, variant="for_others")


def _services(codes: Iterable[str]) -> dict[str, str]:
    """Return services as words; one that the catalogue no longer has by its code."""
    known = load_catalogue()
    cards = [(code, known.get(code)) for code in codes]
    return {
        "ar": "، ".join(card.name_ar if card else code for code, card in cards),
        "en": ", ".join(card.name_en if card else code for code, card in cards),
    }
