"""The land of an open case on everyone's map: drawn when the case is submitted, closed when it ends.

What is drawn is the outline of the parcels asked for, never who asks or who owns them. Each change is announced in the
transaction that makes it, so that no map shows a case that is over, or misses one that is open.
"""

from __future__ import annotations

from collections.abc import Iterable

import shapely
from django.db import connection
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from land_services.register.adapters import from_db, to_db
from layers.events import LandTouched, announce

from .areas import note_hits
from .models import Case

__all__ = ["close_outline", "show_outline"]

LAYER = "open_cases"


def show_outline(case: Case, parcels: Iterable[BaseGeometry]) -> None:
    """Let everyone see that the land of these parcels has an open case; a land shown before is drawn anew.

    The land of a case that was taken up again comes back.

    Runs inside the transaction that submits the case, its row locked.
    """
    land = _as_one(parcels)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT ST_AsBinary(geom) FROM layers_publicoutline WHERE reference = %s AND closed_at IS NULL",
            [case.reference],
        )
        row = cursor.fetchone()
        before = from_db(row[0]) if row else None
        if before is not None and before.equals_exact(land):
            return
        cursor.execute(
            """INSERT INTO layers_publicoutline (reference, service, geom) VALUES (%s, %s, %s::geometry)
               ON CONFLICT (reference) DO UPDATE SET geom = EXCLUDED.geom, closed_at = NULL
               RETURNING uid::text""",
            [case.reference, case.service, to_db(land)],
        )
        uid = cursor.fetchone()[0]
    _announce(uid, land if before is None else shapely.union(before, land))
    if before is None:
        note_hits(uid, case.reference, case.service, land, "opened")


def close_outline(case: Case) -> None:
    """Take the land of a case off the map; nothing happens where it is not on it, as with a draft."""
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE layers_publicoutline SET closed_at = clock_timestamp()
               WHERE reference = %s AND closed_at IS NULL RETURNING uid::text, ST_AsBinary(geom)""",
            [case.reference],
        )
        row = cursor.fetchone()
    if row is not None:
        land = from_db(row[1])
        _announce(row[0], land)
        note_hits(row[0], case.reference, case.service, land, "closed")


def _as_one(parcels: Iterable[BaseGeometry]) -> BaseGeometry:
    """Return the parcels' land as one multipolygon, in a form that is the same for the same land."""
    land = shapely.union_all(list(parcels)).normalize()
    return MultiPolygon([land]) if isinstance(land, Polygon) else land


def _announce(uid: str, land: BaseGeometry) -> None:
    announce(LandTouched(frozenset({LAYER}), (uid,), land, connection.alias))
