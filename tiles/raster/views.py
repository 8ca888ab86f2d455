"""Raster tiles over HTTP."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse

from layers.access import PUBLIC, STAFF, scope_of
from layers.problems import Problem, answer, not_found
from tiles.http import not_allowed, tile_response
from tiles.raster.asking import BadRequest, read_asked
from tiles.raster.catalogue import KnownImagery, find_imagery
from tiles.raster.encode import FORMATS
from tiles.raster.tilejson import tilejson
from tiles.raster.tiles import raster_tile

__all__ = ["about", "tile"]

_METHODS = ("GET", "HEAD")
# One answer for imagery that does not exist and for one that is not the viewer's to see.
_NO_IMAGERY = not_found(
    "لا توجد صور بهذا الاسم، أو لا يحق لك الاطلاع عليها.", "There is no such imagery, or it is not yours to see."
)


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
        return answer(not_allowed(", ".join(_METHODS)))
    imagery = _readable(request, name)
    if imagery is None:
        return answer(_NO_IMAGERY)
    try:
        asked = read_asked(request, imagery, z, x, last)
    except BadRequest as bad:
        return answer(Problem(bad.status, bad.message_ar, bad.message_en))
    made, outcome = raster_tile(imagery, asked)
    scope = PUBLIC if imagery.readers == "everyone" else STAFF
    media_type = FORMATS[asked.ending].media_type
    return tile_response(request, made, media_type, scope, outcome=outcome, vary="" if "." in last else "Accept")


def about(request: HttpRequest, name: str) -> HttpResponse:
    """Answer with TileJSON."""
    if request.method not in _METHODS:
        return answer(not_allowed(", ".join(_METHODS)))
    imagery = _readable(request, name)
    if imagery is None:
        return answer(_NO_IMAGERY)
    response = JsonResponse(
        tilejson(imagery, request.build_absolute_uri("/")), json_dumps_params={"ensure_ascii": False}
    )
    is_open = imagery.readers == "everyone"
    response["Cache-Control"] = "public, no-cache" if is_open else "private, no-cache"
    response["Vary"] = "Cookie"
    if is_open:  # other sites may read what everyone may see, and nothing else
        response["Access-Control-Allow-Origin"] = "*"
    return response
