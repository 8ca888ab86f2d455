"""Copies of rasters, against rasterio's own warp and rio-tiler's own reading of a tile."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import rasterio
import shapely
from rasterio.enums import ColorInterp, Resampling
from rasterio.vrt import WarpedVRT
from rasterio.warp import transform_bounds
from rio_tiler.io import Reader

from layers import crs
from tests.tiles.raster.rasters import NORTH, WEST, copied, picture, reader, tiles_of, write
from tiles.grid import WEB_MERCATOR
from tiles.raster.sheets import Square

WHITE = 255


def with_alpha(bands: np.ndarray, hole: bool = True) -> np.ndarray:
    """Return bands with an alpha that leaves out a slanted edge and a hole; colours there are black."""
    rows, columns = bands.shape[1:]
    y, x = np.mgrid[0:rows, 0:columns]
    alpha = np.where(x + y * 0.4 > columns * 0.35, 255, 0).astype(np.uint8)
    if hole:
        alpha[(x - columns * 0.7) ** 2 + (y - rows * 0.5) ** 2 < 900] = 0
    return np.concatenate([np.where(alpha, bands, 0).astype(np.uint8), alpha[None]])


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a picture that has an alpha, and its copy."""
    folder = tmp_path_factory.mktemp("copy")
    path = write(folder / "picture.tif", with_alpha(picture()), photometric="RGB", alpha="NON-PREMULTIPLIED")
    copied(path, folder)
    return folder


def test_a_copy_is_a_cog_on_the_grid_of_the_web(copy: Path) -> None:
    with rasterio.open(copy / "copy.tif") as found:
        assert found.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert found.crs.to_epsg() == 3857
        assert found.block_shapes == [(256, 256)] * 4
        assert found.colorinterp == (ColorInterp.red, ColorInterp.green, ColorInterp.blue, ColorInterp.alpha)
        zoom = math.log2(WEB_MERCATOR.cell_size(0) / found.transform.a)
        assert zoom == pytest.approx(round(zoom), abs=1e-9)
        tiles = 256 << min(len(found.overviews(1)), 3)
        left = (found.transform.c - WEB_MERCATOR.west) / found.transform.a
        top = (WEB_MERCATOR.north - found.transform.f) / found.transform.a
        assert abs(left / tiles - round(left / tiles)) < 1e-6
        assert abs(top / tiles - round(top / tiles)) < 1e-6
        assert found.width % tiles == 0 and found.height % tiles == 0
        assert max(found.shape) >> len(found.overviews(1)) <= 512


def test_a_copy_holds_what_rasterio_warps(copy: Path) -> None:
    with (
        rasterio.open(copy / "picture.tif") as source,
        rasterio.open(copy / "copy.tif") as found,
        WarpedVRT(
            source,
            crs=3857,
            transform=found.transform,
            width=found.width,
            height=found.height,
            resampling=Resampling.cubic,
        ) as wanted,
    ):
        theirs, ours = wanted.read(), found.read()
    shown = theirs[3] == 255
    assert shown.sum() > 50_000
    # GDAL carries most pixels by interpolation, within an eighth of a pixel; where it begins differs.
    both = shown & (ours[3] == 255)
    apart = np.abs(ours[:3, both].astype(int) - theirs[:3, both])
    assert apart.max() <= 8 and (apart > 1).mean() < 0.001
    assert (ours[3] != theirs[3]).mean() < 0.0001
    assert not ours[:3, ours[3] == 0].any()


@pytest.mark.parametrize("up", [0, 1])
def test_a_tile_is_pixel_for_pixel_what_rio_tiler_reads(copy: Path, up: int) -> None:
    ours = reader(copy)
    assert 2**up in ours.levels, "there is an overview for it: no resampling at all"
    with Reader(str(copy / "copy.tif")) as theirs:
        seen = 0
        for x, y in tiles_of(ours.bounds, ours.zoom - up):
            wanted = theirs.tile(x, y, ours.zoom - up, tilesize=256, resampling_method="nearest")
            found = ours.pixels(Square.of_tile(ours.zoom - up, x, y))
            if found is None:
                assert wanted.alpha_mask is not None and not wanted.alpha_mask.any()
                continue
            alpha = np.full((256, 256), 255) if found.alpha is None else found.alpha
            assert np.array_equal(alpha, wanted.alpha_mask)
            assert np.array_equal(found.values[:, alpha > 0], wanted.array.data[:, alpha > 0])
            seen += 1
    assert seen


