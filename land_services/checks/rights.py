"""Rights and restrictions that follow the land: what a change of parcels does to the titles over them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from land_services.domain import (
    CarryRestriction,
    CreateTitle,
    EndTitle,
    Facts,
    Operation,
    TakenRestriction,
    TitleFact,
    TitleShare,
    TransferRight,
)

__all__ = ["Holding", "carried", "holding", "joined_titles", "titles_over"]

Holding = dict[tuple[str, int], Fraction]
"""Who holds which right by which share: (kind, party) to share."""


def titles_over(facts: Facts) -> tuple[TitleFact, ...]:
    """Return the titles that join any of the parcels in question, in the order of their keys."""
    uids = {parcel.uid for parcel in facts.parcels}
    return tuple(title for title in facts.titles if not uids.isdisjoint(title.parcel_uids))


def holding(title: TitleFact) -> Holding:
    """Return the rights in a title by kind and party; several shares of one party count together."""
    shares: Holding = {}
    for right in title.rights:
        key = (right.kind, right.party_id)
        shares[key] = shares.get(key, Fraction(0)) + right.share
    return shares


def carried(facts: Facts, followed_by: Mapping[str, Sequence[str]]) -> Iterator[CarryRestriction]:
    """Yield what becomes of restrictions on single parcels: each passes to all parcels that follow its own.

    Nothing on record says which part of the land an easement lies on; until the registry says so it burdens every part.
    Restrictions on a whole title need nothing: the title stays.
    """
    for title in facts.titles:
        for restriction in title.restrictions:
            if restriction.parcel_uid is not None and restriction.parcel_uid in followed_by:
                yield CarryRestriction(restriction.id, tuple(followed_by[restriction.parcel_uid]))


def joined_titles(facts: Facts, uid: str, title_uid: str) -> tuple[Operation, ...]:
    """Return what becomes of the titles of parcels that join to parcel ``uid``.

    One title over all of them simply goes on. Several are followed by one new title, ``title_uid``, with their common
    rights, all their deeds and restrictions; a title that keeps other land stays for it.
    """
    titles, ours = titles_over(facts), {parcel.uid for parcel in facts.parcels}
    if len(titles) == 1:
        return (
            TransferRight(titles[0].id, _within(titles[0], ours), (uid,)),
            *carried(facts, dict.fromkeys(ours, (uid,))),
        )
    if not titles:
        return ()
    operations: list[Operation] = [_following(titles, ours, uid, title_uid)]
    for title in titles:
        if ours.issuperset(title.parcel_uids):
            operations.append(EndTitle(title.id))
            continue
        operations.append(TransferRight(title.id, _within(title, ours), ()))
        operations.extend(CarryRestriction(r.id, ()) for r in title.restrictions if r.parcel_uid in ours)
    return tuple(operations)


def _within(title: TitleFact, ours: set[str]) -> tuple[str, ...]:
    return tuple(uid for uid in title.parcel_uids if uid in ours)


def _following(titles: Sequence[TitleFact], ours: set[str], uid: str, title_uid: str) -> CreateTitle:
    shares = holding(titles[0])
    return CreateTitle(
        uid=title_uid,
        follows=tuple(title.id for title in titles),
        parcel_uids=(uid,),
        rights=tuple(TitleShare(party, kind, share) for (kind, party), share in sorted(shares.items())),
        deed_ids=tuple(dict.fromkeys(deed.id for title in titles for deed in title.deeds if deed.is_valid)),
        restrictions=tuple(
            TakenRestriction(restriction.id)
            for title in titles
            for restriction in title.restrictions
            if restriction.parcel_uid is None or restriction.parcel_uid in ours
        ),
    )
