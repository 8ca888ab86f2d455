"""The documents of OGC API - Tiles: tile matrix sets, lists of tilesets, tilesets.

Data models are those of the OGC standard Two Dimensional Tile Matrix Set and Tile Set Metadata 2.0 (17-083r4). Rows
come before columns there; our own addresses below ``/tiles/`` keep the usual x before y.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, Literal

from django.conf import settings
from shapely.geometry import box

from layers import crs
from layers.catalog.base import Layer
from layers.files.mapping import LayerField
from layers.ogc import documents
from layers.ogc.asking import HTML, JSON, SCHEMA, Asked, Link, link
from layers.ogc.extents import bounds_of
from layers.srs import BELT_MARGIN_DEG, Bounds
from tiles.api import grids
from tiles.grid import Grid
from tiles.sources.base import BUFFER, MEDIA_TYPE
from tiles.sources.postgis import label_fields, tile_fields

__all__ = [
    "CONFORMANCE",
    "TILESETS_REL",
    "limits",
    "limits_at",
    "tile_matrix_set",
    "tile_matrix_sets",
    "tileset",
    "tilesets",
    "zooms",
]

_REL: Final = "http://www.opengis.net/def/rel/ogc/1.0"
TILESETS_REL: Final = f"{_REL}/tilesets-vector"
SCHEME_REL: Final = f"{_REL}/tiling-scheme"
SCHEMES_REL: Final = f"{_REL}/tiling-schemes"
_GEODATA_REL: Final = f"{_REL}/geodata"
_EPSG: Final = "http://www.opengis.net/def/crs/EPSG/0/"

_SPEC: Final = "http://www.opengis.net/spec"
CONFORMANCE: Final = (
    f"{_SPEC}/ogcapi-tiles-1/1.0/conf/core",
    f"{_SPEC}/ogcapi-tiles-1/1.0/conf/tileset",
    f"{_SPEC}/ogcapi-tiles-1/1.0/conf/tilesets-list",
    f"{_SPEC}/ogcapi-tiles-1/1.0/conf/geodata-tilesets",
    f"{_SPEC}/ogcapi-tiles-1/1.0/conf/mvt",
    f"{_SPEC}/ogcapi-tiles-1/1.0/conf/oas30",
    f"{_SPEC}/tms/2.0/conf/tilematrixset",
    f"{_SPEC}/tms/2.0/conf/json-tilematrixset",
    f"{_SPEC}/tms/2.0/conf/tilesetmetadata",
    f"{_SPEC}/tms/2.0/conf/json-tilesetmetadata",
)

_PIXEL_M: Final = 0.00028  # the standard's pixel, by which a cell size is a scale
_TILE_SIDE: Final = 256
_DIMENSIONS: Final[Mapping[str, int]] = {
    "Point": 0,
    "MultiPoint": 0,
    "LineString": 1,
    "MultiLineString": 1,
    "Polygon": 2,
    "MultiPolygon": 2,
}
_JSON_TYPES: Final[Mapping[str, str]] = {"integer": "integer", "float": "number", "decimal": "number"}

# Tile matrix sets ---------------------------------------------------------------------------------------------------


def tile_matrix_sets(asked: Asked) -> dict[str, Any]:
    """Return the list of the tile matrix sets that tiles come in."""
    listed = []
    for grid in grids().values():
        path = f"/tileMatrixSets/{grid.id}"
        title = grid_title(asked, grid)
        item: dict[str, Any] = {"id": grid.id, "title": title, "crs": f"{_EPSG}{grid.srid}"}
        if grid.uri:
            item["uri"] = grid.uri
        item["links"] = [
            link(asked.url(path, f="json"), "self", JSON, title, asked.language),
            link(asked.url(path, f="html"), "alternate", HTML, title, asked.language),
        ]
        listed.append(item)
    return {"links": documents.alternates(asked, JSON), "tileMatrixSets": listed}


def tile_matrix_set(asked: Asked, grid: Grid) -> dict[str, Any]:
    """Return the definition of a tile matrix set, as the standard's JSON schema has it."""
    return {
        "id": grid.id,
        "title": grid_title(asked, grid),
        **({"uri": grid.uri} if grid.uri else {}),
        "orderedAxes": ["X", "Y"] if grid.srid == 3857 else ["E", "N"],
        "crs": f"{_EPSG}{grid.srid}",
        **({"wellKnownScaleSet": _GOOGLE} if grid.srid == 3857 else {}),
        "tileMatrices": [
            {
                "id": str(z),
                "scaleDenominator": grid.cell_size(z) / _PIXEL_M,
                "cellSize": grid.cell_size(z),
                "cornerOfOrigin": "topLeft",
                "pointOfOrigin": [grid.west, grid.north],
                "tileWidth": _TILE_SIDE,
                "tileHeight": _TILE_SIDE,
                "matrixWidth": grid.columns(z),
                "matrixHeight": grid.rows(z),
            }
            for z in range(grid.min_zoom, grid.max_zoom + 1)
        ],
        "links": documents.alternates(asked, JSON),
    }


