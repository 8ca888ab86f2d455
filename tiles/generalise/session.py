"""One run of generalising at a time, on one state of the database."""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from django.db import OperationalError, connections, transaction

__all__ = ["Progress", "Session", "batched", "exclusive", "silent"]

Progress = Callable[[str, int, int], None]
"""Told what is being made, how much is done and how much there is."""

_PAUSE_S: Final = 0.2
_CONFLICTS: Final = frozenset({"40001", "40P01"})  # serialization failure, deadlock


def silent(stage: str, done: int, total: int) -> None:
    """Tell nobody."""


class Session:
    """Statements on one connection."""

    def __init__(self, using: str) -> None:
        self.using = using

    def rows(self, sql: str, params: Any = None) -> list[tuple[Any, ...]]:
        with connections[self.using].cursor() as cursor:
            cursor.execute(sql, params)
            return list(cursor.fetchall()) if cursor.description else []

    def run(self, sql: str, params: Any = None) -> int:
        """Run a statement; return the number of its rows."""
        with connections[self.using].cursor() as cursor:
            cursor.execute(sql, params)
            return int(cursor.rowcount)


@contextmanager
def exclusive(name: str, using: str, wait_s: float = 0.0) -> Iterator[Session | None]:
    """Yield a transaction that sees one state of the database, alone with the outlines of ``name``.

    None where another has them and did not let go within ``wait_s``. A change that commits meanwhile is not seen, and
    the mark it leaves is not seen either.
    """
    until = time.monotonic() + wait_s
    while True:
        with transaction.atomic(using=using, durable=True):
            session = Session(using)
            session.run("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            key = zlib.crc32(f"tiles.generalise {name}".encode())
            if session.rows("SELECT pg_try_advisory_xact_lock(%s)", [key])[0][0]:
                yield session
                return
        if time.monotonic() >= until:
            break
        time.sleep(_PAUSE_S)
    yield None


def is_conflict(error: OperationalError) -> bool:
    """Return whether a transaction failed because another was first: it can be done again."""
    return getattr(error.__cause__, "pgcode", None) in _CONFLICTS


def batched(rows: Sequence[Any] | Iterable[Any], size: int) -> Iterator[list[Any]]:
    """Yield rows in lists of at most ``size``."""
    batch: list[Any] = []
    for row in rows:
        batch.append(row)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
