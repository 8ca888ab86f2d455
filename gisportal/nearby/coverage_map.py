"""The coverage on a map: districts in their classes, drawn by folium from our own files.

A tap, or the middle of the map, asks what a place there would bring.

Everything that comes from data is escaped by Django's templates and given to the script as JSON.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import shapely
from branca.element import MacroElement
from django.conf import settings
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from folium.template import Template

from gisportal.nearby.coverage_asked import CoverageAsked
from gisportal.nearby.coverage_drawing import label_point
from gisportal.nearby.coverage_rows import GapRow, Row, legend
from gisportal.nearby.folium_local import LocalMap, MapPage
from gisportal.nearby.ground import Ground, ground
from gisportal.nearby.map_frame import GroundLayer, pictures
from layers import crs
from layers.locator.coverage import Coverage
from layers.locator.positions import Position

__all__ = ["coverage_map_page"]

_SIMPLER_M = 5.0
_STREETS_M = 4000.0
_EMPTY_BOUNDS = [[-60.0, -150.0], [60.0, 150.0]]


def coverage_map_page(
    request: HttpRequest, asked: CoverageAsked, told: Coverage, rows: Sequence[Row], gaps: Sequence[GapRow]
) -> str:
    """Return the HTML of the map's frame."""
    page = reverse("nearby:coverage")
    put = page + asked.link_without
    context = {"asked": asked, "page": page + asked.link, "legend": legend(rows), "put": put}
    made = MapPage(
        asked.language,
        str(request.csp_nonce),  # type: ignore[attr-defined]
        head=render_to_string("gisportal/nearby/coverage_map_head.html", context, request),
        foot_of_head=render_to_string("gisportal/nearby/map_style.html", context, request),
        before=render_to_string("gisportal/nearby/coverage_map_before.html", context, request),
        theme=request.COOKIES.get("theme", "") if request.COOKIES.get("theme") in ("light", "dark") else "",
    )
    drawn = LocalMap((0.0, 0.0), titles={"zoomInTitle": _("Closer"), "zoomOutTitle": _("Farther")}, zoom=2)
    bounds = _bounds(told)
    by_uid = {row.uid: row for row in rows if row.uid}
    districts = [_district(by_uid[str(d.uid)], outline) for d, outline in _drawn(told)]
    mark = None if asked.position is None else [asked.position.lat, asked.position.lon]
    drawn.add_child(GroundLayer(_streets(asked, bounds), pictures(asked.language)))
    drawn.add_child(_Districts(districts, bounds))
    drawn.add_child(_Gaps([[float(gap.lat), float(gap.lon)] for gap in gaps]))
    drawn.add_child(_Put(put, mark, _("A place here"), _("What if one stood here?")))
    return made.page_of(drawn)


def _drawn(told: Coverage) -> list[tuple[Any, Any]]:
    pairs = zip(told.districts, told.outlines, strict=False)
    return [(district, outline) for district, outline in pairs if district.uid and not outline.is_empty]


def _streets(asked: CoverageAsked, bounds: list[list[float]]) -> Ground:
    """Return streets around the place that would stand, or the middle; parcels of a city are too many."""
    (south, west), (north, east) = bounds
    middle = Position((west + east) / 2, (south + north) / 2)
    return replace(ground(asked.position or middle, _STREETS_M), parcels=[])


def _district(row: Row, outline: Any) -> dict[str, Any]:
    shape = shapely.simplify(outline, _SIMPLER_M)
    parts = shapely.get_parts(shape)
    rings = [[_lat_lon(shapely.get_coordinates(ring)) for ring in shapely.get_rings(part)] for part in parts]
    ((lat, lon),) = _lat_lon(shapely.get_coordinates(label_point(outline)))
    context = {"row": row}
    return {
        "rings": rings,
        "code": row.code,
        "at": [lat, lon],
        "title": f"{row.name}: {(row.after or row.chosen).text}%",
        "label": render_to_string("gisportal/nearby/coverage_label.html", context).strip(),
        "popup": render_to_string("gisportal/nearby/coverage_popup.html", context).strip(),
    }


