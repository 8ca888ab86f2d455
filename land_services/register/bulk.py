"""Filling empty tables: indexes and constraints are laid aside and made again at the end, all in one transaction.

A constraint that is made again is checked on all rows at once, which is many times faster than row by row; a fault
refuses the loading just the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connections

__all__ = ["checked_at_the_end"]

_CONSTRAINTS = """
SELECT c.conrelid::regclass::text, quote_ident(c.conname), pg_get_constraintdef(c.oid)
FROM pg_constraint c WHERE c.conrelid = ANY(%s::regclass[]) AND c.contype IN ('f', 'x', 'u')
ORDER BY c.contype = 'f' DESC, c.conname"""

_INDEXES = """
SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i
WHERE i.indrelid = ANY(%s::regclass[]) AND NOT i.indisprimary
  AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid AND c.conrelid = i.indrelid)
ORDER BY 1"""


_NOTHING_OUTSTANDING = "SET CONSTRAINTS ALL IMMEDIATE"
"""A table with checks outstanding, and one that refers to it, cannot be altered."""


@contextmanager
def checked_at_the_end(tables: Sequence[str], using: str) -> Iterator[None]:
    """Lay aside the indexes, keys and exclusion constraints of those tables that are empty; make them again afterwards.

    ``tables`` are trusted names. Needs the owner's role and a transaction: other writers of the tables wait until it
    ends, and a failure leaves everything as it was.
    """
    with connections[using].cursor() as cursor:
        cursor.execute(_NOTHING_OUTSTANDING)
        empty = [table for table in tables if _is_empty(cursor, table)]
        constraints = _rows(cursor, _CONSTRAINTS, [empty])
        for table, name, _ in constraints:
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        indexes = _rows(cursor, _INDEXES, [empty])
        for name, _ in indexes:
            cursor.execute(f"DROP INDEX {name}")
    yield
    with connections[using].cursor() as cursor:
        cursor.execute(_NOTHING_OUTSTANDING)
        cursor.execute("SET LOCAL maintenance_work_mem = '256MB'")
        for _, definition in indexes:
            cursor.execute(definition)
        for table, name, definition in reversed(constraints):  # foreign keys last
            cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")


def _is_empty(cursor: Any, table: str) -> bool:
    cursor.execute(f"SELECT NOT EXISTS (SELECT FROM {table})")
    return bool(cursor.fetchone()[0])


def _rows(cursor: Any, sql: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
    cursor.execute(sql, params)
    return list(cursor.fetchall())