_GOOGLE: Final = "http://www.opengis.net/def/wkss/OGC/1.0/GoogleMapsCompatible"


def grid_title(asked: Asked, grid: Grid) -> str:
    """Return the name of a tile matrix set for people."""
    if grid.srid == 3857:
        return asked.text("شبكة ويب ميركاتور العالمية", "Web Mercator, the world's map")
    name = crs.label(grid.srid)
    return asked.text(f"شبكة البلدية بالأمتار ({name})", f"The municipality's grid in metres ({name})")


# Tilesets -----------------------------------------------------------------------------------------------------------


def tilesets(asked: Asked, layer: Layer) -> dict[str, Any]:
    """Return the list of a collection's tilesets: one for each tile matrix set."""
    listed = []
    for grid in grids().values():
        item = _basics(asked, layer, grid)
        item["links"] = [*_own_links(asked, layer, grid, "self"), _scheme_link(asked, grid)]
        listed.append(item)
    return {"links": documents.alternates(asked, JSON), "tilesets": listed}


def _basics(asked: Asked, layer: Layer, grid: Grid) -> dict[str, Any]:
    made: dict[str, Any] = {
        "title": f"{documents.title(asked, layer)} · {grid_title(asked, grid)}",
        "dataType": "vector",
        "crs": f"{_EPSG}{grid.srid}",
    }
    if grid.uri:
        made["tileMatrixSetURI"] = grid.uri
    return made


def _own_links(asked: Asked, layer: Layer, grid: Grid, rel: Literal["self", "alternate"]) -> list[Link]:
    path = f"/collections/{layer.code}/tiles/{grid.id}"
    title = documents.title(asked, layer)
    return [
        link(asked.url(path, f="json"), rel, JSON, title, asked.language),
        link(asked.url(path, f="html"), "alternate", HTML, title, asked.language),
    ]


def _scheme_link(asked: Asked, grid: Grid) -> Link:
    return link(asked.url(f"/tileMatrixSets/{grid.id}", f="json"), SCHEME_REL, JSON, grid_title(asked, grid))


def tileset(asked: Asked, layer: Layer, grid: Grid, using: str = "default") -> dict[str, Any]:
    """Return the description of a tileset: what is in its tiles, where there are any, and their address."""
    provenance = layer.provenance
    bounds = bounds_of({layer.code: layer}, asked.scope, using).get(layer.code)
    inside = None if bounds is None else _in_grid(grid, bounds)
    made = _basics(asked, layer, grid) | {
        "description": asked.text(
            "بلاطات متجهة لآخر حال معتمدة. الصف قبل العمود في العنوان.",
            "Vector tiles of the last approved state. In the address the row comes before the column.",
        ),
        "attribution": asked.text(provenance.source_ar, provenance.source_en),
        "accessConstraints": "unclassified" if layer.readers == "everyone" else "restricted",
        "mediaTypes": [MEDIA_TYPE],
        "tileMatrixSetLimits": limits(layer, grid),
        "layers": _layers(asked, layer, grid),
        "links": _tileset_links(asked, layer, grid),
    }
    if provenance.licence:
        made["license"] = provenance.licence
    if inside is not None:
        corners = {"lowerLeft": [inside[0], inside[1]], "upperRight": [inside[2], inside[3]]}
        made["boundingBox"] = corners | {"crs": f"{_EPSG}{grid.srid}"}
        made["centerPoint"] = _center(layer, grid, inside)
    return made


def _tileset_links(asked: Asked, layer: Layer, grid: Grid) -> list[Link]:
    path = f"/collections/{layer.code}"
    title = documents.title(asked, layer)
    template = f"{asked.base}{path}/tiles/{grid.id}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}"
    links = [
        *documents.alternates(asked, JSON),
        _scheme_link(asked, grid),
        link(asked.url(path, f="json"), _GEODATA_REL, JSON, title, asked.language),
        link(template, "item", MEDIA_TYPE, asked.text("بلاطة", "One tile")) | {"templated": True},
    ]
    if grid.srid == 3857:
        address = f"{asked.base.removesuffix('/ogc')}/tiles/{layer.code}.json"
        links.append(link(address, "alternate", JSON, "TileJSON"))
    return links


# What is in a tile --------------------------------------------------------------------------------------------------