def _lat_lon(at: Any) -> list[list[float]]:
    lonlat = crs.transform_coordinates(at, settings.STORAGE_SRID, crs.WGS84, allow_legacy=True)
    rounded: list[list[float]] = np.round(lonlat[:, ::-1], 6).tolist()
    return rounded


def _bounds(told: Coverage) -> list[list[float]]:
    shapes = [outline for _district_, outline in _drawn(told)]
    if not shapes:
        return _EMPTY_BOUNDS
    x0, y0, x1, y1 = shapely.total_bounds(shapes)
    return _lat_lon(np.array([(x0, y0), (x1, y1)]))


class _Districts(MacroElement):  # type: ignore[misc]  # branca has no types
    """Areas filled with their class's pattern, which stands in the page; the number on each opens its figures."""

    _template = Template("""
{% macro script(this, kwargs) %}
(function (map) {
  var renderer = L.svg({ padding: 0.5 });
  {{ this.districts|tojson }}.forEach(function (one) {
    L.polygon(one.rings, {
      renderer: renderer, interactive: false, className: "cover-shape",
      fillColor: "url(#cover-" + one.code + ")", fillOpacity: 0.6, weight: 1.5,
    }).addTo(map);
    L.marker(one.at, {
      title: one.title,
      icon: L.divIcon({ className: "cover-map-label", html: one.label, iconSize: [52, 26], popupAnchor: [0, -8] }),
    }).bindPopup(one.popup, { minWidth: 200, maxWidth: 280 }).addTo(map);
  });
  map.fitBounds({{ this.bounds|tojson }}, { padding: [16, 16], animate: false });
})({{ this._parent.get_name() }});
{% endmacro %}
""")

    def __init__(self, districts: list[dict[str, Any]], bounds: list[list[float]]) -> None:
        super().__init__()
        self._name = "Districts"
        self.districts, self.bounds = districts, bounds


class _Gaps(MacroElement):  # type: ignore[misc]
    """The largest gaps, as rings."""

    _template = Template("""
{% macro script(this, kwargs) %}
(function (map) {
  {{ this.at|tojson }}.forEach(function (at) {
    L.circleMarker(at, { radius: 9, interactive: false, className: "cover-gap", fill: false, weight: 3 }).addTo(map);
  });
})({{ this._parent.get_name() }});
{% endmacro %}
""")

    def __init__(self, at: list[list[float]]) -> None:
        super().__init__()
        self._name = "Gaps"
        self.at = at


class _Put(MacroElement):  # type: ignore[misc]
    """Where a place more would stand. A tap asks for another; the link above the map asks for its middle, for keys."""

    _template = Template("""
{% macro script(this, kwargs) %}
(function (map) {
  var base = {{ this.base|tojson }};
  var address = function (at) {
    var here = at.wrap();
    return base + "&lon=" + here.lng.toFixed(5) + "&lat=" + here.lat.toFixed(5);
  };
  var mark = {{ this.mark|tojson }};
  if (mark) {
    L.marker(mark, {
      title: {{ this.title|tojson }}, keyboard: false, zIndexOffset: 900,
      icon: L.divIcon({ className: "cover-map-mark", html: "", iconSize: [22, 22] }),
    }).addTo(map);
    map.setView(mark, Math.max(map.getZoom(), 14), { animate: false });
  }
  var middle = document.querySelector("[data-cover-put]");
  var follow = function () { middle.href = address(map.getCenter()); };
  map.on("moveend", follow);
  follow();
  map.on("click", function (event) {
    var link = document.createElement("a");
    link.href = address(event.latlng);
    link.target = "_top";
    link.className = "btn btn-primary";
    link.textContent = {{ this.words|tojson }};
    L.popup().setLatLng(event.latlng).setContent(link).openOn(map);
  });
})({{ this._parent.get_name() }});
{% endmacro %}
""")

    def __init__(self, base: str, mark: list[float] | None, title: str, words: str) -> None:
        super().__init__()
        self._name = "Put"
        self.base, self.mark, self.title, self.words = base, mark, title, words
