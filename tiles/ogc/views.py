"""The resources of OGC API - Tiles over HTTP."""

from __future__ import annotations

from typing import Any, Final

from django.http import HttpRequest, HttpResponseBase

from layers.access import scope_of
from layers.catalog.base import Layer
from layers.ogc.answers import body_answer, dumps, resource
from layers.ogc.asking import HTML, JSON, Asked, asked_of
from layers.ogc.documents import layer_for, title
from layers.ogc.parameters import COMMON, plain_query
from layers.problems import Problem, not_found, shown
from layers.querying import TooSlow
from tiles.api import cached_tile, effective_scope, grids, readable_layer
from tiles.grid import Grid, OutsideGrid, read_index
from tiles.http import tile_response
from tiles.ogc import documents, pages
from tiles.sources.base import MEDIA_TYPE, CannotRead

__all__ = ["tile", "tile_matrix_set", "tile_matrix_sets", "tileset", "tilesets"]

_MVT: Final = "mvt"
_ACCEPTED: Final = (MEDIA_TYPE, "application/x-protobuf", "application/*", "*/*")


def _answer(request: HttpRequest, asked: Asked, template: str, document: dict[str, Any], **more: Any) -> Any:
    if asked.format == "html":
        body = pages.page(request, asked, template, document, **more)
        return body_answer(request, body, f"{HTML}; charset=utf-8")
    return body_answer(request, dumps(document), JSON)


def _grid(name: str) -> Grid:
    grid = grids().get(name)
    if grid is None:
        listed = ", ".join(grids())
        raise not_found(
            f"لا توجد شبكة بلاطات باسم «{shown(name)}». المتاح: {listed}.",
            f"There is no tile matrix set “{shown(name)}”. On offer: {listed}.",
        )
    return grid


@resource
def tile_matrix_sets(request: HttpRequest) -> HttpResponseBase:
    """The tile matrix sets that tiles come in."""
    asked = asked_of(request)
    plain_query(request.GET, COMMON)
    heading = asked.text("شبكات البلاطات", "Tile matrix sets")
    return _answer(request, asked, "tile_matrix_sets", documents.tile_matrix_sets(asked), heading=heading)


@resource
def tile_matrix_set(request: HttpRequest, name: str) -> HttpResponseBase:
    """One tile matrix set."""
    asked = asked_of(request)
    grid = _grid(name)
    plain_query(request.GET, COMMON)
    document = documents.tile_matrix_set(asked, grid)
    return _answer(request, asked, "tile_matrix_set", document, heading=document["title"])


@resource
def tilesets(request: HttpRequest, code: str) -> HttpResponseBase:
    """The tilesets of a collection."""
    asked = asked_of(request)
    layer = layer_for(asked, code)
    plain_query(request.GET, COMMON)
    heading = f"{asked.text('البلاطات', 'Tiles')}: {title(asked, layer)}"
    return _answer(request, asked, "tilesets", documents.tilesets(asked, layer), layer=layer, heading=heading)


@resource
def tileset(request: HttpRequest, code: str, name: str) -> HttpResponseBase:
    """One tileset of a collection."""
    asked = asked_of(request)
    layer = layer_for(asked, code)
    grid = _grid(name)
    plain_query(request.GET, COMMON)
    document = documents.tileset(asked, layer, grid)
    return _answer(request, asked, "tileset", document, layer=layer, heading=document["title"])


# One tile -----------------------------------------------------------------------------------------------------------


def tile(request: HttpRequest, code: str, name: str, matrix: str, row: str, col: str) -> HttpResponseBase:
    """One tile: its matrix (zoom), row and column, in the standard's order."""
    if request.method not in ("GET", "HEAD"):
        return _refusal(request)
    try:
        return _tile(request, code, name, (matrix, row, col))
    except (Problem, TooSlow) as refused:
        return _refusal(request, refused)


@resource
def _refusal(request: HttpRequest, refused: Exception | None = None) -> HttpResponseBase:
    """Answer in the way of the API's other resources; a tile itself has headers of its own."""
    raise refused or not_found("لا شيء هنا.", "There is nothing here.")


def _tile(request: HttpRequest, code: str, name: str, index: tuple[str, str, str]) -> HttpResponseBase:
    scope = scope_of(request.viewer)  # type: ignore[attr-defined]  # set by the middleware
    try:
        layer = readable_layer(code, scope)
    except CannotRead:
        raise not_found(f"لا توجد مجموعة باسم «{shown(code)}».", f"There is no collection “{shown(code)}”.") from None
    grid = _grid(name)
    _check_format(plain_query(request.GET, COMMON).get("f", _MVT), request.headers.get("Accept", ""))
    z, x, y = _index(layer, grid, *index)
    made, outcome = cached_tile(layer, scope, grid, z, x, y)
    return tile_response(request, made, MEDIA_TYPE, effective_scope(layer, scope), outcome=outcome)


def _check_format(given: str, accept: str) -> None:
    if given != _MVT:
        raise Problem(
            400,
            f"المعامل f: الصيغة «{shown(given)}» غير متاحة: {_MVT}.",
            f"Parameter f: “{shown(given)}” is not a format of tiles here: {_MVT}.",
            where="f",
        )
    types = [part.partition(";")[0].strip().lower() for part in accept.split(",")]
    if accept and not any(type in _ACCEPTED for type in types):
        raise Problem(
            406,
            f"لا تتاح البلاطة إلا بالصيغة {MEDIA_TYPE}.",
            f"A tile comes as {MEDIA_TYPE} only.",
            where="Accept",
        )


def _index(layer: Layer, grid: Grid, matrix: str, row: str, col: str) -> tuple[int, int, int]:
    """Return z, x, y of a tile within the tileset's limits.

    Raises
    ------
    Problem
        400 for what is no index, 404 for a tile outside the limits (Tiles part 1, /req/core/tc-error).
    """
    try:
        z, y, x = read_index(matrix, "tileMatrix"), read_index(row, "tileRow"), read_index(col, "tileCol")
    except OutsideGrid as wrong:
        raise Problem(
            400,
            "المستوى والصف والعمود أعداد صحيحة تُكتب بالأرقام 0-9.",
            f"tileMatrix, tileRow and tileCol are whole numbers in the digits 0-9: {wrong}.",
        ) from None
    zooms = documents.zooms(layer, grid)
    if z not in zooms:
        raise not_found(
            f"لا بلاطات لهذه الطبقة في المستوى {shown(matrix)}؛ مستوياتها {zooms[0]}-{zooms[-1]}.",
            f"This layer has no tiles at zoom {shown(matrix)}; its zooms are {zooms[0]}-{zooms[-1]}.",
        )
    west, north, east, south = documents.limits_at(grid, z)
    if not (north <= y <= south and west <= x <= east):
        raise not_found(
            f"لا بلاطة هنا: صفوف المستوى {z} هي {north}-{south} وأعمدته {west}-{east}.",
            f"There is no such tile: zoom {z} has the rows {north}-{south} and the columns {west}-{east}.",
        )
    return z, x, y
