"""Changes of deeds: read, and carried out by the registry's answer. Land stays as it is; locks are the writer's own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.db import connections, transaction
from django.utils import timezone

from land_services.deeds import ChangeFact, DeedFacts
from land_services.domain import ChangeSet, FactsQuery
from layers.digits import to_latin_digits

from .apply import AppliedChange, attempted, lock_land_of, lock_titles
from .errors import StaleRegister
from .selectors import load_facts
from .writing import write_change

__all__ = ["apply_deed_change", "changes_of", "deed_facts", "parcels_of"]

Plan = Callable[[DeedFacts], ChangeSet]
Also = Callable[[AppliedChange], None]

_ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
_CHANGES = """
    SELECT c.id, c.ba_unit_id, c.state, e.reference, e.at, s.at, o.op ->> 'reason', o.op ->> 'number', o.op ->> 'on'
    FROM register_pendingdeedchange c JOIN register_registerentry e ON e.id = c.entry_id
    LEFT JOIN register_registerentry s ON s.id = c.settled_by_id
    LEFT JOIN LATERAL (SELECT op FROM jsonb_array_elements(s.change_set -> 'operations') AS x(op)
        WHERE op ->> 'op' = 'settle_deed' AND op ->> 'change_id' = c.id::text LIMIT 1) AS o ON true"""


def _changes(where: str, params: Sequence[Any], using: str) -> tuple[ChangeFact, ...]:
    with connections[using].cursor() as cursor:
        cursor.execute(f"{_CHANGES} WHERE {where} ORDER BY c.id", params)
        return tuple(
            ChangeFact(key, title, state, ref, since, at, reason or "", number or "", on or "")
            for key, title, state, ref, since, at, reason, number, on in cursor.fetchall()
        )


def changes_of(reference: str, *, using: str = "default") -> tuple[ChangeFact, ...]:
    """Return what became of the deeds that a case changed, in the order of the changes; sent again is a new one."""
    return _changes("e.reference = %s", [reference], using)


def parcels_of(reference: str, *, using: str = "default") -> list[str]:
    """Return the parcels whose deeds a case changed: those that its titles joined when the change was made."""
    with connections[using].cursor() as cursor:
        cursor.execute(
            """SELECT parcel_uid FROM (
                 SELECT DISTINCT ON (j.parcel_uid) j.id, j.parcel_uid::text AS parcel_uid
                 FROM register_registerentry e JOIN register_pendingdeedchange c ON c.entry_id = e.id
                 JOIN register_baunitparcel j ON j.ba_unit_id = c.ba_unit_id
                 JOIN register_registerentry b ON b.id = j.begin_entry_id AND b.at <= e.at
                 LEFT JOIN register_registerentry o ON o.id = j.end_entry_id
                 WHERE e.reference = %s AND (o.at IS NULL OR o.at > e.at) ORDER BY j.parcel_uid, j.id) AS p
               ORDER BY id""",
            [reference],
        )
        return [uid for (uid,) in cursor.fetchall()]


def deed_facts(reference: str, numbers: Sequence[str] = (), *, using: str = "default") -> DeedFacts:
    """Return the titles of a case that wait for the registry, or were returned, with their parcels and all changes.

    ``numbers`` are those of deeds that are about to be recorded: what is on record under them is read too.
    """
    own = changes_of(reference, using=using)
    waiting = _waiting(own)
    uids = _joined(waiting, using)
    facts = load_facts(FactsQuery(tuple(uids), 0.0), using=using)
    at = min((change.since for change in own if change.title_id in waiting), default=timezone.now())
    return DeedFacts(
        titles=tuple(title for title in facts.titles if title.id in waiting),
        parcels=facts.parcels,
        changes=_changes("c.ba_unit_id = ANY(%s)", [sorted(waiting)], using),
        decided_on=timezone.localdate(at),
        today=timezone.localdate(),
        recorded=_recorded(numbers, using),
    )


def _waiting(changes: Sequence[ChangeFact]) -> frozenset[int]:
    """Return the titles whose last change is not confirmed."""
    last = {change.title_id: change.state for change in changes}
    return frozenset(title for title, state in last.items() if state != "confirmed")


def _joined(titles: frozenset[int], using: str) -> list[str]:
    with connections[using].cursor() as cursor:
        cursor.execute(
            """SELECT parcel_uid::text FROM register_baunitparcel
               WHERE ba_unit_id = ANY(%s) AND end_entry_id IS NULL ORDER BY ba_unit_id, id""",
            [sorted(titles)],
        )
        return [uid for (uid,) in cursor.fetchall()]


def _recorded(numbers: Sequence[str], using: str) -> frozenset[tuple[str, str, str]]:
    """Return number, issuer and Hijri date of deeds on record with one of these numbers, in figures 0-9."""
    latin = [to_latin_digits(number) for number in numbers]
    if not latin:
        return frozenset()
    with connections[using].cursor() as cursor:
        cursor.execute(
            "SELECT number, issuer, hijri_date FROM register_source WHERE kind = 'deed' AND number = ANY(%s)",
            [[*latin, *numbers, *(number.translate(_ARABIC) for number in latin)]],
        )
        return frozenset((to_latin_digits(number), issuer, to_latin_digits(on)) for number, issuer, on in cursor)


def apply_deed_change(
    reference: str,
    *,
    acting_user_id: int | None,
    plan: Plan,
    also: Also | None = None,
    numbers: Sequence[str] = (),
    using: str = "default",
    attempts: int = 3,
) -> AppliedChange:
    """Carry out what the registry answered to a case's changes, or raise and leave the register as it was.

    Parameters
    ----------
    reference : str
        The case.
    acting_user_id : int or None
        Who writes it down.
    plan : callable
        Called with the facts as they are while land and titles are locked; gives the change set, or raises.
    also : callable, optional
        Called inside the transaction when everything is written: the case's step.
    numbers : sequence of str
        Numbers of the deeds to be recorded.
    using : str
        Database alias.
    attempts : int
        How often to try when the land is busy.

    Raises
    ------
    StaleRegister
        If no title of the case waits for the registry any more.
    RegisterRefused
        If the guard finds a promise broken.
    RegisterBusy
        If the land stayed locked for too long.
    """

    def once() -> AppliedChange:
        with transaction.atomic(using=using, durable=not connections[using].in_atomic_block):
            facts = _held(reference, numbers, using)
            if not facts.titles:
                raise StaleRegister(f"no deed of {reference} waits for the registry any more")
            change_set = plan(facts)
            entry, at = write_change(change_set, reference, acting_user_id, using)
            applied = AppliedChange(entry, at, (), (), ())
            if also is not None:
                also(applied)
        return applied

    return attempted(once, using, attempts)


def _held(reference: str, numbers: Sequence[str], using: str) -> DeedFacts:
    """Lock the land and the titles of a case, land first, and return the facts as they are then."""
    before = _locked_land(reference, using)
    titles = _waiting(changes_of(reference, using=using))
    lock_titles(titles, using)
    if set(_joined(titles, using)) != set(before):  # somebody divided the land while we waited for it
        _locked_land(reference, using)
    return deed_facts(reference, numbers, using=using)


def _locked_land(reference: str, using: str) -> list[str]:
    uids = _joined(_waiting(changes_of(reference, using=using)), using)
    with connections[using].cursor() as cursor:
        cursor.execute(
            "SELECT id FROM layers_parcel WHERE uid = ANY(%s::uuid[]) AND end_lifespan_version IS NULL", [uids]
        )
        versions = [key for (key,) in cursor.fetchall()]
    lock_land_of([], versions, using)
    return uids
