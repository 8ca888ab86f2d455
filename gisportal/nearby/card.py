"""The card of a neighbourhood: what a district has, what it lacks, and how far that is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import shapely
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from gisportal.nearby.asked import FIRST_CATEGORIES
from gisportal.nearby.rows import distance_of, kind_words, name_in
from layers.locator import counts
from layers.locator.categories import CATEGORIES
from layers.locator.find import find
from layers.locator.neighbourhood import ESSENTIAL, NEAR_MIN, Elsewhere, Neighbourhood, neighbourhood
from layers.locator.opening import look
from layers.models import District
from layers.querying import TooSlow

__all__ = ["AwayRow", "CategoryRow", "card", "card_context", "choose", "district_choices"]


@dataclass(frozen=True)
class AwayRow:
    """The nearest place of a kind that the district has none of. ``minutes`` is None where nobody can tell.

    ``number`` is 0 until the row gets one, for a drawing.
    """

    kind: str
    name: str
    uid: UUID
    distance: tuple[str, str]
    minutes: int | None
    is_unreachable: bool
    lon: float
    lat: float
    number: int = 0


@dataclass(frozen=True)
class CategoryRow:
    """A category in a district. ``kinds`` are names with counts; ``lacking`` essential kinds that are not there.

    ``away`` is None where the district has places of it, or where there are none anywhere. ``near`` is in per cent.
    """

    code: str
    name: str
    icon: str
    places: int
    open: int
    kinds: tuple[tuple[str, int], ...]
    near: int | None
    away: AwayRow | None
    lacking: tuple[tuple[str, AwayRow | None], ...]
    href: str


@require_safe
def card(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Show what a district has and lacks. The page keeps no ETag: one that is kept would carry an old policy."""
    counts.count_visit("nearby-district")
    try:
        return render(request, "gisportal/nearby/card.html", card_context(uid))
    except TooSlow:
        return render(request, "gisportal/nearby/card.html", {"too_slow": True}, status=503)


def card_context(uid: UUID) -> dict[str, Any]:
    """Return what a card shows, on the page and on paper.

    Raises
    ------
    Http404
        There is no such district.
    """
    language, now = "en" if get_language() == "en" else "ar", timezone.now()
    found = neighbourhood(uid, now)
    if found is None:
        raise Http404
    name = name_in(found.name_ar, found.name_en, language)
    other = found.name_ar if language == "en" else found.name_en
    order = (*FIRST_CATEGORIES, *(code for code in CATEGORIES if code not in FIRST_CATEGORIES))
    rows = [_row(code, found, language) for code in order]
    return {
        "found": found,
        "name": name,
        "other_name": other if other != name else "",
        "other_language": "ar" if language == "en" else "en",
        "area_km2": found.area_m2 / 1e6,
        "here": [row for row in rows if row.places],
        "missing": [row for row in rows if not row.places],
        "near_min": round(NEAR_MIN),
        "emergencies": _emergencies(found, language),
        "at": now,
    }


def _row(code: str, found: Neighbourhood, language: str) -> CategoryRow:
    category, tally = CATEGORIES[code], found.tallies.get((code, ""))
    tallies = [(kind, found.tallies.get((code, kind.code))) for kind in category.kinds.values()]
    kinds = sorted(((kind, one.places) for kind, one in tallies if one), key=lambda pair: -pair[1])
    lacking = [kind.code for kind, one in tallies if not one and kind.code in ESSENTIAL]
    away = found.elsewhere.get((code, ""))
    if away is not None:  # the nearest of all is said once; of kinds that are nowhere, the category speaks
        others = {kind: found.elsewhere.get((code, kind)) for kind in lacking}
        lacking = [kind for kind, one in others.items() if one is not None and one.uid != away.uid]
    share = found.near.get(code)
    return CategoryRow(
        code,
        name_in(category.ar, category.en, language),
        category.icon,
        tally.places if tally else 0,
        tally.open if tally else 0,
        tuple((name_in(kind.ar, kind.en, language), count) for kind, count in kinds),
        None if share is None else _per_cent(share),
        _away(away, language),
        tuple(
            (kind_words(code, kind, language), _away(found.elsewhere.get((code, kind)), language)) for kind in lacking
        ),
        "?" + urlencode({"district": found.uid, "category": code, **({"inside": 1} if tally else {})}),
    )


def _per_cent(share: float) -> int:
    """Return a share in per cent that says all only of all, and none only of none."""
    return min(max(round(100 * share), 1 if share > 0 else 0), 99 if share < 1 else 100)


def _away(place: Elsewhere | None, language: str) -> AwayRow | None:
    if place is None:
        return None
    kind = kind_words(place.category, place.kind, language)
    known = place.minutes is not None and math.isfinite(place.minutes)
    return AwayRow(
        kind,
        name_in(place.name_ar, place.name_en, language) or kind,
        place.uid,
        distance_of(place.distance_m),
        max(1, math.ceil(place.minutes)) if known and place.minutes is not None else None,
        place.minutes is not None and not known,
        place.lon,
        place.lat,
    )


def _emergencies(found: Neighbourhood, language: str) -> list[dict[str, str]]:
    """Return the emergency lists that stand somewhere in the district."""
    return [
        {
            "title": name_in(one.title_ar, one.title_en, language),
            "note": name_in(one.note_ar, one.note_en, language),
        }
        for one in look().exceptions(timezone.now()).emergencies
        if shapely.intersects(one.area, found.shape)
    ]


# Which district -----------------------------------------------------------------------------------------------------


@require_safe
def choose(request: HttpRequest) -> HttpResponse:
    """Lead to the card of the district that a text names; otherwise list districts to choose from."""
    text = request.GET.get("q", "").replace("\x00", " ").strip()[:120]
    language = "en" if get_language() == "en" else "ar"
    districts, is_told = district_choices(language), False
    if text:
        try:
            hits = [hit for hit in find(text).hits if hit.what == "district"]
        except TooSlow:
            hits = []
        if len(hits) == 1 or (hits and hits[0].worth >= 1.0 > hits[1].worth):
            return redirect(reverse("nearby:district", args=[hits[0].uid]))
        is_told = not hits
        named = {str(hit.uid) for hit in hits}
        districts = [row for row in districts if row[0] in named] or districts
    context = {"text": text, "districts": districts, "is_not_found": is_told}
    return render(request, "gisportal/nearby/districts.html", context)


def district_choices(language: str) -> Sequence[tuple[str, str]]:
    """Return uid and name of every district, by name."""
    rows = District.objects.filter(end_lifespan_version=None).values_list("uid", "name_ar", "name_en")
    return sorted(((str(uid), name_in(ar, en, language)) for uid, ar, en in rows), key=lambda row: row[1])
