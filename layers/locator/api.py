"""The locator's API below ``/api/v1/``: what is near, places, districts, what can be reached. For reading, by anybody.

Positions are answered and forgotten: they are not logged, and no shared cache keeps an answer to one.
"""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from layers.locator import counts
from layers.locator.answers import CURRENT, PASSING, PRIVATE, endpoint, json_answer, minutes_told, no_place
from layers.locator.asking import (
    NEARBY,
    PLACES,
    plain,
    read_after,
    read_codes,
    read_limit,
    read_nearby,
    read_position,
    read_uid,
    read_yes,
)
from layers.locator.categories import CATEGORIES, KINDS
from layers.locator.hours import OpenState
from layers.locator.listing import PlacesQuery, list_places, one_place
from layers.locator.openapi import document
from layers.locator.opening import look
from layers.locator.openness import states_of
from layers.locator.search import Seen, answer
from layers.locator.where import district_at as find_district
from layers.ogc.answers import dumps
from layers.ogc.asking import GEOJSON, JSON, OPENAPI
from layers.ogc.boxes import read_box
from layers.ogc.crs import CRS84

__all__ = ["district_at", "nearby", "place", "places", "schema"]

_MOST_LISTED: Final = 1_000


@endpoint
def nearby(request: HttpRequest) -> HttpResponse:
    """Answer with the nearest places, nearest first."""
    asked = plain(request, NEARBY)
    query = read_nearby(asked)
    found = answer(query)
    counts.count_search((*query.categories, *(KINDS[kind].category for kind in query.kinds)), query.position)
    features = ",".join(_feature(seen) for seen in found.seen)
    rest: dict[str, Any] = {"numberReturned": len(found.seen), "links": []}
    if query.open_at is not None:
        rest["open_at"] = query.open_at.isoformat()
    if found.following is not None:
        metres, uid = found.following
        rest["links"].append(_next(request, f"{metres!r}~{uid}"))
    body = f'{{"type":"FeatureCollection","features":[{features}],{dumps(rest)[1:]}'
    # What is open now is true now: an answer for a moment that was named stays true.
    is_of_now = "open" in asked or (query.before_closing and query.open_at is None)
    return json_answer(request, body, GEOJSON, PASSING if is_of_now else PRIVATE)


def _feature(seen: Seen) -> str:
    state = "" if seen.state is None else f",{_open(seen.state)}"
    minutes = "" if seen.minutes is None else f",{minutes_told(seen.minutes)}"
    return f"{seen.near.text}{state}{minutes}}}}}"


def _open(state: OpenState) -> str:
    until = f'"{state.until.isoformat()}"' if state.until else "null"
    return f'"open":{{"status":"{state.status}","until":{until},"reason":"{state.reason}"}}'


def _next(request: HttpRequest, after: str) -> dict[str, str]:
    query = request.GET.copy()
    query["after"] = after
    href = request.build_absolute_uri(f"{request.path}?{query.urlencode(safe=':,~')}")
    return {"rel": "next", "type": GEOJSON, "href": href}


# Places -------------------------------------------------------------------------------------------------------------


@endpoint
def places(request: HttpRequest) -> HttpResponse:
    """Answer with a page of places: by name, category, district or rectangle."""
    asked = plain(request, PLACES)
    query = PlacesQuery(
        text=asked.get("q", ""),
        categories=read_codes(asked, "category", CATEGORIES),
        kinds=read_codes(asked, "kind", KINDS),
        district=read_uid(asked, "district"),
        has_box="bbox" in asked,
        box=read_box(asked["bbox"], CRS84) if "bbox" in asked else None,
        wheelchair=read_yes(asked, "wheelchair"),
        limit=read_limit(asked, 50, _MOST_LISTED),
        after=read_after(asked),
    )
    page = list_places(query)
    features = ",".join(f"{row.text}}}}}" for row in page.rows)
    rest: dict[str, Any] = {"numberReturned": len(page.rows), "links": []}
    if page.following is not None:
        alike, uid = page.following
        rest["links"].append(_next(request, f"{alike!r}~{uid}"))
    body = f'{{"type":"FeatureCollection","features":[{features}],{dumps(rest)[1:]}'
    return json_answer(request, body, GEOJSON, CURRENT)


@endpoint
def place(request: HttpRequest, uid: str) -> HttpResponse:
    """Answer with one place as it is now."""
    plain(request, ("lang",))
    row = one_place(named) if (named := _uuid(uid)) else None
    if row is None:
        raise no_place(uid)
    (state,) = states_of([row], timezone.now(), look())
    return json_answer(request, f"{row.text},{_open(state)}}}}}", GEOJSON, PASSING)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


# Districts --------------------------------------------------------------------------------------------------------


@endpoint
def district_at(request: HttpRequest) -> HttpResponse:
    """Answer with the district that a position is in; null outside all of them."""
    at = read_position(plain(request, ("lon", "lat", "lang")))
    found = find_district(at.lon, at.lat)
    told = None
    if found is not None:
        told = {
            "uid": str(found.uid),
            "name_ar": found.name_ar,
            "name_en": found.name_en,
            "code": found.code,
            "municipality": found.municipality,
        }
    return json_answer(request, dumps({"district": told}), JSON, PRIVATE)


@endpoint
def schema(request: HttpRequest) -> HttpResponse:
    """Answer with the OpenAPI document."""
    plain(request, ("lang", "f"))
    return json_answer(request, dumps(document(request.build_absolute_uri("/api/v1"))), OPENAPI, CURRENT)