def _layers(asked: Asked, layer: Layer, grid: Grid) -> list[dict[str, Any]]:
    there = zooms(layer, grid)
    by_name = {field.name: field for z in there for field in tile_fields(layer, asked.scope, z)}
    fields = tuple(by_name.values())
    features = _layer(asked, layer, layer.code, _DIMENSIONS.get(str(layer.geometry)), fields, there[0], there[-1])
    features["title"] = documents.title(asked, layer)
    described = [features]
    labels = label_fields(layer, asked.scope)
    if labels and layer.geometry == "MultiPolygon" and layer.style.label_zoom <= there[-1]:
        first = max(layer.style.label_zoom, there[0])
        described.append(_layer(asked, layer, f"{layer.code}_labels", 0, labels, first, there[-1]))
    return described


def _layer(
    asked: Asked, layer: Layer, id: str, dimension: int | None, fields: tuple[LayerField, ...], first: int, last: int
) -> dict[str, Any]:
    made: dict[str, Any] = {
        "id": id,
        "dataType": "vector",
        "minTileMatrix": str(first),
        "maxTileMatrix": str(last),
        "propertiesSchema": {"type": "object", "properties": {f.name: _property(asked, f) for f in fields}},
        "links": [
            link(asked.url(f"/collections/{layer.code}", f="json"), _GEODATA_REL, JSON),
            link(asked.url(f"/collections/{layer.code}/schema", f="json"), f"{_REL}/schema", SCHEMA),
        ],
    }
    if dimension is not None:
        made["geometryDimension"] = dimension
    return made


def _property(asked: Asked, field: LayerField) -> dict[str, Any]:
    """Return the schema of a value as tiles hold it: moments and identifiers are texts there."""
    made: dict[str, Any] = {"title": documents.title(asked, field), "type": _JSON_TYPES.get(field.kind, "string")}
    if field.choices:
        made["enum"] = list(field.choices) if field.required or field.default else ["", *field.choices]
    return made


# Where there are tiles ----------------------------------------------------------------------------------------------


def zooms(layer: Layer, grid: Grid) -> range:
    """Return the zooms at which a layer has tiles in a grid."""
    return range(max(layer.min_zoom, grid.min_zoom), min(layer.max_zoom, grid.max_zoom) + 1)


def limits(layer: Layer, grid: Grid) -> list[dict[str, Any]]:
    """Return the rows and columns of each zoom at which a layer has tiles.

    They come from the area where land can lie at all, that of the storage CRS: limits that followed the data would be
    out of date with the next commit, and a client that keeps them would miss what is new.
    """
    made = []
    for z in zooms(layer, grid):
        west, north, east, south = limits_at(grid, z)
        rows, columns = {"minTileRow": north, "maxTileRow": south}, {"minTileCol": west, "maxTileCol": east}
        made.append({"tileMatrix": str(z), **rows, **columns})
    return made


@lru_cache(maxsize=128)
def limits_at(grid: Grid, z: int) -> tuple[int, int, int, int]:
    """Return first column, first row, last column and last row of a zoom that a tile can be asked for."""
    west, south, east, north = _land(grid)
    margin = grid.side(z) * BUFFER
    return *grid.tile_at(z, west - margin, north + margin), *grid.tile_at(z, east + margin, south - margin)


@lru_cache(maxsize=8)
def _land(grid: Grid) -> Bounds:
    """Return the area where land can lie, in the grid's coordinates."""
    area = crs.parse(settings.STORAGE_SRID).area_of_use
    west, south, east, north = area.bounds if area else (-180.0, -85.0, 180.0, 85.0)
    room = BELT_MARGIN_DEG
    return _in_grid(grid, (west - room, max(south - room, -85.0), east + room, min(north + room, 85.0)))


def _in_grid(grid: Grid, degrees: Bounds) -> Bounds:
    outline = crs.border(degrees, steps=100)
    xy = crs.transform_coordinates(outline, crs.WGS84, grid.srid, allow_legacy=True)
    (west, south), (east, north) = xy.min(axis=0), xy.max(axis=0)
    return (float(west), float(south), float(east), float(north))


def _center(layer: Layer, grid: Grid, bounds: Bounds) -> dict[str, Any]:
    """Return a place and zoom at which to begin: the data fill about one tile there."""
    middle = box(*bounds).centroid
    side = max(bounds[2] - bounds[0], bounds[3] - bounds[1], 1.0)
    there = zooms(layer, grid)
    wanted = math.floor(math.log2(grid.side_m / side)) if side < grid.side_m else 0
    return {
        "coordinates": [middle.x, middle.y],
        "crs": f"{_EPSG}{grid.srid}",
        "tileMatrix": str(min(max(wanted, there[0]), there[-1])),
    }
