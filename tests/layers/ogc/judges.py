"""Judges of answers that know nothing of our code: the published schemas, and RFC 7946 read strictly."""

from __future__ import annotations

import math
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

_SCHEMAS = "ogc_conformance/ogcapi_features_core/core/openapi/schemas"


def _as_schema(value: Any) -> Any:
    """Return a schema as JSON means it: the files write the type null without quotes, which YAML reads as no value."""
    if isinstance(value, dict):
        return {k: "null" if k == "type" and v is None else _as_schema(v) for k, v in value.items()}
    if isinstance(value, list):
        return ["null" if item is None else _as_schema(item) for item in value]
    return value


@cache
def _registry(folder: Path) -> Registry[Any]:
    resources = [
        (path.name, Resource(_as_schema(yaml.safe_load(path.read_text(encoding="utf-8"))), DRAFT202012))
        for path in sorted(folder.glob("*.yaml"))
    ]
    return Registry().with_resources(resources)


def schema_faults(real_data: Path, name: str, document: Any) -> list[str]:
    """Return what a published schema, such as ``collections``, finds wrong with a document."""
    registry = _registry(real_data / _SCHEMAS)
    validator = Draft202012Validator({"$ref": f"{name}.yaml"}, registry=registry)
    return [f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(document)]


# RFC 7946 -----------------------------------------------------------------------------------------------------------

_DEPTH = {"Point": 0, "MultiPoint": 1, "LineString": 1, "MultiLineString": 2, "Polygon": 2, "MultiPolygon": 3}
_OTHERS = {"Feature": {"geometry", "properties", "features"}, "FeatureCollection": {"features"}}


def geojson_faults(document: Any) -> list[str]:
    """Return what RFC 7946 forbids in a document."""
    if not isinstance(document, dict):
        return ["not an object"]
    kind = document.get("type")
    faults = _box_faults(document)
    if kind == "FeatureCollection":
        return (
            faults + _foreign(document, {"coordinates", "geometries", "geometry", "properties"}) + _features(document)
        )
    if kind == "Feature":
        return faults + _foreign(document, {"coordinates", "geometries", "features"}) + _feature_faults(document)
    return faults + _foreign(document, {"geometry", "properties", "features"}) + geometry_faults(document)


def _foreign(document: dict[str, Any], forbidden: set[str]) -> list[str]:
    return [f"{document.get('type')} with {name}" for name in sorted(forbidden & document.keys())]


def _box_faults(document: dict[str, Any]) -> list[str]:
    if "bbox" not in document:
        return []
    box = document["bbox"]
    right = isinstance(box, list) and len(box) >= 4 and len(box) % 2 == 0 and all(_is_number(value) for value in box)
    return [] if right else ["bbox"]


def _features(document: dict[str, Any]) -> list[str]:
    features = document.get("features")
    if not isinstance(features, list):
        return ["features is no array"]
    faults = []
    for feature in features:
        if not isinstance(feature, dict) or feature.get("type") != "Feature":
            faults.append("a feature that is none")
        else:
            faults += geojson_faults(feature)
    return faults


def _feature_faults(document: dict[str, Any]) -> list[str]:
    faults = []
    if not isinstance(document.get("properties", 0), dict | None):
        faults.append("properties")
    if "id" in document and not isinstance(document["id"], str | int | float):
        faults.append("id")
    if "geometry" not in document:
        faults.append("no geometry member")
    elif document["geometry"] is not None:
        faults += geometry_faults(document["geometry"])
    return faults


def geometry_faults(geometry: Any) -> list[str]:
    """Return what is wrong with a geometry: nesting, positions, lengths, closing and winding of rings."""
    if not isinstance(geometry, dict):
        return ["geometry is no object"]
    kind = geometry.get("type")
    if kind == "GeometryCollection":
        parts = geometry.get("geometries")
        return [f for part in parts for f in geometry_faults(part)] if isinstance(parts, list) else ["geometries"]
    if kind not in _DEPTH or "coordinates" not in geometry:
        return ["not a geometry"]
    faults: list[str] = []
    lines = _at_depth(geometry["coordinates"], max(_DEPTH[kind] - 1, 0), faults)
    if _DEPTH[kind] == 0:
        return faults + _position_faults(geometry["coordinates"])
    for line in lines:
        faults += _line_faults(kind, line)
    if not faults and "Polygon" in kind:
        polygons = geometry["coordinates"] if kind == "MultiPolygon" else [geometry["coordinates"]]
        faults += [f for rings in polygons for f in _winding_faults(rings)]
    return faults


def _at_depth(value: Any, depth: int, faults: list[str]) -> list[Any]:
    if not isinstance(value, list):
        faults.append("coordinates are not nested deeply enough")
        return []
    if depth == 0:
        return [value]
    return [found for item in value for found in _at_depth(item, depth - 1, faults)]


def _line_faults(kind: str, line: list[Any]) -> list[str]:
    faults = [fault for position in line for fault in _position_faults(position)]
    if "Polygon" in kind and (len(line) < 4 or line[0] != line[-1]):
        faults.append("a ring that is short or open")
    if "LineString" in kind and len(line) < 2:
        faults.append("a line of one position")
    return faults


def _position_faults(position: Any) -> list[str]:
    if not isinstance(position, list) or not 2 <= len(position) <= 3 or not all(_is_number(v) for v in position):
        return ["a position that is none"]
    return []


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _winding_faults(rings: list[Any]) -> list[str]:
    faults = []
    for n, ring in enumerate(rings):
        area = sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(ring))
        if (area > 0) != (n == 0):
            faults.append("a ring that turns the wrong way")
    return faults
