"""Vector tiles for whoever answers requests: the views of tiles, OGC API Tiles, archives."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from django.conf import settings

from layers.access import Scope, can_read
from layers.added import find_layer
from layers.catalog.base import Layer
from tiles.grid import WEB_MERCATOR, Grid, storage_grid
from tiles.sources.base import CannotRead
from tiles.sources.postgis import PostgisSource

__all__ = ["grids", "readable_layer", "vector_source", "vector_tile"]

_CODE: Final = re.compile(r"[-a-zA-Z0-9_]{1,40}")


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


def vector_source(layer: Layer, scope: Scope) -> PostgisSource:
    """Return the source of a layer's vector tiles for a scope that may read it."""
    return PostgisSource(layer, scope)


def vector_tile(layer: Layer, scope: Scope, grid: Grid, z: int, x: int, y: int) -> bytes:
    """Return a tile.

    Raises
    ------
    OutsideGrid
        The grid has no such tile.
    TooSlow
        It could not be made in the time that a tile may take.
    """
    grid.check(z, x, y)
    return vector_source(layer, scope).tile(grid, z, x, y)
