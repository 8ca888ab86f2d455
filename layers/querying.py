"""Reading for many: one round trip, bounded time, no parallel plans that would starve the writers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, Literal

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import InterfaceError, OperationalError

__all__ = ["TIMEOUTS_MS", "Kind", "TooSlow", "bounded", "prefix", "read_rows"]

Kind = Literal["tile", "feature", "page", "count"]

TIMEOUTS_MS: Final[dict[Kind, int]] = {"tile": 5_000, "feature": 2_000, "page": 15_000, "count": 1_500}
"""How long a query of each kind may run. A count that takes longer is estimated; the others are refused."""

_CANCELLED = "57014"  # SQLSTATE query_canceled


class TooSlow(Exception):
    """A query was stopped by its time limit; the caller says what to ask for instead."""


def prefix(kind: Kind) -> str:
    """Return settings that hold for the statements sent with them and no longer.

    A string of several statements is one transaction to PostgreSQL, so ``SET LOCAL`` costs no round trip of its own.
    """
    return (
        f"SET LOCAL statement_timeout = {TIMEOUTS_MS[kind]}; SET LOCAL jit = off;"
        " SET LOCAL max_parallel_workers_per_gather = 0; "
    )


@contextmanager
def bounded(kind: Kind | None) -> Iterator[None]:
    """Turn the end of a statement by its time limit into ``TooSlow``."""
    try:
        yield
    except OperationalError as error:
        if getattr(error.__cause__, "pgcode", None) == _CANCELLED:
            raise TooSlow(kind) from error
        raise


def read_rows(
    sql: str, params: Mapping[str, Any], *, kind: Kind | None, using: str = "default"
) -> list[tuple[Any, ...]]:
    """Return the rows of a query that may take as long as its kind allows.

    None is for a look at a few rows by an index, which takes less time than setting limits for it would.

    A kept connection is not asked first whether it still lives, which would be a round trip of its own: where it does
    not, the query is asked again over a new one. Reading twice does no harm.

    Raises
    ------
    TooSlow
        The time was over.
    """
    connection, settings = connections[using], prefix(kind) if kind else ""
    is_kept = connection.connection is not None and not connection.in_atomic_block
    if is_kept:
        connection.health_check_done = True  # type: ignore[attr-defined]  # missing in the stubs
    try:
        return _rows(connection, settings + sql, params, kind)
    except (OperationalError, InterfaceError):
        if not is_kept or connection.is_usable():
            raise
        connection.close()
    return _rows(connection, settings + sql, params, kind)


def _rows(
    connection: BaseDatabaseWrapper, sql: str, params: Mapping[str, Any], kind: Kind | None
) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor, bounded(kind):
        cursor.execute(sql, params)
        return list(cursor.fetchall())
