"""Exact areas, widths, depth, shared lengths."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from shapely.geometry import LineString, MultiPolygon, Polygon

from land_services.domain import Side


def area_mm2_twice(polygon: Polygon | MultiPolygon) -> int:
    """Return twice the area in mm2, exact (shoelace of integer millimetres in Python ints); holes subtracted."""
    raise NotImplementedError


def exact_area_m2(polygon: Polygon | MultiPolygon) -> Decimal:
    """Return the exact area in m2 (7 decimals)."""
    raise NotImplementedError


def width_m(polygon: Polygon) -> float:
    """Return the minimum width of the convex hull (rotating calipers)."""
    raise NotImplementedError


def narrowest_m(polygon: Polygon) -> tuple[float, LineString]:
    """Return the narrowest passage: width of the narrowest neck (or the minimum width if there is none) and its line."""
    raise NotImplementedError


def depth_m(polygon: Polygon, front: Side) -> float:
    """Return how far the polygon reaches from the line of its front side, measured square to it."""
    raise NotImplementedError


def touches_along_edge(a: Polygon | MultiPolygon, b: Polygon | MultiPolygon) -> float:
    """Return the length in metres of the boundary that a and b share (0.0 at a mere point)."""
    raise NotImplementedError
