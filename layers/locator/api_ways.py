"""The part of the API that goes along streets: what can be reached, and how long the way to a place takes."""

from __future__ import annotations

import json
import math
from typing import Any
from uuid import UUID

import numpy as np
import shapely
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from shapely import MultiPolygon

from layers import crs
from layers.locator.answers import PRIVATE, endpoint, json_answer, minutes_told, no_place
from layers.locator.asking import plain, read_minutes, read_mode, read_position, read_uid
from layers.locator.listing import one_place
from layers.locator.network.store import Mode, minutes_to, reachable_area
from layers.locator.positions import Position
from layers.locator.where import stored
from layers.ogc.answers import dumps
from layers.ogc.asking import GEOJSON, JSON

__all__ = ["reachable"]


@endpoint
def reachable(request: HttpRequest) -> HttpResponse:
    """Answer with the areas that can be reached in so many minutes; or with the minutes to a place."""
    asked = plain(request, ("lon", "lat", "minutes", "mode", "to", "lang"))
    at, mode = read_position(asked), read_mode(asked) or Mode.FOOT
    to = read_uid(asked, "to")
    if to is not None:
        return json_answer(request, _way(at, mode, to), JSON, PRIVATE)
    minutes = read_minutes(asked)
    origin = stored(at)
    # From where no street is, nothing is reached: an area without land.
    areas = [MultiPolygon()] * len(minutes) if origin is None else reachable_area(origin, minutes, mode)
    features = [_area(area, within, mode) for area, within in zip(areas, minutes, strict=True)]
    return json_answer(request, dumps({"type": "FeatureCollection", "features": features}), GEOJSON, PRIVATE)


def _way(at: Position, mode: Mode, to: UUID) -> str:
    row = one_place(to)
    if row is None:
        raise no_place(str(to))
    origin = stored(at)
    minutes = math.inf if origin is None else float(minutes_to(origin, np.array([[row.x, row.y]]), mode)[0])
    return f'{{"to":"{to}","mode":"{mode}",{minutes_told(minutes)}}}'


def _area(area: MultiPolygon, within: float, mode: Mode) -> dict[str, Any]:
    shape = crs.transform(area, settings.STORAGE_SRID, crs.WGS84, allow_legacy=True)
    # A centimetre, as in every feature; rings counter-clockwise (RFC 7946).
    shape = shapely.transform(shapely.orient_polygons(shape), lambda xy: np.round(xy, 7))
    return {
        "type": "Feature",
        "geometry": json.loads(shapely.to_geojson(shape)),
        "properties": {"minutes": within, "mode": str(mode)},
    }
