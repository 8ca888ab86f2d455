"""Coordinate systems: named, recorded, never crossed silently, and the same in every library of the process."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import shapely
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS
from shapely import MultiPoint, Point, Polygon

from layers import crs
from tests.budget import budget

DAMMAM = (50.10, 26.43)
PAIRS = [
    # source, target, lon/lat of the point
    (4326, 32639, DAMMAM),
    (4326, 32638, (46.7, 24.7)),
    (4326, 32631, (2.31, 48.67)),
    (4326, 2154, (2.31, 48.67)),
    (4326, 26986, (-71.1, 42.37)),
    (4326, 9359, DAMMAM),
]


def by_gdal_of_django(source: int, target: int, lon: float, lat: float) -> tuple[float, float]:
    from django.contrib.gis.gdal import AxisOrder, CoordTransform, OGRGeometry, SpatialReference

    geometry = OGRGeometry(f"POINT ({lon!r} {lat!r})")
    one = SpatialReference(source, axis_order=AxisOrder.TRADITIONAL)
    other = SpatialReference(target, axis_order=AxisOrder.TRADITIONAL)
    geometry.transform(CoordTransform(one, other))
    return geometry.x, geometry.y


def by_rasterio(source: int, target: int, lon: float, lat: float) -> tuple[float, float]:
    from rasterio.warp import transform

    xs, ys = transform(f"EPSG:{source}", f"EPSG:{target}", [lon], [lat])
    return xs[0], ys[0]


def by_gdal_of_pyogrio(source: int, target: int, lon: float, lat: float, folder: str) -> tuple[float, float]:
    """Through SQLite's own ST_Transform if the wheel has it; its PROJ is reached by reprojection on writing
    otherwise.
    """
    import geopandas

    frame = geopandas.GeoDataFrame({"n": [1]}, geometry=[Point(lon, lat)], crs=source)
    path = f"{folder}/point_{source}_{target}.gpkg"
    frame.to_file(path, driver="GPKG", engine="pyogrio")
    read = geopandas.read_file(path, engine="pyogrio").to_crs(target)
    return read.geometry[0].x, read.geometry[0].y


@pytest.mark.parametrize(("source", "target", "lonlat"), PAIRS)
def test_a_control_point_is_the_same_to_a_millimetre_in_every_library(
    source: int, target: int, lonlat: tuple[float, float], tmp_path: object
) -> None:
    ours = crs.transform(Point(lonlat), source, target)

    for found in (
        by_gdal_of_django(source, target, *lonlat),
        by_rasterio(source, target, *lonlat),
        by_gdal_of_pyogrio(source, target, *lonlat, str(tmp_path)),
    ):
        assert math.dist((ours.x, ours.y), found) < 0.001


@pytest.mark.django_db
@pytest.mark.parametrize(("source", "target", "lonlat"), PAIRS)
def test_a_control_point_is_the_same_to_a_millimetre_in_postgis(
    source: int, target: int, lonlat: tuple[float, float]
) -> None:
    ours = crs.transform(Point(lonlat), source, target)

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT ST_X(p), ST_Y(p) FROM (SELECT ST_Transform(ST_SetSRID(ST_MakePoint(%s, %s), %s), %s) AS p) AS x",
            [*lonlat, source, target],
        )
        found = cursor.fetchone()

    assert math.dist((ours.x, ours.y), found) < 0.001


def test_libraries_agree_whichever_is_loaded_first() -> None:
    """Three GDALs live in one process; in either order of import they give one coordinate."""
    import subprocess
    import sys

    code = (
        "import {0}, {1}\n"
        "from rasterio.warp import transform\nfrom pyproj import Transformer\nimport pyogrio\n"
        "x, y = transform('EPSG:4326', 'EPSG:32639', [50.1], [26.43])\n"
        "a = Transformer.from_crs(4326, 32639, always_xy=True).transform(50.1, 26.43)\n"
        "assert abs(x[0] - a[0]) < 1e-3 and abs(y[0] - a[1]) < 1e-3\n"
    )
    for first, second in (("rasterio", "pyogrio"), ("pyogrio", "rasterio")):
        done = subprocess.run([sys.executable, "-c", code.format(first, second)], capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()


# Legacy datums -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [20438, 20439, 20440, 4204, 2318, 27039, 27040, 4270])
def test_the_old_datums_of_the_gulf_are_known_as_such(code: int) -> None:
    assert crs.describe(code).is_legacy_datum


@pytest.mark.parametrize("code", [32639, 9359, 9333, 4326, 2154, 3997])
def test_living_datums_are_not_called_legacy(code: int) -> None:
    assert not crs.describe(code).is_legacy_datum


def test_a_legacy_datum_without_a_code_is_still_known() -> None:
    wkt = CRS.from_epsg(20439).to_wkt("WKT1_ESRI").replace("20439", "")

    assert crs.is_legacy(wkt)


def test_it_never_crosses_a_legacy_datum_silently() -> None:
    with pytest.raises(crs.CrsRefused) as refused:
        crs.transform(Point(410000, 2923000), 20439, 32639)

    assert refused.value.what == "legacy_datum"


def test_within_a_legacy_datum_nothing_needs_asking() -> None:
    moved = crs.transform(Point(410000, 2923000), 20439, 20438)

    assert not crs.operation(20439, 20438).is_legacy
    assert moved.x > 900000


def test_the_record_is_what_was_done_and_names_the_grid_that_would_be_better() -> None:
    area = (50.0, 26.2, 50.2, 26.6)

    record = crs.operation(20439, 9359, area)

    assert record.is_legacy
    assert record.accuracy_m == 2.0
    assert "ARAMCO_AAA-KSAGRF_6.tac" in record.grids_missing
    assert not record.is_ballpark
    assert record.as_json()["definition"]
    from pyproj import Transformer

    by_definition = Transformer.from_pipeline(record.definition).transform(410000.0, 2923000.0)
    ours = crs.transform(Point(410000, 2923000), 20439, 9359, area=area, allow_legacy=True)
    assert math.dist(by_definition, (ours.x, ours.y)) < 1e-6


def test_ain_el_abd_differs_from_the_national_grid_by_sixty_metres_in_dammam() -> None:
    old = crs.transform(Point(DAMMAM), 4326, 20439, allow_legacy=True)
    new = crs.transform(Point(DAMMAM), 4326, 9359)

    assert 40 < math.dist((old.x, old.y), (new.x, new.y)) < 120


# Names ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [32639, 9359, 20439, 2154, 26986, 32628, 4326])
@pytest.mark.parametrize("version", ["WKT1_ESRI", "WKT1_GDAL", "WKT2_2019"])
def test_the_text_of_a_prj_file_is_recognised(code: int, version: str) -> None:
    assert crs.code(CRS.from_epsg(code).to_wkt(version)) == code


@pytest.mark.parametrize("name", ["", "EPSG:999999", "utm zone 39", "GEOGCS[broken", "EPSG:-4326", "0"])
def test_it_refuses_a_name_that_means_nothing(name: str) -> None:
    with pytest.raises(crs.CrsRefused) as refused:
        crs.parse(name)

    assert refused.value.what == "unknown_crs"
    assert refused.value.message_ar


def test_it_refuses_a_vertical_system() -> None:
    with pytest.raises(crs.CrsRefused) as refused:
        crs.parse("EPSG:9335")

    assert refused.value.what == "not_horizontal"


def test_the_height_of_a_compound_system_is_left_aside() -> None:
    assert crs.code("EPSG:9520") in (9333, 9332) or crs.describe("EPSG:9520").is_geographic


def test_units_are_told_apart() -> None:
    assert crs.describe(2263).unit == "us-ft"
    assert crs.describe(4326).unit == "deg"
    assert crs.describe(32639).unit == "m"


def test_names_are_given_in_arabic_too() -> None:
    assert "عين العبد" in crs.describe(20439).name_ar


# Areas ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bounds", "source", "belt"),
    [
        ((2.29, 48.65, 2.34, 48.69), 4326, 32631),
        ((-71.16, 42.35, -71.06, 42.41), 4326, 32619),
        ((358572.0, 3123873.0, 359133.0, 3124319.0), 32628, 32628),
        ((28.0, -26.3, 28.1, -26.2), 4326, 32735),
    ],
)
def test_land_outside_the_belt_is_refused_naming_the_belt_that_holds_it(
    bounds: crs.Bounds, source: int, belt: int
) -> None:
    with pytest.raises(crs.Outside) as refused:
        crs.require_inside(bounds, 32639, source=source)

    assert refused.value.belt == belt
    assert f"EPSG:{belt}" in refused.value.message_en
    assert f"EPSG:{belt}" in refused.value.message_ar


def test_land_across_two_belts_is_told_so() -> None:
    with pytest.raises(crs.Outside) as refused:
        crs.require_inside((43.0, 24.0, 50.0, 27.0), 32639)

    assert refused.value.belt is None
    assert "EPSG:32638" in refused.value.message_en


def test_a_town_on_the_edge_of_a_belt_keeps_one_belt() -> None:
    assert crs.require_inside((47.8, 26.0, 48.3, 26.4), 32639) == (47.8, 26.0, 48.3, 26.4)


@pytest.mark.parametrize("bounds", [(410000.0, 2923000.0, 420000.0, 2930000.0), (math.nan, 0, 1, 1), (-181.0, 0, 1, 1)])
def test_metres_are_not_taken_for_degrees(bounds: crs.Bounds) -> None:
    with pytest.raises(crs.CrsRefused) as refused:
        crs.require_inside(bounds, 32639)

    assert refused.value.what == "bad_coordinates"


@given(st.floats(-180, 179.999), st.floats(-80, 84))
@settings(max_examples=budget(100, 5000), deadline=None)
def test_the_belt_of_a_point_holds_it(lon: float, lat: float) -> None:
    area = CRS.from_epsg(crs.utm_belt(lon, lat)).area_of_use

    assert area is not None
    assert area.west - 1e-9 <= lon <= area.east + 1e-9


# Transforming --------------------------------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.floats(48, 54), st.floats(18, 28)), min_size=1, max_size=30))
@settings(max_examples=budget(50, 2000), deadline=None)
def test_there_and_back_is_the_same_place(points: list[tuple[float, float]]) -> None:
    there = crs.transform(MultiPoint(points), 4326, 32639)
    back = crs.transform(there, 32639, 4326)

    assert np.abs(shapely.get_coordinates(back) - np.array(points)).max() < 1e-10


def test_arrays_keep_their_order_and_their_gaps() -> None:
    found = crs.transform(np.array([Point(50, 26), None, Polygon(), Point(51, 26)], dtype=object), 4326, 32639)

    assert found[1] is None
    assert found[2].is_empty
    assert found[0].x < found[3].x


def test_heights_are_dropped() -> None:
    assert not crs.transform(Point(50, 26, 12.5), 4326, 32639).has_z


def test_a_place_without_an_image_is_named() -> None:
    with pytest.raises(crs.CrsRefused) as refused:
        crs.transform(Point(math.inf, 26), 4326, 32639)

    assert refused.value.what == "bad_coordinates"


def test_what_is_handed_in_stays_as_it_was() -> None:
    point = np.array([Point(50, 26)], dtype=object)

    crs.transform(point, 4326, 32639)

    assert point[0].equals(Point(50, 26))


def test_threads_get_the_same_answer() -> None:
    def one(i: int) -> tuple[float, float]:
        p = crs.transform(Point(50 + i % 7 / 10, 26), 4326, (32639, 9359, 32638)[i % 3])
        return p.x, p.y

    alone = [one(i) for i in range(60)]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(one, range(60))) == alone


# PostGIS -------------------------------------------------------------------------------------------------------------


def test_rows_for_postgis_cover_the_national_grid_and_any_other_code_wanted() -> None:
    rows = crs.spatial_ref_sys_rows(3997, 9359)

    assert [row[0] for row in rows] == [9333, 9356, 9357, 9358, 9359, 9360, 3997]
    for srid, authority, number, wkt, proj4 in rows:
        assert (authority, number) == ("EPSG", srid)
        assert CRS.from_wkt(wkt).to_epsg() == srid
        assert CRS.from_proj4(proj4).is_geographic == CRS.from_epsg(srid).is_geographic
