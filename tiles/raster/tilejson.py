"""TileJSON 3.0.0 of an imagery (https://github.com/mapbox/tilejson-spec, version 3.0.0)."""

from __future__ import annotations

import math
from html import escape
from typing import Any

from tiles.grid import WEB_MERCATOR, Box
from tiles.raster.catalogue import KnownImagery
from tiles.raster.encode import BACKGROUND, FORMATS
from tiles.raster.terrain import STYLES

__all__ = ["tilejson"]

_RADIUS_M = 6378137.0


def _degrees(box: Box) -> list[float]:
    """Return a box of EPSG:3857 in degrees."""

    def lat(north: float) -> float:
        return math.degrees(math.atan(math.sinh(north / _RADIUS_M)))

    return [
        round(math.degrees(box[0] / _RADIUS_M), 7),
        round(lat(box[1]), 7),
        round(math.degrees(box[2] / _RADIUS_M), 7),
        round(lat(box[3]), 7),
    ]


def _low_zoom(box: Box) -> int:
    """Return the last zoom at which everything lies on two by two tiles at most."""
    side = max(box[2] - box[0], box[3] - box[1])
    return min(max(math.floor(math.log2(WEB_MERCATOR.side_m / max(side, 1.0))), 0), WEB_MERCATOR.max_zoom)


def tilejson(imagery: KnownImagery, root: str) -> dict[str, Any]:
    """Return the description of an imagery. ``root`` is the site's address, ending in a slash.

    Below ``minzoom`` tiles are served too, of which most hold nothing; above ``maxzoom`` they are interpolated.
    """
    base = f"{root}tiles/imagery/{imagery.name}/{{z}}/{{x}}/{{y}}"
    words = imagery.words
    about: dict[str, Any] = {
        "tilejson": "3.0.0",
        "name": words["title_en"] or imagery.name,
        "name_ar": words["title_ar"] or imagery.name,
        "kind": imagery.kind,
        "scheme": "xyz",
        "tiles": [f"{base}.webp"],
        "tile_size": 256,
        "formats": {ending: f"{base}.{ending}" for ending in FORMATS},
        "jpeg_background": "#{:02x}{:02x}{:02x}".format(*BACKGROUND),
        "attribution": escape(words["attribution_en"] or words["source_en"]),
        "attribution_ar": escape(words["attribution_ar"] or words["source_ar"]),
        "licence": words["licence"],
        "dates": sorted({file.captured_on.isoformat() for file in imagery.files if file.captured_on}),
        "minzoom": 0,
        "maxzoom": 0,
    }
    box = imagery.box
    if box is not None:
        degrees = _degrees(box)
        high = max(file.zoom for file in imagery.files)
        about["minzoom"], about["maxzoom"] = min(_low_zoom(box), high), min(high, WEB_MERCATOR.max_zoom)
        about["bounds"] = degrees
        about["center"] = [(degrees[0] + degrees[2]) / 2, (degrees[1] + degrees[3]) / 2, high - 2 if high > 2 else high]
    if imagery.kind == "terrain":
        about["styles"] = {style: f"{base}.webp?style={style}" for style in STYLES}
        about["range_m"] = [imagery.low, imagery.high]
    return about
