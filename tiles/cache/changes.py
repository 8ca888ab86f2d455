"""From an announced change to its record in the journal, and from an open record to what became of it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Final

import shapely
from django.conf import settings
from django.db import Error, connections, transaction
from shapely.geometry.base import BaseGeometry

from layers import events
from layers.events import LandTouched
from tiles.cache.index import Index, OpenChange
from tiles.cache.journal import Journal, JournalBroken, Kind, Record
from tiles.cache.place import folder_of

__all__ = ["coarse_reach", "install", "mark", "resolve"]

log = logging.getLogger(__name__)

coarse_reach: dict[str, Callable[[LandTouched], BaseGeometry]] = {}
"""How far a change of a layer reaches at generalised zooms, in the storage CRS; the touched geometry where absent."""

ASK_AGAIN_S: Final = 1.0
"""How often a process asks about an open change that none of its tiles meets. One that is met is asked about each time:
that is little beside making the tile.
"""

CROWD: Final = 50
"""From this many open changes on, those that nobody meets are asked about too."""

LONG_EDGE_M: Final = 1000.0
"""A longer edge bends when it is transformed; a change is then drawn both ways, straight and bent."""

LARGEST_WKB: Final = 128 << 10
"""A larger geometry is replaced by the boxes of its parts, and those by one box."""

_EVERYWHERE: Final = shapely.to_wkb(shapely.box(-2.1e7, -1e9, 2.1e7, 1e9))
"""What a change touches that names no land."""

_TELL = """SELECT pg_current_xact_id()::text::bigint, c.system_identifier, k.timeline_id, d.oid::bigint,
    ST_AsBinary(ST_Transform(ST_GeomFromWKB(%s, %s), 3857)), ST_AsBinary(ST_Transform(ST_GeomFromWKB(%s, %s), 3857))
FROM pg_control_system() c, pg_control_checkpoint() k, pg_database d WHERE d.datname = current_database()"""

# A commit is in the log of commits before other snapshots see it: only what a snapshot sees is over.
_ASK = """SELECT pg_visible_in_snapshot(%s::text::xid8, pg_current_snapshot()), pg_xact_status(%s::text::xid8)"""
# Transactions that write, and hold locks in this database: locks go after the commit is seen by others.
_RUNNING = """SELECT w.transactionid::text FROM pg_locks w
WHERE w.locktype = 'transactionid' AND w.mode = 'ExclusiveLock' AND w.granted AND EXISTS (
    SELECT FROM pg_locks r JOIN pg_database d ON d.oid = r.database
    WHERE r.virtualtransaction = w.virtualtransaction AND d.datname = current_database())"""


def install() -> None:
    """Listen to the changes of all layers."""
    events.before_commit(mark)


def mark(touched: LandTouched) -> None:
    """Write a change into the journal before its transaction commits, and have it resolved after.

    Raises
    ------
    JournalBroken
        The journal is there and cannot be written: the change must not commit, or its tiles would stay as they were.
    """
    for layers, coarse in _by_reach(touched):
        fine_wkb = _wkb(touched.geometry)
        coarse_wkb = fine_wkb if coarse is touched.geometry else _wkb(coarse)
        with connections[touched.using].cursor() as cursor:
            srid = settings.STORAGE_SRID
            cursor.execute(_TELL, [fine_wkb, srid, None if coarse_wkb is fine_wkb else coarse_wkb, srid])
            xid, system, timeline, oid, fine, far = cursor.fetchone()
        journal = Journal(folder_of(system, oid, timeline))
        record = Record(Kind.PENDING, 0, layers, xid, bytes(fine or _EVERYWHERE), bytes(far or b""))
        position = journal.append(record)
        if position:
            transaction.on_commit(partial(_clear, journal, position), using=touched.using, robust=True)


def _clear(journal: Journal, position: int) -> None:
    try:
        journal.resolve(Kind.COMMITTED, [position])
    except OSError as error:  # the change is committed; whoever meets its record will ask
        log.warning("a change could not be cleared from the tile journal: %s", error)


def _by_reach(touched: LandTouched) -> Iterable[tuple[frozenset[str], BaseGeometry]]:
    plain = touched.layers - coarse_reach.keys()
    if plain:
        yield plain, touched.geometry
    for layer in sorted(touched.layers & coarse_reach.keys()):
        yield frozenset({layer}), coarse_reach[layer](touched)


def _wkb(geometry: BaseGeometry | None) -> bytes | None:
    """Return a geometry of the storage CRS that is not too large; None for none at all."""
    if geometry is None or geometry.is_empty:
        return None
    geometry = shapely.force_2d(geometry)
    bent = shapely.segmentize(geometry, LONG_EDGE_M)
    if shapely.get_num_coordinates(bent) > shapely.get_num_coordinates(geometry):
        geometry = shapely.GeometryCollection([geometry, bent])
    wkb: bytes = shapely.to_wkb(geometry)
    if len(wkb) > LARGEST_WKB:
        parts = shapely.get_parts(geometry)
        boxes = [shapely.box(*part.bounds) for part in parts]
        wkb = shapely.to_wkb(shapely.MultiPolygon(boxes))
    if len(wkb) > LARGEST_WKB:
        wkb = shapely.to_wkb(shapely.segmentize(shapely.box(*geometry.bounds), max(LONG_EDGE_M, geometry.length / 500)))
    return wkb


# What became of open changes ----------------------------------------------------------------------------------------


def resolve(index: Index, met: list[OpenChange], using: str = "default") -> bool:
    """Ask the database what became of open changes, and write it down for all; return whether any is over.

    Call it outside of a transaction only: inside, a snapshot may be old.
    """
    now = time.monotonic()
    others = index.all_open()
    if not met and len(others) <= CROWD:
        return False
    known = {id(change) for change in met}
    due = met + [c for c in others if id(c) not in known and now - c.asked_at >= ASK_AGAIN_S][:CROWD]
    outcomes: dict[Kind, list[int]] = {}
    try:
        with connections[using].cursor() as cursor:
            for change in due:
                change.asked_at = now
                outcome = _ask_barrier(cursor, change) if change.record.kind is Kind.BARRIER else _ask(cursor, change)
                if outcome is not None:
                    outcomes.setdefault(outcome, []).append(change.record.position)
        for kind, positions in outcomes.items():
            index.journal.resolve(kind, positions)
    except (Error, JournalBroken) as error:
        log.warning("open changes of the tile journal stay open: %s", error)
        return False
    return bool(outcomes)


def _ask(cursor: Any, change: OpenChange) -> Kind | None:
    xid = str(change.record.xid)
    try:
        cursor.execute(_ASK, [xid, xid])
        is_over, status = cursor.fetchone()
    except Error as error:
        if getattr(error.__cause__, "pgcode", None) == "22023":
            return Kind.COMMITTED  # a number that this database has not reached: it is another than it was
        raise
    if not is_over or status == "in progress":
        return None
    return Kind.VOID if status == "aborted" else Kind.COMMITTED  # too old to be known counts as committed


def _ask_barrier(cursor: Any, change: OpenChange) -> Kind | None:
    cursor.execute(_RUNNING)
    running = {xid for (xid,) in cursor.fetchall()}
    change.waits_for = running if change.waits_for is None else change.waits_for & running
    return None if change.waits_for else Kind.COMMITTED
