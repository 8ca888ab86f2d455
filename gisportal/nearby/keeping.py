"""What a phone keeps of a neighbourhood: every place of a district with all that its page says, and when it is open.

Whether a place is open cannot be asked without a network, so the spans of the coming days go along: closures, holidays,
Ramadan and pauses for prayer are in them. Behind the last of them nothing is claimed but the hours of the week.
"""

from __future__ import annotations

import json
import math
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import shapely
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from gisportal.dates import gregorian_text, hijri_text
from gisportal.nearby.rows import geo_link, kind_words, name_in
from layers.limits import allow
from layers.locator.ahead import Ahead
from layers.locator.categories import CATEGORIES
from layers.locator.hours import HoursText, Status
from layers.locator.hours_words import Row as HoursRow
from layers.locator.hours_words import words
from layers.locator.listing import PlacesQuery, Row, list_places
from layers.locator.normalise import fold
from layers.locator.opening import Opening, look
from layers.models import District
from layers.querying import TooSlow

__all__ = ["DAYS", "FORMAT", "MOST_PLACES", "kept_district", "neighbourhood"]

FORMAT: Final = 1
"""What a page that reads it must know; another one is asked to be kept anew."""

DAYS: Final = 14
MOST_PLACES: Final = 1500
PER_MINUTE, BURST = 60, 30
"""How many districts one client may ask for: one answer costs as much as fifty searches."""

_STATUS: Final = {Status.OPEN: 1, Status.UNKNOWN: 2, Status.NOT_UNDERSTOOD: 3}


