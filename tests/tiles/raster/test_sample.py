"""The sample's pictures: the same for the same city, and taken in like any other file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio

from gisportal.sample.city import City, generate
from gisportal.sample.imagery import draw_ortho, draw_terrain
from tests.tiles.raster.rasters import copied


@pytest.fixture(scope="module")
def city() -> City:
    return generate(300, 1448, 32639)


def test_the_orthophoto_shows_the_citys_own_streets_and_lots(city: City, tmp_path: Path) -> None:
    draw_ortho(city, tmp_path / "a.tif", 400)
    draw_ortho(city, tmp_path / "b.tif", 400)
    with rasterio.open(tmp_path / "a.tif") as one, rasterio.open(tmp_path / "b.tif") as other:
        assert np.array_equal(one.read(), other.read())
        assert one.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG" and one.crs.to_epsg() == 32639
        assert 0.5 < (one.read(4) == 255).mean() < 1
        streets = [s for s in city.streets if s.road_class != "alley" and s.width_m >= 20]
        points = [(x / 1000, y / 1000) for s in streets for line in s.centrelines for x, y in line[:1]]
        seen = np.array([v[:3] for v in one.sample(points) if v[3] == 255]).astype(int)
    assert len(seen) > 5
    grey = np.ptp(seen, axis=1) < 25
    assert grey.mean() > 0.7, "roads are asphalt"


def test_another_city_is_another_picture(city: City, tmp_path: Path) -> None:
    draw_ortho(city, tmp_path / "a.tif", 200)
    draw_ortho(generate(300, 7, 32639), tmp_path / "b.tif", 200)
    with rasterio.open(tmp_path / "a.tif") as one, rasterio.open(tmp_path / "b.tif") as other:
        assert one.shape != other.shape or not np.array_equal(one.read(), other.read())


def test_the_terrain_is_smooth_and_has_its_wadi(city: City, tmp_path: Path) -> None:
    draw_terrain(city, tmp_path / "h.tif", 300)
    found = copied(tmp_path / "h.tif", tmp_path / "out", kind="terrain")
    assert found["inspected"]["captured_on"] == "2026-01-15"
    with rasterio.open(tmp_path / "h.tif") as terrain:
        heights = terrain.read(1, masked=True)
        assert np.ma.abs(np.ma.diff(heights, axis=1)).max() / terrain.res[0] < 0.5
        valley = next(z for z in city.prohibited_zones if z.code == "VALLEY").outline[0]
        xs, ys = np.array(valley)[:-1].T / 1000
        course = [(xs.mean() + east, ys.mean()) for east in range(-1200, 1201, 25)]
        across = np.array([v[0] for v in terrain.sample(course)])
        across[across == -9999] = np.nan
        across += 0.006 * np.arange(-1200, 1201, 25)  # the plain itself falls towards the east
    bottom = np.nanmin(across[40:57])
    assert np.nanmax(across[:49]) > bottom + 3 and np.nanmax(across[48:]) > bottom + 3
