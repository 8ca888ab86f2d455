"""Vector tiles of the sample city: decoded by two readers, compared with a clip of the features by shapely."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import mapbox_vector_tile
import numpy as np
import pytest
import shapely
from django.db import connection
from shapely.geometry import shape as shape_of
from shapely.geometry.base import BaseGeometry

from layers.access import PUBLIC, STAFF
from layers.catalog.base import Layer
from layers.registry import LAYERS
from tests.budget import SOAK
from tests.sample import Sample, sample_land
from tests.tiles.mvt import TileLayer, read_tile
from tiles.grid import EXTENT, WEB_MERCATOR, Grid, storage_grid
from tiles.sources import postgis
from tiles.sources.base import BUFFER
from tiles.sources.postgis import PostgisSource, has_labels, label_fields, tile_fields

__all__ = ["sample_land"]

pytestmark = pytest.mark.django_db
STORAGE = storage_grid(32639)
GRIDS = [WEB_MERCATOR, STORAGE]
CODES = ["parcels", "blocks", "plans", "districts", "streets", "zoning", "places", "growth_phases"]
MARGIN = EXTENT * BUFFER


def rows(layer: Layer, grid: Grid) -> dict[int, tuple[BaseGeometry, dict[str, Any]]]:
    """Return the current features of a layer straight from its table."""
    column = "geom_3857" if grid is WEB_MERCATOR else "geom"
    names = [f.name for f in layer.fields]
    where = " AND ".join(["end_lifespan_version IS NULL", *(f"{n} = '{v}'" for n, v in layer.fixed.items())])
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id, ST_AsBinary({column}), {', '.join(names)} FROM {layer.table} WHERE {where}")
        found = cursor.fetchall()
    return {r[0]: (shapely.from_wkb(bytes(r[1])), dict(zip(names, r[2:], strict=True))) for r in found}


def in_cells(shape: BaseGeometry, grid: Grid, z: int, x: int, y: int) -> BaseGeometry:
    """Return a geometry in the cells of a tile, y downwards."""
    west, _, _, north = grid.box(z, x, y)
    scale = EXTENT / grid.side(z)
    return shapely.transform(shape, lambda at: np.column_stack([at[:, 0] - west, north - at[:, 1]]) * scale)


def tiles_with_something(layer: Layer, grid: Grid, z: int) -> Iterator[tuple[int, int]]:
    shapes = [shape for shape, _ in rows(layer, grid).values()]
    yield from grid.tiles_touched(shapely.box(*shapely.total_bounds(shapes)), z, BUFFER)


def decoded(raw: bytes) -> dict[str, TileLayer]:
    """Return a tile as both readers read it; they must agree."""
    ours = read_tile(raw)
    other = mapbox_vector_tile.decode(raw, default_options={"y_coord_down": True})
    assert {n: len(c.features) for n, c in ours.items()} == {n: len(c["features"]) for n, c in other.items()}
    for name, layer in ours.items():
        for mine, theirs in zip(layer.features, other[name]["features"], strict=True):
            assert mine.properties == theirs["properties"]
            assert mine.geometry.equals(shape_of(theirs["geometry"]))
    return ours


@pytest.mark.parametrize("grid", GRIDS, ids=lambda g: g.id)
@pytest.mark.parametrize("code", CODES)
def test_a_tile_is_the_features_clipped_to_it(sample_land: Sample, code: str, grid: Grid) -> None:
    layer = LAYERS[code]
    everything = rows(layer, grid)
    for z, most in ((14, 4), (16, 6), (18, 6)):
        for x, y in list(tiles_with_something(layer, grid, z))[:: 1 if SOAK else 5][:most]:
            raw = PostgisSource(layer, PUBLIC).tile(grid, z, x, y)
            expected, wholes = {}, {}
            clip = shapely.box(-MARGIN, -MARGIN, EXTENT + MARGIN, EXTENT + MARGIN)
            for number, (shape, _) in everything.items():
                wholes[number] = in_cells(shape, grid, z, x, y)
                part = shapely.intersection(wholes[number], clip)
                if not part.is_empty:
                    expected[number] = part
            found = {f.id: f for f in decoded(raw)[code].features} if raw else {}
            assert found.keys() <= expected.keys()
            for number in expected.keys() - found.keys():
                # Only what meets the clip in less than a cell may be missing: it lies on the edge of the buffer.
                assert expected[number].bounds[0] >= EXTENT + MARGIN - 1 or expected[number].area < 1
            for number, feature in found.items():
                assert is_the_same(feature.geometry, wholes[number]), (z, x, y, number)


def is_the_same(found: BaseGeometry, whole: BaseGeometry) -> bool:
    """Return whether a geometry is another, clipped: rounding to a cell moves a side by up to one.

    Where a side runs into the clip at a sharp angle, its end moves along the clip by more; so what is found is compared
    with the whole feature, and the feature with what is found just inside the clip.
    """
    inside = MARGIN - 4
    part = shapely.intersection(whole, shapely.box(-inside, -inside, EXTENT + inside, EXTENT + inside))
    found_is_there = shapely.covers(shapely.buffer(whole, 1.5), found)
    return bool(found_is_there and (part.is_empty or shapely.covers(shapely.buffer(found, 1.5), part)))


@pytest.mark.parametrize("code", CODES)
def test_attributes_are_those_of_the_row_that_the_zoom_carries(sample_land: Sample, code: str) -> None:
    layer = LAYERS[code]
    everything = rows(layer, WEB_MERCATOR)
    for z in (14, 17):
        wanted = {f.name: f.kind for f in tile_fields(layer, PUBLIC, z)}
        for x, y in list(tiles_with_something(layer, WEB_MERCATOR, z))[:4]:
            raw = PostgisSource(layer, PUBLIC).tile(WEB_MERCATOR, z, x, y)
            for feature in read_tile(raw)[code].features if raw else ():
                assert feature.id is not None
                row = everything[feature.id][1]
                for name, kind in wanted.items():
                    if row[name] is None:
                        assert name not in feature.properties
                    elif kind in ("decimal", "float"):
                        assert feature.properties[name] == pytest.approx(float(row[name]))
                    elif kind != "datetime":
                        assert feature.properties[name] == (row[name] if kind == "integer" else str(row[name]))
                assert feature.properties.keys() <= wanted.keys()


@pytest.mark.parametrize("grid", GRIDS, ids=lambda g: g.id)
@pytest.mark.parametrize("code", ["parcels", "blocks", "districts", "zoning"])
def test_each_area_has_its_label_in_exactly_one_tile(sample_land: Sample, code: str, grid: Grid) -> None:
    layer = LAYERS[code]
    z = max(layer.style.label_zoom, 13)
    assert has_labels(layer, z)
    everything = rows(layer, grid)
    seen: dict[int, BaseGeometry] = {}
    for x, y in tiles_with_something(layer, grid, z):
        raw = PostgisSource(layer, PUBLIC).tile(grid, z, x, y)
        labels = read_tile(raw).get(f"{code}_labels") if raw else None
        for feature in labels.features if labels else ():
            assert feature.id is not None and feature.id not in seen
            seen[feature.id] = feature.geometry
            assert set(feature.properties) <= {f.name for f in label_fields(layer, PUBLIC)}
            point = feature.geometry.geoms[0]
            assert 0 <= point.x <= EXTENT and 0 <= point.y <= EXTENT
            shape = in_cells(everything[feature.id][0], grid, z, x, y)
            assert shape.distance(point) <= 1
    assert seen.keys() == everything.keys()


def test_a_feature_too_small_for_a_cell_is_there_all_the_same(sample_land: Sample) -> None:
    layer = LAYERS["zoning"]
    box = next(iter(rows(layer, STORAGE).values()))[0].representative_point()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO layers_zone (uid, begin_lifespan_version, name_ar, name_en, kind, code, geom)"
            " VALUES (gen_random_uuid(), now(), '', '', 'zoning', 'tiny',"
            " ST_Multi(ST_SetSRID(ST_MakeEnvelope(%s, %s, %s, %s), 32639))) RETURNING id",
            [box.x, box.y, box.x + 0.05, box.y + 0.05],
        )
        number = cursor.fetchone()[0]
    for grid in GRIDS:
        shape = rows(layer, grid)[number][0]
        for z in (10, 14, 18):
            x, y = grid.tile_at(z, *shape.centroid.coords[0])
            found = read_tile(PostgisSource(layer, PUBLIC).tile(grid, z, x, y))["zoning"].features
            tiny = next(f for f in found if f.id == number)
            assert tiny.geometry.area >= 1
            assert tiny.geometry.distance(in_cells(shape, grid, z, x, y)) <= 1


def overlaps_and_gaps(shapes: list[BaseGeometry]) -> tuple[float, float]:
    """Return the width of the widest overlap of two areas, and of the widest gap between two that should touch.

    Both in the unit of the coordinates; a gap wider than four of them is no fault but a street.
    """
    array = np.array(shapes, dtype=object)
    first, second = shapely.STRtree(array).query(array, predicate="dwithin", distance=4)
    pairs = first < second
    over = shapely.intersection(array[first[pairs]], array[second[pairs]])
    widest = max((2 * s.area / s.length for s in over if s.length and s.area), default=0.0)
    joined = shapely.union_all(array)
    closed = shapely.buffer(shapely.buffer(joined, 2, join_style="mitre"), -2, join_style="mitre")
    slivers = shapely.get_parts(shapely.difference(closed, joined))
    return widest, max((2 * s.area / s.length for s in slivers if s.area > 0.01), default=0.0)


@pytest.mark.parametrize("code", ["parcels", "zoning", "districts"])
def test_neighbours_keep_the_sides_they_share_within_a_cell(sample_land: Sample, code: str) -> None:
    layer = LAYERS[code]
    for z in (14, 15, 16):
        for x, y in list(tiles_with_something(layer, WEB_MERCATOR, z))[:6]:
            raw = PostgisSource(layer, PUBLIC).tile(WEB_MERCATOR, z, x, y)
            if raw:
                found = [f.geometry for f in read_tile(raw)[code].features]
                assert all(shape.is_valid for shape in found)
                assert overlaps_and_gaps(found)[0] <= 1.0


def test_a_tile_too_large_loses_attributes_then_labels_then_precision_then_the_smallest_and_says_so(
    sample_land: Sample, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = PostgisSource(LAYERS["parcels"], PUBLIC)
    z = 17
    sizes = {(x, y): source.tile(WEB_MERCATOR, z, x, y) for x, y in tiles_with_something(source.layer, WEB_MERCATOR, z)}
    (x, y), whole = max(sizes.items(), key=lambda item: len(item[1]))
    before = read_tile(whole)
    assert "_omitted" not in before
    count = len(before["parcels"].features)
    stages = set()
    for limit in range(len(whole) - 1, 250, -max(1, len(whole) // 40)):
        monkeypatch.setattr(postgis, "LARGEST_BYTES", limit)
        raw = source.tile(WEB_MERCATOR, z, x, y)
        assert len(raw) <= limit
        found = decoded(raw)
        told = found["_omitted"].features[0].properties
        assert told["layer"] == "parcels"
        assert set(told["attributes"].split(",")) == {f.name for f in tile_fields(source.layer, PUBLIC, z)}
        assert told["cells"] == found["parcels"].extent
        assert told["features"] + len(found["parcels"].features) == count
        assert told["labels"] == ("parcels_labels" not in found)
        assert all(not f.properties for f in found["parcels"].features)
        stages.add((told["labels"], told["cells"], told["features"] > 0))
    assert {(False, EXTENT, False), (True, EXTENT, False), (True, EXTENT // 4, False)} <= stages
    assert (True, EXTENT // 4, True) in stages


def test_what_is_left_out_is_the_smallest(sample_land: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    source = PostgisSource(LAYERS["parcels"], STAFF)
    x, y = next(tiles_with_something(source.layer, WEB_MERCATOR, 14))
    every = {f.id: f.geometry for f in read_tile(source.tile(WEB_MERCATOR, 14, x, y))["parcels"].features}
    monkeypatch.setattr(postgis, "LARGEST_BYTES", 700)
    kept = {f.id for f in read_tile(source.tile(WEB_MERCATOR, 14, x, y))["parcels"].features}

    def size(number: int | None) -> float:
        west, south, east, north = every[number].bounds
        return (east - west) * (north - south)

    assert kept and kept < every.keys()
    # Cells are four times as large where features had to go, so sizes compare with that much play.
    assert min(map(size, kept)) >= 0.5 * max(map(size, every.keys() - kept)) - 200


def test_a_zoom_that_the_layer_does_not_have_is_empty(sample_land: Sample) -> None:
    source = PostgisSource(LAYERS["places"], PUBLIC)
    assert source.zooms.first > 3
    assert source.tile(WEB_MERCATOR, 3, 5, 3) == b""


def test_making_a_tile_is_one_statement(sample_land: Sample, django_assert_num_queries: Any) -> None:
    for code, z in (("parcels", 16), ("parcels", 13), ("parcels", 9), ("zoning", 12)):
        source = PostgisSource(LAYERS[code], PUBLIC)
        x, y = next(tiles_with_something(source.layer, WEB_MERCATOR, z))
        with django_assert_num_queries(1):
            source.tile(WEB_MERCATOR, z, x, y)


def test_the_tile_is_found_by_the_index_of_current_rows(sample_land: Sample) -> None:
    source = PostgisSource(LAYERS["parcels"], PUBLIC)
    for grid, index in ((WEB_MERCATOR, "parcel_current_tile"), (STORAGE, "parcel_current_geom")):
        at = next(tiles_with_something(source.layer, grid, 18))
        sql, params = source.statement(grid, 18, *at)
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")  # the sample is small enough to be read whole
            cursor.execute("EXPLAIN " + sql, params)
            plan = "\n".join(row[0] for row in cursor.fetchall())
        assert index in plan
