"""OGC API - Features, Part 3 (19-079r2): filtering, one test for each requirement, asked over HTTP."""

from __future__ import annotations

import json
from typing import Any

import pytest
import shapely
from jsonschema import Draft202012Validator
from shapely.geometry import shape

from gisportal.accounts.models import RoleGrant, User
from layers import crs
from layers.models import AddedLayer, Feature
from layers.ogc.filters import CONFORMANCE
from layers.registry import LAYERS
from tests.layers.ogc.asking import CRS84, EPSG, Api

pytestmark = pytest.mark.django_db

REL = "http://www.opengis.net/def/rel/ogc/1.0/queryables"
SCHEMA = "application/schema+json"


def found(api: Api, text: str, collection: str = "parcels", **query: Any) -> set[str]:
    return {f["id"] for f in api.walk(collection, limit=1000, filter=text, **query)}


def everything(api: Api, collection: str = "parcels") -> dict[str, dict[str, Any]]:
    return {f["id"]: f for f in api.walk(collection, limit=1000)}


def parameters(api: Api, path: str) -> dict[str, Any]:
    document = api.good("/api").json
    listed = document["paths"][path]["get"]["parameters"]
    shared = document["components"]["parameters"]
    known = [shared[p["$ref"].rpartition("/")[2]] if "$ref" in p else p for p in listed]
    return {p["name"]: p for p in known}


# Queryables ---------------------------------------------------------------------------------------------------------


def test_req_queryables_queryables_link(api: Api) -> None:
    for code in LAYERS:
        address = api.good(f"/collections/{code}").link(REL, SCHEMA)
        assert api.good(address).json["$id"].endswith(f"/ogc/collections/{code}/queryables")
        header = api.items(code, limit=1).header("Link")
        assert f'rel="{REL}"' in header and f"/collections/{code}/queryables" in header


def test_req_queryables_get_queryables_op(api: Api) -> None:
    for code in LAYERS:
        assert api.get(f"/collections/{code}/queryables").status == 200
    assert api.refused("/collections/nothing/queryables", 404)
    assert api.refused("/collections/parcels/queryables", limit=1)["parameter"] == "limit"


def test_req_queryables_get_queryables_response(api: Api) -> None:
    for code, layer in LAYERS.items():
        answer = api.good(f"/collections/{code}/queryables", lang="en")
        assert answer.type == SCHEMA
        schema = answer.json
        Draft202012Validator.check_schema(schema)
        assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
        assert schema["$id"].startswith("http") and "?" not in schema["$id"]
        assert schema["type"] == "object" and schema["additionalProperties"] is False
        public = {f.name for f in layer.fields if f.readers == "everyone"}
        assert schema["properties"].keys() == public | {"geometry"}
        geometry = schema["properties"]["geometry"]
        assert geometry["x-ogc-role"] == "primary-geometry" and geometry["format"].startswith("geometry-")
        for name, field in schema["properties"].items():
            assert field["title"] and (name == "geometry" or field["type"] in ("string", "number", "integer"))


def test_rec_queryables_say_which_values_there_are(api: Api) -> None:
    schema = api.good("/collections/places/queryables").json
    assert "mosque" in schema["properties"]["category"]["enum"]


def test_queryables_are_a_page_in_both_languages(api: Api) -> None:
    for lang, word in (("ar", "ما يمكن السؤال عنه"), ("en", "Queryables")):
        page = api.good("/collections/parcels/queryables", f="html", lang=lang)
        assert page.type.startswith("text/html") and word in page.text and "parcel_no" in page.text
        assert f'<html lang="{lang}"' in page.text


def test_req_queryables_expression_construction(api: Api) -> None:
    """Each queryable can stand in a filter, and nothing else can."""
    for code in LAYERS:
        for name in api.good(f"/collections/{code}/queryables").json["properties"]:
            assert found(api, f'"{name}" IS NULL AND "{name}" IS NOT NULL', code) == set()
        for name in ("id", "geom", "geom_3857", "owner", "nothing"):
            assert api.refused(f"/collections/{code}/items", filter=f"{name} IS NULL")["parameter"] == "filter"


def test_sortables_are_what_can_be_sorted_by(api: Api) -> None:
    for code in LAYERS:
        address = api.good(f"/collections/{code}").link("http://www.opengis.net/def/rel/ogc/1.0/sortables", SCHEMA)
        schema = api.good(address).json
        Draft202012Validator.check_schema(schema)
        for name in schema["properties"]:
            assert api.items(code, sortby=name, limit=1).status == 200
        assert "geometry" not in schema["properties"]


# Queryables as query parameters -------------------------------------------------------------------------------------


