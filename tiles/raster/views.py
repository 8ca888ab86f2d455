"""Raster tiles over HTTP."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

from layers.access import PUBLIC, STAFF, scope_of
from tiles.http import tile_response
from tiles.raster.asking import BadRequest, read_asked
from tiles.raster.catalogue import KnownImagery, find_imagery
from tiles.raster.encode import FORMATS
from tiles.raster.tilejson import tilejson
from tiles.raster.tiles import raster_tile

__all__ = ["about", "tile"]

_METHODS = ("GET", "HEAD")


def problem(status: int, title: str, message_en: str, message_ar: str, **more: Any) -> JsonResponse:
    """Return problem details (RFC 9457), the Arabic text beside the English one."""
    body = {"type": "about:blank", "title": title, "status": status, "detail": message_en, "detail_ar": message_ar}
    response = JsonResponse(body | more, status=status, content_type="application/problem+json")
    response["Cache-Control"] = "no-store"
    response["Access-Control-Allow-Origin"] = "*"
    return response


def _not_found() -> JsonResponse:
    """Return the one answer for imagery that does not exist and for one that is not the viewer's to see."""
    return problem(
        404,
        "Not Found",
        "There is no such imagery, or it is not yours to see.",
        "لا توجد صور بهذا الاسم، أو لا يحق لك الاطلاع عليها.",
    )


def _not_allowed() -> JsonResponse:
    response = problem(
        405, "Method Not Allowed", "Tiles are read with GET or HEAD.", "تُقرأ البلاطات بطريقة GET أو HEAD."
    )
    response["Allow"] = ", ".join(_METHODS)
    return response


def _readable(request: HttpRequest, name: str) -> KnownImagery | None:
    """Return an imagery that the viewer may read. Who is looking is asked only where it matters."""
    if "\0" in name:
        return None
    found = find_imagery(name)
    if found is None or found.readers == "everyone":
        return found
    return found if found.can_be_read_by(scope_of(request.viewer)) else None  # type: ignore[attr-defined]


def tile(request: HttpRequest, name: str, z: str, x: str, last: str) -> HttpResponse:
    """Answer with one tile of WebMercatorQuad."""
    if request.method not in _METHODS:
        return _not_allowed()
    imagery = _readable(request, name)
    if imagery is None:
        return _not_found()
    try:
        asked = read_asked(request, imagery, z, x, last)
    except BadRequest as bad:
        title = "Not Acceptable" if bad.status == 406 else "Bad Request"
        return problem(bad.status, title, bad.message_en, bad.message_ar)
    made, outcome = raster_tile(imagery, asked)
    scope = PUBLIC if imagery.readers == "everyone" else STAFF
    media_type = FORMATS[asked.ending].media_type
    return tile_response(request, made, media_type, scope, outcome=outcome, vary="" if "." in last else "Accept")


def about(request: HttpRequest, name: str) -> HttpResponse:
    """Answer with TileJSON."""
    if request.method not in _METHODS:
        return _not_allowed()
    imagery = _readable(request, name)
    if imagery is None:
        return _not_found()
    response = JsonResponse(
        tilejson(imagery, request.build_absolute_uri("/")), json_dumps_params={"ensure_ascii": False}
    )
    response["Cache-Control"] = "public, no-cache" if imagery.readers == "everyone" else "private, no-cache"
    response["Access-Control-Allow-Origin"] = "*"
    return response
