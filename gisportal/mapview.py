"""The map of everything that a person may see: layers switched on and off, pictures of the ground beneath them."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from gisportal.layer_words import words_of
from layers.access import PUBLIC, Scope, can_read, readable_fields, scope_of
from layers.added import all_layers
from layers.catalog.base import Layer
from tiles.raster.models import Imagery

__all__ = ["explore"]

SHOWN_AT_FIRST = frozenset({"parcels", "streets", "districts", "places", "open_cases"})
# What lies above hides what lies below: areas first, then lines, then points.
DRAWN_IN_ORDER = (
    "zoning",
    "growth_phases",
    "prohibited_zones",
    "parcels",
    "blocks",
    "plans",
    "districts",
    "streets",
    "open_cases",
    "addresses",
    "places",
)


@require_safe
def explore(request: HttpRequest) -> HttpResponse:
    """Show the map of layers. What the viewer may not see is in neither the page nor its data."""
    language = "en" if get_language() == "en" else "ar"
    scope = scope_of(request.viewer)  # type: ignore[attr-defined]
    layers = [_layer(layer, scope, language) for layer in _in_order(scope)]
    imagery = [
        {
            "name": found.name,
            "title": (found.title_en or found.title_ar) if language == "en" else (found.title_ar or found.title_en),
            "tiles": [
                (style, words, f"/tiles/imagery/{found.name}/{{z}}/{{x}}/{{y}}.webp{query}")
                for style, words, query in _styles(found.kind)
            ],
        }
        for found in Imagery.objects.order_by("name")
        if found.readers == "everyone" or scope != PUBLIC
    ]
    data = {
        "language": language,
        "layers": layers,
        "parcel": reverse("explore").replace("/map/", "/parcels/"),
        "words": {
            "nothing": _("Nothing lies here in the layers that are shown."),
            "zoom": _("Move closer: there are too many features to list here."),
            "failed": _("The list could not be read. Try again."),
            "open": _("Open the parcel"),
            "more": _("The first %(count)s of each layer are listed."),
            "error": _("The map cannot be drawn in this browser. Use the list below."),
            "found": _("Features found: %(count)s"),
        },
    }
    context = {"layers": layers, "imagery": imagery, "data": data, "bounds_from": "/tiles/parcels.json"}
    return render(request, "gisportal/explore.html", context)


def _in_order(scope: Scope) -> list[Layer]:
    """Return the layers that a scope may read, the lowest first; added ones above the built-in areas and lines."""
    rank = {code: n for n, code in enumerate(DRAWN_IN_ORDER)}
    known = [layer for layer in all_layers().values() if can_read(layer, scope)]
    return sorted(known, key=lambda layer: (rank.get(layer.code, len(rank)), layer.code))


def _layer(layer: Layer, scope: Scope, language: str) -> dict[str, Any]:
    style, fields = layer.style, readable_fields(layer, scope)
    return {
        "code": layer.code,
        "title": layer.title_en if language == "en" else layer.title_ar,
        "about": layer.about_en if language == "en" else layer.about_ar,
        "tiles": f"/tiles/{layer.code}/{{z}}/{{x}}/{{y}}.mvt",
        "items": f"/ogc/collections/{layer.code}/items",
        "minZoom": layer.min_zoom,
        "maxZoom": layer.max_zoom,
        "geometry": layer.geometry,
        "fill": style.fill,
        "line": style.line,
        "width": style.width_px,
        "opacity": style.fill_opacity,
        "label": style.label,
        "labelZoom": style.label_zoom,
        "on": layer.code in SHOWN_AT_FIRST,
        "fields": {f.name: f.en if language == "en" else f.ar for f in fields},
        "words": {f.name: words for f in fields if (words := words_of(layer.code, f.name, language))},
    }


def _styles(kind: str) -> list[tuple[str, str, str]]:
    """Return how imagery of a kind may be drawn: code, words, query."""
    if kind == "terrain":
        return [("hillshade", _("Shaded relief"), "?style=hillshade"), ("ramp", _("Heights in colours"), "?style=ramp")]
    return [("", "", "")]
