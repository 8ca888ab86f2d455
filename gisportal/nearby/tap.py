"""A drawing of the surroundings that is pressed on to say where something is: an image button, without script.

The drawing is a picture of fixed size with its middle known, so that the browser's own coordinates of a press say where
it was.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from gisportal.nearby.sketch import lines_in
from layers import crs
from layers.locator.positions import BadPosition, Position
from layers.locator.where import stored
from layers.querying import TooSlow

__all__ = ["REACH_M", "SIDE_PX", "picture", "tapped"]

SIDE_PX: Final = 320
REACH_M: Final = 160
"""From the middle of the drawing to its edge: a metre is a pixel."""

_SVG: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="{side}" height="{side}" viewBox="0 0 {width} {width}">'
    '<rect width="100%" height="100%" fill="#e9e5da"/>'
    '<path d="{parcels}" fill="#fbfaf6" stroke="#b9b2a2" stroke-width="1"/>'
    '<path d="{streets}" fill="none" stroke="#7d8a94" stroke-width="2.5"/>'
    '<g fill="none" stroke="#0b5fa5" stroke-width="3"><circle cx="{mid}" cy="{mid}" r="12"/>'
    '<path d="M{mid} {top}v16M{mid} {bottom}v-16M{top} {mid}h16M{bottom} {mid}h-16"/></g></svg>'
)


def tapped(data: Mapping[str, Any], centre: Position | None) -> Position | None:
    """Return where the drawing was pressed; None where it was not.

    A browser sends 0, 0 where the button was pressed by the keyboard: then the typed position counts.
    """
    try:
        x, y = float(data["tap.x"]), float(data["tap.y"])
    except (KeyError, ValueError):
        return None
    at = stored(centre) if centre else None
    if at is None or (x, y) == (0, 0) or not (0 <= x <= SIDE_PX and 0 <= y <= SIDE_PX):
        return None
    m_per_px = 2 * REACH_M / SIDE_PX
    there = np.array([[at[0] + (x - SIDE_PX / 2) * m_per_px, at[1] - (y - SIDE_PX / 2) * m_per_px]])
    [[lon, lat]] = crs.transform_coordinates(there, settings.STORAGE_SRID, crs.WGS84, allow_legacy=True).tolist()
    return Position(lon, lat) if math.isfinite(lon) and math.isfinite(lat) else None


@require_safe
@cache_control(private=True, max_age=60)
def picture(request: HttpRequest) -> HttpResponse:
    """Answer with the drawing round a position: streets, parcels, and a mark in the middle."""
    try:
        at = stored(Position(float(request.GET["lon"]), float(request.GET["lat"])))
    except (KeyError, ValueError, BadPosition):
        at = None
    if at is None:
        raise Http404
    frame = (at[0] - REACH_M, at[1] - REACH_M, at[0] + REACH_M, at[1] + REACH_M)
    try:
        parcels, streets = lines_in(frame)
    except TooSlow:
        return HttpResponse(status=503)
    mid = REACH_M
    svg = _SVG.format(
        side=SIDE_PX, width=2 * REACH_M, parcels=parcels, streets=streets, mid=mid, top=mid - 22, bottom=mid + 22
    )
    return HttpResponse(svg, content_type="image/svg+xml")
