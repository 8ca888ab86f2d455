"""The resources of the OGC API over HTTP. Documents come from ``documents``, features from ``features``."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Generator, Iterator
from datetime import UTC, datetime
from typing import Any, Final

from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse

from layers.access import readable_fields
from layers.catalog.base import Layer
from layers.ogc import documents, pages
from layers.ogc.answers import body_answer, dumps, page_answer, resource
from layers.ogc.asking import GEOJSON, HTML, JSON, OPENAPI, SCHEMA, Asked, Link, asked_of, link
from layers.ogc.counting import Count, count_all, count_some
from layers.ogc.extents import since
from layers.ogc.features import Stream, id_field, one_feature, read_page
from layers.ogc.openapi import openapi
from layers.ogc.parameters import COMMON, ItemsQuery, plain_query, read_feature, read_items
from layers.problems import not_found, shown

__all__ = ["api", "collection", "collections", "conformance", "item", "items", "landing", "schema"]

log = logging.getLogger(__name__)

STREAMED: Final = 1_000
"""A page longer than this is sent while it is read."""


def _document(request: HttpRequest, asked: Asked, document: dict[str, Any], template: str) -> HttpResponseBase:
    if asked.format == "html":
        return page_answer(pages.page(request, asked, template, document))
    return body_answer(request, dumps(document), JSON)


@resource
def landing(request: HttpRequest) -> HttpResponseBase:
    """The landing page."""
    asked = asked_of(request)
    plain_query(request.GET, COMMON)
    return _document(request, asked, documents.landing(asked), "landing")


@resource
def conformance(request: HttpRequest) -> HttpResponseBase:
    """What the API conforms to."""
    asked = asked_of(request)
    plain_query(request.GET, COMMON)
    document = documents.conformance(asked)
    if asked.format == "html":
        return page_answer(pages.conformance_page(request, asked, document))
    return body_answer(request, dumps(document), JSON)


@resource
def api(request: HttpRequest) -> HttpResponseBase:
    """The OpenAPI document, with the collections and fields that the asker may see."""
    asked = asked_of(request, (OPENAPI,))
    plain_query(request.GET, COMMON)
    document = openapi(asked)
    if asked.format == "html":
        return page_answer(pages.api_page(request, asked, document))
    return body_answer(request, dumps(document), OPENAPI)


@resource
def collections(request: HttpRequest) -> HttpResponseBase:
    """The list of collections."""
    asked = asked_of(request)
    plain_query(request.GET, COMMON)
    return _document(request, asked, documents.collections(asked), "collections")


@resource
def collection(request: HttpRequest, code: str) -> HttpResponseBase:
    """One collection."""
    asked = asked_of(request)
    layer = documents.layer_for(asked, code)
    plain_query(request.GET, COMMON)
    document = documents.collection(asked, layer)
    if asked.format == "html":
        first = since(layer, asked.scope)
        return page_answer(pages.page(request, asked, "collection", document, layer=layer, since=first))
    return body_answer(request, dumps(document), JSON)


@resource
def schema(request: HttpRequest, code: str) -> HttpResponseBase:
    """The fields of a collection's features."""
    asked = asked_of(request, (SCHEMA,))
    layer = documents.layer_for(asked, code)
    plain_query(request.GET, COMMON)
    document = documents.schema(asked, layer)
    if asked.format == "html":
        return page_answer(pages.page(request, asked, "schema", document, layer=layer))
    return body_answer(request, dumps(document), SCHEMA)


# Features -----------------------------------------------------------------------------------------------------------


@resource
def items(request: HttpRequest, code: str) -> HttpResponseBase:
    """A page of features."""
    asked = asked_of(request, (GEOJSON,))
    layer = documents.layer_for(asked, code)
    query = read_items(layer.code, request.GET, readable_fields(layer, asked.scope))
    queryables = asked.url(f"/collections/{layer.code}/queryables", f="json")
    headers = {
        "Content-Crs": f"<{query.crs.uri}>",
        "Link": f'<{queryables}>; rel="http://www.opengis.net/def/rel/ogc/1.0/queryables"; type="{SCHEMA}"',
    }
    if query.is_count:
        return _counted(request, asked, layer, query, headers)
    if asked.format == "html":
        return page_answer(pages.items_page(request, asked, layer, query))
    if query.limit > STREAMED and not (query.cursor and query.cursor.is_backward):
        return _streamed(request, asked, layer, query, headers)
    page = read_page(layer, asked.scope, query)
    count = Count(len(page.features), is_exact=True) if page.is_all else _first_count(asked, layer, query)
    head = '{"type":"FeatureCollection","features":[' + ",".join(page.features) + "],"
    rest: dict[str, Any] = {"numberReturned": len(page.features), **_matched(count)}
    rest["links"] = items_links(asked, layer, page.following, page.preceding)
    changing = (f'"timeStamp":"{_now()}",', dumps(rest)[1:])
    return body_answer(request, head, GEOJSON, changing=changing, headers=headers)


