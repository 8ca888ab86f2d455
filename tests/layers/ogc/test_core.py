"""OGC API - Features, Part 1, Core (17-069r4): one test for each requirement, named by its id."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.layers.ogc.asking import CRS84, Api
from tests.layers.ogc.judges import geojson_faults, schema_faults

pytestmark = pytest.mark.django_db

JSON, HTML, GEOJSON = "application/json", "text/html", "application/geo+json"
PAGES = ["/", "/conformance", "/api", "/collections", "/collections/parcels", "/collections/parcels/items"]


def parameter(api: Api, name: str, path: str = "/collections/parcels/items") -> dict:
    """Return a query parameter as the OpenAPI document defines it."""
    document = api.good("/api").json
    for one in document["paths"][path]["get"]["parameters"]:
        found = document["components"]["parameters"][one["$ref"].rpartition("/")[2]] if "$ref" in one else one
        if found["name"] == name:
            return dict(found)
    raise AssertionError(f"no parameter {name} at {path}")


# Landing page, definition, conformance ------------------------------------------------------------------------------


def test_req_core_root_op(api: Api) -> None:
    assert api.get("/").status == 200


def test_req_core_root_success(api: Api, real_data: Path) -> None:
    landing = api.good("/")
    assert schema_faults(real_data, "landingPage", landing.json) == []
    for rel in ("service-desc", "service-doc", "conformance", "data"):
        assert api.get(landing.link(rel)).status == 200, rel


def test_req_core_api_definition_op(api: Api) -> None:
    landing = api.good("/")
    for rel in ("service-desc", "service-doc"):
        assert api.get(landing.link(rel)).status == 200


def test_req_core_api_definition_success(api: Api) -> None:
    landing = api.good("/")
    for link in landing.json["links"]:
        if link["rel"] in ("service-desc", "service-doc"):
            answer = api.get(link["href"], headers={"accept": link["type"]})
            assert answer.type.startswith(link["type"])


def test_req_core_conformance_op(api: Api) -> None:
    assert api.get("/conformance").status == 200


def test_req_core_conformance_success(api: Api, real_data: Path) -> None:
    document = api.good("/conformance").json
    assert schema_faults(real_data, "confClasses", document) == []
    for name in ("core", "oas30", "html", "geojson"):
        assert f"http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/{name}" in document["conformsTo"]
    assert len(set(document["conformsTo"])) == len(document["conformsTo"])


def test_req_core_http(api: Api) -> None:
    """HTTP/1.1 as it is meant: HEAD like GET without a body, OPTIONS, 405 with Allow, 404, 406."""
    for path in PAGES:
        get, head = api.get(path), api.ask("HEAD", path)
        assert head.status == 200 and head.body == b""
        assert head.header("ETag") == get.header("ETag")
        assert head.header("Content-Type") == get.header("Content-Type")
        assert api.ask("OPTIONS", path).header("Allow") == "GET, HEAD, OPTIONS"
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            refused = api.ask(method, path)
            assert refused.status == 405 and refused.header("Allow") == "GET, HEAD, OPTIONS"
    assert api.get("/nothing").status == 404
    assert api.get("/collections/parcels", headers={"accept": "image/png"}).status == 406


@pytest.mark.parametrize("path", [*PAGES, "/collections/parcels/schema"])
def test_req_core_query_param_unknown(api: Api, path: str) -> None:
    problem = api.refused(path, unheard_of="1")
    assert "unheard_of" in problem["detail"] and problem["parameter"] == "unheard_of"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("limit", "ten"),
        ("limit", "0"),
        ("limit", "-1"),
        ("limit", "1.5"),
        ("bbox", "1,2,3"),
        ("bbox", "a,b,c,d"),
        ("datetime", "yesterday"),
        ("crs", "EPSG:99999"),
        ("bbox-crs", "http://www.opengis.net/def/crs/EPSG/0/99999"),
        ("f", "shapefile"),
        ("lang", "fr"),
        ("sortby", "nothing"),
        ("properties", "nothing"),
        ("skipGeometry", "maybe"),
        ("resultType", "some"),
        ("cursor", "forged"),
        ("official_area_m2", "large"),
        ("uid", "1"),
    ],
)
def test_req_core_query_param_invalid(api: Api, name: str, value: str) -> None:
    problem = api.refused("/collections/parcels/items", **{name: value})
    assert problem["parameter"] == name


def test_req_core_crs84(api: Api) -> None:
    answer = api.items(limit=5)
    assert answer.header("Content-Crs") == f"<{CRS84}>"
    for feature in answer.json["features"]:
        for x, y in feature["geometry"]["coordinates"][0][0]:
            assert 48 < x < 54 and 20 < y < 30, "longitude before latitude"


# Collections --------------------------------------------------------------------------------------------------------


def test_req_core_fc_md_op(api: Api) -> None:
    assert api.get("/collections").status == 200


def test_req_core_fc_md_success(api: Api, real_data: Path) -> None:
    assert schema_faults(real_data, "collections", api.good("/collections").json) == []


def test_req_core_fc_md_links(api: Api) -> None:
    document = api.good("/collections")
    assert api.get(document.link("self")).json == document.json
    assert api.get(document.link("alternate", HTML)).type.startswith(HTML)
    assert all(link["rel"] and link["type"] for link in document.json["links"])


def test_req_core_fc_md_items(api: Api) -> None:
    """Every layer is a collection, and the other way round."""
    names = [one["id"] for one in api.good("/collections").json["collections"]]
    assert len(names) == len(set(names))
    assert {"parcels", "plans", "blocks", "districts", "streets", "zoning", "places", "open_cases"} <= set(names)


def test_req_core_fc_md_items_links(api: Api) -> None:
    for one in api.good("/collections").json["collections"]:
        links = [link for link in one["links"] if link["rel"] == "items"]
        assert {link["type"] for link in links} == {GEOJSON, HTML}
        for link in links:
            assert api.get(link["href"], limit=1).type.startswith(link["type"]), link


def test_req_core_fc_md_extent(api: Api) -> None:
    """The extent holds every feature and every begin of a lifespan."""
    for one in api.good("/collections").json["collections"]:
        features = api.walk(one["id"], limit=1000)
        if not features:
            assert "spatial" not in one.get("extent", {})
            continue
        west, south, east, north = one["extent"]["spatial"]["bbox"][0]
        for x, y in (position for feature in features for position in positions(feature["geometry"])):
            assert west <= x <= east and south <= y <= north
        begins = [f["properties"].get("begin_lifespan_version") for f in features]
        if begins[0] is not None:
            first, last = one["extent"]["temporal"]["interval"][0]
            assert last is None and first[:19] <= min(begins)[:19]


def positions(geometry: dict) -> list:
    """Return every position of a geometry."""

    def flat(value: list) -> list:
        return [value] if isinstance(value[0], int | float) else [p for item in value for p in flat(item)]

    return flat(geometry["coordinates"])


def test_req_core_sfc_md_op(api: Api) -> None:
    for one in api.good("/collections").json["collections"]:
        assert api.get(f"/collections/{one['id']}").status == 200


def test_req_core_sfc_md_success(api: Api, real_data: Path) -> None:
    for one in api.good("/collections").json["collections"]:
        alone = api.good(f"/collections/{one['id']}").json
        assert schema_faults(real_data, "collection", alone) == []
        for member in ("id", "title", "description", "extent", "itemType", "crs", "storageCrs"):
            assert alone.get(member) == one.get(member)


# Features -----------------------------------------------------------------------------------------------------------


def test_req_core_fc_op(api: Api) -> None:
    for one in api.good("/collections").json["collections"]:
        assert api.get(f"/collections/{one['id']}/items").status == 200


def test_req_core_fc_limit_definition(api: Api) -> None:
    limit = parameter(api, "limit")
    assert (limit["in"], limit["required"], limit["style"], limit["explode"]) == ("query", False, "form", False)
    assert limit["schema"] == {"type": "integer", "minimum": 1, "maximum": 10_000, "default": 10}


@pytest.mark.parametrize("limit", [1, 2, 7, 299, 300])
def test_req_core_fc_limit_response_1(api: Api, limit: int) -> None:
    assert len(api.items(limit=limit).json["features"]) == limit


def test_req_core_fc_limit_response_1_default_and_clamping(api: Api) -> None:
    assert len(api.items().json["features"]) == 10
    everything = len(api.items(limit=10_000).json["features"])
    for huge in ("10001", "99999999999999999999", "1" * 500):
        assert len(api.items(limit=huge).json["features"]) == everything


def test_req_core_fc_bbox_definition(api: Api) -> None:
    bbox = parameter(api, "bbox")
    assert (bbox["in"], bbox["required"], bbox["style"], bbox["explode"]) == ("query", False, "form", False)
    assert bbox["schema"]["type"] == "array" and bbox["schema"]["items"] == {"type": "number"}
    assert bbox["schema"]["oneOf"] == [{"minItems": 4, "maxItems": 4}, {"minItems": 6, "maxItems": 6}]


def test_req_core_fc_bbox_response(api: Api) -> None:
    """Only what meets the box, all of it, in longitude and latitude; heights count for nothing."""
    features = api.walk(limit=1000)
    xs = sorted(x for f in features for x, _ in positions(f["geometry"]))
    ys = sorted(y for f in features for _, y in positions(f["geometry"]))
    near = 3e-7  # a coordinate is told to 1e-7: the box keeps away from the one that it is made from
    box = (xs[len(xs) // 3] - near, ys[len(ys) // 3] - near, xs[2 * len(xs) // 3] + near, ys[2 * len(ys) // 3] + near)
    inside = {
        f["id"]
        for f in features
        if any(box[0] <= x <= box[2] and box[1] <= y <= box[3] for x, y in positions(f["geometry"]))
    }
    found = {f["id"] for f in api.walk(bbox=",".join(map(str, box)), limit=50)}
    assert inside <= found < {f["id"] for f in features}
    heights = f"{box[0]},{box[1]},-100,{box[2]},{box[3]},9000"
    assert {f["id"] for f in api.walk(bbox=heights, limit=50)} == found


def test_req_core_fc_time_definition(api: Api) -> None:
    moment = parameter(api, "datetime")
    assert (moment["in"], moment["required"], moment["style"], moment["explode"]) == ("query", False, "form", False)
    assert moment["schema"] == {"type": "string"}


def test_req_core_fc_time_response(api: Api) -> None:
    first = api.good("/collections/parcels").json["extent"]["temporal"]["interval"][0][0]
    assert api.items(datetime="2000-01-01T00:00:00Z").json["features"] == []
    assert api.items(datetime="2000-01-01T00:00:00Z/2001-01-01T00:00:00Z").json["features"] == []
    everything = api.items(limit=1000).ids
    for moment in (f"{first}/..", "../..", "2000-01-01T00:00:00Z/..", "2000-01-01T00:00:00Z/", "2999-01-01T00:00:00Z"):
        assert api.items(limit=1000, datetime=moment).ids == everything, moment


def test_req_core_fc_response(api: Api, real_data: Path) -> None:
    for one in api.good("/collections").json["collections"]:
        document = api.items(one["id"], limit=20).json
        assert schema_faults(real_data, "featureCollectionGeoJSON", document) == []
        assert geojson_faults(document) == []


def test_req_core_fc_links(api: Api) -> None:
    answer = api.items(limit=5)
    again = api.get(answer.link("self"))
    assert again.ids == answer.ids
    assert api.get(answer.link("alternate", HTML)).type.startswith(HTML)
    assert answer.link("next") and not answer.link("prev")
    assert not api.items(limit=1000).link("next")


def test_req_core_fc_rel_type(api: Api) -> None:
    for path in PAGES[:2] + PAGES[3:]:
        for link in api.good(path).json["links"]:
            assert link["rel"] and link["type"], (path, link)


def test_req_core_fc_time_stamp(api: Api) -> None:
    stamps = [api.items(limit=limit).json["timeStamp"] for limit in (1, 1001)]
    for stamp in stamps:
        assert stamp.endswith("Z") and "T" in stamp


def test_req_core_fc_number_matched(api: Api) -> None:
    everything = len(api.walk(limit=1000))
    assert api.items(limit=3).json["numberMatched"] == everything
    assert api.items(limit=1000).json["numberMatched"] == everything
    assert api.items(resultType="hits").json["numberMatched"] == everything
    parks = len(api.walk(limit=1000, land_use="park"))
    assert 0 < parks < everything
    assert api.items(limit=1, land_use="park").json["numberMatched"] == parks


def test_req_core_fc_number_returned(api: Api) -> None:
    for query in ({"limit": 7}, {"limit": 1001}, {"datetime": "1990-01-01T00:00:00Z"}):
        document = api.items(**query).json
        assert document["numberReturned"] == len(document["features"])


# One feature --------------------------------------------------------------------------------------------------------


def test_req_core_f_op(api: Api) -> None:
    for name in ("parcels", "streets", "places", "zoning"):
        feature = api.items(name, limit=1).json["features"][0]
        assert api.get(f"/collections/{name}/items/{feature['id']}").status == 200
    assert api.refused("/collections/parcels/items/00000000-0000-4000-8000-000000000000", 404)
    assert api.refused("/collections/parcels/items/1", 404)
    assert api.refused("/collections/nothing/items/1", 404)


def test_req_core_f_success(api: Api, real_data: Path) -> None:
    listed = api.items(limit=1).json["features"][0]
    alone = api.good(f"/collections/parcels/items/{listed['id']}").json
    assert schema_faults(real_data, "featureGeoJSON", alone) == []
    assert geojson_faults(alone) == []
    alone.pop("links")
    assert alone == listed


def test_req_core_f_links(api: Api) -> None:
    feature = api.items(limit=1).json["features"][0]
    answer = api.good(f"/collections/parcels/items/{feature['id']}")
    assert api.get(answer.link("self")).json == answer.json
    assert api.get(answer.link("alternate", HTML)).type.startswith(HTML)
    assert api.get(answer.link("collection")).json["id"] == "parcels"
