"""TileJSON 3.0.0 of a layer (https://github.com/mapbox/tilejson-spec/tree/master/3.0.0)."""

from __future__ import annotations

import json
from typing import Any

from layers.access import Scope
from layers.catalog.base import Layer
from layers.crs import bounds_to_wgs84
from tiles.grid import MAX_ZOOM, Box
from tiles.sources.postgis import PostgisSource, has_labels, label_fields, tile_fields

__all__ = ["bounds_text", "tile_json", "vector_layers"]


def bounds_text(bounds: Box | None) -> bytes:
    """Return bounds of EPSG:3857 as JSON in degrees; ``null`` for none."""
    if bounds is None:
        return b"null"
    return json.dumps([round(v, 7) for v in bounds_to_wgs84(bounds, "EPSG:3857")]).encode()


def tile_json(layer: Layer, scope: Scope, address: str, bounds: list[float] | None, language: str) -> dict[str, Any]:
    """Return the description of a tile set.

    Parameters
    ----------
    address : str
        Where the tiles of the layer are, ending with a slash.
    bounds : list of float or None
        West, south, east, north in degrees; None for a layer without features.
    language : str
        ``ar`` or ``en``: of the name, the words on fields and the attribution.
    """
    zooms = PostgisSource(layer, scope).zooms
    is_arabic = language == "ar"
    source = layer.provenance.source_ar if is_arabic else layer.provenance.source_en
    found: dict[str, Any] = {
        "tilejson": "3.0.0",
        "tiles": [f"{address}{{z}}/{{x}}/{{y}}.mvt"],
        "vector_layers": vector_layers(layer, scope, language),
        "name": layer.title_ar if is_arabic else layer.title_en,
        "description": layer.about_ar if is_arabic else layer.about_en,
        "attribution": " · ".join(filter(None, (source, layer.provenance.licence))),
        "scheme": "xyz",
        "version": "1.0.0",
        "minzoom": zooms.first,
        "maxzoom": zooms.last,
    }
    if bounds is not None:
        west, south, east, north = bounds
        found["bounds"] = bounds
        found["center"] = [round((west + east) / 2, 7), round((south + north) / 2, 7), min(14, zooms.last)]
    return found


def vector_layers(layer: Layer, scope: Scope, language: str, last_zoom: int = MAX_ZOOM) -> list[dict[str, Any]]:
    """Return the layers inside the tiles: the features with every field of any zoom, and the points of their labels.

    ``last_zoom`` bounds what is told, for an archive that ends there.
    """
    zooms = PostgisSource(layer, scope).zooms
    last_zoom = min(last_zoom, zooms.last)
    levels = range(zooms.first, last_zoom + 1)

    def words(fields: Any) -> dict[str, str]:
        return {f.name: f.ar if language == "ar" else f.en for f in fields}

    described = words([f for z in levels for f in tile_fields(layer, scope, z)])
    found = [{"id": layer.code, "fields": described, "minzoom": zooms.first, "maxzoom": last_zoom}]
    labelled = [z for z in levels if has_labels(layer, z)]
    if labelled:
        fields = words(label_fields(layer, scope))
        found.append({"id": f"{layer.code}_labels", "fields": fields, "minzoom": labelled[0], "maxzoom": last_zoom})
    return found
