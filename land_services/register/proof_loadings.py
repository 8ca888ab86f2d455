"""The part of the proof that looks at loadings: every row they wrote against what they told the audit then."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from django.db import connections

from .load import chunk_digest
from .told import broken_runs, ended_by_loadings, rows_of_loadings

__all__ = ["loading_faults"]

Fault = dict[str, Any]
Progress = Callable[[str, int, int], None]


def loading_faults(using: str, progress: Progress) -> Iterator[Fault]:
    """Yield what loadings wrote and the audit does not tell of, and what it tells of and is not there as it was."""
    told_rows: dict[int, Counter[str]] = {}
    for row, told in _audit_rows(using):
        yield from _versions(row, told, using, progress)
        yield from _defects(row, told, using)
        if "told" in told:
            rows = told_rows.setdefault(int(told["entry"]), Counter())
            for table, runs in told["told"].items():
                rows[table] += sum(count for _, _, count, _ in runs)
            for table, first, last in broken_runs(told["told"], told["entry"], using):
                reason = f"a loaded row of {table} was changed or is missing"
                yield {"row": row, "entry": told["entry"], "keys": [first, last], "reason": reason}
    for entry, table, count in rows_of_loadings(using):
        untold = count - told_rows.get(entry, Counter())[table]
        if entry in told_rows and untold > 0:
            reason = f"{untold} rows of {table} say that this loading wrote them, which the audit does not tell of"
            yield {"entry": entry, "reason": reason}
    for entry, table, count in ended_by_loadings(using):
        yield {"entry": entry, "reason": f"{count} rows of {table} were ended by a loading, which ends nothing"}


def _audit_rows(using: str) -> Iterator[tuple[int, dict[str, Any]]]:
    with connections[using].cursor() as cursor:
        cursor.execute(
            """SELECT id, payload FROM layers_auditrow
               WHERE action IN ('register.load', 'register.titles', 'register.boundaries') ORDER BY id"""
        )
        rows = list(cursor.fetchall())
    for row, payload in rows:
        yield int(row), json.loads(payload) if isinstance(payload, str) else payload


def _versions(row: int, told: dict[str, Any], using: str, progress: Progress) -> Iterator[Fault]:
    chunks = told.get("chunks", [])
    for n, (first, last, stored) in enumerate(chunks, start=1):
        if chunk_digest(first, last, told["entry"], using) != stored:
            reason = "a loaded parcel version was changed or is missing"
            yield {"row": row, "versions": [first, last], "reason": reason}
        progress("chain", n, len(chunks))


def _defects(row: int, told: dict[str, Any], using: str) -> Iterator[Fault]:
    """Compare the defects listed with the counts by kind that the loading stated."""
    if "defects" not in told:
        return
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT kind, count(*) FROM register_defect WHERE entry_id = %s GROUP BY 1", [told["entry"]])
        held = dict(cursor.fetchall())
    for kind in sorted({*held, *told["defects"]}):
        listed, stated = held.get(kind, 0), told["defects"].get(kind, 0)
        if listed != stated:
            reason = f"{listed} defects of the kind {kind} are listed, the loading stated {stated}"
            yield {"row": row, "entry": told["entry"], "reason": reason}
