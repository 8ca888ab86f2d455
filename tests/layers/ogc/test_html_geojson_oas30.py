"""OGC API - Features, Part 1: the classes HTML, GeoJSON and OpenAPI 3.0, one test for each requirement."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from openapi_spec_validator import OpenAPIV30SpecValidator

from layers.ogc import pages
from layers.registry import LAYERS
from tests.layers.ogc.asking import Api
from tests.layers.ogc.judges import geojson_faults, schema_faults

pytestmark = pytest.mark.django_db

PATHS = [
    "/",
    "/conformance",
    "/api",
    "/collections",
    "/collections/parcels",
    "/collections/parcels/schema",
    "/collections/parcels/items",
    "/collections/streets/items",
    "/collections/places/items",
]


class _Words(HTMLParser):
    """The text and the addresses of a page; complains of tags that are not closed in order."""

    VOID = frozenset({"meta", "link", "br", "input", "img", "hr", "use", "path"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text, self.links = "", []
        self.feed(page)
        assert not self.open, self.open

    def handle_starttag(self, tag: str, attrs: list) -> None:
        if tag not in self.VOID:
            self.open.append(tag)
        if tag == "a":
            self.links.append(dict(attrs).get("href", ""))

    def handle_startendtag(self, tag: str, attrs: list) -> None:
        return

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, tag

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("language", ["ar", "en"])
def test_req_html_definition(api: Api, path: str, language: str) -> None:
    asked = api.good(path, headers={"accept": "text/html"}, lang=language)
    assert asked.type == "text/html; charset=utf-8"
    assert api.good(path, f="html", lang=language).type == "text/html; charset=utf-8"
    assert f'<html lang="{language}"' in asked.text
    _Words(asked.text)


def test_req_html_content(api: Api) -> None:
    """What a page of features tells is what its JSON tells, and its links lead on."""
    features = api.items(limit=5).json["features"]
    page = _Words(api.items(limit=5, f="html").text)
    for feature in features:
        assert feature["id"] in page.text and feature["properties"]["parcel_no"] in page.text
        address = next(link for link in page.links if feature["id"] in link)
        alone = _Words(api.good(address).text)
        assert feature["properties"]["land_use"] in alone.text
    following = next(link for link in page.links if "cursor=" in link)
    assert api.good(following).status == 200


def test_req_geojson_definition(api: Api) -> None:
    feature = api.items(limit=1).json["features"][0]
    for path in ("/collections/parcels/items", f"/collections/parcels/items/{feature['id']}"):
        for accept in ("application/geo+json", "application/json", "application/*", "*/*", ""):
            assert api.good(path, headers={"accept": accept}).type == "application/geo+json"
        assert api.good(path, f="json").type == "application/geo+json"


def test_req_geojson_content(api: Api, real_data: Path) -> None:
    for one in api.good("/collections").json["collections"]:
        for query in ({"limit": 1001}, {"limit": 3}, {"limit": 3, "skipGeometry": "true"}):
            document = api.items(one["id"], **query).json
            assert geojson_faults(document) == []
            assert schema_faults(real_data, "featureCollectionGeoJSON", document) == []


# OpenAPI ------------------------------------------------------------------------------------------------------------


def test_req_oas30_oas_definition_1(api: Api) -> None:
    landing = api.good("/")
    assert landing.link("service-desc", "application/vnd.oai.openapi+json;version=3.0")
    assert landing.link("service-doc", "text/html")


@pytest.mark.parametrize("language", ["ar", "en"])
def test_req_oas30_oas_definition_2(api: Api, language: str) -> None:
    document = api.good("/api", lang=language).json
    OpenAPIV30SpecValidator(document).validate()
    document["paths"]["/"]["get"]["responses"] = []
    assert list(OpenAPIV30SpecValidator(document).iter_errors()), "the validator can fail"


def test_req_oas30_oas_impl(api: Api) -> None:
    """Every address of the document answers as it says, and with a media type that it names."""
    document = api.good("/api").json
    for path, item in document["paths"].items():
        if "{featureId}" in path:
            features = api.good(path.replace("/{featureId}", ""), limit=1).json["features"]
            if not features:
                continue
            path = path.replace("{featureId}", features[0]["id"])
        if "{" in path:
            continue
        answer = api.get(path)
        assert answer.status == 200, path
        named = item["get"]["responses"]["200"]["content"]
        assert answer.type in named or answer.type.split(";")[0] in named, (path, answer.type, list(named))


def test_req_oas30_completeness(api: Api) -> None:
    """Every collection, and every parameter that a path takes, is in the document; a parameter of it is taken."""
    document = api.good("/api").json
    names = [one["id"] for one in api.good("/collections").json["collections"]]
    for name in names:
        for path in ("", "/schema", "/items", "/items/{featureId}"):
            assert f"/collections/{name}{path}" in document["paths"]
    problem = api.refused("/collections/parcels/items", unknown="1")
    known = set(re.split(r",\s*", problem["detail"].partition("Known: ")[2].rstrip(".")))
    listed = document["paths"]["/collections/parcels/items"]["get"]["parameters"]
    told = {one["$ref"].rpartition("/")[2] if "$ref" in one else one["name"] for one in listed}
    assert told == known


def test_req_oas30_exceptions_codes(api: Api) -> None:
    document = api.good("/api").json
    for path, item in document["paths"].items():
        responses = item["get"]["responses"]
        assert {"200", "400", "404"} <= responses.keys(), path
    answer = api.refused("/collections/parcels/items", limit="x")
    problem = document["components"]["schemas"]["Problem"]["properties"]
    assert answer.keys() <= problem.keys()


def test_req_oas30_security(api: Api) -> None:
    """Nothing that everyone may read asks for a sign-in, and the document claims none."""
    document = api.good("/api").json
    assert "security" not in document
    assert all("security" not in item["get"] for item in document["paths"].values())


def test_the_schema_of_a_collection_describes_its_features(api: Api) -> None:
    from jsonschema import Draft202012Validator

    for one in api.good("/collections").json["collections"]:
        schema = api.good(f"/collections/{one['id']}/schema")
        assert schema.type == "application/schema+json"
        Draft202012Validator.check_schema(schema.json)
        validator = Draft202012Validator(
            {**schema.json, "properties": {k: _nullable(v) for k, v in schema.json["properties"].items()}}
        )
        for feature in api.items(one["id"], limit=5).json["features"]:
            assert list(validator.iter_errors(feature["properties"])) == [], json.dumps(feature)[:300]
            assert feature["properties"].keys() == schema.json["properties"].keys() - {"geometry"}


def _nullable(field: dict) -> dict:
    return {"anyOf": [{"type": "null"}, {k: v for k, v in field.items() if k != "enum"}]}


LABELS = [
    ({"plan_no": "200", "block_no": "1", "parcel_no": "7"}, "ar", "7"),
    ({"name_ar": "الواحة", "name_en": "Al Waha"}, "ar", "الواحة"),
    ({"name_ar": "الواحة", "name_en": "Al Waha"}, "en", "Al Waha"),
    ({"name_ar": "الواحة", "name_en": ""}, "en", "الواحة"),
    ({"name_ar": "", "name_en": ""}, "en", ""),
]


@pytest.mark.parametrize(("properties", "language", "wanted"), LABELS)
def test_a_feature_is_labelled_on_its_page_as_on_every_map(
    properties: dict[str, str], language: str, wanted: str
) -> None:
    layer = LAYERS["parcels" if "parcel_no" in properties else "districts"]
    assert pages._label(layer, properties, language) == wanted
