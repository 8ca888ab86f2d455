"""How often something was looked for, and how often a page was opened: counted in memory, written every few seconds.

Nothing is kept of who asked. A position is rounded to three decimals and held only until the counts are written, when
it becomes a district; a process that is killed loses what it has not written yet, a few seconds of counts.
"""

from __future__ import annotations

import atexit
import logging
import os
import re
import threading
from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, Final

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections
from django.utils import timezone

from layers.locator.positions import Position
from layers.locator.where import stored

__all__ = ["FLUSH_S", "count_search", "count_visit", "flush"]

log = logging.getLogger(__name__)

FLUSH_S: Final = 5.0
_MOST_KEYS: Final = 50_000
_PAGE: Final = re.compile(r"[a-z][a-z0-9_:-]{0,59}")

Search = tuple[date, int, str, float | None, float | None]
Visit = tuple[date, str]

_SEARCHES: Final = """
INSERT INTO layers_searchcount ("on", hour, category, district_uid, searches)
SELECT s.day, s.hour, s.category, d.uid, sum(s.n)
FROM unnest(%(days)s::date[], %(hours)s::int[], %(categories)s::text[], %(xs)s::float8[], %(ys)s::float8[],
            %(ns)s::bigint[]) AS s(day, hour, category, x, y, n)
LEFT JOIN LATERAL (
    SELECT d.uid FROM layers_district d WHERE d.end_lifespan_version IS NULL
    AND ST_Intersects(d.geom, ST_SetSRID(ST_Point(s.x, s.y), %(srid)s)) ORDER BY d.id LIMIT 1
) d ON s.x IS NOT NULL
GROUP BY s.day, s.hour, s.category, d.uid ORDER BY s.day, s.hour, s.category, d.uid
ON CONFLICT ("on", hour, category, district_uid)
DO UPDATE SET searches = layers_searchcount.searches + EXCLUDED.searches
"""
_VISITS: Final = """
INSERT INTO layers_pagevisit ("on", page, visits)
SELECT v.day, v.page, v.n FROM unnest(%(days)s::date[], %(pages)s::text[], %(ns)s::bigint[]) AS v(day, page, n)
ORDER BY v.day, v.page
ON CONFLICT ("on", page) DO UPDATE SET visits = layers_pagevisit.visits + EXCLUDED.visits
"""


class _Buffer:
    """What was counted and not yet written. A timer writes it; it runs only while there is something to write."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.writing = threading.Lock()
        self.searches: Counter[Search] = Counter()
        self.visits: Counter[Visit] = Counter()
        self.timer: threading.Timer | None = None

    def add(self, searches: Iterable[Search] = (), visits: Iterable[Visit] = ()) -> None:
        with self.lock:
            if len(self.searches) + len(self.visits) < _MOST_KEYS:
                self.searches.update(searches)
                self.visits.update(visits)
            if self.timer is None:
                self.timer = threading.Timer(FLUSH_S, _flush_beside)
                self.timer.daemon = True
                self.timer.start()

    def take(self) -> tuple[Counter[Search], Counter[Visit]]:
        with self.lock:
            taken = self.searches, self.visits
            self.searches, self.visits = Counter(), Counter()
            if self.timer is not None:
                self.timer.cancel()
                self.timer = None
        return taken

    def put_back(self, searches: Counter[Search], visits: Counter[Visit]) -> None:
        """Count again what could not be written, for the next time."""
        self.add()
        with self.lock:
            if len(self.searches) + len(self.visits) < _MOST_KEYS:
                self.searches.update(searches)
                self.visits.update(visits)


_buffer = _Buffer()


def count_search(categories: Iterable[str], position: Position | None = None, *, at: datetime | None = None) -> None:
    """Count a search: once for each category, or once without one; it costs microseconds.

    Parameters
    ----------
    categories : iterable of str
        Codes of categories; empty where all places were asked for.
    position : Position, optional
        Where: it becomes a district.
    """
    local = timezone.localtime(at)
    where = (None, None) if position is None else (round(position.lon, 3), round(position.lat, 3))
    _buffer.add(searches=[(local.date(), local.hour, code, *where) for code in dict.fromkeys(categories) or ("",)])


def count_visit(page: str, *, at: datetime | None = None) -> None:
    """Count a visit of a page, by the name of its address.

    Raises
    ------
    ValueError
        The name is none: an address, perhaps, with what somebody asked for.
    """
    if not _PAGE.fullmatch(page):
        raise ValueError("a page is counted by the name of its address")
    _buffer.add(visits=[(timezone.localtime(at).date(), page)])


def flush(using: str = DEFAULT_DB_ALIAS) -> None:
    """Write what was counted; what cannot be written now is kept for the next time."""
    with _buffer.writing:
        searches, visits = _buffer.take()
        try:
            _write(searches, visits, using)
        except Exception as error:
            _buffer.put_back(searches, visits)
            log.warning("counts could not be written and are kept: %s", type(error).__name__)


def _write(searches: Counter[Search], visits: Counter[Visit], using: str) -> None:
    if not searches and not visits:
        return
    connection = connections[using]
    with connection.cursor() as cursor:
        # Both in one statement, so that a failure leaves neither.
        parts: list[str] = []
        values: dict[str, Any] = {}
        if searches:
            parts.append(_SEARCHES)
            values |= _columns(searches)
        if visits:
            parts.append(_VISITS.replace("%(days)s", "%(on)s").replace("%(ns)s", "%(many)s"))
            days, pages = zip(*visits, strict=True)
            values |= {"on": list(days), "pages": list(pages), "many": list(visits.values())}
        cursor.execute(";".join(parts), values)


def _columns(searches: Counter[Search]) -> dict[str, Any]:
    days, hours, categories, lons, lats = zip(*searches, strict=True)
    places = [
        stored(Position(lon, lat)) if lon is not None and lat is not None else None
        for lon, lat in zip(lons, lats, strict=True)
    ]
    return {
        "days": list(days),
        "hours": list(hours),
        "categories": list(categories),
        "xs": [place[0] if place else None for place in places],
        "ys": [place[1] if place else None for place in places],
        "ns": list(searches.values()),
        "srid": settings.STORAGE_SRID,
    }


def _flush_beside() -> None:
    """Write from the timer's own thread, whose connection nobody else uses and nobody else would close."""
    try:
        flush()
    finally:
        connections.close_all()


def _forget_in_child() -> None:
    """Begin anew in a forked process: its parent writes what it counted, and its timer runs in the parent only."""
    global _buffer
    _buffer = _Buffer()


os.register_at_fork(after_in_child=_forget_in_child)
atexit.register(flush)
