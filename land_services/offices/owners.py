"""Who owns the land of a request, and by what those who file act for each of them: checked for the service and the day.

An owner who authorised them by a registered paper is bound by what that paper says; of one without a paper on record
the reviewer looks at what was attached.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Final, Literal

from django.db.models import Q

from land_services.domain import Finding
from land_services.register.models import BAUnitParcel, Right

from .models import Authorisation
from .standing import holds, lapsed

__all__ = ["ATTACHED", "OwnerActedFor", "owners_acted_for"]

ATTACHED: Final = frozenset({"power_of_attorney", "office_authorisation"})
"""Documents of cards by which an owner lets others act."""
INHERITANCE: Final = frozenset({"inheritance"})
"""Documents of cards that say who the heirs of an owner are."""

How = Literal["self", "registered", "authorised", "lapsed", "attached", "unproven"]


@dataclass(frozen=True)
class OwnerActedFor:
    """One owner of the land: the number in the order of the register, the share of one title, and who acts how.

    ``heirs`` says that the register has them as the heirs of somebody, without who they are.
    ``how`` is ``self``; ``registered`` where the register names the agent; ``authorised`` by a paper that holds;
    ``lapsed``, with the finding; ``attached`` where a paper was only handed in; ``unproven`` where there is none.
    """

    number: int
    party_id: int
    share: Fraction
    heirs: bool
    how: How
    paper: Authorisation | None = None
    finding: Finding | None = None


def owners_acted_for(
    parcel_uids: Sequence[str],
    acting: Collection[int],
    service: str,
    day: date,
    *,
    attached: Iterable[str] = (),
) -> tuple[OwnerActedFor, ...]:
    """Return every owner of the land with how those ``acting`` act for them, in the order of the register.

    Parameters
    ----------
    acting : collection of int
        The parties that the person who files speaks for, and the one the case is filed for.
    attached : iterable of str
        Codes of the documents that were handed in.
    """
    rights = _ownership(parcel_uids)
    owners = {right.party_id for right in rights}
    papers = Authorisation.objects.filter(principal_id__in=owners, agent_id__in=list(acting))
    by_owner: dict[int, list[Authorisation]] = {}
    for paper in papers.order_by("-valid_until", "-pk"):
        by_owner.setdefault(paper.principal_id, []).append(paper)
    there = frozenset(attached)
    return tuple(
        _acted_for(number, right, by_owner.get(right.party_id, []), set(acting), (service, day), there)
        for number, right in enumerate(rights, start=1)
    )


def _ownership(parcel_uids: Sequence[str]) -> list[Right]:
    """Return the current ownership of the land, each owner of each title once."""
    titles = BAUnitParcel.objects.filter(parcel_uid__in=list(parcel_uids), end_entry=None).values("ba_unit")
    rights = Right.objects.filter(Q(ba_unit__in=titles), kind="ownership", end_entry=None)
    return list(rights.select_related("party").order_by("ba_unit", "pk"))


def _acted_for(
    number: int,
    right: Right,
    papers: list[Authorisation],
    acting: set[int],
    act: tuple[str, date],
    attached: frozenset[str],
) -> OwnerActedFor:
    share, heirs = Fraction(right.share_numerator, right.share_denominator), right.party.kind == "group"

    def told(how: How, paper: Authorisation | None = None, finding: Finding | None = None) -> OwnerActedFor:
        return OwnerActedFor(number, right.party_id, share, heirs, how, paper, finding)

    service, day = act
    if right.party_id in acting:
        return told("self")
    holding = next((paper for paper in papers if holds(paper, day, service)), None)
    if holding is not None:
        return told("authorised", holding)
    if papers:
        return told("lapsed", papers[0], _finding(papers[0], number, share, service, day))
    if right.party.represented_by_id in acting:
        return told("registered")
    by_paper = ATTACHED & attached and (not heirs or INHERITANCE & attached)
    return told("attached" if by_paper else "unproven")


def _finding(paper: Authorisation, number: int, share: Fraction, service: str, day: date) -> Finding:
    against = lapsed(paper, day, service)
    params = {**against.params, "owner": number, "share": f"{share.numerator}/{share.denominator}"}
    return Finding("REQ-31", "error", {**params, "paper": paper.number}, variant=against.variant)
