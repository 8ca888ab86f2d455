"""OGC API - Tiles, Part 1 (20-057): one test for each requirement of the classes that are declared."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mapbox_vector_tile
import morecantile
import pytest
import shapely
from pyproj import CRS
from shapely.geometry import shape

from layers import crs
from layers.models import AddedLayer, Feature
from layers.registry import LAYERS
from tests.layers.ogc.asking import Answer, Api
from tests.tiles.ogc.schemas import tile_schema_faults
from tiles.api import grids
from tiles.grid import EXTENT, WEB_MERCATOR, Grid, storage_grid
from tiles.ogc.documents import CONFORMANCE, limits

pytestmark = pytest.mark.django_db

REL = "http://www.opengis.net/def/rel/ogc/1.0"
MVT = "application/vnd.mapbox-vector-tile"
JSON = "application/json"


def where(api: Api, collection: str = "parcels") -> shapely.Point:
    """Return a place in the middle of a feature, in degrees."""
    return shape(api.items(collection, limit=1).json["features"][0]["geometry"]).representative_point()


def index(grid: Grid, z: int, at: shapely.Point) -> tuple[int, int]:
    """Return column and row of the tile that holds a place."""
    there = crs.transform(at, 4326, grid.srid)
    return grid.tile_at(z, there.x, there.y)


def tile(api: Api, grid: Grid, z: int, at: shapely.Point, collection: str = "parcels", **query: Any) -> Answer:
    column, row = index(grid, z, at)
    return api.get(f"/collections/{collection}/tiles/{grid.id}/{z}/{row}/{column}", **query)


def every_grid() -> list[Grid]:
    return list(grids().values())


# Tile matrix sets (17-083r4) ----------------------------------------------------------------------------------------


def test_tms_tile_matrix_sets_are_listed(api: Api, real_data: Path) -> None:
    listed = api.good("/tileMatrixSets").json
    assert {one["id"] for one in listed["tileMatrixSets"]} == {"WebMercatorQuad", "UTM39WGS84Quad"}
    for one in listed["tileMatrixSets"]:
        assert tile_schema_faults(real_data, "tms/tileMatrixSet-item", one) == []
        assert api.good(one["links"][0]["href"]).json["id"] == one["id"]
    assert api.good("/").link(f"{REL}/tiling-schemes", JSON).endswith("/ogc/tileMatrixSets?f=json")


def test_tms_json_tile_matrix_set(api: Api, real_data: Path) -> None:
    for grid in every_grid():
        document = api.good(f"/tileMatrixSets/{grid.id}").json
        assert tile_schema_faults(real_data, "tms/tileMatrixSet", document) == []
        read = morecantile.TileMatrixSet.model_validate({k: v for k, v in document.items() if k != "links"})
        at = where(api)
        for z in (grid.min_zoom, 10, 16, grid.max_zoom):
            there = crs.transform(at, 4326, grid.srid)
            theirs = read._tile(there.x, there.y, z)
            assert (theirs.x, theirs.y) == grid.tile_at(z, there.x, there.y)
            assert read.xy_bounds(theirs) == pytest.approx(grid.box(z, theirs.x, theirs.y), abs=1e-6)
    assert "UTM" in api.refused("/tileMatrixSets/WorldCRS84Quad", 404)["detail"]


@pytest.mark.parametrize(("grid", "name"), [(WEB_MERCATOR, "WebMercatorQuad"), (storage_grid(32631), "UTM31WGS84Quad")])
def test_a_registered_tile_matrix_set_is_the_registered_one(grid: Grid, name: str) -> None:
    """Ours are made from the grids that tiles are cut in; morecantile holds what OGC has registered."""
    registered = morecantile.tms.get(name)
    assert grid.uri == str(registered.uri) and registered.crs._pyproj_crs == CRS.from_epsg(grid.srid)
    for matrix in registered.tileMatrices:
        z = int(matrix.id)
        if not grid.min_zoom <= z <= grid.max_zoom:
            continue
        assert matrix.cellSize == pytest.approx(grid.cell_size(z), rel=1e-12)
        assert matrix.pointOfOrigin == pytest.approx((grid.west, grid.north), abs=1e-6)
        assert (matrix.matrixWidth, matrix.matrixHeight) == (grid.columns(z), grid.rows(z))
        assert matrix.scaleDenominator == pytest.approx(grid.cell_size(z) / 0.00028, rel=1e-12)


# Tilesets -----------------------------------------------------------------------------------------------------------


def test_req_geodata_tilesets_desc_links(api: Api) -> None:
    for code in LAYERS:
        address = api.good(f"/collections/{code}").link(f"{REL}/tilesets-vector", JSON)
        assert address.endswith(f"/ogc/collections/{code}/tiles?f=json")
        assert api.get(address).status == 200


def test_req_geodata_tilesets_operation(api: Api) -> None:
    assert api.refused("/collections/nothing/tiles", 404)
    assert api.refused("/collections/parcels/tiles", limit=1)["parameter"] == "limit"


def test_req_tilesets_list_tileset_links(api: Api, real_data: Path) -> None:
    for code in LAYERS:
        listed = api.good(f"/collections/{code}/tiles").json["tilesets"]
        assert len(listed) == len(every_grid())
        for one in listed:
            assert tile_schema_faults(real_data, "tms/tileSet-item", one) == []
            links = {link["rel"]: link["href"] for link in reversed(one["links"])}
            assert f"/collections/{code}/tiles/" in links["self"]
            assert one["dataType"] == "vector" and one["crs"].startswith("http://www.opengis.net/def/crs/EPSG/0/")
            assert api.good(links["self"]).json["crs"] == one["crs"]
            assert api.good(links[f"{REL}/tiling-scheme"]).json["crs"] == one["crs"]


def test_req_tileset_description(api: Api, real_data: Path) -> None:
    for code in LAYERS:
        for grid in every_grid():
            answer = api.good(f"/collections/{code}/tiles/{grid.id}")
            document = answer.json
            assert tile_schema_faults(real_data, "tms/tileSet", document) == []
            assert document.get("tileMatrixSetURI", "") == grid.uri
            assert api.good(answer.link(f"{REL}/tiling-scheme")).json["id"] == grid.id
            assert api.good(answer.link(f"{REL}/geodata")).json["id"] == code
            item = next(link for link in document["links"] if link["rel"] == "item")
            assert item["templated"] is True and item["type"] == MVT
            assert all(f"{{{name}}}" in item["href"] for name in ("tileMatrix", "tileRow", "tileCol"))


def test_the_template_leads_to_a_tile(api: Api) -> None:
    at = where(api)
    for grid in every_grid():
        document = api.good(f"/collections/parcels/tiles/{grid.id}").json
        template = next(link["href"] for link in document["links"] if link["rel"] == "item")
        column, row = index(grid, 16, at)
        filled = template.format(tileMatrix=16, tileRow=row, tileCol=column)
        assert mapbox_vector_tile.decode(api.good(filled).body)["parcels"]["features"]


def test_a_tileset_leads_to_its_tilejson(api: Api) -> None:
    document = api.good("/collections/parcels/tiles/WebMercatorQuad")
    address = next(link["href"] for link in document.json["links"] if link.get("title") == "TileJSON")
    assert api.client.get(address.removeprefix("http://testserver")).json()["tilejson"] == "3.0.0"


def test_a_tileset_says_where_its_data_are(api: Api) -> None:
    """The bounds hold every feature, and the centre's tile has some of them."""
    for grid in every_grid():
        document = api.good(f"/collections/parcels/tiles/{grid.id}").json
        (west, south), (east, north) = document["boundingBox"]["lowerLeft"], document["boundingBox"]["upperRight"]
        bounds = shapely.box(west - 3, south - 3, east + 3, north + 3)
        for feature in api.walk("parcels", limit=1000):
            assert bounds.covers(crs.transform(shape(feature["geometry"]), 4326, grid.srid))
        z = int(document["centerPoint"]["tileMatrix"])
        column, row = grid.tile_at(z, *document["centerPoint"]["coordinates"])
        assert api.get(f"/collections/parcels/tiles/{grid.id}/{z}/{row}/{column}").status == 200


