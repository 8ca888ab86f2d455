"""The map as a MapLibre style, made from the layers' own styles (https://maplibre.org/maplibre-style-spec/)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from layers.catalog.base import Layer
from tiles.generalise.kinds import Kind, kind_of
from tiles.sources.postgis import has_labels

__all__ = ["DARK", "LIGHT", "THEMES", "map_style"]

# The map's tokens of the site's style sheet (gisportal/frontend/styles/tokens.css); a test holds them equal.
LIGHT: Final[Mapping[str, str]] = {
    "--map-land": "#fcfbf8",
    "--map-street": "#e9efeb",
    "--map-edge": "#a9b5af",
    "--map-label": "#5b6b65",
    "--map-parcel": "#fcfbf8",
    "--map-parcel-line": "#8c9a93",
    "--map-block": "#6f7f78",
    "--map-plan": "#0b5d4b",
    "--map-district": "#7a4f9a",
    "--map-street-line": "#7b8a84",
    "--map-zoning": "#d9c8a5",
    "--map-zoning-line": "#8a6d2f",
    "--map-growth": "#bfe0d4",
    "--map-growth-line": "#2f7d68",
    "--map-prohibited": "#f2b8b2",
    "--map-prohibited-line": "#b3261e",
    "--map-place": "#0e6c8c",
    "--map-address": "#5b6b65",
    "--map-case": "#f3d08a",
    "--map-case-line": "#a15c00",
}
DARK: Final[Mapping[str, str]] = {
    "--map-land": "#1b2925",
    "--map-street": "#101916",
    "--map-edge": "#4c6159",
    "--map-label": "#a3b5ae",
    "--map-parcel": "#1b2925",
    "--map-parcel-line": "#71857d",
    "--map-block": "#8fa39b",
    "--map-plan": "#6fcfb3",
    "--map-district": "#c7a2e4",
    "--map-street-line": "#8a9d95",
    "--map-zoning": "#5a4a24",
    "--map-zoning-line": "#d9b976",
    "--map-growth": "#1f4a3d",
    "--map-growth-line": "#6fcfb3",
    "--map-prohibited": "#5a2723",
    "--map-prohibited-line": "#ffa79f",
    "--map-place": "#74c4e0",
    "--map-address": "#a3b5ae",
    "--map-case": "#5c4313",
    "--map-case-line": "#f0b75e",
}
THEMES: Final = {"light": LIGHT, "dark": DARK}

_ORDER: Final = ("parcels", "zoning", "growth_phases", "prohibited_zones", "blocks", "streets", "plans", "districts")


def map_style(layers: Iterable[Layer], tokens: Mapping[str, str], address: str, language: str) -> dict[str, Any]:
    """Return the style of a map of these layers.

    Parameters
    ----------
    tokens : mapping of str to str
        Colours by the names that the layers' styles use: ``LIGHT`` or ``DARK``.
    address : str
        Where the descriptions of tiles are, ending with a slash.
    language : str
        ``ar`` or ``en``: which name is written on a feature that has both.
    """
    ordered = sorted(layers, key=_rank)
    drawn = [layer for each in ordered for layer in _drawn(each, tokens)]
    labels = [layer for each in ordered for layer in _labels(each, tokens, language)]
    return {
        "version": 8,
        "name": "gisportal",
        "sources": {each.code: {"type": "vector", "url": f"{address}{each.code}.json"} for each in ordered},
        "layers": [
            {"id": "ground", "type": "background", "paint": {"background-color": tokens["--map-street"]}},
            *drawn,
            *labels,
        ],
    }


def _rank(layer: Layer) -> tuple[int, str]:
    return (_ORDER.index(layer.code) if layer.code in _ORDER else len(_ORDER), layer.code)


def _colour(tokens: Mapping[str, str], name: str) -> str:
    """Return the colour that a style names; what is no token, or not of the map, is drawn as an edge."""
    return tokens.get(name, tokens["--map-edge"])


def _drawn(layer: Layer, tokens: Mapping[str, str]) -> list[dict[str, Any]]:
    first = min(layer.min_zoom, kind_of(layer).first_zoom)
    base = {"source": layer.code, "source-layer": layer.code, "minzoom": first}
    if layer.geometry == "Point":
        paint = {
            "circle-color": _colour(tokens, layer.style.fill),
            "circle-radius": layer.style.width_px,
            "circle-stroke-color": tokens["--map-land"],
            "circle-stroke-width": 1,
        }
        return [{"id": layer.code, "type": "circle", **base, "paint": paint}]
    found: list[dict[str, Any]] = []
    if layer.style.fill and layer.geometry == "MultiPolygon":
        paint = {"fill-color": _colour(tokens, layer.style.fill), "fill-opacity": layer.style.fill_opacity}
        found.append({"id": f"{layer.code}-fill", "type": "fill", **base, "paint": paint})
    if layer.style.line or not found:
        paint = {"line-color": _colour(tokens, layer.style.line), "line-width": layer.style.width_px}
        found.append({"id": f"{layer.code}-line", "type": "line", **base, "paint": paint})
    return found


def _labels(layer: Layer, tokens: Mapping[str, str], language: str) -> list[dict[str, Any]]:
    names = {f.name for f in layer.fields}
    label = layer.style.label
    if not label:
        return []
    if label in names:
        text: Any = ["to-string", ["get", label]]
    else:
        other = "en" if language == "ar" else "ar"
        text = ["coalesce", ["get", f"{label}_{language}"], ["get", f"{label}_{other}"], ""]
    is_area = has_labels(layer, layer.style.label_zoom)
    layout: dict[str, Any] = {"text-field": text, "text-size": 12}
    if layer.geometry == "MultiLineString":
        layout["symbol-placement"] = "line"
    elif layer.geometry == "Point":
        layout |= {"text-anchor": "top", "text-offset": [0, 0.6]}
    return [
        {
            "id": f"{layer.code}-label",
            "type": "symbol",
            "source": layer.code,
            "source-layer": f"{layer.code}_labels" if is_area else layer.code,
            "minzoom": max(layer.style.label_zoom, kind_of(layer).detail_zoom if _is_grouped(layer) else 0),
            "layout": layout,
            "paint": {
                "text-color": tokens["--map-label"],
                "text-halo-color": tokens["--map-land"],
                "text-halo-width": 1.2,
            },
        }
    ]


def _is_grouped(layer: Layer) -> bool:
    return kind_of(layer).kind is Kind.GROUPS
