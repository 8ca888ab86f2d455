"""Whether a fault of the database is that it cannot be reached: then asking again later helps, and nothing was done."""

from __future__ import annotations

from django.db import InterfaceError, OperationalError

__all__ = ["is_unreachable"]

_GONE = ("08", "57P")
"""Beginnings of SQLSTATE: connection exceptions, and a server that shuts down, starts, or was killed."""


def is_unreachable(error: BaseException | None) -> bool:
    """Return True if a connection could not be opened, or was lost."""
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    code = getattr(error.__cause__, "pgcode", None)
    return code is None or str(code).startswith(_GONE)