def test_a_tileset_names_what_is_in_its_tiles(api: Api) -> None:
    for code in ("parcels", "streets", "places", "districts"):
        at = where(api, code)
        for grid in every_grid():
            described = {one["id"]: one for one in api.good(f"/collections/{code}/tiles/{grid.id}").json["layers"]}
            first, last = int(described[code]["minTileMatrix"]), int(described[code]["maxTileMatrix"])
            for z in range(first, last + 1):
                decoded = mapbox_vector_tile.decode(tile(api, grid, z, at, code).body)
                assert decoded and decoded.keys() <= described.keys(), (code, z)
                for name, layer in decoded.items():
                    schema = described[name]["propertiesSchema"]["properties"]
                    for feature in layer["features"]:
                        for key, value in feature["properties"].items():
                            kind = {"string": str, "integer": int, "number": (int, float)}[schema[key]["type"]]
                            assert isinstance(value, kind), (name, z, key, value)


def test_tilesets_are_pages_in_both_languages(api: Api) -> None:
    addresses = ("/tileMatrixSets", "/tileMatrixSets/UTM39WGS84Quad", "/collections/parcels/tiles")
    for address in (*addresses, "/collections/parcels/tiles/WebMercatorQuad"):
        for lang in ("ar", "en"):
            page = api.good(address, f="html", lang=lang)
            assert page.type.startswith("text/html") and f'<html lang="{lang}"' in page.text
            assert ("شبك" in page.text) == (lang == "ar")


