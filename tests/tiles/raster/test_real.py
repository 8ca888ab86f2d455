"""Real rasters: a drone's picture with alpha, an orthophoto, 16 bits of a satellite, lidar and radar heights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.enums import Resampling
from rasterio.vrt import WarpedVRT
from rio_tiler.io import Reader

from tests.tiles.raster.rasters import copied, reader, tiles_of
from tiles.grid import WEB_MERCATOR
from tiles.raster.sheets import Square

PICTURES = ["drone_alpha_nodata.tif", "swellendam_ortho_3420B_2010_328.tif"]
HEIGHTS = ["dsm_1m.tif", "dtm_1m.tif", "srtm_41_19_4326.tif"]


@pytest.fixture(scope="module")
def raster(real_data: Path) -> Path:
    folder = real_data / "raster"
    if not folder.is_dir():
        pytest.skip("there are no real rasters in GISPORTAL_REAL_DATA")
    return folder


@pytest.mark.parametrize("name", PICTURES)
def test_a_tile_looks_as_rio_tiler_shows_the_original(raster: Path, tmp_path: Path, name: str) -> None:
    """Ours is warped to the zoom's own pixels once; theirs straight from the file: the same picture but for a blur."""
    found = copied(raster / name, tmp_path)
    ours, compared = reader(tmp_path), 0
    with Reader(str(raster / name)) as theirs:
        zoom = found["zoom"] - 1
        for x, y in tiles_of(ours.bounds, zoom)[:30]:
            pixels = ours.pixels(Square.of_tile(zoom, x, y))
            if pixels is None or not theirs.tile_exists(x, y, zoom):
                continue
            wanted = theirs.tile(x, y, zoom, tilesize=256, reproject_method="average")
            alpha = np.full((256, 256), 255) if pixels.alpha is None else pixels.alpha
            both = (alpha == 255) & (wanted.mask == 255)
            if both.sum() < 20_000:
                continue
            apart = np.abs(pixels.values[:, both].astype(int) - wanted.array.data[:3, both].astype(int))
            assert apart.mean() < 8, (x, y)
            assert ((alpha == 0) != (wanted.mask == 0)).mean() < 0.03
            compared += 1
    assert compared


def test_the_drones_edge_has_no_black_seam(raster: Path, tmp_path: Path) -> None:
    copied(raster / PICTURES[0], tmp_path)
    ours = reader(tmp_path)
    for zoom in (ours.zoom - 2, ours.zoom - 1, ours.zoom):
        for x, y in tiles_of(ours.bounds, zoom):
            pixels = ours.pixels(Square.of_tile(zoom, x, y))
            if pixels is None or pixels.alpha is None:
                continue
            inside = pixels.alpha == 255
            edge = (pixels.alpha > 0) & ~inside
            for down, right in ((0, 1), (1, 0), (0, -1), (-1, 0)):
                edge |= inside & np.roll(pixels.alpha == 0, (down, right), (0, 1))
            if inside.sum() > 5000 and edge.sum() > 50:
                assert (pixels.values[:, edge].max(axis=0) < 8).mean() < 0.02


def test_sixteen_bits_are_stretched_between_their_percentiles(raster: Path, tmp_path: Path) -> None:
    found = copied(raster / "cog_landsat.tif", tmp_path)
    low, high = found["inspected"]["low"], found["inspected"]["high"]
    ours = reader(tmp_path).source
    with (
        rasterio.open(raster / "cog_landsat.tif") as source,
        WarpedVRT(
            source,
            crs=3857,
            transform=ours.transform,
            width=ours.width,
            height=ours.height,
            resampling=Resampling.cubic,
            add_alpha=True,
        ) as wanted,
    ):
        theirs = np.clip((wanted.read([1, 2, 3]).astype(float) - low) / (high - low), 0, 1) * 255
    shown = ours.read(4) == 255
    apart = np.abs(ours.read([1, 2, 3]) - theirs)[:, shown]
    assert shown.sum() > 100_000 and np.median(apart) <= 0.51 and (apart > 2).mean() < 0.01


@pytest.mark.parametrize("name", HEIGHTS)
def test_heights_are_those_of_the_original(raster: Path, tmp_path: Path, name: str) -> None:
    copied(raster / name, tmp_path, kind="terrain")
    ours = reader(tmp_path)
    with (
        rasterio.open(raster / name) as source,
        WarpedVRT(
            source,
            crs=3857,
            transform=ours.source.transform,
            width=ours.source.width,
            height=ours.source.height,
            resampling=Resampling.bilinear,
        ) as wanted,
    ):
        theirs = wanted.read(1, masked=True)
    mine = ours.source.read(1, masked=True)
    both = ~(np.ma.getmaskarray(mine) | np.ma.getmaskarray(theirs))
    assert both.sum() > 20_000
    apart = np.abs(mine.data[both] - theirs.data[both])
    assert np.percentile(apart, 99) < 0.5
    cell = WEB_MERCATOR.cell_size(ours.zoom)
    assert ours.source.transform.a == pytest.approx(cell)
