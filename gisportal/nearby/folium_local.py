"""folium with files of our own only: what a page of it loads is on a list, and anything else is an error.

folium and its plugins name files of other hosts in lists on their classes. ``make_local`` replaces each list once, when
the server starts; a class whose files are not known here refuses to be drawn, so that no new plugin brings a host in.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import folium
import folium.plugins  # its classes must be there before their lists are replaced
from branca.element import Figure
from django.templatetags.static import static
from folium.elements import JSCSSMixin
from folium.template import Template

__all__ = ["LocalMap", "MapPage", "NotLocal", "local_url", "make_local"]

_LEAFLET: Final = "build/leaflet/"
_OWN: Final[dict[str, str]] = {
    "leaflet": "leaflet.js",
    "leaflet_css": "leaflet.css",
    "markerclusterjs": "leaflet.markercluster.js",
    "markerclustercss": "MarkerCluster.css",
    "markerclusterdefaultcss": "MarkerCluster.Default.css",
    "Control_locate_min_js": "L.Control.Locate.min.js",
    "Control_locate_min_css": "L.Control.Locate.min.css",
}
_NOT_NEEDED: Final = frozenset(
    "jquery bootstrap bootstrap_css awesome_markers awesome_markers_css awesome_markers_font_css glyphicons_css "
    "awesome_rotate_css".split()
)
"""folium's own popups and stock markers want these; pages here have pins and popups of their own."""


class NotLocal(RuntimeError):
    """A part of folium asks for a file that is not among ours."""


def make_local() -> None:
    """Replace the files that every class of folium asks for. Runs once, before any page; again changes nothing."""
    for cls in _subclasses(JSCSSMixin):
        for kind in ("default_js", "default_css"):
            given = vars(cls).get(kind)
            if given is not None and not isinstance(given, _Files):
                setattr(cls, kind, _Files(cls.__name__, given))


class _Files(list[tuple[str, str]]):
    """A list of files by name; walking it gives our addresses, or says what is missing."""

    def __init__(self, owner: str, given: list[tuple[str, str]]) -> None:
        super().__init__(given)
        self.owner = owner

    def __iter__(self) -> Iterator[tuple[str, str]]:
        names = [name for name, _url in super().__iter__() if name not in _NOT_NEEDED]
        return iter([(name, local_url(name, self.owner)) for name in names])

    def append(self, file: tuple[str, str]) -> None:
        raise NotLocal(f"{self.owner}: {file[0]} cannot be added: the list serves every request")


def local_url(name: str, owner: str = "folium") -> str:
    """Return the address of our copy of a file that folium knows by ``name``.

    Raises
    ------
    NotLocal
        There is none: add it to the front end's packages and to the list here.
    """
    if name not in _OWN:
        raise NotLocal(f"{owner} asks for {name}, of which there is no copy here")
    return static(_LEAFLET + _OWN[name])


def _subclasses(cls: type[Any]) -> Iterator[type[Any]]:
    found: type[Any]
    for found in cls.__subclasses__():
        yield found
        yield from _subclasses(found)


class LocalMap(folium.Map):  # type: ignore[misc]  # folium has no types
    """A map without tiles of anybody, without a flag in its corner, and with titles of its buttons in our words."""

    _template = Template("""
{% macro html(this, kwargs) %}<div class="folium-map" id={{ this.get_name()|tojson }} dir="ltr"></div>{% endmacro %}
{% macro script(this, kwargs) %}
var {{ this.get_name() }} = L.map({{ this.get_name()|tojson }}, {
  center: {{ this.location|tojson }}, zoom: {{ this.zoom|tojson }}, maxZoom: {{ this.max_zoom|tojson }},
  zoomControl: false,
});
{{ this.get_name() }}.attributionControl.setPrefix(false);
L.control.zoom({{ this.titles|tojson }}).addTo({{ this.get_name() }});
L.control.scale({ imperial: false }).addTo({{ this.get_name() }});
{% endmacro %}
""")

    def __init__(
        self, location: tuple[float, float], *, titles: dict[str, str], zoom: int = 15, max_zoom: int = 19
    ) -> None:
        """``location`` is latitude and longitude, as Leaflet has them; ``titles`` has zoomInTitle and zoomOutTitle."""
        super().__init__(location=location, tiles=None)
        self.titles, self.zoom, self.max_zoom = titles, zoom, max_zoom


class MapPage(Figure):  # type: ignore[misc]  # branca has no types
    """The page around a map. ``head`` and ``foot`` are safe HTML; the one script carries the nonce of the answer."""

    _template = Template("""<!doctype html>
<html lang="{{ this.language }}" dir="{{ this.direction }}"{% if this.theme %} data-theme="{{ this.theme }}"{% endif %}>
<head>
{{ this.head }}
{{ this.header.render(**kwargs) }}
{{ this.foot_of_head }}
</head>
<body class="nearby-map-page">
<main>{{ this.before }}{{ this.html.render(**kwargs) }}</main>
<script nonce="{{ this.nonce }}">
document.body.toggleAttribute("data-framed", self !== top);
{{ this.script.render(**kwargs) }}
</script>
</body>
</html>
""")

    def __init__(
        self, language: str, nonce: str, *, head: str, foot_of_head: str = "", before: str = "", theme: str = ""
    ) -> None:
        super().__init__()
        self.language, self.direction = language, "rtl" if language == "ar" else "ltr"
        self.nonce, self.head, self.foot_of_head, self.before, self.theme = nonce, head, foot_of_head, before, theme
        self.header._children.clear()

    def page_of(self, drawn: Any) -> str:
        """Return the HTML of the page with one map."""
        self.add_child(drawn)
        return str(self.render())