# Core: a tile -------------------------------------------------------------------------------------------------------


def test_req_core_tc_op(api: Api) -> None:
    at = where(api)
    for grid in every_grid():
        assert tile(api, grid, 16, at).status == 200
        assert tile(api, grid, 16, at, f="mvt").body == tile(api, grid, 16, at).body
        assert tile(api, grid, 16, at, f="png").status == 400
        assert tile(api, grid, 16, at, limit=1).status == 400


def test_req_core_tc_tilematrix_tilerow_tilecol_definition(api: Api) -> None:
    """The row comes before the column, and each has one spelling."""
    at = where(api)
    column, row = index(WEB_MERCATOR, 16, at)
    base = "/collections/parcels/tiles/WebMercatorQuad"
    assert api.get(f"{base}/16/{row}/{column}").status == 200
    assert column != row and api.get(f"{base}/16/{column}/{row}").status != 200
    for bad in (
        f"16/{row}/-1",
        f"16/{row}/1.5",
        f"16/{row}/+1",
        f"16/{row}/1e3",
        f"z/{row}/1",
        f"16/{row}/٣",
        "016/1/1",
    ):
        assert api.refused(f"{base}/{bad}"), bad
    for bad in (f"16/{row}/%00", f"16/{row}/1%20", f"16/{row}/{'9' * 400}", "16/''/1", "16/1/1;drop"):
        assert api.get(f"{base}/{bad}").status in (400, 404), bad


