"""A city so large that reading its homes takes many seconds is read beside the request; the page asks again.

One thread for each process and mode; what it makes is kept by ``layers.locator.coverage_city``. Cities of usual size
are read within the request: a thread and a page that asks again would take longer than the answer.
"""

from __future__ import annotations

import threading
import time
from typing import Final

from django.db import connection, connections

from layers.locator.coverage_city import city_of
from layers.locator.network.store import Mode

__all__ = ["waited_s"]

MANY_ROWS: Final = 100_000
"""Addresses and parcels together, from which on a city is read beside the request: it takes more than a second."""
WAIT_S: Final = 2.0

_ROWS: Final = """
SELECT coalesce(sum(greatest(reltuples, 0)), 0) FROM pg_class
WHERE oid IN ('layers_address'::regclass, 'layers_parcel'::regclass)"""

_guard = threading.Lock()
_working: dict[Mode, tuple[threading.Thread, float]] = {}


def waited_s(mode: Mode) -> int | None:
    """Return None where the city is in memory as the last commit left it, or is small; else for how many seconds it has
    been read by now. Waits ``WAIT_S`` at most.
    """
    if _rows() < MANY_ROWS:
        return None
    with _guard:
        thread, since = _working.get(mode, (None, 0.0))
        if thread is None or not thread.is_alive():
            thread, since = threading.Thread(target=_read, args=(mode,), daemon=True), time.monotonic()
            _working[mode] = thread, since
            thread.start()
    thread.join(WAIT_S)
    return int(time.monotonic() - since) if thread.is_alive() else None


def _rows() -> float:
    with connection.cursor() as cursor:
        cursor.execute(_ROWS)
        return float(cursor.fetchone()[0])


def _read(mode: Mode) -> None:
    try:
        city_of(mode=mode)
    finally:
        connections.close_all()
