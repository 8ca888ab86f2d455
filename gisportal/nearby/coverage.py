"""The planner's page of coverage, its map and its files. Whoever is not the municipality's own finds nothing here."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Final

from csp.decorators import csp_replace
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.cache import cache_control
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.csrf import csrf_exempt

from gisportal.context import SITE_LANGUAGES
from gisportal.nearby.coverage_asked import CoverageAsked, read_coverage_asked
from gisportal.nearby.coverage_drawing import drawing
from gisportal.nearby.coverage_map import coverage_map_page
from gisportal.nearby.coverage_rows import gap_rows, legend, table
from gisportal.nearby.coverage_wait import waited_s
from gisportal.nearby.rows import name_in
from gisportal.numbers import number_text
from layers.access import scope_of
from layers.locator import coverage_export
from layers.locator.categories import CATEGORIES
from layers.locator.coverage import Coverage, Gap, WhatIf, coverage, gaps, what_if

__all__ = ["coverage_file", "coverage_map", "coverage_page", "staff_page"]

View = Callable[..., HttpResponseBase]


def staff_page(view: View) -> View:
    """Let only the municipality's own people look; to everybody else the address is an unknown one, by any method."""

    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not scope_of(request.viewer).is_staff:  # type: ignore[attr-defined]
            # The switch of languages would else lead to the same page in the other, as it does for addresses we know.
            request.language_addresses = {one.code: f"/{one.code}/" for one in SITE_LANGUAGES}  # type: ignore[attr-defined]
            raise Http404
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        return cache_control(private=True, no_cache=True)(view)(request, *args, **kwargs)

    # Nothing is written here; a form without its token must meet the same 404 as an unknown address.
    return csrf_exempt(inner)


def of_city(view: View) -> View:
    """Read what is asked for and give it to a view of staff; where the city is still being read, the page says so."""

    @staff_page
    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        asked = read_coverage_asked(request)
        waited = waited_s(asked.mode)
        if waited is None:
            return view(request, asked, *args, **kwargs)
        context = {"asked": asked, "waited": waited}
        response = render(request, "gisportal/nearby/coverage_wait.html", context, status=202)
        response["Refresh"] = "3"
        return response

    return inner


@of_city
def coverage_page(request: HttpRequest, asked: CoverageAsked) -> HttpResponse:
    """Show who has a kind of place near, by district, where the gaps are, and what a place more would bring."""
    told, change = _measured(asked)
    shown = table(told, asked, change.after if change else None)
    found = gaps(asked.code, limit_min=asked.minutes, mode=asked.mode)
    by_uid = {row.uid: row for row in shown.rows if row.uid}
    context = {
        "asked": asked,
        "kinds": _kinds(),
        "minutes": [5, 10, 15],
        "told": told,
        "table": shown,
        "legend": legend(shown.rows),
        "drawing": drawing(change.after if change else told, by_uid, asked.xy),
        "gaps": gap_rows(found, asked),
        "gap_count": len(found),
        "gap_homes": number_text(sum(gap.homes for gap in found)),
        "today": timezone.localdate(),
        "off_street": bool(change and change.off_streets),
        "change": change,
        "files": FILES,
    }
    return render(request, "gisportal/nearby/coverage.html", context)


@xframe_options_sameorigin
@csp_replace({"frame-ancestors": ["'self'"], "style-src-attr": ["'unsafe-inline'"]})
@of_city
def coverage_map(request: HttpRequest, asked: CoverageAsked) -> HttpResponse:
    """Show the districts in their classes on a map; a tap asks what a place there would bring."""
    told, change = _measured(asked)
    shown = table(told, asked, change.after if change else None)
    found = gaps(asked.code, limit_min=asked.minutes, mode=asked.mode)
    return HttpResponse(coverage_map_page(request, asked, told, shown.rows, gap_rows(found, asked)))


def _measured(asked: CoverageAsked) -> tuple[Coverage, WhatIf | None]:
    if asked.xy is None:
        return coverage([asked.code], mode=asked.mode), None
    change = what_if(asked.code, [asked.xy], mode=asked.mode)
    return change.before, change


def _kinds() -> list[tuple[str, str, list[tuple[str, str]]]]:
    """Return categories with their kinds: code, name, and the same of each kind."""
    language = "en" if get_language() == "en" else "ar"
    return [
        (c.code, name_in(c.ar, c.en, language), [(k.code, name_in(k.ar, k.en, language)) for k in c.kinds.values()])
        for c in CATEGORIES.values()
    ]


# Files --------------------------------------------------------------------------------------------------------------

_Written = tuple[str, Callable[[Coverage, list[Gap]], str | bytes]]

FILES: Final[dict[str, _Written]] = {
    "districts.csv": ("text/csv; charset=utf-8", lambda told, gaps: coverage_export.coverage_csv(told)),
    "districts.geojson": ("application/geo+json", lambda told, gaps: coverage_export.coverage_geojson(told)),
    "gaps.geojson": ("application/geo+json", lambda told, gaps: coverage_export.gaps_geojson(gaps)),
    "coverage.gpkg": ("application/geopackage+sqlite3", coverage_export.coverage_gpkg),
}


@of_city
def coverage_file(request: HttpRequest, asked: CoverageAsked, name: str) -> HttpResponse:
    """Send the same figures as a file: what would be, where the address asks for a place more."""
    if name not in FILES:
        raise Http404
    told, change = _measured(asked)
    content_type, write = FILES[name]
    found = gaps(asked.code, limit_min=asked.minutes, mode=asked.mode)
    response = HttpResponse(write(change.after if change else told, found), content_type=content_type)
    stem = f"{asked.code}-{asked.mode}-{asked.minutes}min{'-what-if' if change else ''}"
    response["Content-Disposition"] = f'attachment; filename="{stem}-{name}"'
    return response
