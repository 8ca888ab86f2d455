"""A layer's tiles as one file: PMTiles 3 (https://github.com/protomaps/PMTiles/blob/main/spec/v3/spec.md)."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import shapely
from django.db import connections, transaction
from pmtiles.reader import MmapSource, Reader
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer

from layers.access import Scope
from layers.catalog.base import Layer
from layers.crs import bounds_to_wgs84
from tiles.generalise.kinds import kind_of
from tiles.grid import WEB_MERCATOR
from tiles.sources.base import BUFFER
from tiles.sources.postgis import PostgisSource
from tiles.tilejson import vector_layers

__all__ = ["Archived", "NothingToWrite", "write_archive"]

Progress = Callable[[int, int, int], None]
"""Told the zoom, how many of its places are done and how many there are."""

_E7: Final = 10_000_000
_GZIP_LEVEL: Final = 9


class NothingToWrite(ValueError):
    """The layer holds nothing that the archive could show."""


@dataclass(frozen=True)
class Archived:
    """What was written."""

    tiles: int
    bytes: int
    first_zoom: int
    last_zoom: int


def write_archive(
    layer: Layer, scope: Scope, file: Path, *, last_zoom: int, using: str = "default", progress: Progress
) -> Archived:
    """Write all tiles of a layer to a file, of one state of the database; the file appears when it is whole.

    Raises
    ------
    NothingToWrite
        There is no feature, or none down to ``last_zoom``.
    OSError
        The file cannot be written.
    """
    source = PostgisSource(layer, scope, using)
    last_zoom = min(last_zoom, source.zooms.last)
    unfinished = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        with unfinished.open("wb") as out, transaction.atomic(using=using):
            with connections[using].cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            written = _write(source, out, last_zoom, progress)
            out.flush()
            os.fsync(out.fileno())
        _check(unfinished, written)
        os.replace(unfinished, file)
    finally:
        with suppress(FileNotFoundError):
            unfinished.unlink()
    return Archived(written, file.stat().st_size, source.zooms.first, last_zoom)


def _write(source: PostgisSource, out: Any, last_zoom: int, progress: Progress) -> int:
    bounds = source.bounds()
    first = source.zooms.first
    if bounds is None or last_zoom < first:
        raise NothingToWrite(f"{source.layer.code} has nothing at zooms {first} to {last_zoom}")
    writer = Writer(out)
    places = set(WEB_MERCATOR.tiles_touched(shapely.box(*bounds), first, BUFFER))
    written = 0
    for zoom in range(first, last_zoom + 1):
        held = set()
        ordered = sorted((zxy_to_tileid(zoom, x, y), x, y) for x, y in places)
        for done, (number, x, y) in enumerate(ordered, 1):
            if body := source.tile(WEB_MERCATOR, zoom, x, y):
                writer.write_tile(number, gzip.compress(body, _GZIP_LEVEL, mtime=0))
                held.add((x, y))
            progress(zoom, done, len(ordered))
        written += len(held)
        places = _below(held, zoom, is_simplified=zoom < kind_of(source.layer).detail_zoom)
    if not written:
        raise NothingToWrite(f"{source.layer.code} has nothing at zooms {first} to {last_zoom}")
    west, south, east, north = bounds_to_wgs84(bounds, "EPSG:3857")
    header = {
        "tile_type": TileType.MVT,
        "tile_compression": Compression.GZIP,
        "min_lon_e7": int(west * _E7),
        "min_lat_e7": int(south * _E7),
        "max_lon_e7": int(east * _E7),
        "max_lat_e7": int(north * _E7),
        "center_zoom": min(14, last_zoom),
        "center_lon_e7": int((west + east) / 2 * _E7),
        "center_lat_e7": int((south + north) / 2 * _E7),
    }
    writer.finalize(header, _metadata(source, last_zoom))
    return written


def _below(held: Iterable[tuple[int, int]], zoom: int, *, is_simplified: bool) -> set[tuple[int, int]]:
    """Return the places of the next zoom that may hold something: below what holds something, and beside that where
    the outlines of the next zoom are not those of this one.
    """
    margin = 1 if is_simplified else 0
    last = (2 << zoom) - 1
    return {
        (x, y)
        for column, row in held
        for x in range(max(2 * column - margin, 0), min(2 * column + 1 + margin, last) + 1)
        for y in range(max(2 * row - margin, 0), min(2 * row + 1 + margin, last) + 1)
    }


def _metadata(source: PostgisSource, last_zoom: int) -> dict[str, Any]:
    layer = source.layer
    return {
        "name": layer.title_en,
        "name_ar": layer.title_ar,
        "description": layer.about_en,
        "attribution": " · ".join(filter(None, (layer.provenance.source_en, layer.provenance.licence))),
        "type": "overlay",
        "format": "pbf",
        "vector_layers": vector_layers(layer, source.scope, "en", last_zoom),
    }


def _check(file: Path, written: int) -> None:
    with file.open("rb") as opened:
        header = Reader(MmapSource(opened)).header()
    if header["addressed_tiles_count"] != written:
        raise OSError(f"{file} tells {header['addressed_tiles_count']} tiles, and {written} were written")