def _first_count(asked: Asked, layer: Layer, query: ItemsQuery) -> Count | None:
    """Return the count that the first page of a query tells; the pages after it need not find it again."""
    return count_some(layer, asked.scope, query) if query.cursor is None else None


def _matched(count: Count | None) -> dict[str, int]:
    """Return the member that says how many features there are: ``numberMatched`` is never an estimate."""
    if count is None:
        return {}
    return {"numberMatched" if count.is_exact else "numberMatchedEstimate": count.number}


def _counted(
    request: HttpRequest, asked: Asked, layer: Layer, query: ItemsQuery, headers: dict[str, str]
) -> HttpResponseBase:
    count = count_all(layer, asked.scope, query)
    document = {"type": "FeatureCollection", "features": [], "numberReturned": 0, **_matched(count)}
    document["links"] = documents.alternates(asked, GEOJSON)
    return body_answer(request, dumps(document), GEOJSON, headers=headers)


def items_links(asked: Asked, layer: Layer, following: str, preceding: str) -> list[Link]:
    """Return the links of a page of features."""
    links = documents.alternates(asked, GEOJSON)
    links.append(link(asked.url(f"/collections/{layer.code}", f="json"), "collection", JSON))
    type = GEOJSON if asked.format == "json" else HTML
    if following:
        links.append(link(asked.here(cursor=following), "next", type, asked.text("التالي", "Next page")))
    if preceding:
        links.append(link(asked.here(cursor=preceding), "prev", type, asked.text("السابق", "Previous page")))
    return links


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _streamed(
    request: HttpRequest, asked: Asked, layer: Layer, query: ItemsQuery, headers: dict[str, str]
) -> HttpResponseBase:
    """Return a long page, sent while it is read; the first features are read before anything is promised."""
    stream = Stream(layer, asked.scope, query)
    texts = stream.texts()
    first = next(texts, None)
    if request.method == "HEAD":
        texts.close()
        response = StreamingHttpResponse((), content_type=GEOJSON)
    else:
        response = StreamingHttpResponse(_long_body(asked, layer, stream, first, texts), content_type=GEOJSON)
        response._resource_closers.append(texts.close)  # type: ignore[attr-defined]  # nobody may begin to read the body
    for name, value in headers.items():
        response[name] = value
    return response


def _long_body(asked: Asked, layer: Layer, stream: Stream, first: str | None, texts: Generator[str]) -> Iterator[bytes]:
    try:
        yield b'{"type":"FeatureCollection","features":['
        if first is not None:
            yield first.encode()
        batch: list[str] = []
        for text in texts:
            batch.append("," + text)
            if len(batch) == 100:
                yield "".join(batch).encode()
                batch.clear()
        yield "".join(batch).encode()
        rest: dict[str, Any] = {"timeStamp": _now(), "numberReturned": stream.returned}
        if stream.query.cursor is None and not stream.following:
            rest["numberMatched"] = stream.returned
        rest["links"] = items_links(asked, layer, stream.following, stream.preceding)
        yield ("]," + dumps(rest)[1:]).encode()
    finally:
        texts.close()


@resource
def item(request: HttpRequest, code: str, name: str) -> HttpResponseBase:
    """One feature: as it is, or as it was at a moment."""
    asked = asked_of(request, (GEOJSON,))
    layer = documents.layer_for(asked, code)
    query = read_feature(request.GET, readable_fields(layer, asked.scope))
    text = one_feature(layer, asked.scope, name, query) if _is_name(layer, name) else None
    if text is None:
        raise not_found(
            f"لا معلم باسم «{shown(name)}» في «{layer.title_ar}» في هذا الوقت.",
            f"There is no feature “{shown(name)}” in “{layer.title_en}” at this time.",
        )
    if asked.format == "html":
        return page_answer(pages.item_page(request, asked, layer, query, name))
    links = documents.alternates(asked, GEOJSON)
    links.append(link(asked.url(f"/collections/{layer.code}", f="json"), "collection", JSON))
    body = f'{text[:-1]},"links":{dumps(links)}}}'
    return body_answer(request, body, GEOJSON, headers={"Content-Crs": f"<{query.crs.uri}>"})


def _is_name(layer: Layer, name: str) -> bool:
    """Return whether a text has the form of a feature's name; what has not names none."""
    if "\x00" in name or len(name) > 500:
        return False
    if layer.field(id_field(layer)).kind != "uuid":
        return True
    try:
        uuid.UUID(name)
    except ValueError:
        return False
    return True
