"""Vector tiles over HTTP. What a status means is said in docs/how-to/tiles.md."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse

from layers.access import scope_of
from layers.querying import TooSlow
from tiles.api import readable_layer, vector_tile
from tiles.grid import WEB_MERCATOR, OutsideGrid, read_index
from tiles.sources.base import MEDIA_TYPE, CannotRead

__all__ = ["vector"]


def problem(status: int, title: str, detail: str) -> JsonResponse:
    """Return problem details (RFC 9457)."""
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    response = JsonResponse(body, status=status, content_type="application/problem+json")
    response["Cache-Control"] = "no-store"
    response["Access-Control-Allow-Origin"] = "*"
    return response


def not_found(code: str) -> JsonResponse:
    """Return the one answer for a layer that does not exist and for one that is not the viewer's to see."""
    return problem(404, "Not Found", "There is no such layer, or it is not yours to see.")


def vector(request: HttpRequest, layer: str, z: str, x: str, y: str) -> HttpResponse:
    """Answer with one tile of WebMercatorQuad."""
    scope = scope_of(request.viewer)  # type: ignore[attr-defined]
    try:
        found = readable_layer(layer, scope)
        tile = vector_tile(found, scope, WEB_MERCATOR, read_index(z, "z"), read_index(x, "x"), read_index(y, "y"))
    except CannotRead:
        return not_found(layer)
    except OutsideGrid as outside:
        return problem(400, "Bad Request", str(outside))
    except TooSlow:
        slow = problem(503, "Service Unavailable", "The tile took too long to make. Ask for a higher zoom.")
        slow["Retry-After"] = "10"
        return slow
    if not tile:
        return HttpResponse(status=204, content_type=MEDIA_TYPE)
    return HttpResponse(tile, content_type=MEDIA_TYPE)