def test_below_the_last_overview_a_tile_is_the_average_of_the_pixels_beneath_it(copy: Path) -> None:
    ours = reader(copy)
    assert ours.levels == (1, 2)
    with rasterio.open(copy / "copy.tif", OVERVIEW_LEVEL=0) as last:
        beneath = last.read().astype(float)
    seen = 0
    for x, y in tiles_of(ours.bounds, ours.zoom - 2):
        square = Square.of_tile(ours.zoom - 2, x, y)
        found = ours.pixels(square)
        if found is None or found.alpha is None:
            continue
        # The whole tile in pixels of the overview, nothing where the copy does not lie.
        row, column = square.row * 2 - ours.top // 2, square.column * 2 - ours.left // 2
        pixels = np.zeros((4, 512, 512))
        rows = slice(max(0, row), min(beneath.shape[1], row + 512))
        columns = slice(max(0, column), min(beneath.shape[2], column + 512))
        pixels[:, rows.start - row : rows.stop - row, columns.start - column : columns.stop - column] = beneath[
            :, rows, columns
        ]
        fours = pixels.reshape(4, 256, 2, 256, 2)
        whole = (fours[3] == 255).all(axis=(1, 3))
        assert (found.alpha[whole] == 255).all()
        assert np.abs(found.values - fours[:3].mean(axis=(2, 4)))[:, whole].max() <= 0.5
        assert not found.alpha[~(fours[3] > 0).any(axis=(1, 3))].any(), "nothing is shown where nothing lies"
        seen += int(whole.sum())
    assert seen > 1000


def test_a_large_tile_is_the_four_small_ones(copy: Path) -> None:
    ours = reader(copy)
    zoom = ours.zoom - 1
    x, y = next(t for t in tiles_of(ours.bounds, zoom) if ours.pixels(Square.of_tile(zoom, *t)) is not None)
    large = ours.pixels(Square.of_tile(zoom, x, y, size=512))
    assert large is not None
    for right in (0, 1):
        for down in (0, 1):
            small = ours.pixels(Square.of_tile(zoom + 1, 2 * x + right, 2 * y + down))
            part = large.values[:, 256 * down : 256 * (down + 1), 256 * right : 256 * (right + 1)]
            assert np.array_equal(part, np.zeros_like(part) if small is None else small.values)


def test_above_its_zoom_a_tile_is_interpolated_as_rio_tiler_does(copy: Path) -> None:
    ours = reader(copy)
    zoom = ours.zoom + 2
    x, y = tiles_of((*ours.bounds[:2], *ours.bounds[2:]), zoom)[0]
    middle = WEB_MERCATOR.tile_at(zoom, *_middle_of_what_is_shown(ours))
    found = ours.pixels(Square.of_tile(zoom, *middle))
    with Reader(str(copy / "copy.tif")) as theirs:
        wanted = theirs.tile(*middle, zoom, tilesize=256, resampling_method="bilinear")
    assert found is not None and found.alpha is None
    assert np.abs(found.values.astype(int) - wanted.array.data.astype(int)).max() <= 1
    assert ours.pixels(Square.of_tile(zoom, x - 1, y)) is None


def _middle_of_what_is_shown(ours: object) -> tuple[float, float]:
    east, north = crs.transform_coordinates(np.array([[WEST + 500.0, NORTH - 150.0]]), 32639, 3857)[0]
    return float(east), float(north)


def test_neighbouring_tiles_above_its_zoom_meet_without_a_seam(copy: Path) -> None:
    ours = reader(copy)
    zoom = ours.zoom + 3
    x, y = WEB_MERCATOR.tile_at(zoom, *_middle_of_what_is_shown(ours))
    both = ours.pixels(Square(zoom, 256 * x, 256 * y, 512))
    assert both is not None
    for right in (0, 1):
        one = ours.pixels(Square.of_tile(zoom, x + right, y))
        assert one is not None
        apart = one.values.astype(int) - both.values[:, :256, 256 * right : 256 * (right + 1)]
        assert np.abs(apart).max() <= 1


@pytest.mark.parametrize("zoom", [0, 3, 7])
def test_far_below_its_overviews_a_copy_is_a_speck_of_its_own_colours(copy: Path, zoom: int) -> None:
    ours = reader(copy)
    shown = [ours.pixels(Square.of_tile(zoom, x, y)) for x, y in tiles_of(ours.bounds, zoom)]
    specks = [pixels for pixels in shown if pixels is not None and pixels.alpha is not None]
    for speck in specks:
        assert speck.alpha is not None and (speck.alpha > 0).sum() <= 4
        assert (speck.values[:, speck.alpha > 0] > 20).all()


