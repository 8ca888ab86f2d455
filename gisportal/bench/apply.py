"""The one writer against bare SQL that writes the same rows, in the same database, under the same guard."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice
from statistics import median

from django.db import connections

from land_services.changesets import canonical_json
from land_services.checks.engine import run_checks
from land_services.domain import AmendBoundary, CreateSpatialUnit, Facts, Finding
from land_services.register.apply import AppliedChange, apply_change_set
from land_services.register.writing import rendered

from .lots import PlannedLot, lots, planned
from .timing import ROUNDS, Measure, Section, interleaved

__all__ = ["LIMIT", "apply_section"]

LIMIT = 0.5
"""The least share of the bare transaction's speed that the write phase must reach."""

PHASES = ("lock", "compare", "facts", "recheck", "write", "announce", "commit")
WRITE_PHASE = ("write", "announce", "commit")
Progress = Callable[[str, int, int | None], None]


def apply_section(using: str, size: int, *, parts: Iterable[int], count: int, seed: str, progress: Progress) -> Section:
    """Subdivide ``count`` lots a round in both ways, and report the phases of ours and the ratio of the writing.

    Each change is of a lot of its own, scattered over the city, so that nobody's pages are warmer than the other's.
    """
    section = Section(f"Applying a subdivision, {size:,} parcels")
    for number in parts:
        _measure(section, using, number, count, f"{seed}/{number}", progress)
    section.notes = [
        f"{count} lots a round, {ROUNDS} rounds, ours and bare by turns; a value is the median of its round.",
        "`write phase` is from the last check passed to the commit: write, announce, commit. `bare SQL` is one "
        "psycopg2 transaction of the same statements, rendered beforehand, with the same triggers, commit included.",
        "The rules on the size of parts are not asked: the sample's lots are small. All checks run.",
    ]
    return section


def _measure(section: Section, using: str, parts: int, count: int, seed: str, progress: Progress) -> None:
    queue = _plans(using, parts, seed)
    phases: dict[str, list[float]] = {name: [] for name in PHASES}

    def ours(round_: int) -> float:
        seconds = [_apply(item, using).seconds for item in islice(queue, count)]
        for name in PHASES:
            phases[name].append(1000 * median(s[name] for s in seconds))
        progress(f"apply {parts} parts, ours", round_ + 1, ROUNDS)
        return 1000 * median(sum(s[name] for name in WRITE_PHASE) for s in seconds)

    def bare(round_: int) -> float:
        seconds = [replay(item, using) for item in islice(queue, count)]
        progress(f"apply {parts} parts, bare SQL", round_ + 1, ROUNDS)
        return 1000 * median(seconds)

    for item in islice(queue, 2):  # neither side pays for the first use of a connection
        _apply(item, using)
        replay(next(queue), using)
    for name in PHASES:
        phases[name].clear()
    runs = interleaved({"ours": ours, "bare": bare})
    for name in PHASES:
        section.add(Measure(f"{parts} parts: {name}", tuple(phases[name])))
    peer = Measure(f"{parts} parts: bare SQL", runs["bare"])
    section.compare(Measure(f"{parts} parts: write phase", runs["ours"]), peer, at_least=LIMIT, inverse=True)
    section.add(peer)


def _plans(using: str, parts: int, seed: str) -> Iterator[PlannedLot]:
    """Yield planned lots, each made just before it is used: a neighbour may have been changed by the one before."""
    smallest = 300.0 if parts < 10 else 500.0
    for n, lot in enumerate(lots(using, seed=seed, smallest_m2=smallest)):
        item = planned(lot, parts, f"BENCH-{seed}-{n}", using)
        if item is not None:
            yield item


def _apply(item: PlannedLot, using: str) -> AppliedChange:
    def recheck(facts: Facts) -> Iterable[Finding]:
        run_checks(item.service, item.inputs, facts, item.rules)
        return ()

    return apply_change_set(
        item.change_set,
        reference="bench",
        acting_user_id=None,
        recheck=recheck,
        query=item.query,
        using=using,
    )


# Bare SQL -----------------------------------------------------------------------------------------------------------


ENTRY, AT = 7_654_321_987_654_321, datetime(1999, 9, 9, 9, 9, 9, 999_999, tzinfo=UTC)
"""Stand-ins for the key and the time of an entry, which are only known once it is written."""


def replay(item: PlannedLot, using: str) -> float:
    """Write a change by psycopg2 alone, with statements rendered beforehand; return seconds, the commit included."""
    connections[using].ensure_connection()
    session = connections[using].connection
    born = [*item.change_set.of(CreateSpatialUnit), *item.change_set.of(AmendBoundary)]
    with session.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('layers_parcel', 'id')) FROM generate_series(1, %s)", [len(born)]
        )
        keys = dict(zip((op.uid for op in born), (key for (key,) in cursor.fetchall()), strict=True))
        body = rendered(cursor, item.change_set, keys, ENTRY, AT)
        stamp = cursor.mogrify("%s", [AT]).decode()
        head = cursor.mogrify(
            "INSERT INTO register_registerentry (service, reference, acting_user_id, change_set, xact, guarded_rows) "
            "VALUES (%s, %s, %s, %s, 0, 0) RETURNING id, at",
            [item.change_set.service, "bench", None, canonical_json(item.change_set)],
        )
        session.autocommit = False
        try:
            started = time.perf_counter()
            cursor.execute(head)
            entry, at = cursor.fetchone()
            now = cursor.mogrify("%s", [at]).decode()
            cursor.execute(body.replace(str(ENTRY), str(entry)).replace(stamp, now))
            session.commit()
            return time.perf_counter() - started
        finally:
            session.rollback()
            session.autocommit = True
