"""One web-optimised copy of a file, and the pixels of a tile of it.

A copy lies on the pixel grid of ``WebMercatorQuad``, so a tile of any zoom that it has an overview for is read without
resampling: a window of whole blocks. Above its own zoom pixels are interpolated, below its last overview averaged.
Colours are weighed by what is valid, so that nothing of the emptiness around a picture bleeds into its edge.
"""

from __future__ import annotations

import functools
import math
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio._env import set_gdal_config
from rasterio.enums import Resampling
from rasterio.windows import Window
from rio_tiler.io import Reader

from tiles.grid import WEB_MERCATOR

__all__ = ["OPEN_OPTIONS", "Pixels", "SheetReader", "Square", "disjoint", "reader_of"]

OPEN_OPTIONS: Final[dict[str, Any]] = {
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",  # nothing beside the file has a say
    "GDAL_PAM_ENABLED": "NO",
    "VSI_CACHE": "NO",  # the system's page cache holds the file
}
"""GDAL's configuration while a copy is opened. PROJ_DATA and GDAL_DATA are nobody's business."""

CACHE_BYTES: Final = 64 << 20
"""Decoded blocks that GDAL keeps, for all threads of a process: the neighbours of a tile. Its own habit is 5 % of the
machine's memory, in every process."""

_HANDLES: Final = 64
_CELLS: Final = 256


@dataclass(frozen=True)
class Square:
    """A square of pixels on the grid: those of a tile, and ``margin`` more on each side.

    ``zoom`` is that of 256-pixel tiles: a tile of 512 pixels at 14 has the pixels of 15.
    """

    zoom: int
    column: int
    row: int
    size: int

    @classmethod
    def of_tile(cls, z: int, x: int, y: int, size: int = 256, margin: int = 0) -> Square:
        """Return the square of a tile of ``size`` pixels, a power of two from 256 on.

        >>> Square.of_tile(1, 1, 0, margin=1)
        Square(zoom=1, column=255, row=-1, size=258)
        """
        zoom = z + (size // _CELLS).bit_length() - 1
        return cls(zoom, x * size - margin, y * size - margin, size + 2 * margin)

    @property
    def cell_m(self) -> float:
        """The side of a pixel in metres of EPSG:3857."""
        return WEB_MERCATOR.cell_size(self.zoom)

    @property
    def box(self) -> tuple[float, float, float, float]:
        """West, south, east, north in EPSG:3857."""
        west = WEB_MERCATOR.west + self.column * self.cell_m
        north = WEB_MERCATOR.north - self.row * self.cell_m
        side = self.size * self.cell_m
        return (west, north - side, west + side, north)


@dataclass(frozen=True)
class Pixels:
    """Values (band, row, column) and how opaque each pixel is, 0 to 255; None where all are."""

    values: NDArray[Any]
    alpha: NDArray[np.uint8] | None


def disjoint(one: Sequence[float], other: Sequence[float]) -> bool:
    """Return whether two boxes (west, south, east, north) have no land in common."""
    return one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]


