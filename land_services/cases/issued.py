"""What can be said of an issued document: whether it still holds, and what took its place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from django.db import connection
from django.utils import timezone

from layers.digits import to_latin_digits

from .models import IssuedDocument

__all__ = [
    "AMENDING",
    "DECISION",
    "DECISION_NO",
    "Standing",
    "decision_by_number",
    "is_superseded",
    "origin_of",
    "standing_of",
]

DECISION: Final = "survey_decision"
AMENDING: Final = frozenset({"survey_decision_purpose", "survey_decision_reissue"})
"""Services that print an issued decision again."""
DECISION_NO: Final = "decision_no"
"""The field of their form that names it."""
LONGEST_NUMBER: Final = 40

VERTEX_M: Final = 0.002
"""How far a vertex that a neighbour's boundary receives may move an outline: two roundings of the grid."""


@dataclass(frozen=True)
class Standing:
    """How a document stands; ``by`` is what took its place, where one document did."""

    kind: Literal["valid", "expired", "superseded", "outdated"]
    by: IssuedDocument | None = None


def standing_of(document: IssuedDocument) -> Standing:
    """Return how a document stands today: superseded by another, of land that changed, past its last day, or valid."""
    if document.superseded_by_id is not None:
        return Standing("superseded", document.superseded_by)
    if _land_changed(document):
        return Standing("outdated")
    if document.valid_until is not None and document.valid_until < timezone.localdate():
        return Standing("expired")
    return Standing("valid")


def is_superseded(document: IssuedDocument) -> bool:
    """Return True if a newer document took its place, or the land that it describes is not as it was then.

    A vertex inserted by a neighbour's subdivision does not change what a paper says.
    """
    return standing_of(document).kind in ("superseded", "outdated")


def decision_by_number(text: str) -> IssuedDocument | None:
    """Return the decision of a number as a person typed it, in either digits; None where there is none."""
    number = to_latin_digits(text).strip().upper()
    reference, dash, _ = number.rpartition("-")
    if not dash or len(number) > LONGEST_NUMBER:
        return None
    found = IssuedDocument.objects.filter(case__reference=reference, number=number, kind=DECISION)
    return found.select_related("case", "case__entry", "superseded_by", "superseded_by__case").first()


def origin_of(document: IssuedDocument) -> IssuedDocument:
    """Return the document of the same land that a request issued first, where others printed it again."""
    origin = document
    while origin.case.entry_id is None:
        before = origin.supersedes.filter(kind=origin.kind).select_related("case").order_by("pk").first()
        if before is None:
            break
        origin = before
    return origin


def _land_changed(document: IssuedDocument) -> bool:
    entry = origin_of(document).case.entry_id
    if document.parcel_uid is None:
        return _any_ended(_created(document))
    return _any_ended([str(document.parcel_uid)]) or _is_other_land(str(document.parcel_uid), entry)


def _any_ended(uids: list[str]) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT count(*) FROM unnest(%s::uuid[]) AS u(uid) WHERE NOT EXISTS (
                 SELECT FROM layers_parcel p WHERE p.uid = u.uid AND p.end_lifespan_version IS NULL)""",
            [uids],
        )
        (gone,) = cursor.fetchone()
    return bool(gone)


def _is_other_land(uid: str, entry: int | None) -> bool:
    """Return whether a parcel that lives has another outline, number, plan or use than the entry gave it."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT (n.plan_no, n.block_no, n.parcel_no, n.land_use)
                   IS DISTINCT FROM (t.plan_no, t.block_no, t.parcel_no, t.land_use)
                 OR ST_Area(ST_SymDifference(n.geom, t.geom)) > %s * ST_Perimeter(t.geom)
               FROM layers_parcel t JOIN layers_parcel n ON n.uid = t.uid AND n.end_lifespan_version IS NULL
               WHERE t.uid = %s::uuid AND t.begin_entry_id = %s""",
            [VERTEX_M, uid, entry],
        )
        row = cursor.fetchone()
    return row is not None and bool(row[0])


def _created(document: IssuedDocument) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT child_uid::text FROM register_lineage WHERE entry_id = %s", [document.case.entry_id]
        )
        return [row[0] for row in cursor.fetchall()]
