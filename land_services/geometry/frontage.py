"""What of a parcel's boundary lies on a street."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import LineString, MultiLineString, MultiPolygon, Polygon

from land_services.precision import COVERAGE_WIDTH_M

__all__ = ["Frontage", "frontage_m"]

ALONG_DEG = 20.0
"""A piece of boundary lies along a street where it runs in the direction of the street's edge, within this angle."""


class Frontage(NamedTuple):
    """The part of a boundary on one street: index of the right of way, the line, its length in metres."""

    street: int
    line: LineString | MultiLineString
    length_m: float


def frontage_m(
    polygon: Polygon | MultiPolygon,
    right_of_ways: Sequence[Polygon | MultiPolygon | None],
    tolerance_m: float = COVERAGE_WIDTH_M,
) -> list[Frontage]:
    """Return what of a parcel's boundary lies on each street.

    Parameters
    ----------
    polygon : Polygon or MultiPolygon
        Metres, may be empty.
    right_of_ways : sequence of Polygon, MultiPolygon or None
        Streets; None (not known) and empty ones have no frontage.
    tolerance_m : float
        How far boundary and street may lie apart, or overlap, and still count as the same line.

    Returns
    -------
    list of Frontage
        In the order of the streets; those that are not touched, or at a point or a short end only, are left out.

    Examples
    --------
    >>> lot, street = shapely.box(0, 0, 20, 30), shapely.box(-50, -15, 50, 0)
    >>> [(front.street, front.length_m) for front in frontage_m(lot, [None, street])]
    [(1, 20.0)]
    >>> frontage_m(Polygon(), [street]), frontage_m(lot, [])
    ([], [])
    """
    found: list[Frontage] = []
    segments = _segments(polygon)
    for index, street in enumerate(right_of_ways):
        if street is None or street.is_empty or not len(segments) or not shapely.dwithin(polygon, street, tolerance_m):
            continue
        pieces = _along(segments, _segments(street), tolerance_m)
        if pieces:
            line = shapely.line_merge(MultiLineString(pieces))
            if isinstance(line, LineString | MultiLineString):
                found.append(Frontage(index, line, float(line.length)))
    return found


def _segments(polygon: Polygon | MultiPolygon) -> NDArray[np.object_]:
    """Return the boundary's segments."""
    if polygon.is_empty:
        return np.empty(0, dtype=object)
    rings = shapely.get_rings(shapely.get_parts(polygon))
    lines = [np.stack([coords[:-1], coords[1:]], axis=1) for coords in map(shapely.get_coordinates, rings)]
    return np.atleast_1d(np.asarray(shapely.linestrings(np.concatenate(lines)), dtype=object))


def _along(
    segments: NDArray[np.object_],
    street: NDArray[np.object_],
    tolerance_m: float,
) -> list[LineString]:
    """Return the pieces of segments that lie along a street's segments, without overlaps."""
    own, other = shapely.STRtree(street).query(segments, predicate="dwithin", distance=tolerance_m)
    spans: dict[int, list[tuple[float, float]]] = {}
    for i, j in zip(own.tolist(), other.tolist(), strict=True):
        span = _span(shapely.get_coordinates(segments[i]), shapely.get_coordinates(street[j]), tolerance_m)
        if span is not None:
            spans.setdefault(i, []).append(span)
    pieces = []
    for i in sorted(spans):
        (ax, ay), (bx, by) = shapely.get_coordinates(segments[i])
        for low, high in _joined(spans[i]):
            ends = [
                (ax + (bx - ax) * share, ay + (by - ay) * share)
                if 0 < share < 1
                else ((ax, ay) if share <= 0 else (bx, by))
                for share in (low, high)
            ]
            pieces.append(LineString(ends))
    return pieces


def _span(segment: NDArray[np.float64], edge: NDArray[np.float64], tolerance_m: float) -> tuple[float, float] | None:
    """Return from where to where (shares of its length) a segment lies along an edge, or None."""
    along = segment[1] - segment[0]
    length = float(np.hypot(*along))
    other = edge[1] - edge[0]
    width = float(np.hypot(*other))
    if not length or not width:
        return None
    sine = abs(float(along[0] * other[1] - along[1] * other[0])) / (length * width)
    if sine > np.sin(np.radians(ALONG_DEG)):
        return None
    low, high = sorted(float((point - segment[0]) @ along) / length**2 for point in edge)
    low, high = max(low, 0.0), min(high, 1.0)
    if (high - low) * length < tolerance_m:
        return None
    square = np.array([-other[1], other[0]]) / width
    gaps = [abs(float((segment[0] + along * share - edge[0]) @ square)) for share in (low, high)]
    return (low, high) if max(gaps) <= tolerance_m else None


def _joined(spans: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return spans without overlaps, ascending."""
    joined: list[tuple[float, float]] = []
    for low, high in sorted(spans):
        if joined and low <= joined[-1][1] + 1e-12:
            joined[-1] = (joined[-1][0], max(high, joined[-1][1]))
        else:
            joined.append((low, high))
    return joined
