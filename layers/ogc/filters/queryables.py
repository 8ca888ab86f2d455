"""What may be asked for and sorted by, as JSON Schema, and what the filters add to the API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.http import HttpRequest, HttpResponseBase

from layers.access import readable_fields
from layers.catalog.base import Layer
from layers.ogc import documents, paths
from layers.ogc.answers import body_answer, dumps, resource
from layers.ogc.asking import HTML, SCHEMA, Asked, Link, asked_of, link
from layers.ogc.extensions import Extension, register
from layers.ogc.filters.conformance import CONFORMANCE
from layers.ogc.pages import page
from layers.ogc.parameters import COMMON, plain_query

__all__ = ["QUERYABLES_REL", "install", "queryables", "queryables_of", "sortables", "sortables_of"]

QUERYABLES_REL: Final = "http://www.opengis.net/def/rel/ogc/1.0/queryables"
SORTABLES_REL: Final = "http://www.opengis.net/def/rel/ogc/1.0/sortables"
_DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"


def queryables_of(asked: Asked, layer: Layer) -> dict[str, Any]:
    """Return the schema of what a filter over a layer may name: the geometry and every field that may be read."""
    schema = documents.schema(asked, layer)
    return {
        **schema,
        "$id": f"{asked.base}/collections/{layer.code}/queryables",
        "title": documents.title(asked, layer),
        "description": asked.text(
            "الخصائص التي يجوز ذكرها في المعامل filter، ولكل منها عدا الشكل معامل باسمها يطلب قيمة واحدة.",
            "The properties that the parameter filter may name; each but the geometry is also a parameter of its own "
            "that asks for one value.",
        ),
    }


def sortables_of(asked: Asked, layer: Layer) -> dict[str, Any]:
    """Return the schema of what ``sortby`` may name."""
    return {
        "$schema": _DRAFT,
        "$id": f"{asked.base}/collections/{layer.code}/sortables",
        "title": documents.title(asked, layer),
        "description": asked.text("الخصائص التي يجوز الترتيب بها.", "The properties that sortby may name."),
        "type": "object",
        "properties": {f.name: documents.field_schema(asked, f) for f in readable_fields(layer, asked.scope)},
        "additionalProperties": False,
    }


@resource
def queryables(request: HttpRequest, code: str) -> HttpResponseBase:
    """What a filter may name."""
    return _schema(request, code, queryables_of, ("ما يمكن السؤال عنه", "Queryables"))


@resource
def sortables(request: HttpRequest, code: str) -> HttpResponseBase:
    """What an order may name."""
    return _schema(request, code, sortables_of, ("ما يمكن الترتيب به", "Sortables"))


def _schema(request: HttpRequest, code: str, make: Any, heading: tuple[str, str]) -> HttpResponseBase:
    asked = asked_of(request, (SCHEMA,))
    layer = documents.layer_for(asked, code)
    plain_query(request.GET, COMMON)
    document = make(asked, layer)
    if asked.format == "html":
        body = page(request, asked, "queryables", document, layer=layer, heading=asked.text(*heading))
        return body_answer(request, body, f"{HTML}; charset=utf-8")
    return body_answer(request, dumps(document), SCHEMA)


# What is added to the other documents -------------------------------------------------------------------------------


def _links(asked: Asked, layer: Layer) -> list[Link]:
    path = f"/collections/{layer.code}"
    words = {
        "queryables": (QUERYABLES_REL, asked.text("ما يمكن السؤال عنه", "Queryables")),
        "sortables": (SORTABLES_REL, asked.text("ما يمكن الترتيب به", "Sortables")),
    }
    return [
        link(asked.url(f"{path}/{name}", f=format), rel, type, title, asked.language)
        for name, (rel, title) in words.items()
        for format, type in (("json", SCHEMA), ("html", HTML))
    ]


def _paths(asked: Asked, layers: Mapping[str, Layer]) -> dict[str, Any]:
    content = {SCHEMA: {"$ref": "#/components/schemas/JsonSchema"}}
    made: dict[str, Any] = {}
    for layer in layers.values():
        name = documents.title(asked, layer)
        for part, words in (("queryables", ("ما يمكن السؤال عنه", "queryables")),
                            ("sortables", ("ما يمكن الترتيب به", "sortables"))):  # fmt: skip
            summary = f"{name}: {asked.text(*words)}"
            path = f"/collections/{layer.code}/{part}"
            made[path] = paths.get(asked, f"{layer.code}.{part}", summary, content, tag=layer.code)
    return made


def install() -> None:
    """Add the filters to the API; once, when the application starts."""
    register(Extension("filters", CONFORMANCE, collection_links=_links, paths=_paths))