def test_req_queryables_query_parameters_parameters(api: Api) -> None:
    for code in LAYERS:
        schema = api.good(f"/collections/{code}/queryables").json
        known = parameters(api, f"/collections/{code}/items")
        features = everything(api, code)
        for name, field in schema["properties"].items():
            if name == "geometry":
                continue
            assert known[name]["schema"] == {k: v for k, v in field.items() if k not in ("title", "x-ogc-role")}
            values = [f["properties"][name] for f in features.values() if f["properties"].get(name) is not None]
            if values:
                expected = {id for id, f in features.items() if f["properties"].get(name) == values[0]}
                assert {f["id"] for f in api.walk(code, limit=1000, **{name: values[0]})} == expected


# Filter -------------------------------------------------------------------------------------------------------------


def test_req_filter_filter_param(api: Api) -> None:
    parameter = parameters(api, "/collections/parcels/items")["filter"]
    assert parameter["in"] == "query" and not parameter["required"]
    assert parameter["schema"] == {"type": "string"}
    assert (parameter["style"], parameter["explode"]) == ("form", False)


def test_req_filter_filter_lang_param(api: Api) -> None:
    schema = parameters(api, "/collections/parcels/items")["filter-lang"]["schema"]
    assert schema == {"type": "string", "enum": ["cql2-text", "cql2-json"], "default": "cql2-text"}
    text = "land_use = 'park'"
    given = {"op": "=", "args": [{"property": "land_use"}, "park"]}
    by_text = found(api, text)
    assert by_text and by_text == found(api, text, **{"filter-lang": "cql2-text"})
    assert by_text == found(api, json.dumps(given), **{"filter-lang": "cql2-json"})
    assert "cql2-json" in api.refused("/collections/parcels/items", filter=json.dumps(given))["detail"]
    assert api.refused("/collections/parcels/items", filter=text, **{"filter-lang": "ecql"})


def test_req_filter_filter_crs_wgs84(api: Api) -> None:
    """Without filter-crs coordinates are longitude and latitude."""
    features = everything(api, "places")
    at = next(iter(features.values()))["geometry"]["coordinates"]
    expected = {id for id, f in features.items() if shape(f["geometry"]).distance(shapely.Point(at)) < 1e-4}
    box = shapely.Point(at).buffer(1e-4, cap_style="square").bounds
    near = {id for id, f in features.items() if shapely.box(*box).covers(shape(f["geometry"]))}
    assert expected <= near == found(api, f"S_INTERSECTS(geometry, BBOX({', '.join(map(str, box))}))", "places")


@pytest.mark.parametrize("uri", [CRS84, f"{EPSG}4326", f"{EPSG}3857", f"{EPSG}32639", f"{EPSG}9359", f"{EPSG}20439"])
def test_req_filter_filter_crs_param(api: Api, uri: str) -> None:
    plain = api.good("/collections/parcels").json["extent"]["spatial"]["bbox"][0]
    west, south, east, north = plain
    middle = (west + east) / 2
    area = shapely.Polygon([(west, south), (middle, south), (middle, north), (west, north)])
    srid = 4326 if uri == CRS84 else int(uri.rpartition("/")[2])
    there = crs.transform(area, 4326, srid, allow_legacy=True)
    if uri == f"{EPSG}4326":
        there = shapely.transform(there, lambda xy: xy[:, ::-1])
    half = found(api, f"S_WITHIN(geometry, {area.wkt})")
    asked = found(api, f"S_WITHIN(geometry, {there.wkt})", **{"filter-crs": uri})
    if srid in (4326, 32639, 3857):
        assert asked ^ half <= found(api, f"S_CROSSES(LINESTRING({middle} {south}, {middle} {north}), geometry)")
    assert 0 < len(asked) < len(everything(api)) and abs(len(asked) - len(half)) <= len(half) // 10


def test_req_filter_filter_crs_param__an_unknown_system_is_an_error(api: Api) -> None:
    for uri in (f"{EPSG}2056", "EPSG:4326", "4326", "", "http://example.org/crs"):
        query = {"filter": "S_INTERSECTS(geometry, POINT(50 26))", "filter-crs": uri}
        assert api.refused("/collections/parcels/items", **query)["parameter"] == "filter-crs"


