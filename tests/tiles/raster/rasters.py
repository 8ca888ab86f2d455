"""Small rasters for tests, and the copies that are made of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio import Affine

from tiles.raster.convert import convert
from tiles.raster.sheets import SheetReader

UTM = "EPSG:32639"
WEST, NORTH = 412_000.0, 2_923_000.0
"""A corner in the sample's belt."""


def write(
    path: Path,
    bands: NDArray[Any],
    *,
    crs: str | None = UTM,
    corner: tuple[float, float] = (WEST, NORTH),
    cell_m: float = 2.0,
    turned_deg: float = 0.0,
    transform: Affine | None = None,
    palette: dict[int, tuple[int, ...]] | None = None,
    mask: NDArray[np.uint8] | None = None,
    tags: dict[str, str] | None = None,
    **profile: Any,
) -> Path:
    """Write a GeoTIFF of bands (band, row, column) and return its path."""
    placed = Affine.translation(*corner) @ Affine.rotation(turned_deg) @ Affine.scale(cell_m, -cell_m)
    settings = {
        "driver": "GTiff",
        "crs": crs,
        "transform": placed if transform is None else transform,
        "count": bands.shape[0],
        "height": bands.shape[1],
        "width": bands.shape[2],
        "dtype": bands.dtype.name,
        **profile,
    }
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK="YES"), rasterio.open(path, "w", **settings) as out:
        out.write(bands)
        if palette is not None:
            out.write_colormap(1, palette)
        if mask is not None:
            out.write_mask(mask)
        if tags is not None:
            out.update_tags(**tags)
    return path


def picture(rows: int = 300, columns: int = 400, seed: int = 1) -> NDArray[np.uint8]:
    """Return a smooth colourful picture, so that a shift by half a pixel shows."""
    y, x = np.mgrid[0:rows, 0:columns]
    waves = [128 + 100 * np.sin(x / (7 + band + seed) + band) * np.cos(y / (11 - band)) for band in range(3)]
    return np.stack(waves).astype(np.uint8)


def copied(path: Path, folder: Path, kind: str = "ortho", **options: Any) -> dict[str, Any]:
    """Convert in this process; the copy lies in ``folder``/copy.tif."""
    folder.mkdir(exist_ok=True)
    asked = {"kind": kind, "crs": "", "nodata": None, "low": None, "high": None, "bytes": path.stat().st_size}
    return convert(str(path), str(folder), asked | options, lambda *_: None)


def reader(folder: Path) -> SheetReader:
    """Return a reader of the copy in a folder."""
    return SheetReader(None, dataset=rasterio.open(folder / "copy.tif"))


def tiles_of(box: Sequence[float], zoom: int) -> list[tuple[int, int]]:
    """Return columns and rows of the tiles that a box of EPSG:3857 meets."""
    from tiles.grid import WEB_MERCATOR

    first = WEB_MERCATOR.tile_at(zoom, box[0], box[3])
    last = WEB_MERCATOR.tile_at(zoom, box[2], box[1])
    return [(x, y) for x in range(first[0], last[0] + 1) for y in range(first[1], last[1] + 1)]
