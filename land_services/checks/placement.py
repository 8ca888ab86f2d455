"""Lay a drawing in a site grid on the parcel it divides: turned and moved, never stretched."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import LineString, MultiPolygon, Polygon

__all__ = ["Placement", "place_outline"]

Array = NDArray[np.float64]
CORNER_TOLERANCE_M = 0.02
MAX_CORNERS = 120
AMBIGUOUS_M = 0.02


@dataclass(frozen=True)
class Placement:
    """A turn and a move: ``x' = cos*x - sin*y + dx``, ``y' = sin*x + cos*y + dy``.

    ``residual_m`` is the greatest distance left between the two outlines; ``is_ambiguous`` says that another turn fits
    as well (a rectangle fits upside down): the one that turns least was taken.
    """

    cos: float
    sin: float
    dx: float
    dy: float
    residual_m: float
    worst: tuple[float, float]
    is_ambiguous: bool = False

    @property
    def turn_deg(self) -> float:
        """Return the turn in degrees, counter-clockwise, -180 to 180."""
        return math.degrees(math.atan2(self.sin, self.cos))

    def point(self, xy: tuple[float, float]) -> tuple[float, float]:
        """Return one point as laid on the parcel."""
        x, y = xy
        return (self.cos * x - self.sin * y + self.dx, self.sin * x + self.cos * y + self.dy)

    def polygon(self, polygon: Polygon) -> Polygon:
        """Return a polygon as laid on the parcel."""
        return shapely.transform(polygon, self.points)

    def points(self, coords: Array) -> Array:
        """Return coordinates, shape (n, 2), as laid on the parcel."""
        turn = np.array([[self.cos, self.sin], [-self.sin, self.cos]])
        return np.asarray(coords @ turn + (self.dx, self.dy), dtype=np.float64)


def place_outline(drawn: Polygon, parcel: Polygon | MultiPolygon) -> Placement | None:
    """Return the turn and move that lay the drawn outline best on the parcel's, or None where nothing can be matched.

    Each side of the drawing is laid on each side of the parcel that is about as long; the best of these is refined by
    least squares over the corners that then lie near each other. No scale, no mirror.

    Parameters
    ----------
    drawn : Polygon
        The outline as drawn, metres in the site grid.
    parcel : Polygon or MultiPolygon
        The registered outline, metres in the storage CRS; of several parts the largest is used.
    """
    if drawn.is_empty or parcel.is_empty:
        return None
    land = max(parcel.geoms, key=lambda part: part.area) if isinstance(parcel, MultiPolygon) else parcel
    ours, theirs = _corners(drawn), _corners(land)
    if len(ours) < 3 or len(theirs) < 3:
        return None
    tried = [_measured(turn, drawn, land) for turn in _candidates(ours, theirs)]
    if not tried:
        return None
    refined = [_measured(_refine(found, ours, theirs), drawn, land) for found in _best(tried)]
    best = min(found.residual_m for found in [*refined, *tried])
    good = [found for found in [*refined, *tried] if found.residual_m <= best + AMBIGUOUS_M]
    chosen = min(good, key=lambda found: (round(abs(found.turn_deg)), found.residual_m))
    is_ambiguous = any(_turned_apart(chosen, other) > 5.0 for other in good)
    return Placement(chosen.cos, chosen.sin, chosen.dx, chosen.dy, chosen.residual_m, chosen.worst, is_ambiguous)


def _corners(polygon: Polygon) -> Array:
    """Return the corners of the outline, those on straight runs left out, shape (n, 2); the longest sides if many."""
    ring = shapely.get_coordinates(polygon.exterior.simplify(CORNER_TOLERANCE_M))[:-1]
    return np.asarray(ring, dtype=np.float64)


def _candidates(ours: Array, theirs: Array) -> list[tuple[float, float, float, float]]:
    drawn, held = _longest_sides(ours), _longest_sides(theirs)
    found = []
    for a, b in drawn:
        length = math.dist(a, b)
        for c, d in held:
            if abs(math.dist(c, d) - length) > max(1.0, 0.02 * length):
                continue
            found.append(_laid(a, b, c, d))
            found.append(_laid(a, b, d, c))
    return found


def _longest_sides(corners: Array) -> list[tuple[Array, Array]]:
    sides = [(corners[i], corners[(i + 1) % len(corners)]) for i in range(len(corners))]
    sides.sort(key=lambda side: -math.dist(*side))
    return sides[: MAX_CORNERS // 10]


def _laid(a: Array, b: Array, c: Array, d: Array) -> tuple[float, float, float, float]:
    turn = math.atan2(d[1] - c[1], d[0] - c[0]) - math.atan2(b[1] - a[1], b[0] - a[0])
    cos, sin = math.cos(turn), math.sin(turn)
    middle, target = (a + b) / 2, (c + d) / 2
    return (cos, sin, target[0] - cos * middle[0] + sin * middle[1], target[1] - sin * middle[0] - cos * middle[1])


def _measured(turn: tuple[float, float, float, float], drawn: Polygon, land: Polygon) -> Placement:
    moved = Placement(*turn, 0.0, (0.0, 0.0)).polygon(drawn)
    first, place = _farthest(shapely.get_coordinates(moved.exterior), land.exterior)
    second, other = _farthest(shapely.get_coordinates(land.exterior), moved.exterior)
    if second > first:
        first, place = second, other
    return Placement(*turn, first, place)


def _farthest(points: Array, line: LineString) -> tuple[float, tuple[float, float]]:
    distances = np.asarray(shapely.distance(shapely.points(points), line))
    worst = int(np.argmax(distances))
    return float(distances[worst]), (float(points[worst][0]), float(points[worst][1]))


def _best(tried: Sequence[Placement]) -> list[Placement]:
    return sorted(tried, key=lambda found: found.residual_m)[:6]


def _refine(found: Placement, ours: Array, theirs: Array) -> tuple[float, float, float, float]:
    """Return the rigid turn and move of least squares over the corners that lie near each other (Kabsch)."""
    moved = found.points(ours)
    gaps = np.linalg.norm(moved[:, None, :] - theirs[None, :, :], axis=2)
    nearest = gaps.argmin(axis=1)
    near = gaps[np.arange(len(ours)), nearest] <= max(0.5, 3 * found.residual_m)
    if near.sum() < 2:
        return (found.cos, found.sin, found.dx, found.dy)
    source, target = ours[near], theirs[nearest[near]]
    from_middle, to_middle = source.mean(axis=0), target.mean(axis=0)
    a, b = source - from_middle, target - to_middle
    turn = math.atan2(float((a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum()), float((a * b).sum()))
    cos, sin = math.cos(turn), math.sin(turn)
    dx = float(to_middle[0] - cos * from_middle[0] + sin * from_middle[1])
    dy = float(to_middle[1] - sin * from_middle[0] - cos * from_middle[1])
    return (cos, sin, dx, dy)


def _turned_apart(a: Placement, b: Placement) -> float:
    return abs((a.turn_deg - b.turn_deg + 180.0) % 360.0 - 180.0)
