"""Pages of the locator: what is near, and one place. Complete without script, without a map and without a position."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from csp.decorators import csp_replace
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import get_language
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_safe

from gisportal.nearby.asked import FIRST_CATEGORIES, Asked, key_text, read_asked
from gisportal.nearby.kiosk import OF_KIOSK, kiosk_context, serves_kiosks
from gisportal.nearby.offline import may_be_kept
from gisportal.nearby.rows import categories_in, chip_of, geo_link, kind_words, name_in, rows_of
from gisportal.nearby.sketch import sketch
from layers.locator import counts
from layers.locator.categories import CATEGORIES, KINDS
from layers.locator.hours import HoursText
from layers.locator.hours_words import line, words
from layers.locator.listing import one_place
from layers.locator.opening import Opening, look
from layers.locator.openness import states_of
from layers.locator.search import answer, found_of
from layers.locator.where import district_at, stored
from layers.querying import TooSlow, read_rows

__all__ = ["embed", "emergencies_at", "nearby", "place", "place_context"]


@require_safe
@may_be_kept
@serves_kiosks()
def nearby(request: HttpRequest) -> HttpResponse:
    """Show what is near, nearest first, with the search in the address."""
    counts.count_visit("nearby")
    kiosk = kiosk_context(request)
    asked = read_asked(request, keep=OF_KIOSK if kiosk["kiosk"] else ())
    return render(request, "gisportal/nearby/list.html", _found(request, asked) | kiosk)


@xframe_options_exempt
@csp_replace({"frame-ancestors": ["*"]})
@require_safe
@serves_kiosks("nearby:embed")
def embed(request: HttpRequest) -> HttpResponse:
    """Show the list inside another site, or on a kiosk: no header, no footer, and no cookie is set."""
    counts.count_visit("nearby-embed")
    kiosk = kiosk_context(request, "nearby:embed")
    asked = read_asked(request, keep=(*_OF_EMBED, *(OF_KIOSK if kiosk["kiosk"] else ())))
    theme = request.GET.get("theme", "")
    with_map = request.GET.get("map", "1") != "0"
    context = _found(request, asked, with_sketch=with_map) | kiosk
    context |= {
        "is_embed": True,
        "with_map": with_map,
        "theme": theme if theme in ("light", "dark") else "",
        "choose": request.GET.get("choose", "1") != "0",
        "kept": [(name, value) for name, value in asked.parameters.items() if value and isinstance(value, str)],
        "target": "" if kiosk["kiosk"] else mark_safe(' target="_blank" rel="noopener"'),
    }
    response = render(request, "gisportal/nearby/embed.html", context)
    response.keeps_no_cookie = True  # type: ignore[attr-defined]  # for LanguageCookieMiddleware
    return response


_OF_EMBED = ("theme", "map", "choose", "limit")


def _found(request: HttpRequest, asked: Asked, *, with_sketch: bool = True) -> dict[str, Any]:
    """Return what a list shows."""
    context: dict[str, Any] = {
        "asked": asked,
        "first": categories_in(asked.language, FIRST_CATEGORIES),
        "others": categories_in(asked.language, [code for code in CATEGORIES if code not in FIRST_CATEGORIES]),
        "kinds": _kinds(asked),
        "hits": [_hit(hit, asked) for hit in asked.hits],
    }
    query = asked.query
    if query is None:
        context["districts"] = _districts(asked.language)
    if query is not None:
        try:
            found = answer(query)
        except TooSlow:
            return context | {"too_slow": True}
        counts.count_search((*asked.categories, *(KINDS[k].category for k in asked.kinds)), query.position)
        rows = rows_of([found_of(seen) for seen in found.seen], asked.language, asked.moment, asked.first)
        context |= {
            "rows": rows,
            "sketch": sketch(asked.position, rows) if with_sketch else None,
            "emergencies": emergencies_at(asked, found.opening),
        }
        if found.following is not None:
            context["more"] = asked.link(after=key_text(found.following), n=asked.first - 1 + len(rows))
    return context


def _kinds(asked: Asked) -> list[tuple[str, str]]:
    """Return the kinds within the one category that is asked for."""
    if len(asked.categories) != 1:
        return []
    return [(k.code, name_in(k.ar, k.en, asked.language)) for k in CATEGORIES[asked.categories[0]].kinds.values()]


_DISTRICTS = "SELECT uid::text, name_ar, name_en FROM layers_district WHERE end_lifespan_version IS NULL ORDER BY id"


def _districts(language: str) -> list[tuple[str, str]]:
    rows = read_rows(_DISTRICTS, {}, kind="page")
    return sorted(((uid, name_in(ar, en, language)) for uid, ar, en in rows), key=lambda row: row[1])


def _hit(hit: Any, asked: Asked) -> dict[str, Any]:
    name = hit.number or name_in(hit.name_ar, hit.name_en, asked.language)
    link = asked.link(q=None, lon=f"{hit.lon:.3f}", lat=f"{hit.lat:.3f}", at_name=name)
    if hit.what == "place":
        link = f"places/{hit.uid}/"
    return {"what": hit.what, "name": name, "kind": kind_words(hit.category, hit.kind, asked.language), "link": link}


def emergencies_at(asked: Asked, opening: Opening | None = None) -> list[dict[str, str]]:
    """Return the emergency lists that stand where one looks from; ``opening`` is a look that was had already."""
    import shapely

    standing = (opening or look()).exceptions(asked.moment).emergencies
    at = stored(asked.position) if asked.position and standing else None
    if at is None:
        return []
    point = shapely.Point(at)
    return [
        {
            "title": name_in(e.title_ar, e.title_en, asked.language),
            "note": name_in(e.note_ar, e.note_en, asked.language),
        }
        for e in standing
        if shapely.intersects(e.area, point)
    ]


@require_safe
@may_be_kept
@serves_kiosks()
def place(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Show one place: the hours of its week, how to reach it, where the facts come from."""
    context = place_context(uid)
    counts.count_visit("nearby-place")
    return render(request, "gisportal/nearby/place.html", context | kiosk_context(request))


def place_context(uid: UUID) -> dict[str, Any]:
    """Return what the page of a place shows, on the screen and on paper.

    Raises
    ------
    Http404
        There is no such place.
    """
    row = one_place(uid)
    if row is None:
        raise Http404
    language, now = "en" if get_language() == "en" else "ar", timezone.now()
    feature = json.loads(row.text + "}}")
    said = {key: value or "" for key, value in feature["properties"].items()}
    lon, lat = feature["geometry"]["coordinates"]
    opening = look()
    (state,) = states_of([row], now, opening)
    text = HoursText(said["opening_hours"], said["ramadan_hours"], said["prayer_pause"])
    told = line(state, now, language)
    name = name_in(said["name_ar"], said["name_en"], language)
    kind = kind_words(said["category"], said["kind"], language)
    closure = opening.exceptions(now).closures.get(uid)
    return {
        "name": name or kind,
        "kind": kind,
        "icon_name": CATEGORIES[said["category"]].icon if said["category"] in CATEGORIES else "map-pin",
        "said": said,
        "address": name_in(said["address_ar"], said["address_en"], language),
        "line": told,
        "chip": chip_of(told),
        "words": words(text, language, timezone.localdate(), opening.calendar),
        "closure": name_in(closure.reason_ar, closure.reason_en, language) if closure else "",
        "geo": geo_link(lon, lat, name),
        "lon": f"{lon:.6f}",
        "lat": f"{lat:.6f}",
        "near": f"?lon={lon:.3f}&lat={lat:.3f}",
        "uid": uid,
        "at": now,
        "district": district_at(lon, lat),
    }
