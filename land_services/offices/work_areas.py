"""Which branch of the municipality a piece of land belongs to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.db import connection
from django.utils.translation import get_language

from .models import WorkArea

__all__ = ["area_of", "work_areas"]

_MOST_OF_IT = """
    SELECT w.code FROM offices_workarea w
    JOIN layers_district d ON d.uid = ANY (w.districts) AND d.end_lifespan_version IS NULL
    JOIN layers_parcel p ON p.end_lifespan_version IS NULL AND ST_Intersects(p.geom, d.geom)
    WHERE p.uid = ANY (%s::uuid[])
    GROUP BY w.code ORDER BY sum(ST_Area(ST_Intersection(p.geom, d.geom))) DESC, w.code LIMIT 1"""


def area_of(parcel_uids: Sequence[str]) -> str:
    """Return the code of the area of work in which most of this land lies, "" where it lies in none."""
    if not parcel_uids:
        return ""
    with connection.cursor() as cursor:
        cursor.execute(_MOST_OF_IT, [list(parcel_uids)])
        found = cursor.fetchone()
    return str(found[0]) if found else ""


def work_areas() -> Mapping[str, str]:
    """Return the areas of work by their codes, with their names in the language of the page."""
    name = "name_en" if get_language() == "en" else "name_ar"
    return dict(WorkArea.objects.order_by("code").values_list("code", name))