@pytest.mark.parametrize("said_by", ["alpha", "nodata", "mask", "mask_and_nodata_of_one_band"])
def test_nothing_bleeds_into_an_edge(tmp_path: Path, said_by: str) -> None:
    """White on nothing: every pixel that is seen at all, at any zoom, is white, however the nothing is told."""
    white = np.full((3, 300, 400), WHITE, np.uint8)
    marked = with_alpha(white)
    bands, alpha = marked[:3], marked[3]
    path = tmp_path / "white.tif"
    if said_by == "alpha":
        write(path, marked, photometric="RGB", alpha="NON-PREMULTIPLIED", turned_deg=17)
    elif said_by == "nodata":
        write(path, bands, nodata=0, turned_deg=17)
    else:
        write(path, bands, mask=alpha, turned_deg=17)
    copied(path, tmp_path)
    ours = reader(tmp_path)
    partly = 0
    for zoom in (*range(ours.zoom - 4, ours.zoom + 1), ours.zoom + 2):
        for x, y in tiles_of(ours.bounds, zoom)[:40]:
            found = ours.pixels(Square.of_tile(zoom, x, y))
            if found is None:
                continue
            seen = np.ones((256, 256), bool) if found.alpha is None else found.alpha > 0
            partly += 0 if found.alpha is None else ((found.alpha > 0) & (found.alpha < 255)).sum()
            assert (found.values[:, seen] == WHITE).all(), (zoom, x, y)
    assert partly, "edges are smooth at small scales"


def test_a_pixel_is_nothing_only_where_all_bands_say_so(tmp_path: Path) -> None:
    red = np.zeros((3, 200, 200), np.uint8)
    red[0, :, 50:] = 200
    found = copied(write(tmp_path / "red.tif", red, nodata=0), tmp_path)
    ours = reader(tmp_path)
    whole = ours.source.read()
    assert found["statistics"][0]["min"] == found["statistics"][0]["max"] == 200
    assert found["statistics"][1]["max"] == 0
    share = (whole[3] > 0).sum() * ours.source.transform.a**2 / (200 * 150 * 4 / math.cos(math.radians(26.4)) ** 2)
    assert share == pytest.approx(1, abs=0.02)


def test_a_turned_file_lies_where_its_matrix_says(tmp_path: Path) -> None:
    bands = np.full((3, 200, 300), 90, np.uint8)
    bands[0, 60:64, 200:204] = 255
    path = write(tmp_path / "turned.tif", bands, turned_deg=-31, cell_m=1.0)
    copied(path, tmp_path)
    with rasterio.open(path) as source:
        spot = source.transform @ (202, 62)
    east, north = crs.transform_coordinates(np.array([spot]), 32639, 3857)[0]
    found = reader(tmp_path).source
    red = found.read(1)
    rows, columns = np.nonzero(red > 200)
    middle = found.transform @ (columns.mean() + 0.5, rows.mean() + 0.5)
    assert math.dist(middle, (east, north)) < 1.0


def test_a_palette_becomes_its_colours(tmp_path: Path) -> None:
    index = np.zeros((1, 200, 200), np.uint8)
    index[0, :, 100:] = 7
    palette = {0: (10, 200, 30, 255), 7: (250, 120, 5, 255)}
    copied(write(tmp_path / "map.tif", index, palette=palette), tmp_path)
    whole = reader(tmp_path).source.read()
    colours = {tuple(pixel) for pixel in whole[:, whole[3] > 0].T.tolist()}
    assert colours == {palette[0], palette[7]}


def test_grey_stays_one_band_with_its_alpha(tmp_path: Path) -> None:
    grey = picture()[:1]
    copied(write(tmp_path / "grey.tif", grey), tmp_path)
    assert reader(tmp_path).source.colorinterp == (ColorInterp.gray, ColorInterp.alpha)


def test_sixteen_bits_are_stretched_over_a_stated_range(tmp_path: Path) -> None:
    values = np.linspace(1000, 9000, 200 * 300).reshape(1, 200, 300).repeat(3, axis=0).astype(np.uint16)
    path = write(tmp_path / "deep.tif", values)
    found = copied(path, tmp_path, low=2000.0, high=8000.0)
    assert found["inspected"]["low"] == pytest.approx(1160, abs=20)
    assert found["inspected"]["high"] == pytest.approx(8840, abs=20)
    ours = reader(tmp_path).source
    with WarpedVRT(
        rasterio.open(path),
        crs=3857,
        transform=ours.transform,
        width=ours.width,
        height=ours.height,
        resampling=Resampling.cubic,
        add_alpha=True,
    ) as wanted:
        theirs = wanted.read(1).astype(float)
    shown = ours.read(4) == 255
    expected = np.clip((theirs - 2000) / 6000, 0, 1) * 255
    assert np.abs(ours.read(1)[shown] - expected[shown]).max() <= 1