def test_req_core_tc_success(api: Api) -> None:
    """What a tile holds lies where the feature lies, by the definition of its matrix set alone."""
    feature = api.items(limit=1).json["features"][0]
    at = shape(feature["geometry"]).representative_point()
    for grid in every_grid():
        definition = api.good(f"/tileMatrixSets/{grid.id}").json
        column, row = index(grid, 17, at)
        matrix = next(m for m in definition["tileMatrices"] if m["id"] == "17")
        side = matrix["cellSize"] * matrix["tileWidth"]
        left, top = matrix["pointOfOrigin"][0] + column * side, matrix["pointOfOrigin"][1] - row * side
        there = crs.transform(at, 4326, grid.srid)
        pixel = shapely.Point((there.x - left) / side * EXTENT, (top - there.y) / side * EXTENT)
        decoded = mapbox_vector_tile.decode(tile(api, grid, 17, at).body, default_options={"y_coord_down": True})
        hit = [f for f in decoded["parcels"]["features"] if shape(f["geometry"]).distance(pixel) <= 2]
        assert feature["properties"]["parcel_no"] in {f["properties"]["parcel_no"] for f in hit}


def test_req_core_tc_error__outside_of_the_limits(api: Api) -> None:
    for code, layer in LAYERS.items():
        for grid in every_grid():
            given = api.good(f"/collections/{code}/tiles/{grid.id}").json["tileMatrixSetLimits"]
            assert given == limits(layer, grid)
            base = f"/collections/{code}/tiles/{grid.id}"
            for one in (given[0], given[-1]):
                z, row, column = one["tileMatrix"], one["maxTileRow"], one["maxTileCol"]
                assert api.get(f"{base}/{z}/{row}/{column}").status in (200, 204)
                assert api.refused(f"{base}/{z}/{row + 1}/{column}", 404)
                assert api.refused(f"{base}/{z}/{row}/{column + 1}", 404)
            below, above = int(given[0]["tileMatrix"]) - 1, int(given[-1]["tileMatrix"]) + 1
            for z in (below, above, 99):
                if z >= 0:
                    assert api.refused(f"{base}/{z}/0/0", 404)
    assert api.refused("/collections/nothing/tiles/WebMercatorQuad/16/1/1", 404)
    assert api.refused("/collections/parcels/tiles/WorldCRS84Quad/16/1/1", 404)


def test_the_limits_hold_all_land_there_can_be(api: Api) -> None:
    """New land anywhere in the storage system's area lies in a tile that could be asked for before."""
    for grid in every_grid():
        for lon, lat in ((47.6, 0.1), (54.4, 30.0), (51.0, 80.0), (48.0, 24.0)):
            for one in limits(LAYERS["parcels"], grid):
                column, row = index(grid, int(one["tileMatrix"]), shapely.Point(lon, lat))
                assert one["minTileRow"] <= row <= one["maxTileRow"]
                assert one["minTileCol"] <= column <= one["maxTileCol"]


def test_req_core_tc_error__an_empty_tile(api: Api) -> None:
    for grid in every_grid():
        answer = tile(api, grid, 16, shapely.Point(48.5, 40.0))
        assert answer.status == 204 and answer.body == b""


def test_req_core_conformance_success(api: Api) -> None:
    assert set(CONFORMANCE) <= set(api.good("/conformance").json["conformsTo"])


def test_req_mvt_content(api: Api) -> None:
    answer = tile(api, WEB_MERCATOR, 16, where(api))
    assert answer.type == MVT
    decoded = mapbox_vector_tile.decode(answer.body)
    assert decoded["parcels"]["extent"] == EXTENT
    assert all(f["geometry"]["type"] in ("Polygon", "MultiPolygon") for f in decoded["parcels"]["features"])


def test_it_is_the_tile_of_the_other_address(api: Api) -> None:
    at = where(api)
    column, row = index(WEB_MERCATOR, 16, at)
    other = api.client.get(f"/tiles/parcels/16/{column}/{row}.mvt")
    answer = tile(api, WEB_MERCATOR, 16, at)
    assert answer.body == other.content and answer.header("ETag") == other["ETag"]
    assert answer.header("Cache-Control") == other["Cache-Control"]


