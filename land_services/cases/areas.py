"""Watching an area: who wants to know which requests open and close there, and telling them in the same transaction.

A hit is written by the statement that shows or closes an outline, so none is missed and none told of what was rolled
back. Whoever delivers messages asks to hear of hits with ``on_hits``.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from typing import Final

import shapely
from django.conf import settings
from django.contrib.gis.geos import GEOSGeometry
from django.db import connection, transaction
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from land_services.register.adapters import from_db, to_db
from land_services.register.selectors import find_parcel
from layers.viewer import Viewer

from .errors import ActionRefused, Incomplete, NotYours
from .models import AreaHit, AreaSubscription

__all__ = [
    "LARGEST_KM2",
    "MOST_AREAS",
    "RADII_M",
    "around",
    "drawn",
    "in_district",
    "note_hits",
    "on_hits",
    "stop_watching",
    "unwatch",
]

MOST_AREAS: Final = 20
"""So many areas a person may watch."""
LARGEST_KM2: Final = 50.0
MOST_CORNERS: Final = 200
RADII_M: Final = (100, 250, 500, 1000, 2000)

Told = Callable[[Sequence[AreaHit]], None]
_told: list[Told] = []


def on_hits(tell: Told) -> Told:
    """Have ``tell`` called with new hits, their ``area`` at hand, inside the transaction that makes them."""
    _told.append(tell)
    return tell


def note_hits(outline: str, reference: str, service: str, land: BaseGeometry, event: str) -> list[AreaHit]:
    """Write a hit for every area that this land lies in, and tell of them; one query where nobody watches it.

    An area that somebody stops watching meanwhile is waited for: it is hit before it goes, or not at all.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO cases_areahit (area_id, event, outline, service, reference, at)
               SELECT a.id, %s, %s::uuid, %s, %s, clock_timestamp() FROM cases_areasubscription a
               WHERE ST_Intersects(a.geom, %s::geometry) AND NOT ST_Touches(a.geom, %s::geometry)
               FOR KEY SHARE OF a RETURNING id""",
            [event, outline, service, reference, to_db(land), to_db(land)],
        )
        keys = [key for (key,) in cursor.fetchall()]
    if not keys:
        return []
    hits = list(AreaHit.objects.filter(pk__in=keys).select_related("area").defer("area__geom").order_by("pk"))
    for tell in _told:
        tell(hits)
    return hits


# Watching -------------------------------------------------------------------------------------------------------------


def around(parcel: str, radius_m: int, *, viewer: Viewer) -> AreaSubscription:
    """Watch a circle around a parcel, named as PLAN/BLOCK/PARCEL or by its identifier."""
    if radius_m not in RADII_M:
        raise Incomplete("اختر نصف القطر من القائمة.", "Choose the radius from the list.")
    try:
        found = find_parcel(parcel)
    except ValueError:
        found = []
    if len(found) != 1:
        raise Incomplete(
            "لا توجد قطعة واحدة بهذا الرقم؛ اكتبه هكذا: المخطط/البلك/القطعة.",
            "There is no single parcel of this number; write it as PLAN/BLOCK/PARCEL.",
        )
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT ST_AsBinary(geom) FROM layers_parcel WHERE uid = %s AND end_lifespan_version IS NULL", [found[0]]
        )
        land = from_db(cursor.fetchone()[0])
    circle = land.representative_point().buffer(radius_m, quad_segs=16)
    return _watch("circle", f"{parcel.strip()} · {radius_m} m", circle, viewer)


def in_district(uid: str, *, viewer: Viewer, language: str = "ar") -> AreaSubscription:
    """Watch a district, as it is now."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT name_ar, name_en, ST_AsBinary(geom) FROM layers_district
               WHERE uid = %s AND end_lifespan_version IS NULL""",
            [_uuid(uid)],
        )
        row = cursor.fetchone()
    if row is None:
        raise Incomplete("اختر حيًا من القائمة.", "Choose a district from the list.")
    name = row[1] if language == "en" and row[1] else row[0]
    return _watch("district", str(name), from_db(row[2]), viewer)


def drawn(corners: Sequence[tuple[float, float]], title: str, *, viewer: Viewer) -> AreaSubscription:
    """Watch a polygon of one's own: its corners in metres of the storage CRS, easting first."""
    if not 3 <= len(corners) <= MOST_CORNERS:
        raise Incomplete(
            f"تحتاج المنطقة من 3 إلى {MOST_CORNERS} نقطة.", f"An area has from 3 to {MOST_CORNERS} corners."
        )
    shape = Polygon(corners)
    if not shape.is_valid or shape.area == 0:
        raise Incomplete("أضلاع المنطقة متقاطعة أو على خط واحد.", "The sides of the area cross, or lie on one line.")
    if not title.strip():
        raise Incomplete("اكتب اسمًا للمنطقة.", "Give the area a name.")
    return _watch("polygon", title.strip()[:120], shape, viewer)


def unwatch(key: int, *, viewer: Viewer) -> None:
    """Stop watching an area; what happened in it is forgotten with it."""
    if not stop_watching(key, viewer.user_id or 0):
        raise NotYours("ليست هذه المنطقة من مناطقك.", "This area is not one of yours.")


def stop_watching(key: int, user_id: int) -> bool:
    """Take an area off somebody's list; False where it is not on it. Whoever writes a hit of it is waited for."""
    with transaction.atomic():
        mine = AreaSubscription.objects.select_for_update().filter(pk=key, user_id=user_id)
        if not mine.values_list("pk").first():
            return False
        AreaSubscription.objects.filter(pk=key).delete()
    return True


def _watch(kind: str, title: str, shape: BaseGeometry, viewer: Viewer) -> AreaSubscription:
    if viewer.user_id is None:
        raise NotYours("سجل الدخول أولًا.", "Sign in first.")
    if shape.area > LARGEST_KM2 * 1e6:
        raise Incomplete(
            f"المساحة أكبر من {LARGEST_KM2:g} كم².", f"The area is larger than {LARGEST_KM2:g} square kilometres."
        )
    land = MultiPolygon([shape]) if isinstance(shape, Polygon) else shape
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"areas of {viewer.user_id}"])
        if AreaSubscription.objects.filter(user_id=viewer.user_id).count() >= MOST_AREAS:
            raise ActionRefused(
                f"تتابع {MOST_AREAS} مساحة، وهذا أقصى عدد.", f"You watch {MOST_AREAS} areas, which is the most."
            )
        return AreaSubscription.objects.create(
            user_id=viewer.user_id,
            kind=kind,
            title=title,
            geom=GEOSGeometry(memoryview(shapely.to_wkb(land)), srid=settings.STORAGE_SRID),
        )


def _uuid(text: str) -> str | None:
    try:
        return str(uuid.UUID(text))
    except ValueError:
        return None