def test_req_filter_mixing_expressions(api: Api) -> None:
    west, south, east, north = api.good("/collections/parcels").json["extent"]["spatial"]["bbox"][0]
    box = f"{west},{south},{(west + east) / 2},{north}"
    by_box = {f["id"] for f in api.walk("parcels", limit=1000, bbox=box)}
    by_filter = found(api, "official_area_m2 > 600")
    by_field = {f["id"] for f in api.walk("parcels", limit=1000, land_use="residential")}
    assert by_box - by_filter and by_filter - by_box and by_filter - by_field
    assert found(api, "official_area_m2 > 600", bbox=box) == by_box & by_filter
    either = "official_area_m2 > 600 OR official_area_m2 <= 600"  # an OR does not escape from the other conditions
    assert found(api, either, bbox=box, land_use="residential") == by_box & by_field & found(api, either)
    assert found(api, "official_area_m2 > 600", datetime="1990-01-01T00:00:00Z") == set()


def test_req_filter_response(api: Api) -> None:
    """What comes is what the filter is true for, evaluated here over the features themselves."""
    features = {id: f["properties"] for id, f in everything(api).items()}
    cases = {
        "official_area_m2 > 600": lambda p: p["official_area_m2"] is not None and p["official_area_m2"] > 600,
        "NOT official_area_m2 > 600": lambda p: p["official_area_m2"] is not None and p["official_area_m2"] <= 600,
        "parcel_no LIKE '1%' AND land_use <> 'park'": lambda p: p["parcel_no"][:1] == "1" and p["land_use"] != "park",
        "block_no IN ('1', '2') OR plan_no IS NULL": lambda p: p["block_no"] in ("1", "2") or p["plan_no"] is None,
        "calculated_area_m2 - official_area_m2 > 0.001": lambda p: (
            p["official_area_m2"] is not None and p["calculated_area_m2"] - p["official_area_m2"] > 0.001
        ),
    }
    for text, is_wanted in cases.items():
        expected = {id for id, properties in features.items() if is_wanted(properties)}
        assert found(api, text) == expected, text
        assert 0 < len(expected) or "calculated" in text


def test_req_filter_response__a_wrong_filter_is_a_client_error_in_both_languages(api: Api) -> None:
    for lang, words in (("en", "character 12"), ("ar", "الحرف 12")):
        problem = api.refused("/collections/parcels/items", filter="land_use = ", lang=lang)
        assert words in problem["detail"] and problem["parameter"] == "filter"
    assert api.refused("/collections/parcels/items", filter="")["parameter"] == "filter"


def test_counts_and_pages_follow_the_filter(api: Api) -> None:
    wanted = found(api, "land_use = 'park'")
    hits = api.items(filter="land_use = 'park'", resultType="hits").json
    assert hits["numberMatched"] == len(wanted)
    paged = [f["id"] for f in api.walk("parcels", limit=2, filter="land_use = 'park'")]
    assert len(paged) == len(set(paged)) == len(wanted) and set(paged) == wanted


# Features filter, and what it takes --------------------------------------------------------------------------------


def test_req_features_filter_get_queryables_op(api: Api) -> None:
    assert "/collections/parcels/queryables" in api.good("/api").json["paths"]


def test_the_classes_that_are_kept_are_declared(api: Api) -> None:
    declared = api.good("/conformance").json["conformsTo"]
    assert set(CONFORMANCE) <= set(declared)
    assert not any(uri.endswith(("/array-functions", "/conf/functions")) for uri in declared)


def test_a_field_of_staff_is_a_queryable_for_staff_only(api: Api) -> None:
    """Whoever may not read a field cannot ask for it either, and is told nothing that names it."""
    fields = [
        {"name": "depth", "ar": "العمق", "en": "Depth", "kind": "integer", "readers": "staff"},
        {"name": "name", "ar": "الاسم", "en": "Name", "kind": "text"},
    ]
    layer = AddedLayer.objects.create(code="wells", name_ar="آبار", name_en="Wells", geometry="Point", fields=fields)
    for n in range(4):
        Feature.objects.create(
            layer=layer,
            uid=f"00000000-0000-4000-8000-00000000000{n}",
            properties={"name": f"well {n}", **({"depth": 10 * n} if n else {})},
            geom=f"SRID=32639;POINT({410_000 + n} 2923000)",
            begin_lifespan_version="2026-01-01T00:00:00Z",
        )
    user = User.objects.create_user("a-gis-engineer")
    RoleGrant.objects.create(user=user, role="gis_engineer")
    staff = Api(user)
    assert "depth" in staff.good("/collections/wells/queryables").json["properties"]
    assert len(found(staff, "depth >= 20", "wells")) == 2
    assert len(found(staff, "depth IS NULL", "wells")) == 1
    assert "depth" not in api.good("/collections/wells/queryables").text
    hidden = api.refused("/collections/wells/items", filter="depth >= 20")["detail"]
    unknown = api.refused("/collections/wells/items", filter="dapth >= 20")["detail"]
    assert hidden.replace("depth", "dapth") == unknown
