"""What of the map has changed since a process read it into memory: one small question to the database.

The database notes every statement that writes a layer, with its transaction (``layers_layerchange``). A process keeps
the transaction below which all had ended when it read, and the notes above it that it saw. What it made from that is
exact as long as it would see the same notes: none has been committed since, and none it saw was given up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from layers.querying import read_rows

__all__ = ["Version", "version"]

_NOTED: Final = """
SELECT (SELECT oid FROM pg_database WHERE datname = current_database())::bigint,
       pg_snapshot_xmin(pg_current_snapshot())::text::bigint,
       ARRAY(SELECT id FROM layers_layerchange WHERE layer = ANY(%(layers)s::text[])
             AND xact >= pg_snapshot_xmin(pg_current_snapshot())::text::bigint),
       ARRAY(SELECT id FROM layers_layerchange WHERE layer = ANY(%(layers)s::text[]) AND xact >= %(since)s)"""

_NEVER: Final = 1 << 62


@dataclass(frozen=True)
class Version:
    """A state of some layers of a database, as one statement saw it: before reading them, to be on the safe side."""

    database: int
    since: int
    notes: frozenset[int]


def version(layers: tuple[str, ...], known: Version | None = None, *, using: str = "default") -> Version:
    """Return the state of layers now: ``known`` itself, the same object, where they have not changed since.

    Parameters
    ----------
    layers : tuple of str
        Codes among ``streets``, ``places``, ``districts`` and ``addresses``; the same as for ``known``.
    """
    params = {"layers": list(layers), "since": known.since if known else _NEVER}
    [(database, since, notes, still)] = read_rows(_NOTED, params, kind=None, using=using)
    if known is not None and known.database == database and known.notes == frozenset(still):
        return known
    return Version(database, since, frozenset(notes))
