"""The map of a page of the list: the same places with the same minutes, drawn by folium for a frame of that page.

No file of it is another host's. Everything that comes from data is escaped by Django's
templates and given to the script as JSON.
"""

from __future__ import annotations

from typing import Final

from branca.element import MacroElement
from csp.decorators import csp_replace
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe
from folium.plugins import LocateControl, MarkerCluster
from folium.template import Template

from gisportal.nearby.asked import Asked, read_asked
from gisportal.nearby.folium_local import LocalMap, MapPage, make_local
from gisportal.nearby.ground import Ground, ground
from gisportal.nearby.kiosk import OF_KIOSK, Kiosk, kiosk_of, serves_kiosks
from gisportal.nearby.rows import PlaceRow, name_in, rows_of
from layers.locator.positions import Position
from layers.locator.search import answer, found_of
from layers.querying import TooSlow
from tiles.raster.models import Imagery

__all__ = ["GroundLayer", "map_frame", "pictures"]

_PICTURES: Final = 4

make_local()


@xframe_options_sameorigin
@csp_replace({"frame-ancestors": ["'self'"], "style-src-attr": ["'unsafe-inline'"]})
@require_safe
@serves_kiosks()
def map_frame(request: HttpRequest) -> HttpResponse:
    """Show the places of a search on a map; without a place to start from there is none, and the list asks for it."""
    kiosk = kiosk_of(request)
    asked = read_asked(request, keep=OF_KIOSK if kiosk else ())
    query = asked.query
    if query is None or asked.position is None:
        return redirect(reverse("nearby:list") + asked.link())
    try:
        found = [found_of(seen) for seen in answer(query).seen]
    except TooSlow:  # the list says what to do where that is too slow too
        return redirect(reverse("nearby:list") + asked.link())
    rows = rows_of(found, asked.language, asked.moment, asked.first)
    reach = found[-1].distance_m if found else 0.0
    context = {"list": reverse("nearby:list") + asked.link_here, "kiosk": kiosk}
    theme = request.GET.get("theme") or request.COOKIES.get("theme", "")
    page = MapPage(
        asked.language,
        str(request.csp_nonce),  # type: ignore[attr-defined]
        head=render_to_string("gisportal/nearby/map_head.html", context, request),
        foot_of_head=render_to_string("gisportal/nearby/map_style.html", context, request),
        before=render_to_string("gisportal/nearby/map_before.html", context, request),
        theme=theme if theme in ("light", "dark") else "",
    )
    return HttpResponse(page.page_of(_drawn(asked, asked.position, rows, ground(asked.position, reach), kiosk)))


def _drawn(asked: Asked, position: Position, rows: list[PlaceRow], base: Ground, kiosk: Kiosk | None) -> LocalMap:
    titles = {"zoomInTitle": _("Closer"), "zoomOutTitle": _("Farther")}
    drawn = LocalMap((position.lat, position.lon), titles=titles)
    drawn.add_child(GroundLayer(base, pictures(asked.language)))
    cluster = MarkerCluster(max_cluster_radius=36, show_coverage_on_hover=False, disable_clustering_at_zoom=18)
    drawn.add_child(cluster)
    for row in rows:
        cluster.add_child(_Pin(row, kiosk))
    drawn.add_child(_Here((position.lat, position.lon), _("From here"), rows))
    if kiosk:  # where it stands is known
        return drawn
    words = {"title": _("Show my position on the map"), "popup": _("You are about here")}
    drawn.add_child(LocateControl(strings=words, keep_current_zoom_level=True, show_popup=False, draw_circle=True))
    return drawn


def pictures(language: str) -> list[dict[str, str]]:
    """Return imagery that everybody may see, as addresses of tiles with titles and sources."""
    rows = Imagery.objects.filter(readers="everyone", kind="ortho").order_by("name")[:_PICTURES]
    return [
        {
            "tiles": f"/tiles/imagery/{row.name}/{{z}}/{{x}}/{{y}}.webp",
            "title": name_in(row.title_ar, row.title_en, language) or row.name,
            "source": name_in(row.attribution_ar, row.attribution_en, language),
        }
        for row in rows
    ]


class GroundLayer(MacroElement):  # type: ignore[misc]  # branca has no types
    """Parcels and streets as two paths; pictures above them, which a person switches on."""

    _template = Template("""
{% macro script(this, kwargs) %}
(function (map) {
  var fixed = { interactive: false, smoothFactor: 0.6, renderer: L.svg({ padding: 1 }) };
  var parcels = {{ this.base.parcels|tojson }}.map(function (ring) { return [ring]; });
  L.polygon(parcels, L.extend({ className: "nearby-parcels" }, fixed)).addTo(map);
  L.polyline({{ this.base.streets|tojson }}, L.extend({ className: "nearby-map-streets" }, fixed)).addTo(map);
  var safe = function (text) {
    var box = document.createElement("span");
    box.textContent = text;
    return box.innerHTML;
  };
  var pictures = {};
  {{ this.pictures|tojson }}.forEach(function (one) {
    pictures[safe(one.title)] = L.tileLayer(one.tiles, { maxZoom: 19, attribution: safe(one.source) });
  });
  if (Object.keys(pictures).length) L.control.layers(null, pictures, { collapsed: false }).addTo(map);
})({{ this._parent.get_name() }});
{% endmacro %}
""")

    def __init__(self, base: Ground, pictures: list[dict[str, str]]) -> None:
        super().__init__()
        self._name = "Ground"
        self.base, self.pictures = base, pictures


class _Pin(MacroElement):  # type: ignore[misc]
    """A place: its category's icon, its number in the list; a popup that leads to its page."""

    _template = Template("""
{% macro script(this, kwargs) %}
L.marker({{ this.at|tojson }}, {
  title: {{ this.title|tojson }},
  icon: L.divIcon({
    className: "nearby-map-pin", html: {{ this.icon|tojson }}, iconSize: [34, 34], popupAnchor: [0, -14],
  }),
}).bindPopup({{ this.popup|tojson }}, { minWidth: 220, maxWidth: 280 }).addTo({{ this._parent.get_name() }});
{% endmacro %}
""")

    def __init__(self, row: PlaceRow, kiosk: Kiosk | None) -> None:
        super().__init__()
        self._name = "Pin"
        self.at = [round(row.lat, 6), round(row.lon, 6)]
        self.title = f"{row.number}. {row.name}"
        self.icon = render_to_string("gisportal/nearby/map_pin.html", {"row": row}).strip()
        self.popup = render_to_string("gisportal/nearby/map_popup.html", {"row": row, "kiosk": kiosk}).strip()


class _Here(MacroElement):  # type: ignore[misc]
    """The start of the search; the map shows it with all places of the list's page."""

    _template = Template("""
{% macro script(this, kwargs) %}
L.marker({{ this.at|tojson }}, {
  title: {{ this.title|tojson }}, interactive: false, keyboard: false, zIndexOffset: -500,
  icon: L.divIcon({ className: "nearby-map-here", html: "", iconSize: [18, 18] }),
}).addTo({{ this._parent.get_name() }});
{{ this._parent.get_name() }}.fitBounds({{ this.bounds|tojson }}, { padding: [36, 36], maxZoom: 17, animate: false });
{% endmacro %}
""")

    def __init__(self, at: tuple[float, float], title: str, rows: list[PlaceRow]) -> None:
        super().__init__()
        self._name = "Here"
        self.at, self.title = list(at), title
        self.bounds = [list(at), *([row.lat, row.lon] for row in rows)]
