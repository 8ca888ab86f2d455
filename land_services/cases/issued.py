"""What can be said of an issued document: its name, and whether it still holds."""

from __future__ import annotations

from django.db import connection

from .models import IssuedDocument

__all__ = ["is_superseded"]


def is_superseded(document: IssuedDocument) -> bool:
    """Return True if a newer document took its place, or any parcel it describes is not as it was then.

    A vertex inserted by a neighbour's subdivision does not change what a paper says: only a parcel that ended does.
    """
    if document.superseded_by_id is not None:
        return True
    uids = [str(document.parcel_uid)] if document.parcel_uid else _created(document)
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT count(*) FROM unnest(%s::uuid[]) AS u(uid) WHERE NOT EXISTS (
                 SELECT FROM layers_parcel p WHERE p.uid = u.uid AND p.end_lifespan_version IS NULL)""",
            [uids],
        )
        (gone,) = cursor.fetchone()
    return bool(gone)


def _created(document: IssuedDocument) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT child_uid::text FROM register_lineage WHERE entry_id = %s", [document.case.entry_id]
        )
        return [row[0] for row in cursor.fetchall()]
