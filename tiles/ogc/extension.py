"""What tiles add to the other documents of the API: conformance, links and addresses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from layers.catalog.base import Layer
from layers.ogc import documents, paths
from layers.ogc.asking import HTML, JSON, Asked, Link, link
from layers.ogc.extensions import Extension, register
from tiles.api import grids
from tiles.ogc.documents import CONFORMANCE, SCHEMES_REL, TILESETS_REL
from tiles.sources.base import MEDIA_TYPE

__all__ = ["install"]


def _landing_links(asked: Asked) -> list[Link]:
    title = asked.text("شبكات البلاطات", "Tile matrix sets")
    return [
        link(asked.url("/tileMatrixSets", f="json"), SCHEMES_REL, JSON, title, asked.language),
        link(asked.url("/tileMatrixSets", f="html"), SCHEMES_REL, HTML, title, asked.language),
    ]


def _collection_links(asked: Asked, layer: Layer) -> list[Link]:
    title = f"{asked.text('بلاطات', 'Tiles of')} {documents.title(asked, layer)}"
    path = f"/collections/{layer.code}/tiles"
    return [
        link(asked.url(path, f="json"), TILESETS_REL, JSON, title, asked.language),
        link(asked.url(path, f="html"), TILESETS_REL, HTML, title, asked.language),
    ]


def _path(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _paths(asked: Asked, layers: Mapping[str, Layer]) -> dict[str, Any]:
    text, anything = asked.text, {JSON: {"type": "object"}}
    grid = _path("tileMatrixSetId", {"type": "string", "enum": list(grids())})
    index = [
        _path("tileMatrix", {"type": "string"}),
        _path("tileRow", {"type": "integer", "minimum": 0}),
        _path("tileCol", {"type": "integer", "minimum": 0}),
    ]
    one, many = text("شبكة بلاطات", "A tile matrix set"), text("شبكات البلاطات", "The tile matrix sets")
    made = {
        "/tileMatrixSets": paths.get(asked, ".getTileMatrixSetsList", many, anything, tag="api"),
        "/tileMatrixSets/{tileMatrixSetId}": paths.get(
            asked, ".getTileMatrixSet", one, anything, tag="api", parameters=[grid]
        ),
    }
    for layer in layers.values():
        path, name = f"/collections/{layer.code}/tiles", documents.title(asked, layer)
        # The ends of the identifiers are the standard's (/req/oas30/operation-id).
        vector = f"{layer.code}.collection.vector"
        made[path] = paths.get(
            asked, f"{vector}.getTileSetsList", f"{name}: {text('البلاطات', 'tilesets')}", anything, tag=layer.code
        )
        made[f"{path}/{{tileMatrixSetId}}"] = paths.get(
            asked,
            f"{vector}.getTileSet",
            f"{name}: {text('وصف البلاطات', 'a tileset')}",
            anything,
            tag=layer.code,
            parameters=[grid],
        )
        tile = paths.get(
            asked,
            f"{vector}.getTile",
            f"{name}: {text('بلاطة واحدة', 'one tile')}",
            {MEDIA_TYPE: {"type": "string", "format": "binary"}},
            tag=layer.code,
            parameters=[grid, *index],
            has_page=False,
        )
        tile["get"]["responses"]["204"] = {"description": text("بلاطة خالية", "An empty tile")}
        made[f"{path}/{{tileMatrixSetId}}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}"] = tile
    return made


def install() -> None:
    """Add the tiles to the API; once, when the application starts."""
    register(Extension("tiles", CONFORMANCE, _landing_links, _collection_links, _paths))