def test_a_client_that_has_a_tile_is_told_so(api: Api) -> None:
    at = where(api)
    column, row = index(WEB_MERCATOR, 16, at)
    address = f"/collections/parcels/tiles/WebMercatorQuad/16/{row}/{column}"
    tag = api.good(address).header("ETag")
    again = api.get(address, headers={"if-none-match": tag})
    assert again.status == 304 and again.body == b""
    assert api.ask("HEAD", address).body == b""
    assert api.ask("POST", address).status == 405
    assert "GET" in api.ask("OPTIONS", address).header("Allow")


def test_a_tile_comes_as_a_vector_tile_only(api: Api) -> None:
    at = where(api)
    column, row = index(WEB_MERCATOR, 16, at)
    address = f"/collections/parcels/tiles/WebMercatorQuad/16/{row}/{column}"
    for accept in (MVT, "application/x-protobuf", "*/*", f"image/png, {MVT};q=0.5", "application/*"):
        assert api.good(address, headers={"accept": accept}).type == MVT
    assert api.refused(address, 406, headers={"accept": "image/png"})


def test_req_oas30_completeness_and_operation_ids(api: Api) -> None:
    paths = api.good("/api").json["paths"]
    ends = {
        "/collections/parcels/tiles": ".collection.vector.getTileSetsList",
        "/collections/parcels/tiles/{tileMatrixSetId}": ".collection.vector.getTileSet",
        "/collections/parcels/tiles/{tileMatrixSetId}/{tileMatrix}/{tileRow}/{tileCol}": ".collection.vector.getTile",
        "/tileMatrixSets": ".getTileMatrixSetsList",
        "/tileMatrixSets/{tileMatrixSetId}": ".getTileMatrixSet",
    }
    for path, end in ends.items():
        assert paths[path]["get"]["operationId"].endswith(end)
    names = [operation["operationId"] for item in paths.values() for operation in item.values()]
    assert len(names) == len(set(names))


# Who may see what ---------------------------------------------------------------------------------------------------


def test_a_layer_of_staff_has_no_tiles_for_others(api: Api) -> None:
    fields = [{"name": "name", "ar": "الاسم", "en": "Name", "kind": "text"}]
    layer = AddedLayer.objects.create(
        code="secret", name_ar="سري", name_en="Secret", geometry="Point", fields=fields, readers="staff"
    )
    Feature.objects.create(
        layer=layer,
        uid="00000000-0000-4000-8000-000000000001",
        properties={"name": "x"},
        geom="SRID=32639;POINT(410000 2923000)",
        begin_lifespan_version="2026-01-01T00:00:00Z",
    )
    column, row = index(WEB_MERCATOR, 16, crs.transform(shapely.Point(410_000, 2_923_000), 32639, 4326))
    for path in ("", "/WebMercatorQuad", f"/WebMercatorQuad/16/{row}/{column}"):
        hidden = api.refused(f"/collections/secret/tiles{path}", 404)["detail"]
        assert hidden.replace("secret", "nothing") == api.refused(f"/collections/nothing/tiles{path}", 404)["detail"]
    assert "secret" not in api.good("/api").text


def test_an_added_layer_has_tiles_too(api: Api) -> None:
    fields = [{"name": "depth", "ar": "العمق", "en": "Depth", "kind": "integer"}]
    layer = AddedLayer.objects.create(code="wells", name_ar="آبار", name_en="Wells", geometry="Point", fields=fields)
    Feature.objects.create(
        layer=layer,
        uid="00000000-0000-4000-8000-000000000001",
        properties={"depth": 7},
        geom="SRID=32639;POINT(410000 2923000)",
        begin_lifespan_version="2026-01-01T00:00:00Z",
    )
    at = crs.transform(shapely.Point(410_000, 2_923_000), 32639, 4326)
    for grid in every_grid():
        decoded = mapbox_vector_tile.decode(tile(api, grid, 16, at, "wells").body)
        assert decoded["wells"]["features"][0]["properties"]["depth"] == 7
