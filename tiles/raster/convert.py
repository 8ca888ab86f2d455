"""From a GeoTIFF to the copy that tiles are read from: warped once, on the pixel grid of ``WebMercatorQuad``.

Runs in the confined child (no Django). The copy is a Cloud Optimised GeoTIFF in EPSG:3857. Its corner lies on the
corner of a tile three zooms above its own, so its pixels and those of its overviews are the pixels of tiles. A picture
has its colours and, as last band, alpha; terrain has one band of metres and ``NODATA``.
"""

from __future__ import annotations

import math
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import rasterio
import rasterio.shutil
import shapely
import shapely.affinity
from numpy.typing import NDArray
from pyproj import CRS
from rasterio import Affine
from rasterio.enums import ColorInterp, Resampling
from rasterio.io import DatasetReader, DatasetWriter
from rasterio.vrt import WarpedVRT
from rasterio.warp import transform as gdal_transform
from rasterio.windows import Window
from shapely.geometry.base import BaseGeometry

from layers import crs as systems
from tiles.grid import WEB_MERCATOR
from tiles.raster.checks import READ_OPTIONS, Inspected, inspect, opened
from tiles.raster.errors import RasterRefused

__all__ = ["BLOCK_PX", "NODATA", "convert"]

BLOCK_PX: Final = 256
NODATA: Final = -9999.0
MAX_ZOOM: Final = 23
CHUNK_PX: Final = 2048
CELL_PX: Final = 64
ALIGNED_ZOOMS: Final = 3
FOOTPRINT_CORNERS: Final = 1000
AGREE_PX: Final = 0.25
"""How far GDAL's own way to EPSG:3857 may lie from the operation that is on record, in pixels."""

_WRITE: Final = {"ZSTD_LEVEL_OVERVIEW": "9", "COMPRESS_OVERVIEW": "ZSTD", "SPARSE_OK_OVERVIEW": "ON"}
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Target:
    """Where a copy lies on the grid: its zoom, its corner in pixels of that zoom, its size, and how many overviews."""

    zoom: int
    left: int
    top: int
    width: int
    height: int
    overviews: int

    @property
    def transform(self) -> Affine:
        cell = WEB_MERCATOR.cell_size(self.zoom)
        return Affine(cell, 0, WEB_MERCATOR.west + self.left * cell, 0, -cell, WEB_MERCATOR.north - self.top * cell)


