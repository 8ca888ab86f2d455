"""Vector tiles for whoever answers requests: the views of tiles, OGC API Tiles, archives."""

from __future__ import annotations

import hashlib
import re
from functools import cache, lru_cache
from typing import Final

import numpy as np
from django.conf import settings

from layers.access import PUBLIC, Scope, can_read
from layers.added import find_layer
from layers.catalog.base import Layer
from layers.crs import border, transform_coordinates
from tiles.cache import CachedTile, Outcome, TileKey, get_tile
from tiles.grid import WEB_MERCATOR, Box, Grid, storage_grid
from tiles.sources.base import BUFFER, CannotRead
from tiles.sources.postgis import PostgisSource

__all__ = ["cached_tile", "effective_scope", "grids", "readable_layer", "vector_source", "vector_tile"]

_CODE: Final = re.compile(r"[-a-zA-Z0-9_]{1,40}")
_WORLD: Final[Box] = (-20037508.343, -1e9, 20037508.343, 1e9)
_FARTHEST_M: Final = 2e6
_ROUND_M: Final = 50.0  # what two ways of crossing a legacy datum may differ by


@cache
def grids() -> dict[str, Grid]:
    """Return the grids that vector tiles are served in, by id: WebMercatorQuad and the storage grid."""
    storage = storage_grid(settings.STORAGE_SRID)
    return {WEB_MERCATOR.id: WEB_MERCATOR, storage.id: storage}


def readable_layer(code: str, scope: Scope) -> Layer:
    """Return a layer that a scope may read; CannotRead where there is none, or not for this scope."""
    layer = find_layer(code) if _CODE.fullmatch(code) else None
    if layer is None or not can_read(layer, scope):
        raise CannotRead(code)
    return layer


def effective_scope(layer: Layer, scope: Scope) -> Scope:
    """Return the scope whose tiles of a layer are the same: that of everyone, where there is nothing to hide."""
    is_open = layer.readers == "everyone" and all(f.readers == "everyone" for f in layer.fields)
    return PUBLIC if is_open else scope


def vector_source(layer: Layer, scope: Scope) -> PostgisSource:
    """Return the source of a layer's vector tiles for a scope that may read it."""
    return PostgisSource(layer, effective_scope(layer, scope))


def vector_tile(layer: Layer, scope: Scope, grid: Grid, z: int, x: int, y: int) -> CachedTile:
    """Return a tile as of the last commit.

    Raises
    ------
    OutsideGrid
        The grid has no such tile.
    TooSlow
        It could not be made in the time that a tile may take.
    """
    return cached_tile(layer, scope, grid, z, x, y)[0]


def cached_tile(layer: Layer, scope: Scope, grid: Grid, z: int, x: int, y: int) -> tuple[CachedTile, Outcome]:
    """Return a tile as of the last commit, and where it came from; see ``vector_tile``."""
    grid.check(z, x, y)
    source = vector_source(layer, scope)
    if z not in source.zooms:
        return _EMPTY, "hit"
    return get_tile(
        TileKey(_name(layer), source.scope.code, z, x, y, grid=grid.id),
        layers=source.depends_on(z),
        box_3857=box_in_mercator(grid, z, x, y),
        make=lambda: source.tile(grid, z, x, y),
        detail=not source.reaches_beyond(grid, z),
    )


_EMPTY: Final = CachedTile.of(b"", "mvt")


def _name(layer: Layer) -> str:
    """Return what the cache knows a layer by; an added one may be described anew at any time."""
    if not layer.is_stored_as_json:
        return layer.code
    what = repr(
        (layer.fields, layer.min_zoom, layer.max_zoom, layer.readers, layer.style.label, layer.style.label_zoom)
    )
    return f"{layer.code}-{hashlib.blake2b(what.encode(), digest_size=6).hexdigest()}"


def box_in_mercator(grid: Grid, z: int, x: int, y: int) -> Box:
    """Return a box in EPSG:3857 that holds a tile with its buffer; the world where the plane has no image there."""
    if grid == WEB_MERCATOR:
        return grid.box(z, x, y, BUFFER)
    return _storage_box(grid.id, z, x, y)


@lru_cache(maxsize=4096)
def _storage_box(grid_id: str, z: int, x: int, y: int) -> Box:
    grid = grids()[grid_id]
    outline = border(grid.box(z, x, y, BUFFER))
    found = transform_coordinates(outline, f"EPSG:{grid.srid}", "EPSG:3857", allow_legacy=True)
    if not np.isfinite(found).all() or np.ptp(found, axis=0).max() > _FARTHEST_M:
        return _WORLD
    (west, south), (east, north) = found.min(axis=0) - _ROUND_M, found.max(axis=0) + _ROUND_M
    return (float(west), float(south), float(east), float(north))
