"""The documents of the API: landing page, conformance, collections, and the schema of a collection's features."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.conf import settings

from layers.access import can_read, readable_fields
from layers.added import all_layers, find_layer
from layers.catalog.base import Layer
from layers.files.mapping import LayerField
from layers.ogc import filters
from layers.ogc.asking import GEOJSON, HTML, JSON, OPENAPI, SCHEMA, Asked, Link, link
from layers.ogc.crs import CRS84_URI, crs_note, storage, supported
from layers.ogc.extensions import extensions
from layers.ogc.extents import bounds_of, since
from layers.problems import not_found, shown
from layers.srs import Bounds

__all__ = [
    "CONFORMANCE",
    "alternates",
    "collection",
    "collections",
    "conformance",
    "landing",
    "layer_for",
    "layers_for",
    "schema",
]

_SPEC: Final = "http://www.opengis.net/spec"
CONFORMANCE: Final = (
    f"{_SPEC}/ogcapi-common-1/1.0/conf/core",
    f"{_SPEC}/ogcapi-common-1/1.0/conf/landing-page",
    f"{_SPEC}/ogcapi-common-1/1.0/conf/json",
    f"{_SPEC}/ogcapi-common-1/1.0/conf/html",
    f"{_SPEC}/ogcapi-common-1/1.0/conf/oas30",
    f"{_SPEC}/ogcapi-common-2/1.0/conf/collections",
    f"{_SPEC}/ogcapi-features-1/1.0/conf/core",
    f"{_SPEC}/ogcapi-features-1/1.0/conf/oas30",
    f"{_SPEC}/ogcapi-features-1/1.0/conf/html",
    f"{_SPEC}/ogcapi-features-1/1.0/conf/geojson",
    f"{_SPEC}/ogcapi-features-2/1.0/conf/crs",
    *filters.CONFORMANCE,
)

_SCHEMA_REL: Final = "http://www.opengis.net/def/rel/ogc/1.0/schema"
_CONFORMANCE_REL: Final = "http://www.opengis.net/def/rel/ogc/1.0/conformance"
_DATA_REL: Final = "http://www.opengis.net/def/rel/ogc/1.0/data"


def layers_for(asked: Asked, using: str = "default") -> dict[str, Layer]:
    """Return the layers that the asker may see, by code."""
    return {code: layer for code, layer in all_layers(using).items() if can_read(layer, asked.scope)}


def layer_for(asked: Asked, code: str, using: str = "default") -> Layer:
    """Return a layer that the asker may see.

    Raises
    ------
    Problem
        404: there is none of that code, or not for this asker; the two cannot be told apart.
    """
    layer = find_layer(code, using) if "\x00" not in code else None
    if layer is None or not can_read(layer, asked.scope):
        raise not_found(
            f"لا توجد مجموعة باسم «{shown(code)}». القائمة في {asked.base}/collections.",
            f"There is no collection “{shown(code)}”. They are listed at {asked.base}/collections.",
        )
    return layer


def alternates(asked: Asked, json_type: str) -> list[Link]:
    """Return ``self`` and ``alternate``: the same resource as JSON and as a page, this one first."""
    types = {"json": json_type, "html": HTML}
    mine = asked.format
    other = "html" if mine == "json" else "json"
    words = {"json": asked.text("هذا المستند بصيغة JSON", "This document as JSON")}
    words["html"] = asked.text("هذه الصفحة بصيغة HTML", "This document as a page")
    return [
        link(asked.here(), "self", types[mine], words[mine], asked.language),
        link(asked.here(f=other), "alternate", types[other], words[other], asked.language),
    ]


# Landing page and conformance ---------------------------------------------------------------------------------------


def landing(asked: Asked) -> dict[str, Any]:
    """Return the landing page."""
    name = asked.text(settings.MUNICIPALITY_NAME_AR, settings.MUNICIPALITY_NAME_EN)
    api = asked.text("وصف الواجهة", "Description of the interface")
    declared = asked.text("مواصفات OGC التي تطابقها الواجهة", "OGC conformance classes of this interface")
    data = asked.text("مجموعات البيانات", "Collections of the data")
    links = [
        *alternates(asked, JSON),
        link(asked.url("/api", f="json"), "service-desc", OPENAPI, api),
        link(asked.url("/api", f="html"), "service-doc", HTML, api, asked.language),
        *_both(asked, "/conformance", "conformance", declared),
        *_both(asked, "/conformance", _CONFORMANCE_REL, declared),
        *_both(asked, "/collections", "data", data),
        *_both(asked, "/collections", _DATA_REL, data),
    ]
    for extension in extensions():
        links += extension.landing_links(asked)
    return {
        "title": asked.text(f"البيانات المكانية: {name}", f"Spatial data of {name}"),
        "description": asked.text(
            "طبقات الخريطة للاطلاع وإعادة الاستعمال وفق معايير OGC: القطع والمخططات والشوارع والمواقع وغيرها.",
            "The layers of the map, to read and to reuse, by the standards of the OGC: parcels, plans, streets, places "
            "and more.",
        ),
        "links": links,
    }


def _both(asked: Asked, path: str, rel: str, title: str) -> list[Link]:
    return [
        link(asked.url(path, f="json"), rel, JSON, title, asked.language),
        link(asked.url(path, f="html"), rel, HTML, title, asked.language),
    ]


def conformance(asked: Asked) -> dict[str, Any]:
    """Return the declaration of conformance."""
    more = [uri for extension in extensions() for uri in extension.conformance]
    return {"links": alternates(asked, JSON), "conformsTo": list(dict.fromkeys([*CONFORMANCE, *more]))}


# Collections --------------------------------------------------------------------------------------------------------


def collections(asked: Asked, using: str = "default") -> dict[str, Any]:
    """Return the list of the collections that the asker may see."""
    layers = layers_for(asked, using)
    bounds = bounds_of(layers, asked.scope, using)
    return {
        "links": alternates(asked, JSON),
        "crs": [crs.uri for crs in supported()],
        "collections": [
            _collection(asked, layer, bounds.get(code), _own(asked, layer), using) for code, layer in layers.items()
        ],
    }


def collection(asked: Asked, layer: Layer, using: str = "default") -> dict[str, Any]:
    """Return the description of one collection."""
    bounds = bounds_of({layer.code: layer}, asked.scope, using)
    return _collection(asked, layer, bounds.get(layer.code), alternates(asked, JSON), using)


def title(asked: Asked, thing: Layer | LayerField) -> str:
    """Return the title of a layer or field in the language asked for."""
    if isinstance(thing, LayerField):
        return asked.text(thing.ar, thing.en)
    return asked.text(thing.title_ar, thing.title_en)


def _collection(asked: Asked, layer: Layer, bounds: Bounds | None, first: list[Link], using: str) -> dict[str, Any]:
    described: dict[str, Any] = {
        "id": layer.code,
        "title": title(asked, layer),
        "description": _description(asked, layer),
        "attribution": asked.text(layer.provenance.source_ar, layer.provenance.source_en),
        "links": [*first, *_links(asked, layer)],
        "itemType": "feature",
        "crs": [crs.uri for crs in supported()],
        "storageCrs": storage().uri,
    }
    if layer.provenance.licence:
        described["license"] = layer.provenance.licence
    extent = _extent(asked, layer, bounds, using)
    if extent:
        described["extent"] = extent
    return described


def _extent(asked: Asked, layer: Layer, bounds: Bounds | None, using: str) -> dict[str, Any]:
    extent: dict[str, Any] = {}
    if bounds is not None:
        extent["spatial"] = {"bbox": [list(bounds)], "crs": CRS84_URI}
    first = since(layer, asked.scope, using)
    if first is not None:
        extent["temporal"] = {
            "interval": [[first.isoformat().replace("+00:00", "Z"), None]],
            "trs": "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian",
        }
    return extent


def _description(asked: Asked, layer: Layer) -> str:
    about = asked.text(layer.about_ar, layer.about_en)
    versions = asked.text(
        "بلا datetime تُعطى المعالم السارية الآن.", "Without datetime the features in force now are given."
    )
    notes = [note for crs in supported() if (note := crs_note(crs, asked.language))]
    return " ".join(part for part in (about, versions if layer.is_versioned else "", *notes) if part)


def _own(asked: Asked, layer: Layer) -> list[Link]:
    """Return the links to a collection in the list of all."""
    path, name = f"/collections/{layer.code}", title(asked, layer)
    return [
        link(asked.url(path, f="json"), "self", JSON, name, asked.language),
        link(asked.url(path, f="html"), "alternate", HTML, name, asked.language),
    ]


def _links(asked: Asked, layer: Layer) -> list[Link]:
    path = f"/collections/{layer.code}"
    name = title(asked, layer)
    items = asked.text(f"معالم {name}", f"Features of {name}")
    links = [
        link(asked.url(f"{path}/items", f="json"), "items", GEOJSON, items, asked.language),
        link(asked.url(f"{path}/items", f="html"), "items", HTML, items, asked.language),
        link(
            asked.url(f"{path}/schema", f="json"),
            _SCHEMA_REL,
            SCHEMA,
            asked.text("حقول المعالم", "Fields of the features"),
        ),
    ]
    for extension in extensions():
        links += extension.collection_links(asked, layer)
    if layer.provenance.licence:
        links.append(_licence(asked, layer.provenance.licence))
    return links


def _licence(asked: Asked, licence: str) -> Link:
    href = licence if licence.startswith(("http://", "https://")) else f"https://spdx.org/licenses/{licence}.html"
    return link(href, "license", HTML, asked.text("شروط الاستعمال", "Terms of use"))


# Schema -------------------------------------------------------------------------------------------------------------

_TYPES: Final[Mapping[str, dict[str, str]]] = {
    "text": {"type": "string"},
    "decimal": {"type": "number"},
    "float": {"type": "number"},
    "integer": {"type": "integer"},
    "uuid": {"type": "string", "format": "uuid"},
    "datetime": {"type": "string", "format": "date-time"},
    "date": {"type": "string", "format": "date"},
}
_GEOMETRIES: Final = {
    "Point": "geometry-point",
    "MultiPoint": "geometry-multipoint",
    "LineString": "geometry-linestring",
    "MultiLineString": "geometry-multilinestring",
    "Polygon": "geometry-polygon",
    "MultiPolygon": "geometry-multipolygon",
}


def field_schema(asked: Asked, field: LayerField) -> dict[str, Any]:
    """Return the JSON Schema of one field."""
    made: dict[str, Any] = {"title": title(asked, field), **_TYPES[field.kind]}
    if field.choices:
        made["enum"] = list(field.choices) if field.required or field.default else ["", *field.choices]
    return made


def schema(asked: Asked, layer: Layer) -> dict[str, Any]:
    """Return the JSON Schema of a collection's features as far as the asker may see them."""
    from layers.ogc.features import id_field

    properties: dict[str, Any] = {
        "geometry": {
            "title": asked.text("الشكل", "Geometry"),
            "x-ogc-role": "primary-geometry",
            "format": _GEOMETRIES.get(str(layer.geometry), "geometry-any"),
        }
    }
    roles = {"begin_lifespan_version": "primary-interval-start", "end_lifespan_version": "primary-interval-end"}
    roles[id_field(layer)] = "id"
    for field in readable_fields(layer, asked.scope):
        properties[field.name] = field_schema(asked, field)
        if field.name in roles:
            properties[field.name]["x-ogc-role"] = roles[field.name]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": asked.url(f"/collections/{layer.code}/schema"),
        "title": title(asked, layer),
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
    }
