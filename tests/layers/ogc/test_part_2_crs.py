"""OGC API - Features, Part 2 (18-058r1): coordinate reference systems by reference, one test for each requirement."""

from __future__ import annotations

import pytest
from pyproj import CRS, Transformer

from layers import crs as systems
from tests.layers.ogc.asking import CRS84, EPSG, Api
from tests.layers.ogc.test_core import parameter, positions

pytestmark = pytest.mark.django_db

STORAGE = f"{EPSG}32639"
SRIDS = (4326, 3857, 32639, 9359, 20439)
SYSTEMS = {CRS84: 4326, **{f"{EPSG}{srid}": srid for srid in SRIDS}}


def _is_north_first(uri: str) -> bool:
    return uri != CRS84 and CRS.from_epsg(SYSTEMS[uri]).axis_info[0].direction == "north"


def test_req_crs_crs_uri(api: Api) -> None:
    for one in api.good("/collections").json["collections"]:
        for uri in one["crs"]:
            assert uri.startswith("http://www.opengis.net/def/crs/"), uri


def test_req_crs_fc_md_crs_list(api: Api) -> None:
    for one in api.good("/collections").json["collections"]:
        assert one["crs"][0] == CRS84 and set(one["crs"]) == SYSTEMS.keys()


def test_req_crs_fc_md_crs_list_global(api: Api) -> None:
    assert set(api.good("/collections").json["crs"]) == SYSTEMS.keys()


def test_req_crs_fc_md_storage_crs(api: Api) -> None:
    for one in api.good("/collections").json["collections"]:
        assert one["storageCrs"] == STORAGE


def test_req_crs_fc_md_storage_crs_valid_value(api: Api) -> None:
    for one in api.good("/collections").json["collections"]:
        assert one["storageCrs"] in one["crs"]


def test_the_accuracy_of_a_regional_system_is_told_with_the_collection(api: Api) -> None:
    for language, unit in (("en", "m"), ("ar", "م")):
        text = api.good("/collections/parcels", lang=language).json["description"]
        for srid in (9359, 20439):
            accuracy = systems.operation(32639, srid).accuracy_m
            assert accuracy and f"EPSG:{srid}" in text and f"{accuracy:g} {unit}" in text


@pytest.mark.parametrize("name", ["bbox-crs", "crs"])
def test_req_crs_fc_bbox_crs_definition_and_fc_crs_definition(api: Api, name: str) -> None:
    defined = parameter(api, name)
    assert (defined["in"], defined["required"], defined["style"], defined["explode"]) == ("query", False, "form", False)
    assert defined["schema"]["type"] == "string" and defined["schema"]["format"] == "uri"
    assert set(defined["schema"]["enum"]) == SYSTEMS.keys() and defined["schema"]["default"] == CRS84


@pytest.mark.parametrize("name", ["bbox-crs", "crs"])
@pytest.mark.parametrize("value", [f"{EPSG}2154", "4326", "", "urn:ogc:def:crs:EPSG::4326", f"{EPSG}4326 "])
def test_req_crs_fc_bbox_crs_valid_value_and_fc_crs_valid_value(api: Api, name: str, value: str) -> None:
    problem = api.refused("/collections/parcels/items", bbox="50,26,51,27", **{name: value})
    assert problem["parameter"] == name and STORAGE in problem["detail"]


def test_req_crs_fc_bbox_crs_valid_default_value(api: Api) -> None:
    plain, named = (api.items(bbox="50,26,51,27", limit=1000, **q).ids for q in ({}, {"bbox-crs": CRS84}))
    assert plain == named and plain


@pytest.mark.parametrize("uri", SYSTEMS)
def test_req_crs_fc_bbox_crs_action(api: Api, uri: str) -> None:
    """A box around one parcel, written in each system and its own axis order, finds that parcel and not all."""
    feature = api.items(limit=1, crs=uri).json["features"][0]
    first, second = zip(*positions(feature["geometry"]), strict=True)
    box = f"{min(first)},{min(second)},{max(first)},{max(second)}"
    found = api.items(bbox=box, limit=1000, **{"bbox-crs": uri}).ids
    assert feature["id"] in found and len(found) < 100


@pytest.mark.parametrize("uri", SYSTEMS)
def test_req_crs_fc_crs_action(api: Api, uri: str) -> None:
    """Every coordinate is where pyproj puts it, to the digits that are told."""
    stored = api.items(limit=50, crs=STORAGE).json["features"]
    shown = api.items(limit=50, crs=uri).json["features"]
    transformer = Transformer.from_crs(32639, SYSTEMS[uri], always_xy=True)
    tolerance = 1e-7 if SYSTEMS[uri] == 4326 else 0.0021
    for one, other in zip(stored, shown, strict=True):
        assert one["id"] == other["id"] and one["properties"] == other["properties"]
        for (e, n), (a, b) in zip(positions(one["geometry"]), positions(other["geometry"]), strict=True):
            x, y = (b, a) if _is_north_first(uri) else (a, b)
            wanted = transformer.transform(e, n)
            assert abs(wanted[0] - x) <= tolerance and abs(wanted[1] - y) <= tolerance


