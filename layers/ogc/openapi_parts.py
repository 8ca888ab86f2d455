"""Parameters and schemas that the addresses of the OpenAPI document share."""

from __future__ import annotations

from typing import Any, Final

from layers.ogc.asking import FORMATS, Asked
from layers.ogc.crs import CRS84_URI, supported
from layers.ogc.parameters import DEFAULT_LIMIT, MAX_LIMIT

__all__ = ["FEATURE_ID", "parameters", "schemas"]

FEATURE_ID: Final[dict[str, Any]] = {
    "name": "featureId",
    "in": "path",
    "required": True,
    "schema": {"type": "string"},
}


def _query(name: str, description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": name,
        "in": "query",
        "required": False,
        "description": description,
        "schema": schema,
        "style": "form",
        "explode": False,
    }


def parameters(asked: Asked) -> dict[str, Any]:
    """Return the query parameters that several addresses have, by name."""
    systems = {"type": "string", "format": "uri", "enum": [crs.uri for crs in supported()], "default": CRS84_URI}
    box = {"type": "array", "oneOf": [{"minItems": n, "maxItems": n} for n in (4, 6)], "items": {"type": "number"}}
    names = {"type": "array", "items": {"type": "string"}, "minItems": 1}
    whole = {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT}
    listed = [
        _query("f", asked.text("الصيغة", "Format"), {"type": "string", "enum": list(FORMATS)}),
        _query("lang", asked.text("اللغة", "Language"), {"type": "string", "enum": ["ar", "en"]}),
        _query("limit", asked.text("عدد المعالم في الصفحة", "How many features a page holds"), whole),
        _query("bbox", asked.text("ما يلامس هذا المستطيل", "Features that meet this rectangle"), box),
        _query("bbox-crs", asked.text("نظام إحداثيات bbox", "CRS of bbox"), systems),
        _query(
            "datetime",
            asked.text(
                "لحظة (الحالة عندها) أو فترة (كل نسخة سرت فيها)",
                "A moment (the state then) or an interval (every version in force during it)",
            ),
            {"type": "string"},
        ),
        _query("crs", asked.text("نظام إحداثيات الجواب", "CRS of the answer"), systems),
        _query(
            "sortby",
            asked.text("حقول الترتيب، بعلامة - للتنازلي", "Fields to sort by, with - for descending"),
            names,
        ),
        _query("properties", asked.text("الحقول المطلوبة فقط", "Only these fields"), names),
        _query("skipGeometry", asked.text("بلا أشكال", "Without geometry"), {"type": "boolean", "default": False}),
        _query("cursor", asked.text("موضع من رابط next", "A place, from a next link"), {"type": "string"}),
        _query(
            "resultType",
            asked.text("hits: العدد وحده", "hits: the count alone"),
            {"type": "string", "enum": ["results", "hits"], "default": "results"},
        ),
        _query("filter", asked.text("شرط بلغة CQL2", "A condition in CQL2"), {"type": "string"}),
        _query(
            "filter-lang",
            asked.text("صيغة الشرط", "Encoding of the condition"),
            {"type": "string", "enum": ["cql2-text", "cql2-json"], "default": "cql2-text"},
        ),
        _query("filter-crs", asked.text("نظام إحداثيات الشرط", "CRS of the condition's geometry"), systems),
    ]
    return {one["name"]: one for one in listed}


def schemas() -> dict[str, Any]:
    """Return the schemas of the answers: those of the standard, with what is added here."""
    links = {"type": "array", "items": {"$ref": "#/components/schemas/Link"}}
    text = {"type": "string"}
    texts = {"type": "array", "items": text}
    anything: dict[str, Any] = {"type": "object", "additionalProperties": True}
    coordinates = {"type": "array", "items": {}}
    feature = {
        "type": {"type": "string", "enum": ["Feature"]},
        "id": text,
        "geometry": {"allOf": [{"$ref": "#/components/schemas/Geometry"}], "nullable": True},
        "properties": {**anything, "nullable": True},
        "links": links,
    }
    page = {
        "type": {"type": "string", "enum": ["FeatureCollection"]},
        "features": {"type": "array", "items": {"$ref": "#/components/schemas/Feature"}},
        "links": links,
        "timeStamp": {"type": "string", "format": "date-time"},
        "numberMatched": {"type": "integer", "minimum": 0},
        "numberMatchedEstimate": {"type": "integer", "minimum": 0},
        "numberReturned": {"type": "integer", "minimum": 0},
    }
    collection = {
        "id": text,
        "title": text,
        "description": text,
        "attribution": text,
        "license": text,
        "links": links,
        "extent": {"$ref": "#/components/schemas/Extent"},
        "itemType": {"type": "string", "default": "feature"},
        "crs": texts,
        "storageCrs": {"type": "string", "format": "uri"},
    }
    collections = {"links": links, "crs": texts}
    collections["collections"] = {"type": "array", "items": {"$ref": "#/components/schemas/Collection"}}
    return {
        "Link": _object(
            {"href": text, "rel": text, "type": text, "hreflang": text, "title": text, "length": {"type": "integer"}},
            "href",
            "rel",
        ),
        "LandingPage": _object({"title": text, "description": text, "links": links}, "links"),
        "Conformance": _object({"conformsTo": texts, "links": links}, "conformsTo"),
        "OpenApi": anything,
        "JsonSchema": anything,
        "Extent": _object({"spatial": anything, "temporal": anything}),
        "Collection": _object(collection, "id", "links"),
        "Collections": _object(collections, "links", "collections"),
        "Geometry": _object({"type": text, "coordinates": coordinates}, "type"),
        "Feature": _object(feature, "type", "geometry", "properties"),
        "FeatureCollection": _object(page, "type", "features"),
        "Problem": _object(
            {
                "type": {"type": "string", "format": "uri-reference"},
                "title": text,
                "status": {"type": "integer"},
                "detail": text,
                "instance": {"type": "string", "format": "uri-reference"},
                "parameter": text,
            }
        ),
    }


def _object(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    made: dict[str, Any] = {"type": "object", "properties": properties}
    if required:
        made["required"] = list(required)
    return made
