"""Areas that one watches: what happened in them, another one, and one less; the same as on their page."""

from __future__ import annotations

from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import get_language
from shapely import from_wkb
from shapely.geometry import mapping

from land_services.cases.areas import RADII_M, around, drawn, in_district, stop_watching
from land_services.cases.checking import to_wgs84
from land_services.cases.models import AreaSubscription
from land_services.views.access import viewer_of
from land_services.views.areas import hits_of
from layers.crs import CrsRefused
from layers.ogc.parameters import plain_query
from layers.viewer import Viewer

from .answers import body_of, endpoint, json_answer
from .params import Param, read_members

__all__ = ["WATCH", "area", "areas"]

KINDS: Final = ("circle", "district", "polygon")
RADII: Final = ", ".join(str(radius) for radius in RADII_M)
WATCH = (
    Param("kind", "text", "نوع المساحة", "Kind of the area", required=True, choices=KINDS, most=20),
    Param("parcel", "text", "وسط الدائرة: قطعة بمعرّفها أو رقمها", "A circle's middle: a parcel, identifier or number"),
    Param("radius_m", "whole", f"نصف قطر الدائرة بالمتر: {RADII}", f"A circle's radius in metres: {RADII}"),
    Param("district", "text", "معرّف الحي", "Identifier of the district", most=40),
    Param("title", "text", "اسم المساحة المرسومة", "Name of an area of one's own", most=120),
    Param("corners", "points", "نقاطها في نظام التخزين", "Its corners in the storage CRS"),
)


def _areas(request: HttpRequest) -> HttpResponse:
    plain_query(request.GET, ("lang",))
    viewer = viewer_of(request)
    mine = AreaSubscription.objects.filter(user_id=viewer.user_id or 0).order_by("pk")
    hits = [
        {
            "area": hit.area_id,
            "event": hit.event,
            "service": hit.service,
            "reference": hit.reference if seen else None,
            "at": hit.at.isoformat(),
        }
        for hit, seen in hits_of(viewer)
    ]
    return json_answer({"areas": [_area(one) for one in mine], "hits": hits})


def _watch(request: HttpRequest) -> HttpResponse:
    given = read_members(WATCH, body_of(request))
    made = _watched(given, viewer_of(request))
    return json_answer(_area(made), 201, Location=request.build_absolute_uri(reverse("api-area", args=[made.pk])))


def _watched(given: dict[str, Any], viewer: Viewer) -> AreaSubscription:
    if given["kind"] == "circle":
        return around(given.get("parcel", ""), given.get("radius_m", 0), viewer=viewer)
    if given["kind"] == "district":
        return in_district(given.get("district", ""), viewer=viewer, language=get_language() or "ar")
    return drawn(given.get("corners", []), given.get("title", ""), viewer=viewer)


def _area(one: AreaSubscription) -> dict[str, Any]:
    """An area with its outline, ``where`` in longitude and latitude: null for one that lies nowhere on earth."""
    outline = from_wkb(bytes(one.geom.wkb))
    try:
        where = mapping(to_wgs84(outline))
    except CrsRefused:
        where = None
    return {
        "id": one.pk,
        "kind": one.kind,
        "title": one.title,
        "at": one.created_at.isoformat(),
        "where": where,
        "where_storage": mapping(outline),
        "href": reverse("api-area", args=[one.pk]),
    }


def _unwatch(request: HttpRequest, key: int) -> HttpResponse:
    if not stop_watching(key, viewer_of(request).user_id or 0):
        raise Http404
    return HttpResponse(status=204)


areas = endpoint(get=_areas, post=_watch)
area = endpoint(delete=_unwatch)
