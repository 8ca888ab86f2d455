"""What holds for every change set of every service, whoever planned it."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from shapely.geometry import MultiPolygon, Polygon

from land_services.domain import (
    AcquireLand,
    AmendBoundary,
    AttachSource,
    CarryRestriction,
    ChangeSet,
    CreateSpatialUnit,
    CreateTitle,
    EndTitle,
    Facts,
    ParcelFact,
    ReleaseLand,
    RetireSpatialUnit,
    TransferRight,
)
from land_services.geometry.balance import chain_residual
from land_services.geometry.coverage import new_faults

__all__ = ["InvariantBroken", "assert_invariants", "broken_invariants"]

Area = Polygon | MultiPolygon


class InvariantBroken(AssertionError):
    """A change set that breaks what must hold for every one: a fault of the service, never of the citizen."""


def assert_invariants(change_set: ChangeSet, facts: Facts) -> None:
    """Raise InvariantBroken, listing all that is broken, unless the change set may be applied to these facts."""
    broken = broken_invariants(change_set, facts)
    if broken:
        raise InvariantBroken(f"{change_set.service}: " + "; ".join(broken))


def broken_invariants(change_set: ChangeSet, facts: Facts) -> tuple[str, ...]:
    """Return what is broken, in words for developers.

    Land: union(retired) + acquired = union(created) + released, edge by edge in whole millimetres, amended parcels on
    both sides. No new fault of the coverage. Only listed units are touched, at the version read. Each created unit has
    a source. Titles pass whole, and their shares sum to exactly 1.
    """
    return (
        *_units(change_set, facts),
        *_land(change_set, facts),
        *_sources(change_set),
        *_titles(change_set, facts),
    )


def _known(facts: Facts) -> dict[str, ParcelFact]:
    return {parcel.uid: parcel for parcel in (*facts.neighbours, *facts.parcels)}


def _units(change_set: ChangeSet, facts: Facts) -> Iterator[str]:
    known = _known(facts)
    asked = {parcel.uid for parcel in facts.parcels}
    touched: list[RetireSpatialUnit | AmendBoundary] = [
        *change_set.of(RetireSpatialUnit),
        *change_set.of(AmendBoundary),
    ]
    for op in touched:
        if op.uid not in known:
            yield f"{op.uid} is touched but not listed"
        elif known[op.uid].version != op.version:
            yield f"{op.uid} is touched at version {op.version}, read was {known[op.uid].version}"
        if isinstance(op, RetireSpatialUnit) and op.uid not in asked:
            yield f"{op.uid} is retired but was not asked for"
    uids = [op.uid for op in touched]
    created = [unit.uid for unit in change_set.of(CreateSpatialUnit)]
    if len({*uids, *created}) != len(uids) + len(created) or set(created) & set(known):
        yield "a unit is touched twice or created although it exists"
    retired = {op.uid for op in change_set.of(RetireSpatialUnit)}
    for unit in change_set.of(CreateSpatialUnit):
        if not set(unit.parents) <= retired:
            yield f"{unit.parcel_no} has a parent that is not retired"
    if not _areas_sum(change_set, facts, retired):
        yield "surveyed areas do not sum to the parent's"


def _areas_sum(change_set: ChangeSet, facts: Facts, retired: set[str]) -> bool:
    """Return True unless every area is known, no land moves in or out, and they do not sum."""
    if change_set.of(AcquireLand) or change_set.of(ReleaseLand):
        return True
    before = [parcel.surveyed_area_m2 for parcel in facts.parcels if parcel.uid in retired]
    after = [unit.surveyed_area_m2 for unit in change_set.of(CreateSpatialUnit)]
    if not before or None in before or None in after:
        return True
    return sum(area for area in before if area is not None) == sum(area for area in after if area is not None)


def _land(change_set: ChangeSet, facts: Facts) -> Iterator[str]:
    known = _known(facts)
    gone = [op for op in change_set.of(RetireSpatialUnit) if op.uid in known]
    amended = [op for op in change_set.of(AmendBoundary) if op.uid in known]
    changed = {op.uid for op in (*gone, *amended)}
    before: list[Area] = [known[op.uid].geometry for op in (*gone, *amended)]
    after: list[Area] = [unit.geometry for unit in change_set.of(CreateSpatialUnit)]
    after += [op.geometry for op in amended]
    acquired: list[Area] = [op.geometry for op in change_set.of(AcquireLand)]
    released: list[Area] = [op.geometry for op in change_set.of(ReleaseLand)]
    residual = chain_residual(before, after, acquired, released)
    if residual:
        yield f"the land does not balance along {len(residual)} edges, first {residual[0].wkt}"
    others: list[Area] = [parcel.geometry for uid, parcel in known.items() if uid not in changed]
    faults = new_faults([*before, *acquired, *others], [*after, *released, *others])
    if faults:
        yield f"{len(faults)} new faults of the coverage, first {faults[0].kind} at {faults[0].where.wkt}"


def _sources(change_set: ChangeSet) -> Iterator[str]:
    cited = {uid for op in change_set.of(AttachSource) for uid in op.uids}
    for unit in change_set.of(CreateSpatialUnit):
        if unit.uid not in cited:
            yield f"{unit.parcel_no} has no source"
    for op in (*change_set.of(AcquireLand), *change_set.of(ReleaseLand)):
        if not op.source:
            yield "land moves without a source"


def _titles(change_set: ChangeSet, facts: Facts) -> Iterator[str]:
    retired = {op.uid for op in change_set.of(RetireSpatialUnit)}
    created = {unit.uid for unit in change_set.of(CreateSpatialUnit)}
    moved = {op.title_id: op for op in change_set.of(TransferRight)}
    ended = {op.title_id for op in change_set.of(EndTitle)}
    for title in facts.titles:
        shares = sum((right.share for right in title.rights if right.kind == "ownership"), start=Fraction(0))
        if shares != 1 and title.rights:
            yield f"the shares of title {title.id} sum to {shares}"
        lost = retired & set(title.parcel_uids)
        if title.id in ended:
            if set(title.parcel_uids) - retired:
                yield f"title {title.id} ends though it keeps land"
        elif lost and (title.id not in moved or lost - set(moved[title.id].from_uids)):
            yield f"title {title.id} keeps a retired parcel"
    for op in moved.values():
        if not set(op.from_uids) <= retired or not set(op.to_uids) <= created:
            yield f"title {op.title_id} passes from or to a parcel that this change does not touch"
    yield from _new_titles(change_set, created)
    yield from _restrictions(change_set, facts, retired, ended)


def _new_titles(change_set: ChangeSet, created: set[str]) -> Iterator[str]:
    for title in change_set.of(CreateTitle):
        total = sum((right.share for right in title.rights if right.kind == "ownership"), start=Fraction(0))
        if total != 1:
            yield f"the shares of the new title {title.uid} sum to {total}"
        if not title.parcel_uids or not set(title.parcel_uids) <= created:
            yield f"the new title {title.uid} joins parcels that this change does not create"


def _restrictions(change_set: ChangeSet, facts: Facts, retired: set[str], ended: set[int]) -> Iterator[str]:
    """What stands against a parcel that ends is carried over, or its title ends and another takes it over."""
    followed = {op.restriction_id for op in change_set.of(CarryRestriction)}
    taken = {row.restriction_id for title in change_set.of(CreateTitle) for row in title.restrictions}
    passed_on = {op.restriction_id for op in change_set.of(CarryRestriction) if op.to_uids} | taken
    for title in facts.titles:
        for restriction in title.restrictions:
            against_ended = restriction.parcel_uid in retired
            if against_ended and title.id not in ended and restriction.id not in followed:
                yield f"restriction {restriction.id} stays on a retired parcel"
            if (against_ended or title.id in ended) and restriction.id not in passed_on:
                yield f"restriction {restriction.id} is lost"
