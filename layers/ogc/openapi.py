"""The OpenAPI 3.0 document: every address, parameter and answer, for the collections that the asker may see."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django.conf import settings

from layers.access import readable_fields
from layers.catalog.base import Layer
from layers.ogc import openapi_parts as parts
from layers.ogc.asking import GEOJSON, HTML, JSON, OPENAPI, PROBLEM, SCHEMA, Asked
from layers.ogc.documents import field_schema, layers_for, title
from layers.ogc.extensions import extensions
from layers.ogc.parameters import ITEMS_PARAMETERS

__all__ = ["openapi"]

_ERRORS: Final = {"400": "BadRequest", "404": "NotFound", "406": "NotAcceptable", "503": "TooSlow"}


def openapi(asked: Asked, using: str = "default") -> dict[str, Any]:
    """Return the document."""
    layers = layers_for(asked, using)
    paths: dict[str, Any] = {
        "/": _get(asked, "landing", ("صفحة البداية", "Landing page"), "LandingPage", JSON),
        "/conformance": _get(asked, "conformance", ("المطابقة", "Conformance"), "Conformance", JSON),
        "/api": _get(asked, "api", ("وصف الواجهة", "This document"), "OpenApi", OPENAPI),
        "/collections": _get(asked, "collections", ("المجموعات", "Collections"), "Collections", JSON),
    }
    for layer in layers.values():
        paths |= _layer_paths(asked, layer)
    for extension in extensions():
        paths |= extension.paths(asked, layers)
    return {
        "openapi": "3.0.3",
        "info": {
            "title": asked.text("البيانات المكانية", "Spatial data"),
            "version": "1.0.0",
            "description": asked.text(
                "واجهة OGC للمعالم. اللغة بالمعامل lang أو بالترويسة Accept-Language، والعربية هي الأصل.",
                "OGC API of the features. The language follows lang or Accept-Language; Arabic where nothing is asked.",
            ),
            "contact": {
                "name": asked.text(settings.MUNICIPALITY_NAME_AR, settings.MUNICIPALITY_NAME_EN),
                "url": settings.PUBLIC_URL,
            },
        },
        "servers": [{"url": asked.base}],
        "tags": [
            {"name": "api", "description": asked.text("الواجهة نفسها", "The interface itself")},
            *({"name": layer.code, "description": title(asked, layer)} for layer in layers.values()),
        ],
        "paths": paths,
        "components": {
            "parameters": parts.parameters(asked),
            "responses": _error_responses(asked),
            "schemas": parts.schemas(),
        },
    }


def _get(
    asked: Asked,
    name: str,
    summary: tuple[str, str],
    schema: str,
    type: str,
    *,
    tag: str = "api",
    more: Sequence[dict[str, Any]] = (),
    headers: dict[str, Any] | None = None,
) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "description": asked.text(*summary),
        "headers": {"ETag": {"schema": {"type": "string"}}, **(headers or {})},
        "content": {
            type: {"schema": {"$ref": f"#/components/schemas/{schema}"}},
            HTML: {"schema": {"type": "string"}},
        },
    }
    return {
        "get": {
            "tags": [tag],
            "operationId": name,
            "summary": asked.text(*summary),
            "parameters": [*more, _ref("f"), _ref("lang")],
            "responses": {
                "200": answer,
                "304": {"description": asked.text("لم يتغير شيء", "Nothing has changed")},
                **{status: {"$ref": f"#/components/responses/{name}"} for status, name in _ERRORS.items()},
            },
        }
    }


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/parameters/{name}"}


def _layer_paths(asked: Asked, layer: Layer) -> dict[str, Any]:
    path, name = f"/collections/{layer.code}", title(asked, layer)
    features = f"{name}: {asked.text('المعالم', 'features')}", f"{name}: {asked.text('معلم واحد', 'one feature')}"
    crs = {"Content-Crs": {"schema": {"type": "string"}, "description": "Features Part 2"}}
    showing = [_ref(one) for one in ("crs", "datetime", "properties", "skipGeometry")]
    fid = {**parts.FEATURE_ID, "description": asked.text("معرّف المعلم الثابت", "The feature's lasting identifier")}
    asking = [_ref(one) for one in ITEMS_PARAMETERS if one not in ("f", "lang")]
    return {
        path: _get(asked, f"{layer.code}.collection", (name, name), "Collection", JSON, tag=layer.code),
        f"{path}/schema": _get(
            asked,
            f"{layer.code}.schema",
            ("حقول المعالم", "Fields of the features"),
            "JsonSchema",
            SCHEMA,
            tag=layer.code,
        ),
        f"{path}/items": _get(
            asked,
            f"{layer.code}.items",
            (features[0], features[0]),
            "FeatureCollection",
            GEOJSON,
            tag=layer.code,
            more=[*asking, *_field_parameters(asked, layer)],
            headers=crs,
        ),
        f"{path}/items/{{featureId}}": _get(
            asked,
            f"{layer.code}.item",
            (features[1], features[1]),
            "Feature",
            GEOJSON,
            tag=layer.code,
            more=[fid, *showing],
            headers=crs,
        ),
    }


def _field_parameters(asked: Asked, layer: Layer) -> list[dict[str, Any]]:
    return [
        {
            "name": field.name,
            "in": "query",
            "required": False,
            "description": asked.text(f"{field.ar}: يساوي هذه القيمة", f"{field.en}: equal to this value"),
            "schema": {key: value for key, value in field_schema(asked, field).items() if key != "title"},
            "style": "form",
            "explode": False,
        }
        for field in readable_fields(layer, asked.scope)
        if field.name not in ITEMS_PARAMETERS
    ]


def _error_responses(asked: Asked) -> dict[str, Any]:
    words = {
        "BadRequest": asked.text("معامل غير معروف أو غير صحيح", "A parameter is unknown or wrong"),
        "NotFound": asked.text("غير موجود، أو لا يحق لك الاطلاع عليه", "It does not exist, or is not yours to see"),
        "NotAcceptable": asked.text("لا تتاح الصيغة المطلوبة", "None of the accepted formats can be given"),
        "TooSlow": asked.text("تجاوز الاستعلام وقته", "The query took longer than it may"),
    }
    content = {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}, HTML: {"schema": {"type": "string"}}}
    return {name: {"description": text, "content": content} for name, text in words.items()}
