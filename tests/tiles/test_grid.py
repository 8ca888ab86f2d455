"""The grids against an independent library, and against themselves."""

from __future__ import annotations

import doctest
import math

import morecantile
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.budget import budget
from tiles import grid as module
from tiles.generalise import shapes
from tiles.grid import MAX_ZOOM, WEB_MERCATOR, Grid, OutsideGrid, read_index, storage_grid

ORACLES = {
    "WebMercatorQuad": (WEB_MERCATOR, morecantile.tms.get("WebMercatorQuad")),
    "UTM31WGS84Quad": (storage_grid(32631), morecantile.tms.get("UTM31WGS84Quad")),
}


def test_the_examples_in_the_modules_are_true() -> None:
    for tried in (module, shapes):
        result = doctest.testmod(tried, optionflags=doctest.ELLIPSIS)
        assert result.attempted > 5
        assert result.failed == 0


@pytest.mark.parametrize("name", ORACLES)
@settings(max_examples=budget(200, 5000), deadline=None)
@given(z=st.integers(1, 20), a=st.floats(0, 1, exclude_max=True), b=st.floats(0, 1, exclude_max=True))
def test_a_box_is_that_of_morecantile(name: str, z: int, a: float, b: float) -> None:
    grid, oracle = ORACLES[name]
    x, y = int(a * grid.columns(z)), int(b * grid.rows(z))
    expected = oracle.xy_bounds(morecantile.Tile(x, y, z))
    # The standard's document rounds the UTM cell size to eleven digits.
    assert grid.box(z, x, y) == pytest.approx(tuple(expected), abs=1e-3)


@pytest.mark.parametrize("name", ORACLES)
def test_matrices_have_the_size_and_scale_of_the_standard(name: str) -> None:
    grid, oracle = ORACLES[name]
    for matrix in oracle.tileMatrices:
        z = int(matrix.id)
        if z > MAX_ZOOM:
            continue
        assert (grid.columns(z), grid.rows(z)) == (matrix.matrixWidth, matrix.matrixHeight)
        assert grid.cell_size(z) == pytest.approx(matrix.cellSize, rel=1e-9)
        assert (grid.west, grid.north) == pytest.approx(tuple(matrix.pointOfOrigin), abs=1e-3)


@settings(max_examples=budget(300, 5000), deadline=None)
@given(z=st.integers(0, 22), east=st.floats(-2e7, 2e7), north=st.floats(-2e7, 2e7))
def test_every_point_lies_in_the_tile_that_is_said_to_hold_it(z: int, east: float, north: float) -> None:
    west, south, right, top = WEB_MERCATOR.box(z, *WEB_MERCATOR.tile_at(z, east, north))
    slack = 1e-7
    assert west - slack <= east < right + slack
    assert south - slack < north <= top + slack


@settings(max_examples=budget(60, 1000), deadline=None)
@given(z=st.integers(3, 9), seed=st.integers(0, 10**6), buffer=st.sampled_from([0.0, 1 / 64]))
def test_the_tiles_touched_are_those_whose_boxes_meet_the_geometry(z: int, seed: int, buffer: float) -> None:
    random = np.random.default_rng(seed)
    centre = random.uniform(-1e6, 1e6, 2)
    shape = shapely.Point(centre).buffer(random.uniform(1e3, 3e6) / 2**z, 3)
    for grid in (WEB_MERCATOR, storage_grid(32639)):
        found = set(grid.tiles_touched(shape, z, buffer))
        x0, y0 = grid.tile_at(z, *centre)
        for x in range(max(x0 - 3, 0), min(x0 + 4, grid.columns(z))):
            for y in range(max(y0 - 3, 0), min(y0 + 4, grid.rows(z))):
                assert shapely.intersects(shapely.box(*grid.box(z, x, y, buffer)), shape) == ((x, y) in found)


@pytest.mark.parametrize(
    "text", ["", "-1", "+1", "1.0", "1e3", "NaN", "٣", "0x1", " 1", "1 ", "01", "9" * 30, "1\x00", "²"]
)
def test_an_index_is_nothing_but_digits(text: str) -> None:
    with pytest.raises(OutsideGrid):
        read_index(text, "z")


@pytest.mark.parametrize(("z", "x", "y"), [(-1, 0, 0), (23, 0, 0), (0, 1, 0), (0, 0, 1), (3, 8, 0), (3, 0, -1)])
def test_a_tile_that_the_grid_does_not_have_is_refused(z: int, x: int, y: int) -> None:
    with pytest.raises(OutsideGrid):
        WEB_MERCATOR.check(z, x, y)


def test_a_point_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="no point"):
        WEB_MERCATOR.tile_at(3, math.nan, 0.0)


def test_the_grid_of_any_storage_system_covers_its_own_belt() -> None:
    for srid in (32636, 32639, 32640, 9359, 20439, 32739):
        grid: Grid = storage_grid(srid)
        x, y = grid.tile_at(10, 500_000.0, 2_900_000.0)
        grid.check(10, x, y)
