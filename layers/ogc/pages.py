"""The pages of the API: the same documents as JSON, in the look of the site, with a map where there are features."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from layers.catalog.base import Layer
from layers.files.mapping import LayerField
from layers.ogc import documents
from layers.ogc.asking import Asked
from layers.ogc.counting import Count, count_some
from layers.ogc.crs import storage
from layers.ogc.features import one_feature, read_page
from layers.ogc.parameters import ItemsQuery
from layers.ogc.words import words

__all__ = ["api_page", "conformance_page", "item_page", "items_page", "page", "problem_page"]

_MAP_LAYER: Final = {"Point": "points", "MultiLineString": "streets"}
_SHOWN: Final = 1_000
"""Features on a page of the site; more are for programs."""


def page(request: HttpRequest, asked: Asked, template: str, document: dict[str, Any], **more: Any) -> str:
    """Return a document as a page of the site."""
    request.language_addresses = {code: asked.here(lang=code) for code in ("ar", "en")}  # type: ignore[attr-defined]
    context = {
        "w": words(asked.language),
        "doc": document,
        "as_json": asked.here(f="json"),
        "crumbs": _crumbs(asked, more.get("layer"), template),
        "base": asked.base,
        **more,
    }
    return render_to_string(f"layers/ogc/{template}.html", context, request=request)


def conformance_page(request: HttpRequest, asked: Asked, document: dict[str, Any]) -> str:
    """Return the declaration of conformance, each class with the short name that ends its address."""
    classes = [(uri.rpartition("/")[2], uri) for uri in document["conformsTo"]]
    return page(request, asked, "conformance", document, classes=classes)


def api_page(request: HttpRequest, asked: Asked, document: dict[str, Any]) -> str:
    """Return the OpenAPI document as tables of addresses and parameters."""
    operations = [
        {"path": f"/ogc{path}", "summary": item["get"].get("summary", ""), "parameters": _names(item["get"])}
        for path, item in document["paths"].items()
    ]
    return page(request, asked, "api", document, operations=operations)


def _names(operation: dict[str, Any]) -> list[str]:
    return [one.get("name") or one["$ref"].rpartition("/")[2] for one in operation.get("parameters", [])]


def _crumbs(asked: Asked, layer: Layer | None, template: str) -> list[tuple[str, str]]:
    w = words(asked.language)
    crumbs = [(asked.url("/", f="html"), w["home"])]
    if template in ("landing", "problem"):
        return [] if template == "landing" else crumbs
    if template in ("collection", "schema", "items", "item"):
        crumbs.append((asked.url("/collections", f="html"), w["collections"]))
    if layer is not None and template != "collection":
        crumbs.append((asked.url(f"/collections/{layer.code}", f="html"), documents.title(asked, layer)))
    if layer is not None and template == "item":
        crumbs.append((asked.url(f"/collections/{layer.code}/items", f="html"), w["features"]))
    return crumbs


def problem_page(request: HttpRequest, members: dict[str, Any], language: str) -> HttpResponse:
    """Return a refusal as a page."""
    query = request.GET.copy()
    addresses = {}
    for code in ("ar", "en"):
        query["lang"] = code
        addresses[code] = f"{request.path}?{query.urlencode()}"
    request.language_addresses = addresses  # type: ignore[attr-defined]
    context = {"w": words(language), "problem": members, "crumbs": [("/ogc/", words(language)["home"])]}
    body = render_to_string("layers/ogc/problem.html", context, request=request)
    return HttpResponse(body.encode(), status=members["status"], content_type="text/html; charset=utf-8")


# Features -----------------------------------------------------------------------------------------------------------


def items_page(request: HttpRequest, asked: Asked, layer: Layer, query: ItemsQuery) -> str:
    """Return a page of features: a table, and the same on a map."""
    asked_for = replace(query, crs=storage(), limit=min(query.limit, _SHOWN))
    found = read_page(layer, asked.scope, asked_for)
    features = [json.loads(text) for text in found.features]
    if found.is_all:
        count: Count | None = Count(len(features), is_exact=True)
    else:
        count = count_some(layer, asked.scope, query) if query.cursor is None else None
    columns = query.shown_fields
    rows = [
        {
            "id": feature["id"],
            "href": asked.url(f"/collections/{layer.code}/items/{feature['id']}", **_kept(asked)),
            "cells": [_cell(field, feature["properties"].get(field.name)) for field in columns if field.name != "uid"],
        }
        for feature in features
    ]
    return page(
        request,
        asked,
        "items",
        {},
        layer=layer,
        title=documents.title(asked, layer),
        columns=[(f, documents.title(asked, f)) for f in columns if f.name != "uid"],
        rows=rows,
        count=count,
        map=_map(layer, features, "all", asked.language) if query.has_geometry and features else None,
        next=asked.here(cursor=found.following) if found.following else "",
        previous=asked.here(cursor=found.preceding) if found.preceding else "",
    )


def _kept(asked: Asked) -> dict[str, str]:
    """Return the parameters that a link to one feature keeps: the moment that is looked at, and the format."""
    moment = asked.query.get("datetime", "")
    return {"f": "html", **({"datetime": moment} if moment and "/" not in moment else {})}


def item_page(request: HttpRequest, asked: Asked, layer: Layer, query: ItemsQuery, name: str) -> str:
    """Return the page of one feature."""
    text = one_feature(layer, asked.scope, name, replace(query, crs=storage()))
    feature = json.loads(text or '{"id":"","properties":{},"geometry":null}')
    facts = [(documents.title(asked, f), _cell(f, feature["properties"].get(f.name))) for f in query.shown_fields]
    return page(
        request,
        asked,
        "item",
        {},
        layer=layer,
        title=documents.title(asked, layer),
        name=feature["id"],
        facts=facts,
        map=_map(layer, [feature], "subject", asked.language) if feature["geometry"] else None,
    )


def _label(layer: Layer, properties: dict[str, Any], language: str) -> str:
    """Return what a feature is labelled with on every map: the field of its style, in the language or what there is."""
    named = layer.style.label
    names = (f"{named}_{language}", f"{named}_{'en' if language == 'ar' else 'ar'}", named)
    return next((str(properties[name]) for name in names if properties.get(name)), "") if named else ""


def _map(layer: Layer, features: list[dict[str, Any]], fit: str, language: str) -> dict[str, Any]:
    """Return the data of the map component: geometry in the storage CRS."""
    drawn = [
        {
            "type": "Feature",
            "id": str(feature["id"]),
            "geometry": feature["geometry"],
            "properties": {"label": _label(layer, feature["properties"], language)},
        }
        for feature in features
        if feature["geometry"]
    ]
    return {_MAP_LAYER.get(str(layer.geometry), "before"): drawn, "fit": fit}


def _cell(field: LayerField, value: Any) -> dict[str, Any]:
    """Return a value with what its template needs to show it."""
    if value in (None, ""):
        return {"kind": "none"}
    if field.kind == "datetime":
        return {"kind": "datetime", "value": datetime.fromisoformat(value)}
    if field.kind in ("decimal", "float", "integer"):
        return {"kind": "number", "value": value, "unit": "m2" if field.name.endswith("_m2") else ""}
    return {"kind": "code" if field.kind == "uuid" or field.name.endswith("_no") else "text", "value": value}
