"""Cases that ask about the same land at the same time: each is told of the other, on both.

Which they are is read from the outlines of open cases. Land that only meets along a boundary, within what rounding can
make of it, is not the same land.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from django.db import connection
from shapely.geometry.base import BaseGeometry

from land_services.precision import overlap_limit_m2
from land_services.register.adapters import from_db
from layers.viewer import ANONYMOUS

from .at_work import CaseAtWork, tell_steps
from .models import Case, CaseStep

__all__ = ["Conflict", "conflicts_of", "hold_land", "note_conflicts"]

ACT = "conflict"


class Conflict(NamedTuple):
    """Another open case, and the land that both ask about."""

    reference: str
    land: BaseGeometry


def conflicts_of(case: Case) -> list[Conflict]:
    """Return the other open cases on this case's land, in the order of their references; none where it is not open."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT o.reference, ST_AsBinary(ST_Intersection(o.geom, m.geom))
               FROM layers_publicoutline m JOIN layers_publicoutline o
                 ON o.closed_at IS NULL AND o.reference <> m.reference AND ST_Intersects(o.geom, m.geom)
               WHERE m.reference = %s AND m.closed_at IS NULL ORDER BY o.reference""",
            [case.reference],
        )
        met = [Conflict(reference, from_db(land)) for reference, land in cursor.fetchall()]
    # A strip of rounding along a boundary is outlined by about twice the boundary.
    return [one for one in met if one.land.area > overlap_limit_m2(one.land.length / 2)]


def hold_land(parcel_uids: Iterable[str]) -> None:
    """Let one case at a time come onto the map for these parcels, until the transaction ends.

    Taken before a case is held: of two that are submitted at once, the second sees the first, and neither waits for
    the other's row.
    """
    with connection.cursor() as cursor:
        for uid in sorted({str(uid) for uid in parcel_uids}):
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"case on {uid}"])


def note_conflicts(work: CaseAtWork) -> None:
    """Keep in the record of this case, and of each other one on its land, that there is the other; once for a pair."""
    if not work.case.parcel_uids:
        return
    told = CaseStep.objects.filter(case=work.case, act=ACT).values_list("details__case", flat=True)
    new = {one.reference for one in conflicts_of(work.case)} - set(told)
    for other in Case.objects.filter(reference__in=new).order_by("pk"):
        for one, seen in ((work.case, other), (other, work.case)):
            noted = CaseAtWork(one, ANONYMOUS, work.now)
            noted.say(ACT, case=seen.reference)
            tell_steps(noted)
