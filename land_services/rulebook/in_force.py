"""The rules in force: the pack of the authority with the values that this installation decided laid over it.

A process keeps the pack as it last read it and asks one small question each time: which decision came last. Decisions
are numbered one after the other, so whoever sees the last sees all before it; a decision that was rolled back leaves
nothing, for each has a name of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Final
from uuid import UUID

from django.conf import settings

from land_services.rules import DatedRules, Entry, Pack, load_pack
from land_services.rules.schema import KEYS

from .models import RuleChange

__all__ = ["pack_before", "pack_in_force", "rules_on"]

_kept: Final[dict[tuple[str, str], tuple[UUID, Pack]]] = {}


def rules_on(day: date, *, using: str = "default") -> DatedRules:
    """Return the rules by which a case filed on that day is judged, whenever one asks.

    Raises
    ------
    RuleError
        Where a rule has no value on that day, or a decided value is not of its rule's kind any more.
    """
    return pack_in_force(using).on(day)


def pack_in_force(using: str = "default") -> Pack:
    """Return all values of the authority with their dates, as the last decision left them: one query."""
    authority = settings.AUTHORITY
    accepted = RuleChange.objects.using(using).filter(authority=authority, number__isnull=False)
    last = accepted.order_by("-number").values_list("decision", flat=True).first()
    if last is None:
        return load_pack(authority)
    kept = _kept.get((using, authority))
    if kept is None or kept[0] != last:
        # What was decided in between is in the pack already, and is read once more next time.
        kept = _kept[(using, authority)] = (last, load_pack(authority).overlaid(_entries(accepted.order_by("number"))))
    return kept[1]


def pack_before(change: RuleChange) -> Pack:
    """Return the values that a change meets: of one that was accepted, those that it met then."""
    accepted = RuleChange.objects.filter(authority=change.authority, number__isnull=False)
    if change.number is not None:
        accepted = accepted.filter(number__lt=change.number)
    return load_pack(change.authority).overlaid(_entries(accepted.order_by("number")))


def _entries(changes: Iterable[RuleChange]) -> Iterator[Entry]:
    """Return decided values; of rules that the software no longer knows nothing asks."""
    return (change.entry() for change in changes if change.key in KEYS)
