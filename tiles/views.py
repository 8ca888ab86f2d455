"""Vector tiles over HTTP. What a status means is said in docs/how-to/tiles.md."""

from __future__ import annotations

import json
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import get_language

from layers.access import Scope, scope_of
from layers.added import all_layers
from layers.catalog.base import Layer
from layers.problems import Problem, answer, not_found
from layers.querying import TooSlow
from tiles import styles
from tiles.api import cached_tile, effective_scope, readable_layer, vector_source
from tiles.cache import TileKey, get_tile
from tiles.grid import WEB_MERCATOR, OutsideGrid, read_index
from tiles.http import no_such_tile, not_allowed, tile_response
from tiles.sources.base import MEDIA_TYPE, CannotRead
from tiles.tilejson import bounds_text, tile_json

__all__ = ["description", "style", "vector"]

METHODS: Final = ("GET", "HEAD", "OPTIONS")
# One answer for a layer that does not exist and for one that is not the viewer's to see.
_NO_LAYER: Final = not_found(
    "لا توجد طبقة بهذا الاسم، أو لا يحق لك الاطلاع عليها.", "There is no such layer, or it is not yours to see."
)
_WORLD: Final = (-2.1e7, -1e9, 2.1e7, 1e9)


def _refused(request: HttpRequest) -> HttpResponse | None:
    """Return the answer to anything but a question."""
    if request.method == "OPTIONS":
        response = HttpResponse(status=204, headers={"Allow": ", ".join(METHODS)})
        response["Access-Control-Allow-Origin"] = "*"
        response["Access-Control-Allow-Methods"] = ", ".join(METHODS)
        return response
    if request.method not in METHODS:
        return answer(not_allowed(", ".join(METHODS)))
    return None


def _scope(request: HttpRequest) -> Scope:
    return scope_of(request.viewer)  # type: ignore[attr-defined]


def vector(request: HttpRequest, layer: str, z: str, x: str, y: str) -> HttpResponse:
    """Answer with one tile of WebMercatorQuad."""
    if refused := _refused(request):
        return refused
    scope = _scope(request)
    try:
        found = readable_layer(layer, scope)
        at = read_index(z, "z"), read_index(x, "x"), read_index(y, "y")
        tile, outcome = cached_tile(found, scope, WEB_MERCATOR, *at)
    except CannotRead:
        return answer(_NO_LAYER)
    except OutsideGrid as outside:
        return answer(no_such_tile(outside))
    except TooSlow:
        return answer(
            Problem(
                503,
                "استغرق إعداد البلاطة وقتًا طويلًا. اطلب مستوى تقريب أكبر.",
                "The tile took too long to make. Ask for a higher zoom.",
                headers={"Retry-After": "10"},
            )
        )
    return tile_response(request, tile, MEDIA_TYPE, effective_scope(found, scope), outcome=outcome)


def description(request: HttpRequest, layer: str) -> HttpResponse:
    """Answer with the TileJSON of a layer."""
    if refused := _refused(request):
        return refused
    scope = _scope(request)
    try:
        found = readable_layer(layer, scope)
        bounds = _bounds(found, scope)
    except CannotRead:
        return answer(_NO_LAYER)
    except TooSlow:
        return answer(
            Problem(
                503,
                "استغرق حساب امتداد الطبقة وقتًا طويلًا. حاول بعد قليل.",
                "The extent of the layer took too long to find. Try again in a moment.",
                headers={"Retry-After": "10"},
            )
        )
    address = request.build_absolute_uri(f"/tiles/{found.code}/")
    return _json(tile_json(found, effective_scope(found, scope), address, bounds, _language(request)), scope)


def style(request: HttpRequest, name: str) -> HttpResponse:
    """Answer with a map style: ``light`` or ``dark``, in the language of the request or of ``lang``."""
    if refused := _refused(request):
        return refused
    if name not in styles.THEMES:
        return answer(
            not_found(
                f"لا يوجد هذا النمط؛ الأنماط هي: {', '.join(styles.THEMES)}.",
                f"There is no such style; there are {', '.join(styles.THEMES)}.",
            )
        )
    scope = _scope(request)
    readable = [layer for layer in all_layers().values() if layer.readers == "everyone" or scope.is_staff]
    address = request.build_absolute_uri("/tiles/")
    return _json(styles.map_style(readable, styles.THEMES[name], address, _language(request)), scope)


def _language(request: HttpRequest) -> str:
    asked = request.GET.get("lang", "")
    return asked if asked in ("ar", "en") else (get_language() or "ar")[:2]


def _bounds(layer: Layer, scope: Scope) -> list[float] | None:
    """Return where a layer lies, in degrees: kept like a tile, since finding it reads the whole layer."""
    source = vector_source(layer, scope)
    key = TileKey(f"{layer.code}~bounds", source.scope.code, 0, 0, 0, form="json")
    tile, _ = get_tile(
        key, layers=frozenset({layer.code}), box_3857=_WORLD, make=lambda: bounds_text(source.bounds()), detail=True
    )
    found: list[float] | None = json.loads(tile.body)
    return found


def _json(body: dict[str, Any], scope: Scope) -> JsonResponse:
    response = JsonResponse(body, json_dumps_params={"ensure_ascii": False})
    response["Cache-Control"] = "private, no-cache" if scope.is_staff else "public, no-cache"
    response["Vary"] = "Cookie, Accept-Language"
    if not scope.is_staff:
        response["Access-Control-Allow-Origin"] = "*"
    return response