def test_req_crs_fc_crs_default_value(api: Api) -> None:
    assert api.items(limit=3).json["features"] == api.items(limit=3, crs=CRS84).json["features"]


def test_req_crs_fc_crs_valid_value_of_one_feature(api: Api) -> None:
    name = api.items(limit=1).ids[0]
    api.refused(f"/collections/parcels/items/{name}", crs=f"{EPSG}2154")
    geographic = api.good(f"/collections/parcels/items/{name}", crs=f"{EPSG}4326").json
    plain = api.good(f"/collections/parcels/items/{name}").json
    assert [(y, x) for x, y in positions(plain["geometry"])] == [tuple(p) for p in positions(geographic["geometry"])]


@pytest.mark.parametrize("uri", SYSTEMS)
def test_req_crs_ogc_crs_header(api: Api, uri: str) -> None:
    for limit in (1, 1001):
        assert api.items(limit=limit, crs=uri).header("Content-Crs")


@pytest.mark.parametrize("uri", SYSTEMS)
def test_req_crs_ogc_crs_header_value(api: Api, uri: str) -> None:
    assert api.items(limit=1, crs=uri).header("Content-Crs") == f"<{uri}>"
    name = api.items(limit=1).ids[0]
    assert api.good(f"/collections/parcels/items/{name}", crs=uri).header("Content-Crs") == f"<{uri}>"


def test_req_crs_geojson(api: Api) -> None:
    """GeoJSON stays the encoding in every system; nothing but the header names it."""
    for uri in SYSTEMS:
        answer = api.items(limit=1, crs=uri)
        assert answer.type == "application/geo+json" and "crs" not in answer.json


def test_metres_have_three_decimals_and_degrees_seven(api: Api) -> None:
    for uri, srid in SYSTEMS.items():
        text = api.items(limit=20, crs=uri).text
        digits = 7 if srid == 4326 else 3
        for feature in api.items(limit=20, crs=uri).json["features"]:
            for position in positions(feature["geometry"]):
                for number in position:
                    assert round(number, digits) == number, text[:100]


def test_a_box_across_the_antimeridian_holds_both_sides(api: Api) -> None:
    everything = set(api.items(limit=1000).ids)
    assert api.items(bbox="170,-90,-170,90", limit=1000).json["features"] == []
    assert set(api.items(bbox="49,20,-170,30", limit=1000).ids) == everything
    assert set(api.items(bbox="170,20,55,30", limit=1000).ids) == everything
    assert api.items(bbox="-179,20,-178,30", limit=1000).json["features"] == []
    flipped = {"bbox": "20,170,30,55", "bbox-crs": f"{EPSG}4326"}
    assert set(api.items(limit=1000, **flipped).ids) == everything
    api.refused("/collections/parcels/items", bbox="500000,1,400000,2", **{"bbox-crs": STORAGE})


@pytest.mark.parametrize(
    "bbox",
    ["-181,0,10,10", "0,-91,10,10", "0,0,181,10", "0,0,10,91", "0,20,10,10", "nan,0,1,1", "inf,0,1,1", "1e400,0,1,1"],
)
def test_a_box_beyond_the_earth_is_refused(api: Api, bbox: str) -> None:
    assert api.refused("/collections/parcels/items", bbox=bbox)["parameter"] == "bbox"


def test_the_whole_world_holds_everything(api: Api) -> None:
    everything = api.items(limit=1000).ids
    for query in (
        {"bbox": "-180,-90,180,90"},
        {"bbox": "-90,-180,90,180", "bbox-crs": f"{EPSG}4326"},
        {"bbox": "-2e7,-2e7,2e7,2e7", "bbox-crs": f"{EPSG}3857"},
        {"bbox": "-1e300,-1e300,1e300,1e300", "bbox-crs": STORAGE},
        {"bbox": "-1e9,-1e9,1e9,1e9", "bbox-crs": f"{EPSG}20439"},
    ):
        assert api.items(limit=1000, **query).ids == everything, query


def test_a_box_of_no_width_finds_what_it_touches(api: Api) -> None:
    feature = api.items(limit=1, crs=STORAGE).json["features"][0]
    xs, ys = zip(*positions(feature["geometry"]), strict=True)
    x, y = sum(xs[:-1]) / (len(xs) - 1), sum(ys[:-1]) / (len(ys) - 1)
    point = api.items(bbox=f"{x},{y},{x},{y}", limit=1000, **{"bbox-crs": STORAGE}).ids
    assert point == [feature["id"]]
    line = api.items(bbox=f"{min(xs)},{y},{max(xs)},{y}", limit=1000, **{"bbox-crs": STORAGE}).ids
    assert feature["id"] in line
