"""Curves of WKB (circular strings, compound curves, curve polygons) as chords, which is all that shapely knows.

An arc shared by two neighbours is cut into the same chords from both sides: the points are computed in one direction,
whichever way the arc is run.

Source: OGC 06-103r4 (Simple Feature Access, 1.2.1), clause 8.2 for the encoding; ISO/IEC 13249-3 for the curve types.
"""

from __future__ import annotations

import math
import struct
from typing import Any, Final

import shapely
from shapely.geometry import LineString, MultiLineString, MultiPolygon, Polygon

__all__ = ["to_chords"]

SAGITTA_M: Final = 0.0005
"""How far a chord may lie from its arc: half a grid step."""

_MAX_STEP_RAD: Final = math.radians(3.0)
_CURVE_TYPES: Final = frozenset({8, 9, 10, 11, 12})

Points = list[tuple[float, float]]


def to_chords(wkb: bytes) -> bytes:
    """Return WKB without curves; WKB that has none comes back untouched.

    Examples
    --------
    >>> line = shapely.to_wkb(LineString([(0, 0), (1, 0)]))
    >>> to_chords(line) == line
    True
    """
    if len(wkb) < 5:
        return wkb
    order = "<" if wkb[0] == 1 else ">"
    kind = struct.unpack_from(order + "I", wkb, 1)[0]
    if (kind & 0x0FFFFFFF) % 1000 not in _CURVE_TYPES:
        return wkb
    try:
        geometry = _Reader(wkb).geometry()
    except (struct.error, IndexError):
        return wkb  # cut short: shapely says so
    return bytes(shapely.to_wkb(geometry))


class _Reader:
    """A walk through WKB; heights and measures are read and dropped."""

    def __init__(self, wkb: bytes) -> None:
        self.wkb = wkb
        self.at = 0

    def take(self, form: str) -> tuple[Any, ...]:
        values = struct.unpack_from(form, self.wkb, self.at)
        self.at += struct.calcsize(form)
        return values

    def header(self) -> tuple[str, int, int]:
        order = "<" if self.take("B")[0] == 1 else ">"
        kind = self.take(order + "I")[0]
        extra = (kind & 0x80000000 > 0) + (kind & 0x40000000 > 0)
        if kind & 0x20000000:
            self.take(order + "I")  # EWKB's srid
        plain = kind & 0x0FFFFFFF
        extra += {0: 0, 1: 1, 2: 1, 3: 2}.get(plain // 1000, 0)
        return order, plain % 1000, 2 + extra

    def points(self, order: str, size: int) -> Points:
        count = self.take(order + "I")[0]
        flat = self.take(f"{order}{count * size}d")
        return [(flat[i], flat[i + 1]) for i in range(0, len(flat), size)]

    def curve(self) -> Points:
        """Return the points of a line string, a circular string, or a compound curve."""
        order, kind, size = self.header()
        if kind == 8:
            return _arcs(self.points(order, size))
        if kind == 9:
            joined: Points = []
            for _ in range(self.take(order + "I")[0]):
                piece = self.curve()
                joined.extend(piece[1:] if joined else piece)
            return joined
        return self.points(order, size)

    def surface(self) -> Polygon:
        """Return a polygon or a curve polygon."""
        order, kind, size = self.header()
        count = self.take(order + "I")[0]
        rings = [self.curve() if kind == 10 else self.points(order, size) for _ in range(count)]
        return Polygon(rings[0], rings[1:]) if rings else Polygon()

    def geometry(self) -> shapely.Geometry:
        start = self.at
        order, kind, _ = self.header()
        if kind == 10:
            self.at = start
            return self.surface()
        if kind == 11:
            return MultiLineString([self.curve() for _ in range(self.take(order + "I")[0])])
        if kind == 12:
            return MultiPolygon([self.surface() for _ in range(self.take(order + "I")[0])])
        self.at = start
        return LineString(self.curve())


def _arcs(points: Points) -> Points:
    result = points[:1]
    for i in range(0, len(points) - 2, 2):
        result.extend(_arc(points[i], points[i + 1], points[i + 2])[1:])
    return result


def _arc(start: tuple[float, float], middle: tuple[float, float], end: tuple[float, float]) -> Points:
    """Return the chords of the arc through three points; start = end is a full circle with ``middle`` opposite."""
    if start == end:
        half, back = (start, middle) if start <= middle else (middle, start)
        centre = ((start[0] + middle[0]) / 2, (start[1] + middle[1]) / 2)
        radius = math.dist(start, centre)
        first = _swept(half, back, centre, radius, math.pi)
        circle = first + _swept(back, half, centre, radius, math.pi)[1:]
        turn = circle.index(start)
        return circle[turn:-1] + circle[: turn + 1] if turn else circle
    if start > end:
        return _arc(end, middle, start)[::-1]
    found = _centre(start, middle, end)
    if found is None:  # three points on a line
        return [start, middle, end]
    radius = math.dist(start, found)
    angles = [math.atan2(p[1] - found[1], p[0] - found[0]) for p in (start, middle, end)]
    to_end, to_middle = (angles[2] - angles[0]) % math.tau, (angles[1] - angles[0]) % math.tau
    sweep = to_end if to_middle < to_end else to_end - math.tau
    return _swept(start, end, found, radius, sweep)


def _swept(
    start: tuple[float, float], end: tuple[float, float], centre: tuple[float, float], r: float, a: float
) -> Points:
    step = min(_MAX_STEP_RAD, 2 * math.acos(max(0.0, 1 - SAGITTA_M / r))) if r > SAGITTA_M else _MAX_STEP_RAD
    count = max(2, math.ceil(abs(a) / step))
    first = math.atan2(start[1] - centre[1], start[0] - centre[0])
    inner = [
        (centre[0] + r * math.cos(first + a * i / count), centre[1] + r * math.sin(first + a * i / count))
        for i in range(1, count)
    ]
    return [start, *inner, end]


def _centre(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> tuple[float, float] | None:
    # Relative to a, so that large coordinates do not eat the digits.
    bx, by, cx, cy = b[0] - a[0], b[1] - a[1], c[0] - a[0], c[1] - a[1]
    double = 2 * (bx * cy - by * cx)
    if abs(double) < 1e-9 * (bx * bx + by * by + cx * cx + cy * cy):
        return None
    b2, c2 = bx * bx + by * by, cx * cx + cy * cy
    return (a[0] + (cy * b2 - by * c2) / double, a[1] + (bx * c2 - cx * b2) / double)
