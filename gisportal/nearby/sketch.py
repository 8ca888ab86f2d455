"""A small drawing of where the found places lie, made on the server: it needs no script, no tiles, and prints sharp.

Lines only; the numbers of the pins are HTML over the drawing, so that they stay text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np
import shapely
from django.conf import settings

from layers import crs
from layers.locator.positions import Position
from layers.locator.where import stored
from layers.querying import TooSlow, read_rows

__all__ = ["Marked", "Pin", "Sketch", "lines_in", "sketch"]

_RATIO: Final = 1.6
_LEAST_M: Final = 300.0
_MARGIN: Final = 0.14
_PARCELS_UP_TO_M: Final = 1300.0
_MOST_PARCELS: Final = 500
_MOST_STREETS: Final = 300
_MOST_PINS: Final = 10


class Marked(Protocol):
    """What has a number and lies somewhere: a row of a list."""

    @property
    def number(self) -> int: ...
    @property
    def lon(self) -> float: ...
    @property
    def lat(self) -> float: ...


@dataclass(frozen=True)
class Pin:
    """A place on the drawing: per cent from its start and from its top."""

    number: int
    x: float
    y: float


@dataclass(frozen=True)
class Sketch:
    """``width`` and ``height`` are metres on the ground; the paths are drawn in them, north up."""

    width: int
    height: int
    parcels: str
    streets: str
    pins: tuple[Pin, ...]
    me: Pin

    @property
    def pin_m(self) -> int:
        """The radius of a pin, in the units of the drawing."""
        return max(1, round(self.width * 0.026))

    @property
    def me_m(self) -> int:
        return max(1, round(self.width * 0.016))

    @property
    def around_m(self) -> int:
        return round(self.width * 0.045)


def sketch(position: Position | None, rows: Sequence[Marked]) -> Sketch | None:
    """Return the drawing of a list; None where the storage CRS has no image of it, or nothing lies near."""
    here = stored(position) if position else None
    if here is None or not rows:
        return None
    points = _stored(rows[:_MOST_PINS])
    frame = _frame(np.vstack([np.array([here]), points]))
    if frame is None:
        return None
    west, south, east, north = frame
    try:
        parcels, streets = lines_in(frame)
    except TooSlow:
        return None
    pins = tuple(_pin(row.number, xy, frame) for row, xy in zip(rows, points, strict=False))
    return Sketch(round(east - west), round(north - south), parcels, streets, pins, _pin(0, np.array(here), frame))


def lines_in(frame: tuple[float, float, float, float]) -> tuple[str, str]:
    """Return the parcels and the streets of a frame (storage CRS) as paths in whole metres from its upper left corner.

    Parcels are left out of a frame that shows too many.

    Raises
    ------
    TooSlow
        The time of a feature was over.
    """
    has_parcels = frame[2] - frame[0] <= _PARCELS_UP_TO_M
    params = {
        "box": shapely.to_wkb(shapely.box(*frame)),
        "srid": settings.STORAGE_SRID,
        "grid": 1.0,
        "parcels": _MOST_PARCELS,
        "streets": _MOST_STREETS,
    }
    rows = read_rows(f"{_PARCELS} UNION ALL {_STREETS}" if has_parcels else _STREETS, params, kind="feature")
    parcels, streets = ([bytes(shape) for of, shape in rows if of == what and shape is not None] for what in "ps")
    return _lines(parcels, frame), _lines(streets, frame)


def _stored(rows: Sequence[Marked]) -> Any:
    at = np.array([(row.lon, row.lat) for row in rows])
    return crs.transform_coordinates(at, crs.WGS84, settings.STORAGE_SRID, allow_legacy=True)


def _frame(points: Any) -> tuple[float, float, float, float] | None:
    """Return a rectangle around points with room beside them, wider than high; None where they lie too far apart."""
    if not np.isfinite(points).all():
        return None
    (x0, y0), (x1, y1) = points.min(axis=0), points.max(axis=0)
    width = max(x1 - x0, (y1 - y0) * _RATIO, _LEAST_M) * (1 + 2 * _MARGIN)
    if width > 40_000:
        return None
    x, y, height = (x0 + x1) / 2, (y0 + y1) / 2, width / _RATIO
    return float(x - width / 2), float(y - height / 2), float(x + width / 2), float(y + height / 2)


_PARCELS: Final = """(SELECT 'p', ST_AsBinary(ST_SnapToGrid(p.geom, %(grid)s)) FROM layers_parcel p
WHERE p.end_lifespan_version IS NULL AND p.geom && ST_GeomFromWKB(%(box)s, %(srid)s) LIMIT %(parcels)s)"""
_STREETS: Final = """(SELECT 's', ST_AsBinary(ST_SnapToGrid(s.geom, %(grid)s)) FROM layers_street s
WHERE s.end_lifespan_version IS NULL AND s.geom && ST_GeomFromWKB(%(box)s, %(srid)s)
ORDER BY CASE s.road_class WHEN 'arterial' THEN 0 WHEN 'collector' THEN 1 ELSE 2 END LIMIT %(streets)s)"""


def _lines(shapes: list[bytes], frame: tuple[float, float, float, float]) -> str:
    """Return a path of outlines or lines (WKB), in whole metres from the upper left corner of a frame."""
    parts = []
    for line in shapely.get_parts(shapely.get_parts(shapely.from_wkb(shapes))) if shapes else ():
        rings = shapely.get_rings(line) if line.geom_type == "Polygon" else [line]
        parts += [_path(shapely.get_coordinates(ring), frame, line.geom_type == "Polygon") for ring in rings]
    return "".join(parts)


def _path(at: Any, frame: tuple[float, float, float, float], closes: bool) -> str:
    x, y = np.rint(at[:, 0] - frame[0]).astype(int), np.rint(frame[3] - at[:, 1]).astype(int)
    steps = [f"{dx} {dy}" for dx, dy in zip(np.diff(x).tolist(), np.diff(y).tolist(), strict=True)]
    if not steps:
        return ""
    return f"M{x[0]} {y[0]}l{' '.join(steps[:-1] if closes else steps)}{'z' if closes else ''}"


def _pin(number: int, xy: Any, frame: tuple[float, float, float, float]) -> Pin:
    west, south, east, north = frame
    return Pin(
        number, round(100 * (xy[0] - west) / (east - west), 2), round(100 * (north - xy[1]) / (north - south), 2)
    )