def convert(path: str, folder: str, options: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Make the copy of a file in a folder; return what is to be known of it.

    Parameters
    ----------
    path, folder : str
        The file, and the folder for ``copy.tif``.
    options : dict
        As for ``inspect``; also ``low`` and ``high``, what pictures of more than 8 bits stretch over (None: what the
        file itself suggests).
    progress : callable
        Called with stage, done, total.

    Returns
    -------
    dict
        ``inspected``, ``statistics`` of each band, ``footprint`` (hexadecimal WKB, EPSG:3857), ``zoom``, ``low_zoom``,
        ``resolution_m`` (on the ground), ``nodata``.
    """
    found = inspect(path, options)
    draft, copy = os.path.join(folder, "draft.tif"), os.path.join(folder, "copy.tif")
    with opened(path) as source:
        with _warped(source, found, None) as suggested:
            target = _target(suggested)
        _check_operation(found, target)
        _check_room(folder, found, options["kind"])
        with _warped(source, found, target) as warped:
            summary = _write_draft(warped, draft, found, options, target, progress)
    if summary.cells.sum() == 0:
        raise RasterRefused("لا يحوي الملف أي بكسل صالح.", "The file holds no valid pixel at all.", what="empty")
    _add_overviews(draft, target, progress)
    _write_copy(draft, copy, target, progress)
    os.unlink(draft)
    middle = math.radians((found.bounds_deg[1] + found.bounds_deg[3]) / 2)
    return {
        "inspected": found.as_json(),
        "statistics": summary.statistics(),
        "footprint": shapely.to_wkb(_footprint(summary.cells, target), hex=True),
        "zoom": target.zoom,
        "low_zoom": target.zoom - target.overviews,
        "resolution_m": WEB_MERCATOR.cell_size(target.zoom) * math.cos(middle),
        "nodata": found.nodata,
    }


# The grid -------------------------------------------------------------------------------------------------------------


def _target(suggested: WarpedVRT) -> Target:
    """Return where a copy goes. Its pixels are those of the zoom next to its own detail, at most a fifth coarser."""
    exact = math.log2(WEB_MERCATOR.cell_size(0) / suggested.transform.a)
    zoom = min(max(math.ceil(exact - 0.25), 0), MAX_ZOOM)
    cell = WEB_MERCATOR.cell_size(zoom)
    west, south, east, north = suggested.bounds
    edges = (
        math.floor((west - WEB_MERCATOR.west) / cell) - 1,
        math.floor((WEB_MERCATOR.north - north) / cell) - 1,
        math.ceil((east - WEB_MERCATOR.west) / cell) + 1,
        math.ceil((WEB_MERCATOR.north - south) / cell) + 1,
    )
    longest = max(edges[2] - edges[0], edges[3] - edges[1])
    overviews = min(max(0, math.ceil(math.log2(longest / BLOCK_PX))), zoom)
    side = BLOCK_PX << min(overviews, ALIGNED_ZOOMS)
    world = BLOCK_PX << zoom
    left, top = (max(edge // side * side, 0) for edge in edges[:2])
    right, bottom = (min(-(-edge // side) * side, world) for edge in edges[2:])
    return Target(zoom, left, top, right - left, bottom - top, overviews)


def _warped(source: DatasetReader, found: Inspected, target: Target | None) -> WarpedVRT:
    """Return the file as it lies in EPSG:3857; without a target, on the grid that GDAL suggests."""
    options: dict[str, Any] = {"src_crs": _bound(found), "crs": "EPSG:3857", "warp_mem_limit": 128}
    if target is not None:
        options |= {"transform": target.transform, "width": target.width, "height": target.height}
    if found.is_palette:
        options["resampling"] = Resampling.nearest
    else:
        options["resampling"] = Resampling.bilinear if len(found.colours) == 1 else Resampling.cubic
    if found.nodata is not None:
        options |= {"src_nodata": found.nodata, "UNIFIED_SRC_NODATA": "YES"}
    if not found.alpha:
        options["add_alpha"] = True
    return WarpedVRT(source, **options)


def _bound(found: Inspected) -> str:
    """Return the file's system as GDAL is to understand it: bound to WGS 84 by the operation on record, if legacy."""
    return found.crs


def _check_operation(found: Inspected, target: Target) -> None:
    """Refuse where GDAL would carry the file elsewhere than the operation on record does."""
    west, south, east, north = found.bounds_deg
    lonlat = np.array(
        [(west, south), (east, north), (west, north), (east, south), ((west + east) / 2, (south + north) / 2)]
    )
    system = CRS.from_wkt(found.crs)
    here = systems.transform_coordinates(lonlat, 4326, system, area=found.bounds_deg, allow_legacy=True)
    ours = systems.transform_coordinates(here, system, 3857, area=found.bounds_deg, allow_legacy=True)
    xs, ys = gdal_transform(rasterio.CRS.from_wkt(_bound(found)), rasterio.CRS.from_epsg(3857), here[:, 0], here[:, 1])
    theirs = np.column_stack([xs, ys])
    apart = float(np.abs(ours - theirs).max())
    if not apart <= AGREE_PX * WEB_MERCATOR.cell_size(target.zoom):
        raise RasterRefused(
            f"لا يمكن نقل الصورة بالعملية المسجلة ({found.operation['name']}): الفرق {apart:.2f} م.",
            f"It cannot be carried by the operation on record ({found.operation['name']}): {apart:.2f} m apart.",
            what="no_operation",
            todo="warp it to a modern system first: gdalwarp -ct with that operation",
        )


def _check_room(folder: str, found: Inspected, kind: str) -> None:
    """Refuse where the disk has no room for a draft, its overviews and a copy."""
    per_pixel = 4 if kind == "terrain" else len(found.colours) + 1
    if 3 * found.width * found.height * per_pixel > shutil.disk_usage(folder).free:
        raise RasterRefused(
            "لا تكفي مساحة القرص.", "There is not enough room on the disk.", what="no_space", todo="make room"
        )


# Pixels ---------------------------------------------------------------------------------------------------------------


class _Summary:
    """What passes through: statistics of the bands, and which cells of 64 pixels hold anything."""

    def __init__(self, target: Target, bands: int) -> None:
        self.cells = np.zeros((target.height // CELL_PX, target.width // CELL_PX), dtype=bool)
        self.count = 0
        self.least = np.full(bands, np.inf)
        self.most = np.full(bands, -np.inf)
        self.total = np.zeros(bands)
        self.squares = np.zeros(bands)
        self.shift: NDArray[np.float64] | None = None

    def take(self, values: NDArray[Any], valid: NDArray[np.bool_], row: int, column: int) -> None:
        high, wide = valid.shape[0] // CELL_PX, valid.shape[1] // CELL_PX
        cells = valid.reshape(high, CELL_PX, wide, CELL_PX).any(axis=(1, 3))
        self.cells[row // CELL_PX : row // CELL_PX + high, column // CELL_PX : column // CELL_PX + wide] = cells
        chosen = values[:, valid].astype(np.float64)
        if not chosen.shape[1]:
            return
        if self.shift is None:
            self.shift = chosen.mean(axis=1)  # sums of differences from here keep their digits
        off = chosen - self.shift[:, None]
        self.count += chosen.shape[1]
        self.least = np.minimum(self.least, chosen.min(axis=1))
        self.most = np.maximum(self.most, chosen.max(axis=1))
        self.total += off.sum(axis=1)
        self.squares += (off * off).sum(axis=1)

    def statistics(self) -> list[dict[str, float]]:
        assert self.shift is not None  # noqa: S101 - an empty file was refused
        mean = self.total / self.count
        spread = np.sqrt(np.maximum(self.squares / self.count - mean * mean, 0))
        return [
            {
                "min": float(self.least[band]),
                "max": float(self.most[band]),
                "mean": float(mean[band] + self.shift[band]),
                "std": float(spread[band]),
                "count": self.count,
            }
            for band in range(len(mean))
        ]


def _chunks(target: Target) -> Iterator[Window]:
    for row in range(0, target.height, CHUNK_PX):
        for column in range(0, target.width, CHUNK_PX):
            yield Window(column, row, min(CHUNK_PX, target.width - column), min(CHUNK_PX, target.height - row))


def _write_draft(
    warped: WarpedVRT, draft: str, found: Inspected, options: dict[str, Any], target: Target, progress: Progress
) -> _Summary:
    is_terrain = options["kind"] == "terrain"
    look = _Look.of(warped, found, options)
    bands = 1 if is_terrain else look.bands + 1
    profile: dict[str, Any] = {
        "driver": "GTiff",
        "crs": "EPSG:3857",
        "transform": target.transform,
        "width": target.width,
        "height": target.height,
        "count": bands,
        "dtype": "float32" if is_terrain else "uint8",
        "tiled": True,
        "blockxsize": BLOCK_PX,
        "blockysize": BLOCK_PX,
        "compress": "ZSTD",
        "zstd_level": 1,
        "sparse_ok": True,
        "bigtiff": "IF_SAFER",
        "interleave": "pixel",
    }
    if is_terrain:
        profile["nodata"] = NODATA
    else:
        profile["photometric"] = "RGB" if look.bands == 3 else "MINISBLACK"
        profile["alpha"] = "NON-PREMULTIPLIED"
    summary = _Summary(target, 1 if is_terrain else look.bands)
    chunks = list(_chunks(target))
    with rasterio.Env(**READ_OPTIONS), rasterio.open(draft, "w", **profile) as out:
        for done, window in enumerate(chunks):
            progress("warping", done, len(chunks))
            values, alpha = look.read(window)
            valid = alpha > 0
            summary.take(values, valid, int(window.row_off), int(window.col_off))
            if valid.any():
                _write_blocks(out, window, values if is_terrain else np.concatenate([values, alpha[None]]), valid)
        progress("warping", len(chunks), len(chunks))
        for band, known in enumerate(summary.statistics() if summary.count else [], start=1):
            names = {"min": "MINIMUM", "max": "MAXIMUM", "mean": "MEAN", "std": "STDDEV"}
            out.update_tags(band, **{f"STATISTICS_{names[name]}": repr(known[name]) for name in names})
    return summary


def _write_blocks(out: DatasetWriter, window: Window, values: NDArray[Any], valid: NDArray[np.bool_]) -> None:
    """Write the blocks of a chunk that hold anything; the others take no room in the file."""
    for row in range(0, valid.shape[0], BLOCK_PX):
        for column in range(0, valid.shape[1], BLOCK_PX):
            block = np.s_[row : row + BLOCK_PX, column : column + BLOCK_PX]
            if valid[block].any():
                place = Window(window.col_off + column, window.row_off + row, BLOCK_PX, BLOCK_PX)
                out.write(values[(slice(None), *block)], window=place)


@dataclass
class _Look:
    """How the values of a file become what is shown: bands chosen, palettes looked up, many bits stretched to eight."""

    warped: WarpedVRT
    colours: tuple[int, ...]
    alpha: int
    bands: int
    is_terrain: bool
    palette: NDArray[np.uint8] | None
    low: float | None
    high: float | None

    @classmethod
    def of(cls, warped: WarpedVRT, found: Inspected, options: dict[str, Any]) -> _Look:
        alpha = warped.colorinterp.index(ColorInterp.alpha) + 1
        palette = _palette(warped) if found.is_palette else None
        is_terrain = options["kind"] == "terrain"
        stretched = not is_terrain and found.dtype != "uint8" and palette is None
        low, high = (found.low, found.high) if stretched else (None, None)
        if stretched and options["low"] is not None:
            low, high = options["low"], options["high"]
        bands = 3 if palette is not None else len(found.colours)
        return cls(warped, found.colours, alpha, bands, is_terrain, palette, low, high)

    def read(self, window: Window) -> tuple[NDArray[Any], NDArray[np.uint8]]:
        """Return the values of a window as they are kept, and alpha; values of nothing are 0, or ``NODATA``."""
        values = self.warped.read(indexes=list(self.colours), window=window)
        alpha = self._alpha(self.warped.read(self.alpha, window=window))
        if self.is_terrain:
            heights = values.astype(np.float32)
            alpha = np.where((alpha > 0) & np.isfinite(heights[0]), np.uint8(255), np.uint8(0))
            heights[0][alpha == 0] = NODATA
            return heights, alpha
        if self.palette is not None:
            looked_up = self.palette[np.minimum(values[0], len(self.palette) - 1)]
            alpha = np.where(alpha > 0, looked_up[..., 3], np.uint8(0))
            values = np.ascontiguousarray(looked_up[..., :3].transpose(2, 0, 1))
        elif self.low is not None and self.high is not None:
            values = values.astype(np.float32)
            alpha = np.where(np.isfinite(values).all(axis=0), alpha, np.uint8(0))
            share = (np.nan_to_num(values) - self.low) / (self.high - self.low)
            values = np.rint(np.clip(share, 0, 1) * 255).astype(np.uint8)
        values[:, alpha == 0] = 0
        return values, alpha

    def _alpha(self, read: NDArray[Any]) -> NDArray[np.uint8]:
        if read.dtype == np.uint8:
            return read
        # Of more than 8 bits GDAL's own alpha is 255 or the type's greatest: what is neither 0 is seen.
        return np.where(read > 0, np.uint8(255), np.uint8(0))


def _palette(warped: WarpedVRT) -> NDArray[np.uint8]:
    """Return the colours of a palette as (index, RGBA); an index without a colour is nothing."""
    colours = warped.src_dataset.colormap(1)
    table = np.zeros((max(colours) + 1, 4), dtype=np.uint8)
    for index, colour in colours.items():
        table[index] = colour
    return table


# Overviews, the copy, the footprint ----------------------------------------------------------------------------------


def _add_overviews(draft: str, target: Target, progress: Progress) -> None:
    """Average two by two pixels, of those that hold anything, again and again."""
    progress("overviews", 0, target.overviews)
    levels = [2**level for level in range(1, target.overviews + 1)]
    if levels:
        with (
            rasterio.Env(**READ_OPTIONS, **_WRITE, GDAL_TIFF_OVR_BLOCKSIZE=BLOCK_PX),
            rasterio.open(draft, "r+") as out,
        ):
            out.build_overviews(levels, Resampling.average)
    progress("overviews", target.overviews, target.overviews)


def _write_copy(draft: str, copy: str, target: Target, progress: Progress) -> None:
    progress("writing", 0, 1)
    with rasterio.Env(**READ_OPTIONS):
        rasterio.shutil.copy(
            draft,
            copy,
            driver="COG",
            compress="ZSTD",
            level=9,
            predictor="YES",
            blocksize=BLOCK_PX,
            overviews="FORCE_USE_EXISTING" if target.overviews else "NONE",
            sparse_ok=True,
            bigtiff="IF_SAFER",
        )
    with open(copy, "rb") as file:
        os.fsync(file.fileno())
    progress("writing", 1, 1)


def _footprint(cells: NDArray[np.bool_], target: Target) -> shapely.MultiPolygon:
    """Return what covers the cells that hold anything, made coarser until it has few corners."""
    size = CELL_PX
    while True:
        rows, columns = np.nonzero(cells)
        whole = shapely.union_all(shapely.box(columns, rows, columns + 1, rows + 1))  # whole numbers join exactly
        if shapely.get_num_coordinates(whole) <= FOOTPRINT_CORNERS or cells.size == 1:
            return _placed(whole, target, size)
        size *= 2
        padded = np.pad(cells, ((0, cells.shape[0] % 2), (0, cells.shape[1] % 2)))
        cells = np.asarray(padded.reshape(padded.shape[0] // 2, 2, padded.shape[1] // 2, 2).any(axis=(1, 3)))


def _placed(whole: BaseGeometry, target: Target, size: int) -> shapely.MultiPolygon:
    """Return polygons of cells (column, row) of ``size`` pixels in EPSG:3857."""
    cell = WEB_MERCATOR.cell_size(target.zoom)
    west, north = WEB_MERCATOR.west + target.left * cell, WEB_MERCATOR.north - target.top * cell
    placed = shapely.affinity.affine_transform(whole, [size * cell, 0, 0, -size * cell, west, north])
    return shapely.MultiPolygon(list(shapely.get_parts(placed)))
