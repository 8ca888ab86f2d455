"""The audit: one row for everything that was done, in the transaction that did it, and the chain that seals them.

Rows hold ids and land values, never names or id numbers, so that a person can be erased where law allows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connections, transaction

from .models import AuditRow

__all__ = ["ChainFault", "record", "seal", "unsealed", "verify_chain"]

_START = hashlib.sha256(b"gisportal audit").digest()


def record(
    action: str,
    *,
    subject: str = "",
    actor_id: int | None = None,
    payload: Mapping[str, Any] | None = None,
    using: str = "default",
) -> int:
    """Write one audit row in the transaction at hand and return its key.

    Raises
    ------
    RuntimeError
        If no transaction is open: an audit row must stand or fall with what it tells.
    """
    if not connections[using].in_atomic_block:
        raise RuntimeError("an audit row is written inside the transaction it tells of")
    row = AuditRow(action=action, subject=subject, actor_id=actor_id, payload=dict(payload or {}))
    row.save(using=using, force_insert=True)
    return int(row.pk)


def seal(at_most: int = 10_000, *, using: str = "default") -> int:
    """Chain committed rows that are not sealed yet; return how many, or -1 while another sealer is at work."""
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        cursor.execute("SELECT layers_seal_audit(%s)", [at_most])
        return int(cursor.fetchone()[0])


def unsealed(*, using: str = "default") -> int:
    """Return the number of committed rows that no seal covers yet."""
    with connections[using].cursor() as cursor:
        cursor.execute(
            """SELECT count(*) FROM layers_auditrow a
               WHERE a.xact >= (SELECT xact FROM layers_audithorizon)
                 AND NOT EXISTS (SELECT FROM layers_auditseal s WHERE s.row_id = a.id)"""
        )
        return int(cursor.fetchone()[0])


@dataclass(frozen=True)
class ChainFault:
    """Where the chain does not hold: the seal's place in it, the audit row, and what is wrong."""

    sequence: int
    row_id: int | None
    reason: str


def verify_chain(*, using: str = "default") -> Iterator[ChainFault]:
    """Recompute the chain from the stored rows, in bounded memory, and yield every break.

    A changed row, a changed or missing seal, a row below the horizon that no seal covers, and a chain cut at its end
    are each found; after a break the chain is followed on from the stored hash, so that each fault is named once.
    """
    connection = connections[using]
    with transaction.atomic(using=using):
        expected, previous = 1, _START
        with connection.chunked_cursor() as cursor:
            cursor.execute(
                """SELECT s.sequence, s.row_id, s.hash, layers_audit_text(a)
                   FROM layers_auditseal s LEFT JOIN layers_auditrow a ON a.id = s.row_id ORDER BY s.sequence"""
            )
            for sequence, row_id, stored, text in cursor:
                if sequence != expected:
                    yield ChainFault(expected, None, f"seals {expected} to {sequence - 1} are missing")
                elif text is None:
                    yield ChainFault(sequence, row_id, "the sealed row is missing")
                elif hashlib.sha256(previous + text.encode()).digest() != bytes(stored):
                    yield ChainFault(sequence, row_id, "the row or its seal was changed")
                expected, previous = sequence + 1, bytes(stored)
        with connection.cursor() as cursor:
            cursor.execute("SELECT xact, sequence, hash FROM layers_audithorizon WHERE id = 1")
            horizon, last, head = cursor.fetchone()
            if (last, bytes(head)) != (expected - 1, previous):
                yield ChainFault(expected - 1, None, f"the chain ends at {expected - 1}, the sealer left it at {last}")
            cursor.execute(
                """SELECT id FROM layers_auditrow a WHERE a.xact < %s
                     AND NOT EXISTS (SELECT FROM layers_auditseal s WHERE s.row_id = a.id) ORDER BY id""",
                [horizon],
            )
            for (row_id,) in cursor.fetchall():
                yield ChainFault(0, row_id, "a row that should be sealed has no seal")