def test_floating_point_pictures_have_no_colour_for_not_a_number(tmp_path: Path) -> None:
    values = np.full((3, 200, 200), 0.5, np.float32)
    values[:, :, :80] = np.nan
    values[0, 0, 90] = 0.0
    values[0, 0, 91] = 1.0
    copied(write(tmp_path / "float.tif", values, nodata=math.nan), tmp_path, low=0.0, high=1.0)
    whole = reader(tmp_path).source.read()
    assert set(np.unique(whole[1, whole[3] == 255])) == {128}


def test_a_legacy_datum_is_carried_by_the_operation_on_record_or_not_at_all(tmp_path: Path) -> None:
    from tiles.raster.errors import RasterRefused

    path = write(tmp_path / "old.tif", picture(), crs="EPSG:20439")
    try:
        found = copied(path, tmp_path)
    except RasterRefused as refused:
        assert refused.what == "no_operation"
        return
    operation = found["inspected"]["operation"]
    assert operation["is_legacy"] and found["inspected"]["notes"]
    box = shapely.box(WEST, NORTH - 600, WEST + 800, NORTH)
    ours = crs.transform(box, 20439, 3857, area=tuple(found["inspected"]["bounds_deg"]), allow_legacy=True)
    assert shapely.from_wkb(found["footprint"]).buffer(1).covers(ours)
    assert abs(shapely.from_wkb(found["footprint"]).centroid.distance(ours.centroid)) < 130


def test_the_footprint_covers_every_pixel_and_little_more(copy: Path) -> None:
    found = copied(copy / "picture.tif", copy)
    footprint = shapely.from_wkb(found["footprint"])
    with rasterio.open(copy / "copy.tif") as ours:
        rows, columns = np.nonzero(ours.read(4))
        x, y = ours.transform @ (columns + 0.5, rows + 0.5)
        assert shapely.contains_xy(footprint, x, y).all()
        assert footprint.area < 2.2 * len(rows) * ours.transform.a**2
        hull = shapely.MultiPoint(np.column_stack([x, y])).convex_hull
        assert hull.buffer(64 * 1.5 * ours.transform.a).covers(footprint)


def test_statistics_are_those_of_what_is_shown(copy: Path) -> None:
    found = copied(copy / "picture.tif", copy)
    with rasterio.open(copy / "copy.tif") as ours:
        whole = ours.read()
        for band in range(3):
            shown = whole[band, whole[3] > 0].astype(float)
            known = found["statistics"][band]
            assert (known["min"], known["max"], known["count"]) == (shown.min(), shown.max(), shown.size)
            assert known["mean"] == pytest.approx(shown.mean(), abs=1e-6)
            assert known["std"] == pytest.approx(shown.std(), abs=1e-6)
            assert float(ours.tags(band + 1)["STATISTICS_MAXIMUM"]) == shown.max()


def test_terrain_keeps_its_metres_and_its_holes(tmp_path: Path) -> None:
    y, x = np.mgrid[0:300, 0:300]
    heights = (x * 0.5 + y * 0.25).astype(np.float32)
    heights[100:140, 100:140] = -32768
    found = copied(write(tmp_path / "hill.tif", heights[None], nodata=-32768.0), tmp_path, kind="terrain")
    ours = reader(tmp_path)
    assert ours.is_terrain and ours.source.nodata == -9999.0 and ours.source.dtypes == ("float32",)
    assert found["statistics"][0]["min"] >= 0 and found["statistics"][0]["max"] <= 224.25
    middle = crs.transform_coordinates(np.array([[WEST + 400.0, NORTH - 500.0]]), 32639, 3857)[0]
    value = next(ours.source.sample([middle]))[0]
    assert value == pytest.approx(199.5 * 0.5 + 249.5 * 0.25, abs=0.6)
    hole = crs.transform_coordinates(np.array([[WEST + 240.0, NORTH - 240.0]]), 32639, 3857)[0]
    assert next(ours.source.sample([hole]))[0] == -9999.0


def test_the_bounds_are_those_that_rasterio_computes(copy: Path) -> None:
    with rasterio.open(copy / "picture.tif") as source, rasterio.open(copy / "copy.tif") as found:
        west, south, east, north = transform_bounds(source.crs, found.crs, *source.bounds)
        assert found.bounds.left <= west and found.bounds.bottom <= south
        assert found.bounds.right >= east and found.bounds.top >= north
