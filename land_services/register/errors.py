"""What the register says no to, and why."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import shapely
from django.db import DatabaseError

from land_services.domain import Finding

__all__ = ["ChangeRefused", "NotFit", "RegisterBusy", "RegisterRefused", "StaleRegister", "refusal_from"]


class ChangeRefused(Exception):
    """The change was not made; nothing of it was kept. ``findings`` say why."""

    def __init__(self, message: str, findings: Sequence[Finding] = ()) -> None:
        super().__init__(message)
        self.findings = tuple(findings)


class StaleRegister(ChangeRefused):
    """Land of the change set was changed by somebody else since it was planned."""


class NotFit(ChangeRefused):
    """The checks, run again on the register as it is now, found an error."""


class RegisterBusy(ChangeRefused):
    """The land stayed locked by another change for too long; try again."""


class RegisterRefused(ChangeRefused):
    """The database's guard refused the change. ``rule`` is the guard's name for what would have been broken."""

    def __init__(self, rule: str, message: str, findings: Sequence[Finding] = ()) -> None:
        super().__init__(message, findings)
        self.rule = rule


def refusal_from(error: DatabaseError) -> RegisterRefused | None:
    """Return the guard's refusal behind a database error, with its place, or None if it is something else."""
    diagnostics: Any = getattr(error.__cause__, "diag", None)
    if diagnostics is None or not (diagnostics.sqlstate or "").startswith("23"):
        return None
    try:
        detail = json.loads(diagnostics.message_detail or "{}")
    except ValueError:  # a plain constraint: its detail is a sentence
        detail = {}
    where = shapely.from_wkt(detail["where"]) if detail.get("where") else None
    rule = diagnostics.constraint_name or diagnostics.sqlstate
    message = diagnostics.message_primary or str(error)
    finding = Finding(
        rule="REG-02",
        severity="error",
        params={"guard": rule, "message": message},
        parcels=tuple(detail.get("parcels") or ()),
        where=where,
    )
    return RegisterRefused(rule, message, (finding,))
