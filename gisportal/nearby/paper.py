"""Sheets for paper, A4: a list with its map, a place, the card of a neighbourhood; the map has the numbers of the list.

The map is drawn by the server; a QR symbol leads back to the page. What a printer makes of it is the browser's work.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from gisportal.nearby.asked import Asked, read_asked
from gisportal.nearby.card import AwayRow, card_context
from gisportal.nearby.rows import PlaceRow, kind_words, name_in, rows_of
from gisportal.nearby.sketch import Marked, sketch
from gisportal.nearby.views import emergencies_at, place_context
from land_services.documents.qr import qr_svg
from layers.locator import counts
from layers.locator.hours import HoursText
from layers.locator.hours_words import Words, words
from layers.locator.opening import look
from layers.locator.positions import Position
from layers.locator.search import Found, answer, found_of
from layers.querying import TooSlow
from layers.registry import LAYERS

__all__ = ["of_card", "of_list", "of_place"]

MOST_ROWS: Final = 10
"""As many as the map numbers."""

_QR_MM: Final = 30.0
_OSM: Final = "openstreetmap"


@dataclass(frozen=True)
class PaperRow:
    """A place of a list, with the hours of its week: paper does not know what time it is read."""

    row: PlaceRow
    words: Words


@dataclass(frozen=True)
class _Mark:
    number: int
    lon: float
    lat: float


@require_safe
def of_list(request: HttpRequest) -> HttpResponse:
    """Show the list of a search for paper; without a place to start from, the list itself asks for one."""
    asked = read_asked(request)
    query = asked.query
    back = reverse("nearby:list") + asked.link_here
    if query is None or asked.position is None:
        return redirect(back)
    try:
        found = [found_of(seen) for seen in answer(replace(query, limit=min(asked.limit, MOST_ROWS))).seen]
    except TooSlow:  # the list says what to ask for instead
        return redirect(back)
    rows = rows_of(found, asked.language, asked.moment, asked.first)
    context = {
        "asked": asked,
        "what": _what(asked),
        "rows": [PaperRow(row, _words(place, asked.language)) for row, place in zip(rows, found, strict=True)],
        "emergencies": emergencies_at(asked),
        **_sheet("nearby-print", back, (place.source for place in found)),
        **_map(asked.position, rows, with_me=True),
        "at": asked.moment,
    }
    return render(request, "gisportal/nearby/paper_list.html", context)


@require_safe
def of_place(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Show one place for paper."""
    context = place_context(uid)
    at = Position(float(context["lon"]), float(context["lat"]))
    context |= _sheet("nearby-place-print", reverse("nearby:place", args=[uid]), [context["said"]["source"]])
    context |= _map(at, [_Mark(1, at.lon, at.lat)], with_me=False)
    return render(request, "gisportal/nearby/paper_place.html", context)


@require_safe
def of_card(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Show the card of a neighbourhood for paper, with a map of the nearest of what it lacks."""
    try:
        context = card_context(uid)
    except TooSlow:
        return redirect("nearby:district", uid)
    away: dict[UUID, AwayRow] = {}
    for row in context["missing"] + context["here"]:
        for one in (row.away, *(place for _kind, place in row.lacking)):
            if one is not None and one.uid not in away and len(away) < MOST_ROWS:
                away[one.uid] = replace(one, number=len(away) + 1)
    found = context["found"]
    context |= {
        "away": list(away.values()),
        **_sheet("nearby-district-print", reverse("nearby:district", args=[uid]), []),
    }
    context |= _map(Position(found.lon, found.lat), list(away.values()), with_me=True)
    return render(request, "gisportal/nearby/paper_card.html", context)


def _what(asked: Asked) -> str:
    """Return in words what was looked for."""
    kinds = [kind_words("", kind, asked.language) for kind in asked.kinds]
    named = kinds or [kind_words(category, "", asked.language) for category in asked.categories]
    return ("، " if asked.language == "ar" else ", ").join(named)


def _words(place: Found, language: str) -> Words:
    text = HoursText(place.opening_hours, place.ramadan_hours, place.prayer_pause)
    return words(text, language, timezone.localdate(), look().calendar)


def _sheet(visit: str, back: str, sources: Iterable[str]) -> dict[str, Any]:
    """Return what every sheet has: the way back, as a link and as a symbol, and whose data it shows on which terms."""
    counts.count_visit(visit)
    language = "en" if get_language() == "en" else "ar"
    origin = LAYERS["places"].provenance
    named = list(dict.fromkeys(source for source in sources if source))
    return {
        "theme": "light",
        "back": back,
        "page_address": settings.PUBLIC_URL + back,
        "qr": qr_svg(settings.PUBLIC_URL + back, _QR_MM),
        "sources": named or [name_in(origin.source_ar, origin.source_en, language)],
        "licence": origin.licence,
        "is_osm": any(_OSM in source.casefold() for source in named),
        "at": timezone.now(),
    }


def _map(at: Position, rows: Sequence[Marked], *, with_me: bool) -> dict[str, Any]:
    return {"sketch": sketch(at, rows), "with_me": with_me}
