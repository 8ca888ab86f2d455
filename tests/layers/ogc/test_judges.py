"""The judges of the other tests can fail: fixtures that are wrong are found wrong, right ones right."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.layers.ogc.judges import geojson_faults, schema_faults

GEOJSON = "ogc_conformance/geojson_good_bad"
ETS = "ogc_conformance/ets_features10/conformance"

# What a strict reader cannot blame: the fixtures' linter only advises against these, or a parser has lost the fault.
ADVICE = {
    "excessive_precision_truncated": "many digits are allowed",
    "geometrycollection_single": "a collection of one geometry is allowed",
    "bad-duplicate-properties": "a parser keeps the last of two members of one name",
}


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def test_every_good_document_is_found_good(real_data: Path) -> None:
    good = sorted((real_data / GEOJSON / "good").glob("*.geojson"))
    assert good
    wrong = {path.stem: geojson_faults(_read(path)) for path in good}
    # The rings of these fixtures turn as the standard before RFC 7946 let them.
    assert {name: faults for name, faults in wrong.items() if set(faults) - {"a ring that turns the wrong way"}} == {}


def test_every_bad_document_is_found_bad(real_data: Path) -> None:
    bad = {path.stem: geojson_faults(_read(path)) for path in (real_data / GEOJSON / "bad").glob("*.geojson")}
    assert len(bad) > 15
    assert {name for name, faults in bad.items() if not faults} <= ADVICE.keys()


def test_the_published_schemas_accept_the_published_examples(real_data: Path) -> None:
    examples = real_data / "ogc_conformance/ogcapi_features_core/core/examples/json"
    names = {"Collections": "collections", "LandingPage": "landingPage"}
    for file, name in names.items():
        assert schema_faults(real_data, name, _read(examples / f"{file}.json")) == [], file


@pytest.mark.parametrize("name", ["req-classes_invalidConformsTo", "req-classes_invalidElementDataType"])
def test_a_wrong_declaration_of_conformance_is_found_wrong(real_data: Path, name: str) -> None:
    document = _read(real_data / ETS / "core/conformance" / f"{name}.json")
    assert schema_faults(real_data, "confClasses", document)


def test_a_right_declaration_of_conformance_is_found_right(real_data: Path) -> None:
    document = _read(real_data / ETS / "core/conformance/req-classes.json")
    assert schema_faults(real_data, "confClasses", document) == []


def test_features_of_the_test_suite_are_judged_by_the_schema(real_data: Path) -> None:
    for path in sorted((real_data / ETS / "core/collections").glob("collectionItems-*.json")):
        document = _read(path)
        assert schema_faults(real_data, "featureCollectionGeoJSON", document) == [], path.name
        document["features"][0].pop("properties")
        assert schema_faults(real_data, "featureCollectionGeoJSON", document), path.name
        document["type"] = "Features"
        assert schema_faults(real_data, "featureCollectionGeoJSON", document), path.name


def test_an_extent_of_the_wrong_shape_is_found_wrong(real_data: Path) -> None:
    """The test suite's own collection has an extent as an early draft wrote it, and a description of null."""
    document = _read(real_data / ETS / "core/collections/collection-flurstueck.json")
    assert {fault.split(":")[0] for fault in schema_faults(real_data, "collection", document)} >= {"$.extent.temporal"}
