"""The ``bbox`` parameter: a rectangle in ``bbox-crs``, brought to the storage CRS without losing its curved sides."""

from __future__ import annotations

import math
import re
from functools import lru_cache

import numpy as np
import shapely
from django.conf import settings
from shapely.geometry import LineString, MultiPolygon, Point, Polygon, box
from shapely.geometry.base import BaseGeometry

from layers import crs as systems
from layers.ogc.crs import Crs
from layers.problems import Problem, bad_parameter, shown
from layers.srs import Bounds

__all__ = ["read_box"]

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.A)
_STEP_M = 250.0  # a parallel leaves its chord by less than 1 mm over this length
_MOST_STEPS = 512
_AROUND_DEG = 3.0  # beyond the belt no feature is stored; a projection need not hold further out
_METRES_PER_DEG = 111_320.0


def read_box(text: str, crs: Crs, parameter: str = "bbox") -> BaseGeometry | None:
    """Return what a ``bbox`` covers, in the storage CRS; None where it cannot hold any feature.

    Parameters
    ----------
    text : str
        Four numbers, or six, of which the third and sixth (heights) count for nothing: features have none.
    crs : Crs
        ``bbox-crs``. In a geographic one a west beyond the east crosses the antimeridian.

    Raises
    ------
    Problem
        400: not four or six finite numbers, beyond the earth, or a corner on the wrong side of the other.
    """
    values = _numbers(text, parameter)
    west, south, east, north = values if len(values) == 4 else (values[0], values[1], values[3], values[4])
    if crs.is_north_first:
        west, south, east, north = south, west, north, east
    _check(text, crs, (west, south, east, north), parameter)
    if crs.is_geographic and west > east:
        halves = [(west, south, 180.0, north), (-180.0, south, east, north)]
    else:
        halves = [(west, south, east, north)]
    parts = [part for half in halves if (part := _in_storage(half, crs)) is not None]
    return shapely.union_all(parts) if len(parts) > 1 else (parts[0] if parts else None)


def _numbers(text: str, parameter: str) -> list[float]:
    words = [word.strip() for word in text.split(",")]
    if len(words) not in (4, 6) or not all(_NUMBER.fullmatch(word) for word in words):
        raise _refused(parameter, text, "اكتب أربعة أعداد أو ستة بينها فواصل", "write four or six numbers with commas")
    values = [float(word) for word in words]
    if not all(math.isfinite(value) for value in values):
        raise _refused(parameter, text, "عدد خارج كل حد", "a number is beyond all bounds")
    return values


def _check(text: str, crs: Crs, bounds: Bounds, parameter: str) -> None:
    west, south, east, north = bounds
    if crs.is_geographic and not (abs(west) <= 180 and abs(east) <= 180 and abs(south) <= 90 and abs(north) <= 90):
        order = (
            ("خط العرض ثم الطول", "latitude, longitude")
            if crs.is_north_first
            else ("خط الطول ثم العرض", "longitude, latitude")
        )
        raise _refused(
            parameter, text, f"درجات خارج الأرض (الترتيب: {order[0]})", f"degrees beyond the earth (order: {order[1]})"
        )
    if south > north or (west > east and not crs.is_geographic):
        raise _refused(parameter, text, "الركن الأدنى أبعد من الأعلى", "the lower corner lies beyond the upper one")


def _refused(parameter: str, text: str, ar: str, en: str) -> Problem:
    return bad_parameter(parameter, f"«{shown(text, 100)}»: {ar}.", f"“{shown(text, 100)}”: {en}.")


def _in_storage(bounds: Bounds, crs: Crs) -> BaseGeometry | None:
    if crs.srid == settings.STORAGE_SRID:
        return _shape(bounds)
    window = _window(crs.srid, crs.is_geographic, settings.STORAGE_SRID)
    west, south = max(bounds[0], window[0]), max(bounds[1], window[1])
    east, north = min(bounds[2], window[2]), min(bounds[3], window[3])
    if west > east or south > north:
        return None
    return _carried((west, south, east, north), crs)


def _shape(bounds: Bounds) -> BaseGeometry:
    west, south, east, north = bounds
    if west == east and south == north:
        return Point(west, south)
    if west == east or south == north:
        return LineString([(west, south), (east, north)])
    return box(*bounds)


def _carried(bounds: Bounds, crs: Crs) -> BaseGeometry:
    """Return a rectangle in the storage CRS, with points along its sides, which the other system would curve."""
    shape = _shape(bounds)
    if isinstance(shape, LineString | Polygon | MultiPolygon):
        longest = max(bounds[2] - bounds[0], bounds[3] - bounds[1])
        metres = longest * (_METRES_PER_DEG if crs.is_geographic else 1.0)
        steps = min(max(math.ceil(metres / _STEP_M), 1), _MOST_STEPS)
        shape = shapely.segmentize(shape, longest / steps)
    return shapely.transform(
        shape, lambda xy: systems.transform_coordinates(xy, crs.srid, settings.STORAGE_SRID, allow_legacy=True)
    )


@lru_cache(maxsize=16)
def _window(srid: int, is_geographic: bool, storage_srid: int) -> Bounds:
    """Return the bounds, in a system, outside which nothing can be stored."""
    area = systems.describe(storage_srid).area_of_use or (-180.0, -80.0, 180.0, 84.0)
    west, east = max(area[0] - _AROUND_DEG, -180.0), min(area[2] + _AROUND_DEG, 180.0)
    degrees = (west, max(area[1] - _AROUND_DEG, -80.0), east, min(area[3] + _AROUND_DEG, 84.0))
    if is_geographic:
        return degrees
    xy = systems.transform_coordinates(systems.border(degrees), 4326, srid, allow_legacy=True)
    xy = xy[np.isfinite(xy).all(axis=1)]
    return (float(xy[:, 0].min()), float(xy[:, 1].min()), float(xy[:, 0].max()), float(xy[:, 1].max()))
