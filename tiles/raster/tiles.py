"""A raster tile, from what is asked to the bytes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from layers.access import PUBLIC, STAFF
from tiles.cache import CachedTile, Outcome, TileKey, get_tile
from tiles.grid import WEB_MERCATOR
from tiles.raster import terrain
from tiles.raster.catalogue import KnownImagery, find_imagery, layer_code
from tiles.raster.encode import FORMATS
from tiles.raster.mosaic import mosaic
from tiles.raster.sheets import Pixels, Square

__all__ = ["SIZES", "Asked", "make_tile", "pixels_of", "raster_tile"]

SIZES = (256, 512)
_REACH = 1 / 64
"""Share of a tile's side by which a change outside it can show in it: resampling, and the neighbours of a shade."""


@dataclass(frozen=True)
class Asked:
    """A tile as it was asked for. ``ending`` is a key of ``FORMATS``, ``style`` one of a terrain's or empty."""

    z: int
    x: int
    y: int
    ending: str
    size: int = 256
    style: str = ""
    day: date | None = None

    @property
    def form(self) -> str:
        """All of it that the cache's key does not say otherwise."""
        day = "" if self.day is None else self.day.isoformat()
        return f"{self.ending}-{self.size}-{self.style}-{day}"


def raster_tile(imagery: KnownImagery, asked: Asked) -> tuple[CachedTile, Outcome]:
    """Return a tile of an imagery that may be read, as of the last commit."""
    scope = PUBLIC if imagery.readers == "everyone" else STAFF
    asked = replace(asked, day=imagery.as_of(asked.day))  # also for the maker: what it draws is what the key says
    key = TileKey(layer_code(imagery.name), scope.code, asked.z, asked.x, asked.y, asked.form, WEB_MERCATOR.id)

    def make() -> bytes:
        now = find_imagery(imagery.name)
        return b"" if now is None else make_tile(now, asked)

    return get_tile(
        key,
        layers=frozenset({layer_code(imagery.name)}),
        box_3857=WEB_MERCATOR.box(asked.z, asked.x, asked.y, buffer=_REACH),
        make=make,
    )


def make_tile(imagery: KnownImagery, asked: Asked) -> bytes:
    """Return the encoded tile; empty bytes where it holds nothing."""
    pixels = pixels_of(imagery, asked)
    return b"" if pixels is None else FORMATS[asked.ending].encode(pixels)


def pixels_of(imagery: KnownImagery, asked: Asked) -> Pixels | None:
    """Return the pixels of a tile as they are drawn; None where it holds nothing."""
    margin = terrain.MARGIN if asked.style == "hillshade" else 0
    square = Square.of_tile(asked.z, asked.x, asked.y, asked.size, margin)
    found = mosaic((file.path for file in imagery.files_at(square.box, asked.day)), square)
    if found is None or imagery.kind == "ortho":
        return found
    if asked.style == "hillshade":
        found = terrain.hillshade(found, square)
        return None if found.alpha is not None and not found.alpha.any() else found
    return terrain.ramp(found, imagery.low or 0.0, imagery.high or 1.0)