@require_safe
def neighbourhood(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Answer with what a phone keeps of a district; the same for everybody who asks."""
    if settings.API_PER_MINUTE and not (verdict := allow(request, "keep", PER_MINUTE, BURST)).is_allowed:
        return _refused(429, _("You ask too often. Wait a minute, then try again."), math.ceil(verdict.wait_s))
    district = District.objects.filter(uid=uid, end_lifespan_version=None).first()
    if district is None:
        raise Http404
    try:
        kept = kept_district(district, "en" if get_language() == "en" else "ar", timezone.now())
    except TooSlow:
        return _refused(503, _("The search took too long"), 30)
    text = json.dumps(kept, ensure_ascii=False, separators=(",", ":"))
    response = HttpResponse(text, content_type="application/json; charset=utf-8")
    response["Cache-Control"] = "no-store"  # the phone keeps it where the person can see and delete it
    response.keeps_no_cookie = True  # type: ignore[attr-defined]  # for LanguageCookieMiddleware
    return response


def _refused(status: int, text: str, wait_s: int) -> HttpResponse:
    response = HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")
    response["Retry-After"] = str(max(1, wait_s))
    return response


def kept_district(district: District, language: str, now: datetime) -> dict[str, Any]:
    """Return a district's places as they are kept. Moments are minutes since 1970, places in the order of their uid.

    Raises
    ------
    TooSlow
        The time of a page was over.
    """
    listed = list_places(PlacesQuery(district=district.uid, limit=MOST_PLACES))
    opening, until = look(), now + timedelta(days=DAYS)
    ahead = Ahead(opening, now, until)
    hours: dict[Any, tuple[int, dict[str, Any]]] = {}
    places = []
    for row in listed.rows:
        key = ahead.key(row)
        said = json.loads(row.text + "}}")
        if key not in hours:
            hours[key] = len(hours), _hours(row, said["properties"], language, ahead)
        places.append({**_place(row, said, language), "hours": hours[key][0]})
    return {
        "format": FORMAT,
        "language": language,
        "district": {"uid": str(district.uid), "name": name_in(district.name_ar, district.name_en, language)},
        "kept": _when(now, language),
        "from": _minute(now),
        "until": _minute(until),
        "zone": settings.TIME_ZONE,
        "cut": listed.following is not None,
        "notices": _notices(district, opening, now, language),
        "words": _words(),
        "hours": [made for _, made in hours.values()],
        "places": places,
    }


def _place(row: Row, feature: dict[str, Any], language: str) -> dict[str, Any]:
    said = {key: value or "" for key, value in feature["properties"].items()}
    lon, lat = feature["geometry"]["coordinates"]
    name, kind = name_in(said["name_ar"], said["name_en"], language), kind_words(row.category, said["kind"], language)
    wheelchair = {"yes": _("Step-free"), "limited": _("With help"), "no": _("Not accessible")}
    found = {
        "uid": str(row.uid),
        "name": name or kind,
        "kind": kind if name else "",
        "category": row.category,
        "code": said["kind"],
        "phone": said["phone"],
        "geo": geo_link(lon, lat, name),
        "address": name_in(said["address_ar"], said["address_en"], language),
        "wheelchair": wheelchair.get(said["wheelchair"], ""),
        "source": " · ".join(filter(None, (said["source"], said["source_on"]))),
        "lon": round(lon, 6),
        "lat": round(lat, 6),
        "folded": fold(f"{said['name_ar']} {said['name_en']} {kind}"),
    }
    return {key: value for key, value in found.items() if value != ""}


def _hours(row: Row, said: dict[str, Any], language: str, ahead: Ahead) -> dict[str, Any]:
    text = HoursText(*(said[name] or "" for name in ("opening_hours", "ramadan_hours", "prayer_pause")))
    told = words(text, language, _today(ahead.begin), ahead.opening.calendar)
    spans = [
        part
        for span in ahead.spans(row)
        # Never open for longer than it is: a minute that is not whole does not count.
        for part in (math.ceil(span.begin.timestamp() / 60), _minute(span.end), _STATUS[span.status])
    ]
    found = {
        "spans": spans,
        "week": [*_rows(told.rows), *_rows(told.holidays)],
        "ramadan": _rows(told.ramadan),
        "note": told.note,
        "text": told.text if told.text and not (told.rows or told.ramadan) else "",
    }
    return {key: value for key, value in found.items() if value}


def _rows(rows: tuple[HoursRow, ...]) -> list[list[str]]:
    return [[row.days, " · ".join(f"{span.begin}\u2013{span.end}" for span in row.spans), row.note] for row in rows]


def _notices(district: District, opening: Opening, now: datetime, language: str) -> list[list[str]]:
    """Return the emergency lists that stand in a district: title and note."""
    area = shapely.from_wkb(bytes(district.geom.wkb))
    return [
        [name_in(e.title_ar, e.title_en, language), name_in(e.note_ar, e.note_en, language)]
        for e in opening.exceptions(now).emergencies
        if shapely.intersects(e.area, area)
    ]


def _words() -> dict[str, Any]:
    """Return the words for states, as ``hours_words.line`` has them, to be filled by the page without a network."""
    days = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
    closed = pgettext("hours", "Closed") + pgettext("hours", ", ")
    return {
        "open": pgettext("hours", "Open"),
        "open_until": pgettext("hours", "Open until {until}"),
        "open_until_day": pgettext("hours", "Open until {day} {until}"),
        "closed": pgettext("hours", "Closed"),
        "opens": closed + pgettext("hours", "opens {until}"),
        "opens_tomorrow": closed + pgettext("hours", "opens tomorrow {until}"),
        "opens_day": closed + pgettext("hours", "opens {day} {until}"),
        "ask_day": closed + pgettext("hours", "from {day} {until} on ask first"),
        "unknown": pgettext("hours", "Opening hours are not certain: ask first"),
        "not_understood": pgettext("hours", "The opening hours could not be read"),
        "days": [pgettext("hours", day) for day in days],
        "categories": {c.code: [name_in(c.ar, c.en, get_language() or "ar"), c.icon] for c in CATEGORIES.values()},
    }


def _when(now: datetime, language: str) -> str:
    pair = [gregorian_text(now, language), hijri_text(now, language)]
    clock = f"{timezone.localtime(now):%H:%M}"
    return " · ".join(filter(None, (*(pair if language == "en" else pair[::-1]), clock)))


def _today(now: datetime) -> date:
    return timezone.localtime(now).date()


def _minute(moment: datetime) -> int:
    return int(moment.timestamp() // 60)
