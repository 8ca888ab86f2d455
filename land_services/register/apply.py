"""The one writer of the register.

``apply_change_set()`` locks the land it touches, looks again at what it was told, runs the checks again, writes
everything in one transaction and announces it. Whatever goes wrong, nothing of it remains; what was wrong comes back as
findings. The database's guard (``sql/guard.sql``) holds the same promises against anyone who goes round this function.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import pairwise
from typing import TypeVar

from django.db import DatabaseError, connections, transaction
from shapely.geometry.base import BaseGeometry
from shapely.ops import unary_union

from land_services.domain import (
    AcquireLand,
    AmendBoundary,
    CarryRestriction,
    ChangeSet,
    CreateSpatialUnit,
    CreateTitle,
    EndTitle,
    Facts,
    FactsQuery,
    Finding,
    PendDeed,
    ReleaseLand,
    RetireSpatialUnit,
    TransferRight,
)
from layers.events import LandTouched, announce

from .adapters import from_db, to_db
from .errors import ChangeRefused, NotFit, RegisterBusy, StaleRegister, refusal_from
from .selectors import load_facts
from .writing import write_change

__all__ = ["AppliedChange", "ChangeRefused", "apply_change_set", "attempted", "lock_land_of", "lock_titles"]

LOCK_TIMEOUT_S = 30
_BUSY = {"55P03", "40P01"}  # lock_not_available, deadlock_detected

Recheck = Callable[[Facts], Iterable[Finding]]
Also = Callable[["AppliedChange"], None]
Done = TypeVar("Done")


@dataclass(frozen=True)
class AppliedChange:
    """What was written: the entry, when its versions begin, the created uids, and seconds spent by phase."""

    entry_id: int
    at: datetime
    created: tuple[str, ...]
    amended: tuple[str, ...]
    retired: tuple[str, ...]
    seconds: dict[str, float] = field(default_factory=dict)


def apply_change_set(
    change_set: ChangeSet,
    *,
    reference: str,
    acting_user_id: int | None,
    recheck: Recheck,
    query: FactsQuery,
    also: Also | None = None,
    using: str = "default",
    attempts: int = 3,
) -> AppliedChange:
    """Carry a change set out, or raise and leave the register as it was.

    Parameters
    ----------
    change_set : ChangeSet
        What was decided; applied exactly as it stands.
    reference : str
        The case or other decision that the register entry names.
    acting_user_id : int or None
        Who decided.
    recheck : callable
        The service's checks; called with fresh facts while the land is locked. An error among its findings stops the
        change.
    query : FactsQuery
        Which facts the checks need.
    also : callable, optional
        Called inside the transaction when everything is written, for what must stand or fall with the change (a case's
        state); it may raise ``ChangeRefused``.
    using : str
        Database alias.
    attempts : int
        How often to try when the database is busy with other changes of the same land.

    Raises
    ------
    StaleRegister
        If a version named by the change set is not current any more; the findings say what ended it.
    NotFit
        If a check finds an error now.
    RegisterRefused
        If the guard finds a promise broken.
    RegisterBusy
        If the land stayed locked for longer than 30 s in every attempt.
    """
    return attempted(
        lambda: _apply_once(change_set, reference, acting_user_id, recheck, query, also, using), using, attempts
    )


def attempted(once: Callable[[], Done], using: str, attempts: int = 3) -> Done:
    """Return what a transaction gives that changes the register; its guard's refusal is raised as ``RegisterRefused``.

    What is busy is tried again, so many times.
    """
    for attempt in range(1, attempts + 1):
        try:
            return once()
        except DatabaseError as error:
            refusal = refusal_from(error)
            if refusal is not None:
                raise refusal from error
            state = getattr(error.__cause__, "pgcode", None)
            if state not in _BUSY or connections[using].in_atomic_block:
                raise
            if attempt == attempts:
                raise RegisterBusy("the land is being changed by another decision; try again") from error
    raise AssertionError("unreachable")


def _apply_once(
    change_set: ChangeSet,
    reference: str,
    acting_user_id: int | None,
    recheck: Recheck,
    query: FactsQuery,
    also: Also | None,
    using: str,
) -> AppliedChange:
    marks = [("start", time.perf_counter())]
    touched = _touched(change_set)
    with transaction.atomic(using=using, durable=not connections[using].in_atomic_block):
        _lock(change_set, touched, using)
        marks.append(("lock", time.perf_counter()))
        _require_current(change_set, using)
        _require_titles(change_set, using)
        marks.append(("compare", time.perf_counter()))
        facts = load_facts(query, using=using)
        marks.append(("facts", time.perf_counter()))
        errors = tuple(finding for finding in recheck(facts) if finding.severity == "error")
        if errors:
            raise NotFit("the checks find errors on the register as it is now", errors)
        marks.append(("recheck", time.perf_counter()))
        entry_id, at = write_change(change_set, reference, acting_user_id, using)
        applied = _applied(change_set, entry_id, at)
        if also is not None:
            also(applied)
        marks.append(("write", time.perf_counter()))
        announce(LandTouched(frozenset({"parcels"}), _uids(change_set), unary_union(touched), using))
        marks.append(("announce", time.perf_counter()))
    marks.append(("commit", time.perf_counter()))
    seconds = {name: round(b - a, 6) for (_, a), (name, b) in pairwise(marks)}
    return replace(applied, seconds=seconds)


def _applied(change_set: ChangeSet, entry_id: int, at: datetime) -> AppliedChange:
    return AppliedChange(
        entry_id=entry_id,
        at=at,
        created=tuple(op.uid for op in change_set.of(CreateSpatialUnit)),
        amended=tuple(op.uid for op in change_set.of(AmendBoundary)),
        retired=tuple(op.uid for op in change_set.of(RetireSpatialUnit)),
    )


def _touched(change_set: ChangeSet) -> list[BaseGeometry]:
    kinds = (CreateSpatialUnit, AmendBoundary, AcquireLand, ReleaseLand)
    return [op.geometry for op in change_set.operations if isinstance(op, kinds)]


def _uids(change_set: ChangeSet) -> tuple[str, ...]:
    kinds = (RetireSpatialUnit, CreateSpatialUnit, AmendBoundary)
    return tuple(op.uid for op in change_set.operations if isinstance(op, kinds))


def _versions(change_set: ChangeSet) -> dict[int, str]:
    """The row keys that must still be current, with their uids."""
    return {op.version: op.uid for op in (*change_set.of(RetireSpatialUnit), *change_set.of(AmendBoundary))}


def _titles(change_set: ChangeSet) -> set[int]:
    """The titles that the change set says anything of."""
    kept = (*change_set.of(TransferRight), *change_set.of(EndTitle), *change_set.of(PendDeed))
    return {op.title_id for op in kept} | {title for op in change_set.of(CreateTitle) for title in op.follows}


def _lock(change_set: ChangeSet, touched: list[BaseGeometry], using: str) -> None:
    """Lock the cells under the new and the old outlines, then the titles: each in ascending order, cells first."""
    lock_land_of(touched, list(_versions(change_set)), using)
    lock_titles(_titles(change_set), using)


def lock_land_of(touched: Sequence[BaseGeometry], versions: Sequence[int], using: str) -> None:
    """Lock the cells under outlines and under parcel versions, until the transaction ends."""
    with connections[using].cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT_S}s'")
        cursor.execute(
            """SELECT register_lock_land(
                 VARIADIC %s::geometry[] || ARRAY(SELECT geom FROM layers_parcel WHERE id = ANY(%s)))""",
            [[to_db(geometry) for geometry in touched], list(versions)],
        )


def lock_titles(titles: Iterable[int], using: str) -> None:
    """Lock titles in ascending order, until the transaction ends; their land is locked before."""
    keys = sorted(set(titles))
    if keys:
        with connections[using].cursor() as cursor:
            cursor.execute("SELECT register_lock_titles(VARIADIC %s::bigint[])", [keys])


def _require_current(change_set: ChangeSet, using: str) -> None:
    """Compare the versions the change set was planned on with those current now that the land is locked."""
    versions = _versions(change_set)
    with connections[using].cursor() as cursor:
        cursor.execute(
            """SELECT v.id, v.uid::text, p.id IS NOT NULL, e.service, e.reference, p.end_lifespan_version,
                 ST_AsBinary(p.geom)
               FROM unnest(%s::bigint[], %s::uuid[]) AS v(id, uid)
               LEFT JOIN layers_parcel p ON p.id = v.id AND p.uid = v.uid
               LEFT JOIN register_registerentry e ON e.id = p.end_entry_id
               WHERE p.id IS NULL OR p.end_lifespan_version IS NOT NULL ORDER BY v.id""",
            [list(versions), list(versions.values())],
        )
        stale = cursor.fetchall()
    if not stale:
        return
    findings = tuple(
        Finding(
            rule="REG-01",
            severity="error",
            variant="changed" if known else "unknown",
            params={
                "uid": uid,
                "service": service or "",
                "reference": ref or "",
                "at": ended.isoformat() if ended else "",
            },
            parcels=(uid,),
            where=from_db(geom),
        )
        for _, uid, known, service, ref, ended, geom in stale
    )
    by = ", ".join(sorted({f"{row[3]} {row[4]}" for row in stale if row[3]})) or "an unknown entry"
    raise StaleRegister(f"land of this change was changed in the meantime by {by}", findings)


def _require_titles(change_set: ChangeSet, using: str) -> None:
    """Compare titles, and what they hold, with those that the change set was planned on."""
    joins = [(op.title_id, uid) for op in change_set.of(TransferRight) for uid in op.from_uids]
    restrictions = [op.restriction_id for op in change_set.of(CarryRestriction)]
    deeds: list[tuple[int, int]] = []
    for op in change_set.of(CreateTitle):
        restrictions.extend(taken.restriction_id for taken in op.restrictions)
        deeds.extend((title, deed) for deed in op.deed_ids for title in op.follows)
    with connections[using].cursor() as cursor:
        cursor.execute(
            """SELECT t.id FROM unnest(%(titles)s::bigint[]) AS t(id)
                 LEFT JOIN register_baunit b ON b.id = t.id AND b.end_entry_id IS NULL WHERE b.id IS NULL
               UNION SELECT j.title FROM unnest(%(joined)s::bigint[], %(uids)s::uuid[]) AS j(title, uid)
                 LEFT JOIN register_baunitparcel p ON p.ba_unit_id = j.title AND p.parcel_uid = j.uid
                   AND p.end_entry_id IS NULL WHERE p.id IS NULL
               UNION SELECT min(d.title) FROM unnest(%(held)s::bigint[], %(deeds)s::bigint[]) AS d(title, deed)
                 LEFT JOIN register_baunitsource s ON s.ba_unit_id = d.title AND s.source_id = d.deed
                   AND s.end_entry_id IS NULL GROUP BY d.deed HAVING count(s.id) = 0
               UNION SELECT r.ba_unit_id FROM register_restriction r
                 WHERE r.id = ANY(%(restrictions)s) AND r.end_entry_id IS NOT NULL
               ORDER BY 1""",
            {
                "titles": sorted(_titles(change_set)),
                "joined": [title for title, _ in joins],
                "uids": [uid for _, uid in joins],
                "held": [title for title, _ in deeds],
                "deeds": [deed for _, deed in deeds],
                "restrictions": restrictions,
            },
        )
        stale = [row[0] for row in cursor.fetchall()]
    if stale:
        findings = tuple(Finding("REG-01", "error", {"title": title}, "title") for title in stale)
        raise StaleRegister("titles of this change were changed in the meantime", findings)