class SheetReader(Reader):
    """rio-tiler's reader of a copy, which also reads a ``Square`` of pixels straight from the blocks."""

    source: Any

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        self.source = self.dataset
        self.is_terrain = self.source.count == 1
        self.levels = (1, *self.source.overviews(1))
        matrix = self.source.transform
        self.zoom = round(math.log2(WEB_MERCATOR.cell_size(0) / matrix.a))
        self.left = round((matrix.c - WEB_MERCATOR.west) / matrix.a)
        self.top = round((WEB_MERCATOR.north - matrix.f) / matrix.a)

    def pixels(self, square: Square) -> Pixels | None:
        """Return the pixels of a square; None where the copy has none of them.

        Values beside the copy are 0, and their alpha too. Terrain comes as float32 with alpha 0 or 255.
        """
        if self._lies_between_pixels(square):
            return self._averaged(square)
        span = self._span(square)
        if span is None:
            return None
        (column, row, columns, rows), window, resampling = span
        bands = 1 if self.is_terrain else self.source.count
        read = self.source.read(
            indexes=list(range(1, bands + 1)), window=window, out_shape=(bands, rows, columns), resampling=resampling
        )
        if (rows, columns) != (square.size, square.size):
            whole = np.full((bands, square.size, square.size), self._nothing, read.dtype)
            whole[:, row : row + rows, column : column + columns] = read
            read = whole
        return self._split(read)

    def _lies_between_pixels(self, square: Square) -> bool:
        """Return whether the copy is so small on the square that its border cuts through pixels."""
        cells = 1 << max(self.zoom - square.zoom, 0)
        edges = (self.left, self.top, self.source.width, self.source.height)
        return any(edge % cells for edge in edges)

    def _averaged(self, square: Square) -> Pixels | None:
        if disjoint(square.box, self.bounds):
            return None
        image = self.part(
            square.box,
            dst_crs=self.crs,
            bounds_crs=self.crs,
            height=square.size,
            width=square.size,
            resampling_method="average",
        )
        if self.is_terrain:
            return self._split(image.array.filled(self._nothing))
        if image.alpha_mask is None:
            return None
        return self._split(np.concatenate([image.array.data, image.alpha_mask[None]]))

    @property
    def _nothing(self) -> float:
        return float(self.source.nodata) if self.is_terrain else 0

    def _split(self, read: NDArray[Any]) -> Pixels | None:
        if self.is_terrain:
            alpha = np.where(read[0] == np.float32(self.source.nodata), np.uint8(0), np.uint8(255))
            values = read
        else:
            alpha, values = read[-1], read[:-1]
        lowest = alpha.min()
        if lowest == 255:
            return Pixels(values, None)
        if lowest == 0 and not alpha.any():
            return None
        return Pixels(values, alpha)

    def _span(self, square: Square) -> tuple[tuple[int, int, int, int], Window, Resampling] | None:
        """Return the part of a square that the copy covers, the window of the copy it is, and how to resample."""
        scale = 2.0 ** (self.zoom - square.zoom)  # pixels of the copy along one of the square
        first_column = max(square.column, math.floor(self.left / scale))
        first_row = max(square.row, math.floor(self.top / scale))
        columns = min(square.column + square.size, math.ceil((self.left + self.source.width) / scale)) - first_column
        rows = min(square.row + square.size, math.ceil((self.top + self.source.height) / scale)) - first_row
        if columns <= 0 or rows <= 0:
            return None
        window = Window(first_column * scale - self.left, first_row * scale - self.top, columns * scale, rows * scale)
        place = (first_column - square.column, first_row - square.row, columns, rows)
        return place, window, self._resampling(scale)

    def _resampling(self, scale: float) -> Resampling:
        if scale in self.levels:
            return Resampling.nearest
        if scale < 1:
            return Resampling.cubic if self.is_terrain else Resampling.bilinear
        return Resampling.average


class _Handles(threading.local):
    """The open copies of one thread: GDAL's handles may not be shared, and opening costs as much as a tile."""

    def __init__(self) -> None:
        self.open: OrderedDict[str, SheetReader] = OrderedDict()


_handles = _Handles()


@functools.cache
def _limit_cache() -> None:
    """Set the size of GDAL's cache for good: an ``Env`` would set it back when it ends."""
    set_gdal_config("GDAL_CACHEMAX", CACHE_BYTES)


def reader_of(path: str) -> SheetReader:
    """Return this thread's reader of a copy. A copy never changes, so a handle never grows old.

    Raises
    ------
    rasterio.errors.RasterioIOError
        The copy is missing or broken.
    """
    found = _handles.open.get(path)
    if found is not None:
        _handles.open.move_to_end(path)
        return found
    _limit_cache()
    with rasterio.Env(**OPEN_OPTIONS):
        reader = SheetReader(None, dataset=rasterio.open(path, driver="GTiff"))
    _handles.open[path] = reader
    while len(_handles.open) > _HANDLES:
        _, oldest = _handles.open.popitem(last=False)
        oldest.source.close()
    return reader
